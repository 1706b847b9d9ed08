//! The words for what went wrong.

use super::needs::Found;
use crate::cli::message::{Voice, printable};
use crate::service::machine::{Program, Role};
use crate::supervise::home::{Home, Unknown};
use crate::supervise::server::{NotShown, Trouble};
use crate::sys::Errno;
use crate::sys::fs::Replace;
use crate::sys::process::Failed;
use std::os::unix::ffi::OsStringExt;

/// Why `supervise/` cannot be ours. The caller ends.
pub(super) fn trouble(voice: &Voice, role: Role, home: &Home, trouble: Trouble) {
    let place = &*home.shown(role);
    let own = &*Home::Own.shown(role);
    match trouble {
        Trouble::MakeHome(errno) => voice.fatal(&[b"unable to make ", place, b"supervise"], errno),
        Trouble::Taken => taken(voice, place, home),
        Trouble::LockOwn(errno) => voice.fatal(&[b"unable to lock ./", own, b"supervise/lock"], errno),
        Trouble::ReadLink(errno) => voice.fatal(&[b"unable to readlink ./", place, b"supervise"], errno),
        Trouble::LinkTooLong => voice.refuse(&[b"unable to readlink ./", place, b"supervise: name too long"]),
        Trouble::OpenLock(errno) => voice.fatal(&[b"unable to open ", place, b"supervise/lock"], errno),
        Trouble::Lock(errno) => voice.fatal(&[b"unable to lock ", place, b"supervise/lock"], errno),
        Trouble::StatControl(errno) => voice.fatal(&[b"unable to stat ", place, b"supervise/control"], errno),
        Trouble::NotAFifo => voice.refuse(&[place, b"supervise/control exists but is not a fifo"]),
        Trouble::OpenControl(errno) => voice.fatal(&[b"unable to open ", place, b"supervise/control"], errno),
        Trouble::ReadOk(errno) => voice.fatal(&[b"unable to read ", place, b"supervise/ok"], errno),
    }
}

/// Two services of one name.
fn taken(voice: &Voice, place: &[u8], home: &Home) {
    let owner = match home {
        Home::Away(away) => away.owner().unwrap_or_default().into_os_string().into_vec(),
        Home::Own => Vec::new(),
    };
    voice.refuse(&[b"unable to lock ", place, b"supervise/lock: the service ", &owner, b" has it, of the same name"]);
}

/// Why it is not known where `supervise/` is. The caller ends.
pub(super) fn homeless(voice: &Voice, role: Role, unknown: Unknown) {
    match unknown {
        Unknown::Relative => voice.refuse(&[b"SVSTATE is not an absolute path"]),
        Unknown::Path(errno) => voice.fatal(&[b"unable to find the path of ./", &Home::Own.shown(role)], errno),
    }
}

/// Which file does not show the state. It will be tried again.
pub(super) fn not_shown(voice: &Voice, place: &[u8], what: NotShown) {
    let path = |name: &str| [place, b"supervise/", name.as_bytes()].concat();
    let (name, fresh) = (path(what.name), path(what.fresh));
    match what.step {
        Replace::Open(errno) => voice.warning(&[b"unable to open ", &fresh], errno),
        Replace::Write(errno) => voice.warning(&[b"unable to write ", &fresh], errno),
        Replace::Partial => voice.remark(&[b"unable to write ", &fresh, b": partial write."]),
        Replace::Rename(errno) => voice.warning(&[b"unable to rename ", &fresh, b" to ", &name], errno),
    }
}

/// Why a line is not in the journal.
pub(super) fn not_noted(voice: &Voice, place: &[u8], errno: Errno) {
    voice.warning(&[b"unable to write ", place, b"supervise/journal"], errno);
}

/// Why a child does not run its program. It has ended with code 111.
pub(super) fn not_run(voice: &Voice, role: Role, program: Program, failed: Failed) {
    let name: &[u8] = match (role, program) {
        (_, Program::Finish(_)) => b"./finish",
        (Role::Service, Program::Run) => b"./run",
        (Role::Logger, Program::Run) => b"./log/run",
        (Role::ErrorLogger, Program::Run) => b"./errlog/run",
    };
    match failed {
        Failed::Directory(errno) => {
            voice.fatal(&[b"unable to change directory to ./", role.directory().as_bytes()], errno);
        }
        Failed::Setup(errno) => voice.fatal(&[b"unable to setup filedescriptor for ", name], errno),
        Failed::Group(errno) => voice.fatal(&[b"unable to enter the control group for ", name], errno),
        // The original's name for it, slash and dot and all.
        Failed::Exec(errno) if role.is_logger() => {
            voice.fatal(&[b"unable to start ", role.directory().as_bytes(), b"/./run"], errno);
        }
        Failed::Exec(errno) => voice.fatal(&[b"unable to start ", name], errno),
    }
}

/// What is wrong with the services that a start waits for; that it waits is nothing to warn of.
pub(super) fn waits(voice: &Voice, found: &Found) {
    for name in &found.unknown {
        voice.remark(&[b"./needs: ", &printable(name), b": no such service, waiting for it"]);
    }
    if let Some(circle) = &found.circle {
        let names: Vec<_> = circle.iter().map(|name| printable(name)).collect();
        voice.remark(&[b"./needs: a circle: ", &names.join(&b" needs "[..]), b": starting all the same in a while"]);
    }
}
