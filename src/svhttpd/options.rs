//! What the command line asks for.

use crate::cli::message::Voice;
use crate::cli::options::{Bytes, Called, Given, Parsed, Usage};
use crate::exit::Exit;
use crate::span::Span;
use crate::supervisor::config::{Endpoint, Server};
use crate::supervisor::servers::{self, Served};
use crate::supervisor::types;
use crate::sys::door::Args;
use crate::sys::fs::{self, How};
use crate::sys::io;
use argh::{ArgsInfo, FromArgs};
use core::time::Duration;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Serve Supervisor's XML-RPC interface for the services of a directory.
#[derive(FromArgs, ArgsInfo)]
#[argh(help_triggers("-h", "--help"))]
struct Options {
    /// the state of a supervisord: its services, its servers
    #[argh(option)]
    supervisord: Option<Bytes>,
    /// listen on a socket of this path (scandir/.svhttpd.sock)
    #[argh(option, short = 'u')]
    unix: Vec<Bytes>,
    /// who may use that: permissions (0700)
    #[argh(option, short = 'm')]
    mode: Option<Bytes>,
    /// listen on an address: host:port, :port for any
    #[argh(option, short = 't')]
    tcp: Vec<Bytes>,
    /// who may ask: a name
    #[argh(option)]
    user: Option<Bytes>,
    /// and a file with the password, or {SHA} and the digits of its SHA-1
    #[argh(option)]
    password_file: Option<Bytes>,
    /// listen also where others can ask, without a password
    #[argh(switch)]
    unprotected: bool,
    /// what the daemon is said to be called (supervisor)
    #[argh(option)]
    identifier: Option<Bytes>,
    /// how long a request may take to come (60s)
    #[argh(option, default = "TIMEOUT")]
    timeout: Span,
    /// how long a client may be silent, or take nothing (30m)
    #[argh(option, default = "IDLE")]
    idle: Span,
    /// so many connections at once, for each address (256)
    #[argh(option, short = 'c', default = "CONNECTIONS")]
    connections: u32,
}

const USAGE: Usage = Usage {
    program: "svhttpd",
    line: "[-u socket] [-m mode] [-t host:port] [--user name --password-file file] [--unprotected] [-c n] scandir\n\
           \x20      svhttpd --supervisord state",
    called: Called::ByBaseName,
    exit: Exit(100),
};

const TIMEOUT: Span = Span(Duration::from_secs(60));
/// As long as the original.
const IDLE: Span = Span(Duration::from_secs(30 * 60));
const CONNECTIONS: u32 = 256;

/// The socket in a scan directory. A name with a dot is no service's.
const SOCKET: &str = ".svhttpd.sock";
/// No password is longer, and no list of servers.
const LONGEST: u64 = 1 << 20;

/// What to do.
#[derive(Debug)]
pub(super) struct Setup {
    /// The scan directory.
    pub(super) scan: PathBuf,
    /// Of a supervisord.
    pub(super) state: Option<PathBuf>,
    pub(super) servers: Vec<Served>,
    pub(super) identifier: String,
    pub(super) limits: Limits,
}

/// What a client may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) timeout: Duration,
    pub(super) idle: Duration,
    pub(super) connections: usize,
}

impl Setup {
    /// Reads it; where there is nothing to go on with, the exit code (all has been said).
    pub(super) fn read(args: Args<'_>, voice: &Voice) -> Result<Setup, Exit> {
        // argh knows this one, and `cli::options` does not hand it on.
        let asked = args.get(1).is_some_and(|word| *word == "-h");
        let help = [OsStr::new(USAGE.program), OsStr::new("--help")];
        let Parsed { options, operands, given } = USAGE.parse::<Options>(if asked { &help } else { args })?;
        if options.timeout.0.is_zero() || options.idle.0.is_zero() || options.connections == 0 {
            return Err(USAGE.refuse(b"--timeout, --idle and -c must be above 0"));
        }
        let limits = Limits {
            timeout: options.timeout.0,
            idle: options.idle.0,
            connections: usize::try_from(options.connections).unwrap_or(usize::MAX),
        };
        let here = fs::here().map_err(|errno| {
            voice.fatal(&[b"unable to open current directory"], errno);
            Exit::FATAL
        })?;
        let setup = match (&options.supervisord, &operands[..]) {
            (Some(state), []) => Setup::of_supervisord(&here.join(&state.0), limits, &given, voice)?,
            (None, [scan]) => Setup::of_directory(&here.join(scan), limits, &options, &here, voice)?,
            _ => return Err(USAGE.fail(args.first().copied().unwrap_or_default())),
        };
        setup.refuse_strangers(voice)?;
        Ok(setup)
    }

    fn of_supervisord(state: &Path, limits: Limits, given: &[Given], voice: &Voice) -> Result<Setup, Exit> {
        let ours = ["--supervisord", "--timeout", "--idle", "--connections"];
        if let Some(other) = given.iter().find(|given| !ours.contains(&given.name.as_str())) {
            return Err(USAGE.refuse(format!("{} is not for --supervisord", other.name).as_bytes()));
        }
        let path = state.join("servers");
        let text = content(&path, voice)?;
        let servers = servers::parse(&text).map_err(|wrong| {
            voice.refuse(&[path.as_os_str().as_bytes(), b": ", wrong.0.as_bytes()]);
            USAGE.exit
        })?;
        let identifier = String::new(); // is asked of the supervisord
        Ok(Setup { scan: state.join("scan"), state: Some(state.to_owned()), servers, identifier, limits })
    }

    fn of_directory(scan: &Path, limits: Limits, options: &Options, here: &Path, voice: &Voice) -> Result<Setup, Exit> {
        let text = |bytes: &Bytes| bytes.0.to_string_lossy().into_owned();
        let mode = match &options.mode {
            Some(mode) => u32::from_str_radix(&text(mode), 8)
                .map_err(|_| USAGE.refuse(format!("-m: {} is no number in octal", text(mode)).as_bytes()))?,
            None => 0o700,
        };
        let credentials = match (&options.user, &options.password_file) {
            (Some(user), Some(file)) => Some((text(user), password(&here.join(&file.0), voice)?)),
            (None, None) => None,
            _ => return Err(USAGE.refuse(b"--user and --password-file go together")),
        };
        let mut sockets: Vec<PathBuf> = options.unix.iter().map(|path| here.join(&path.0)).collect();
        if sockets.is_empty() && options.tcp.is_empty() {
            sockets.push(scan.join(SOCKET));
        }
        let unix = |path: &PathBuf| Endpoint::Unix { path: path.to_string_lossy().into_owned(), mode, owner: None };
        let mut addresses: Vec<(&str, Endpoint)> =
            sockets.iter().map(|path| ("unix_http_server", unix(path))).collect();
        for address in &options.tcp {
            let (host, port) = types::address(&text(address))
                .map_err(|wrong| USAGE.refuse(format!("-t {}: {}", text(address), wrong.0).as_bytes()))?;
            addresses.push(("inet_http_server", Endpoint::Inet(host, port)));
        }
        let served = |(section, at): (&str, Endpoint)| Served {
            server: Server { section: section.into(), at, credentials: credentials.clone() },
            unprotected: options.unprotected,
        };
        Ok(Setup {
            scan: scan.to_owned(),
            state: None,
            servers: addresses.into_iter().map(served).collect(),
            identifier: options.identifier.as_ref().map_or_else(|| "supervisor".into(), text),
            limits,
        })
    }

    /// Who may ask here may run programs: where others can reach us there is a password, or somebody has said that
    /// there need be none.
    fn refuse_strangers(&self, voice: &Voice) -> Result<(), Exit> {
        let open = self.servers.iter().find(|Served { server, unprotected }| match &server.at {
            Endpoint::Inet(host, _) => !is_own(host) && server.credentials.is_none() && !unprotected,
            Endpoint::Unix { .. } => false,
        });
        let Some(Served { server: Server { at: Endpoint::Inet(host, port), .. }, .. }) = open else { return Ok(()) };
        voice.refuse(&[
            format!("{host}:{port}: others can ask there: give a name and a password, or --unprotected").as_bytes()
        ]);
        Err(USAGE.exit)
    }
}

/// Whether only this machine can reach it.
fn is_own(host: &str) -> bool {
    host == "localhost" || bare(host).parse::<core::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Without the brackets of an address of IPv6.
pub(super) fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

/// The first line of a file that not everybody may read.
fn password(path: &Path, voice: &Voice) -> Result<String, Exit> {
    let text = content(path, voice)?;
    if fs::facts_of(path).is_ok_and(|facts| facts.mode & 0o004 != 0) {
        voice.refuse(&[path.as_os_str().as_bytes(), b": everybody may read the password"]);
        return Err(USAGE.exit);
    }
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.into()),
        _ => {
            voice.refuse(&[path.as_os_str().as_bytes(), b": there is no password in it"]);
            Err(USAGE.exit)
        }
    }
}

fn content(path: &Path, voice: &Voice) -> Result<String, Exit> {
    let refuse = |errno| {
        voice.fatal(&[b"unable to read ", path.as_os_str().as_bytes()], errno);
        Exit::FATAL
    };
    let file = fs::open(path, How::Read).map_err(refuse)?;
    let facts = fs::facts(&file).map_err(refuse)?;
    if facts.kind != fs::Kind::File || facts.size > LONGEST {
        voice.refuse(&[path.as_os_str().as_bytes(), b": no file that can be meant"]);
        return Err(USAGE.exit);
    }
    String::from_utf8(io::read_all(file).map_err(refuse)?).map_err(|_| {
        voice.refuse(&[path.as_os_str().as_bytes(), b": not UTF-8"]);
        USAGE.exit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&'static str]) -> Result<Setup, Exit> {
        let args: Vec<&'static OsStr> = ["svhttpd"].iter().chain(words).copied().map(OsStr::new).collect();
        Setup::read(&args, &Voice::new(&[b"svhttpd"]))
    }

    #[test]
    fn a_socket_in_the_directory_unless_told_otherwise() {
        let setup = read(&["/scan"]).unwrap();
        let at = Endpoint::Unix { path: "/scan/.svhttpd.sock".into(), mode: 0o700, owner: None };
        assert_eq!((setup.servers[0].server.at.clone(), setup.servers.len()), (at, 1));
        assert_eq!((setup.scan.as_os_str(), setup.identifier.as_str()), ("/scan".as_ref(), "supervisor"));
    }

    #[test]
    fn every_option() {
        let words = ["-u/a", "-u", "/b", "-m", "0770", "-t", "127.0.0.1:1", "--timeout", "1s", "--idle", "2s", "-c3"];
        let setup = read(&[&words[..], &["--identifier", "x", "/s"]].concat()).unwrap();
        let limits = Limits { timeout: Duration::from_secs(1), idle: Duration::from_secs(2), connections: 3 };
        assert_eq!((setup.limits, setup.identifier.as_str(), setup.servers.len()), (limits, "x", 3));
        let modes = setup.servers.iter().filter(|s| matches!(s.server.at, Endpoint::Unix { mode: 0o770, .. }));
        assert_eq!(modes.count(), 2);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for words in [
            &[][..],
            &["a", "b"],
            &["--supervisord", "a", "b"],
            &["--supervisord", "/tmp", "-u", "/x"],
            &["-c0", "a"],
            &["--timeout", "0", "a"],
            &["-m", "9", "a"],
            &["-t", "x", "a"],
            &["-t", ":80", "a"],
            &["-t", "10.0.0.1:80", "a"],
            &["--user", "u", "a"],
        ] {
            assert_eq!(read(words).unwrap_err(), Exit(100), "{words:?}");
        }
        assert!(read(&["-t", ":80", "--unprotected", "a"]).is_ok());
        assert!(read(&["-t", "localhost:80", "-t", "[::1]:80", "a"]).is_ok());
        assert_eq!(read(&["--supervisord", "/no/such"]).unwrap_err(), Exit::FATAL);
        assert_eq!(read(&["-h"]).unwrap_err(), Exit::OK);
    }
}
