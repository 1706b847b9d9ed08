//! What runsvdir does when a runsv ends, and when it is told to end itself.

use super::*;
use std::time::Duration;

#[test]
fn a_runsv_told_to_leave_is_started_again() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(NOTED);
    let _runsvdir = start(&scene, &["scan"]);
    let first = runsv(&web, 0);
    web.send("x");
    assert_ne!(runsv(&web, 1), first);
}

#[test]
fn a_killed_runsv_is_started_again() {
    let scene = Scene::new();
    // Down, so that nothing is left of the first one.
    let web = scene.service("scan/web").run(NOTED).down();
    let _runsvdir = start(&scene, &["scan"]);
    until("runsv listens", || scene.has_reader("scan/web/supervise/ok"));
    web.send("o");
    let first = runsv(&web, 0);
    web.until_stat("run, want down");
    web.send("d");
    web.until_stat("down");
    scene.signal(first, libc::SIGKILL);
    until("it is gone", || !lives(first));
    until("another listens", || scene.has_reader("scan/web/supervise/ok"));
    web.send("o");
    assert_ne!(runsv(&web, 1), first);
}

#[test]
fn a_runsv_that_cannot_serve_is_started_again_and_again() {
    let scene = Scene::new();
    scene.file("scan/web/supervise", "");
    let runsvdir = start(&scene, &["scan"]);
    let message = "runsv web: fatal: unable to open supervise/lock: not a directory\n";
    until("it was tried twice", || runsvdir.err().matches(message).count() >= 2);
    scene.remove("scan/web/supervise");
    scene.service("scan/web").run(IDLE).until_stat("run");
}

#[test]
fn others_are_not_disturbed_by_it() {
    let scene = Scene::new();
    scene.file("scan/bad/supervise", "");
    let web = scene.service("scan/web").run(NOTED);
    let runsvdir = start(&scene, &["scan"]);
    let first = runsv(&web, 0);
    until("the bad one was tried twice", || runsvdir.err().lines().count() >= 2);
    assert!(lives(first));
    assert_eq!(web.lines("runsv").len(), 1);
}

#[test]
fn term_ends_it_and_nothing_else() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(NOTED);
    let mut runsvdir = start(&scene, &["scan"]);
    let runsv = runsv(&web, 0);
    runsvdir.signal(libc::SIGTERM);
    assert_eq!(runsvdir.end(), Done { code: 0, out: String::new(), err: String::new() });
    throughout("its runsv lives", Duration::from_millis(300), || lives(runsv));
    web.send("p");
    web.until_stat("run, paused");
}

#[test]
fn hup_ends_it_and_all_services() {
    let scene = Scene::new();
    let (web, mail) = (scene.service("scan/web").run(NOTED), scene.service("scan/mail").run(NOTED));
    let mut runsvdir = start(&scene, &["scan"]);
    let all = [runsv(&web, 0), runsv(&mail, 0)];
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end(), Done { code: 111, out: String::new(), err: String::new() });
    until("all are gone", || !all.into_iter().any(lives));
    assert_eq!((web.stat().as_str(), mail.stat().as_str()), ("down", "down"));
}

#[test]
fn hup_does_not_wait_for_the_services() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(CATCHER);
    let mut runsvdir = start(&scene, &["scan"]);
    until("it runs", || web.read("sent") == "up\n");
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end().code, 111);
    web.until_sent(&["CONT", "TERM"]);
    web.until_stat("run, got TERM, want exit");
}

/// Signals that runsvdir does not handle.
macro_rules! ends_it {
    ($($name:ident: $signal:ident;)*) => { mod ends_it_only { use super::*; $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            let web = scene.service("scan/web").run(NOTED);
            let mut runsvdir = start(&scene, &["scan"]);
            let runsv = runsv(&web, 0);
            runsvdir.signal(libc::$signal);
            assert_eq!(runsvdir.end().code, -libc::$signal);
            assert!(lives(runsv));
        }
    )* } };
}

ends_it! {
    int: SIGINT;
    quit: SIGQUIT;
    usr1: SIGUSR1;
    kill: SIGKILL;
}

#[test]
fn alrm_makes_it_look_and_note_when() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(IDLE);
    let runsvdir = start(&scene, &["scan"]);
    web.until_stat("run");
    assert_eq!(scene.kind("scan/.forced-rescan"), "");
    scene.service("sv/mail").run(IDLE);
    scene.link("../sv/mail", "scan/mail");
    runsvdir.signal(libc::SIGALRM);
    until("it has noted it", || scene.read("scan/.forced-rescan").len() == 25);
    assert_eq!(scene.kind("scan/.forced-rescan"), "file 0644");
    let label = scene.read("scan/.forced-rescan");
    assert!(label.starts_with("@40000000") && label[1..].bytes().all(|b| b.is_ascii_hexdigit()), "{label}");
    scene.service("sv/mail").until_stat("run");
}

#[test]
fn a_second_one_does_not_take_the_services_from_the_first() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(NOTED);
    let _first = start(&scene, &["scan"]);
    let runsv = runsv(&web, 0);
    let mut second = start(&scene, &["scan"]);
    let message = "runsv web: fatal: unable to lock supervise/lock: temporary failure\n";
    until("the second has tried", || second.err().starts_with(message));
    assert!(lives(runsv) && !second.ended());
    assert_eq!(web.lines("runsv").len(), 1);
}

#[test]
fn a_successor_finds_the_services_running() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(NOTED);
    let mut first = start(&scene, &["scan"]);
    let old = runsv(&web, 0);
    first.signal(libc::SIGTERM);
    first.end();
    let _second = start(&scene, &["scan"]);
    throughout("it lives", Duration::from_millis(1500), || lives(old));
    web.send("x");
    assert_ne!(runsv(&web, 1), old, "and when it leaves there is another");
}
