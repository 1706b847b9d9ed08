//! An answer in HTTP/1: status line, headers, and a body that is as long as they say.

use super::chunked::{Chunks, NotChunked};
use super::header::Header;
use alloc::vec::Vec;
use core::fmt;

/// The longest head that is read.
pub const HEAD: usize = 64 * 1024;
/// How long a status line without words is.
const SHORTEST: usize = "HTTP/1.1 200".len();
/// The longest body that is read.
pub const BODY: usize = 1024 * 1024;

/// An answer, as far as it has come in.
#[derive(Debug, Default)]
pub struct Response {
    /// What has not been understood yet.
    pending: Vec<u8>,
    status: Option<u16>,
    length: Length,
    body: Vec<u8>,
    complete: bool,
    /// Another limit than `BODY`.
    most: Option<usize>,
    /// What follows the status in words.
    reason: Vec<u8>,
}

/// How the end of a body is known.
#[derive(Debug, Default)]
enum Length {
    /// The connection ends.
    #[default]
    Open,
    /// So many bytes.
    Bytes(usize),
    /// It says so.
    Chunked(Chunks),
}

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It does not begin as one.
    NotHttp,
    /// A line of its head is none.
    Header,
    /// Its lengths contradict each other, or cannot be understood.
    Length,
    /// It ends before its end.
    Early,
    /// Its head is longer than is read.
    LongHead,
    /// Its body is longer than is read.
    LongBody,
}

impl Response {
    /// One whose body may be so long.
    pub fn up_to(most: usize) -> Response {
        Response { most: Some(most), ..Response::default() }
    }

    /// Takes what came. What comes after the end of the answer is nobody's.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        if self.complete {
            return Ok(());
        }
        self.pending.extend_from_slice(bytes);
        while self.status.is_none() {
            if !could_be_http(&self.pending) {
                return Err(Broken::NotHttp);
            }
            let Some(end) = head_end(&self.pending) else {
                return if self.pending.len() > HEAD { Err(Broken::LongHead) } else { Ok(()) };
            };
            let rest = self.pending.split_off(end);
            let head = core::mem::replace(&mut self.pending, rest);
            self.head(&head)?;
        }
        self.take_body()
    }

    /// Nothing more comes.
    pub fn end(&mut self) -> Result<(), Broken> {
        let open = self.status.is_some() && matches!(self.length, Length::Open);
        self.complete |= open;
        if self.complete { Ok(()) } else { Err(Broken::Early) }
    }

    /// The status, as soon as the head is there.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// The body, as soon as it is complete.
    pub fn body(&self) -> Option<&[u8]> {
        self.complete.then_some(&self.body)
    }

    /// The status in words, as the other side has it.
    pub fn reason(&self) -> &[u8] {
        &self.reason
    }

    /// Whether all of it has come.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// What has come of the body and was not taken yet, for a body that never ends.
    pub fn take(&mut self) -> Vec<u8> {
        if let Length::Bytes(length) = &mut self.length {
            *length = length.saturating_sub(self.body.len());
        }
        core::mem::take(&mut self.body)
    }

    /// Reads a head. One that only says that another follows leaves everything as it was.
    fn head(&mut self, head: &[u8]) -> Result<(), Broken> {
        let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next().ok_or(Broken::NotHttp)?;
        let status = status_line(first).ok_or(Broken::NotHttp)?;
        self.reason = first.get(SHORTEST..).unwrap_or_default().trim_ascii().to_vec();
        if (100..200).contains(&status) && status != 101 {
            return Ok(());
        }
        let lines = lines.filter(|line| !line.is_empty());
        let headers = lines.map(Header::parse).collect::<Result<Vec<_>, _>>().map_err(|_| Broken::Header)?;
        self.length = if matches!(status, 101 | 204 | 304) { Length::Bytes(0) } else { length(&headers)? };
        self.status = Some(status);
        Ok(())
    }

    fn take_body(&mut self) -> Result<(), Broken> {
        let bytes = core::mem::take(&mut self.pending);
        match &mut self.length {
            Length::Open => self.body.extend(bytes),
            Length::Bytes(length) => {
                let wanted = length.saturating_sub(self.body.len());
                self.body.extend(bytes.iter().take(wanted));
                self.complete = self.body.len() >= *length;
            }
            Length::Chunked(chunks) => {
                self.complete = chunks.feed(&bytes, &mut self.body).map_err(|NotChunked| Broken::Length)?;
            }
        }
        if self.body.len() > self.most.unwrap_or(BODY) { Err(Broken::LongBody) } else { Ok(()) }
    }
}

/// Whether this is the beginning of an answer, or may become it.
fn could_be_http(bytes: &[u8]) -> bool {
    bytes.iter().zip(b"HTTP/1.").all(|(byte, wanted)| byte == wanted)
}

/// Where a head ends: after its empty line, whatever ends its lines.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.into_iter().find_map(|at| match bytes.get(at..)? {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
}

/// `HTTP/1.x CODE WORDS`.
fn status_line(line: &[u8]) -> Option<u16> {
    let (version, rest) = line.split_first_chunk::<8>()?;
    let (code, rest) = rest.strip_prefix(b" ")?.split_first_chunk::<3>()?;
    let ends = rest.is_empty() || rest.starts_with(b" ");
    let digits = code.iter().chain(version.last()).all(u8::is_ascii_digit);
    let code: u16 = core::str::from_utf8(code).ok()?.parse().ok()?;
    (version.starts_with(b"HTTP/1.") && digits && ends && code >= 100).then_some(code)
}

/// Chunks win over a number of bytes, as the standard has it.
fn length(headers: &[Header]) -> Result<Length, Broken> {
    let mut codings = headers.iter().filter(|header| header.is("Transfer-Encoding")).map(|header| &header.value);
    match (codings.next(), codings.next()) {
        (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") => {
            return Ok(Length::Chunked(Chunks::default()));
        }
        (Some(coding), None) if coding.eq_ignore_ascii_case(b"identity") => {}
        (None, _) => {}
        _ => return Err(Broken::Length),
    }
    let mut lengths = headers.iter().filter(|header| header.is("Content-Length")).map(|header| &header.value);
    let Some(first) = lengths.next() else { return Ok(Length::Open) };
    if lengths.any(|other| other != first) {
        return Err(Broken::Length);
    }
    let number = crate::probe::amount::integer(first).map_err(|_| Broken::Length)?;
    // One that is too long is told of when it has come, or when nobody wants it not at all.
    Ok(Length::Bytes(usize::try_from(number).unwrap_or(usize::MAX)))
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Broken::NotHttp => "the answer is not HTTP",
            Broken::Header => "a line of the answer's head is not a header",
            Broken::Length => "the answer does not say how long it is",
            Broken::Early => "the connection ended before the answer did",
            Broken::LongHead => "the answer's head is longer than 64k",
            Broken::LongBody => "the answer's body is longer than 1m",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    type Answer = Result<(Option<u16>, Option<Vec<u8>>), Broken>;

    /// Fed in pieces of this size.
    fn read(pieces: usize, text: &[u8]) -> Answer {
        let mut response = Response::default();
        for piece in text.chunks(pieces) {
            response.feed(piece)?;
        }
        Ok((response.status(), response.body().map(<[u8]>::to_vec)))
    }

    fn all(text: &str, expected: Answer) {
        for pieces in [1, 2, 3, 7, 1000] {
            assert_eq!(read(pieces, text.as_bytes()), expected, "{text:?} in pieces of {pieces}");
        }
    }

    fn body(text: &str) -> Answer {
        Ok((Some(200), Some(text.into())))
    }

    #[test]
    fn a_body_ends_where_its_head_says() {
        all("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore", body("ok"));
        all("HTTP/1.1 200 OK\ncontent-length:2\n\nok", body("ok"));
        all("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", body("ok"));
        all(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            body("ok"),
        );
        all("HTTP/1.1 204\r\nContent-Length: 5\r\n\r\n", Ok((Some(204), Some(Vec::new()))));
        all("HTTP/1.1 200 OK\r\n\r\nok", Ok((Some(200), None)));
    }

    #[test]
    fn what_is_broken_is_told() {
        all("HTTP/2 200\r\n\r\n", Err(Broken::NotHttp));
        all("220 ready\r\n", Err(Broken::NotHttp));
        all("HTTP/1.1 20 OK\r\n\r\n", Err(Broken::NotHttp));
        all("HTTP/1.1 2000\r\n\r\n", Err(Broken::NotHttp));
        all("HTTP/1.x 200 OK\r\n\r\n", Err(Broken::NotHttp));
        all("HTTP/1.1 200 OK\r\nno header\r\n\r\n", Err(Broken::Header));
        all("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", Err(Broken::Length));
        all("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Err(Broken::Length));
        all("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", Err(Broken::Length));
        all("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n", Err(Broken::Length));
    }

    #[test]
    fn nothing_grows_without_end() {
        let head = [b"HTTP/1.1 200 OK\r\n", &b"X: yyyyyyyyyy\r\n".repeat(6000)[..]].concat();
        assert_eq!(read(4096, &head), Err(Broken::LongHead));
        let body = [b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; BODY + 1][..]].concat();
        assert_eq!(read(65_536, &body), Err(Broken::LongBody));
        assert!(read(65_536, &body[..body.len() - 1]).is_ok());
    }

    #[test]
    fn a_body_may_be_taken_as_it_comes() {
        for head in ["Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "Content-Length: 4\r\n\r\nab", "\r\nab"] {
            let mut response = Response::up_to(3);
            response.feed(format!("HTTP/1.1 404  Not Here \r\n{head}").as_bytes()).unwrap();
            assert_eq!((response.status(), response.reason()), (Some(404), &b"Not Here"[..]));
            assert_eq!(response.take(), b"ab");
            response.feed(if head.starts_with('T') { b"2\r\ncd\r\n0\r\n\r\n" } else { b"cd" }).unwrap();
            assert_eq!(response.take(), b"cd");
            assert_eq!(response.is_complete(), !head.starts_with('\r'));
            assert!(response.is_complete() || response.feed(b"efgh") == Err(Broken::LongBody));
        }
    }

    #[test]
    fn arbitrary_answers_never_panic_and_pieces_do_not_matter() {
        let mut source = Random::new(19);
        for _ in 0..5_000 {
            let head: &[u8] = match source.below(3) {
                0 => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                1 => b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n",
                _ => b"HTTP/1.1 ",
            };
            let text = [head, &source.bytes(b"0123456789a\r\n: ;", 60)[..]].concat();
            assert_eq!(read(1, &text), read(1000, &text), "{}", String::from_utf8_lossy(&text));
        }
    }

    use alloc::format;
    use alloc::string::String;
}
