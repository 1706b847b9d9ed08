//! The line that sv prints of each state.

use super::*;

/// What is printed of a status; with a file `down` where that is asked for.
macro_rules! lines {
    ($($name:ident: $status:expr, $down:literal => $line:literal;)*) => { $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            let _web = scene.fake("web", $status);
            if $down == "down" {
                scene.file("web/down", "");
            }
            assert_eq!(sv(&scene, &["status", "web"]), says(0, concat!($line, "\n")));
        }
    )* };
}

lines! {
    run: Status::run(77), "up" => "run: web: (pid 77) Ns";
    run_normally_down: Status::run(77), "down" => "run: web: (pid 77) Ns, normally down";
    run_paused: Status::run(77).paused(), "up" => "run: web: (pid 77) Ns, paused";
    run_wanted_down: Status::run(77).want('d'), "up" => "run: web: (pid 77) Ns, want down";
    run_got_term: Status::run(77).got_term(), "up" => "run: web: (pid 77) Ns, got TERM";
    run_told_to_go_down: Status::run(77).want('d').got_term(), "up" => "run: web: (pid 77) Ns, want down, got TERM";
    run_with_all_there_is: Status::run(77).paused().want('d').got_term(), "down"
        => "run: web: (pid 77) Ns, normally down, paused, want down, got TERM";
    finish: Status::finish(88), "up" => "finish: web: (pid 88) Ns";
    finish_wanted_down: Status::finish(88).want('d'), "up" => "finish: web: (pid 88) Ns, want down";
    finish_normally_down: Status::finish(88), "down" => "finish: web: (pid 88) Ns, normally down";
    finish_paused: Status::finish(88).paused(), "up" => "finish: web: (pid 88) Ns, paused";
    down: Status::down(), "down" => "down: web: Ns";
    down_normally_up: Status::down(), "up" => "down: web: Ns, normally up";
    down_wanted_up: Status::down().want('u'), "down" => "down: web: Ns, want up";
    down_wanted_up_normally_up: Status::down().want('u'), "up" => "down: web: Ns, normally up, want up";
    down_does_not_say_paused: Status::down().paused(), "down" => "down: web: Ns";
    down_does_not_say_got_term: Status::down().got_term(), "down" => "down: web: Ns";
    the_largest_pid: Status::run(4194304), "up" => "run: web: (pid 4194304) Ns";
}

/// The number of seconds that `sv status` prints of a service.
#[track_caller]
fn age(since: i64) -> i64 {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77).since(since));
    let done = scene.finish(command(&scene, &["status", "web"]));
    let word = done.out.trim_end().rsplit(' ').next().unwrap().strip_suffix('s').unwrap().to_owned();
    word.parse().unwrap()
}

#[test]
fn the_age_is_in_whole_seconds() {
    let printed = age(5000);
    assert!((5000..5060).contains(&printed), "{printed}");
}

#[test]
fn the_age_of_an_old_one_is_in_seconds_too() {
    let printed = age(100_000_000);
    assert!((100_000_000..100_000_060).contains(&printed), "{printed}");
}

#[test]
fn what_began_in_the_future_began_now() {
    assert_eq!(age(-1000), 0);
}

#[test]
fn words_that_begin_with_s_are_status() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::run(77));
    for word in ["status", "s", "st", "stat", "shut", "sto", "statuses"] {
        assert_eq!(sv(&scene, &[word, "web"]), says(0, "run: web: (pid 77) Ns\n"), "{word}");
    }
    assert_eq!(web.got(), "");
}

#[test]
fn verbose_changes_nothing() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    assert_eq!(sv(&scene, &["-v", "status", "web"]), says(0, "run: web: (pid 77) Ns\n"));
}

#[test]
fn with_a_log_service() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    let _log = scene.fake("web/log", Status::run(51));
    assert_eq!(sv(&scene, &["status", "web"]), says(0, "run: web: (pid 77) Ns; run: log: (pid 51) Ns\n"));
}

#[test]
fn with_both_down() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::down());
    let _log = scene.fake("web/log", Status::down());
    scene.file("web/log/down", "");
    assert_eq!(sv(&scene, &["status", "web"]), says(0, "down: web: Ns, normally up; down: log: Ns\n"));
}

#[test]
fn with_a_log_service_that_is_normally_down() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::down());
    let _log = scene.fake("web/log", Status::run(51).want('d').paused());
    scene.file("web/down", "");
    scene.file("web/log/down", "");
    let out = "down: web: Ns; run: log: (pid 51) Ns, normally down, paused, want down\n";
    assert_eq!(sv(&scene, &["status", "web"]), says(0, out));
}

#[test]
fn with_a_log_that_nobody_supervises() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.fake("web/log", Status::run(51)).leave();
    let done = sv(&scene, &["status", "web"]);
    assert_eq!(done.out, "run: web: (pid 77) Ns; fail: web/log: runsv not running\n");
}

#[test]
fn with_a_log_that_never_was_supervised() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.dir("web/log");
    let done = sv(&scene, &["status", "web"]);
    // The original goes on to print the main service's data as the log service's.
    let warning = "warning: web/log: unable to open supervise/ok: file does not exist\n";
    assert!(done.out.starts_with(&format!("run: web: (pid 77) Ns; {warning}")), "{}", done.out);
}

#[test]
fn with_a_log_that_is_a_link() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    let _log = scene.fake("logger", Status::run(51));
    scene.link("../logger", "web/log");
    assert_eq!(sv(&scene, &["status", "web"]), says(0, "run: web: (pid 77) Ns; run: log: (pid 51) Ns\n"));
}

#[test]
fn with_more_bytes_than_twenty() {
    let scene = Scene::new();
    let web = scene.fake("web", Status::run(77));
    web.says_bytes(&[Status::run(77).pack(), b"and more".to_vec()].concat());
    assert_eq!(sv(&scene, &["status", "web"]), says(0, "run: web: (pid 77) Ns\n"));
}

#[test]
fn down_may_be_a_directory() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.dir("web/down");
    assert_eq!(sv(&scene, &["status", "web"]), says(0, "run: web: (pid 77) Ns, normally down\n"));
}

#[test]
fn down_that_cannot_be_looked_at_is_a_warning() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.link("down", "web/down");
    let done = sv(&scene, &["status", "web"]);
    assert_eq!(done.code, 0);
    assert_eq!(done.err, "warning: unable to stat web/down: symbolic link loop\n");
    // The original prints an empty line in the place of the status.
}
