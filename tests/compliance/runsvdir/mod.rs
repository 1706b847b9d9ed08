//! runsvdir: a runsv for each directory in a directory. The originals look once in five seconds, so most of these tests
//! take a few against them.

use crate::scene::*;
use std::ffi::OsString;
use std::process::Command;

mod endings;
mod entries;
mod log;
mod start;

/// The command `runsvdir`, which finds the `runsv` under test.
fn command(scene: &Scene, args: &[&str]) -> Command {
    let mut command = scene.command(program("runsvdir"));
    let mut path: OsString = program("runsv").parent().unwrap().into();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.args(args).env("PATH", path);
    command
}

/// Starts `runsvdir`, and waits for nothing.
fn start(scene: &Scene, args: &[&str]) -> Running {
    scene.spawn(command(scene, args))
}

/// A run script that notes the process that started it, its runsv.
const NOTED: &str = "echo $PPID >> runsv; exec sleep 1000";

/// The process that looked after a service whose run is `NOTED` at its start of this number, from 0.
#[track_caller]
fn runsv(service: &Service<'_>, number: usize) -> i32 {
    service.until_lines("runsv", number + 1);
    service.lines("runsv")[number].parse().unwrap()
}

/// Whether a process lives.
fn lives(pid: i32) -> bool {
    process_state(Some(pid)).is_some_and(|state| state != 'Z')
}

/// The words of its command line.
fn title(pid: i32) -> Vec<String> {
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).split_terminator('\0').map(str::to_owned).collect()
}
