//! What the program sees: its root, its mounts, its directories.

use super::{Failure, accounts};
use crate::process_state::directory::Wanted;
use crate::sys::{Errno, Result, fs, namespace};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// The temporary directories that everybody uses.
const TMP: [&str; 2] = ["/tmp", "/var/tmp"];

/// Changes the root directory.
pub(super) fn root(path: &[u8]) -> core::result::Result<(), Failure> {
    enter(path)?;
    namespace::change_root_to_here().map_err(|errno| Failure::call(&[b"unable to change root directory"], errno))
}

/// Changes the current directory.
pub(super) fn enter(path: &[u8]) -> core::result::Result<(), Failure> {
    fs::enter(OsStr::from_bytes(path)).map_err(|errno| Failure::call(&[b"unable to change directory: ", path], errno))
}

/// Enters the current directory by its path. Until then it is the one below what has been mounted since, and what
/// has been made read-only could be written to by a relative path.
pub(super) fn enter_again() -> core::result::Result<(), Failure> {
    let here = fs::here().map_err(|errno| Failure::call(&[b"unable to find the current directory"], errno))?;
    enter(here.as_os_str().as_bytes())
}

/// Makes the new root a mount.
pub(super) fn mount_root(path: &[u8]) -> core::result::Result<(), Failure> {
    let done = c(path).and_then(|path| namespace::bind(&path));
    done.map_err(|errno| Failure::call(&[b"unable to mount root directory: ", path], errno))
}

/// Makes a path read-only.
pub(super) fn read_only(path: &[u8]) -> core::result::Result<(), Failure> {
    let done = c(path).and_then(|path| match namespace::make_read_only(&path) {
        Err(Errno::EINVAL) => namespace::bind(&path).and_then(|()| namespace::make_read_only(&path)),
        done => done,
    });
    done.map_err(|errno| Failure::call(&[b"unable to make read-only: ", path], errno))
}

/// Puts temporary directories of the program's own over the common ones, where there are any.
pub(super) fn private_tmp() -> core::result::Result<(), Failure> {
    for path in TMP {
        match c(path.as_bytes()).and_then(|path| namespace::mount_tmp(&path)) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(Failure::call(&[b"unable to mount ", path.as_bytes()], errno)),
        }
    }
    Ok(())
}

/// Makes a directory and what is missing above it; one that is there is given the mode and the owner.
pub(super) fn directory(wanted: &Wanted) -> core::result::Result<(), Failure> {
    let path = &wanted.path;
    let Some(owner) = accounts::find(wanted.owner.clone())? else {
        return Err(Failure::refused(&[b"unknown user/group for directory: ", path]));
    };
    let made = wanted.chain().try_for_each(make);
    let made = made.and_then(|()| {
        let dir = fs::open_directory_itself(OsStr::from_bytes(path))?;
        fs::set_owner(&dir, owner.uid, owner.gid)?;
        fs::set_mode(&dir, wanted.mode)
    });
    made.map_err(|errno| Failure::call(&[b"unable to make directory: ", path], errno))
}

fn make(path: &[u8]) -> Result<()> {
    match fs::make_dir(OsStr::from_bytes(path), 0o755) {
        Err(Errno::EEXIST) => Ok(()),
        // What is there need not be ours to write to.
        Err(errno @ (Errno::EROFS | Errno::EACCES)) => {
            fs::facts_of(OsStr::from_bytes(path)).map(drop).map_err(|_| errno)
        }
        done => done,
    }
}

fn c(path: &[u8]) -> Result<CString> {
    CString::new(path).map_err(|_| Errno::EINVAL)
}
