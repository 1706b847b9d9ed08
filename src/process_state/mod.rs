//! The state of a process that `chpst` changes, as words and decisions: who it runs as, what it may use, what it sees.
//! Everything here is parsing and ordering; the calls are in `sys`, the looking up in `chpst`.
#![forbid(unsafe_code)]

pub mod account;
pub mod capability;
pub mod change;
pub mod cpus;
pub mod directory;
pub mod env_dir;
pub mod env_file;
pub mod environment;
pub mod limit;
pub mod priority;
pub mod search;

/// A source of the same arbitrary numbers in every run, for the tests of the parsers.
#[cfg(test)]
pub(crate) mod arbitrary {
    use alloc::vec::Vec;

    pub(crate) struct Source(pub(crate) u64);

    impl Source {
        pub(crate) fn number(&mut self, below: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % below
        }

        /// Bytes of which most come from `likely`, so that they look like the real thing.
        pub(crate) fn bytes(&mut self, likely: &[u8], longest: u64) -> Vec<u8> {
            let length = self.number(longest + 1);
            (0..length)
                .map(|_| match self.number(8) {
                    0 => self.number(256) as u8,
                    _ => likely[self.number(likely.len() as u64) as usize],
                })
                .collect()
        }
    }
}
