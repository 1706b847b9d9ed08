//! What the optional files of the service directory ask for, read at the moment it matters.

use crate::cli::message::Voice;
use crate::moment::Now;
use crate::service::policy::{Broken, File, Listen, Mistake, Policy, Reader};
use crate::service::word::Word;
use crate::sys::fs::{Dir, How};
use crate::sys::{Errno, io};
use std::ffi::{OsStr, OsString};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Remembers that a directory has none of the files: the usual case shall cost one look at the directory, not one at
/// each name.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// When the directory in which there were none had been changed last.
    none_since: Option<(i64, i64)>,
}

/// What was read.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The defaults where something is wrong.
    pub(super) policy: Policy,
    /// What a start is to be given.
    pub(super) extras: Extras,
    mistakes: Vec<(File, Mistake)>,
    unreadable: Vec<(File, Errno)>,
    /// What in `cgroup/` cannot be read.
    unlimited: Option<(PathBuf, Errno)>,
}

/// Files of a control group, by name, and what is to be written there.
pub(super) type Limits = Vec<(OsString, Vec<u8>)>;

/// What `run` is to be given beside runit's descriptors and environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extras {
    /// A fifo as standard input.
    pub(super) stdin: bool,
    /// A lock, under this number.
    pub(super) lock: Option<RawFd>,
    /// Sockets.
    pub(super) listen: Listen,
    /// A control group, and what is to be set there.
    pub(super) group: Option<Limits>,
}

/// Asks for a control group, by the files in it with limits.
pub(super) const GROUP: &str = "cgroup";

/// Asks for a fifo as standard input by being there.
const STDIN: &str = "stdin";

/// No file of ours is longer than this: what is, is not meant for us.
const LONGEST: usize = 64 * 1024;

impl Wishes {
    /// What is asked for; nothing if that is still nothing.
    pub(super) fn read(&mut self, now: Now, dir: &Dir) -> Option<Wanted> {
        let changed = dir.own_facts().ok()?.modified;
        if self.none_since == Some(changed) {
            return None;
        }
        let (mut found, mut unreadable) = (false, Vec::new());
        let mut open = |file: File| match content(dir, file.word().as_ref()) {
            Ok(content) => {
                found = true;
                Some(content)
            }
            Err(Errno::ENOENT) => None,
            Err(errno) => {
                found = true;
                unreadable.push((file, errno));
                None
            }
        };
        let mut reader = Reader::new(&mut open);
        let policy = reader.policy();
        let listen = reader.listen();
        let lock = reader.lock_fd(policy.ready).and_then(|number| RawFd::try_from(number).ok());
        let mistakes = reader.mistakes;
        let (group, unlimited) = match group(dir) {
            Ok(group) => (group, None),
            Err(wrong) => (None, Some(wrong)),
        };
        let extras = Extras { stdin: dir.facts(STDIN).is_ok(), lock, listen, group };
        found |= extras.stdin || extras.group.is_some() || unlimited.is_some();
        // A file may be made in the same tick of the file system's clock after we have looked.
        let settled = now.label.unix > changed.0.saturating_add(1);
        self.none_since = Some(changed).filter(|_| !found && settled);
        Some(Wanted { policy, extras, mistakes, unreadable, unlimited })
    }
}

/// The limits for a control group, where there is a directory for them.
fn group(dir: &Dir) -> Result<Option<Limits>, (PathBuf, Errno)> {
    let at = |name: &OsStr| Path::new(GROUP).join(name);
    // Who has no descriptor is told all the same that there is none.
    if dir.facts(GROUP) == Err(Errno::ENOENT) {
        return Ok(None);
    }
    let mut names = dir.open_dir(GROUP).and_then(|group| group.names()).map_err(|errno| (GROUP.into(), errno))?;
    names.retain(|name| !name.as_bytes().starts_with(b"."));
    names.sort_unstable();
    let read = |name: OsString| match content(dir, &at(&name)) {
        Ok(content) => Ok((name, content)),
        Err(errno) => Err((at(&name), errno)),
    };
    names.into_iter().map(read).collect::<Result<_, _>>().map(Some)
}

fn content(dir: &Dir, file: &Path) -> Result<Vec<u8>, Errno> {
    let open = dir.file(file, How::Read).map_err(|errno| match errno {
        // Who has no descriptor is not told whether there is a file.
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM => dir.facts(file).err().unwrap_or(errno),
        errno => errno,
    })?;
    let mut bytes = vec![0; LONGEST];
    let mut filled = 0;
    while filled < LONGEST {
        match io::read(&open, &mut bytes[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

impl Wanted {
    /// Says what is wrong, a line each.
    pub(super) fn report(&self, voice: &Voice) {
        for (file, mistake) in &self.mistakes {
            voice.remark(&[b"./", file.word().as_bytes(), b": ", mistake.to_string().as_bytes()]);
        }
        for (file, errno) in &self.unreadable {
            voice.warning(&[b"unable to read ./", file.word().as_bytes()], *errno);
        }
        if let Some((path, errno)) = &self.unlimited {
            voice.warning(&[b"unable to read ./", path.as_os_str().as_bytes()], *errno);
        }
    }

    /// Whether something is wrong that must not be replaced by a default.
    pub(super) fn fails_start(&self) -> bool {
        let wrong = self.mistakes.iter().map(|(file, _)| file).chain(self.unreadable.iter().map(|(file, _)| file));
        self.unlimited.is_some() || wrong.into_iter().any(|file| file.broken() == Broken::FailsStart)
    }
}
