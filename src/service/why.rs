//! `sv why`: in sentences, what a service is doing, how it came to that, what it waits for, and what can be done.

use super::journal::{Cause, Event, Key, Line};
use super::overview::{Sight, span};
use super::record::{self, LastExit};
use super::status::{Phase, Want};
use crate::exit::Ending;
use crate::signal::Signal;
use crate::span::{Span, duration};
use crate::tai64::Label;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// All that is known of a service.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What its status tells.
    pub sight: &'a Sight,
    /// Its journal, the last line last.
    pub lines: &'a [Line],
    /// What is missing among its needs, and theirs.
    pub lacks: &'a [Lack],
    /// When this is.
    pub now: Label,
}

/// A need that is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Who needs it.
    pub who: String,
    /// What.
    pub need: String,
    /// What it is doing instead.
    pub state: String,
}

/// How far back failures are counted, in seconds.
const LATELY: i64 = 3600;

impl Case<'_> {
    /// The paragraph.
    pub fn tell(&self) -> String {
        let held = self.sight.held.as_ref().map(|held| format!("It is {held}."));
        let parts = [Some(self.state()), held, self.last_exit(), self.lately(), self.waiting()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// What can be done; nothing if all is as it is wanted.
    pub fn advice(&self) -> Option<String> {
        use record::Phase as P;
        let (sight, name) = (self.sight, self.sight.name.as_str());
        let status = &sight.status;
        let up = status.want == Want::Up;
        if let (true, Some(lack)) = (up && sight.ready() != Some(true), self.lacks.last()) {
            return Some(format!("Ask next: sv why {}", lack.need));
        }
        let advice = match (status.phase, sight.record.map(|record| record.phase)) {
            (Phase::Run, _) if status.paused => format!("sv cont {name} lets it go on."),
            (Phase::Run, _) if !up && status.got_term => {
                format!(
                    "It has been asked to end. If it does not: sv force-stop {name}, or a file stop with more steps."
                )
            }
            (_, Some(P::GaveUp | P::Backoff)) => format!("{} (and sv up {name} starts it at once)", self.remedy()),
            (_, Some(P::Unhealthy)) => format!("Run ./check by hand, or restart it: sv restart {name}"),
            (Phase::Run, Some(P::Starting)) => {
                "It has not said yet that it is ready: see its log, and the file ready.".into()
            }
            (Phase::Down, _) if !up && sight.held.is_some() => format!("sv up {name} starts it now all the same."),
            (Phase::Down, _) if !up && sight.normally_down => {
                format!("sv up {name} starts it now; the file down keeps it from starting by itself.")
            }
            (Phase::Down, _) if !up => format!("sv up {name} starts it."),
            (Phase::Down, _) => self.remedy(),
            _ => return None,
        };
        Some(advice)
    }

    fn state(&self) -> String {
        use record::Phase as P;
        let (sight, status) = (self.sight, &self.sight.status);
        let name = &sight.name;
        let since = span(ago(self.now, status.since));
        let pid = status.pid.map_or_else(|| "?".to_string(), |pid| pid.to_string());
        let phase = sight.record.map(|record| record.phase);
        let wanted = if status.want == Want::Up { "" } else { ", though it is wanted down" };
        match (status.phase, phase) {
            (Phase::Run, _) if status.paused => format!("{name} is paused (pid {pid}, started {since} ago){wanted}."),
            (Phase::Run, Some(P::Stopping)) => format!("{name} is stopping (pid {pid}, started {since} ago)."),
            (Phase::Run, Some(P::Unhealthy)) => {
                format!("{name} has run for {since} (pid {pid}), but too many of its checks failed{wanted}.")
            }
            (Phase::Run, Some(P::Starting)) => {
                format!("{name} was started {since} ago (pid {pid}), and is not ready yet{wanted}.")
            }
            (Phase::Run, Some(_)) => format!("{name} has run for {since} (pid {pid}), and is ready{wanted}."),
            (Phase::Run, None) => format!("{name} has run for {since} (pid {pid}){wanted}."),
            (Phase::Finish, _) => format!("{name} has ended; its finish runs (pid {pid})."),
            (Phase::Down, Some(P::GaveUp)) => {
                format!("{name} has been down for {since}: it failed too often{}.", self.retry())
            }
            (Phase::Down, Some(P::Backoff)) => format!("{name} has been down for {since}{}.", self.retry()),
            (Phase::Down, Some(P::Waiting)) => format!("{name} is down: its start waits for what it needs."),
            (Phase::Down, _) if status.want == Want::Up => {
                format!("{name} has been down for {since}, though it is wanted up.")
            }
            (Phase::Down, _) if self.never_ran() => format!("{name} is down, as wanted: it has not been started."),
            (Phase::Down, _) => format!("{name} has been down for {since}, as wanted."),
        }
    }

    fn never_ran(&self) -> bool {
        self.sight.record.is_some_and(|record| record.starts == 0)
    }

    /// When it is started again.
    fn retry(&self) -> String {
        let record = self.sight.record;
        let next = record.and_then(|record| record.next_start).map(|next| next.unix.saturating_sub(self.now.unix));
        let failures = record.map_or(0, |record| record.failures);
        let times = if failures > 1 { format!(", after {failures} failures in a row") } else { String::new() };
        match next.and_then(|seconds| u64::try_from(seconds).ok()) {
            Some(seconds) => format!("{times}, and will be started again in {}", span(seconds)),
            None => times,
        }
    }

    /// How its last process ended.
    fn last_exit(&self) -> Option<String> {
        let line = self.lines.iter().rev().find(|line| line.event == Some(Event::Exit));
        let Some(line) = line else { return self.recorded_exit() };
        let pid = line.fact(Key::Pid).map(text).unwrap_or_default();
        let lasted = line.fact(Key::Lasted).and_then(|value| duration(value).ok());
        let lasted = lasted.map_or_else(String::new, |lasted| format!(" after {}", short(lasted)));
        let ago = span(ago(self.now, line.label));
        let how = how(line.cause()?, ending(line));
        Some(format!("Its last process (pid {pid}) ended {ago} ago{lasted}: {how}."))
    }

    fn recorded_exit(&self) -> Option<String> {
        let LastExit { ending, cause } = self.sight.record?.last_exit?;
        Some(format!("Its last process ended: {}.", how(cause, Some(ending))))
    }

    /// What happened again and again.
    fn lately(&self) -> Option<String> {
        let recent = |line: &&Line| self.now.unix.saturating_sub(line.label.unix) < LATELY;
        let exits = self.lines.iter().filter(recent).filter(|line| line.event == Some(Event::Exit));
        let failed: Vec<&Line> = exits.filter(|line| is_failure(line)).collect();
        let gave_up = self.lines.iter().filter(recent).filter(|line| line.event == Some(Event::GaveUp)).count();
        if failed.len() < 2 {
            return None;
        }
        let mut causes: Vec<(String, usize)> = Vec::new();
        for line in &failed {
            let Some(cause) = line.cause() else { continue };
            let words = in_short(cause, ending(line));
            match causes.iter_mut().find(|(known, _)| *known == words) {
                Some((_, count)) => *count += 1,
                None => causes.push((words, 1)),
            }
        }
        causes.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
        let list: Vec<String> = causes.iter().map(|(words, count)| format!("{count} x {words}")).collect();
        let gave_up = if gave_up > 0 { format!(", and gave up {gave_up} x") } else { String::new() };
        Some(format!("In the last hour it failed {} times ({}){gave_up}.", failed.len(), list.join(", ")))
    }

    /// What it waits for, through the chain of needs.
    fn waiting(&self) -> Option<String> {
        let lacks = self.lacks.iter().map(|lack| format!("{} needs {}, which is {}", lack.who, lack.need, lack.state));
        let lacks: Vec<String> = lacks.collect();
        (!lacks.is_empty()).then(|| format!("{}.", lacks.join("; ")))
    }

    /// What to do about the way in which it ended.
    fn remedy(&self) -> String {
        let name = &self.sight.name;
        let cause = self.sight.record.and_then(|record| record.last_exit).map(|exit| exit.cause);
        match cause {
            Some(Cause::ExecFailed) => {
                "See whether ./run can be executed and begins with #! and a program that exists.".into()
            }
            Some(Cause::Oom) => "Give it more memory, or find out why it wants so much.".into(),
            Some(Cause::StartTimeout) => "Give it more time in the file ready, or see in its log what keeps it.".into(),
            Some(Cause::Watchdog) => "It hung: see its log for what it did last.".into(),
            Some(Cause::Unhealthy) => "Run ./check by hand, and see its log.".into(),
            Some(Cause::Needs) => "See what it needs.".into(),
            _ => format!("See why it ends: sv log {name}"),
        }
    }
}

fn ago(now: Label, then: Label) -> u64 {
    u64::try_from(now.unix.saturating_sub(then.unix)).unwrap_or(0)
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into()
}

fn short(lasted: core::time::Duration) -> String {
    if lasted.as_secs() < 10 { Span(lasted).to_string() } else { span(lasted.as_secs()) }
}

fn is_failure(line: &Line) -> bool {
    !matches!((line.cause(), line.read(Key::Code)), (None | Some(Cause::Asked), _) | (Some(Cause::Exit), Some(0_u8)))
}

fn ending(line: &Line) -> Option<Ending> {
    if let Some(code) = line.read(Key::Code) {
        return Some(Ending::Exited(code));
    }
    let by = core::str::from_utf8(line.fact(Key::Signal)?).ok().and_then(Signal::parse)?;
    Some(Ending::Killed { by, core: line.fact(Key::Core) == Some(b"yes") })
}

/// Why a process ended, as the end of a sentence.
fn how(cause: Cause, ending: Option<Ending>) -> String {
    let by = match ending {
        Some(Ending::Exited(code)) => format!("with exit code {code}"),
        Some(Ending::Killed { by, .. }) => format!("by signal {by}"),
        Some(Ending::Unknown) | None => "in an unknown way".into(),
    };
    match cause {
        Cause::Asked => format!("it was asked to, and ended {by}"),
        Cause::Exit => format!("by itself, {by}"),
        Cause::Signal => format!("it was killed {by}, which runsv did not send"),
        Cause::Core => format!("it crashed {by}, and left a core"),
        Cause::Oom => "the kernel killed it because memory was short".into(),
        Cause::StopTimeout => "it was asked to, did not do so in time, and was killed".into(),
        Cause::Watchdog => "it did not tell in time that it is alive".into(),
        Cause::Unhealthy => "too many of its checks failed".into(),
        Cause::StartTimeout => "it was not ready in time".into(),
        Cause::Needs => "a service that it needs ended".into(),
        Cause::ExecFailed => "its run could not be executed".into(),
    }
}

/// The same in a word or two.
fn in_short(cause: Cause, ending: Option<Ending>) -> String {
    match (cause, ending) {
        (Cause::Exit, Some(Ending::Exited(code))) => format!("exit code {code}"),
        (Cause::Signal, Some(Ending::Killed { by, .. })) => format!("signal {by}"),
        (Cause::Core, Some(Ending::Killed { by, .. })) => format!("core by {by}"),
        (cause, _) => cause.to_string(),
    }
}

/// A paragraph in lines of at most this width.
pub fn filled(text: &str, width: usize) -> String {
    let (mut lines, mut used) = (String::new(), 0);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push('\n');
            used = 0;
        }
        if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::super::record::{Record, Report};
    use super::super::status::Status;
    use super::*;
    use crate::exit::Pid;

    const NOW: Label = Label { unix: 1_795_178_500, nanos: 0 };

    fn at(seconds: i64) -> Label {
        Label { unix: NOW.unix - seconds, nanos: 0 }
    }

    fn sight(phase: record::Phase, want: Want) -> Sight {
        use record::Phase as P;
        let runs = matches!(phase, P::Ready | P::Starting | P::Stopping | P::Unhealthy);
        let status = Status {
            since: at(70),
            pid: Pid::new(77).filter(|_| runs),
            phase: if runs { Phase::Run } else { Phase::Down },
            want,
            paused: false,
            got_term: phase == P::Stopping,
        };
        let record = Record {
            phase,
            ready_since: (phase == P::Ready).then_some(at(60)),
            start_time: None,
            starts: 3,
            failures: 3,
            last_exit: None,
            next_start: (phase == P::Backoff).then_some(at(-30)),
        };
        Sight::of("web".into(), Report { status, record: Some(record) })
    }

    fn lines(texts: &[(i64, &str)]) -> Vec<Line> {
        let line = |(number, (ago, text)): (usize, &(i64, &str))| {
            let label = at(*ago).text();
            let label = core::str::from_utf8(&label).unwrap();
            Line::parse(format!("{label} {number} {text}").as_bytes()).unwrap()
        };
        texts.iter().enumerate().map(line).collect()
    }

    fn tell(sight: &Sight, texts: &[(i64, &str)], lacks: &[Lack]) -> (String, Option<String>) {
        let lines = lines(texts);
        let case = Case { sight, lines: &lines, lacks, now: NOW };
        (case.tell(), case.advice())
    }

    #[test]
    fn all_is_well() {
        let (text, advice) = tell(&sight(record::Phase::Ready, Want::Up), &[], &[]);
        assert_eq!((text.as_str(), advice), ("web has run for 1m10s (pid 77), and is ready.", None));
    }

    #[test]
    fn a_crash_and_what_came_before() {
        let crash = "exit pid=54 cause=core signal=SEGV core=yes lasted=1500ms";
        let journal = [
            (4000, crash),
            (300, "exit pid=51 cause=exit code=3 lasted=90s"),
            (200, crash),
            (70, crash),
            (70, "backoff delay=100s failures=3"),
        ];
        let (text, advice) = tell(&sight(record::Phase::Backoff, Want::Up), &journal, &[]);
        assert_eq!(
            text,
            "web has been down for 1m10s, after 3 failures in a row, and will be started again in 30s. Its last process \
             (pid 54) ended 1m10s ago after 1500ms: it crashed by signal SEGV, and left a core. In the last hour it failed \
             3 times (2 x core by SEGV, 1 x exit code 3)."
        );
        assert_eq!(advice.unwrap(), "See why it ends: sv log web (and sv up web starts it at once)");
    }

    #[test]
    fn one_that_was_stopped() {
        let journal = [(70, "exit pid=54 cause=asked signal=TERM lasted=90s")];
        let (text, advice) = tell(&sight(record::Phase::Down, Want::Down), &journal, &[]);
        assert_eq!(
            text,
            "web has been down for 1m10s, as wanted. Its last process (pid 54) ended 1m10s ago after 1m30s: it was asked \
             to, and ended by signal TERM."
        );
        assert_eq!(advice.unwrap(), "sv up web starts it.");
    }

    #[test]
    fn one_that_is_held() {
        let mut web = sight(record::Phase::Down, Want::Down);
        web.held = Some("held for 1h00m: disk swap".into());
        let (text, advice) = tell(&web, &[], &[]);
        assert_eq!(text, "web has been down for 1m10s, as wanted. It is held for 1h00m: disk swap.");
        assert_eq!(advice.unwrap(), "sv up web starts it now all the same.");
    }

    #[test]
    fn the_chain_of_needs() {
        let lack =
            |who: &str, need: &str, state: &str| Lack { who: who.into(), need: need.into(), state: state.into() };
        let lacks = [lack("web", "app", "waiting"), lack("app", "db", "gave-up")];
        let (text, advice) = tell(&sight(record::Phase::Waiting, Want::Up), &[], &lacks);
        assert_eq!(
            text,
            "web is down: its start waits for what it needs. web needs app, which is waiting; app needs db, which is \
             gave-up."
        );
        assert_eq!(advice.unwrap(), "Ask next: sv why db");
    }

    #[test]
    fn every_cause_and_phase_has_words() {
        use super::super::word::Word;
        for cause in Cause::ALL {
            for ending in [Some(Ending::Exited(1)), Some(Ending::Killed { by: Signal::KILL, core: false }), None] {
                assert!(!how(*cause, ending).is_empty() && !in_short(*cause, ending).is_empty());
            }
        }
        for phase in record::Phase::ALL {
            for want in [Want::Up, Want::Down] {
                let (text, _) = tell(&sight(*phase, want), &[], &[]);
                assert!(text.starts_with("web ") && text.ends_with('.'), "{text}");
            }
        }
    }

    #[test]
    fn a_paragraph_is_filled() {
        assert_eq!(filled("one two three", 7), "one two\nthree\n");
        assert_eq!(filled("one two three", 80), "one two three\n");
        assert_eq!(filled("überlang x", 3), "überlang\nx\n");
    }
}
