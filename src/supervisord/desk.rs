//! Where we are asked: a socket that only our own user reaches. Nobody is waited for: a connection takes its time, and is
//! dropped when that is too long.

use crate::moment::Moment;
use crate::supervisor::request::{self, Answer, Fault, Request};
use crate::sys::listener::{self, Bound};
use crate::sys::reactor::{Direction, Reactor, Token};
use crate::sys::{Errno, Result, fs, io};
use core::time::Duration;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The socket itself.
pub(super) const DOOR: Token = Token(10);
/// The first number of a connection.
const FIRST: usize = 100;

/// As many as are heard at once.
const MOST: usize = 64;
/// No request is longer.
const LONGEST: usize = 64 * 1024;
/// How long one may take to ask and to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// The socket, and who has come.
#[derive(Debug)]
pub(super) struct Desk {
    door: Bound,
    visitors: BTreeMap<usize, Visitor>,
    next: usize,
    /// None more are let in for now.
    full: bool,
}

#[derive(Debug)]
struct Visitor {
    socket: OwnedFd,
    asked: Vec<u8>,
    /// What is still to be said; nothing as long as the question is not complete.
    answer: Option<Vec<u8>>,
    until: Moment,
}

impl Desk {
    /// Opens it, in the place of one that a daemon before us has left. Nobody else is here: we hold the lock.
    pub(super) fn open(path: &Path, reactor: &mut Reactor) -> core::result::Result<Desk, listener::Trouble> {
        let _ = fs::remove(path);
        let door = listener::unix(path.as_os_str().as_bytes(), Some(0o600), (None, None), 64)?;
        io::set_nonblocking(&door)?;
        reactor.watch(&door, DOOR, Direction::Read)?;
        Ok(Desk { door, visitors: BTreeMap::new(), next: FIRST, full: false })
    }

    /// Shuts it.
    pub(super) fn close(mut self, reactor: &mut Reactor) {
        for number in self.visitors.keys().copied().collect::<Vec<_>>() {
            self.dismiss(number, reactor);
        }
        if !self.full {
            reactor.forget(&self.door);
        }
    }

    /// Lets everybody in who waits.
    pub(super) fn admit(&mut self, now: Moment, reactor: &mut Reactor) {
        while self.visitors.len() < MOST {
            // Without a descriptor for it, one that waits goes on waiting.
            let Ok(Some(socket)) = self.door.accept() else { return };
            if reactor.watch(&socket, Token(self.next), Direction::Read).is_err() {
                return;
            }
            let visitor = Visitor { socket, asked: Vec::new(), answer: None, until: now + PATIENCE };
            self.visitors.insert(self.next, visitor);
            self.next += 1;
        }
        reactor.forget(&self.door);
        self.full = true;
    }

    /// A visitor says something, or listens. What he asks, once that is complete.
    pub(super) fn hear(&mut self, token: Token, reactor: &mut Reactor) -> Option<Request> {
        let visitor = self.visitors.get_mut(&token.0)?;
        if visitor.answer.is_some() {
            self.speak(token, reactor);
            return None;
        }
        match visitor.listen() {
            Ok(None) => None,
            Ok(Some(line)) => match Request::parse(&line) {
                Some(request) => Some(request),
                None => {
                    self.answer(token, &Err(Fault::new(1, "UNKNOWN_METHOD", &line)), reactor);
                    None
                }
            },
            Err(_) => {
                self.dismiss(token.0, reactor);
                None
            }
        }
    }

    /// What he is told.
    pub(super) fn answer(&mut self, token: Token, answer: &Answer, reactor: &mut Reactor) {
        if let Some(visitor) = self.visitors.get_mut(&token.0) {
            visitor.answer = Some(request::text(answer).into_bytes());
            reactor.forget(&visitor.socket);
            let _ = reactor.watch(&visitor.socket, token, Direction::Write); // it was watched a moment ago
        }
        self.speak(token, reactor);
    }

    fn speak(&mut self, token: Token, reactor: &mut Reactor) {
        let Some(visitor) = self.visitors.get_mut(&token.0) else { return };
        if visitor.speak() != Err(Errno::EAGAIN) {
            self.dismiss(token.0, reactor);
        }
    }

    fn dismiss(&mut self, number: usize, reactor: &mut Reactor) {
        if let Some(visitor) = self.visitors.remove(&number) {
            reactor.forget(&visitor.socket);
        }
        if self.full && reactor.watch(&self.door, DOOR, Direction::Read).is_ok() {
            self.full = false;
        }
    }

    /// When somebody takes too long.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.visitors.values().map(|visitor| visitor.until).min()
    }

    /// Whoever takes too long is dismissed.
    pub(super) fn tick(&mut self, now: Moment, reactor: &mut Reactor) {
        let late = self.visitors.iter().filter(|(_, visitor)| visitor.until <= now).map(|(number, _)| *number);
        for number in late.collect::<Vec<_>>() {
            self.dismiss(number, reactor);
        }
    }
}

impl Visitor {
    /// The line, once it is complete.
    fn listen(&mut self) -> Result<Option<String>> {
        let mut piece = [0; 4096];
        loop {
            match io::read(&self.socket, &mut piece) {
                Ok(0) => return Err(Errno::EPIPE),
                Ok(length) => self.asked.extend_from_slice(piece.get(..length).unwrap_or_default()),
                Err(Errno::EAGAIN) => return Ok(None),
                Err(errno) => return Err(errno),
            }
            if let Some(end) = self.asked.iter().position(|byte| *byte == b'\n') {
                return Ok(Some(String::from_utf8_lossy(self.asked.get(..end).unwrap_or_default()).into_owned()));
            }
            if self.asked.len() > LONGEST {
                return Err(Errno::EMSGSIZE);
            }
        }
    }

    fn speak(&mut self) -> Result<()> {
        let Some(answer) = &mut self.answer else { return Ok(()) };
        while !answer.is_empty() {
            let length = io::unsignalled(|| io::write(&self.socket, answer))?;
            answer.drain(..length);
        }
        Ok(())
    }
}
