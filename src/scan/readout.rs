//! The text that the process title shows: what services last wrote to standard error, newest at the end. The first
//! five characters are a label and stay; the rest moves left by one for each byte that comes. Dots push old text out.

use alloc::vec::Vec;

/// How many characters at the start are never moved; by custom they are `log: `.
const LABEL: usize = 5;

/// The shortest text: a label and something to move.
pub const LEAST: usize = 7;

/// A text of constant length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readout(Vec<u8>);

impl Readout {
    /// The text to begin with, and one dot; nothing where it is too short to show anything.
    pub fn new(initial: &[u8]) -> Option<Readout> {
        let mut readout = (initial.len() >= LEAST).then(|| Readout(initial.to_vec()))?;
        readout.push(b".");
        Some(readout)
    }

    /// A text that was shown before.
    pub fn of(text: Vec<u8>) -> Option<Readout> {
        (text.len() >= LEAST).then_some(Readout(text))
    }

    /// Moves bytes in at the end. A NUL would end the text for whoever shows it, and is dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        let moved = &mut self.0[LABEL..];
        let kept = bytes.iter().rev().filter(|byte| **byte != 0).take(moved.len()).count();
        moved.rotate_left(kept);
        let fresh = moved.iter_mut().rev().take(kept);
        fresh.zip(bytes.iter().rev().filter(|byte| **byte != 0)).for_each(|(slot, byte)| *slot = *byte);
    }

    /// Whether nothing but dots is shown.
    pub fn is_blank(&self) -> bool {
        self.0[LABEL..].iter().all(|byte| *byte == b'.')
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_stays_and_the_rest_moves() {
        let mut readout = Readout::new(b"log: abcdef").unwrap();
        assert_eq!(readout.text(), b"log: bcdef.");
        readout.push(b"xy\0z\n");
        assert_eq!(readout.text(), b"log: f.xyz\n");
        assert_eq!(readout.text().len(), 11);
    }

    #[test]
    fn more_than_fits_leaves_its_end() {
        let mut readout = Readout::new(b"log: ......").unwrap();
        let mut long = [b'a'; 5000].to_vec();
        long.extend_from_slice(b"the end");
        readout.push(&long);
        assert_eq!(readout.text(), b"log: he end");
        let mut nuls = [0; 100].to_vec();
        nuls.extend_from_slice(b"ab");
        nuls.extend_from_slice(&[0; 100]);
        readout.push(&nuls);
        assert_eq!(readout.text(), b"log:  endab", "what is dropped pushes nothing out");
    }

    #[test]
    fn dots_expire_it() {
        let mut readout = Readout::new(b"log: ....").unwrap();
        assert!(readout.is_blank());
        readout.push(b"e");
        for _ in 0..4 {
            assert!(!readout.is_blank());
            readout.push(b".");
        }
        assert!(readout.is_blank());
    }

    #[test]
    fn too_short_is_none() {
        assert_eq!(Readout::new(b"log: ."), None);
        assert!(Readout::new(b"log: ..").is_some());
    }
}
