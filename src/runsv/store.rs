//! Descriptors that a service has given us to keep for its next start.

use crate::service::handover;
use crate::sys::handover::{Incoming, Outgoing};
use crate::sys::{Result, io};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// In the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Store(Vec<Stored>);

#[derive(Debug)]
struct Stored {
    name: String,
    file: OwnedFd,
    /// Whether it is dropped when it has trouble.
    poll: bool,
}

impl Store {
    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is kept, with its names.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&str, BorrowedFd<'_>)> {
        self.0.iter().map(|stored| (stored.name.as_str(), stored.file.as_fd()))
    }

    /// Keeps one more, if it is not here already and there is room. Whether it is to be watched for trouble.
    pub(super) fn keep(&mut self, name: &str, file: OwnedFd, poll: bool, room: u16) -> Option<BorrowedFd<'_>> {
        let known = self.0.iter().any(|stored| io::is_same(&stored.file, &file));
        if known || self.0.len() >= room.into() {
            return None;
        }
        self.0.push(Stored { name: name.into(), file, poll });
        self.0.last().filter(|stored| stored.poll).map(|stored| stored.file.as_fd())
    }

    /// What stays open, and what is known.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> Vec<handover::Stored> {
        let mut one = |stored: &Stored| handover::Stored {
            name: stored.name.clone(),
            file: outgoing.keep(&stored.file),
            poll: stored.poll,
        };
        self.0.iter().map(&mut one).collect()
    }

    /// What was handed over.
    pub(super) fn inherit(stored: Vec<handover::Stored>, incoming: &mut Incoming) -> Result<Store> {
        let mut one = |stored: handover::Stored| {
            Ok(Stored { name: stored.name, file: incoming.take(stored.file)?, poll: stored.poll })
        };
        stored.into_iter().map(&mut one).collect::<Result<_>>().map(Store)
    }

    /// Those that are watched for trouble.
    pub(super) fn watched(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().filter(|stored| stored.poll).map(|stored| stored.file.as_fd())
    }

    /// Takes out those of this name.
    pub(super) fn take_named(&mut self, name: &str) -> Vec<OwnedFd> {
        self.take(|stored| stored.name == name)
    }

    /// Takes out those that have trouble, and are not kept nevertheless.
    pub(super) fn take_broken(&mut self) -> Vec<OwnedFd> {
        self.take(|stored| stored.poll && io::has_trouble(&stored.file))
    }

    /// Takes out all.
    pub(super) fn take_all(&mut self) -> Vec<OwnedFd> {
        self.take(|_| true)
    }

    fn take(&mut self, which: impl Fn(&Stored) -> bool) -> Vec<OwnedFd> {
        let (taken, left) = core::mem::take(&mut self.0).into_iter().partition(which);
        self.0 = left;
        let taken: Vec<Stored> = taken;
        taken.into_iter().map(|stored| stored.file).collect()
    }
}
