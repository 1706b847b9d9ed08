//! Where somebody is to be reached: `HOST:PORT`, the lines of /etc/hosts, the answers of getent.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// By number.
    Address(IpAddr),
    /// By a name that is to be looked up.
    Name(String),
}

/// A port of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The machine.
    pub host: Host,
    /// The port.
    pub port: u16,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It names no machine.
    Host,
    /// It names no port.
    Port,
}

/// The longest name that the domain name system has.
const LONGEST: usize = 253;

impl Place {
    /// `HOST:PORT`; an IPv6 address is in brackets. Without a port it is `default`, if there is one.
    pub fn parse(text: &[u8], default: Option<u16>) -> Result<Place, Wrong> {
        let (host, port) = match text {
            [b'[', rest @ ..] => {
                let (address, port) = split(rest, b']').ok_or(Wrong::Host)?;
                let address: Ipv6Addr = number(address).ok_or(Wrong::Host)?;
                let port = if port.is_empty() { None } else { Some(port.strip_prefix(b":").ok_or(Wrong::Port)?) };
                (Host::Address(address.into()), port)
            }
            _ => match split(text, b':') {
                Some((host, port)) => (Host::parse(host)?, Some(port)),
                None => (Host::parse(text)?, None),
            },
        };
        let port = port.map_or(default, number).filter(|port| *port > 0).ok_or(Wrong::Port)?;
        Ok(Place { host, port })
    }
}

impl Host {
    fn parse(text: &[u8]) -> Result<Host, Wrong> {
        if let Some(address) = number::<Ipv4Addr>(text) {
            return Ok(Host::Address(address.into()));
        }
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
        let name = core::str::from_utf8(text).ok().filter(|_| text.iter().all(is_part));
        match name {
            Some(name) if (1..=LONGEST).contains(&name.len()) && !name.starts_with('-') => Ok(Host::Name(name.into())),
            _ => Err(Wrong::Host),
        }
    }

    /// Its addresses as far as nobody needs to be asked: a number is one, and `localhost` is this machine.
    pub fn known(&self) -> Option<Vec<IpAddr>> {
        match self {
            Host::Address(address) => Some([*address].into()),
            Host::Name(name) if name.eq_ignore_ascii_case("localhost") => {
                Some([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].into())
            }
            Host::Name(_) => None,
        }
    }
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == at)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// A number, and nothing that only some readers of numbers take for one.
fn number<T: core::str::FromStr>(text: &[u8]) -> Option<T> {
    core::str::from_utf8(text).ok().filter(|text| !text.starts_with('+'))?.parse().ok()
}

/// The addresses of a name in the content of /etc/hosts, in its order.
pub fn in_file(content: &[u8], name: &str) -> Vec<IpAddr> {
    addresses(content, |names| names.into_iter().any(|word| word.eq_ignore_ascii_case(name.as_bytes())))
}

/// The addresses in an answer of `getent ahosts`, each once.
pub fn in_answer(answer: &[u8]) -> Vec<IpAddr> {
    addresses(answer, |_| true)
}

fn addresses(content: &[u8], wanted: impl Fn(Vec<&[u8]>) -> bool) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in content.split(|byte| *byte == b'\n') {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let address = words.next().and_then(number);
        match address {
            Some(address) if !found.contains(&address) && wanted(words.collect()) => found.push(address),
            _ => {}
        }
    }
    found
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Host::Address(address) => address.fmt(f),
            Host::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Host => "names no host",
            Wrong::Port => "names no port",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::string::ToString;

    #[test]
    fn a_place_shows_as_it_reads() {
        for text in ["127.0.0.1:80", "[::1]:6379", "db.example.org:5432", "my_host:1"] {
            assert_eq!(Place::parse(text.as_bytes(), None).unwrap().to_string(), text);
        }
        assert_eq!(Place::parse(b"[::1]", Some(80)).unwrap().to_string(), "[::1]:80");
        assert_eq!(Place::parse(b"x", Some(80)).unwrap().to_string(), "x:80");
    }

    #[test]
    fn what_is_wrong_is_told() {
        for text in ["", ":80", "a b:80", "[::1:80", "[1.2.3.4]:80", "-x:80", "é:80", "::1"] {
            assert_eq!(Place::parse(text.as_bytes(), None), Err(Wrong::Host), "{text}");
        }
        for text in ["x", "x:", "x:0", "x:65536", "x:http", "x:+1", "[::1]", "[::1]80", "x:1:2"] {
            assert_eq!(Place::parse(text.as_bytes(), None), Err(Wrong::Port), "{text}");
        }
    }

    #[test]
    fn some_are_known_without_asking() {
        let known = |text: &str| Place::parse(text.as_bytes(), Some(1)).unwrap().host.known().map(|list| list.len());
        assert_eq!(
            [known("10.0.0.1"), known("[::1]"), known("Localhost"), known("db")],
            [Some(1), Some(1), Some(2), None]
        );
    }

    #[test]
    fn addresses_are_found_by_any_of_their_names() {
        let file =
            b"# hosts\n127.0.0.1 localhost\n10.0.0.1\tdb db.example.org # old\n10.0.0.2 DB\nfe80::1%eth0 db\n\nx db\n";
        let found = |name: &str| in_file(file, name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found("db"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(found("db.example.org"), ["10.0.0.1"]);
        assert_eq!(found("old"), Vec::<String>::new());
        let answer = b"::1             STREAM localhost\n::1             DGRAM  \n127.0.0.1       STREAM\n";
        assert_eq!(in_answer(answer), ["::1".parse::<IpAddr>().unwrap(), "127.0.0.1".parse().unwrap()]);
    }

    #[test]
    fn arbitrary_text_never_panics() {
        let mut source = Random::new(13);
        for _ in 0..20_000 {
            let text = source.bytes(b"0123456789.:[]abc \n\t#", 40);
            let _ = (Place::parse(&text, Some(80)), in_file(&text, "a"), in_answer(&text));
        }
    }
}
