//! Several logs as one, by time.

use crate::tai64::Label;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Which of several logs goes on: the one whose next line is the earliest, of equals the first. Within a log lines stay
/// in the order in which they were written, whatever their stamps say.
pub fn earliest(next: impl Iterator<Item = Option<Label>>) -> Option<usize> {
    let known = next.enumerate().filter_map(|(at, label)| label.map(|label| (label, at)));
    known.min().map(|(_, at)| at)
}

/// Lines that one service's logger has put in several places, of which each is to be shown once.
#[derive(Clone, Debug, Default)]
pub struct Twins {
    at: Option<Label>,
    /// From which place, and the line.
    shown: VecDeque<(usize, Vec<u8>)>,
}

/// The most lines of one time that are remembered.
const MOST: usize = 4096;

impl Twins {
    /// Whether this line has been seen in another place with the same time.
    pub fn is_one(&mut self, place: usize, label: Label, line: &[u8]) -> bool {
        if self.at != Some(label) {
            self.at = Some(label);
            self.shown.clear();
        }
        let twin = self.shown.iter().position(|(other, shown)| *other != place && shown == line);
        if let Some(twin) = twin {
            self.shown.remove(twin);
            return true;
        }
        if self.shown.len() == MOST {
            self.shown.pop_front();
        }
        self.shown.push_back((place, line.to_vec()));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(unix: i64) -> Label {
        Label { unix, nanos: 0 }
    }

    #[test]
    fn the_earliest_goes_first_and_of_equals_the_first() {
        let pick = |times: &[Option<i64>]| earliest(times.iter().map(|time| time.map(label)));
        assert_eq!(pick(&[Some(3), Some(1), Some(2)]), Some(1));
        assert_eq!(pick(&[None, Some(2), Some(2)]), Some(1));
        assert_eq!(pick(&[None, None]), None);
    }

    #[test]
    fn a_line_that_went_to_two_places_is_shown_once() {
        let mut twins = Twins::default();
        assert!(!twins.is_one(0, label(1), b"x"));
        assert!(!twins.is_one(0, label(1), b"x"), "the service has said it twice");
        assert!(twins.is_one(1, label(1), b"x"));
        assert!(twins.is_one(1, label(1), b"x"));
        assert!(!twins.is_one(1, label(1), b"x"), "and here a third time");
        assert!(!twins.is_one(0, label(2), b"x"));
    }
}
