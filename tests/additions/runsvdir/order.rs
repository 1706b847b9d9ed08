//! A stop in the reverse order of needs, without a grace too; and what hangs, or goes round in a circle, keeps nobody
//! for ever.

use super::*;

/// A run script that takes its time to stop, and notes when it begins and when it has.
fn slow(name: &str) -> String {
    format!(
        "trap 'echo {name} stops >> ../../notes; sleep 0.3; echo {name} stopped >> ../../notes; exit 0' TERM\necho up > up\nwhile :; do sleep 0.05; done"
    )
}

/// A run script that does not stop.
const STUBBORN: &str = "trap '' TERM; echo up > up; while :; do sleep 0.05; done";

fn needing(scene: &Scene, name: &str, run: &str, needs: &str) {
    scene.file(format!("sv/{name}/needs"), needs);
    linked(scene, name, run);
}

#[track_caller]
fn until_up(scene: &Scene, names: &[&str]) {
    for name in names {
        until(&format!("{name} is up"), || scene.read(format!("sv/{name}/up")) == "up\n");
        until_stat(scene, name, "run");
    }
}

#[test]
fn hup_tells_those_that_are_needed_last_and_waits_for_no_more() {
    let scene = Scene::new();
    needing(&scene, "web", &slow("web"), "app\n");
    needing(&scene, "app", &slow("app"), "# the database\ndb\n");
    linked(&scene, "db", CATCHER);
    let mut runsvdir = start(&scene, &["scan"]);
    until_up(&scene, &["web", "app"]);
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end(), Done { code: 111, out: String::new(), err: String::new() });
    assert_eq!(scene.lines("notes"), ["web stops", "web stopped", "app stops", "app stopped"]);
    until_stat(&scene, "db", "run, got TERM, want exit");
}

#[test]
fn who_hangs_keeps_what_it_needs_and_nobody_else_until_the_second_hup() {
    for second in [libc::SIGHUP, libc::SIGTERM] {
        let scene = Scene::new();
        needing(&scene, "web", STUBBORN, "db");
        needing(&scene, "mail", IDLE, "spool");
        ["db", "spool"].into_iter().for_each(|name| linked(&scene, name, IDLE));
        let mut runsvdir = start(&scene, &["scan"]);
        until_up(&scene, &["web"]);
        until_stat(&scene, "mail", "run");
        runsvdir.signal(libc::SIGHUP);
        until_stat(&scene, "spool", "down");
        until_stat(&scene, "web", "run, got TERM, want exit");
        throughout("the database is kept", Duration::from_millis(300), || stat(&scene, "db") == "run");
        assert!(waits_without_end(runsvdir.pid()), "it waits for the end of web alone");
        runsvdir.signal(second);
        assert_eq!(runsvdir.end(), Done { code: 111, out: String::new(), err: String::new() });
        until_stat(&scene, "db", "down");
        assert_eq!(stat(&scene, "web"), "run, got TERM, want exit");
    }
}

#[test]
fn near_the_end_of_the_grace_nobody_waits_for_who_hangs() {
    let scene = Scene::new();
    needing(&scene, "web", STUBBORN, "db");
    linked(&scene, "db", "trap 'echo db >> ../../notes; exit 0' TERM; echo up > up; while :; do sleep 0.05; done");
    let mut runsvdir = start(&scene, &["--grace=6", "scan"]);
    until_up(&scene, &["web", "db"]);
    let (took, done) = timed(|| {
        runsvdir.signal(libc::SIGTERM);
        runsvdir.end()
    });
    assert!(took >= Duration::from_secs(6), "{took:?}");
    let lines = [
        "runsvdir scan: warning: not all services stopped within 4500ms, stopping those that they need too.\n",
        "runsvdir scan: warning: not all services stopped within 6 seconds, sending KILL.\n",
    ];
    assert_eq!((done.code, done.err), (111, lines.concat()));
    assert_eq!(scene.lines("notes"), ["db"]);
}

#[test]
fn a_circle_does_not_wait_for_itself() {
    for words in [&["scan"][..], &["--grace=100", "scan"]] {
        let scene = Scene::new();
        for (name, needs) in [("a", "b"), ("b", "a\nbase"), ("base", "")] {
            linked(&scene, name, &slow(name));
            scene.file(format!("sv/{name}/needs.later"), needs);
        }
        let mut runsvdir = start(&scene, words);
        until_up(&scene, &["a", "b", "base"]);
        // Only a start waits for a circle, for ten seconds; these have started.
        ["a", "b", "base"]
            .into_iter()
            .for_each(|name| scene.rename(format!("sv/{name}/needs.later"), format!("sv/{name}/needs")));
        runsvdir.signal(libc::SIGHUP);
        assert_eq!(runsvdir.end().code, 111);
        until_stat(&scene, "base", "down");
        let notes = scene.lines("notes");
        assert_eq!(notes[4..], ["base stops", "base stopped"], "{notes:?}");
        let mut first = notes[..4].to_vec();
        first.sort();
        assert_eq!(first, ["a stopped", "a stops", "b stopped", "b stops"]);
    }
}

#[test]
fn one_that_leaves_already_is_waited_for_too() {
    let scene = Scene::new();
    needing(&scene, "web", CATCHER, "db");
    linked(&scene, "db", IDLE);
    let mut runsvdir = start(&scene, &["scan"]);
    until("it runs", || scene.read("sv/web/sent") == "up\n");
    scene.remove("scan/web");
    until_stat(&scene, "web", "run, got TERM, want exit");
    runsvdir.signal(libc::SIGHUP);
    throughout("the database is kept", Duration::from_millis(300), || stat(&scene, "db") == "run");
    scene.send("sv/web/hold", "0\n");
    assert_eq!(runsvdir.end().code, 111);
    until_stat(&scene, "db", "down");
}

#[test]
fn a_needs_that_is_no_file_keeps_nobody() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    linked(&scene, "db", IDLE);
    let mut runsvdir = start(&scene, &["scan"]);
    ["web", "db"].into_iter().for_each(|name| until_stat(&scene, name, "run"));
    let _gate = scene.gate("sv/web/needs");
    scene.dir("sv/db/needs");
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end(), Done { code: 111, out: String::new(), err: String::new() });
    ["web", "db"].into_iter().for_each(|name| until_stat(&scene, name, "down"));
}
