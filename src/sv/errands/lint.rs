//! `sv lint`: what in service directories would be misread.

use super::behind::{self, usage};
use crate::exit::Exit;
use crate::service::lint::{Directory, Entry, Finding, Grade, Thing, entries, is_read, needs};
use crate::supervise::client::{Place, Service};
use crate::sv::json::{field, string};
use crate::sv::names::Places;
use crate::sv::needs::neighbours;
use crate::sv::options::{Call, Services};
use crate::sv::output::{Output, shown_name};
use crate::sys::errno::{Errno, Reason};
use crate::sys::fs::{self, Dir, How, Kind};
use crate::sys::io;
use argh::{ArgsInfo, FromArgs};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Find what in service directories would be misread; without names in all of them.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// a JSON object a line for each finding
    #[argh(switch, short = 'j')]
    json: bool,
}

/// Of a file that is longer only the begin is looked at, as its readers do.
const LONGEST: usize = 64 * 1024;

pub(super) fn run(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let (options, named) = behind::read::<Options>(&usage("lint [-j] [directory | service ...]"), call)?;
    let mut found = Vec::new();
    if named.is_empty() {
        tree(&call.directory, b"", &mut found, output);
    }
    let places = Places::new(&call.directory);
    let services = places.resolve(&Services::Named(named), output);
    for service in &services {
        look(&places, service, &mut found, output);
    }
    for finding in &found {
        match options.json || call.json {
            true => output.say(object(finding).as_bytes()),
            false => output.say(format!("{finding}\n").as_bytes()),
        }
    }
    if output.failures() == 0 && found.iter().any(|finding| finding.grade == Grade::Mistake) {
        output.count_failure();
    }
    Ok(())
}

/// One that is named: a service, or a directory of services.
fn look(places: &Places, service: &Service<'_>, found: &mut Vec<Finding>, output: &mut Output) {
    let name = service.name();
    if let Err(trouble) = service.enter() {
        return output.trouble(name, trouble);
    }
    let path = service.path(".");
    let is_service = ["run", "log", "supervise", "finish"].iter().any(|file| service.has(file) == Ok(true));
    if !is_service && has_services(&path) {
        let begin: &[u8] = if name.ends_with(b"/") { b"" } else { b"/" };
        return tree(&path, &[name, begin].concat(), found, output);
    }
    in_service(&path, name, found);
    let graph = neighbours(places, core::slice::from_ref(service));
    let own = [&shown_name(name), "/"].concat();
    let read = |name: &[u8]| places.service(name.to_vec()).read("needs").ok();
    found.extend(needs(&graph, read).into_iter().filter(|finding| finding.file.starts_with(&own)));
}

fn has_services(path: &OsStr) -> bool {
    let names = Place::new(path).names().unwrap_or_default();
    let dir = Dir::reach(path);
    names.iter().any(|name| dir.as_ref().is_ok_and(|dir| dir.facts(join(name.as_bytes(), b"run")).is_ok()))
}

fn join(directory: &[u8], name: &[u8]) -> OsString {
    OsString::from_vec([directory, b"/", name].concat())
}

/// A directory of services. `begin` is what stands before the names that are shown.
fn tree(path: &OsStr, begin: &[u8], found: &mut Vec<Finding>, output: &mut Output) {
    let mut names = match Dir::open(path).and_then(|dir| dir.names()) {
        Ok(names) => names,
        Err(errno) => {
            output.count_failure();
            let why = [": unable to open directory: ", errno.reason(), "\n"].concat();
            return output.say(format!("fail: {}{why}", shown_name(path.as_bytes())).as_bytes());
        }
    };
    names.sort_unstable();
    let entry = |name: &OsString| (shown_name(name.as_bytes()), entry(&join(path.as_bytes(), name.as_bytes())));
    let all: Vec<(String, Entry)> = names.iter().map(entry).collect();
    let before = found.len();
    found.extend(entries(&all));
    for (name, (_, entry)) in names.iter().zip(&all) {
        let hidden = name.as_bytes().starts_with(b".");
        if !hidden && matches!(entry, Entry::Directory { .. }) {
            in_service(&join(path.as_bytes(), name.as_bytes()), name.as_bytes(), found);
        }
    }
    let places = Places::new(path);
    let services = places.resolve(&Services::All, output);
    let read = |name: &[u8]| places.service(name.to_vec()).read("needs").ok();
    found.extend(needs(&neighbours(&places, &services), read));
    let begin = shown_name(begin);
    found.iter_mut().skip(before).for_each(|finding| finding.file.insert_str(0, &begin));
}

fn entry(path: &OsStr) -> Entry {
    match fs::facts_of(path) {
        Ok(facts) if facts.kind == Kind::Directory => {
            Entry::Directory { id: facts.id, has_run: fs::facts_of(join(path.as_bytes(), b"run")).is_ok() }
        }
        Err(Errno::ENOENT | Errno::ELOOP) => Entry::Dangling,
        _ => Entry::Other,
    }
}

/// A service directory.
fn in_service(path: &OsStr, name: &[u8], found: &mut Vec<Finding>) {
    let shown = shown_name(name);
    match Dir::open(path) {
        Err(errno) => {
            let what = format!("unable to open directory: {}", errno.reason());
            found.push(Finding { file: shown, line: None, what, grade: Grade::Mistake });
        }
        Ok(dir) => {
            let things = things(&dir, 1);
            let exists = |word: &[u8]| fs::facts_of(program(path, word)).is_ok();
            let findings = Directory { things: &things, exists: &exists }.findings();
            let with_name = |finding: Finding| Finding { file: format!("{shown}/{}", finding.file), ..finding };
            found.extend(findings.into_iter().map(with_name));
        }
    }
}

/// The path of a program: one that is not absolute is looked for from the service directory on.
fn program(directory: &OsStr, program: &[u8]) -> OsString {
    if program.starts_with(b"/") { OsString::from_vec(program.to_vec()) } else { join(directory.as_bytes(), program) }
}

/// What is in a directory, and in those in it that are read.
fn things(dir: &Dir, depth: u32) -> Vec<(String, Thing)> {
    let mut names = dir.names().unwrap_or_default();
    names.sort_unstable();
    names.into_iter().map(|name| (shown_name(name.as_bytes()), thing(dir, &name, depth))).collect()
}

fn thing(dir: &Dir, name: &OsStr, depth: u32) -> Thing {
    let facts = match dir.facts(name) {
        Ok(facts) => facts,
        Err(_) => return Thing::Dangling,
    };
    let read = depth == 0 || name.to_str().is_some_and(is_read);
    match facts.kind {
        Kind::File => Thing::File {
            executable: facts.mode & 0o100 != 0,
            text: if read { text(dir, name) } else { Ok(Vec::new()) },
        },
        Kind::Directory => {
            let inside = dir.dir(name).ok().filter(|_| read && depth > 0);
            Thing::Directory(inside.map(|inside| things(&inside, depth - 1)).unwrap_or_default())
        }
        Kind::Fifo | Kind::Other => Thing::Other,
    }
}

fn text(dir: &Dir, name: &OsStr) -> Result<Vec<u8>, String> {
    let unable = |errno: Errno| format!("unable to read: {}", errno.reason());
    let file = dir.file(name, How::Read).map_err(unable)?;
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST && io::read_onto(&file, &mut bytes, LONGEST).map_err(unable)? > 0 {}
    Ok(bytes)
}

fn object(finding: &Finding) -> String {
    let mut object = String::from("{\"file\":");
    string(&mut object, &finding.file);
    field(&mut object, "line", finding.line);
    object.push_str(",\"message\":");
    string(&mut object, &finding.what);
    field(&mut object, "note", Some(finding.grade == Grade::Note));
    object.push_str("}\n");
    object
}
