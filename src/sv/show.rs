//! `sv status`: the state of a service and of its logger.

use super::json;
use super::names::Places;
use super::options::{Request, Services};
use super::output::{Output, sentence, trouble_line};
use crate::cli::message::printable;
use crate::exit::Exit;
use crate::service::machine::Role;
use crate::service::status::{Phase, Status, Want};
use crate::supervise::client::{Answer, Service, Trouble};
use crate::sys::clock;
use crate::sys::errno::Reason;
use crate::tai64::Label;
use std::io::Write as _;

/// What a service is unless somebody says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Normally {
    Up,
    Down,
}

/// What is known of a service, or of a logger.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) state: Answer<Status>,
    /// Nothing if that could not be found out.
    pub(super) normally: Option<Normally>,
}

/// The loggers that there are.
type Loggers = Vec<(Role, Known)>;

/// Shows each service that is asked for; a failure is told of and counted.
pub(super) fn all(request: &Request, output: &mut Output) {
    let places = Places::new(&request.directory);
    let now = clock::label();
    match &request.services {
        Services::All => {
            for service in places.listed(output).into_iter().flatten() {
                // What cannot be entered is some other file.
                if let Ok(directory) = service.directory() {
                    let _ = one(request, &service.inside(&directory), now, output);
                }
            }
        }
        named => {
            for service in places.resolve(named, output) {
                let _ = match service.directory() {
                    Ok(directory) => one(request, &service.inside(&directory), now, output),
                    Err(_) => one(request, &service, now, output),
                };
            }
        }
    }
}

/// Shows the one service of an init script; its exit code is the standard's.
///
/// It is the service's, not its logger's, which it is in runit before 2.3.0.
pub(super) fn for_init(request: &Request, output: &mut Output) -> Exit {
    let places = Places::new(&request.directory);
    let states: Vec<_> = places
        .resolve(&request.services, output)
        .iter()
        .map(|service| one(request, service, clock::label(), output))
        .collect();
    match states.first() {
        Some(Ok(status)) if status.pid.is_some() => Exit::OK,
        Some(Ok(_)) => Exit(3),
        Some(Err(Trouble::Directory(_) | Trouble::NoSupervisor)) | None => Exit(1),
        Some(Err(_)) => Exit(4),
    }
}

fn one(request: &Request, service: &Service<'_>, now: Label, output: &mut Output) -> Answer<Status> {
    let known = ask(service, output);
    if known.state.is_err() {
        output.count_failure();
    }
    let logs = known.state.map(|_| loggers(service, output)).unwrap_or_default();
    match request.json {
        true => json::line(output.line(), service.name(), &known, &logs, now),
        false => text(output.line(), service.name(), &known, &logs, now),
    }
    output.say(b"\n");
    known.state
}

fn ask(service: &Service<'_>, output: &mut Output) -> Known {
    let state = service.status();
    let normally = state.ok().and_then(|_| normally(service, output));
    Known { state, normally }
}

fn loggers(service: &Service<'_>, output: &mut Output) -> Loggers {
    Role::LOGGERS.into_iter().filter_map(|role| Some((role, logger(service, role, output)?))).collect()
}

/// A logger, if there is a directory for it.
fn logger(service: &Service<'_>, role: Role, output: &mut Output) -> Option<Known> {
    let logger = service.logger(role);
    let known = match service.has(&format!("{}/.", role.directory())) {
        Ok(true) => ask(&logger, output),
        Ok(false) => return None,
        Err(errno) => Known { state: Err(Trouble::Directory(errno)), normally: None },
    };
    if known.state.is_err() {
        output.count_failure();
    }
    Some(known)
}

fn normally(service: &Service<'_>, output: &mut Output) -> Option<Normally> {
    match service.has("down") {
        Ok(true) => Some(Normally::Down),
        Ok(false) => Some(Normally::Up),
        Err(errno) => {
            output.warn("unable to stat", service.name(), "down", Some(errno));
            None
        }
    }
}

/// `STATE: NAME: ...` as a waited command shows it: without the logger.
pub(super) fn state_of(service: &Service<'_>, status: &Status, now: Label, output: &mut Output) -> Vec<u8> {
    let normally = normally(service, output);
    let mut line = Vec::with_capacity(128);
    state(&mut line, service.name(), status, normally, now);
    line
}

fn text(line: &mut Vec<u8>, name: &[u8], known: &Known, logs: &[(Role, Known)], now: Label) {
    match known.state {
        Ok(status) => state(line, name, &status, known.normally, now),
        Err(trouble) => line.extend(trouble_line(name, trouble)),
    }
    for (role, log) in logs {
        let directory = role.directory().as_bytes();
        line.extend_from_slice(b"; ");
        match log.state {
            Ok(status) => state(line, directory, &status, log.normally, now),
            Err(trouble) => log_trouble(line, &[name, b"/", directory].concat(), trouble),
        }
    }
}

fn log_trouble(line: &mut Vec<u8>, name: &[u8], trouble: Trouble) {
    match trouble {
        Trouble::Directory(errno) => {
            let (name, reason) = (printable(name), errno.reason().as_bytes());
            line.extend([b"warning: ", &*name, b": unable to change directory: ", reason].concat());
        }
        _ => line.extend(trouble_line(name, trouble)),
    }
}

fn state(line: &mut Vec<u8>, name: &[u8], status: &Status, normally: Option<Normally>, now: Label) {
    line.extend_from_slice(word(status.phase).as_bytes());
    line.extend_from_slice(b": ");
    line.extend_from_slice(&printable(name));
    line.extend_from_slice(b": ");
    if status.phase != Phase::Down {
        let pid = status.pid.map_or(0, |pid| pid.get());
        let _ = write!(line, "(pid {pid}) "); // a vector takes all
    }
    let _ = write!(line, "{}s", uptime(status, now));
    for (shown, words) in [
        (status.pid.is_some() && normally == Some(Normally::Down), ", normally down"),
        (status.pid.is_none() && normally == Some(Normally::Up), ", normally up"),
        (status.pid.is_some() && status.paused, ", paused"),
        (status.pid.is_none() && status.want == Want::Up, ", want up"),
        (status.pid.is_some() && status.want != Want::Up, ", want down"),
        (status.pid.is_some() && status.got_term, ", got TERM"),
    ] {
        if shown {
            line.extend_from_slice(words.as_bytes());
        }
    }
}

/// Whole seconds since the label of a status; none if that is still to come.
pub(super) fn uptime(status: &Status, now: Label) -> i64 {
    now.unix.saturating_sub(status.since.unix).max(0)
}

pub(super) fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Down => "down",
        Phase::Run => "run",
        Phase::Finish => "finish",
    }
}

/// What went wrong, for a line that names the service elsewhere.
pub(super) fn reason(trouble: Trouble) -> String {
    sentence(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Pid;
    use crate::sys::errno::Errno;

    const NOW: Label = Label { unix: 1010, nanos: 0 };
    const DOWN: Status = Status {
        since: Label { unix: 1000, nanos: 900_000_000 },
        pid: None,
        phase: Phase::Down,
        want: Want::Up,
        paused: false,
        got_term: false,
    };

    fn shown(status: Status, normally: Normally, log: Option<Known>) -> String {
        with(status, normally, &log.into_iter().map(|log| (Role::Logger, log)).collect::<Loggers>())
    }

    fn with(status: Status, normally: Normally, logs: &[(Role, Known)]) -> String {
        let known = Known { state: Ok(status), normally: Some(normally) };
        let mut line = Vec::new();
        text(&mut line, b"web", &known, logs, NOW);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn lines_are_runits() {
        let run = Status { pid: Pid::new(54), phase: Phase::Run, ..DOWN };
        let unwanted = Status { want: Want::Down, ..run };
        assert_eq!(shown(run, Normally::Up, None), "run: web: (pid 54) 10s");
        assert_eq!(shown(unwanted, Normally::Down, None), "run: web: (pid 54) 10s, normally down, want down");
        assert_eq!(shown(DOWN, Normally::Up, None), "down: web: 10s, normally up, want up");
        assert_eq!(shown(Status { want: Want::Down, ..DOWN }, Normally::Down, None), "down: web: 10s");
        let all = Status { phase: Phase::Finish, paused: true, got_term: true, ..unwanted };
        assert_eq!(shown(all, Normally::Up, None), "finish: web: (pid 54) 10s, paused, want down, got TERM");
        let early = Status { since: Label { unix: 2000, nanos: 0 }, ..run };
        assert_eq!(shown(early, Normally::Up, None), "run: web: (pid 54) 0s", "from the future");
    }

    #[test]
    fn the_logger_is_on_the_same_line() {
        let run = Status { pid: Pid::new(51), phase: Phase::Run, ..DOWN };
        let up = Some(Normally::Up);
        let log = |state| Some(Known { state, normally: up });
        assert_eq!(shown(run, Normally::Up, log(Ok(run))), "run: web: (pid 51) 10s; run: log: (pid 51) 10s");
        assert_eq!(
            shown(run, Normally::Up, log(Err(Trouble::NoSupervisor))),
            "run: web: (pid 51) 10s; fail: web/log: runsv not running"
        );
        assert_eq!(
            shown(run, Normally::Up, log(Err(Trouble::Directory(Errno::ENOTDIR)))),
            "run: web: (pid 51) 10s; warning: web/log: unable to change directory: not a directory"
        );
    }

    #[test]
    fn the_logger_of_standard_error_comes_behind() {
        let run = Status { pid: Pid::new(51), phase: Phase::Run, ..DOWN };
        let known = |state| Known { state, normally: Some(Normally::Up) };
        let (out, err) = ((Role::Logger, known(Ok(run))), (Role::ErrorLogger, known(Ok(run))));
        let all = "run: web: (pid 51) 10s; run: log: (pid 51) 10s; run: errlog: (pid 51) 10s";
        assert_eq!(with(run, Normally::Up, &[out, err.clone()]), all);
        assert_eq!(with(run, Normally::Up, &[err]), "run: web: (pid 51) 10s; run: errlog: (pid 51) 10s");
        let gone = (Role::ErrorLogger, known(Err(Trouble::NoSupervisor)));
        let all = "run: web: (pid 51) 10s; fail: web/errlog: runsv not running";
        assert_eq!(with(run, Normally::Up, &[gone]), all);
    }
}
