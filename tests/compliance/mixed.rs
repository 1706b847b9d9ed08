//! Programs of theirs and of ours together: what is between them is a contract, so each must do with the other's.
//! These are the same whatever is under test, and need the originals.

use crate::scene::*;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The original of this name, or `None` said aloud.
fn original(test: &str, name: &str) -> Option<PathBuf> {
    let found = theirs(name);
    if found.is_none() {
        skip(test, &format!("the original {name} is not installed"));
    }
    found
}

/// A service under this runsv.
fn under<'a>(runsv: &Path, service: Service<'a>, scene: &'a Scene) -> Supervised<'a> {
    let mut command = scene.command(runsv);
    command.arg(service.name());
    service.supervise_by(command)
}

/// Runs a program in the scene to its end, and answers with its exit code and what it printed.
fn run(scene: &Scene, program: &Path, args: &[&str]) -> (i32, String) {
    let mut command = scene.command(program);
    command.args(args).env("SVDIR", scene.path(""));
    let done = scene.finish(command);
    assert_eq!(done.err, "");
    (done.code, done.out)
}

/// Every command of this sv to a service under this runsv.
fn commands(sv: &Path, runsv: &Path) {
    let scene = Scene::new();
    let mut web = under(runsv, scene.service("web").run(CATCHER), &scene).caught();
    for (word, signal) in [("hup", "HUP"), ("alarm", "ALRM"), ("interrupt", "INT"), ("quit", "QUIT"), ("1", "USR1")] {
        assert_eq!(run(&scene, sv, &[word, "web"]), (0, String::new()), "{word}");
        until(&format!("{signal} has arrived"), || web.sent().contains(&signal.to_owned()));
    }
    let first = web.pid().unwrap();
    let (code, line) = run(&scene, sv, &["status", "web"]);
    assert!(code == 0 && line.starts_with(&format!("run: web: (pid {first}) ")), "{code} {line}");

    let (code, line) = run(&scene, sv, &["-v", "pause", "web"]);
    assert!(code == 0 && line.ends_with("s, paused\n"), "{code} {line}");
    let (code, line) = run(&scene, sv, &["-v", "cont", "web"]);
    assert!(code == 0 && line.ends_with("s\n"), "{code} {line}");

    let (code, line) = run(&scene, sv, &["-w", "1", "stop", "web"]);
    assert!(code == 1 && line.ends_with("want down, got TERM\n"), "{code} {line}");
    let (code, line) = run(&scene, sv, &["-w", "0", "force-stop", "web"]);
    assert!(code == 1 && line.starts_with("kill: run: web: "), "{code} {line}");
    web.until_stat("down");

    let (code, line) = run(&scene, sv, &["-w", "60", "start", "web"]);
    let second = web.pid().unwrap();
    assert!(code == 0 && line.starts_with(&format!("ok: run: web: (pid {second}) ")), "{code} {line}");
    assert_eq!(run(&scene, sv, &["once", "web"]), (0, String::new()));
    web.until_stat("run, want down");
    web.until_lines("sent", web.lines("sent").iter().rposition(|line| line == "up").unwrap() + 1);
    web.release(0);
    web.until_stat("down");
    assert_eq!(run(&scene, sv, &["-w", "60", "exit", "web"]), (0, "ok: web: runsv not running\n".into()));
    assert_eq!(web.end(), 0);
}

#[test]
fn their_sv_on_our_runsv() {
    if let Some(sv) = original("their_sv_on_our_runsv", "sv") {
        commands(&sv, &ours("runsv"));
    }
}

#[test]
fn our_sv_on_their_runsv() {
    if let Some(runsv) = original("our_sv_on_their_runsv", "runsv") {
        commands(&ours("sv"), &runsv);
    }
}

/// Restarting a service with a log service: what is waited for, and what both print.
fn restarts(sv: &Path, runsv: &Path) {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts; exec sleep 1000").log("exec cat >> has");
    let web = under(runsv, web, &scene);
    web.until_lines("starts", 1);
    web.until_log_stat("run");
    until("it is more than a second old", || web.status().since + 2 <= status::now());
    let (code, line) = run(&scene, sv, &["-w", "60", "restart", "web"]);
    assert!(code == 0 && line.starts_with("ok: run: web: (pid "), "{code} {line}");
    web.until_lines("starts", 2);
    let (code, line) = run(&scene, sv, &["-w", "60", "stop", "web/log"]);
    assert!(code == 0 && line.starts_with("ok: down: web/log: "), "{code} {line}");
    let (code, line) = run(&scene, sv, &["status", "web"]);
    assert!(code == 0 && line.contains("; down: log: "), "{code} {line}");
}

#[test]
fn their_sv_restarts_under_our_runsv() {
    if let Some(sv) = original("their_sv_restarts_under_our_runsv", "sv") {
        restarts(&sv, &ours("runsv"));
    }
}

#[test]
fn our_sv_restarts_under_their_runsv() {
    if let Some(runsv) = original("our_sv_restarts_under_their_runsv", "runsv") {
        restarts(&ours("sv"), &runsv);
    }
}

#[test]
fn svc_of_daemontools_on_our_runsv() {
    let Some(svc) = original("svc_of_daemontools_on_our_runsv", "svc") else { return };
    let scene = Scene::new();
    let mut web = under(&ours("runsv"), scene.service("web").run(CATCHER), &scene).caught();
    for (option, signal) in [("-h", "HUP"), ("-a", "ALRM"), ("-i", "INT")] {
        assert_eq!(run(&scene, &svc, &[option, "web"]), (0, String::new()));
        until(&format!("{signal} has arrived"), || web.sent().contains(&signal.to_owned()));
    }
    run(&scene, &svc, &["-p", "web"]);
    web.until_stat("run, paused");
    run(&scene, &svc, &["-c", "web"]);
    web.until_stat("run");
    run(&scene, &svc, &["-o", "web"]);
    web.until_stat("run, want down");
    run(&scene, &svc, &["-k", "web"]);
    web.until_stat("down");
    run(&scene, &svc, &["-u", "web"]);
    web.until_stat("run");
    run(&scene, &svc, &["-dkx", "web"]);
    assert_eq!(web.end(), 0);
}

#[test]
fn svstat_of_daemontools_on_our_runsv() {
    let Some(svstat) = original("svstat_of_daemontools_on_our_runsv", "svstat") else { return };
    let scene = Scene::new();
    let mut web = under(&ours("runsv"), scene.service("web").run(IDLE), &scene).running();
    let pid = web.pid().unwrap();
    let shows = |start: &str, end: &str| {
        let (code, line) = run(&scene, &svstat, &["web"]);
        assert!(code == 0 && line.starts_with(start) && line.ends_with(end), "{code} {line}");
    };
    shows(&format!("web: up (pid {pid}) "), " seconds\n");
    web.send("p");
    web.until_status("paused", |status| status.paused == 1);
    shows(&format!("web: up (pid {pid}) "), " seconds, paused\n");
    web.send("cd");
    web.until_status("down", |status| status.state == 0);
    shows("web: down ", " seconds, normally up\n");
    web.send("x");
    web.end();
    shows("web: supervise not running", "\n");
}

#[test]
fn svok_of_daemontools_on_our_runsv() {
    let Some(svok) = original("svok_of_daemontools_on_our_runsv", "svok") else { return };
    let scene = Scene::new();
    let mut web = under(&ours("runsv"), scene.service("web").run(IDLE), &scene).running();
    assert_eq!(run(&scene, &svok, &["web"]), (0, String::new()));
    web.send("x");
    web.end();
    assert_eq!(run(&scene, &svok, &["web"]), (100, String::new()));
}

/// A directory of services under this runsvdir, with this runsv first in the path.
fn directory(runsvdir: &Path, runsv: &Path) {
    let scene = Scene::new();
    scene.link(runsv, "first/runsv");
    let web = scene.service("scan/web").run("echo $PPID >> runsv; exec sleep 1000");
    let mut command: Command = scene.command(runsvdir);
    command.args(["-P", "scan"]).env("PATH", format!("{}:/bin:/usr/bin", scene.path("first").display()));
    let mut runsvdir = scene.spawn(command);
    web.until_lines("runsv", 1);
    let pid = &web.lines("runsv")[0];
    let executable = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    assert_eq!(executable, runsv.canonicalize().unwrap());
    web.until_stat("run");
    web.send("x");
    web.until_lines("runsv", 2);
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end().code, 111);
    web.until_stat("down");
}

#[test]
fn our_runsv_under_their_runsvdir() {
    if let Some(runsvdir) = original("our_runsv_under_their_runsvdir", "runsvdir") {
        directory(&runsvdir, &ours("runsv"));
    }
}

#[test]
fn their_runsv_under_our_runsvdir() {
    if let Some(runsv) = original("their_runsv_under_our_runsvdir", "runsv") {
        directory(&ours("runsvdir"), &runsv);
    }
}

/// A service that the first left, taken up by the second: what is in supervise/ is as good for it.
fn successor(first: &Path, second: &Path) {
    let scene = Scene::new();
    let mut old = under(first, scene.service("web").run(IDLE).log("exec cat"), &scene).running();
    old.until_log_stat("run");
    old.send("x");
    assert_eq!(old.end(), 0);
    let new = under(second, scene.service("web"), &scene).running();
    new.until_log_stat("run");
    new.send("d");
    new.until_stat("down");
}

#[test]
fn their_runsv_after_ours() {
    if let Some(runsv) = original("their_runsv_after_ours", "runsv") {
        successor(&ours("runsv"), &runsv);
    }
}

#[test]
fn our_runsv_after_theirs() {
    if let Some(runsv) = original("our_runsv_after_theirs", "runsv") {
        successor(&runsv, &ours("runsv"));
    }
}

#[test]
fn their_runsv_has_the_lock_that_ours_wants() {
    let Some(runsv) = original("their_runsv_has_the_lock_that_ours_wants", "runsv") else { return };
    let scene = Scene::new();
    let _web = under(&runsv, scene.service("web").run(IDLE), &scene).running();
    let mut command = scene.command(ours("runsv"));
    command.arg("web");
    let done = scene.finish(command);
    let message = "runsv web: fatal: unable to lock supervise/lock: temporary failure\n";
    assert_eq!((done.code, done.err.as_str()), (111, message));
}

#[test]
fn our_runsv_has_the_lock_that_theirs_wants() {
    let Some(runsv) = original("our_runsv_has_the_lock_that_theirs_wants", "runsv") else { return };
    let scene = Scene::new();
    let _web = under(&ours("runsv"), scene.service("web").run(IDLE), &scene).running();
    let mut command = scene.command(runsv);
    command.arg("web");
    let done = scene.finish(command);
    let message = "runsv web: fatal: unable to lock supervise/lock: temporary failure\n";
    assert_eq!((done.code, done.err.as_str()), (111, message));
}
