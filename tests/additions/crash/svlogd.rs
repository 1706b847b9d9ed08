//! svlogd: every line that was put into its pipe is in its files when the next one has read to the end.

use super::*;
use crate::scene::logger::{all_bytes, directory, pipe};
use std::io::Write;
use std::process::Command;

const LINES: usize = 400;

/// What goes in: enough for several rotations.
fn lines() -> String {
    (0..LINES).map(|number| format!("line {number:05} of {LINES}\n")).collect()
}

/// The three ways through it: as they come, line by line, and through a processor.
const WAYS: [(&str, &[&str], &str); 3] = [
    ("as they come", &[], "s2000\nn0\n"),
    ("line by line", &["-ttt"], "s2000\nn0\n"),
    ("with a processor", &[], "s3000\nn0\n!cat\n"),
];

fn start(scene: &Scene, way: &(&str, &[&str], &str), mut command: Command, lines: &str) -> Running {
    directory(scene, "d", way.2);
    let (read, write) = pipe();
    command.args(way.1).arg("d").stdin(read.try_clone().unwrap());
    let running = scene.spawn(command);
    let mut write = std::fs::File::from(write);
    write.write_all(lines.as_bytes()).unwrap();
    HELD.with(|held| held.set(Some(read)));
    running
}

thread_local! {
    /// The end that is read from, as runsv holds it.
    static HELD: std::cell::Cell<Option<std::os::fd::OwnedFd>> = const { std::cell::Cell::new(None) };
}

fn attempt(way: &(&str, &[&str], &str), call: &Call) {
    let scene = Scene::new();
    let text = lines();
    let mut first = start(&scene, way, scene.killed_before(call, &ours("svlogd")), &text);
    let killed = first.end().code;
    assert!([0, -libc::SIGKILL].contains(&killed), "{killed}");
    let rest = HELD.with(std::cell::Cell::take).unwrap();
    let mut command = scene.command(ours("svlogd"));
    command.args(way.1).arg("d").stdin(rest);
    let mut second = scene.spawn(command);
    assert_eq!(second.end().code, 0);
    until("nobody is left", || scene.processes().is_empty());
    let bytes = String::from_utf8(all_bytes(&scene, "d")).unwrap();
    let without_label = |line: &str| line.split_once("line ").map(|(_, line)| format!("line {line}"));
    let found: Vec<String> = bytes.lines().filter_map(without_label).collect();
    if way.1.is_empty() {
        assert!(bytes == text, "{} of {LINES} lines, {} bytes of {}", found.len(), bytes.len(), text.len());
    } else {
        // What is in its hands is lost with it: a buffer of so many bytes, and no more than the manual says.
        let mut whole: Vec<&str> = text.lines().collect();
        whole.retain(|line| !found.iter().any(|found| found == line));
        let lost: usize = whole.iter().map(|line| line.len() + 1).sum();
        assert!(lost <= 64 * 1024, "{lost} bytes are lost");
        assert!(found.windows(2).all(|pair| pair[0] <= pair[1]), "in order");
    }
}

fn calls(way: &(&str, &[&str], &str), scene: &Scene) -> Vec<Call> {
    let text = lines();
    let mut running = start(scene, way, scene.traced(&scene.path("log"), &[], &ours("svlogd")), &text);
    HELD.with(std::cell::Cell::take);
    assert_eq!(running.end().code, 0);
    scene.every_call("log")
}

fn all_ways(test: &str, choose: impl Fn(Vec<Call>) -> Vec<Call>) {
    for way in &WAYS {
        let scene = Scene::new();
        if !can_trace(test, &scene) {
            return;
        }
        try_all(&format!("svlogd, {}", way.0), choose(calls(way, &scene)), |call| attempt(way, call));
    }
}

#[test]
fn at_some_calls_no_line_is_lost() {
    all_ways("at_some_calls_no_line_is_lost", |calls| some(calls, 10));
}

#[test]
#[ignore = "takes minutes: make faults"]
fn at_any_call_no_line_is_lost() {
    all_ways("at_any_call_no_line_is_lost", |calls| calls);
}
