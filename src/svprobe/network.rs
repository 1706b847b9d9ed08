//! A connection, and the conversation on it.

use super::wait::Wait;
use super::{Answer, Trouble, resolve};
use crate::logdir::address::Peer;
use crate::moment::Moment;
use crate::probe::Verdict;
use crate::probe::host::Place;
use crate::probe::talk::Talk;
use crate::sys::reactor::Direction;
use crate::sys::{Errno, Result, clock, errno::Reason, io, socket};
use core::net::SocketAddr;
use core::time::Duration;
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

/// What is said on a connection.
pub(super) trait Conversation {
    /// What is said first.
    fn opening(&mut self) -> Vec<u8>;
    /// All of it has been taken: perhaps that is all that there was to know.
    fn said(&self) -> Option<Verdict>;
    /// Takes what came, and says what is to be said; the verdict as soon as nothing more can change it.
    fn heard(&mut self, bytes: &[u8], unsaid: &mut Vec<u8>) -> Option<Verdict>;
    /// Nothing more comes.
    fn ended(&mut self) -> Verdict;
    /// How far it is, for whose patience has ended.
    fn so_far(&self) -> String;
}

impl Conversation for Talk {
    fn opening(&mut self) -> Vec<u8> {
        Talk::opening(self)
    }

    fn said(&self) -> Option<Verdict> {
        Talk::said(self)
    }

    fn heard(&mut self, bytes: &[u8], _: &mut Vec<u8>) -> Option<Verdict> {
        Talk::heard(self, bytes)
    }

    fn ended(&mut self) -> Verdict {
        Talk::ended(self)
    }

    fn so_far(&self) -> String {
        Talk::so_far(self)
    }
}

/// What became of an attempt to connect.
enum Attempt {
    /// There is somebody.
    Connected(OwnedFd),
    /// There is nobody, or nobody who would.
    Refused(Errno),
    /// There was no answer.
    Late,
}

/// To a port of a machine: the first of its addresses where somebody answers.
pub(super) fn internet(place: &Place, talk: &mut dyn Conversation, timeout: Duration) -> Answer<Verdict> {
    let mut wait = Wait::new(timeout, &[])?;
    let addresses = resolve::addresses(&mut wait, &place.host)?;
    let peers = addresses.into_iter().map(|address| Peer::Internet(SocketAddr::new(address, place.port)));
    connect_to_any(wait, peers.collect(), talk)
}

/// To a unix socket.
pub(super) fn unix(path: &OsStr, talk: &mut dyn Conversation, timeout: Duration) -> Answer<Verdict> {
    let wait = Wait::new(timeout, &[])?;
    connect_to_any(wait, vec![Peer::Unix(path.as_bytes().to_vec())], talk)
}

/// An address that does not answer gets only its part of the time, so that the next one is tried too.
fn connect_to_any(mut wait: Wait, peers: Vec<Peer>, talk: &mut dyn Conversation) -> Answer<Verdict> {
    let mut refused = None;
    for (at, peer) in peers.iter().enumerate() {
        let until = wait.part(peers.len() - at);
        match connect(&mut wait, peer, until)? {
            Attempt::Connected(connection) => return converse(&mut wait, &connection, talk),
            Attempt::Refused(errno) => refused = refused.or(Some(errno)),
            Attempt::Late => {}
        }
    }
    Ok(Verdict::Ill(match refused {
        Some(errno) => errno.reason().to_owned(),
        None => format!("{}: not connected", wait.late()),
    }))
}

fn connect(wait: &mut Wait, peer: &Peer, until: Moment) -> Answer<Attempt> {
    let connection = match socket::connect(peer, until.since(clock::moment())) {
        Ok(connection) => connection,
        Err(Errno::EAGAIN) => return Ok(Attempt::Late), // nobody takes what is in the queue of a unix socket
        Err(errno) => return refused(errno),
    };
    if !wait.ready(connection.as_fd(), Direction::Write, until)? {
        return Ok(Attempt::Late);
    }
    match socket::outcome(&connection) {
        Ok(()) => Ok(Attempt::Connected(connection)),
        Err(errno) => refused(errno),
    }
}

/// Whether it is the other side that cannot be reached; what is wrong on ours says nothing about it.
fn refused(errno: Errno) -> Answer<Attempt> {
    match errno {
        Errno::ECONNREFUSED
        | Errno::ECONNRESET
        | Errno::ECONNABORTED
        | Errno::EHOSTUNREACH
        | Errno::EHOSTDOWN
        | Errno::ENETUNREACH
        | Errno::ENETDOWN
        | Errno::EADDRNOTAVAIL
        | Errno::ETIMEDOUT
        | Errno::ENOENT
        | Errno::ENOTDIR
        | Errno::ENOTSOCK
        | Errno::EPROTOTYPE
        | Errno::EPIPE => Ok(Attempt::Refused(errno)),
        errno => Err(Trouble::call(&[b"unable to connect"], errno)),
    }
}

fn converse(wait: &mut Wait, connection: &OwnedFd, talk: &mut dyn Conversation) -> Answer<Verdict> {
    let mut unsaid = talk.opening();
    let deadline = wait.deadline();
    loop {
        if let Some(verdict) = talk.said().filter(|_| unsaid.is_empty()) {
            return Ok(verdict);
        }
        let (done, direction) = if unsaid.is_empty() {
            (listen(connection, talk, &mut unsaid), Direction::Read)
        } else {
            (say(connection, &mut unsaid), Direction::Write)
        };
        match done {
            Ok(Some(verdict)) => return Ok(verdict),
            Ok(None) => {}
            Err(Errno::EAGAIN) => {
                if !wait.ready(connection.as_fd(), direction, deadline)? {
                    return Ok(Verdict::Ill(format!("{}: {}", wait.late(), talk.so_far())));
                }
            }
            Err(Errno::EPIPE | Errno::ECONNRESET) if !unsaid.is_empty() => unsaid.clear(), // it may have answered first
            Err(errno) => return Ok(Verdict::Ill(format!("{}: {}", errno.reason(), talk.so_far()))),
        }
    }
}

fn say(connection: &OwnedFd, unsaid: &mut Vec<u8>) -> Result<Option<Verdict>> {
    let said = io::unsignalled(|| io::write(connection, unsaid))?;
    unsaid.drain(..said.min(unsaid.len()));
    Ok(None)
}

fn listen(connection: &OwnedFd, talk: &mut dyn Conversation, unsaid: &mut Vec<u8>) -> Result<Option<Verdict>> {
    let mut bytes = [0; 8192];
    let heard = io::read(connection, &mut bytes)?;
    Ok(match bytes.get(..heard) {
        Some([]) | None => Some(talk.ended()),
        Some(heard) => talk.heard(heard, unsaid),
    })
}
