//! Switches the directory of services that runsvdir runs.
#![forbid(unsafe_code)]

use crate::cli::message::{Voice, to_stdout};
use crate::cli::options::{Called, Usage};
use crate::exit::Exit;
use crate::sys::door::Args;
use crate::sys::fs::{Dir, Kind};
use crate::sys::{Errno, Result};
use argh::{ArgsInfo, FromArgs};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Make another directory in /etc/runit/runsvdir the current one.
#[derive(FromArgs, ArgsInfo)]
struct Options {}

const USAGE: Usage = Usage { program: "runsvchdir", line: "dir", called: Called::AsGiven, exit: Exit(1) };

/// Where the directories are, and the links to them.
const DEFAULT: &str = "/etc/runit/runsvdir";

/// What says otherwise.
const VARIABLE: &str = "RUNSVDIR";

const CURRENT: &str = "current";
const FRESH: &str = "current.new";
const PREVIOUS: &str = "previous";

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    if let Err(exit) = USAGE.parse_bare::<Options>(args) {
        return exit;
    }
    let name = args.first().copied().unwrap_or_default();
    let Some(wanted) = args.get(1) else {
        return USAGE.fail(name);
    };
    let switch = Switch { voice: Voice::new(&[name.as_bytes()]), wanted };
    let place = std::env::var_os(VARIABLE).filter(|place| !place.is_empty()).unwrap_or_else(|| DEFAULT.into());
    match switch.make(&place) {
        Ok(news) => {
            to_stdout(&[b"runsvchdir: ", wanted.as_bytes(), b": ", news, b".\n"].concat());
            Exit::OK
        }
        Err(exit) => exit,
    }
}

/// What every step says when it fails.
struct Switch<'a> {
    voice: Voice,
    wanted: &'a OsStr,
}

type Step<T> = core::result::Result<T, Exit>;

impl Switch<'_> {
    /// What is to be told of the directory.
    fn make(&self, place: &OsString) -> Step<&'static [u8]> {
        let wanted = self.wanted.as_bytes();
        if wanted.starts_with(b".") {
            self.voice.refuse(&[wanted, b": must not start with a dot."]);
            return Err(Exit::FATAL);
        }
        let dir = self.done(Dir::open(place), &[b"unable to chdir: ", place.as_bytes()])?;
        let new = self.done(dir.facts(self.wanted), &[wanted])?;
        if new.kind != Kind::Directory {
            self.voice.refuse(&[wanted, b"not a directory."]);
            return Err(Exit::FATAL);
        }
        let old = self.done(dir.facts(CURRENT), &[b"unable to stat: ", CURRENT.as_bytes()])?;
        if old.id == new.id {
            return Ok(b"current");
        }
        self.replace(&dir)?;
        Ok(b"now current")
    }

    /// The two links in one step, so that there is a current directory at every moment. What was current may be a
    /// directory itself: names are exchanged, nothing is removed.
    fn replace(&self, dir: &Dir) -> Step<()> {
        self.done(absent(dir.remove(FRESH)), &[b"unable to unlink: ", FRESH.as_bytes()])?;
        let link = dir.link(self.wanted, FRESH);
        self.done(link, &[b"unable to create: ", FRESH.as_bytes(), b" -> ", self.wanted.as_bytes()])?;
        self.done(absent(dir.remove(PREVIOUS)), &[b"unable to unlink: ", PREVIOUS.as_bytes()])?;
        if dir.exchange(c"current", c"current.new").is_err() {
            return self.replace_in_two_steps(dir); // the file system, or the kernel, is too old for it
        }
        self.done(dir.rename(FRESH, PREVIOUS), &[b"unable to copy: current to ", PREVIOUS.as_bytes()])
    }

    fn replace_in_two_steps(&self, dir: &Dir) -> Step<()> {
        self.done(dir.rename(CURRENT, PREVIOUS), &[b"unable to copy: current to ", PREVIOUS.as_bytes()])?;
        let moved = dir.rename(FRESH, CURRENT);
        if moved.is_err() {
            let back = dir.rename(PREVIOUS, CURRENT);
            let _ = self.done(back, &[b"unable to move previous back to ", CURRENT.as_bytes()]);
        }
        self.done(moved, &[b"unable to move: current.new to ", CURRENT.as_bytes()])
    }

    fn done<T>(&self, answer: Result<T>, what: &[&[u8]]) -> Step<T> {
        answer.map_err(|why| {
            self.voice.fatal(what, why);
            Exit::FATAL
        })
    }
}

/// A name that is not there need not be removed.
fn absent(removed: Result<()>) -> Result<()> {
    match removed {
        Err(Errno::ENOENT) => Ok(()),
        answer => answer,
    }
}
