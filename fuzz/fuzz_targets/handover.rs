//! Whatever a supervisor is handed is refused, or it says the same when it is handed on, and breaks nothing that goes on
//! with it. It is sealed first, or nothing would ever get past the checksum.
#![no_main]

use keepup::handover::pack::Bytes;
use keepup::handover::{Packed, open, seal};
use keepup::moment::{Moment, Now};
use keepup::scan::handover::Tree;
use keepup::scan::plan;
use keepup::service::handover::Supervisor;
use keepup::service::machine::Event;
use keepup::tai64::Label;
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

struct Raw<'a>(&'a [u8]);

impl Packed for Raw<'_> {
    fn pack(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.0);
    }

    fn unpack(_: &mut Bytes<'_>) -> Option<Self> {
        None
    }
}

const NOW: Now = Now { moment: Moment(Duration::from_secs(1_000_000)), label: Label { unix: 1_700_000_000, nanos: 0 } };

fuzz_target!(|data: &[u8]| {
    let _ = (open::<Supervisor>(data), open::<Tree>(data));
    let sealed = seal(&Raw(data));
    if let Ok(supervisor) = open::<Supervisor>(&sealed) {
        assert_eq!(open(&seal(&supervisor)).as_ref(), Ok(&supervisor));
        let mut machine = supervisor.service.machine;
        let mut actions = Vec::new();
        machine.step(NOW, Event::Tick, &mut actions);
        let _ = (machine.status(), machine.record(NOW), machine.deadline(), machine.room());
    }
    if let Ok(mut tree) = open::<Tree>(&sealed) {
        assert_eq!(open(&seal(&tree)).as_ref(), Ok(&tree));
        let _ = (tree.plan.step(NOW.moment, plan::Event::Turn), tree.plan.deadline());
        if let Some(stop) = &mut tree.stop {
            let left: Vec<_> = stop.farewell.left().collect();
            left.into_iter().for_each(|pid| stop.farewell.ended(pid));
            let _ = stop.farewell.who_is_next();
        }
    }
});
