//! Files, file systems, the load.

use super::{cannot_tell, probe, says};
use crate::scene::Scene;
use std::fs::OpenOptions;
use std::time::{Duration, SystemTime};

#[test]
fn a_file_has_an_age_and_a_size() {
    let scene = Scene::new();
    says(&probe(&scene, &["file", "beat"]), 1, "fail: file beat: does not exist");
    let path = scene.file("beat", "0123456789");
    says(&probe(&scene, &["file", "beat"]), 0, "ok: file beat: exists");
    says(&probe(&scene, &["file", "beat", "--size", "10"]), 0, "ok: file beat: size 10, in 10");
    says(&probe(&scene, &["file", "beat", "--size", "1k-"]), 1, "fail: file beat: size 10, not in 1k-");
    assert_eq!(probe(&scene, &["file", "beat", "--younger", "1h"]).code, 0);
    assert_eq!(probe(&scene, &["file", "beat", "--older", "1h"]).code, 1);

    let file = OpenOptions::new().write(true).open(&path).unwrap();
    let change = |modified: SystemTime| file.set_modified(modified).unwrap();
    change(SystemTime::UNIX_EPOCH + Duration::from_secs(1));
    assert_eq!(probe(&scene, &["file", "beat", "--younger", "1h"]).code, 1);
    assert_eq!(probe(&scene, &["file", "beat", "--older", "1h", "--size", "-1k"]).code, 0);
    change(SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000));
    says(&probe(&scene, &["file", "beat", "--younger", "1s"]), 0, "ok: file beat: changed 0 ago, younger than 1s");
    scene.file("not a\ndirectory", "");
    says(&probe(&scene, &["file", "not a\ndirectory/x"]), 1, "fail: file not a\\x0adirectory/x: does not exist");
}

#[test]
fn what_cannot_be_looked_at_is_not_judged() {
    let scene = Scene::new();
    scene.link("loop", "loop");
    cannot_tell(&probe(&scene, &["file", "loop"]), "file loop: unable to stat: symbolic link loop");
    let line = "disk none: unable to stat file system: file does not exist";
    cannot_tell(&probe(&scene, &["disk", "none", "--below", "90%"]), line);
}

#[test]
fn a_file_system_has_room_or_not() {
    let scene = Scene::new();
    let code = |args: &[&str]| {
        let done = probe(&scene, &[&["disk", "/"], args].concat());
        assert_eq!((done.out.lines().count(), done.err.as_str()), (1, ""));
        done.code
    };
    assert_eq!(code(&["--below", "100.1%"]), 0);
    assert_eq!(code(&["--below", "0%"]), 1);
    assert_eq!(code(&["--free", "0"]), 0);
    assert_eq!(code(&["--free", "10000000t"]), 1);
    assert_eq!(code(&["--files", "0%"]), 1);
    assert_eq!(code(&["--below", "100.1%", "--files", "100.1%", "--free", "10000000t"]), 1);
}

#[test]
fn the_load_is_high_or_not() {
    let scene = Scene::new();
    for over in ["1m", "5m", "15m"] {
        assert_eq!(probe(&scene, &["load", "--below", "100000", "--over", over]).code, 0);
        assert_eq!(probe(&scene, &["load", "--per-core", "--below", "0", "--over", over]).code, 1);
    }
}
