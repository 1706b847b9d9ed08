//! Messages: `PREFIX: warning: unable to VERB PATH: reason`, one line, one write. Printing never fails the program:
//! standard error may be gone.

use crate::sys::errno::{Errno, Reason};
use crate::sys::io;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Who is speaking: `runsv NAME`, `svlogd`, `- runit`.
#[derive(Clone, Debug)]
pub struct Voice(Vec<u8>);

/// A line to be written, in pieces.
pub type Pieces<'a> = &'a [&'a [u8]];

impl Voice {
    /// A speaker with this prefix, in pieces: `&[b"runsv ", name]`.
    pub fn new(prefix: Pieces<'_>) -> Voice {
        Voice(prefix.concat())
    }

    /// `PREFIX: warning: WHAT: reason`.
    pub fn warning(&self, what: Pieces<'_>, why: Errno) {
        self.line(b"warning: ", what, Some(why));
    }

    /// `PREFIX: warning: WHAT`, where no call failed.
    pub fn remark(&self, what: Pieces<'_>) {
        self.line(b"warning: ", what, None);
    }

    /// `PREFIX: fatal: WHAT: reason`. The caller ends, or a child of it has.
    pub fn fatal(&self, what: Pieces<'_>, why: Errno) {
        self.line(b"fatal: ", what, Some(why));
    }

    /// `PREFIX: fatal: WHAT`, where no call failed.
    pub fn refuse(&self, what: Pieces<'_>) {
        self.line(b"fatal: ", what, None);
    }

    /// `PREFIX: WHAT`, for lines of another kind.
    pub fn say(&self, what: Pieces<'_>) {
        self.line(b"", what, None);
    }

    /// `PREFIX: KIND: WHAT: reason` in one piece, with its newline.
    pub fn text(&self, kind: &[u8], what: Pieces<'_>, why: Option<Errno>) -> Vec<u8> {
        let mut line = printable(&[&self.0[..], b": ", kind, &what.concat()].concat()).into_owned();
        if let Some(errno) = why {
            line.extend_from_slice(b": ");
            line.extend_from_slice(errno.reason().as_bytes());
        }
        line.push(b'\n');
        line
    }

    fn line(&self, kind: &[u8], what: Pieces<'_>, why: Option<Errno>) {
        to_stderr(&self.text(kind, what, why));
    }
}

/// A name as a line of its own may show it: control characters, with which a name could end the line or move the
/// cursor, and bytes that are no text, as `\x` and two digits each.
pub fn printable(name: &[u8]) -> Cow<'_, [u8]> {
    if core::str::from_utf8(name).is_ok_and(|text| !text.contains(char::is_control)) {
        return Cow::Borrowed(name);
    }
    let mut shown = Vec::with_capacity(name.len() + 8);
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).as_bytes();
            match character.is_control() {
                true => bytes.iter().for_each(|byte| escape(*byte, &mut shown)),
                false => shown.extend_from_slice(bytes),
            }
        }
        chunk.invalid().iter().for_each(|byte| escape(*byte, &mut shown));
    }
    Cow::Owned(shown)
}

fn escape(byte: u8, into: &mut Vec<u8>) {
    into.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
}

/// Writes to standard error, whether or not anybody reads it.
pub fn to_stderr(bytes: &[u8]) {
    let _ = io::unsignalled(|| io::write_all(io::stderr(), bytes));
}

/// Writes to standard output, whether or not anybody reads it.
pub fn to_stdout(bytes: &[u8]) {
    let _ = io::write_all(io::stdout(), bytes);
}

/// The part of a path after its last slash, as runit takes it for a program's short name.
pub fn base_name(path: &OsStr) -> &OsStr {
    let bytes = path.as_bytes();
    let start = bytes.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
    OsStr::from_bytes(&bytes[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_grammar() {
        let voice = Voice::new(&[b"runsv ", b"web"]);
        let text = voice.text(b"warning: ", &[b"unable to open ", b"supervise/pid.new"], Some(Errno::ENOENT));
        assert_eq!(text, b"runsv web: warning: unable to open supervise/pid.new: file does not exist\n");
        assert_eq!(voice.text(b"", &[b"hello"], None), b"runsv web: hello\n");
    }

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(*printable(b"web\n\x1b[2J\xc3\xa9"), *b"web\\x0a\\x1b[2J\xc3\xa9");
        assert_eq!(
            *printable(b"\xff\xc2\x9b\xc3\xa9"),
            *b"\\xff\\xc2\\x9b\xc3\xa9",
            "no text, and a terminal's control"
        );
        assert!(matches!(printable(b"web"), Cow::Borrowed(_)));
        let voice = Voice::new(&[b"runsv ", b"a\nb"]);
        assert_eq!(voice.text(b"fatal: ", &[b"c\td"], None), b"runsv a\\x0ab: fatal: c\\x09d\n");
    }

    #[test]
    fn a_base_name_is_what_follows_the_last_slash() {
        for (path, base) in [("sv", "sv"), ("/etc/init.d/cron", "cron"), ("./x/", "")] {
            assert_eq!(base_name(OsStr::new(path)), OsStr::new(base));
        }
    }
}
