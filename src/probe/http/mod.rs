//! One question in HTTP/1.1 and what the answer is worth.

pub mod chunked;
pub mod codes;
pub mod header;
pub mod response;
pub mod url;

use super::Verdict;
use super::text::quoted;
use crate::service::pattern;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use codes::Codes;
use header::Header;
use response::{Broken, Response};
use url::Url;

/// What is asked, and what the answer shall be.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of what.
    pub url: Url,
    /// Which status is well.
    pub codes: Codes,
    /// What the body shall look like.
    pub body: Option<Vec<u8>>,
    /// What to say besides.
    pub headers: Vec<Header>,
}

impl Question {
    /// The bytes of it.
    pub fn bytes(&self) -> Vec<u8> {
        let agent = concat!("svprobe/", env!("CARGO_PKG_VERSION"));
        let host = self.url.authority();
        let own: [(&str, &[u8]); 4] =
            [("Host", host.as_bytes()), ("User-Agent", agent.as_bytes()), ("Accept", b"*/*"), ("Connection", b"close")];
        let mut bytes = [b"GET ", &self.url.target[..], b" HTTP/1.1\r\n"].concat();
        let mut line = |name: &[u8], value: &[u8]| bytes.extend([name, b": ", value, b"\r\n"].concat());
        for (name, value) in own {
            if !self.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name.as_bytes())) {
                line(name.as_bytes(), value);
            }
        }
        self.headers.iter().for_each(|header| line(&header.name, &header.value));
        bytes.extend(b"\r\n");
        bytes
    }
}

/// The answer as it comes in.
#[derive(Debug)]
pub struct Exchange {
    question: Question,
    response: Response,
}

impl Exchange {
    /// Nothing has been answered yet.
    pub fn new(question: Question) -> Exchange {
        Exchange { question, response: Response::default() }
    }

    /// What is said first.
    pub fn opening(&self) -> Vec<u8> {
        self.question.bytes()
    }

    /// Takes what came; the verdict as soon as nothing more can change it.
    pub fn heard(&mut self, bytes: &[u8]) -> Option<Verdict> {
        match self.response.feed(bytes) {
            Ok(()) => self.verdict(),
            Err(broken) => Some(self.broken(broken)),
        }
    }

    /// Nothing more comes.
    pub fn ended(&mut self) -> Verdict {
        if let Err(broken) = self.response.end() {
            return self.broken(broken);
        }
        self.verdict().unwrap_or_else(|| self.broken(Broken::Early))
    }

    /// How far it is, for whose patience has ended.
    pub fn so_far(&self) -> String {
        match self.response.status() {
            Some(status) => format!("status {status}, but the body is not complete"),
            None => String::from("no answer"),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        let status = self.response.status()?;
        if !self.question.codes.has(status) {
            return Some(Verdict::Ill(format!("status {status} is not in {}", self.question.codes)));
        }
        let Some(wanted) = &self.question.body else { return Some(Verdict::Well(format!("status {status}"))) };
        let body = self.response.body()?.trim_ascii_end();
        Some(if pattern::selects(wanted, body) {
            Verdict::Well(format!("status {status}, and the body matches"))
        } else {
            Verdict::Ill(format!("status {status}, but the body does not match: {}", quoted(body)))
        })
    }

    /// A body that nobody asked for cannot spoil a status that is well.
    fn broken(&self, broken: Broken) -> Verdict {
        match self.verdict() {
            Some(verdict) => verdict,
            None => Verdict::Ill(format!("{broken}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn question(body: Option<&str>, headers: &[&str]) -> Question {
        Question {
            url: Url::parse(b"http://[::1]:8080/health?x=1").unwrap(),
            codes: Codes::parse(b"200-299").unwrap(),
            body: body.map(Into::into),
            headers: headers.iter().map(|text| Header::parse(text.as_bytes()).unwrap()).collect(),
        }
    }

    /// The verdict on an answer in one piece, and in as many as it has bytes, which must be the same.
    fn verdict(body: Option<&str>, answer: &str) -> Verdict {
        let mut exchange = Exchange::new(question(body, &[]));
        let whole = exchange.heard(answer.as_bytes()).unwrap_or_else(|| exchange.ended());
        let mut exchange = Exchange::new(question(body, &[]));
        let early = answer.as_bytes().iter().find_map(|byte| exchange.heard(&[*byte]));
        assert_eq!(early.unwrap_or_else(|| exchange.ended()), whole, "{answer}");
        whole
    }

    fn well(words: &str) -> Verdict {
        Verdict::Well(words.to_string())
    }

    fn ill(words: &str) -> Verdict {
        Verdict::Ill(words.to_string())
    }

    #[test]
    fn a_question_says_what_was_asked_for_once() {
        let bytes = |headers: &[&str]| String::from_utf8(question(None, headers).bytes()).unwrap();
        let agent = concat!("User-Agent: svprobe/", env!("CARGO_PKG_VERSION"), "\r\n");
        let rest = "Accept: */*\r\nConnection: close\r\n";
        let expected = format!("GET /health?x=1 HTTP/1.1\r\nHost: [::1]:8080\r\n{agent}{rest}\r\n");
        assert_eq!(bytes(&[]), expected);
        let expected = format!("GET /health?x=1 HTTP/1.1\r\n{agent}{rest}host: web\r\nX-A: 1\r\nX-A: 2\r\n\r\n");
        assert_eq!(bytes(&["host: web", "X-A: 1", "X-A:2"]), expected);
    }

    #[test]
    fn the_status_is_enough_where_no_body_is_asked_for() {
        assert_eq!(verdict(None, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), well("status 200"));
        assert_eq!(verdict(None, "HTTP/1.0 204\r\n\r\n"), well("status 204"));
        assert_eq!(verdict(None, "HTTP/1.1 503 No\r\n\r\n"), ill("status 503 is not in 200-299"));
        assert_eq!(verdict(None, "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), well("status 200"));
    }

    #[test]
    fn a_body_is_matched_as_a_whole() {
        let matches = well("status 200, and the body matches");
        assert_eq!(verdict(Some("*ok*"), "HTTP/1.1 200 OK\r\n\r\nall ok today\n"), matches);
        assert_eq!(verdict(Some("ok"), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok\r\nmore"), matches);
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nT: v\r\n\r\n";
        assert_eq!(verdict(Some("ok"), chunks), matches);
        let no = ill("status 200, but the body does not match: \"not ok\"");
        assert_eq!(verdict(Some("ok"), "HTTP/1.1 200 OK\r\n\r\nnot ok\n"), no);
        assert_eq!(verdict(Some(""), "HTTP/1.1 204 OK\r\n\r\n"), well("status 204, and the body matches"));
    }

    #[test]
    fn what_is_not_complete_is_not_well() {
        let early = ill("the connection ended before the answer did");
        assert_eq!(verdict(Some("ok"), "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), early);
        assert_eq!(verdict(None, "HTTP/1.1 200 OK\r\n"), early);
        assert_eq!(verdict(None, ""), early);
        assert_eq!(verdict(None, "SSH-2.0-OpenSSH\r\n"), ill("the answer is not HTTP"));
        let mut exchange = Exchange::new(question(Some("ok"), &[]));
        assert_eq!(exchange.so_far(), "no answer");
        assert_eq!(exchange.heard(b"HTTP/1.1 200 OK\r\n\r\nok"), None, "there may be more");
        assert_eq!(exchange.so_far(), "status 200, but the body is not complete");
        assert_eq!(exchange.ended(), well("status 200, and the body matches"));
    }
}
