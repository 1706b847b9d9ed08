//! Where a machine of a name is, as the host looks it up.

use super::wait::Wait;
use super::{Answer, Trouble};
use crate::getent::{self, Question};
use crate::probe::host::{Host, in_answer, in_file};
use crate::sys::reactor::Direction;
use crate::sys::{Errno, Result, io};
use core::net::IpAddr;

/// Its addresses, at least one.
pub(super) fn addresses(wait: &mut Wait, host: &Host) -> Answer<Vec<IpAddr>> {
    let Host::Name(name) = host else { return Ok(host.known().unwrap_or_default()) };
    if let Some(known) = host.known() {
        return Ok(known);
    }
    let sources = getent::sources("hosts");
    let mut found = Vec::new();
    if sources.is_none_or(|sources| sources.file_first) {
        found = getent::read("/etc/hosts").map_or_else(|_| Vec::new(), |content| in_file(&content, name));
    }
    if found.is_empty() && sources.is_none_or(|sources| sources.others || !sources.file_first) {
        found = ask(wait, name)?;
    }
    if found.is_empty() { Err(Trouble::of(&[b"unknown host: ", name.as_bytes()])) } else { Ok(found) }
}

fn ask(wait: &mut Wait, name: &str) -> Answer<Vec<IpAddr>> {
    let unable = |errno| Trouble::call(&[b"unable to look up host: ", name.as_bytes()], errno);
    let question = Question::new("ahosts", name.as_bytes(), wait.mask()).map_err(unable)?;
    io::set_nonblocking(question.answer()).map_err(unable)?;
    let mut answer = Vec::new();
    loop {
        match take(&question, &mut answer) {
            Ok(0) => return Ok(in_answer(&answer)),
            Ok(_) => {}
            Err(Errno::EAGAIN) => {
                if !wait.ready(question.answer(), Direction::Read, wait.deadline())? {
                    return Err(unable(Errno::ETIMEDOUT));
                }
            }
            Err(errno) => return Err(unable(errno)),
        }
    }
}

fn take(question: &Question, into: &mut Vec<u8>) -> Result<usize> {
    io::read_onto(question.answer(), into, 4096)
}
