//! All processes of the machine at one moment, as /proc shows them.

use super::fs::{Dir, How};
use super::{Result, io};
use crate::exit::Pid;
use crate::probe::tree::Process;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// More than a `/proc/PID/stat` has: a machine has hundreds of them, and each is read at once.
const STAT: usize = 2048;

/// Every process that may be looked at.
pub fn all() -> Result<Vec<Process>> {
    let all = Dir::open("/proc")?;
    let names = all.names()?;
    let numbers = names.iter().filter(|name| name.as_bytes().iter().all(u8::is_ascii_digit));
    Ok(numbers.filter_map(|name| look(&all, Path::new(name))).collect())
}

/// One process; nothing if there is none of this number.
pub fn one(pid: Pid) -> Option<Process> {
    look(&Dir::open("/proc").ok()?, Path::new(&pid.to_string()))
}

/// Whether this is the name that the kernel has of its program.
pub fn is_called(pid: Pid, name: &[u8]) -> bool {
    let mut bytes = [0; 32];
    let comm = super::fs::open(format!("/proc/{pid}/comm"), How::Read);
    let length = comm.and_then(|file| io::read(file, &mut bytes)).unwrap_or(0);
    bytes.get(..length).is_some_and(|found| found.trim_ascii_end() == name)
}

fn look(all: &Dir, pid: &Path) -> Option<Process> {
    let mut stat = [0; STAT];
    let file = all.file(pid.join("stat"), How::Read).ok()?;
    let length = io::read(file, &mut stat).ok()?;
    Process::parse(stat.get(..length)?)
}
