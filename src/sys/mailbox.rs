//! A socket on which anybody may leave a datagram: the kernel says who did, and descriptors may come along.
//!
//! It has an abstract name: no directory has to let the sender in, whoever it runs as and wherever its root is, and
//! nothing is left behind.

use super::{Errno, Result};
use crate::exit::Pid;
use nix::cmsg_space;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr, UnixCredentials, bind, getsockname,
    recvmsg, setsockopt, socket, sockopt,
};
use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// The receiving end.
#[derive(Debug)]
pub struct Mailbox {
    socket: OwnedFd,
    name: Vec<u8>,
}

/// A datagram.
#[derive(Debug)]
pub struct Letter {
    /// How many bytes it has.
    pub length: usize,
    /// Who sent it, if that process can be named here.
    pub sender: Option<Pid>,
    /// What came along.
    pub descriptors: Vec<OwnedFd>,
}

/// As many descriptors as the kernel passes at once.
const DESCRIPTORS: usize = 253;

impl Mailbox {
    /// A mailbox with this name, or with one that the kernel chooses.
    pub fn new(name: Option<&[u8]>) -> Result<Mailbox> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Unix, SockType::Datagram, flags, None)?;
        setsockopt(&socket, sockopt::PassCred, &true)?;
        let address = name.map_or_else(|| Ok(UnixAddr::new_unnamed()), UnixAddr::new_abstract)?;
        bind(socket.as_raw_fd(), &address)?;
        let bound: UnixAddr = getsockname(socket.as_raw_fd())?;
        let name = bound.as_abstract().ok_or(Errno::EADDRNOTAVAIL)?.to_vec();
        Ok(Mailbox { socket, name })
    }

    /// Its name, without the zero byte that says that it is abstract.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Takes a letter, if there is one. Of one that is longer than `into` nothing is taken but what came along.
    pub fn take(&self, into: &mut [u8]) -> Result<Option<Letter>> {
        let mut space = cmsg_space!(UnixCredentials, [RawFd; DESCRIPTORS]);
        let mut pieces = [IoSliceMut::new(into)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC | MsgFlags::MSG_DONTWAIT;
        let socket = self.socket.as_raw_fd();
        let received = match recvmsg::<UnixAddr>(socket, &mut pieces, Some(&mut space), flags) {
            Err(Errno::EAGAIN) => return Ok(None),
            answer => answer?,
        };
        let length = if received.flags.contains(MsgFlags::MSG_TRUNC) { 0 } else { received.bytes };
        let mut letter = Letter { length, sender: None, descriptors: Vec::new() };
        for message in received.cmsgs()? {
            match message {
                ControlMessageOwned::ScmCredentials(who) => letter.sender = Pid::new(who.pid()),
                // SAFETY: the kernel has just made these numbers ours, and nobody else knows them.
                ControlMessageOwned::ScmRights(numbers) => letter
                    .descriptors
                    .extend(numbers.into_iter().map(|number| unsafe { OwnedFd::from_raw_fd(number) })),
                _ => {}
            }
        }
        Ok(Some(letter))
    }
}

impl AsFd for Mailbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::socket::sendto;

    #[test]
    fn a_letter_says_who_sent_it() {
        let mailbox = Mailbox::new(None).unwrap();
        let mut bytes = [0; 8];
        assert!(mailbox.take(&mut bytes).unwrap().is_none());
        let flags = SockFlag::SOCK_CLOEXEC;
        let sender = socket(AddressFamily::Unix, SockType::Datagram, flags, None).unwrap();
        let address = UnixAddr::new_abstract(mailbox.name()).unwrap();
        for text in [&b"READY=1"[..], b"longer than it"] {
            sendto(sender.as_raw_fd(), text, &address, MsgFlags::empty()).unwrap();
        }
        let letter = mailbox.take(&mut bytes).unwrap().unwrap();
        assert_eq!(bytes.get(..letter.length), Some(&b"READY=1"[..]));
        assert_eq!(letter.sender, crate::sys::process::own_id());
        assert_eq!(mailbox.take(&mut bytes).unwrap().unwrap().length, 0, "one that is too long says nothing");
        let name = mailbox.name().to_vec();
        assert_eq!(Mailbox::new(Some(&name)).map(drop), Err(Errno::EADDRINUSE));
        drop(mailbox);
        assert_eq!(Mailbox::new(Some(&name)).unwrap().name(), name);
    }
}
