//! The supervisor's end of `supervise/`: claim it, open its fifos, show the state.
//!
//! The directory is held by descriptor from the claim on, so that nothing that happens to its path later can lead a
//! supervisor, often root, elsewhere.

use super::home::Home;
use super::journal::{self, Journal};
use super::{CONTROL, DIRECTORY, LOCK, MARK, NOTIFY, OK, PID, SERVICE_LOCK, STAT, STATUS, STDIN};
use crate::exit::Pid;
use crate::service::handover;
use crate::service::journal::{Draft, Event, Told};
use crate::service::machine::Role;
use crate::service::mark;
use crate::service::record::{self, Record, Report};
use crate::service::status::{self, Status};
use crate::sys::fs::{self, Dir, How, Kind, Replace, Wait, lock};
use crate::sys::handover::{Incoming, Outgoing};
use crate::sys::mailbox::Spot;
use crate::sys::{Errno, Result, io, process};
use crate::tai64::Label;
use std::borrow::Cow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

/// `supervise/`, locked by us.
#[derive(Debug)]
pub struct Claim {
    dir: Dir,
    shown: Cow<'static, [u8]>,
    lock: OwnedFd,
    /// Where a child leaves its mark, if it can.
    mark: Option<OwnedFd>,
    /// What the supervisor before us has left, if it did not leave in order.
    before: Option<mark::Mark>,
    own: Option<OwnedFd>,
}

/// `supervise/`, in service.
#[derive(Debug)]
pub struct Post {
    claim: Claim,
    control: OwnedFd,
    ok: Option<OwnedFd>,
    shown: Shown,
    journal: Journal,
}

/// What a supervisor has left that did not leave in order.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// Who was started last, whether or not it lives.
    pub child: Option<mark::Child>,
    /// The state that was shown last; nothing if that cannot be read.
    pub shown: Option<Report>,
}

/// What the files say now, so that what has not changed is not written again.
#[derive(Debug)]
struct Shown {
    pid: Option<Option<Pid>>,
    stat: String,
}

/// Which step of claiming or opening failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its directory below SVSTATE could not be made.
    MakeHome(Errno),
    /// A service of the same name and another path has that directory.
    Taken,
    /// Somebody supervises here without SVSTATE.
    LockOwn(Errno),
    /// The link `supervise` could not be read.
    ReadLink(Errno),
    /// It points to too long a name.
    LinkTooLong,
    /// The lock file could not be opened.
    OpenLock(Errno),
    /// The lock file could not be locked: somebody else supervises here.
    Lock(Errno),
    /// `control` could not be looked at.
    StatControl(Errno),
    /// `control` is something else.
    NotAFifo,
    /// `control` could not be opened.
    OpenControl(Errno),
    /// `ok` could not be opened.
    ReadOk(Errno),
}

/// Which file could not be shown, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotShown {
    /// `pid`, `stat` or `status`.
    pub name: &'static str,
    /// Under which name it was to be made.
    pub fresh: &'static str,
    /// What failed.
    pub step: Replace,
}

/// A link's text that is as long as this is too long, as in runit.
const LINK: usize = 256;

impl Claim {
    /// Makes the `supervise/` of this service directory if need be, and locks it.
    pub fn new(service: &Dir, home: &Home, role: Role) -> core::result::Result<Claim, Trouble> {
        let shown = home.shown(role);
        let (path, own) = (home.supervise(), lock_own(service, home)?);
        match home {
            Home::Own => make(service)?,
            Home::Away(_) => home.make().map_err(Trouble::MakeHome)?,
        }
        // Opening through the path keeps runit's message for everything that may be wrong with the directory.
        let file = service.own_file(path.join(LOCK), How::Append).map_err(Trouble::OpenLock)?;
        lock(&file, Wait::No).map_err(|errno| match home {
            Home::Away(away) if away.is_taken() => Trouble::Taken,
            _ => Trouble::Lock(errno),
        })?;
        if let Home::Away(away) = home {
            away.take().map_err(Trouble::MakeHome)?;
        }
        let dir = service.dir(path).map_err(Trouble::OpenLock)?;
        // Without a mark nobody is found later; that is no reason not to supervise now.
        let mark = dir.own_file(MARK, How::Keep).ok();
        let before = mark.as_ref().and_then(sign);
        Ok(Claim { dir, shown, lock: file, mark, before, own })
    }
}

/// Writes down who supervises, and answers with what was there. Whoever was started last stays marked, or a successor
/// that is killed now would leave him to nobody. Where nothing can be known of processes there is no mark.
fn sign(file: &OwnedFd) -> Option<mark::Mark> {
    let mut bytes = [0; mark::SIZE];
    let length = io::read_at(file, &mut bytes, 0).unwrap_or(0);
    let (world, own) = (process::world()?, process::own_id()?);
    let before = mark::Mark::unpack(bytes.get(..length)?).filter(|mark| mark.world == world);
    if before.is_none() && length > 0 {
        let _ = fs::cut(file, 0); // else what is behind our part would be taken for a child of ours
    }
    let _ = io::write_at(file, &mark::own(world, own, process::parent_id()), 0); // on a full disk nobody is found later
    before
}

/// With SVSTATE too a service has one supervisor: where it can, it takes the lock of one without SVSTATE as well. A
/// lock that is not there, or that may not be opened, is nobody's who could write there.
fn lock_own(service: &Dir, home: &Home) -> core::result::Result<Option<OwnedFd>, Trouble> {
    let Home::Away(_) = home else { return Ok(None) };
    let Ok(file) = service.own_file(format!("{DIRECTORY}/{LOCK}"), How::Read) else { return Ok(None) };
    lock(&file, Wait::No).map_err(Trouble::LockOwn)?;
    Ok(Some(file))
}

/// `supervise` may be a link to a directory that does not exist yet, on a file system that can be written.
fn make(service: &Dir) -> core::result::Result<(), Trouble> {
    if service.make_dir(DIRECTORY, 0o700) != Err(Errno::EEXIST) {
        return Ok(()); // made, or the lock will tell why not
    }
    match service.read_link(DIRECTORY) {
        Ok(target) if target.as_bytes().len() >= LINK => Err(Trouble::LinkTooLong),
        Ok(target) => {
            let _ = service.make_dir(target, 0o700); // it may exist; whatever else is wrong, the lock will tell
            Ok(())
        }
        Err(Errno::EINVAL) => Ok(()), // no link
        Err(errno) => Err(Trouble::ReadLink(errno)),
    }
}

impl Post {
    /// Opens the fifo for commands. Readers are not told yet that a supervisor lives.
    pub fn open(claim: Claim, role: Role) -> core::result::Result<Post, Trouble> {
        let _ = claim.dir.make_fifo(CONTROL, 0o600); // it may exist; whatever else is wrong, the next call tells
        let facts = claim.dir.facts(CONTROL).map_err(Trouble::StatControl)?;
        if facts.kind != Kind::Fifo {
            return Err(Trouble::NotAFifo);
        }
        // For both, so that it is never at its end.
        let control = claim.dir.own_file(CONTROL, How::ReadWrite).map_err(Trouble::OpenControl)?;
        // As under runit a logger's `pid` is not made before its first start; one that was left behind is emptied.
        let missing = role.is_logger() && claim.dir.facts(PID) == Err(Errno::ENOENT);
        let shown = Shown { pid: missing.then_some(None), stat: String::new() };
        Ok(Post { claim, control, ok: None, shown, journal: Journal::default() })
    }

    /// From now on, as long as we live, `ok` has a reader.
    pub fn announce(&mut self) -> core::result::Result<(), Trouble> {
        let _ = self.claim.dir.make_fifo(OK, 0o600); // it may exist; whatever else is wrong, the next call tells
        self.ok = Some(self.claim.dir.own_file(OK, How::Read).map_err(Trouble::ReadOk)?);
        Ok(())
    }

    /// What stays open of it while the program of its supervisor is replaced, and what is known.
    pub fn hand_over(&self, outgoing: &mut Outgoing) -> handover::Post {
        let Post { claim, control, ok, journal, .. } = self;
        handover::Post {
            directory: outgoing.keep(&claim.dir),
            lock: outgoing.keep(&claim.lock),
            mark: claim.mark.as_ref().map(|mark| outgoing.keep(mark)),
            own: claim.own.as_ref().map(|own| outgoing.keep(own)),
            control: outgoing.keep(control),
            ok: ok.as_ref().map(|ok| outgoing.keep(ok)),
            shown: claim.shown.to_vec(),
            journal: journal.writer().cloned(),
        }
    }

    /// What was handed over. All files are to be shown anew.
    pub fn inherit(post: handover::Post, role: Role, incoming: &mut Incoming) -> Result<Post> {
        let dir = Dir::from(incoming.take(post.directory)?);
        let mut may = |number: Option<_>| number.map(|number| incoming.take(number)).transpose();
        let (mark, own, ok) = (may(post.mark)?, may(post.own)?, may(post.ok)?);
        let (lock, control) = (incoming.take(post.lock)?, incoming.take(post.control)?);
        let missing = role.is_logger() && dir.facts(PID) == Err(Errno::ENOENT);
        let shown = Shown { pid: missing.then_some(None), stat: String::new() };
        let claim = Claim { dir, shown: Cow::Owned(post.shown), lock, mark, before: None, own };
        Ok(Post { claim, control, ok, shown, journal: Journal::inherit(post.journal) })
    }

    /// Where a child leaves its mark, and as what.
    pub fn mark(&self, what: mark::What) -> Option<(BorrowedFd<'_>, mark::What)> {
        self.claim.mark.as_ref().map(|file| (file.as_fd(), what))
    }

    /// We leave in order: nobody is left running.
    pub fn leave(&self) {
        if let Some(mark) = &self.claim.mark {
            let _ = fs::cut(mark, 0); // a mark of one who has ended finds nobody either
        }
    }

    /// What our predecessor has left: its last child, and the state that it has shown. Nothing if it left in order.
    pub fn left(&self) -> Option<Left> {
        let child = self.claim.before?.child;
        let mut bytes = [0; 2 * (status::SIZE + record::SIZE)];
        let file = self.claim.dir.own_file(STATUS, How::Read);
        let length = file.and_then(|file| io::read(file, &mut bytes)).unwrap_or(0);
        Some(Left { child, shown: Report::unpack(bytes.get(..length).unwrap_or_default()) })
    }

    /// What the journal says of the end of a child, if it does.
    pub fn told_of(&self, child: &mark::Child) -> Option<Told> {
        let event = match child.what {
            mark::What::Run => Event::Exit,
            mark::What::Finish => Event::Finish,
        };
        journal::told(&self.claim.dir, child.pid, event)
    }

    /// Whether the journal tells that a child was started.
    pub fn tells_start(&self, child: &mark::Child) -> bool {
        child.what == mark::What::Run && journal::tells_start(&self.claim.dir, child.pid)
    }

    /// What stands before `supervise/` where its files are spoken of.
    pub fn shown(&self) -> &[u8] {
        &self.claim.shown
    }

    /// `supervise/` itself.
    pub fn directory(&self) -> &Dir {
        &self.claim.dir
    }

    /// The fifo, to be waited for.
    pub fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    /// Takes the bytes that have come, as many as fit.
    pub fn take(&self, into: &mut [u8]) -> Result<usize> {
        match io::read(&self.control, into) {
            Err(Errno::EAGAIN) => Ok(0),
            answer => answer,
        }
    }

    /// Shows a state. Each file is replaced in one step; the first that cannot be ends it, and it is all to be tried
    /// again.
    pub fn publish(&mut self, status: &Status, record: &Record) -> core::result::Result<(), NotShown> {
        if self.shown.pid != Some(status.pid) {
            let text = status.pid.map_or_else(String::new, |pid| format!("{pid}\n"));
            self.replace(PID, "pid.new", text.as_bytes())?;
            self.shown.pid = Some(status.pid);
        }
        let words = status.words();
        if self.shown.stat != words {
            self.replace(STAT, "stat.new", words.as_bytes())?;
            self.shown.stat = words;
        }
        self.replace(STATUS, "status.new", &[&status.pack()[..], &record.pack()].concat())
    }

    /// Where the service may leave letters: beside `supervise/`, since that is shut to whoever the service runs as.
    pub fn mailbox_spot(&self) -> Option<Spot> {
        let path = self.claim.dir.path().ok()?;
        let mut name = path.file_name()?.to_owned();
        name.push(".notify");
        Some(Spot { dir: self.claim.dir.dir("..").ok()?, path: path.with_file_name(&name), name })
    }

    /// Shows what the service says of itself.
    pub fn tell(&self, text: &str) -> core::result::Result<(), NotShown> {
        self.replace(NOTIFY, "notify.new", text.as_bytes())
    }

    /// What it has said, as far as it is shown.
    pub fn told(&self) -> Vec<u8> {
        self.claim.dir.own_file(NOTIFY, How::Read).and_then(io::read_all).unwrap_or_default()
    }

    /// It says nothing any more.
    pub fn tell_nothing(&self) {
        let _ = self.claim.dir.remove(NOTIFY); // what is left says nothing wrong, and too much
    }

    /// The fifo for standard input, open for both, so that it is never at its end.
    pub fn stdin(&self) -> Result<OwnedFd> {
        let _ = self.claim.dir.make_fifo(STDIN, 0o600); // it may exist; whatever else is wrong, the next calls tell
        let stdin = self.claim.dir.own_file(STDIN, How::ReadWrite)?;
        if fs::facts(&stdin)?.kind == Kind::Fifo { Ok(stdin) } else { Err(Errno::ESPIPE) }
    }

    /// Its end for a child: for reading, and such that a read waits.
    pub fn stdin_for_child(&self) -> Result<OwnedFd> {
        let stdin = self.claim.dir.own_file(STDIN, How::Read)?;
        io::set_blocking(&stdin)?;
        Ok(stdin)
    }

    /// The lock of the service itself, not of its supervisor. It is not held yet.
    pub fn service_lock(&self) -> Result<OwnedFd> {
        self.claim.dir.own_file(SERVICE_LOCK, How::Append)
    }

    /// Writes a line into the journal.
    pub fn note(&mut self, label: Label, draft: &Draft) -> Result<()> {
        self.journal.note(&self.claim.dir, label, draft)
    }

    fn replace(&self, name: &'static str, fresh: &'static str, bytes: &[u8]) -> core::result::Result<(), NotShown> {
        self.claim.dir.replace(name, fresh, bytes).map_err(|step| NotShown { name, fresh, step })
    }
}
