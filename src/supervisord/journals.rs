//! Follows the journals of all processes, for what the log says of them, and knows what each is doing.

use super::state::{CURSORS, State};
use crate::moment::{Moment, Now};
use crate::process_state::env_file;
use crate::service::journal::{Cursor, Event};
use crate::signal::Signal;
use crate::supervise::DIRECTORY;
use crate::supervise::client::Place;
use crate::supervise::reader::Reader;
use crate::supervisor::sheet::Sheet;
use crate::supervisor::told::{About, Story, signal_name};
use crate::supervisor::trouble::{self, Found};
use crate::supervisor::types::Level;
use crate::supervisor::view::{self, Of, Past, View};
use crate::sys::fs::{self, How, Kind};
use crate::sys::inotify::{Interest, Watch, Watcher};
use crate::sys::io;
use crate::tai64::Label;
use core::time::Duration;
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// How often to look where nobody tells of changes.
const POLL: Duration = Duration::from_secs(5);
/// How often it is said that a stop is waited for.
const AGAIN: Duration = Duration::from_secs(2);

/// One process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) sheet: Sheet,
    pub(super) state: view::State,
    pub(super) pid: i32,
    story: Story,
    reader: Reader,
    cursor: Cursor,
    watch: Option<Watch>,
    /// There may be something new.
    news: bool,
    /// When to say again that its stop is waited for.
    stopping: Option<Moment>,
}

/// All of them, by the names of their directories.
#[derive(Debug)]
pub(super) struct Journals {
    scan: PathBuf,
    place: Place,
    path: String,
    watcher: Option<Watcher>,
    processes: BTreeMap<String, Process>,
    /// When to look without being told.
    poll: Option<Moment>,
    /// The server, while somebody waits for it.
    server: Option<(&'static str, Option<Watch>)>,
}

/// A line for the log, and when that was.
type Dated = (Label, usize, Level, String);

impl Journals {
    /// Of no process yet. `path` is where programs are looked for.
    pub(super) fn new(state: &State, path: String) -> Journals {
        let (scan, place) = (state.scan_path(), state.place());
        Journals {
            scan,
            place,
            path,
            watcher: Watcher::new().ok(),
            processes: BTreeMap::new(),
            poll: None,
            server: None,
        }
    }

    /// What tells of changes, if anything can.
    pub(super) fn alarm(&self) -> Option<BorrowedFd<'_>> {
        self.watcher.as_ref().map(AsFd::as_fd)
    }

    /// From now on a process is followed; of one that was there before us only what is new is told, or what was not told
    /// by the daemon that we have replaced.
    pub(super) fn follow(&mut self, name: &str, sheet: Sheet, from: From) {
        let supervise = self.scan.join(name).join(DIRECTORY);
        let watch = self.watcher.as_ref().and_then(|watcher| watcher.add(&supervise, Interest::Written).ok());
        let mut process = Process {
            sheet,
            state: view::State::Stopped,
            pid: 0,
            story: Story::default(),
            reader: Reader::default(),
            cursor: Cursor::START,
            watch,
            news: true,
            stopping: None,
        };
        match from {
            From::Start => {}
            From::Now => drop(process.reader.read(&supervise, &mut process.cursor)),
            From::Cursor(cursor) => process.cursor = cursor,
        }
        if !matches!(from, From::Start) {
            (process.state, process.pid) = self.state_of(name);
            process.story = match process.state {
                view::State::Starting => Story::Starting,
                view::State::Running | view::State::Stopping => Story::Running,
                _ => Story::Down,
            };
        }
        self.processes.insert(name.to_owned(), process);
    }

    /// From now on it is told when the server has news.
    pub(super) fn follow_server(&mut self, name: &'static str) {
        let supervise = self.scan.join(name).join(DIRECTORY);
        let watch = self.watcher.as_ref().and_then(|watcher| watcher.add(&supervise, Interest::Written).ok());
        self.server = Some((name, watch));
    }

    /// Nobody waits for it any more.
    pub(super) fn forget_server(&mut self) {
        if let (Some((_, Some(watch))), Some(watcher)) = (self.server.take(), &self.watcher) {
            watcher.remove(watch);
        }
    }

    /// Whether it hears clients.
    pub(super) fn is_server_ready(&self) -> bool {
        self.server.is_none_or(|(name, _)| self.state_of(name).0 == view::State::Running)
    }

    /// It is followed no longer.
    pub(super) fn forget(&mut self, name: &str) {
        let watch = self.processes.remove(name).and_then(|process| process.watch);
        if let (Some(watch), Some(watcher)) = (watch, &self.watcher) {
            watcher.remove(watch);
        }
    }

    /// Somebody told that something has changed.
    pub(super) fn told(&mut self) {
        let Journals { watcher, processes, .. } = self;
        let Some(watcher) = watcher else { return };
        let mut all = false;
        let mut watches = Vec::new();
        let answer = watcher.drain(|watch, _| match watch {
            Some(watch) => watches.push(watch),
            None => all = true, // events were lost
        });
        all |= answer.is_err();
        for process in processes.values_mut() {
            process.news |= all || process.watch.is_some_and(|watch| watches.contains(&watch));
        }
    }

    /// Reads what is new; what the log is to say of it, in the order in which it happened.
    pub(super) fn look(&mut self, now: Now, stopping: bool) -> Vec<(Level, String)> {
        let blind = self.watcher.is_none() || self.processes.values().any(|process| process.watch.is_none());
        if self.poll.is_some_and(|due| due <= now.moment) {
            self.processes.values_mut().for_each(|process| process.news = true);
            self.poll = None;
        }
        if blind && self.poll.is_none() {
            self.poll = Some(now.moment + POLL);
        }
        let names: Vec<String> =
            self.processes.iter().filter(|(_, process)| process.news).map(|(name, _)| name.clone()).collect();
        let mut said: Vec<Dated> = Vec::new();
        for name in names {
            self.read(&name, &mut said);
        }
        said.sort_by_key(|(label, order, ..)| (*label, *order));
        let mut said: Vec<(Level, String)> = said.into_iter().map(|(_, _, level, words)| (level, words)).collect();
        for process in self.processes.values_mut() {
            said.extend(process.wait(now.moment, stopping));
        }
        said
    }

    fn read(&mut self, name: &str, said: &mut Vec<Dated>) {
        let directory = self.scan.join(name);
        let Some(mut process) = self.processes.remove(name) else { return };
        process.news = false;
        // What cannot be read now is read when there is more of it.
        let taken = process.reader.read(&directory.join(DIRECTORY), &mut process.cursor).ok();
        for line in taken.into_iter().flat_map(|taken| taken.lines) {
            let trouble = match line.event {
                Some(Event::Start) => self.trouble(&directory, &process.sheet),
                _ => None,
            };
            let of = &process.sheet.process;
            let about = About {
                name: &of.name,
                startsecs: of.startsecs,
                exitcodes: &of.exitcodes,
                trouble: trouble.as_deref(),
            };
            let words = process.story.tell(&line, &about);
            for (level, words) in words {
                said.push((line.label, said.len(), level, words));
            }
        }
        (process.state, process.pid) = self.state_of(name);
        self.processes.insert(name.to_owned(), process);
    }

    /// What a process is doing; nothing yet where nobody supervises it.
    fn state_of(&self, name: &str) -> (view::State, i32) {
        let report = self.place.service(name.as_bytes().to_vec()).report().ok();
        let view = View::of(report.as_ref(), Past::default(), &Of { exitcodes: &[], trouble: &|| None });
        (view.state, view.pid.map_or(0, |pid| pid.get()))
    }

    /// What is wrong with a command, so that its start was none.
    fn trouble(&self, directory: &Path, sheet: &Sheet) -> Option<String> {
        let file = fs::open(directory.join("environment"), How::Read).and_then(io::read_all).unwrap_or_default();
        let variables = env_file::parse(&file).unwrap_or_default();
        let own = variables.into_iter().find(|(name, _)| name == b"PATH");
        let path = own.map_or_else(|| self.path.clone(), |(_, value)| String::from_utf8_lossy(&value).into_owned());
        let runs_in = sheet.process.directory.clone().unwrap_or_default();
        let look = |path: &str| found(&Path::new(&runs_in).join(path));
        trouble::check(&sheet.process.command, &path, &look).err().map(|wrong| wrong.0)
    }

    /// A process.
    pub(super) fn get(&self, name: &str) -> Option<&Process> {
        self.processes.get(name)
    }

    /// When to look, if nobody tells.
    pub(super) fn deadline(&self) -> Option<Moment> {
        let waits = self.processes.values().filter_map(|process| process.stopping);
        waits.chain(self.poll).min()
    }

    /// Sends commands to the supervisor of a process.
    pub(super) fn send(&self, name: &str, commands: &[u8]) -> bool {
        self.place.service(name.as_bytes().to_vec()).send(commands).is_ok()
    }

    /// Its loggers go on in new files.
    pub(super) fn reopen_logs(&self, name: &str) {
        let service = self.place.service(name.as_bytes().to_vec());
        for role in crate::service::machine::Role::LOGGERS {
            let _ = service.logger(role).send(b"h"); // not every process has both
        }
    }

    /// Writes down how far all were read.
    pub(super) fn save(&self, state: &State) -> crate::sys::Result<()> {
        let lines = self.processes.iter().map(|(name, process)| format!("{name} {}\n", process.cursor));
        state.replace(CURSORS, &lines.collect::<String>())
    }
}

/// From where on a journal is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    /// From its beginning.
    Start,
    /// From its end.
    Now,
    /// From there.
    Cursor(Cursor),
}

/// What was written down, by name.
pub(super) fn saved(state: &State) -> BTreeMap<String, Cursor> {
    let text = state.read(CURSORS).unwrap_or_default();
    let cut = |line: &str| {
        let (name, cursor) = line.split_once(' ')?;
        Some((name.to_owned(), cursor.parse().ok()?))
    };
    text.lines().filter_map(cut).collect()
}

impl Process {
    /// Says that its stop is waited for, when that is due; while all stop that is said otherwise.
    fn wait(&mut self, now: Moment, all_stop: bool) -> Vec<(Level, String)> {
        // Its end may be told already, and the status that shows it still be on its way.
        let lives = matches!(self.story, Story::Starting | Story::Running);
        if self.state != view::State::Stopping || !lives || all_stop {
            self.stopping = None;
            return Vec::new();
        }
        let mut said = Vec::new();
        if self.stopping.is_none() {
            said.push((Level::Debug, self.killing()));
        }
        if self.stopping.is_none_or(|due| due <= now) {
            self.stopping = Some(now + AGAIN);
            said.push((Level::Info, format!("waiting for {} to stop", self.sheet.process.name)));
        }
        said
    }

    /// How the original tells of a stop.
    pub(super) fn killing(&self) -> String {
        let of = &self.sheet.process;
        let group = if of.stopasgroup { "process group " } else { "" };
        let signal = Signal::new(of.stopsignal).map_or_else(|| "0".to_owned(), |signal| signal.to_string());
        format!("killing {} (pid {}) {group}with signal {}", of.name, self.pid, signal_name(&signal))
    }
}

fn found(path: &Path) -> Found {
    match fs::facts_of(path) {
        Err(_) => Found::Nothing,
        Ok(facts) if facts.kind == Kind::Directory => Found::Directory,
        Ok(facts) if facts.mode & 0o111 == 0 => Found::NotExecutable,
        Ok(_) if !fs::may_execute(path) => Found::NotOurs,
        Ok(_) => Found::Program,
    }
}
