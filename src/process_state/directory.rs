//! Directories that a program wants to find, and permission bits.

use super::account::Who;
use alloc::vec::Vec;

/// A directory to be made, or to be given this mode and owner if it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where.
    pub path: Vec<u8>,
    /// Its permission bits.
    pub mode: u32,
    /// Whose it is.
    pub owner: Who,
}

impl Wanted {
    /// `DIR:MODE:OWNER`, the owner as after `-u`.
    pub fn parse(text: &[u8]) -> Option<Wanted> {
        let mut words = text.splitn(3, |byte| *byte == b':');
        let path = words.next().filter(|path| !path.is_empty())?.to_vec();
        let mode = mode(core::str::from_utf8(words.next()?).ok()?)?;
        let owner = Who::parse(words.next().filter(|owner| !owner.is_empty())?).ok()?;
        Some(Wanted { path, mode, owner })
    }

    /// The directory and those above it, the topmost first.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        let slashes = self.path.iter().enumerate().filter(|(at, byte)| *at > 0 && **byte == b'/').map(|(at, _)| at);
        slashes.chain([self.path.len()]).map(|end| self.path.get(..end).unwrap_or_default())
    }
}

/// Permission bits in octal.
pub fn mode(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    u32::from_str_radix(text, 8).ok().filter(|mode| digits && *mode <= 0o7777)
}

/// The bits that a umask can hold.
pub fn umask(text: &str) -> Option<u32> {
    mode(text).filter(|mode| *mode <= 0o777)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::format;
    use alloc::string::String;

    #[test]
    fn a_directory_has_a_mode_and_an_owner() {
        let wanted = Wanted::parse(b"/run/app:0750:web:adm").unwrap();
        assert_eq!((&wanted.path[..], wanted.mode), (&b"/run/app"[..], 0o750));
        assert_eq!(Ok(wanted.owner), Who::parse(b"web:adm"));
        assert!(matches!(Wanted::parse(b"x:0:::1").unwrap().owner, Who::Numbered(_)));
        for text in ["", "/x", "/x:755", "/x:755:", ":755:root", "/x:8:root", "/x:10000:root", "/x:755::x:1"] {
            assert_eq!(Wanted::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_ones_above_come_first() {
        let chain = |path: &str| {
            let wanted = Wanted::parse(format!("{path}:0:root").as_bytes()).unwrap();
            wanted.chain().map(|p| String::from_utf8_lossy(p).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(chain("/run/a/b"), ["/run", "/run/a", "/run/a/b"]);
        assert_eq!(chain("a"), ["a"]);
        assert_eq!(chain("/"), ["/"]);
    }

    #[test]
    fn modes_are_octal() {
        for (text, bits) in [("022", Some(0o22)), ("7777", Some(0o7777)), ("", None), ("9", None), ("+7", None)] {
            assert_eq!(mode(text), bits, "{text}");
        }
        assert_eq!(umask("1000"), None);
    }

    #[test]
    fn arbitrary_text_never_panics_and_modes_round_trip() {
        let mut source = Random::new(23);
        for _ in 0..10_000 {
            if let Some(wanted) = Wanted::parse(&source.bytes(b"/ab:01237", 20)) {
                assert!(wanted.chain().count() > 0);
            }
            let bits = source.below(0o10000) as u32;
            assert_eq!(mode(&format!("{bits:o}")), Some(bits));
        }
    }
}
