//! Every state that the machine can reach, with every event in each, on a coarse clock.
//!
//! The world around the machine is as small as it can be: one process that lives or not, one script that runs or not,
//! one question that waits for its answer. Times are kept relative to now and cut off where they stop to matter, so
//! that there are finitely many states, and a set of those seen ends the walk.

use super::*;
use std::collections::HashSet;

const NOW: Moment = Moment(Duration::from_secs(1000));
const STEP: Duration = Duration::from_millis(500);
/// Above this no age makes a difference.
const LONG: Duration = SETTLED;
const LABEL: Label = Label { unix: 0, nanos: 0 };
/// Commands that may wait, in the walk, besides a dismissal: with those in progress, two meet in every order.
const WAITING: usize = 1;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    machine: Machine,
    /// The process that lives.
    alive: Option<Pid>,
    /// Whether a script runs, or a start is to be answered.
    question: Option<Action>,
    since_start: Duration,
}

impl World {
    fn new(role: Role, wanted_up: bool) -> World {
        let now = Now { moment: NOW, label: LABEL };
        World { machine: Machine::new(role, now, wanted_up), alive: None, question: None, since_start: LONG }
    }

    /// One event, and everything that is wrong with what came of it.
    fn step(&mut self, event: Event) {
        let before = (self.machine.status(), self.machine.pid());
        let mut actions = Vec::new();
        if let Event::Answered { .. } | Event::Started(_) = event {
            self.question = None;
        }
        let now = Now { moment: NOW, label: LABEL };
        self.machine.step(now, event, &mut actions);
        for (at, action) in actions.iter().enumerate() {
            match *action {
                Action::Publish => {}
                Action::Signal(pid, _) => assert_eq!(self.alive, Some(pid), "only a living process is signalled"),
                Action::KillScript => assert!(matches!(self.question, Some(Action::Ask(_))), "there is a script"),
                Action::Ask(_) => self.ask(*action, at + 1 == actions.len()),
                Action::Start(program) => {
                    self.ask(*action, at + 1 == actions.len());
                    assert_eq!(self.alive, None, "no start while a process lives");
                    if program == Program::Run {
                        assert!(self.since_start >= SETTLED, "no two starts within a second");
                    }
                }
            }
        }
        let after = (self.machine.status(), self.machine.pid());
        assert!(
            before == after || actions.contains(&Action::Publish),
            "what has changed is shown: {before:?} {after:?}"
        );
        assert_eq!(after.1, self.alive, "a pid is shown exactly as long as the process lives");
        assert_eq!(after.0.phase == Phase::Down, self.down(), "and so is the phase");
    }

    fn down(&self) -> bool {
        matches!(self.machine.state, State::Down { .. } | State::Gone { .. })
    }

    fn ask(&mut self, question: Action, last: bool) {
        assert!(last, "a question is the last action");
        assert_eq!(self.question, None, "one question at a time");
        self.question = Some(question);
    }

    /// The answer of the system to a start, given before anything else happens.
    fn spawn(&mut self, works: bool) {
        let Some(Action::Start(program)) = self.question else { return };
        let pid = Pid::new(1).filter(|_| works);
        self.alive = pid;
        if works && program == Program::Run {
            self.since_start = Duration::ZERO;
        }
        self.step(Event::Started(pid));
    }

    fn kill(&mut self, ending: Ending, more: bool) {
        if let Some(pid) = self.alive.take() {
            self.step(Event::Ended { pid, ending, more });
        }
    }

    /// Time passes: everything that was, is longer ago.
    fn pass(&mut self) {
        let earlier = |moment: Moment| Moment(moment.0.saturating_sub(STEP).max(NOW.0.saturating_sub(LONG)));
        let life = |mut life: Life| {
            life.started.moment = earlier(life.started.moment);
            life
        };
        let due = |moment: Moment| Moment(earlier(moment).0.max(NOW.0));
        self.since_start = (self.since_start + STEP).min(LONG);
        match &mut self.machine.state {
            State::Down { not_before, .. } => *not_before = due(*not_before),
            State::Run { started, .. } => started.moment = earlier(started.moment),
            State::Finish { process, ended } => {
                *process = process.map_err(due);
                *ended = life(*ended);
            }
            State::Gone { .. } => {}
        }
        if let Some(Work::Start(Program::Finish(ended))) = &mut self.machine.work {
            *ended = life(*ended);
        }
        self.step(Event::Tick);
    }

    /// Every world that may be next.
    fn nexts(&self) -> Vec<World> {
        let mut nexts = Vec::new();
        let mut branch = |change: &dyn Fn(&mut World)| {
            let mut world = self.clone();
            change(&mut world);
            nexts.push(world);
        };
        if let Some(Action::Start(_)) = self.question {
            branch(&|world| world.spawn(true));
            branch(&|world| world.spawn(false));
            return nexts;
        }
        if let Some(Action::Ask(_)) = self.question {
            branch(&|world| world.step(Event::Answered { handled: true }));
            branch(&|world| world.step(Event::Answered { handled: false }));
        }
        if self.machine.queue.len() < WAITING {
            for command in Command::ALL {
                branch(&|world| world.step(Event::Command(command)));
            }
        }
        let gone = if self.machine.role == Role::Service {
            vec![Event::Dismissed]
        } else {
            vec![Event::ServiceLeft { unread: false }, Event::ServiceLeft { unread: true }]
        };
        for event in gone {
            branch(&|world| world.step(event));
        }
        for ending in [Ending::Exited(0), FAILED_FOR_GOOD, Ending::Killed { by: Signal::TERM, core: false }] {
            for more in [false, true] {
                branch(&|world| world.kill(ending, more));
            }
        }
        branch(&|world| world.pass());
        nexts
    }

    /// From here, told to go, with everybody else playing along: how many deaths it takes.
    fn leave(mut self) -> usize {
        let mut deaths = 0;
        match self.machine.role {
            Role::Service => self.step(Event::Dismissed),
            Role::Logger => self.step(Event::ServiceLeft { unread: true }),
        }
        for _ in 0..100 {
            if self.machine.is_gone() {
                return deaths;
            }
            match self.question {
                Some(Action::Start(_)) => self.spawn(true),
                Some(_) => self.step(Event::Answered { handled: true }),
                None if self.alive.is_some() => {
                    deaths += 1;
                    self.kill(Ending::Exited(0), true);
                }
                None => self.pass(),
            }
        }
        panic!("it never leaves: {self:?}");
    }
}

fn explore(role: Role) -> usize {
    let mut open = vec![World::new(role, true), World::new(role, false)];
    for world in &mut open {
        world.step(Event::Tick);
    }
    let mut seen: HashSet<World> = open.iter().cloned().collect();
    while let Some(world) = open.pop() {
        // A start is answered before anything else can happen; it is not a state in which the machine is left.
        if !matches!(world.question, Some(Action::Start(_))) {
            let deaths = world.clone().leave();
            assert!(deaths <= 4, "{deaths} deaths to leave from {world:?}");
        }
        open.extend(world.nexts().into_iter().filter(|next| seen.insert(next.clone())));
    }
    seen.len()
}

#[test]
fn every_state_of_a_service_keeps_the_promises() {
    let states = explore(Role::Service);
    assert!(states > 1000, "the walk reached only {states} states");
}

#[test]
fn every_state_of_a_logger_keeps_the_promises() {
    let states = explore(Role::Logger);
    assert!(states > 50, "the walk reached only {states} states");
}
