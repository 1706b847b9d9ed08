//! Command lines that cannot be understood, programs that cannot be found.

use super::{chpst, is_fatal, says, with_environment};
use crate::scene::{Done, Scene};

#[track_caller]
fn is_usage(done: &Done, first: &str) {
    assert_eq!((done.code, done.out.as_str()), (100, ""));
    let usage = done.err.strip_prefix(first).unwrap_or_else(|| panic!("{first:?} is not the start of {:?}", done.err));
    assert!(usage.starts_with("usage: chpst [-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] "), "{usage}");
    assert!(usage.ends_with(" prog\n\n"), "{usage}");
}

#[test]
fn no_program_is_a_usage_error() {
    let scene = Scene::new();
    is_usage(&chpst(&scene, &[] as &[&str]), "");
    is_usage(&chpst(&scene, &["-v", "-P"]), "");
}

#[test]
fn an_unknown_option_is_named() {
    is_usage(&chpst(&Scene::new(), &["-x", "true"]), "chpst: illegal option -- x\n");
}

#[test]
fn a_missing_value_is_named() {
    is_usage(&chpst(&Scene::new(), &["-u"]), "chpst: option requires an argument -- u\n");
}

#[test]
fn version_is_told_before_the_usage() {
    let done = chpst(&Scene::new(), &["-V"]);
    assert_eq!(done.code, 100);
    assert!(done.err.starts_with("$Id: "), "{}", done.err);
}

#[test]
fn a_limit_is_digits_and_nothing_else() {
    let scene = Scene::new();
    for option in ["-m", "-d", "-o", "-p", "-f", "-c", "-r", "-t"] {
        for value in ["5x", "-5", "x", "1k"] {
            is_usage(&chpst(&scene, &[option, value, "true"]), "");
        }
    }
}

#[test]
fn a_nice_level_is_a_sign_and_digits() {
    let scene = Scene::new();
    for value in ["x", "3x", "+-3"] {
        is_usage(&chpst(&scene, &["-n", value, "true"]), "");
    }
}

#[test]
fn one_lock_at_most() {
    let scene = Scene::new();
    for pair in [["-l", "-L"], ["-l", "-l"], ["-L", "-L"]] {
        is_usage(&chpst(&scene, &[pair[0], "a", pair[1], "b", "true"]), "");
    }
    assert_eq!(scene.lines("a").len(), 0);
    assert!(!scene.path("a").exists() && !scene.path("b").exists(), "nothing was locked");
}

#[test]
fn a_missing_program_comes_before_a_bad_user() {
    is_usage(&chpst(&Scene::new(), &["-u", ":abc"]), "");
}

#[test]
fn options_cluster_and_values_may_be_glued() {
    let scene = Scene::new();
    says(&chpst(&scene, &["-vPbname", "sh", "-c", "echo $0"]), "name\n");
}

#[test]
fn two_dashes_end_the_options() {
    let scene = Scene::new();
    says(&chpst(&scene, &["-v", "--", "echo", "-v", "--"]), "-v --\n");
}

#[test]
fn options_after_the_program_are_its_own() {
    says(&chpst(&Scene::new(), &["echo", "-b", "x"]), "-b x\n");
}

#[test]
fn a_program_that_is_not_there() {
    let scene = Scene::new();
    is_fatal(&chpst(&scene, &["no-such-program"]), "unable to run: no-such-program: file does not exist");
    is_fatal(&chpst(&scene, &["./no/such"]), "unable to run: ./no/such: file does not exist");
}

#[test]
fn a_program_that_cannot_be_executed() {
    let scene = Scene::new();
    scene.file("plain", "exit 3\n");
    is_fatal(&chpst(&scene, &["./plain"]), "unable to run: ./plain: access denied");
    is_fatal(&chpst(&scene, &["/"]), "unable to run: /: access denied");
}

#[test]
fn a_program_without_a_format_is_not_given_to_a_shell() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new();
    let path = scene.file("noshebang", "exit 3\n");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    is_fatal(&chpst(&scene, &["./noshebang"]), "unable to run: ./noshebang: exec format error");
}

#[test]
fn a_failure_names_the_program_as_it_would_have_been_called() {
    is_fatal(&chpst(&Scene::new(), &["-b", "name", "no-such"]), "unable to run: name: file does not exist");
}

#[test]
fn the_search_goes_on_past_what_cannot_be_executed() {
    let scene = Scene::new();
    scene.file("a/tool", "not a program");
    scene.script("b/tool", "echo found");
    let mut command = with_environment(&scene, &[("PATH", "a:b:/usr/bin:/bin")]);
    command.arg("tool");
    says(&scene.finish(command), "found\n");
}

#[test]
fn what_could_not_be_executed_is_worth_more_than_what_is_not_there() {
    let scene = Scene::new();
    scene.file("a/tool", "not a program");
    let mut command = with_environment(&scene, &[("PATH", "a:nowhere")]);
    command.arg("tool");
    is_fatal(&scene.finish(command), "unable to run: tool: access denied");
}

#[test]
fn an_empty_element_of_the_search_path_is_the_current_directory() {
    let scene = Scene::new();
    scene.script("tool", "echo here");
    for path in ["", ":/nowhere", "/nowhere:"] {
        let mut command = with_environment(&scene, &[("PATH", path)]);
        command.arg("tool");
        says(&scene.finish(command), "here\n");
    }
}

#[test]
fn without_a_search_path_there_is_a_default() {
    let scene = Scene::new();
    let mut command = with_environment(&scene, &[]);
    command.args(["echo", "found"]);
    says(&scene.finish(command), "found\n");
}

#[test]
fn the_exit_code_is_the_programs() {
    let scene = Scene::new();
    assert_eq!(chpst(&scene, &["sh", "-c", "exit 7"]).code, 7);
    assert_eq!(chpst(&scene, &["sh", "-c", "kill -9 $$"]).code, -9);
}

#[test]
fn it_is_the_program_and_not_its_parent() {
    let scene = Scene::new();
    let mut running = scene.start("chpst", &["sh", "-c", "echo $$"]);
    let pid = running.pid();
    says(&running.end(), &format!("{pid}\n"));
}
