//! What `run` is given beside runit's descriptors and environment: a fifo as standard input, a lock, sockets, a control
//! group. What is kept between two starts is kept here; a service that asks for none of it has none of it.

use super::control_group::ControlGroup;
use super::sockets::Sockets;
use super::store::Store;
use super::wishes::Extras;
use crate::cli::message::Voice;
use crate::exit::Ending;
use crate::service::handover;
use crate::service::policy::{Policy, ReadyBy};
use crate::signal::Signal;
use crate::supervise::server::Post;
use crate::sys::fs::{self, Wait};
use crate::sys::handover::{Incoming, Outgoing};
use crate::sys::process::Given;
use crate::sys::{Errno, Result};
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

/// What is kept between two starts.
#[derive(Debug, Default)]
pub(super) struct Outfit(Option<Box<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    wanted: Extras,
    /// The fifo, for both, so that what was written while nothing runs is there for the next start.
    stdin: Option<OwnedFd>,
    sockets: Sockets,
    store: Store,
    group: Option<ControlGroup>,
}

/// What one start is given of its own.
#[derive(Debug, Default)]
pub(super) struct Pack {
    stdin: Option<OwnedFd>,
    lock: Option<Lock>,
    variables: Vec<CString>,
    /// Through which it becomes a member of its control group.
    member: Option<OwnedFd>,
}

#[derive(Debug)]
struct Lock {
    file: OwnedFd,
    number: RawFd,
    /// Whether somebody else still has it.
    busy: bool,
}

impl Outfit {
    /// What the next start shall be given.
    pub(super) fn want(&mut self, wanted: Extras) {
        match &mut self.0 {
            None if wanted == Extras::default() => {}
            kept => kept.get_or_insert_default().wanted = wanted,
        }
    }

    /// Gets it all ready. If something cannot be had that has been said, and nothing is to be started.
    pub(super) fn pack(&mut self, voice: &Voice, policy: &Policy, post: &Post) -> Option<Pack> {
        let Some(kept) = &mut self.0 else { return Some(Pack::default()) };
        let pack = kept.pack(voice, policy, post);
        // What is to be handed over stays here.
        if pack.is_some() && kept.is_nothing() {
            self.0 = None;
        }
        pack
    }

    /// What stays open of it, and what is known. What is wanted is asked again before the next start.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> handover::Outfit {
        let Some(kept) = &self.0 else { return handover::Outfit::default() };
        handover::Outfit {
            stdin: kept.stdin.as_ref().map(|stdin| outgoing.keep(stdin)),
            sockets: kept.sockets.hand_over(outgoing),
            store: kept.store.hand_over(outgoing),
            group: kept.group.as_ref().map(|group| group.hand_over(outgoing)),
        }
    }

    /// What was handed over.
    pub(super) fn inherit(outfit: handover::Outfit, incoming: &mut Incoming) -> Result<Outfit> {
        if outfit == handover::Outfit::default() {
            return Ok(Outfit::default());
        }
        let stdin = outfit.stdin.map(|stdin| incoming.take(stdin)).transpose()?;
        let sockets = Sockets::inherit(outfit.sockets, incoming)?;
        let store = Store::inherit(outfit.store, incoming)?;
        let group = outfit.group.map(|group| ControlGroup::inherit(group, incoming)).transpose()?;
        Ok(Outfit(Some(Box::new(Kept { wanted: Extras::default(), stdin, sockets, store, group }))))
    }

    /// What the service has given us to keep.
    pub(super) fn store(&mut self) -> &mut Store {
        &mut self.0.get_or_insert_default().store
    }

    /// Whether it has given us anything.
    pub(super) fn has_stored(&self) -> bool {
        self.0.as_ref().is_some_and(|kept| !kept.store.is_empty())
    }

    /// Ends all that is in the control group; whether there is one that can.
    pub(super) fn kill_group(&self) -> bool {
        self.group().is_some_and(|group| group.kill().is_ok())
    }

    /// Whether a process that ended so was killed by the kernel as the memory of the group was short.
    pub(super) fn was_short_of_memory(&self, ending: Ending) -> bool {
        // A shell tells so of a last command.
        let killed = matches!(ending, Ending::Killed { by: Signal::KILL, .. } | Ending::Exited(137));
        killed && self.group().is_some_and(ControlGroup::has_killed)
    }

    fn group(&self) -> Option<&ControlGroup> {
        self.0.as_ref()?.group.as_ref()
    }
}

impl Kept {
    fn is_nothing(&self) -> bool {
        self.wanted == Extras::default() && self.store.is_empty()
    }

    /// What is handed over by number, from 3 on: the sockets, and behind them what was stored.
    fn handed(&self) -> impl Iterator<Item = (&str, BorrowedFd<'_>)> {
        self.sockets.handed().chain(self.store.kept())
    }

    /// What tells of them, but for the process id, which nobody knows before the start.
    fn variables(&self) -> Vec<CString> {
        let names: Vec<&str> = self.handed().map(|(name, _)| name).collect();
        if names.is_empty() {
            return Vec::new();
        }
        let told = [format!("LISTEN_FDS={}", names.len()), format!("LISTEN_FDNAMES={}", names.join(":"))];
        told.into_iter().flat_map(CString::new).collect()
    }

    fn pack(&mut self, voice: &Voice, policy: &Policy, post: &Post) -> Option<Pack> {
        if !self.sockets.open(voice, &self.wanted.listen) {
            return None;
        }
        if !self.numbers_differ(voice, policy) {
            return None;
        }
        let stdin = self.fifo(post).map_err(|errno| unable(voice, b"open ", post, b"stdin", errno)).ok()?;
        let lock =
            self.lock(voice, post).map_err(|errno| unable(voice, b"lock ", post, b"service-lock", errno)).ok()?;
        let member = self.enter_group(voice)?;
        Some(Pack { stdin, lock, variables: self.variables(), member })
    }

    /// A socket on standard input leaves no place for the fifo.
    fn fifo(&mut self, post: &Post) -> Result<Option<OwnedFd>> {
        if !self.wanted.stdin || self.sockets.stdin().is_some() {
            self.stdin = None;
            return Ok(None);
        }
        if self.stdin.is_none() {
            self.stdin = Some(post.stdin()?);
        }
        post.stdin_for_child().map(Some)
    }

    fn lock(&self, voice: &Voice, post: &Post) -> Result<Option<Lock>> {
        let Some(number) = self.wanted.lock else { return Ok(None) };
        let file = post.service_lock()?;
        let busy = match fs::lock(&file, Wait::No) {
            Ok(()) => false,
            Err(Errno::EAGAIN) => true,
            Err(errno) => return Err(errno),
        };
        if busy {
            voice.remark(&[b"another instance of the service is already running, child will block"]);
        }
        Ok(Some(Lock { file, number, busy }))
    }

    /// A group as new, with all limits set. Without limits it may be missing: then whom to end is found as without it.
    fn enter_group(&mut self, voice: &Voice) -> Option<Option<OwnedFd>> {
        let Some(limits) = &self.wanted.group else {
            self.group = None;
            return Some(None);
        };
        match ControlGroup::anew(self.group.take(), voice, limits) {
            Ok((group, member)) => {
                self.group = Some(group);
                Some(Some(member))
            }
            Err(()) if limits.is_empty() => Some(None),
            Err(()) => None,
        }
    }

    /// Two things cannot have one number.
    fn numbers_differ(&self, voice: &Voice, policy: &Policy) -> bool {
        let sockets = 3..3_i32.saturating_add(RawFd::try_from(self.handed().count()).unwrap_or(RawFd::MAX));
        let ready = match policy.ready.by {
            ReadyBy::Fd(number) => RawFd::try_from(number).ok(),
            _ => None,
        };
        let mut good = true;
        for (number, whose) in [(ready, &b"readiness"[..]), (self.wanted.lock, b"the lock")] {
            if let Some(number) = number.filter(|number| sockets.contains(number)) {
                let number = number.to_string();
                voice.remark(&[b"./listen: descriptor ", number.as_bytes(), b" is the one for ", whose]);
                good = false;
            }
        }
        good
    }
}

fn unable(voice: &Voice, verb: &[u8], post: &Post, file: &[u8], errno: Errno) {
    voice.warning(&[b"unable to ", verb, post.shown(), b"supervise/", file], errno);
}

impl Pack {
    /// What its standard input is.
    pub(super) fn stdin<'a>(&'a self, outfit: &'a Outfit) -> Option<BorrowedFd<'a>> {
        let socket = outfit.0.as_ref().and_then(|kept| kept.sockets.stdin());
        socket.or(self.stdin.as_ref().map(AsFd::as_fd))
    }

    /// What it is told of its sockets.
    pub(super) fn variables(&self) -> &[CString] {
        &self.variables
    }

    /// Descriptors above 2, each with its number.
    pub(super) fn descriptors<'a>(&'a self, outfit: &'a Outfit) -> Vec<(BorrowedFd<'a>, RawFd)> {
        let handed = outfit.0.iter().flat_map(|kept| kept.handed()).map(|(_, file)| file).zip(3..);
        handed.chain(self.lock.iter().map(|lock| (lock.file.as_fd(), lock.number))).collect()
    }

    /// The rest.
    pub(super) fn given(&self) -> Given<'_> {
        Given {
            group: self.member.as_ref().map(AsFd::as_fd),
            own_id: (!self.variables.is_empty()).then_some(c"LISTEN_PID"),
            lock: self.lock.as_ref().filter(|lock| lock.busy).map(|lock| lock.number),
            ..Given::default()
        }
    }
}
