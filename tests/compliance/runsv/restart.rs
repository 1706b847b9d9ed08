//! What comes after the end of a run: finish, the pause, the next start.

use crate::scene::*;
use std::time::Duration;

/// A run script that notes the time of its start, in nanoseconds.
const DATED: &str = "date +%s%N >> starts\n";

/// How long it was from each start to the next.
fn gaps(web: &Service<'_>, number: usize) -> Vec<Duration> {
    web.until_lines("starts", number + 1);
    let starts: Vec<u64> = web.lines("starts").iter().map(|line| line.parse().unwrap()).collect();
    starts.windows(2).take(number).map(|pair| Duration::from_nanos(pair[1] - pair[0])).collect()
}

/// Times are compared with lower bounds only, and `date` runs a moment after the start that it tells of.
const NEARLY_A_SECOND: Duration = Duration::from_millis(900);

#[test]
fn a_service_that_ends_is_started_again() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    let first = web.pid();
    web.release(0);
    until("it has another process", || web.pid().is_some() && web.pid() != first);
}

#[test]
fn a_service_that_ends_at_once_has_a_second_between_starts() {
    let scene = Scene::new();
    let web = scene.service("web").run(DATED).supervise();
    for gap in gaps(&web, 2) {
        assert!(gap >= NEARLY_A_SECOND, "{gap:?}");
    }
}

#[test]
fn a_service_that_lives_half_a_second_has_a_full_second_after_it() {
    let scene = Scene::new();
    let web = scene.service("web").run(&format!("{DATED} sleep 0.5")).supervise();
    let gap = gaps(&web, 1)[0];
    assert!(gap >= Duration::from_millis(1400), "{gap:?}");
}

#[test]
fn the_pause_comes_after_finish() {
    let scene = Scene::new();
    let web = scene.service("web").run(DATED).finish("sleep 0.5").supervise();
    let gap = gaps(&web, 1)[0];
    assert!(gap >= Duration::from_millis(1400), "{gap:?}");
}

#[test]
fn during_the_pause_it_is_down_and_wanted_up() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts; exit 0").supervise();
    web.until_lines("starts", 1);
    web.until_status("down, wanted up, without a pid", |status| {
        (status.state, status.pid, status.want) == (0, 0, 'u') && web.read("supervise/pid").is_empty()
    });
}

#[test]
fn a_service_told_to_go_down_in_its_pause_stays_down() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts; exit 0").supervise();
    web.until_lines("starts", 1);
    web.until_status("down, wanted up", |status| status.state == 0 && status.want == 'u');
    web.send("d");
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
    let starts = web.lines("starts").len();
    throughout("it stays down", Duration::from_millis(1200), || web.lines("starts").len() == starts);
}

#[test]
fn a_crashing_service_is_not_spoken_of() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts; exit 1").supervise();
    web.until_lines("starts", 3);
    assert_eq!((web.runsv.out(), web.runsv.err()), (String::new(), String::new()));
}

#[test]
fn run_that_is_missing_is_tried_again() {
    let scene = Scene::new();
    let web = scene.service("web").finish("echo $1 $2 >> ends").supervise();
    web.until_lines("ends", 2);
    assert_eq!(web.lines("ends")[..2], ["111 0", "111 0"]);
    scene.script("web/run", IDLE);
    web.until_stat("run");
}

/// What is said when `run` cannot be executed, and what finish is told.
#[track_caller]
fn fails_to_start(web: Service<'_>, reason: &str) {
    let web = web.finish("echo $1 $2 >> ends").supervise();
    web.until_lines("ends", 1);
    assert_eq!(web.lines("ends")[0], "111 0");
    let message = format!("runsv web: fatal: unable to start ./run: {reason}\n");
    assert!(web.runsv.err().starts_with(&message), "{}", web.runsv.err());
    assert_eq!(web.runsv.err().replace(&message, ""), "");
}

#[test]
fn run_is_missing() {
    let scene = Scene::new();
    fails_to_start(scene.service("web"), "file does not exist");
}

#[test]
fn run_is_not_executable() {
    let scene = Scene::new();
    fails_to_start(scene.service("web").file("run", "#!/bin/sh\n"), "access denied");
}

#[test]
fn run_is_a_directory() {
    let scene = Scene::new();
    scene.dir("web/run");
    fails_to_start(scene.service("web"), "access denied");
}

#[test]
fn run_has_no_interpreter_line() {
    let scene = Scene::new();
    let web = scene.service("web").file("run", "exec sleep 1000\n");
    scene.mode("web/run", 0o755);
    fails_to_start(web, "exec format error");
}

#[test]
fn run_has_an_interpreter_that_is_missing() {
    let scene = Scene::new();
    let web = scene.service("web").file("run", "#!/no/such/shell\n");
    scene.mode("web/run", 0o755);
    fails_to_start(web, "file does not exist");
}

#[test]
fn run_is_read_anew_at_each_start() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    scene.script("web/run", "echo another > seen; exec sleep 1000");
    web.release(0);
    until("the new one runs", || web.read("seen") == "another\n");
}

/// What finish is told of the end of a run.
macro_rules! tells_finish {
    ($($name:ident: $run:literal is $arguments:literal;)*) => { mod finish_is_told { $(
        #[test]
        fn $name() {
            let scene = super::Scene::new();
            let web = scene.service("web").run($run).finish("echo $1 $2 >> ends; echo end >> ends").supervise();
            web.until_lines("ends", 2);
            assert_eq!(web.lines("ends")[0], $arguments);
        }
    )* } };
}

tells_finish! {
    a_success: "exit 0" is "0 0";
    a_failure: "exit 1" is "1 0";
    the_highest_code: "exit 255" is "255 0";
    a_kill: "kill -KILL $$" is "-1 9";
    a_term: "kill -TERM $$" is "-1 15";
    a_hangup: "kill -HUP $$" is "-1 1";
    a_crash_without_a_core: "ulimit -c 0; kill -SEGV $$" is "-1 11";
}

#[test]
fn finish_is_told_of_a_core() {
    let scene = Scene::new();
    let web = scene.service("web").run("ulimit -c unlimited || exit 9; kill -SEGV $$").finish("echo $1 $2 >> ends");
    if scene.read("/proc/sys/kernel/core_pattern").starts_with('|') {
        return skip("finish_is_told_of_a_core", "cores go to a program here");
    }
    let web = web.supervise();
    web.until_lines("ends", 1);
    match web.lines("ends")[0].as_str() {
        "9 0" => skip("finish_is_told_of_a_core", "no cores are allowed here"),
        ends => assert_eq!(ends, "-1 139"),
    }
}

#[test]
fn finish_runs_after_a_command_to_go_down() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).finish("echo $1 $2 >> ends").supervise().running();
    web.send("d");
    web.until_stat("down");
    assert_eq!(web.lines("ends"), ["-1 15"]);
}

#[test]
fn finish_runs_after_a_kill() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).finish("echo $1 $2 >> ends").supervise().caught();
    web.send("d");
    web.until_stat("run, got TERM, want down");
    web.send("k");
    web.until_lines("ends", 1);
    assert_eq!(web.lines("ends"), ["-1 9"]);
}

#[test]
fn finish_runs_after_a_single_run() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 3").finish("echo $1 $2 >> ends").down().supervise();
    web.send("o");
    web.until_lines("ends", 1);
    web.until_stat("down");
    assert_eq!(web.lines("ends"), ["3 0"]);
}

#[test]
fn finish_does_not_run_for_a_service_that_never_ran() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).finish("echo $1 $2 >> ends").down().supervise();
    web.send("x");
    web.end();
    assert_eq!(web.read("ends"), "");
}

#[test]
fn finish_may_fail() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts").finish("exit 1").supervise();
    web.until_lines("starts", 2);
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn finish_that_is_not_executable_is_reported_and_the_service_goes_on() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts").file("finish", "#!/bin/sh\n").supervise();
    web.until_lines("starts", 2);
    let message = "runsv web: fatal: unable to start ./finish: access denied\n";
    assert!(web.runsv.err().starts_with(message));
    assert_eq!(web.runsv.err().replace(message, ""), "");
}

#[test]
fn finish_that_is_a_dangling_link_is_as_if_missing() {
    let scene = Scene::new();
    scene.link("nowhere", "web/finish");
    let web = scene.service("web").run("echo start >> starts").supervise();
    web.until_lines("starts", 2);
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn finish_is_looked_for_at_each_end() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    scene.script("web/finish", "echo $1 $2 >> ends");
    web.release(7);
    web.until_lines("ends", 1);
    assert_eq!(web.lines("ends"), ["7 0"]);
}

#[test]
fn finish_runs_in_the_service_directory() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 0").finish("echo $0 $(pwd) >> seen").supervise();
    web.until_lines("seen", 1);
    assert_eq!(web.lines("seen")[0], format!("./finish {}", scene.path("web").display()));
}

#[test]
fn the_service_waits_for_finish() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts").finish(CATCHER).supervise().caught();
    throughout("it is not started", Duration::from_millis(1200), || web.lines("starts").len() == 1);
    web.release(0);
    web.until_lines("starts", 2);
}

#[test]
fn a_service_may_take_itself_down_in_finish() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts").finish("printf d > supervise/control").supervise();
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
    assert_eq!(web.lines("starts").len(), 1);
}
