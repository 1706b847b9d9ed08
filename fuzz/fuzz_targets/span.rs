//! What reads as a span or a size reads the same when it has been shown.
#![no_main]

use keepup::span::{Size, Span, duration, size};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    if let Ok(span) = duration(text) {
        assert_eq!(duration(Span(span).to_string().as_bytes()), Ok(span));
    }
    if let Ok(bytes) = size(text) {
        assert_eq!(size(Size(bytes).to_string().as_bytes()), Ok(bytes));
    }
});
