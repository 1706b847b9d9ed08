//! Where `supervise/` is: in the service directory; or, where SVSTATE names a directory for the state of all services,
//! in `$SVSTATE/NAME`, so that service directories may be read-only.
//!
//! NAME is the last name of the service directory's real path, with every link resolved: so everybody comes to the
//! same one, whichever way he came. A path that ends in `log` or `errlog` gives its last two, `NAME/log`, as for a logger. A link
//! `$SVSTATE/NAME/service` says which directory it is, and one of another path finds nobody there: of two services of
//! the same name only one can be supervised, and nobody takes the one for the other.

use super::{DIRECTORY, STATUS};
use crate::service::machine::Role;
use crate::sys::fs::{self, Dir, How};
use crate::sys::{Errno, Result, process};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The link in a home that says whose it is.
const SERVICE: &str = "service";

/// The last names of loggers' directories.
const LOGS: [&str; 2] = [Role::Logger.directory(), Role::ErrorLogger.directory()];

/// Where the state of one service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// In its own directory.
    Own,
    /// Below SVSTATE.
    Away(Box<Away>),
}

/// A directory below SVSTATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// SVSTATE.
    top: PathBuf,
    /// What is this service's below it.
    name: PathBuf,
    /// The real path of the service directory.
    service: PathBuf,
}

/// Why it cannot be told where the state of a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// SVSTATE begins with no slash: each program would understand it in its own way.
    Relative,
    /// The service directory has no path.
    Path(Errno),
}

/// The directory for the state of all services, where there is one.
pub fn top() -> Option<PathBuf> {
    process::variable("SVSTATE").filter(|value| !value.is_empty()).map(PathBuf::from)
}

impl Home {
    /// That of the service in this directory.
    pub fn find(top: Option<&Path>, service: &Path) -> core::result::Result<Home, Unknown> {
        let Some(top) = top else { return Ok(Home::Own) };
        if !top.is_absolute() {
            return Err(Unknown::Relative);
        }
        let service = fs::real_path(service).map_err(Unknown::Path)?;
        let name = name(&service).ok_or(Unknown::Path(Errno::EINVAL))?;
        Ok(Home::Away(Box::new(Away { top: top.to_owned(), name, service })))
    }

    /// What stands before `supervise/` where its files are spoken of.
    pub fn shown(&self, role: Role) -> Cow<'static, [u8]> {
        match (self, role) {
            (Home::Own, Role::Service) => Cow::Borrowed(b""),
            (Home::Own, Role::Logger) => Cow::Borrowed(b"log/"),
            (Home::Own, Role::ErrorLogger) => Cow::Borrowed(b"errlog/"),
            (Home::Away(away), _) => Cow::Owned(away.path("").into_os_string().into_vec()),
        }
    }

    /// The path of `supervise/`, as seen from the service directory.
    pub fn supervise(&self) -> Cow<'static, Path> {
        match self {
            Home::Own => Cow::Borrowed(Path::new(DIRECTORY)),
            Home::Away(away) => Cow::Owned(away.path(DIRECTORY)),
        }
    }

    /// Opens a file of `supervise/`. In what is another service's nobody supervises this one.
    pub fn file(&self, service: &Dir, name: &str, how: How) -> Result<OwnedFd> {
        if matches!(self, Home::Away(away) if away.is_taken()) {
            return Err(Errno::ENXIO);
        }
        service.file(self.supervise().join(name), how)
    }

    /// Makes the directories above `supervise/`, and that itself, as a supervisor does.
    pub fn make(&self) -> Result<()> {
        let Home::Away(away) = self else { return Ok(()) };
        let mut path = away.top.clone();
        make(&path, 0o755)?;
        for name in &away.name {
            path.push(name);
            make(&path, 0o755)?;
        }
        make(&away.path(DIRECTORY), 0o700)
    }
}

impl Away {
    /// SVSTATE.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Whose it is: the real path of a service directory.
    pub fn owner(&self) -> Option<PathBuf> {
        fs::read_link(self.path(SERVICE)).ok().map(PathBuf::from)
    }

    /// Whether it is another service's.
    pub fn is_taken(&self) -> bool {
        self.owner().is_some_and(|owner| owner != self.service)
    }

    /// Makes it this service's. Only for who has the lock.
    pub(super) fn take(&self) -> Result<()> {
        if self.owner().as_ref() == Some(&self.service) {
            return Ok(());
        }
        let dir = Dir::reach(self.path(""))?;
        // The state that it shows is another's; what it tells of the past is kept. Neither need be there.
        let _ = dir.remove(Path::new(DIRECTORY).join(STATUS));
        let _ = dir.remove("service.new");
        dir.link(&self.service, "service.new")?;
        dir.rename("service.new", SERVICE)
    }

    /// The path of a file in it, or with a slash behind it that of itself.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.top.join(&self.name).join(file)
    }
}

/// There may be one already.
fn make(path: &Path, mode: u32) -> Result<()> {
    match fs::make_dir(path, mode) {
        Err(Errno::EEXIST) => Ok(()),
        answer => answer,
    }
}

fn name(service: &Path) -> Option<PathBuf> {
    let last = service.file_name()?;
    let above = service.parent().and_then(Path::file_name).filter(|_| LOGS.iter().any(|log| last == OsStr::new(log)));
    Some(above.into_iter().chain([last]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> Option<PathBuf> {
        name(Path::new(path))
    }

    #[test]
    fn a_name_is_the_last_of_the_real_path_and_a_logger_has_its_service_s() {
        assert_eq!(named("/etc/sv/web"), Some("web".into()));
        assert_eq!(named("/etc/sv/web/log"), Some("web/log".into()));
        assert_eq!(named("/etc/sv/web/errlog"), Some("web/errlog".into()));
        assert_eq!(named("/etc/sv/web.log"), Some("web.log".into()));
        assert_eq!(named("/log"), Some("log".into()));
        assert_eq!(named("/"), None);
    }

    #[test]
    fn without_the_variable_all_is_in_the_service_directory() {
        assert_eq!(Home::find(None, Path::new("/no such")), Ok(Home::Own));
        assert_eq!(Home::Own.supervise(), Path::new("supervise"));
        assert_eq!(*Home::Own.shown(Role::Logger), *b"log/");
    }

    #[test]
    fn with_it_nothing_is() {
        let home = Home::find(Some(Path::new("/run/keepup")), Path::new("src/../src/.")).unwrap();
        assert_eq!(home.supervise(), Path::new("/run/keepup/src/supervise"));
        assert_eq!(*home.shown(Role::Service), *b"/run/keepup/src/");
        let missing = Home::find(Some(Path::new("/run/keepup")), Path::new("no such"));
        assert_eq!(missing, Err(Unknown::Path(Errno::ENOENT)));
    }

    #[test]
    fn a_relative_path_means_something_else_everywhere() {
        assert_eq!(Home::find(Some(Path::new("run")), Path::new("src")), Err(Unknown::Relative));
    }
}
