//! Every state that two directories under two names can reach, with every event and a clock of seconds.

use super::*;
use alloc::vec;

const STEP: Duration = Duration::from_secs(1);
/// Every state is looked at as if it were this late.
const NOW: Moment = Moment(Duration::from_secs(100));

/// How a start goes.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Good,
    NoProgram,
    NoProcess,
}

/// What the driver and the kernel know, for comparison.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct World {
    plan: Plan,
    /// Who lives: directory, and whether it was told to leave.
    alive: BTreeMap<Pid, (Id, bool)>,
    /// What the last listing said.
    listed: BTreeSet<Id>,
    /// Directories whose runsv ended young and unasked, and for how long nobody may be started for them.
    resting: BTreeMap<Id, Moment>,
    stopping: bool,
    /// How many starts were asked for in the last step.
    starts: usize,
}

#[derive(Clone, Debug)]
enum What {
    List(Vec<(&'static str, u64)>, Vec<&'static str>),
    End(Pid),
    Wait,
    Crowd,
    Meet(Id),
    Stop,
}

impl World {
    fn events(&self) -> Vec<What> {
        let mut events = vec![
            What::List(vec![], vec![]),
            What::List(vec![("a", 1)], vec![]),
            What::List(vec![("a", 2)], vec![]),
            What::List(vec![("a", 1), ("b", 2)], vec![]),
            What::List(vec![("b", 2)], vec!["a"]),
            What::Wait,
            What::Crowd,
            What::Stop,
        ];
        events.extend(self.alive.keys().map(|pid| What::End(*pid)));
        events.extend(self.plan.due().map(|(id, _)| What::Meet(id)));
        events
    }

    fn after(mut self, what: &What, luck: Luck) -> World {
        let mut now = NOW;
        let event = match what {
            What::List(names, unsure) => self.listing(names, unsure),
            What::End(pid) => self.ending(*pid),
            What::Wait => {
                now = NOW + STEP;
                Event::Turn
            }
            What::Crowd => Event::Crowded { until: NOW + STEP },
            What::Meet(id) => {
                self.resting.remove(id);
                let pid = self.free_pid();
                self.alive.insert(pid, (*id, false));
                Event::Met { id: *id, pid }
            }
            What::Stop => {
                self.stopping = true;
                Event::Stop
            }
        };
        let actions = self.plan.step(now, event);
        self.perform(now, actions, luck);
        // What one that is barred by another waits for is that other's end, and then nothing more.
        let plan = &self.plan;
        self.resting.retain(|id, _| !plan.entries.get(id).is_some_and(|e| matches!(e.stand, Stand::Barred(_))));
        self.check(now, what);
        self.relative(now)
    }

    fn listing(&mut self, names: &[(&str, u64)], unsure: &[&str]) -> Event {
        let text = |name: &str| CString::new(name).unwrap();
        let unsure: Vec<CString> = unsure.iter().map(|name| text(name)).collect();
        let kept: Vec<Id> = self.plan.entries().filter(|(_, name)| unsure.contains(name)).map(|(id, _)| id).collect();
        self.listed = names.iter().map(|(_, id)| (0, *id)).chain(kept).collect();
        self.resting.retain(|id, _| self.listed.contains(id));
        let found = names.iter().map(|(name, id)| Found { name: text(name), id: (0, *id), not_before: NOW });
        Event::Listed(Listing { found: found.collect(), unsure })
    }

    fn ending(&mut self, pid: Pid) -> Event {
        let since = match self.plan.entries.get(&self.plan.alive[&pid]).map(|entry| entry.stand) {
            Some(Stand::Running(life)) if life.pid == pid => life.since,
            _ => NOW,
        };
        let (id, told) = self.alive.remove(&pid).unwrap();
        if !told && NOW.since(since) < YOUNG {
            self.resting.insert(id, NOW + PAUSE);
        }
        Event::Ended(pid)
    }

    fn perform(&mut self, now: Moment, mut actions: Vec<Action>, luck: Luck) {
        while let Some(action) = (!actions.is_empty()).then(|| actions.remove(0)) {
            match action {
                Action::Start { id, .. } => {
                    self.starts += 1;
                    assert!(!self.stopping, "a start during a stop");
                    assert!(self.alive.values().all(|(other, _)| *other != id), "two of one directory");
                    assert!(self.resting.get(&id).is_none_or(|until| *until <= now), "no pause after a young end");
                    let event = self.start(id, luck);
                    actions.extend(self.plan.step(now, event));
                }
                Action::Leave(pid) => {
                    let told = &mut self.alive.get_mut(&pid).expect("only who lives is told").1;
                    assert!(!*told, "told twice");
                    *told = true;
                }
            }
        }
    }

    fn start(&mut self, id: Id, luck: Luck) -> Event {
        if let Luck::NoProcess = luck {
            return Event::NotStarted(id);
        }
        let pid = self.free_pid();
        self.alive.insert(pid, (id, false));
        Event::Started { id, pid, sound: matches!(luck, Luck::Good) }
    }

    fn free_pid(&self) -> Pid {
        (1..).find_map(|n| Pid::new(n).filter(|pid| !self.alive.contains_key(pid))).unwrap()
    }

    fn check(&self, now: Moment, what: &What) {
        let runs = |id: &Id| self.alive.values().any(|(other, _)| other == id);
        for (id, told) in self.alive.values() {
            assert!(*told || self.stopping || self.listed.contains(id), "a lost one goes on after {what:?}: {self:?}");
        }
        let missing = self.listed.iter().any(|id| !runs(id));
        match self.plan.deadline() {
            Some(due) => assert!(missing && !self.stopping && due > now, "no reason to wake: {self:?}"),
            None => assert!(self.stopping || !missing || self.alive.values().any(|(_, told)| *told), "stuck: {self:?}"),
        }
    }

    /// From here on with good luck, and with those told to leave leaving, every directory listed gets its own.
    fn comes_to_rest(mut self) {
        let mut now = NOW;
        for _ in 0..20 {
            let leaving: Vec<Pid> = self.alive.iter().filter(|(_, (_, told))| *told).map(|(pid, _)| *pid).collect();
            for pid in leaving {
                self.alive.remove(&pid);
                let actions = self.plan.step(now, Event::Ended(pid));
                self.perform(now, actions, Luck::Good);
            }
            let Some(due) = self.plan.deadline() else { break };
            now = due;
            let actions = self.plan.step(now, Event::Turn);
            self.perform(now, actions, Luck::Good);
        }
        let running: BTreeSet<Id> = self.alive.values().map(|(id, _)| *id).collect();
        assert!(self.stopping || running == self.listed, "not at rest: {self:?}");
        assert_eq!(self.plan.deadline(), None, "at rest it sleeps");
    }

    /// The same state at `NOW`, with everything that makes no difference any more made equal.
    fn relative(mut self, now: Moment) -> World {
        let moved = |moment: Moment| NOW + moment.since(now);
        self.plan.hold = moved(self.plan.hold);
        self.plan.due = self.plan.due.iter().map(|(moment, id)| (moved(*moment), *id)).collect();
        for entry in self.plan.entries.values_mut() {
            match &mut entry.stand {
                Stand::Due(moment) => *moment = moved(*moment),
                Stand::Running(life) => life.since = Moment(NOW.0 - now.since(life.since).min(YOUNG)),
                Stand::Starting | Stand::Barred(_) => {}
            }
        }
        self.resting = self.resting.iter().map(|(id, until)| (*id, moved(*until))).filter(|(_, u)| *u > NOW).collect();
        self
    }
}

#[test]
fn every_state_keeps_the_promises() {
    let start = World {
        plan: Plan::default(),
        alive: BTreeMap::new(),
        listed: BTreeSet::new(),
        resting: BTreeMap::new(),
        stopping: false,
        starts: 0,
    };
    let mut seen = BTreeSet::from([start.clone().relative(NOW)]);
    let mut open: Vec<World> = seen.iter().cloned().collect();
    while let Some(world) = open.pop() {
        let handed_over = crate::handover::open(&crate::handover::seal(&world.plan));
        assert_eq!(handed_over.as_ref(), Ok(&world.plan), "it can be handed over");
        world.clone().comes_to_rest();
        for what in world.events() {
            let [good, others @ ..] = [Luck::Good, Luck::NoProgram, Luck::NoProcess];
            let next = world.clone().after(&what, good);
            let starts = next.starts > 0;
            let others = others.into_iter().filter(|_| starts).map(|luck| world.clone().after(&what, luck));
            for mut next in [next].into_iter().chain(others) {
                next.starts = 0;
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
    }
    assert!(seen.len() > 500, "only {} states: the exploration has lost its way", seen.len());
}
