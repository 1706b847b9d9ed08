//! The files that are read for their content, each with all that is to be told of it.

use super::line::Entry;
use super::{Mistake, health, listen, needs, ready, restart, s6, stop};
use crate::service::word::words;
use alloc::string::String;
use alloc::vec::Vec;

words! {
    /// A file of a service directory.
    pub enum File {
        /// When and how soon to start again, when to give up.
        Restart = "restart",
        /// How to know that it works.
        Ready = "ready",
        /// Services that must be ready first.
        Needs = "needs",
        /// The ladder of signals.
        Stop = "stop",
        /// How often to run `./check`, and what to do.
        Health = "health",
        /// Sockets to open once and hand to every start.
        Listen = "listen",
        /// s6's `ready fd`.
        NotificationFd = "notification-fd",
        /// s6's first step of `stop`.
        DownSignal = "down-signal",
        /// s6's signal to reload.
        ReloadSignal = "reload-signal",
        /// s6's time between the first step of `stop` and KILL.
        TimeoutKill = "timeout-kill",
        /// s6's time for `finish`.
        TimeoutFinish = "timeout-finish",
        /// s6's lock, held as long as the service runs.
        LockFd = "lock-fd",
    }
}

/// What follows from a mistake in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It is told, and the default applies in the place of the line.
    Warns,
    /// It is told, and the service is not started: it would run open to what the file should have prevented.
    FailsStart,
}

impl File {
    /// What follows from a mistake in it.
    pub fn broken(self) -> Broken {
        match self {
            File::Stop | File::Listen => Broken::FailsStart,
            _ => Broken::Warns,
        }
    }

    /// What applies when it is absent, or empty.
    pub fn absent(self) -> &'static str {
        match self {
            File::Restart => "always, at once; after a life of under a second one second later",
            File::Ready => "up is ready",
            File::Needs | File::Listen => "none",
            File::Stop | File::DownSignal => "TERM, then CONT",
            File::Health => "never",
            File::NotificationFd | File::LockFd => "no descriptor",
            File::ReloadSignal => "HUP",
            File::TimeoutKill | File::TimeoutFinish => "no limit",
        }
    }

    /// What may stand in it.
    pub fn entries(self) -> Vec<Entry> {
        let value = |word, says| Vec::from([Entry { word, takes: String::new, says }]);
        match self {
            File::Restart => restart::entries(),
            File::Ready => ready::entries(),
            File::Needs => needs::entries(),
            File::Stop => stop::entries(),
            File::Health => health::entries(),
            File::Listen => listen::entries(),
            File::NotificationFd => value("NUMBER", "a newline written to this descriptor says that it is ready"),
            File::DownSignal => value("SIGNAL", "what stops it, in the place of TERM"),
            File::ReloadSignal => value("SIGNAL", "what reloads it, in the place of HUP"),
            File::TimeoutKill => value("MILLISECONDS", "how long after that signal KILL follows; 0 is never"),
            File::TimeoutFinish => value("MILLISECONDS", "how long finish may take before it is killed; 0 is no limit"),
            File::LockFd => {
                value("NUMBER", "run has this descriptor on a lock, which is free only when all have closed it")
            }
        }
    }

    /// What is wrong with its content.
    pub fn lint(self, text: &[u8]) -> Vec<Mistake> {
        match self {
            File::Restart => restart::parse(text).mistakes,
            File::Ready => ready::parse(text).mistakes,
            File::Needs => needs::parse(text).mistakes,
            File::Stop => stop::parse(text).mistakes,
            File::Health => health::parse(text).mistakes,
            File::Listen => listen::parse(text).mistakes,
            File::NotificationFd | File::LockFd => s6::descriptor(text).mistakes,
            File::DownSignal | File::ReloadSignal => s6::signal(text).mistakes,
            File::TimeoutKill | File::TimeoutFinish => s6::timeout(text).mistakes,
        }
    }
}
