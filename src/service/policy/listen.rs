//! `listen`: sockets that are opened once and handed to every start.

use super::Parsed;
use super::line::{self, Entry, Setting, Words, Wrong};
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;

/// `listen`: the sockets, in the order of the file, which is that of their descriptors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Listen {
    /// Each with a line.
    pub sockets: Vec<Socket>,
}

/// One socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Socket {
    /// Where it listens.
    pub address: Address,
    /// What it is called in `LISTEN_FDNAMES`, where that was said.
    pub name: Option<String>,
    /// How many connections may wait; `None` is as many as the system allows.
    pub backlog: Option<u32>,
    /// It is handed over as standard input, not by the LISTEN_FDS protocol.
    pub as_stdin: bool,
}

/// Where a socket listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// Connections.
    Tcp(SocketAddr),
    /// Datagrams.
    Udp(SocketAddr),
    /// Connections within the machine.
    Unix(Unix),
}

/// A socket in the file system.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unix {
    /// Its absolute path.
    pub path: Vec<u8>,
    /// Its permissions, where they were said.
    pub mode: Option<u32>,
    /// Whose it is to be, by name or number.
    pub user: Option<String>,
    /// And whose group's.
    pub group: Option<String>,
}

/// The kernel takes a path of so many bytes.
const PATH: usize = 107;
/// A name in `LISTEN_FDNAMES` has no more.
const NAME: usize = 255;
/// More than any kernel takes; it cuts what it is told to its own limit.
const BACKLOG: u32 = 1 << 20;

const KINDS: &[Setting<Option<Address>>] = &[
    Setting {
        entry: Entry { word: "tcp", takes: || "IP:PORT".into(), says: "connections" },
        set: |address, words| internet(words).map(|to| *address = Some(Address::Tcp(to))),
    },
    Setting {
        entry: Entry { word: "udp", takes: || "IP:PORT".into(), says: "datagrams" },
        set: |address, words| internet(words).map(|to| *address = Some(Address::Udp(to))),
    },
    Setting {
        entry: Entry { word: "unix", takes: || "/PATH".into(), says: "connections within the machine" },
        set: |address, words| unix(words).map(|at| *address = Some(Address::Unix(at))),
    },
];

const OPTIONS: &[Setting<Socket>] = &[
    Setting {
        entry: Entry { word: "mode", takes: || "OCTAL".into(), says: "permissions of a unix socket" },
        set: |socket, words| file(socket, words, mode),
    },
    Setting {
        entry: Entry {
            word: "owner",
            takes: || "USER | USER:GROUP | :GROUP".into(),
            says: "whose a unix socket is, by name or number",
        },
        set: |socket, words| file(socket, words, owner),
    },
    Setting {
        entry: Entry { word: "name", takes: || "NAME".into(), says: "what it is called in LISTEN_FDNAMES" },
        set: |socket, words| name(words).map(|name| socket.name = Some(name)),
    },
    Setting {
        entry: Entry { word: "backlog", takes: || "NUMBER".into(), says: "how many connections may wait" },
        set: backlog,
    },
    Setting {
        entry: Entry { word: "as", takes: || "0".into(), says: "hand it over as standard input (FastCGI)" },
        set: |socket, words| words.number(0..=0).map(|_| socket.as_stdin = true),
    },
];

/// Reads the file.
pub fn parse(text: &[u8]) -> Parsed<Listen> {
    line::each(text, Listen::default(), |listen, words| {
        let mut again = *words;
        let socket = socket(words)?;
        if socket.as_stdin && listen.sockets.iter().any(|other| other.as_stdin) {
            return Err(words.wrong("one socket only as standard input"));
        }
        if listen.sockets.iter().any(|other| socket.address.same(&other.address)) {
            again.next();
            return Err(Wrong::new(again.next(), "an address that no line above has"));
        }
        listen.sockets.push(socket);
        Ok(())
    })
}

/// The keywords.
pub fn entries() -> Vec<Entry> {
    let mut entries = line::entries(KINDS);
    entries.extend(line::entries(OPTIONS));
    entries
}

impl Address {
    /// Whether both cannot be had at once.
    fn same(&self, other: &Address) -> bool {
        match (self, other) {
            (Address::Unix(this), Address::Unix(other)) => this.path == other.path,
            _ => self == other,
        }
    }
}

fn socket(words: &mut Words<'_>) -> Result<Socket, Wrong> {
    let mut address = None;
    line::setting(KINDS, &mut address, words)?;
    let address = address.ok_or_else(|| words.wrong("an address"))?;
    let mut socket = Socket { address, name: None, backlog: None, as_stdin: false };
    while words.peek().is_some() {
        line::setting(OPTIONS, &mut socket, words)?;
    }
    Ok(socket)
}

/// A host name would have to be asked for, and its answer may change: numbers only.
fn internet(words: &mut Words<'_>) -> Result<SocketAddr, Wrong> {
    const EXPECTED: &str = "an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080";
    let word = words.need(EXPECTED)?;
    let address: Option<SocketAddr> = core::str::from_utf8(word).ok().and_then(|text| text.parse().ok());
    address.filter(|address| address.port() != 0).ok_or_else(|| words.wrong(EXPECTED))
}

fn unix(words: &mut Words<'_>) -> Result<Unix, Wrong> {
    const EXPECTED: &str = "an absolute path of at most 107 bytes";
    let path = words.need(EXPECTED)?;
    if !path.starts_with(b"/") || path.len() > PATH || path.contains(&0) {
        return Err(words.wrong(EXPECTED));
    }
    Ok(Unix { path: path.to_vec(), mode: None, user: None, group: None })
}

/// Sets what only a socket in the file system has.
fn file(
    socket: &mut Socket,
    words: &mut Words<'_>,
    set: fn(&mut Unix, &mut Words<'_>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    match &mut socket.address {
        Address::Unix(unix) => set(unix, words),
        Address::Tcp(_) | Address::Udp(_) => {
            Err(words.wrong("name, backlog or as; only a unix socket has a mode and an owner"))
        }
    }
}

fn mode(unix: &mut Unix, words: &mut Words<'_>) -> Result<(), Wrong> {
    const EXPECTED: &str = "an octal mode such as 0660";
    let word = words.need(EXPECTED)?;
    let octal = (3..=4).contains(&word.len()) && word.iter().all(|digit| (b'0'..=b'7').contains(digit));
    let mode = word.iter().fold(0, |mode, digit| mode << 3 | u32::from(*digit & 7));
    if !octal || mode > 0o777 {
        return Err(words.wrong(EXPECTED));
    }
    unix.mode = Some(mode);
    Ok(())
}

fn owner(unix: &mut Unix, words: &mut Words<'_>) -> Result<(), Wrong> {
    const EXPECTED: &str = "USER, USER:GROUP or :GROUP";
    let word = words.need(EXPECTED)?;
    let Ok(text) = core::str::from_utf8(word) else { return Err(words.wrong(EXPECTED)) };
    let (user, group) = match text.split_once(':') {
        None => (text, None),
        Some((user, group)) => (user, Some(group)),
    };
    if group.map_or(user.is_empty(), |group| group.is_empty() || group.contains(':')) {
        return Err(words.wrong(EXPECTED));
    }
    unix.user = (!user.is_empty()).then(|| user.into());
    unix.group = group.map(Into::into);
    Ok(())
}

fn name(words: &mut Words<'_>) -> Result<String, Wrong> {
    const EXPECTED: &str = "a name of at most 255 printable ASCII characters without a colon";
    let word = words.need(EXPECTED)?;
    let fits = word.len() <= NAME && word.iter().all(|byte| byte.is_ascii_graphic() && *byte != b':');
    let name = core::str::from_utf8(word).ok().filter(|_| fits);
    name.map(Into::into).ok_or_else(|| words.wrong(EXPECTED))
}

fn backlog(socket: &mut Socket, words: &mut Words<'_>) -> Result<(), Wrong> {
    if let Address::Udp(_) = socket.address {
        return Err(words.wrong("no backlog for udp, which has no connections"));
    }
    words.number(1..=BACKLOG).map(|backlog| socket.backlog = Some(backlog))
}

#[cfg(test)]
mod tests {
    use super::super::mistakes;
    use super::*;

    fn good(text: &str) -> Vec<Socket> {
        let parsed = parse(text.as_bytes());
        assert_eq!(parsed.mistakes, [], "{text}");
        parsed.value.sockets
    }

    fn plain(address: Address) -> Socket {
        Socket { address, name: None, backlog: None, as_stdin: false }
    }

    #[test]
    fn a_socket_a_line() {
        let tcp = Address::Tcp("127.0.0.1:8080".parse().unwrap());
        let udp = Address::Udp("[::1]:53".parse().unwrap());
        let unix = Address::Unix(Unix {
            path: b"/run/x.sock".to_vec(),
            mode: Some(0o660),
            user: Some("www-data".into()),
            group: None,
        });
        let text = "tcp 127.0.0.1:8080\nudp [::1]:53\nunix /run/x.sock mode 0660 owner www-data\n";
        assert_eq!(good(text), [plain(tcp.clone()), plain(udp), plain(unix)]);
        let expected = Socket { name: Some("http".into()), backlog: Some(128), as_stdin: true, ..plain(tcp) };
        assert_eq!(good("tcp 127.0.0.1:8080 name http backlog 128 as 0"), [expected]);
    }

    #[test]
    fn owners() {
        let owner = |text: &str| match good(&alloc::format!("unix /x owner {text}")).remove(0).address {
            Address::Unix(unix) => (unix.user, unix.group),
            _ => (None, None),
        };
        assert_eq!(owner("1000"), (Some("1000".into()), None));
        assert_eq!(owner("www:http"), (Some("www".into()), Some("http".into())));
        assert_eq!(owner(":http"), (None, Some("http".into())));
    }

    #[test]
    fn what_is_wrong() {
        let wrong = |text: &str, line: &str| assert_eq!(mistakes(&parse(text.as_bytes())), [line], "{text}");
        wrong("8080", "line 1: 8080: expected tcp | udp | unix");
        let address = "expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080";
        for word in ["localhost:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "::1:80", "*:80"] {
            wrong(&alloc::format!("tcp {word}"), &alloc::format!("line 1: {word}: {address}"));
        }
        wrong("unix x.sock", "line 1: x.sock: expected an absolute path of at most 107 bytes");
        wrong("unix /x mode 888", "line 1: 888: expected an octal mode such as 0660");
        wrong("unix /x mode 1777", "line 1: 1777: expected an octal mode such as 0660");
        wrong("unix /x owner :", "line 1: :: expected USER, USER:GROUP or :GROUP");
        wrong(
            "tcp 1.2.3.4:5 mode 0660",
            "line 1: mode: expected name, backlog or as; only a unix socket has a mode and an owner",
        );
        wrong("udp 1.2.3.4:5 backlog 9", "line 1: backlog: expected no backlog for udp, which has no connections");
        wrong("tcp 1.2.3.4:5 as 1", "line 1: 1: expected 0");
        wrong("unix /x as 0\nunix /y as 0", "line 2: 0: expected one socket only as standard input");
        wrong("unix /x\nunix /x mode 0600", "line 2: /x: expected an address that no line above has");
        wrong("unix /x colour red", "line 1: colour: expected mode | owner | name | backlog | as");
    }

    #[test]
    fn a_wrong_line_is_no_socket() {
        let parsed = parse(b"unix /x mode 9\nunix /y\n");
        assert_eq!((parsed.value.sockets.len(), parsed.mistakes.len()), (1, 1));
    }
}
