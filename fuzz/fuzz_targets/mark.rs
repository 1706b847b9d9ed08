//! A mark that can be read says the same when it is written again.
#![no_main]

use keepup::service::mark::{self, Mark};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(mark) = Mark::unpack(data) {
        let own = mark::own(mark.world, mark.supervisor, mark.starter);
        let child = mark.child.map(|child| mark::child(child.what.byte(), child.pid.get(), child.at));
        let again = [&own[..], child.as_ref().map_or(&[][..], |child| child)].concat();
        assert_eq!(Mark::unpack(&again), Some(mark));
    }
});
