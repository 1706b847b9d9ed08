//! A line of `sv list`: what is known of a service, as cells of a table.

use super::journal::Cause;
use super::record::{self, LastExit, Record, Report};
use super::status::{Phase, Status, Want};
use super::table::{Cell, Column, Side, Tone};
use super::word::Word;
use crate::exit::Ending;
use crate::tai64::Label;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is known of a service that is supervised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Fit to be shown.
    pub name: String,
    /// What every supervisor tells.
    pub status: Status,
    /// What only ours tells.
    pub record: Option<Record>,
    /// What its processes use.
    pub usage: Option<Usage>,
    /// Whether there is a file `down`.
    pub normally_down: bool,
    /// That somebody holds it down, and why, in words.
    pub held: Option<String>,
    /// What is wrong with its logger, in a word or two.
    pub logger: Option<&'static str>,
    /// The same of that for standard error.
    pub error_logger: Option<&'static str>,
}

/// What the processes of a service use, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// How many there are.
    pub processes: usize,
    /// Their memory in the machine's, in bytes.
    pub memory: u64,
    /// Their processor time, in milliseconds.
    pub worked: u64,
    /// How long the first of them has lived, in milliseconds.
    pub lived: u64,
}

impl Usage {
    /// How much of a processor they have used since their start, in tenths of a percent.
    pub fn per_mille(&self) -> u64 {
        self.worked.saturating_mul(1000) / self.lived.max(1)
    }
}

/// What each column is, and which is given up first.
pub const COLUMNS: [Column; 10] = [
    Column { head: "NAME", side: Side::Left, rank: 10 },
    Column { head: "STATE", side: Side::Left, rank: 9 },
    Column { head: "READY", side: Side::Left, rank: 6 },
    Column { head: "PID", side: Side::Right, rank: 5 },
    Column { head: "UPTIME", side: Side::Right, rank: 8 },
    Column { head: "RESTARTS", side: Side::Right, rank: 3 },
    Column { head: "MEMORY", side: Side::Right, rank: 2 },
    Column { head: "CPU", side: Side::Right, rank: 1 },
    Column { head: "LAST EXIT", side: Side::Left, rank: 4 },
    Column { head: "NOTE", side: Side::Left, rank: 7 },
];

/// What stands where there is nothing to say.
const NOTHING: &str = "-";

impl Sight {
    /// What a status tells.
    pub fn of(name: String, report: Report) -> Sight {
        let Report { status, record } = report;
        Sight { name, status, record, usage: None, normally_down: false, held: None, logger: None, error_logger: None }
    }

    /// Its line.
    pub fn row(&self, now: Label) -> Vec<Cell> {
        let (state, tone) = self.state();
        let number = |number: Option<String>| match number {
            Some(text) => Cell::plain(text),
            None => Cell::of(Tone::Faint, NOTHING),
        };
        Vec::from([
            Cell::plain(self.name.clone()),
            Cell::of(tone, state),
            self.ready_cell(),
            number(self.status.pid.map(|pid| pid.to_string())),
            number(self.uptime(now).map(span)),
            number(self.restarts().map(|restarts| restarts.to_string())),
            number(self.usage.map(|usage| bytes(usage.memory))),
            number(self.usage.map(|usage| percent(usage.per_mille()))),
            self.exit_cell(),
            Cell::plain(self.note(now)),
        ])
    }

    /// The line of a service of which nothing is known but why.
    pub fn unknown(name: String, why: String) -> Vec<Cell> {
        let mut row: Vec<Cell> = COLUMNS.iter().map(|_| Cell::of(Tone::Faint, NOTHING)).collect();
        for (at, cell) in [(0, Cell::plain(name)), (1, Cell::of(Tone::Bad, "?")), (9, Cell::of(Tone::Bad, why))] {
            if let Some(place) = row.get_mut(at) {
                *place = cell;
            }
        }
        row
    }

    /// What it is doing, in a word.
    pub fn state(&self) -> (&'static str, Tone) {
        use record::Phase as P;
        let (status, up) = (&self.status, self.status.want == Want::Up);
        match (status.phase, self.record.map(|record| record.phase)) {
            (Phase::Run, _) if status.paused => ("paused", Tone::Busy),
            (_, Some(phase @ (P::Starting | P::Stopping | P::Waiting | P::Backoff))) => (phase.word(), Tone::Busy),
            (_, Some(phase @ (P::Unhealthy | P::GaveUp))) => (phase.word(), Tone::Bad),
            (Phase::Run, _) => ("run", Tone::Good),
            (Phase::Finish, _) => ("finish", Tone::Busy),
            (Phase::Down, _) if up => ("down", Tone::Busy),
            (Phase::Down, _) => ("down", Tone::Faint),
        }
    }

    /// Whether it works, if somebody knows.
    pub fn ready(&self) -> Option<bool> {
        let record = self.record?;
        Some(record.phase != record::Phase::Unhealthy && record.ready_since.is_some())
    }

    /// How many seconds its process has run.
    pub fn uptime(&self, now: Label) -> Option<u64> {
        self.status.pid?;
        Some(u64::try_from(now.unix.saturating_sub(self.status.since.unix)).unwrap_or(0))
    }

    /// How often it was started again.
    pub fn restarts(&self) -> Option<u32> {
        self.record.map(|record| record.starts.saturating_sub(1))
    }

    fn ready_cell(&self) -> Cell {
        match (self.status.phase, self.ready()) {
            (Phase::Run, Some(true)) => Cell::of(Tone::Good, "yes"),
            (Phase::Run, Some(false)) => Cell::of(Tone::Busy, "no"),
            _ => Cell::of(Tone::Faint, NOTHING),
        }
    }

    fn exit_cell(&self) -> Cell {
        let Some(exit) = self.record.and_then(|record| record.last_exit) else { return Cell::of(Tone::Faint, NOTHING) };
        let tone = match (exit.cause, exit.ending) {
            (Cause::Asked, _) | (Cause::Exit, Ending::Exited(0)) => Tone::Plain,
            _ => Tone::Bad,
        };
        Cell::of(tone, exit_words(exit))
    }

    /// What else there is to say.
    fn note(&self, now: Label) -> String {
        let status = &self.status;
        let mut notes: Vec<String> = self.held.clone().into_iter().collect();
        let next = self.record.and_then(|record| record.next_start);
        match next.and_then(|next| u64::try_from(next.unix.saturating_sub(now.unix)).ok()) {
            Some(seconds) => notes.push(format!("next start in {}", span(seconds))),
            None if status.pid.is_none() && status.want == Want::Up => notes.push("want up".into()),
            None => {}
        }
        if status.pid.is_some() && status.want != Want::Up {
            notes.push("want down".into());
        }
        if status.pid.is_some() && status.got_term {
            notes.push("got TERM".into());
        }
        if status.pid.is_some() && self.normally_down {
            notes.push("normally down".into());
        }
        let stays = status.pid.is_none() && status.want != Want::Up;
        if stays && !self.normally_down && self.held.is_none() {
            notes.push("normally up".into());
        }
        notes.extend(self.logger.map(|what| format!("log: {what}")));
        notes.extend(self.error_logger.map(|what| format!("errlog: {what}")));
        notes.join(", ")
    }
}

/// How a process ended, in few words: `exit 1`, `SEGV (core)`, `oom`.
pub fn exit_words(exit: LastExit) -> String {
    match (exit.cause, exit.ending) {
        (Cause::Exit, Ending::Exited(code)) => format!("exit {code}"),
        (Cause::Signal | Cause::Core, Ending::Killed { by, core }) => {
            format!("{by}{}", if core { " (core)" } else { "" })
        }
        (cause, _) => cause.word().into(),
    }
}

/// `42s`, `5m12s`, `3h05m`, `4d03h`.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86400, seconds / 3600 % 24),
    }
}

/// `812k`, `3.4m`, `120m`, `1.9g`.
pub fn bytes(bytes: u64) -> String {
    let (mut whole, mut tenths, mut unit) = (bytes / 1024, bytes % 1024 * 10 / 1024, 0);
    while whole >= 1000 && unit < UNITS.len() - 1 {
        (tenths, whole, unit) = (whole % 1024 * 10 / 1024, whole / 1024, unit + 1);
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if whole < 10 && unit > 0 { format!("{whole}.{tenths}{name}") } else { format!("{whole}{name}") }
}

const UNITS: [&str; 4] = ["k", "m", "g", "t"];

fn percent(per_mille: u64) -> String {
    match per_mille {
        0..100 => format!("{}.{}%", per_mille / 10, per_mille % 10),
        _ => format!("{}%", per_mille / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Pid;
    use crate::signal::Signal;
    use alloc::vec;

    const NOW: Label = Label { unix: 10_000, nanos: 0 };

    fn sight(phase: Phase, want: Want, record: Option<record::Phase>) -> Sight {
        let since = Label { unix: 10_000 - 312, nanos: 0 };
        let pid = Pid::new(77).filter(|_| phase != Phase::Down);
        Sight {
            name: "web".into(),
            status: Status { since, pid, phase, want, paused: false, got_term: false },
            record: record.map(|phase| Record {
                phase,
                ready_since: (phase == record::Phase::Ready).then_some(since),
                start_time: None,
                starts: 3,
                failures: 0,
                last_exit: None,
                next_start: None,
            }),
            usage: None,
            normally_down: false,
            held: None,
            logger: None,
            error_logger: None,
        }
    }

    fn texts(sight: &Sight) -> Vec<String> {
        sight.row(NOW).into_iter().map(|cell| cell.text).collect()
    }

    #[test]
    fn one_that_runs() {
        let mut web = sight(Phase::Run, Want::Up, Some(record::Phase::Ready));
        web.usage = Some(Usage { processes: 2, memory: 3_500_000, worked: 5000, lived: 100_000 });
        assert_eq!(texts(&web), ["web", "run", "yes", "77", "5m12s", "2", "3.3m", "5.0%", "-", ""]);
        assert_eq!(texts(&web).len(), COLUMNS.len());
    }

    #[test]
    fn of_another_supervisors_less_is_known() {
        let web = sight(Phase::Run, Want::Down, None);
        assert_eq!(texts(&web), ["web", "run", "-", "77", "5m12s", "-", "-", "-", "-", "want down"]);
    }

    #[test]
    fn one_that_waits_for_its_next_start() {
        let mut web = sight(Phase::Down, Want::Up, Some(record::Phase::Backoff));
        if let Some(record) = &mut web.record {
            record.next_start = Some(Label { unix: 10_004, nanos: 0 });
            record.last_exit =
                Some(LastExit { ending: Ending::Killed { by: Signal::SEGV, core: true }, cause: Cause::Core });
        }
        let expected = ["web", "backoff", "-", "-", "-", "2", "-", "-", "SEGV (core)", "next start in 4s"];
        assert_eq!(texts(&web), expected);
        assert_eq!(web.row(NOW)[8].tone, Tone::Bad);
    }

    #[test]
    fn states_have_colours() {
        use record::Phase as P;
        let state = |phase, want, record| sight(phase, want, record).state();
        assert_eq!(state(Phase::Run, Want::Up, Some(P::Unhealthy)), ("unhealthy", Tone::Bad));
        assert_eq!(state(Phase::Run, Want::Up, Some(P::Starting)), ("starting", Tone::Busy));
        assert_eq!(state(Phase::Down, Want::Down, Some(P::GaveUp)), ("gave-up", Tone::Bad));
        assert_eq!(state(Phase::Down, Want::Down, Some(P::Down)), ("down", Tone::Faint));
        assert_eq!(state(Phase::Finish, Want::Down, None), ("finish", Tone::Busy));
    }

    #[test]
    fn one_that_is_not_supervised() {
        let row = Sight::unknown("web".into(), "runsv not running".into());
        let texts: Vec<&str> = row.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts, vec!["web", "?", "-", "-", "-", "-", "-", "-", "-", "runsv not running"]);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([5, 65, 3700, 100_000].map(span), ["5s", "1m05s", "1h01m", "1d03h"]);
        let sizes = [0, 812 << 10, 1_000 << 10, 3 << 20, 120 << 20, 2000 << 20, u64::MAX];
        assert_eq!(sizes.map(bytes), ["0k", "812k", "0.9m", "3.0m", "120m", "1.9g", "16777215t"]);
        assert_eq!([0, 4, 99, 100, 1250].map(percent), ["0.0%", "0.4%", "9.9%", "10%", "125%"]);
    }
}
