//! A file `supervisor` that can be read says the same when it is written again.
#![no_main]

use keepup::supervisor::sheet::Sheet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(sheet) = Sheet::parse(text) {
        assert_eq!(Sheet::parse(&sheet.text()).map(|again| again.text()), Some(sheet.text()));
    }
});
