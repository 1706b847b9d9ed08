//! What its user, its directory or its machine does to it: it says so in one line, and goes on.

use super::limit;
use crate::scene::service::{CATCHER, IDLE};
use crate::scene::status::Status;
use crate::scene::{Scene, program, root, skip, throughout, until, until_still, wakes};
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_message_that_nobody_reads_does_not_end_it() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 0");
    scene.remove("web/run"); // each start fails, and is complained of
    let (reader, writer) = nix::unistd::pipe().unwrap();
    drop(reader);
    let mut runsv = web.command();
    let mut runsv = runsv.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    web.until_stat("down");
    web.script("run", IDLE).until_stat("run");
    assert_eq!(runsv.try_wait().unwrap(), None, "it lives");
    scene.signal(runsv.id() as i32, libc::SIGTERM);
    assert_eq!(runsv.wait().unwrap().code(), Some(0));
}

#[test]
fn a_name_cannot_break_the_line_of_a_message() {
    let scene = Scene::new();
    let web = scene.service("a\nb\x1b[31m");
    let mut runsv = web.start();
    until("it complains", || !runsv.err().is_empty());
    runsv.signal(libc::SIGTERM);
    assert_eq!(runsv.end().code, 0);
    assert_eq!(runsv.err(), "runsv a\\x0ab\\x1b[31m: fatal: unable to start ./run: file does not exist\n");
}

#[test]
fn finish_runs_though_no_descriptor_can_be_had() {
    if !root() {
        return skip("finish_runs_though_no_descriptor_can_be_had", "raising a limit again needs root");
    }
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).finish("echo $1 >> finished");
    // What it inherits it does not need; without that a shell below it would be short of descriptors too.
    let mut command = scene.command("sh");
    let inherit: String = (3..10).map(|number| format!("exec {number}</dev/null; ")).collect();
    command.args(["-c", &format!("{inherit} exec \"$0\" web")]).arg(program("runsv"));
    let web = web.supervise_by(command).caught();
    // As many as it has, without a gap: none for it, and enough for its children.
    let pid = web.runsv.pid();
    let open = until_still("it has settled", || std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count());
    limit(&scene, 0, pid, &format!("--nofile={open}:1024"));
    web.release(7);
    until("it is out of descriptors", || web.runsv.err().contains("process cannot open more files"));
    web.until_line("finished", "7");
    until("it is started again", || web.lines("sent").iter().filter(|line| *line == "up").count() == 2);
    assert!(!web.runsv.err().contains("unable to read"), "of files that are not there nothing is said");
    limit(&scene, 0, web.runsv.pid(), "--nofile=1024:1024");
    web.until_stat("run");
}

#[test]
fn what_keeps_a_state_from_being_shown_is_said_once() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    scene.remove("web/supervise/status");
    scene.dir("web/supervise/status");
    web.send("p");
    until("it says so", || !web.runsv.err().is_empty());
    let line = "unable to rename supervise/status.new to supervise/status: is a directory";
    throughout("it tries again in silence", Duration::from_millis(3500), || {
        web.runsv.err() == format!("runsv web: warning: {line}\n")
    });
    std::fs::remove_dir(scene.path("web/supervise/status")).unwrap();
    until("it is shown", || Status::unpack(&scene.bytes("web/supervise/status")).is_some_and(|s| s.paused == 1));
    web.send("c");
    web.until_stat("run");
    assert_eq!(web.runsv.err().lines().count(), 1);
}

#[test]
fn after_the_last_step_of_a_stop_it_sleeps() {
    let scene = Scene::new();
    let run = "trap '' TERM; echo up > here; while :; do sleep 1000; done";
    let web = scene.service("web").run(run).file("stop", "TERM process 1s\n").supervise();
    web.until_line("here", "up");
    web.send("d");
    web.until_stat("run, got TERM, want down");
    let switches = || wakes(web.runsv.pid());
    throughout("the wait is over", Duration::from_millis(1500), || true);
    let before = until_still("it has done all it had to do", switches);
    throughout("it sleeps", Duration::from_secs(1), || switches() == before);
    web.send("k");
}
