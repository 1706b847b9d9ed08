//! `sv wait`

use super::*;
use crate::scene::service::IDLE;

fn start(scene: &Scene, args: &[&str]) -> Running {
    scene.spawn(command(scene, args))
}

#[test]
fn what_is_so_already_is_not_waited_for() {
    let scene = Scene::new();
    let _web = scene.service("web").run(IDLE).supervise().running();
    let _old = scene.fake("old", Status::down());
    for args in [["wait", "up", "web"], ["wait", "ready", "web"]] {
        assert!(well(sv(&scene, &args)).starts_with("ok: run: web: (pid "), "{args:?}");
    }
    assert!(well(sv(&scene, &["wait", "down", "old"])).starts_with("ok: down: old: "));
}

#[test]
fn it_sends_nothing_and_sees_who_makes_it_so() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::down());
    let mut waiting = start(&scene, &["wait", "-w", "60", "up", "web"]);
    throughout("it waits", std::time::Duration::from_millis(50), || !waiting.ended());
    assert_eq!(web.got(), "");
    web.says(Status::run(77));
    assert!(well(waiting.end()).starts_with("ok: run: web: (pid 77) "));
}

#[test]
fn ready_is_more_than_up() {
    let scene = Scene::new();
    let web = scene.service("web").file("ready", "fd 3\n").run("read go < go; echo >&3; exec sleep 1000");
    let gate = scene.gate("web/go");
    let _web = web.supervise().running();
    let timeout = sv(&scene, &["wait", "ready", "web", "-w", "0"]);
    assert_eq!(timeout.code, 1);
    assert!(timeout.out.starts_with("timeout: run: web: "), "{}", timeout.out);
    well(sv(&scene, &["wait", "up", "web"]));
    let mut waiting = start(&scene, &["wait", "ready", "web", "-w60"]);
    throughout("it waits", std::time::Duration::from_millis(50), || !waiting.ended());
    gate.open();
    assert!(well(waiting.end()).starts_with("ok: run: web: "));
}

#[test]
fn a_supervisor_may_still_come() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE);
    let mut waiting = start(&scene, &["-w", "60", "wait", "ready", "web"]);
    throughout("it waits", std::time::Duration::from_millis(50), || !waiting.ended());
    let _web = web.supervise();
    assert!(well(waiting.end()).starts_with("ok: run: web: "));
    let done = sv(&scene, &["-w", "0", "wait", "up", "nobody"]);
    assert_eq!((done.code, done.out.starts_with("fail: nobody: unable to change to")), (1, true));
}

#[test]
fn one_that_nobody_supervises_is_down() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::run(77));
    let mut waiting = start(&scene, &["wait", "down", "web", "-w", "60"]);
    throughout("it waits", std::time::Duration::from_millis(50), || !waiting.ended());
    web.leave();
    assert_eq!(well(waiting.end()), "ok: web: runsv not running\n");
}

#[test]
fn the_state_is_one_of_three() {
    let scene = Scene::new();
    for args in [&["wait"][..], &["wait", "up"], &["wait", "sideways", "web"], &["wait", "-w", "up"]] {
        let done = sv(&scene, args);
        assert_eq!(done.code, 100, "{args:?}");
        assert!(done.err.starts_with("usage: sv wait up | ready | down"), "{}", done.err);
    }
}
