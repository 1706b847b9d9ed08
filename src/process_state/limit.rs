//! Resource limits: only the soft one is ever set, and never above the hard one.

/// What can be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Bytes of address space.
    AddressSpace,
    /// Bytes of a memory image left on a crash.
    Core,
    /// Seconds on a processor.
    CpuTime,
    /// Bytes of data segment.
    Data,
    /// Bytes of a file that is written.
    FileSize,
    /// Bytes that may be locked into memory.
    LockedMemory,
    /// Open files.
    OpenFiles,
    /// Processes of the user.
    Processes,
    /// Bytes of resident memory (the kernel takes it and does nothing with it).
    Resident,
    /// Bytes of stack.
    Stack,
}

/// What `-m` sets at once.
pub const MEMORY: [Resource; 4] = [Resource::Data, Resource::Stack, Resource::LockedMemory, Resource::AddressSpace];

/// What to set a soft limit to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// This, or the hard limit where that is lower.
    Upto(u64),
    /// The hard limit.
    Hard,
}

/// No limit, in the kernel's numbers.
pub const UNLIMITED: u64 = u64::MAX;

impl Amount {
    /// `chpst`'s numbers: nothing but digits, and 0 without any.
    pub fn parse(text: &[u8]) -> Option<Amount> {
        let digits = text.iter().all(u8::is_ascii_digit);
        digits.then(|| {
            Amount::Upto(text.iter().fold(0, |n: u64, d| n.saturating_mul(10).saturating_add((d - b'0').into())))
        })
    }

    /// `softlimit`'s: `=` besides.
    pub fn parse_or_hard(text: &[u8]) -> Option<Amount> {
        if text == b"=" { Some(Amount::Hard) } else { Amount::parse(text) }
    }

    /// The soft limit to set where this is the hard one.
    pub fn soft(self, hard: u64) -> u64 {
        match self {
            Amount::Upto(amount) => amount.min(hard),
            Amount::Hard => hard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::string::ToString;

    #[test]
    fn digits_and_nothing_else() {
        assert_eq!(Amount::parse(b"64"), Some(Amount::Upto(64)));
        assert_eq!(Amount::parse(b""), Some(Amount::Upto(0)), "as in runit");
        assert_eq!(Amount::parse(b"99999999999999999999999"), Some(Amount::Upto(UNLIMITED)));
        for text in ["-5", "12x", "x", " 1", "+1", "="] {
            assert_eq!(Amount::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Amount::parse_or_hard(b"="), Some(Amount::Hard));
        assert_eq!(Amount::parse_or_hard(b"5="), None);
    }

    #[test]
    fn never_above_the_hard_limit() {
        assert_eq!(Amount::Upto(100).soft(50), 50);
        assert_eq!(Amount::Upto(100).soft(UNLIMITED), 100);
        assert_eq!(Amount::Hard.soft(70), 70);
    }

    #[test]
    fn arbitrary_text_never_panics_and_numbers_round_trip() {
        let mut source = Random::new(11);
        for _ in 0..10_000 {
            let _ = Amount::parse_or_hard(&source.bytes(b"0123456789=", 30));
            let number = source.number(u64::MAX);
            assert_eq!(Amount::parse(number.to_string().as_bytes()), Some(Amount::Upto(number)));
        }
    }
}
