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
use super::policy::{Policy, Remedy, Then, When, Whom};
use super::record;
use super::status::{Phase, Status, Want};
use crate::exit::{Ending, Pid};
use crate::moment::{Moment, Now};
use crate::signal::Signal;
use crate::tai64::Label;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use history::History;
use running::{Due, Running, Verdict};

mod history;
mod running;

/// A life shorter than this is followed by a pause of this length. runit's second: long enough that a service that
/// cannot run does not eat the machine, short enough that nobody waits for it.
const SETTLED: Duration = Duration::from_secs(1);

/// How long to wait when the system has no process to give, as in runit.
const NO_PROCESS: Duration = Duration::from_secs(5);

/// Commands that wait while a script runs. A full queue is no loss: `room` keeps the rest in the fifo.
const QUEUE: usize = 32;

/// `finish` says with this that a start would be of no use (s6's meaning).
const FAILED_FOR_GOOD: Ending = Ending::Exited(125);

/// Which kind of program this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The service itself: control scripts, `finish`.
    Service,
    /// Its logger: neither. It leaves when its service has, by the end of its input.
    Logger,
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
    /// The system is starting a program.
    Start(Program),
    /// KILL came: whatever the script answers, nothing follows.
    Dropped,
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
    /// The service says that it works.
    Ready,
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
}

/// Something to do. At most one action of a step is a question (`Ask`, `Start`); it is the last, and its answer is the
/// next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The status has changed: show it.
    Publish,
    /// Send this signal, because of this process.
    Signal(Pid, Signal, Whom),
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
            Event::Ready => self.becomes_ready(now, actions),
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

    /// When to step with `Tick`, if nothing happens before.
    pub fn deadline(&self) -> Option<Moment> {
        match &self.state {
            // What a running process or finish has to be told does not wait for a script, but a start does.
            State::Run(_) | State::Finish { process: Finish::Runs(..), .. } if self.stop_waits() => None,
            State::Run(running) => running.deadline(self.check.is_none()),
            State::Finish { process: Finish::Runs(_, until), .. } => *until,
            _ if self.work.is_some() => None,
            State::Down { not_before, .. } if self.wants_start() => Some(*not_before),
            State::Finish { process: Finish::Due(not_before), .. } => Some(*not_before),
            _ => None,
        }
    }

    /// What to show of it to everybody.
    pub fn status(&self) -> Status {
        let (since, phase) = match &self.state {
            State::Down { since, .. } | State::Gone { since } => (*since, Phase::Down),
            State::Run(running) => (running.started.label, Phase::Run),
            State::Finish { ended, .. } => (ended.started.label, Phase::Finish),
        };
        Status {
            since,
            pid: self.pid(),
            phase,
            want: match self.goal {
                Goal::Up => Want::Up,
                Goal::Once | Goal::Down => Want::Down,
                Goal::Follow | Goal::Drain | Goal::Exit => Want::Exit,
            },
            paused: self.paused,
            got_term: matches!(&self.state, State::Run(running) if running.got_term),
        }
    }

    /// What to show of it to those who know keepup, but for the start time of its process, which is not known here.
    pub fn record(&self, now: Now) -> record::Record {
        record::Record {
            phase: self.phase(now),
            ready_since: if let State::Run(running) = &self.state { running.ready } else { None },
            start_time: None,
            starts: self.starts,
            failures: self.history.failures(),
            last_exit: self.last.map(|(ending, cause)| record::LastExit { ending, cause }),
            next_start: match self.state {
                State::Down { not_before, .. } if self.wants_start() && not_before > now.moment => {
                    Some(now.label.after(not_before.since(now.moment)))
                }
                _ => None,
            },
        }
    }

    fn phase(&self, now: Now) -> record::Phase {
        match &self.state {
            State::Down { .. } if self.gave_up => record::Phase::GaveUp,
            State::Down { not_before, .. } if self.wants_start() && *not_before > now.moment => record::Phase::Backoff,
            State::Down { .. } | State::Gone { .. } => record::Phase::Down,
            State::Run(running) if running.is_stopping() => record::Phase::Stopping,
            State::Run(running) if running.unhealthy => record::Phase::Unhealthy,
            State::Run(running) if running.ready.is_some() => record::Phase::Ready,
            State::Run(_) => record::Phase::Starting,
            State::Finish { .. } => record::Phase::Finish,
        }
    }

    fn wants_start(&self) -> bool {
        matches!(self.goal, Goal::Up | Goal::Once | Goal::Drain)
    }

    /// Whether a script is running for us.
    fn asking(&self) -> bool {
        self.work.is_some_and(|work| !matches!(work, Work::Start(_)))
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
                Role::Service => self.ask(now, Work::BeforeStart, Command::Up, actions),
                Role::Logger => self.start(Program::Run, actions),
            },
            State::Finish { process: Finish::Due(not_before), ended } if not_before <= now.moment => {
                self.start(Program::Finish(ended), actions);
            }
            _ => {}
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
            Role::Logger => self.answered(now, false, actions),
        }
    }

    fn obey(&mut self, now: Now, command: Command, actions: &mut Vec<Action>) {
        match command {
            Command::Exit if self.role == Role::Logger => {}
            Command::Up => {
                self.pardon(now);
                self.want(Goal::Up, actions);
            }
            Command::Once => {
                self.pardon(now);
                self.want(self.once(), actions);
            }
            Command::Down | Command::Exit => {
                self.gave_up = false;
                self.want(if command == Command::Down { Goal::Down } else { Goal::Exit }, actions);
                self.stop(now, Cause::Asked, actions);
            }
            Command::Term => self.stop(now, Cause::Asked, actions),
            Command::Kill => match self.state {
                State::Finish { process: Finish::Runs(pid, _), .. } => {
                    actions.push(Action::Signal(pid, Signal::KILL, Whom::Process));
                }
                _ => {
                    self.blame(Cause::Asked);
                    self.signal(now, Signal::KILL, command, actions);
                }
            },
            Command::Pause | Command::Continue => {
                self.paused = command == Command::Pause;
                actions.push(Action::Publish);
                self.pass_on(now, command, actions);
            }
            _ => self.pass_on(now, command, actions),
        }
    }

    /// Somebody wants it up although it has failed: its failures are forgotten, and so is the delay after them.
    fn pardon(&mut self, now: Now) {
        let State::Down { not_before, .. } = &mut self.state else { return };
        if self.gave_up || self.history.failures() > 0 {
            *not_before = (*not_before).min(now.moment + SETTLED);
        }
        self.gave_up = false;
        self.history.forget();
    }

    /// A logger that is to follow its service takes no other goal.
    fn want(&mut self, goal: Goal, actions: &mut Vec<Action>) {
        if self.role == Role::Logger && matches!(self.goal, Goal::Follow | Goal::Drain | Goal::Exit) {
            return;
        }
        self.goal = goal;
        actions.push(Action::Publish);
    }

    /// `once` on what runs already means: not again.
    fn once(&self) -> Goal {
        if matches!(self.state, State::Down { .. }) { Goal::Once } else { Goal::Down }
    }

    /// Begins to stop what runs, for this reason.
    fn stop(&mut self, now: Now, cause: Cause, actions: &mut Vec<Action>) {
        if let State::Run(running) = &mut self.state {
            let pid = running.pid;
            running.blame.get_or_insert(cause);
            self.ask(now, Work::Stop { pid }, Command::Term, actions);
        }
    }

    /// Stops what runs because it does not work. While another command is in progress its own stop is as good.
    fn give_it_up(&mut self, now: Now, cause: Cause, actions: &mut Vec<Action>) {
        self.blame(cause);
        if self.work.is_none() {
            self.stop(now, cause, actions);
        } else if let Some(pid) = self.pid() {
            self.first_step(now, pid, actions);
        }
    }

    fn blame(&mut self, cause: Cause) {
        if let State::Run(running) = &mut self.state {
            running.blame.get_or_insert(cause);
        }
    }

    fn pass_on(&mut self, now: Now, command: Command, actions: &mut Vec<Action>) {
        let signal = match command {
            Command::Hangup => self.policy.reload.or(command.signal()),
            _ => command.signal(),
        };
        if let Some(signal) = signal {
            self.signal(now, signal, command, actions);
        }
    }

    fn signal(&mut self, now: Now, signal: Signal, script: Command, actions: &mut Vec<Action>) {
        if let State::Run(running) = &self.state {
            let pid = running.pid;
            self.ask(now, Work::Signal { pid, signal }, script, actions);
        }
    }

    fn answered(&mut self, now: Now, handled: bool, actions: &mut Vec<Action>) {
        match self.work.take() {
            Some(Work::Signal { pid, signal }) => {
                if !handled && self.still_runs(pid) {
                    actions.push(Action::Signal(pid, signal, Whom::Process));
                }
            }
            Some(Work::Stop { pid }) => {
                if !handled {
                    self.first_step(now, pid, actions);
                } else if let State::Run(running) = &mut self.state {
                    running.climb(now, &self.policy);
                }
                self.finish_stop(now, pid, actions);
            }
            Some(Work::BeforeStart) => self.start(Program::Run, actions),
            Some(Work::Last | Work::Dropped) | None => {}
            Some(start @ Work::Start(_)) => self.work = Some(start),
        }
    }

    /// What is not wanted up is woken, so that it can obey, and its last script is asked.
    fn finish_stop(&mut self, now: Now, pid: Pid, actions: &mut Vec<Action>) {
        if self.goal == Goal::Up {
            return;
        }
        if self.still_runs(pid) {
            actions.push(Action::Signal(pid, Signal::CONT, Whom::Process));
        }
        let last = if self.goal == Goal::Exit { Command::Exit } else { Command::Down };
        self.ask(now, Work::Last, last, actions);
    }

    /// Sends the first signal of the ladder, if its process is still the one that runs.
    fn first_step(&mut self, now: Now, to: Pid, actions: &mut Vec<Action>) {
        let Machine { state: State::Run(running), policy, .. } = self else { return };
        if running.pid != to {
            return;
        }
        let (signal, whom) = policy.stop.ladder.first().map_or((Signal::TERM, Whom::Process), |s| (s.signal, s.whom));
        running.climb(now, policy);
        running.got_term = true;
        actions.extend([Action::Signal(to, signal, whom), Action::Publish]);
    }

    fn still_runs(&self, pid: Pid) -> bool {
        matches!(&self.state, State::Run(running) if running.pid == pid)
    }

    fn cut_short(&mut self, actions: &mut Vec<Action>) {
        self.work = Some(Work::Dropped);
        self.queue.push_front(Command::Kill);
        actions.push(Action::KillScript);
    }

    fn started(&mut self, now: Now, start: Start, actions: &mut Vec<Action>) {
        let Some(Work::Start(program)) = self.work.take() else { return };
        let later = now.moment + NO_PROCESS;
        self.state = match (program, start) {
            (Program::Run, Start::Runs(pid) | Start::Unable(pid)) => {
                let mut running = Running::new(pid, now, &self.policy);
                if start == Start::Unable(pid) {
                    running.blame = Some(Cause::ExecFailed);
                }
                self.starts = self.starts.wrapping_add(1);
                actions.push(Action::Note(Note::Start(pid, self.starts)));
                State::Run(running)
            }
            (Program::Run, _) => State::Down { since: self.status().since, not_before: later },
            (Program::Finish(ended), Start::Runs(pid) | Start::Unable(pid)) => {
                let until = self.policy.finish_timeout.map(|span| now.moment + span);
                State::Finish { process: Finish::Runs(pid, until), ended }
            }
            (Program::Finish(ended), _) => State::Finish { process: Finish::Due(later), ended },
        };
        if self.pid().is_some() {
            self.paused = false;
            self.gave_up = false;
            self.goal = match self.goal {
                Goal::Once => Goal::Down,
                Goal::Drain => Goal::Exit,
                goal => goal,
            };
            actions.push(Action::Publish);
        }
    }

    fn becomes_ready(&mut self, now: Now, actions: &mut Vec<Action>) {
        let Machine { state: State::Run(running), policy, .. } = self else { return };
        if running.ready.is_none() {
            running.becomes_ready(now, policy);
            actions.extend([Action::Note(Note::Ready(running.pid)), Action::Publish]);
        }
    }

    fn checked(&mut self, now: Now, well: bool, actions: &mut Vec<Action>) {
        if self.check.take() != Some(Checked::This) {
            return;
        }
        let Machine { state: State::Run(running), policy, .. } = self else { return };
        let pid = running.pid;
        match running.checked(now, well, policy) {
            Verdict::Nothing => {}
            Verdict::Ready => self.becomes_ready(now, actions),
            Verdict::Healthy => actions.extend([Action::Note(Note::Healthy(pid)), Action::Publish]),
            Verdict::Unhealthy(remedy) => {
                actions.extend([Action::Note(Note::Unhealthy(pid)), Action::Publish]);
                if remedy == Remedy::Restart {
                    self.give_it_up(now, Cause::Unhealthy, actions);
                }
            }
        }
    }

    fn ended(&mut self, now: Now, whose: Pid, ending: Ending, more: bool, actions: &mut Vec<Action>) {
        match &self.state {
            State::Run(running) if running.pid == whose => {
                let cause = running.cause(ending);
                let failed = match cause {
                    Cause::Asked | Cause::StopTimeout => false,
                    Cause::Exit | Cause::Signal | Cause::Core => !self.policy.restart.is_ok(ending),
                    _ => true,
                };
                let life = Life { pid: whose, started: running.started, ending, cause, failed };
                self.run_ended(now, life, more, actions);
            }
            State::Finish { process: Finish::Runs(pid, _), ended } if *pid == whose => {
                let ended = *ended;
                actions.push(Action::Note(Note::Finish(whose, ending)));
                if ending == FAILED_FOR_GOOD && self.goal == Goal::Up {
                    self.goal = Goal::Down;
                    self.gave_up = true;
                    actions.push(Action::Note(Note::GaveUp(self.history.failures(), None)));
                }
                self.goes_down(now, ended, actions);
            }
            _ => return, // nobody's that we know
        }
        actions.push(Action::Publish);
    }

    fn run_ended(&mut self, now: Now, life: Life, more: bool, actions: &mut Vec<Action>) {
        let lasted = now.moment.since(life.started.moment);
        self.last = Some((life.ending, life.cause));
        self.history.note(now.moment, lasted, life.failed, &self.policy.restart);
        actions.push(Action::Note(Note::Exit(life, lasted)));
        if let Some(check @ Checked::This) = &mut self.check {
            *check = Checked::Earlier;
            actions.push(Action::KillCheck);
        }
        if self.goal == Goal::Follow {
            self.goal = if more { Goal::Drain } else { Goal::Exit };
        }
        match self.role {
            Role::Service if more => self.state = State::Finish { process: Finish::Due(now.moment), ended: life },
            _ => self.goes_down(now, life, actions),
        }
    }

    /// Down after this life; when the next one may begin, and whether it is wanted at all.
    fn goes_down(&mut self, now: Now, life: Life, actions: &mut Vec<Action>) {
        let lived = now.moment.since(life.started.moment);
        let runits = if lived < SETTLED { SETTLED } else { Duration::ZERO };
        let asked = matches!(life.cause, Cause::Asked | Cause::StopTimeout);
        let delay = if self.goal == Goal::Up && !asked { self.judge(now, life, runits, actions) } else { runits };
        self.state = State::Down { since: now.label, not_before: now.moment + delay };
    }

    /// What the policy says to an end that nobody asked for: how long to wait, and whether to go on.
    fn judge(&mut self, now: Now, life: Life, runits: Duration, actions: &mut Vec<Action>) -> Duration {
        let restart = &self.policy.restart;
        let enough = match restart.when {
            When::Always => false,
            When::OnFailure => !life.failed,
            When::Never => true,
        };
        if enough {
            self.goal = Goal::Down;
            return runits;
        }
        let failures = self.history.failures();
        if life.failed && self.history.is_enough(now.moment, restart) {
            let retry = if let Then::Retry(span) = restart.then { Some(span) } else { None };
            actions.push(Action::Note(Note::GaveUp(failures, retry)));
            self.gave_up = true;
            if retry.is_none() {
                self.goal = Goal::Down;
            }
            self.history.forget();
            return retry.unwrap_or(runits);
        }
        let Some(delay) = restart.delay else { return runits };
        let delay = self.history.delay(now, delay, restart);
        actions.push(Action::Note(Note::Backoff(delay, failures)));
        delay
    }

    fn follow(&mut self, unread: bool, actions: &mut Vec<Action>) {
        self.goal = match self.state {
            State::Run(_) => Goal::Follow,
            _ if unread && self.goal == Goal::Up => Goal::Drain,
            _ => Goal::Exit,
        };
        actions.push(Action::Publish);
    }
}

fn ends_in_a_question(actions: &[Action]) -> bool {
    matches!(actions.last(), Some(Action::Ask(_) | Action::Start(_)))
}

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;
