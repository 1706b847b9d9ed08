//! The bytes of supervise/control: what each does in each state.

use crate::scene::*;
use std::time::Duration;

/// A service that is wanted down.
fn down(scene: &Scene) -> Supervised<'_> {
    let web = scene.service("web").run(CATCHER).down().supervise();
    web.until_stat("down");
    web
}

/// A service that runs, and catches what can be caught.
fn run(scene: &Scene) -> Supervised<'_> {
    scene.service("web").run(CATCHER).supervise().caught()
}

/// A service whose finish runs, and catches what can be caught.
fn finish(scene: &Scene) -> Supervised<'_> {
    let web = scene.service("web").run("exit 0").finish(CATCHER).supervise().caught();
    web.until_stat("finish");
    web
}

/// Commands that are obeyed in turn: when the pause is over, all that came before it is done.
#[track_caller]
fn settle(web: &Supervised<'_>) {
    web.send("p");
    web.until_status("paused", |status| status.paused == 1);
    web.send("c");
    web.until_status("no longer paused", |status| status.paused == 0);
}

/// Nothing runs, nothing is seen to be started: what a byte makes of a service that is down.
macro_rules! while_down {
    ($($name:ident: $bytes:literal leaves $stat:literal wanted $want:literal;)*) => { mod while_down { $(
        #[test]
        fn $name() {
            let scene = super::Scene::new();
            let web = super::down(&scene);
            web.send($bytes);
            super::settle(&web);
            assert_eq!((web.stat().as_str(), web.status().want), ($stat, $want));
            assert_eq!(web.read("sent"), "", "nothing was started");
        }
    )* } };
}

while_down! {
    d_leaves_it: "d" leaves "down" wanted 'd';
    t_does_nothing: "t" leaves "down" wanted 'd';
    k_does_nothing: "k" leaves "down" wanted 'd';
    c_does_nothing: "c" leaves "down" wanted 'd';
    h_does_nothing: "h" leaves "down" wanted 'd';
    a_does_nothing: "a" leaves "down" wanted 'd';
    i_does_nothing: "i" leaves "down" wanted 'd';
    q_does_nothing: "q" leaves "down" wanted 'd';
    one_does_nothing: "1" leaves "down" wanted 'd';
    two_does_nothing: "2" leaves "down" wanted 'd';
    e_is_no_command: "e" leaves "down" wanted 'd';
    a_newline_is_no_command: "\n" leaves "down" wanted 'd';
    capitals_are_no_commands: "UODXTK" leaves "down" wanted 'd';
}

/// What a byte sends to a service that runs, and what stat says after it.
macro_rules! while_running {
    ($($name:ident: $bytes:literal sends $signals:expr, $stat:literal;)*) => { mod while_running { $(
        #[test]
        fn $name() {
            let scene = super::Scene::new();
            let web = super::run(&scene);
            let pid = web.pid();
            web.send($bytes);
            web.until_sent(&$signals);
            web.until_stat($stat);
            web.send("2"); // one more signal shows that no others were under way
            let mut all: Vec<&str> = $signals.to_vec();
            all.push("USR2");
            all.sort();
            web.until_sent(&all);
            assert_eq!((web.stat().as_str(), web.pid()), ($stat, pid));
        }
    )* } };
}

while_running! {
    u_sends_nothing: "u" sends [], "run";
    d_sends_term_and_cont: "d" sends ["CONT", "TERM"], "run, got TERM, want down";
    o_only_wants_it_down: "o" sends [], "run, want down";
    x_sends_term_and_cont: "x" sends ["CONT", "TERM"], "run, got TERM, want exit";
    t_sends_term: "t" sends ["TERM"], "run, got TERM";
    c_sends_cont: "c" sends ["CONT"], "run";
    h_sends_hup: "h" sends ["HUP"], "run";
    a_sends_alrm: "a" sends ["ALRM"], "run";
    i_sends_int: "i" sends ["INT"], "run";
    q_sends_quit: "q" sends ["QUIT"], "run";
    one_sends_usr1: "1" sends ["USR1"], "run";
    e_is_no_command: "e" sends [], "run";
    a_newline_is_no_command: "\n" sends [], "run";
    a_zero_is_no_command: "\0" sends [], "run";
    capitals_are_no_commands: "DXTK" sends [], "run";
    o_then_u_wants_it_up_again: "ou" sends [], "run";
    d_then_u_wants_it_up_again: "du" sends ["CONT", "TERM"], "run, got TERM";
    x_then_u_wants_it_up_again: "xu" sends ["CONT", "TERM"], "run, got TERM";
    o_then_t_sends_cont_too: "ot" sends ["CONT", "TERM"], "run, got TERM, want down";
    several_are_obeyed_in_turn: "h1a" sends ["ALRM", "HUP", "USR1"], "run";
    a_command_may_end_in_a_newline: "h\n" sends ["HUP"], "run";
}

#[test]
fn while_running_two_sends_usr2() {
    let scene = Scene::new();
    let web = run(&scene);
    web.send("2");
    web.until_sent(&["USR2"]);
    assert_eq!(web.stat(), "run");
}

#[test]
fn while_running_d_sends_term_each_time() {
    let scene = Scene::new();
    let web = run(&scene);
    web.send("d");
    web.until_sent(&["CONT", "TERM"]);
    web.send("d");
    web.until_sent(&["CONT", "CONT", "TERM", "TERM"]);
}

#[test]
fn while_wanted_gone_d_makes_it_stay() {
    let scene = Scene::new();
    let web = run(&scene);
    web.send("x");
    web.until_sent(&["CONT", "TERM"]);
    web.send("d");
    web.until_sent(&["CONT", "CONT", "TERM", "TERM"]);
    web.until_stat("run, got TERM, want down");
}

#[test]
fn while_running_p_stops_it() {
    let scene = Scene::new();
    let web = run(&scene);
    web.send("p");
    web.until_stat("run, paused");
    until("it is stopped", || process_state(web.pid()) == Some('T'));
}

#[test]
fn while_paused_c_continues_it() {
    let scene = Scene::new();
    let web = run(&scene);
    web.send("p");
    until("it is stopped", || process_state(web.pid()) == Some('T'));
    web.send("c");
    web.until_sent(&["CONT"]);
    web.until_stat("run");
}

#[test]
fn while_paused_d_ends_it() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    web.send("p");
    until("it is stopped", || process_state(web.pid()) == Some('T'));
    web.send("d");
    until("it is down", || web.stat().starts_with("down"));
}

#[test]
fn while_paused_d_continues_it_and_the_status_still_says_paused() {
    let scene = Scene::new();
    let web = run(&scene);
    web.send("p");
    until("it is stopped", || process_state(web.pid()) == Some('T'));
    web.send("d");
    web.until_sent(&["CONT", "TERM"]);
    web.until_stat("run, paused, got TERM, want down");
}

#[test]
fn while_paused_x_ends_it() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    web.send("p");
    until("it is stopped", || process_state(web.pid()) == Some('T'));
    web.send("x");
    assert_eq!(web.end(), 0);
}

#[test]
fn while_running_k_kills_it() {
    let scene = Scene::new();
    let web = run(&scene);
    let pid = web.pid().unwrap();
    web.send("k");
    until("it has another process", || web.pid().is_some_and(|new| new != pid));
    assert_eq!(web.lines("sent"), ["up"; 2][..web.lines("sent").len()], "no signal that could be caught");
}

#[test]
fn while_wanted_down_k_ends_it() {
    let scene = Scene::new();
    let web = run(&scene);
    web.send("d");
    web.until_stat("run, got TERM, want down");
    web.send("k");
    web.until_line("supervise/pid", "");
    web.until_status("down, and the TERM is forgotten", |status| status.state == 0 && status.term == 0);
}

#[test]
fn while_down_u_starts_it() {
    let scene = Scene::new();
    let web = down(&scene);
    web.send("u");
    web.until_status("run, wanted up", |status| status.state == 1 && status.want == 'u');
}

#[test]
fn while_down_o_starts_it_once() {
    let scene = Scene::new();
    let web = down(&scene);
    web.send("o");
    web.until_stat("run, want down");
    web.until_lines("sent", 1);
    web.release(0);
    web.until_stat("down");
    throughout("it stays down", Duration::from_millis(1300), || web.lines("sent") == ["up"]);
}

#[test]
fn while_running_o_lets_it_end_and_stay_down() {
    let scene = Scene::new();
    let web = run(&scene);
    web.send("o");
    web.until_stat("run, want down");
    web.release(0);
    web.until_stat("down");
    throughout("it stays down", Duration::from_millis(1300), || web.lines("sent") == ["up"]);
}

#[test]
fn while_down_x_ends_runsv() {
    let scene = Scene::new();
    let mut web = down(&scene);
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.read("sent"), "", "nothing was started");
}

#[test]
fn while_down_p_is_noted_and_c_takes_it_back() {
    let scene = Scene::new();
    let web = down(&scene);
    web.send("p");
    web.until_stat("down, paused");
    web.until_status("paused == 1", |status| status.paused == 1);
    web.send("c");
    web.until_stat("down");
    web.until_status("paused == 0", |status| status.paused == 0);
}

#[test]
fn a_start_forgets_that_it_was_paused() {
    let scene = Scene::new();
    let web = down(&scene);
    web.send("p");
    web.until_stat("down, paused");
    web.send("u");
    web.until_stat("run");
}

#[test]
fn an_end_does_not_forget_that_it_was_paused() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    web.send("p");
    web.until_stat("run, paused");
    web.send("d");
    web.until_stat("down, paused");
}

#[test]
fn u_after_term_starts_it_again() {
    let scene = Scene::new();
    let web = run(&scene);
    let first = web.pid();
    web.send("du");
    web.until_stat("run, got TERM");
    web.release(0);
    until("it has another process", || web.pid().is_some() && web.pid() != first);
    web.until_stat("run");
    web.until_status("run, and the TERM is forgotten", |status| status.state == 1 && status.term == 0);
}

#[test]
fn t_restarts_it() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo $$ >> pids; exec sleep 1000").supervise();
    web.until_lines("pids", 1);
    web.send("t");
    web.until_lines("pids", 2);
    web.until_stat("run");
}

#[test]
fn tcu_restarts_it() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo $$ >> pids; exec sleep 1000").supervise();
    web.until_lines("pids", 1);
    web.send("tcu");
    web.until_lines("pids", 2);
    web.until_stat("run");
}

/// What a byte makes of a service whose finish runs; finish itself gets no signal.
macro_rules! while_finishing {
    ($($name:ident: $bytes:literal leaves $stat:literal;)*) => { mod while_finishing { $(
        #[test]
        fn $name() {
            let scene = super::Scene::new();
            let web = super::finish(&scene);
            let pid = web.pid();
            web.send($bytes);
            super::settle(&web);
            assert_eq!((web.stat().as_str(), web.pid(), web.sent()), ($stat, pid, vec![]));
        }
    )* } };
}

while_finishing! {
    u_wants_it_up: "u" leaves "finish";
    d_wants_it_down: "d" leaves "finish, want down";
    o_wants_it_down: "o" leaves "finish, want down";
    x_wants_it_gone: "x" leaves "finish, want exit";
    d_then_u_wants_it_up_again: "du" leaves "finish";
    t_does_nothing: "t" leaves "finish";
    h_does_nothing: "h" leaves "finish";
    a_does_nothing: "a" leaves "finish";
    i_does_nothing: "i" leaves "finish";
    q_does_nothing: "q" leaves "finish";
    one_does_nothing: "1" leaves "finish";
    two_does_nothing: "2" leaves "finish";
    c_does_nothing: "c" leaves "finish";
}

#[test]
fn while_finishing_p_is_noted_but_nothing_stops() {
    let scene = Scene::new();
    let web = finish(&scene);
    web.send("p");
    web.until_stat("finish, paused");
    assert_ne!(process_state(web.pid()), Some('T'));
}

#[test]
fn while_finishing_x_lets_runsv_leave_after_it() {
    let scene = Scene::new();
    let mut web = finish(&scene);
    web.send("x");
    web.until_stat("finish, want exit");
    assert!(!web.runsv.ended());
    web.release(0);
    assert_eq!(web.end(), 0);
    assert_eq!(web.stat(), "down");
}

#[test]
fn while_finishing_d_lets_it_end_and_stay_down() {
    let scene = Scene::new();
    let web = finish(&scene);
    web.send("d");
    web.until_stat("finish, want down");
    web.release(0);
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
}
