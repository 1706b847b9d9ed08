//! `sv new`

use super::*;

#[test]
fn it_runs_exactly_what_was_said() {
    let scene = Scene::new();
    scene.script("show", "for word; do printf '<%s>' \"$word\"; done > \"$OUT\"; exec sleep 1000");
    let show = scene.path("show").display().to_string();
    let words = ["two words", "it's", "", "$HOME `x` \\n", "\"", "a\nb", "~", "-x", "*", "\x01\u{e9}"];
    let all: Vec<&str> = ["new", "web", "--", &show].into_iter().chain(words).collect();
    assert_eq!(well(sv(&scene, &all)), "ok: web: made\n");
    let mut run = scene.command(scene.path("web/run"));
    run.env("OUT", scene.path("out"));
    let _running = scene.spawn(run);
    let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
    until("it has run", || scene.read("out") == expected);
}

#[test]
fn a_new_service_can_be_supervised_and_has_no_findings() {
    let scene = Scene::new();
    well(sv(&scene, &["new", "--log", "./web", "--", "sh", "-c", "echo hello; exec sleep 1000"]));
    let lint = well(sv(&scene, &["lint", "./web"]));
    assert_eq!(lint, "");
    let web = scene.service("web").supervise().running();
    until("it logs", || web.read("log/main/current").ends_with(" hello\n"));
    assert!(well(sv(&scene, &["check", "web"])).starts_with("ok: run: web: "));
}

#[test]
fn the_user_is_chpst_s() {
    let scene = Scene::new();
    well(sv(&scene, &["new", "web", "--user", "www-data:adm", "--", "webd", "--user", "x"]));
    assert_eq!(scene.read("web/run"), "#!/bin/sh\nexec chpst -u www-data:adm webd --user x\n");
    assert_eq!(scene.kind("web/run"), "file 0755");
    assert!(!scene.path("web/log").exists());
}

#[test]
fn nothing_is_overwritten() {
    let scene = Scene::new();
    scene.dir("web");
    scene.link("nowhere", "db");
    for name in ["web", "db", "web/"] {
        let done = sv(&scene, &["new", name, "--", "true"]);
        let expected = format!("fail: {name}: there is something of this name already\n");
        assert_eq!((done.code, done.out), (1, expected));
    }
    assert!(!scene.path("web/run").exists());
    assert!(!std::fs::read_dir(scene.path("")).unwrap().any(|entry| entry.unwrap().file_name() == ".web.new"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let scene = Scene::new();
    for (args, what) in [
        (&["new", ".web", "--", "true"][..], "this is no name"),
        (&["new", "web", "--", "-x"], "a command is no option"),
        (&["new", "web", "--user", "", "--", "true"], "a user has a name"),
        (&["new", "./no/web", "--", "true"], "unable to make it: file does not exist"),
    ] {
        let done = sv(&scene, args);
        assert!(done.code == 1 && done.out.contains(what), "{args:?}: {}", done.out);
    }
    for args in [&["new", "web"][..], &["new", "web", "--"], &["new", "--", "true"], &["new", "a", "b", "--", "true"]] {
        assert_eq!(sv(&scene, args).code, 100, "{args:?}");
    }
}
