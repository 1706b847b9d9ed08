//! The sockets of `listen`: opened once, handed to every start. As long as a line stays what it is so does its socket,
//! and who connects between two lives waits in its queue.

use crate::cli::message::Voice;
use crate::getent;
use crate::process_state::account;
use crate::service::handover;
use crate::service::policy::Listen;
use crate::service::policy::listen::{Address, Socket, Unix};
use crate::sys::Result as Answer;
use crate::sys::handover::{Incoming, Outgoing};
use crate::sys::listener::{self, Bound, Trouble};
use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// How many connections may wait where the file does not say: more than any system allows by itself.
const BACKLOG: u32 = 1 << 16;

/// The sockets that are open, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Sockets(Vec<(Socket, Bound)>);

/// Why a socket cannot be had, before the system is asked.
enum Unable {
    User(Vec<u8>),
    Group(Vec<u8>),
    Open(Trouble),
}

impl Sockets {
    /// Opens what is wanted and not open, and closes what is not wanted any more. Whether all can be had; what cannot
    /// has been said.
    pub(super) fn open(&mut self, voice: &Voice, wanted: &Listen) -> bool {
        let mut kept = core::mem::take(&mut self.0);
        kept.retain(|(socket, bound)| wanted.sockets.contains(socket) && bound.is_there());
        let mut good = true;
        for socket in &wanted.sockets {
            if let Some(at) = kept.iter().position(|(known, _)| known == socket) {
                self.0.push(kept.swap_remove(at));
                continue;
            }
            match open(socket) {
                Ok(bound) => self.0.push((socket.clone(), bound)),
                Err(unable) => {
                    say(voice, &socket.address, unable);
                    good = false;
                }
            }
        }
        good
    }

    /// What stays open, and what is known.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> Vec<handover::Socket> {
        let path = |bound: &Bound| bound.path().map(|(path, id)| (path.as_os_str().as_bytes().to_vec(), *id));
        let mut one = |(wanted, bound): &(Socket, Bound)| handover::Socket {
            wanted: wanted.clone(),
            file: outgoing.keep(bound),
            path: path(bound),
        };
        self.0.iter().map(&mut one).collect()
    }

    /// What was handed over.
    pub(super) fn inherit(sockets: Vec<handover::Socket>, incoming: &mut Incoming) -> Answer<Sockets> {
        let mut one = |socket: handover::Socket| {
            let path = socket.path.map(|(path, id)| (PathBuf::from(OsString::from_vec(path)), id));
            Ok((socket.wanted, Bound::inherit(incoming.take(socket.file)?, path)))
        };
        sockets.into_iter().map(&mut one).collect::<Answer<_>>().map(Sockets)
    }

    /// Those that are handed over by number, with their names, in the order of the file.
    pub(super) fn handed(&self) -> impl Iterator<Item = (&str, BorrowedFd<'_>)> {
        let by_number = self.0.iter().filter(|(socket, _)| !socket.as_stdin);
        by_number.map(|(socket, bound)| (name(socket), bound.as_fd()))
    }

    /// The one that is handed over as standard input.
    pub(super) fn stdin(&self) -> Option<BorrowedFd<'_>> {
        self.0.iter().find(|(socket, _)| socket.as_stdin).map(|(_, bound)| bound.as_fd())
    }
}

/// What the protocol calls one without a name.
fn name(socket: &Socket) -> &str {
    socket.name.as_deref().unwrap_or("unknown")
}

fn open(socket: &Socket) -> Result<Bound, Unable> {
    let backlog = socket.backlog.unwrap_or(BACKLOG);
    match &socket.address {
        Address::Tcp(address) => listener::tcp(*address, backlog),
        Address::Udp(address) => listener::udp(*address),
        Address::Unix(unix) => {
            let owner = owner(unix)?;
            listener::unix(&unix.path, unix.mode, owner, backlog)
        }
    }
    .map_err(Unable::Open)
}

/// Looked up in the files alone: whom else to ask may not answer, and nobody waits here.
fn owner(unix: &Unix) -> Result<(Option<u32>, Option<u32>), Unable> {
    let user = unix.user.as_ref().map(|name| {
        let find = |text: &[u8]| account::find_user(text, name.as_bytes()).map(|(uid, _)| uid);
        number(name).or_else(|| find(&getent::read("/etc/passwd").ok()?)).ok_or(Unable::User(name.clone().into()))
    });
    let group = unix.group.as_ref().map(|name| {
        let find = |text: &[u8]| account::find_group(text, name.as_bytes());
        number(name).or_else(|| find(&getent::read("/etc/group").ok()?)).ok_or(Unable::Group(name.clone().into()))
    });
    Ok((user.transpose()?, group.transpose()?))
}

fn number(name: &str) -> Option<u32> {
    name.parse().ok().filter(|_| name.bytes().all(|byte| byte.is_ascii_digit()))
}

fn say(voice: &Voice, address: &Address, unable: Unable) {
    let address = match address {
        Address::Tcp(address) => format!("tcp {address}").into_bytes(),
        Address::Udp(address) => format!("udp {address}").into_bytes(),
        Address::Unix(unix) => [b"unix ", &unix.path[..]].concat(),
    };
    match unable {
        Unable::User(name) => voice.remark(&[b"./listen: ", &address, b": no user ", &name, b" in /etc/passwd"]),
        Unable::Group(name) => voice.remark(&[b"./listen: ", &address, b": no group ", &name, b" in /etc/group"]),
        Unable::Open(Trouble::NotASocket) => {
            voice.remark(&[b"./listen: ", &address, b": there is something else than a socket"]);
        }
        Unable::Open(Trouble::Call(errno)) => voice.warning(&[b"unable to listen on ", &address], errno),
    }
}
