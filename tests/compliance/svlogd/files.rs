//! The files of a log directory.

use super::{mode, old, until_says};
use crate::scene::Scene;
use crate::scene::logger::{Logger, directory, log, quiet};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_closed_log_is_marked() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    assert_eq!(log(&scene, &["d"], "x\n"), quiet(0));
    assert_eq!((mode(&scene, "d/current"), mode(&scene, "d/lock")), (0o744, 0o600));
    assert_eq!(scene.bytes("d/lock"), b"");
}

#[test]
fn an_open_log_is_not() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut logger = Logger::start(&scene, &["d"]);
    logger.write("x\n");
    until_says(&scene, "d/current", "x\n");
    assert_eq!(mode(&scene, "d/current"), 0o644);
    assert_eq!(logger.end(), quiet(0));
}

#[test]
fn a_closed_log_goes_on() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    assert_eq!(log(&scene, &["d"], "x\n"), quiet(0));
    assert_eq!(log(&scene, &["d"], "y\n"), quiet(0));
    assert_eq!(scene.read("d/current"), "x\ny\n");
    assert_eq!(old(&scene, "d"), []);
}

#[test]
fn a_log_that_was_not_closed_is_put_aside() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    scene.file("d/current", "cut");
    assert_eq!(log(&scene, &["d"], "x\n"), quiet(0));
    assert_eq!(old(&scene, "d"), [(".u".to_owned(), "cut".to_owned())]);
    assert_eq!(scene.read("d/current"), "x\n");
}

#[test]
fn an_empty_one_is_not() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    scene.file("d/current", "");
    assert_eq!(log(&scene, &["d"], "x\n"), quiet(0));
    assert_eq!(old(&scene, "d"), []);
}

#[test]
fn the_size_of_what_was_there_counts() {
    let scene = Scene::new();
    directory(&scene, "d", "s10\n");
    scene.file("d/current", "12345678\n");
    fs::set_permissions(scene.path("d/current"), fs::Permissions::from_mode(0o744)).unwrap();
    assert_eq!(log(&scene, &["-l", "1", "d"], "ab\n"), quiet(0));
    assert_eq!(old(&scene, "d"), [(".s".to_owned(), "12345678\na".to_owned())]);
    assert_eq!(scene.read("d/current"), "b\n");
}

#[test]
fn the_lock_is_held() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut logger = Logger::start(&scene, &["d"]);
    logger.write("x\n");
    until_says(&scene, "d/current", "x\n");
    let done = log(&scene, &["d"], "");
    assert_eq!(done.code, 111);
    assert_eq!(
        done.err,
        "svlogd: warning: unable to lock directory: d: temporary failure\n\
         svlogd: fatal: no functional log directories.\n"
    );
    assert_eq!(logger.end(), quiet(0));
    assert_eq!(scene.read("d/current"), "x\n");
}

#[test]
fn the_same_directory_twice_is_one() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let done = log(&scene, &["d", "d"], "x\n");
    assert_eq!(
        (done.code, done.err.as_str()),
        (0, "svlogd: warning: unable to lock directory: d: temporary failure\n")
    );
    assert_eq!(scene.read("d/current"), "x\n");
}

#[test]
fn several_directories() {
    let scene = Scene::new();
    for name in ["a", "b", "c"] {
        directory(&scene, name, "");
    }
    let text = "line\n".repeat(3000);
    assert_eq!(log(&scene, &["a", "b", "c"], &text), quiet(0));
    for name in ["a", "b", "c"] {
        assert!(scene.read(format!("{name}/current")) == text, "{name}");
    }
}

#[test]
fn a_log_that_somebody_emptied_begins_anew() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut logger = Logger::start(&scene, &["d"]);
    logger.write("one\n");
    until_says(&scene, "d/current", "one\n");
    fs::OpenOptions::new().write(true).truncate(true).open(scene.path("d/current")).unwrap();
    logger.write("two\n");
    until_says(&scene, "d/current", "two\n");
    assert_eq!(logger.end(), quiet(0));
}

#[test]
fn a_log_that_was_removed_is_written_on_unseen() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut logger = Logger::start(&scene, &["d"]);
    logger.write("one\n");
    until_says(&scene, "d/current", "one\n");
    fs::remove_file(scene.path("d/current")).unwrap();
    logger.write("two\n");
    assert_eq!(logger.end(), quiet(0));
    assert!(!scene.path("d/current").exists());
}

#[test]
fn the_umask_does_not_matter() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut command = scene.command("/bin/sh");
    command.args(["-c", "umask 077; echo x | \"$0\" d"]).arg(crate::scene::program("svlogd"));
    assert_eq!(scene.finish(command), quiet(0));
    assert_eq!(mode(&scene, "d/current"), 0o744);
}
