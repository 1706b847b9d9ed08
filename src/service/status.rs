//! What the files in `supervise/` say of a service. Both ends of the format: `status` in twenty bytes, as runit's tools
//! read it (daemontools' read the first eighteen), and `stat` in words.

use crate::exit::Pid;
use crate::tai64::Label;
use alloc::string::String;

/// A service, as its files show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Since when: the start of `run`, also while `finish` runs; the end of the last one while down.
    pub since: Label,
    /// Which process `run` or `finish` is.
    pub pid: Option<Pid>,
    /// What is running.
    pub phase: Phase,
    /// What is wanted.
    pub want: Want,
    /// Whether it was paused.
    pub paused: bool,
    /// Whether TERM was sent and it has not ended since.
    pub got_term: bool,
}

/// What of a service is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nothing.
    Down,
    /// `./run`.
    Run,
    /// `./finish`.
    Finish,
}

/// What a service shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// Up.
    Up,
    /// Down.
    Down,
    /// Down, and its supervisor gone. The binary format does not tell it from down.
    Exit,
}

/// How many bytes a reader needs.
pub const SIZE: usize = 20;

impl Status {
    /// The bytes of `status`.
    pub fn pack(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[..12].copy_from_slice(&self.since.pack());
        bytes[12..16].copy_from_slice(&self.pid.map_or(0, Pid::get).to_le_bytes());
        bytes[16] = self.paused.into();
        bytes[17] = if self.want == Want::Up { b'u' } else { b'd' };
        bytes[18] = self.got_term.into();
        bytes[19] = match self.phase {
            Phase::Down => 0,
            Phase::Run => 1,
            Phase::Finish => 2,
        };
        bytes
    }

    /// What the bytes of `status` say; more than twenty are fine, fewer or nonsense are not.
    pub fn unpack(bytes: &[u8]) -> Option<Status> {
        let (since, rest) = bytes.get(..SIZE)?.split_first_chunk()?;
        let (pid, rest) = rest.split_first_chunk()?;
        let [paused, want, got_term, phase] = rest.try_into().ok()?;
        Some(Status {
            since: Label::unpack(*since)?,
            pid: Pid::new(i32::from_le_bytes(*pid)),
            phase: match phase {
                0 => Phase::Down,
                1 => Phase::Run,
                2 => Phase::Finish,
                _ => return None,
            },
            want: if want == b'u' { Want::Up } else { Want::Down },
            paused: paused != 0,
            got_term: got_term != 0,
        })
    }

    /// The line of `stat`.
    pub fn words(&self) -> String {
        let mut line = String::from(match self.phase {
            Phase::Down => "down",
            Phase::Run => "run",
            Phase::Finish => "finish",
        });
        if self.paused {
            line.push_str(", paused");
        }
        if self.got_term {
            line.push_str(", got TERM");
        }
        match self.want {
            _ if self.phase == Phase::Down => {}
            Want::Up => {}
            Want::Down => line.push_str(", want down"),
            Want::Exit => line.push_str(", want exit"),
        }
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN: Status = Status {
        since: Label { unix: 0, nanos: 0 },
        pid: None,
        phase: Phase::Down,
        want: Want::Up,
        paused: false,
        got_term: false,
    };

    fn hex(text: &str) -> [u8; SIZE] {
        core::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    }

    // As the original wrote them.
    #[test]
    fn samples_of_the_original() {
        let running = Status::unpack(&hex("400000006b0044322c280de42b00000000750001")).unwrap();
        assert_eq!((running.phase, running.want, running.pid.map(Pid::get)), (Phase::Run, Want::Up, Some(43)));
        let finishing = Status::unpack(&hex("400000006b0044322c280de42e00000000640002")).unwrap();
        assert_eq!((finishing.phase, finishing.want), (Phase::Finish, Want::Down));
        let paused = Status::unpack(&hex("400000006b0044322c280de42b00000001750001")).unwrap();
        assert!(paused.paused);
        for status in [running, finishing, paused] {
            assert_eq!(Status::unpack(&status.pack()), Some(status));
        }
    }

    #[test]
    fn short_or_senseless_is_no_status() {
        let bytes = DOWN.pack();
        assert_eq!(Status::unpack(&bytes[..19]), None);
        assert_eq!(Status::unpack(&[bytes.as_slice(), b"more"].concat()), Some(DOWN));
        let mut bytes = bytes;
        bytes[19] = 9;
        assert_eq!(Status::unpack(&bytes), None);
    }

    #[test]
    fn words() {
        assert_eq!(Status { want: Want::Exit, ..DOWN }.words(), "down\n", "what is wanted shows while it is not so");
        let run = Status { phase: Phase::Run, pid: Pid::new(7), ..DOWN };
        assert_eq!(run.words(), "run\n");
        assert_eq!(Status { paused: true, got_term: true, ..run }.words(), "run, paused, got TERM\n");
        assert_eq!(Status { want: Want::Down, got_term: true, ..run }.words(), "run, got TERM, want down\n");
        assert_eq!(Status { want: Want::Exit, phase: Phase::Finish, ..run }.words(), "finish, want exit\n");
    }
}
