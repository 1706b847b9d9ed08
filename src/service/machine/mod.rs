//! What one supervised program is doing, and what is to be done about it.
//!
//! # States
//!
//! What *is* (`State`) and what is *wanted* (`Goal`) are two things; neither knows the other. A state carries what is
//! true in it: only `Run` and `Finish` have a process, so there is no pid to signal in any other.
//!
//! ```text
//!            start                 ended, there is a finish
//!   Down ------------> Run --------------------------------> Finish
//!    ^                  | ended, there is none                  |
//!    |<-----------------'                                       |
//!    |<---------------------------------------------------------' ended
//!    '--- wanted gone ---> Gone
//! ```
//!
//! What each pair of state and goal leads to, when nothing else happens:
//!
//! | state \ goal | up, once                           | down           | exit                              |
//! | ------------ | ---------------------------------- | -------------- | --------------------------------- |
//! | Down         | starts, not before its pause ended | stays          | becomes Gone at once              |
//! | Run          | stays                              | waits, told so | waits, told so                    |
//! | Finish       | finish starts or runs; then Down   | the same       | the same: finish is never cut off |
//! | Gone         | stays: nothing brings it back      | stays          | stays                             |
//!
//! A program is told to stop once, when the command comes; the goal alone sends nothing, so that `once` on a running
//! service, which wants it down, does not stop it.
//!
//! # Commands and control scripts
//!
//! A command to a running service may first ask a script (`control/t` before TERM). The answer comes when it comes:
//! until then the command is *work in progress*, and the commands after it wait in a queue, in their order, so that
//! a burst such as `tcu` means what it meant under runit. Deaths are not held up: they change the state at once, and
//! whatever work still has to signal looks first whether its process is still the one that runs. No process is
//! started while work is in progress.
//!
//! One command does not wait: KILL. A script that hangs would otherwise hold the service for ever; KILL ends the script,
//! drops what is left of its command, and is obeyed next.
//!
//! # Pace
//!
//! A life (`run`, and `finish` if there is one) that took less than a second is followed by a pause of a second from
//! its end, unless the policy names a delay. The pause is a deadline, not a sleep: every command is obeyed in it, and
//! only a start waits.
//!
//! # What others must be first
//!
//! A service that needs others is not started before somebody has looked whether they are ready: the machine asks, and
//! is told again whenever that may have changed. Those that need each other in a circle are started after a grace.
//! Only a start waits: what is needed may go away later.
//!
//! # The main process
//!
//! A service may say that another process of its own is the main one. Then that one is shown and signalled; the life is
//! over when both it and the process that we have started are gone, and ended as the main one did.
//!
//! # Policy
//!
//! What the optional files ask for is a `Policy`, handed in before the moment at which it matters. It decides what is
//! wanted after an end that nobody asked for (start again, stay down, give up), when a start that goes on too long or a
//! service that is not well is to be stopped, and by which steps a stop goes on until the process is gone. It decides
//! nothing about what somebody asks for: `up` brings back what has given up, and starts the count of failures anew.
//!
//! # Where this is not runit
//!
//! runit marks a service down as soon as it has sent KILL, while the process still lives; a start then makes a second
//! copy, and a wanted exit leaves without `finish`. Here only a death changes the state. KILL during `finish` ends
//! `finish`; runit cannot stop one at all.

use super::command::Command;
use super::journal::Cause;
use super::policy::{Policy, Whom};
use crate::exit::{Ending, Pid};
use crate::moment::{Moment, Now};
use crate::signal::Signal;
use crate::tai64::Label;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use history::History;
use running::{Due, Running};

mod commands;
mod history;
mod lives;
mod packed;
pub mod resumed;
mod running;
mod says;
mod shown;

/// A life shorter than this is followed by a pause of this length. runit's second: long enough that a service that
/// cannot run does not eat the machine, short enough that nobody waits for it.
const SETTLED: Duration = Duration::from_secs(1);

/// How long to wait when the system has no process to give, as in runit.
const NO_PROCESS: Duration = Duration::from_secs(5);

/// Commands that wait while a script runs. A full queue is no loss: `room` keeps the rest in the fifo.
const QUEUE: usize = 32;

/// How long those wait that need each other: long enough for a person to read why, short enough for a boot.
const CIRCLE: Duration = Duration::from_secs(10);

/// `finish` says with this that a start would be of no use (s6's meaning).
const FAILED_FOR_GOOD: Ending = Ending::Exited(125);

/// Which kind of program this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The service itself: control scripts, `finish`.
    Service,
    /// Its logger: neither. It leaves when its service has, by the end of its input.
    Logger,
    /// The same for standard error.
    ErrorLogger,
}

impl Role {
    /// Whether it reads what a service says.
    pub fn is_logger(self) -> bool {
        self != Role::Service
    }

    /// Both loggers.
    pub const LOGGERS: [Role; 2] = [Role::Logger, Role::ErrorLogger];

    /// Its directory, as seen from the service directory.
    pub const fn directory(self) -> &'static str {
        match self {
            Role::Service => ".",
            Role::Logger => "log",
            Role::ErrorLogger => "errlog",
        }
    }
}

/// What is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum State {
    /// Nothing runs, since then; a start waits until `not_before`.
    Down { since: Label, not_before: Moment },
    /// `./run` runs.
    Run(Running),
    /// `./run` has ended; `./finish` is due or runs.
    Finish { process: Finish, ended: Life },
    /// There will be no start any more.
    Gone { since: Label },
}

/// `./finish`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Finish {
    /// To be started, not before then.
    Due(Moment),
    /// It runs; after that long it is killed.
    Runs(Pid, Option<Moment>),
}

/// A life of `./run` that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Life {
    /// Which process it was.
    pub pid: Pid,
    /// Its beginning.
    pub started: Now,
    /// Its end.
    pub ending: Ending,
    /// Why.
    pub cause: Cause,
    /// Whether that was a failure.
    pub failed: bool,
    /// Whether it was one because it came before it was ready (`early` in `restart`).
    pub early: bool,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Goal {
    Up,
    /// One start, then down.
    Once,
    Down,
    /// For a logger whose service has left: the end of its input. If it dies before that, one more start.
    Follow,
    /// One more start, for what is left in the log pipe, then exit.
    Drain,
    Exit,
}

/// A command that waits for the answer of its script, or of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Work {
    /// To signal this process, unless a script did.
    Signal { pid: Pid, signal: Signal },
    /// To stop this process: the first step of the ladder unless a script did it; where it is not wanted up, CONT and a
    /// last script too.
    Stop { pid: Pid },
    /// A last script after a stop, whatever it answers.
    Last,
    /// `control/u`, whatever it answers; then the start.
    BeforeStart,
    /// Somebody looks whether what it needs is ready.
    Look,
    /// The system is starting a program.
    Start(Program),
    /// KILL came: whatever the script answers, nothing follows.
    Dropped,
}

/// What is known of the services that must be ready before the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Needed {
    /// Nobody has looked.
    Unknown,
    /// Not all are ready; a start waits, until then if they need each other.
    Missing(Option<Moment>),
    /// All are ready.
    Ready,
}

/// Whose the check is that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Checked {
    /// The process's that runs now.
    This,
    /// One's that has ended: its answer is nobody's.
    Earlier,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// A byte came.
    Command(Command),
    /// The supervisor itself was told to go.
    Dismissed,
    /// For a logger: its service has left. Whether there are lines in the pipe that nobody has read yet.
    ServiceLeft {
        /// Whether there are.
        unread: bool,
    },
    /// The answer to `Action::Ask`: whether a script has done what the signal would do.
    Answered {
        /// Whether it has.
        handled: bool,
    },
    /// The answer to `Action::Start`.
    Started(Start),
    /// The answer to `Action::Look`, and whatever has become of it since, as long as a start waits for it.
    Needs(Needs),
    /// The service says that it works.
    Ready,
    /// The service says something else of itself.
    Says(Says),
    /// The answer to `Action::Check`.
    Checked {
        /// Whether it said so.
        well: bool,
    },
    /// This process, once started for us, has ended.
    Ended {
        /// Which one.
        pid: Pid,
        /// How.
        ending: Ending,
        /// Whether there is more to do: for a service a `finish` to run, for a logger lines that nobody has read.
        more: bool,
    },
}

/// How a start went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// This process runs the program.
    Runs(Pid),
    /// This process could not execute it, and has ended or is about to.
    Unable(Pid),
    /// The system has no process to give.
    NoProcess,
    /// The service directory asks for something that cannot be given; nothing was started.
    Refused,
    /// The service directory names services that must be ready first, and nobody has looked whether they are; nothing
    /// was started.
    Unready,
}

/// What has been found of the services that must be ready first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// All are ready.
    Ready,
    /// Not all are.
    Missing,
    /// Not all are, and one of them waits for this one.
    Circle,
}

/// What a service says of itself, besides that it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It reloads, and will say when it works again.
    Reloading,
    /// It is about to end.
    Stopping,
    /// It is alive.
    Alive,
    /// It is not, whatever it says.
    Stuck,
    /// It says so that often from now on; zero: never.
    AliveEvery(Duration),
    /// It says something again within this time.
    Extend(Duration),
    /// This process of its own is its main one.
    Main(Pid),
    /// What went wrong before is forgotten.
    Forget,
}

/// Something to do. At most one action of a step is a question (`Look`, `Ask`, `Start`); it is the last, and its answer is the
/// next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The status has changed: show it.
    Publish,
    /// Send this signal, because of this process.
    Signal(Pid, Signal, Whom),
    /// Look whether the services that must be ready first are, and tell.
    Look,
    /// Run the script of this command if there is one, and tell what it answered.
    Ask(Command),
    /// End the script that is running; it still answers.
    KillScript,
    /// Run `./check`, and tell what it answered.
    Check,
    /// End the check that is running; it still answers.
    KillCheck,
    /// Start this program, and tell its pid.
    Start(Program),
    /// Write this into the journal, before anything that follows.
    Note(Note),
}

/// What to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// `./run`
    Run,
    /// `./finish`, after this life.
    Finish(Life),
}

/// A transition, for the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// `./run` was started, so many times by now.
    Start(Pid, u32),
    /// It works.
    Ready(Pid),
    /// It works no more, or not now: it says so.
    Unready(Pid),
    /// Its start waits for others.
    Waiting,
    /// This process is its main one.
    Adopted(Pid),
    /// It has ended, after so long.
    Exit(Life, Duration),
    /// `./finish` has ended.
    Finish(Pid, Ending),
    /// A step of the ladder after the first.
    Signal(Pid, Signal, Whom),
    /// The next start comes after this long, so many failures in a row.
    Backoff(Duration, u32),
    /// There will be no next start by itself, or not for this long.
    GaveUp(u32, Option<Duration>),
    /// Too many checks failed.
    Unhealthy(Pid),
    /// Checks succeed again.
    Healthy(Pid),
}

/// One supervised program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    role: Role,
    state: State,
    goal: Goal,
    paused: bool,
    /// Whether it is down because it failed too often.
    gave_up: bool,
    needed: Needed,
    work: Option<Work>,
    queue: VecDeque<Command>,
    check: Option<Checked>,
    policy: Policy,
    history: History,
    starts: u32,
    last: Option<(Ending, Cause)>,
}

impl Machine {
    /// A program that has not been started yet.
    pub fn new(role: Role, now: Now, wanted_up: bool) -> Machine {
        Machine {
            role,
            state: State::Down { since: now.label, not_before: now.moment },
            goal: if wanted_up { Goal::Up } else { Goal::Down },
            paused: false,
            gave_up: false,
            needed: Needed::Unknown,
            work: None,
            queue: VecDeque::new(),
            check: None,
            policy: Policy::default(),
            history: History::default(),
            starts: 0,
            last: None,
        }
    }

    /// From now on this is what the optional files ask for.
    pub fn adopt(&mut self, policy: Policy) {
        if policy.needs != self.policy.needs {
            self.needed = Needed::Unknown;
        }
        self.policy = policy;
    }

    /// What the optional files ask for.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What happened, and what to do about it, in this order.
    pub fn step(&mut self, now: Now, event: Event, actions: &mut Vec<Action>) {
        if self.is_gone() {
            return;
        }
        match event {
            Event::Tick => {}
            Event::Command(Command::Kill) if self.asking() => self.cut_short(actions),
            Event::Command(command) => self.queue.push_back(command),
            // Behind what came before it, full or not; told twice is told once.
            Event::Dismissed if self.queue.back() == Some(&Command::Exit) => {}
            Event::Dismissed => self.queue.push_back(Command::Exit),
            Event::ServiceLeft { unread } => self.follow(unread, actions),
            Event::Answered { handled } => self.answered(now, handled, actions),
            Event::Started(start) => self.started(now, start, actions),
            Event::Needs(needs) => self.needs(now, needs, actions),
            Event::Ready => self.becomes_ready(now, actions),
            Event::Says(says) => self.says(now, says, actions),
            Event::Checked { well } => self.checked(now, well, actions),
            Event::Ended { pid, ending, more } => self.ended(now, pid, ending, more, actions),
        }
        self.settle(now, actions);
    }

    /// The kernel is to blame for the end of what runs, which is about to be told.
    pub fn was_short_of_memory(&mut self) {
        self.blame(Cause::Oom);
    }

    /// How many commands would be taken now. While none, they are left where they are.
    pub fn room(&self) -> usize {
        QUEUE.saturating_sub(self.queue.len())
    }

    /// Whether it has left for good.
    pub fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone { .. })
    }

    /// The process it has, if any.
    pub fn pid(&self) -> Option<Pid> {
        match &self.state {
            State::Run(running) => Some(running.pid),
            State::Finish { process: Finish::Runs(pid, _), .. } => Some(*pid),
            _ => None,
        }
    }

    /// Every process of it that is to be heard of: its main one, and the one that we have started.
    pub fn pids(&self) -> impl Iterator<Item = Pid> {
        let first = if let State::Run(running) = &self.state { running.first } else { None };
        self.pid().into_iter().chain(first)
    }

    /// Whether a start waits for other services: to be told when they may have become ready.
    pub fn waits(&self) -> bool {
        let waits = matches!((&self.state, self.needed), (State::Down { .. }, Needed::Missing(_)));
        waits && self.work.is_none() && self.wants_start()
    }

    /// Whether a start has to wait for other services.
    pub fn is_held(&self, now: Moment) -> bool {
        !self.policy.needs.0.is_empty()
            && match self.needed {
                Needed::Unknown => true,
                Needed::Missing(until) => until.is_none_or(|until| until > now),
                Needed::Ready => false,
            }
    }

    /// When to step with `Tick`, if nothing happens before.
    pub fn deadline(&self) -> Option<Moment> {
        match &self.state {
            // What a running process or finish has to be told does not wait for a script, but a start does.
            State::Run(_) | State::Finish { process: Finish::Runs(..), .. } if self.stop_waits() => None,
            State::Run(running) => running.deadline(self.check.is_none()),
            State::Finish { process: Finish::Runs(_, until), .. } => *until,
            _ if self.work.is_some() => None,
            State::Down { not_before, .. } if self.wants_start() => match self.needed {
                Needed::Missing(until) => until.map(|until| until.max(*not_before)),
                _ => Some(*not_before),
            },
            State::Finish { process: Finish::Due(not_before), .. } => Some(*not_before),
            _ => None,
        }
    }

    fn wants_start(&self) -> bool {
        matches!(self.goal, Goal::Up | Goal::Once | Goal::Drain)
    }

    /// Whether a script is running for us.
    fn asking(&self) -> bool {
        self.work.is_some_and(|work| !matches!(work, Work::Look | Work::Start(_)))
    }

    /// Whether a stop is in the hands of a script that has not answered yet, or a program is being started.
    fn stop_waits(&self) -> bool {
        matches!(self.work, Some(Work::Stop { .. } | Work::Start(_)))
    }

    /// Does what can be done without waiting: commands first, then what state and goal ask for.
    fn settle(&mut self, now: Now, actions: &mut Vec<Action>) {
        // What is due while a question is being asked is due again as soon as it is asked.
        while !self.stop_waits() && !ends_in_a_question(actions) && self.tend(now, actions) {}
        while self.work.is_none() {
            match self.queue.pop_front() {
                Some(command) => self.obey(now, command, actions),
                None => return self.pursue(now, actions),
            }
        }
    }

    /// Tells a process what has become due; whether there was anything.
    fn tend(&mut self, now: Now, actions: &mut Vec<Action>) -> bool {
        let Machine { state, policy, check, .. } = self;
        let due = match state {
            State::Run(running) => running.due(now, policy, check.is_none()),
            State::Finish { process: Finish::Runs(pid, until @ Some(_)), .. } if *until <= Some(now.moment) => {
                *until = None;
                actions.push(Action::Signal(*pid, Signal::KILL, Whom::Process));
                return true;
            }
            _ => return false,
        };
        match due {
            None => return false,
            Some(Due::Ready) => self.becomes_ready(now, actions),
            Some(Due::TooLate) => self.give_it_up(now, Cause::StartTimeout, actions),
            Some(Due::Check) => {
                self.check = Some(Checked::This);
                actions.push(Action::Check);
            }
            Some(Due::KillCheck) => actions.push(Action::KillCheck),
            Some(Due::Stuck) => self.stuck(now, actions),
            Some(Due::Step(step)) => {
                if let Some(pid) = self.pid() {
                    actions.push(Action::Note(Note::Signal(pid, step.signal, step.whom)));
                    actions.push(Action::Signal(pid, step.signal, step.whom));
                }
            }
        }
        true
    }

    fn pursue(&mut self, now: Now, actions: &mut Vec<Action>) {
        match self.state {
            State::Down { since, .. } if self.goal == Goal::Exit => self.state = State::Gone { since },
            State::Down { not_before, .. } if self.wants_start() && not_before <= now.moment => match self.role {
                Role::Service if self.is_held(now.moment) => self.look(actions),
                Role::Service => self.ask(now, Work::BeforeStart, Command::Up, actions),
                Role::Logger | Role::ErrorLogger => self.start(Program::Run, actions),
            },
            State::Finish { process: Finish::Due(not_before), ended } if not_before <= now.moment => {
                self.start(Program::Finish(ended), actions);
            }
            _ => {}
        }
    }

    /// Asks whether what it needs is ready, once for each start; after that it is told.
    fn look(&mut self, actions: &mut Vec<Action>) {
        if self.needed == Needed::Unknown {
            self.work = Some(Work::Look);
            actions.push(Action::Look);
        }
    }

    fn start(&mut self, program: Program, actions: &mut Vec<Action>) {
        self.work = Some(Work::Start(program));
        actions.push(Action::Start(program));
    }

    /// Asks a script, where this kind of program has scripts; else it has been answered with no.
    fn ask(&mut self, now: Now, work: Work, script: Command, actions: &mut Vec<Action>) {
        self.work = Some(work);
        match self.role {
            Role::Service => actions.push(Action::Ask(script)),
            Role::Logger | Role::ErrorLogger => self.answered(now, false, actions),
        }
    }
}

fn ends_in_a_question(actions: &[Action]) -> bool {
    matches!(actions.last(), Some(Action::Look | Action::Ask(_) | Action::Start(_)))
}

#[cfg(test)]
mod explore;
#[cfg(test)]
mod talk;
#[cfg(test)]
mod tests;
