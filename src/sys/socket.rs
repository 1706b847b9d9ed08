//! Datagrams, sent and forgotten.

use super::{Errno, Result, io};
use crate::logdir::address::Peer;
use core::net::SocketAddr;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, SockaddrIn6, UnixAddr, sendto, socket,
};
use std::ffi::OsStr;
use std::os::fd::{AsRawFd, OwnedFd};
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

impl Sender {
    /// A socket for this receiver. Nobody need be there yet.
    pub fn new(peer: &Peer) -> Result<Sender> {
        let (family, address) = match peer {
            Peer::Internet(SocketAddr::V4(address)) => (AddressFamily::Inet, Address::V4((*address).into())),
            Peer::Internet(SocketAddr::V6(address)) => (AddressFamily::Inet6, Address::V6((*address).into())),
            Peer::Unix(path) => (AddressFamily::Unix, Address::Unix(UnixAddr::new(OsStr::from_bytes(path))?)),
        };
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

/// This machine's name.
pub fn host_name() -> Vec<u8> {
    nix::sys::utsname::uname().map(|names| names.nodename().as_bytes().to_vec()).unwrap_or_default()
}
