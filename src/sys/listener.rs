//! Sockets that others connect to, or send to.

use super::{Errno, Result, fs, io, socket};
use crate::logdir::address::Peer;
use core::net::SocketAddr;
use core::time::Duration;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrIn6, SockaddrLike, UnixAddr, bind, setsockopt, socket,
    sockopt,
};
use nix::sys::stat::{Mode, SFlag, fchmod, fstat, umask};
use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A socket that has its address. One in the file system is removed there when this is dropped.
#[derive(Debug)]
pub struct Bound {
    socket: OwnedFd,
    /// Its path, and which file that is.
    path: Option<(PathBuf, (u64, u64))>,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A call failed.
    Call(Errno),
    /// There is a file of that name, and it is no socket.
    NotASocket,
}

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Trouble {
        Trouble::Call(errno)
    }
}

/// How long to wait for the answer of a socket that may have nobody behind it. It answers at once, unless its queue is
/// full; then somebody is behind it.
const PATIENCE: Duration = Duration::from_millis(1);

impl Bound {
    /// One that was handed over.
    pub fn inherit(socket: OwnedFd, path: Option<(PathBuf, (u64, u64))>) -> Bound {
        Bound { socket, path }
    }

    /// Its path, and which file that is.
    pub fn path(&self) -> Option<&(PathBuf, (u64, u64))> {
        self.path.as_ref()
    }

    /// Whether it still has the place that it was given.
    pub fn is_there(&self) -> bool {
        self.path.as_ref().is_none_or(|(path, id)| fs::facts_of_link(path).is_ok_and(|facts| facts.id == *id))
    }
}

impl Bound {
    /// Takes a connection that waits, with a descriptor that never does; nothing if none is there.
    pub fn accept(&self) -> Result<Option<OwnedFd>> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        match nix::sys::socket::accept4(self.socket.as_raw_fd(), flags) {
            // SAFETY: the call has just made it, for nobody else.
            Ok(number) => Ok(Some(unsafe { OwnedFd::from_raw_fd(number) })),
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

impl AsFd for Bound {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let Some((path, _)) = self.path.as_ref().filter(|_| self.is_there()) {
            let _ = nix::unistd::unlink(path); // somebody else may have been quicker
        }
    }
}

/// One for connections. An address that a former one has just left can be had at once.
pub fn tcp(address: SocketAddr, backlog: u32) -> core::result::Result<Bound, Trouble> {
    let bound = internet(address, SockType::Stream)?;
    listen(&bound, backlog)?;
    Ok(bound)
}

/// One for datagrams.
pub fn udp(address: SocketAddr) -> core::result::Result<Bound, Trouble> {
    Ok(internet(address, SockType::Datagram)?)
}

fn internet(address: SocketAddr, kind: SockType) -> Result<Bound> {
    let (family, address): (_, Box<dyn SockaddrLike>) = match address {
        SocketAddr::V4(address) => (AddressFamily::Inet, Box::new(SockaddrIn::from(address))),
        SocketAddr::V6(address) => (AddressFamily::Inet6, Box::new(SockaddrIn6::from(address))),
    };
    let socket = socket(family, kind, SockFlag::SOCK_CLOEXEC, None)?;
    if kind == SockType::Stream {
        setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    }
    bind(socket.as_raw_fd(), &*address)?;
    Ok(Bound { socket, path: None })
}

/// One in the file system, in the place of one that nobody listens on any more. Nobody can connect before it has its
/// permissions and its owner.
pub fn unix(
    path: &[u8],
    mode: Option<u32>,
    owner: (Option<u32>, Option<u32>),
    backlog: u32,
) -> core::result::Result<Bound, Trouble> {
    let path = PathBuf::from(OsStr::from_bytes(path));
    let address = UnixAddr::new(&path)?;
    let socket = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    remove_stale(&path)?;
    bind_with(&socket, &address, mode)?;
    let id = fs::facts_of_link(&path)?.id;
    let bound = Bound { socket, path: Some((path, id)) };
    bound.set_owner(owner)?;
    listen(&bound, backlog)?;
    Ok(bound)
}

impl Bound {
    /// The path may lead elsewhere by now: what it leads to must be what we have made.
    fn set_owner(&self, (user, group): (Option<u32>, Option<u32>)) -> Result<()> {
        let Some((path, id)) = &self.path else { return Ok(()) };
        if user.is_none() && group.is_none() {
            return Ok(());
        }
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = nix::fcntl::open(path, flags, Mode::empty())?;
        let facts = fstat(&file)?;
        if (facts.st_dev, facts.st_ino) != *id || !is_socket(facts.st_mode) {
            return Err(Errno::EEXIST);
        }
        nix::unistd::fchownat(&file, "", user.map(Into::into), group.map(Into::into), AtFlags::AT_EMPTY_PATH)
    }
}

/// The permissions of the file are those of the socket, which are set before there is a file.
fn bind_with(socket: &OwnedFd, address: &UnixAddr, mode: Option<u32>) -> Result<()> {
    let Some(mode) = mode else { return bind(socket.as_raw_fd(), address) };
    fchmod(socket, Mode::from_bits_retain(mode))?;
    let before = umask(Mode::empty());
    let answer = bind(socket.as_raw_fd(), address);
    umask(before);
    answer
}

/// What is left of one that has ended is in the way; one that somebody listens on is not ours to take.
fn remove_stale(path: &PathBuf) -> core::result::Result<(), Trouble> {
    match nix::sys::stat::lstat(path) {
        Err(Errno::ENOENT) => return Ok(()),
        Ok(facts) if !is_socket(facts.st_mode) => return Err(Trouble::NotASocket),
        facts => facts.map(drop)?,
    }
    match socket::connect(&Peer::Unix(path.as_os_str().as_bytes().to_vec()), PATIENCE) {
        Err(Errno::ECONNREFUSED) => Ok(nix::unistd::unlink(path)?),
        Err(Errno::ENOENT) => Ok(()),
        Ok(_) | Err(Errno::EAGAIN | Errno::EPROTOTYPE) => Err(Trouble::Call(Errno::EADDRINUSE)),
        Err(errno) => Err(Trouble::Call(errno)),
    }
}

fn is_socket(mode: libc::mode_t) -> bool {
    SFlag::from_bits_truncate(mode & SFlag::S_IFMT.bits()) == SFlag::S_IFSOCK
}

/// The kernel cuts the number to its own limit.
fn listen(bound: &Bound, backlog: u32) -> Result<()> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    // SAFETY: numbers only.
    io::again(|| Errno::result(unsafe { libc::listen(bound.socket.as_raw_fd(), backlog) })).map(drop)
}
