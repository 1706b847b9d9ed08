//! The words that everybody uses.

use super::pack::{Bytes, Packed, packed_enum, packed_struct};
use crate::exit::{Ending, Exit, Pid};
use crate::moment::{Moment, Now};
use crate::signal::Signal;
use crate::tai64::Label;
use alloc::vec::Vec;
use core::time::Duration;

impl Packed for Duration {
    fn pack(&self, into: &mut Vec<u8>) {
        self.as_secs().pack(into);
        self.subsec_nanos().pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Duration> {
        let (seconds, nanos) = (u64::unpack(from)?, u32::unpack(from)?);
        (nanos < NANOS).then(|| Duration::new(seconds, nanos))
    }
}

const NANOS: u32 = 1_000_000_000;

impl Packed for Label {
    fn pack(&self, into: &mut Vec<u8>) {
        self.unix.pack(into);
        self.nanos.pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Label> {
        let label = Label { unix: i64::unpack(from)?, nanos: u32::unpack(from)? };
        Some(label).filter(|label| label.nanos < NANOS)
    }
}

impl Packed for Moment {
    fn pack(&self, into: &mut Vec<u8>) {
        self.0.pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Moment> {
        Duration::unpack(from).map(Moment)
    }
}

impl Packed for Pid {
    fn pack(&self, into: &mut Vec<u8>) {
        self.get().pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Pid> {
        Pid::new(i32::unpack(from)?)
    }
}

impl Packed for Signal {
    fn pack(&self, into: &mut Vec<u8>) {
        self.number().pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Signal> {
        Signal::new(u8::unpack(from)?)
    }
}

impl Packed for Exit {
    fn pack(&self, into: &mut Vec<u8>) {
        self.0.pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Exit> {
        u8::unpack(from).map(Exit)
    }
}

packed_struct!(Now { 1 moment, 2 label });
packed_enum!(Ending { 1 Exited(code), 2 Killed { by, core }, 3 Unknown });
