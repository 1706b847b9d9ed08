//! The first byte says which file the rest is. Every mistake has a line, and can be shown on a terminal.
#![no_main]

use keepup::service::policy::{File, combine};
use keepup::service::word::Word;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let file = File::ALL[usize::from(*first) % File::ALL.len()];
    let lines = text.split(|byte| *byte == b'\n').count();
    for mistake in file.lint(text) {
        assert!((1..=lines).contains(&mistake.line), "{mistake:?}");
        assert!(!mistake.to_string().chars().any(char::is_control), "{mistake:?}");
    }
    let (policy, _) = combine(&mut |asked| (asked == file).then(|| text.to_vec()));
    assert!(!policy.stop.ladder.is_empty());
    assert!(policy.restart.jitter <= 100);
    assert!(policy.health.is_none_or(|health| health.fail >= 1 && health.fail <= health.of && health.of <= 64));
});
