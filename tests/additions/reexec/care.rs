//! Readiness, words, checks and the ladder of signals, each in the middle of it.

use super::*;
use crate::control_group::{FAR, far, is_gone};
use crate::talk::{say, talking};
use std::path::Path;

fn noted(web: &Supervised<'_>, event: &str) -> usize {
    journal(web).iter().filter(|line| line.split(' ').next() == Some(event)).count()
}

#[test]
fn one_that_talks_is_listened_to_on() {
    let scene = Scene::new();
    let web = supervise(&scene, talking(&scene, "notify\ntimeout 1h\n"));
    web.until_lines("lives", 1);
    say(&web, "STATUS=half done");
    let shown = |words: &str| web.lines("supervise/notify").contains(&format!("STATUS={words}"));
    until("its words are shown", || shown("half done"));
    reexec(&web);
    assert!(shown("half done"));
    assert_eq!(noted(&web, "ready"), 0);
    // What it says while nobody listens waits.
    web.runsv.signal(libc::SIGSTOP);
    until("it is stopped", || process_state(Some(web.runsv.pid())) == Some('T'));
    let before = times(&web);
    web.send("R");
    say(&web, "STATUS=all done|READY=1");
    web.runsv.signal(libc::SIGCONT);
    until("it was replaced", || times(&web) > before);
    until_noted(&web, "ready");
    until("its words are shown", || shown("all done"));
    say(&web, "RELOADING=1");
    until_noted(&web, "unready");
    reexec(&web);
    say(&web, "READY=1");
    until("it is ready again", || noted(&web, "ready") == 2);
    assert_eq!(web.lines("lives").len(), 1);
}

/// Replaced again and again, it would never end if the time began anew.
#[test]
fn the_time_to_be_ready_in_does_not_begin_anew() {
    for ready in ["notify\ntimeout 1s\n", "fd 4\ntimeout 1s\n"] {
        let scene = Scene::new();
        let service = scene.service("web").run("echo up >> lives; exec sleep 1000").file("ready", ready);
        let web = supervise(&scene, service);
        web.until_lines("lives", 1);
        until("it has ended", || {
            reexec(&web);
            noted(&web, "exit") > 0
        });
        until_noted(&web, "exit cause=start-timeout signal=TERM");
    }
}

#[test]
fn a_watchdog_is_neither_lost_nor_fed() {
    let scene = Scene::new();
    let web = supervise(&scene, talking(&scene, "notify\nwatchdog 2s\n"));
    say(&web, "READY=1");
    until_noted(&web, "ready");
    for _ in 0..6 {
        reexec(&web);
        throughout("it lives", Duration::from_millis(400), || web.lines("lives").len() == 1);
        say(&web, "WATCHDOG=1");
    }
    until("it is ended for its silence", || {
        reexec(&web);
        journal(&web).iter().any(|line| line.starts_with("exit cause=watchdog signal=ABRT"))
    });
}

/// A daemon that tells who its main process is, and whose first one leaves or stays.
fn daemon<'a>(scene: &'a Scene, test: &str, then: &str) -> Option<Service<'a>> {
    if !Path::new("/usr/bin/systemd-notify").exists() {
        skip(test, "systemd-notify is not installed");
        return None;
    }
    let run = format!(
        "echo up >> lives
        setsid sh -c 'echo $$ > main; exec sleep 1000' &
        until [ -s main ]; do :; done
        systemd-notify --ready MAINPID=$(cat main); {then}"
    );
    Some(scene.service("web").run(&run).file("ready", "notify\n"))
}

#[test]
fn a_main_process_that_we_did_not_start_is_waited_for() {
    // The one that was started leaves, and ours is an orphan; or it stays, and ours is no child of ours.
    for (then, left) in [("exit 0", true), ("wait; echo over >> lives; exec sleep 1000", false)] {
        let scene = Scene::new();
        let test = "a_main_process_that_we_did_not_start_is_waited_for";
        let Some(service) = daemon(&scene, test, then) else { return };
        let web = supervise(&scene, service);
        until_noted(&web, "adopted");
        let main: i32 = web.read("main").trim().parse().unwrap();
        web.until_status("the main process", |status| status.pid == main as u32);
        for _ in 0..3 {
            reexec(&web);
            assert_eq!((web.status().pid, web.stat().as_str()), (main as u32, "run"));
        }
        throughout("it is not started again", Duration::from_millis(300), || web.lines("lives").len() == 1);
        scene.remove("web/main");
        scene.signal(main, libc::SIGKILL);
        web.until_lines("lives", 2);
        if left {
            until_noted(&web, "exit cause=signal signal=KILL");
        }
        web.until_status("another", |status| status.pid != 0 && status.pid != main as u32);
    }
}

#[test]
fn a_main_process_that_ends_meanwhile_is_heard_of() {
    let scene = Scene::new();
    let Some(service) = daemon(&scene, "a_main_process_that_ends_meanwhile_is_heard_of", "exit 0") else { return };
    let web = supervise(&scene, service);
    for round in 1..10 {
        until("it has a main process", || noted(&web, "adopted") == round);
        let main: i32 = until_some("it is told", || web.read("main").trim().parse().ok());
        let before = times(&web);
        scene.remove("web/main");
        web.send("R");
        scene.signal(main, libc::SIGKILL);
        until("it was replaced", || times(&web) > before);
        web.until_lines("lives", round + 1);
    }
}

#[test]
fn a_check_under_way_counts_and_so_do_those_before() {
    let scene = Scene::new();
    let run = "echo up >> lives; exec sleep 1000";
    let service = scene.service("web").run(run).script("check", "echo asked >> asked; read go < gate; exit 1");
    let gate = scene.gate("web/gate");
    let web = supervise(&scene, service.file("health", "every 50ms fail 2/2 then restart\n"));
    web.until_lines("asked", 1);
    reexec(&web);
    gate.open();
    web.until_lines("asked", 2);
    reexec(&web);
    throughout("one is not enough", Duration::from_millis(200), || noted(&web, "exit") == 0);
    assert_eq!(web.lines("asked").len(), 2, "no second check beside the first");
    gate.open();
    until_noted(&web, "exit cause=unhealthy signal=TERM");
    web.until_lines("lives", 2);
}

#[test]
fn a_check_that_hangs_is_killed_in_its_time() {
    let scene = Scene::new();
    let check = "echo $$ >> checks; exec sleep 1000";
    let service = scene.service("web").run("echo up >> lives; exec sleep 1000").script("check", check);
    let web = supervise(&scene, service.file("health", "every 50ms timeout 1s fail 1/1 then restart\n"));
    web.until_lines("checks", 1);
    let pid = web.lines("checks")[0].parse().unwrap();
    until("it is killed", || {
        reexec(&web);
        is_gone(pid)
    });
    until_noted(&web, "exit cause=unhealthy signal=TERM");
    web.until_lines("lives", 2);
}

#[test]
fn a_ladder_for_all_reaches_all_and_nobody_else() {
    let scene = Scene::new();
    let run = format!("{FAR}; trap '' TERM; echo up >> lives; while :; do sleep 0.05; done");
    let service = scene.service("web").run(&run).file("stop", "TERM 500ms\nKILL all\n").log("exec cat > /dev/null");
    let web = supervise(&scene, service).running();
    web.until_lines("lives", 1);
    let far = far(&web);
    let logger = until_some("there is a logger", || web.read("log/supervise/pid").trim().parse::<i32>().ok());
    web.send("d");
    until("the ladder has begun", || scene.bytes("web/supervise/status")[18] == 1);
    // The trial of the next program is a child of the supervisor too, and none of the service's.
    until("it has ended", || {
        reexec(&web);
        web.stat() == "down"
    });
    until("the far one is gone", || is_gone(far));
    assert!(!is_gone(logger));
    until_noted(&web, "signal signal=KILL whom=all");
    assert_eq!(noted(&web, "not-reexec"), 0);
}
