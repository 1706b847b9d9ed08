//! What is said on a connection, and when enough has been heard.

use super::Verdict;
use super::http::{Exchange, Question};
use super::text::quoted;
use crate::service::pattern;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A conversation.
#[derive(Debug)]
pub enum Talk {
    /// A few bytes there, a few back.
    Plain(Plain),
    /// A question in HTTP.
    Http(Exchange),
}

/// What to send, and what shall come. Both may be missing: to be answered at all is enough then.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    /// What to send.
    pub send: Vec<u8>,
    /// What all that came shall look like.
    pub expect: Option<Vec<u8>>,
    heard: Vec<u8>,
}

/// How much of an answer is looked at.
const MOST: usize = 64 * 1024;

impl Plain {
    /// A conversation that has not begun.
    pub fn new(send: Vec<u8>, expect: Option<Vec<u8>>) -> Plain {
        Plain { send, expect, heard: Vec::new() }
    }

    fn heard(&mut self, bytes: &[u8]) -> Option<Verdict> {
        let expect = self.expect.as_ref()?;
        self.heard.extend_from_slice(bytes);
        if pattern::selects(expect, self.heard.trim_ascii_end()) || pattern::selects(expect, &self.heard) {
            return Some(Verdict::Well(format!("answered {}", quoted(&self.heard))));
        }
        (self.heard.len() > MOST).then(|| Verdict::Ill(format!("no match in 64k: {}", quoted(&self.heard))))
    }

    fn so_far(&self) -> String {
        if self.heard.is_empty() { "no answer".to_string() } else { format!("no match in {}", quoted(&self.heard)) }
    }
}

impl Talk {
    /// What is said first.
    pub fn opening(&self) -> Vec<u8> {
        match self {
            Talk::Plain(plain) => plain.send.clone(),
            Talk::Http(exchange) => exchange.opening(),
        }
    }

    /// All of it has been taken: perhaps that is all that there was to know.
    pub fn said(&self) -> Option<Verdict> {
        match self {
            Talk::Plain(Plain { expect: None, send, .. }) if send.is_empty() => Some(Verdict::Well("connected".into())),
            Talk::Plain(Plain { expect: None, .. }) => Some(Verdict::Well("connected and sent".into())),
            _ => None,
        }
    }

    /// Takes what came; the verdict as soon as nothing more can change it.
    pub fn heard(&mut self, bytes: &[u8]) -> Option<Verdict> {
        match self {
            Talk::Plain(plain) => plain.heard(bytes),
            Talk::Http(exchange) => exchange.heard(bytes),
        }
    }

    /// Nothing more comes.
    pub fn ended(&mut self) -> Verdict {
        match self {
            Talk::Plain(plain) => Verdict::Ill(format!("closed: {}", plain.so_far())),
            Talk::Http(exchange) => exchange.ended(),
        }
    }

    /// How far it is, for whose patience has ended.
    pub fn so_far(&self) -> String {
        match self {
            Talk::Plain(plain) => plain.so_far(),
            Talk::Http(exchange) => exchange.so_far(),
        }
    }
}

impl From<Question> for Talk {
    fn from(question: Question) -> Talk {
        Talk::Http(Exchange::new(question))
    }
}

impl From<Plain> for Talk {
    fn from(plain: Plain) -> Talk {
        Talk::Plain(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(send: &str, expect: Option<&str>) -> Talk {
        Talk::Plain(Plain::new(send.into(), expect.map(Into::into)))
    }

    #[test]
    fn to_be_connected_may_be_enough() {
        assert_eq!(talk("", None).said(), Some(Verdict::Well("connected".into())));
        assert_eq!(talk("x", None).said(), Some(Verdict::Well("connected and sent".into())));
        assert_eq!(talk("", Some("*")).said(), None);
    }

    #[test]
    fn an_answer_may_come_in_pieces() {
        let mut talk = talk("PING\r\n", Some("+PONG"));
        assert_eq!(talk.opening(), b"PING\r\n");
        assert_eq!(talk.so_far(), "no answer");
        assert_eq!(talk.heard(b"+PO"), None);
        assert_eq!(talk.so_far(), "no match in \"+PO\"");
        assert_eq!(talk.heard(b"NG\r\n"), Some(Verdict::Well("answered \"+PONG\"".into())));
    }

    #[test]
    fn what_never_matches_is_not_waited_for_without_end() {
        let mut talk = talk("", Some("SSH-*"));
        assert_eq!(talk.heard(b"220 smtp\r\n"), None);
        assert_eq!(talk.ended(), Verdict::Ill("closed: no match in \"220 smtp\"".into()));
        let answer = (0..20).find_map(|_| talk.heard(&[b'x'; 4096]));
        assert!(matches!(answer, Some(Verdict::Ill(_))));
    }
}
