//! Starting, stopping and signalling, and waiting until it has come to be. Waiting is for the lines of journals: they
//! tell also what was true for a moment only. Many are told first, in their order, and then waited for together.

use super::command;
use super::ear::Journals;
use super::processes::{Process, Processes, report, service};
use crate::exit::Pid;
use crate::rpc::fault::{Fault, Kind};
use crate::service::command::Command;
use crate::service::journal::{Cause, Cursor, Event, Line};
use crate::service::record::{self, Report};
use crate::service::status::{Phase, Want};
use crate::signal::Signal;
use crate::supervise::client::{Place, Service, Trouble};
use crate::supervise::reader::{Alarm, Reader};
use crate::supervisor::view::View;
use crate::sys::errno::Reason;
use crate::sys::{Errno, process, processes};
use core::time::Duration;
use std::path::{Path, PathBuf};
use tokio::time::{Instant, sleep, timeout};

/// What came of something for one process.
pub(super) type Outcome = (Process, Result<(), Fault>);

/// How long to wait for a supervisor to take a command, where nobody wants to wait for its effect: so that what is asked
/// next is answered with what was asked for before.
const TAKEN: Duration = Duration::from_secs(1);

/// How often to look where nobody tells of changes.
const LOOK: Duration = Duration::from_millis(250);

/// A command that was sent.
struct Sent {
    process: Process,
    /// As the client calls it.
    called: String,
    /// Whether its effect is waited for, or only that it is taken.
    wait: bool,
    since: Instant,
    supervise: PathBuf,
    wish: Wish,
}

enum Wish {
    Start(Box<Start>),
    Stop,
}

/// A start that has been asked for.
struct Start {
    reader: Reader,
    cursor: Cursor,
    /// How many there were before it.
    starts: Option<u32>,
    /// Whether its line was read.
    started: bool,
    /// Whether it was seen to be wanted.
    wanted: bool,
    /// What came of it, by its lines.
    told: Option<Result<(), Kind>>,
}

/// Starts these, each under the name that it is called by.
pub(super) async fn start(processes: &Processes, which: Vec<(Process, String)>, wait: bool) -> Vec<Outcome> {
    let begin = |process: &Process, called: &str, view: &View, service: &Service<'_>| {
        if let Some(unfit) = command::trouble(process) {
            return Err(unfit.fault());
        }
        if view.state.is_running() {
            return Err(Kind::ALREADY_STARTED.about(called));
        }
        let (mut reader, mut cursor) = (Reader::default(), Cursor::START);
        let _ = reader.read(&PathBuf::from(service.supervise()), &mut cursor); // from here on
        let starts = report(service).and_then(|report| report.record).map(|record| record.starts);
        send(service, Command::Up)?;
        Ok(Wish::Start(Box::new(Start { reader, cursor, starts, started: false, wanted: false, told: None })))
    };
    perform(processes, which, wait, begin).await
}

/// Stops these.
pub(super) async fn stop(processes: &Processes, which: Vec<(Process, String)>, wait: bool) -> Vec<Outcome> {
    let begin = |_: &Process, called: &str, view: &View, service: &Service<'_>| {
        if !view.state.is_running() {
            return Err(Kind::NOT_RUNNING.about(called));
        }
        send(service, Command::Down).map(|()| Wish::Stop)
    };
    perform(processes, which, wait, begin).await
}

/// Those that fail at once come first, and the others as they are done.
async fn perform(
    processes: &Processes,
    which: Vec<(Process, String)>,
    wait: bool,
    begin: impl Fn(&Process, &str, &View, &Service<'_>) -> Result<Wish, Fault>,
) -> Vec<Outcome> {
    let place = processes.place();
    let (mut done, mut sent) = (Vec::new(), Vec::new());
    for (process, called) in which {
        let service = service(&place, &process);
        let supervise = PathBuf::from(service.supervise());
        match begin(&process, &called, &processes.look(&process), &service) {
            Ok(wish) => sent.push(Sent { process, called, wait, since: Instant::now(), supervise, wish }),
            Err(fault) => done.push((process, Err(fault))),
        }
    }
    wait_for(&place, sent, &mut done).await;
    done
}

async fn wait_for(place: &Place, mut sent: Vec<Sent>, done: &mut Vec<Outcome>) {
    if sent.is_empty() {
        return;
    }
    let alarm = Alarm::new().ok().and_then(|alarm| Journals::new(alarm).ok());
    let add = |alarm: &Journals| sent.iter().filter(|one| !alarm.inner().add(&one.supervise)).count() == 0;
    let is_told = alarm.as_ref().is_some_and(add);
    loop {
        let mut waiting = Vec::new();
        for mut one in sent {
            match one.outcome(place) {
                Some(answer) => done.push((one.process, answer)),
                None => waiting.push(one),
            }
        }
        sent = waiting;
        if sent.is_empty() {
            return;
        }
        let hurry = sent.iter().any(|one| !one.wait);
        match &alarm {
            Some(alarm) => {
                match is_told && !hurry {
                    true => alarm.heard().await,
                    false => drop(timeout(LOOK, alarm.heard()).await),
                }
                alarm.inner().silence();
            }
            None => sleep(LOOK).await,
        }
    }
}

impl Sent {
    /// What has come of it, once that is known.
    fn outcome(&mut self, place: &Place) -> Option<Result<(), Fault>> {
        let service = service(place, &self.process);
        let report = report(&service);
        if report.is_none() && !command::is_there(&self.process.directory) {
            return Some(match self.wish {
                Wish::Start(_) => Err(Kind::ABNORMAL_TERMINATION.about(&self.called)),
                Wish::Stop => Ok(()),
            });
        }
        let known = match &mut self.wish {
            Wish::Stop => report.as_ref().and_then(|report| stopped(report, self.wait)),
            Wish::Start(start) => {
                let at_once = self.process.sheet.process.startsecs <= 0;
                let answer = start.outcome(&self.supervise, report.as_ref(), self.wait, at_once);
                answer.map(|answer| answer.map_err(|kind| kind.about(&self.called)))
            }
        };
        known.or_else(|| (!self.wait && self.since.elapsed() >= TAKEN).then_some(Ok(())))
    }
}

impl Start {
    /// What has come of it: what its lines tell, but not before the status shows it, which is replaced after them.
    fn outcome(
        &mut self,
        supervise: &Path,
        report: Option<&Report>,
        wait: bool,
        at_once: bool,
    ) -> Option<Result<(), Kind>> {
        let lines = self.reader.read(supervise, &mut self.cursor).map(|taken| taken.lines).unwrap_or_default();
        for line in &lines {
            let told = self.take(line, at_once);
            self.told = self.told.or(told);
        }
        let report = report?;
        if let Some(told) = self.told {
            return self.is_shown(report, told.is_ok()).then_some(told);
        }
        // A start that waits for something else has been taken too.
        let waits = || lines.iter().any(|line| line.event == Some(Event::Waiting));
        if !wait && (waits() || self.started && self.since(report) != Some(0)) {
            return Some(Ok(()));
        }
        self.by_status(report)
    }

    /// What a line tells.
    fn take(&mut self, line: &Line, at_once: bool) -> Option<Result<(), Kind>> {
        match line.event? {
            Event::Start => {
                self.started = true;
                at_once.then_some(Ok(()))
            }
            Event::Ready if self.started => Some(Ok(())),
            Event::Exit if self.started => Some(Err(match line.cause() {
                Some(Cause::Asked | Cause::StopTimeout) => Kind::ABNORMAL_TERMINATION,
                _ => Kind::SPAWN_ERROR,
            })),
            Event::GaveUp => Some(Err(Kind::SPAWN_ERROR)),
            _ => None,
        }
    }

    /// How many starts the status shows since then.
    fn since(&self, report: &Report) -> Option<u32> {
        Some(report.record?.starts.wrapping_sub(self.starts?))
    }

    /// Whether the status knows what the lines have told.
    fn is_shown(&self, report: &Report, runs: bool) -> bool {
        let Some(record) = report.record else { return true };
        match self.since(report) {
            Some(0) => false,
            Some(1) if runs => record.phase != record::Phase::Starting,
            Some(1) => report.status.phase != Phase::Run,
            Some(_) | None => true,
        }
    }

    /// What the status tells where the journal does not.
    fn by_status(&mut self, report: &Report) -> Option<Result<(), Kind>> {
        let Report { status, record } = report;
        let Some(record) = record else {
            return (status.phase == Phase::Run).then_some(Ok(()));
        };
        let runs = matches!(record.phase, record::Phase::Ready | record::Phase::Unhealthy);
        if runs && self.since(report).is_some_and(|starts| starts > 0) {
            return Some(Ok(()));
        }
        self.wanted |= status.want == Want::Up;
        let given_up = self.wanted && !self.started && status.phase == Phase::Down && status.want != Want::Up;
        given_up.then_some(Err(Kind::ABNORMAL_TERMINATION))
    }
}

/// What the status tells of a stop.
fn stopped(report: &Report, wait: bool) -> Option<Result<(), Fault>> {
    let Report { status, record } = report;
    let is_down = status.phase == Phase::Down && status.want != Want::Up;
    let stopping = status.got_term || record.is_some_and(|record| record.phase == record::Phase::Stopping);
    (is_down || !wait && stopping).then_some(Ok(()))
}

fn send(service: &Service<'_>, command: Command) -> Result<(), Fault> {
    service.send(&[command.byte()]).map_err(failed)
}

fn failed(trouble: Trouble) -> Fault {
    let (what, why) = trouble.words();
    let why = why.map_or_else(String::new, |errno| format!(": {}", errno.reason()));
    Kind::FAILED.about(&format!("{what}{why}"))
}

/// Sends a signal to the process itself, and to no other that has its number by now. 0 is none: it only looks.
pub(super) fn signal(processes: &Processes, process: &Process, called: &str, number: u8) -> Result<(), Fault> {
    let place = processes.place();
    if !processes.look(process).state.is_signallable() {
        return Err(Kind::NOT_RUNNING.about(called));
    }
    let report = service(&place, process).report().map_err(failed)?;
    let (Some(pid), Some(signal)) = (report.status.pid, Signal::new(number)) else { return Ok(()) };
    match process::send_if(pid, signal, || is_its(pid, &report)) {
        Ok(true) => Ok(()),
        Ok(false) | Err(Errno::ESRCH) => Err(Kind::NOT_RUNNING.about(called)),
        Err(errno) => Err(Kind::FAILED.about(&format!("unable to signal process {pid}: {}", errno.reason()))),
    }
}

/// Whether this process is the one of which the status speaks. Supervisors that are not ours do not tell when it began.
fn is_its(pid: Pid, report: &Report) -> bool {
    let Some(found) = processes::one(pid) else { return false };
    report.record.and_then(|record| record.start_time).is_none_or(|began| began == found.began)
}

/// The fifo that is the standard input of a process, if it has one.
pub(super) fn stdin(processes: &Processes, process: &Process) -> PathBuf {
    let place = processes.place();
    let supervise = PathBuf::from(service(&place, process).supervise());
    Path::new(&supervise).join(crate::supervise::STDIN)
}
