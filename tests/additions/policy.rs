//! The optional files of a service directory, each setting end to end.

use crate::scene::service::{CATCHER, IDLE, Supervised};
use crate::scene::{Scene, process_state, throughout, timed, until, until_some};
use std::time::Duration;

/// Lines of the journal without their label, number and pid.
pub(crate) fn journal(web: &Supervised<'_>) -> Vec<String> {
    let told = |line: &String| {
        let words = line.split(' ').skip(2).filter(|word| !word.starts_with("pid=") && !word.starts_with("lasted="));
        words.collect::<Vec<_>>().join(" ")
    };
    web.lines("supervise/journal").iter().map(told).collect()
}

#[track_caller]
pub(crate) fn until_noted(web: &Supervised<'_>, line: &str) {
    until(&format!("the journal says {line}"), || journal(web).iter().any(|noted| noted == line));
}

const COUNT: &str = "echo life >> lives";

fn run(body: &str) -> String {
    format!("{COUNT}; {body}")
}

#[test]
fn without_any_file_the_journal_tells_what_happened() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run(IDLE)).finish("exit 3").supervise();
    web.until_lines("lives", 1);
    web.until_stat("run");
    web.send("d");
    web.until_stat("down");
    assert_eq!(journal(&web), ["start starts=1", "exit cause=asked signal=TERM", "finish code=3"]);
}

#[test]
fn sequence_numbers_go_on_over_a_new_supervisor() {
    let scene = Scene::new();
    let numbers = |web: &Supervised<'_>| -> Vec<u64> {
        let line = |line: &String| line.split(' ').nth(1)?.parse().ok();
        web.lines("supervise/journal").iter().filter_map(line).collect()
    };
    let mut web = scene.service("web").run(IDLE).supervise().running();
    web.send("x");
    assert_eq!(web.end(), 0);
    let web = scene.service("web").supervise().running();
    until("the third line is there", || numbers(&web).len() == 3);
    assert_eq!(numbers(&web), [1, 2, 3]);
}

#[test]
fn restart_when_on_failure_lets_a_success_be() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run("[ $(wc -l < lives) -ge 2 ]")).file("restart", "when on-failure\n");
    let web = web.supervise();
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
    assert_eq!(web.lines("lives").len(), 2, "after a failure again, after a success not");
}

#[test]
fn restart_when_never_is_one_life_and_up_another() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run("exit 1")).file("restart", "when never\n").supervise();
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
    assert_eq!(web.lines("lives").len(), 1);
    web.send("u");
    web.until_lines("lives", 2);
}

#[test]
fn restart_ok_names_what_is_no_failure() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run("exit 7")).file("restart", "when on-failure\nok 7 TERM\n").supervise();
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
    assert_eq!(web.lines("lives").len(), 1);
}

#[test]
fn restart_delay_is_waited_for_and_grows() {
    let scene = Scene::new();
    let (took, web) = timed(|| {
        let web = scene.service("web").run(&run("exit 1")).file("restart", "delay 100ms x2\nmax 250ms\n").supervise();
        web.until_lines("lives", 4);
        web
    });
    assert!(took >= Duration::from_millis(550), "{took:?}");
    let delays: Vec<String> = journal(&web).into_iter().filter(|line| line.starts_with("backoff")).take(3).collect();
    let expected =
        ["backoff delay=100ms failures=1", "backoff delay=200ms failures=2", "backoff delay=250ms failures=3"];
    assert_eq!(delays, expected);
}

#[test]
fn restart_gives_up_and_up_brings_it_back() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run("exit 1")).file("restart", "delay 10ms\ngive-up 3\n").supervise();
    until_noted(&web, "gave-up failures=3");
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
    throughout("it stays down", Duration::from_millis(300), || web.lines("lives").len() == 3);
    web.send("u");
    web.until_lines("lives", 6);
}

#[test]
fn restart_may_try_again_after_having_given_up() {
    let scene = Scene::new();
    let policy = "delay 10ms\ngive-up 2 in 60s\nthen retry 300ms\n";
    let web = scene.service("web").run(&run("exit 1")).file("restart", policy).supervise();
    until_noted(&web, "gave-up failures=2 delay=300ms");
    web.until_lines("lives", 3);
}

#[test]
fn an_edit_takes_effect_at_the_next_end() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run(IDLE)).supervise().running();
    web.until_lines("lives", 1);
    scene.file("web/restart", "when never\n");
    scene.signal(web.pid().unwrap(), libc::SIGKILL);
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
    assert_eq!(web.lines("lives").len(), 1);
}

#[test]
fn a_typo_is_said_and_keeps_nothing_from_running() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).file("restart", "# ours\nwhen somtimes\n").supervise().running();
    let said = web.runsv.err();
    assert!(said.starts_with("runsv web: warning: ./restart: line 2: somtimes: expected "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_broken_stop_keeps_it_from_starting_and_a_mended_one_does_not() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).file("stop", "TREM\n").supervise();
    until("it is said", || web.runsv.err().contains("warning: ./stop: line 1: TREM: expected "));
    assert_eq!(web.stat(), "down");
    scene.file("web/stop", "TERM\n");
    web.until_stat("run"); // it is tried every few seconds
}

fn phase(scene: &Scene) -> Option<u8> {
    scene.bytes("web/supervise/status").get(21).copied()
}

/// What the record's second byte says.
const STARTING: Option<u8> = Some(4);
const READY: Option<u8> = Some(5);

#[test]
fn ready_by_a_newline_on_a_descriptor() {
    let scene = Scene::new();
    let gate = scene.gate("go");
    let web = scene.service("web").run("read x < ../go; echo >&4; exec sleep 1000").file("ready", "fd 4\n");
    let web = web.supervise().running();
    throughout("it is not ready", Duration::from_millis(200), || phase(&scene) == STARTING);
    gate.open();
    until("it is ready", || phase(&scene) == READY);
    until_noted(&web, "ready");
}

#[test]
fn ready_as_s6_has_it() {
    let scene = Scene::new();
    let _web = scene.service("web").run("echo >&5; exec sleep 1000").file("notification-fd", "5\n").supervise();
    until("it is ready", || phase(&scene) == READY);
}

#[test]
fn ready_by_a_check() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).script("check", "echo asked >> asked; test -e well");
    let web = web.file("ready", "check 50ms\n").supervise();
    web.until_lines("asked", 3);
    assert_eq!(phase(&scene), STARTING);
    scene.file("web/well", "");
    until("it is ready", || phase(&scene) == READY);
}

#[test]
fn ready_after_a_time() {
    let scene = Scene::new();
    let (took, web) = timed(|| {
        let web = scene.service("web").run(IDLE).file("ready", "after 300ms\n").supervise();
        until("it is ready", || phase(&scene) == READY);
        web
    });
    assert!(took >= Duration::from_millis(300));
    assert_eq!(journal(&web), ["start starts=1", "ready"]);
}

#[test]
fn not_ready_in_time_is_a_failed_run() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run(IDLE)).file("ready", "fd 3 timeout 200ms\n").supervise();
    until_noted(&web, "exit cause=start-timeout signal=TERM");
    web.until_lines("lives", 2);
}

#[test]
fn the_ladder_is_climbed_until_it_is_gone() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).file("stop", "INT 2s\nQUIT 2s\nKILL\n").supervise().caught();
    web.send("d");
    web.until_stat("down");
    assert_eq!(web.sent(), ["CONT", "INT", "QUIT"]);
    let noted = ["start starts=1", "signal signal=QUIT whom=process", "signal signal=KILL whom=process"];
    assert_eq!(journal(&web)[..3], noted);
    until_noted(&web, "exit cause=stop-timeout signal=KILL");
}

#[test]
fn s6s_signal_and_time() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).file("down-signal", "USR1\n").file("timeout-kill", "2000\n");
    let web = web.supervise().caught();
    web.send("d");
    web.until_stat("down");
    assert_eq!(web.sent(), ["CONT", "USR1"]);
}

#[test]
fn a_restart_that_is_asked_for_climbs_too() {
    let scene = Scene::new();
    let run = format!("{COUNT}\n{CATCHER}");
    let web = scene.service("web").run(&run).file("stop", "TERM 200ms\nKILL\n").supervise().caught();
    web.send("t");
    web.until_lines("lives", 2);
    web.until_stat("run");
}

#[test]
fn a_reload_signal_is_sent_for_hup() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).file("reload-signal", "USR2\n").supervise().caught();
    web.send("h");
    web.until_sent(&["USR2"]);
}

/// A service with a child that does not hear of its parent's end.
const FAMILY: &str = "sleep 1000 & echo $! > child; exec sleep 1000";

fn child(web: &Supervised<'_>, name: &str) -> i32 {
    until_some("the child is noted", || web.read(name).trim().parse().ok())
}

#[test]
fn a_step_for_the_group_reaches_the_children() {
    let scene = Scene::new();
    let web = scene.service("web").run(FAMILY).file("stop", "TERM group\n").supervise().running();
    let child = child(&web, "child");
    web.send("d");
    web.until_stat("down");
    until("the child is gone", || process_state(Some(child)).is_none_or(|state| state == 'Z'));
}

#[test]
fn a_step_for_all_reaches_who_has_left_the_session_and_lost_its_parent() {
    let scene = Scene::new();
    let body = "setsid sh -c 'trap \"\" TERM HUP; echo $$ > far; sleep 1000 & wait' & exec sleep 1000";
    let web = scene.service("web").run(body).log("exec cat > out").file("stop", "TERM 100ms\nKILL all\n");
    let web = web.supervise().running();
    web.until_log_stat("run");
    let far = child(&web, "far");
    web.send("d");
    web.until_stat("down");
    until("it is gone", || process_state(Some(far)).is_none_or(|state| state == 'Z'));
    let exit = journal(&web).into_iter().find(|line| line.starts_with("exit "));
    let left = exit.as_ref().and_then(|line| line.split(' ').find_map(|fact| fact.strip_prefix("left="))).unwrap_or("");
    assert!(left.split(',').any(|pid| pid == far.to_string()), "whoever was left is named: {exit:?}");
    assert_eq!(web.log_stat(), "run", "the logger is no part of it");
}

#[test]
fn health_restarts_what_is_not_well() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run("rm -f ill; exec sleep 1000")).script("check", "test ! -e ill");
    let web = web.file("health", "every 50ms fail 2/3 then restart\n").supervise();
    web.until_lines("lives", 1);
    web.until_stat("run");
    throughout("it is let run", Duration::from_millis(300), || web.lines("lives").len() == 1);
    scene.file("web/ill", "");
    web.until_lines("lives", 2);
    until_noted(&web, "unhealthy");
    until_noted(&web, "exit cause=unhealthy signal=TERM");
}

#[test]
fn health_may_only_tell_and_tells_of_recovery() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).script("check", "test ! -e ill");
    let web = web.file("health", "every 50ms fail 1/1 then alert\n").supervise().running();
    scene.file("web/ill", "");
    until_noted(&web, "unhealthy");
    scene.remove("web/ill");
    until_noted(&web, "healthy");
    assert_eq!(journal(&web), ["start starts=1", "unhealthy", "healthy"]);
}

#[test]
fn a_check_that_hangs_is_killed_and_has_failed() {
    let scene = Scene::new();
    let web = scene.service("web").run(&run(IDLE)).script("check", "exec sleep 1000");
    let web = web.file("health", "every 50ms timeout 100ms fail 2/2 then restart\n").supervise();
    web.until_lines("lives", 2);
    until_noted(&web, "exit cause=unhealthy signal=TERM");
}

#[test]
fn a_finish_that_takes_too_long_is_killed() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 0").finish("exec sleep 1000").file("timeout-finish", "200\n").supervise();
    until_noted(&web, "finish signal=KILL");
}
