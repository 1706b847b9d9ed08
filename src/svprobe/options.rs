//! What `svprobe` can be asked.
#![allow(rustdoc::broken_intra_doc_links)] // what stands above an option is its help, where brackets are no links

use crate::cli::options::{Bytes, Called, Usage, typed};
use crate::exit::Exit;
use crate::probe::amount::{Decimal, Limit, Percent, Sizes};
use crate::probe::host::Place;
use crate::probe::http::Question;
use crate::probe::http::codes::Codes;
use crate::probe::http::header::Header;
use crate::probe::http::url::Url;
use crate::probe::judge::{FileLimits, Minutes, SpaceLimits};
use crate::probe::talk::Plain;
use crate::probe::text::unescape;
use crate::span::{self, Size, Span};
use argh::{ArgsInfo, FromArgValue, FromArgs};
use core::time::Duration;
use std::os::unix::ffi::OsStrExt;

pub(super) const USAGE: Usage = Usage {
    program: "svprobe",
    line: "[--timeout span] [--service name] check ...",
    called: Called::ByBaseName,
    exit: Exit(2),
};

/// Check one thing. The exit code says how it is: 0 well, 1 not well, 2 cannot tell.
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(help_triggers("--help"))]
pub(super) struct Request {
    /// how long it may take (5s)
    #[argh(option, default = "TIMEOUT", arg_name = "span")]
    pub(super) timeout: Span,
    /// the service in SVDIR (/etc/service) that is checked, and in whose directory; else the one of this directory
    #[argh(option, arg_name = "name")]
    pub(super) service: Option<Bytes>,
    #[argh(subcommand)]
    pub(super) check: Check,
}

const TIMEOUT: Span = Span(Duration::from_secs(5));

#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand)]
pub(super) enum Check {
    Http(Http),
    Tcp(Tcp),
    Unix(Unix),
    #[cfg(feature = "cert")]
    Cert(Cert),
    File(File),
    Memory(Memory),
    Cpu(Cpu),
    Fds(Fds),
    Disk(Disk),
    Load(Load),
    Program(Program),
}

/// a server answers a GET in HTTP/1.1 as it shall
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "http", help_triggers("--help"))]
pub(super) struct Http {
    /// http://HOST[:PORT][/PATH]
    #[argh(positional)]
    pub(super) url: Url,
    /// which status is well (200-299)
    #[argh(option, arg_name = "codes")]
    status: Option<Codes>,
    /// what the body shall look like: * any text, ? a character, [abc] one of these
    #[argh(option, arg_name = "pattern")]
    body: Option<Bytes>,
    /// what to say besides, 'NAME: VALUE'; may be given again
    #[argh(option, arg_name = "header")]
    header: Vec<Header>,
}

/// a TCP port takes connections
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "tcp", help_triggers("--help"))]
pub(super) struct Tcp {
    /// as HOST:PORT; an IPv6 address in brackets
    #[argh(positional)]
    pub(super) place: Place,
    /// what to send: \r \n \t \0 \\ \xHH
    #[argh(option, arg_name = "text")]
    send: Option<Text>,
    /// what the answer shall look like: * any text, ? a character, [abc] one of these
    #[argh(option, arg_name = "pattern")]
    expect: Option<Bytes>,
}

/// a unix socket takes connections
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "unix", help_triggers("--help"))]
pub(super) struct Unix {
    /// where it is
    #[argh(positional)]
    pub(super) path: Bytes,
    /// what to send: \r \n \t \0 \\ \xHH
    #[argh(option, arg_name = "text")]
    send: Option<Text>,
    /// what the answer shall look like: * any text, ? a character, [abc] one of these
    #[argh(option, arg_name = "pattern")]
    expect: Option<Bytes>,
}

/// a TLS server shows a certificate that is valid yet
#[cfg(feature = "cert")]
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "cert", help_triggers("--help"))]
pub(super) struct Cert {
    /// as HOST:PORT; an IPv6 address in brackets
    #[argh(positional)]
    pub(super) place: Place,
    /// for how long at least (14d)
    #[argh(option, default = "VALID", arg_name = "span")]
    pub(super) valid: Span,
}

#[cfg(feature = "cert")]
const VALID: Span = Span(Duration::from_secs(14 * 86_400));

/// a file is there, as old and as large as it shall be
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "file", help_triggers("--help"))]
pub(super) struct File {
    /// where it is
    #[argh(positional)]
    pub(super) path: Bytes,
    /// changed less than this ago
    #[argh(option, arg_name = "span")]
    younger: Option<Span>,
    /// changed more than this ago
    #[argh(option, arg_name = "span")]
    older: Option<Span>,
    /// how large: 4k, 1k-, -10m, 1k-10m
    #[argh(option, arg_name = "range")]
    size: Option<Sizes>,
}

/// the service's processes hold less memory than this
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "memory", help_triggers("--help"))]
pub(super) struct Memory {
    /// what is too much: 500m, 2g
    #[argh(option, arg_name = "size")]
    pub(super) below: Size,
}

/// the service's processes use less processor than this
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "cpu", help_triggers("--help"))]
pub(super) struct Cpu {
    /// what is too much: 80%; 200% are two processors
    #[argh(option, arg_name = "percent")]
    pub(super) below: Percent,
    /// how long to look (1s); the time-out counts from its end
    #[argh(option, default = "LOOK", arg_name = "span")]
    pub(super) over: Span,
}

const LOOK: Span = Span(Duration::from_secs(1));

/// each process of the service has fewer open files
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "fds", help_triggers("--help"))]
pub(super) struct Fds {
    /// what is too much: 500, or 80% of what the process may have
    #[argh(option, arg_name = "limit")]
    pub(super) below: Limit,
}

/// a file system has room
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "disk", help_triggers("--help"))]
pub(super) struct Disk {
    /// something on it
    #[argh(positional)]
    pub(super) path: Bytes,
    /// less than this is in use: 90%
    #[argh(option, arg_name = "percent")]
    below: Option<Percent>,
    /// at least this is free: 1g
    #[argh(option, arg_name = "size")]
    free: Option<Size>,
    /// less than this of its files (inodes) is in use: 90%
    #[argh(option, arg_name = "percent")]
    files: Option<Percent>,
}

/// the machine has less to do than this
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "load", help_triggers("--help"))]
pub(super) struct Load {
    /// what is too much: 4, 0.75
    #[argh(option, arg_name = "number")]
    pub(super) below: Decimal,
    /// for each processor
    #[argh(switch)]
    pub(super) per_core: bool,
    /// the average of 1m, 5m or 15m (1m)
    #[argh(option, default = "Minutes::One", arg_name = "span")]
    pub(super) over: Minutes,
}

/// a program ends with exit code 0
#[derive(FromArgs, ArgsInfo, Debug)]
#[argh(subcommand, name = "program", help_triggers("--help"))]
pub(super) struct Program {
    /// what to run, and its arguments
    #[argh(positional, greedy)]
    pub(super) command: Vec<Bytes>,
}

/// Bytes that were written with escapes.
#[derive(Clone, Debug)]
pub(super) struct Text(Vec<u8>);

impl Request {
    /// What argh does not look at: options that ask for nothing.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let nothing = |span: Span| span.0.is_zero();
        match &self.check {
            _ if nothing(self.timeout) => Some("--timeout: no time at all"),
            Check::Cpu(cpu) if nothing(cpu.over) => Some("cpu: --over: no time at all"),
            Check::Disk(disk) if disk.limits() == SpaceLimits::default() => Some("disk: --below, --free or --files?"),
            Check::Program(program) if program.command.is_empty() => Some("program: which?"),
            _ => None,
        }
    }
}

impl Request {
    /// When a check whose calls nothing can wait for is given up; nothing for one that waits with a deadline itself.
    pub(super) fn hangs_after(&self) -> Option<Duration> {
        match &self.check {
            Check::Http(_) | Check::Tcp(_) | Check::Unix(_) | Check::Program(_) => None,
            #[cfg(feature = "cert")]
            Check::Cert(_) => None,
            Check::Cpu(cpu) => Some(self.timeout.0.saturating_add(cpu.over.0)),
            Check::File(_) | Check::Disk(_) | Check::Load(_) | Check::Memory(_) | Check::Fds(_) => Some(self.timeout.0),
        }
    }
}

impl Http {
    pub(super) fn question(&self) -> Question {
        Question {
            url: self.url.clone(),
            codes: self.status.clone().unwrap_or_default(),
            body: self.body.as_ref().map(pattern),
            headers: self.header.clone(),
        }
    }
}

impl Tcp {
    pub(super) fn talk(&self) -> Plain {
        plain(&self.send, &self.expect)
    }
}

impl Unix {
    pub(super) fn talk(&self) -> Plain {
        plain(&self.send, &self.expect)
    }
}

impl File {
    pub(super) fn limits(&self) -> FileLimits {
        FileLimits { younger: self.younger, older: self.older, size: self.size }
    }
}

impl Disk {
    pub(super) fn limits(&self) -> SpaceLimits {
        SpaceLimits { below: self.below, free: self.free, files: self.files }
    }
}

fn plain(send: &Option<Text>, expect: &Option<Bytes>) -> Plain {
    Plain::new(send.clone().map(|Text(bytes)| bytes).unwrap_or_default(), expect.as_ref().map(pattern))
}

fn pattern(bytes: &Bytes) -> Vec<u8> {
    bytes.0.as_bytes().to_vec()
}

/// Values that argh reads by our own parsers.
macro_rules! values {
    ($($kind:ty = $parse:expr;)*) => {
        $(impl FromArgValue for $kind {
            fn from_arg_value(value: &str) -> Result<Self, String> {
                typed(value, $parse)
            }
        })*
    };
}

values! {
    Codes = Codes::parse;
    Decimal = Decimal::parse;
    Header = Header::parse;
    Limit = Limit::parse;
    Minutes = |text| span::duration(text).ok().and_then(Minutes::parse).ok_or("is none of 1m 5m 15m");
    Percent = Percent::parse;
    Place = |text| Place::parse(text, None);
    Size = |text| span::size(text).map(Size);
    Sizes = Sizes::parse;
    Span = |text| span::duration(text).map(Span);
    Text = |text| unescape(text).map(Text);
    Url = Url::parse;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    fn read(words: &[&'static str]) -> Result<Request, Exit> {
        let args: Vec<&'static OsStr> = ["svprobe"].iter().chain(words).copied().map(OsStr::new).collect();
        USAGE.parse_command(&args)
    }

    #[test]
    fn every_check_can_be_asked_for() {
        for words in [
            &["http", "http://web/", "--status", "200,301", "--body", "*ok*", "--header", "A: b", "--header=C: d"][..],
            &["tcp", "db:5432", "--send", r"x\n", "--expect", "*"],
            &["unix", "/run/x", "--send=x", "--expect=*"],
            &["file", "x", "--younger", "30s", "--older", "1", "--size", "1k-"],
            &["memory", "--below", "500m", "--timeout", "1s"],
            &["cpu", "--below=80%", "--over=10s"],
            &["fds", "--below", "80%", "--service", "web"],
            &["disk", "/", "--below", "90%", "--free", "1g", "--files", "90%"],
            &["load", "--below", "0.75", "--per-core", "--over", "15m"],
            &["program", "true", "--x"],
        ] {
            let request = read(words).unwrap();
            assert_eq!(request.wrong(), None, "{words:?}");
        }
    }

    #[test]
    fn looking_at_a_processor_takes_its_time() {
        let hangs_after = |words: &[&'static str]| read(words).unwrap().hangs_after();
        let seconds = |number| Some(Duration::from_secs(number));
        assert_eq!(hangs_after(&["cpu", "--below", "1%", "--over", "10s", "--timeout", "3s"]), seconds(13));
        assert_eq!(hangs_after(&["memory", "--below", "1m"]), seconds(5));
        assert_eq!(hangs_after(&["program", "true"]), None);
    }

    #[test]
    fn what_asks_for_nothing_is_refused() {
        for words in [
            &["disk", "/"][..],
            &["program"],
            &["cpu", "--below", "1%", "--over", "0"],
            &["memory", "--below", "1m", "--timeout", "0s"],
        ] {
            assert!(read(words).unwrap().wrong().is_some(), "{words:?}");
        }
        for words in [&["memory"][..], &["memory", "--below", "x"], &["load", "--below", "1", "--over", "2m"]] {
            assert_eq!(read(words).unwrap_err(), Exit(2), "{words:?}");
        }
    }
}
