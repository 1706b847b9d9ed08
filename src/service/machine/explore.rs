//! Every state that the machine can reach, with every event in each, on a coarse clock.
//!
//! The world around the machine is as small as it can be: one process that lives or not, one script that runs or not,
//! one question that waits for its answer. Times are kept relative to now and cut off where they stop to matter, so
//! that there are finitely many states, and a set of those seen ends the walk.

use super::*;
use crate::service::policy::{
    Delay, GiveUp, Growth, Health, Needs as Names, Ready, ReadyBy, Remedy, Restart, Step, Stop, Then, When,
};
use crate::service::status::Phase;
use core::hash::{BuildHasherDefault, Hash, Hasher};
use std::collections::{HashMap, HashSet};

const NOW: Moment = Moment(Duration::from_secs(1000));
const STEP: Duration = Duration::from_millis(500);
/// Above this no age makes a difference.
const LONG: Duration = Duration::from_secs(1);
const LABEL: Label = Label { unix: 0, nanos: 0 };

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    machine: Machine,
    /// The process that lives.
    alive: Option<Pid>,
    /// The process that was started, while another one is the main one.
    first: Option<Pid>,
    /// Whether a script runs, or a start is to be answered.
    question: Option<Action>,
    since_start: Duration,
    /// Whether a check runs.
    checking: bool,
}

/// A policy that asks for everything, with times that are steps of the clock.
fn rich() -> Policy {
    let step = |signal, wait| Step { signal, whom: Whom::Process, wait };
    Policy {
        restart: Restart {
            when: When::OnFailure,
            delay: Some(Delay { first: STEP, growth: Growth::Factor(200) }),
            max: Some(2 * STEP),
            give_up: Some(GiveUp { failures: 2, within: None }),
            then: Then::Retry(2 * STEP),
            healthy: 2 * STEP,
            ..Restart::default()
        },
        ready: Ready { by: ReadyBy::Check(STEP), timeout: Some(2 * STEP), ..Ready::default() },
        stop: Stop { ladder: Vec::from([step(Signal::INT, Some(STEP)), step(Signal::KILL, Some(STEP))]) },
        health: Some(Health { every: STEP, timeout: Some(STEP), fail: 1, of: 2, then: Remedy::Restart }),
        reload: None,
        finish_timeout: Some(STEP),
        needs: Names::default(),
    }
}

/// The policy of one whose early ends count, whatever the others mean.
fn early() -> Policy {
    let Policy { restart, ready, .. } = rich();
    let restart = Restart { when: When::Never, early: true, then: Then::Stay, ..restart };
    Policy { restart, ready: Ready { by: ReadyBy::After(STEP), timeout: None, ..ready }, ..Policy::default() }
}

/// The policy of one that needs another.
fn needing() -> Policy {
    Policy { needs: Names(vec![b"database".to_vec()]), ..Policy::default() }
}

/// The policy of one that talks.
fn talking() -> Policy {
    Policy { ready: Ready { by: ReadyBy::Notify, timeout: None, watchdog: Some(STEP), store: 0 }, ..Policy::default() }
}

impl World {
    fn new(role: Role, wanted_up: bool, policy: Policy) -> World {
        let now = Now { moment: NOW, label: LABEL };
        let mut machine = Machine::new(role, now, wanted_up);
        machine.adopt(policy);
        World { machine, alive: None, first: None, question: None, since_start: LONG, checking: false }
    }

    /// Whether nothing is said of the pace of starts, so that runit's holds.
    fn paced(&self) -> bool {
        self.machine.policy.restart.delay.is_none()
    }

    /// One event, and everything that is wrong with what came of it.
    fn step(&mut self, event: Event) {
        let before = (self.machine.status(), self.machine.pid());
        let mut actions = Vec::new();
        if let (Event::Answered { .. } | Event::Started(_), _) | (Event::Needs(_), Some(Action::Look)) =
            (event, self.question)
        {
            self.question = None;
        }
        let now = Now { moment: NOW, label: LABEL };
        self.machine.step(now, event, &mut actions);
        // Counted or shown, and nothing more.
        self.machine.starts = 0;
        self.machine.last = None;
        self.machine.history.at_most(3);
        for (at, action) in actions.iter().enumerate() {
            match *action {
                Action::Publish | Action::Note(_) => {}
                Action::Check => assert!(!std::mem::replace(&mut self.checking, true), "one check at a time"),
                Action::KillCheck => assert!(self.checking, "there is a check"),
                Action::Signal(pid, ..) => assert_eq!(self.alive, Some(pid), "only a living process is signalled"),
                Action::KillScript => assert!(matches!(self.question, Some(Action::Ask(_))), "there is a script"),
                Action::Look | Action::Ask(_) => self.ask(*action, at + 1 == actions.len()),
                Action::Start(program) => {
                    self.ask(*action, at + 1 == actions.len());
                    assert_eq!((self.alive, self.first), (None, None), "no start while a process lives");
                    assert!(program != Program::Run || !self.machine.is_held(NOW), "no start before what it needs");
                    if program == Program::Run {
                        assert!(!self.paced() || self.since_start >= SETTLED, "no two starts within a second");
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
        self.step(Event::Started(pid.map_or(Start::NoProcess, Start::Runs)));
    }

    fn kill(&mut self, ending: Ending, more: bool) {
        if let Some(pid) = self.alive {
            self.alive = self.first.take();
            self.step(Event::Ended { pid, ending, more });
        }
    }

    /// The process that was started leaves the main one alone.
    fn orphan(&mut self) {
        if let Some(pid) = self.first.take() {
            self.step(Event::Ended { pid, ending: Ending::Exited(0), more: false });
        }
    }

    /// Another process is the main one from now on.
    fn hand_over(&mut self) {
        if let (State::Run(_), None, Some(main)) = (&self.machine.state, self.first, Pid::new(2)) {
            self.first = self.alive.replace(main).filter(|first| *first != main);
            self.step(Event::Says(Says::Main(main)));
        }
    }

    /// The check that runs answers.
    fn answer(&mut self, well: bool) {
        self.checking = false;
        self.step(Event::Checked { well });
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
            State::Run(running) => running.shift(&earlier, &due),
            State::Finish { process, ended } => {
                *process = match *process {
                    Finish::Due(moment) => Finish::Due(due(moment)),
                    Finish::Runs(pid, until) => Finish::Runs(pid, until.map(due)),
                };
                *ended = life(*ended);
            }
            State::Gone { .. } => {}
        }
        if let Needed::Missing(Some(until)) = &mut self.machine.needed {
            *until = due(*until).min(NOW + STEP); // the grace is no longer than it must be to be one
        }
        self.machine.history.shift(&earlier);
        if let Some(Work::Start(Program::Finish(ended))) = &mut self.machine.work {
            *ended = life(*ended);
        }
        self.step(Event::Tick);
    }

    /// Whether an answer is due before anything else can happen: no state in which the machine is left.
    fn is_between(&self) -> bool {
        matches!(self.question, Some(Action::Look | Action::Start(_)))
    }

    /// Every world that may be next.
    fn nexts(&self, walk: &Walk<'_>) -> Vec<World> {
        let mut nexts = Vec::new();
        let mut branch = |change: &dyn Fn(&mut World)| {
            let mut world = self.clone();
            change(&mut world);
            nexts.push(world);
        };
        let looks = self.question == Some(Action::Look);
        if looks || self.machine.waits() {
            for needs in [Needs::Ready, Needs::Missing, Needs::Circle] {
                branch(&|world| world.step(Event::Needs(needs)));
            }
        }
        if let Some(Action::Start(_)) = self.question {
            branch(&|world| world.spawn(true));
            branch(&|world| world.spawn(false));
        }
        if self.is_between() {
            return nexts;
        }
        if self.machine.policy.ready.by == ReadyBy::Notify {
            branch(&|world| world.step(Event::Ready));
            branch(&|world| world.hand_over());
            branch(&|world| world.orphan());
            for says in SAYS {
                branch(&|world| world.step(Event::Says(says)));
            }
        }
        if let Some(Action::Ask(_)) = self.question {
            branch(&|world| world.step(Event::Answered { handled: true }));
            branch(&|world| world.step(Event::Answered { handled: false }));
        }
        if self.machine.queue.len() < walk.waiting || self.machine.work.is_none() {
            for command in walk.commands.iter().copied() {
                branch(&|world| world.step(Event::Command(command)));
            }
        }
        let gone = if self.machine.role == Role::Service {
            vec![Event::Dismissed]
        } else {
            vec![Event::ServiceLeft { unread: false }, Event::ServiceLeft { unread: true }]
        };
        if self.checking {
            branch(&|world| world.answer(true));
            branch(&|world| world.answer(false));
        }
        for event in gone {
            branch(&|world| world.step(event));
        }
        for ending in walk.endings.iter().copied() {
            for more in walk.more.iter().copied() {
                branch(&|world| world.kill(ending, more));
            }
        }
        branch(&|world| world.pass());
        nexts
    }

    /// Once it has done what was due nothing is due any more: a driver that waits for it would never sleep.
    fn rests(mut self) {
        self.step(Event::Tick);
        let due = self.machine.deadline().filter(|due| *due <= NOW && !self.is_between());
        assert_eq!(due, None, "it never rests: {self:?}");
    }

    /// What tells it from the others. What the policy says is the same in all.
    fn mark(&self) -> u64 {
        let mut mark = Mark::default();
        self.hash(&mut mark);
        mark.finish()
    }

    /// From here, told to go, with everybody else playing along: how many deaths it takes.
    fn leave(mut self, known: &mut Deaths) -> usize {
        match self.machine.role {
            Role::Service => self.step(Event::Dismissed),
            Role::Logger | Role::ErrorLogger => self.step(Event::ServiceLeft { unread: true }),
        }
        let (mut deaths, mut passed) = (0, Vec::new());
        for _ in 0..100 {
            let mark = self.mark();
            if let Some(more) = known.get(&mark).copied().or(self.machine.is_gone().then_some(0)) {
                let all = deaths + more;
                known.extend(passed.into_iter().map(|(mark, before)| (mark, all - before)));
                return all;
            }
            passed.push((mark, deaths));
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

/// One of each kind: those that only signal differ in nothing but the signal.
const KINDS: [Command; 8] = [
    Command::Up,
    Command::Once,
    Command::Down,
    Command::Exit,
    Command::Term,
    Command::Kill,
    Command::Pause,
    Command::Hangup,
];

/// What a service may say. What only changes times is told in stories: here it would make ten times as many states.
const SAYS: [Says; 4] = [Says::Reloading, Says::Stopping, Says::Alive, Says::Stuck];

/// What can happen in a walk.
struct Walk<'a> {
    role: Role,
    policy: &'a Policy,
    commands: &'a [Command],
    /// How many commands may wait, besides a dismissal: with those in progress, two meet in every order if it is one.
    waiting: usize,
    endings: &'a [Ending],
    /// Whether there may be more to do after an end.
    more: &'a [bool],
}

const KILLED: Ending = Ending::Killed { by: Signal::TERM, core: false };

fn explore(walk: &Walk<'_>) -> usize {
    let Walk { role, policy, .. } = *walk;
    let mut open = vec![World::new(role, true, policy.clone()), World::new(role, false, policy.clone())];
    for world in &mut open {
        world.step(Event::Tick);
    }
    let mut seen: HashSet<u64, Known> = open.iter().map(World::mark).collect();
    let mut deaths = Deaths::default();
    while let Some(world) = open.pop() {
        if !world.is_between() {
            let handed_over = crate::handover::open(&crate::handover::seal(&world.machine));
            assert_eq!(handed_over.as_ref(), Ok(&world.machine), "it can be handed over");
            world.clone().rests();
            let deaths = world.clone().leave(&mut deaths);
            assert!(deaths <= 4, "{deaths} deaths to leave from {world:?}");
        }
        open.extend(world.nexts(walk).into_iter().filter(|next| seen.insert(next.mark())));
    }
    seen.len()
}

/// How many deaths it takes to leave, for the worlds from which that is known.
type Deaths = HashMap<u64, usize, Known>;
type Known = BuildHasherDefault<Mark>;

/// What tells one world from another: of some ten thousand, two have the same mark once in as many million walks. To
/// keep and compare the worlds themselves takes most of the time of a walk.
#[derive(Default)]
struct Mark(u64);

impl Hasher for Mark {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }
}

/// A walk that comes nowhere would keep every promise.
#[track_caller]
fn explores_more_than(few: usize, walk: &Walk<'_>) {
    let states = explore(walk);
    assert!(states > few, "the walk reached only {states} states");
}

#[test]
fn every_state_of_a_service_keeps_the_promises() {
    let policy = Policy::default();
    let endings = [Ending::Exited(0), FAILED_FOR_GOOD, KILLED];
    let walk = Walk {
        role: Role::Service,
        policy: &policy,
        commands: &KINDS,
        waiting: 1,
        endings: &endings,
        more: &[false, true],
    };
    explores_more_than(1000, &walk);
}

#[test]
fn every_state_of_a_logger_keeps_the_promises() {
    let policy = Policy::default();
    let endings = [Ending::Exited(0), KILLED];
    let walk = Walk {
        role: Role::Logger,
        policy: &policy,
        commands: &KINDS,
        waiting: 1,
        endings: &endings,
        more: &[false, true],
    };
    explores_more_than(50, &walk);
}

#[test]
fn every_state_where_early_ends_count_keeps_the_promises() {
    let policy = early();
    let commands = [Command::Up, Command::Down];
    let endings = [Ending::Exited(0), Ending::Exited(1)];
    let walk = Walk {
        role: Role::Service,
        policy: &policy,
        commands: &commands,
        waiting: 0,
        endings: &endings,
        more: &[false],
    };
    explores_more_than(50, &walk);
}

#[test]
fn every_state_under_a_policy_that_asks_for_everything_keeps_the_promises() {
    // The commands that a policy has to do with; the others only signal.
    let policy = rich();
    let commands = [Command::Up, Command::Down, Command::Kill];
    let endings = [Ending::Exited(0), Ending::Exited(1)];
    let walk = Walk {
        role: Role::Service,
        policy: &policy,
        commands: &commands,
        waiting: 0,
        endings: &endings,
        more: &[false, true],
    };
    explores_more_than(1000, &walk);
}

#[test]
fn every_state_of_one_that_needs_another_keeps_the_promises() {
    let policy = needing();
    let commands = [Command::Up, Command::Once, Command::Down, Command::Kill];
    let endings = [Ending::Exited(0), KILLED];
    let walk = Walk {
        role: Role::Service,
        policy: &policy,
        commands: &commands,
        waiting: 1,
        endings: &endings,
        more: &[false, true],
    };
    explores_more_than(1000, &walk);
}

#[test]
fn every_state_of_one_that_talks_keeps_the_promises() {
    let policy = talking();
    let commands = [Command::Down];
    let endings = [Ending::Exited(0)];
    let walk = Walk {
        role: Role::Service,
        policy: &policy,
        commands: &commands,
        waiting: 0,
        endings: &endings,
        more: &[false],
    };
    explores_more_than(1000, &walk);
}
