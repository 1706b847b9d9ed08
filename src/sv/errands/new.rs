//! `sv new`: writes a service directory.

use super::behind::{read_words, usage};
use crate::cli::message::{base_name, printable};
use crate::cli::options::Bytes;
use crate::exit::Exit;
use crate::service::blueprint::{Blueprint, Make, is_name};
use crate::supervise::client::is_path;
use crate::sv::options::Call;
use crate::sv::output::Output;
use crate::sys::errno::{Errno, Reason};
use crate::sys::fs::{Dir, How, set_mode};
use crate::sys::{Result, io};
use argh::{ArgsInfo, FromArgs};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Write a service directory that runs a command.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// run it as this user (user[:group...], as chpst -u)
    #[argh(option)]
    user: Option<Bytes>,
    /// with a logger
    #[argh(switch)]
    log: bool,
}

pub(super) fn run(call: &Call, output: &mut Output) -> core::result::Result<(), Exit> {
    let usage = usage("new [--user user] [--log] service -- command");
    let end = call.words.iter().position(|word| *word == "--").unwrap_or(call.words.len());
    let (before, command) = call.words.split_at(end);
    let (options, named) = read_words::<Options>(&usage, call.called, before)?;
    let [name] = named.as_slice() else { return Err(usage.fail(call.called)) };
    let command: Vec<&[u8]> = command.iter().skip(1).map(|word| word.as_bytes()).collect();
    if command.is_empty() {
        return Err(usage.fail(call.called));
    }
    let user = options.user.as_ref().map(|user| user.0.as_bytes());
    let blueprint = Blueprint { user, log: options.log, command: &command };
    let files = match blueprint.files() {
        Ok(files) => files,
        Err(what) => {
            fail(name, what.as_bytes(), output);
            return Ok(());
        }
    };
    let (directory, base) = place(call, name);
    if !is_name(base.as_bytes()) {
        fail(name, b"this is no name for a service", output);
        return Ok(());
    }
    match build(&directory, &base, &files) {
        Ok(()) => output.say(&[b"ok: ", &*printable(name.as_bytes()), b": made\n"].concat()),
        Err(Errno::EEXIST) => fail(name, b"there is something of this name already", output),
        Err(errno) => fail(name, &[b"unable to make it: ", errno.reason().as_bytes()].concat(), output),
    }
    Ok(())
}

fn fail(name: &OsStr, what: &[u8], output: &mut Output) {
    output.count_failure();
    output.say(&[b"fail: ", &*printable(name.as_bytes()), b": ", what, b"\n"].concat());
}

/// The directory that it is to be in, and its name there: as everywhere, a name is one in the directory of services.
fn place(call: &Call, name: &OsStr) -> (OsString, OsString) {
    let mut bytes = name.as_bytes();
    while let [rest @ .., b'/'] = bytes {
        bytes = rest;
    }
    let base = base_name(OsStr::from_bytes(bytes));
    let above = bytes.get(..bytes.len() - base.len()).unwrap_or_default();
    let directory = match is_path(name.as_bytes()) {
        true if above.is_empty() => OsString::from("."),
        true => OsString::from_vec(above.to_vec()),
        false => OsString::from_vec([call.directory.as_bytes(), b"/", above].concat()),
    };
    (directory, base.to_owned())
}

/// Makes all of it under a name that nobody looks at, and moves it to its own: `runsvdir` never sees a half.
fn build(directory: &OsStr, name: &OsStr, files: &[Make]) -> Result<()> {
    let above = Dir::reach(directory)?;
    if above.facts_of_link(name).is_ok() {
        return Err(Errno::EEXIST);
    }
    let fresh = OsString::from_vec([b".", name.as_bytes(), b".new"].concat());
    above.make_dir(&fresh, 0o755)?;
    let dir = above.dir(&fresh)?;
    let made = files.iter().try_for_each(|make| build_one(&dir, make)).and_then(|()| above.rename(&fresh, name));
    if made.is_err() {
        for make in files.iter().rev() {
            let _ = match make {
                Make::Directory(name) => dir.remove_dir(name),
                Make::Program(name, _) => dir.remove(name),
            };
        }
        let _ = above.remove_dir(&fresh);
    }
    made
}

fn build_one(dir: &Dir, make: &Make) -> Result<()> {
    match make {
        Make::Directory(name) => dir.make_dir(name, 0o755),
        Make::Program(name, text) => {
            let file = dir.file(name, How::Truncate)?;
            io::write_all(&file, text)?;
            set_mode(&file, 0o755)
        }
    }
}
