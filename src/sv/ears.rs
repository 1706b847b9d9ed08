//! How `sv` hears at once of what it waits for: of a new `supervise/status` by a signal, with a descriptor for each service
//! if they are few, or else by inotify, one instance for all services, which takes its time to end; of the end of a
//! supervisor by the error that the writing end of its `ok` then has.
//!
//! Not by the closing of `ok`, of which inotify tells too: it tells of it before it is done, and whoever looks then
//! still finds a reader. Opening the files to look at them causes no event that is listened for here.
//!
//! There may be no instance to be had, or a file system that gives no events; whoever listens looks by himself, too.

use crate::process_state::limit::Resource;
use crate::supervise::STATUS;
use crate::supervise::client::Service;
use crate::sys::fs::Dir;
use crate::sys::inotify::{self, Interest, Watch, Watcher};
use crate::sys::limits;
use crate::sys::reactor::{Direction, Reactor, Token};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;

/// What is listened to. Services are known by their number.
#[derive(Debug)]
pub(super) struct Ears {
    /// Those of which a signal tells.
    near: HashMap<usize, Dir>,
    watcher: Option<Watcher>,
    watches: HashMap<Watch, Vec<usize>>,
    /// The writing ends of `ok`.
    supervisors: HashMap<usize, OwnedFd>,
    /// How many of these there may be.
    most: usize,
}

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// Something of these.
    Of(Vec<usize>),
    /// Too much to tell.
    Anything,
}

/// Services of which a signal tells, a descriptor each.
const NEAR: usize = 32;

/// Supervisors whose end we hear of, a descriptor each.
const SUPERVISORS: u64 = 256;

/// Descriptors that are left for looking at services and running checks.
const SPARE: u64 = 32;

/// The token of the watcher; a service's is its number and one.
const WATCHER: Token = Token(0);

impl Ears {
    /// None yet.
    pub(super) fn new() -> Ears {
        let (soft, _) = limits::limit(Resource::OpenFiles).unwrap_or_default();
        let most = soft.saturating_sub(SPARE).min(SUPERVISORS) as usize;
        Ears { near: HashMap::new(), watcher: None, watches: HashMap::new(), supervisors: HashMap::new(), most }
    }

    /// Listens for changes of this service from now on, as far as that is possible.
    pub(super) fn listen(&mut self, at: usize, service: &Service<'_>, reactor: &mut Reactor) {
        if !self.is_near(at, service) {
            let watch = self.watcher(reactor).and_then(|w| w.add(service.supervise(), Interest::Replaced).ok());
            watch.into_iter().for_each(|watch| self.watches.entry(watch).or_default().push(at));
        }
        if self.supervisors.len() >= self.most {
            return;
        }
        if let Ok(ok) = service.supervised() {
            let _ = reactor.watch(&ok, Token(at + 1), Direction::Read);
            self.supervisors.insert(at, ok);
        }
    }

    fn is_near(&mut self, at: usize, service: &Service<'_>) -> bool {
        if self.near.len() >= NEAR.min(self.most) {
            return false;
        }
        let told = inotify::signal_replaced(service.supervise());
        told.is_ok_and(|directory| self.near.insert(at, directory).is_none())
    }

    fn watcher(&mut self, reactor: &mut Reactor) -> Option<&Watcher> {
        if self.watcher.is_none() {
            let watcher = Watcher::new().ok()?;
            let _ = reactor.watch(&watcher, WATCHER, Direction::Read);
            self.watcher = Some(watcher);
        }
        self.watcher.as_ref()
    }

    /// What the signal tells.
    pub(super) fn signalled(&self) -> impl Iterator<Item = usize> {
        self.near.keys().copied()
    }

    /// What a ready descriptor tells.
    pub(super) fn hear(&mut self, token: Token, reactor: &mut Reactor) -> Heard {
        if token == WATCHER {
            return self.changes(reactor);
        }
        let at = token.0.saturating_sub(1);
        self.forget(at, reactor);
        Heard::Of(vec![at])
    }

    fn changes(&mut self, reactor: &mut Reactor) -> Heard {
        let Some(watcher) = &self.watcher else { return Heard::Anything };
        let (mut of, mut anything) = (Vec::new(), false);
        let drained = watcher.drain(|watch, name| match watch {
            None => anything = true,
            // Without a name it is about the directory itself.
            Some(watch) if name.is_none_or(|name| name == OsStr::new(STATUS)) => {
                of.extend(self.watches.get(&watch).into_iter().flatten());
            }
            Some(_) => {}
        });
        if drained.is_err() {
            reactor.forget(watcher);
        }
        of.sort_unstable();
        of.dedup();
        if anything { Heard::Anything } else { Heard::Of(of) }
    }

    /// Nothing more is to be heard of this service.
    pub(super) fn leave(&mut self, at: usize, reactor: &mut Reactor) {
        self.near.remove(&at);
        self.forget(at, reactor);
    }

    /// Listens no more for the end of this service's supervisor: it has come, or does not matter any more.
    fn forget(&mut self, at: usize, reactor: &mut Reactor) {
        if let Some(ok) = self.supervisors.remove(&at) {
            reactor.forget(ok);
        }
    }
}
