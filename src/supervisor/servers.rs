//! Where clients of a supervisord may ask: the file `servers` of its state, which it writes for svhttpd(8). Both ends:
//! blocks with an empty line between them, one for each server, of lines with a name and a value as in `super::sheet`.
//!
//! ```text
//! section unix_http_server
//! unix /run/supervisor.sock
//! mode 0700
//! owner 0 33
//! username admin
//! password {SHA}...
//! ```
//!
//! An address is `unix PATH`, or `tcp HOST PORT` with an empty host for any. `unprotected yes` is ours: without it nobody
//! may ask from elsewhere without a password.

use super::config::{Endpoint, Server};
use super::types::Owner;
use super::{Result, Wrong, sheet, wrong};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A server to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Where it listens, and who may ask.
    pub server: Server,
    /// Whether it may listen on more than this machine's own addresses without a password.
    pub unprotected: bool,
}

/// The file.
pub fn text(servers: &[Served]) -> String {
    let blocks: Vec<String> = servers.iter().map(Served::text).collect();
    blocks.join("\n")
}

/// What a file says, or what is wrong with which line.
pub fn parse(text: &str) -> Result<Vec<Served>> {
    let mut servers = Vec::new();
    let mut block = Block::default();
    for (number, line) in (1..).zip(text.lines()) {
        match line {
            "" => servers.extend(core::mem::take(&mut block).served()?),
            line => block.line(line).map_err(|Wrong(why)| wrong!("line {number}: {why}"))?,
        }
    }
    servers.extend(block.served()?);
    Ok(servers)
}

impl Served {
    fn text(&self) -> String {
        let mut text = sheet::written("section", &self.server.section);
        let mut put = |name: &str, value: &str| text.push_str(&sheet::written(name, value));
        match &self.server.at {
            Endpoint::Inet(host, port) => put("tcp", &format!("{host} {port}")),
            Endpoint::Unix { path, mode, owner } => {
                put("unix", path);
                put("mode", &format!("{mode:04o}"));
                match owner {
                    Some(Owner { uid, gid: Some(gid) }) => put("owner", &format!("{uid} {gid}")),
                    Some(Owner { uid, gid: None }) => put("owner", &format!("{uid}")),
                    None => {}
                }
            }
        }
        if let Some((name, password)) = &self.server.credentials {
            put("username", name);
            put("password", password);
        }
        if self.unprotected {
            put("unprotected", "yes");
        }
        text
    }
}

/// A server of which not all lines have been read.
#[derive(Default)]
struct Block {
    section: Option<String>,
    unix: Option<String>,
    tcp: Option<(String, u16)>,
    mode: Option<u32>,
    owner: Option<Owner>,
    username: Option<String>,
    password: Option<String>,
    unprotected: bool,
}

impl Block {
    fn line(&mut self, text: &str) -> Result<()> {
        let (name, value) = sheet::line(text).ok_or_else(|| wrong!("'{text}' has no value"))?;
        let bad = || wrong!("'{value}' is no value of {name}");
        match name.as_str() {
            "section" => self.section = Some(value),
            "unix" => self.unix = Some(value),
            "tcp" => self.tcp = Some(address(&value).ok_or_else(bad)?),
            "mode" => self.mode = Some(u32::from_str_radix(&value, 8).map_err(|_| bad())?),
            "owner" => self.owner = Some(owner(&value).ok_or_else(bad)?),
            "username" => self.username = Some(value),
            "password" => self.password = Some(value),
            "unprotected" => self.unprotected = super::types::boolean(&value).map_err(|_| bad())?,
            _ => return Err(wrong!("unknown name '{name}'")),
        }
        Ok(())
    }

    /// The server, if there were any lines.
    fn served(self) -> Result<Option<Served>> {
        let section = self.section.unwrap_or_default();
        let at = match (self.unix, self.tcp) {
            (Some(path), None) => Endpoint::Unix { path, mode: self.mode.unwrap_or(0o700), owner: self.owner },
            (None, Some((host, port))) => Endpoint::Inet(host, port),
            (None, None) if section.is_empty() => return Ok(None),
            _ => return Err(wrong!("section '{section}' has not one address")),
        };
        let credentials = match (self.username, self.password) {
            (Some(name), Some(password)) => Some((name, password)),
            (None, None) => None,
            _ => return Err(wrong!("section '{section}' has a name without a password, or a password without a name")),
        };
        Ok(Some(Served { server: Server { section, at, credentials }, unprotected: self.unprotected }))
    }
}

fn address(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(' ')?;
    Some((host.into(), port.parse().ok()?))
}

fn owner(text: &str) -> Option<Owner> {
    match text.split_once(' ') {
        None => Some(Owner { uid: text.parse().ok()?, gid: None }),
        Some((uid, gid)) => Some(Owner { uid: uid.parse().ok()?, gid: Some(gid.parse().ok()?) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn served(at: Endpoint, credentials: Option<(&str, &str)>, unprotected: bool) -> Served {
        let credentials = credentials.map(|(name, password)| (name.into(), password.into()));
        Served { server: Server { section: "x_http_server:é".into(), at, credentials }, unprotected }
    }

    #[test]
    fn what_is_written_is_read() {
        let unix = |path: &str, owner| Endpoint::Unix { path: path.into(), mode: 0o770, owner };
        let owner = Owner { uid: 0, gid: Some(33) };
        let all = vec![
            served(unix("/run/a b\\\n\r", Some(owner)), Some(("", " p\n")), false),
            served(unix("/run/c", Some(Owner { gid: None, ..owner })), None, false),
            served(unix("/run/d", None), None, false),
            served(Endpoint::Inet(String::new(), 9001), None, true),
            served(Endpoint::Inet("localhost".into(), 1), Some(("a", "{SHA}b")), false),
        ];
        assert_eq!(parse(&text(&all)), Ok(all.clone()));
        for one in all {
            assert_eq!(parse(&text(core::slice::from_ref(&one))), Ok(vec![one]));
        }
        assert_eq!((text(&[]), parse("")), (String::new(), Ok(vec![])));
    }

    #[test]
    fn the_layout_stays_as_it_is() {
        let one = served(Endpoint::Unix { path: "/a".into(), mode: 0o7, owner: None }, Some(("u", "p")), true);
        let expected = "section x_http_server:é\nunix /a\nmode 0007\nusername u\npassword p\nunprotected yes\n";
        assert_eq!(text(core::slice::from_ref(&one)), expected);
        assert_eq!(text(&[one.clone(), one]), format!("{expected}\n{expected}"));
        let any = served(Endpoint::Inet(String::new(), 80), None, false);
        assert_eq!(text(&[any]), "section x_http_server:é\ntcp  80\n");
        let short = parse("unix /a\n\n\n").unwrap();
        assert_eq!(short[0].server.at, Endpoint::Unix { path: "/a".into(), mode: 0o700, owner: None });
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, why) in [
            ("section a\nunix /a\nmode x\n", "line 3: 'x' is no value of mode"),
            ("tcp 80", "line 1: '80' is no value of tcp"),
            ("tcp  65536", "line 1: ' 65536' is no value of tcp"),
            ("owner a b", "line 1: 'a b' is no value of owner"),
            ("unprotected maybe", "line 1: 'maybe' is no value of unprotected"),
            ("nothing", "line 1: 'nothing' has no value"),
            ("colour red", "line 1: unknown name 'colour'"),
            ("section a", "section 'a' has not one address"),
            ("unix /a\ntcp  1", "section '' has not one address"),
            ("unix /a\nusername b", "section '' has a name without a password, or a password without a name"),
        ] {
            assert_eq!(parse(text), Err(Wrong(why.into())), "{text}");
        }
    }
}
