//! Pseudo-random numbers for tests: the same ones everywhere and in every run.
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::vec::Vec;

/// A xorshift generator.
pub struct Random(u64);

impl Random {
    /// The sequence that this seed begins.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    /// The same for numbers that are no lengths.
    pub fn number(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Bytes of which most come from `likely`, so that they look like the real thing.
    pub fn bytes(&mut self, likely: &[u8], longest: usize) -> Vec<u8> {
        let length = self.below(longest + 1);
        (0..length)
            .map(|_| match self.below(8) {
                0 => self.below(256) as u8,
                _ => likely[self.below(likely.len())],
            })
            .collect()
    }
}
