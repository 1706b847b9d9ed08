//! Syslog messages: the old form that every receiver reads (RFC 3164) and the new one (RFC 5424).

use super::address::Peer;
use crate::tai64::Label;
use alloc::vec::Vec;

/// Who is sent each line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it is.
    pub peer: Peer,
    /// How it wants messages.
    pub format: Format,
    /// What they are marked with.
    pub priority: Priority,
}

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 3164.
    Old,
    /// RFC 5424.
    New,
}

/// A facility and a severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority(pub u8);

const FACILITIES: [&[u8]; 24] = [
    b"kern",
    b"user",
    b"mail",
    b"daemon",
    b"auth",
    b"syslog",
    b"lpr",
    b"news",
    b"uucp",
    b"cron",
    b"authpriv",
    b"ftp",
    b"ntp",
    b"security",
    b"console",
    b"solaris-cron",
    b"local0",
    b"local1",
    b"local2",
    b"local3",
    b"local4",
    b"local5",
    b"local6",
    b"local7",
];

const SEVERITIES: [&[u8]; 8] = [b"emerg", b"alert", b"crit", b"err", b"warning", b"notice", b"info", b"debug"];

impl Priority {
    /// `daemon.info`.
    pub const DEFAULT: Priority = Priority(3 * 8 + 6);

    /// `FACILITY.SEVERITY`.
    pub fn parse(text: &[u8]) -> Option<Priority> {
        let mut halves = text.splitn(2, |byte| *byte == b'.');
        let facility = halves.next()?;
        let severity = halves.next()?;
        let facility = FACILITIES.iter().position(|name| *name == facility)?;
        let severity = SEVERITIES.iter().position(|name| *name == severity)?;
        u8::try_from(facility * 8 + severity).ok().map(Priority)
    }
}

/// Who a message is from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The machine's name.
    pub host: &'a [u8],
    /// The service's name.
    pub service: &'a [u8],
    /// Its process, when known.
    pub pid: Option<i32>,
}

impl Target {
    /// Appends the message for one line.
    pub fn write(&self, out: &mut Vec<u8>, label: Label, origin: Origin<'_>, line: &[u8]) {
        out.push(b'<');
        out.extend_from_slice(alloc::format!("{}", self.priority.0).as_bytes());
        out.push(b'>');
        match self.format {
            Format::Old => self.old(out, label, origin),
            Format::New => new(out, label, origin),
        }
        out.extend_from_slice(line);
    }

    /// `Nov 20 12:40:38 HOST SERVICE[PID]: `. On a socket of this machine there is no host: that is what its daemon
    /// expects of the C library.
    fn old(&self, out: &mut Vec<u8>, label: Label, origin: Origin<'_>) {
        out.extend_from_slice(&label.civil().syslog());
        out.push(b' ');
        if let Peer::Internet(_) = self.peer {
            word(out, origin.host);
            out.push(b' ');
        }
        word(out, origin.service);
        if let Some(pid) = origin.pid {
            out.extend_from_slice(alloc::format!("[{pid}]").as_bytes());
        }
        out.extend_from_slice(b": ");
    }
}

/// `1 2026-11-20T12:40:38.983491Z HOST SERVICE PID - - `.
fn new(out: &mut Vec<u8>, label: Label, origin: Origin<'_>) {
    out.extend_from_slice(b"1 ");
    out.extend_from_slice(&label.civil().rfc3339());
    out.push(b' ');
    word(out, origin.host);
    out.push(b' ');
    word(out, origin.service);
    match origin.pid {
        Some(pid) => out.extend_from_slice(alloc::format!(" {pid} - - ").as_bytes()),
        None => out.extend_from_slice(b" - - - "),
    }
}

/// A header field: printable, no blanks, never empty.
fn word(out: &mut Vec<u8>, text: &[u8]) {
    if text.is_empty() {
        out.push(b'-');
    }
    out.extend(text.iter().map(|byte| if byte.is_ascii_graphic() { *byte } else { b'_' }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    const LABEL: Label = Label { unix: 1_795_178_438, nanos: 983_491_500 };

    fn message(peer: Peer, format: Format, pid: Option<i32>) -> String {
        let mut out = Vec::new();
        let origin = Origin { host: b"box", service: b"my web", pid };
        Target { peer, format, priority: Priority::DEFAULT }.write(&mut out, LABEL, origin, b"hello  world");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn both_forms() {
        let unix = || Peer::Unix(b"/dev/log".to_vec());
        let far = || Peer::Internet("10.0.0.1:514".parse().unwrap());
        assert_eq!(message(unix(), Format::Old, Some(7)), "<30>Nov 20 12:40:38 my_web[7]: hello  world");
        assert_eq!(message(far(), Format::Old, None), "<30>Nov 20 12:40:38 box my_web: hello  world");
        assert_eq!(
            message(unix(), Format::New, Some(7)),
            "<30>1 2026-11-20T12:40:38.983491Z box my_web 7 - - hello  world"
        );
        assert_eq!(
            message(far(), Format::New, None),
            "<30>1 2026-11-20T12:40:38.983491Z box my_web - - - hello  world"
        );
    }

    #[test]
    fn priorities_by_name() {
        assert_eq!(Priority::parse(b"kern.emerg"), Some(Priority(0)));
        assert_eq!(Priority::parse(b"local7.debug"), Some(Priority(191)));
        for text in [&b"local8.info"[..], b"daemon", b"daemon.", b"", b"."] {
            assert_eq!(Priority::parse(text), None);
        }
    }
}
