//! Bytes from a pipe to a file that never come into our memory.

use super::{Errno, Result, io};
use nix::fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, splice, tee};
use nix::unistd::{Whence, lseek};
use std::os::fd::{AsFd, OwnedFd};

/// A file to which bytes are moved at its end.
///
/// The kernel refuses to splice into a file that is open for appending, so the flag is taken off, and the end is
/// looked up before each write instead: a file that somebody else has emptied meanwhile is filled from its start, as
/// with the flag.
pub fn make_spliceable(file: impl AsFd) -> Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(file.as_fd(), FcntlArg::F_GETFL)?);
    fcntl(file, FcntlArg::F_SETFL(flags - OFlag::O_APPEND)).map(drop)
}

/// Goes to the end of a file.
pub fn seek_end(file: impl AsFd) -> Result<()> {
    lseek(file, 0, Whence::SeekEnd).map(drop)
}

/// Goes to so many bytes before the end of a file.
pub fn seek_before_end(file: impl AsFd, bytes: i64) -> Result<()> {
    lseek(file, -bytes, Whence::SeekEnd).map(drop)
}

/// Moves at most `most` bytes from a pipe to the end of a file; 0 is the pipe's end. Bytes leave the pipe only once
/// they are in the file, so that whoever is killed in between loses nothing.
pub fn splice_to_end(pipe: impl AsFd, file: impl AsFd, most: usize) -> Result<usize> {
    seek_end(file.as_fd())?;
    io::again(|| splice(pipe.as_fd(), None, file.as_fd(), None, most, SpliceFFlags::SPLICE_F_NONBLOCK))
}

/// A look at what is in a pipe, without taking it.
#[derive(Debug)]
pub struct Peek {
    read: OwnedFd,
    write: OwnedFd,
}

impl Peek {
    /// The pipe that it takes to look into another.
    pub fn new() -> Result<Peek> {
        let (read, write) = io::pipe()?;
        Ok(Peek { read, write })
    }

    /// Puts what the pipe begins with in place of what `into` held, at most `most` bytes; none is the pipe's end.
    pub fn look(&self, pipe: impl AsFd, into: &mut Vec<u8>, most: usize) -> Result<()> {
        into.clear();
        let copied = io::again(|| tee(pipe.as_fd(), self.write.as_fd(), most, SpliceFFlags::SPLICE_F_NONBLOCK))?;
        while into.len() < copied {
            if io::read_onto(&self.read, into, copied - into.len())? == 0 {
                return Err(Errno::EIO);
            }
        }
        Ok(())
    }
}
