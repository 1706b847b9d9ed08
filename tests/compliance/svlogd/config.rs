//! The file config.

use super::old_texts;
use crate::scene::Scene;
use crate::scene::logger::{directory, log, quiet};

#[test]
fn it_may_be_missing() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    assert_eq!(log(&scene, &["d"], "x\n"), quiet(0));
}

#[test]
fn what_is_not_known_is_ignored() {
    let scene = Scene::new();
    directory(&scene, "d", "# comment\n\nxyz\nqs5\n s5\nA\n");
    assert_eq!(log(&scene, &["-l", "2", "d"], "0123456789\nx\n"), quiet(0));
    assert_eq!(scene.read("d/current"), "0123456789\nx\n");
}

#[test]
fn it_is_read_aloud() {
    let scene = Scene::new();
    directory(&scene, "d", "s100\n");
    let done = log(&scene, &["-v", "d"], "");
    assert_eq!(done.err, "svlogd: info: read: d/config\nsvlogd: info: new: d/current\nsvlogd: info: close: d\n");
    let done = log(&scene, &["-v", "d"], "");
    assert_eq!(done.err, "svlogd: info: read: d/config\nsvlogd: info: append: d/current\nsvlogd: info: close: d\n");
}

#[test]
fn one_that_cannot_be_read_is_told() {
    let scene = Scene::new();
    scene.dir("d/config");
    let done = log(&scene, &["d"], "x\n");
    assert_eq!((done.code, done.err.as_str()), (0, "svlogd: warning: unable to read config: d: is a directory\n"));
    assert_eq!(scene.read("d/current"), "x\n");
}

#[test]
fn addresses_that_are_none_are_told() {
    let scene = Scene::new();
    directory(&scene, "d", "uX\nu1.2.3\nu1.2.3.4:x\nu\n");
    let done = log(&scene, &["d"], "x\n");
    let text = |what: &str| format!("svlogd: warning: unable to scan {what}\n");
    let wanted = ["ip address: X", "ip address: 1.2.3", "port number: x", "ip address: "].map(text).concat();
    assert_eq!((done.code, done.err), (0, wanted));
}

#[test]
fn later_lines_win_and_the_last_newline_may_be_missing() {
    let scene = Scene::new();
    directory(&scene, "d", "s0\ns8");
    assert_eq!(log(&scene, &["-l", "4", "d"], "abc\ndef\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), ["abc\n", "def\n"]);
}

#[test]
fn there_is_no_blank_after_the_letter() {
    let scene = Scene::new();
    directory(&scene, "d", "s 8\n");
    assert_eq!(log(&scene, &["-l", "4", "d"], "abc\ndef\nghi\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), [""; 0], "no digits are 0, which is never");
}

#[test]
fn kilobytes() {
    let scene = Scene::new();
    directory(&scene, "d", "s1k\n");
    let line = format!("{}\n", "x".repeat(99));
    assert_eq!(log(&scene, &["-l", "100", "d"], line.repeat(11)), quiet(0));
    assert_eq!(old_texts(&scene, "d").iter().map(String::len).collect::<Vec<_>>(), [1000]);
    assert_eq!(scene.bytes("d/current").len(), 100);
}

#[test]
fn each_directory_has_its_own() {
    let scene = Scene::new();
    directory(&scene, "a", "-*\n+a*\npA: \n");
    directory(&scene, "b", "-a*\n");
    assert_eq!(log(&scene, &["a", "b"], "abc\nxyz\n"), quiet(0));
    assert_eq!(scene.read("a/current"), "A: abc\n");
    assert_eq!(scene.read("b/current"), "xyz\n");
}
