//! Variables from files.

use super::Failure;
use crate::cli::message::Voice;
use crate::process_state::account::Account;
use crate::process_state::change::EnvDir;
use crate::process_state::environment::Changes;
use crate::process_state::{env_dir, env_file};
use crate::sys::fs::{self, Dir, How};
use crate::sys::{Errno, io};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Reads a directory of variables.
pub(super) fn read_dir(from: &EnvDir, verbose: bool, into: &mut Changes) -> Result<(), Failure> {
    let switch = |errno| Failure::call(&[b"unable to switch to directory: ", &from.path], errno);
    let open = |errno| Failure::call(&[b"unable to read directory: ", &from.path], errno);
    let dir = Dir::open(OsStr::from_bytes(&from.path)).map_err(switch)?;
    for name in dir.names().map_err(open)? {
        let name = name.as_bytes();
        if !env_dir::is_variable(name) {
            continue;
        }
        match content(&dir, name) {
            Ok(content) => match env_dir::value(&content) {
                Some(value) => into.set(name, &value),
                None => into.remove(name),
            },
            Err(Errno::ENOENT) => into.remove(name), // a link that leads nowhere
            Err(Errno::EISDIR) if !from.nothing_but_files => passed_over(from, name, verbose),
            Err(errno) => return Err(Failure::call(&[b"unable to read ", &from.path, b"/", name], errno)),
        }
    }
    Ok(())
}

fn content(dir: &Dir, name: &[u8]) -> Result<Vec<u8>, Errno> {
    io::read_all(dir.file(OsStr::from_bytes(name), How::Read)?)
}

fn passed_over(from: &EnvDir, name: &[u8], verbose: bool) {
    if verbose {
        Voice::new(&[b"chpst"]).warning(&[b"unable to read ", &from.path, b"/", name], Errno::EISDIR);
    }
}

/// Reads a file of variables. With a dash before its name it may be missing. It may be a fifo: shells make one of what
/// a command prints.
pub(super) fn read_file(word: &[u8], into: &mut Changes) -> Result<(), Failure> {
    let (path, optional) = word.strip_prefix(b"-").map_or((word, false), |path| (path, true));
    let content = match fs::open_waiting(OsStr::from_bytes(path)).and_then(io::read_all) {
        Err(Errno::ENOENT) if optional => return Ok(()),
        content => content.map_err(|errno| Failure::call(&[b"unable to read ", path], errno))?,
    };
    let variables = env_file::parse(&content).map_err(|bad| {
        let line = bad.line.to_string();
        Failure::refused(&[b"unable to read ", path, b": line ", line.as_bytes(), b": ", bad.what.as_bytes()])
    })?;
    for (name, value) in variables {
        into.set(&name, &value);
    }
    Ok(())
}

/// Tells of a user.
pub(super) fn tell(account: &Account, into: &mut Changes) {
    into.set(b"GID", account.gid.to_string().as_bytes());
    into.set(b"UID", account.uid.to_string().as_bytes());
}
