//! The twenty bytes of `supervise/status`, written and read without the help of the programs under test.

use std::time::{SystemTime, UNIX_EPOCH};

/// What one `status` file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Seconds of Unix time.
    pub since: i64,
    /// Nanoseconds.
    pub nano: u32,
    pub pid: u32,
    pub paused: u8,
    pub want: char,
    pub term: u8,
    /// 0 down, 1 run, 2 finish.
    pub state: u8,
}

/// The label of second 0 of Unix time.
const EPOCH: i64 = (1 << 62) + 10;

/// Seconds of Unix time.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

impl Status {
    /// `run`, wanted up, since now.
    pub fn run(pid: u32) -> Status {
        Status { since: now(), nano: 0, pid, paused: 0, want: 'u', term: 0, state: 1 }
    }

    /// `finish`, wanted up, since now.
    pub fn finish(pid: u32) -> Status {
        Status { state: 2, ..Status::run(pid) }
    }

    /// `down`, wanted down, since now.
    pub fn down() -> Status {
        Status { pid: 0, want: 'd', state: 0, ..Status::run(0) }
    }

    /// Since so many seconds ago; in the future if negative.
    pub fn since(self, seconds: i64) -> Status {
        Status { since: now() - seconds, ..self }
    }

    pub fn paused(self) -> Status {
        Status { paused: 1, ..self }
    }

    pub fn want(self, want: char) -> Status {
        Status { want, ..self }
    }

    pub fn got_term(self) -> Status {
        Status { term: 1, ..self }
    }

    /// As bytes.
    pub fn pack(self) -> Vec<u8> {
        let mut bytes = (EPOCH + self.since).to_be_bytes().to_vec();
        bytes.extend(self.nano.to_be_bytes());
        bytes.extend(self.pid.to_le_bytes());
        bytes.extend([self.paused, self.want as u8, self.term, self.state]);
        bytes
    }

    /// From bytes. What follows the first twenty is an addition.
    pub fn unpack(bytes: &[u8]) -> Option<Status> {
        let bytes: [u8; 20] = bytes.get(..20)?.try_into().ok()?;
        Some(Status {
            since: i64::from_be_bytes(bytes[..8].try_into().ok()?) - EPOCH,
            nano: u32::from_be_bytes(bytes[8..12].try_into().ok()?),
            pid: u32::from_le_bytes(bytes[12..16].try_into().ok()?),
            paused: bytes[16],
            want: bytes[17].into(),
            term: bytes[18],
            state: bytes[19],
        })
    }

    /// The moment, for comparing two.
    pub fn moment(self) -> (i64, u32) {
        (self.since, self.nano)
    }
}
