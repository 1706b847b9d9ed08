//! A line of a head: `NAME: VALUE`.

use alloc::vec::Vec;
use core::fmt;

/// A name and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name.
    pub name: Vec<u8>,
    /// What it says, without white space around it.
    pub value: Vec<u8>,
}

/// It is no such line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

impl Header {
    /// Reads one; neither part can begin another line.
    pub fn parse(text: &[u8]) -> Result<Header, Wrong> {
        let colon = text.iter().position(|byte| *byte == b':').ok_or(Wrong)?;
        let (name, rest) = text.split_at(colon);
        let value = rest.get(1..).unwrap_or_default().trim_ascii();
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let is_text = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
        if name.is_empty() || !name.iter().all(is_token) || !value.iter().all(is_text) {
            return Err(Wrong);
        }
        Ok(Header { name: name.into(), value: value.into() })
    }

    /// Whether it has this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not of the form NAME: VALUE")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_one_line() {
        let header = Header::parse(b"X-Key:  a b \xff ").unwrap();
        assert_eq!((&header.name[..], &header.value[..]), (&b"X-Key"[..], &b"a b \xff"[..]));
        assert!(header.is("x-key"));
        assert_eq!(Header::parse(b"Empty:").unwrap().value, b"");
        for text in ["no colon", ": x", "a b: x", "a: x\r\nb: y", "a\n: x", "a: \x00b"] {
            assert_eq!(Header::parse(text.as_bytes()), Err(Wrong), "{text}");
        }
    }
}
