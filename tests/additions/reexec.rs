//! `sv reexec`: a supervisor becomes the program that is there now, and its service notices nothing.

use crate::policy::{journal, until_noted};
use crate::scene::service::{IDLE, Service, Supervised};
use crate::scene::{Scene, ours, process_state, skip, theirs, throughout, until, until_some};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

mod care;
mod given;
mod loggers;

/// A copy of our `runsv` in the scene, which can be replaced.
fn installed(scene: &Scene) -> PathBuf {
    let path = scene.dir("bin").join("runsv");
    install(scene, &fs::read(ours("runsv")).unwrap());
    path
}

/// Puts something in its place, as a package does: under another name first.
fn install(scene: &Scene, content: &[u8]) {
    let fresh = scene.file("bin/fresh", content);
    scene.mode("bin/fresh", 0o755);
    fs::rename(&fresh, scene.path("bin/runsv")).unwrap();
}

/// Supervised by the copy.
fn supervise<'a>(scene: &'a Scene, service: Service<'a>) -> Supervised<'a> {
    let mut command = scene.command(installed(scene));
    command.arg(service.name());
    service.supervise_by(command)
}

/// How often it has said that it was replaced.
fn times(web: &Supervised<'_>) -> usize {
    journal(web).iter().filter(|line| line.starts_with("reexec ")).count()
}

/// Replaces it, and waits until it says so.
#[track_caller]
fn reexec(web: &Supervised<'_>) {
    let before = times(web);
    web.send("R");
    until("it says that it was replaced", || times(web) > before);
    web.until_supervised();
}

/// Why it was not replaced, as the journal tells last.
#[track_caller]
fn refused(web: &Supervised<'_>) -> String {
    let told = |web: &Supervised<'_>| {
        journal(web).into_iter().filter(|line| line.starts_with("not-reexec ")).collect::<Vec<_>>()
    };
    let before = told(web).len();
    web.send("R");
    until("it says why not", || told(web).len() > before);
    told(web).pop().unwrap()
}

fn program_of(pid: i32) -> PathBuf {
    fs::read_link(format!("/proc/{pid}/exe")).unwrap()
}

#[test]
fn the_new_program_has_the_same_process_and_the_same_child() {
    let scene = Scene::new();
    let mut web = supervise(&scene, scene.service("web").run("echo up >> lives; exec sleep 1000")).running();
    web.until_lines("lives", 1);
    let (status, runsv) = (web.status(), web.runsv.pid());
    install(&scene, &fs::read(ours("runsv")).unwrap());
    assert!(program_of(runsv).to_string_lossy().ends_with(" (deleted)"));
    for _ in 0..3 {
        reexec(&web);
        assert_eq!(program_of(runsv), scene.path("bin/runsv").canonicalize().unwrap());
        assert_eq!((web.status().pid, web.status().state, web.stat().as_str()), (status.pid, 1, "run"));
    }
    let command_line = fs::read(format!("/proc/{runsv}/cmdline")).unwrap();
    assert!(command_line.ends_with(b"runsv\0web\0"), "as before: {}", String::from_utf8_lossy(&command_line));
    let service = fs::read(format!("/proc/{}/environ", status.pid)).unwrap();
    assert!(!service.windows(15).any(|part| part == b"KEEPUP_HANDOVER"), "nothing of it is told to services");
    scene.signal(status.pid as i32, libc::SIGKILL);
    web.until_lines("lives", 2);
    until_noted(&web, "exit cause=signal signal=KILL");
    web.until_status("another", |now| now.pid != 0 && now.pid != status.pid);
    let service = fs::read(format!("/proc/{}/environ", web.status().pid)).unwrap();
    assert!(!service.windows(15).any(|part| part == b"KEEPUP_HANDOVER"), "nothing of it is told to services");
    web.send("x");
    assert_eq!(web.end(), 0);
}

#[test]
fn nothing_stays_open_and_nothing_is_passed_on() {
    let scene = Scene::new();
    let service =
        scene.service("web").run("ls /proc/self/fd | wc -l > open; exec sleep 1000").log("exec cat > /dev/null");
    let web = supervise(&scene, service).running();
    let descriptors = || fs::read_dir(format!("/proc/{}/fd", web.runsv.pid())).unwrap().count();
    web.until_lines("open", 1);
    let (before, given) = (descriptors(), web.read("open"));
    for _ in 0..3 {
        reexec(&web);
    }
    assert!(descriptors() <= before, "{} {before}", descriptors());
    scene.remove("web/open");
    web.send("t");
    web.until_lines("open", 1);
    assert_eq!(web.read("open"), given, "a service that is started later is given no more");
}

#[test]
fn a_pause_and_what_is_wanted_stay() {
    let scene = Scene::new();
    let web = supervise(&scene, scene.service("web").run("echo up >> lives; exec sleep 1000").down());
    throughout("nobody wants it", Duration::from_millis(100), || web.stat() == "down");
    reexec(&web);
    throughout("still not", Duration::from_millis(300), || web.stat() == "down");
    web.send("o");
    web.until_stat("run, want down");
    web.send("p");
    web.until_stat("run, paused, want down");
    let pid = web.status().pid as i32;
    reexec(&web);
    web.until_stat("run, paused, want down");
    until("it is stopped still", || process_state(Some(pid)) == Some('T'));
    web.send("c");
    web.until_stat("run, want down");
    reexec(&web);
    scene.signal(pid, libc::SIGKILL);
    web.until_stat("down");
    throughout("once is once", Duration::from_millis(1200), || web.lines("lives").len() == 1);
}

#[test]
fn a_ladder_goes_on_where_it_was() {
    let scene = Scene::new();
    let run = "trap '' TERM; trap 'date +%s%N > int' INT; echo up >> lives; while :; do sleep 0.05; done";
    let service = scene.service("web").run(run).file("stop", "TERM 1500ms\nINT 1500ms\nKILL\n");
    let web = supervise(&scene, service);
    web.until_lines("lives", 1);
    web.send("d");
    until("it is shown that it has got TERM", || scene.bytes("web/supervise/status")[18] == 1);
    // The file is broken by now: what was read from it still holds.
    scene.file("web/stop", "NONSENSE\n");
    let signals = |web: &Supervised<'_>| journal(web).iter().filter(|line| line.starts_with("signal ")).count();
    while signals(&web) == 0 {
        reexec(&web);
    }
    reexec(&web);
    web.until_stat("down");
    let lines = journal(&web);
    assert!(lines.contains(&"signal signal=INT whom=process".to_owned()), "{lines:?}");
    assert!(lines.contains(&"signal signal=KILL whom=process".to_owned()), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("exit cause=stop-timeout")), "{lines:?}");
    assert_eq!(signals(&web), 2, "each step once: {lines:?}");
    assert!(times(&web) >= 1);
}

#[test]
fn a_finish_under_way_is_waited_for_and_knows_how_it_ended() {
    let scene = Scene::new();
    let service = scene.service("web").run("echo up >> lives; exit 3");
    let service = service.finish("echo \"$1 $2\" >> finished; read go < gate; echo over >> finished; exit 7");
    let gate = scene.gate("web/gate");
    let web = supervise(&scene, service);
    web.until_lines("finished", 1);
    reexec(&web);
    throughout("it runs still", Duration::from_millis(300), || web.lines("lives").len() == 1);
    assert_eq!(web.stat(), "finish");
    gate.open();
    web.until_lines("lives", 2);
    until_noted(&web, "finish code=7");
    assert_eq!(web.lines("finished")[..2], ["3 0", "over"]);
}

#[test]
fn a_delay_is_neither_cut_short_nor_begun_anew() {
    let scene = Scene::new();
    let service = scene.service("web").run("echo up >> lives; exit 1").file("restart", "delay 2s step 1h\n");
    let web = supervise(&scene, service);
    until_noted(&web, "backoff delay=2s failures=1");
    let due = |web: &Supervised<'_>| {
        let shown = || scene.bytes(web.at("supervise/status"))[20 + 33..20 + 45].to_vec();
        until_some("the next start is shown", || Some(shown()).filter(|label| label[0] != 0))
    };
    let before = due(&web);
    reexec(&web);
    reexec(&web);
    let micros = |bytes: &[u8]| {
        let seconds = u64::from_be_bytes(bytes[..8].try_into().unwrap()) - (1 << 62);
        seconds * 1_000_000 + u64::from(u32::from_be_bytes(bytes[8..].try_into().unwrap())) / 1000
    };
    let apart = micros(&before).abs_diff(micros(&due(&web)));
    assert!(apart < 1_000_000, "the next start is due when it was due: {apart} us");
    web.until_lines("lives", 2);
    until("its second failure is counted as such", || {
        journal(&web).iter().any(|line| line.starts_with("backoff ") && line.ends_with(" failures=2"))
    });
}

#[test]
fn one_that_waits_for_another_goes_on_waiting() {
    let scene = Scene::new();
    let web = supervise(&scene, scene.service("web").run("echo up >> lives; exec sleep 1000").file("needs", "db\n"));
    until_noted(&web, "waiting need=db");
    reexec(&web);
    throughout("it waits", Duration::from_millis(300), || web.lines("lives").is_empty());
    let db = scene.service("db").run(IDLE).supervise();
    web.until_lines("lives", 1);
    drop(db);
    assert_eq!(journal(&web).iter().filter(|line| line.starts_with("waiting")).count(), 1);
}

#[test]
fn one_that_is_not_ready_yet_becomes_ready_through_the_same_descriptor() {
    let scene = Scene::new();
    let run = "echo up >> lives; read go < gate; echo >&4; exec sleep 1000";
    let service = scene.service("web").run(run).file("ready", "fd 4\ntimeout 1h\n");
    let gate = scene.gate("web/gate");
    let web = supervise(&scene, service);
    web.until_lines("lives", 1);
    web.until_stat("run");
    reexec(&web);
    assert!(!journal(&web).contains(&"ready".to_owned()));
    gate.open();
    until_noted(&web, "ready");
    assert_eq!(web.lines("lives").len(), 1);
}

#[test]
fn a_control_script_under_way_still_answers() {
    let scene = Scene::new();
    let service = scene.service("web").run("echo up >> lives; exec sleep 1000");
    let service = service.control('t', "echo asked >> asked; read go < gate; exit 0");
    let gate = scene.gate("web/gate");
    let web = supervise(&scene, service).running();
    web.send("tp");
    web.until_lines("asked", 1);
    reexec(&web);
    let pid = web.status().pid;
    throughout("the next command waits", Duration::from_millis(200), || web.stat() == "run");
    gate.open();
    web.until_stat("run, paused");
    assert_eq!(web.status().pid, pid, "the script has done it: no TERM");
    assert_eq!(web.lines("asked").len(), 1);
    web.send("c");
}

#[test]
fn no_line_is_lost_and_the_logger_is_restarted() {
    let scene = Scene::new();
    let run = "n=0; while :; do n=$((n+1)); echo $n; [ $n -lt 20000 ] || exec sleep 1000; done";
    let web = supervise(&scene, scene.service("web").run(run).log("exec cat >> ../lines")).running();
    let logger = || {
        until_some("the logger is shown", || Some(web.status_of("log/supervise").pid as i32).filter(|pid| *pid != 0))
    };
    let first = logger();
    for round in 0..5 {
        until("there are lines", || web.lines("lines").len() > round * 1000);
        reexec(&web);
        assert_eq!(logger(), first);
    }
    until("all is written", || web.lines("lines").last().is_some_and(|line| line == "20000"));
    let expected: Vec<String> = (1..=20000).map(|n| n.to_string()).collect();
    assert_eq!(web.lines("lines"), expected);
    scene.signal(first, libc::SIGKILL);
    until("there is another logger", || logger() != first);
    // What is asked of a logger is asked of its supervisor, and noted where it was asked.
    let noted = |web: &Supervised<'_>| web.lines("log/supervise/journal").iter().any(|line| line.contains(" reexec "));
    web.log_send("R");
    until("the logger's journal says it", || noted(&web));
    web.log_send("d");
    web.until_log_stat("down");
}

#[test]
fn one_that_is_held_down_comes_back_in_time() {
    let scene = Scene::new();
    let web = supervise(&scene, scene.service("web").run("echo up >> lives; exec sleep 1000"));
    web.until_lines("lives", 1);
    let mut sv = scene.command(ours("sv"));
    sv.args(["down", "--for", "2s", "./web"]);
    assert_eq!(scene.finish(sv).code, 0);
    web.until_stat("down");
    reexec(&web);
    web.until_lines("lives", 2);
    assert!(journal(&web).iter().any(|line| line.starts_with("held ")));
}

#[test]
fn sockets_and_what_was_stored_stay() {
    let scene = Scene::new();
    let path = scene.path("web/sock");
    let run = "echo \"$LISTEN_FDS\" >> lives; exec sleep 1000";
    let service = scene.service("web").run(run).file("listen", &format!("unix {}\n", path.display()));
    let web = supervise(&scene, service).running();
    web.until_lines("lives", 1);
    let inode = || std::os::unix::fs::MetadataExt::ino(&fs::metadata(&path).unwrap());
    let before = inode();
    reexec(&web);
    let client = std::os::unix::net::UnixStream::connect(&path).unwrap();
    web.send("t");
    web.until_lines("lives", 2);
    assert_eq!((inode(), web.lines("lives")), (before, vec!["1".to_owned(), "1".to_owned()]));
    drop(client);
}

#[test]
fn commands_that_come_meanwhile_are_obeyed() {
    let scene = Scene::new();
    let web = supervise(&scene, scene.service("web").run("echo up >> lives; exec sleep 1000")).running();
    web.until_lines("lives", 1);
    for round in 0..20 {
        let before = times(&web);
        web.send("Rd");
        web.until_stat("down");
        until("it was replaced", || times(&web) > before);
        web.send("Ru");
        web.until_lines("lives", 2 + round);
        until("it was replaced", || times(&web) > before + 1);
    }
}

#[test]
fn many_deaths_meanwhile_are_all_heard_of() {
    let scene = Scene::new();
    let web = supervise(&scene, scene.service("web").run("echo $$ >> lives; exec sleep 1000")).running();
    for round in 1..30 {
        web.until_lines("lives", round);
        // Not the one in the status, which may not have been shown yet.
        let pid = web.lines("lives")[round - 1].parse().unwrap();
        let before = times(&web);
        web.send("R");
        scene.signal_child(pid, web.runsv.pid(), libc::SIGKILL);
        until("it was replaced", || times(&web) > before);
        until("its death was heard of", || {
            journal(&web).iter().filter(|line| line.starts_with("exit ")).count() >= round
        });
    }
}

#[test]
fn a_program_that_cannot_take_over_changes_nothing() {
    let scene = Scene::new();
    let web = supervise(&scene, scene.service("web").run("echo up >> lives; exec sleep 1000")).running();
    web.until_lines("lives", 1);
    let pid = web.status().pid;
    let good = fs::read(ours("runsv")).unwrap();
    let mut bad: Vec<(Option<Vec<u8>>, &str)> = vec![
        (None, "file\\x20does\\x20not\\x20exist"),
        (Some(b"#!/bin/sh\nexit 1\n".to_vec()), "code\\x201"),
        (Some(b"#!/bin/sh\nexit 0\n".to_vec()), "code\\x200"),
        (Some(b"#!/bin/sh\nkill -SEGV $$\n".to_vec()), "SEGV"),
        (Some(b"#!/nowhere/at/all\n".to_vec()), "file\\x20does\\x20not\\x20exist"),
        (Some(b"\x7fELF and nothing".to_vec()), "format"),
        (Some(good[..4096].to_vec()), ""),
        (Some(fs::read("/bin/true").unwrap()), "code\\x200"),
    ];
    match theirs("runsv") {
        Some(path) => bad.push((Some(fs::read(path).unwrap()), "code\\x201")),
        None => skip("a_program_that_cannot_take_over_changes_nothing", "the original runsv is not installed"),
    }
    for (content, why) in bad {
        match content {
            Some(content) => install(&scene, &content),
            None => scene.remove("bin/runsv"),
        }
        let told = refused(&web);
        assert!(told.contains(why), "{why}: {told}");
        assert_eq!((web.status().pid, web.stat().as_str()), (pid, "run"));
    }
    scene.mode("bin/runsv", 0o644);
    assert!(refused(&web).contains("denied"), "not to be executed");
    assert!(web.runsv.err().contains("runsv web: warning: not replaced: "), "{}", web.runsv.err());
    install(&scene, &good);
    reexec(&web);
    assert_eq!((web.status().pid, web.lines("lives").len()), (pid, 1));
}

#[test]
fn a_kill_before_or_after_converges() {
    let scene = Scene::new();
    let mut web = supervise(&scene, scene.service("web").run("echo up >> lives; exec sleep 1000")).running();
    web.until_lines("lives", 1);
    let pid = web.status().pid;
    for round in 0..20 {
        web.send("R");
        if round % 2 == 0 {
            until("it may have been replaced", || journal(&web).iter().any(|line| line.starts_with("reexec ")));
        }
        web.runsv.signal(libc::SIGKILL);
        web.end();
        web = supervise(&scene, scene.service("web"));
        web.until_status("the survivor", |status| status.pid == pid);
    }
    throughout("there is no second copy", Duration::from_millis(300), || web.lines("lives").len() == 1);
    web.send("d");
    web.until_stat("down");
}

#[test]
fn sv_tells_how_it_went() {
    let scene = Scene::new();
    let _web = supervise(&scene, scene.service("web").run(IDLE)).running();
    let sv = |words: &[&str]| {
        let mut sv = scene.command(ours("sv"));
        sv.arg("reexec").args(words).env("SVDIR", scene.path("."));
        scene.finish(sv)
    };
    let done = sv(&["web"]);
    assert_eq!((done.code, done.out.as_str()), (0, "ok: web: runsv is version 0.1.0\n"));
    install(&scene, b"#!/bin/sh\nexit 1\n");
    let done = sv(&["web", "nobody"]);
    assert_eq!(done.code, 2);
    assert!(done.out.contains("fail: web: not replaced: "), "{}", done.out);
    assert!(done.out.contains("fail: nobody: unable to change to service directory"), "{}", done.out);
    install(&scene, b"#!/bin/sh\nexec sleep 1000\n");
    let done = sv(&["-w", "1", "web"]);
    assert_eq!((done.code, done.out.as_str()), (1, "timeout: web: its runsv does not answer\n"));
    assert_eq!(sv(&["-x"]).code, 100);
}
