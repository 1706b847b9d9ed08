//! A certificate from anybody: when it ends is read, or it is not.
#![no_main]

use core::time::Duration;
use keepup::probe::certificate::Validity;
use keepup::tai64::Label;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(validity) = Validity::of(data) {
        let _ = validity.judge(Label { unix: 1_795_178_438, nanos: 0 }, Duration::from_secs(86_400));
    }
});
