//! Time as an argument. A deadline is a `Moment` on a clock that nobody can set; a time to show or to store is a
//! label. Whoever decides something is handed both as `Now`, read once a turn.
#![forbid(unsafe_code)]

use crate::tai64::Label;
use core::time::Duration;

/// A point on the monotonic clock: how long after its arbitrary start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub Duration);

impl Moment {
    /// How long after `earlier` this is; nothing if it is not after.
    pub fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl core::ops::Add<Duration> for Moment {
    type Output = Moment;
    fn add(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(span))
    }
}

/// Both clocks at one point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Now {
    /// For deadlines and spans.
    pub moment: Moment,
    /// For status files and people.
    pub label: Label,
}
