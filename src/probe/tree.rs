//! The processes of a service: the one that its supervisor started and all below it, as /proc tells.

use crate::exit::Pid;
use alloc::vec::Vec;

/// What /proc says of a process at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Which one.
    pub pid: Pid,
    /// Its parent; 0 where there is none.
    pub parent: i32,
    /// Processor time of its own and of the children that it has waited for, in ticks.
    pub ticks: u64,
    /// When it began, in ticks since the machine did.
    pub began: u64,
    /// Its memory that is in the machine's, in pages.
    pub pages: u64,
}

impl Process {
    /// Reads a `/proc/PID/stat`. The program's name in it may hold anything, brackets and spaces too.
    pub fn parse(stat: &[u8]) -> Option<Process> {
        let text = stat.trim_ascii_end();
        let (pid, _) = text.split_at(text.iter().position(|byte| *byte == b' ')?);
        let rest = text.get(text.iter().rposition(|byte| *byte == b')')? + 1..)?;
        let fields: Vec<&str> = core::str::from_utf8(rest).ok()?.split_ascii_whitespace().collect();
        // The manual counts from 1; the pid and the name come before these.
        let field = |number: usize| -> Option<&str> { fields.get(number.checked_sub(3)?).copied() };
        let ticks = |number| -> Option<u64> { field(number)?.parse().ok() };
        Some(Process {
            pid: Pid::new(core::str::from_utf8(pid).ok()?.parse().ok()?)?,
            parent: field(4)?.parse().ok()?,
            ticks: [14, 15, 16, 17].into_iter().try_fold(0_u64, |sum, at| Some(sum.saturating_add(ticks(at)?)))?,
            began: ticks(22)?,
            pages: ticks(24)?,
        })
    }
}

/// A process and all below it; nothing if it is not among them.
pub fn below(root: Pid, all: &[Process]) -> Vec<Process> {
    let mut found: Vec<Process> = all.iter().filter(|process| process.pid == root).copied().collect();
    let mut rest: Vec<Process> = all.iter().filter(|process| process.pid != root).copied().collect();
    let mut at = 0;
    while let Some(parent) = found.get(at).map(|process| process.pid.get()) {
        rest.retain(|process| {
            let child = process.parent == parent;
            found.extend(child.then_some(*process));
            !child
        });
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec;

    const STAT: &[u8] = b"42 (a) R (b c) S 7 42 42 0 -1 4194560 100 200 0 0 11 12 13 14 20 0 1 0 5000 1000000 25 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n";

    fn process(pid: i32, parent: i32) -> Process {
        Process { pid: Pid::new(pid).unwrap(), parent, ticks: 0, began: 0, pages: 0 }
    }

    #[test]
    fn a_name_may_be_anything() {
        let read = Process::parse(STAT).unwrap();
        assert_eq!(read, Process { ticks: 50, began: 5000, pages: 25, ..process(42, 7) });
        for end in 0..STAT.len() - 1 {
            let _ = Process::parse(&STAT[..end]);
        }
        assert_eq!(Process::parse(b""), None);
        assert_eq!(Process::parse(b"42 (sh) S 7"), None);
    }

    #[test]
    fn a_tree_is_all_below_its_root() {
        let all = [process(9, 5), process(5, 3), process(3, 1), process(4, 1), process(6, 3), process(1, 0)];
        let pids = |root| -> Vec<i32> { below(Pid::new(root).unwrap(), &all).iter().map(|p| p.pid.get()).collect() };
        assert_eq!(pids(3), vec![3, 5, 6, 9]);
        assert_eq!(pids(4), vec![4]);
        assert_eq!(pids(77), Vec::<i32>::new());
        assert_eq!(pids(1).len(), 6);
    }

    #[test]
    fn a_circle_ends() {
        // /proc is read one process after the other; a number may have been used again meanwhile.
        let all = [process(3, 4), process(4, 3), process(5, 5)];
        assert_eq!(below(Pid::new(3).unwrap(), &all).len(), 2);
        assert_eq!(below(Pid::new(5).unwrap(), &all).len(), 1);
    }

    #[test]
    fn arbitrary_text_never_panics() {
        let mut source = Random::new(23);
        for _ in 0..20_000 {
            let text = source.bytes(b"0123456789 ()S-\n", 120);
            let _ = Process::parse(&text);
        }
    }
}
