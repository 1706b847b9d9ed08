//! The log service: a second service, whose input is the first one's output.

use crate::scene::*;
use std::time::Duration;

#[test]
fn it_reads_what_run_writes() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo hello; exec sleep 1000").log("exec cat >> has").supervise();
    until("the log has it", || web.read("log/has") == "hello\n");
    assert_eq!(web.runsv.out(), "");
}

#[test]
fn it_reads_what_finish_writes() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 0").finish("echo finished; exec sleep 1000").log("exec cat >> has");
    let web = web.supervise();
    until("the log has it", || web.read("log/has") == "finished\n");
}

#[test]
fn it_does_not_read_standard_error() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo error >&2; echo out; exec sleep 1000").log("exec cat >> has").supervise();
    until("the log has it", || web.read("log/has") == "out\n");
    assert_eq!(web.runsv.err(), "error\n");
}

#[test]
fn its_own_output_is_that_of_runsv() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo hello; exec sleep 1000").log("exec cat").supervise();
    until("runsv's output has it", || web.runsv.out() == "hello\n");
}

#[test]
fn it_runs_in_its_own_directory() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("echo $0 $(pwd) > seen; exec cat").supervise();
    until("it was seen", || web.read("log/seen").ends_with('\n'));
    assert_eq!(web.read("log/seen"), format!("./run {}\n", scene.path("web/log").display()));
}

#[test]
fn it_is_started_first() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").supervise().running();
    web.until_log_stat("run");
    let (log, run) = (web.status_of("log/supervise"), web.status());
    assert!(log.moment() <= run.moment(), "{log:?} {run:?}");
}

#[test]
fn it_is_started_although_the_service_is_down() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").down().supervise();
    web.until_log_stat("run");
    assert_eq!(web.stat(), "down");
}

#[test]
fn it_has_a_down_file_of_its_own() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").file("log/down", "").supervise().running();
    assert_eq!(web.log_stat(), "down");
    assert_eq!(web.status_of("log/supervise").want, 'd');
}

#[test]
fn it_is_not_restarted_with_the_service() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts; exec sleep 1000").log("exec cat").supervise().running();
    web.until_log_stat("run");
    let log = web.read("log/supervise/pid");
    web.until_lines("starts", 1);
    web.send("t");
    web.until_lines("starts", 2);
    web.until_stat("run");
    assert_eq!(web.read("log/supervise/pid"), log);
}

#[test]
fn it_is_started_again_when_it_ends() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("echo start >> starts; exec cat").supervise().running();
    web.until_lines("log/starts", 1);
    web.log_send("t");
    web.until_lines("log/starts", 2);
}

#[test]
fn nothing_is_lost_when_it_is_killed() {
    let scene = Scene::new();
    let run = "read go < go; i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i; done; exec sleep 1000";
    let web = scene.service("web").run(run).log("echo start >> starts; while read -r x; do echo $x >> has; done");
    let go = scene.gate("web/go");
    let web = web.supervise().running();
    web.until_lines("log/starts", 1);
    web.log_send("p"); // stopped: it cannot have a line in hand when it is killed
    let log = || web.read("log/supervise/pid").trim_end().parse().ok();
    until("the log service is stopped", || process_state(log()) == Some('T'));
    go.open();
    web.log_send("k");
    web.until_lines("log/starts", 2);
    until("the last line is there", || web.lines("log/has").last().is_some_and(|line| line == "2000"));
    let all: Vec<String> = (1..=2000).map(|n| n.to_string()).collect();
    assert_eq!(web.lines("log/has"), all);
}

#[test]
fn nothing_is_lost_while_it_is_down() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo one; echo start >> starts; exec sleep 1000");
    let web = web.log("exec cat >> has").file("log/down", "").supervise();
    web.until_lines("starts", 1);
    web.send("t");
    web.until_lines("starts", 2);
    web.log_send("u");
    until("both lines are there", || web.lines("log/has") == ["one", "one"]);
}

#[test]
fn it_gets_signals_through_its_own_control() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log(CATCHER).supervise().running();
    until("the log service listens", || scene.read("web/log/sent") == "up\n");
    web.log_send("h1aiqt");
    let wanted = ["ALRM", "HUP", "INT", "QUIT", "TERM", "USR1", "up"];
    until("all signals have arrived", || {
        let mut sent = web.lines("log/sent");
        sent.sort();
        sent == wanted
    });
    web.until_log_stat("run, got TERM");
    assert_eq!(web.stat(), "run");
}

#[test]
fn it_goes_down_and_up() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").supervise().running();
    web.until_log_stat("run");
    web.log_send("d");
    web.until_log_stat("down");
    web.log_send("u");
    web.until_log_stat("run");
    assert_eq!(web.stat(), "run");
}

#[test]
fn it_may_be_started_once() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("read line; exit 0").file("log/down", "").supervise().running();
    web.log_send("o");
    web.until_log_stat("run, want down");
    web.log_send("t");
    web.until_log_stat("down");
}

#[test]
fn it_may_be_paused() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log(IDLE).supervise().running();
    web.until_log_stat("run");
    web.log_send("p");
    web.until_log_stat("run, paused");
    web.log_send("c");
    web.until_log_stat("run");
}

#[test]
fn it_does_not_obey_x() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).log(IDLE).supervise().running();
    web.until_log_stat("run");
    web.log_send("x");
    web.log_send("p");
    web.until_log_stat("run, paused");
    assert!(!web.runsv.ended());
}

#[test]
fn it_has_no_finish() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("echo start >> starts; exec cat");
    let web = web.script("log/finish", "echo finish >> ends").supervise().running();
    web.until_lines("log/starts", 1);
    web.log_send("t");
    web.until_lines("log/starts", 2);
    assert_eq!(web.read("log/ends"), "");
}

#[test]
fn it_has_no_control_scripts() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log(CATCHER).script("log/control/h", "echo script >> sent");
    let web = web.supervise().running();
    until("the log service listens", || scene.read("web/log/sent") == "up\n");
    web.log_send("h");
    until("the signal has arrived", || web.read("log/sent") == "up\nHUP\n");
}

#[test]
fn scripts_of_the_service_are_not_for_it() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).control('h', "echo script >> log/sent").log(CATCHER);
    let web = web.supervise().running();
    until("the log service listens", || scene.read("web/log/sent") == "up\n");
    web.log_send("h");
    until("the signal has arrived", || web.read("log/sent") == "up\nHUP\n");
}

#[test]
fn one_that_cannot_be_executed_is_reported_and_tried_again() {
    let scene = Scene::new();
    scene.dir("web/log");
    let web = scene.service("web").run(IDLE).supervise().running();
    let message = "runsv web: fatal: unable to start log/./run: file does not exist\n";
    until("it is reported", || web.runsv.err().starts_with(message));
    scene.script("web/log/run", "exec cat");
    web.until_log_stat("run");
    assert_eq!(web.runsv.err().replace(message, ""), "");
}

#[test]
fn one_that_ends_at_once_has_a_second_between_starts() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("date +%s%N >> starts").supervise();
    web.until_lines("log/starts", 3);
    let starts: Vec<u64> = web.lines("log/starts").iter().map(|line| line.parse().unwrap()).collect();
    for pair in starts.windows(2).take(2) {
        let gap = Duration::from_nanos(pair[1] - pair[0]);
        assert!(gap >= Duration::from_millis(900), "{gap:?}");
    }
}

#[test]
fn the_service_waits_when_the_pipe_is_full() {
    let scene = Scene::new();
    let run = "dd if=/dev/zero bs=1024 count=128 2> /dev/null; echo written > written; exec sleep 1000";
    let web = scene.service("web").run(run).log("exec cat > /dev/null").file("log/down", "").supervise().running();
    throughout("not all is written", Duration::from_millis(300), || web.read("written").is_empty());
    web.log_send("u");
    until("all is written", || web.read("written") == "written\n");
}

#[test]
fn a_log_that_comes_later_is_not_noticed() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    scene.script("web/log/run", "exec cat");
    web.release(0);
    until("it is up again", || web.lines("sent") == ["up", "up"]);
    assert_eq!(scene.kind("web/log/supervise"), "");
}
