//! Who asks: names and passwords as browsers and clients send them.

use super::{base64, sha1};
use alloc::string::String;
use alloc::vec::Vec;

/// What begins a password of which only the digest is known.
const DIGEST: &str = "{SHA}";

/// What a header `Authorization` says: a name and a password, as bytes.
pub fn credentials(header: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let text = core::str::from_utf8(header).ok()?;
    let (scheme, encoded) = text.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::decode(encoded)?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (name, password) = decoded.split_at(colon);
    Some((name.into(), password.get(1..).unwrap_or_default().into()))
}

/// Whether a name and a password are those that are wanted. How long that takes tells only how long the right ones are.
pub fn is_right(given: &(Vec<u8>, Vec<u8>), name: &str, password: &str) -> bool {
    let (given_name, given_password) = given;
    let right_name = is_same(given_name, name.as_bytes());
    let right_password = match password.strip_prefix(DIGEST) {
        Some(digest) => is_same(sha1::hexadecimal(given_password).as_bytes(), lower(digest).as_bytes()),
        None => is_same(given_password, password.as_bytes()),
    };
    right_name & right_password
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Compares every byte, whatever the first ones were.
fn is_same(given: &[u8], wanted: &[u8]) -> bool {
    let mut difference = u8::from(given.len() != wanted.len());
    for (at, byte) in wanted.iter().enumerate() {
        difference |= core::hint::black_box(byte ^ given.get(at).copied().unwrap_or(!byte));
    }
    core::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::encode::basic;

    #[test]
    fn what_is_written_is_read() {
        for (name, password) in [("Aladdin", "open sesame"), ("", ""), ("a", ":b:"), ("é", "ü")] {
            let header = basic(name, password);
            let given = credentials(header.as_bytes()).unwrap();
            assert_eq!(given, (name.as_bytes().to_vec(), password.as_bytes().to_vec()));
            assert!(is_right(&given, name, password));
        }
        assert!(credentials(b"bAsIc  Og==").is_some());
        for header in ["", "Basic", "Basic !", "Bearer Og==", "Basic eA==", "Basic O"] {
            assert_eq!(credentials(header.as_bytes()), None, "{header}");
        }
        assert_eq!(credentials(b"Basic \xff"), None);
    }

    #[test]
    fn only_the_right_ones_are_right() {
        let given = |name: &str, password: &str| (Vec::from(name), Vec::from(password));
        for (name, password) in [("u", "q"), ("v", "p"), ("u", ""), ("", "p"), ("u", "pp"), ("uu", "p"), ("", "")] {
            assert!(!is_right(&given(name, password), "u", "p"), "{name}:{password}");
        }
        let digest = "{SHA}a9993e364706816aba3e25717850c26c9cd0d89d";
        assert!(is_right(&given("u", "abc"), "u", digest));
        assert!(!is_right(&given("u", "abd"), "u", digest));
        assert!(!is_right(&given("u", digest), "u", digest), "the digest is no password");
        assert!(!is_right(&given("u", ""), "u", "{SHA}"));
    }
}
