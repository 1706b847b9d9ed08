//! `http://HOST[:PORT][/PATH][?QUERY]`.

use crate::probe::host::{self, Place};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// What is asked for, and of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Whom to ask.
    pub place: Place,
    /// The path and the query.
    pub target: Vec<u8>,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It does not begin with `http://`.
    Scheme,
    /// It wants an encrypted connection.
    Encrypted,
    /// A user and a password are in it.
    User,
    /// Its machine or its port.
    Place(host::Wrong),
    /// A character that has to be written as `%HH`.
    Character,
}

const PORT: u16 = 80;

impl Url {
    /// Reads one. What follows a `#` is for whoever shows the answer, and left out.
    pub fn parse(text: &[u8]) -> Result<Url, Wrong> {
        let rest = match split_scheme(text) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"http") => rest,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case(b"https") => return Err(Wrong::Encrypted),
            _ => return Err(Wrong::Scheme),
        };
        let rest = rest.split(|byte| *byte == b'#').next().unwrap_or_default();
        let end = rest.iter().position(|byte| b"/?".contains(byte)).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.contains(&b'@') {
            return Err(Wrong::User);
        }
        if !target.iter().all(u8::is_ascii_graphic) {
            return Err(Wrong::Character);
        }
        let place = Place::parse(authority, Some(PORT)).map_err(Wrong::Place)?;
        let slash = if target.starts_with(b"/") { &b""[..] } else { b"/" };
        Ok(Url { place, target: [slash, target].concat() })
    }

    /// The machine as `Host:` names it.
    pub fn authority(&self) -> String {
        let Place { host, port } = &self.place;
        if *port == PORT { host.to_string() } else { format!("{host}:{port}") }
    }
}

fn split_scheme(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.windows(3).position(|part| part == b"://")?;
    Some((text.get(..at)?, text.get(at + 3..)?))
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority(), String::from_utf8_lossy(&self.target))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Scheme => "does not begin with http://",
            Wrong::Encrypted => "wants https, which is not in svprobe: a check may call another program for it",
            Wrong::User => "has a user in it: give an Authorization by --header",
            Wrong::Place(wrong) => return wrong.fmt(f),
            Wrong::Character => "has a character that must be written as %HH",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_url_has_a_place_and_a_target() {
        for (text, shown) in [
            ("http://localhost", "http://localhost/"),
            ("HTTP://localhost:80/", "http://localhost/"),
            ("http://[::1]:8080/a/b?c=d#e", "http://[::1]:8080/a/b?c=d"),
            ("http://web?c", "http://web/?c"),
            ("http://10.0.0.1/a%20b", "http://10.0.0.1/a%20b"),
        ] {
            let url = Url::parse(text.as_bytes()).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(Url::parse(shown.as_bytes()), Ok(url));
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let wrong = |text: &str| Url::parse(text.as_bytes()).unwrap_err();
        assert_eq!(wrong("localhost:80"), Wrong::Scheme);
        assert_eq!(wrong("ftp://x/"), Wrong::Scheme);
        assert_eq!(wrong("https://x/"), Wrong::Encrypted);
        assert_eq!(wrong("http://a:b@x/"), Wrong::User);
        assert_eq!(wrong("http:///x"), Wrong::Place(host::Wrong::Host));
        assert_eq!(wrong("http://x:y/"), Wrong::Place(host::Wrong::Port));
        assert_eq!(wrong("http://x/a b"), Wrong::Character);
        assert_eq!(wrong("http://x/a\r\nHost:y"), Wrong::Character);
        assert_eq!(wrong("http://x\r\n/"), Wrong::Place(host::Wrong::Host));
    }

    #[test]
    fn no_text_smuggles_a_line() {
        let mut source = Random::new(17);
        for _ in 0..20_000 {
            let text = [b"http://", &source.bytes(b"ab:/?#@.[]1\r\n ", 30)[..]].concat();
            if let Ok(url) = Url::parse(&text) {
                assert!(url.target.iter().all(u8::is_ascii_graphic) && !url.authority().contains(['\r', '\n']));
            }
        }
    }
}
