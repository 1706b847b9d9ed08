//! Lines, cut out of a stream that comes in pieces of any size, in constant memory: a line may be as long as it likes.
//!
//! Of each line the first `limit` bytes are its *head*: that is what patterns see, what is replaced, what is sent over
//! the network. What follows goes to the file as it is. Where nobody needs heads whole, what has come of a line is
//! handed on at once, so that nothing that has left the pipe waits in memory.

use super::search::find;

/// Cuts a stream into pieces of lines.
#[derive(Clone, Debug)]
pub struct Cutter {
    limit: usize,
    whole: bool,
    /// How many bytes of the line in hand have been handed on, if it has begun.
    open: Option<usize>,
}

/// A piece of a line, perhaps all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Whether the line begins here.
    pub begins: bool,
    /// What belongs to the line's head.
    pub head: &'a [u8],
    /// What follows the head.
    pub rest: &'a [u8],
    /// Whether the line ends here.
    pub ends: bool,
}

/// Whether more may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// The stream goes on.
    Comes,
    /// The stream has ended: the line in hand ends too.
    Ended,
}

impl Cutter {
    /// Heads of `limit` bytes (at least one); `whole` if they must come in one piece.
    pub fn new(limit: usize, whole: bool) -> Cutter {
        Cutter { limit: limit.max(1), whole, open: None }
    }

    /// Changes whether heads must come in one piece, from the next line on.
    pub fn set_whole(&mut self, whole: bool) {
        self.whole = whole;
    }

    /// Whether a line has begun and not ended. Bytes that `next` would not take are not counted.
    pub fn in_line(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the next piece off the front of `bytes`. None: what is left there must wait for more.
    #[inline]
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8], more: More) -> Option<Piece<'a>> {
        let all: &'a [u8] = bytes;
        if all.is_empty() {
            return self.finish(more);
        }
        let (line, left, ends) = match find(b'\n', all) {
            Some(end) => (all.get(..end)?, all.get(end + 1..)?, true),
            None => (all, &all[..0], more == More::Ended),
        };
        let begins = self.open.is_none();
        let seen = self.open.unwrap_or(0);
        if !ends && self.whole && seen.saturating_add(line.len()) < self.limit {
            return None;
        }
        *bytes = left;
        self.open = (!ends).then(|| seen.saturating_add(line.len()));
        let (head, rest) = line.split_at(self.limit.saturating_sub(seen).min(line.len()));
        Some(Piece { begins, head, rest, ends })
    }

    /// The end of a line that ended with the stream.
    fn finish<'a>(&mut self, more: More) -> Option<Piece<'a>> {
        if more == More::Comes || self.open.take().is_none() {
            return None;
        }
        Some(Piece { begins: false, head: &[], rest: &[], ends: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec::Vec;

    /// Lines as (head, rest), from a stream in pieces of these lengths; what must wait is kept, as a buffer does.
    fn lines(cutter: &mut Cutter, stream: &[u8], mut length: impl FnMut() -> usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (mut lines, mut kept, mut rest) = (Vec::new(), Vec::new(), stream);
        loop {
            let more = if rest.is_empty() { More::Ended } else { More::Comes };
            let (piece, later) = rest.split_at(length().clamp(1, rest.len().max(1)).min(rest.len()));
            rest = later;
            kept.extend_from_slice(piece);
            let mut bytes = &kept[..];
            while let Some(piece) = cutter.next(&mut bytes, more) {
                if piece.begins {
                    lines.push((Vec::new(), Vec::new()));
                }
                let line = lines.last_mut().unwrap();
                assert!(line.1.is_empty() || piece.head.is_empty(), "no head after the rest");
                line.0.extend_from_slice(piece.head);
                line.1.extend_from_slice(piece.rest);
                assert_eq!(piece.ends, !cutter.in_line());
            }
            kept = bytes.to_vec();
            assert!(kept.len() <= 1000, "what waits is bounded by the head");
            if more == More::Ended {
                assert!(kept.is_empty());
                return lines;
            }
        }
    }

    #[test]
    fn a_whole_head_waits_and_a_long_line_does_not() {
        let mut cutter = Cutter::new(5, true);
        let mut bytes = &b"abc"[..];
        assert_eq!(cutter.next(&mut bytes, More::Comes), None);
        bytes = b"abcdef";
        let piece = cutter.next(&mut bytes, More::Comes);
        assert_eq!(piece, Some(Piece { begins: true, head: b"abcde", rest: b"f", ends: false }));
        bytes = b"gh\nx";
        let piece = cutter.next(&mut bytes, More::Comes);
        assert_eq!(piece, Some(Piece { begins: false, head: b"", rest: b"gh", ends: true }));
        assert_eq!((cutter.next(&mut bytes, More::Comes), bytes), (None, &b"x"[..]));
        let piece = cutter.next(&mut bytes, More::Ended);
        assert_eq!(piece, Some(Piece { begins: true, head: b"x", rest: b"", ends: true }));
    }

    #[test]
    fn what_need_not_wait_is_handed_on() {
        let mut cutter = Cutter::new(5, false);
        let mut bytes = &b"abc"[..];
        let piece = cutter.next(&mut bytes, More::Comes);
        assert_eq!(piece, Some(Piece { begins: true, head: b"abc", rest: b"", ends: false }));
        bytes = b"defg\n";
        let piece = cutter.next(&mut bytes, More::Comes);
        assert_eq!(piece, Some(Piece { begins: false, head: b"de", rest: b"fg", ends: true }));
    }

    #[test]
    fn empty_lines_are_lines_and_the_end_of_the_stream_ends_one() {
        let found = lines(&mut Cutter::new(9, true), b"\n\na\n\nb", || 1);
        let heads: Vec<_> = found.iter().map(|line| &line.0[..]).collect();
        assert_eq!(heads, [&b""[..], b"", b"a", b"", b"b"]);
        assert!(lines(&mut Cutter::new(9, false), b"", || 1).is_empty());
    }

    #[test]
    fn how_the_bytes_come_makes_no_difference() {
        let mut random = Random::new(5);
        for round in 0..2000 {
            let stream: Vec<u8> =
                (0..random.below(60)).map(|_| [b'\n', b'a', b'b', 0, 0xff][random.below(5)]).collect();
            let limit = 1 + random.below(12);
            let cutter = Cutter::new(limit, round % 2 == 0);
            let wanted: Vec<(Vec<u8>, Vec<u8>)> = {
                let mut lines: Vec<_> = stream.split(|b| *b == b'\n').collect();
                if lines.last().is_some_and(|last| last.is_empty()) {
                    lines.pop();
                }
                lines.iter().map(|l| (l[..l.len().min(limit)].to_vec(), l[l.len().min(limit)..].to_vec())).collect()
            };
            assert_eq!(lines(&mut cutter.clone(), &stream, || 1 + random.below(9)), wanted, "{stream:?}");
        }
    }
}
