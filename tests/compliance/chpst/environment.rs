//! The environment directory.

use super::{chpst, is_fatal, says, with_environment};
use crate::scene::{Done, Scene};

/// What a program sees that starts with these variables and this directory.
fn seen(scene: &Scene, before: &[(&str, &str)], args: &[&str]) -> Done {
    let mut command = with_environment(scene, before);
    command.args(args).arg("/usr/bin/env");
    scene.finish(command)
}

#[test]
fn a_file_is_a_variable() {
    let scene = Scene::new();
    scene.file("e/A", "value\n");
    says(&seen(&scene, &[], &["-e", "e"]), "A=value\n");
}

#[test]
fn the_first_line_counts() {
    let scene = Scene::new();
    scene.file("e/A", "one\ntwo\n");
    says(&seen(&scene, &[], &["-e", "e"]), "A=one\n");
}

#[test]
fn blanks_at_the_end_go_and_those_in_front_stay() {
    let scene = Scene::new();
    scene.file("e/A", "  x y \t \n");
    says(&seen(&scene, &[], &["-e", "e"]), "A=  x y\n");
}

#[test]
fn a_carriage_return_stays() {
    let scene = Scene::new();
    scene.file("e/A", "x \r\n");
    says(&seen(&scene, &[], &["-e", "e"]), "A=x \r\n");
}

#[test]
fn a_zero_byte_is_a_newline() {
    let scene = Scene::new();
    scene.file("e/A", "x\0y\0\nz");
    says(&seen(&scene, &[], &["-e", "e"]), "A=x\ny\n\n");
}

#[test]
fn an_empty_file_removes_the_variable() {
    let scene = Scene::new();
    scene.file("e/A", "");
    says(&seen(&scene, &[("A", "1"), ("AB", "2")], &["-e", "e"]), "AB=2\n");
}

#[test]
fn an_empty_line_makes_the_variable_empty() {
    let scene = Scene::new();
    scene.file("e/A", "\nx");
    says(&seen(&scene, &[("A", "1")], &["-e", "e"]), "A=\n");
    scene.file("e/A", " \t");
    says(&seen(&scene, &[("A", "1")], &["-e", "e"]), "A=\n");
}

#[test]
fn what_is_changed_goes_to_the_end() {
    let scene = Scene::new();
    scene.file("e/A", "new");
    says(&seen(&scene, &[("A", "1"), ("B", "2"), ("C", "3")], &["-e", "e"]), "C=3\nB=2\nA=new\n");
    says(&seen(&scene, &[("A", "1"), ("B", "2")], &["-e", "e", "-U", ":5:6"]), "B=2\nA=new\nGID=6\nUID=5\n");
}

#[test]
fn a_long_value_is_whole() {
    let scene = Scene::new();
    scene.file("e/A", "x".repeat(20_000));
    says(&chpst(&scene, &["-e", "e", "sh", "-c", "echo ${#A}"]), "20000\n");
}

#[test]
fn names_with_a_dot_in_front_are_passed_over() {
    let scene = Scene::new();
    scene.file("e/.A", "1");
    scene.file("e/B.C", "2");
    says(&seen(&scene, &[], &["-e", "e"]), "B.C=2\n");
}

#[test]
fn a_directory_in_it_is_passed_over() {
    let scene = Scene::new();
    scene.file("e/A", "1");
    scene.dir("e/sub");
    says(&seen(&scene, &[], &["-e", "e"]), "A=1\n");
    let done = seen(&scene, &[], &["-v", "-e", "e"]);
    assert_eq!((done.code, done.out.as_str()), (0, "A=1\n"));
    assert_eq!(done.err, "chpst: warning: unable to read e/sub: is a directory\n");
}

#[test]
fn a_name_with_an_equals_sign_is_not_checked() {
    let scene = Scene::new();
    scene.file("e/A=B", "v");
    says(&seen(&scene, &[("A", "x"), ("Z", "1")], &["-e", "e"]), "Z=1\nA=B=v\n");
}

#[test]
fn a_link_is_followed_and_one_to_nowhere_removes() {
    let scene = Scene::new();
    scene.file("value", "v\n");
    scene.dir("e");
    scene.link("../value", "e/A");
    says(&seen(&scene, &[], &["-e", "e"]), "A=v\n");
    scene.dir("f");
    scene.link("nowhere", "f/A");
    says(&seen(&scene, &[("A", "1"), ("B", "2")], &["-e", "f"]), "B=2\n");
}

#[test]
fn a_fifo_that_nobody_writes_to_is_empty() {
    let scene = Scene::new();
    scene.dir("e");
    nix::unistd::mkfifo(&scene.path("e/A"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    says(&seen(&scene, &[("A", "1"), ("B", "2")], &["-e", "e"]), "B=2\n");
}

#[test]
fn the_last_directory_counts() {
    let scene = Scene::new();
    scene.file("e/A", "1");
    scene.file("f/B", "2");
    says(&seen(&scene, &[], &["-e", "e", "-e", "f"]), "B=2\n");
    says(&seen(&scene, &[], &["-e", "nowhere", "-e", "f"]), "B=2\n");
}

#[test]
fn what_is_no_directory_is_refused() {
    let scene = Scene::new();
    scene.file("file", "");
    is_fatal(&chpst(&scene, &["-e", "nowhere", "true"]), "unable to switch to directory: nowhere: file does not exist");
    is_fatal(&chpst(&scene, &["-e", "file", "true"]), "unable to switch to directory: file: not a directory");
}

#[test]
fn the_program_is_searched_by_the_old_path() {
    let scene = Scene::new();
    scene.script("new/tool", "echo new");
    scene.script("old/tool", "echo old $PATH");
    scene.file("e/PATH", "new");
    let mut command = with_environment(&scene, &[("PATH", "old")]);
    command.args(["-e", "e", "tool"]);
    says(&scene.finish(command), "old new\n");
}

#[test]
fn the_current_directory_is_the_same_afterwards() {
    let scene = Scene::new();
    scene.file("e/A", "1");
    says(&chpst(&scene, &["-e", "e", "/bin/pwd"]), &format!("{}\n", scene.path("").canonicalize().unwrap().display()));
}

#[test]
fn the_directory_is_read_before_the_user_is_looked_up() {
    let scene = Scene::new();
    let done = chpst(&scene, &["-u", "no-such", "-e", "nowhere", "true"]);
    is_fatal(&done, "unable to switch to directory: nowhere: file does not exist");
}
