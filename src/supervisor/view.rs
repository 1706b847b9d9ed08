//! What Supervisor's clients are shown of a process: from its status file, its journal and the clock.
//!
//! Its states are not ours, and ours tell apart what decides: whether the last end was asked for, and whether a failure
//! that came before the process was running has to be made good (`failures`, which counts no others where the service
//! directory was made of a configuration).

use crate::exit::Pid;
use crate::service::journal::{Cause, Event, Line};
use crate::service::record::{Phase, Record, Report};
use crate::service::status::{self, Status, Want};
use crate::tai64::{Civil, Label};
use alloc::format;
use alloc::string::String;

/// What a process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was stopped, or never started.
    Stopped,
    /// It runs, and not long enough yet to count.
    Starting,
    /// It runs.
    Running,
    /// It ended while it was starting, and is tried again.
    Backoff,
    /// It was told to stop.
    Stopping,
    /// It ended by itself.
    Exited,
    /// It ended too often while it was starting.
    Fatal,
    /// Nobody knows.
    Unknown,
}

impl State {
    /// All of them.
    pub const ALL: [State; 8] = [
        State::Stopped,
        State::Starting,
        State::Running,
        State::Backoff,
        State::Stopping,
        State::Exited,
        State::Fatal,
        State::Unknown,
    ];

    /// Its number.
    pub fn code(self) -> i64 {
        match self {
            State::Stopped => 0,
            State::Starting => 10,
            State::Running => 20,
            State::Backoff => 30,
            State::Stopping => 40,
            State::Exited => 100,
            State::Fatal => 200,
            State::Unknown => 1000,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            State::Stopped => "STOPPED",
            State::Starting => "STARTING",
            State::Running => "RUNNING",
            State::Backoff => "BACKOFF",
            State::Stopping => "STOPPING",
            State::Exited => "EXITED",
            State::Fatal => "FATAL",
            State::Unknown => "UNKNOWN",
        }
    }

    /// Whether there is nothing to stop any more.
    pub fn is_stopped(self) -> bool {
        matches!(self, State::Stopped | State::Exited | State::Fatal | State::Unknown)
    }

    /// Whether it is started already, and can be stopped.
    pub fn is_running(self) -> bool {
        matches!(self, State::Starting | State::Running | State::Backoff)
    }

    /// Whether it can be sent a signal.
    pub fn is_signallable(self) -> bool {
        matches!(self, State::Starting | State::Running | State::Stopping)
    }
}

/// What the journal tells of the last life, or of the lives before this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// When the last one began.
    pub started: Option<Label>,
    /// When the last one ended.
    pub ended: Option<Label>,
}

impl Past {
    /// What these lines tell, in their order.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Past {
        let mut past = Past::default();
        lines.into_iter().for_each(|line| past.note(line));
        past
    }

    /// What one more line tells.
    pub fn note(&mut self, line: &Line) {
        match line.event {
            Some(Event::Start) => self.started = Some(line.label),
            Some(Event::Exit) => self.ended = Some(line.label),
            _ => {}
        }
    }
}

/// What else is known of a process.
pub struct Of<'a> {
    /// Those that are expected.
    pub exitcodes: &'a [u8],
    /// What is wrong with its command. It is asked for a process only that does not start.
    pub trouble: &'a dyn Fn() -> Option<String>,
}

impl core::fmt::Debug for Of<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Of").field("exitcodes", &self.exitcodes).finish_non_exhaustive()
    }
}

/// A process, as clients are shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// What it is doing.
    pub state: State,
    /// Its process.
    pub pid: Option<Pid>,
    /// When its last life began, in seconds since 1970; 0 for never.
    pub start: i64,
    /// When its last one ended.
    pub stop: i64,
    /// How that was: a code, or -1 for a signal.
    pub exitstatus: i64,
    /// Why it does not start.
    pub spawnerr: String,
}

/// What a process is said to be that ends while it is starting.
pub const TOO_QUICKLY: &str = "Exited too quickly (process log may have details)";

impl View {
    /// What there is to see. No report is of a service that nobody supervises yet.
    pub fn of(report: Option<&Report>, past: Past, of: &Of<'_>) -> View {
        let seconds = |label: Option<Label>| label.map_or(0, |label| label.unix);
        let (start, stop) = (seconds(past.started), seconds(past.ended));
        let Some(Report { status, record }) = report else {
            return View { state: State::Stopped, pid: None, start, stop, exitstatus: 0, spawnerr: String::new() };
        };
        let state = record.as_ref().map_or_else(|| state_by_status(status), |record| state(status, record));
        let lives = status.phase == status::Phase::Run;
        let failed = !lives && (state == State::Fatal || record.is_some_and(|record| record.failures > 0));
        let last = record.and_then(|record| record.last_exit).filter(|_| !lives && !failed);
        let exitstatus = last.map_or(0, |last| last.ending.code_or_minus_one().into());
        View {
            state,
            pid: status.pid,
            start: if lives { status.since.unix } else { start },
            // Where there is no journal to tell it, it is since then that nothing runs.
            stop: if past.ended.is_none() && last.is_some() { status.since.unix } else { stop },
            exitstatus,
            spawnerr: match failed {
                true => (of.trouble)().unwrap_or_else(|| TOO_QUICKLY.into()),
                false if state == State::Exited => of.unexpected(exitstatus).unwrap_or_default(),
                false => String::new(),
            },
        }
    }

    /// The words behind the state of the process of this name. Calendars differ from place to place, so ours is asked for.
    pub fn description(&self, name: &str, now: Label, calendar: &dyn Fn(Label) -> Civil) -> String {
        match self.state {
            State::Running => {
                let pid = self.pid.map_or(0, Pid::get);
                format!("pid {pid}, uptime {}", uptime(now.unix.saturating_sub(self.start).max(0)))
            }
            State::Fatal | State::Backoff if self.spawnerr.is_empty() => format!("unknown error (try \"tail {name}\")"),
            State::Fatal | State::Backoff => self.spawnerr.clone(),
            State::Stopped | State::Exited if self.start == 0 || self.stop == 0 => "Not started".into(),
            State::Stopped | State::Exited => clock(calendar(Label { unix: self.stop, nanos: 0 })),
            State::Starting | State::Stopping | State::Unknown => String::new(),
        }
    }
}

impl Of<'_> {
    /// What is noted of a process that has ended with a code that was not expected.
    fn unexpected(&self, status: i64) -> Option<String> {
        let expected = self.exitcodes.iter().any(|code| i64::from(*code) == status);
        (!expected).then(|| format!("Bad exit code {status}"))
    }
}

fn state(status: &Status, record: &Record) -> State {
    let asked = record.last_exit.is_none_or(|last| matches!(last.cause, Cause::Asked | Cause::StopTimeout));
    let failed = record.failures > 0;
    match record.phase {
        Phase::GaveUp => State::Fatal,
        Phase::Starting => State::Starting,
        Phase::Ready | Phase::Unhealthy => State::Running,
        Phase::Stopping | Phase::Finish => State::Stopping,
        Phase::Backoff if failed => State::Backoff,
        // The pause that keeps a short life from being followed by the next one at once.
        Phase::Backoff if !asked => State::Exited,
        Phase::Backoff | Phase::Waiting => State::Starting,
        Phase::Down if asked => State::Stopped,
        // It was stopped between two attempts.
        Phase::Down if failed && status.want != Want::Up => State::Stopped,
        Phase::Down if failed => State::Backoff,
        Phase::Down => State::Exited,
    }
}

/// Of a supervisor that tells no more than runit's does.
fn state_by_status(status: &Status) -> State {
    match (status.phase, status.want) {
        (status::Phase::Run, Want::Up) => State::Running,
        (status::Phase::Run, _) if status.got_term => State::Stopping,
        (status::Phase::Run, _) => State::Running,
        (status::Phase::Finish, _) => State::Stopping,
        (status::Phase::Down, Want::Up) => State::Backoff,
        (status::Phase::Down, _) => State::Stopped,
    }
}

/// A span as Python shows one.
fn uptime(seconds: i64) -> String {
    let (days, rest) = (seconds / 86400, seconds % 86400);
    let time = format!("{}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    match days {
        0 => time,
        1 => format!("1 day, {time}"),
        _ => format!("{days} days, {time}"),
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Nov 20 12:04 PM`
fn clock(at: Civil) -> String {
    let month = MONTHS.get(usize::from(at.month).wrapping_sub(1)).unwrap_or(&"?");
    let half = if at.hour < 12 { "AM" } else { "PM" };
    let hour = match at.hour % 12 {
        0 => 12,
        hour => hour,
    };
    format!("{month} {:02} {hour:02}:{:02} {half}", at.day, at.minute)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Ending;
    use crate::service::record::LastExit;
    use crate::signal::Signal;
    use alloc::string::ToString;

    const NOTHING: Record = Record {
        phase: Phase::Down,
        ready_since: None,
        start_time: None,
        starts: 0,
        failures: 0,
        last_exit: None,
        next_start: None,
    };

    fn at(unix: i64) -> Label {
        Label { unix, nanos: 5 }
    }

    fn report(phase: status::Phase, want: Want, record: Record) -> Report {
        let pid = (phase != status::Phase::Down).then(|| Pid::new(12).unwrap());
        let status = Status { since: at(1000), pid, phase, want, paused: false, got_term: false };
        Report { status, record: Some(record) }
    }

    fn view(report: &Report) -> View {
        let of = Of { exitcodes: &[0], trouble: &|| None };
        View::of(Some(report), Past { started: Some(at(900)), ended: Some(at(1001)) }, &of)
    }

    fn down(want: Want, phase: Phase, failures: u32, last: Option<(Ending, Cause)>) -> View {
        let last_exit = last.map(|(ending, cause)| LastExit { ending, cause });
        view(&report(status::Phase::Down, want, Record { phase, failures, last_exit, ..NOTHING }))
    }

    fn words(view: &View, now: i64) -> String {
        view.description("x", at(now), &Label::civil)
    }

    #[test]
    fn what_lives() {
        for (phase, state) in [
            (Phase::Starting, State::Starting),
            (Phase::Ready, State::Running),
            (Phase::Unhealthy, State::Running),
            (Phase::Stopping, State::Stopping),
        ] {
            let record = Record { phase, failures: 2, last_exit: None, ..NOTHING };
            let seen = view(&report(status::Phase::Run, Want::Up, record));
            assert_eq!((seen.state, seen.pid.map(Pid::get), seen.start, seen.stop), (state, Some(12), 1000, 1001));
            assert_eq!((seen.exitstatus, seen.spawnerr.as_str()), (0, ""), "{phase}");
        }
    }

    #[test]
    fn what_has_ended() {
        let code = |code| Some((Ending::Exited(code), Cause::Exit));
        let by = |cause| Some((Ending::Killed { by: Signal::TERM, core: false }, cause));
        let is = |seen: View, state, exitstatus, spawnerr: &str| {
            assert_eq!((seen.state, seen.exitstatus, seen.spawnerr.as_str()), (state, exitstatus, spawnerr));
            assert_eq!((seen.pid, seen.start, seen.stop), (None, 900, 1001));
        };
        is(down(Want::Down, Phase::Down, 0, by(Cause::Asked)), State::Stopped, -1, "");
        is(down(Want::Down, Phase::Down, 0, by(Cause::StopTimeout)), State::Stopped, -1, "");
        is(down(Want::Down, Phase::Down, 0, code(0)), State::Exited, 0, "");
        is(down(Want::Down, Phase::Down, 0, code(3)), State::Exited, 3, "Bad exit code 3");
        is(down(Want::Down, Phase::Down, 0, by(Cause::Signal)), State::Exited, -1, "Bad exit code -1");
        is(down(Want::Up, Phase::Backoff, 0, code(3)), State::Exited, 3, "Bad exit code 3");
        is(down(Want::Up, Phase::Backoff, 0, by(Cause::Asked)), State::Starting, -1, "");
        is(down(Want::Up, Phase::Backoff, 1, code(3)), State::Backoff, 0, TOO_QUICKLY);
        is(down(Want::Up, Phase::Down, 1, code(3)), State::Backoff, 0, TOO_QUICKLY);
        is(down(Want::Down, Phase::Down, 1, code(3)), State::Stopped, 0, TOO_QUICKLY);
        is(down(Want::Down, Phase::GaveUp, 0, code(3)), State::Fatal, 0, TOO_QUICKLY);
    }

    #[test]
    fn what_never_was() {
        let of = Of { exitcodes: &[], trouble: &|| Some("no".to_string()) };
        let never = View::of(None, Past::default(), &of);
        assert_eq!((never.state, never.start, words(&never, 7).as_str()), (State::Stopped, 0, "Not started"));
        let fresh = View::of(Some(&report(status::Phase::Down, Want::Down, NOTHING)), Past::default(), &of);
        assert_eq!(fresh, never);
        let gave_up = Record { phase: Phase::GaveUp, ..NOTHING };
        let fatal = View::of(Some(&report(status::Phase::Down, Want::Down, gave_up)), Past::default(), &of);
        assert_eq!((fatal.state, words(&fatal, 7).as_str()), (State::Fatal, "no"));
    }

    #[test]
    fn of_a_supervisor_that_tells_less() {
        let seen = |phase, want| {
            let report = Report { record: None, ..report(phase, want, NOTHING) };
            View::of(Some(&report), Past::default(), &Of { exitcodes: &[], trouble: &|| None }).state
        };
        assert_eq!(seen(status::Phase::Run, Want::Up), State::Running);
        assert_eq!(seen(status::Phase::Finish, Want::Up), State::Stopping);
        assert_eq!(seen(status::Phase::Down, Want::Up), State::Backoff);
        assert_eq!(seen(status::Phase::Down, Want::Down), State::Stopped);
    }

    #[test]
    fn words_behind_the_state() {
        let running = view(&report(status::Phase::Run, Want::Up, Record { phase: Phase::Ready, ..NOTHING }));
        for (seconds, text) in [
            (-5, "0:00:00"),
            (59, "0:00:59"),
            (86399, "23:59:59"),
            (86400, "1 day, 0:00:00"),
            (200_005, "2 days, 7:33:25"),
        ] {
            assert_eq!(words(&running, 1000 + seconds), format!("pid 12, uptime {text}"));
        }
        let ended = |stop| View { state: State::Exited, pid: None, start: 1, stop, ..running.clone() };
        assert_eq!(words(&ended(1_795_176_240), 0), "Nov 20 12:04 PM");
        assert_eq!(words(&ended(0), 0), "Not started", "a start is told by its journal before its status shows it");
        assert_eq!(words(&ended(60), 0), "Jan 01 12:01 AM");
        assert_eq!(words(&ended(1_795_176_240 + 7200), 0), "Nov 20 02:04 PM");
        assert_eq!(words(&View { state: State::Stopping, ..ended(5) }, 0), "");
        let unknown = View { state: State::Backoff, ..ended(5) };
        assert_eq!(words(&unknown, 0), "unknown error (try \"tail x\")");
    }

    #[test]
    fn the_journal_tells_of_lives_before() {
        let text = [
            "@400000006b003fd000000000 1 start pid=7 starts=1",
            "@400000006b003fd100000000 2 ready pid=7",
            "@400000006b003fd200000000 3 exit pid=7 cause=exit code=3",
            "@400000006b003fd300000000 4 start pid=8 starts=2",
        ];
        let lines: alloc::vec::Vec<Line> = text.iter().filter_map(|line| Line::parse(line.as_bytes())).collect();
        let past = Past::of(&lines);
        assert_eq!(past.started.zip(past.ended).map(|(started, ended)| started.unix - ended.unix), Some(1));
    }
}
