//! The original daemon and ours on the same configuration: what they say, what they end with, and what the processes
//! that they run see of it. Needs Supervisor 4.2.

mod behaviour;
mod lines;
mod server;
mod usage;

use crate::scene::{Done, Running, Scene, ours, theirs, until};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Theirs,
    Ours,
}

pub(super) const BOTH: [Whose; 2] = [Whose::Theirs, Whose::Ours];

pub(super) fn is_installed() -> bool {
    theirs("supervisord").is_some()
}

/// What every configuration here begins with: whoever is root says so.
pub(super) const HEAD: &str = "[supervisord]
logfile=%(here)s/d.log
pidfile=%(here)s/d.pid
childlogdir=%(here)s/logs
statedir=%(here)s/state
user=root
";

impl Whose {
    pub(super) fn program(self) -> PathBuf {
        match self {
            Whose::Theirs => theirs("supervisord").unwrap(),
            Whose::Ours => ours("supervisord"),
        }
    }
}

/// A daemon in the foreground, in a scene of its own.
pub(super) struct Daemon {
    pub(super) running: Running,
    pub(super) scene: Scene,
}

impl Daemon {
    pub(super) fn new(whose: Whose, configuration: &str) -> Daemon {
        Daemon::with(whose, configuration, &["-n"], |_| ())
    }

    /// With these options, in a scene that was prepared.
    pub(super) fn with(whose: Whose, configuration: &str, options: &[&str], prepare: impl Fn(&Scene)) -> Daemon {
        let scene = Scene::new();
        scene.dir("logs");
        scene.file("s.conf", configuration);
        prepare(&scene);
        let mut command = scene.command(whose.program());
        command.args(["-c", "s.conf"]).args(options).env("TZ", "UTC");
        Daemon { running: scene.spawn(command), scene }
    }

    /// The daemon's own process.
    pub(super) fn pid(&self) -> i32 {
        until("there is a pidfile", || self.scene.read("d.pid").ends_with('\n'));
        self.scene.read("d.pid").trim().parse().unwrap()
    }

    /// What is in the log.
    pub(super) fn log(&self) -> Vec<String> {
        self.scene.lines("d.log").iter().map(|line| masked(line, &self.scene)).collect()
    }

    #[track_caller]
    pub(super) fn until_logged(&self, words: &str) {
        until(&format!("the log says {words}"), || self.log().iter().any(|line| line.contains(words)));
    }

    #[track_caller]
    pub(super) fn ends(&mut self) -> Done {
        self.running.signal(15);
        self.running.end()
    }
}

/// A line without what differs from run to run: the time, process ids, the scene.
fn masked(line: &str, scene: &Scene) -> String {
    let line = line.get(24..).unwrap_or(line);
    let here = scene.path("");
    let line = line.replace(here.to_str().unwrap().trim_end_matches('/'), "HERE");
    let mut masked = String::new();
    let mut rest = line.as_str();
    while let Some(at) = [rest.find("pid "), rest.find("' (")].into_iter().flatten().min() {
        let digits = at + if rest[at..].starts_with("pid ") { 4 } else { 3 };
        let (head, tail) = rest.split_at(digits);
        masked.push_str(head);
        let after = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        masked.push_str(if after.len() < tail.len() { "N" } else { "" });
        rest = after;
    }
    masked + rest
}

/// The process that a line is about; an empty name for the daemon.
fn about(line: &str) -> String {
    let words: Vec<&str> = line.splitn(4, ' ').collect();
    let name = match words.as_slice() {
        [_, "spawned:" | "killing" | "adopted:", name, ..] => name.trim_matches('\''),
        [_, "success:" | "exited:" | "stopped:", name, ..] => name,
        [_, "gave", "up:", rest] => rest.split(' ').next().unwrap_or_default(),
        [_, "waiting", "for", rest] if rest.ends_with(" to stop") => rest.trim_end_matches(" to stop"),
        [_, "spawnerr:", ..] => line,
        _ => "",
    };
    name.to_owned()
}

/// The lines of a log, those of each process by themselves: in which order two processes do something is nobody's promise.
pub(super) fn sorted(log: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut sorted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in log {
        let lines = sorted.entry(about(line)).or_default();
        // How often it is said who is still waited for depends on the machine.
        let waits = |line: &String| line.contains("waiting for ");
        if !(waits(line) && lines.last().is_some_and(waits)) {
            lines.push(line.clone());
        }
    }
    sorted
}
