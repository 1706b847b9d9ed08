//! What sv waits for, and how long.

use super::*;
use std::time::Duration;

/// The command that is sent, the state that is then shown, and what sv says to it.
macro_rules! content_with {
    ($($name:ident: $word:literal to $before:expr, $bytes:literal then $after:expr => $line:literal;)*) => { $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            let mut web = scene.fake("web", $before);
            let running = start(&scene, &["-w", "60", $word, "web"]);
            web.until_got($bytes);
            web.says($after);
            assert_eq!(end(running), says(0, concat!("ok: ", $line, "\n")));
            assert_eq!(web.got(), "", "and no more was sent");
        }
    )* };
}

/// A service that has been running for a while.
fn old() -> Status {
    Status::run(77).since(9)
}

content_with! {
    start_is: "start" to Status::down(), "u" then Status::run(78) => "run: web: (pid 78) Ns";
    up_is: "up" to Status::down(), "u" then Status::run(78) => "run: web: (pid 78) Ns";
    stop_is: "stop" to old(), "d" then Status::down() => "down: web: Ns, normally up";
    down_is: "down" to old(), "d" then Status::down() => "down: web: Ns, normally up";
    force_stop_is: "force-stop" to old(), "d" then Status::down() => "down: web: Ns, normally up";
    restart_is: "restart" to old(), "tcu" then Status::run(78) => "run: web: (pid 78) Ns";
    force_restart_is: "force-restart" to old(), "tcu" then Status::run(78) => "run: web: (pid 78) Ns";
    force_reload_is: "force-reload" to old(), "tc" then Status::run(78) => "run: web: (pid 78) Ns";
    try_restart_is: "try-restart" to old(), "tc" then Status::run(78) => "run: web: (pid 78) Ns";
    term_is: "term" to old(), "t" then Status::run(78) => "run: web: (pid 78) Ns";
    kill_is: "kill" to old(), "k" then Status::run(78) => "run: web: (pid 78) Ns";
    kill_of_one_wanted_down_is: "kill" to old().want('d'), "k" then Status::down() => "down: web: Ns, normally up";
    term_of_one_wanted_down_is: "term" to old().want('d'), "t" then Status::down() => "down: web: Ns, normally up";
    pause_is: "pause" to old(), "p" then old().paused() => "run: web: (pid 77) Ns, paused";
    cont_is: "cont" to old().paused(), "c" then old() => "run: web: (pid 77) Ns";
    pause_is_if_it_went_down: "pause" to old(), "p" then Status::down() => "down: web: Ns, normally up";
    once_is: "once" to Status::down().since(9), "o" then Status::run(78).want('d') => "run: web: (pid 78) Ns, want down";
    once_is_if_it_has_ended_by_then: "once" to Status::down().since(9), "o" then Status::down()
        => "down: web: Ns, normally up";
    once_of_one_that_runs_is: "once" to old(), "o" then old().want('d') => "run: web: (pid 77) Ns, want down";
}

/// A state that is shown and is not enough, so that sv goes on to wait for the one that is.
macro_rules! goes_on_after {
    ($($name:ident: $word:literal to $before:expr, $bytes:literal shown $not_yet:expr, then $after:expr;)*) => { $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            let mut web = scene.fake("web", $before);
            let mut running = start(&scene, &["-w", "60", $word, "web"]);
            web.until_got($bytes);
            web.says($not_yet);
            throughout("sv waits", Duration::from_millis(900), || !running.ended());
            web.says($after);
            assert_eq!(running.end().code, 0);
        }
    )* };
}

goes_on_after! {
    stop_waits_for_finish: "stop" to old(), "d" shown Status::finish(78).want('d').since(9), then Status::down();
    stop_waits_for_the_start_of_finish: "stop" to old(), "d" shown Status::finish(0).want('d').since(9), then Status::down();
    stop_waits_for_an_end: "stop" to old(), "d" shown old().want('d').got_term(), then Status::down();
    start_waits_for_the_end_of_finish: "start" to Status::finish(77).want('d').since(9), "u"
        shown Status::finish(77).since(9), then Status::run(78);
    restart_waits_for_the_end_of_the_old_one: "restart" to old(), "tcu" shown old().got_term(), then Status::run(78);
    restart_waits_for_the_end_of_one_that_has_just_started: "restart" to old(), "tcu" shown Status::run(78).got_term(),
        then Status::run(79);
    restart_waits_for_the_start_of_the_new_one: "restart" to old(), "tcu" shown Status::down().want('u').since(9),
        then Status::run(78);
    term_waits_for_the_start_of_the_new_one: "term" to old(), "t" shown Status::down().want('u').since(9),
        then Status::run(78);
}

/// What holds already is not waited for.
macro_rules! content_at_once {
    ($($name:ident: $word:literal with $status:expr => $bytes:literal, $line:literal;)*) => { mod at_once { use super::*; $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            let mut web = scene.fake("web", $status);
            assert_eq!(sv(&scene, &["-v", $word, "web"]), says(0, concat!("ok: ", $line, "\n")));
            assert_eq!(web.got(), $bytes);
        }
    )* } };
}

content_at_once! {
    start: "start" with old() => "", "run: web: (pid 77) Ns";
    up: "up" with old() => "", "run: web: (pid 77) Ns";
    stop: "stop" with Status::down() => "d", "down: web: Ns, normally up";
    try_restart_of_one_that_is_down: "try-restart" with Status::down() => "tc", "down: web: Ns, normally up";
    reload: "reload" with old() => "h", "run: web: (pid 77) Ns";
    reload_of_one_that_is_down: "reload" with Status::down() => "h", "down: web: Ns, normally up";
    hup: "hup" with old() => "h", "run: web: (pid 77) Ns";
    alarm: "alarm" with old() => "a", "run: web: (pid 77) Ns";
    interrupt: "interrupt" with old() => "i", "run: web: (pid 77) Ns";
    quit: "quit" with old() => "q", "run: web: (pid 77) Ns";
    one: "1" with old() => "1", "run: web: (pid 77) Ns";
    two: "2" with old() => "2", "run: web: (pid 77) Ns";
    cont: "cont" with old() => "c", "run: web: (pid 77) Ns";
    pause_of_one_that_is_down: "pause" with Status::down() => "p", "down: web: Ns, normally up";
    check: "check" with old() => "", "run: web: (pid 77) Ns";
    check_of_one_that_is_down: "check" with Status::down() => "", "down: web: Ns, normally up";
}

#[test]
fn reload_waits_for_nothing_and_says_so() {
    let scene = Scene::new();
    let mut web = scene.fake("web", old());
    assert_eq!(sv(&scene, &["reload", "web"]), says(0, "ok: run: web: (pid 77) Ns\n"));
    assert_eq!(web.got(), "h");
}

#[test]
fn exit_waits_until_runsv_has_left() {
    let scene = Scene::new();
    let mut web = scene.fake("web", old());
    let mut running = start(&scene, &["-w", "60", "exit", "web"]);
    web.until_got("x");
    web.says(Status::down());
    throughout("sv waits", Duration::from_millis(900), || !running.ended());
    web.leave();
    assert_eq!(end(running), says(0, "ok: web: runsv not running\n"));
}

#[test]
fn start_is_not_content_when_runsv_leaves() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::down());
    let running = start(&scene, &["-w", "60", "start", "web"]);
    web.until_got("u");
    web.leave();
    assert_eq!(end(running), says(1, "fail: web: runsv not running\n"));
}

#[test]
fn several_are_reported_as_they_are_ready() {
    let scene = Scene::new();
    let mut all = [scene.fake("a", Status::down()), scene.fake("b", Status::down())];
    let running = start(&scene, &["-w", "60", "start", "a", "b"]);
    all[0].until_got("u");
    all[1].until_got("u");
    all[1].says(Status::run(2));
    until("the second is reported", || running.out().ends_with('\n'));
    all[0].says(Status::run(1));
    assert_eq!(end(running), says(0, "ok: run: b: (pid 2) Ns\nok: run: a: (pid 1) Ns\n"));
}

#[test]
fn several_are_sent_their_commands_first() {
    let scene = Scene::new();
    let mut all = [scene.fake("a", old()), scene.fake("b", old()), scene.fake("c", old())];
    let _running = start(&scene, &["-w", "60", "stop", "a", "b", "c"]);
    for service in &mut all {
        service.until_got("d"); // although none of them goes down
    }
}

#[test]
fn each_timeout_counts() {
    let scene = Scene::new();
    let _all = [scene.fake("a", old()), scene.fake("b", Status::down()), scene.fake("c", old())];
    let out = "ok: down: b: Ns, normally up\ntimeout: run: a: (pid 77) Ns\ntimeout: run: c: (pid 77) Ns\n";
    assert_eq!(sv(&scene, &["-w", "0", "stop", "a", "b", "c"]), says(2, out));
}

/// How long sv takes to give up, with these options and this in SVWAIT.
#[track_caller]
fn patience(options: &[&str], svwait: Option<&str>) -> Duration {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::down());
    let mut command = command(&scene, &[options, &["start", "web"]].concat());
    command.envs(svwait.map(|seconds| ("SVWAIT", seconds)));
    let (span, done) = timed(|| scene.finish(command));
    assert_eq!(ageless(&done.out), "timeout: down: web: Ns, normally up\n");
    span
}

#[test]
fn it_waits_for_seven_seconds() {
    let span = patience(&[], None);
    assert!(span >= Duration::from_secs(7), "{span:?}");
}

#[test]
fn svwait_says_how_long_it_waits() {
    let span = patience(&[], Some("2"));
    assert!((2..7).contains(&span.as_secs()), "{span:?}");
}

#[test]
fn w_says_how_long_it_waits() {
    let span = patience(&["-w", "2"], Some("5"));
    assert!((2..5).contains(&span.as_secs()), "{span:?}");
}

#[test]
fn it_waits_for_as_long_as_the_digits_say() {
    let span = patience(&["-w", "2x9"], Some("5"));
    assert!((2..5).contains(&span.as_secs()), "{span:?}");
}

#[test]
fn without_digits_it_does_not_wait() {
    let span = patience(&["-w", "soon"], Some("30"));
    assert!(span.as_secs() < 15, "{span:?}");
}

#[test]
fn svwait_without_digits_is_no_wait() {
    let span = patience(&[], Some("-5"));
    assert!(span.as_secs() < 15, "{span:?}");
}

#[test]
fn a_service_that_has_just_started_counts_as_restarted_only_if_it_is_up() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::down().want('u'));
    let running = start(&scene, &["-w", "60", "restart", "web"]);
    web.until_got("tcu");
    web.says(Status::run(78));
    assert_eq!(end(running), says(0, "ok: run: web: (pid 78) Ns\n"));
}
