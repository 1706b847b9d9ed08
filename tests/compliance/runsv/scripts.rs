//! The scripts in control/, which may act in the place of a signal.

use crate::scene::*;

/// A script that notes its letter and ends with this code.
fn notes(letter: char, code: u8) -> String {
    format!("echo control/{letter} >> sent; exit {code}")
}

/// A service that catches everything, with the scripts of these letters, all ending with this code.
fn service<'a>(scene: &'a Scene, letters: &str, code: u8) -> Supervised<'a> {
    let service = scene.service("web").run(CATCHER);
    letters.chars().fold(service, |s, letter| s.control(letter, &notes(letter, code))).supervise().caught()
}

/// What a script that succeeds keeps from being sent, and one that fails does not.
macro_rules! replaces {
    ($($name:ident: $letter:literal instead_of $signal:literal;)*) => { $( mod $name {
        use super::*;

        #[test]
        fn on_success() {
            let scene = Scene::new();
            let web = service(&scene, $letter, 0);
            web.send($letter);
            let script = concat!("control/", $letter);
            web.until_sent(&[script]);
            web.send("2");
            web.until_sent(&["USR2", script]);
        }

        #[test]
        fn but_not_on_failure() {
            let scene = Scene::new();
            let web = service(&scene, $letter, 1);
            web.send($letter);
            web.until_sent(&[$signal, concat!("control/", $letter)]);
        }
    } )* };
}

replaces! {
    t_replaces_term: "t" instead_of "TERM";
    c_replaces_cont: "c" instead_of "CONT";
    h_replaces_hup: "h" instead_of "HUP";
    a_replaces_alrm: "a" instead_of "ALRM";
    i_replaces_int: "i" instead_of "INT";
    q_replaces_quit: "q" instead_of "QUIT";
    one_replaces_usr1: "1" instead_of "USR1";
}

#[test]
fn two_replaces_usr2() {
    let scene = Scene::new();
    let web = service(&scene, "2", 0);
    web.send("2h");
    web.until_sent(&["HUP", "control/2"]);
}

#[test]
fn p_replaces_stop_but_the_status_says_paused() {
    let scene = Scene::new();
    let web = service(&scene, "p", 0);
    web.send("p");
    web.until_stat("run, paused");
    assert_ne!(process_state(web.pid()), Some('T'));
    web.send("h");
    web.until_sent(&["HUP", "control/p"]);
}

#[test]
fn t_that_succeeds_leaves_no_word_of_term() {
    let scene = Scene::new();
    let web = service(&scene, "t", 0);
    web.send("td");
    web.until_stat("run, want down");
    assert_eq!(web.status().term, 0);
}

#[test]
fn d_asks_t_first_then_d() {
    let scene = Scene::new();
    let web = service(&scene, "td", 0);
    web.send("d");
    web.until_stat("run, want down");
    until("both scripts ran", || scripts(&web) == ["control/t", "control/d"]);
    until("and CONT was sent all the same", || web.sent().contains(&"CONT".to_owned()));
    assert!(!web.sent().contains(&"TERM".to_owned()));
}

/// Which scripts ran, in their order.
fn scripts(web: &Supervised<'_>) -> Vec<String> {
    web.lines("sent").into_iter().filter(|line| line.starts_with("control/")).collect()
}

#[test]
fn d_that_succeeds_keeps_nothing_from_being_sent() {
    let scene = Scene::new();
    let web = service(&scene, "d", 0);
    web.send("d");
    web.until_sent(&["CONT", "TERM", "control/d"]);
    web.until_stat("run, got TERM, want down");
}

#[test]
fn x_asks_t_first_then_x() {
    let scene = Scene::new();
    let web = service(&scene, "txd", 0);
    web.send("x");
    web.until_stat("run, want exit");
    until("both scripts ran", || scripts(&web) == ["control/t", "control/x"]);
    until("and CONT was sent all the same", || web.sent().contains(&"CONT".to_owned()));
    assert!(!web.sent().contains(&"TERM".to_owned()));
}

#[test]
fn term_to_runsv_asks_t_then_x() {
    let scene = Scene::new();
    let web = service(&scene, "txd", 1);
    web.runsv.signal(libc::SIGTERM);
    web.until_sent(&["CONT", "TERM", "control/t", "control/x"]);
    web.until_stat("run, got TERM, want exit");
    assert_eq!(scripts(&web), ["control/t", "control/x"]);
}

#[test]
fn t_while_wanted_down_asks_t_then_d() {
    let scene = Scene::new();
    let web = service(&scene, "td", 1);
    web.send("o");
    web.until_stat("run, want down");
    web.send("t");
    web.until_sent(&["CONT", "TERM", "control/d", "control/t"]);
    assert_eq!(scripts(&web), ["control/t", "control/d"]);
}

#[test]
fn k_that_fails_does_not_save_it() {
    let scene = Scene::new();
    let web = service(&scene, "k", 1);
    let pid = web.pid();
    web.send("k");
    until("it has another process", || web.pid().is_some() && web.pid() != pid);
    assert_eq!(scripts(&web), ["control/k"]);
}

#[test]
fn k_that_succeeds_keeps_it_alive() {
    let scene = Scene::new();
    let web = service(&scene, "k", 0);
    let pid = web.pid();
    web.send("kh");
    until("the script ran", || scripts(&web) == ["control/k"]);
    assert_ne!(process_state(pid), None);
}

#[test]
fn u_runs_before_each_start() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).control('u', "cat supervise/stat >> sent").supervise().caught();
    assert_eq!(web.lines("sent"), ["down", "up"]);
    web.release(0);
    until("the second start is complete", || web.lines("sent") == ["down", "up", "down", "up"]);
}

#[test]
fn u_that_fails_keeps_nothing_from_being_started() {
    let scene = Scene::new();
    let web = service(&scene, "u", 1);
    assert_eq!(web.lines("sent"), ["control/u", "up"]);
}

#[test]
fn u_runs_before_a_single_start_too() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).down().control('u', &notes('u', 0)).control('o', &notes('o', 0));
    let web = web.supervise();
    web.send("o");
    web.until_lines("sent", 2);
    assert_eq!(web.lines("sent"), ["control/u", "up"]);
}

#[test]
fn u_is_not_asked_when_it_runs_already() {
    let scene = Scene::new();
    let web = service(&scene, "u", 0);
    web.send("uh");
    web.until_sent(&["HUP"]);
    assert_eq!(web.lines("sent"), ["control/u", "up", "HUP"]);
}

#[test]
fn none_is_asked_while_it_is_down() {
    let scene = Scene::new();
    let service = scene.service("web").run(CATCHER).down();
    let web = "dtkpchaiq12xoe".chars().fold(service, |s, letter| s.control(letter, &notes(letter, 0))).supervise();
    let mut web = web;
    web.send("dtkpchaiq12");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.read("sent"), "");
}

#[test]
fn none_is_asked_while_finish_runs() {
    let scene = Scene::new();
    let service = scene.service("web").run("exit 0").finish(CATCHER);
    let web = "dtxpchaiq12oe".chars().fold(service, |s, letter| s.control(letter, &notes(letter, 0))).supervise();
    let mut web = web.caught();
    web.until_stat("finish");
    web.send("dtpchaiq12x");
    web.until_stat("finish, want exit");
    web.release(0);
    assert_eq!(web.end(), 0);
    assert_eq!(web.lines("sent"), ["up"]);
}

#[test]
fn one_killed_by_a_signal_counts_as_a_success() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).control('h', "echo control/h >> sent; kill -KILL $$");
    let web = web.supervise().caught();
    web.send("h1");
    web.until_sent(&["USR1", "control/h"]);
}

#[test]
fn one_that_cannot_be_executed_by_its_owner_is_as_if_missing() {
    let scene = Scene::new();
    let web = service(&scene, "h", 0);
    scene.mode("web/control/h", 0o655);
    web.send("h");
    web.until_sent(&["HUP"]);
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn one_that_is_a_directory_is_reported_and_the_signal_sent() {
    let scene = Scene::new();
    scene.dir("web/control/h");
    let web = scene.service("web").run(CATCHER).supervise().caught();
    web.send("h");
    web.until_sent(&["HUP"]);
    assert_eq!(web.runsv.err(), "runsv web: fatal: unable to run control/?: access denied\n");
}

#[test]
fn one_without_an_interpreter_is_reported_and_the_signal_sent() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).file("control/h", "exit 0\n").supervise().caught();
    scene.mode("web/control/h", 0o755);
    web.send("h");
    web.until_sent(&["HUP"]);
    assert_eq!(web.runsv.err(), "runsv web: fatal: unable to run control/?: exec format error\n");
}

#[test]
fn one_that_is_a_link_leading_nowhere_is_as_if_missing() {
    let scene = Scene::new();
    scene.link("nowhere", "web/control/h");
    let web = scene.service("web").run(CATCHER).supervise().caught();
    web.send("h");
    web.until_sent(&["HUP"]);
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn each_is_looked_for_when_it_is_needed() {
    let scene = Scene::new();
    let web = service(&scene, "", 0);
    web.send("h");
    web.until_sent(&["HUP"]);
    scene.script("web/control/h", "echo control/h >> sent");
    web.send("h1");
    web.until_sent(&["HUP", "USR1", "control/h"]);
}

#[test]
fn each_runs_in_the_service_directory_without_arguments() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).control('h', "echo \"$0 $# $(pwd)\" > seen").supervise().running();
    web.send("h");
    until("it was seen", || web.read("seen").ends_with('\n'));
    assert_eq!(web.read("seen"), format!("control/h 0 {}\n", scene.path("web").display()));
}

#[test]
fn each_writes_to_the_log_service() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat >> ../log-has").control('h', "echo from control");
    let web = web.supervise().running();
    web.send("h");
    until("the line is there", || web.read("log-has") == "from control\n");
}

#[test]
fn without_a_log_service_each_writes_where_runsv_does() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).control('h', "echo from control; echo and an error >&2");
    let web = web.supervise().running();
    web.send("h");
    until("the line is there", || web.runsv.out() == "from control\n");
    until("the other is there", || web.runsv.err() == "and an error\n");
}

#[test]
fn commands_wait_for_a_script_that_takes_its_time() {
    let scene = Scene::new();
    let script = "echo control/h >> sent; read go < go; echo over >> sent; exit 1";
    let web = scene.service("web").run(CATCHER).control('h', script);
    let go = scene.gate("web/go");
    let web = web.supervise().caught();
    web.send("h1");
    web.until_sent(&["control/h"]);
    go.open();
    web.until_sent(&["HUP", "USR1", "control/h", "over"]);
    let lines = web.lines("sent");
    assert!(lines.iter().position(|l| l == "USR1") > lines.iter().position(|l| l == "over"), "{lines:?}");
}
