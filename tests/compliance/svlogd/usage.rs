//! The command line.

use crate::scene::logger::{directory, log, quiet};
use crate::scene::{Scene, program};

const LINE: &str = "[-ttv] [-r c] [-R abc] [-l len] [-b buflen] dir ...";

#[track_caller]
fn usage(args: &[&str], before: &str) {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let done = scene.run("svlogd", args);
    assert_eq!(done.code, 111, "{args:?}");
    assert_eq!(done.err, format!("{before}usage: {} {LINE}\n\n", program("svlogd").display()), "{args:?}");
    assert_eq!(done.out, "");
}

#[test]
fn no_directory() {
    usage(&[], "");
    usage(&["-tt"], "");
}

#[test]
fn an_unknown_option() {
    usage(&["-z", "d"], "svlogd: illegal option -- z\n");
    usage(&["-tz", "d"], "svlogd: illegal option -- z\n");
}

#[test]
fn a_missing_value() {
    for option in ["r", "R", "l", "b"] {
        usage(&[&format!("-{option}")], &format!("svlogd: option requires an argument -- {option}\n"));
    }
}

#[test]
fn a_replacement_is_one_character() {
    usage(&["-r", "xx", "d"], "");
    usage(&["-r", "", "d"], "");
}

#[test]
fn the_buffer_is_larger_than_the_line() {
    usage(&["-l", "10", "-b", "10", "d"], "");
    usage(&["-l", "2000", "d"], "");
    usage(&["-b", "1000", "d"], "");
}

#[test]
fn zero_is_the_default() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    assert_eq!(log(&scene, &["-l", "0", "-b", "0", "d"], "x\n"), quiet(0));
    assert_eq!(log(&scene, &["-l", "x", "-b", "1001", "d"], "y\n"), quiet(0));
    assert_eq!(scene.read("d/current"), "x\ny\n");
}

#[test]
fn two_dashes_end_the_options() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    assert_eq!(log(&scene, &["-v", "--", "d"], "x\n").code, 0);
    assert_eq!(scene.read("d/current"), "x\n");
}
