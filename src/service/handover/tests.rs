use super::*;
use crate::handover::{Packed, Refused, open, seal};
use crate::moment::{Moment, Now};
use crate::random::Random;
use crate::service::policy::listen::{Address, Unix};
use crate::tai64::Label;
use alloc::vec;
use core::fmt::Debug;

const NOW: Now =
    Now { moment: Moment(Duration::from_millis(1_234_567)), label: Label { unix: 1_700_000_000, nanos: 5 } };

fn post(from: i32) -> Post {
    Post {
        directory: Number(from),
        lock: Number(from + 1),
        mark: Some(Number(from + 2)),
        own: None,
        control: Number(from + 3),
        ok: Some(Number(from + 4)),
        shown: b"./".to_vec(),
        journal: Some(Writer::resume(b"", b"@400000006b003fd03a9ee3ac 17 ready pid=3\n")),
    }
}

fn seat(role: Role, from: i32) -> Seat {
    Seat {
        machine: Machine::new(role, NOW, true),
        post: post(from),
        main_began: Some(u64::MAX),
        held: Some(Held { until: Some(NOW.label), note: b"disk\xff".to_vec() }),
        script: Pid::new(7),
        check: None,
        ready: Some(Number(from + 5)),
        journal_failed: true,
    }
}

fn full() -> Supervisor {
    let tcp = |address: &str| Address::Tcp(address.parse().unwrap());
    let unix =
        Address::Unix(Unix { path: b"/run/w".to_vec(), mode: Some(0o660), user: Some("www".into()), group: None });
    let socket = |address, number, path| Socket {
        wanted: listen::Socket { address, name: Some("http".into()), backlog: Some(9), as_stdin: false },
        file: Number(number),
        path,
    };
    Supervisor {
        pid: Pid::new(4711),
        service: seat(Role::Service, 10),
        logger: Some(seat(Role::Logger, 20)),
        error_logger: Some(seat(Role::ErrorLogger, 30)),
        log: Some(Pipe { reader: Number(40), writer: Some(Number(41)) }),
        error_log: Some(Pipe { reader: Number(42), writer: None }),
        neighbours: Some((Number(43), b"web".to_vec())),
        outfit: Outfit {
            stdin: Some(Number(44)),
            sockets: vec![
                socket(tcp("127.0.0.1:80"), 45, None),
                socket(tcp("[fe80::1%3]:80"), 46, None),
                socket(unix, 47, Some((b"/run/w".to_vec(), (1, u64::MAX)))),
            ],
            store: vec![Stored { name: "one".into(), file: Number(48), poll: true }],
            group: Some(Group { path: b"/sys/fs/cgroup/x".to_vec(), directory: Number(49), kills: 3 }),
        },
        talk: Some(Talk {
            mailbox: Number(50),
            address: b"/s/web/supervise.notify".to_vec(),
            is_file: true,
            access: Access::Exec,
            told: Told { socket: "@x".into(), status: "good".into(), trouble: vec!["ERRNO=2".into()] },
            reload: Some(Duration::from_nanos(1)),
        }),
        strangers: vec![(Pid::new(1).unwrap(), None), (Pid::new(2).unwrap(), Some(Number(51)))],
        asked: Role::Logger,
        version: "0.1.0".into(),
    }
}

fn comes_back<T: Packed + PartialEq + Debug>(value: &T) {
    assert_eq!(open::<T>(&seal(value)).as_ref(), Ok(value));
}

#[test]
fn a_supervisor_comes_back_as_it_was() {
    comes_back(&full());
    let seat = Seat { held: None, ready: None, main_began: None, script: None, ..seat(Role::Service, 3) };
    comes_back(&Supervisor {
        service: seat,
        logger: None,
        error_logger: None,
        log: None,
        error_log: None,
        neighbours: None,
        outfit: Outfit::default(),
        talk: None,
        strangers: Vec::new(),
        ..full()
    });
}

#[test]
fn what_the_first_version_hands_over_is_understood_for_ever() {
    let content = include_bytes!("../../../fuzz/seeds/handover/runsv");
    assert_eq!(crate::handover::read_content(content), Some(full()));
}

#[test]
fn what_is_damaged_is_refused() {
    let sealed = seal(&full());
    let mut random = Random::new(5);
    for _ in 0..2000 {
        let mut damaged = sealed.clone();
        let at = random.below(damaged.len());
        damaged[at] ^= 1 << random.below(8);
        assert_eq!(open::<Supervisor>(&damaged), Err(Refused::Foreign));
        damaged.truncate(random.below(sealed.len()));
        assert_eq!(open::<Supervisor>(&damaged), Err(Refused::Foreign));
    }
}

/// Behind the checksum too nothing can be said that breaks a reader.
#[test]
fn what_is_damaged_and_sealed_again_is_refused_or_read() {
    let mut content = Vec::new();
    full().pack(&mut content);
    let mut random = Random::new(6);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..4000 {
        let mut damaged = content.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(damaged.len());
            damaged[at] = random.below(256) as u8;
        }
        match open::<Supervisor>(&seal(&Raw(damaged))) {
            Ok(supervisor) => {
                comes_back(&supervisor);
                read += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(read > 100 && refused > 100, "{read} {refused}");
}

/// Bytes as they are.
struct Raw(Vec<u8>);

impl Packed for Raw {
    fn pack(&self, into: &mut Vec<u8>) {
        into.extend(&self.0);
    }

    fn unpack(_: &mut crate::handover::pack::Bytes<'_>) -> Option<Raw> {
        None
    }
}
