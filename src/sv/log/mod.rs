//! `sv log`: what services have logged, and what they log from now on. There is nothing behind it but the files: their
//! places are asked of the loggers (`finding`), and each is read in its order, also while its logger goes from file to
//! file (`stream`).

mod finding;
mod following;
mod line;
mod options;
mod stream;

use super::names::Places;
use super::options::Request;
use super::output::{Output, shown_name};
use crate::cli::message::{printable, to_stderr};
use crate::logdir::logger::Outlet;
use crate::logdir::merge::{Twins, earliest};
use crate::service::machine::Role;
use crate::supervise::client::Service;
use crate::sys::errno::Reason;
use crate::sys::{clock, io};
use crate::tai64::Label;
use finding::Found;
use line::Look;
use options::Lines;
pub(super) use options::{Asked, fail, read};
use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use stream::{Extent, Stream};

/// All the logs that are shown, as one.
#[derive(Debug)]
struct Logs {
    /// Each with the number of its service and its logger.
    streams: Vec<(Source, Stream)>,
    /// By service, what was shown of it last where a logger writes to several places.
    twins: Vec<[Twins; 2]>,
    look: Look,
    /// What is older is not shown.
    since: Option<Label>,
}

/// Which service, and whether it is its standard error.
type Source = (usize, bool);

/// Shows what is asked for.
pub(super) fn run(request: &Request, asked: &Asked, output: &mut Output) {
    let places = Places::new(&request.directory);
    let services = places.resolve(&request.services, output);
    let mut logs = Logs {
        streams: Vec::new(),
        twins: vec![Default::default(); services.len()],
        look: look(&services, asked),
        since: asked.since.map(|span| earlier(clock::label(), span)),
    };
    for (number, service) in services.iter().enumerate() {
        logs.open(number, service, asked, output);
    }
    logs.show(output);
    output.flush();
    if asked.follow && !logs.streams.is_empty() {
        following::follow(&mut logs, output);
    }
}

/// The file that one logger of a service writes into now, if there is one.
pub fn newest(service: &Service<'_>, role: Role) -> Option<PathBuf> {
    let Found::In(outlets) = finding::find(service, role) else { return None };
    let path = |outlet: Outlet| match outlet {
        Outlet::Directory(path) => PathBuf::from(OsString::from_vec(path)).join("current"),
        Outlet::File(path) => PathBuf::from(OsString::from_vec(path)),
    };
    outlets.into_iter().next().map(path)
}

/// The last lines of a service's log, fit to be shown; nothing where there is no log.
pub(super) fn tail(service: &Service<'_>, role: Role, lines: u64) -> Option<Vec<String>> {
    let Found::In(outlets) = finding::find(service, role) else { return None };
    let mut stream = Stream::open(outlets.first()?, Extent::UpToNow).ok()?;
    stream.go_to_last(lines);
    let look = Look { names: vec![Vec::new()], ..Look::default() };
    let mut shown = Vec::new();
    while stream.next().is_some() {
        let Some(line) = stream.take() else { break };
        let mut text = Vec::new();
        look.write(&mut text, 0, &line);
        shown.push(shown_name(&text));
    }
    Some(shown)
}

fn look(services: &[Service<'_>], asked: &Asked) -> Look {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let names = services.iter().map(|service| service.name().to_vec()).collect();
    Look { names, json: asked.json, colours: !plain && io::is_terminal(io::stdout()) }
}

fn earlier(label: Label, span: core::time::Duration) -> Label {
    Label { unix: label.unix.saturating_sub_unsigned(span.as_secs()), ..label }
}

impl Logs {
    fn open(&mut self, number: usize, service: &Service<'_>, asked: &Asked, output: &mut Output) {
        // A service may have either logger; that there is none is told as of one without any.
        let has_errors = service.has(Role::ErrorLogger.directory()) == Ok(true);
        if !has_errors || service.has(Role::Logger.directory()) != Ok(false) {
            self.open_one((number, false), service, asked, output);
        }
        if has_errors {
            self.open_one((number, true), service, asked, output);
        }
    }

    fn open_one(&mut self, source: Source, service: &Service<'_>, asked: &Asked, output: &mut Output) {
        let extent = if asked.follow { Extent::Endless } else { Extent::UpToNow };
        let role = if source.1 { Role::ErrorLogger } else { Role::Logger };
        match finding::find(service, role) {
            Found::Nothing(why) => cannot(b"fail: ", service.name(), &why, output),
            Found::In(outlets) => {
                for outlet in outlets {
                    match Stream::open(&outlet, extent) {
                        Ok(mut stream) => {
                            position(&mut stream, asked, self.since);
                            self.streams.push((source, stream));
                        }
                        Err(errno) => {
                            let why = [b"unable to open ", outlet.path(), b": ", errno.reason().as_bytes()].concat();
                            cannot(b"warning: ", service.name(), &why, output);
                        }
                    }
                }
            }
        }
    }

    /// Shows all that there is now.
    fn show(&mut self, output: &mut Output) {
        self.streams.iter_mut().for_each(|(_, stream)| stream.look_again());
        while let Some(at) = earliest(self.streams.iter_mut().map(|(_, stream)| stream.next())) {
            self.show_one(at, output);
        }
        self.tell_compressed(output);
    }

    fn show_one(&mut self, at: usize, output: &mut Output) {
        let Some(source @ (number, errors)) = self.streams.get(at).map(|(source, _)| *source) else { return };
        let several = self.streams.iter().filter(|(of, _)| *of == source).count() > 1;
        let Some((_, stream)) = self.streams.get_mut(at) else { return };
        let Some(line) = stream.take() else { return };
        if self.since.is_some_and(|since| line.label < since) {
            return;
        }
        let twins = self
            .twins
            .get_mut(number)
            .map(|[out, err]| if errors { err } else { out })
            .filter(|_| several && line.stamp.is_some());
        if twins.is_some_and(|twins| twins.is_one(at, line.label, &line.bytes)) {
            return;
        }
        self.look.write(output.line(), number, &line);
        output.say(b"\n");
    }

    /// Old files that cannot be read by us are told of, once.
    fn tell_compressed(&mut self, output: &mut Output) {
        for ((number, _), stream) in &mut self.streams {
            let Some(path) = stream.take_compressed() else { continue };
            let name = self.look.names.get(*number).map(Vec::as_slice).unwrap_or_default();
            output.flush();
            to_stderr(&[&b"warning: "[..], &printable(name), b": compressed, and not shown: ", &path, b"\n"].concat());
        }
    }
}

/// Goes to where a log is to be shown from.
fn position(stream: &mut Stream, asked: &Asked, since: Option<Label>) {
    match (asked.lines, since) {
        (Lines::Last(lines), _) => stream.go_to_last(lines),
        (Lines::All, Some(since)) => stream.go_to_time(since),
        (Lines::All, None) => stream.go_to_begin(),
    }
}

/// Says why a log is not shown, on standard error: standard output is the logs' alone.
fn cannot(kind: &[u8], name: &[u8], why: &[u8], output: &mut Output) {
    output.count_failure();
    output.flush();
    to_stderr(&[kind, &printable(name), b": ", why, b"\n"].concat());
}
