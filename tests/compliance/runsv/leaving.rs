//! How runsv leaves, and what it waits for.

use crate::scene::*;

#[test]
fn x_ends_the_service_and_then_runsv() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    web.send("x");
    assert_eq!(web.runsv.end(), Done { code: 0, out: String::new(), err: String::new() });
    assert_eq!(scene.processes(), [0; 0]);
}

#[test]
fn term_ends_the_service_and_then_runsv() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    web.runsv.signal(libc::SIGTERM);
    assert_eq!(web.runsv.end(), Done { code: 0, out: String::new(), err: String::new() });
    assert_eq!(scene.processes(), [0; 0]);
}

#[test]
fn term_sends_what_x_sends() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    web.runsv.signal(libc::SIGTERM);
    web.until_sent(&["CONT", "TERM"]);
    web.until_stat("run, got TERM, want exit");
}

#[test]
fn term_to_a_service_that_is_down_ends_runsv() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).down().supervise();
    web.runsv.signal(libc::SIGTERM);
    assert_eq!(web.end(), 0);
}

#[test]
fn it_waits_for_a_service_that_takes_its_time() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(CATCHER).supervise().caught();
    web.send("x");
    web.until_sent(&["CONT", "TERM"]);
    assert!(!web.runsv.ended());
    web.release(0);
    assert_eq!(web.end(), 0);
}

#[test]
fn it_runs_finish_before_it_leaves() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).finish("echo $1 $2 >> ends").supervise().running();
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.lines("ends")[0].split(' ').take(2).collect::<Vec<_>>(), ["-1", "15"]);
}

#[test]
fn u_calls_it_back() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(CATCHER).supervise().caught();
    web.send("xu");
    web.until_stat("run, got TERM");
    web.release(0);
    web.until_lines("sent", 4);
    web.until_stat("run");
    assert!(!web.runsv.ended());
}

#[test]
fn the_log_service_sees_the_end_of_its_input() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo hello; exec sleep 1000").log("cat >> has; echo over >> has; sleep 1");
    let mut web = web.supervise().running();
    until("the log has it", || web.read("log/has") == "hello\n");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.read("log/has"), "hello\nover\n");
    assert_eq!((web.stat().as_str(), web.log_stat().as_str()), ("down", "down"));
}

#[test]
fn it_waits_for_its_log_service() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log(&format!("cat > /dev/null\n{CATCHER}"));
    let mut web = web.supervise().running();
    web.send("x");
    until("the log service has its end of file", || scene.read("web/log/sent") == "up\n");
    web.until_log_stat("run, want exit");
    assert!(!web.runsv.ended());
    scene.send("web/log/hold", "0\n");
    assert_eq!(web.end(), 0);
}

#[test]
fn the_log_service_gets_no_signal() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).log(CATCHER).supervise().running();
    until("the log service listens", || scene.read("web/log/sent") == "up\n");
    web.send("x");
    web.until_log_stat("run, want exit");
    scene.send("web/log/hold", "0\n");
    assert_eq!(web.end(), 0);
    assert_eq!(scene.read("web/log/sent"), "up\n");
}

#[test]
fn the_log_service_gets_the_last_words() {
    let scene = Scene::new();
    let run = "trap 'echo run is over; exit 0' TERM; echo up; while :; do sleep 0.1; done";
    let web = scene.service("web").run(run).finish("echo finish too").log("exec cat >> has");
    let mut web = web.supervise().running();
    until("the log has it", || web.read("log/has") == "up\n");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.read("log/has"), "up\nrun is over\nfinish too\n");
}

#[test]
fn d_to_the_log_service_ends_one_that_stays() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).log(IDLE).supervise().running();
    web.until_log_stat("run");
    web.send("x");
    web.until_log_stat("run, want exit");
    web.log_send("d");
    assert_eq!(web.end(), 0);
}

#[test]
fn it_does_not_wait_for_a_log_service_that_is_down() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").file("log/down", "");
    let mut web = web.supervise().running();
    web.send("x");
    assert_eq!(web.end(), 0);
}

/// Signals that runsv does not handle: they end it, and what it looks after goes on.
macro_rules! ends_runsv_only {
    ($($name:ident: $signal:ident;)*) => { mod a_signal_ends_runsv_only { $(
        #[test]
        fn $name() {
            let scene = super::Scene::new();
            let mut web = scene.service("web").run(super::CATCHER).supervise().caught();
            let pid = web.pid().unwrap();
            web.runsv.signal(libc::$signal);
            assert_eq!(web.end(), -libc::$signal);
            scene.signal(pid, libc::SIGHUP);
            web.until_sent(&["HUP"]);
        }
    )* } };
}

ends_runsv_only! {
    hup: SIGHUP;
    int: SIGINT;
    quit: SIGQUIT;
    usr1: SIGUSR1;
    alrm: SIGALRM;
    kill: SIGKILL;
}
