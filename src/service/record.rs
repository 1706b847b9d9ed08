//! What `supervise/status` says behind runit's twenty bytes, for whoever knows to look: readers of twenty bytes see
//! what they always saw. Both ends of the format.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0 | version: 1 |
//! | 1 | phase |
//! | 2-13 | ready since, a label; zeros: not ready |
//! | 14-21 | start time of the process; zeros: there is none, or none is known |
//! | 22-25 | starts |
//! | 26-29 | failures in a row |
//! | 30 | cause of the last exit; zero: there was none |
//! | 31-32 | how it ended: exit code, low byte of the wait status |
//! | 33-44 | next start, a label; zeros: none is due |
//! | 45-46 | checksum (Fletcher's) of the bytes before |
//!
//! Numbers are big-endian. The file is replaced in one step, so the checksum is for what a crash of the machine leaves:
//! a process that is taken over because of a wrong record would be a stranger.

use super::journal::Cause;
use super::status::{self, Status};
use super::word::{Word, words};
use crate::exit::Ending;
use crate::tai64::Label;

/// What keepup's programs know of a service beyond runit's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is doing.
    pub phase: Phase,
    /// Since when it works.
    pub ready_since: Option<Label>,
    /// When the process began, in the kernel's count: together with the pid it names one process only.
    pub start_time: Option<u64>,
    /// How often `run` was started.
    pub starts: u32,
    /// How many failures there were since the last good run.
    pub failures: u32,
    /// How the last run ended.
    pub last_exit: Option<LastExit>,
    /// When the next start is due.
    pub next_start: Option<Label>,
}

/// A service, as all of its status file shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// What every supervisor tells.
    pub status: Status,
    /// What only ours tells.
    pub record: Option<Record>,
}

/// An end, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastExit {
    /// How.
    pub ending: Ending,
    /// Why.
    pub cause: Cause,
}

words! {
    /// What a service is doing, in finer steps than runit's.
    pub enum Phase {
        /// Nothing, as wanted.
        Down = "down",
        /// Its start waits for others.
        Waiting = "waiting",
        /// Its start waits for the delay.
        Backoff = "backoff",
        /// `run` runs, and is not ready yet.
        Starting = "starting",
        /// `run` runs and works.
        Ready = "ready",
        /// `run` runs, and too many checks failed.
        Unhealthy = "unhealthy",
        /// `run` runs, and was told to stop.
        Stopping = "stopping",
        /// `finish` runs.
        Finish = "finish",
        /// It failed too often.
        GaveUp = "gave-up",
    }
}

/// Of this layout.
const VERSION: u8 = 1;

/// How many bytes it has.
pub const SIZE: usize = 47;

/// Of which so many are under the checksum.
const CHECKED: usize = SIZE - 2;

/// What stands for an end of which nobody knows how it came: no end that wait(2) tells of has this byte.
const UNKNOWN: u8 = 0x7f;

impl Phase {
    fn byte(self) -> u8 {
        match self {
            Phase::Down => 1,
            Phase::Waiting => 2,
            Phase::Backoff => 3,
            Phase::Starting => 4,
            Phase::Ready => 5,
            Phase::Unhealthy => 6,
            Phase::Stopping => 7,
            Phase::Finish => 8,
            Phase::GaveUp => 9,
        }
    }
}

fn cause_byte(cause: Cause) -> u8 {
    match cause {
        Cause::Asked => 1,
        Cause::Exit => 2,
        Cause::Signal => 3,
        Cause::Core => 4,
        Cause::Oom => 5,
        Cause::StopTimeout => 6,
        Cause::Watchdog => 7,
        Cause::Unhealthy => 8,
        Cause::StartTimeout => 9,
        Cause::Needs => 10,
        Cause::ExecFailed => 11,
    }
}

impl Record {
    /// The bytes that follow those of the status.
    pub fn pack(&self) -> [u8; SIZE] {
        let label = |label: Option<Label>| label.map_or([0; 12], Label::pack);
        let exit = self.last_exit.map_or([0; 3], LastExit::pack);
        let mut bytes = [0; SIZE];
        bytes[0] = VERSION;
        bytes[1] = self.phase.byte();
        bytes[2..14].copy_from_slice(&label(self.ready_since));
        bytes[14..22].copy_from_slice(&self.start_time.unwrap_or(0).to_be_bytes());
        bytes[22..26].copy_from_slice(&self.starts.to_be_bytes());
        bytes[26..30].copy_from_slice(&self.failures.to_be_bytes());
        bytes[30..33].copy_from_slice(&exit);
        bytes[33..45].copy_from_slice(&label(self.next_start));
        let sum = checksum(&bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&sum);
        bytes
    }

    /// What a whole status file says behind the status. A file of another supervisor says nothing there; a record that
    /// is torn, or of another version, is none.
    pub fn unpack(file: &[u8]) -> Option<Record> {
        let record: &[u8; SIZE] = file.get(status::SIZE..)?.first_chunk()?;
        let (checked, sum) = record.split_at_checked(CHECKED)?;
        let mut bytes = Bytes(checked);
        if sum != checksum(checked) || bytes.take()? != [VERSION] {
            return None;
        }
        let [phase] = bytes.take()?;
        Some(Record {
            phase: Phase::ALL.iter().copied().find(|known| known.byte() == phase)?,
            ready_since: bytes.label()?,
            start_time: Some(u64::from_be_bytes(bytes.take()?)).filter(|ticks| *ticks != 0),
            starts: u32::from_be_bytes(bytes.take()?),
            failures: u32::from_be_bytes(bytes.take()?),
            last_exit: LastExit::unpack(bytes.take()?)?,
            next_start: bytes.label()?,
        })
    }
}

impl Report {
    /// What a whole status file says.
    pub fn unpack(file: &[u8]) -> Option<Report> {
        Some(Report { status: Status::unpack(file)?, record: Record::unpack(file) })
    }
}

impl LastExit {
    fn pack(self) -> [u8; 3] {
        let code = if let Ending::Exited(code) = self.ending { code } else { 0 };
        let low = if self.ending == Ending::Unknown { UNKNOWN } else { self.ending.low_byte() };
        [cause_byte(self.cause), code, low]
    }

    fn unpack([cause, code, low]: [u8; 3]) -> Option<Option<LastExit>> {
        if cause == 0 {
            return Some(None);
        }
        let cause = Cause::ALL.iter().copied().find(|known| cause_byte(*known) == cause)?;
        let known = || Ending::from_wait(i32::from(code) << 8 | i32::from(low));
        let ending = if low == UNKNOWN { Ending::Unknown } else { known()? };
        Some(Some(LastExit { ending, cause }))
    }
}

/// What is still to be read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn label(&mut self) -> Option<Option<Label>> {
        let bytes = self.take()?;
        if bytes == [0; 12] { Some(None) } else { Label::unpack(bytes).map(Some) }
    }
}

/// Two sums, of the bytes and of the sums; the first does not begin at 0, so that zeros have another checksum than zero.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let (low, high) = bytes.iter().fold((1_u16, 0_u16), |(low, high), byte| {
        let low = (low + u16::from(*byte)) % 255;
        (low, (high + low) % 255)
    });
    [high as u8, low as u8]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::signal::Signal;
    use alloc::vec::Vec;

    const LABEL: Label = Label { unix: 1_795_178_438, nanos: 983_491_500 };

    const RECORD: Record = Record {
        phase: Phase::Backoff,
        ready_since: Some(LABEL),
        start_time: Some(123_456_789),
        starts: 7,
        failures: 3,
        last_exit: Some(LastExit { ending: Ending::Killed { by: Signal::SEGV, core: true }, cause: Cause::Core }),
        next_start: Some(Label { unix: 1_795_178_448, nanos: 0 }),
    };

    const NOTHING: Record = Record {
        phase: Phase::Down,
        ready_since: None,
        start_time: None,
        starts: 0,
        failures: 0,
        last_exit: None,
        next_start: None,
    };

    fn file(record: &Record) -> Vec<u8> {
        [&[0; status::SIZE][..], &record.pack()].concat()
    }

    #[test]
    fn what_is_packed_can_be_unpacked() {
        for record in [RECORD, NOTHING] {
            assert_eq!(Record::unpack(&file(&record)), Some(record));
        }
        for phase in Phase::ALL {
            let record = Record { phase: *phase, ..NOTHING };
            assert_eq!(Record::unpack(&file(&record)), Some(record));
        }
        let lost = Some(LastExit { ending: Ending::Unknown, cause: Cause::Exit });
        assert_eq!(Record::unpack(&file(&Record { last_exit: lost, ..NOTHING })).map(|r| r.last_exit), Some(lost));
        for cause in Cause::ALL {
            let record = Record { last_exit: Some(LastExit { ending: Ending::Exited(255), cause: *cause }), ..NOTHING };
            assert_eq!(Record::unpack(&file(&record)), Some(record));
        }
    }

    #[test]
    fn the_layout_stays_as_it_is() {
        let hex: alloc::string::String = RECORD.pack().iter().map(|byte| alloc::format!("{byte:02x}")).collect();
        let expected = "0103400000006b003fd03a9ee3ac00000000075bcd1500000007000000030400\
                        8b400000006b003fda00000000";
        assert_eq!(hex.get(..2 * CHECKED), Some(expected));
        assert_eq!(hex.len(), 2 * SIZE);
    }

    #[test]
    fn what_is_torn_or_unknown_is_none() {
        let good = file(&RECORD);
        for length in 0..good.len() {
            assert_eq!(Record::unpack(&good[..length]), None, "{length} bytes");
            let zeros = [&good[..length], &alloc::vec![0; good.len() - length]].concat();
            assert!(zeros == good || Record::unpack(&zeros).is_none(), "zeros from {length} on");
        }
        let mut newer = good.clone();
        newer[status::SIZE] = 2;
        let sum = checksum(&newer[status::SIZE..][..CHECKED]);
        newer[status::SIZE + CHECKED..].copy_from_slice(&sum);
        assert_eq!(Record::unpack(&newer), None);
        assert_eq!(Record::unpack(&[0; status::SIZE + SIZE]), None);
    }

    #[test]
    fn more_than_a_record_is_fine() {
        assert_eq!(Record::unpack(&[&file(&RECORD)[..], b"more"].concat()), Some(RECORD));
    }

    #[test]
    fn one_wrong_bit_is_noticed() {
        let good = file(&RECORD);
        for bit in 8 * status::SIZE..8 * good.len() {
            let mut wrong = good.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Record::unpack(&wrong), None, "bit {bit}");
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic() {
        let mut source = Random::new(2);
        for _ in 0..20_000 {
            let mut bytes = source.bytes(&[0, 1, 64, 255], 80);
            if let Some(record) = bytes.get_mut(status::SIZE..status::SIZE + SIZE) {
                let sum = checksum(&record[..CHECKED]);
                record[CHECKED..].copy_from_slice(&sum);
            }
            if let Some(record) = Record::unpack(&bytes) {
                assert_eq!(Record::unpack(&file(&record)), Some(record));
            }
        }
    }
}
