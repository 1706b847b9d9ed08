//! Sets of processors.

/// The processors that a program may run on, a bit for each; as many as the C library's own set has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpus(pub [u64; 16]);

/// How many processors a set can name.
const MOST: usize = 1024;

impl Cpus {
    /// A list as `0`, `0-3,8`, or `0-14/2` (every second one), as taskset and the kernel's cpu lists have it.
    pub fn parse(list: &str) -> Option<Cpus> {
        let mut set = [0; 16];
        for word in list.split(',') {
            let (range, step) = word.split_once('/').map_or(Some((word, 1)), |(range, n)| Some((range, number(n)?)))?;
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last) = (number(first)?, number(last)?);
            if first > last || last >= MOST || step == 0 {
                return None;
            }
            for cpu in (first..=last).step_by(step) {
                *set.get_mut(cpu / 64)? |= 1 << (cpu % 64);
            }
        }
        Some(Cpus(set))
    }
}

fn number(digits: &str) -> Option<usize> {
    digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    fn low(list: &str) -> Option<u64> {
        Cpus::parse(list).map(|cpus| cpus.0[0])
    }

    #[test]
    fn numbers_ranges_and_steps() {
        assert_eq!(low("0"), Some(1));
        assert_eq!(low("0-3,8"), Some(0b1_0000_1111));
        assert_eq!(low("0-6/2"), Some(0b101_0101));
        assert_eq!(Cpus::parse("1023").map(|cpus| cpus.0[15]), Some(1 << 63));
        for list in ["", ",", "3-1", "1024", "x", "-1", "1-", "0-3/0", "+1", "0,"] {
            assert_eq!(low(list), None, "{list:?}");
        }
    }

    #[test]
    fn arbitrary_lists_never_panic_and_sets_round_trip() {
        let mut source = Random::new(17);
        for _ in 0..10_000 {
            let _ = Cpus::parse(&String::from_utf8_lossy(&source.bytes(b"0123456789-,/", 16)));
            let bits = source.number(u64::MAX).max(1);
            let numbers: Vec<String> = (0..64).filter(|n| bits >> n & 1 == 1).map(|n| n.to_string()).collect();
            assert_eq!(low(&numbers.join(",")), Some(bits));
        }
    }
}
