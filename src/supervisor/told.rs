//! What the daemon's log says of a process, in the original's words, by the lines of its journal.

use super::types::Level;
use crate::service::journal::{Cause, Event, Key, Line};
use crate::service::word::Word;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is known of a process while its journal is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Story {
    /// It does not run.
    #[default]
    Down,
    /// It was started, and does not count as running yet.
    Starting,
    /// It runs.
    Running,
    /// There was nothing to run; that was said in the place of a start.
    Unable,
}

/// What the lines are about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The process.
    pub name: &'a str,
    /// How long it must have been up to be running.
    pub startsecs: i64,
    /// Those that are expected.
    pub exitcodes: &'a [u8],
    /// What is wrong with its command, so that a start is none.
    pub trouble: Option<&'a str>,
}

/// Words for the log.
pub type Said = Vec<(Level, String)>;

impl Story {
    /// What one line says.
    pub fn tell(&mut self, line: &Line, about: &About<'_>) -> Said {
        match line.event {
            Some(Event::Start) => self.started(line, about),
            Some(Event::Adopted) => {
                *self = if *self == Story::Down { Story::Running } else { *self };
                Vec::from([(Level::Info, format!("adopted: '{}' with pid {}", about.name, pid(line)))])
            }
            Some(Event::Ready) if *self == Story::Starting => self.is_running(about),
            Some(Event::Exit) => self.ended(line, about),
            Some(Event::GaveUp) => {
                let why = "too many start retries too quickly";
                Vec::from([(Level::Info, format!("gave up: {} entered FATAL state, {why}", about.name))])
            }
            Some(Event::Signal) if text(line, Key::Signal) == "KILL" => killing(line, about.name),
            _ => Vec::new(),
        }
    }

    fn started(&mut self, line: &Line, about: &About<'_>) -> Said {
        if let Some(trouble) = about.trouble {
            *self = Story::Unable;
            return Vec::from([(Level::Info, format!("spawnerr: {trouble}"))]);
        }
        *self = Story::Starting;
        let mut said = Vec::from([(Level::Info, format!("spawned: '{}' with pid {}", about.name, pid(line)))]);
        if about.startsecs <= 0 {
            said.extend(self.is_running(about)); // nobody waits for it, so no line will say it
        }
        said
    }

    fn is_running(&mut self, about: &About<'_>) -> Said {
        *self = Story::Running;
        let words = format!(
            "success: {} entered RUNNING state, process has stayed up for > than {} seconds (startsecs)",
            about.name, about.startsecs
        );
        Vec::from([(Level::Info, words)])
    }

    fn ended(&mut self, line: &Line, about: &About<'_>) -> Said {
        let before = core::mem::take(self);
        let (code, how) = ending(line);
        let expected = code.is_some_and(|code| about.exitcodes.contains(&code));
        let level = if expected { Level::Info } else { Level::Warn };
        let asked = matches!(Cause::of(text(line, Key::Cause).as_bytes()), Some(Cause::Asked | Cause::StopTimeout));
        let name = about.name;
        Vec::from([match before {
            _ if asked => (level, format!("stopped: {name} ({how})")),
            Story::Unable => return Vec::new(),
            Story::Starting => (Level::Warn, format!("exited: {name} ({how}; not expected)")),
            _ if expected => (level, format!("exited: {name} ({how}; expected)")),
            _ => (level, format!("exited: {name} ({how}; not expected)")),
        }])
    }
}

fn killing(line: &Line, name: &str) -> Said {
    let (pid, group) = (pid(line), if text(line, Key::Whom) == "group" { "process group " } else { "" });
    Vec::from([
        (Level::Warn, format!("killing '{name}' ({pid}) with SIGKILL")),
        (Level::Debug, format!("killing {name} (pid {pid}) {group}with signal SIGKILL")),
    ])
}

/// The exit code, if there is one, and how the original says it. Of a process that was adopted nobody knows how it ended.
fn ending(line: &Line) -> (Option<u8>, String) {
    let (code, signal) = (text(line, Key::Code), text(line, Key::Signal));
    let core = if text(line, Key::Core) == "yes" { " (core dumped)" } else { "" };
    match code.parse::<u8>() {
        Ok(code) => (Some(code), format!("exit status {code}")),
        Err(_) if signal.is_empty() => (None, "exit status unknown".into()),
        Err(_) => (None, format!("terminated by {}{core}", signal_name(&signal))),
    }
}

/// A signal as Python calls it.
pub fn signal_name(name: &str) -> String {
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("signal {name}") } else { format!("SIG{name}") }
}

fn pid(line: &Line) -> String {
    text(line, Key::Pid)
}

fn text(line: &Line, key: Key) -> String {
    let value = line.facts.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_slice());
    String::from_utf8_lossy(value.unwrap_or_default()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About<'_> = About { name: "x", startsecs: 1, exitcodes: &[0, 2], trouble: None };

    fn told(about: &About<'_>, lines: &[&str]) -> Vec<String> {
        let mut story = Story::default();
        let line = |text: &&str| Line::parse(format!("@400000006b003fd000000000 1 {text}").as_bytes()).unwrap();
        let said = lines.iter().flat_map(|text| story.tell(&line(text), about));
        said.map(|(level, words)| format!("{} {words}", level.code())).collect()
    }

    const SUCCESS: &str =
        "INFO success: x entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)";

    #[test]
    fn a_life() {
        let lines = ["start pid=7 starts=1", "ready pid=7", "exit pid=7 cause=exit code=2"];
        let expected = ["INFO spawned: 'x' with pid 7", SUCCESS, "INFO exited: x (exit status 2; expected)"];
        assert_eq!(told(&ABOUT, &lines), expected);
        let lines = ["start pid=7", "ready pid=7", "exit pid=7 cause=core signal=SEGV core=yes"];
        let last = "WARN exited: x (terminated by SIGSEGV (core dumped); not expected)";
        assert_eq!(told(&ABOUT, &lines).last().unwrap(), last);
    }

    #[test]
    fn too_quickly() {
        let lines = ["start pid=7", "exit pid=7 cause=exit code=0", "backoff", "gave-up failures=1"];
        let expected = [
            "INFO spawned: 'x' with pid 7",
            "WARN exited: x (exit status 0; not expected)",
            "INFO gave up: x entered FATAL state, too many start retries too quickly",
        ];
        assert_eq!(told(&ABOUT, &lines), expected);
    }

    #[test]
    fn no_time_to_wait_for() {
        let about = About { startsecs: 0, ..ABOUT };
        let expected = [
            "INFO spawned: 'x' with pid 7",
            "INFO success: x entered RUNNING state, process has stayed up for > than 0 seconds (startsecs)",
            "WARN exited: x (exit status 1; not expected)",
        ];
        assert_eq!(told(&about, &["start pid=7", "exit pid=7 cause=exit code=1"]), expected);
    }

    #[test]
    fn a_stop() {
        let lines = ["start pid=7", "ready pid=7", "exit pid=7 cause=asked signal=TERM"];
        assert_eq!(told(&ABOUT, &lines).last().unwrap(), "WARN stopped: x (terminated by SIGTERM)");
        let lines = [
            "start pid=7",
            "ready pid=7",
            "signal pid=7 signal=KILL whom=group",
            "exit pid=7 cause=stop-timeout signal=KILL",
        ];
        let expected = [
            "WARN killing 'x' (7) with SIGKILL",
            "DEBG killing x (pid 7) process group with signal SIGKILL",
            "WARN stopped: x (terminated by SIGKILL)",
        ];
        assert_eq!(told(&ABOUT, &lines)[2..], expected);
        let lines = ["start pid=7", "exit pid=7 cause=asked code=0"];
        assert_eq!(told(&ABOUT, &lines).last().unwrap(), "INFO stopped: x (exit status 0)");
    }

    #[test]
    fn nothing_to_run() {
        let about = About { trouble: Some("can't find command 'x'"), ..ABOUT };
        let expected = ["INFO spawnerr: can't find command 'x'"];
        assert_eq!(told(&about, &["start pid=7", "exit pid=7 cause=exit code=127"]), expected);
    }

    #[test]
    fn of_one_that_was_adopted_the_end_is_not_known() {
        let lines = ["adopted pid=7", "exit pid=7 cause=exit"];
        let expected = ["INFO adopted: 'x' with pid 7", "WARN exited: x (exit status unknown; not expected)"];
        assert_eq!(told(&ABOUT, &lines), expected);
    }
}
