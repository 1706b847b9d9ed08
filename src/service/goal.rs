//! Whether a service has become what `sv` asked for, as far as its status tells.

use super::command::Command;
use super::record::{self, Report};
use super::status::{Phase, Status, Want};
use super::word::words;
use crate::exit::Pid;
use crate::tai64::Label;

/// Something to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// That this command has taken effect.
    After(Command),
    /// That the service is what it is wanted to be.
    AsWanted,
    /// That it is so, whatever is wanted.
    Is(Being),
}

words! {
    /// What a service may be.
    pub enum Being {
        /// `run` runs.
        Up = "up",
        /// `run` runs and works.
        Ready = "ready",
        /// Nothing runs.
        Down = "down",
    }
}

/// What was true before anything was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// Which process it was, and since when.
    pub life: Life,
    /// The second in which `sv` was started.
    pub second: i64,
}

/// Which process a status speaks of. A process id alone may come again; with the time it was started it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The process, if there was one.
    pub pid: Option<Pid>,
    /// Since when.
    pub since: Label,
}

/// Whether a goal has been reached. They are ordered: of several goals the least counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Not yet.
    No,
    /// If `./check` says so.
    IfCheck,
    /// It has.
    Yes,
}

impl Life {
    /// The one that this status speaks of.
    pub fn of(status: &Status) -> Life {
        Life { pid: status.pid, since: status.since }
    }
}

impl Being {
    /// Whether it is so, as far as a status tells.
    pub fn is_so(self, report: &Report) -> bool {
        match self {
            Being::Up => is_up(&report.status),
            Being::Ready => is_ready(report),
            Being::Down => is_down(&report.status),
        }
    }
}

impl Goal {
    /// What a status says to it.
    ///
    /// A restart is told by another process than the one before. runit compares whole seconds, and takes a process
    /// that was started in the second of the call for the new one.
    pub fn judge(self, report: &Report, before: &Before) -> Answer {
        let status = &report.status;
        match self {
            Goal::After(Command::Up) => if_check(is_up(status)),
            Goal::After(Command::Down) => is_down(status).into(),
            Goal::After(Command::Exit) => Answer::No, // not while there is somebody who writes a status
            Goal::After(Command::Term | Command::Kill) => match status.pid {
                None => (status.want != Want::Up).into(),
                Some(_) => if_check(is_up(status) && !status.got_term && Life::of(status) != before.life),
            },
            Goal::After(Command::Once) => match status.pid {
                None => (status.since.unix >= before.second).into(),
                Some(_) => (status.want != Want::Up).into(),
            },
            Goal::After(Command::Pause) => (status.pid.is_none() || status.paused).into(),
            Goal::After(Command::Continue) => (status.pid.is_none() || !status.paused).into(),
            Goal::After(
                Command::Hangup | Command::Alarm | Command::Interrupt | Command::Quit | Command::User1 | Command::User2,
            ) => Answer::Yes,
            Goal::AsWanted => match status.want {
                Want::Up => if_check(is_up(status)),
                Want::Down | Want::Exit => is_down(status).into(),
            },
            Goal::Is(Being::Ready) => if_check(is_ready(report)),
            Goal::Is(being) => being.is_so(report).into(),
        }
    }

    /// What a status says to all of these.
    pub fn judge_all(goals: impl Iterator<Item = Goal>, report: &Report, before: &Before) -> Answer {
        goals.map(|goal| goal.judge(report, before)).min().unwrap_or(Answer::Yes)
    }
}

/// Whether there is need to send these commands to a service of this status.
///
/// As in runit, what is wanted already is not asked for again, so that `sv up` does not disturb a service that is up.
/// Unlike in runit, it is if the service is not there, or if somebody else's commands have not been read yet
/// (`unread`): what the status says may be about to change.
pub fn is_needed(sends: &[Command], status: &Status, unread: bool) -> bool {
    match sends.first() {
        Some(Command::Up) => unread || status.want != Want::Up || status.pid.is_none(),
        Some(Command::Down) => unread || status.want == Want::Up || !status.got_term,
        Some(_) => true,
        None => false,
    }
}

fn is_up(status: &Status) -> bool {
    status.pid.is_some() && status.phase == Phase::Run
}

/// Whether it works. Under a supervisor that does not tell, what is up does.
pub fn is_ready(report: &Report) -> bool {
    is_up(&report.status) && report.record.is_none_or(|record| record.phase == record::Phase::Ready)
}

fn is_down(status: &Status) -> bool {
    status.pid.is_none() && status.phase == Phase::Down
}

fn if_check(reached: bool) -> Answer {
    if reached { Answer::IfCheck } else { Answer::No }
}

impl From<bool> for Answer {
    fn from(reached: bool) -> Answer {
        if reached { Answer::Yes } else { Answer::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::verb::Verb;

    const OLD: Label = Label { unix: 1000, nanos: 500 };
    const NEW: Label = Label { unix: 1000, nanos: 9500 };
    const DOWN: Status =
        Status { since: OLD, pid: None, phase: Phase::Down, want: Want::Up, paused: false, got_term: false };

    fn up() -> Status {
        Status { pid: Pid::new(7), phase: Phase::Run, ..DOWN }
    }

    fn next() -> Status {
        Status { pid: Pid::new(8), since: NEW, ..up() }
    }

    fn finish() -> Status {
        Status { pid: Pid::new(9), phase: Phase::Finish, ..up() }
    }

    fn judge(verb: Verb, status: Status) -> Answer {
        Goal::judge_all(verb.goals(), &Report { status, record: None }, &Before { life: Life::of(&up()), second: 1000 })
    }

    fn unwanted(status: Status) -> Status {
        Status { want: Want::Down, ..status }
    }

    #[test]
    fn up_is_a_process_and_a_check() {
        assert_eq!(judge(Verb::Start, up()), Answer::IfCheck);
        assert_eq!(judge(Verb::Start, DOWN), Answer::No);
        assert_eq!(judge(Verb::Start, finish()), Answer::No);
    }

    #[test]
    fn ready_is_what_the_supervisor_says() {
        let record = |phase, ready: bool| record::Record {
            phase,
            ready_since: ready.then_some(OLD),
            start_time: None,
            starts: 1,
            failures: 0,
            last_exit: None,
            next_start: None,
        };
        let judge = |being, status, record| {
            let before = Before { life: Life::of(&DOWN), second: 1000 };
            Goal::Is(being).judge(&Report { status, record }, &before)
        };
        assert_eq!(judge(Being::Ready, up(), None), Answer::IfCheck);
        assert_eq!(judge(Being::Ready, up(), Some(record(record::Phase::Ready, true))), Answer::IfCheck);
        assert_eq!(judge(Being::Ready, up(), Some(record(record::Phase::Starting, false))), Answer::No);
        assert_eq!(judge(Being::Ready, up(), Some(record(record::Phase::Unhealthy, true))), Answer::No);
        assert_eq!(judge(Being::Ready, DOWN, None), Answer::No);
        assert_eq!(judge(Being::Up, up(), Some(record(record::Phase::Starting, false))), Answer::Yes);
        assert_eq!(judge(Being::Down, DOWN, None), Answer::Yes);
        assert_eq!(judge(Being::Down, finish(), None), Answer::No);
    }

    #[test]
    fn down_is_after_finish() {
        assert_eq!(judge(Verb::Stop, up()), Answer::No);
        assert_eq!(judge(Verb::Stop, finish()), Answer::No);
        assert_eq!(judge(Verb::Stop, Status { pid: None, ..finish() }), Answer::No, "between run and finish");
        assert_eq!(judge(Verb::Stop, DOWN), Answer::Yes);
    }

    #[test]
    fn a_status_never_says_that_its_supervisor_has_left() {
        for status in [up(), DOWN, unwanted(DOWN)] {
            assert_eq!(judge(Verb::Shutdown, status), Answer::No);
        }
    }

    #[test]
    fn a_restart_is_another_process_even_within_one_second() {
        assert_eq!(judge(Verb::Restart, up()), Answer::No, "the process that was there before");
        assert_eq!(judge(Verb::Restart, next()), Answer::IfCheck);
        assert_eq!(
            judge(Verb::Restart, Status { pid: Pid::new(7), ..next() }),
            Answer::IfCheck,
            "its number came again"
        );
        assert_eq!(judge(Verb::Restart, Status { got_term: true, ..next() }), Answer::No);
        assert_eq!(judge(Verb::Restart, finish()), Answer::No, "finish is another process, but not the service");
        assert_eq!(judge(Verb::Restart, unwanted(DOWN)), Answer::No, "up is wanted too");
        assert_eq!(judge(Verb::TryRestart, unwanted(DOWN)), Answer::Yes, "what is to be down is not started");
        assert_eq!(judge(Verb::TryRestart, DOWN), Answer::No);
    }

    #[test]
    fn once_is_a_start_that_is_the_last() {
        assert_eq!(judge(Verb::Once, up()), Answer::No);
        assert_eq!(judge(Verb::Once, unwanted(up())), Answer::Yes);
        assert_eq!(judge(Verb::Once, unwanted(DOWN)), Answer::Yes, "down since this second: it ran and ended");
        let long_ago = Label { unix: 999, nanos: 0 };
        assert_eq!(judge(Verb::Once, Status { since: long_ago, ..unwanted(DOWN) }), Answer::No);
    }

    #[test]
    fn pauses_show_while_there_is_a_process() {
        let paused = Status { paused: true, ..up() };
        assert_eq!((judge(Verb::Pause, up()), judge(Verb::Pause, paused)), (Answer::No, Answer::Yes));
        assert_eq!((judge(Verb::Continue, up()), judge(Verb::Continue, paused)), (Answer::Yes, Answer::No));
        let down = Status { paused: true, ..DOWN };
        assert_eq!((judge(Verb::Pause, DOWN), judge(Verb::Continue, down)), (Answer::Yes, Answer::Yes));
    }

    #[test]
    fn a_check_is_for_what_is_wanted() {
        assert_eq!(judge(Verb::Check, up()), Answer::IfCheck);
        assert_eq!(judge(Verb::Check, DOWN), Answer::No, "runit 2.1.2 says yes to a service that is not there");
        assert_eq!(judge(Verb::Check, unwanted(DOWN)), Answer::Yes);
        assert_eq!(judge(Verb::Check, unwanted(up())), Answer::No);
    }

    #[test]
    fn signals_have_no_effect_to_wait_for() {
        for verb in [Verb::Hangup, Verb::Alarm, Verb::Interrupt, Verb::Quit, Verb::User1, Verb::User2, Verb::Reload] {
            assert_eq!(judge(verb, DOWN), Answer::Yes);
        }
    }

    #[test]
    fn what_is_wanted_already_is_not_sent_again() {
        let needed = |command: Command, status| is_needed(&[command], &status, false);
        assert!(!needed(Command::Up, up()));
        assert!(needed(Command::Up, unwanted(up())));
        assert!(needed(Command::Up, DOWN), "wanted up and not there: somebody may just have sent a down");
        assert!(is_needed(&[Command::Up], &up(), true), "somebody has, and it has not been read");
        assert!(!needed(Command::Down, Status { got_term: true, ..unwanted(up()) }));
        assert!(needed(Command::Down, unwanted(up())));
        assert!(needed(Command::Down, unwanted(DOWN)));
        assert!(needed(Command::Exit, unwanted(DOWN)));
        assert!(!is_needed(&[], &up(), true));
    }
}
