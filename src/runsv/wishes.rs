//! What the optional files of the service directory ask for, read at the moment it matters.

use crate::cli::message::Voice;
use crate::moment::Now;
use crate::service::policy::{Broken, File, Listen, Mistake, Policy, Reader};
use crate::service::word::Word;
use crate::sys::fs::{Dir, How};
use crate::sys::{Errno, io};
use std::os::fd::RawFd;

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
    /// What is asked for by name, and not given yet.
    not_given: Vec<&'static str>,
}

/// What `run` is to be given beside runit's descriptors and environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extras {
    /// A fifo as standard input.
    pub(super) stdin: bool,
    /// A lock, under this number.
    pub(super) lock: Option<RawFd>,
    /// Sockets.
    pub(super) listen: Listen,
}

/// Asks for a fifo as standard input by being there.
const STDIN: &str = "stdin";

/// Files of the service directory's contract that ask for something that is not given yet: said at each start, so that
/// nobody believes to have it.
const NOT_GIVEN: [&str; 2] = ["cgroup", "errlog"];

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
        let mut open = |file| match content(dir, file) {
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
        let extras = Extras { stdin: dir.facts(STDIN).is_ok(), lock, listen };
        let not_given: Vec<_> = NOT_GIVEN.into_iter().filter(|name| dir.facts(name).is_ok()).collect();
        found |= extras.stdin || !not_given.is_empty();
        // A file may be made in the same tick of the file system's clock after we have looked.
        let settled = now.label.unix > changed.0.saturating_add(1);
        self.none_since = Some(changed).filter(|_| !found && settled);
        Some(Wanted { policy, extras, mistakes, unreadable, not_given })
    }
}

fn content(dir: &Dir, file: File) -> Result<Vec<u8>, Errno> {
    let open = dir.file(file.word(), How::Read).map_err(|errno| match errno {
        // Who has no descriptor is not told whether there is a file.
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM => dir.facts(file.word()).err().unwrap_or(errno),
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
        for name in &self.not_given {
            voice.remark(&[b"./", name.as_bytes(), b": this version cannot do that"]);
        }
        for (file, errno) in &self.unreadable {
            voice.warning(&[b"unable to read ./", file.word().as_bytes()], *errno);
        }
    }

    /// Whether something is wrong that must not be replaced by a default.
    pub(super) fn fails_start(&self) -> bool {
        let wrong = self.mistakes.iter().map(|(file, _)| file).chain(self.unreadable.iter().map(|(file, _)| file));
        wrong.into_iter().any(|file| file.broken() == Broken::FailsStart)
    }
}
