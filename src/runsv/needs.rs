//! The services that must be ready first: whether they are, and being told when that may have changed.

use super::driver::Runsv;
use super::report;
use crate::handover::Number;
use crate::moment::{Moment, Now};
use crate::service::goal::is_ready;
use crate::service::machine;
use crate::service::needs_graph::{Graph, Node};
use crate::service::policy::needs::{self, Needs};
use crate::supervise::client::{Place, Service};
use crate::sys::Result;
use crate::sys::fs::Dir;
use crate::sys::handover::{Incoming, Outgoing};
use crate::sys::inotify::{Interest, Watcher};
use crate::sys::reactor::{Direction, Token};
use core::time::Duration;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// The scan directory that a service was started from, and its name there.
#[derive(Debug)]
pub(super) struct Neighbours {
    scan: Dir,
    own: OsString,
}

/// A start that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    watcher: Option<Watcher>,
    /// Those that are not ready.
    pub(super) missing: Vec<Vec<u8>>,
    /// When to look whatever the watcher says, where it may not see everything.
    pub(super) due: Option<Moment>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    /// Not ready, or not there.
    pub(super) missing: Vec<Vec<u8>>,
    /// Not there.
    pub(super) unknown: Vec<Vec<u8>>,
    /// From us back to us.
    pub(super) circle: Option<Vec<Vec<u8>>>,
}

/// Something may have changed for which a start waits.
pub(super) const NEEDS: Token = Token(5);

/// How often to look where nobody tells.
const SLOW: Duration = Duration::from_secs(1);

/// Whose circle is looked for: the root of its graph.
const US: Node = 0;

impl Neighbours {
    /// Those of a service directory, by the path that we were given, before we are in it.
    pub(super) fn of(directory: &OsStr) -> Option<Neighbours> {
        let path = Path::new(directory);
        let (scan, own) = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if parent.as_os_str().is_empty() => (Path::new(".").into(), name.into()),
            (Some(parent), Some(name)) => (parent.to_owned(), name.into()),
            _ => (path.join(".."), OsString::new()), // `.` and the like: nobody there is known to be us
        };
        Some(Neighbours { scan: Dir::reach(scan).ok()?, own })
    }

    /// What stays open, and the name.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> (Number, Vec<u8>) {
        (outgoing.keep(&self.scan), self.own.as_bytes().to_vec())
    }

    /// What was handed over.
    pub(super) fn inherit((scan, own): (Number, Vec<u8>), incoming: &mut Incoming) -> Result<Neighbours> {
        Ok(Neighbours { scan: Dir::from(incoming.take(scan)?), own: OsString::from_vec(own) })
    }

    /// Which of these are not ready, and whether they wait for us.
    pub(super) fn look(&self, needs: &Needs) -> Found {
        let place = self.place();
        let is_missing = |name: &[u8]| !place.service(name.to_vec()).report().is_ok_and(|report| is_ready(&report));
        let missing: Vec<_> = needs.0.iter().filter(|name| is_missing(name)).cloned().collect();
        let circle = self.circle(&missing, &|name| {
            let service = place.service(name.to_vec());
            let text = service.read("needs").ok().filter(|_| is_missing(name)).unwrap_or_default();
            needs::parse(&text).value.0
        });
        let is_unknown = |name: &&Vec<u8>| place.service(name.to_vec()).enter().is_err();
        let unknown = missing.iter().filter(is_unknown).cloned().collect();
        Found { missing, unknown, circle }
    }

    /// The way through what we miss back to us.
    fn circle(&self, missing: &[Vec<u8>], needs: &dyn Fn(&[u8]) -> Vec<Vec<u8>>) -> Option<Vec<Vec<u8>>> {
        let own = self.own.as_bytes();
        let needs = |name: &[u8]| Some(if name == own { missing.to_vec() } else { needs(name) });
        let graph = Graph::reach([own.to_vec()], needs);
        let ours = graph.circles().into_iter().find(|circle| circle.contains(&US))?;
        Some(ours.into_iter().chain([US]).map(|node| graph.name(node).to_vec()).collect())
    }

    /// By descriptor, so that it is the same directory whatever becomes of its path.
    fn place(&self) -> Place {
        Place::new(OsStr::new(&format!("/proc/self/fd/{}", self.scan.as_fd().as_raw_fd())))
    }
}

impl Found {
    /// What the machine is told.
    pub(super) fn answer(&self) -> machine::Needs {
        match (&self.circle, self.missing.is_empty()) {
            (_, true) => machine::Needs::Ready,
            (None, _) => machine::Needs::Missing,
            (Some(_), _) => machine::Needs::Circle,
        }
    }
}

impl Waiting {
    /// Nobody is waited for yet.
    pub(super) fn new() -> Waiting {
        Waiting { watcher: Watcher::new().ok(), missing: Vec::new(), due: None }
    }

    /// Nobody tells.
    pub(super) fn blind() -> Waiting {
        Waiting { watcher: None, missing: Vec::new(), due: None }
    }

    /// What to wait for.
    pub(super) fn watcher(&self) -> Option<&Watcher> {
        self.watcher.as_ref()
    }

    /// Forgets what the kernel has told: it is looked at anyway.
    pub(super) fn hear(&self) {
        if let Some(watcher) = &self.watcher {
            let _ = watcher.drain(|_, _| {}); // an error is told again by the next wait
        }
    }

    /// Watches what may make these ready, and our own directory, where `needs` is. To be called before they are
    /// looked at, or what happens in between is missed.
    pub(super) fn watch(&mut self, now: Moment, needs: &Needs, neighbours: &Neighbours) {
        let place = neighbours.place();
        let all = needs.0.iter().all(|name| self.sees(&place.service(name.clone())));
        let own = self.watcher.as_ref().is_some_and(|watcher| watcher.add(".", Interest::Content).is_ok());
        self.due = (!all || !own).then(|| now + SLOW);
    }

    /// Whether it would be told of a change of this service's state.
    fn sees(&self, service: &Service<'_>) -> bool {
        let Some(watcher) = &self.watcher else { return false };
        watcher.add(service.supervise(), Interest::Replaced).is_ok()
    }
}

impl Runsv {
    /// Whether the services that must be ready first are. If not, we are told from now on when that may have changed.
    pub(super) fn look(&mut self, now: Now) -> machine::Needs {
        let Runsv { voice, reactor, service, neighbours, waiting, .. } = self;
        let (Some(neighbours), needs) = (neighbours, &service.machine.policy().needs) else {
            return machine::Needs::Ready;
        };
        let found = neighbours.look(needs);
        if found.answer() == machine::Needs::Ready {
            return machine::Needs::Ready;
        }
        let waiting = waiting.get_or_insert_with(|| {
            report::waits(voice, &found);
            let waiting = Waiting::new();
            let watched = waiting.watcher().is_some_and(|w| reactor.watch(w, NEEDS, Direction::Read).is_ok());
            Box::new(if watched { waiting } else { Waiting::blind() })
        });
        waiting.watch(now.moment, needs, neighbours);
        let found = neighbours.look(needs);
        let answer = found.answer();
        waiting.missing = found.missing;
        answer
    }

    pub(super) fn look_again(&mut self, now: Now) {
        if let Some(waiting) = &self.waiting {
            waiting.hear();
            self.consult(now, false);
            let needs = self.look(now);
            self.step(now, machine::Role::Service, machine::Event::Needs(needs));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_by_its_names() {
        let names = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
        let needs = |name: &[u8]| match name {
            b"b" => names(&["x", "c"]),
            b"c" => names(&["a", "b"]),
            b"x" => names(&["x", "y"]),
            _ => names(&[]),
        };
        let us = Neighbours { scan: Dir::current().unwrap(), own: "a".into() };
        let way = |missing: &[&str]| us.circle(&names(missing), &needs);
        assert_eq!(way(&["b"]), Some(names(&["a", "b", "c", "a"])));
        assert_eq!(way(&["a"]), Some(names(&["a", "a"])));
        assert_eq!(way(&["x"]), None, "a circle of others is none of ours");
        assert_eq!(way(&[]), None);
    }
}
