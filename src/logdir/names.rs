//! The names of old files, and which of them go.

use crate::tai64::Label;
use alloc::vec::Vec;

/// What an old file is, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `.s`: done with.
    Safe,
    /// `.u`: not processed, or not closed by us.
    Unprocessed,
    /// `.t`: what a processor was writing.
    Temporary,
    /// Of some other tool; counted like ours, as the original does.
    Other,
}

/// The length of `@`, 24 digits, a dot and a letter.
const LENGTH: usize = 27;

/// What a name of an old file says; nothing if it is none.
pub fn kind(name: &[u8]) -> Option<Kind> {
    if name.len() != LENGTH || name.first() != Some(&b'@') {
        return None;
    }
    Some(match name.last() {
        Some(b's') => Kind::Safe,
        Some(b'u') => Kind::Unprocessed,
        Some(b't') => Kind::Temporary,
        _ => Kind::Other,
    })
}

/// The name of a file that is rotated now.
pub fn old(label: Label, kind: Kind) -> [u8; LENGTH] {
    let mut name = [b'.'; LENGTH];
    if let Some(text) = name.first_chunk_mut() {
        *text = label.text();
    }
    if let Some(last) = name.last_mut() {
        *last = match kind {
            Kind::Unprocessed => b'u',
            Kind::Temporary => b't',
            Kind::Safe | Kind::Other => b's',
        };
    }
    name
}

/// The same name with another end.
pub fn with_kind(name: &[u8], kind: Kind) -> Vec<u8> {
    let letter = match kind {
        Kind::Unprocessed => b'u',
        Kind::Temporary => b't',
        Kind::Safe | Kind::Other => b's',
    };
    let mut name = name.to_vec();
    if let Some(last) = name.last_mut() {
        *last = letter;
    }
    name
}

/// The old files of a directory by kind, each list oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Old {
    /// What `n` counts.
    pub counted: Vec<Vec<u8>>,
    /// What waits for a processor or was left by a crash.
    pub unprocessed: Vec<Vec<u8>>,
    /// What processors left behind.
    pub temporary: Vec<Vec<u8>>,
}

impl Old {
    /// Sorts the names of a directory.
    pub fn of<'a>(names: impl Iterator<Item = &'a [u8]>) -> Old {
        let mut old = Old::default();
        for name in names {
            match kind(name) {
                Some(Kind::Temporary) => old.temporary.push(name.to_vec()),
                Some(Kind::Unprocessed) => old.unprocessed.push(name.to_vec()),
                Some(Kind::Safe | Kind::Other) => old.counted.push(name.to_vec()),
                None => {}
            }
        }
        for list in [&mut old.counted, &mut old.unprocessed, &mut old.temporary] {
            list.sort_unstable();
        }
        old
    }

    /// The one file that goes when `keep` are to be kept (0 keeps all). One at a time, as in the original: lowering
    /// the number does not throw away at one stroke what was kept so far.
    pub fn surplus(&self, keep: u64) -> Option<&[u8]> {
        if keep == 0 || self.counted.len() as u64 <= keep {
            return None;
        }
        self.counted.first().map(Vec::as_slice)
    }
}

/// Which files of a directory go so that it holds at most `cap` bytes: the oldest first, all that is needed. `sizes`
/// are those of the old files, oldest first; `current` counts but never goes.
pub fn over_cap(cap: u64, current: u64, sizes: &[u64]) -> usize {
    if cap == 0 {
        return 0;
    }
    let mut total = sizes.iter().fold(current, |sum, size| sum.saturating_add(*size));
    sizes
        .iter()
        .take_while(|size| {
            let over = total > cap;
            total = total.saturating_sub(**size);
            over
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &[u8; 25] = b"@400000006b003fd03a9ee3ac";

    #[test]
    fn names_say_what_they_are() {
        let label = Label::parse(NAME).unwrap();
        assert_eq!(&old(label, Kind::Safe), b"@400000006b003fd03a9ee3ac.s");
        assert_eq!(kind(&old(label, Kind::Unprocessed)), Some(Kind::Unprocessed));
        assert_eq!(with_kind(&old(label, Kind::Unprocessed), Kind::Temporary), b"@400000006b003fd03a9ee3ac.t");
        assert_eq!(kind(b"@400000006b003fd03a9ee3ac"), None);
        assert_eq!(kind(b"current"), None);
        assert_eq!(kind(b"@xxxxxxxxxxxxxxxxxxxxxxxxxx"), Some(Kind::Other), "the original looks no closer");
    }

    fn named(seconds: &[i64], kind: Kind) -> Vec<[u8; LENGTH]> {
        seconds.iter().map(|unix| old(Label { unix: *unix, nanos: 0 }, kind)).collect()
    }

    #[test]
    fn one_goes_at_a_time_and_unprocessed_ones_are_not_counted() {
        let mut names = named(&[3, 1, 2], Kind::Safe);
        names.extend(named(&[0, 4], Kind::Unprocessed));
        let old = Old::of(names.iter().map(|name| &name[..]));
        assert_eq!(old.surplus(2), Some(&named(&[1], Kind::Safe)[0][..]));
        assert_eq!(old.surplus(1), Some(&named(&[1], Kind::Safe)[0][..]));
        assert_eq!(old.surplus(3), None);
        assert_eq!(old.surplus(0), None);
        assert_eq!(old.unprocessed.len(), 2);
    }

    #[test]
    fn a_cap_takes_as_many_as_it_needs() {
        assert_eq!(over_cap(0, 100, &[50, 50]), 0);
        assert_eq!(over_cap(200, 100, &[50, 50]), 0);
        assert_eq!(over_cap(199, 100, &[50, 50]), 1);
        assert_eq!(over_cap(100, 100, &[50, 50]), 2);
        assert_eq!(over_cap(10, 100, &[50, 50]), 2);
    }
}
