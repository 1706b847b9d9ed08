//! Being told of changes in directories. An instance is a scarce thing (often 128 for each user), so every caller
//! has a slower way for the day when none can be had.

use super::fs::Dir;
use super::{Errno, Result, io};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;

/// One inotify instance.
#[derive(Debug)]
pub struct Watcher(Inotify);

/// What about a directory is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Names that come, go or change, and the directory itself going away.
    Names,
    /// Files that are replaced, closed after writing, or removed.
    Content,
    /// Files that are replaced by rename, and nothing that reading them or writing into a fifo would cause.
    Replaced,
    /// Files that are written to, and names that come or change.
    Written,
    /// Only the directory itself going away or elsewhere.
    Itself,
}

/// Names one watched directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Watch(nix::sys::inotify::WatchDescriptor);

impl Watcher {
    /// An instance that answers at once.
    pub fn new() -> Result<Watcher> {
        Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).map(Watcher)
    }

    /// Watches a directory.
    pub fn add(&self, directory: impl AsRef<Path>, interest: Interest) -> Result<Watch> {
        let gone = AddWatchFlags::IN_DELETE_SELF | AddWatchFlags::IN_MOVE_SELF | AddWatchFlags::IN_ONLYDIR;
        let flags = match interest {
            Interest::Names => AddWatchFlags::IN_CREATE | AddWatchFlags::IN_DELETE | AddWatchFlags::IN_MOVE,
            Interest::Content => {
                AddWatchFlags::IN_MOVED_TO
                    | AddWatchFlags::IN_CLOSE_WRITE
                    | AddWatchFlags::IN_CREATE
                    | AddWatchFlags::IN_DELETE
            }
            Interest::Replaced => AddWatchFlags::IN_MOVED_TO,
            Interest::Written => AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO,
            Interest::Itself => AddWatchFlags::empty(),
        };
        self.0.add_watch(directory.as_ref(), flags | gone).map(Watch)
    }

    /// Watches a file: what is written to it, and that it is renamed or removed.
    pub fn add_file(&self, file: impl AsRef<Path>) -> Result<Watch> {
        let flags = AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_MOVE_SELF;
        self.0.add_watch(file.as_ref(), flags).map(Watch)
    }

    /// Stops watching a directory. One that is gone is not watched any more already.
    pub fn remove(&self, watch: Watch) {
        let _ = self.0.rm_watch(watch.0);
    }

    /// Takes all that has happened since the last call and hands each event's watch and name to `each`. Where the
    /// kernel dropped events the watch is `None`: anything may have changed.
    pub fn drain(&self, mut each: impl FnMut(Option<Watch>, Option<&std::ffi::OsStr>)) -> Result<()> {
        loop {
            match io::again(|| self.0.read_events()) {
                Ok(events) => {
                    for event in events {
                        let overflow = event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW);
                        each((!overflow).then_some(Watch(event.wd)), event.name.as_deref());
                    }
                }
                Err(Errno::EAGAIN) => return Ok(()),
                Err(errno) => return Err(errno),
            }
        }
    }
}

/// For F_NOTIFY: libc has no names for them.
const DN_RENAME: libc::c_ulong = 0x10;
const DN_MULTISHOT: libc::c_ulong = 0x8000_0000;

/// Has SIGIO sent to us whenever a file in this directory is replaced by rename, as long as what is returned is open. It
/// is a descriptor for each directory, but its end costs nothing: that of an inotify instance waits for all processors to have
/// left the kernel's lists of watches, which takes ten milliseconds and more.
pub fn signal_replaced(directory: impl AsRef<Path>) -> Result<Dir> {
    let directory = Dir::open(directory)?;
    let events = DN_RENAME | DN_MULTISHOT;
    // SAFETY: a descriptor of ours, and numbers.
    Errno::result(unsafe { libc::fcntl(directory.as_fd().as_raw_fd(), libc::F_NOTIFY, events) })?;
    Ok(directory)
}

impl AsFd for Watcher {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
