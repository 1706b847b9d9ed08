//! Names of the host, as its name services know them, for programs that are linked statically: a static C library
//! cannot load those services. A program reads the file in /etc itself where /etc/nsswitch.conf puts that first, and
//! asks getent, which goes through all of them, for the rest.
#![forbid(unsafe_code)]

use crate::exit::Pid;
use crate::probe::host::{Host, in_answer, in_file};
use crate::process_state::account::Sources;
use crate::signal::Signal;
use crate::sys::fs::{self, How};
use crate::sys::process::{self, Spawn, Stream};
use crate::sys::reactor::Mask;
use crate::sys::{Errno, Result, io};
use core::net::IpAddr;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Where getent may be.
const GETENT: [&CStr; 2] = [c"/usr/bin/getent", c"/bin/getent"];

/// A question that has been asked. Whoever forgets it ends it.
#[derive(Debug)]
pub struct Question {
    answer: OwnedFd,
    /// Nothing once it has been reaped.
    pid: Option<Pid>,
}

/// Where the host looks a database up (`passwd`, `hosts`); nothing if it does not say.
pub fn sources(database: &str) -> Option<Sources> {
    let text = read("/etc/nsswitch.conf").ok()?;
    Some(Sources::parse(&text, database.as_bytes()))
}

/// The content of a database's file.
pub fn read(path: &str) -> Result<Vec<u8>> {
    io::read_all(fs::open(path, How::Read)?)
}

/// What getent answers; nothing if it cannot be asked. It takes a number for a number, so the caller must look for
/// the name in the answer.
pub fn ask(database: &str, name: &[u8]) -> Option<Vec<u8>> {
    let mut question = Question::new(database, name, &Mask::current()).ok()?;
    let text = io::read_all(&question.answer);
    match process::wait_for(question.pid.take()?) {
        Ok(_) | Err(Errno::ECHILD) => text.ok(), // somebody before us may have SIGCHLD ignored
        Err(_) => None,
    }
}

/// The addresses of a machine, as the host looks names up; none if nobody knows it.
pub fn addresses(host: &Host) -> Vec<IpAddr> {
    if let Some(known) = host.known() {
        return known;
    }
    let Host::Name(name) = host else { return Vec::new() };
    let file_first = sources("hosts").is_none_or(|sources| sources.file_first);
    let in_hosts = || read("/etc/hosts").map_or_else(|_| Vec::new(), |content| in_file(&content, name));
    let found = if file_first { in_hosts() } else { Vec::new() };
    if !found.is_empty() {
        return found;
    }
    ask("ahosts", name.as_bytes()).map_or_else(Vec::new, |answer| in_answer(&answer))
}

impl Question {
    /// Asks, and does not wait for the answer.
    pub fn new(database: &str, name: &[u8], mask: &Mask) -> Result<Question> {
        let word = |bytes: &[u8]| CString::new(bytes).map_err(|_| Errno::EINVAL);
        let (database, name) = (word(database.as_bytes())?, word(name)?);
        let (answer, into) = io::pipe()?;
        let child = Spawn {
            program: &GETENT,
            args: &[c"getent", c"--", &database, &name],
            environment: None,
            directory: None,
            standard: [Stream::Same, Stream::Is(into.as_fd()), Stream::Same],
            session: false,
            mask,
        };
        Ok(Question { answer, pid: Some(child.start()?.pid) })
    }

    /// Where its answer comes from, up to the end.
    pub fn answer(&self) -> BorrowedFd<'_> {
        self.answer.as_fd()
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if let Some(pid) = self.pid {
            let _ = process::send(pid, Signal::KILL); // it may have ended; it has not been reaped
            let _ = process::wait_for(pid);
        }
    }
}
