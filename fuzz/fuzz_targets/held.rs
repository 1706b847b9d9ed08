//! A file `held` that can be read says the same when it is written again, as far as a note may go.
#![no_main]

use keepup::service::held::{Held, LONGEST};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(held) = Held::parse(data) {
        let text = held.text();
        assert!(text.len() <= LONGEST);
        let again = Held::parse(&text);
        assert_eq!(again.as_ref().map(|again| again.until), Some(held.until));
        assert_eq!(again.map(|again| again.text()), Some(text));
    }
});
