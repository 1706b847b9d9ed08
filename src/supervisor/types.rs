//! What the texts of a configuration are taken for, with the original's complaint about each that cannot be.

use super::facts::{Facts, at_home};
use super::python::{integer, octal, parent, quoted, trim};
use super::{Result, wrong};
use crate::signal::Signal;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const YES: [&str; 4] = ["yes", "true", "on", "1"];
const NO: [&str; 4] = ["no", "false", "off", "0"];

/// `true`, `off` and the like.
pub fn boolean(text: &str) -> Result<bool> {
    let lower = text.to_lowercase();
    match () {
        () if YES.contains(&lower.as_str()) => Ok(true),
        () if NO.contains(&lower.as_str()) => Ok(false),
        () => Err(wrong!("not a valid boolean value: {}", quoted(text))),
    }
}

/// When to start a process again that has been up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autorestart {
    /// However it ended.
    Always,
    /// Unless it ended with one of its exit codes.
    Unexpected,
    /// Never.
    Never,
}

/// A boolean, or `unexpected`.
pub fn autorestart(text: &str) -> Result<Autorestart> {
    let lower = text.to_lowercase();
    match () {
        () if YES.contains(&lower.as_str()) => Ok(Autorestart::Always),
        () if NO.contains(&lower.as_str()) => Ok(Autorestart::Never),
        () if lower == "unexpected" => Ok(Autorestart::Unexpected),
        () => Err(wrong!("invalid 'autorestart' value {}", quoted(&lower))),
    }
}

/// A number of bytes: `50MB`.
pub fn bytes(text: &str) -> Result<i64> {
    let lower = text.to_lowercase();
    let units = [("kb", 1 << 10), ("mb", 1 << 20), ("gb", 1 << 30)];
    let unit = units.iter().find_map(|(unit, worth)| Some((lower.strip_suffix(unit)?, *worth)));
    let (digits, worth) = unit.unwrap_or((&lower, 1));
    integer(digits)?.checked_mul(worth).ok_or_else(|| wrong!("{} is more bytes than can be counted", quoted(text)))
}

/// A number in base 8.
pub fn octal_number(text: &str) -> Result<i64> {
    octal(text).ok_or_else(|| wrong!("{text} can not be converted to an octal type"))
}

/// Permissions, of which the system takes the lowest bits.
pub fn mode(text: &str) -> Result<u32> {
    octal_number(text).map(|number| u32::try_from(number & 0o7777).unwrap_or(0))
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `BLAT`
    Blather,
    /// `TRAC`
    Trace,
    /// `DEBG`
    Debug,
    /// `INFO`
    Info,
    /// `WARN`
    Warn,
    /// `ERRO`
    Error,
    /// `CRIT`
    Critical,
}

impl Level {
    /// Each with its name and its code.
    const ALL: [(Level, &'static str, &'static str); 7] = [
        (Level::Blather, "blather", "BLAT"),
        (Level::Trace, "trace", "TRAC"),
        (Level::Debug, "debug", "DEBG"),
        (Level::Info, "info", "INFO"),
        (Level::Warn, "warn", "WARN"),
        (Level::Error, "error", "ERRO"),
        (Level::Critical, "critical", "CRIT"),
    ];

    /// The level of a name.
    pub fn parse(text: &str) -> Result<Level> {
        let lower = text.to_lowercase();
        let known = Level::ALL.iter().find(|(_, name, _)| *name == lower);
        known.map(|(level, ..)| *level).ok_or_else(|| wrong!("bad logging level name {}", quoted(text)))
    }

    /// What stands in a line of this level.
    pub fn code(self) -> &'static str {
        Level::ALL.iter().find(|(level, ..)| *level == self).map_or("", |(_, _, code)| *code)
    }
}

/// A directory that is there.
pub fn directory(text: &str, facts: &dyn Facts) -> Result<String> {
    let path = at_home(text, facts);
    if facts.is_directory(&path) { Ok(path) } else { Err(wrong!("{text} is not an existing directory")) }
}

/// A path in a directory that is there.
pub fn path(text: &str, facts: &dyn Facts) -> Result<String> {
    let path = at_home(text, facts);
    let parent = parent(&path);
    match parent.is_empty() || facts.is_directory(parent) {
        true => Ok(path),
        false => Err(wrong!("The directory named as part of the path {text} does not exist")),
    }
}

/// Where the output of a process goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFile {
    /// Into a file that is named for it.
    Auto,
    /// Nowhere.
    None,
    /// To syslog, the old way to say it.
    Syslog,
    /// Into this file.
    Path(String),
}

/// `AUTO`, `NONE`, `syslog`, or a path.
pub fn log_file(text: &str, facts: &dyn Facts) -> Result<LogFile> {
    match text.to_lowercase().as_str() {
        "none" | "off" => Ok(LogFile::None),
        "auto" => Ok(LogFile::Auto),
        "syslog" => Ok(LogFile::Syslog),
        _ => path(text, facts).map(LogFile::Path),
    }
}

/// Signals that Python's names go by and that are named otherwise, or not at all, here.
const NAMES: [(&str, u8); 5] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("RTMIN", 34), ("RTMAX", 64)];

/// A signal by name or number. 0, which is none, is taken as well.
pub fn signal(text: &str) -> Result<u8> {
    let number = match integer(text) {
        Ok(number) => number,
        Err(_) => signal_of_name(text)?.into(),
    };
    match u8::try_from(number) {
        Ok(number @ (0..=31 | 34 | 64)) => Ok(number),
        _ => Err(wrong!("value {} is not a valid signal number", quoted(text))),
    }
}

fn signal_of_name(text: &str) -> Result<u8> {
    let upper = trim(text).to_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = Signal::parse(bare).filter(|signal| signal.name() == Some(bare)).map(Signal::number);
    let other = || NAMES.iter().find(|(name, _)| *name == bare).map(|(_, number)| *number);
    known.or_else(other).ok_or_else(|| wrong!("value {} is not a valid signal name", quoted(text)))
}

/// Exit codes with commas between them.
pub fn exit_codes(text: &str) -> Result<Vec<u8>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let code = |word: &str| integer(word).ok().and_then(|code| u8::try_from(code).ok());
    let codes: Option<Vec<u8>> = text.split(',').map(code).collect();
    codes.ok_or_else(|| wrong!("not a valid list of exit codes: {}", quoted(text)))
}

/// Words with commas between them.
pub fn list(text: &str) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { text.split(',').map(|word| trim(word).to_string()).collect() }
}

/// The name of a process or a group.
pub fn name(text: &str) -> Result<String> {
    let bare = trim(text);
    match [' ', ':', '/'].into_iter().find(|c| bare.contains(*c)) {
        Some(c) => Err(wrong!("Invalid name: {} because of character: '{c}'", quoted(text))),
        None => Ok(bare.into()),
    }
}

/// A user by name or number.
pub fn user(text: &str, facts: &dyn Facts) -> Result<u32> {
    match integer(text) {
        Ok(number) => {
            let uid = u32::try_from(number).ok().filter(|uid| facts.main_group(*uid).is_some());
            uid.ok_or_else(|| wrong!("Invalid user id {text}"))
        }
        Err(_) => facts.user(text).ok_or_else(|| wrong!("Invalid user name {text}")),
    }
}

fn group(text: &str, facts: &dyn Facts) -> Option<u32> {
    match integer(text) {
        Ok(number) => u32::try_from(number).ok().filter(|gid| facts.has_group(*gid)),
        Err(_) => facts.group(text),
    }
}

/// Whose a file is; no group leaves that as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: Option<u32>,
}

/// `user` or `user:group`.
pub fn owner(text: &str, facts: &dyn Facts) -> Option<Owner> {
    match text.split_once(':') {
        None => user(text, facts).ok().map(|uid| Owner { uid, gid: None }),
        Some((name, of)) => Some(Owner { uid: user(name, facts).ok()?, gid: Some(group(of, facts)?) }),
    }
}

/// A port, with a bound as Python shows it.
pub fn port(text: &str) -> Result<u16> {
    let number = integer(text)?;
    match u16::try_from(number) {
        Ok(port @ 1..) => Ok(port),
        _ if number < 1 => Err(wrong!("{number} is below lower bound (1)")),
        _ => Err(wrong!("{number} is above upper bound (65535)")),
    }
}

/// `port`, `:port`, `*:port` or `host:port`; an empty host is every address.
pub fn address(text: &str) -> Result<(String, u16)> {
    let Some((host, number)) = text.rsplit_once(':') else {
        let port = port(text).map_err(|_| wrong!("not a valid port number: {} ", quoted(text)))?;
        return Ok((String::new(), port));
    };
    if number.is_empty() {
        return Err(wrong!("no port number specified in ''"));
    }
    let host = if host == "*" { String::new() } else { host.to_lowercase() };
    Ok((host, port(number)?))
}

/// The socket of FastCGI programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Socket {
    /// `tcp://host:port`
    Tcp(String, u16),
    /// `unix:///path`
    Unix(String),
}

impl core::fmt::Display for Socket {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Socket::Tcp(host, port) => write!(f, "tcp://{host}:{port}"),
            Socket::Unix(path) => write!(f, "unix://{path}"),
        }
    }
}

/// The socket of a URL; with the original's slip, which shows its own format.
pub fn socket(text: &str, facts: &dyn Facts) -> Result<Socket> {
    if let Some(path) = text.strip_prefix("unix://") {
        return match path.starts_with('/') {
            true => Ok(Socket::Unix(super::python::absolute(path, &facts.directory()))),
            false => Err(wrong!("('Unix socket path %s is not an absolute path', {})", quoted(path))),
        };
    }
    let bad = || wrong!("('Bad socket format %s', {})", quoted(text));
    let (host, digits) = text.strip_prefix("tcp://").and_then(|rest| rest.split_once(':')).ok_or_else(bad)?;
    let is_host = !host.is_empty() && !host.contains(super::python::is_space);
    if !is_host || digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(bad());
    }
    Ok(Socket::Tcp(host.to_lowercase(), port(digits)?))
}

/// The text for a list of exit codes, as `exit_codes` reads it.
pub fn joined(codes: &[u8]) -> String {
    codes.iter().map(|code| format!("{code}")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    fn why<T: core::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().0
    }

    #[test]
    fn booleans_and_restarts() {
        for text in ["true", "YES", "On", "1"] {
            assert_eq!((boolean(text), autorestart(text)), (Ok(true), Ok(Autorestart::Always)));
        }
        for text in ["false", "No", "OFF", "0"] {
            assert_eq!((boolean(text), autorestart(text)), (Ok(false), Ok(Autorestart::Never)));
        }
        assert_eq!(autorestart("Unexpected"), Ok(Autorestart::Unexpected));
        assert_eq!(why(boolean("it's")), "not a valid boolean value: \"it's\"");
        assert_eq!(why(autorestart("Maybe")), "invalid 'autorestart' value 'maybe'");
    }

    #[test]
    fn amounts() {
        for (text, number) in
            [("0", 0), ("10", 10), ("2KB", 2048), ("1 mb", 1 << 20), ("3Gb", 3 << 30), ("-1kb", -1024)]
        {
            assert_eq!(bytes(text), Ok(number), "{text}");
        }
        assert_eq!(why(bytes("1.5MB")), "invalid literal for int() with base 10: '1.5'");
        assert_eq!(why(bytes("10k")), "invalid literal for int() with base 10: '10k'");
        assert_eq!(why(bytes("MB")), "invalid literal for int() with base 10: ''");
        assert!(why(bytes("9223372036854775807GB")).contains("more bytes than"));
        assert_eq!((mode("022"), mode("0o777"), mode("-1")), (Ok(0o22), Ok(0o777), Ok(0o7777)));
        assert_eq!(why(mode("9")), "9 can not be converted to an octal type");
    }

    #[test]
    fn levels() {
        assert_eq!(Level::parse("WARN").map(Level::code), Ok("WARN"));
        assert!(Level::Critical > Level::Debug);
        assert_eq!(why(Level::parse("loud")), "bad logging level name 'loud'");
    }

    #[test]
    fn signals() {
        for (text, number) in
            [("TERM", 15), ("sigusr1", 10), (" hup ", 1), ("9", 9), ("0", 0), ("CLD", 17), ("RTMIN", 34), ("64", 64)]
        {
            assert_eq!(signal(text), Ok(number), "{text}");
        }
        for text in ["", "NOPE", "SIGSIGTERM", "SIG15"] {
            assert_eq!(why(signal(text)), format!("value '{text}' is not a valid signal name"));
        }
        for text in ["35", "-1", "65", "999"] {
            assert_eq!(why(signal(text)), format!("value '{text}' is not a valid signal number"));
        }
    }

    #[test]
    fn codes_and_names() {
        assert_eq!(exit_codes("0, 2,255"), Ok(Vec::from([0, 2, 255])));
        assert_eq!(exit_codes(""), Ok(Vec::new()));
        for text in ["0,", "256", "-1", "x"] {
            assert_eq!(why(exit_codes(text)), format!("not a valid list of exit codes: '{text}'"));
        }
        assert_eq!((name(" a "), name("")), (Ok("a".into()), Ok("".into())));
        assert_eq!(why(name("a b")), "Invalid name: 'a b' because of character: ' '");
        assert_eq!(why(name("a:/")), "Invalid name: 'a:/' because of character: ':'");
    }

    #[test]
    fn users() {
        let facts = Fake::default();
        assert_eq!((user("root", &facts), user("0", &facts)), (Ok(0), Ok(0)));
        assert_eq!(why(user("nobody-here", &facts)), "Invalid user name nobody-here");
        assert_eq!(why(user("4711", &facts)), "Invalid user id 4711");
        assert_eq!(owner("root", &facts), Some(Owner { uid: 0, gid: None }));
        assert_eq!(owner("web:web", &facts), Some(Owner { uid: 33, gid: Some(33) }));
        assert_eq!((owner("root:nope", &facts), owner("", &facts)), (None, None));
    }

    #[test]
    fn paths() {
        let facts = Fake::default();
        assert_eq!((directory("/tmp", &facts), directory("~", &facts)), (Ok("/tmp".into()), Ok("/root".into())));
        assert_eq!(why(directory("/nope", &facts)), "/nope is not an existing directory");
        assert_eq!((path("x", &facts), path("~/x", &facts)), (Ok("x".into()), Ok("/root/x".into())));
        assert_eq!(why(path("/nope/x", &facts)), "The directory named as part of the path /nope/x does not exist");
        for (text, expected) in [("None", LogFile::None), ("OFF", LogFile::None), ("auto", LogFile::Auto)] {
            assert_eq!(log_file(text, &facts), Ok(expected));
        }
        assert_eq!(log_file("Syslog", &facts), Ok(LogFile::Syslog));
        assert_eq!(log_file("/dev/stdout", &facts), Ok(LogFile::Path("/dev/stdout".into())));
    }

    #[test]
    fn addresses() {
        let at = |host: &str, port| Ok((host.to_string(), port));
        assert_eq!((address("80"), address(":80"), address("*:80")), (at("", 80), at("", 80), at("", 80)));
        assert_eq!(address("LocalHost:9001"), at("localhost", 9001));
        assert_eq!(why(address("x")), "not a valid port number: 'x' ");
        assert_eq!(why(address("70000")), "not a valid port number: '70000' ");
        assert_eq!(why(address("h:")), "no port number specified in ''");
        assert_eq!(why(address("h:0")), "0 is below lower bound (1)");
        assert_eq!(why(address("h:65536")), "65536 is above upper bound (65535)");
    }

    #[test]
    fn sockets() {
        let facts = Fake::default();
        assert_eq!(socket("tcp://Host:80", &facts).map(|s| s.to_string()), Ok("tcp://host:80".into()));
        assert_eq!(socket("unix:///a/../b", &facts).map(|s| s.to_string()), Ok("unix:///b".into()));
        assert_eq!(why(socket("unix://b", &facts)), "('Unix socket path %s is not an absolute path', 'b')");
        for text in ["x", "tcp://", "tcp://h:", "tcp://h:1x", "tcp://h :1"] {
            assert_eq!(why(socket(text, &facts)), format!("('Bad socket format %s', '{text}')"));
        }
        assert_eq!(why(socket("tcp://h:0", &facts)), "0 is below lower bound (1)");
    }
}
