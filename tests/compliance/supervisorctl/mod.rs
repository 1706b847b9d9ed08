//! supervisorctl: the program under test and the original say the same, byte for byte, to the same server: to one that
//! answers as a test wants it, and to the original one.

use crate::scene::*;
use std::io::Write;
use std::process::Stdio;

mod failures;
mod fake;
mod lines;
mod options;
mod server;
mod shell;

/// The original client, if it is there; else the test is skipped.
fn original(test: &str) -> Option<std::path::PathBuf> {
    let found = theirs("supervisorctl");
    if found.is_none() {
        skip(test, "supervisor is not installed");
    }
    found
}

/// The name of the running test.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("supervisorctl").to_owned()
}

/// Runs a client to its end, with this on its standard input.
fn run(scene: &Scene, client: &std::path::Path, args: &[&str], input: &str) -> Done {
    let mut command = scene.command(client);
    command.args(args).stdin(Stdio::piped()).env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
    let mut running = scene.spawn_with_input(command);
    running.write(input.as_bytes());
    let done = running.end();
    let place = client.display().to_string();
    Done { code: done.code, out: steady(&done.out, scene, &place), err: steady(&done.err, scene, &place) }
}

/// Without what differs from one run to the next, and the place in somebody's sources.
fn steady(text: &str, scene: &Scene, client: &str) -> String {
    let text = text.replace(client, "CLIENT").replace(&scene.path("").display().to_string(), "SCENE/");
    let mut lines: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        let line = match line.split_once(": file: ") {
            Some((before, _)) if line.contains("error: <class") => format!("{before}: PLACE\n"),
            _ => line.to_owned(),
        };
        lines.push(without_numbers(&line));
    }
    lines.concat()
}

/// `pid 12, uptime 0:00:01`, `Nov 21 04:51 PM`, and process ids alone in their line.
fn without_numbers(line: &str) -> String {
    let state =
        ["RUNNING", "STOPPED", "EXITED", "FATAL"].into_iter().find(|state| line.contains(&format!(" {state} ")));
    let is_label = line.len() > 23 && line.as_bytes()[4] == b'-' && line.as_bytes()[19] == b',';
    let alone = line.trim_start_matches("supervisor> ").trim_end();
    if state.is_some() && (line.contains(" AM") || line.contains(" PM") || line.contains("pid ")) {
        line.replace(|c: char| c.is_ascii_digit(), "").replace("AM", "").replace("PM", "")
    } else if is_label || (alone.len() > 2 && alone.bytes().all(|byte| byte.is_ascii_digit())) {
        "N\n".to_owned()
    } else {
        line.to_owned()
    }
}

/// One whose standard input is ours.
struct Fed(Running, std::process::ChildStdin);

impl Fed {
    fn write(&mut self, bytes: &[u8]) {
        let _ = self.1.write_all(bytes); // it may not want to know
    }

    fn end(self) -> Done {
        let Fed(mut running, input) = self;
        drop(input);
        running.end()
    }
}

trait WithInput {
    fn spawn_with_input(&self, command: std::process::Command) -> Fed;
}

impl WithInput for Scene {
    fn spawn_with_input(&self, command: std::process::Command) -> Fed {
        let mut running = self.spawn(command);
        let input = running.input();
        Fed(running, input)
    }
}
