//! `sv lint`

use super::*;

#[test]
fn a_tree_that_is_well_has_no_findings() {
    let scene = Scene::new();
    scene.script("sv/web/run", "exec sleep 1000");
    scene.script("sv/web/log/run", "exec cat");
    scene.script("sv/db/run", "exec sleep 1000");
    scene.file("sv/web/needs", "db\n");
    scene.file("sv/web/restart", "delay 1s x2\n");
    let mut lint = command(&scene, &["lint"]);
    lint.env("SVDIR", scene.path("sv"));
    assert_eq!(well(scene.finish(lint)), "");
    assert_eq!(well(sv(&scene, &["lint", "sv"])), "", "a directory of services by its path too");
    assert_eq!(well(sv(&scene, &["lint", "./sv/web"])), "");
}

#[test]
fn everything_that_would_be_misread_is_named() {
    let scene = Scene::new();
    scene.file("sv/web/run", "#!/bin/sh\r\nexec sleep 1000\n");
    scene.file("sv/web/restart", "delay 1s\nwehn never\n");
    scene.file("sv/web/needs", "db\nnobody\n");
    scene.dir("sv/web/log");
    scene.script("sv/db/run", "exec sleep 1000");
    scene.file("sv/db/needs", "web\n");
    scene.file("sv/db/down", "");
    scene.file("sv/notes", "");
    scene.link("nowhere", "sv/old");
    scene.link("db", "sv/same");
    scene.script("sv/.hidden/run", "");
    let mut lint = command(&scene, &["lint"]);
    lint.env("SVDIR", scene.path("sv"));
    let done = scene.finish(lint);
    let expected = [
        ".hidden: ignored by runsvdir: it begins with a dot",
        "notes: ignored by runsvdir: not a directory",
        "old: ignored by runsvdir: it leads nowhere",
        "same: the same directory as db: one service for both",
        "db/down: note: it is not started by itself",
        "same/down: note: it is not started by itself",
        "web/log/run: missing: what the service says is read by nobody, until it has to wait",
        "web/restart:2: wehn: expected when | ok | delay | max | jitter | healthy | give-up | then | early",
        "web/run: not executable",
        "web/run:1: ends in a carriage return (a line of DOS)",
        "web/needs:2: nobody: there is no such service",
        "db/needs: a circle: db needs web needs db",
    ];
    assert_eq!(done.out.lines().collect::<Vec<_>>(), expected);
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    let json = sv(&scene, &["lint", "-j", "./sv/web"]);
    let line = r#"{"file":"./sv/web/restart","line":2,"message":"wehn: expected when | ok | "#;
    assert!(json.code == 1 && json.out.contains(line) && json.out.contains(r#""note":false}"#), "{}", json.out);
    assert!(json.out.contains(r#"{"file":"./sv/web/needs","line":2,"message":"./sv/nobody: there"#), "{}", json.out);
}

#[test]
fn a_note_is_no_mistake() {
    let scene = Scene::new();
    scene.script("web/run", "exec sleep 1000");
    scene.file("web/down", "");
    assert_eq!(well(sv(&scene, &["lint", "web"])), "web/down: note: it is not started by itself\n");
    let done = sv(&scene, &["lint", "nobody"]);
    assert_eq!(done.code, 1);
    assert!(done.out.starts_with("fail: nobody: unable to change to service directory: "), "{}", done.out);
}

#[test]
fn our_examples_are_well() {
    let scene = Scene::new();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sv");
    let done = sv(&scene, &["lint", examples]);
    let lines: Vec<&str> = done
        .out
        .lines()
        .filter(|line| ![" note: ", "no such interpreter"].iter().any(|fine| line.contains(fine)))
        .collect();
    assert_eq!(lines, [""; 0]);
}
