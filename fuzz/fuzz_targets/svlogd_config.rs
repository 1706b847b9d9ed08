//! No configuration makes its reader fall over, and what it reads can be used.
#![no_main]

use keepup::logdir::config::Config;
use keepup::logdir::pattern::choose;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut config = Config::default();
    config.read(text, &mut drop);
    let _ = config.needs_lines();
    for line in text.split(|byte| *byte == b'\n') {
        let _ = choose(&config.rules, line);
    }
});
