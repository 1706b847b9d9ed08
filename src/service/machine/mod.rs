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
//! its end. The pause is a deadline, not a sleep: every command is obeyed in it, and only a start waits.
//!
//! # Where this is not runit
//!
//! runit marks a service down as soon as it has sent KILL, while the process still lives; a start then makes a second
//! copy, and a wanted exit leaves without `finish`. Here only a death changes the state. KILL during `finish` ends
//! `finish`; runit cannot stop one at all.

use super::command::Command;
use super::status::{Phase, Status, Want};
use crate::exit::{Ending, Pid};
use crate::moment::{Moment, Now};
use crate::signal::Signal;
use crate::tai64::Label;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    /// Nothing runs, since then; a start waits until `not_before`.
    Down { since: Label, not_before: Moment },
    /// `./run` runs.
    Run { pid: Pid, started: Now, got_term: bool },
    /// `./run` has ended; `./finish` is due (`Err`: not before then) or runs (`Ok`).
    Finish { process: Result<Pid, Moment>, ended: Life },
    /// There will be no start any more.
    Gone { since: Label },
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
    /// To stop this process: TERM unless a script did it, CONT, then a last script that may not be left out.
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
    /// The answer to `Action::Start`: the process, if the system had one to give.
    Started(Option<Pid>),
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

/// Something to do. At most one action of a step is a question (`Ask`, `Start`); it is the last, and its answer is the
/// next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The status has changed: show it.
    Publish,
    /// Send this signal to this process.
    Signal(Pid, Signal),
    /// Run the script of this command if there is one, and tell what it answered.
    Ask(Command),
    /// End the script that is running; it still answers.
    KillScript,
    /// Start this program, and tell its pid.
    Start(Program),
}

/// What to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// `./run`
    Run,
    /// `./finish`, after this life.
    Finish(Life),
}

/// One supervised program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    role: Role,
    state: State,
    goal: Goal,
    paused: bool,
    work: Option<Work>,
    queue: VecDeque<Command>,
}

impl Machine {
    /// A program that has not been started yet.
    pub fn new(role: Role, now: Now, wanted_up: bool) -> Machine {
        Machine {
            role,
            state: State::Down { since: now.label, not_before: now.moment },
            goal: if wanted_up { Goal::Up } else { Goal::Down },
            paused: false,
            work: None,
            queue: VecDeque::new(),
        }
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
            Event::Answered { handled } => self.answered(handled, actions),
            Event::Started(pid) => self.started(now, pid, actions),
            Event::Ended { pid, ending, more } => self.ended(now, pid, ending, more, actions),
        }
        self.settle(now, actions);
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
        match self.state {
            State::Run { pid, .. } | State::Finish { process: Ok(pid), .. } => Some(pid),
            _ => None,
        }
    }

    /// When to step with `Tick`, if nothing happens before.
    pub fn deadline(&self) -> Option<Moment> {
        match self.state {
            _ if self.work.is_some() => None,
            State::Down { not_before, .. } if self.wants_start() => Some(not_before),
            State::Finish { process: Err(not_before), .. } => Some(not_before),
            _ => None,
        }
    }

    /// What to show of it.
    pub fn status(&self) -> Status {
        let (since, phase) = match self.state {
            State::Down { since, .. } | State::Gone { since } => (since, Phase::Down),
            State::Run { started, .. } => (started.label, Phase::Run),
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
            got_term: matches!(self.state, State::Run { got_term: true, .. }),
        }
    }

    fn wants_start(&self) -> bool {
        matches!(self.goal, Goal::Up | Goal::Once | Goal::Drain)
    }

    /// Whether a script is running for us.
    fn asking(&self) -> bool {
        self.work.is_some_and(|work| !matches!(work, Work::Start(_)))
    }

    /// Does what can be done without waiting: commands first, then what state and goal ask for.
    fn settle(&mut self, now: Now, actions: &mut Vec<Action>) {
        while self.work.is_none() {
            match self.queue.pop_front() {
                Some(command) => self.obey(command, actions),
                None => return self.pursue(now, actions),
            }
        }
    }

    fn pursue(&mut self, now: Now, actions: &mut Vec<Action>) {
        match self.state {
            State::Down { since, .. } if self.goal == Goal::Exit => self.state = State::Gone { since },
            State::Down { not_before, .. } if self.wants_start() && not_before <= now.moment => match self.role {
                Role::Service => self.ask(Work::BeforeStart, Command::Up, actions),
                Role::Logger => self.start(Program::Run, actions),
            },
            State::Finish { process: Err(not_before), ended } if not_before <= now.moment => {
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
    fn ask(&mut self, work: Work, script: Command, actions: &mut Vec<Action>) {
        self.work = Some(work);
        match self.role {
            Role::Service => actions.push(Action::Ask(script)),
            Role::Logger => self.answered(false, actions),
        }
    }

    fn obey(&mut self, command: Command, actions: &mut Vec<Action>) {
        match command {
            Command::Exit if self.role == Role::Logger => {}
            Command::Up => self.want(Goal::Up, actions),
            Command::Once => self.want(self.once(), actions),
            Command::Down | Command::Exit => {
                self.want(if command == Command::Down { Goal::Down } else { Goal::Exit }, actions);
                self.stop(actions);
            }
            Command::Term if matches!(self.goal, Goal::Up) => self.signal(Signal::TERM, command, actions),
            Command::Term => self.stop(actions),
            Command::Kill => match self.state {
                State::Finish { process: Ok(pid), .. } => actions.push(Action::Signal(pid, Signal::KILL)),
                _ => self.signal(Signal::KILL, command, actions),
            },
            Command::Pause | Command::Continue => {
                self.paused = command == Command::Pause;
                actions.push(Action::Publish);
                self.pass_on(command, actions);
            }
            _ => self.pass_on(command, actions),
        }
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

    fn stop(&mut self, actions: &mut Vec<Action>) {
        if let State::Run { pid, .. } = self.state {
            self.ask(Work::Stop { pid }, Command::Term, actions);
        }
    }

    fn pass_on(&mut self, command: Command, actions: &mut Vec<Action>) {
        if let Some(signal) = command.signal() {
            self.signal(signal, command, actions);
        }
    }

    fn signal(&mut self, signal: Signal, script: Command, actions: &mut Vec<Action>) {
        if let State::Run { pid, .. } = self.state {
            self.ask(Work::Signal { pid, signal }, script, actions);
        }
    }

    fn answered(&mut self, handled: bool, actions: &mut Vec<Action>) {
        match self.work.take() {
            Some(Work::Signal { pid, signal }) => {
                if !handled {
                    self.send(pid, signal, actions);
                }
            }
            Some(Work::Stop { pid }) => {
                if !handled {
                    self.send(pid, Signal::TERM, actions);
                }
                self.send(pid, Signal::CONT, actions);
                let last = if self.goal == Goal::Exit { Command::Exit } else { Command::Down };
                self.ask(Work::Last, last, actions);
            }
            Some(Work::BeforeStart) => self.start(Program::Run, actions),
            Some(Work::Last | Work::Dropped) | None => {}
            Some(start @ Work::Start(_)) => self.work = Some(start),
        }
    }

    /// Signals a process, if it is still the one that runs.
    fn send(&mut self, to: Pid, signal: Signal, actions: &mut Vec<Action>) {
        if let State::Run { pid, got_term, .. } = &mut self.state {
            if *pid == to {
                actions.push(Action::Signal(to, signal));
                if signal == Signal::TERM {
                    *got_term = true;
                    actions.push(Action::Publish);
                }
            }
        }
    }

    fn cut_short(&mut self, actions: &mut Vec<Action>) {
        self.work = Some(Work::Dropped);
        self.queue.push_front(Command::Kill);
        actions.push(Action::KillScript);
    }

    fn started(&mut self, now: Now, pid: Option<Pid>, actions: &mut Vec<Action>) {
        let Some(Work::Start(program)) = self.work.take() else { return };
        self.state = match (program, pid) {
            (Program::Run, Some(pid)) => State::Run { pid, started: now, got_term: false },
            (Program::Run, None) => State::Down { since: self.status().since, not_before: now.moment + NO_PROCESS },
            (Program::Finish(ended), Some(pid)) => State::Finish { process: Ok(pid), ended },
            (Program::Finish(ended), None) => State::Finish { process: Err(now.moment + NO_PROCESS), ended },
        };
        if pid.is_some() {
            self.paused = false;
            self.goal = match self.goal {
                Goal::Once => Goal::Down,
                Goal::Drain => Goal::Exit,
                goal => goal,
            };
            actions.push(Action::Publish);
        }
    }

    fn ended(&mut self, now: Now, whose: Pid, ending: Ending, more: bool, actions: &mut Vec<Action>) {
        self.state = match self.state {
            State::Run { pid, started, .. } if pid == whose => {
                let ended = Life { pid, started, ending };
                if self.goal == Goal::Follow {
                    self.goal = if more { Goal::Drain } else { Goal::Exit };
                }
                match self.role {
                    Role::Service if more => State::Finish { process: Err(now.moment), ended },
                    _ => down(now, started),
                }
            }
            State::Finish { process: Ok(pid), ended } if pid == whose => {
                if ending == FAILED_FOR_GOOD && self.goal == Goal::Up {
                    self.goal = Goal::Down;
                }
                down(now, ended.started)
            }
            _ => return, // nobody's that we know
        };
        actions.push(Action::Publish);
    }

    fn follow(&mut self, unread: bool, actions: &mut Vec<Action>) {
        self.goal = match self.state {
            State::Run { .. } => Goal::Follow,
            _ if unread && self.goal == Goal::Up => Goal::Drain,
            _ => Goal::Exit,
        };
        actions.push(Action::Publish);
    }
}

/// Down after a life that began then.
fn down(now: Now, started: Now) -> State {
    let lived = now.moment.since(started.moment);
    let not_before = if lived < SETTLED { now.moment + SETTLED } else { now.moment };
    State::Down { since: now.label, not_before }
}

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;
