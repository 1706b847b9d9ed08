//! Whole lives of a machine, told in a few lines.

use super::*;
use alloc::vec;

const NO: Facts = Facts { stop: false, reboot: false, ctrl_alt_del: false, emergency: false };
const STOP: Facts = Facts { stop: true, ..NO };

/// A machine, and the second it is.
struct Life {
    machine: Machine,
    now: Moment,
}

impl Life {
    fn booted() -> (Life, Actions) {
        let mut life = Life { machine: Machine::new(), now: Moment(Duration::from_secs(100)) };
        let out = life.step(Event::Boot, NO);
        (life, out)
    }

    fn in_stage_two() -> Life {
        let mut life = Life::booted().0;
        life.step(Event::Ended(Child::One, Ending::Exited(0)), NO);
        life
    }

    fn step(&mut self, event: Event, facts: Facts) -> Actions {
        self.machine.step(self.now, event, facts)
    }

    fn after(&mut self, seconds: u64) -> Actions {
        self.now = self.now + Duration::from_secs(seconds);
        self.step(Event::Time, NO)
    }
}

fn entered(child: Child) -> [Action; 2] {
    [Action::Say(Line::Enter(child)), Action::Run(child)]
}

const KILLED: Ending = Ending::Killed { by: Signal::KILL, core: false };

#[test]
fn up_and_down() {
    let (mut life, out) = Life::booted();
    assert_eq!(out, entered(Child::One));
    let out = life.step(Event::Ended(Child::One, Ending::Exited(0)), NO);
    assert_eq!(out, [&[Action::Say(Line::Leave(Child::One))][..], &entered(Child::Two)].concat());
    let out = life.step(Event::Signal(Signal::CONT), STOP);
    assert_eq!(out, [Action::Disarm, Action::Tell(Signal::TERM)]);
    let out = life.step(Event::Ended(Child::Two, Ending::Killed { by: Signal::TERM, core: false }), NO);
    assert_eq!(out, [&[Action::Say(Line::Leave(Child::Two))][..], &entered(Child::Three)].concat());
    let out = life.step(Event::Ended(Child::Three, Ending::Exited(0)), NO);
    let power = [Action::Say(Line::Power(Power::Off)), Action::Power(Power::Off)];
    let kill = [Action::Say(Line::Leave(Child::Three)), Action::Say(Line::KillingAll), Action::KillAll];
    assert_eq!(out, [&kill[..], &power].concat());
    assert_eq!(life.machine.deadline(), None, "writing to the discs may take long");
    life.step(Event::Told, NO);
    assert_eq!(life.after(1), []);
    assert_eq!(life.after(1), [Action::Say(Line::Power(Power::Halt)), Action::Power(Power::Halt)]);
    assert_eq!(life.step(Event::Signal(Signal::CONT), STOP), [Action::Say(Line::OnlyInTwo)]);
}

#[test]
fn the_reboot_file_counts_at_the_end_of_stage_three_unless_the_power_fails() {
    for (power_fails, how) in [(false, Power::Reboot), (true, Power::Off)] {
        let mut life = Life::in_stage_two();
        life.step(if power_fails { Event::Signal(Signal::PWR) } else { Event::Signal(Signal::CONT) }, STOP);
        life.step(Event::Ended(Child::Two, Ending::Exited(0)), NO);
        let out = life.step(Event::Ended(Child::Three, Ending::Exited(0)), Facts { reboot: true, ..NO });
        assert_eq!(out.last(), Some(&Action::Power(how)));
    }
}

#[test]
fn stage_one_that_crashes_or_exits_100_skips_stage_two() {
    for ending in [Ending::Exited(100), KILLED] {
        let out = Life::booted().0.step(Event::Ended(Child::One, ending), NO);
        assert!(out.ends_with(&entered(Child::Three)), "{out:?}");
        assert!(out.contains(&Action::Say(Line::SkippingTwo)));
    }
    for code in [1, 99, 101, 111] {
        let out = Life::booted().0.step(Event::Ended(Child::One, Ending::Exited(code)), NO);
        assert_eq!(out[0], Action::Say(Line::Failed(Child::One)));
        assert!(out.ends_with(&entered(Child::Two)), "{out:?}");
    }
}

#[test]
fn stage_two_that_crashes_is_started_again_after_five_seconds() {
    for (ending, line) in [(Ending::Exited(111), Line::Failed(Child::Two)), (KILLED, Line::Crashed(Child::Two))] {
        let mut life = Life::in_stage_two();
        let out = life.step(Event::Ended(Child::Two, ending), NO);
        assert_eq!(out, [Action::Say(line), Action::Say(Line::KillingTwo), Action::KillGroup]);
        assert_eq!(life.after(4), []);
        assert_eq!(life.after(1), [&[Action::Say(Line::Restarting)][..], &entered(Child::Two)].concat());
    }
}

#[test]
fn a_stop_does_not_wait_for_the_pause() {
    let mut life = Life::in_stage_two();
    life.step(Event::Ended(Child::Two, KILLED), NO);
    let out = life.step(Event::Signal(Signal::CONT), STOP);
    assert_eq!(out[0], Action::Disarm);
    assert!(out.ends_with(&entered(Child::Three)));
}

#[test]
fn a_stage_two_that_does_not_listen_is_killed_and_at_last_left_behind() {
    let mut life = Life::in_stage_two();
    life.step(Event::Signal(Signal::CONT), STOP);
    assert_eq!(life.step(Event::Signal(Signal::CONT), STOP), [Action::Disarm], "asked a second time");
    assert_eq!(life.after(4), [], "and the patience is not renewed");
    assert_eq!(life.after(1), [Action::Say(Line::NotTerminated), Action::Tell(Signal::KILL)]);
    let mut other = Life { machine: life.machine, now: life.now };
    assert!(other.step(Event::Ended(Child::Two, KILLED), NO).ends_with(&entered(Child::Three)));
    assert!(life.after(5).ends_with(&entered(Child::Three)));
    assert_eq!(life.step(Event::Ended(Child::Two, KILLED), NO), [], "late");
}

#[test]
fn signals_without_their_file_mean_nothing() {
    let mut life = Life::in_stage_two();
    for signal in [Signal::CONT, Signal::INT] {
        assert_eq!(life.step(Event::Signal(signal), NO), []);
    }
    assert_eq!(life.step(Event::Signal(Signal::ALRM), NO), [Action::Tell(Signal::ALRM)]);
}

#[test]
fn ctrl_alt_del_runs_its_program_once_and_then_looks_for_the_stop_file() {
    let mut life = Life::in_stage_two();
    let facts = Facts { ctrl_alt_del: true, ..NO };
    let out = life.step(Event::Signal(Signal::INT), facts);
    assert_eq!(out, [&[Action::Say(Line::Request)][..], &entered(Child::CtrlAltDel)].concat());
    assert_eq!(life.step(Event::Signal(Signal::INT), facts), []);
    let out = life.step(Event::Ended(Child::CtrlAltDel, Ending::Exited(0)), STOP);
    assert_eq!(out, [Action::Say(Line::Leave(Child::CtrlAltDel)), Action::Disarm, Action::Tell(Signal::TERM)]);
}

#[test]
fn a_stage_that_cannot_run_counts_as_ended_well() {
    let (mut life, _) = Life::booted();
    let mut ran = vec![];
    for child in [Child::One, Child::Two, Child::Three] {
        ran.extend(life.step(Event::Unable(child), NO));
    }
    assert_eq!(ran.last(), Some(&Action::Power(Power::Off)), "as under runit: the machine ends, and says why");
}

#[test]
fn the_emergency_program_runs_in_place_of_a_stage_until_it_has_been_mended() {
    let mut life = Life::in_stage_two();
    let facts = Facts { emergency: true, ..NO };
    assert_eq!(life.step(Event::Unable(Child::Two), facts), entered(Child::Emergency));
    life.step(Event::Ended(Child::Emergency, Ending::Exited(0)), facts);
    assert_eq!(life.after(5), entered(Child::Two));
    life.step(Event::Unable(Child::Two), facts);
    let out = life.step(Event::Ended(Child::Emergency, Ending::Exited(1)), facts);
    assert!(out.ends_with(&entered(Child::Three)));
    assert!(life.step(Event::Unable(Child::Three), facts).contains(&Action::KillAll), "not for stage 3");
}

#[test]
fn what_could_not_be_forked_is_tried_again() {
    let (mut life, _) = Life::booted();
    assert_eq!(life.step(Event::NoProcess(Child::One), NO), []);
    assert_eq!(life.after(5), entered(Child::One));
}

#[test]
fn in_a_container_that_may_not_reboot_process_one_ends() {
    let mut life = Life::in_stage_two();
    life.step(Event::Unable(Child::Two), NO);
    life.step(Event::Unable(Child::Three), NO);
    life.step(Event::Told, NO);
    assert_eq!(life.step(Event::Refused, NO), [Action::Leave]);
    assert_eq!(life.after(10), []);
}
