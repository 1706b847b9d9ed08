//! Where the log of a service is. The logger knows: its command line names the places, or it has a file `current`
//! open. Where none runs, or where it may not be asked, the places are tried in which people keep logs.

use crate::cli::message::base_name;
use crate::logdir::logger::{Outlet, outlets};
use crate::service::machine::Role;
use crate::service::status::Phase;
use crate::supervise::client::Service;
use crate::sys::errno::Reason;
use crate::sys::fs::{self, Dir, How};
use crate::sys::io;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What came of looking.
#[derive(Debug)]
pub(super) enum Found {
    /// It is in these places.
    In(Vec<Outlet>),
    /// There is none, and why.
    Nothing(Vec<u8>),
}

/// How far below the logger's supervised process the logger may be: a script that does not `exec` it, and a program
/// that changes its state.
const DEPTH: usize = 3;

/// Finds what one logger of a service writes.
pub(super) fn find(service: &Service<'_>, role: Role) -> Found {
    if let Err(trouble) = service.enter() {
        return Found::Nothing(crate::sv::output::sentence(trouble).into_bytes());
    }
    let log = role.directory();
    match service.has(log) {
        Ok(true) => {}
        Ok(false) => return Found::Nothing(format!("it has no log service ({log}/)").into_bytes()),
        Err(errno) => return Found::Nothing(format!("unable to stat {log}: {}", errno.reason()).into_bytes()),
    }
    let told = ask(service, role);
    if told.iter().any(is_log) {
        return Found::In(told.into_iter().filter(is_log).collect());
    }
    let guesses = guesses(service, role);
    if let Some(at) = guesses.iter().position(|(_, outlet)| is_log(outlet)) {
        return Found::In(guesses.into_iter().nth(at).map(|(_, outlet)| outlet).into_iter().collect());
    }
    let told = told.iter().map(|outlet| outlet.path().to_vec());
    let tried: Vec<Vec<u8>> = told.chain(guesses.into_iter().map(|(shown, _)| shown)).collect();
    Found::Nothing([b"no log directory found: tried ", &*tried.join(&b", "[..])].concat())
}

/// Whether there is a log.
fn is_log(outlet: &Outlet) -> bool {
    match outlet {
        Outlet::Directory(path) => exists([path, &b"/current"[..]].concat()),
        Outlet::File(path) => exists(path.clone()),
    }
}

/// One that may not be looked at is there: opening it tells why it is not shown.
fn exists(path: Vec<u8>) -> bool {
    match fs::facts_of(OsString::from_vec(path)) {
        Ok(facts) => facts.kind == fs::Kind::File,
        Err(errno) => errno == crate::sys::Errno::EACCES,
    }
}

/// Where people keep logs, with how that is said. What lies elsewhere is, as a rule, of standard output.
fn guesses(service: &Service<'_>, role: Role) -> Vec<(Vec<u8>, Outlet)> {
    if role == Role::ErrorLogger {
        let within = ["errlog/main", "errlog"].map(|at| (at.into(), Outlet::Directory(service.path(at).into_vec())));
        return within.into();
    }
    let within = ["log/main", "log", "main"].map(|at| (at.as_bytes().to_vec(), service.path(at).into_vec()));
    let name = name(service);
    let usual = ["/var/log/", "/var/log/sv/", "/var/log/runit/"].map(|place| [place.as_bytes(), &name].concat());
    let usual = usual.into_iter().map(|path| (path.clone(), path));
    let usual = usual.filter(|_| !name.is_empty());
    within.into_iter().chain(usual).map(|(shown, path)| (shown, Outlet::Directory(path))).collect()
}

/// The name of the service's directory, however it was asked for.
fn name(service: &Service<'_>) -> Vec<u8> {
    let mut name = service.name();
    while let [rest @ .., b'/'] = name {
        name = rest;
    }
    let base = base_name(OsStr::from_bytes(name));
    if base != "." && base != ".." {
        return base.as_bytes().to_vec();
    }
    let path = std::path::Path::new(&service.path(".")).canonicalize();
    path.ok().and_then(|path| path.file_name().map(|name| name.as_bytes().to_vec())).unwrap_or_default()
}

/// The places that the logger which runs now writes to.
fn ask(service: &Service<'_>, role: Role) -> Vec<Outlet> {
    let Ok(status) = service.logger(role).status() else { return Vec::new() };
    let Some(pid) = status.pid.filter(|_| status.phase == Phase::Run) else { return Vec::new() };
    let from = service.path(role.directory()).into_vec();
    let (mut line, mut open) = (vec![pid.get().to_string()], Vec::new());
    for _ in 0..DEPTH {
        for pid in &line {
            let Some(process) = Process::open(pid) else { continue };
            if let Some(outlets) = outlets(&process.words()) {
                return outlets.into_iter().map(|outlet| process.seen_from_here(outlet, &from)).collect();
            }
            open.extend(process.open_logs());
        }
        line = line.iter().flat_map(|pid| Process::open(pid)).flat_map(|process| process.children()).collect();
    }
    open.dedup();
    open
}

/// A process, as /proc shows it.
#[derive(Debug)]
struct Process(Dir);

impl Process {
    fn open(pid: &str) -> Option<Process> {
        Dir::open(format!("/proc/{pid}")).ok().map(Process)
    }

    fn read(&self, file: &str) -> Vec<u8> {
        self.0.file(file, How::Read).and_then(io::read_all).unwrap_or_default()
    }

    /// Its command line.
    fn words(&self) -> Vec<Vec<u8>> {
        let line = self.read("cmdline");
        let line = line.strip_suffix(b"\0").unwrap_or(&line);
        line.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
    }

    fn children(&self) -> Vec<String> {
        let tasks = self.0.dir("task").and_then(|tasks| tasks.names()).unwrap_or_default();
        let lists =
            tasks.iter().filter_map(|task| task.to_str()).map(|task| self.read(&format!("task/{task}/children")));
        lists
            .flat_map(|list| String::from_utf8_lossy(&list).split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// Directories in which it has a file `current` open.
    fn open_logs(&self) -> Vec<Outlet> {
        let Ok(open) = self.0.dir("fd") else { return Vec::new() };
        let numbers = open.names().unwrap_or_default();
        let paths = numbers.iter().filter_map(|number| open.read_link(number).ok());
        let directories = paths.filter_map(|path| path.as_bytes().strip_suffix(b"/current").map(<[u8]>::to_vec));
        directories.map(Outlet::Directory).collect()
    }

    /// A place as it is called from where we are. Another user's process does not show where it is; a logger is in its
    /// own service directory, as a rule.
    fn seen_from_here(&self, outlet: Outlet, service: &[u8]) -> Outlet {
        let here = |path: Vec<u8>| {
            if path.starts_with(b"/") {
                return path;
            }
            let base = self.0.read_link("cwd").map_or_else(|_| service.to_vec(), OsString::into_vec);
            [&base, &b"/"[..], &path].concat()
        };
        match outlet {
            Outlet::Directory(path) => Outlet::Directory(here(path)),
            Outlet::File(path) => Outlet::File(here(path)),
        }
    }
}
