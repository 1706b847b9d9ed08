//! `errlog/`: a second logger, for standard error.

use crate::scene::service::{CATCHER, IDLE, Service};
use crate::scene::*;
use std::process::Command;

/// Takes all that comes.
const CAT: &str = "exec cat >> has";

/// Takes all that comes until its end, and stays until it is released.
fn stays() -> String {
    format!("cat > /dev/null\n{CATCHER}")
}

fn errlog<'a>(service: Service<'a>, body: &str) -> Service<'a> {
    service.script("errlog/run", body)
}

fn sv(scene: &Scene, args: &[&str]) -> Done {
    let mut command = scene.command(ours("sv"));
    command.args(args).env("SVDIR", scene.path(""));
    scene.finish(command)
}

#[test]
fn each_logger_reads_its_own_stream() {
    let scene = Scene::new();
    let say = |what: &str| format!("echo {what} out; echo {what} err >&2");
    let web = scene.service("web").run(&format!("{}; exec sleep 1000", say("run"))).finish(&say("finish"));
    let mut web = errlog(web.control('h', &say("control")).log(CAT), CAT).supervise().running();
    web.until_line("errlog/has", "run err");
    web.send("h");
    web.until_line("errlog/has", "run err\ncontrol err");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.read("log/has"), "run out\ncontrol out\nfinish out\n");
    assert_eq!(web.read("errlog/has"), "run err\ncontrol err\nfinish err\n");
    assert_eq!((web.runsv.out(), web.runsv.err()), (String::new(), String::new()));
}

#[test]
fn without_a_log_standard_output_stays_that_of_runsv() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo out; echo err >&2; exec sleep 1000").file("log", "no directory");
    let mut web = errlog(web, CAT).supervise().running();
    web.until_line("errlog/has", "err");
    until("the other is told", || web.runsv.out() == "out\n");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.runsv.err(), "runsv web: warning: ./log: not a directory.\n");
}

#[test]
fn its_own_errors_and_those_of_a_check_are_runsv_s() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).file("ready", "check 1s\n").script("check", "echo checked >&2");
    let web = errlog(web, "echo logger >&2; exec cat >> has").supervise().running();
    until("both are told", || ["checked\n", "logger\n"].iter().all(|line| web.runsv.err().contains(line)));
    assert_eq!(web.read("errlog/has"), "");
}

#[test]
fn it_is_supervised_like_a_logger() {
    let scene = Scene::new();
    let web = errlog(scene.service("web").run(IDLE), "echo start >> starts; exec cat").supervise().running();
    web.until_line("errlog/supervise/stat", "run");
    web.until_lines("errlog/starts", 1);
    for (name, kind) in [("control", "fifo 0600"), ("ok", "fifo 0600"), ("lock", "file 0600"), ("status", "file 0644")]
    {
        assert_eq!(scene.kind(format!("web/errlog/supervise/{name}")), kind, "{name}");
    }
    assert!(scene.is_locked("web/errlog/supervise/lock"));
    scene.send("web/errlog/supervise/control", "t");
    web.until_lines("errlog/starts", 2);
    scene.send("web/errlog/supervise/control", "d");
    web.until_line("errlog/supervise/stat", "down");
    assert_eq!(web.stat(), "run");
}

#[test]
fn nothing_is_lost_when_it_is_killed() {
    let scene = Scene::new();
    let run = "read go < go; i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i >&2; done; exec sleep 1000";
    let web = scene.service("web").run(run).log(CAT);
    let web = errlog(web, "echo start >> starts; while read -r x; do echo $x >> has; done");
    let go = scene.gate("web/go");
    let web = web.supervise().running();
    web.until_lines("errlog/starts", 1);
    scene.send("web/errlog/supervise/control", "p"); // stopped: it cannot have a line in hand when it is killed
    let pid = || web.read("errlog/supervise/pid").trim_end().parse().ok();
    until("it is stopped", || process_state(pid()) == Some('T'));
    go.open();
    scene.send("web/errlog/supervise/control", "k");
    web.until_lines("errlog/starts", 2);
    until("the last line is there", || web.lines("errlog/has").last().is_some_and(|line| line == "2000"));
    let all: Vec<String> = (1..=2000).map(|n| n.to_string()).collect();
    assert_eq!(web.lines("errlog/has"), all);
    assert_eq!(web.read("log/has"), "");
}

#[test]
fn one_that_is_down_loses_nothing_and_is_not_waited_for() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo precious >&2; echo yes > written; exec sleep 1000");
    let mut web = errlog(web, CAT).file("errlog/down", "").supervise().running();
    web.until_lines("written", 1);
    web.until_line("errlog/supervise/stat", "down");
    scene.send("web/errlog/supervise/control", "u");
    web.until_line("errlog/has", "precious");
    scene.send("web/errlog/supervise/control", "d");
    web.until_line("errlog/supervise/stat", "down");
    web.send("x");
    assert_eq!(web.end(), 0);
}

#[test]
fn the_last_lines_are_read_by_one_that_has_just_failed() {
    let scene = Scene::new();
    let log = "if [ -e ready ]; then exec cat > out; else echo failed >> failed; exit 1; fi";
    let web = scene.service("web").run("echo precious >&2; echo yes > written; exec sleep 1000");
    let mut web = errlog(web, log).supervise();
    web.until_lines("errlog/failed", 1);
    web.until_lines("written", 1);
    scene.file("web/errlog/ready", "");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.lines("errlog/out"), ["precious"]);
}

#[test]
fn both_loggers_leave_after_the_service_and_in_any_order() {
    for [first, last] in [["log", "errlog"], ["errlog", "log"]] {
        let scene = Scene::new();
        let mut web = errlog(scene.service("web").run(IDLE).log(&stays()), &stays()).supervise().running();
        web.send("x");
        for log in [first, last] {
            until("it has its end of file", || web.read(&format!("{log}/sent")) == "up\n");
            web.until_line(&format!("{log}/supervise/stat"), "run, want exit");
        }
        assert_eq!(web.stat(), "down");
        scene.send(format!("web/{first}/hold"), "0\n");
        web.until_line(&format!("{first}/supervise/stat"), "down");
        assert_eq!(web.read(&format!("{last}/supervise/stat")), "run, want exit\n");
        assert!(!web.runsv.ended());
        scene.send(format!("web/{last}/hold"), "0\n");
        assert_eq!(web.end(), 0, "{first} first");
    }
}

#[test]
fn a_service_that_is_down_leaves_both_loggers() {
    let scene = Scene::new();
    let web = errlog(scene.service("web").run(IDLE).log(CAT), CAT).supervise().running();
    for log in ["log", "errlog"] {
        web.until_line(&format!("{log}/supervise/stat"), "run");
    }
    web.send("d");
    web.until_stat("down");
    web.send("u");
    web.until_stat("run");
    assert_eq!([web.read("log/supervise/stat"), web.read("errlog/supervise/stat")], ["run\n", "run\n"]);
}

#[test]
fn every_life_of_many_is_heard_and_nothing_piles_up() {
    let scene = Scene::new();
    let web = scene.service("web").run("trap '' TERM; echo out; echo err >&2").file("restart", "delay 10ms\n");
    let mut web = errlog(web.log(CAT), CAT).supervise();
    let open = || std::fs::read_dir(format!("/proc/{}/fd", web.runsv.pid())).unwrap().count();
    web.until_lines("errlog/has", 3);
    let before = until_still("its descriptors", open);
    web.until_lines("errlog/has", 30);
    until("it has as many again", || open() == before);
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.lines("log/has").len(), web.lines("errlog/has").len());
    assert!(web.lines("errlog/has").iter().all(|line| line == "err"));
}

#[test]
fn all_have_three_descriptors() {
    let scene = Scene::new();
    let show = "ls /proc/self/fd > fds; echo complete >> fds; exec cat";
    let web = errlog(scene.service("web").run(show).log(show), show).supervise();
    for place in ["", "log/", "errlog/"] {
        let fds = format!("{place}fds");
        until("it was shown", || web.read(&fds).ends_with("complete\n"));
        assert_eq!(web.lines(&fds), ["0", "1", "2", "3", "complete"], "{fds}");
    }
}

#[test]
fn what_is_no_directory_is_told_as_for_a_log() {
    let told = |link: Option<&str>| {
        let scene = Scene::new();
        let web = scene.service("web").run("echo err >&2; exec sleep 1000");
        match link {
            Some(target) => drop(scene.link(target, "web/errlog")),
            None => drop(scene.file("web/errlog", "")),
        }
        let web = web.supervise().running();
        until("it has told its line", || web.runsv.err().ends_with("err\n"));
        web.runsv.err()
    };
    assert_eq!(told(None), "runsv web: warning: ./errlog: not a directory.\nerr\n");
    assert_eq!(told(Some("errlog")), "runsv web: warning: unable to stat() ./errlog: : symbolic link loop\nerr\n");
    assert_eq!(told(Some("nowhere")), "err\n");
}

#[test]
fn one_that_cannot_run_is_told_by_its_name() {
    let scene = Scene::new();
    let web = errlog(scene.service("web").run(IDLE), "");
    scene.mode("web/errlog/run", 0o644);
    let web = web.supervise().running();
    let said = "runsv web: fatal: unable to start errlog/./run: access denied\n";
    until("it is told", || web.runsv.err().contains(said));
}

#[test]
fn its_lock_is_waited_for() {
    let scene = Scene::new();
    let web = errlog(scene.service("web").run(IDLE), CAT);
    scene.dir("web/errlog/supervise");
    let lock = scene.lock("web/errlog/supervise/lock");
    let mut runsv = web.start();
    let said = "runsv web: warning: unable to lock errlog/supervise/lock, waiting for it: temporary failure\n";
    until("it waits", || runsv.err() == said);
    drop(lock);
    until("it runs", || web.stat() == "run");
    web.send("x");
    assert_eq!(runsv.end().code, 0);
}

#[test]
fn its_state_may_be_elsewhere() {
    let scene = Scene::new();
    let web = errlog(scene.service("web").run(IDLE), CAT);
    let with_state = |mut command: Command| {
        command.env("SVSTATE", scene.path("state")).env("SVDIR", scene.path(""));
        command
    };
    let _runsv = scene.spawn(with_state(web.command()));
    until("it runs", || scene.read("state/web/errlog/supervise/stat") == "run\n");
    assert!(!scene.path("web/errlog/supervise").exists());
    let status = || {
        let mut command = with_state(scene.command(ours("sv")));
        command.args(["status", "web/errlog"]);
        scene.finish(command).out
    };
    until("it is found there", || status().starts_with("run: web/errlog: (pid ")); // written after the words
}

#[test]
fn sv_shows_it_and_waits_for_it() {
    let scene = Scene::new();
    let web = errlog(scene.service("web").run(IDLE), &stays());
    let mut web = web.supervise().running();
    until("both are shown", || !sv(&scene, &["status", "web"]).out.contains("down: "));
    let status = sv(&scene, &["status", "web"]);
    assert!(status.out.starts_with("run: web: (pid ") && status.out.contains("; run: errlog: (pid "), "{}", status.out);
    assert!(!status.out.contains(" log:"), "{}", status.out);
    let json = sv(&scene, &["-j", "status", "web"]).out;
    assert!(json.contains(r#","log":null,"errlog":{"name":"errlog","state":"run","#), "{json}");
    assert_eq!(sv(&scene, &["check", "web/errlog"]).code, 0);
    let mut exit = scene.command(ours("sv"));
    exit.args(["-w", "100", "exit", "web"]).env("SVDIR", scene.path(""));
    let mut exit = scene.spawn(exit);
    until("the logger has its end of file", || web.read("errlog/sent") == "up\n");
    assert!(!exit.ended() && !web.runsv.ended());
    scene.send("web/errlog/hold", "0\n");
    assert_eq!((exit.end().code, web.end()), (0, 0));
}

#[test]
fn sv_list_tells_of_one_that_is_down() {
    let scene = Scene::new();
    let _web = errlog(scene.service("web").run(IDLE), CAT).file("errlog/down", "").supervise().running();
    let list = || sv(&scene, &["list", "web"]).out;
    until("it is told", || list().contains("errlog: down"));
    scene.send("web/errlog/supervise/control", "u");
    until("it is told no more", || !list().contains("errlog"));
}

#[test]
fn sv_log_and_why_show_both_streams() {
    let scene = Scene::new();
    let svlogd = |main: &str| format!("mkdir -p {main}; exec {} -tt {main}", ours("svlogd").display());
    let run = "echo first; while [ ! -s log/main/current ]; do sleep 0.1; done; echo second >&2; exec sleep 1000";
    let web = errlog(scene.service("web").run(run).log(&svlogd("main")), &svlogd("./elsewhere"));
    let web = web.supervise().running();
    web.until_lines("errlog/elsewhere/current", 1);
    let shown = sv(&scene, &["log", "web"]);
    let lines: Vec<_> = shown.out.lines().map(|line| line.split_once(' ').unwrap_or_default().1).collect();
    assert_eq!((shown.code, &*shown.err, lines), (0, "", vec!["first", "second"]));
    let why = sv(&scene, &["why", "web"]).out;
    assert!(why.contains("Its log ends with:\n  ") && why.contains("Its errlog ends with:\n  "), "{why}");
    let why = sv(&scene, &["why", "-j", "web"]).out;
    assert!(why.contains(" first\"],\"errlog\":[\"") && why.contains(" second\"],\"advice\":"), "{why}");
}

#[test]
fn sv_log_shows_one_without_the_other() {
    let scene = Scene::new();
    scene.script("web/errlog/run", "exec svlogd main");
    scene.dir("web/errlog/main");
    crate::scene::logger::log(&scene, &["-t", "web/errlog/main"], "alone\n");
    let shown = sv(&scene, &["log", "web"]);
    assert!(shown.code == 0 && shown.err.is_empty() && shown.out.ends_with(" alone\n"), "{}{}", shown.out, shown.err);
}

#[test]
fn sv_lint_looks_into_it() {
    let scene = Scene::new();
    scene.script("sv/web/run", IDLE);
    scene.script("sv/web/errlog/run", CAT);
    scene.script("sv/web/errlog/finish", "");
    let done = sv(&scene, &["lint", &scene.path("sv/web").display().to_string()]);
    assert!(done.out.ends_with("web/errlog/finish: not read: a logger has none\n"), "{}{}", done.out, done.err);
    assert_eq!(done.out.lines().count(), 1, "{}", done.out);
}
