//! Files, by descriptor of the directory they are in. Whatever is opened here is closed on exec.

use super::{Errno, Result, io};
use crate::probe::judge::Space;
use nix::fcntl::{AtFlags, FlockArg, OFlag, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat, mkdirat, mknodat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use std::ffi::{CStr, OsString};
use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::{Path, PathBuf};

/// An open directory.
#[derive(Debug)]
pub struct Dir(OwnedFd);

impl From<OwnedFd> for Dir {
    fn from(fd: OwnedFd) -> Dir {
        Dir(fd)
    }
}

/// How to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// For reading.
    Read,
    /// For writing, from the start; made (0644) or emptied.
    Truncate,
    /// For writing; made (0644), and not there before.
    New,
    /// For writing, at the end; made (0600) if missing.
    Append,
    /// For writing, at the end; made as the umask has it if missing.
    Shared,
    /// For writing, from the start; made as the umask has it, or emptied.
    Fresh,
    /// For writing what is there already, such as a fifo.
    Write,
    /// For both, where what is there stays; made (0600) if missing.
    Keep,
    /// For both, such as a fifo that shall never be at its end.
    ReadWrite,
}

/// What a name stands for, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// Permission bits.
    pub mode: u32,
    /// Its bytes.
    pub size: u64,
    /// Which file this is: device and inode.
    pub id: (u64, u64),
    /// Last change of content: seconds and nanoseconds.
    pub modified: (i64, i64),
    /// Who owns it.
    pub owner: (u32, u32),
}

/// Kinds of files that matter to somebody here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A plain file.
    File,
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// A device, a socket, or a link that was not followed.
    Other,
}

/// Which step of replacing a file failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// Making `NAME.new`.
    Open(Errno),
    /// Filling it.
    Write(Errno),
    /// Not all bytes went in.
    Partial,
    /// Moving it to its name.
    Rename(Errno),
}

impl Dir {
    /// The current directory, by descriptor. It need not be readable.
    pub fn current() -> Result<Dir> {
        Dir::reach(".")
    }

    /// Where it is now, where /proc tells.
    pub fn path(&self) -> Result<PathBuf> {
        let path = read_link(format!("/proc/self/fd/{}", self.0.as_raw_fd())).map(PathBuf::from)?;
        // The name of one that was removed has something behind it, and is that of nothing, or of something else.
        let same = Dir::reach(&path)?.own_facts()?.id == self.own_facts()?.id;
        if same { Ok(path) } else { Err(Errno::ENOENT) }
    }

    /// A directory by path.
    pub fn open(path: impl AsRef<Path>) -> Result<Dir> {
        open_directory(nix::fcntl::AT_FDCWD, path.as_ref()).map(Dir)
    }

    /// A directory to look names up in: it need not be readable, only open for search.
    pub fn reach(path: impl AsRef<Path>) -> Result<Dir> {
        reach_directory(nix::fcntl::AT_FDCWD, path.as_ref()).map(Dir)
    }

    /// A directory within this one, to look names up in.
    pub fn dir(&self, path: impl AsRef<Path>) -> Result<Dir> {
        reach_directory(self.0.as_fd(), path.as_ref()).map(Dir)
    }

    /// A directory within this one, to be read.
    pub fn open_dir(&self, path: impl AsRef<Path>) -> Result<Dir> {
        open_directory(self.0.as_fd(), path.as_ref()).map(Dir)
    }

    /// Opens a file; a fifo or device answers at once, whoever else has it open.
    pub fn file(&self, path: impl AsRef<Path>, how: How) -> Result<OwnedFd> {
        open_file(self.0.as_fd(), path.as_ref(), how)
    }

    /// The same for a file that is ours, in a directory where others may put links: one is not followed ("symbolic link
    /// loop"), since what we write would go, with our rights, wherever it leads.
    pub fn own_file(&self, path: impl AsRef<Path>, how: How) -> Result<OwnedFd> {
        open_file_with(self.0.as_fd(), path.as_ref(), how, OFlag::O_NOFOLLOW)
    }

    /// Makes a directory.
    pub fn make_dir(&self, path: impl AsRef<Path>, mode: u32) -> Result<()> {
        mkdirat(&self.0, path.as_ref(), Mode::from_bits_retain(mode))
    }

    /// Makes a fifo.
    pub fn make_fifo(&self, path: impl AsRef<Path>, mode: u32) -> Result<()> {
        mknodat(&self.0, path.as_ref(), SFlag::S_IFIFO, Mode::from_bits_retain(mode), 0)
    }

    /// What a symbolic link says.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<OsString> {
        nix::fcntl::readlinkat(&self.0, path.as_ref())
    }

    /// What a name stands for, links followed.
    pub fn facts(&self, path: impl AsRef<Path>) -> Result<Facts> {
        fstatat(&self.0, path.as_ref(), AtFlags::empty()).map(Facts::from)
    }

    /// What a name itself is, a link not followed.
    pub fn facts_of_link(&self, path: impl AsRef<Path>) -> Result<Facts> {
        fstatat(&self.0, path.as_ref(), AtFlags::AT_SYMLINK_NOFOLLOW).map(Facts::from)
    }

    /// What this directory is.
    pub fn own_facts(&self) -> Result<Facts> {
        facts(&self.0)
    }

    /// Removes a name.
    pub fn remove(&self, path: impl AsRef<Path>) -> Result<()> {
        unlinkat(&self.0, path.as_ref(), UnlinkatFlags::NoRemoveDir)
    }

    /// Removes an empty directory.
    pub fn remove_dir(&self, path: impl AsRef<Path>) -> Result<()> {
        unlinkat(&self.0, path.as_ref(), UnlinkatFlags::RemoveDir)
    }

    /// Moves a name within this directory.
    pub fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> {
        nix::fcntl::renameat(&self.0, from.as_ref(), &self.0, to.as_ref())
    }

    /// Moves a name out of this directory into another.
    pub fn move_to(&self, name: impl AsRef<Path>, other: &Dir, to: impl AsRef<Path>) -> Result<()> {
        nix::fcntl::renameat(&self.0, name.as_ref(), &other.0, to.as_ref())
    }

    /// Removes a name and all that is below it; no link is followed.
    pub fn remove_all(&self, name: impl AsRef<Path>) -> Result<()> {
        let name = name.as_ref();
        if self.facts_of_link(name)?.kind != Kind::Directory {
            return self.remove(name);
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let below = Dir(openat(&self.0, name, flags, Mode::empty())?);
        for entry in below.names()? {
            below.remove_all(entry)?;
        }
        self.remove_dir(name)
    }

    /// Makes a name look as if it had changed last at this time, in seconds since 1970.
    pub fn set_modified(&self, name: impl AsRef<Path>, unix: i64) -> Result<()> {
        let time = nix::sys::time::TimeSpec::new(unix as _, 0);
        let flags = nix::sys::stat::UtimensatFlags::NoFollowSymlink;
        nix::sys::stat::utimensat(&self.0, name.as_ref(), &time, &time, flags)
    }

    /// Lets two names change places in one step; neither is missing meanwhile.
    pub fn exchange(&self, one: &CStr, other: &CStr) -> Result<()> {
        let at = self.0.as_raw_fd();
        // By number: not every C library has a function for it. SAFETY: names that end with a zero byte.
        let answer =
            unsafe { libc::syscall(libc::SYS_renameat2, at, one.as_ptr(), at, other.as_ptr(), libc::RENAME_EXCHANGE) };
        Errno::result(answer).map(drop)
    }

    /// Makes a symbolic link.
    pub fn link(&self, target: impl AsRef<Path>, name: impl AsRef<Path>) -> Result<()> {
        nix::unistd::symlinkat(target.as_ref(), &self.0, name.as_ref())
    }

    /// Gives a file new content in one step: readers see the old one or the new one. `fresh` is the name under which
    /// it is made, usually `NAME.new`. What was left there, or put there by others, is removed and not written into.
    pub fn replace(&self, name: &str, fresh: &str, bytes: &[u8]) -> core::result::Result<(), Replace> {
        let file = match self.own_file(fresh, How::New) {
            Err(Errno::EEXIST) => self.remove(fresh).and_then(|()| self.own_file(fresh, How::New)),
            answer => answer,
        };
        let file = file.map_err(Replace::Open)?;
        match io::write(&file, bytes) {
            Ok(n) if n == bytes.len() => {}
            Ok(_) => return Err(Replace::Partial),
            Err(errno) => return Err(Replace::Write(errno)),
        }
        drop(file);
        self.rename(fresh, name).map_err(Replace::Rename)
    }

    /// The names in this directory, without `.` and `..`, in the file system's order.
    pub fn names(&self) -> Result<Vec<OsString>> {
        use std::os::unix::ffi::OsStrExt;
        // A descriptor of its own: reading moves the position that all copies share.
        let mut stream = nix::dir::Dir::from_fd(open_directory(self.0.as_fd(), Path::new("."))?)?;
        let mut names = Vec::new();
        for entry in stream.iter() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(std::ffi::OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }

    /// Makes this the current directory of the process.
    pub fn enter(&self) -> Result<()> {
        nix::unistd::fchdir(&self.0)
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Opens a file by path, as `Dir::file` does.
pub fn open(path: impl AsRef<Path>, how: How) -> Result<OwnedFd> {
    open_file(nix::fcntl::AT_FDCWD, path.as_ref(), how)
}

/// Opens a file for reading; a fifo waits for who writes into it.
pub fn open_waiting(path: impl AsRef<Path>) -> Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    io::again(|| openat(nix::fcntl::AT_FDCWD, path.as_ref(), flags, Mode::empty()))
}

fn open_file(at: BorrowedFd<'_>, path: &Path, how: How) -> Result<OwnedFd> {
    open_file_with(at, path, how, OFlag::empty())
}

fn open_file_with(at: BorrowedFd<'_>, path: &Path, how: How, more: OFlag) -> Result<OwnedFd> {
    let (flags, mode) = match how {
        How::Read => (OFlag::O_RDONLY, 0),
        How::Write => (OFlag::O_WRONLY, 0),
        How::ReadWrite => (OFlag::O_RDWR, 0),
        How::Truncate => (OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC, 0o644),
        How::New => (OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL, 0o644),
        How::Keep => (OFlag::O_RDWR | OFlag::O_CREAT, 0o600),
        How::Append => (OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_APPEND, 0o600),
        How::Shared => (OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_APPEND, 0o666),
        How::Fresh => (OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC, 0o666),
    };
    let flags = flags | more | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    io::again(|| openat(at, path, flags, Mode::from_bits_retain(mode)))
}

fn open_directory(at: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd> {
    openat(at, path, OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
}

fn reach_directory(at: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd> {
    openat(at, path, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())
}

/// Makes a path the current directory of the process.
pub fn enter(path: impl AsRef<Path>) -> Result<()> {
    nix::unistd::chdir(path.as_ref())
}

/// What a path stands for, links followed. No descriptor is needed: it answers where none can be had.
pub fn facts_of(path: impl AsRef<Path>) -> Result<Facts> {
    nix::sys::stat::stat(path.as_ref()).map(Facts::from)
}

/// What the file system has that a path is on.
pub fn space_of(path: impl AsRef<Path>) -> Result<Space> {
    let all = io::again(|| nix::sys::statvfs::statvfs(path.as_ref()))?;
    #[allow(clippy::useless_conversion)] // their width differs between architectures
    let bytes = |blocks: libc::fsblkcnt_t| u64::from(blocks).saturating_mul(all.fragment_size().into());
    #[allow(clippy::useless_conversion)]
    Ok(Space {
        size: bytes(all.blocks()),
        free: bytes(all.blocks_free()),
        available: bytes(all.blocks_available()),
        files: all.files().into(),
        free_files: all.files_free().into(),
    })
}

/// A path without links and dots.
pub fn real_path(path: impl AsRef<Path>) -> Result<PathBuf> {
    std::fs::canonicalize(path).map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))
}

/// What a symbolic link says.
pub fn read_link(path: impl AsRef<Path>) -> Result<OsString> {
    nix::fcntl::readlinkat(nix::fcntl::AT_FDCWD, path.as_ref())
}

/// The path of the current directory.
pub fn here() -> Result<PathBuf> {
    nix::unistd::getcwd()
}

/// Opens a directory, but not one that a symbolic link leads to.
pub fn open_directory_itself(path: impl AsRef<Path>) -> Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(nix::fcntl::AT_FDCWD, path.as_ref(), flags, Mode::empty())
}

/// Makes a directory by path.
pub fn make_dir(path: impl AsRef<Path>, mode: u32) -> Result<()> {
    mkdirat(nix::fcntl::AT_FDCWD, path.as_ref(), Mode::from_bits_retain(mode))
}

/// Removes an empty directory by path.
pub fn remove_dir(path: impl AsRef<Path>) -> Result<()> {
    unlinkat(nix::fcntl::AT_FDCWD, path.as_ref(), UnlinkatFlags::RemoveDir)
}

/// Removes a name by path.
pub fn remove(path: impl AsRef<Path>) -> Result<()> {
    nix::unistd::unlink(path.as_ref())
}

/// Moves a name.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> {
    nix::fcntl::renameat(nix::fcntl::AT_FDCWD, from.as_ref(), nix::fcntl::AT_FDCWD, to.as_ref())
}

/// Whether we may execute a file.
pub fn may_execute(path: impl AsRef<Path>) -> bool {
    nix::unistd::access(path.as_ref(), nix::unistd::AccessFlags::X_OK).is_ok()
}

/// Whether we may write into a directory or a file.
pub fn may_write(path: impl AsRef<Path>) -> bool {
    nix::unistd::access(path.as_ref(), nix::unistd::AccessFlags::W_OK).is_ok()
}

/// Sets the owner of a path, a link not followed.
pub fn set_owner_of(path: impl AsRef<Path>, uid: u32, gid: Option<u32>) -> Result<()> {
    let at = nix::fcntl::AT_FDCWD;
    nix::unistd::fchownat(at, path.as_ref(), Some(uid.into()), gid.map(Into::into), AtFlags::AT_SYMLINK_NOFOLLOW)
}

/// Sets the owner and group of an open file.
pub fn set_owner(fd: impl AsFd, uid: u32, gid: u32) -> Result<()> {
    nix::unistd::fchown(fd, Some(uid.into()), Some(gid.into()))
}

/// What a path itself is, a link not followed; without a descriptor too.
pub fn facts_of_link(path: impl AsRef<Path>) -> Result<Facts> {
    fstatat(nix::fcntl::AT_FDCWD, path.as_ref(), AtFlags::AT_SYMLINK_NOFOLLOW).map(Facts::from)
}

/// Sets the permission bits of a path, links followed; without a descriptor too.
pub fn set_mode_of(path: impl AsRef<Path>, mode: u32) -> Result<()> {
    let mode = Mode::from_bits_retain(mode);
    let follow = nix::sys::stat::FchmodatFlags::FollowSymlink;
    nix::sys::stat::fchmodat(nix::fcntl::AT_FDCWD, path.as_ref(), mode, follow)
}

/// What an open file is.
pub fn facts(fd: impl AsFd) -> Result<Facts> {
    fstat(fd).map(Facts::from)
}

/// Sets permission bits, whatever the umask.
pub fn set_mode(fd: impl AsFd, mode: u32) -> Result<()> {
    fchmod(fd, Mode::from_bits_retain(mode))
}

/// Whether a directory's file system tells of changes that others make: not where they are made on another machine.
pub fn tells_changes(directory: &Dir) -> bool {
    /// NFS, SMB (three generations), CODA, AFS (two), Ceph, 9P, FUSE, GFS2, OCFS2, VirtualBox's shared folders.
    const SHARED: [i64; 13] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x7375_7245,
        0x5346_414f,
        0x6b41_4653,
        0x00c3_6400,
        0x0102_1997,
        0x6573_5546,
        0x0116_1970,
        0x7461_636f,
        0x786f_4256,
    ];
    let Ok(facts) = nix::sys::statfs::fstatfs(directory) else {
        return false;
    };
    #[allow(clippy::unnecessary_cast)] // its width differs between architectures
    let kind = facts.filesystem_type().0 as i64 & 0xffff_ffff;
    !SHARED.contains(&kind)
}

/// Cuts a file off after this many bytes.
pub fn cut(fd: impl AsFd, size: u64) -> Result<()> {
    let size = size.try_into().map_err(|_| Errno::EFBIG)?;
    io::again(|| nix::unistd::ftruncate(fd.as_fd(), size))
}

/// Makes what was written survive a power cut.
pub fn sync(fd: impl AsFd) -> Result<()> {
    io::again(|| nix::unistd::fsync(fd.as_fd()))
}

/// Whether to wait for a lock that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until it is free.
    Yes,
    /// Answer "temporary failure" at once.
    No,
}

/// Takes the exclusive lock of an open file; it is held until the last copy of the descriptor is closed.
pub fn lock(fd: impl AsFd, wait: Wait) -> Result<()> {
    let how = match wait {
        Wait::Yes => FlockArg::LockExclusive,
        Wait::No => FlockArg::LockExclusiveNonblock,
    };
    // nix's owned lock would take the descriptor and unlock on drop; a lock of ours is given up by ending.
    #[allow(deprecated)]
    io::again(|| nix::fcntl::flock(fd.as_fd().as_raw_fd(), how))
}

/// Whether somebody else has the exclusive lock of an open file. Where nobody has, we share it until the descriptor is
/// closed, and keep out whoever comes meanwhile: only for a file whose owner is known to live.
pub fn is_locked(fd: impl AsFd) -> bool {
    #[allow(deprecated)] // as in `lock`
    let answer = io::again(|| nix::fcntl::flock(fd.as_fd().as_raw_fd(), FlockArg::LockSharedNonblock));
    answer == Err(Errno::EWOULDBLOCK)
}

/// Takes the lock of a file for this process, or answers "temporary failure". No child has it, not even one that is just
/// being started: it is free as soon as we are gone. It is gone, too, when any descriptor of the file is closed.
pub fn lock_for_us(fd: impl AsFd) -> Result<()> {
    let whole =
        libc::flock { l_type: libc::F_WRLCK as _, l_whence: libc::SEEK_SET as _, l_start: 0, l_len: 0, l_pid: 0 };
    nix::fcntl::fcntl(fd.as_fd(), nix::fcntl::FcntlArg::F_SETLK(&whole)).map(drop)
}

/// A second descriptor of the same open file, closed on exec, numbered `least` or above.
pub fn duplicate(fd: impl AsFd, least: i32) -> Result<OwnedFd> {
    let number = nix::fcntl::fcntl(fd.as_fd(), nix::fcntl::FcntlArg::F_DUPFD_CLOEXEC(least))?;
    // SAFETY: the call above has just made it, for nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

impl From<FileStat> for Facts {
    fn from(stat: FileStat) -> Facts {
        let kind = match SFlag::from_bits_truncate(stat.st_mode & SFlag::S_IFMT.bits()) {
            SFlag::S_IFREG => Kind::File,
            SFlag::S_IFDIR => Kind::Directory,
            SFlag::S_IFIFO => Kind::Fifo,
            _ => Kind::Other,
        };
        Facts {
            kind,
            mode: stat.st_mode & 0o7777,
            size: stat.st_size.max(0) as u64,
            id: (stat.st_dev, stat.st_ino),
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            owner: (stat.st_uid, stat.st_gid),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::File => "file",
            Kind::Directory => "directory",
            Kind::Fifo => "fifo",
            Kind::Other => "special file",
        })
    }
}
