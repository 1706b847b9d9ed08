//! What cannot be done.

use super::until_says;
use crate::scene::logger::{Logger, directory, log, quiet};
use crate::scene::{Scene, until};

#[track_caller]
fn refused(scene: &Scene, args: &[&str], warning: &str) {
    let done = log(scene, args, "");
    let fatal = "svlogd: fatal: no functional log directories.\n";
    assert_eq!((done.code, done.err), (111, format!("svlogd: warning: {warning}\n{fatal}")));
}

#[test]
fn a_directory_that_is_missing() {
    refused(&Scene::new(), &["nodir"], "unable to open log directory: nodir: file does not exist");
}

#[test]
fn a_directory_that_is_none() {
    let scene = Scene::new();
    scene.file("f", "");
    refused(&scene, &["f"], "unable to change directory: f: not a directory");
    refused(&scene, &["f/g"], "unable to open log directory: f/g: not a directory");
}

#[test]
fn a_lock_that_cannot_be_opened() {
    let scene = Scene::new();
    scene.dir("d/lock");
    refused(&scene, &["d"], "unable to lock directory: d: is a directory");
}

#[test]
fn one_of_several_is_enough() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let done = log(&scene, &["nodir", "d"], "x\n");
    assert_eq!(done.code, 0);
    assert_eq!(done.err, "svlogd: warning: unable to open log directory: nodir: file does not exist\n");
    assert_eq!(scene.read("d/current"), "x\n");
}

#[test]
fn an_input_that_is_closed_is_at_its_end() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut command = scene.command("/bin/sh");
    command.args(["-c", "exec \"$0\" d <&-"]).arg(crate::scene::program("svlogd"));
    assert_eq!(scene.finish(command).code, 0);
    assert!(scene.path("d/current").exists());
}

#[test]
fn an_input_that_cannot_be_read_is_told() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut command = scene.command("/bin/sh");
    command.args(["-c", "exec \"$0\" d </"]).arg(crate::scene::program("svlogd"));
    let done = scene.finish(command);
    assert_eq!((done.code, done.err.as_str()), (0, "svlogd: warning: unable to read standard input: is a directory\n"));
}

#[test]
fn a_log_that_cannot_be_opened_is_tried_again() {
    let scene = Scene::new();
    scene.dir("d/current");
    let mut logger = Logger::start(&scene, &["d"]);
    let pausing = "svlogd: pausing: unable to open current: d: is a directory\n";
    until("it was told", || logger.running.err().contains(pausing));
    std::fs::remove_dir(scene.path("d/current")).unwrap();
    logger.write("x\n");
    until_says(&scene, "d/current", "x\n");
    let done = logger.end();
    assert_eq!((done.code, done.err.replace(pausing, "").as_str()), (0, ""));
}

#[test]
fn a_directory_that_is_removed_is_told_at_the_next_rotation() {
    let scene = Scene::new();
    directory(&scene, "d", "s10\n");
    let mut logger = Logger::start(&scene, &["-l", "2", "d"]);
    logger.write("x\n");
    until_says(&scene, "d/current", "x\n");
    std::fs::remove_dir_all(scene.path("d")).unwrap();
    logger.write("abcdefg\n");
    let pausing = "svlogd: pausing: unable to rename current: d: file does not exist\n";
    until("it was told", || logger.running.err().contains(pausing));
}

#[test]
fn an_input_that_is_nothing() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    assert_eq!(scene.run("svlogd", &["d"]), quiet(0));
}
