//! svprobe, against servers, files and services of the tests' own.

#[cfg(feature = "cert")]
mod cert;
mod machine;
mod network;
mod program;
mod service;

use crate::scene::{Done, Scene, ours};
use std::process::Command;

/// Runs one check.
fn probe(scene: &Scene, args: &[&str]) -> Done {
    scene.finish(command(scene, args))
}

/// One check. Where nothing is said of time it has more than by default: the machine is busy testing.
fn command(scene: &Scene, args: &[&str]) -> Command {
    let mut command = scene.command(ours("svprobe"));
    if !args.contains(&"--timeout") {
        command.args(["--timeout", "50s"]);
    }
    command.args(args);
    command
}

/// It says so in one line on standard output, and nothing else.
#[track_caller]
fn says(done: &Done, code: i32, line: &str) {
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (code, format!("{line}\n").as_str(), ""));
}

/// It cannot tell, and says why in one line on standard error.
#[track_caller]
fn cannot_tell(done: &Done, line: &str) {
    let line = format!("svprobe: fatal: {line}\n");
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (2, "", line.as_str()));
}

#[test]
fn a_wrong_call_is_one_line() {
    let scene = Scene::new();
    for args in [
        &[][..],
        &["what"],
        &["http"],
        &["http", "https://localhost/"],
        &["http", "http://localhost/", "--status", "ok"],
        &["memory"],
        &["memory", "--below", "1m", "--timeout", "0"],
        &["disk", "/"],
        &["tcp", "localhost"],
        &["program"],
        &["load", "--below"],
        &["file", "a", "b"],
    ] {
        let done = probe(&scene, args);
        assert_eq!((done.code, done.out.as_str(), done.err.lines().count()), (2, "", 1), "{args:?}: {}", done.err);
        assert!(done.err.starts_with("svprobe: fatal: "), "{}", done.err);
    }
}

#[test]
fn the_code_is_the_same_when_nobody_reads_the_line() {
    let scene = Scene::new();
    for (path, expected) in [("/", 0), ("none", 1), ("none/./\n", 1)] {
        let (reader, writer) = nix::unistd::pipe().unwrap();
        drop(reader);
        let mut command = scene.command(ours("svprobe"));
        let status = command.args(["file", path]).stdout(writer).status().unwrap();
        assert_eq!(status.code(), Some(expected), "{path}: {status}");
    }
    let mut shell = scene.command("sh");
    shell.args(["-c", "exec \"$0\" file / >&- 2>&-"]).arg(ours("svprobe"));
    assert_eq!(scene.finish(shell).code, 0);
}

#[test]
fn each_check_has_help() {
    let scene = Scene::new();
    for check in ["http", "tcp", "unix", "file", "memory", "cpu", "fds", "disk", "load", "program"] {
        let done = probe(&scene, &[check, "--help"]);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        assert!(done.out.starts_with(&format!("Usage: svprobe {check} ")), "{}", done.out);
    }
}
