//! Whether the addresses at which clients are to ask can be had. The server itself opens them, as a service of its own; this
//! is asked before, while somebody still looks.

use super::host;
use super::tree::{beside, is_beside};
use crate::cli::message::to_stderr;
use crate::logdir::address::Peer;
use crate::service::blueprint::quoted;
use crate::supervisor::compile::{File, Mode, Service};
use crate::supervisor::config::{Endpoint, Server};
use crate::supervisor::types::Owner;
use crate::sys::listener::{self, Trouble};
use crate::sys::{Errno, fs, socket};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The name of its service directory, which no process of a configuration can get: its name would have digits behind
/// the sign.
pub(super) const NAME: &str = "svhttpd%";
const PROGRAM: &str = "svhttpd";

const TAKEN: &str = "Another program is already listening on a port that one of our HTTP servers is configured to use.  \
                     Shut this program down first before starting supervisord.";

/// How long a socket may take to answer that somebody listens on.
const PATIENCE: Duration = Duration::from_millis(200);

/// Whether the server is installed.
pub(super) fn is_installed() -> bool {
    is_beside(PROGRAM)
}

/// The service that serves them.
pub(super) fn service(state: &Path) -> Service {
    let program = quoted(beside(PROGRAM).as_os_str().as_bytes());
    let run = [&b"#!/bin/sh\nexec "[..], &program, b" --supervisord ", &quoted(state.as_os_str().as_bytes()), b"\n"];
    let run = File { name: "run", content: run.concat(), mode: Mode::Program };
    let ready = File { name: "ready", content: b"notify\n".to_vec(), mode: Mode::Text };
    Service { name: NAME.into(), files: vec![run, ready] }
}

/// Whether a server can have its place; else why not, in the original's words.
pub(super) fn check(server: &Server) -> Result<(), String> {
    match &server.at {
        Endpoint::Inet(host, port) => inet(host, *port),
        Endpoint::Unix { path, owner, .. } => unix(path, *owner),
    }
}

/// What is said where another daemon has this configuration.
pub(super) fn taken() -> String {
    TAKEN.into()
}

fn words(errno: Errno) -> String {
    match errno {
        Errno::EADDRINUSE => TAKEN.into(),
        errno => {
            format!("Cannot open an HTTP server: socket.error reported errno.{errno:?} ({})", errno as i32)
        }
    }
}

/// A host that is a name is looked up by the server.
fn inet(host: &str, port: u16) -> Result<(), String> {
    let address = match host {
        "" => Ipv4Addr::UNSPECIFIED,
        "localhost" => Ipv4Addr::LOCALHOST,
        host => match host.parse() {
            Ok(address) => address,
            Err(_) => return Ok(()),
        },
    };
    match listener::tcp(SocketAddr::new(IpAddr::V4(address), port), 1) {
        Ok(_) | Err(Trouble::NotASocket) => Ok(()),
        Err(Trouble::Call(errno)) => Err(words(errno)),
    }
}

/// Tried beside it, as the original makes it.
fn unix(path: &str, owner: Option<Owner>) -> Result<(), String> {
    let peer = Peer::Unix(path.as_bytes().to_vec());
    match socket::connect(&peer, PATIENCE) {
        Ok(_) | Err(Errno::EAGAIN) => return Err(TAKEN.into()),
        Err(Errno::ECONNREFUSED) => {
            to_stderr(format!("Unlinking stale socket {path}\n").as_bytes());
            let _ = fs::remove(path); // the server tries again
        }
        Err(_) => {}
    }
    let pid = crate::sys::process::own_id().map_or(0, |pid| pid.get());
    let beside = format!("{path}.{pid}");
    let _ = fs::remove(&beside); // of a process of our number that has ended
    let bound = match listener::unix(beside.as_bytes(), Some(0o600), (None, None), 1) {
        Ok(bound) => bound,
        Err(Trouble::NotASocket) => return Err(words(Errno::EADDRINUSE)),
        Err(Trouble::Call(errno)) => return Err(words(errno)),
    };
    let Some(Owner { uid, gid }) = owner else { return Ok(()) };
    let changed = fs::set_owner_of(&beside, uid, gid);
    drop(bound);
    match changed {
        Err(Errno::EPERM) => {
            let gid = gid.map_or_else(|| "-1".to_owned(), |gid| gid.to_string());
            Err(format!(
                "Not permitted to chown {path} to uid/gid ({uid}, {gid}); adjust \"sockchown\" value in config file or \
                 on command line to values that the current user ({}) can successfully chown",
                host::own_name()
            ))
        }
        Err(errno) => Err(words(errno)),
        Ok(()) => Ok(()),
    }
}
