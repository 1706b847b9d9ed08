//! Datagrams, sent and forgotten; connections, made without waiting.

use super::{Errno, Result, io};
use crate::logdir::address::Peer;
use core::net::SocketAddr;
use core::time::Duration;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, SockaddrIn6, UnixAddr, getsockopt, sendto, setsockopt,
    socket, sockopt,
};
use nix::sys::time::TimeVal;
use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

/// A socket, and to whom it sends.
#[derive(Debug)]
pub struct Sender {
    socket: OwnedFd,
    address: Address,
}

#[derive(Debug)]
enum Address {
    V4(SockaddrIn),
    V6(SockaddrIn6),
    Unix(UnixAddr),
}

impl Address {
    fn of(peer: &Peer) -> Result<(AddressFamily, Address)> {
        Ok(match peer {
            Peer::Internet(SocketAddr::V4(address)) => (AddressFamily::Inet, Address::V4((*address).into())),
            Peer::Internet(SocketAddr::V6(address)) => (AddressFamily::Inet6, Address::V6((*address).into())),
            Peer::Unix(path) => (AddressFamily::Unix, Address::Unix(UnixAddr::new(OsStr::from_bytes(path))?)),
        })
    }
}

impl Sender {
    /// A socket for this receiver. Nobody need be there yet.
    pub fn new(peer: &Peer) -> Result<Sender> {
        let (family, address) = Address::of(peer)?;
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(family, SockType::Datagram, flags, None)?;
        Ok(Sender { socket, address })
    }

    /// Sends one datagram, or says why not; it never waits.
    pub fn send(&self, bytes: &[u8]) -> Result<()> {
        let socket = self.socket.as_raw_fd();
        let sent = io::again(|| match &self.address {
            Address::V4(address) => sendto(socket, bytes, address, MsgFlags::MSG_NOSIGNAL),
            Address::V6(address) => sendto(socket, bytes, address, MsgFlags::MSG_NOSIGNAL),
            Address::Unix(address) => sendto(socket, bytes, address, MsgFlags::MSG_NOSIGNAL),
        })?;
        if sent < bytes.len() { Err(Errno::EMSGSIZE) } else { Ok(()) }
    }
}

/// Begins to connect to a listener, with a descriptor that never waits: once it can be written, `outcome` tells. Only
/// for a free place in the queue of a unix socket is waited here, `patience` at most (then it is a "temporary
/// failure"): there is no other way to hear of it.
pub fn connect(peer: &Peer, patience: Duration) -> Result<OwnedFd> {
    use nix::sys::socket::connect;
    let (family, address) = Address::of(peer)?;
    let wait = matches!(peer, Peer::Unix(_));
    let flags = if wait { SockFlag::empty() } else { SockFlag::SOCK_NONBLOCK };
    let socket = socket(family, SockType::Stream, flags | SockFlag::SOCK_CLOEXEC, None)?;
    if wait {
        // No time at all would mean for ever.
        let patience = patience.max(Duration::from_millis(1));
        let time = TimeVal::new(patience.as_secs() as _, patience.subsec_micros() as _);
        setsockopt(&socket, sockopt::SendTimeout, &time)?;
    }
    let answer = match &address {
        Address::V4(address) => connect(socket.as_raw_fd(), address),
        Address::V6(address) => connect(socket.as_raw_fd(), address),
        Address::Unix(address) => connect(socket.as_raw_fd(), address),
    };
    match answer {
        Ok(()) | Err(Errno::EINPROGRESS) => {}
        Err(errno) => return Err(errno),
    }
    if wait {
        io::set_nonblocking(&socket)?;
    }
    Ok(socket)
}

/// What became of a connection that was begun.
pub fn outcome(socket: impl AsFd) -> Result<()> {
    match getsockopt(&socket.as_fd(), sockopt::SocketError)? {
        0 => Ok(()),
        errno => Err(Errno::from_raw(errno)),
    }
}

/// This machine's name.
pub fn host_name() -> Vec<u8> {
    nix::sys::utsname::uname().map(|names| names.nodename().as_bytes().to_vec()).unwrap_or_default()
}
