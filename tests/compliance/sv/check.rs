//! The script ./check, by which a service says that it works.

use super::*;
use std::time::Duration;

/// A service that is up, with a check.
fn web(scene: &Scene, check: &str) -> Fake {
    scene.script("web/check", check);
    scene.fake("web", Status::run(77).since(9))
}

#[test]
fn one_that_succeeds_is_enough() {
    let scene = Scene::new();
    let _web = web(&scene, "exit 0");
    assert_eq!(sv(&scene, &["check", "web"]), says(0, "ok: run: web: (pid 77) Ns\n"));
}

#[test]
fn one_that_fails_is_waited_for() {
    let scene = Scene::new();
    let _web = web(&scene, "exit 1");
    assert_eq!(sv(&scene, &["-w", "1", "check", "web"]), says(1, "timeout: run: web: (pid 77) Ns\n"));
}

#[test]
fn one_that_fails_at_first_is_asked_again() {
    let scene = Scene::new();
    let _web = web(&scene, "echo try >&2; [ -e good ]");
    let mut running = start(&scene, &["-w", "60", "check", "web"]);
    until("it was asked twice", || running.err().lines().count() >= 2);
    assert!(!running.ended());
    scene.file("web/good", "");
    assert_eq!(ageless(&running.end().out), "ok: run: web: (pid 77) Ns\n");
}

/// Which commands ask it, of a service that is up.
macro_rules! asked_by {
    ($($name:ident: $word:literal, $times:literal;)*) => { mod is_asked { use super::*; $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            scene.script("web/check", "echo asked >> asked");
            let mut web = scene.fake("web", Status::run(77).since(9));
            let running = start(&scene, &["-w", "60", $word, "web"]);
            if matches!($word, "restart" | "force-restart" | "try-restart" | "term" | "kill" | "force-reload") {
                until("the command arrives", || !web.got().is_empty());
                web.says(Status::run(78));
            }
            assert_eq!(end(running).code, 0);
            assert_eq!(!scene.read("web/asked").is_empty(), $times);
        }
    )* } };
}

asked_by! {
    by_start: "start", true;
    by_up: "up", true;
    by_check: "check", true;
    by_restart: "restart", true;
    by_try_restart: "try-restart", true;
    by_force_restart: "force-restart", true;
    by_force_reload: "force-reload", true;
    by_term: "term", true;
    by_kill: "kill", true;
    not_by_status: "status", false;
    not_by_hup: "hup", false;
    not_by_reload: "reload", false;
    not_by_cont: "cont", false;
}

#[test]
fn it_is_not_asked_of_a_service_that_goes_down() {
    let scene = Scene::new();
    let mut web = web(&scene, "echo asked >> asked");
    let running = start(&scene, &["-w", "60", "stop", "web"]);
    web.until_got("d");
    web.says(Status::down());
    assert_eq!(end(running).code, 0);
    assert_eq!(scene.read("web/asked"), "");
}

#[test]
fn it_is_not_asked_of_a_service_that_is_down() {
    let scene = Scene::new();
    scene.script("web/check", "echo asked >> asked; exit 1");
    let _web = scene.fake("web", Status::down());
    assert_eq!(sv(&scene, &["check", "web"]), says(0, "ok: down: web: Ns, normally up\n"));
    assert_eq!(scene.read("web/asked"), "");
}

#[test]
fn it_is_not_asked_before_the_service_is_up() {
    let scene = Scene::new();
    scene.script("web/check", "echo asked >> asked");
    let mut web = scene.fake("web", Status::down());
    let mut running = start(&scene, &["-w", "60", "start", "web"]);
    web.until_got("u");
    throughout("it is not asked", Duration::from_millis(900), || scene.read("web/asked").is_empty());
    web.says(Status::run(78));
    assert_eq!(running.end().code, 0);
    assert_eq!(scene.read("web/asked"), "asked\n");
}

#[test]
fn one_killed_by_a_signal_counts_as_a_success() {
    let scene = Scene::new();
    let _web = web(&scene, "kill -KILL $$");
    assert_eq!(sv(&scene, &["check", "web"]), says(0, "ok: run: web: (pid 77) Ns\n"));
}

#[test]
fn one_that_cannot_be_executed_is_reported_and_counts_as_a_success() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.file("web/check", "#!/bin/sh\n");
    let done = sv(&scene, &["check", "web"]);
    assert_eq!((done.code, done.out.as_str()), (0, "ok: run: web: (pid 77) Ns\n"));
    assert_eq!(done.err, "warning: unable to run web/check: access denied\n");
}

#[test]
fn one_that_is_a_dangling_link_is_as_if_missing() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.link("nowhere", "web/check");
    assert_eq!(sv(&scene, &["check", "web"]), says(0, "ok: run: web: (pid 77) Ns\n"));
}

#[test]
fn one_that_cannot_be_looked_at_counts_as_a_failure() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.link("check", "web/check");
    let done = sv(&scene, &["-w", "0", "check", "web"]);
    assert_eq!((done.code, done.out.as_str()), (1, "timeout: run: web: (pid 77) Ns\n"));
    assert!(done.err.starts_with("warning: unable to stat web/check: symbolic link loop\n"), "{}", done.err);
}

#[test]
fn it_runs_in_the_service_directory() {
    let scene = Scene::new();
    let _web = web(&scene, "echo $0 $# $(pwd) >> seen");
    assert_eq!(sv(&scene, &["check", "web"]).code, 0);
    assert_eq!(scene.read("web/seen"), format!("check 0 {}\n", scene.path("web").display()));
}

#[test]
fn it_is_called_dot_slash_check() {
    let scene = Scene::new();
    scene.link("/bin/sh", "web/check");
    let _web = scene.fake("web", Status::run(77));
    let mut command = command(&scene, &["check", "web"]);
    let words = scene.file("words", "tr '\\0' ' ' < /proc/$$/cmdline > name\n");
    command.stdin(std::fs::File::open(words).unwrap());
    assert_eq!(scene.finish(command).code, 0);
    assert_eq!(scene.read("web/name"), "./check ");
}

#[test]
fn its_output_is_not_that_of_sv() {
    let scene = Scene::new();
    let _web = web(&scene, "echo to standard output; echo to standard error >&2; exit 0");
    let done = sv(&scene, &["check", "web"]);
    assert_eq!(done.out, "ok: run: web: (pid 77) Ns\n");
    assert!(done.err.ends_with("to standard error\n"), "{}", done.err);
}

#[test]
fn the_log_service_has_one_too() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    let _log = scene.fake("web/log", Status::run(78));
    scene.script("web/log/check", "exit 1");
    assert_eq!(sv(&scene, &["-w", "0", "check", "web/log"]), says(1, "timeout: run: web/log: (pid 78) Ns\n"));
    assert_eq!(sv(&scene, &["-w", "0", "check", "web"]).code, 0);
}

#[test]
fn one_that_takes_its_time_is_waited_for() {
    let scene = Scene::new();
    let _web = web(&scene, "sleep 2");
    assert_eq!(sv(&scene, &["-w", "60", "check", "web"]), says(0, "ok: run: web: (pid 77) Ns\n"));
}
