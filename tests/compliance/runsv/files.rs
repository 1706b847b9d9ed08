//! The files in supervise/: what they are, and what they say in each state.

use crate::scene::status::now;
use crate::scene::*;
use std::fs::File;
use std::io::Read;

#[test]
fn lock_is_an_empty_file() {
    let scene = Scene::new();
    let _web = scene.service("web").run(IDLE).supervise().running();
    assert_eq!(scene.kind("web/supervise/lock"), "file 0600");
    assert_eq!(scene.read("web/supervise/lock"), "");
}

#[test]
fn lock_is_held_as_long_as_runsv_lives() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    assert!(scene.is_locked("web/supervise/lock"));
    web.send("x");
    web.end();
    assert!(!scene.is_locked("web/supervise/lock"));
}

#[test]
fn lock_is_not_held_by_what_a_killed_runsv_leaves() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).log("exec cat").supervise().running();
    web.until_log_stat("run");
    web.runsv.signal(libc::SIGKILL);
    web.end();
    until("run and log run on, by themselves", || scene.processes().len() == 2);
    until("the lock is free", || !scene.is_locked("web/supervise/lock"));
    until("the lock of the log service is free", || !scene.is_locked("web/log/supervise/lock"));
}

#[test]
fn control_and_ok_are_fifos_for_the_owner() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").supervise();
    web.until_log_stat("run");
    for fifo in ["supervise/control", "supervise/ok", "log/supervise/control", "log/supervise/ok"] {
        assert_eq!(scene.kind(web.at(fifo)), "fifo 0600", "{fifo}");
    }
}

#[test]
fn control_and_ok_keep_the_mode_that_they_have() {
    let scene = Scene::new();
    let mut first = scene.service("web").run(IDLE).supervise().running();
    scene.mode("web/supervise/control", 0o620);
    scene.mode("web/supervise/ok", 0o622);
    first.send("x");
    first.end();
    let _second = scene.service("web").supervise().running();
    assert_eq!(scene.kind("web/supervise/control"), "fifo 0620");
    assert_eq!(scene.kind("web/supervise/ok"), "fifo 0622");
}

#[test]
fn ok_has_a_reader_as_long_as_runsv_lives() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    assert!(scene.has_reader("web/supervise/ok"));
    web.runsv.signal(libc::SIGKILL);
    web.end();
    // Run may have been forked and not yet executed: it has the descriptors for another moment.
    until("nobody reads ok", || !scene.has_reader("web/supervise/ok"));
    until("nobody reads control", || !scene.has_reader("web/supervise/control"));
}

#[test]
fn pid_stat_and_status_can_be_read_by_all() {
    let scene = Scene::new();
    let _web = scene.service("web").run(IDLE).supervise().running();
    for file in ["pid", "stat", "status"] {
        assert_eq!(scene.kind(format!("web/supervise/{file}")), "file 0644", "{file}");
    }
}

#[test]
fn the_umask_is_obeyed() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE);
    let mut command = scene.command("sh");
    command.args(["-c", "umask 077; exec \"$@\"", "-"]).arg(program("runsv")).arg("web");
    let _web = web.supervise_by(command).running();
    assert_eq!(scene.kind("web/supervise/status"), "file 0600");
}

#[test]
fn nothing_new_is_left_behind() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    web.send("p");
    web.until_stat("run, paused");
    web.until_status("paused == 1", |status| status.paused == 1);
    for file in ["pid.new", "stat.new", "status.new"] {
        assert_eq!(scene.kind(format!("web/supervise/{file}")), "", "{file}");
    }
}

#[test]
fn a_change_replaces_the_file() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    web.until_status("state == 1", |status| status.state == 1);
    let mut old = File::open(scene.path("web/supervise/status")).unwrap();
    web.send("p");
    web.until_status("paused", |status| status.paused == 1);
    let mut bytes = Vec::new();
    old.read_to_end(&mut bytes).unwrap();
    assert_eq!(Status::unpack(&bytes).unwrap().paused, 0, "a reader sees all of the old state");
}

#[test]
fn pid_is_that_of_run() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo $$ > mine; exec sleep 1000").supervise().running();
    until("run has started", || web.read("mine").ends_with('\n'));
    assert_eq!(web.read("supervise/pid"), web.read("mine"));
    web.until_status("pid != 0", |status| status.pid != 0);
    assert_eq!(Some(web.status().pid as i32), web.pid());
}

#[test]
fn pid_is_that_of_finish_while_it_runs() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 0").finish("echo $$ > mine; exec sleep 1000").supervise();
    until("finish has started", || web.read("mine").ends_with('\n'));
    until("pid is that of finish", || web.read("supervise/pid") == web.read("mine"));
    web.until_stat("finish");
    web.until_status("finish", |status| status.state == 2 && status.pid != 0);
    assert_eq!(Some(web.status().pid as i32), web.pid());
}

#[test]
fn pid_is_empty_while_it_is_down() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    web.send("d");
    web.until_stat("down");
    assert_eq!(scene.kind("web/supervise/pid"), "file 0644");
    assert_eq!(scene.read("web/supervise/pid"), "");
}

#[test]
fn pid_of_a_log_service_comes_with_its_first_start() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").file("log/down", "").supervise().running();
    web.until_log_stat("down");
    assert_eq!(scene.kind("web/log/supervise/pid"), "");
    web.log_send("u");
    web.until_log_stat("run");
    assert_eq!(scene.kind("web/log/supervise/pid"), "file 0644");
}

#[test]
fn stat_ends_in_a_newline() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    assert_eq!(web.read("supervise/stat"), "run\n");
    web.send("d");
    web.until_sent(&["CONT", "TERM"]);
    web.until_stat("run, got TERM, want down");
    assert_eq!(web.read("supervise/stat"), "run, got TERM, want down\n");
}

/// The status in one state, all but the moment: pid (`true` for one), paused, want, term, state.
#[track_caller]
fn until_status(web: &Service<'_>, wanted: (bool, u8, char, u8, u8)) -> Status {
    let facts = |s: Status| (s.pid != 0, s.paused, s.want, s.term, s.state);
    until(&format!("status says {wanted:?}"), || facts(web.status()) == wanted);
    web.status()
}

#[test]
fn status_before_the_first_start() {
    let scene = Scene::new();
    let before = now();
    let web = scene.service("web").run(IDLE).down().supervise();
    let status = until_status(&web, (false, 0, 'd', 0, 0));
    assert!((before..=now()).contains(&status.since), "since runsv started: {status:?}");
}

#[test]
fn status_of_a_running_service() {
    let scene = Scene::new();
    let before = now();
    let web = scene.service("web").run(IDLE).supervise();
    let status = until_status(&web, (true, 0, 'u', 0, 1));
    assert!((before..=now()).contains(&status.since), "since its start: {status:?}");
}

#[test]
fn status_of_a_paused_service() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    let start = until_status(&web, (true, 0, 'u', 0, 1));
    web.send("p");
    let paused = until_status(&web, (true, 1, 'u', 0, 1));
    assert_eq!((paused.moment(), paused.pid), (start.moment(), start.pid));
}

#[test]
fn status_of_a_service_that_runs_once() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).down().supervise();
    web.send("o");
    until_status(&web, (true, 0, 'd', 0, 1));
}

#[test]
fn status_of_a_service_that_was_told_to_go_down() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    web.send("d");
    until_status(&web, (true, 0, 'd', 1, 1));
}

#[test]
fn status_does_not_tell_exit_from_down() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    web.send("x");
    until_status(&web, (true, 0, 'd', 1, 1));
    web.until_stat("run, got TERM, want exit");
}

#[test]
fn status_of_finish_keeps_the_moment_of_run() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).finish("exec sleep 1000").supervise().caught();
    let run = until_status(&web, (true, 0, 'u', 0, 1));
    web.release(0);
    let finish = until_status(&web, (true, 0, 'u', 0, 2));
    assert_eq!(finish.moment(), run.moment());
    assert_ne!(finish.pid, run.pid);
}

#[test]
fn status_of_a_service_that_is_down_again_has_the_moment_of_its_end() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    let run = until_status(&web, (true, 0, 'u', 0, 1));
    web.send("o");
    web.until_stat("run, want down");
    web.release(0);
    let down = until_status(&web, (false, 0, 'd', 0, 0));
    assert!(down.moment() > run.moment(), "{down:?} is after {run:?}");
}

#[test]
fn status_of_a_log_service() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").supervise();
    web.until_log_stat("run");
    until("the update is complete", || web.status_of("log/supervise").state == 1);
    let log = web.status_of("log/supervise");
    assert_eq!((log.want, log.paused, log.term), ('u', 0, 0));
    assert_eq!(web.read("log/supervise/pid"), format!("{}\n", log.pid));
}

#[test]
fn after_a_proper_end_the_files_say_down() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    web.send("x");
    web.end();
    assert_eq!((web.stat().as_str(), web.read("supervise/pid").as_str()), ("down", ""));
    let status = web.status();
    assert_eq!((status.state, status.pid, status.want), (0, 0, 'd'));
}

#[test]
fn after_a_killed_runsv_the_files_say_what_was() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    web.until_status("state == 1", |status| status.state == 1);
    let before = web.status();
    web.runsv.signal(libc::SIGKILL);
    web.end();
    assert_eq!(web.status(), before);
    assert_eq!(web.stat(), "run");
}
