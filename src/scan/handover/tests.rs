use super::*;
use crate::handover::{Refused, open, seal};
use crate::scan::farewell::Member;
use crate::scan::plan::{Event, Found, Listing};
use alloc::vec;

fn pid(number: i32) -> Pid {
    Pid::new(number).unwrap()
}

fn full() -> Tree {
    let now = Moment(Duration::from_millis(1_234_567));
    let name = || CString::new("web").unwrap();
    let mut plan = Plan::default();
    let found = vec![Found { name: name(), id: (1, 2), not_before: now }];
    plan.step(now, Event::Listed(Listing { found, unsure: vec![] }));
    plan.step(now, Event::Started { id: (1, 2), pid: pid(9), sound: true });
    let member = |number, name: &[u8], needs| Member { pid: pid(number), name: name.to_vec(), needs, told: false };
    let farewell = Farewell::new(&[member(9, b"web", vec![b"db".to_vec()]), member(10, b"db", vec![])]);
    Tree {
        pid: Pid::new(4711),
        plan,
        adopted: vec![Adopted { pid: pid(9), began: 77, handle: Some(Number(5)) }],
        lock: Some(((1, 3), Number(6))),
        essentials: vec![Known {
            id: (1, 2),
            name: name(),
            directory: Number(7),
            seen: Essential::default(),
            left: Some(vec![1, 2]),
        }],
        stop: Some(Stop { farewell, stage: Stage::Services(now, Duration::from_secs(8)), exit: Exit(0), first: false }),
        log: Some(Log { text: b"log: ....".to_vec(), pipe: Number(8), expiry: Some(now) }),
        version: "0.1.0".into(),
    }
}

#[test]
fn a_tree_comes_back_as_it_was() {
    assert_eq!(open(&seal(&full())), Ok(full()));
    let now = Moment(Duration::ZERO);
    for stage in [Stage::Telling, Stage::Others(now, Duration::MAX), Stage::Killed(now)] {
        let stop = full().stop.map(|stop| Stop { stage, ..stop });
        let tree = Tree { adopted: vec![], lock: None, essentials: vec![], log: None, stop, ..full() };
        assert_eq!(open(&seal(&tree)), Ok(tree));
    }
}

#[test]
fn what_the_first_version_hands_over_is_understood_for_ever() {
    let content = include_bytes!("../../../fuzz/seeds/handover/runsvdir");
    assert_eq!(crate::handover::read_content(content), Some(full()));
}

#[test]
fn what_a_runsv_hands_over_is_nothing_for_a_tree() {
    assert_eq!(open::<Tree>(&seal(&vec![1_u8, 2])), Err(Refused::Content));
    assert_eq!(open::<Tree>(b"garbage"), Err(Refused::Foreign));
}
