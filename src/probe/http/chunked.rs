//! A body in chunks: `SIZE[;anything]`, so many bytes, an empty line; a chunk of no size and trailers at the end.

use alloc::vec::Vec;

/// How far the chunks have been read.
#[derive(Debug, Default)]
pub struct Chunks {
    state: State,
    /// The line that is being read.
    line: Vec<u8>,
}

#[derive(Debug, Default)]
enum State {
    /// In the line with the size.
    #[default]
    Size,
    /// In the bytes; so many are left.
    Data(u64),
    /// In the end of the line after them.
    AfterData,
    /// In the lines after the last chunk.
    Trailer,
    /// Behind it all.
    Done,
}

/// These are no chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotChunked;

/// The longest line.
const LINE: usize = 8 * 1024;

impl Chunks {
    /// Takes what came and appends what is in the chunks; whether that is all.
    pub fn feed(&mut self, bytes: &[u8], body: &mut Vec<u8>) -> Result<bool, NotChunked> {
        let mut rest = bytes;
        while !rest.is_empty() && !matches!(self.state, State::Done) {
            if let State::Data(left) = &mut self.state {
                let most = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                let (data, after) = rest.split_at(most);
                body.extend_from_slice(data);
                rest = after;
                *left = left.saturating_sub(data.len() as u64);
                if *left == 0 {
                    self.state = State::AfterData;
                }
            } else {
                rest = self.line(rest)?;
            }
        }
        Ok(matches!(self.state, State::Done))
    }

    /// Takes bytes up to the end of a line; what is left.
    fn line<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], NotChunked> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (part, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
        self.line.extend_from_slice(part);
        if self.line.len() > LINE {
            return Err(NotChunked);
        }
        if end.is_some() {
            let line = core::mem::take(&mut self.line);
            self.state = self.after(line.trim_ascii())?;
        }
        Ok(rest)
    }

    /// What comes after a whole line.
    fn after(&self, line: &[u8]) -> Result<State, NotChunked> {
        match self.state {
            State::Size => match size(line).ok_or(NotChunked)? {
                0 => Ok(State::Trailer),
                size => Ok(State::Data(size)),
            },
            State::AfterData if line.is_empty() => Ok(State::Size),
            State::AfterData => Err(NotChunked),
            State::Trailer if !line.is_empty() => Ok(State::Trailer),
            _ => Ok(State::Done),
        }
    }
}

fn size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let digits = core::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<(bool, Vec<u8>), NotChunked> {
        let mut body = Vec::new();
        let done = Chunks::default().feed(text, &mut body)?;
        Ok((done, body))
    }

    #[test]
    fn chunks_are_put_together() {
        assert_eq!(read(b"3\r\nabc\r\nA ; x=\"y\"\r\n0123456789\r\n0\r\n\r\n"), Ok((true, b"abc0123456789".to_vec())));
        assert_eq!(read(b"1\r\n\n\r\n0\r\nA: b\r\nC: d\r\n\r\n"), Ok((true, b"\n".to_vec())));
        assert_eq!(read(b"1\na\n0\n\n"), Ok((true, b"a".to_vec())), "as some old servers write them");
        assert_eq!(read(b"3\r\nab"), Ok((false, b"ab".to_vec())));
        assert_eq!(read(b"0\r\nA: b\r\n"), Ok((false, Vec::new())));
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for text in ["\r\n", "x\r\n", "-1\r\n", "+1\r\n", "1\r\nab\r\n", "11111111111111111\r\n"] {
            assert_eq!(read(text.as_bytes()), Err(NotChunked), "{text}");
        }
        assert_eq!(read(&[b'0'; LINE + 1]), Err(NotChunked));
    }
}
