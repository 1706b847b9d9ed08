//! The plan, case by case. Time is a number.

use super::*;
use alloc::vec;

const SECOND: Duration = Duration::from_secs(1);

struct Case {
    plan: Plan,
    now: Moment,
    pids: i32,
}

impl Case {
    fn new() -> Case {
        Case { plan: Plan::default(), now: Moment(Duration::from_secs(100)), pids: 0 }
    }

    fn pass(&mut self, span: Duration) {
        self.now = self.now + span;
    }

    /// Tells, starts whatever is asked for, and returns the actions: names of starts, pids of those to leave.
    fn tell(&mut self, event: Event) -> (Vec<&'static str>, Vec<i32>) {
        let (mut starts, mut leaves) = (Vec::new(), Vec::new());
        let mut actions = self.plan.step(self.now, event);
        while let Some(action) = (!actions.is_empty()).then(|| actions.remove(0)) {
            match action {
                Action::Start { id, name } => {
                    starts.push(name.into_string().unwrap().leak() as &str);
                    self.pids += 1;
                    let pid = Pid::new(self.pids).unwrap();
                    actions.extend(self.plan.step(self.now, Event::Started { id, pid, sound: true }));
                }
                Action::Leave(pid) => leaves.push(pid.get()),
            }
        }
        (starts, leaves)
    }

    fn list(&mut self, names: &[(&str, u64)]) -> (Vec<&'static str>, Vec<i32>) {
        let found = names.iter().map(|(name, id)| found(name, *id, Moment::default())).collect();
        self.tell(Event::Listed(Listing { found, unsure: vec![] }))
    }

    fn end(&mut self, pid: i32) -> (Vec<&'static str>, Vec<i32>) {
        self.tell(Event::Ended(Pid::new(pid).unwrap()))
    }

    fn turn(&mut self) -> Vec<&'static str> {
        self.tell(Event::Turn).0
    }
}

fn found(name: &str, id: u64, not_before: Moment) -> Found {
    Found { name: CString::new(name).unwrap(), id: (1, id), not_before }
}

#[test]
fn each_directory_gets_one() {
    let mut case = Case::new();
    assert_eq!(case.list(&[("a", 1), ("b", 2), ("b-again", 2)]), (vec!["a", "b"], vec![]));
    assert_eq!(case.list(&[("a", 1), ("b", 2)]), (vec![], vec![]));
    assert_eq!(case.plan.deadline(), None, "idle");
}

#[test]
fn a_rename_shows_at_the_next_start() {
    let mut case = Case::new();
    case.list(&[("a", 1)]);
    assert_eq!(case.list(&[("z", 1)]), (vec![], vec![]));
    case.pass(SECOND);
    assert_eq!(case.end(1), (vec!["z"], vec![]));
}

#[test]
fn a_retargeted_name_is_a_new_one_and_then_a_lost_one() {
    let mut case = Case::new();
    case.list(&[("a", 1)]);
    assert_eq!(case.list(&[("a", 2)]), (vec!["a"], vec![1]));
}

#[test]
fn all_that_went_go_at_once() {
    let mut case = Case::new();
    let names: Vec<_> = (1..=20).map(|id| ("x", id)).collect();
    case.list(&names);
    assert_eq!(case.list(&names[..8]).1.len(), 12);
}

#[test]
fn a_young_one_is_replaced_after_a_pause() {
    let mut case = Case::new();
    case.list(&[("a", 1)]);
    case.pass(SECOND / 2);
    assert_eq!(case.end(1), (vec![], vec![]));
    assert_eq!(case.plan.deadline(), Some(case.now + SECOND));
    case.pass(SECOND);
    assert_eq!(case.turn(), ["a"]);
    case.pass(SECOND);
    assert_eq!(case.end(2), (vec!["a"], vec![]), "and an old one at once");
}

#[test]
fn a_directory_that_comes_back_waits_for_the_lock() {
    let mut case = Case::new();
    case.list(&[("a", 1)]);
    assert_eq!(case.list(&[]), (vec![], vec![1]));
    assert_eq!(case.list(&[("a", 1)]), (vec![], vec![]));
    assert_eq!(case.plan.deadline(), None, "nothing to do until it has ended");
    assert_eq!(case.list(&[]), (vec![], vec![]), "told once");
    assert_eq!(case.list(&[("b", 1)]), (vec![], vec![]));
    assert_eq!(case.end(1), (vec!["b"], vec![]));
}

#[test]
fn one_of_the_same_name_that_fails_waits_too() {
    let mut case = Case::new();
    case.list(&[("a", 1)]);
    case.list(&[("a", 2)]);
    assert_eq!(case.end(2), (vec![], vec![]), "they share a lock elsewhere");
    assert_eq!(case.plan.deadline(), None);
    assert_eq!(case.end(1), (vec!["a"], vec![]));
}

#[test]
fn nobody_goes_whose_whereabouts_are_unsure() {
    let mut case = Case::new();
    case.list(&[("a", 1), ("b", 2)]);
    let unsure = vec![CString::new("a").unwrap()];
    assert_eq!(case.tell(Event::Listed(Listing { found: vec![], unsure })), (vec![], vec![2]));
}

#[test]
fn one_in_the_making_is_waited_for() {
    let mut case = Case::new();
    let settled = case.now + SECOND;
    let listing = Listing { found: vec![found("a", 1, settled), found("b", 2, case.now)], unsure: vec![] };
    assert_eq!(case.tell(Event::Listed(listing)).0, ["b"]);
    assert_eq!(case.plan.deadline(), Some(settled));
    case.pass(SECOND);
    assert_eq!(case.turn(), ["a"]);
}

#[test]
fn starts_go_in_batches() {
    let mut case = Case::new();
    let names: Vec<_> = (1..=100).map(|id| ("x", id)).collect();
    let mut batches = vec![case.list(&names).0.len()];
    while let Some(due) = case.plan.deadline() {
        assert_eq!(case.turn(), [""; 0], "not before it is due");
        case.now = due;
        batches.push(case.turn().len());
    }
    assert_eq!(batches, [BATCH, BATCH, BATCH, 100 - 3 * BATCH]);
    assert_eq!(case.plan.lives().count(), 100);
}

#[test]
fn a_crowd_is_waited_for() {
    let mut case = Case::new();
    let until = case.now + SECOND;
    case.tell(Event::Crowded { until });
    assert_eq!(case.list(&[("a", 1)]), (vec![], vec![]));
    assert_eq!(case.plan.deadline(), Some(until));
    case.now = until;
    assert_eq!(case.turn(), ["a"]);
}

#[test]
fn without_processes_all_wait_and_none_is_lost() {
    let mut case = Case::new();
    let listing = Listing { found: vec![found("a", 1, case.now), found("b", 2, case.now)], unsure: vec![] };
    let starts = case.plan.step(case.now, Event::Listed(listing));
    assert_eq!(starts.len(), 2);
    for action in starts {
        let Action::Start { id, .. } = action else { panic!("{action:?}") };
        assert_eq!(case.plan.step(case.now, Event::NotStarted(id)), []);
    }
    assert_eq!(case.plan.deadline(), Some(case.now + SECOND));
    case.pass(SECOND);
    assert_eq!(case.turn(), ["a", "b"]);
}

#[test]
fn a_missing_program_is_looked_for_every_five_seconds() {
    let mut case = Case::new();
    let listing = Listing { found: vec![found("a", 1, case.now)], unsure: vec![] };
    case.plan.step(case.now, Event::Listed(listing));
    let pid = Pid::new(1).unwrap();
    case.plan.step(case.now, Event::Started { id: (1, 1), pid, sound: false });
    case.end(1);
    assert_eq!(case.plan.deadline(), Some(case.now + 5 * SECOND));
}

#[test]
fn a_stop_starts_nobody() {
    let mut case = Case::new();
    case.list(&[("a", 1)]);
    assert_eq!(case.tell(Event::Stop), (vec![], vec![]));
    assert_eq!(case.end(1), (vec![], vec![]));
    assert_eq!(case.list(&[("a", 1)]), (vec![], vec![]));
    assert_eq!(case.plan.deadline(), None);
}
