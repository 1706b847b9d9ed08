//! The processes of a service: the one that its supervisor started and all below it.

use super::options::{Cpu, Fds, Memory};
use super::wait::Wait;
use super::{Answer, Trouble};
use crate::exit::Pid;
use crate::probe::Verdict;
use crate::probe::judge::{self, Descriptors};
use crate::probe::tree::{self, Process};
use crate::service::status::Phase;
use crate::supervise::client::Place;
use crate::sys::fs::Dir;
use crate::sys::{Errno, Result, clock, limits, processes};

pub(super) fn memory(memory: &Memory) -> Answer<Verdict> {
    let tree = processes(main_process()?)?;
    Ok(judge::memory(&tree, limits::page_size(), memory.below))
}

/// Looks twice. A service that was started anew in between has not used its time, and is not judged.
pub(super) fn cpu(cpu: &Cpu) -> Answer<Verdict> {
    let pid = main_process()?;
    let (first, before) = (clock::moment(), processes(pid)?);
    let mut wait = Wait::new(cpu.over.0, &[])?;
    wait.next(None, wait.deadline())?;
    let (second, after) = (clock::moment(), processes(pid)?);
    if began(&before) != began(&after) {
        return Err(Trouble::of(&[b"it was started anew meanwhile"]));
    }
    // What really went by: whoever is not given a processor looks later than meant.
    let took = second.since(first);
    Ok(judge::cpu(&before, &after, took, limits::ticks_a_second(), cpu.below))
}

fn began(tree: &[Process]) -> Option<u64> {
    tree.first().map(|process| process.began)
}

pub(super) fn descriptors(fds: &Fds) -> Answer<Verdict> {
    let mut all = Vec::new();
    for Process { pid, .. } in processes(main_process()?)? {
        match count(pid) {
            Ok(counted) => all.push(counted),
            Err(Errno::ENOENT | Errno::ESRCH) => {} // it has just ended
            Err(errno) => {
                let pid = pid.to_string();
                return Err(Trouble::call(&[b"unable to look into process ", pid.as_bytes()], errno));
            }
        }
    }
    Ok(judge::descriptors(&all, fds.below))
}

fn count(pid: Pid) -> Result<Descriptors> {
    let open = Dir::open(format!("/proc/{pid}/fd"))?.names()?.len() as u64;
    let limits = crate::getent::read(&format!("/proc/{pid}/limits"))?;
    let most = judge::most_descriptors(&limits).ok_or(Errno::EPROTO)?;
    Ok(Descriptors { pid, open, most })
}

/// The process that runs as the service in the current directory.
fn main_process() -> Answer<Pid> {
    let here = Place::here();
    let status = here.service(&b"."[..]).status().map_err(|trouble| {
        let (what, why) = trouble.words();
        Trouble { what: what.into(), why }
    })?;
    match (status.phase, status.pid) {
        (Phase::Run, Some(pid)) => Ok(pid),
        (Phase::Finish, _) => Err(Trouble::of(&[b"it is not running: its finish is"])),
        _ => Err(Trouble::of(&[b"it is down"])),
    }
}

/// A process and all below it, the process first.
fn processes(root: Pid) -> Answer<Vec<Process>> {
    let found = processes::all().map_err(|errno| Trouble::call(&[b"unable to read /proc"], errno))?;
    let tree = tree::below(root, &found);
    if tree.is_empty() { Err(Trouble::of(&[b"its process has just ended"])) } else { Ok(tree) }
}
