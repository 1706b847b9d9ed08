//! What stands around a call: who says to be somebody, the names in it, which part of a log is meant; and the list of
//! servers, which is written and read again as the same.
#![no_main]

use keepup::rpc::{basic, encode};
use keepup::supervisor::methods::{Method, Named, Part, Tail};
use keepup::supervisor::{servers, sheet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some((name, password)) = basic::credentials(data) {
        if let (Ok(name), Ok(password)) = (String::from_utf8(name), String::from_utf8(password)) {
            let again = basic::credentials(encode::basic(&name, &password).as_bytes());
            let again = again.unwrap_or_else(|| panic!("{name:?} {password:?}"));
            assert!(password.starts_with("{SHA}") || basic::is_right(&again, &name, &password));
        }
    }
    if let Some(numbers) = data.first_chunk::<24>() {
        let number = |at: usize| i64::from_le_bytes(std::array::from_fn(|byte| numbers[8 * at + byte]));
        let size = number(2).unsigned_abs();
        let tail = Tail::of(number(0), number(1), size);
        assert!(tail.from + tail.length == size);
        if let Ok(part) = Part::of(number(0), number(1)) {
            let (from, length) = part.within(size);
            assert!(length <= size && (length == 0 || from + length <= size));
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Method::of(text);
    let named = Named::parse(text);
    assert!(named.process.is_none() || text.starts_with(&named.group));
    if let Ok(found) = servers::parse(text) {
        assert_eq!(servers::parse(&servers::text(&found)), Ok(found));
    }
    let _ = sheet::Sheet::parse(text);
});
