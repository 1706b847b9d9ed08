//! `sv enable` and `sv disable`: whether a service is run, now and at every boot.
//!
//! A service is enabled if the directory of services has it, as a directory or as a link to one, without a file `down`.
//! A link is made and removed; a directory that stands there itself is left, and kept down by a file.

use super::behind::{self, usage};
use crate::cli::message::{base_name, printable};
use crate::cli::options::Usage;
use crate::exit::Exit;
use crate::service::command::Command;
use crate::supervise::client::{Place, Service, is_path};
use crate::sv::options::Call;
use crate::sv::output::Output;
use crate::sys::errno::{Errno, Reason};
use crate::sys::fs::{self, Dir, How, Kind};
use argh::{ArgsInfo, FromArgs};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Have services run, now and at every boot.
#[derive(FromArgs, ArgsInfo)]
struct Enable {}

/// Have services run no more, neither now nor at boot.
#[derive(FromArgs, ArgsInfo)]
struct Disable {}

/// Where services are kept that are enabled by a link, by custom.
const KEPT: &str = "/etc/sv";

/// What was done, or why it was not.
type Done = Result<String, String>;

pub(super) fn enable(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let usage = usage("enable service ...");
    let (Enable {}, named) = behind::read(&usage, call)?;
    each(&usage, call, &named, output, enable_one)
}

pub(super) fn disable(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let usage = usage("disable service ...");
    let (Disable {}, named) = behind::read(&usage, call)?;
    each(&usage, call, &named, output, disable_one)
}

fn each(
    usage: &Usage,
    call: &Call,
    named: &[&'static OsStr],
    output: &mut Output,
    work: fn(&Site, &OsStr) -> Done,
) -> Result<(), Exit> {
    if named.is_empty() {
        return Err(usage.fail(call.called));
    }
    let site = Site { path: Path::new(&call.directory), place: Place::new(&call.directory) };
    for name in named {
        let (kind, what) = match work(&site, name) {
            Ok(what) => ("ok: ", what),
            Err(what) => {
                output.count_failure();
                ("fail: ", what)
            }
        };
        let name = printable(name.as_bytes());
        output.say(&[kind.as_bytes(), &name, b": ", what.as_bytes(), b"\n"].concat());
    }
    Ok(())
}

/// The directory of services.
struct Site<'a> {
    path: &'a Path,
    place: Place,
}

impl Site<'_> {
    fn service(&self, name: &OsStr) -> Service<'_> {
        self.place.service(name.as_bytes().to_vec())
    }

    fn dir(&self) -> Result<Dir, String> {
        Dir::reach(self.path).map_err(|errno| unable("open the directory of services", errno))
    }
}

fn enable_one(site: &Site<'_>, name: &OsStr) -> Done {
    let (link, target) = (base(name)?, target(site, name)?);
    let mut done = Vec::new();
    if let Some(target) = target {
        if fs::facts_of(target.join("run")).is_err() {
            return Err(format!("{} has no run", target.display()));
        }
        done.extend(make_link(site, link, &target)?);
    }
    if let Some(removed) = remove_down(&site.path.join(link))? {
        done.push(removed);
    }
    // One that is supervised already would come up at the next boot only.
    if site.service(link).send(&[Command::Up.byte()]).is_ok() {
        done.push("told to come up".into());
    }
    Ok(told("enabled", &done))
}

/// The name that a service has in the directory of services.
fn base(name: &OsStr) -> Result<&OsStr, String> {
    let mut bytes = name.as_bytes();
    while let [rest @ .., b'/'] = bytes {
        bytes = rest;
    }
    let base = base_name(OsStr::from_bytes(bytes));
    let wrong =
        base.as_bytes().starts_with(b".") || base.is_empty() || !is_path(name.as_bytes()) && base.len() < bytes.len();
    if wrong { Err("this is no name for a service".into()) } else { Ok(base) }
}

/// Where a link would have to lead; nothing if the directory of services has it and no path was said.
fn target(site: &Site<'_>, name: &OsStr) -> Result<Option<PathBuf>, String> {
    let path = match is_path(name.as_bytes()) {
        true => PathBuf::from(name),
        false if fs::facts_of(site.path.join(name)).is_ok() => return Ok(None),
        false => Path::new(KEPT).join(name),
    };
    path.canonicalize().map(Some).map_err(|_| format!("there is no {}", path.display()))
}

fn make_link(site: &Site<'_>, name: &OsStr, target: &Path) -> Result<Option<String>, String> {
    match (fs::facts_of(site.path.join(name)), fs::facts_of(target)) {
        (Ok(there), Ok(wanted)) if there.id == wanted.id => return Ok(None),
        (Ok(_), _) => return Err("the directory of services has another one of this name".into()),
        (Err(_), _) => {}
    }
    site.dir()?.link(target, name).map_err(|errno| unable("make the link", errno))?;
    Ok(Some(format!("link to {}", target.display())))
}

fn remove_down(service: &Path) -> Result<Option<String>, String> {
    let dir = Dir::reach(service).map_err(|errno| unable("open it", errno))?;
    match dir.remove("down") {
        Ok(()) => Ok(Some("down removed".into())),
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(unable("remove down", errno)),
    }
}

fn disable_one(site: &Site<'_>, name: &OsStr) -> Done {
    let name = base(name)?;
    let dir = site.dir()?;
    let path = site.path.join(name);
    match (fs::facts_of_link(&path), dir.read_link(name)) {
        (_, Ok(target)) => {
            dir.remove(name).map_err(|errno| unable("remove the link", errno))?;
            Ok(told("disabled", &[format!("link to {} removed", Path::new(&target).display())]))
        }
        (Ok(facts), _) if facts.kind == Kind::Directory => {
            let service = dir.dir(name).map_err(|errno| unable("open it", errno))?;
            service.own_file("down", How::Append).map_err(|errno| unable("make down", errno))?;
            let mut done = vec!["file down made".to_owned()];
            if site.service(name).send(&[Command::Down.byte()]).is_ok() {
                done.push("told to go down".into());
            }
            Ok(told("disabled", &done))
        }
        (Ok(_), _) => Err("not a directory".into()),
        (Err(errno), _) => Err(unable("find it", errno)),
    }
}

fn told(what: &str, done: &[String]) -> String {
    if done.is_empty() { what.to_owned() } else { format!("{what} ({})", done.join(", ")) }
}

fn unable(what: &str, errno: Errno) -> String {
    format!("unable to {what}: {}", errno.reason())
}
