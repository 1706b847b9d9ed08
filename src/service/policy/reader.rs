//! One policy from all files. Where keepup and s6 have a file for the same thing, keepup's wins: s6's counts only for
//! what keepup's leaves unsaid.

use super::line::Wrong;
use super::{
    File, Health, Listen, Mistake, Needs, Parsed, Policy, Ready, ReadyBy, Restart, Step, Stop, Whom, health, listen,
    needs, ready, restart, s6, stop,
};
use crate::signal::Signal;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;

/// Reads files, each when it is asked for, and collects what is wrong in them.
pub struct Reader<'r> {
    open: &'r mut dyn FnMut(File) -> Option<Vec<u8>>,
    /// What was wrong so far.
    pub mistakes: Vec<(File, Mistake)>,
}

/// What the machine needs, and what was wrong. `open` answers with the content of a file, if it is there.
pub fn combine(open: &mut dyn FnMut(File) -> Option<Vec<u8>>) -> (Policy, Vec<(File, Mistake)>) {
    let mut reader = Reader::new(open);
    let policy = reader.policy();
    (policy, reader.mistakes)
}

impl core::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").field("mistakes", &self.mistakes).finish_non_exhaustive()
    }
}

impl<'r> Reader<'r> {
    /// A reader of what `open` answers with.
    pub fn new(open: &'r mut dyn FnMut(File) -> Option<Vec<u8>>) -> Reader<'r> {
        Reader { open, mistakes: Vec::new() }
    }

    /// All that the machine needs.
    pub fn policy(&mut self) -> Policy {
        Policy {
            restart: self.restart(),
            needs: self.needs(),
            ready: self.ready(),
            stop: self.stop(),
            health: self.health(),
            reload: self.reload(),
            finish_timeout: self.finish_timeout(),
        }
    }

    /// `restart`
    pub fn restart(&mut self) -> Restart {
        self.read(File::Restart, restart::parse)
    }

    /// `ready`, or by `notification-fd` where it does not say how.
    pub fn ready(&mut self) -> Ready {
        let mut ready = self.read(File::Ready, ready::parse);
        if ready.by == ReadyBy::Up {
            if let Some(fd) = self.read(File::NotificationFd, s6::descriptor) {
                ready.by = ReadyBy::Fd(fd);
            }
        }
        if ready.by != ReadyBy::Notify && (ready.watchdog.is_some() || ready.store > 0) {
            self.mistakes.push((File::Ready, Wrong::new(None, "notify beside watchdog or store").at(1)));
        }
        if ready.by == ReadyBy::Up && ready.timeout.is_some() {
            let ways = "fd, notify, check or after beside timeout";
            self.mistakes.push((File::Ready, Wrong::new(None, ways).at(1)));
        }
        ready
    }

    /// `stop`, or `down-signal` and, `timeout-kill` later, KILL.
    pub fn stop(&mut self) -> Stop {
        if let Some(stop) = self.read(File::Stop, stop::parse) {
            return stop;
        }
        let signal = self.read(File::DownSignal, s6::signal).unwrap_or(Signal::TERM);
        let wait = self.read(File::TimeoutKill, s6::timeout);
        let step = |signal, wait| Step { signal, whom: Whom::Process, wait };
        let mut ladder = Vec::from([step(signal, wait)]);
        ladder.extend(wait.map(|_| step(Signal::KILL, None)));
        Stop { ladder }
    }

    /// `health`
    pub fn health(&mut self) -> Option<Health> {
        self.read(File::Health, health::parse)
    }

    /// `reload-signal`
    pub fn reload(&mut self) -> Option<Signal> {
        self.read(File::ReloadSignal, s6::signal)
    }

    /// `timeout-finish`
    pub fn finish_timeout(&mut self) -> Option<Duration> {
        self.read(File::TimeoutFinish, s6::timeout)
    }

    /// `needs`
    pub fn needs(&mut self) -> Needs {
        self.read(File::Needs, needs::parse)
    }

    /// `listen`
    pub fn listen(&mut self) -> Listen {
        self.read(File::Listen, listen::parse)
    }

    /// `lock-fd`, unless it is the descriptor on which the service tells that it is ready.
    pub fn lock_fd(&mut self, ready: Ready) -> Option<u32> {
        let fd = self.read(File::LockFd, s6::descriptor)?;
        if ready.by == ReadyBy::Fd(fd) {
            let wrong = Wrong::new(Some(fd.to_string().as_bytes()), "another descriptor than the one for readiness");
            self.mistakes.push((File::LockFd, wrong.at(1)));
            return None;
        }
        Some(fd)
    }

    fn read<T: Default>(&mut self, file: File, parse: fn(&[u8]) -> Parsed<T>) -> T {
        let Some(text) = (self.open)(file) else { return T::default() };
        let parsed = parse(&text);
        self.mistakes.extend(parsed.mistakes.into_iter().map(|mistake| (file, mistake)));
        parsed.value
    }
}
