//! What a service says of itself by systemd's datagram protocol: a datagram is lines of `NAME=value`, and may carry
//! descriptors. Whoever receives one checks first that its sender belongs to the service.
//!
//! What is not understood is ignored, as the protocol asks; a datagram never means less because of it.

use super::word::{Word, words};
use crate::exit::Pid;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;
use core::time::Duration;

/// One thing that a service says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// It works; or its reload is done.
    Ready,
    /// It reloads, and will be ready again.
    Reloading {
        /// Since when, on the monotonic clock.
        since: Option<Duration>,
    },
    /// It is about to end.
    Stopping,
    /// A line for people; empty takes the last one back.
    Status(String),
    /// Another process is the main one. Not to be trusted before it is known to belong to the service.
    MainPid {
        /// Which.
        pid: Pid,
        /// The inode of its pidfd, which no other process ever has.
        inode: Option<u64>,
    },
    /// The descriptor that came is a pidfd of the main process.
    MainPidFd,
    /// It is alive.
    Alive,
    /// To be treated as if it had not said in time that it is alive.
    Stuck,
    /// From now on it says so that often; zero: no more.
    WatchdogEvery(Duration),
    /// It says something again within this time.
    Extend(Duration),
    /// Its trouble, as a number of errno.
    Errno(i32),
    /// Its trouble, as a D-Bus name.
    BusError(String),
    /// Its trouble, as a Varlink name.
    VarlinkError(String),
    /// With which code it is about to end.
    ExitStatus(u8),
    /// From whom to take messages.
    Access(Access),
    /// Failures before this are forgotten.
    RestartReset,
    /// The descriptors that came are to be kept for the next start.
    Store {
        /// What they are called.
        name: String,
        /// Whether they are dropped when they have trouble.
        poll: bool,
    },
    /// Kept descriptors of this name are to be dropped.
    Remove {
        /// What they are called.
        name: String,
    },
    /// The descriptor that came is to be closed as soon as everything before it has been acted upon.
    Barrier,
}

words! {
    /// From whom messages are taken.
    pub enum Access {
        /// Nobody.
        None = "none",
        /// The main process.
        Main = "main",
        /// It, and the helpers that we run.
        Exec = "exec",
        /// All processes of the service.
        All = "all",
    }
}

/// What a service has said of itself, for people, and where it says it: the content of `supervise/notify`, in lines as
/// the protocol has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What `NOTIFY_SOCKET` is for it.
    pub socket: String,
    /// A line for people.
    pub status: String,
    /// Its trouble, as it was said: `ERRNO=2`, `BUSERROR=...`, `VARLINKERROR=...`, `EXIT_STATUS=...`.
    pub trouble: Vec<String>,
}

const SOCKET: &str = "NOTIFY_SOCKET=";
const STATUS: &str = "STATUS=";

impl Told {
    /// Takes in a message that is for people; whether it was one, and nothing that was said already.
    pub fn hear(&mut self, message: &Message) -> bool {
        let trouble = match message {
            Message::Status(status) => {
                // It is shown in a line.
                let line: String = status.chars().filter(|c| !c.is_control()).collect();
                let news = line != self.status;
                self.status = line;
                return news;
            }
            Message::Errno(number) => format!("ERRNO={number}"),
            Message::BusError(name) => format!("BUSERROR={name}"),
            Message::VarlinkError(name) => format!("VARLINKERROR={name}"),
            Message::ExitStatus(code) => format!("EXIT_STATUS={code}"),
            _ => return false,
        };
        let news = !self.trouble.contains(&trouble) && self.trouble.len() < TROUBLES;
        if news {
            self.trouble.push(trouble);
        }
        news
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = format!("{SOCKET}{}\n", self.socket);
        if !self.status.is_empty() {
            text.push_str(&format!("{STATUS}{}\n", self.status));
        }
        self.trouble.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        text
    }

    /// What a file says.
    pub fn parse(text: &[u8]) -> Told {
        let mut told = Told::default();
        for line in text.split(|byte| *byte == b'\n').filter_map(|line| core::str::from_utf8(line).ok()) {
            match (line.strip_prefix(SOCKET), line.strip_prefix(STATUS)) {
                (Some(socket), _) => told.socket = socket.into(),
                (_, Some(status)) => told.status = status.into(),
                _ if line.is_empty() => {}
                _ => told.trouble.push(line.into()),
            }
        }
        told
    }
}

/// Troubles that are kept: a service that says a new one each second is not to fill our memory.
const TROUBLES: usize = 8;

/// The most bytes of a datagram that are read, as in systemd; one that is longer is none of the protocol's.
pub const LONGEST: usize = 4096;

/// A name of kept descriptors has no more bytes.
const NAME: usize = 255;

/// What kept descriptors are called that were not given a name.
const UNNAMED: &str = "stored";

/// What a datagram says that came with so many descriptors, in its order.
pub fn decode(datagram: &[u8], descriptors: usize) -> Vec<Message> {
    let text = datagram.strip_suffix(b"\0").unwrap_or(datagram);
    if text.contains(&0) {
        return Vec::new();
    }
    let fields = Fields { text, descriptors };
    if fields.lines().any(|line| line == b"BARRIER=1") {
        // Together with anything else it would be unclear what is to be done before.
        let alone = fields.lines().count() == 1 && descriptors == 1;
        return if alone { Vec::from([Message::Barrier]) } else { Vec::new() };
    }
    fields.lines().filter_map(|line| fields.message(line)).collect()
}

/// The lines of a datagram: some say something, others only say more of what one of those says.
struct Fields<'a> {
    text: &'a [u8],
    descriptors: usize,
}

impl<'a> Fields<'a> {
    fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        self.text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
    }

    /// The value of the first line of this name.
    fn get(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.lines().filter_map(split).find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn message(&self, line: &[u8]) -> Option<Message> {
        let (name, value) = split(line)?;
        let only = |wanted: &[u8], message| (value == wanted).then_some(message);
        match name {
            b"READY" => only(b"1", Message::Ready),
            b"RELOADING" => only(b"1", Message::Reloading { since: self.get(b"MONOTONIC_USEC").and_then(micros) }),
            b"STOPPING" => only(b"1", Message::Stopping),
            b"STATUS" => text(value).map(Message::Status),
            b"MAINPID" => {
                let pid = number(value).and_then(Pid::new)?;
                Some(Message::MainPid { pid, inode: self.get(b"MAINPIDFDID").and_then(number) })
            }
            b"MAINPIDFD" if self.descriptors == 1 => only(b"1", Message::MainPidFd),
            b"WATCHDOG" if value == b"trigger" => Some(Message::Stuck),
            b"WATCHDOG" => only(b"1", Message::Alive),
            b"WATCHDOG_USEC" => micros(value).map(Message::WatchdogEvery),
            b"EXTEND_TIMEOUT_USEC" => micros(value).map(Message::Extend),
            b"ERRNO" => number(value).map(Message::Errno),
            b"BUSERROR" => text(value).map(Message::BusError),
            b"VARLINKERROR" => text(value).map(Message::VarlinkError),
            b"EXIT_STATUS" => number(value).map(Message::ExitStatus),
            b"NOTIFYACCESS" => Access::of(value).map(Message::Access),
            b"RESTART_RESET" => only(b"1", Message::RestartReset),
            b"FDSTORE" if self.descriptors > 0 => only(b"1", self.store()),
            b"FDSTOREREMOVE" => only(b"1", Message::Remove { name: self.name()? }),
            _ => None,
        }
    }

    fn store(&self) -> Message {
        let poll = self.get(b"FDPOLL") != Some(b"0");
        Message::Store { name: self.name().unwrap_or_else(|| UNNAMED.into()), poll }
    }

    /// What kept descriptors are called, if that is a name that `LISTEN_FDNAMES` can hold.
    fn name(&self) -> Option<String> {
        let printable = |byte: &u8| (b' '..=b'~').contains(byte) && *byte != b':';
        let name = self.get(b"FDNAME").filter(|name| name.len() <= NAME && name.iter().all(printable))?;
        text(name).filter(|name| !name.is_empty())
    }
}

fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = line.splitn(2, |byte| *byte == b'=');
    Some((parts.next()?, parts.next()?))
}

fn text(value: &[u8]) -> Option<String> {
    core::str::from_utf8(value).ok().map(Into::into)
}

/// Digits and nothing else: all numbers of the protocol are above zero or zero.
fn number<T: FromStr>(value: &[u8]) -> Option<T> {
    let digits = value.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
}

fn micros(value: &[u8]) -> Option<Duration> {
    number(value).map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn one(datagram: &str) -> Option<Message> {
        let mut messages = decode(datagram.as_bytes(), 0);
        assert!(messages.len() <= 1, "{messages:?}");
        messages.pop()
    }

    #[test]
    fn every_field() {
        let ms = Duration::from_millis;
        assert_eq!(one("READY=1"), Some(Message::Ready));
        assert_eq!(one("RELOADING=1"), Some(Message::Reloading { since: None }));
        assert_eq!(one("RELOADING=1\nMONOTONIC_USEC=5000"), Some(Message::Reloading { since: Some(ms(5)) }));
        assert_eq!(one("STOPPING=1\n"), Some(Message::Stopping));
        assert_eq!(one("STATUS=50% = half, läuft"), Some(Message::Status("50% = half, läuft".into())));
        assert_eq!(one("STATUS="), Some(Message::Status(String::new())));
        let pid = Pid::new(4711).unwrap();
        assert_eq!(one("MAINPID=4711"), Some(Message::MainPid { pid, inode: None }));
        assert_eq!(one("MAINPIDFDID=9\nMAINPID=4711"), Some(Message::MainPid { pid, inode: Some(9) }));
        assert_eq!(one("WATCHDOG=1"), Some(Message::Alive));
        assert_eq!(one("WATCHDOG=trigger"), Some(Message::Stuck));
        assert_eq!(one("WATCHDOG_USEC=20000000"), Some(Message::WatchdogEvery(ms(20_000))));
        assert_eq!(one("EXTEND_TIMEOUT_USEC=1000"), Some(Message::Extend(ms(1))));
        assert_eq!(one("ERRNO=2"), Some(Message::Errno(2)));
        assert_eq!(one("BUSERROR=org.x"), Some(Message::BusError("org.x".into())));
        assert_eq!(one("VARLINKERROR=org.x"), Some(Message::VarlinkError("org.x".into())));
        assert_eq!(one("EXIT_STATUS=255"), Some(Message::ExitStatus(255)));
        assert_eq!(one("NOTIFYACCESS=all"), Some(Message::Access(Access::All)));
        assert_eq!(one("RESTART_RESET=1"), Some(Message::RestartReset));
        assert_eq!(one("FDSTOREREMOVE=1\nFDNAME=db"), Some(Message::Remove { name: "db".into() }));
    }

    #[test]
    fn what_is_for_people_is_kept() {
        let mut told = Told { socket: "@0001f".into(), ..Told::default() };
        assert!(told.hear(&Message::Status("warming\tup".into())));
        assert!(!told.hear(&Message::Status("warmingup".into())), "said already");
        assert!(told.hear(&Message::Errno(2)));
        assert!(!told.hear(&Message::Errno(2)));
        assert!(!told.hear(&Message::Ready));
        assert_eq!(told.text(), "NOTIFY_SOCKET=@0001f\nSTATUS=warmingup\nERRNO=2\n");
        assert_eq!(Told::parse(told.text().as_bytes()), told);
        assert_eq!(Told::parse(b"STATUS=half"), Told { status: "half".into(), ..Told::default() });
        for number in 0..100 {
            told.hear(&Message::Errno(number));
        }
        assert_eq!(told.trouble.len(), TROUBLES);
    }

    #[test]
    fn several_come_in_their_order() {
        let messages = decode(b"READY=1\nSTATUS=up\nX_PRIVATE=1\nMAINPID=1\n", 0);
        let main = Message::MainPid { pid: Pid::new(1).unwrap(), inode: None };
        assert_eq!(messages, [Message::Ready, Message::Status("up".into()), main]);
        assert_eq!(decode(b"\nWATCHDOG=1\n\nfoo\nWATCHDOG=1\0", 0), [Message::Alive, Message::Alive]);
    }

    #[test]
    fn descriptors() {
        let store = |name: &str, poll| Message::Store { name: name.into(), poll };
        assert_eq!(decode(b"FDSTORE=1", 2), [store("stored", true)]);
        assert_eq!(decode(b"FDSTORE=1\nFDNAME=db x\nFDPOLL=0", 1), [store("db x", false)]);
        let long = alloc::format!("FDSTORE=1\nFDNAME={}", "x".repeat(256));
        for bad in
            ["FDNAME=a:b\nFDSTORE=1", "FDSTORE=1\nFDNAME=\x01", "FDSTORE=1\nFDNAME=ä", "FDSTORE=1\nFDNAME=", &long]
        {
            assert_eq!(decode(bad.as_bytes(), 1), [store("stored", true)], "{bad}");
        }
        assert_eq!(decode(b"FDSTORE=1", 0), [], "there is nothing to keep");
        assert_eq!(decode(b"FDSTOREREMOVE=1", 0), [], "nor to drop");
        assert_eq!(decode(b"MAINPIDFD=1", 1), [Message::MainPidFd]);
        assert_eq!(decode(b"MAINPIDFD=1", 2), []);
    }

    #[test]
    fn a_barrier_stands_alone() {
        assert_eq!(decode(b"BARRIER=1", 1), [Message::Barrier]);
        assert_eq!(decode(b"BARRIER=1\n", 1), [Message::Barrier]);
        assert_eq!(decode(b"BARRIER=1", 0), []);
        assert_eq!(decode(b"BARRIER=1", 2), []);
        assert_eq!(decode(b"READY=1\nBARRIER=1", 1), []);
    }

    #[test]
    fn what_is_not_understood_is_ignored() {
        let nothing = [
            "",
            "\n",
            "\0",
            "READY",
            "READY=0",
            "READY=yes",
            "ready=1",
            " READY=1",
            "READY=1\0STATUS=x",
            "=",
            "=1",
            "MAINPID=0",
            "MAINPID=-5",
            "MAINPID=+5",
            "MAINPID=99999999999",
            "MAINPID=",
            "WATCHDOG=2",
            "WATCHDOG_USEC=x",
            "WATCHDOG_USEC=99999999999999999999",
            "EXIT_STATUS=256",
            "ERRNO=",
            "NOTIFYACCESS=some",
            "MONOTONIC_USEC=1",
            "FDNAME=x",
            "FDPOLL=0",
        ];
        for datagram in nothing {
            assert_eq!(one(datagram), None, "{datagram:?}");
        }
        assert_eq!(decode(b"STATUS=\xff\nREADY=1", 0), [Message::Ready]);
    }

    #[test]
    fn arbitrary_datagrams_never_panic() {
        let names: [&[u8]; 12] = [
            b"READY",
            b"RELOADING",
            b"MONOTONIC_USEC",
            b"STATUS",
            b"MAINPID",
            b"WATCHDOG",
            b"WATCHDOG_USEC",
            b"BARRIER",
            b"FDSTORE",
            b"FDNAME",
            b"EXTEND_TIMEOUT_USEC",
            b"EXIT_STATUS",
        ];
        let mut source = Random::new(8);
        for _ in 0..20_000 {
            let mut datagram = Vec::new();
            for _ in 0..source.below(6) {
                datagram.extend(names[source.below(12)]);
                datagram.push(b'=');
                datagram.extend(source.bytes(b"01", 4));
                datagram.push(b'\n');
            }
            let descriptors = source.below(3);
            let messages = decode(&datagram, descriptors);
            assert!(!messages.contains(&Message::Barrier) || messages.len() == 1 && descriptors == 1);
            decode(&source.bytes(b"READY=1\nSTATUSBARRIER0", 60), descriptors);
        }
    }
}
