//! Who is measured doing what with how many services, how often.

use super::book::Book;
use super::fleet::Fleet;
use super::machine;
use super::steps::{self, Step};
use super::who::Who;
use std::path::{Path, PathBuf};

const SCENARIOS: [&str; 12] = [
    "boot", "memory", "loggers", "restart", "control", "status", "pickup", "idle", "farewell", "growth", "chpst",
    "svlogd",
];

pub struct Plan {
    pub quick: bool,
    chosen: Vec<String>,
    /// These numbers of services and no others.
    sizes: Vec<usize>,
}

/// The same fleet of everybody in turns, so many times.
pub struct Session {
    size: usize,
    rounds: usize,
    loggers: bool,
    steps: Vec<Step>,
}

impl Plan {
    pub fn of(args: &[String]) -> Plan {
        let (quick, full) = (|arg: &&String| *arg == "quick", |arg: &&String| *arg == "full");
        let sizes: Vec<usize> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
        let words = args.iter().filter(|arg| !quick(arg) && !full(arg) && arg.parse::<usize>().is_err());
        let chosen: Vec<String> = words.cloned().collect();
        if let Some(unknown) = chosen.iter().find(|name| !SCENARIOS.contains(&name.as_str())) {
            panic!("no such scenario: {unknown}; there are {}", SCENARIOS.join(", "));
        }
        Plan { quick: args.iter().any(|arg| quick(&arg)), chosen, sizes }
    }

    pub fn wants(&self, scenario: &str) -> bool {
        self.chosen.is_empty() || self.chosen.iter().any(|name| name == scenario)
    }

    /// Where results go: a run of everything is worth keeping.
    pub fn results(&self) -> Option<PathBuf> {
        let asked = std::env::var_os("BENCH_RESULTS").map(PathBuf::from);
        let whole = !self.quick && self.chosen.is_empty() && self.sizes.is_empty();
        asked.or_else(|| whole.then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("benches")))
    }

    pub fn sessions(&self) -> Vec<Session> {
        let session = |size, rounds, steps: &[Step]| {
            let wanted = |step: &Step| self.wants(step.scenario()) || self.wants("growth") && step.grows();
            let steps = steps.iter().copied().filter(wanted).collect();
            Session { size, rounds, loggers: false, steps }
        };
        let grown = [Step::Boot, Step::Memory, Step::Restart, Step::Status, Step::Farewell];
        let few = [Step::Boot, Step::Restart, Step::Status, Step::Control, Step::Pickup, Step::Farewell];
        let mut sessions = if !self.sizes.is_empty() {
            self.sizes.iter().map(|size| session(*size, 1, &grown)).collect()
        } else if self.quick {
            vec![
                session(10, 2, &few),
                session(100, 2, &grown),
                session(40, 1, &[Step::Worn]),
                session(100, 1, &[Step::Idle]),
            ]
        } else {
            let idle = [Step::Idle];
            let mut sessions = vec![session(10, 4, &few), session(100, 5, &grown), session(1000, 4, &grown)];
            sessions.extend([session(5000, 2, &grown), session(10_000, 2, &grown)]);
            sessions.extend([session(1000, 1, &idle), session(200, 2, &[Step::Worn])]);
            if self.chosen.iter().any(|name| name == "growth") {
                sessions.iter_mut().for_each(|session| session.rounds = session.rounds.min(3));
            } else if !self.wants("growth") {
                sessions.retain(|session| session.size <= 1000);
            }
            sessions
        };
        let size = if self.quick { 20 } else { 100 };
        sessions.push(Session { loggers: true, ..session(size, 1, &[Step::Loggers]) });
        sessions.retain(|session| !session.steps.is_empty());
        sessions
    }
}

impl Session {
    pub fn hold(&self, present: &[Who], place: &Path, book: &mut Book) {
        if let Some(why) = machine::too_small(self.size) {
            println!("SKIPPED {} services: {why}", self.size);
            return;
        }
        for round in 0..self.rounds {
            println!("{} services, round {} of {}", self.size, round + 1, self.rounds);
            for who in present.iter().filter(|who| self.can(**who, round)) {
                let mut fleet = Fleet::start(*who, self.size, self.loggers, place);
                self.steps.iter().for_each(|step| steps::take(*step, &mut fleet, book));
                let took = fleet.farewell();
                if self.steps.contains(&Step::Farewell) {
                    steps::note_farewell(*who, self.size, took, book);
                }
            }
        }
    }

    /// The originals stop at a thousand services; Supervisor is slow, and has no supervisors of which to take memory.
    fn can(&self, who: Who, round: usize) -> bool {
        let memory_only = self.steps.iter().all(|step| matches!(step, Step::Worn | Step::Loggers));
        match who {
            Who::Supervisor => !memory_only && self.size <= 1000 && (round == 0 || self.size <= 10),
            Who::Runit | Who::Daemontools => self.size <= 1000,
            Who::Musl => memory_only,
            Who::Floor => !self.loggers,
            _ => true,
        }
    }
}
