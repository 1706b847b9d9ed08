//! runsvdir, where it is better than the original.

use crate::scene::service::{CATCHER, IDLE};
use crate::scene::*;
use std::ffi::OsString;
use std::fs;
use std::process::Command;
use std::time::Duration;

mod command;
mod order;
mod process_one;
mod reexec;
mod successor;
mod trouble;
mod watching;

/// The command `runsvdir`, which finds our `runsv`.
fn command(scene: &Scene, args: &[&str]) -> Command {
    let mut command = scene.command(program("runsvdir"));
    command.args(args).env("PATH", search_path());
    command
}

fn search_path() -> OsString {
    let mut path: OsString = program("runsv").parent().unwrap().into();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

/// Starts `runsvdir`, and waits for nothing.
fn start(scene: &Scene, args: &[&str]) -> Running {
    scene.spawn(command(scene, args))
}

/// A service in `sv`, and a link to it in `scan`.
fn linked(scene: &Scene, name: &str, run: &str) {
    scene.service(&format!("sv/{name}")).run(run);
    scene.dir("scan");
    scene.link(format!("../sv/{name}"), format!("scan/{name}"));
}

fn stat(scene: &Scene, name: &str) -> String {
    scene.read(format!("sv/{name}/supervise/stat")).trim_end().to_owned()
}

#[track_caller]
fn until_stat(scene: &Scene, name: &str, wanted: &str) {
    until(&format!("{name} is {wanted}"), || stat(scene, name) == wanted);
}

/// The children of a process.
fn children(pid: i32) -> Vec<i32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_ascii_whitespace().map(|word| word.parse().unwrap()).collect()
}

/// Whether a process waits with no end to its patience: in poll, with no time given. Whatever it notices afterwards it
/// was told of.
fn waits_without_end(pid: i32) -> bool {
    const PPOLL: [&str; 2] = ["271", "73"]; // on x86_64, and everywhere else
    let text = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap();
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    words.first().is_some_and(|number| PPOLL.contains(number)) && words[3] == "0x0"
}

#[track_caller]
pub(crate) fn until_asleep(runsvdir: &Running) {
    until("runsvdir waits without end", || waits_without_end(runsvdir.pid()));
}
