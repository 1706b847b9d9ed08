//! How often it has failed, and what that means for the next start.

use crate::handover::pack::packed_struct;
use crate::moment::{Moment, Now};
use crate::service::policy::{Delay, Growth, Restart};
use alloc::collections::VecDeque;
use core::time::Duration;

/// Failures, as far as the policy asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct History {
    /// In a row.
    failures: u32,
    /// When the last ones were; no more than `give-up` counts.
    recent: VecDeque<Moment>,
}

packed_struct!(History { 1 failures, 2 recent });

impl History {
    /// How many failures there were in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// So many failures in a row are known of; when they were is not.
    pub(super) fn recall(&mut self, failures: u32) {
        self.failures = failures;
    }

    /// The failure that is noted next was once too often, as somebody knows who has seen when the others were.
    pub(super) fn was_enough(&mut self, now: Moment, policy: &Restart) {
        let before = policy.give_up.map_or(0, |give_up| give_up.failures.saturating_sub(1));
        self.recent = (0..before).map(|_| now).collect();
        self.failures = self.failures.max(before);
    }

    /// A run that has ended, and how long it lasted.
    pub(super) fn note(&mut self, now: Moment, lasted: Duration, failed: bool, policy: &Restart) {
        if !failed || lasted >= policy.healthy {
            self.failures = 0;
        }
        if !failed {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if let Some(give_up) = policy.give_up.filter(|give_up| give_up.within.is_some()) {
            self.recent.push_back(now);
            while self.recent.len() > give_up.failures as usize {
                self.recent.pop_front();
            }
        }
    }

    /// Whether that was once too often.
    pub(super) fn is_enough(&self, now: Moment, policy: &Restart) -> bool {
        let Some(give_up) = policy.give_up else { return false };
        match give_up.within {
            None => self.failures >= give_up.failures,
            Some(span) => {
                let count = self.recent.iter().filter(|moment| now.since(**moment) <= span).count();
                count >= give_up.failures as usize
            }
        }
    }

    /// From now on it is as if it had never failed.
    pub(super) fn forget(&mut self) {
        *self = History::default();
    }

    /// How long to wait before the next start.
    pub(super) fn delay(&self, now: Now, delay: Delay, policy: &Restart) -> Duration {
        let steps = self.failures.saturating_sub(1);
        let grown = match delay.growth {
            Growth::None => delay.first,
            Growth::Step(step) => delay.first.saturating_add(step.saturating_mul(steps)),
            Growth::Factor(hundredths) => multiplied(delay.first, hundredths, steps, policy.max),
        };
        jittered(policy.max.map_or(grown, |max| grown.min(max)), policy.jitter, now)
    }

    /// Counts no further than this.
    #[cfg(test)]
    pub(super) fn at_most(&mut self, failures: u32) {
        self.failures = self.failures.min(failures);
    }

    /// Moves every moment that it remembers.
    #[cfg(test)]
    pub(super) fn shift(&mut self, earlier: &dyn Fn(Moment) -> Moment) {
        self.recent.iter_mut().for_each(|moment| *moment = earlier(*moment));
    }
}

/// No delay grows beyond this, whatever its factor: after that a person has looked at it.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

fn multiplied(first: Duration, hundredths: u32, steps: u32, max: Option<Duration>) -> Duration {
    let max = max.unwrap_or(LONGEST).max(first);
    let mut delay = first;
    for _ in 0..steps {
        let next = delay.saturating_mul(hundredths) / 100;
        if delay >= max || next == delay {
            break; // it grows no more, however many failures there were
        }
        delay = next;
    }
    delay.min(max)
}

/// Differs by so many percent either way. The clock's microseconds are arbitrary enough to keep services that failed
/// together from starting together.
fn jittered(delay: Duration, percent: u8, now: Now) -> Duration {
    let spread = delay.saturating_mul(percent.into()) / 100;
    let arbitrary = now.label.nanos / 1000 % 1000;
    delay.saturating_sub(spread).saturating_add(spread.saturating_mul(2 * arbitrary) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::policy::GiveUp;
    use crate::tai64::Label;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn failed(times: u32, policy: &Restart) -> History {
        let mut history = History::default();
        for n in 0..times {
            history.note(Moment(seconds(n.into())), seconds(1), true, policy);
        }
        history
    }

    fn delays(growth: Growth, max: Option<Duration>) -> [u64; 5] {
        let delay = Delay { first: seconds(1), growth };
        let policy = Restart { delay: Some(delay), max, ..Restart::default() };
        let now = Now { moment: Moment(seconds(0)), label: Label { unix: 0, nanos: 0 } };
        [1, 2, 3, 4, 5].map(|times| failed(times, &policy).delay(now, delay, &policy).as_secs())
    }

    #[test]
    fn delays_grow() {
        assert_eq!(delays(Growth::None, None), [1, 1, 1, 1, 1]);
        assert_eq!(delays(Growth::Step(seconds(2)), None), [1, 3, 5, 7, 9]);
        assert_eq!(delays(Growth::Factor(200), Some(seconds(10))), [1, 2, 4, 8, 10]);
    }

    #[test]
    fn no_factor_grows_for_ever() {
        let delay = Delay { first: seconds(1), growth: Growth::Factor(u32::MAX) };
        assert!(multiplied(delay.first, u32::MAX, u32::MAX, None) <= LONGEST);
        assert_eq!(multiplied(Duration::ZERO, 200, u32::MAX, None), Duration::ZERO);
        assert_eq!(multiplied(seconds(1), 99, u32::MAX, None), Duration::ZERO);
    }

    #[test]
    fn jitter_stays_within_its_percents() {
        for micros in [0, 1, 499, 999] {
            let label = Label { unix: 0, nanos: micros * 1000 };
            let delay = jittered(seconds(100), 20, Now { moment: Moment(seconds(0)), label });
            assert!((80..=120).contains(&delay.as_secs()), "{delay:?}");
        }
    }

    #[test]
    fn a_good_run_starts_the_count_again() {
        let policy = Restart::default();
        let mut history = failed(4, &policy);
        history.note(Moment(seconds(100)), policy.healthy, true, &policy);
        assert_eq!(history.failures(), 1, "a failure, but the first after a good run");
        history.note(Moment(seconds(101)), seconds(1), false, &policy);
        assert_eq!(history.failures(), 0);
    }

    #[test]
    fn enough_in_a_row_or_within_a_time() {
        let row = Restart { give_up: Some(GiveUp { failures: 3, within: None }), ..Restart::default() };
        let at = |n| Moment(seconds(n));
        assert!(!failed(2, &row).is_enough(at(2), &row));
        assert!(failed(3, &row).is_enough(at(3), &row));
        let within = Restart { give_up: Some(GiveUp { failures: 3, within: Some(seconds(60)) }), ..Restart::default() };
        assert!(failed(3, &within).is_enough(at(60), &within));
        assert!(!failed(3, &within).is_enough(at(61), &within), "the first of them is too long ago");
    }
}
