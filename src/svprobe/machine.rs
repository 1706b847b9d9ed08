//! What the kernel knows without asking anybody: files, file systems, the load.

use super::options::{Disk, File, Load};
use super::{Answer, Trouble};
use crate::getent::read;
use crate::probe::{Verdict, judge};
use crate::sys::{Errno, clock, fs, limits};
use core::time::Duration;

pub(super) fn file(file: &File) -> Answer<Verdict> {
    let facts = match fs::facts_of(&file.path.0) {
        Ok(facts) => facts,
        Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(Verdict::Ill("does not exist".into())),
        Err(errno) => return Err(Trouble::call(&[b"unable to stat"], errno)),
    };
    let now = clock::label();
    let now = i128::from(now.unix) * NANOS + i128::from(now.nanos);
    let (seconds, nanos) = facts.modified;
    // What will be changed in the future is as young as can be.
    let age = u64::try_from(now - i128::from(seconds) * NANOS - i128::from(nanos)).unwrap_or(0);
    Ok(judge::file(Duration::from_nanos(age), facts.size, &file.limits()))
}

const NANOS: i128 = 1_000_000_000;

pub(super) fn disk(disk: &Disk) -> Answer<Verdict> {
    let space = fs::space_of(&disk.path.0).map_err(|errno| Trouble::call(&[b"unable to stat file system"], errno))?;
    Ok(judge::space(&space, &disk.limits()))
}

pub(super) fn load(load: &Load) -> Answer<Verdict> {
    let text = read("/proc/loadavg").map_err(|errno| Trouble::call(&[b"unable to read /proc/loadavg"], errno))?;
    let average = load.over.of(&text).ok_or_else(|| Trouble::of(&[b"unable to read /proc/loadavg: bad format"]))?;
    Ok(judge::load(average, load.per_core.then(limits::online_processors), load.below))
}
