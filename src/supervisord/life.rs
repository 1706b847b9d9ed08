//! The daemon from its start to its end, or to a restart, which is a second life in the same process.

mod renewal;
mod requests;

pub(super) use renewal::heritage;

use super::desk::{DOOR, Desk};
use super::farewell::Farewell;
use super::groups::Groups;
use super::host::Host;
use super::journals::{self, From, Journals};
use super::log::Log;
use super::options::Given;
use super::setup::Setup;
use super::start::{self, Remarks};
use super::state::{self, SERVERS, State, Trouble};
use super::tree::Tree;
use super::{read_again, servers, tree};
use crate::exit::{Ending, Exit, Pid};
use crate::moment::{Moment, Now};
use crate::signal::Signal;
use crate::supervisor::compile::Service;
use crate::supervisor::facts::Facts;
use crate::supervisor::types::Level;
use crate::supervisor::{place, servers as served};
use crate::sys::errno::Reason;
use crate::sys::fs::{self, How};
use crate::sys::reactor::{self, Direction, Reactor, Token};
use crate::sys::{Errno, clock, io, limits, process};
use core::time::Duration;
use renewal::{Heritage, Renewal};
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

const WATCHED: &[Signal] =
    &[Signal::CHLD, Signal::TERM, Signal::INT, Signal::QUIT, Signal::HUP, Signal::USR1, Signal::USR2];

/// Tells of changes in the state of services.
const CHANGES: Token = Token(0);
/// Tells that the runsvdir has ended.
const TREE: Token = Token(1);
/// Tells that somebody has left who was taken away.
const LEFT: Token = Token(2);

/// A runsvdir that ended sooner is not started again at once.
const SETTLED: Duration = Duration::from_secs(1);
/// How long whoever has started us waits for a server to be there.
const STARTED: Duration = Duration::from_secs(5);
/// How soon something is tried again that has failed.
const RETRY: Duration = Duration::from_secs(5);

/// What the daemon is about to do.
#[derive(Debug)]
enum Mood {
    Running,
    /// Stop everything, and begin again by this.
    Restarting(Box<Setup>),
    Shutdown,
}

impl Mood {
    fn shown(&self) -> (i64, &'static str) {
        match self {
            Mood::Running => (1, "RUNNING"),
            Mood::Restarting(_) => (0, "RESTARTING"),
            Mood::Shutdown => (-1, "SHUTDOWN"),
        }
    }
}

/// Somebody who was taken away, and what is to be in his place when he has left.
#[derive(Debug)]
struct Leaving {
    /// Has trouble once he has left.
    ok: OwnedFd,
    then: Option<Service>,
}

/// The daemon.
#[derive(Debug)]
struct Life {
    given: Given,
    host: Host,
    setup: Setup,
    /// Where we run: relative paths are from there.
    directory: String,
    log: Log,
    state: State,
    reactor: Reactor,
    groups: Groups,
    journals: Journals,
    tree: Option<Tree>,
    desk: Option<Desk>,
    mood: Mood,
    farewell: Option<Farewell>,
    /// The runsvdir was told to end.
    told_to_end: bool,
    leaving: Vec<Leaving>,
    renewal: Renewal,
    /// When to try again what has failed: a runsvdir, the control socket.
    retry: Option<Moment>,
    /// What was said to be wrong, and still is.
    complaints: Vec<String>,
    pidfile: bool,
    /// Whoever has started us waits for the end of this, so that clients are heard when he goes on; until when.
    starter: Option<(OwnedFd, Moment)>,
    /// Service directories that could not be made, for want of room on the disk perhaps.
    unmade: Vec<Service>,
}

/// What is to be done after a life.
enum After {
    End,
    Again(Box<Setup>),
}

/// Runs the daemon; an error is one that comes before it could begin.
pub(super) fn run(given: Given, host: Host, setup: Setup, heritage: Option<Heritage>) -> Result<Exit, String> {
    let mut remarks = remarks(&setup, &given);
    let renewed = heritage.is_some();
    let path = match heritage {
        Some(heritage) => heritage.state.into(),
        None => {
            start::may_become_user(&setup, &host)?;
            let path = state_path(&setup, &host);
            state::prepare(&path, setup.uid).map_err(trouble)?;
            start::become_user(&setup, &host, &mut remarks)?;
            start::raise_limits(&setup, &mut remarks)?;
            path
        }
    };
    let mut life = Life::new(given, host, setup, &path)?;
    if !renewed {
        life.say_in_order(remarks);
    }
    life.begin(true, renewed)?;
    loop {
        match life.live() {
            After::End => return Ok(Exit::OK),
            After::Again(setup) => life = life.again(*setup),
        }
    }
}

/// What the configuration gives cause to say.
fn remarks(setup: &Setup, given: &Given) -> Remarks {
    let mut remarks = setup.config.remarks.clone();
    if given.profile {
        remarks.push((Level::Warn, "profile_options is of no use: there is no Python to be profiled".into()));
    }
    remarks
}

/// Where the state of this daemon is, and will be next time.
fn state_path(setup: &Setup, host: &Host) -> PathBuf {
    let daemon = &setup.config.daemon;
    if let Some(path) = &daemon.statedir {
        return path.into();
    }
    let name = place::state(&daemon.identifier, &setup.absolute);
    let runtime = process::variable("XDG_RUNTIME_DIR").filter(|path| !path.is_empty()).map(PathBuf::from);
    let first = if host.uid() == 0 { Some(PathBuf::from("/run")) } else { runtime };
    // As another user we could not have made it there, and whoever did so has made it for us.
    let usable = |base: &PathBuf| fs::may_write(base) || fs::facts_of_link(base.join(&name)).is_ok();
    first.filter(usable).unwrap_or_else(|| host.temporary().into()).join(name)
}

fn trouble(trouble: Trouble) -> String {
    match trouble {
        Trouble::Taken => servers::taken(),
        Trouble::Call(what, path, errno) => format!("{what}{}: {}", path.display(), errno.reason()),
        Trouble::NotOurs(path) => format!("{} is not a directory of ours alone (owner and mode 0700)", path.display()),
    }
}

impl Life {
    fn new(given: Given, host: Host, setup: Setup, state: &Path) -> Result<Life, String> {
        let log = open_log(&setup)?;
        let state = State::open(state).map_err(trouble)?;
        let unable = |errno: Errno| format!("unable to watch signals: {}", errno.reason());
        let reactor = Reactor::new(WATCHED).map_err(unable)?;
        Ok(Life::with(given, host, setup, log, state, reactor))
    }

    /// A daemon that has done nothing yet.
    fn with(given: Given, host: Host, setup: Setup, log: Log, state: State, reactor: Reactor) -> Life {
        let journals = Journals::new(&state, tree::search_path());
        let directory = host.directory();
        Life {
            given,
            host,
            directory,
            log,
            state,
            reactor,
            groups: Groups::default(),
            journals,
            tree: None,
            desk: None,
            mood: Mood::Running,
            farewell: None,
            told_to_end: false,
            leaving: Vec::new(),
            renewal: Renewal::default(),
            retry: None,
            complaints: Vec::new(),
            pidfile: false,
            unmade: Vec::new(),
            starter: None,
            setup,
        }
    }

    /// Another life, by another configuration: nobody lives any more.
    fn again(self, setup: Setup) -> Life {
        let Life { given, host, log, state, mut reactor, desk, journals, .. } = self;
        desk.into_iter().for_each(|desk| desk.close(&mut reactor));
        if let Some(alarm) = journals.alarm() {
            reactor.forget(alarm);
        }
        let mut remarks = remarks(&setup, &given);
        let user = start::become_user(&setup, &host, &mut remarks);
        let log = Log::open(&setup.config.daemon).unwrap_or(log); // the old one is better than none
        state.clear();
        let mut life = Life::with(given, host, setup, log, state, reactor);
        life.say_in_order(remarks);
        user.err().into_iter().for_each(|what| life.say(Level::Error, &what));
        if let Err(what) = life.begin(false, false) {
            life.say(Level::Error, &what);
        }
        life
    }

    fn say(&mut self, level: Level, words: &str) {
        self.log.say(level, words);
    }

    /// What is worst first, as the original does it at its start.
    fn say_in_order(&mut self, mut remarks: Remarks) {
        let rank = |level: &Level| match level {
            Level::Critical => 0,
            Level::Info => 2,
            _ => 1,
        };
        remarks.sort_by_key(|(level, _)| rank(level));
        remarks.iter().for_each(|(level, words)| self.say(*level, words));
    }

    /// From what there is to what there is to be; the first time also to where nobody looks any more.
    fn begin(&mut self, first: bool, renewed: bool) -> Result<(), String> {
        let now = clock::moment();
        self.tree = Tree::adopt(&self.state, now);
        let inhabited = self.tree.is_some() || self.state.is_inhabited();
        if !inhabited {
            self.state.clear();
        }
        self.groups.recall(&self.state, &self.state.names());
        if !self.setup.config.daemon.nocleanup && !renewed {
            for words in self.groups.clean_logs(&self.setup) {
                self.say(Level::Warn, &words);
            }
        }
        self.check_servers(inhabited, renewed)?;
        if first && !renewed && !self.setup.config.daemon.nodaemon {
            self.go_to_background();
        }
        self.write_pidfile(renewed);
        self.groups.pending = self.setup.config.groups.clone();
        let saved = journals::saved(&self.state);
        match renewed {
            true => self.groups.take_over(&self.state),
            false => self.settle_groups(),
        }
        self.settle_server(inhabited);
        self.follow_all(inhabited, &saved);
        self.state.remove(state::CURSORS);
        if let Some(alarm) = self.journals.alarm() {
            let _ = self.reactor.watch(alarm, CHANGES, Direction::Read); // without it, it is looked now and then
        }
        self.supervise(now);
        self.open_desk(now);
        match self.state.load(servers::NAME).is_some() {
            true if self.starter.is_some() => self.journals.follow_server(servers::NAME),
            _ => self.starter = None,
        }
        Ok(())
    }

    /// Whether each server can have its place, but for those that a server of ours has.
    fn check_servers(&mut self, inhabited: bool, renewed: bool) -> Result<(), String> {
        let text = self.state.read(SERVERS).filter(|_| inhabited).unwrap_or_default();
        let ours = served::parse(&text).unwrap_or_default();
        for server in self.setup.config.servers.clone() {
            if !ours.iter().any(|known| known.server.at == server.at) {
                servers::check(&server)?;
            }
            if renewed {
                continue;
            }
            if self.setup.config.rpc {
                self.say(Level::Info, "RPC interface 'supervisor' initialized");
            }
            if server.credentials.is_none() {
                let section = crate::supervisor::python::quoted(&server.section);
                let words = format!("Server {section} running without any HTTP authentication checking");
                self.say(Level::Critical, &words);
            }
        }
        Ok(())
    }

    fn go_to_background(&mut self) {
        match process::go_to_background() {
            Ok(starter) => self.starter = Some((starter, clock::moment() + STARTED)),
            Err(errno) => {
                let words = format!("could not daemonize: {}", errno.reason());
                return self.say(Level::Critical, &words);
            }
        }
        self.say(Level::Info, "daemonizing the supervisord process");
        if let Some(directory) = self.setup.config.daemon.directory.clone() {
            let shown = crate::supervisor::python::quoted(&directory);
            match fs::enter(&directory) {
                Ok(()) => {
                    self.say(Level::Info, &format!("set current directory: {shown}"));
                    self.directory = directory;
                }
                Err(errno) => self.say(Level::Critical, &format!("can't chdir into {shown}: {}", errno.reason())),
            }
        }
        if let Err(errno) = io::become_silent() {
            self.say(Level::Warn, &format!("unable to open /dev/null: {}", errno.reason()));
        }
        limits::set_umask(self.setup.config.daemon.umask);
    }

    fn write_pidfile(&mut self, renewed: bool) {
        let pid = process::own_id().map_or(0, Pid::get);
        let path = self.setup.config.daemon.pidfile.clone();
        let written = fs::open(&path, How::Fresh).and_then(|file| io::write_all(file, format!("{pid}\n").as_bytes()));
        self.pidfile = written.is_ok();
        match written {
            Err(_) => self.say(Level::Critical, &format!("could not write pidfile {path}")),
            Ok(()) if renewed => self.say(Level::Info, &format!("supervisord replaced, goes on with pid {pid}")),
            Ok(()) => self.say(Level::Info, &format!("supervisord started with pid {pid}")),
        }
    }

    /// Makes all service directories of the configuration, and leaves those alone that are what they are to be.
    fn settle_groups(&mut self) {
        let groups = self.groups.pending.clone();
        for group in &groups {
            self.name_logs(group);
        }
        let compiled = self.groups.compile(&self.setup, &self.directory, &groups);
        compiled.missing.iter().for_each(|words| self.say(Level::Warn, words));
        for name in self.state.names() {
            if name != servers::NAME && !compiled.services.iter().any(|service| service.name == name) {
                self.take_away(&name, None);
            }
        }
        for service in compiled.services {
            if !self.state.is_same(&service) {
                self.put(service);
            }
        }
        groups.iter().for_each(|group| self.groups.activate(group));
    }

    fn name_logs(&mut self, group: &crate::supervisor::config::Group) {
        if let Err((directory, errno)) = self.groups.name_logs(&self.setup, group) {
            let words = format!("could not make a log in {directory}: {}", errno.reason());
            self.say(Level::Error, &words);
        }
    }

    /// A service directory, at once, or when the one before it has been left.
    fn put(&mut self, service: Service) {
        if self.state.load(&service.name).is_some() {
            let name = service.name.clone();
            return self.take_away(&name, Some(service));
        }
        match self.state.put(&service) {
            Ok(()) => self.settle(&service.name),
            Err(errno) => {
                let words = format!("could not make the service of {}: {}", service.name, errno.reason());
                self.complain(&service.name.clone(), &words);
                self.unmade.push(service);
                self.try_again(clock::moment());
            }
        }
    }

    /// A service directory that comes late, and its journal.
    fn put_late(&mut self, service: Service) {
        let name = service.name.clone();
        self.put(service);
        if let Some(sheet) = self.state.sheet(&name) {
            self.journals.forget(&name);
            self.journals.follow(&name, sheet, From::Start);
        }
    }

    /// Whoever is there is told to stop and to leave, and another may come then.
    fn take_away(&mut self, name: &str, then: Option<Service>) {
        let ok = self.state.place().service(name.as_bytes().to_vec()).supervised();
        if let Err(errno) = self.state.take_away(name) {
            let words = format!("could not remove the service of {name}: {}", errno.reason());
            return self.say(Level::Error, &words);
        }
        match ok {
            Ok(ok) if self.reactor.watch(&ok, LEFT, Direction::Trouble).is_ok() => {
                self.leaving.push(Leaving { ok, then });
            }
            _ => {
                self.state.sweep();
                then.into_iter().for_each(|service| self.put(service));
            }
        }
    }

    /// Whoever has left gives room to the next.
    fn see_who_left(&mut self) {
        let (left, stay): (Vec<Leaving>, Vec<Leaving>) =
            core::mem::take(&mut self.leaving).into_iter().partition(|one| io::has_trouble(&one.ok));
        self.leaving = stay;
        if left.is_empty() {
            return;
        }
        left.iter().for_each(|one| self.reactor.forget(&one.ok));
        let next: Vec<Service> = left.into_iter().filter_map(|one| one.then).collect();
        self.state.sweep();
        next.into_iter().for_each(|service| self.put_late(service));
    }

    /// The server is a service too.
    fn settle_server(&mut self, inhabited: bool) {
        let wanted = served::text(&self.setup.served());
        let there = self.state.load(servers::NAME).is_some();
        if self.setup.config.servers.is_empty() {
            self.state.remove(SERVERS);
            if there {
                self.take_away(servers::NAME, None);
            }
            return;
        }
        if !servers::is_installed() {
            let words = format!("no server: {} is missing", tree::beside("svhttpd").display());
            return self.say(Level::Error, &words);
        }
        let same = self.state.read(SERVERS).as_deref() == Some(&wanted);
        if let Err(errno) = if same { Ok(()) } else { self.state.replace(SERVERS, &wanted) } {
            let words = format!("could not write what is to be served: {}", errno.reason());
            return self.say(Level::Error, &words);
        }
        let service = servers::service(&self.state.path);
        match self.state.is_same(&service) {
            false => self.put(service),
            true if !same && inhabited => drop(self.journals.send(servers::NAME, b"t")), // it comes again
            true => {}
        }
    }

    /// Follows every process. What happened to one before us is told by no log.
    fn follow_all(&mut self, inhabited: bool, saved: &BTreeMap<String, crate::service::journal::Cursor>) {
        let waits = |name: &str, life: &Life| {
            life.leaving.iter().any(|one| one.then.as_ref().is_some_and(|service| service.name == name))
        };
        let names: Vec<String> = self.groups.active.iter().flat_map(|group| group.members.clone()).collect();
        for name in names {
            if waits(&name, self) {
                continue;
            }
            let Some(sheet) = self.state.sheet(&name) else { continue };
            let from = match saved.get(&name) {
                Some(cursor) => From::Cursor(*cursor),
                None if inhabited => From::Now,
                None => From::Start,
            };
            self.journals.follow(&name, sheet, from);
        }
    }

    /// There is a runsvdir, or soon will be.
    fn supervise(&mut self, now: Moment) {
        if self.tree.is_none() {
            match Tree::start(&self.state, now, &self.reactor.masks().service) {
                Ok(tree) => {
                    self.tree = Some(tree);
                    self.settle("runsvdir");
                }
                Err(errno) => {
                    let words = format!("could not start {}: {}", tree::beside("runsvdir").display(), errno.reason());
                    self.complain("runsvdir", &words);
                    return self.try_again(now);
                }
            }
        }
        if let Some(handle) = self.tree.as_ref().and_then(Tree::handle) {
            let _ = self.reactor.watch(handle, TREE, Direction::Read); // a child's end is told otherwise too
        }
    }

    fn open_desk(&mut self, now: Moment) {
        match Desk::open(&self.state.path.join(state::CONTROL), &mut self.reactor) {
            Ok(desk) => {
                self.desk = Some(desk);
                self.settle("control socket");
            }
            Err(trouble) => {
                self.complain("control socket", &format!("could not open the control socket: {trouble:?}"));
                self.try_again(now);
            }
        }
    }

    fn try_again(&mut self, now: Moment) {
        self.retry = Some(now + RETRY);
    }

    /// Says what is wrong, once for as long as it is.
    fn complain(&mut self, about: &str, words: &str) {
        if !self.complaints.iter().any(|known| known == about) {
            self.complaints.push(about.to_owned());
            self.say(Level::Error, words);
        }
    }

    fn settle(&mut self, about: &str) {
        self.complaints.retain(|known| known != about);
    }

    /// Waits and does, until everything is stopped.
    fn live(&mut self) -> After {
        let mut events = Vec::new();
        loop {
            let now = clock::now();
            if self.turn(now, &events) {
                return self.finish();
            }
            if let Err(errno) = self.reactor.wait(clock::moment(), self.deadline(), &mut events) {
                self.complain("wait", &format!("unable to wait for changes: {}", errno.reason()));
            }
        }
    }

    /// One turn; whether it is over.
    fn turn(&mut self, now: Now, events: &[reactor::Event]) -> bool {
        for event in events {
            match event {
                reactor::Event::Signal(signal) => self.signal(now, *signal),
                reactor::Event::Ready(CHANGES) => self.journals.told(),
                reactor::Event::Ready(TREE) => {}
                reactor::Event::Ready(LEFT) => self.see_who_left(),
                reactor::Event::Ready(DOOR) => {
                    if let Some(desk) = &mut self.desk {
                        desk.admit(now.moment, &mut self.reactor);
                    }
                }
                reactor::Event::Ready(token) => self.serve(*token),
            }
        }
        self.look_at_tree(now.moment);
        let said = self.journals.look(now, self.farewell.is_some());
        said.iter().for_each(|(level, words)| self.say(*level, words));
        if self.retry.is_some_and(|due| due <= now.moment) {
            self.retry = None;
            self.mend(now.moment);
        }
        if let Some(desk) = &mut self.desk {
            desk.tick(now.moment, &mut self.reactor);
        }
        let waits = |until: Moment| until > now.moment && !self.journals.is_server_ready();
        if self.starter.as_ref().is_some_and(|(_, until)| !waits(*until)) {
            self.starter = None;
            self.journals.forget_server();
        }
        self.renew(now.moment);
        self.part(now.moment)
    }

    fn mend(&mut self, now: Moment) {
        core::mem::take(&mut self.unmade).into_iter().for_each(|service| self.put_late(service));
        if self.tree.is_none() && !self.told_to_end {
            self.supervise(now);
        }
        if self.desk.is_none() {
            self.open_desk(now);
        }
    }

    fn deadline(&self) -> Option<Moment> {
        let desk = self.desk.as_ref().and_then(Desk::deadline);
        let farewell = self.farewell.as_ref().and_then(Farewell::deadline);
        let starter = self.starter.as_ref().map(|(_, until)| *until);
        [self.journals.deadline(), desk, farewell, self.retry, self.renewal.deadline(), starter]
            .into_iter()
            .flatten()
            .min()
    }

    fn signal(&mut self, now: Now, signal: Signal) {
        match signal {
            Signal::CHLD => {
                self.say(Level::Debug, "received SIGCHLD indicating a child quit");
                self.reap(now.moment);
            }
            Signal::HUP => match self.mood {
                Mood::Shutdown => {
                    self.say(Level::Warn, "ignored SIGHUP indicating restart request (shutdown in progress)");
                }
                _ => {
                    self.say(Level::Warn, "received SIGHUP indicating restart request");
                    let _ = self.restart(); // why not is in the log
                }
            },
            Signal::USR1 => {
                self.say(Level::Info, "received SIGUSR1 indicating replacement request");
                self.begin_renewal(now.moment);
            }
            Signal::USR2 => {
                self.say(Level::Info, "received SIGUSR2 indicating log reopen request");
                self.reopen_logs();
            }
            signal => {
                self.say(Level::Warn, &format!("received SIG{signal} indicating exit request"));
                self.mood = Mood::Shutdown;
            }
        }
    }

    /// Everything begins again, by the configuration as it is now; where that is broken, all goes on as it is.
    fn restart(&mut self) -> Result<(), String> {
        match read_again(&self.given, &self.host, &self.setup) {
            Ok(setup) => {
                self.mood = Mood::Restarting(Box::new(setup));
                Ok(())
            }
            Err(why) => {
                self.say(Level::Error, &format!("not restarted, since the configuration is broken: {why}"));
                Err(why)
            }
        }
    }

    fn reopen_logs(&mut self) {
        self.say(Level::Info, "supervisord logreopen");
        self.log.reopen();
        for name in self.groups.active.iter().flat_map(|group| &group.members) {
            self.journals.reopen_logs(name);
        }
    }

    /// Takes every child that has ended.
    fn reap(&mut self, now: Moment) {
        while let Some((pid, ending)) = process::reap() {
            if self.tree.as_ref().is_some_and(|tree| tree.pid == pid) {
                self.tree_ended(now);
            } else if !self.tried(pid, ending) {
                let how = match ending {
                    Ending::Exited(code) => format!("exit status {code}"),
                    Ending::Killed { by, core } => {
                        let core = if core { " (core dumped)" } else { "" };
                        format!("terminated by SIG{by}{core}")
                    }
                    Ending::Unknown => "exit status unknown".into(),
                };
                self.say(Level::Info, &format!("reaped unknown pid {pid} ({how})"));
            }
        }
    }

    /// One that is no child of ours tells its end by its handle.
    fn look_at_tree(&mut self, now: Moment) {
        if self.tree.as_ref().is_some_and(Tree::has_ended) {
            self.tree_ended(now);
        }
    }

    fn tree_ended(&mut self, now: Moment) {
        let Some(tree) = self.tree.take() else { return };
        if let Some(handle) = tree.handle() {
            self.reactor.forget(handle);
        }
        if self.told_to_end {
            return;
        }
        self.say(Level::Warn, &format!("runsvdir (pid {}) has ended, and is started again", tree.pid));
        match now.since(tree.since) < SETTLED {
            true => self.retry = Some(now + SETTLED),
            false => self.supervise(now),
        }
    }

    /// Goes on with the stop of everything, if that is wanted; whether nothing is left.
    fn part(&mut self, now: Moment) -> bool {
        if matches!(self.mood, Mood::Running) {
            return false;
        }
        let farewell = self.farewell.get_or_insert_with(|| Farewell::new(&self.groups.active, &self.journals));
        let (said, over) = farewell.turn(now, &self.journals);
        said.iter().for_each(|(level, words)| self.say(*level, words));
        if !over {
            return false;
        }
        if !self.told_to_end {
            self.told_to_end = true;
            if let Some(tree) = &self.tree {
                tree.send(Signal::TERM);
            }
        }
        self.tree.is_none()
    }

    /// Everything is stopped.
    fn finish(&mut self) -> After {
        // What was said last by a service may not have been read.
        self.journals.told();
        let said = self.journals.look(clock::now(), true);
        said.iter().for_each(|(level, words)| self.say(*level, words));
        match core::mem::replace(&mut self.mood, Mood::Shutdown) {
            Mood::Restarting(setup) => After::Again(setup),
            Mood::Running | Mood::Shutdown => {
                if let Some(desk) = self.desk.take() {
                    desk.close(&mut self.reactor);
                }
                if self.pidfile {
                    let _ = fs::remove(&self.setup.config.daemon.pidfile); // somebody else may have been quicker
                }
                self.state.end();
                After::End
            }
        }
    }
}

fn open_log(setup: &Setup) -> Result<Log, String> {
    let daemon = &setup.config.daemon;
    let shown = Path::new(&daemon.logfile).display();
    Log::open(daemon).map_err(|errno| format!("could not open logfile {shown}: {}", errno.reason()))
}
