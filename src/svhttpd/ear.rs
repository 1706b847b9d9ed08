//! Descriptors of ours that are waited for among connections.

use crate::supervise::reader::Alarm;
use crate::sys::asynchronous::waited_for;
use crate::sys::fs;
use crate::sys::inotify::Watcher;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Something that becomes readable.
#[derive(Debug)]
pub(super) struct Ear<T> {
    listened: T,
    /// The same open file by another number, which the reactor has.
    waited: AsyncFd<OwnedFd>,
}

impl<T: AsFd> Ear<T> {
    pub(super) fn new(listened: T) -> io::Result<Ear<T>> {
        let waited = waited_for(fs::duplicate(&listened, 0)?, Interest::READABLE)?;
        Ok(Ear { listened, waited })
    }

    /// What is listened to.
    pub(super) fn inner(&self) -> &T {
        &self.listened
    }

    /// Whether it has become readable; whoever is told so must read all of it.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        match self.waited.poll_read_ready(context) {
            Poll::Ready(Ok(mut ready)) => {
                ready.clear_ready();
                Poll::Ready(())
            }
            Poll::Ready(Err(_)) => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Waits until it is readable.
    pub(super) async fn heard(&self) {
        poll_fn(|context| self.poll(context)).await;
    }
}

/// Of journals.
pub(super) type Journals = Ear<Alarm>;
/// Of files.
pub(super) type Files = Ear<Watcher>;
