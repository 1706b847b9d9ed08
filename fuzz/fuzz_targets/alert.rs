//! What `svevent` remembers of a service, and a journal that it goes on with, a 0xff between them. What is understood is
//! the same when it is written again. A 0x01 stands for a label, which would take the fuzzer long to find.
#![no_main]

use core::time::Duration;
use keepup::alert::{Flaps, Memory, Rules};
use keepup::service::policy::Restart;
use keepup::tai64::Label;
use libfuzzer_sys::fuzz_target;

const LABEL: &[u8] = b"@400000006b003fd000000000";

fuzz_target!(|data: &[u8]| {
    let data: Vec<u8> = data.iter().flat_map(|byte| if *byte == 1 { LABEL.to_vec() } else { vec![*byte] }).collect();
    let mut files = data.splitn(2, |byte| *byte == 0xff);
    let (remembered, journal) = (files.next().unwrap_or_default(), files.next().unwrap_or_default());
    let text = [b"svevent 1\ncursor 0 ", LABEL, b"\n", remembered].concat();
    let Some(mut memory) = Memory::decode(&text).0 else { return };
    assert_eq!(Memory::decode(&memory.encode()), (Some(memory.clone()), None));

    let label = Label::parse(LABEL).expect("a label");
    let flaps = Flaps { number: 2, within: Duration::from_secs(60) };
    for tells_ready in [false, true] {
        let rules = Rules { flaps, well: Duration::from_secs(1), tells_ready, restart: Restart::default() };
        let lines = memory.cursor.take(b"", journal).lines;
        memory.read(&lines, label, label, &rules);
        memory.lapse(Label { unix: i64::MAX, ..label }, &rules);
        assert_eq!(Memory::decode(&memory.encode()), (Some(memory.clone()), None));
    }
});
