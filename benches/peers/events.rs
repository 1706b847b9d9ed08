//! What services tell: each writes into a fifo when it begins (`floor.c`, `serve`).

use super::process::now;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The size of what a service writes.
const EVENT: usize = 128;

/// A service has begun.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub at: u64,
    pub pid: i32,
    pub service: usize,
}

/// The fifo.
pub struct Events {
    reader: File,
    /// As long as we have it, the services are not the only writers.
    writer: Option<File>,
    heard: VecDeque<Event>,
}

impl Events {
    pub fn new(path: &Path) -> Events {
        nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
        let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).expect("the fifo");
        let writer = OpenOptions::new().write(true).open(path).expect("the fifo");
        // Room for everybody at once: nobody is to wait for us.
        let _ = nix::fcntl::fcntl(&reader, nix::fcntl::FcntlArg::F_SETPIPE_SZ(1 << 20));
        Events { reader, writer: Some(writer), heard: VecDeque::new() }
    }

    /// The next event, unless it gets too late.
    pub fn next(&mut self, deadline: u64) -> Option<Event> {
        while self.heard.is_empty() {
            if now() >= deadline {
                return None;
            }
            wait(&[self.reader.as_fd()], deadline);
            self.take();
        }
        self.heard.pop_front()
    }

    /// The next that is there already.
    pub fn ready(&mut self) -> Option<Event> {
        self.take();
        self.heard.pop_front()
    }

    fn take(&mut self) {
        let mut buffer = [0; EVENT * 512];
        let count = self.reader.read(&mut buffer).unwrap_or(0);
        self.heard.extend(buffer[..count].chunks_exact(EVENT).filter_map(decode));
    }

    /// Waits until no service lives that has told of itself.
    pub fn until_silent(&mut self, deadline: u64) -> bool {
        self.writer = None;
        while now() < deadline {
            let mut polled = [PollFd::new(self.reader.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut polled, timeout(deadline));
            let told = polled[0].revents().unwrap_or(PollFlags::empty());
            self.take();
            if told.contains(PollFlags::POLLHUP) {
                return true;
            }
        }
        false
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

fn decode(bytes: &[u8]) -> Option<Event> {
    let at = u64::from_ne_bytes(bytes.get(..8)?.try_into().ok()?);
    let pid = i32::from_ne_bytes(bytes.get(8..12)?.try_into().ok()?);
    let place: Vec<u8> = bytes.get(16..)?.iter().copied().take_while(|byte| *byte != 0).collect();
    let service = String::from_utf8(place).ok()?.rsplit_once('/')?.1.parse().ok()?;
    Some(Event { at, pid, service })
}

/// Waits for any of them; which have something to tell.
pub fn wait(descriptors: &[BorrowedFd<'_>], deadline: u64) -> Vec<bool> {
    let mut polled: Vec<PollFd<'_>> = descriptors.iter().map(|one| PollFd::new(*one, PollFlags::POLLIN)).collect();
    let _ = poll(&mut polled, timeout(deadline));
    polled.iter().map(|one| one.any().unwrap_or(false)).collect()
}

fn timeout(deadline: u64) -> PollTimeout {
    let left = deadline.saturating_sub(now()).div_ceil(1_000_000);
    PollTimeout::try_from(left.min(60_000) as i32).expect("less than a minute")
}
