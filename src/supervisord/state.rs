//! The directory in which a daemon keeps what it knows, so that the next one on the same configuration finds it.
//!
//! Service directories are made complete in `new`, moved to `scan` in one step, and moved to `gone` in one step; there they
//! stay until their supervisors have left.

use crate::supervise::client::Place;
use crate::supervisor::compile::{File, Mode, Service};
use crate::supervisor::sheet::Sheet;
use crate::sys::fs::{self, Dir, How, Kind, Replace, Wait};
use crate::sys::{Errno, Result, clock, identity, io};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The service directories.
pub(super) const SCAN: &str = "scan";
const NEW: &str = "new";
const GONE: &str = "gone";
/// Where we are asked.
pub(super) const CONTROL: &str = "control";
/// What the server serves.
pub(super) const SERVERS: &str = "servers";
/// Who supervises `scan`.
pub(super) const RUNSVDIR: &str = "runsvdir";
/// Where each journal was left by a daemon that was replaced.
pub(super) const CURSORS: &str = "cursors";
const LOCK: &str = "lock";

/// What a service directory may be made of.
const FILES: [(&str, Mode); 12] = [
    ("run", Mode::Program),
    ("environment", Mode::Private),
    ("listen", Mode::Text),
    ("stdin", Mode::Text),
    ("restart", Mode::Text),
    ("ready", Mode::Text),
    ("stop", Mode::Text),
    ("down", Mode::Text),
    ("needs", Mode::Text),
    ("log/run", Mode::Program),
    ("errlog/run", Mode::Program),
    ("supervisor", Mode::Text),
];

/// Directories that hold some of them, and one that is made before its supervisor makes it, so that it can be watched.
const BELOW: [&str; 3] = ["log", "errlog", "supervise"];

/// A moment in which nothing changes in a directory: it is taken for complete then.
const SETTLED: i64 = 2;

/// The directory, locked.
#[derive(Debug)]
pub(super) struct State {
    pub(super) path: PathBuf,
    dir: Dir,
    scan: Dir,
    /// Held as long as we live.
    #[allow(dead_code)]
    lock: OwnedFd,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another daemon has it.
    Taken,
    /// A call failed.
    Call(&'static str, PathBuf, Errno),
    /// It is not a directory of ours alone.
    NotOurs(PathBuf),
}

/// Makes the directory for a user, as long as we may.
pub(super) fn prepare(path: &Path, uid: Option<u32>) -> core::result::Result<(), Trouble> {
    let call = |what, errno| Trouble::Call(what, path.to_owned(), errno);
    match fs::make_dir(path, 0o700) {
        Ok(()) => {
            let Some(uid) = uid else { return Ok(()) };
            fs::set_owner_of(path, uid, None).map_err(|errno| call("unable to give away ", errno))
        }
        Err(Errno::EEXIST) => Ok(()),
        Err(errno) => Err(call("unable to make directory ", errno)),
    }
}

impl State {
    /// Opens it, makes what is missing in it, and keeps others out.
    pub(super) fn open(path: &Path) -> core::result::Result<State, Trouble> {
        let call = |what, errno| Trouble::Call(what, path.to_owned(), errno);
        let facts = fs::facts_of_link(path).map_err(|errno| call("unable to open directory ", errno))?;
        let uid = identity::identity().map_or(0, |identity| identity.users[1]);
        if facts.kind != Kind::Directory || facts.owner.0 != uid || facts.mode & 0o077 != 0 {
            return Err(Trouble::NotOurs(path.to_owned()));
        }
        let dir = Dir::open(path).map_err(|errno| call("unable to open directory ", errno))?;
        let lock = dir.own_file(LOCK, How::Keep).map_err(|errno| call("unable to open lock in ", errno))?;
        match fs::lock(&lock, Wait::No) {
            Err(Errno::EWOULDBLOCK) => return Err(Trouble::Taken),
            answer => answer.map_err(|errno| call("unable to lock ", errno))?,
        }
        for name in [SCAN, NEW, GONE] {
            match dir.make_dir(name, 0o700) {
                Err(errno) if errno != Errno::EEXIST => return Err(call("unable to make directory in ", errno)),
                _ => {}
            }
        }
        let scan = dir.open_dir(SCAN).map_err(|errno| call("unable to open directory in ", errno))?;
        let state = State { path: path.to_owned(), dir, scan, lock };
        state.empty(NEW);
        Ok(state)
    }

    /// The directory that is scanned.
    pub(super) fn scan_path(&self) -> PathBuf {
        self.path.join(SCAN)
    }

    /// The supervisors of what is there.
    pub(super) fn place(&self) -> Place {
        Place::new(self.scan_path().as_os_str())
    }

    /// A file of ours.
    pub(super) fn read(&self, name: &str) -> Option<String> {
        let file = self.dir.own_file(name, How::Read).ok()?;
        String::from_utf8(io::read_all(file).ok()?).ok()
    }

    /// Puts a file, which nobody else may read, in the place of the one before.
    pub(super) fn replace(&self, name: &str, text: &str) -> Result<()> {
        let fresh = format!("{name}.new");
        match self.dir.replace(name, &fresh, text.as_bytes()) {
            Ok(()) => {}
            Err(Replace::Partial) => return Err(Errno::ENOSPC),
            Err(Replace::Open(errno) | Replace::Write(errno) | Replace::Rename(errno)) => return Err(errno),
        }
        fs::set_mode_of(self.path.join(name), 0o600)
    }

    /// Removes a file, which need not be there.
    pub(super) fn remove(&self, name: &str) {
        let _ = self.dir.remove(name);
    }

    /// The names of all service directories.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.scan.names().unwrap_or_default();
        let mut names: Vec<String> = names.into_iter().filter_map(|name| name.into_string().ok()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort_unstable();
        names
    }

    /// What a service directory is made of now; nothing if there is none.
    pub(super) fn load(&self, name: &str) -> Option<Service> {
        self.scan.dir(name).ok()?;
        let files = FILES.iter().filter_map(|(file, mode)| {
            let content = self.scan.file(Path::new(name).join(file), How::Read).and_then(io::read_all).ok()?;
            Some(File { name: file, content, mode: *mode })
        });
        Some(Service { name: name.into(), files: files.collect() })
    }

    /// What its sheet says; nothing for one that is no process of a configuration.
    pub(super) fn sheet(&self, name: &str) -> Option<Sheet> {
        let bytes = self.scan.file(Path::new(name).join("supervisor"), How::Read).and_then(io::read_all).ok()?;
        Sheet::parse(&String::from_utf8(bytes).ok()?)
    }

    /// Whether a service directory is what it is to be.
    pub(super) fn is_same(&self, service: &Service) -> bool {
        let Some(there) = self.load(&service.name) else { return false };
        let same =
            |file: &File| there.files.iter().any(|other| other.name == file.name && other.content == file.content);
        there.files.len() == service.files.len() && service.files.iter().all(same)
    }

    /// Makes a service directory, and lets it be seen once it is complete.
    pub(super) fn put(&self, service: &Service) -> Result<()> {
        let new = self.dir.open_dir(NEW)?;
        let _ = new.remove_all(&service.name); // left by a try before, if it is there
        new.make_dir(&service.name, 0o700)?;
        let dir = new.open_dir(&service.name)?;
        for below in BELOW {
            let holds = service.files.iter().any(|file| file.name.split_once('/').is_some_and(|(dir, _)| dir == below));
            if holds || below == "supervise" {
                dir.make_dir(below, 0o700)?;
            }
        }
        for file in &service.files {
            let made = dir.file(file.name, How::New)?;
            io::write_all(&made, &file.content)?;
            fs::set_mode(&made, file.mode.bits())?;
        }
        new.set_modified(&service.name, clock::label().unix.saturating_sub(SETTLED))?;
        new.move_to(&service.name, &self.scan, &service.name)
    }

    /// Takes a service directory away: its supervisor stops it and leaves. What is left of it is where the answer says.
    pub(super) fn take_away(&self, name: &str) -> Result<PathBuf> {
        let gone = self.dir.open_dir(GONE)?;
        let free = |number: &u32| gone.facts_of_link(format!("{name}.{number}")) == Err(Errno::ENOENT);
        let number = (0..u32::MAX).find(free).ok_or(Errno::EEXIST)?;
        let to = format!("{name}.{number}");
        self.scan.move_to(name, &gone, &to)?;
        Ok(self.path.join(GONE).join(to))
    }

    /// Removes what was taken away, as far as nobody is there any more.
    pub(super) fn sweep(&self) {
        let Ok(gone) = self.dir.open_dir(GONE) else { return };
        let place = Place::new(self.path.join(GONE).as_os_str());
        for name in gone.names().unwrap_or_default() {
            if place.service(name.as_bytes().to_vec()).supervised().is_err() {
                let _ = gone.remove_all(&name); // it is tried again
            }
        }
    }

    fn empty(&self, name: &str) {
        let Ok(dir) = self.dir.open_dir(name) else { return };
        for entry in dir.names().unwrap_or_default() {
            let _ = dir.remove_all(&entry); // it is in nobody's way
        }
    }

    /// Whether anybody is there: a supervisor of one of the services.
    pub(super) fn is_inhabited(&self) -> bool {
        let place = self.place();
        self.names().into_iter().any(|name| place.service(name.into_bytes()).supervised().is_ok())
    }

    /// Everything but the lock goes: nobody lives there.
    pub(super) fn clear(&self) {
        [SCAN, NEW, GONE].into_iter().for_each(|name| self.empty(name));
        [CONTROL, SERVERS, RUNSVDIR, CURSORS].into_iter().for_each(|name| self.remove(name));
    }

    /// The last thing that we do to it. Who made the directory above may not be who we are now.
    pub(super) fn end(&self) {
        self.clear();
        for name in [SCAN, NEW, GONE] {
            let _ = self.dir.remove_dir(name);
        }
        self.remove(LOCK);
        let _ = fs::remove_dir(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("keepup-state-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&place);
        place
    }

    fn service(name: &str, down: bool) -> Service {
        let file = |name, content: &str, mode| File { name, content: content.as_bytes().to_vec(), mode };
        let mut files = vec![file("run", "#!/bin/sh\n", Mode::Program), file("log/run", "#!/bin/sh\n", Mode::Program)];
        files.push(file("environment", "A=\"1\"\n", Mode::Private));
        files.extend(down.then(|| file("down", "", Mode::Text)));
        Service { name: name.into(), files }
    }

    #[test]
    fn services_come_and_go() {
        let path = place("services");
        prepare(&path, None).unwrap();
        let state = State::open(&path).unwrap();
        state.put(&service("web", true)).unwrap();
        assert!(state.is_same(&service("web", true)) && !state.is_same(&service("web", false)));
        assert!(!state.is_same(&service("db", true)) && !state.is_inhabited());
        assert_eq!(state.names(), ["web"]);
        let mode = |name: &str| fs::facts_of(path.join("scan/web").join(name)).unwrap().mode;
        assert_eq!(
            (mode("run"), mode("environment"), mode("log/run"), mode("supervise")),
            (0o755, 0o600, 0o755, 0o700)
        );
        assert_eq!(state.take_away("web"), Ok(path.join("gone/web.0")));
        state.put(&service("web", false)).unwrap();
        assert_eq!(state.take_away("web"), Ok(path.join("gone/web.1")));
        state.sweep();
        assert!(fs::facts_of(path.join("gone/web.0")).is_err() && state.names().is_empty());
        state.end();
        assert!(fs::facts_of(&path).is_err());
    }

    #[test]
    fn it_is_ours_alone() {
        let path = place("ours");
        prepare(&path, None).unwrap();
        let state = State::open(&path).unwrap();
        state.replace(SERVERS, "x").unwrap();
        assert_eq!(state.read(SERVERS).as_deref(), Some("x"));
        assert_eq!(State::open(&path).unwrap_err(), Trouble::Taken);
        state.end();
        prepare(&path, None).unwrap();
        fs::set_mode_of(&path, 0o755).unwrap();
        assert_eq!(State::open(&path).unwrap_err(), Trouble::NotOurs(path.clone()));
        std::fs::remove_dir_all(&path).unwrap();
    }
}
