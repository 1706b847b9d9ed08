//! The user's end of `supervise/`: whether somebody supervises, what the state is, what shall become of it.
//!
//! Nothing is kept open, so that a thousand services need no more descriptors than one, and nothing changes the
//! current directory: names are looked up from the directory that holds the services.

use super::home::{self, Home, Unknown};
use super::{CONTROL, DIRECTORY, OK, STATUS};
use crate::service::held::{self, FRESH, HELD, Held};
use crate::service::machine::Role;
use crate::service::record::{self, Report};
use crate::service::status::{self, Status};
use crate::sys::fs::{self, Dir, How, Kind, Replace};
use crate::sys::{Errno, Result, io};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A directory with services in it.
#[derive(Debug)]
pub struct Place {
    path: Vec<u8>,
    dir: Result<Dir>,
    /// SVSTATE: where the state of all services is, if not in their directories.
    state: Option<PathBuf>,
}

/// A service, by its place and its name there. The name may be a path; an absolute one leads elsewhere.
#[derive(Clone, Debug)]
pub struct Service<'p> {
    place: &'p Place,
    name: Cow<'static, [u8]>,
    /// Its own directory, or the one of the service whose logger it is, and the way from there.
    inside: Option<(&'p Dir, &'static str)>,
}

/// Which step of asking or telling a service failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its directory cannot be entered.
    Directory(Errno),
    /// SVSTATE names no place.
    NoState,
    /// Nobody supervises it.
    NoSupervisor,
    /// `ok` could not be opened.
    OpenOk(Errno),
    /// `status` could not be opened.
    OpenStatus(Errno),
    /// `status` could not be read.
    ReadStatus(Errno),
    /// `status` is too short, or says nothing that a supervisor would.
    BadFormat,
    /// `control` could not be opened.
    OpenControl(Errno),
    /// `control` is something else: a link to a file, perhaps, that is not to be written over.
    NotAFifo,
    /// `held` could not be written.
    WriteHeld(Errno),
    /// `control` did not take what was to be sent.
    WriteControl(Errno),
}

impl Trouble {
    /// What could not be done, and why if a call failed.
    pub fn words(self) -> (&'static str, Option<Errno>) {
        match self {
            Trouble::Directory(errno) => ("unable to change to service directory", Some(errno)),
            Trouble::NoState => ("SVSTATE is not an absolute path", None),
            Trouble::NoSupervisor => ("runsv not running", None),
            Trouble::OpenOk(errno) => ("unable to open supervise/ok", Some(errno)),
            Trouble::OpenStatus(errno) => ("unable to open supervise/status", Some(errno)),
            Trouble::ReadStatus(errno) => ("unable to read supervise/status", Some(errno)),
            Trouble::BadFormat => ("unable to read supervise/status: bad format", None),
            Trouble::OpenControl(errno) => ("unable to open supervise/control", Some(errno)),
            Trouble::NotAFifo => ("supervise/control exists but is not a fifo", None),
            Trouble::WriteHeld(errno) => ("unable to write supervise/held", Some(errno)),
            Trouble::WriteControl(errno) => ("unable to write to supervise/control", Some(errno)),
        }
    }
}

/// What a user's end answers.
pub type Answer<T> = core::result::Result<T, Trouble>;

impl Place {
    /// A directory by path. If it cannot be reached, each service in it tells.
    pub fn new(path: &OsStr) -> Place {
        Place { path: path.as_bytes().to_vec(), dir: Dir::reach(path), state: home::top() }
    }

    /// The directory that we are in.
    pub fn here() -> Place {
        Place { path: Vec::new(), dir: Dir::reach("."), state: home::top() }
    }

    /// A service in it.
    pub fn service(&self, name: impl Into<Cow<'static, [u8]>>) -> Service<'_> {
        Service { place: self, name: name.into(), inside: None }
    }

    /// The names in it that may be services, in their order.
    pub fn names(&self) -> Result<Vec<OsString>> {
        let mut names = self.dir()?.names()?;
        names.retain(|name| self.dir().is_ok_and(|dir| super::is_service(dir, name)));
        names.sort_unstable();
        Ok(names)
    }

    fn dir(&self) -> Result<&Dir> {
        self.dir.as_ref().map_err(|errno| *errno)
    }
}

impl<'p> Service<'p> {
    /// Its directory, for `inside`.
    pub fn directory(&self) -> Result<Dir> {
        self.within(&["."], |dir, path| dir.dir(path))
    }

    /// The same, looked at from its own directory: the way there is gone once and not for every file.
    pub fn inside<'d>(&self, directory: &'d Dir) -> Service<'d>
    where
        'p: 'd,
    {
        Service { place: self.place, name: self.name.clone(), inside: Some((directory, "")) }
    }

    /// Its name, as it was asked for.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// One of its loggers, which are supervised like a service.
    pub fn logger(&self, role: Role) -> Self {
        let name = [self.name(), b"/", role.directory().as_bytes()].concat();
        let inside = self.inside.map(|(directory, _)| (directory, role.directory()));
        Service { place: self.place, name: Cow::Owned(name), inside }
    }

    /// Whether its directory can be entered.
    pub fn enter(&self) -> Answer<()> {
        self.has(".").map(drop).map_err(Trouble::Directory)
    }

    /// Whether there is a file of this name in its directory.
    pub fn has(&self, file: &str) -> Result<bool> {
        match self.within(&[file], |dir, path| dir.facts(path)) {
            Ok(_) => Ok(true),
            Err(Errno::ENOENT) if file != "." => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// What its supervisor tells beyond that, if it is one of ours.
    pub fn report(&self) -> Answer<Report> {
        self.supervised()?;
        let mut bytes = [0; 2 * (status::SIZE + record::SIZE)];
        let file = self.open(STATUS, How::Read).map_err(Trouble::OpenStatus)?;
        let length = io::read(file, &mut bytes).map_err(Trouble::ReadStatus)?;
        Report::unpack(bytes.get(..length).unwrap_or_default()).ok_or(Trouble::BadFormat)
    }

    /// Writes down that it is held, for its supervisor to read.
    pub fn hold(&self, held: &Held) -> Answer<()> {
        let dir = Dir::reach(self.supervise()).map_err(Trouble::WriteHeld)?;
        dir.replace(HELD, FRESH, &held.text()).map_err(|step| match step {
            Replace::Open(errno) | Replace::Write(errno) | Replace::Rename(errno) => Trouble::WriteHeld(errno),
            Replace::Partial => Trouble::WriteHeld(Errno::ENOSPC),
        })
    }

    /// Whether it is held, and how.
    pub fn held(&self) -> Option<Held> {
        let file = self.open(HELD, How::Read).ok()?;
        let mut bytes = [0; held::LONGEST];
        let length = io::read(file, &mut bytes).ok()?;
        Held::parse(bytes.get(..length)?)
    }

    /// What a file of it says.
    pub fn read(&self, file: &str) -> Result<Vec<u8>> {
        self.within(&[file], |dir, path| dir.file(path, How::Read)).and_then(io::read_all)
    }

    /// Its state. This is the quick way: whether the directory can be entered is asked only when something else failed.
    pub fn status(&self) -> Answer<Status> {
        self.supervised()?;
        let mut bytes = [0; status::SIZE];
        let file = self.open(STATUS, How::Read).map_err(Trouble::OpenStatus)?;
        let length = io::read(file, &mut bytes).map_err(Trouble::ReadStatus)?;
        Status::unpack(bytes.get(..length).unwrap_or_default()).ok_or(Trouble::BadFormat)
    }

    /// Proof that somebody supervises: the writing end of `ok`, which has trouble as soon as nobody does.
    pub fn supervised(&self) -> Answer<OwnedFd> {
        self.open(OK, How::Write).map_err(|errno| match errno {
            Errno::ENXIO => Trouble::NoSupervisor,
            errno => self.enter().err().or(self.no_state()).unwrap_or(Trouble::OpenOk(errno)),
        })
    }

    /// Whether commands have been sent to it that its supervisor has not taken yet.
    pub fn has_unread(&self) -> bool {
        self.open(CONTROL, How::Write).and_then(io::unread).is_ok_and(|bytes| bytes > 0)
    }

    /// Sends commands, in one piece.
    pub fn send(&self, commands: &[u8]) -> Answer<()> {
        let control = self.open(CONTROL, How::Write).map_err(|errno| match errno {
            Errno::ENXIO => Trouble::NoSupervisor,
            errno => Trouble::OpenControl(errno),
        })?;
        if fs::facts(&control).is_ok_and(|facts| facts.kind != Kind::Fifo) {
            return Err(Trouble::NotAFifo);
        }
        // So few bytes go into a fifo all at once or not at all.
        match io::unsignalled(|| io::write(control, commands)) {
            Ok(_) => Ok(()),
            Err(Errno::EPIPE) => Err(Trouble::NoSupervisor), // it has just left
            Err(errno) => Err(Trouble::WriteControl(errno)),
        }
    }

    /// The path of a file of it, as seen from the current directory, for calls that take nothing but a path.
    pub fn path(&self, file: &str) -> OsString {
        let mut path = self.place.path.clone();
        if self.name.starts_with(b"/") {
            path.clear();
        } else if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(&self.name);
        path.push(b'/');
        path.extend_from_slice(file.as_bytes());
        OsString::from_vec(path)
    }

    /// The path of its `supervise/`.
    pub fn supervise(&self) -> OsString {
        match self.away() {
            Some(Ok(home)) => home.supervise().into_owned().into_os_string(),
            _ => self.path(DIRECTORY),
        }
    }

    fn open(&self, file: &str, how: How) -> Result<OwnedFd> {
        match self.away() {
            None => self.within(&[DIRECTORY, file], |dir, path| dir.file(path, how)),
            Some(Ok(home)) => home.file(self.place.dir()?, file, how),
            Some(Err(Unknown::Path(errno))) => Err(errno),
            Some(Err(Unknown::Relative)) => Err(Errno::EINVAL),
        }
    }

    /// Where its state is, if not in its directory.
    fn away(&self) -> Option<core::result::Result<Home, Unknown>> {
        let top = self.place.state.as_deref()?;
        Some(Home::find(Some(top), Path::new(&self.path("."))))
    }

    fn no_state(&self) -> Option<Trouble> {
        (self.away() == Some(Err(Unknown::Relative))).then_some(Trouble::NoState)
    }

    /// Calls with the path of a file of it, as seen from its place. That happens several times for each service, of
    /// which there may be thousands: a path of usual length is put together on the stack.
    fn within<T>(&self, file: &[&str], call: impl FnOnce(&Dir, &Path) -> Result<T>) -> Result<T> {
        if self.name.is_empty() {
            return Err(Errno::ENOENT); // what is no name must not become a path that begins with a slash
        }
        let (dir, way) = match self.inside {
            Some((dir, way)) => (dir, way.as_bytes()),
            None => (self.place.dir()?, self.name()),
        };
        let mut short = [0; USUAL];
        let mut left = &mut short[..];
        let mut pieces =
            [way].into_iter().chain(file.iter().map(|piece| piece.as_bytes())).filter(|piece| !piece.is_empty());
        let put = |piece: &[u8], left: &mut &mut [u8]| left.write_all(piece).is_ok();
        let first = pieces.next().is_none_or(|piece| put(piece, &mut left));
        if first && pieces.all(|piece| put(b"/", &mut left) && put(piece, &mut left)) {
            let unused = left.len();
            let path = short.get(..USUAL - unused).unwrap_or_default();
            return call(dir, Path::new(OsStr::from_bytes(path)));
        }
        let path = [way, b"/", file.join("/").as_bytes()].concat(); // longer than anything that starts inside
        call(dir, Path::new(OsStr::from_bytes(&path)))
    }
}

/// Where services are unless SVDIR says otherwise.
pub const SERVICES: &str = "/etc/service";

/// Whether a service's name is meant from the current directory, not from the directory of services.
pub fn is_path(name: &[u8]) -> bool {
    matches!(name, [] | [b'/' | b'.', ..] | [.., b'/'])
}

/// Longer paths are put together on the heap.
const USUAL: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn path(place: &str, name: &'static str) -> OsString {
        let place = Place { path: place.into(), dir: Err(Errno::ENOENT), state: None };
        place.service(name.as_bytes()).supervise()
    }

    #[test]
    fn a_path_leads_where_the_name_does() {
        assert_eq!(path("/etc/service", "web"), "/etc/service/web/supervise");
        assert_eq!(path("", "./web"), "./web/supervise");
        assert_eq!(path("", "/srv/web"), "/srv/web/supervise");
    }

    #[test]
    fn no_name_is_no_service() {
        let here = Place::here();
        assert_eq!(here.service(&b""[..]).status(), Err(Trouble::Directory(Errno::ENOENT)));
    }

    #[test]
    fn a_long_name_is_as_good_as_a_short_one() {
        let here = Place::here();
        for depth in [1, 60, 124, 125, 126, 127, 128, 129, 500] {
            let name = ["./".repeat(depth).as_bytes(), b"src"].concat();
            assert_eq!(here.service(name.clone()).enter(), Ok(()), "{depth}");
            assert_eq!(here.service(name).status(), Err(Trouble::OpenOk(Errno::ENOENT)), "{depth}");
        }
    }

    #[test]
    fn the_step_that_failed_is_told() {
        let here = Place::here();
        let status = |name: &'static str| here.service(name.as_bytes()).status();
        assert_eq!(status("./no such directory"), Err(Trouble::Directory(Errno::ENOENT)));
        assert_eq!(status("./src"), Err(Trouble::OpenOk(Errno::ENOENT)));
        assert_eq!(status("./Cargo.toml"), Err(Trouble::Directory(Errno::ENOTDIR)));
    }
}
