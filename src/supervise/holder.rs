//! Who supervises a service, by its mark and its lock: for those who would start a supervisor if there were none.

use super::home::Home;
use super::{LOCK, MARK};
use crate::service::mark::{self, Mark};
use crate::sys::fs::{self, How};
use crate::sys::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// A mark, and the lock beside it.
#[derive(Debug)]
pub struct Holder {
    lock: OwnedFd,
    /// What it says.
    pub mark: Mark,
}

impl Holder {
    /// That of the service in this directory. Where it was never supervised that is known by one system call.
    pub fn find(top: Option<&Path>, service: &Path) -> Option<Holder> {
        let home = Home::find(top, service).ok()?;
        let supervise = service.join(home.supervise());
        let file = fs::open(supervise.join(MARK), How::Read).ok()?;
        let mut bytes = [0; mark::SIZE];
        let length = io::read_at(&file, &mut bytes, 0).ok()?;
        let mark = Mark::unpack(bytes.get(..length)?)?;
        let lock = fs::open(supervise.join(LOCK), How::Read).ok()?;
        Some(Holder { lock, mark })
    }

    /// Whether somebody holds the lock. Only to be asked while the process of the mark lives: where the lock is free the
    /// question itself takes it for a moment, and a supervisor that is just starting would find it taken.
    pub fn is_held(&self) -> bool {
        fs::is_locked(&self.lock)
    }
}
