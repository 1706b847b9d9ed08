//! Where a server is, as its URL says.

use super::trouble::{Kind, Trouble};
use crate::probe::host::{Host, Place};

/// Where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A unix socket, by path.
    Unix(String),
    /// A port of a machine.
    Tcp(Place),
}

/// Whether a text has the shape of a URL: a scheme, and something behind it.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_part) && !rest.is_empty()
}

/// The port of http where none is named.
const HTTP: u16 = 80;

/// What a URL of a server means.
pub(super) fn address(url: &str) -> Result<Address, Trouble> {
    if let Some(path) = url.strip_prefix("unix://") {
        return Ok(Address::Unix(path.to_owned()));
    }
    let Some(rest) = url.strip_prefix("http://") else {
        return Err(Trouble::new(Kind::Value(format!("Unknown protocol for serverurl {url}"))));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    if let Some(bad) = rest.chars().find(|c| c.is_ascii_control() || *c == ' ') {
        let shown = crate::supervisor::python::quoted(rest);
        let bad = crate::supervisor::python::quoted(&bad.to_string());
        let text = format!("URL can't contain control characters. {shown} (found at least {bad})");
        return Err(Trouble::new(Kind::Url(text)));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, ""),
    };
    let number = if port.is_empty() { Some(HTTP) } else { port.parse().ok() };
    let Some(number) = number else {
        let shown = crate::supervisor::python::quoted(port);
        return Err(Trouble::new(Kind::Value(format!("Port could not be cast to integer value as {shown}"))));
    };
    match Place::parse(host.as_bytes(), Some(number)) {
        Ok(place) => Ok(Address::Tcp(place)),
        Err(_) => Err(Trouble::new(Kind::UnknownHost)),
    }
}

impl Address {
    /// What the header `Host` says.
    pub(super) fn host(&self) -> String {
        match self {
            Address::Unix(_) => "localhost".to_owned(),
            Address::Tcp(place) => place.to_string(),
        }
    }

    /// The name that is to be looked up.
    pub(super) fn name(&self) -> Option<&Host> {
        if let Address::Tcp(place) = self { Some(&place.host) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_scheme_and_a_place() {
        for text in ["http://x", "unix:///x", "https://x", "unix:/x", "x:y://z", "a+b:c"] {
            assert!(is_url(text), "{text}");
        }
        for text in ["", "foo", "unix://", "http://", "127.0.0.1:80/", ":x", "x:"] {
            assert!(!is_url(text), "{text}");
        }
    }

    #[test]
    fn a_server_is_a_socket_or_a_port() {
        let place = |text: &str| match address(text).unwrap() {
            Address::Unix(path) => path,
            Address::Tcp(place) => place.to_string(),
        };
        for (url, expected) in [
            ("unix:///run/s.sock", "/run/s.sock"),
            ("http://localhost", "localhost:80"),
            ("http://user:pass@127.0.0.1:9001/x?y", "127.0.0.1:9001"),
            ("http://[::1]:9001", "[::1]:9001"),
            ("http://[::1]/", "[::1]:80"),
        ] {
            assert_eq!(place(url), expected, "{url}");
        }
        for url in ["https://x", "HTTP://x", "http://x:y", "http://x:99999", "http:// x", "http://a b"] {
            assert!(address(url).is_err(), "{url}");
        }
    }
}
