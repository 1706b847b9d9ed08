//! Reading and emptying logs. What is read is shown as text, whatever it is: bytes that are none become U+FFFD.

use crate::rpc::Value;
use crate::rpc::fault::{Fault, Kind};
use crate::supervisor::methods::{Part, Tail};
use crate::sys::errno::Reason;
use crate::sys::fs::{self, Dir, How};
use crate::sys::{Errno, Result as Answer, io};
use std::os::fd::OwnedFd;
use std::path::Path;

/// A part of a log.
pub(super) fn read(path: Option<&str>, offset: i64, length: i64) -> Result<Value, Fault> {
    let part = Part::of(offset, length).map_err(|_| Kind::BAD_ARGUMENTS.fault())?;
    let path = path.ok_or_else(|| Kind::NO_FILE.fault())?;
    let (file, size) = open(path).map_err(|errno| match errno {
        Errno::ENOENT | Errno::ENOTDIR => Kind::NO_FILE.about(path),
        errno => unable("read", path, errno),
    })?;
    let (from, length) = part.within(size);
    text(&file, from, length).map(Value::Text).map_err(|errno| unable("read", path, errno))
}

/// The end of a log, its size, and whether more was written.
pub(super) fn tail(path: Option<&str>, offset: i64, length: i64) -> Value {
    let nothing = || (String::new(), 0, false);
    let found = path.and_then(|path| {
        let (file, size) = open(path).ok()?;
        let Tail { from, length, overflow } = Tail::of(offset, length, size);
        Some((text(&file, from, length).ok()?, size, overflow))
    });
    let (text, size, overflow) = found.unwrap_or_else(nothing);
    let size = Value::Int(i64::try_from(size).unwrap_or(i64::MAX));
    Value::List(vec![Value::Text(text), size, Value::Bool(overflow)])
}

/// Empties a log. Its writer goes on at its start. A link is not followed: whoever may write where logs are may not
/// have any file emptied.
pub(super) fn empty(path: &str) -> Answer<()> {
    let path = Path::new(path);
    let directory = Dir::reach(path.parent().ok_or(Errno::ENOENT)?)?;
    let name = path.file_name().ok_or(Errno::EISDIR)?;
    let facts = match directory.facts_of_link(name) {
        Err(Errno::ENOENT) => return Ok(()),
        answer => answer?,
    };
    match facts.kind {
        fs::Kind::File => fs::cut(directory.own_file(name, How::Write)?, 0),
        fs::Kind::Directory => Err(Errno::EISDIR),
        _ if directory.read_link(name).is_ok() => Err(Errno::ELOOP),
        _ => Ok(()), // a device keeps nothing
    }
}

/// A plain file, and its size.
fn open(path: &str) -> Answer<(OwnedFd, u64)> {
    let file = fs::open(path, How::Read)?;
    let facts = fs::facts(&file)?;
    match facts.kind {
        fs::Kind::File => Ok((file, facts.size)),
        fs::Kind::Directory => Err(Errno::EISDIR),
        _ => Err(Errno::ESPIPE),
    }
}

fn text(file: &OwnedFd, from: u64, length: u64) -> Answer<String> {
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| Errno::ENOMEM)?];
    let filled = fill(file, from, &mut bytes)?;
    bytes.truncate(filled);
    Ok(String::from_utf8(bytes).unwrap_or_else(|broken| String::from_utf8_lossy(broken.as_bytes()).into_owned()))
}

/// Reads until there is no place left, or nothing more.
fn fill(file: &OwnedFd, from: u64, bytes: &mut [u8]) -> Answer<usize> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match io::read_at(file, rest, i64::try_from(from + filled as u64).map_err(|_| Errno::EINVAL)?)? {
            0 => break,
            length => filled += length,
        }
    }
    Ok(filled)
}

pub(super) fn unable(what: &str, path: &str, errno: Errno) -> Fault {
    Kind::FAILED.about(&format!("unable to {what} {path}: {}", errno.reason()))
}
