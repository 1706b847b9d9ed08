//! A limit of lines per second. What is above it is counted, and the count is said in the log.

use crate::moment::Moment;
use core::num::NonZeroU64;
use core::time::Duration;

/// For how long the count of lines runs.
const WINDOW: Duration = Duration::from_secs(1);

/// How many lines may pass, and how many have.
#[derive(Clone, Debug)]
pub struct Rate {
    limit: NonZeroU64,
    until: Moment,
    passed: u64,
    dropped: u64,
}

impl Rate {
    /// So many lines in each second.
    pub fn new(limit: NonZeroU64) -> Rate {
        Rate { limit, until: Moment::default(), passed: 0, dropped: 0 }
    }

    /// Tells what time it is. When a second has ended in which lines were dropped: how many.
    pub fn turn(&mut self, now: Moment) -> Option<u64> {
        if now < self.until {
            return None;
        }
        self.until = now + WINDOW;
        self.passed = 0;
        Some(core::mem::take(&mut self.dropped)).filter(|dropped| *dropped > 0)
    }

    /// Whether one more line may pass.
    pub fn admit(&mut self) -> bool {
        let yes = self.passed < self.limit.get();
        match yes {
            true => self.passed += 1,
            false => self.dropped += 1,
        }
        yes
    }

    /// When a count must be said even if nothing more comes.
    pub fn deadline(&self) -> Option<Moment> {
        (self.dropped > 0).then_some(self.until)
    }

    /// What was dropped and not yet said, at the end.
    pub fn rest(&mut self) -> Option<u64> {
        Some(core::mem::take(&mut self.dropped)).filter(|dropped| *dropped > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment(Duration::from_millis(5_000 + millis))
    }

    #[test]
    fn what_is_above_the_limit_is_counted_and_told_once() {
        let mut rate = Rate::new(NonZeroU64::new(2).unwrap());
        assert_eq!(rate.turn(at(0)), None);
        assert_eq!([(); 5].map(|()| rate.admit()), [true, true, false, false, false]);
        assert_eq!(rate.deadline(), Some(at(1000)));
        assert_eq!(rate.turn(at(999)), None);
        assert!(!rate.admit());
        assert_eq!(rate.turn(at(1000)), Some(4));
        assert_eq!(rate.deadline(), None, "asleep again");
        assert!(rate.admit());
        assert_eq!(rate.turn(at(2000)), None);
    }

    #[test]
    fn at_the_end_the_rest_is_told() {
        let mut rate = Rate::new(NonZeroU64::MIN);
        rate.turn(at(0));
        assert!(rate.admit() && !rate.admit());
        assert_eq!(rate.rest(), Some(1));
        assert_eq!(rate.rest(), None);
    }
}
