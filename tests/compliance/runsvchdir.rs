//! runsvchdir, with a directory of the scene over /etc/runit.
#![allow(clippy::unwrap_used, clippy::panic)] // also outside of the test functions

use crate::namespace::{available, run_covered};
use crate::scene::{Done, Scene, program};
use std::fs::{read_link, symlink_metadata};

/// An /etc/runit/runsvdir with three directories and a file; `a` is the current one.
fn scene() -> Scene {
    let scene = Scene::new();
    for name in ["a", "b", "c"] {
        scene.dir(format!("etc/runsvdir/{name}"));
    }
    scene.file("etc/runsvdir/file", "");
    scene.link("a", "etc/runsvdir/current");
    scene
}

fn runsvchdir(scene: &Scene, args: &[&str]) -> Done {
    run_covered(scene, &[("etc", "/etc/runit")], &program("runsvchdir"), args)
}

fn link(scene: &Scene, name: &str) -> Option<String> {
    read_link(scene.path("etc/runsvdir").join(name)).ok().map(|target| target.to_str().unwrap().to_owned())
}

#[track_caller]
fn assert_fatal(done: &Done, what: &str) {
    let prefix = program("runsvchdir").display().to_string();
    assert_eq!((done.code, done.err.as_str()), (111, format!("{prefix}: fatal: {what}\n").as_str()));
    assert_eq!(done.out, "");
}

fn ready(test: &str) -> bool {
    available(test, &["/etc/runit"])
}

#[test]
fn usage() {
    let done = Scene::new().run("runsvchdir", &[] as &[&str]);
    let name = program("runsvchdir").display().to_string();
    assert_eq!((done.code, done.err), (1, format!("usage: {name} dir\n\n")));
}

#[test]
fn switches_and_remembers() {
    if !ready("switches_and_remembers") {
        return;
    }
    let scene = scene();
    let done = runsvchdir(&scene, &["b"]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "runsvchdir: b: now current.\n", ""));
    assert_eq!(link(&scene, "current").as_deref(), Some("b"));
    assert_eq!(link(&scene, "previous").as_deref(), Some("a"));
    assert_eq!(link(&scene, "current.new"), None);
    runsvchdir(&scene, &["c"]);
    assert_eq!(link(&scene, "current").as_deref(), Some("c"));
    assert_eq!(link(&scene, "previous").as_deref(), Some("b"));
}

#[test]
fn the_current_one_stays() {
    if !ready("the_current_one_stays") {
        return;
    }
    let scene = scene();
    for name in ["a", "current", "/etc/runit/runsvdir/a"] {
        let done = runsvchdir(&scene, &[name]);
        assert_eq!((done.code, done.out), (0, format!("runsvchdir: {name}: current.\n")));
    }
    assert_eq!(link(&scene, "previous"), None);
}

#[test]
fn the_link_is_the_word_that_was_given() {
    if !ready("the_link_is_the_word_that_was_given") {
        return;
    }
    let scene = scene();
    for name in ["/etc/runit/runsvdir/b", "c/"] {
        assert_eq!(runsvchdir(&scene, &[name]).code, 0);
        assert_eq!(link(&scene, "current").as_deref(), Some(name));
    }
}

#[test]
fn further_words_are_ignored() {
    if !ready("further_words_are_ignored") {
        return;
    }
    let scene = scene();
    assert_eq!(runsvchdir(&scene, &["b", "c"]).code, 0);
    assert_eq!(link(&scene, "current").as_deref(), Some("b"));
}

#[test]
fn what_is_no_directory_is_refused() {
    if !ready("what_is_no_directory_is_refused") {
        return;
    }
    let scene = scene();
    assert_fatal(&runsvchdir(&scene, &["nope"]), "nope: file does not exist");
    assert_fatal(&runsvchdir(&scene, &[""]), ": file does not exist");
    assert_fatal(&runsvchdir(&scene, &["file"]), "filenot a directory.");
    for name in [".b", "../runsvdir/b", "."] {
        assert_fatal(&runsvchdir(&scene, &[name]), &format!("{name}: must not start with a dot."));
    }
    assert_eq!(link(&scene, "current").as_deref(), Some("a"));
    assert_eq!(link(&scene, "current.new"), None);
}

#[test]
fn without_a_current_one_nothing_is_done() {
    if !ready("without_a_current_one_nothing_is_done") {
        return;
    }
    let scene = scene();
    std::fs::remove_file(scene.path("etc/runsvdir/current")).unwrap();
    assert_fatal(&runsvchdir(&scene, &["b"]), "unable to stat: current: file does not exist");
    assert_eq!(link(&scene, "current"), None);
}

#[test]
fn a_current_that_is_no_link_becomes_previous() {
    if !ready("a_current_that_is_no_link_becomes_previous") {
        return;
    }
    let scene = scene();
    std::fs::remove_file(scene.path("etc/runsvdir/current")).unwrap();
    scene.dir("etc/runsvdir/current/service");
    assert_eq!(runsvchdir(&scene, &["b"]).out, "runsvchdir: b: now current.\n");
    assert_eq!(link(&scene, "current").as_deref(), Some("b"));
    assert!(symlink_metadata(scene.path("etc/runsvdir/previous/service")).unwrap().is_dir());
}

#[test]
fn a_previous_that_is_a_directory_is_not_removed() {
    if !ready("a_previous_that_is_a_directory_is_not_removed") {
        return;
    }
    let scene = scene();
    scene.dir("etc/runsvdir/previous");
    assert_fatal(&runsvchdir(&scene, &["b"]), "unable to unlink: previous: is a directory");
    assert_eq!(link(&scene, "current").as_deref(), Some("a"));
}

#[test]
fn leftovers_of_an_interrupted_switch_do_not_matter() {
    if !ready("leftovers_of_an_interrupted_switch_do_not_matter") {
        return;
    }
    let scene = scene();
    scene.link("nowhere", "etc/runsvdir/current.new");
    scene.link("elsewhere", "etc/runsvdir/previous");
    assert_eq!(runsvchdir(&scene, &["b"]).code, 0);
    assert_eq!(link(&scene, "current").as_deref(), Some("b"));
    assert_eq!(link(&scene, "previous").as_deref(), Some("a"));
}

#[test]
fn its_place_is_fixed() {
    if !ready("its_place_is_fixed") {
        return;
    }
    let scene = Scene::new();
    scene.dir("etc");
    assert_fatal(&runsvchdir(&scene, &["a"]), "unable to chdir: /etc/runit/runsvdir: file does not exist");
}
