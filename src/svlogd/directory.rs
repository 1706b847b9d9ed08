//! One place where a log is kept: opening it, closing it, and going on with what it is at.

use super::outlet::Outlet;
use super::processor::Processing;
use super::{Place, Setup, Trouble, forward::Forward};
use crate::logdir::config::{Complaint, Config};
use crate::logdir::names::{self, Kind};
use crate::logdir::pattern::Choice;
use crate::logdir::rotate::Limits;
use crate::logdir::style::Style;
use crate::moment::{Moment, Now};
use crate::sys::fs::{self, Dir, How, Wait};
use crate::sys::reactor::Masks;
use crate::sys::{Errno, io};
use core::time::Duration;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

/// How long to wait before what failed is tried again: runit's three seconds.
pub(super) const PAUSE: Duration = Duration::from_secs(3);

/// A log, open.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) place: Place,
    /// As it is named on the command line.
    pub(super) name: Vec<u8>,
    pub(super) dir: Dir,
    /// Held as long as the log is open; a plain file has none.
    _lock: Option<OwnedFd>,
    pub(super) config: Config,
    pub(super) task: Task,
    /// The file being written, once it is open.
    pub(super) current: Option<OwnedFd>,
    pub(super) size: u64,
    /// Whether the last byte written is in the middle of a line. Not kept where bytes are spliced: then the file tells.
    pub(super) in_line: bool,
    /// Whether bytes are spliced into it.
    pub(super) spliced: bool,
    /// Whether to rotate at the end of the line.
    pub(super) due: bool,
    /// When the file is old enough.
    pub(super) expires: Option<Moment>,
    /// When what failed is tried again.
    pub(super) pause: Option<Moment>,
    pub(super) out: Outlet,
    pub(super) processing: Processing,
    /// Where the line in hand goes.
    pub(super) choice: Choice,
    pub(super) style: Style,
    pub(super) forward: Forward,
}

/// What must be done before anything can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Nothing.
    None,
    /// Opening `current` for the first time.
    Open,
    /// Closing `current`, which is full, and moving it away.
    Rotate,
    /// Making the next `current`.
    Create,
}

/// What outlives a log that is closed to be opened again.
#[derive(Debug)]
pub(super) struct Heritage {
    pub(super) place: Place,
    name: Vec<u8>,
    out: Outlet,
    processing: Processing,
    choice: Choice,
    in_line: bool,
}

impl Heritage {
    /// There is nobody to take it over.
    pub(super) fn is_lost(&self, setup: &Setup) {
        setup.lost(self.out.rest().len(), &self.name);
    }
}

/// What a turn is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn<'a> {
    pub(super) setup: &'a Setup,
    pub(super) masks: &'a Masks,
    pub(super) now: Now,
}

impl Directory {
    /// Enters and locks a place and reads its configuration; `current` is opened by the first `advance`.
    pub(super) fn open(place: Place, setup: &Setup) -> Result<Directory, Trouble> {
        let (path, name) = match place {
            Place::Directory(path) => (path, path),
            Place::File(path) => (parent(path), path),
        };
        let name = name.as_bytes().to_vec();
        let trouble = |what| {
            let about = name.clone();
            move |errno| Trouble { what, about, errno }
        };
        let dir = Dir::open(path).map_err(|errno| trouble(step(path, errno))(errno))?;
        let lock = match place {
            Place::Directory(_) => Some(lock(&dir).map_err(trouble("unable to lock directory"))?),
            Place::File(_) => None,
        };
        let mut config = Config::default();
        read_config(&mut config, place, &dir, setup);
        if let Err(errno) = dir.facts(current(place)) {
            if errno != Errno::ENOENT {
                return Err(trouble("unable to stat current")(errno));
            }
        }
        Ok(Directory {
            place,
            dir,
            _lock: lock,
            task: Task::Open,
            current: None,
            size: 0,
            in_line: false,
            spliced: false,
            due: false,
            expires: None,
            pause: None,
            out: Outlet::default(),
            processing: Processing::default(),
            choice: Choice::DEFAULT,
            style: Style::new(setup.json),
            forward: Forward::new(&config),
            config,
            name,
        })
    }

    /// The name of the file being written.
    pub(super) fn current_name(&self) -> &'static OsStr {
        current(self.place)
    }

    pub(super) fn trouble(&self, what: &'static str) -> impl FnOnce(Errno) -> Trouble + use<> {
        let about = self.name.clone();
        move |errno| Trouble { what, about, errno }
    }

    /// Whether more may be written now.
    pub(super) fn is_idle(&self) -> bool {
        self.task == Task::None && self.out.is_empty()
    }

    /// Goes on with what is to be done, until it is done or fails; what fails is tried again after a pause.
    pub(super) fn advance(&mut self, turn: Turn<'_>) {
        self.expire(turn);
        if self.pause.is_none_or(|until| until <= turn.now.moment) {
            self.advance_now(turn);
        }
        self.advance_processing(turn);
    }

    /// The same without regard to the pause.
    pub(super) fn advance_now(&mut self, turn: Turn<'_>) {
        self.pause = None;
        while !self.is_idle() {
            let done = match self.task {
                Task::None => self.write_out(turn),
                Task::Open => self.open_current(turn),
                Task::Rotate => self.move_away(turn),
                Task::Create => self.create(turn),
            };
            if let Err(trouble) = done {
                turn.setup.pausing(&trouble);
                self.pause = Some(turn.now.moment + PAUSE);
                return;
            }
        }
    }

    /// When something is to be done unasked.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let expires = if self.task == Task::None && !self.due { self.expires } else { None };
        [self.pause, expires, self.processing.retry].into_iter().flatten().min()
    }

    /// What the limits of the file are now: one that is due ends with the next line.
    pub(super) fn limits(&self, setup: &Setup) -> Limits {
        let size = self.config.size;
        if self.due {
            let size = if size == 0 { u64::MAX } else { size };
            return Limits { size, margin: size };
        }
        Limits { size, margin: setup.line as u64 }
    }

    fn open_current(&mut self, turn: Turn<'_>) -> Result<(), Trouble> {
        let (name, setup) = (self.current_name(), turn.setup);
        let before = self.dir.facts(name).ok();
        let before = match before {
            // Not closed by us: whatever ended the writer may have cut its last line.
            Some(facts) if self.is_directory() && facts.size > 0 && facts.mode & 0o100 == 0 => {
                self.rename_old(turn, Kind::Unprocessed, facts.size)?;
                self.prune(turn);
                None
            }
            before => before,
        };
        self.adopt(turn, "unable to open current")?;
        self.size = before.map_or(0, |facts| facts.size);
        self.task = Task::None;
        self.processing.look = true;
        let verb: &[u8] = if before.is_some() { b"append: " } else { b"new: " };
        setup.info(&[verb, &self.name, self.slash_current()]);
        Ok(())
    }

    /// Opens the file to be written.
    pub(super) fn adopt(&mut self, turn: Turn<'_>, what: &'static str) -> Result<(), Trouble> {
        // In a log directory a link is nobody's that means well: it would lead what we write, and its mode, elsewhere.
        let file = match self.place {
            Place::Directory(_) => self.dir.own_file(self.current_name(), How::Append),
            Place::File(_) => self.dir.file(self.current_name(), How::Shared),
        };
        let file = file.map_err(self.trouble(what))?;
        // The mode tells of a log directory's file that it is not complete; any other is somebody's, or a device.
        if self.is_directory() {
            fs::set_mode(&file, 0o644).map_err(self.trouble("unable to set mode of current"))?;
        }
        if self.spliced {
            crate::sys::pipe::make_spliceable(&file).map_err(self.trouble(what))?;
        }
        self.current = Some(file);
        self.size = 0;
        self.arm(turn.now.moment);
        Ok(())
    }

    /// Starts the file's age again.
    pub(super) fn arm(&mut self, now: Moment) {
        self.expires = (self.config.age > 0).then(|| now + Duration::from_secs(self.config.age));
    }

    pub(super) fn is_directory(&self) -> bool {
        matches!(self.place, Place::Directory(_))
    }

    pub(super) fn slash_current(&self) -> &'static [u8] {
        if self.is_directory() { b"/current" } else { b"" }
    }

    /// What the next one of this place goes on with.
    pub(super) fn leave(self) -> Heritage {
        let Directory { place, name, out, processing, choice, in_line, .. } = self;
        Heritage { place, name, out, processing, choice, in_line }
    }

    /// Goes on with what the last one left.
    pub(super) fn inherit(&mut self, heritage: Heritage) {
        let Heritage { out, processing, choice, in_line, .. } = heritage;
        (self.out, self.processing, self.choice, self.in_line) = (out, processing, choice, in_line);
    }

    /// Closes the log. A file that is closed so is complete, and its mode says it.
    pub(super) fn close(&mut self, turn: Turn<'_>) {
        turn.setup.info(&[b"close: ", &self.name]);
        let Some(current) = self.current.take() else { return };
        if let Err(errno) = fs::sync(&current) {
            turn.setup.warn(&self.trouble("unable to fsync current logfile")(errno));
        }
        if self.is_directory() {
            if let Err(errno) = fs::set_mode(&current, 0o744) {
                turn.setup.warn(&self.trouble("unable to set mode of current")(errno));
            }
        }
    }
}

fn current(place: Place) -> &'static OsStr {
    match place {
        Place::Directory(_) => OsStr::new("current"),
        Place::File(path) => crate::cli::message::base_name(path),
    }
}

/// The directory that a file is in.
fn parent(path: &'static OsStr) -> &'static OsStr {
    match path.as_bytes().iter().rposition(|byte| *byte == b'/') {
        None => OsStr::new("."),
        Some(0) => OsStr::new("/"),
        Some(slash) => OsStr::from_bytes(path.as_bytes().get(..slash).unwrap_or_default()),
    }
}

/// What the original was at when it found that it could not have a directory: it opens first and enters then.
fn step(path: &OsStr, errno: Errno) -> &'static str {
    let is_other = errno == Errno::ENOTDIR && Dir::current().is_ok_and(|here| here.facts(path).is_ok());
    if is_other { "unable to change directory" } else { "unable to open log directory" }
}

fn lock(dir: &Dir) -> Result<OwnedFd, Errno> {
    let file = dir.own_file("lock", How::Append)?;
    fs::lock(&file, Wait::No)?;
    Ok(file)
}

fn read_config(config: &mut Config, place: Place, dir: &Dir, setup: &Setup) {
    let path = match place {
        Place::Directory(path) | Place::File(path) => path.as_bytes(),
    };
    let mut complain = |complaint: Complaint| {
        let (what, about): (&[u8], _) = match complaint {
            Complaint::Ip(text) => (b"unable to scan ip address: ", text),
            Complaint::Port(text) => (b"unable to scan port number: ", text),
            Complaint::Priority(text) => (b"unable to scan syslog priority: ", text),
        };
        setup.voice.remark(&[what, &about]);
    };
    for setting in &setup.settings {
        config.read(setting, &mut complain);
    }
    let Place::Directory(_) = place else {
        if config.processor.take().is_some() {
            setup.voice.remark(&[b"processors are for log directories, ignored: ", path]);
        }
        return;
    };
    match read_whole(dir) {
        Ok(text) => {
            setup.info(&[b"read: ", path, b"/config"]);
            config.read(&text, &mut complain);
        }
        Err(Errno::ENOENT) => {}
        Err(errno) => setup.warn(&Trouble { what: "unable to read config", about: path.to_vec(), errno }),
    }
}

fn read_whole(dir: &Dir) -> Result<Vec<u8>, Errno> {
    const AT_ONCE: usize = 1024;
    let file = dir.file("config", How::Read)?;
    let mut text = Vec::new();
    while io::read_onto(&file, &mut text, AT_ONCE)? > 0 {}
    Ok(text)
}

/// A name of now that no file has: one that is taken is left by a microsecond at a time, so that a clock that was set
/// back cannot make us wait for it.
pub(super) fn free_name(dir: &Dir, now: Now, kind: Kind) -> [u8; 27] {
    let mut label = now.label;
    loop {
        let name = names::old(label, kind);
        let taken = |kind| dir.facts_of_link(OsStr::from_bytes(&names::with_kind(&name, kind))).is_ok();
        if !taken(Kind::Safe) && !taken(Kind::Unprocessed) {
            return name;
        }
        label.nanos += 1000;
        if label.nanos >= 1_000_000_000 {
            label.unix += 1;
            label.nanos = 500;
        }
    }
}
