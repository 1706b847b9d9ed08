//! When a file is full. The borders between files depend on the bytes alone, not on how they came: runit's rules
//! are that no file grows above `size` bytes (a line that does not fit goes on in the next file), and that a line which
//! ends within `margin` of it is the last one.

use super::search::find;

/// When to go on to the next file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a file; 0 for no limit.
    pub size: u64,
    /// How far below that a line's end makes the file full: the length to which lines are looked at.
    pub margin: u64,
}

/// What to do with the next bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The file is full: rotate first.
    Rotate,
    /// Write so many of them, and rotate after that if they end the file.
    Write {
        /// How many, at least one.
        bytes: usize,
        /// Whether they end the file.
        last: bool,
    },
}

impl Limits {
    /// The size from which on a line's end ends the file. As in the original there is none in a file that is smaller
    /// than the margin.
    fn soft(self) -> u64 {
        self.size.checked_sub(self.margin).unwrap_or(u64::MAX)
    }

    /// How many bytes can go into a file of this size unseen: wherever their lines end, the file is not full after
    /// them.
    pub fn blind(self, size: u64) -> u64 {
        if self.size == 0 {
            return u64::MAX;
        }
        let soft = self.soft().saturating_sub(1);
        soft.min(self.size).saturating_sub(size)
    }

    /// What to do with `bytes`, of which there is at least one, at a file of this size.
    pub fn next(self, size: u64, bytes: &[u8]) -> Step {
        if self.size == 0 {
            return Step::Write { bytes: bytes.len(), last: false };
        }
        if size >= self.size {
            return Step::Rotate;
        }
        let room = usize::try_from(self.size - size).unwrap_or(usize::MAX).min(bytes.len());
        // The first byte that, were it the end of a line, would end the file.
        let from = usize::try_from(self.soft().saturating_sub(size).saturating_sub(1)).unwrap_or(usize::MAX);
        match bytes.get(from..room).and_then(|window| find(b'\n', window)) {
            Some(end) => Step::Write { bytes: from + end + 1, last: true },
            None => Step::Write { bytes: room, last: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec;
    use alloc::vec::Vec;

    /// The sizes of the files that a stream makes when it comes in pieces of these lengths.
    fn files(limits: Limits, stream: &[u8], mut piece: impl FnMut() -> usize) -> Vec<u64> {
        let (mut sizes, mut size, mut rest) = (Vec::new(), 0, stream);
        while !rest.is_empty() {
            let length = piece().clamp(1, rest.len());
            let (mut bytes, later) = rest.split_at(length);
            rest = later;
            while !bytes.is_empty() {
                match limits.next(size, bytes) {
                    Step::Rotate => sizes.push(core::mem::take(&mut size)),
                    Step::Write { bytes: n, last } => {
                        assert!(n > 0);
                        size += n as u64;
                        bytes = &bytes[n..];
                        if last {
                            sizes.push(core::mem::take(&mut size));
                        }
                    }
                }
            }
        }
        sizes.push(size);
        sizes
    }

    #[test]
    fn a_file_ends_with_a_line_near_its_size() {
        let limits = Limits { size: 20, margin: 5 };
        assert_eq!(files(limits, b"1234567\n1234567\n1234567\n", || 99), [16, 8]);
        assert_eq!(files(limits, b"1234567890123\n\nx\n", || 99), [15, 2], "15 is the first size that is enough");
    }

    #[test]
    fn a_long_line_goes_on_in_the_next_file() {
        // As traced with the original: s20 -l5.
        let limits = Limits { size: 20, margin: 5 };
        assert_eq!(files(limits, b"01234567891\n01234567892\n01234567893\n01234567894\n", || 12), [20, 16, 12]);
        assert_eq!(files(limits, &[b'x'; 50], || 7), [20, 20, 10]);
    }

    #[test]
    fn a_file_smaller_than_the_margin_is_filled() {
        assert_eq!(files(Limits { size: 10, margin: 1000 }, b"a\nb\nc\nd\ne\nf\n", || 2), [10, 2]);
        assert_eq!(files(Limits { size: 0, margin: 1000 }, &[b'\n'; 5000], || 100), [5000]);
    }

    #[test]
    fn how_the_bytes_come_makes_no_difference() {
        let mut random = Random::new(3);
        for _ in 0..300 {
            let limits = Limits { size: random.below(60) as u64, margin: random.below(30) as u64 };
            let stream: Vec<u8> =
                (0..random.below(400)).map(|_| if random.below(9) == 0 { b'\n' } else { b'x' }).collect();
            let at_once = files(limits, &stream, || usize::MAX);
            assert_eq!(files(limits, &stream, || 1), at_once, "{limits:?}");
            assert_eq!(files(limits, &stream, || 1 + random.below(20)), at_once, "{limits:?}");
            assert_eq!(at_once.iter().sum::<u64>(), stream.len() as u64);
        }
    }

    #[test]
    fn what_is_written_unseen_never_ends_a_file() {
        let mut random = Random::new(4);
        for _ in 0..1000 {
            let limits = Limits { size: 1 + random.below(60) as u64, margin: random.below(80) as u64 };
            let size = random.below(70) as u64;
            let blind = usize::try_from(limits.blind(size)).unwrap();
            if blind > 0 {
                assert_eq!(
                    limits.next(size, &vec![b'\n'; blind]),
                    Step::Write { bytes: blind, last: false },
                    "{limits:?} {size}"
                );
            }
        }
        assert_eq!(Limits { size: 0, margin: 5 }.blind(7), u64::MAX);
        assert_eq!(Limits { size: 1_000_000, margin: 1000 }.blind(0), 998_999);
    }
}
