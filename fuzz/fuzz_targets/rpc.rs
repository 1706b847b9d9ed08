//! A document from anybody, as a call and as an answer. What was read is written and read again as the same, but for
//! what cannot be written.
#![no_main]

use keepup::rpc::{Value, decode, encode};
use libfuzzer_sys::fuzz_target;

const MOST: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let _ = decode::call(data, MOST);
    if let Ok(Ok(value)) = decode::answer(data, MOST) {
        let text = encode::answer(&Ok(value));
        let once = decode::answer(text.as_bytes(), MOST);
        let Ok(Ok(once)) = once else { panic!("what was written cannot be read: {once:?}") };
        let again = encode::answer(&Ok::<Value, _>(once));
        assert_eq!(text, again);
    }
});
