//! What the optional files of a service directory ask for, as values. Each file has a module that parses it; the
//! defaults are runit's behaviour.
//!
//! A line that cannot be understood is reported with file, line and word, and the default applies in its place: a typo
//! never keeps a service from running.

use crate::exit::Ending;
use crate::signal::Signal;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// All that the machine needs to know of a service's wishes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// `restart`
    pub restart: Restart,
    /// `ready`, or s6's `notification-fd`
    pub ready: Ready,
    /// `stop`, or s6's `down-signal` and `timeout-kill`
    pub stop: Stop,
    /// `health`
    pub health: Option<Health>,
    /// s6's `reload-signal`
    pub reload: Option<Signal>,
    /// s6's `timeout-finish`: how long `finish` may take before it is killed.
    pub finish_timeout: Option<Duration>,
}

/// `restart`: whether, how soon, and how often to start again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Restart {
    /// After which ends.
    pub when: When,
    /// Which ends are no failure.
    pub ok: Vec<Verdict>,
    /// How long to wait before the next start; `None` is runit's second after a life of less than one.
    pub delay: Option<Delay>,
    /// The longest delay.
    pub max: Option<Duration>,
    /// By how much, in percent, a delay may differ at random.
    pub jitter: u8,
    /// A run that lasted so long was good: the count of failures starts again.
    pub healthy: Duration,
    /// After so many failures in a row.
    pub give_up: Option<GiveUp>,
    /// What then.
    pub then: Then,
}

/// After which ends to start again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// All.
    Always,
    /// Those that are no success.
    OnFailure,
    /// None.
    Never,
}

/// An end that is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// With this code.
    Code(u8),
    /// By this signal.
    Signal(Signal),
}

/// A pause that may grow with each failure in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Delay {
    /// The first.
    pub first: Duration,
    /// How it grows.
    pub growth: Growth,
}

/// How a delay grows with each failure in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Growth {
    /// Not at all.
    None,
    /// By this much.
    Step(Duration),
    /// By this factor, in hundredths (`x1.5` is 150).
    Factor(u32),
}

/// When to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GiveUp {
    /// How many failures.
    pub failures: u32,
    /// Within which time; `None`: in a row.
    pub within: Option<Duration>,
}

/// What to do after having given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    /// Stay down until told otherwise.
    Stay,
    /// Try again after this time.
    Retry(Duration),
}

/// `ready`: how to know that a service works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ready {
    /// By what.
    pub by: ReadyBy,
    /// Not ready by then is a failed run.
    pub timeout: Option<Duration>,
}

/// What tells that a service is ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReadyBy {
    /// That it is up.
    #[default]
    Up,
    /// A newline on this descriptor.
    Fd(u32),
    /// systemd's datagram protocol.
    Notify,
    /// `./check`, run this often until it exits 0.
    Check(Duration),
    /// That it has been up for so long.
    After(Duration),
}

/// `stop`: the ladder of signals, each step with how long to wait after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stop {
    /// In this order. The first is followed by CONT.
    pub ladder: Vec<Step>,
}

/// One step of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// What to send.
    pub signal: Signal,
    /// To whom.
    pub whom: Whom,
    /// How long to wait before the next step; `None` is for ever.
    pub wait: Option<Duration>,
}

/// Whom a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// The process itself.
    Process,
    /// Its process group.
    Group,
    /// Everything that it has ever forked.
    All,
}

/// `health`: how often to run `./check` on a running service, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Health {
    /// How often.
    pub every: Duration,
    /// How long one check may take.
    pub timeout: Option<Duration>,
    /// So many failed checks...
    pub fail: u8,
    /// ...out of the last so many make it unhealthy.
    pub of: u8,
    /// What then.
    pub then: Remedy,
}

/// What to do about an unhealthy service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Stop and start it.
    Restart,
    /// Only say so.
    Alert,
}

/// What is wrong with one line of a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: usize,
    /// The word that is not understood; empty where one is missing.
    pub word: String,
    /// What was expected in its place.
    pub expected: &'static str,
}

/// A file's value, and what was wrong in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The defaults where a line is wrong.
    pub value: T,
    /// Every wrong line.
    pub mistakes: Vec<Mistake>,
}

impl Default for Restart {
    fn default() -> Restart {
        Restart {
            when: When::Always,
            ok: Vec::from([Verdict::Code(0)]),
            delay: None,
            max: None,
            jitter: 0,
            healthy: Duration::from_secs(10),
            give_up: None,
            then: Then::Stay,
        }
    }
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { ladder: Vec::from([Step { signal: Signal::TERM, whom: Whom::Process, wait: None }]) }
    }
}

impl Restart {
    /// Whether this end is no failure.
    pub fn is_ok(&self, ending: Ending) -> bool {
        self.ok.iter().any(|verdict| match (*verdict, ending) {
            (Verdict::Code(code), Ending::Exited(exited)) => code == exited,
            (Verdict::Signal(signal), Ending::Killed { by, .. }) => signal == by,
            _ => false,
        })
    }
}
