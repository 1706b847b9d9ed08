//! The processes that there are, and what they are doing: by the files in the scan directory, each time.

use super::command;
use crate::rpc::Value;
use crate::rpc::fault::{Fault, Kind};
use crate::service::journal::Cursor;
use crate::service::machine::Role;
use crate::service::record::Report;
use crate::supervise::client::{Place, Service};
use crate::supervise::reader::Reader;
use crate::supervisor::compile::Stream;
use crate::supervisor::config::{self, Channel, Process as Settings};
use crate::supervisor::info;
use crate::supervisor::methods::Named;
use crate::supervisor::sheet::Sheet;
use crate::supervisor::types::{Autorestart, LogFile};
use crate::supervisor::view::{Of, Past, View};
use crate::supervisor::words::Variables;
use crate::sv;
use crate::sys::errno::Reason;
use crate::sys::{Errno, clock, fs};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A process, as its service directory has it.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// The name of its service directory.
    pub(super) file: OsString,
    /// That directory.
    pub(super) directory: PathBuf,
    pub(super) sheet: Sheet,
    /// No configuration is known of it: it is a service like any other.
    pub(super) is_plain: bool,
}

/// A scan directory.
#[derive(Debug)]
pub(super) struct Processes {
    scan: PathBuf,
    /// Whether services that no configuration has made are processes too.
    plain: bool,
    known: RefCell<HashMap<Whose, Known>>,
}

/// A service directory's name, and the file that its `supervise/` is: what comes under the same name later is another.
type Whose = (OsString, (u64, u64));

/// What has been read of a journal.
#[derive(Debug)]
struct Known {
    reader: Reader,
    cursor: Cursor,
    past: Past,
}

/// What a `supervisor` of a service directory is at most.
const SHEET: &str = "supervisor";
/// The priority of what has none.
const PRIORITY: i64 = 999;

impl Process {
    pub(super) fn name(&self) -> &str {
        &self.sheet.process.name
    }

    pub(super) fn group(&self) -> &str {
        &self.sheet.group
    }

    /// What people call it.
    pub(super) fn called(&self) -> String {
        self.sheet.process.called(&self.sheet.group)
    }

    /// In which order processes are started.
    fn rank(&self) -> (i64, &str, i64, &str) {
        (self.sheet.group_priority, self.group(), self.sheet.process.priority, self.name())
    }
}

impl Processes {
    pub(super) fn new(scan: &Path, plain: bool) -> Processes {
        Processes { scan: scan.to_owned(), plain, known: RefCell::default() }
    }

    /// The directory, for asking and telling its services.
    pub(super) fn place(&self) -> Place {
        Place::new(self.scan.as_os_str())
    }

    /// All of them, by group and by name. Where not all can be seen, none are shown: nobody is to take one for gone
    /// because we were short of something.
    pub(super) fn all(&self) -> Result<Vec<Process>, Fault> {
        let place = self.place();
        let names = place.names().map_err(|errno| self.unseen(errno))?;
        let mut all = Vec::with_capacity(names.len());
        for name in names {
            all.extend(self.one(&place, name)?);
        }
        all.sort_by(|one, other| (one.group(), one.name()).cmp(&(other.group(), other.name())));
        Ok(all)
    }

    fn unseen(&self, errno: Errno) -> Fault {
        Kind::FAILED.about(&format!("unable to look at {}: {}", self.scan.display(), errno.reason()))
    }

    fn one(&self, place: &Place, file: OsString) -> Result<Option<Process>, Fault> {
        let service = place.service(file.as_bytes().to_vec());
        let directory = self.scan.join(&file);
        let text = match service.read(SHEET) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM) => return Err(self.unseen(Errno::EMFILE)),
            Err(_) => None,
        };
        let is_directory = || fs::facts_of(&directory).is_ok_and(|facts| facts.kind == fs::Kind::Directory);
        let (sheet, is_plain) = match text {
            Some(text) => (Sheet::parse(&text), false),
            None if self.plain && is_directory() => (Some(plain_sheet(&file.to_string_lossy())), true),
            None => (None, false),
        };
        Ok(sheet.map(|sheet| Process { file, directory, sheet, is_plain }))
    }

    /// The process that is meant.
    pub(super) fn find(&self, named: &Named) -> Result<Option<Process>, Fault> {
        let Some(name) = named.process.as_deref() else { return Ok(None) };
        let is_it = |process: &Process| process.group() == named.group && process.name() == name;
        Ok(self.all()?.into_iter().find(is_it))
    }

    /// All of a group, in the order in which they start; none if there is no such group.
    pub(super) fn of_group(&self, group: &str) -> Result<Vec<Process>, Fault> {
        let mut members = self.in_order()?;
        members.retain(|process| process.group() == group);
        Ok(members)
    }

    /// All, in the order in which they start.
    pub(super) fn in_order(&self) -> Result<Vec<Process>, Fault> {
        let mut all = self.all()?;
        all.sort_by(|one, other| one.rank().cmp(&other.rank()));
        Ok(all)
    }

    /// What a process is doing.
    pub(super) fn look(&self, process: &Process) -> View {
        let place = self.place();
        let service = service(&place, process);
        View::of(
            report(&service).as_ref(),
            self.past(process, &service),
            &of(process, &|| command::trouble(process).map(|unfit| unfit.words)),
        )
    }

    /// The same for clients.
    pub(super) fn info(&self, process: &Process) -> Value {
        info::process(&process.sheet, &self.look(process), clock::label(), &clock::calendar)
    }

    /// The log of a service that no configuration knows, where its logger says that it is.
    pub(super) fn log(&self, process: &Process, stream: Stream) -> Option<String> {
        let role = match stream {
            Stream::Stdout => Role::Logger,
            Stream::Stderr => Role::ErrorLogger,
        };
        let path = sv::newest(&service(&self.place(), process), role)?;
        path.into_os_string().into_string().ok()
    }

    /// What the journal tells. It is read from where it was left off.
    fn past(&self, process: &Process, service: &Service<'_>) -> Past {
        let supervise = PathBuf::from(service.supervise());
        let Ok(facts) = fs::facts_of(&supervise) else { return Past::default() };
        let mut known = self.known.borrow_mut();
        let fresh = || Known { reader: Reader::default(), cursor: Cursor::START, past: Past::default() };
        let known = known.entry((process.file.clone(), facts.id)).or_insert_with(fresh);
        if let Ok(taken) = known.reader.read(&supervise, &mut known.cursor) {
            taken.lines.iter().for_each(|line| known.past.note(line));
        }
        known.past
    }

    /// Forgets those that are gone.
    pub(super) fn forget(&self, all: &[Process]) {
        let mut known = self.known.borrow_mut();
        if known.len() > 2 * all.len() {
            known.retain(|(file, _), _| all.iter().any(|process| process.file == *file));
        }
    }
}

/// The service of a process.
pub(super) fn service<'p>(place: &'p Place, process: &Process) -> Service<'p> {
    place.service(process.file.as_bytes().to_vec())
}

/// What its supervisor shows; nothing where none lives.
pub(super) fn report(service: &Service<'_>) -> Option<Report> {
    service.report().ok()
}

fn of<'a>(process: &'a Process, trouble: &'a dyn Fn() -> Option<String>) -> Of<'a> {
    Of { exitcodes: &process.sheet.process.exitcodes, trouble }
}

/// What a service is taken for that no configuration knows: a group of its own, with the defaults of a program.
fn plain_sheet(name: &str) -> Sheet {
    let channel = || Channel {
        logfile: LogFile::None,
        maxbytes: 0,
        backups: 0,
        capture_maxbytes: 0,
        events: false,
        syslog: false,
    };
    Sheet {
        group: name.into(),
        group_priority: PRIORITY,
        kind: config::Kind::Programs,
        stdout_file: None,
        stderr_file: None,
        process: Settings {
            name: name.into(),
            section: String::new(),
            command: "./run".into(),
            directory: None,
            umask: None,
            priority: PRIORITY,
            autostart: true,
            autorestart: Autorestart::Always,
            startsecs: 0,
            startretries: 3,
            uid: None,
            stdout: channel(),
            stderr: channel(),
            stopsignal: crate::signal::Signal::TERM.number(),
            stopwaitsecs: 10,
            stopasgroup: false,
            killasgroup: false,
            exitcodes: vec![0],
            redirect_stderr: false,
            environment: Variables::new(),
            serverurl: None,
            needs: Vec::new(),
        },
    }
}
