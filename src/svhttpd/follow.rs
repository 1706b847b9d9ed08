//! A log as it grows, through rotation and emptying. Told of changes by inotify; some kernels do not tell of what is
//! spliced into a file, and some file systems of nothing: so it is looked at now and then too, as long as somebody
//! follows.

use super::ear::Files;
use crate::sys::fs::{self, Dir, How};
use crate::sys::inotify::{Interest, Watch, Watcher};
use crate::sys::{Errno, Result, io};
use core::time::Duration;
use hyper::body::Bytes;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep, sleep};

/// How much of what is there already is shown.
const BEFORE: u64 = 1024;
/// How much is sent in one piece.
const PIECE: u64 = 64 * 1024;
/// How often to look where nobody tells of changes.
const LOOK: Duration = Duration::from_millis(250);
/// How often to look although changes are told of.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);

/// A log that is followed.
#[derive(Debug)]
pub(super) struct Follow {
    path: PathBuf,
    file: OwnedFd,
    id: (u64, u64),
    at: u64,
    ear: Option<Files>,
    watch: Option<Watch>,
    pause: Duration,
    sleep: Pin<Box<Sleep>>,
    /// Seconds since 1970.
    modified: i64,
}

impl Follow {
    /// Begins a little before the end. Only a plain file grows.
    pub(super) fn new(path: &str) -> Result<Follow> {
        let path = PathBuf::from(path);
        let ear = Watcher::new().ok().and_then(|watcher| Files::new(watcher).ok());
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let tells = Dir::open(directory).is_ok_and(|dir| fs::tells_changes(&dir));
        // Before the file is opened, so that nothing is missed in between.
        let ear = ear.filter(|ear| tells && ear.inner().add(directory, Interest::Names).is_ok());
        let watch = ear.as_ref().and_then(|ear| ear.inner().add_file(&path).ok());
        let file = fs::open(&path, How::Read)?;
        let facts = fs::facts(&file)?;
        if facts.kind != fs::Kind::File {
            return Err(Errno::ESPIPE);
        }
        let pause = if watch.is_some() { LOOK_ANYWAY } else { LOOK };
        Ok(Follow {
            path,
            file,
            id: facts.id,
            at: facts.size.saturating_sub(BEFORE),
            ear,
            watch,
            pause,
            sleep: Box::pin(sleep(pause)),
            modified: facts.modified.0,
        })
    }

    /// When it was last written to.
    pub(super) fn modified(&self) -> i64 {
        self.modified
    }

    /// What is new, as soon as there is something.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Bytes> {
        loop {
            if let Some(bytes) = self.more() {
                return Poll::Ready(bytes);
            }
            if let Some(ear) = self.ear.as_ref().filter(|ear| ear.poll(context).is_ready()) {
                let _ = ear.inner().drain(|_, _| ());
                continue;
            }
            if self.sleep.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.sleep.as_mut().reset(Instant::now() + self.pause);
        }
    }

    fn more(&mut self) -> Option<Bytes> {
        self.piece().or_else(|| {
            let next = self.successor()?;
            // What was written into the old file before there was a new one, and after we have looked.
            if let Some(bytes) = self.piece() {
                return Some(bytes);
            }
            (self.file, self.id, self.at) = (next.0, next.1, 0);
            if let Some(ear) = &self.ear {
                self.watch.take().into_iter().for_each(|watch| ear.inner().remove(watch));
                self.watch = ear.inner().add_file(&self.path).ok();
            }
            self.piece()
        })
    }

    fn piece(&mut self) -> Option<Bytes> {
        let size = fs::facts(&self.file).ok()?.size;
        if size < self.at {
            self.at = 0; // it was emptied
        }
        let length = (size - self.at).min(PIECE);
        if length == 0 {
            return None;
        }
        let mut bytes = vec![0; length as usize];
        let length = io::read_at(&self.file, &mut bytes, i64::try_from(self.at).ok()?).ok()?;
        bytes.truncate(length);
        self.at += length as u64;
        (length > 0).then(|| bytes.into())
    }

    /// The file that has the name now, if that is another.
    fn successor(&self) -> Option<(OwnedFd, (u64, u64))> {
        if fs::facts_of(&self.path).ok()?.id == self.id {
            return None;
        }
        let file = fs::open(&self.path, How::Read).ok()?;
        let facts = fs::facts(&file).ok().filter(|facts| facts.kind == fs::Kind::File && facts.id != self.id)?;
        Some((file, facts.id))
    }
}
