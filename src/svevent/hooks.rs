//! The programs to call: where they are, and what they are told.

use super::may_pass;
use super::options::Setup;
use crate::alert::{Alert, Fact};
use crate::service::word::Word;
use crate::supervise::HOOKS;
use crate::sys::fs::{Dir, Kind};
use crate::sys::{Errno, Result, identity, process};
use crate::tai64::Label;
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A program to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hook {
    /// What it is remembered and spoken of by: `notify.d/mail`; `./notify.d/mail` where it is the service's own.
    pub(super) name: Vec<u8>,
    pub(super) path: PathBuf,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order in which they are called: those for all services first.
    pub(super) hooks: Vec<Hook>,
    /// Directories that cannot be read.
    pub(super) unreadable: Vec<(PathBuf, Errno)>,
}

/// All for a service; an error where it may be known later.
pub(super) fn list(setup: &Setup, service: &OsStr) -> Result<Found> {
    let mut found = Found::default();
    if let Some(more) = &setup.notify {
        found.take(more, more.as_os_str().as_bytes())?;
    }
    found.take(&setup.scan.join(HOOKS), HOOKS.as_bytes())?;
    found.take(&setup.scan.join(service).join(HOOKS), &[b"./", HOOKS.as_bytes()].concat())?;
    Ok(found)
}

impl Found {
    fn take(&mut self, path: &Path, called: &[u8]) -> Result<()> {
        match Dir::open(path).and_then(|dir| within(&dir)) {
            Ok(names) => self.hooks.extend(
                names.iter().map(|name| Hook { name: [called, b"/", name.as_bytes()].concat(), path: path.join(name) }),
            ),
            Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            // To take it for empty would be to forget what is to be told.
            Err(errno) if may_pass(errno) => return Err(errno),
            Err(errno) => self.unreadable.push((path.to_owned(), errno)),
        }
        Ok(())
    }
}

/// The programs in a directory, in the order of their names.
fn within(dir: &Dir) -> Result<Vec<OsString>> {
    let mut programs = Vec::new();
    for name in dir.names()? {
        if !name.as_bytes().starts_with(b".") && is_program(dir, &name)? {
            programs.push(name);
        }
    }
    programs.sort_unstable();
    Ok(programs)
}

/// A link that leads nowhere is none.
fn is_program(dir: &Dir, name: &OsStr) -> Result<bool> {
    match dir.facts(name) {
        Ok(facts) => Ok(facts.kind == Kind::File && facts.mode & 0o111 != 0),
        Err(errno) if may_pass(errno) => Err(errno),
        Err(_) => Ok(false),
    }
}

/// What everything that we say to a hook begins with.
const PREFIX: &str = "SVEVENT_";

/// The environment of a call: ours, and what is known of the alert.
pub(super) fn environment(setup: &Setup, service: &OsStr, alert: &Alert, attempt: u32) -> Vec<CString> {
    let inherited = process::environment().into_iter().filter(|entry| !entry.to_bytes().starts_with(PREFIX.as_bytes()));
    let mut list: Vec<CString> = inherited.map(CString::from).collect();
    let mut say = |name: &str, value: &[u8]| {
        // A value of the journal may hold anything; an environment cannot.
        let value: Vec<u8> = value.iter().copied().filter(|byte| *byte != 0).collect();
        list.extend(CString::new([PREFIX.as_bytes(), name.as_bytes(), b"=", &value].concat()));
    };
    let directory = setup.scan.join(service);
    say("SERVICE", service.as_bytes());
    say("EVENT", alert.kind.word().as_bytes());
    say("SEQUENCE", alert.sequence.to_string().as_bytes());
    say("LABEL", &alert.label.text());
    say("TIME", &alert.label.civil().rfc3339());
    say("TEXT", &[service.as_bytes(), b" ", alert.sentence().as_bytes()].concat());
    for (fact, value) in &alert.facts {
        say(&fact.word().to_ascii_uppercase(), value);
    }
    if let Some(since) = alert.fact(Fact::Since).and_then(Label::parse) {
        say("SINCE_TIME", &since.civil().rfc3339());
    }
    say("TRY", attempt.to_string().as_bytes());
    say("HOST", identity::host_name().as_bytes());
    say("DIRECTORY", directory.as_os_str().as_bytes());
    if let Some(log) = log_of(&directory) {
        say("LOG", log.as_os_str().as_bytes());
    }
    list
}

/// Where its log is: in `log/main`, where that is one, else in its logger's directory.
fn log_of(directory: &Path) -> Option<PathBuf> {
    let kind = |path: &Path| crate::sys::fs::facts_of(path).map(|facts| facts.kind);
    let log = directory.join("log");
    let main = log.join("main");
    match kind(&main.join("current")) {
        Ok(Kind::File) => Some(main),
        _ => (kind(&log) == Ok(Kind::Directory)).then_some(log),
    }
}
