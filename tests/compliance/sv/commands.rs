//! Which bytes each word sends.

use super::*;

/// What arrives at a service in this state. Nothing is said of a success.
macro_rules! sends {
    ($($name:ident: $word:literal to $status:expr => $bytes:literal;)*) => { $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            let mut web = scene.fake("web", $status);
            assert_eq!(sv(&scene, &[$word, "web"]), says(0, ""));
            assert_eq!(web.got(), $bytes);
        }
    )* };
}

/// A service that runs and is wanted up.
fn alive() -> Status {
    Status::run(77)
}

sends! {
    up_sends_u: "up" to Status::down() => "u";
    u_sends_u: "u" to Status::down() => "u";
    any_word_with_u_sends_u: "upwards" to Status::down() => "u";
    down_sends_d: "down" to alive() => "d";
    d_sends_d: "d" to alive() => "d";
    once_sends_o: "once" to alive() => "o";
    pause_sends_p: "pause" to alive() => "p";
    p_sends_p: "p" to alive() => "p";
    cont_sends_c: "cont" to alive() => "c";
    c_sends_c: "c" to alive() => "c";
    continue_sends_c: "continue" to alive() => "c";
    hup_sends_h: "hup" to alive() => "h";
    alarm_sends_a: "alarm" to alive() => "a";
    interrupt_sends_i: "interrupt" to alive() => "i";
    quit_sends_q: "quit" to alive() => "q";
    one_sends_1: "1" to alive() => "1";
    two_sends_2: "2" to alive() => "2";
    usr1_is_up_in_disguise: "usr1" to Status::down() => "u";
    term_sends_t: "term" to alive() => "t";
    t_sends_t: "t" to alive() => "t";
    try_is_term: "try" to alive() => "t";
    kill_sends_k: "kill" to alive() => "k";
    exit_sends_x: "exit" to alive() => "x";
    e_sends_x: "e" to alive() => "x";
    x_sends_x: "x" to alive() => "x";
    signals_are_sent_to_a_service_that_is_down_too: "hup" to Status::down() => "h";
    d_is_not_sent_twice: "down" to alive().want('d').got_term() => "";
    d_is_sent_to_one_that_is_down: "down" to Status::down() => "d";
    d_is_sent_to_one_that_runs_once: "down" to alive().want('d') => "d";
    u_is_sent_to_one_that_goes_down: "up" to alive().want('d').got_term() => "u";
    u_is_not_sent_to_one_that_runs_and_is_wanted_up: "up" to alive() => "";
    x_is_sent_whatever_is_wanted: "exit" to alive().want('d').got_term() => "x";
}

/// What a word that waits sends to a service that never answers, by the time that it gives up.
macro_rules! insists {
    ($($name:ident: $word:literal to $status:expr => $bytes:literal, $line:literal;)*) => { mod in_vain { use super::*; $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            let mut web = scene.fake("web", $status);
            assert_eq!(sv(&scene, &["-w", "0", $word, "web"]), says(1, concat!($line, "\n")));
            assert_eq!(web.got(), $bytes);
        }
    )* } };
}

insists! {
    start: "start" to Status::down() => "u", "timeout: down: web: Ns, normally up";
    stop: "stop" to alive() => "d", "timeout: run: web: (pid 77) Ns";
    shutdown: "shutdown" to alive() => "x", "timeout: run: web: (pid 77) Ns";
    restart: "restart" to alive().since(9) => "tcu", "timeout: run: web: (pid 77) Ns";
    try_restart: "try-restart" to alive().since(9) => "tc", "timeout: run: web: (pid 77) Ns";
    up: "up" to Status::down() => "u", "timeout: down: web: Ns, normally up";
    down: "down" to alive() => "d", "timeout: run: web: (pid 77) Ns";
    once: "once" to alive() => "o", "timeout: run: web: (pid 77) Ns";
    once_down: "once" to Status::down().since(9) => "o", "timeout: down: web: Ns, normally up";
    exit: "exit" to alive() => "x", "timeout: run: web: (pid 77) Ns";
    term: "term" to alive().since(9) => "t", "timeout: run: web: (pid 77) Ns";
    kill: "kill" to alive().since(9) => "k", "timeout: run: web: (pid 77) Ns";
    pause: "pause" to alive() => "p", "timeout: run: web: (pid 77) Ns";
    cont: "cont" to alive().paused() => "c", "timeout: run: web: (pid 77) Ns, paused";
    force_stop: "force-stop" to alive() => "dk", "kill: run: web: (pid 77) Ns";
    force_reload: "force-reload" to alive().since(9) => "tck", "kill: run: web: (pid 77) Ns";
    force_restart: "force-restart" to alive().since(9) => "tcuk", "kill: run: web: (pid 77) Ns";
    force_shutdown: "force-shutdown" to alive() => "xk", "kill: run: web: (pid 77) Ns";
    capital_d: "D" to alive() => "dk", "kill: run: web: (pid 77) Ns";
    capital_t: "T" to alive().since(9) => "tck", "kill: run: web: (pid 77) Ns";
    capital_x: "X" to alive() => "xk", "kill: run: web: (pid 77) Ns";
    capital_e: "E" to alive() => "xk", "kill: run: web: (pid 77) Ns";
}

#[test]
fn a_command_goes_to_every_service() {
    let scene = Scene::new();
    let mut all = [scene.fake("a", alive()), scene.fake("b", alive()), scene.fake("c", alive())];
    assert_eq!(sv(&scene, &["hup", "a", "b", "c"]), says(0, ""));
    assert_eq!(all.each_mut().map(Fake::got), ["h", "h", "h"]);
}

#[test]
fn a_command_does_not_go_to_the_log_service() {
    let scene = Scene::new();
    let mut all = [scene.fake("web", alive()), scene.fake("web/log", alive())];
    assert_eq!(sv(&scene, &["hup", "web"]), says(0, ""));
    assert_eq!(all.each_mut().map(Fake::got), ["h", ""]);
}

#[test]
fn a_command_goes_to_a_log_service_that_is_named() {
    let scene = Scene::new();
    let mut all = [scene.fake("web", alive()), scene.fake("web/log", alive())];
    assert_eq!(sv(&scene, &["hup", "web/log"]), says(0, ""));
    assert_eq!(all.each_mut().map(Fake::got), ["", "h"]);
}

#[test]
fn check_sends_nothing() {
    let scene = Scene::new();
    let mut web = scene.fake("web", alive());
    assert_eq!(sv(&scene, &["check", "web"]), says(0, "ok: run: web: (pid 77) Ns\n"));
    assert_eq!(web.got(), "");
}
