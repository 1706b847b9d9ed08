//! sv under the name of a service, as an init script.

use super::*;

/// Runs sv under the name `web`.
fn web(scene: &Scene, args: &[&str]) -> Done {
    scene.dir("init.d");
    let script = scene.path("init.d/web");
    if !script.is_symlink() {
        scene.link(program("sv"), "init.d/web");
    }
    let mut command = scene.command(script);
    command.args(args).env("SVDIR", scene.path(""));
    let done = scene.finish(command);
    Done { out: ageless(&done.out), ..done }
}

const USAGE: &str = "usage: web [-w sec] command\n\n";

#[test]
fn without_a_command_it_prints_its_usage() {
    assert_eq!(web(&Scene::new(), &[]), Done { code: 2, out: String::new(), err: USAGE.into() });
}

#[test]
fn an_unknown_command_is_refused() {
    let scene = Scene::new();
    for word in ["bogus", "s", "stat", "statuses", "restar", "reloads", "force"] {
        assert_eq!(web(&scene, &[word]), Done { code: 2, out: String::new(), err: USAGE.into() }, "{word}");
    }
}

#[test]
fn an_unknown_option_is_refused() {
    let err = format!("web: illegal option -- x\n{USAGE}");
    assert_eq!(web(&Scene::new(), &["-x"]), Done { code: 2, out: String::new(), err });
}

#[test]
fn an_option_without_its_argument_is_refused() {
    let err = format!("web: option requires an argument -- w\n{USAGE}");
    assert_eq!(web(&Scene::new(), &["-w"]), Done { code: 2, out: String::new(), err });
}

#[test]
fn the_name_is_the_service() {
    let scene = Scene::new();
    let mut fake = scene.fake("web", Status::run(77));
    assert_eq!(web(&scene, &["status"]), says(0, "run: web: (pid 77) Ns\n"));
    assert_eq!(web(&scene, &["reload"]), says(0, "ok: run: web: (pid 77) Ns\n"));
    assert_eq!(fake.got(), "h");
}

#[test]
fn more_words_are_ignored() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    let _other = scene.fake("other", Status::run(88));
    assert_eq!(web(&scene, &["status", "other"]), says(0, "run: web: (pid 77) Ns\n"));
}

/// The code of `status`.
macro_rules! codes {
    ($($name:ident: $status:expr => $code:literal, $line:literal;)*) => { $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            let _web = scene.fake("web", $status);
            assert_eq!(web(&scene, &["status"]), says($code, concat!($line, "\n")));
        }
    )* };
}

codes! {
    status_of_one_that_runs_is_0: Status::run(77) => 0, "run: web: (pid 77) Ns";
    status_of_one_that_is_down_is_3: Status::down() => 3, "down: web: Ns, normally up";
    status_of_one_that_is_wanted_up_is_3: Status::down().want('u') => 3, "down: web: Ns, normally up, want up";
}

#[test]
fn status_of_a_missing_directory_is_1() {
    let line = "fail: web: unable to change to service directory: file does not exist\n";
    assert_eq!(web(&Scene::new(), &["status"]), says(1, line));
}

#[test]
fn status_of_one_never_supervised_is_4() {
    let scene = Scene::new();
    scene.dir("web");
    assert_eq!(web(&scene, &["status"]), says(4, "warning: web: unable to open supervise/ok: file does not exist\n"));
}

#[test]
fn status_of_one_without_runsv_is_1() {
    let scene = Scene::new();
    scene.fake("web", Status::run(77)).leave();
    assert_eq!(web(&scene, &["status"]), says(1, "fail: web: runsv not running\n"));
}

#[test]
fn status_of_one_that_cannot_be_read_is_4() {
    let scene = Scene::new();
    let fake = scene.fake("web", Status::run(77));
    fake.says_bytes(b"short");
    assert_eq!(web(&scene, &["status"]), says(4, "warning: web: unable to read supervise/status: bad format\n"));
}

#[test]
fn status_shows_the_log_service_too() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    let _log = scene.fake("web/log", Status::run(51));
    assert_eq!(web(&scene, &["status"]), says(0, "run: web: (pid 77) Ns; run: log: (pid 51) Ns\n"));
}

#[test]
fn a_command_that_takes_effect_is_0() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    assert_eq!(web(&scene, &["start"]), says(0, "ok: run: web: (pid 77) Ns\n"));
}

#[test]
fn a_command_that_takes_none_is_1() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::down());
    assert_eq!(web(&scene, &["-w", "0", "start"]), says(1, "timeout: down: web: Ns, normally up\n"));
}

#[test]
fn a_command_that_kills_is_1() {
    let scene = Scene::new();
    let mut fake = scene.fake("web", Status::run(77));
    assert_eq!(web(&scene, &["-w", "0", "force-stop"]), says(1, "kill: run: web: (pid 77) Ns\n"));
    assert_eq!(fake.got(), "dk");
}

#[test]
fn a_command_to_a_missing_directory_is_1() {
    let line = "fail: web: unable to change to service directory: file does not exist\n";
    assert_eq!(web(&Scene::new(), &["start"]), says(1, line));
}

#[test]
fn a_command_to_one_never_supervised_is_1() {
    let scene = Scene::new();
    scene.dir("web");
    assert_eq!(web(&scene, &["stop"]).code, 1);
}

#[test]
fn a_command_without_runsv_is_1() {
    let scene = Scene::new();
    scene.fake("web", Status::run(77)).leave();
    assert_eq!(web(&scene, &["start"]), says(1, "fail: web: runsv not running\n"));
}

#[test]
fn shutdown_without_runsv_is_0() {
    let scene = Scene::new();
    scene.fake("web", Status::run(77)).leave();
    assert_eq!(web(&scene, &["shutdown"]), says(0, "ok: web: runsv not running\n"));
}

#[test]
fn words_of_one_letter_are_fine_too() {
    let scene = Scene::new();
    let mut fake = scene.fake("web", Status::run(77));
    assert_eq!(web(&scene, &["h"]), says(0, ""));
    assert_eq!(fake.got(), "h");
}
