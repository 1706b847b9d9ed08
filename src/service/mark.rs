//! `supervise/mark`: what a supervisor leaves behind, so that its successor can find what it has left running.
//!
//! Who supervises here is written when the lock is taken; who was started last is written by that child itself, before
//! it becomes its program: however suddenly its supervisor ends, nobody runs unmarked. The lock is held by the child
//! too until then, so a successor that has it reads the mark of everybody who lives.
//!
//! Who started the supervisor is written too: one that has another parent now has lost its own, and may be adopted.
//!
//! An empty file is that of a supervisor that has left in order, or of runit's: nobody is to be looked for.

use crate::exit::Pid;
use core::time::Duration;

/// The content of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where process ids mean what they mean.
    pub world: World,
    /// Who supervises.
    pub supervisor: Pid,
    /// Whose child that was; nothing if its parent was in another space of process ids.
    pub starter: Option<Pid>,
    /// Who was started last.
    pub child: Option<Child>,
}

/// A run of the machine, and a space of process ids in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    /// The kernel's id of this run.
    pub boot: [u8; 16],
    /// The inode of the space.
    pub space: u64,
}

/// A child, by what it wrote of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child {
    /// What it is about to run.
    pub what: What,
    /// Which process it is.
    pub pid: Pid,
    /// When, since the start of the machine: not before its own beginning.
    pub at: Duration,
}

/// What a child runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `./run`
    Run,
    /// `./finish`
    Finish,
}

const MAGIC: [u8; 8] = *b"keepup2\n";

/// How long the part is that the supervisor writes; that of the child follows.
pub const OWN: usize = 8 + 16 + 8 + 4 + 4;

/// How long the part of the child is: what, three zeroes, the process id, nanoseconds.
pub const CHILD: usize = 4 + 4 + 8;

/// How long all of it is.
pub const SIZE: usize = OWN + CHILD;

impl What {
    /// How it is written.
    pub fn byte(self) -> u8 {
        match self {
            What::Run => b'r',
            What::Finish => b'f',
        }
    }
}

/// The part of the supervisor.
pub fn own(world: World, supervisor: Pid, starter: Option<Pid>) -> [u8; OWN] {
    let mut bytes = [0; OWN];
    let (magic, rest) = bytes.split_at_mut(8);
    let (boot, rest) = rest.split_at_mut(16);
    let (space, rest) = rest.split_at_mut(8);
    let (pid, parent) = rest.split_at_mut(4);
    magic.copy_from_slice(&MAGIC);
    boot.copy_from_slice(&world.boot);
    space.copy_from_slice(&world.space.to_be_bytes());
    pid.copy_from_slice(&supervisor.get().to_be_bytes());
    parent.copy_from_slice(&starter.map_or(0, Pid::get).to_be_bytes());
    bytes
}

/// The part of a child. It is called by one that shares the memory of another: nothing is allocated.
pub fn child(what: u8, pid: i32, at: Duration) -> [u8; CHILD] {
    let nanos = (at.as_nanos() as u64).to_be_bytes();
    let [a, b, c, d] = pid.to_be_bytes();
    let [e, f, g, h, i, j, k, l] = nanos;
    [what, 0, 0, 0, a, b, c, d, e, f, g, h, i, j, k, l]
}

impl Mark {
    /// What a file says; nothing if it is no mark.
    pub fn unpack(file: &[u8]) -> Option<Mark> {
        let (magic, rest) = file.split_first_chunk::<8>()?;
        let (boot, rest) = rest.split_first_chunk::<16>()?;
        let (space, rest) = rest.split_first_chunk::<8>()?;
        let (pid, rest) = rest.split_first_chunk::<4>()?;
        let (starter, rest) = rest.split_first_chunk::<4>()?;
        (*magic == MAGIC).then_some(())?;
        Some(Mark {
            world: World { boot: *boot, space: u64::from_be_bytes(*space) },
            supervisor: Pid::new(i32::from_be_bytes(*pid))?,
            starter: Pid::new(i32::from_be_bytes(*starter)),
            child: Child::unpack(rest),
        })
    }
}

impl Child {
    fn unpack(part: &[u8]) -> Option<Child> {
        let (head, rest) = part.split_first_chunk::<4>()?;
        let (pid, rest) = rest.split_first_chunk::<4>()?;
        let (nanos, _) = rest.split_first_chunk::<8>()?;
        let what = match head {
            [b'r', 0, 0, 0] => What::Run,
            [b'f', 0, 0, 0] => What::Finish,
            _ => return None,
        };
        let at = Duration::from_nanos(u64::from_be_bytes(*nanos));
        Some(Child { what, pid: Pid::new(i32::from_be_bytes(*pid))?, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec::Vec;

    const WORLD: World = World { boot: [7; 16], space: 4_026_531_836 };

    fn file(child: &[u8]) -> Vec<u8> {
        [&own(WORLD, Pid::new(17).unwrap(), Pid::new(16))[..], child].concat()
    }

    #[test]
    fn what_is_written_can_be_read() {
        let at = Duration::from_nanos(1_234_567_890_123);
        let pid = Pid::new(4711).unwrap();
        for what in [What::Run, What::Finish] {
            let mark = Mark::unpack(&file(&child(what.byte(), 4711, at))).unwrap();
            let child = Some(Child { what, pid, at });
            let (supervisor, starter) = (Pid::new(17).unwrap(), Pid::new(16));
            assert_eq!(mark, Mark { world: WORLD, supervisor, starter, child });
        }
        assert_eq!(file(&child(b'r', 1, at)).len(), SIZE);
        assert_eq!(Mark::unpack(&file(b"")).map(|mark| mark.child), Some(None), "nobody was started yet");
    }

    #[test]
    fn a_starter_out_of_sight_is_none() {
        let bytes = own(WORLD, Pid::new(17).unwrap(), None);
        assert_eq!(Mark::unpack(&bytes).map(|mark| mark.starter), Some(None));
    }

    #[test]
    fn everything_else_is_no_mark() {
        assert_eq!(Mark::unpack(b""), None);
        assert_eq!(Mark::unpack(&[0; SIZE]), None);
        let good = file(&child(b'r', 4711, Duration::from_secs(1)));
        for length in 0..OWN {
            assert_eq!(Mark::unpack(&good[..length]), None);
        }
        for length in OWN..SIZE {
            assert_eq!(Mark::unpack(&good[..length]).map(|mark| mark.child), Some(None));
        }
        let nobody = file(&child(b'r', 0, Duration::ZERO));
        assert_eq!(Mark::unpack(&nobody).and_then(|mark| mark.child), None);
        let mut random = Random::new(3);
        for _ in 0..20_000 {
            let mut bytes = random.bytes(b"keepup2\n\0\x01rf", 64);
            Mark::unpack(&bytes);
            if let Some(magic) = bytes.first_chunk_mut() {
                *magic = MAGIC;
                Mark::unpack(&bytes);
            }
        }
    }
}
