//! The files that s6 has for a value: the first line counts, and what it does not say is as if it were not there.

use super::Parsed;
use super::line::{Words, Wrong};
use super::ready::DESCRIPTORS;
use crate::signal::Signal;
use alloc::vec::Vec;
use core::time::Duration;

/// `notification-fd` and `lock-fd`: the number of a descriptor.
pub fn descriptor(text: &[u8]) -> Parsed<Option<u32>> {
    first(text, |words| words.number(DESCRIPTORS).map(Some))
}

/// `down-signal` and `reload-signal`: a name or a number.
pub fn signal(text: &[u8]) -> Parsed<Option<Signal>> {
    first(text, |words| words.signal().map(Some))
}

/// `timeout-kill` and `timeout-finish`: milliseconds, and 0 is never.
pub fn timeout(text: &[u8]) -> Parsed<Option<Duration>> {
    first(text, |words| {
        let millis = words.number(0..=u32::MAX)?;
        Ok((millis > 0).then(|| Duration::from_millis(millis.into())))
    })
}

fn first<T>(text: &[u8], read: fn(&mut Words<'_>) -> Result<Option<T>, Wrong>) -> Parsed<Option<T>> {
    let mut words = Words::new(1, text.split(|byte| *byte == b'\n').next().unwrap_or_default());
    match read(&mut words).and_then(|value| words.end().map(|()| value)) {
        Ok(value) => Parsed { value, mistakes: Vec::new() },
        Err(wrong) => Parsed { value: None, mistakes: Vec::from([wrong.at(1)]) },
    }
}

#[cfg(test)]
mod tests {
    use super::super::mistakes;
    use super::*;

    #[test]
    fn the_first_line_counts() {
        assert_eq!(descriptor(b"3\n").value, Some(3));
        assert_eq!(descriptor(b" 4 \r\nfive\n"), Parsed { value: Some(4), mistakes: Vec::new() });
        assert_eq!(signal(b"SIGQUIT\n").value, Some(Signal::QUIT));
        assert_eq!(signal(b"12").value, Some(Signal::USR2));
        assert_eq!(timeout(b"2500\n").value, Some(Duration::from_millis(2500)));
        assert_eq!(timeout(b"0\n"), Parsed { value: None, mistakes: Vec::new() });
    }

    #[test]
    fn what_is_malformed_is_named_and_ignored() {
        for text in ["", "0", "three", "3 4", "\n3", "-1", "# 3", "99999999999"] {
            let parsed = descriptor(text.as_bytes());
            assert_eq!((parsed.value, parsed.mistakes.len()), (None, 1), "{text}");
        }
        assert_eq!(mistakes(&timeout(b"10s")), ["line 1: 10s: expected a number from 0 to 4294967295"]);
        assert_eq!(mistakes(&signal(b"NOPE")), ["line 1: NOPE: expected a signal such as TERM"]);
    }
}
