//! Programs whose system calls are tampered with: killed before one, or told that it failed.

use super::{Scene, skip, until};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Whether strace is here and may trace; it is said aloud where not.
pub fn can_trace(test: &str, scene: &Scene) -> bool {
    if !Path::new("/usr/bin/strace").exists() {
        skip(test, "strace is not installed");
        return false;
    }
    let done = scene.finish(scene.traced(&scene.path("probe"), &["-e", "inject=getppid:retval=0"], "true".as_ref()));
    if done.code != 0 {
        skip(test, &format!("cannot trace here: {}", done.err.trim()));
    }
    done.code == 0
}

/// A call, and which one of its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    pub name: String,
    pub number: usize,
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:when={}", self.name, self.number)
    }
}

impl Scene {
    /// A command that traces this program, and not its children. The program is our child, the tracer is not.
    pub fn traced(&self, log: &Path, options: &[&str], program: &Path) -> Command {
        let mut command = self.command("/usr/bin/strace");
        command.args(["-D", "-q", "-a", "0", "-s", "0", "-o"]).arg(log).args(options).arg(program);
        command
    }

    /// The same, killed before this call is made.
    pub fn killed_before(&self, call: &Call, program: &Path) -> Command {
        let inject = format!("inject={}:signal=KILL:when={}", call.name, call.number);
        self.traced("/dev/null".as_ref(), &["-e", &format!("trace={}", call.name), "-e", &inject], program)
    }

    /// How often each call was made, by a log that is complete.
    pub fn calls(&self, log: &str) -> BTreeMap<String, usize> {
        until("the log is complete", || self.lines(log).iter().any(|line| line.starts_with("+++ ")));
        let mut calls = BTreeMap::new();
        for line in self.lines(log) {
            let name: String = line.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if line[name.len()..].starts_with('(') {
                *calls.entry(name).or_insert(0) += 1;
            }
        }
        calls
    }

    /// Every single one of them, but for the first, which is the tracer's.
    pub fn every_call(&self, log: &str) -> Vec<Call> {
        let calls = self.calls(log).into_iter().filter(|(name, _)| name != "execve");
        calls.flat_map(|(name, number)| (1..=number).map(move |number| Call { name: name.clone(), number })).collect()
    }
}
