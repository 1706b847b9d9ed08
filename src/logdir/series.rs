//! Which files a log is made of, and in which order they are to be read: the other end of `names`.

use super::names::{Kind, kind};
use crate::tai64::Label;
use alloc::vec::Vec;

/// How the files of a log are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Series {
    /// `current`, and before it names that are the time at which a file became old.
    Labels,
    /// This name, and before it the same name with a number: 1 is the youngest.
    Numbers(Vec<u8>),
}

/// What a file of a log is. The order is that of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An old file: its label.
    Label([u8; 25]),
    /// An old file: its number, of which the highest is the oldest.
    Number(core::cmp::Reverse<u64>),
    /// What is being written.
    Current,
}

impl Place {
    /// When an old file was left, by its name.
    pub fn label(self) -> Option<Label> {
        match self {
            Place::Label(text) => Label::parse(&text),
            Place::Number(_) | Place::Current => None,
        }
    }
}

impl Series {
    /// The name of what is being written.
    pub fn current(&self) -> &[u8] {
        match self {
            Series::Labels => b"current",
            Series::Numbers(base) => base,
        }
    }

    /// What a name is of this log. What a processor is writing is not yet anything.
    pub fn place(&self, name: &[u8]) -> Option<Place> {
        if name == self.current() {
            return Some(Place::Current);
        }
        match self {
            Series::Labels => match kind(name)? {
                Kind::Temporary => None,
                Kind::Safe | Kind::Unprocessed | Kind::Other => name.first_chunk().copied().map(Place::Label),
            },
            Series::Numbers(base) => {
                let digits = name.strip_prefix(base.as_slice())?.strip_prefix(b".")?;
                let number = core::str::from_utf8(digits).ok()?.parse().ok()?;
                Some(Place::Number(core::cmp::Reverse(number)))
            }
        }
    }

    /// The files among these names in the order of reading. Of one that a processor has just been through, the one
    /// that it was made of is taken: that is what the service wrote.
    pub fn order(&self, names: impl Iterator<Item = Vec<u8>>) -> Vec<(Place, Vec<u8>)> {
        let mut files: Vec<_> = names.filter_map(|name| self.place(&name).map(|place| (place, name))).collect();
        files.sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| other.1.cmp(&one.1)));
        files.dedup_by(|later, earlier| later.0 == earlier.0);
        files
    }
}

/// The file before this one.
pub fn before(files: &[(Place, Vec<u8>)], place: Place) -> Option<&(Place, Vec<u8>)> {
    files.iter().rev().find(|file| file.0 < place)
}

/// The file after this one.
pub fn after(files: &[(Place, Vec<u8>)], place: Place) -> Option<&(Place, Vec<u8>)> {
    files.iter().find(|file| file.0 > place)
}

/// Looks for the begin of the last lines of a file, block by block from its end.
#[derive(Clone, Copy, Debug)]
pub struct Last {
    left: u64,
    end: bool,
}

impl Last {
    /// So many lines. An end without a newline is a line.
    pub fn new(lines: u64) -> Last {
        Last { left: lines, end: true }
    }

    /// How many more are wanted.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Takes the block before those that were taken; where in it the first wanted line begins.
    pub fn block(&mut self, block: &[u8]) -> Option<usize> {
        if self.left == 0 {
            return Some(block.len());
        }
        for (at, byte) in block.iter().enumerate().rev() {
            // The newline that ends the file begins no line.
            if core::mem::take(&mut self.end) || *byte != b'\n' {
                continue;
            }
            self.left -= 1;
            if self.left == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    /// All of a file that is not empty has been taken, and another is before it. If that ends with a line, then a line
    /// begins here.
    pub fn whole(&mut self, line_ended_before: bool) {
        self.left = self.left.saturating_sub(line_ended_before.into());
        self.end = line_ended_before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logdir::names::old;
    use crate::random::Random;
    use alloc::vec;

    fn named(unix: i64, kind: Kind) -> Vec<u8> {
        old(Label { unix, nanos: 0 }, kind).to_vec()
    }

    fn names(files: &[(Place, Vec<u8>)]) -> Vec<Vec<u8>> {
        files.iter().map(|file| file.1.clone()).collect()
    }

    #[test]
    fn labels_in_their_order_then_what_is_written() {
        let (one, two, three) = (named(1, Kind::Safe), named(2, Kind::Unprocessed), named(3, Kind::Safe));
        let there = [
            b"current".to_vec(),
            three.clone(),
            named(2, Kind::Safe),
            b"lock".to_vec(),
            one.clone(),
            named(4, Kind::Temporary),
            two.clone(),
        ];
        let files = Series::Labels.order(there.into_iter());
        assert_eq!(names(&files), [one, two.clone(), three.clone(), b"current".to_vec()]);
        let place = Series::Labels.place(&two).unwrap();
        assert_eq!(after(&files, place).map(|file| &file.1), Some(&three));
        assert_eq!(after(&files, Place::Current), None);
        assert_eq!(before(&files, Place::Current).map(|file| &file.1), Some(&three));
        assert_eq!(place.label().map(|label| label.unix), Some(2));
    }

    #[test]
    fn numbers_from_the_highest_down() {
        let series = Series::Numbers(b"web.log".to_vec());
        let there = ["web.log", "web.log.2", "web.log.10", "web.log.1", "web.log.gz", "web.logs", "config"];
        let files = series.order(there.iter().map(|name| name.as_bytes().to_vec()));
        assert_eq!(names(&files), ["web.log.10", "web.log.2", "web.log.1", "web.log"].map(|n| n.as_bytes().to_vec()));
        let one = series.place(b"web.log.1").unwrap();
        assert_eq!(after(&files, one).map(|file| file.0), Some(Place::Current));
        assert_eq!(before(&files, one).map(|file| file.1.as_slice()), Some(&b"web.log.2"[..]));
    }

    /// The last lines of files, oldest first, read in blocks of any size.
    fn last(files: &[&[u8]], lines: u64, mut size: impl FnMut() -> usize) -> Vec<u8> {
        let mut last = Last::new(lines);
        let mut found = vec![];
        for (at, file) in files.iter().enumerate().rev() {
            let mut end = file.len();
            let mut start = None;
            while end > 0 && start.is_none() {
                let from = end.saturating_sub(size());
                start = last.block(&file[from..end]).map(|within| from + within);
                end = from;
            }
            if let Some(start) = start {
                found.insert(0, file[start..].to_vec());
                return found.concat();
            }
            found.insert(0, file.to_vec());
            if !file.is_empty() {
                let before = files[..at].iter().rev().find(|file| !file.is_empty());
                last.whole(before.is_none_or(|file| file.ends_with(b"\n")));
            }
            if last.left() == 0 {
                break;
            }
        }
        found.concat()
    }

    #[test]
    fn the_last_lines_are_found_from_the_end() {
        let whole = |files: &[&[u8]], lines| last(files, lines, || 3);
        assert_eq!(whole(&[b"a\nb\nc\n"], 2), b"b\nc\n");
        assert_eq!(whole(&[b"a\nb\nc"], 2), b"b\nc");
        assert_eq!(whole(&[b"a\nb\nc"], 9), b"a\nb\nc");
        assert_eq!(whole(&[b"a\nb\n", b"c\n"], 2), b"b\nc\n");
        assert_eq!(whole(&[b"\n\n\n"], 2), b"\n\n");
        assert_eq!(whole(&[b"", b"a\n", b""], 1), b"a\n");
    }

    #[test]
    fn blocks_of_any_size_find_the_same() {
        let mut random = Random::new(6);
        for _ in 0..2000 {
            let mut bytes: Vec<u8> = (0..random.below(40)).map(|_| [b'\n', b'x'][random.below(2)]).collect();
            bytes.push(b'\n');
            let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            let cut = random.below(bytes.len());
            let wanted = 1 + random.below(10);
            let expected = lines[lines.len().saturating_sub(wanted)..].concat();
            let (one, other) = bytes.split_at(cut);
            assert_eq!(last(&[one, other], wanted as u64, || 1 + random.below(9)), expected, "{bytes:?} {wanted}");
        }
    }
}
