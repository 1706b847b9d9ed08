//! `sv needs`, `start` of what needs others, `stop --dependents`.

use super::*;
use crate::scene::service::{IDLE, Supervised};

/// web needs app, app needs db; each notes when it starts and when it ends.
fn chain(scene: &Scene) -> Vec<Supervised<'_>> {
    let service = |name: &str, needs: &str| {
        let run = format!(
            "echo up {name} >> ../order; trap 'echo down {name} >> ../order; kill $!; exit 0' TERM
            sleep 1000 & echo >&3; wait; wait"
        );
        let service = scene.service(name).file("ready", "fd 3\n").down().run(&run);
        if needs.is_empty() { service } else { service.file("needs", needs) }.supervise()
    };
    vec![service("web", "app\n"), service("app", "# the data\ndb\n"), service("db", "")]
}

#[test]
fn start_brings_needs_up_first() {
    let scene = Scene::new();
    let _all = chain(&scene);
    let out = well(sv(&scene, &["-w", "60", "start", "web"]));
    // The last one is up, not ready: its script may still be at its begin.
    until("all have started in order", || scene.lines("order") == ["up db", "up app", "up web"]);
    let names: Vec<&str> = out.lines().map(|line| line.split(": ").nth(2).unwrap()).collect();
    assert_eq!(names, ["db", "app", "web"], "{out}");
    let again = well(sv(&scene, &["start", "web"]));
    assert!(again.starts_with("ok: run: web: ") && again.lines().count() == 1, "{again}");
}

#[test]
fn one_that_is_named_and_needed_comes_first_and_is_told_once() {
    let scene = Scene::new();
    let _all = chain(&scene);
    let out = well(sv(&scene, &["-w", "60", "start", "web", "app", "db"]));
    // The last one is up, not ready: its script may still be at its begin.
    until("all have started in order", || scene.lines("order") == ["up db", "up app", "up web"]);
    assert_eq!(out.lines().count(), 3, "{out}");
}

#[test]
fn a_need_that_does_not_come_is_told() {
    let scene = Scene::new();
    let _web = scene.service("web").down().file("needs", "nobody\n").run(IDLE).supervise();
    let done = sv(&scene, &["-w", "1", "start", "web"]);
    assert!(done.code >= 1);
    assert!(done.out.starts_with("fail: nobody: unable to change to service directory: "), "{}", done.out);
}

#[test]
fn a_circle_comes_up_all_the_same() {
    let scene = Scene::new();
    let _a = scene.service("a").down().file("needs", "b\n").run(IDLE).supervise();
    let _b = scene.service("b").down().file("needs", "a\n").run(IDLE).supervise();
    let out = well(sv(&scene, &["-w", "60", "start", "a"]));
    assert!(out.contains("ok: run: a: ") && out.contains("ok: run: b: "), "{out}");
}

#[test]
fn stop_of_dependents_goes_in_reverse() {
    let scene = Scene::new();
    let _all = chain(&scene);
    well(sv(&scene, &["-w", "60", "start", "web"]));
    well(sv(&scene, &["-w", "60", "wait", "ready", "web"]));
    let out = well(sv(&scene, &["-w", "60", "stop", "--dependents", "db"]));
    assert_eq!(scene.lines("order")[3..], ["down web", "down app", "down db"]);
    assert_eq!(out.lines().count(), 3, "{out}");
    let out = well(sv(&scene, &["stop", "db", "--dependents"]));
    assert!(out.starts_with("ok: down: db: ") && out.lines().count() == 1, "{out}");
}

#[test]
fn what_is_needed_by_one_that_stays_is_not_stopped() {
    let scene = Scene::new();
    let db = scene.service("db").run(IDLE).supervise().running();
    let deaf = "trap '' TERM; echo yes > deaf; while :; do sleep 1; done";
    let web = scene.service("web").file("needs", "db\n").run(deaf).supervise().running();
    web.until_line("deaf", "yes");
    let done = sv(&scene, &["-w", "0", "stop", "--dependents", "db"]);
    assert_eq!(done.code, 2);
    assert!(done.out.starts_with("timeout: run: web: "), "{}", done.out);
    assert!(done.out.ends_with("fail: db: not stopped: services that need it still run\n"), "{}", done.out);
    assert_eq!(db.status().state, 1);
}

#[test]
fn needs_are_shown() {
    let scene = Scene::new();
    let _db = scene.fake("db", Status::run(77));
    scene.file("web/needs", "db\nnobody\n");
    scene.file("a/needs", "b\n");
    scene.file("b/needs", "a\n");
    assert_eq!(well(sv(&scene, &["needs", "web"])), "web: needs db, nobody (missing)\n");
    let expected = "a: needs b; needed by b; in a circle: a, b, a\nb: needs a; needed by a; in a circle: a, b, a\n\
                    db: needs nothing; needed by web\nweb: needs db, nobody (missing)\n";
    assert_eq!(well(sv(&scene, &["needs"])), expected);
    let tree = "web: unable to open supervise/ok\n  db: run\n  nobody: missing\n";
    assert_eq!(well(sv(&scene, &["needs", "--tree", "web"])), tree);
    let json = r#"{"name":"db","state":"run","needs":[],"needed_by":["web"],"missing":[],"circle":null}"#;
    assert_eq!(well(sv(&scene, &["needs", "-j", "db"])), format!("{json}\n"));
    assert_eq!(
        well(sv(&scene, &["needs", "--tree", "a"])).lines().last(),
        Some("    a: unable to open supervise/ok ...")
    );
}
