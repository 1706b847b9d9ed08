//! `sv reexec`: supervisors replace themselves by the programs that are there now; the services notice nothing. Whether
//! one did is told by its journal.

use super::behind::{self, usage};
use crate::cli::options::{Bytes, leading_number};
use crate::exit::{Exit, Pid};
use crate::moment::Moment;
use crate::service::command::REEXEC;
use crate::service::journal::{Cursor, Event, Key, Line};
use crate::service::mark::Mark;
use crate::signal::Signal;
use crate::supervise::MARK;
use crate::supervise::client::Service;
use crate::supervise::reader::{Alarm, Reader};
use crate::sv::names::Places;
use crate::sv::options::{Call, limited, usual_wait};
use crate::sv::output::{Output, shown_name};
use crate::sys::errno::Reason;
use crate::sys::fs::{self, How};
use crate::sys::handover::{announced, awaits};
use crate::sys::reactor::{Direction, Reactor, Token};
use crate::sys::{clock, io, process, processes};
use argh::{ArgsInfo, FromArgs};
use core::time::Duration;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Have supervisors replace themselves by the programs that are there now.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// for so many seconds at most (7, or $SVWAIT)
    #[argh(option, short = 'w')]
    wait: Vec<Bytes>,
}

/// How often to look where nobody tells of changes.
const LOOK: Duration = Duration::from_millis(250);

/// How often to look whether `runsvdir` was replaced, which nobody tells.
const SOON: Duration = Duration::from_millis(50);

/// One that was asked.
struct Asked<'p> {
    service: Service<'p>,
    reader: Reader,
    cursor: Cursor,
    over: bool,
}

pub(super) fn run(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let (options, named) = behind::read::<Options>(&usage("reexec [-w sec] [service ...]"), call)?;
    let span = options.wait.last().map(|given| limited(leading_number(given.0.as_bytes())));
    let deadline = clock::moment() + span.or(call.wait).unwrap_or_else(usual_wait);
    let places = Places::new(&call.directory);
    let all = named.is_empty();
    let services = places.resolve(&behind::services(named), output);
    let above = if all { runsvdir_of(&services) } else { None };
    let asked = services.into_iter().filter_map(|service| ask(service, output)).collect();
    wait(asked, deadline, output);
    if let Some(pid) = above {
        above_all(pid, deadline, output);
    }
    Ok(())
}

/// Who has started them, if that is a `runsvdir` which can replace itself: to any other the signal would be the end.
fn runsvdir_of(services: &[Service<'_>]) -> Option<Pid> {
    let starter = |service: &Service<'_>| {
        let bytes = fs::open(Path::new(&service.supervise()).join(MARK), How::Read).and_then(io::read_all).ok()?;
        let mark = Mark::unpack(&bytes).filter(|mark| process::world() == Some(mark.world))?;
        let parent = processes::one(mark.supervisor).map(|process| process.parent)?;
        Pid::new(parent).filter(|pid| processes::is_called(*pid, b"runsvdir") && awaits(*pid, Signal::USR2))
    };
    services.iter().find_map(starter)
}

/// It has no journal. That it is another program by now is known by what it was told at its start.
fn above_all(pid: Pid, deadline: Moment, output: &mut Output) {
    let name = format!("runsvdir {pid}");
    let before = announced(pid);
    if let Err(errno) = process::send(pid, Signal::USR2) {
        output.count_failure();
        return output.say(format!("fail: {name}: unable to tell it: {}\n", errno.reason()).as_bytes());
    }
    let Ok(mut reactor) = Reactor::new(&[]) else { return };
    let mut events = Vec::new();
    loop {
        let now = clock::moment();
        if announced(pid).is_some_and(|told| Some(told) != before) {
            return output.say(format!("ok: {name}: replaced\n").as_bytes());
        }
        if now >= deadline || reactor.wait(now, Some(now + SOON), &mut events).is_err() {
            break;
        }
    }
    output.count_failure();
    output.say(format!("timeout: {name}: it goes on as it was; what it has to say is in its log\n").as_bytes());
}

/// What its journal says from now on is the answer.
fn ask<'p>(service: Service<'p>, output: &mut Output) -> Option<Asked<'p>> {
    let mut asked = Asked { service, reader: Reader::default(), cursor: Cursor::START, over: false };
    let report = asked.service.report().map_err(|trouble| output.trouble(asked.service.name(), trouble)).ok()?;
    if report.record.is_none() {
        fail(&asked.service, "its runsv cannot replace itself", output);
        return None;
    }
    let _ = asked.reader.read(asked.service.supervise().as_ref(), &mut asked.cursor); // one that cannot be read is none to go by
    asked.service.send(&[REEXEC]).map_err(|trouble| output.trouble(asked.service.name(), trouble)).ok()?;
    Some(asked)
}

fn fail(service: &Service<'_>, why: &str, output: &mut Output) {
    output.count_failure();
    output.say(format!("fail: {}: {why}\n", shown_name(service.name())).as_bytes());
}

fn wait(mut asked: Vec<Asked<'_>>, deadline: Moment, output: &mut Output) {
    let alarm = Alarm::new().ok();
    let mut told = alarm.is_some();
    for one in &asked {
        told &= alarm.as_ref().is_some_and(|alarm| alarm.add(one.service.supervise().as_ref()));
    }
    let reactor = Reactor::new(&[]).ok();
    let Some(mut reactor) = reactor else { return };
    told &= alarm.as_ref().is_some_and(|alarm| reactor.watch(alarm, Token(0), Direction::Read).is_ok());
    let mut events = Vec::new();
    loop {
        if let Some(alarm) = &alarm {
            alarm.silence();
        }
        asked.iter_mut().for_each(|one| one.look(output));
        asked.retain(|one| !one.over);
        let now = clock::moment();
        if asked.is_empty() || now >= deadline {
            break;
        }
        let next = if told { deadline } else { deadline.min(now + LOOK) };
        if reactor.wait(now, Some(next), &mut events).is_err() {
            break;
        }
    }
    for one in &asked {
        output.count_failure();
        let name = shown_name(one.service.name());
        output.say(format!("timeout: {name}: its runsv does not answer\n").as_bytes());
    }
}

impl Asked<'_> {
    fn look(&mut self, output: &mut Output) {
        let Ok(taken) = self.reader.read(self.service.supervise().as_ref(), &mut self.cursor) else { return };
        let answer = |line: &&Line| matches!(line.event, Some(Event::Reexec | Event::NotReexec));
        let Some(line) = taken.lines.iter().find(answer) else { return };
        self.over = true;
        let text = |key| String::from_utf8_lossy(line.fact(key).unwrap_or_default()).into_owned();
        match line.event {
            Some(Event::Reexec) => {
                let name = shown_name(self.service.name());
                output.say(format!("ok: {name}: runsv is version {}\n", text(Key::Version)).as_bytes());
            }
            _ => fail(&self.service, &format!("not replaced: {}", text(Key::Reason)), output),
        }
    }
}
