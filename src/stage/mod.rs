//! The three stages of a machine's life, as process 1 sees them: once at boot, for as long as it is up, once at the
//! end. A pure machine: what happened goes in, what to do comes out, time and what the files say are arguments.
//!
//! | in             | what ends it                                  | then                                       |
//! |----------------|-----------------------------------------------|--------------------------------------------|
//! | stage 1        | its end                                       | stage 2; after a crash or code 100 stage 3 |
//! | stage 2        | its end                                       | stage 3                                    |
//! |                | a crash or code 111                           | its group is killed, 5 s, stage 2 again    |
//! |                | CONT and the stop file, PWR, ctrl-alt-del     | TERM, 5 s, KILL; stage 3 as soon as it ended |
//! | stage 3        | its end                                       | KILL to all, then power off or reboot      |
//! | emergency      | its end with 0                                | the stage that could not run, once more    |
//! |                | any other end                                 | what follows that stage                    |
//!
//! A stage that cannot be executed counts as ended well, as in runit, unless there is an emergency program to run in
//! its place. Whatever happens, the machine either has a child that lives or a deadline, until it is off: it never
//! waits for nothing.
#![forbid(unsafe_code)]

use crate::exit::Ending;
use crate::moment::Moment;
use crate::signal::Signal;
use alloc::vec::Vec;
use core::time::Duration;

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;
mod words;

pub use words::{Action, Child, Event, Facts, Line, Power};

/// How long stage 2 has to end after TERM, and after KILL: runit's, and long enough for a runsvdir to say so.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause before stage 2 is started again after a crash, and before anything that could not be started is tried
/// again: runit's. A stage 2 that crashes at once leaves time to read why.
const PAUSE: Duration = Duration::from_secs(5);

/// How long the power may take to go before the machine is halted instead: runit's.
const POWER: Duration = Duration::from_secs(2);

/// What ends a stage 1 that does not want stage 2.
const SKIP: Ending = Ending::Exited(100);

/// What ends a stage 2 that wants to be started again.
const AGAIN: Ending = Ending::Exited(111);

/// Process 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Machine {
    state: State,
    /// The program for ctrl-alt-del runs.
    asking: bool,
    /// The power fails: no reboot, whatever the file says.
    failing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    /// This stage runs.
    Runs(Child),
    /// Stage 2 was told to end; killed then.
    Stopping { until: Moment },
    /// Stage 2 was killed; given up then.
    Killing { until: Moment },
    /// Stage 2 crashed; started again then.
    Pausing { until: Moment },
    /// Could not be started; tried again then.
    Waiting { stage: Child, until: Moment },
    /// Something runs in place of this stage.
    Emergency { stage: Child },
    /// All is killed and written; the machine is about to be switched off.
    Finishing,
    /// The machine was told to switch itself off; halted then.
    Off { until: Moment },
    /// Nothing is left to be done.
    Down,
}

type Actions = Vec<Action>;

impl Machine {
    /// Before the boot.
    #[allow(clippy::new_without_default)] // there is no such thing as a usual one
    pub fn new() -> Machine {
        Machine { state: State::Runs(Child::One), asking: false, failing: false }
    }

    /// When to come back with `Event::Time` if nothing happens before.
    pub fn deadline(&self) -> Option<Moment> {
        match self.state {
            State::Stopping { until }
            | State::Killing { until }
            | State::Pausing { until }
            | State::Waiting { until, .. }
            | State::Off { until } => Some(until),
            State::Runs(_) | State::Emergency { .. } | State::Finishing | State::Down => None,
        }
    }

    /// Takes one event and what the files say; tells what to do, in this order.
    pub fn step(&mut self, now: Moment, event: Event, facts: Facts) -> Actions {
        let mut out = Actions::new();
        match event {
            Event::Boot => self.run(Child::One, &mut out),
            Event::Ended(child, ending) => self.ended(child, ending, now, facts, &mut out),
            Event::Unable(child) => self.unable(child, now, facts, &mut out),
            Event::NoProcess(child) => self.no_process(child, now, facts, &mut out),
            Event::Signal(signal) => self.signal(signal, now, facts, &mut out),
            Event::Told if self.state == State::Finishing => self.state = State::Off { until: now + POWER },
            Event::Told => {}
            Event::Refused => {
                self.state = State::Down;
                out.push(Action::Leave);
            }
            Event::Time => {}
        }
        if self.deadline().is_some_and(|until| until <= now) {
            self.overdue(now, &mut out);
        }
        out
    }

    fn run(&mut self, child: Child, out: &mut Actions) {
        match child {
            Child::CtrlAltDel => self.asking = true,
            Child::Emergency => {} // whoever starts it says in place of what
            stage => self.state = State::Runs(stage),
        }
        out.extend([Action::Say(Line::Enter(child)), Action::Run(child)]);
    }

    fn ended(&mut self, child: Child, ending: Ending, now: Moment, facts: Facts, out: &mut Actions) {
        let crashed = matches!(ending, Ending::Killed { .. });
        match (child, self.state) {
            (Child::CtrlAltDel, _) => self.asked(now, facts, out),
            (Child::Two, State::Stopping { .. } | State::Killing { .. }) => self.next(child, facts, out),
            (Child::Two, State::Runs(Child::Two)) if crashed || ending == AGAIN => {
                how(child, ending, out);
                out.extend([Action::Say(Line::KillingTwo), Action::KillGroup]);
                self.state = State::Pausing { until: now + PAUSE };
            }
            (Child::One, State::Runs(Child::One)) if crashed || ending == SKIP => {
                how(child, ending, out);
                out.extend([Action::Say(Line::Leave(child)), Action::Say(Line::SkippingTwo)]);
                self.run(Child::Three, out);
            }
            (stage, State::Runs(running)) if stage == running => {
                how(stage, ending, out);
                self.next(stage, facts, out);
            }
            (Child::Emergency, State::Emergency { stage }) => {
                out.push(Action::Say(Line::Leave(child)));
                if ending == Ending::Exited(0) {
                    self.state = State::Waiting { stage, until: now + PAUSE };
                } else {
                    self.next(stage, facts, out);
                }
            }
            _ => {} // a late one: we had given it up
        }
    }

    /// What follows a stage that is over.
    fn next(&mut self, stage: Child, facts: Facts, out: &mut Actions) {
        out.push(Action::Say(Line::Leave(stage)));
        match stage {
            Child::One => self.run(Child::Two, out),
            Child::Two => self.run(Child::Three, out),
            _ => self.finish(facts, out),
        }
    }

    fn unable(&mut self, child: Child, now: Moment, facts: Facts, out: &mut Actions) {
        match (child, self.state) {
            (Child::CtrlAltDel, _) => self.asked(now, facts, out),
            (Child::One | Child::Two, State::Runs(stage)) if stage == child && facts.emergency => {
                self.state = State::Emergency { stage };
                self.run(Child::Emergency, out);
            }
            (Child::Emergency, State::Emergency { stage }) => self.next(stage, facts, out),
            (Child::Two, State::Stopping { .. } | State::Killing { .. }) => self.next(child, facts, out),
            (_, State::Runs(stage)) if stage == child => self.next(stage, facts, out),
            _ => {}
        }
    }

    fn no_process(&mut self, child: Child, now: Moment, facts: Facts, out: &mut Actions) {
        match (child, self.state) {
            (Child::CtrlAltDel, _) => self.asked(now, facts, out),
            (Child::Emergency, State::Emergency { stage }) => {
                self.state = State::Waiting { stage, until: now + PAUSE };
            }
            (Child::Two, State::Stopping { .. } | State::Killing { .. }) => self.next(child, facts, out),
            (_, State::Runs(stage)) if stage == child => self.state = State::Waiting { stage, until: now + PAUSE },
            _ => {}
        }
    }

    /// Whether the machine is up: stage 2 runs, or will, or something that lives in its place.
    fn up(&self) -> bool {
        match self.state {
            State::Runs(stage) | State::Waiting { stage, .. } => stage == Child::Two,
            State::Stopping { .. } | State::Killing { .. } | State::Pausing { .. } | State::Emergency { .. } => true,
            State::Finishing | State::Off { .. } | State::Down => false,
        }
    }

    fn signal(&mut self, signal: Signal, now: Moment, facts: Facts, out: &mut Actions) {
        match signal {
            _ if !self.up() => out.push(Action::Say(Line::OnlyInTwo)),
            Signal::CONT if facts.stop => self.stop(now, out),
            Signal::PWR => {
                self.failing = true;
                self.stop(now, out);
            }
            Signal::INT if facts.ctrl_alt_del && !self.asking => {
                out.push(Action::Say(Line::Request));
                self.run(Child::CtrlAltDel, out);
            }
            Signal::ALRM if matches!(self.state, State::Runs(_) | State::Stopping { .. }) => {
                out.push(Action::Tell(signal));
            }
            _ => {}
        }
    }

    /// The program for ctrl-alt-del is over: as if CONT had come.
    fn asked(&mut self, now: Moment, facts: Facts, out: &mut Actions) {
        self.asking = false;
        out.push(Action::Say(Line::Leave(Child::CtrlAltDel)));
        if facts.stop && self.up() {
            self.stop(now, out);
        }
    }

    fn stop(&mut self, now: Moment, out: &mut Actions) {
        out.push(Action::Disarm);
        match self.state {
            State::Runs(_) => {
                out.push(Action::Tell(Signal::TERM));
                self.state = State::Stopping { until: now + PATIENCE };
            }
            State::Pausing { .. } | State::Waiting { .. } => self.leave(Child::Two, out),
            State::Emergency { stage } => self.leave(stage, out),
            _ => {} // on its way already
        }
    }

    /// To stage 3 from a stage that does not run.
    fn leave(&mut self, stage: Child, out: &mut Actions) {
        out.push(Action::Say(Line::Leave(stage)));
        self.run(Child::Three, out);
    }

    fn finish(&mut self, facts: Facts, out: &mut Actions) {
        out.extend([Action::Say(Line::KillingAll), Action::KillAll]);
        let how = if facts.reboot && !self.failing { Power::Reboot } else { Power::Off };
        out.extend([Action::Say(Line::Power(how)), Action::Power(how)]);
        self.state = State::Finishing;
    }

    fn overdue(&mut self, now: Moment, out: &mut Actions) {
        match self.state {
            State::Stopping { .. } => {
                out.extend([Action::Say(Line::NotTerminated), Action::Tell(Signal::KILL)]);
                self.state = State::Killing { until: now + PATIENCE };
            }
            State::Killing { .. } => {
                out.push(Action::Say(Line::NotKilled));
                self.run(Child::Three, out);
            }
            State::Pausing { .. } => {
                out.push(Action::Say(Line::Restarting));
                self.run(Child::Two, out);
            }
            State::Waiting { stage, .. } => self.run(stage, out),
            State::Off { .. } => {
                out.extend([Action::Say(Line::Power(Power::Halt)), Action::Power(Power::Halt)]);
                self.state = State::Down;
            }
            State::Runs(_) | State::Emergency { .. } | State::Finishing | State::Down => {}
        }
    }
}

/// Says how a stage ended, where that was not well.
fn how(child: Child, ending: Ending, out: &mut Actions) {
    match ending {
        Ending::Exited(0) | Ending::Unknown => {}
        Ending::Exited(_) => out.push(Action::Say(Line::Failed(child))),
        Ending::Killed { .. } => out.push(Action::Say(Line::Crashed(child))),
    }
}
