//! What sv accepts on its command line.

use super::*;

const USAGE: &str = "usage: sv [-v] [-w sec] command service ...\n\n";

/// These arguments are no command.
#[track_caller]
fn refuses(args: &[&str]) {
    let done = sv(&Scene::new(), args);
    assert_eq!(done, Done { code: 100, out: String::new(), err: USAGE.into() });
}

#[test]
fn without_arguments_it_prints_its_usage() {
    refuses(&[]);
}

#[test]
fn options_alone_are_not_enough() {
    refuses(&["-v", "-w", "1"]);
}

#[test]
fn an_unknown_word_is_refused() {
    for word in ["bogus", "_", "3", "UP", "restar", "restarts", "reloaded", "force-", "force-sto", "r", "f", "g", "z"] {
        refuses(&[word, "web"]);
    }
}

#[test]
fn an_unknown_option_is_refused() {
    let done = sv(&Scene::new(), &["-x", "status", "web"]);
    assert_eq!(done, Done { code: 100, out: String::new(), err: format!("sv: illegal option -- x\n{USAGE}") });
}

#[test]
fn an_option_without_its_argument_is_refused() {
    let done = sv(&Scene::new(), &["-w"]);
    assert_eq!(
        done,
        Done { code: 100, out: String::new(), err: format!("sv: option requires an argument -- w\n{USAGE}") }
    );
}

#[test]
fn options_may_be_put_together() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    let ok = says(0, "ok: run: web: (pid 77) Ns\n");
    for options in [&["-vw9"][..], &["-v", "-w9"], &["-vw", "9"], &["-w", "9"], &["-w9", "-v"], &["-v", "--"]] {
        assert_eq!(sv(&scene, &[options, &["up", "web"]].concat()), ok, "{options:?}");
    }
}

#[test]
fn options_come_before_the_command() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    let missing = "fail: -v: unable to change to service directory: file does not exist\n";
    assert_eq!(sv(&scene, &["status", "-v", "web"]), says(1, &format!("{missing}run: web: (pid 77) Ns\n")));
}

#[test]
fn a_lone_dash_is_no_option() {
    refuses(&["-", "web"]);
}
