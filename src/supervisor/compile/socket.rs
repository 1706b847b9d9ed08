//! The socket of FastCGI programs.

use super::One;
use crate::supervisor::config::Kind;
use crate::supervisor::types::Socket;
use alloc::format;
use alloc::string::String;
use core::net::Ipv4Addr;

impl One<'_> {
    /// What `listen` says, or why it cannot be said.
    pub(super) fn socket(&self) -> Result<Option<String>, String> {
        let Kind::FastCgi { socket, backlog, owner, mode } = &self.group.kind else { return Ok(None) };
        if self.group.processes.len() > 1 {
            return Err("several processes at one socket are not supported yet".into());
        }
        let mut line = match socket {
            Socket::Tcp(host, port) => format!("tcp {}:{port}", ip(host)?),
            Socket::Unix(path) if path.contains(char::is_whitespace) => {
                return Err(format!("the path of the socket has a blank in it: {path}"));
            }
            Socket::Unix(path) => format!("unix {path}"),
        };
        if let Some(mode) = mode {
            line.push_str(&format!(" mode {mode:04o}"));
        }
        if let Some(owner) = owner {
            line.push_str(&format!(" owner {}", owner.uid));
            line.push_str(&owner.gid.map(|gid| format!(":{gid}")).unwrap_or_default());
        }
        if let Some(backlog) = backlog {
            line.push_str(&format!(" backlog {backlog}"));
        }
        Ok(Some(format!("{line} as 0\n")))
    }
}

/// A supervisor asks nobody what a host's address is.
fn ip(host: &str) -> Result<Ipv4Addr, String> {
    match host {
        "localhost" => Ok(Ipv4Addr::LOCALHOST),
        host => host.parse().map_err(|_| format!("the socket's host must be an address, and not a name: {host}")),
    }
}
