//! A socket on which anybody may leave a datagram: the kernel says who did, and descriptors may come along.
//!
//! It is a file, since not every client of the protocol knows abstract names; where it cannot be one, it has such a
//! name.

use super::fs::Dir;
use super::{Errno, Result};
use crate::exit::Pid;
use nix::cmsg_space;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr, UnixCredentials, bind, getsockname,
    recvmsg, setsockopt, socket, sockopt,
};
use nix::sys::stat::{Mode, umask};
use std::ffi::OsString;
use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The receiving end.
#[derive(Debug)]
pub struct Mailbox {
    socket: OwnedFd,
    address: Vec<u8>,
    file: Option<Spot>,
}

/// Where a mailbox may be a file.
#[derive(Debug)]
pub struct Spot {
    /// The directory.
    pub dir: Dir,
    /// The name in it. What is there by this name already is gone afterwards.
    pub name: OsString,
    /// The path by which others find it.
    pub path: PathBuf,
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
    /// A mailbox at this spot, if that can be, or with a name that the kernel chooses.
    pub fn new(spot: Option<Spot>) -> Result<Mailbox> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Unix, SockType::Datagram, flags, None)?;
        setsockopt(&socket, sockopt::PassCred, &true)?;
        if let Some(spot) = spot.filter(|spot| spot.bind(&socket).is_ok()) {
            return Ok(Mailbox { socket, address: spot.path.as_os_str().as_bytes().to_vec(), file: Some(spot) });
        }
        bind(socket.as_raw_fd(), &UnixAddr::new_unnamed())?;
        let bound: UnixAddr = getsockname(socket.as_raw_fd())?;
        let address = [b"@", bound.as_abstract().ok_or(Errno::EADDRNOTAVAIL)?].concat();
        Ok(Mailbox { socket, address, file: None })
    }

    /// One that was handed over, at this spot if it is a file.
    pub fn inherit(socket: OwnedFd, address: Vec<u8>, file: Option<Spot>) -> Mailbox {
        Mailbox { socket, address, file }
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Its path, or `@` and its abstract name.
    pub fn address(&self) -> &[u8] {
        &self.address
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
                ControlMessageOwned::ScmRights(numbers) => {
                    letter.descriptors.extend(numbers.into_iter().map(owned));
                }
                _ => {}
            }
        }
        Ok(Some(letter))
    }
}

fn owned(number: RawFd) -> OwnedFd {
    // SAFETY: the kernel has just made this number ours, and nobody else knows it.
    unsafe { OwnedFd::from_raw_fd(number) }
}

impl Spot {
    /// By descriptor, and everybody may write to it from the start: to change the mode of a path later could change
    /// that of another file.
    fn bind(&self, socket: &OwnedFd) -> Result<()> {
        UnixAddr::new(&self.path)?; // or nobody else could name it
        let by_descriptor = Path::new("/proc/self/fd").join(self.dir.as_fd().as_raw_fd().to_string()).join(&self.name);
        let address = UnixAddr::new(&by_descriptor)?;
        let _ = self.dir.remove(&self.name); // it need not be there
        let before = umask(Mode::from_bits_truncate(0o111));
        let bound = bind(socket.as_raw_fd(), &address);
        umask(before);
        bound
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        if let Some(spot) = &self.file {
            let _ = spot.dir.remove(&spot.name); // what is left is removed when it is next made
        }
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

    fn send(address: &UnixAddr, text: &[u8]) {
        let sender = socket(AddressFamily::Unix, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None).unwrap();
        sendto(sender.as_raw_fd(), text, address, MsgFlags::empty()).unwrap();
    }

    #[test]
    fn a_letter_says_who_sent_it() {
        let mailbox = Mailbox::new(None).unwrap();
        let mut bytes = [0; 8];
        assert!(mailbox.take(&mut bytes).unwrap().is_none());
        let address = UnixAddr::new_abstract(mailbox.address().strip_prefix(b"@").unwrap()).unwrap();
        send(&address, b"READY=1");
        send(&address, b"longer than it");
        let letter = mailbox.take(&mut bytes).unwrap().unwrap();
        assert_eq!(bytes.get(..letter.length), Some(&b"READY=1"[..]));
        assert_eq!(letter.sender, crate::sys::process::own_id());
        assert_eq!(mailbox.take(&mut bytes).unwrap().unwrap().length, 0, "one that is too long says nothing");
    }

    #[test]
    fn it_is_a_file_as_long_as_it_is_there() {
        let place = std::env::temp_dir().join(format!("keepup-mailbox-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        let path = place.join("box");
        let spot = || Spot { dir: Dir::reach(&place).unwrap(), name: "box".into(), path: path.clone() };
        std::fs::write(&path, "left behind").unwrap();
        let mailbox = Mailbox::new(Some(spot())).unwrap();
        assert_eq!(mailbox.address(), path.as_os_str().as_bytes());
        send(&UnixAddr::new(&path).unwrap(), b"READY=1");
        assert_eq!(mailbox.take(&mut [0; 8]).unwrap().unwrap().length, 7);
        drop(mailbox);
        assert!(!path.exists());
        let long = Spot { path: place.join("x".repeat(200)), ..spot() };
        assert!(Mailbox::new(Some(long)).unwrap().address().starts_with(b"@"), "nobody could name that path");
        std::fs::remove_dir_all(&place).unwrap();
    }
}
