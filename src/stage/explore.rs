//! Every state that the machine can reach, with every event, every file and a coarse clock; and what holds in each.

use super::*;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec;

/// The machine and the world around it, as its actions made it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct World {
    machine: Machine,
    now: Moment,
    /// Children that live.
    lives: BTreeSet<Child>,
    /// Everything was killed: nothing may be started any more.
    over: bool,
    /// The power is about to go and the kernel has not been told yet.
    untold: bool,
    /// What could be said of it as a whole: PWR came.
    failing: bool,
}

const CHILDREN: [Child; 5] = [Child::One, Child::Two, Child::Three, Child::CtrlAltDel, Child::Emergency];
const SIGNALS: [Signal; 4] = [Signal::CONT, Signal::INT, Signal::PWR, Signal::ALRM];

impl World {
    fn new() -> World {
        let machine = Machine::new();
        let now = Moment(Duration::from_secs(1000));
        let mut world = World { machine, now, lives: BTreeSet::new(), over: false, untold: false, failing: false };
        world.step(Event::Boot, Facts::default());
        world
    }

    /// What makes two worlds the same: times count from now on.
    fn key(&self) -> impl Ord + use<> {
        let left = self.machine.deadline().map(|until| until.since(self.now));
        let kind = alloc::format!("{:?}", self.machine.state);
        let kind = kind.split("until").next().unwrap_or_default().trim_end().to_owned();
        let rest = alloc::format!("{:?} {:?}", self.lives, kind);
        (rest, left, self.machine.asking, self.machine.failing, self.over, self.untold, self.failing)
    }

    fn step(&mut self, event: Event, facts: Facts) {
        match event {
            Event::Ended(child, _) | Event::Unable(child) | Event::NoProcess(child) => {
                self.lives.remove(&child);
            }
            Event::Signal(Signal::PWR) if self.machine.up() => self.failing = true,
            Event::Told => self.untold = false,
            _ => {}
        }
        let asked = matches!(event, Event::Signal(_) | Event::Ended(..) | Event::Unable(_) | Event::NoProcess(_));
        for action in self.machine.step(self.now, event, facts) {
            self.check(action, asked, event, facts);
        }
        let living = self.lives.iter().any(|child| *child != Child::CtrlAltDel);
        let waiting = self.machine.deadline().is_some() || self.untold;
        let down = self.machine.state == State::Down;
        assert!(living || waiting || down, "waits for nothing after {event:?}: {self:?}");
        assert!(self.machine.deadline().is_none_or(|until| until > self.now), "overdue: {self:?}");
    }

    fn check(&mut self, action: Action, asked: bool, event: Event, facts: Facts) {
        match action {
            Action::Run(child) => {
                assert!(!self.over, "{child:?} after the end");
                assert!(self.lives.insert(child), "a second {child:?}");
                let stages = [Child::One, Child::Two].iter().filter(|stage| self.lives.contains(stage)).count();
                assert!(stages <= 1, "two stages after {event:?}: {self:?}");
            }
            Action::Tell(signal) => {
                assert!(self.lives.contains(&Child::Two), "{signal} to nobody after {event:?}");
            }
            Action::KillGroup => assert!(!self.lives.contains(&Child::Two)),
            Action::Disarm => {
                assert!(asked && (facts.stop || event == Event::Signal(Signal::PWR)), "disarmed by {event:?}");
            }
            Action::KillAll => {
                self.over = true;
                self.lives.clear();
                self.untold = true;
            }
            Action::Power(how) => {
                assert!(self.over, "off before all is written");
                assert!(!(self.failing && how == Power::Reboot), "comes up again without power");
            }
            Action::Leave => assert!(event == Event::Refused),
            Action::Say(_) => {}
        }
    }

    /// All that may happen next.
    fn events(&self) -> Vec<Event> {
        if self.untold {
            return vec![Event::Told, Event::Refused];
        }
        let mut events: Vec<Event> = SIGNALS.into_iter().map(Event::Signal).collect();
        let killed = Ending::Killed { by: Signal::KILL, core: false };
        for child in &self.lives {
            let endings = [0, 1, 100, 111].map(Ending::Exited).into_iter().chain([killed]);
            events.extend(endings.map(|ending| Event::Ended(*child, ending)));
            events.extend([Event::Unable(*child), Event::NoProcess(*child)]);
        }
        events.push(Event::Time);
        events
    }

    /// Everything ends when it is told to, and somebody wants the machine to stop: how many steps to the end?
    fn steps_to_the_end(mut self) -> usize {
        let stop = Facts { stop: true, ..Facts::default() };
        for count in 0..40 {
            if self.over {
                return count;
            }
            let ends = CHILDREN.into_iter().find(|child| self.lives.contains(child));
            match ends {
                _ if count % 3 == 0 => self.step(Event::Signal(Signal::CONT), stop),
                Some(child) => self.step(Event::Ended(child, Ending::Exited(0)), stop),
                None => {
                    self.now = self.machine.deadline().unwrap_or(self.now);
                    self.step(Event::Time, stop);
                }
            }
        }
        panic!("never ends: {self:?}");
    }
}

fn all_facts() -> impl Iterator<Item = Facts> {
    (0..16).map(|bits: u8| Facts {
        stop: bits & 1 != 0,
        reboot: bits & 2 != 0,
        ctrl_alt_del: bits & 4 != 0,
        emergency: bits & 8 != 0,
    })
}

#[test]
fn every_reachable_state_keeps_the_promises() {
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::from([World::new()]);
    while let Some(world) = queue.pop_front() {
        if !seen.insert(world.key()) {
            continue;
        }
        world.clone().steps_to_the_end();
        for event in world.events() {
            for facts in all_facts() {
                for seconds in [0, 1, 5] {
                    let mut next = world.clone();
                    next.now = next.now + Duration::from_secs(seconds);
                    next.step(event, facts);
                    queue.push_back(next);
                }
            }
        }
    }
    assert!((80..5000).contains(&seen.len()), "{} states", seen.len());
}
