//! `sv journal`: what happened to services, and what happens to them.

use super::behind::{self, usage};
use crate::cli::message::{printable, to_stderr};
use crate::cli::options::Bytes;
use crate::exit::Exit;
use crate::service::journal::{Cursor, Line};
use crate::supervise::client::Service;
use crate::supervise::reader::{Alarm, Reader};
use crate::sv::json::{field, quoted, since, string};
use crate::sv::names::Places;
use crate::sv::options::{Call, Services};
use crate::sv::output::{Output, shown_name};
use crate::sys::errno::{Errno, Reason};
use crate::sys::fs::Dir;
use crate::sys::reactor::{Direction, Reactor, Token};
use crate::sys::{Result as Answer, clock};
use argh::{ArgsInfo, FromArgs};
use core::time::Duration;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Show what happened to services, by time.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// go on with what happens from now on
    #[argh(switch, short = 'f')]
    follow: bool,
    /// so many lines of each, or all (10)
    #[argh(option, short = 'n')]
    lines: Vec<Bytes>,
    /// a JSON object a line
    #[argh(switch, short = 'j')]
    json: bool,
}

/// As many as `tail` shows.
const LINES: usize = 10;

/// How often to look where nobody tells of changes.
const LOOK: Duration = Duration::from_millis(250);

/// Journals that are shown as one.
struct Journals {
    all: Vec<Journal>,
    json: bool,
}

/// One of them, from its beginning.
struct Journal {
    name: Vec<u8>,
    supervise: PathBuf,
    cursor: Cursor,
    reader: Reader,
}

impl Journal {
    /// One in which nothing has been written yet is empty.
    fn open(service: &Service<'_>) -> Answer<Journal> {
        let supervise = PathBuf::from(service.supervise());
        Dir::reach(&supervise)?;
        Ok(Journal { name: service.name().to_vec(), supervise, cursor: Cursor::START, reader: Reader::default() })
    }
}

pub(super) fn run(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let usage = usage("journal [-fj] [-n lines] service ...");
    let (options, named) = behind::read::<Options>(&usage, call)?;
    let most = match options.lines.last().map(|text| text.0.as_bytes()) {
        None => Some(LINES),
        Some(b"all") => None,
        Some(text) => Some(number(text).ok_or_else(|| usage.fail(call.called))?),
    };
    if named.is_empty() {
        return Err(usage.fail(call.called));
    }
    let places = Places::new(&call.directory);
    let services = places.resolve(&Services::Named(named), output);
    let mut journals = Journals { all: Vec::new(), json: options.json || call.json };
    services.iter().for_each(|service| journals.open(service, output));
    journals.show(most, output);
    output.flush();
    if options.follow && !journals.all.is_empty() {
        journals.follow(output);
    }
    Ok(())
}

fn number(text: &[u8]) -> Option<usize> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

impl Journals {
    fn open(&mut self, service: &Service<'_>, output: &mut Output) {
        match Journal::open(service) {
            Ok(journal) => self.all.push(journal),
            Err(errno) => cannot(service.name(), errno, output),
        }
    }

    /// Shows what is new, at most so many lines of each.
    fn show(&mut self, most: Option<usize>, output: &mut Output) {
        let mut all: Vec<(usize, Line)> = Vec::new();
        for (number, Journal { name, supervise, cursor, reader }) in self.all.iter_mut().enumerate() {
            match reader.read(supervise, cursor) {
                Ok(mut taken) => {
                    if taken.missed > 0 {
                        missed(name, taken.missed, output);
                    }
                    let shown = most.unwrap_or(usize::MAX).min(taken.lines.len());
                    let lines = taken.lines.split_off(taken.lines.len() - shown);
                    all.extend(lines.into_iter().map(|line| (number, line)));
                }
                Err(errno) => cannot(name, errno, output),
            }
        }
        all.sort_by_key(|(_, line)| line.label); // those of one service stay in their order
        all.iter().for_each(|(number, line)| self.line(*number, line, output));
    }

    fn line(&self, number: usize, line: &Line, output: &mut Output) {
        let name = self.all.get(number).map(|journal| journal.name.as_slice()).unwrap_or_default();
        let mut text = String::new();
        if self.json {
            object(&mut text, name, line);
        } else {
            text.push_str(&String::from_utf8_lossy(&line.label.civil().runit(b'_')));
            text.push(' ');
            if self.all.len() > 1 {
                text.push_str(&shown_name(name));
                text.push_str(": ");
            }
            text.push_str(&line.words());
        }
        text.push('\n');
        output.say(text.as_bytes());
    }

    /// Goes on until somebody interrupts it: no signal is handled.
    fn follow(&mut self, output: &mut Output) {
        let Ok(mut reactor) = Reactor::new(&[]) else { return };
        let alarm = Alarm::new().ok().filter(|alarm| self.all.iter().all(|journal| alarm.add(&journal.supervise)));
        let alarm = alarm.filter(|alarm| reactor.watch(alarm, Token(0), Direction::Read).is_ok());
        let mut events = Vec::new();
        loop {
            // After the alarm has been set, so that what came before is not missed.
            self.show(None, output);
            output.flush();
            let now = clock::moment();
            let look = alarm.is_none().then(|| now + LOOK);
            let _ = reactor.wait(now, look, &mut events);
            alarm.iter().for_each(Alarm::silence);
        }
    }
}

/// On standard error: standard output is the journals' alone.
fn cannot(name: &[u8], errno: Errno, output: &mut Output) {
    output.count_failure();
    output.flush();
    let why = errno.reason().as_bytes();
    to_stderr(&[b"fail: ", &*printable(name), b": unable to read supervise/journal: ", why, b"\n"].concat());
}

fn missed(name: &[u8], lines: u64, output: &mut Output) {
    output.flush();
    let what = format!(": {lines} lines of the journal are gone\n");
    to_stderr(&[b"warning: ", &*printable(name), what.as_bytes()].concat());
}

fn object(text: &mut String, name: &[u8], line: &Line) {
    text.push_str("{\"time\":");
    text.push_str(&since(line.label).unwrap_or_else(|| "null".into()));
    text.push_str(",\"service\":");
    string(text, &String::from_utf8_lossy(name));
    field(text, "sequence", Some(line.sequence));
    field(text, "event", line.event.map(quoted));
    for (key, value) in &line.facts {
        let value = String::from_utf8_lossy(value);
        match value.parse::<u64>() {
            Ok(number) if key.is_number() => field(text, &key.to_string(), Some(number)),
            _ => {
                text.push_str(&format!(",\"{key}\":"));
                string(text, &value);
            }
        }
    }
    text.push('}');
}
