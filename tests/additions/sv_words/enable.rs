//! `sv enable` and `sv disable`

use super::*;
use crate::scene::service::IDLE;

/// `sv` with a directory of services in the scene.
fn run(scene: &Scene, args: &[&str]) -> Done {
    let mut command = command(scene, args);
    command.env("SVDIR", scene.path("service"));
    scene.finish(command)
}

#[test]
fn a_link_is_made_and_removed() {
    let scene = Scene::new();
    scene.script("sv/web/run", IDLE);
    scene.file("sv/web/down", "");
    scene.dir("service");
    let target = scene.path("sv/web").canonicalize().unwrap();
    let out = well(run(&scene, &["enable", "./sv/web"]));
    assert_eq!(out, format!("ok: ./sv/web: enabled (link to {}, down removed)\n", target.display()));
    assert_eq!(std::fs::read_link(scene.path("service/web")).unwrap(), target);
    assert!(!scene.path("sv/web/down").exists());
    assert_eq!(well(run(&scene, &["enable", "./sv/web/"])), "ok: ./sv/web/: enabled\n");
    assert_eq!(well(run(&scene, &["enable", "web"])), "ok: web: enabled\n");
    let out = well(run(&scene, &["disable", "web"]));
    assert_eq!(out, format!("ok: web: disabled (link to {} removed)\n", target.display()));
    assert_eq!(scene.kind("service/web"), "");
    assert!(scene.path("sv/web/run").exists());
}

#[test]
fn a_directory_is_kept_down() {
    let scene = Scene::new();
    let web = scene.service("service/web").run(IDLE).supervise().running();
    assert_eq!(well(run(&scene, &["disable", "web"])), "ok: web: disabled (file down made, told to go down)\n");
    web.until_stat("down");
    assert!(scene.path("service/web/down").exists());
    assert_eq!(well(run(&scene, &["enable", "web"])), "ok: web: enabled (down removed, told to come up)\n");
    web.until_stat("run");
}

#[test]
fn nothing_else_is_touched() {
    let scene = Scene::new();
    scene.dir("service/web");
    scene.script("sv/web/run", IDLE);
    scene.dir("sv/empty");
    scene.file("service/file", "");
    for (args, what) in [
        (["enable", "./sv/web"], "the directory of services has another one of this name"),
        (["enable", "./sv/empty"], "has no run"),
        (["enable", "./sv/nobody"], "there is no ./sv/nobody"),
        (["enable", "no such service"], "there is no /etc/sv/no such service"),
        (["enable", "web/log"], "this is no name for a service"),
        (["disable", "nobody"], "unable to find it: file does not exist"),
        (["disable", "file"], "not a directory"),
        (["disable", ".."], "this is no name for a service"),
    ] {
        let done = run(&scene, &args);
        assert!(done.code == 1 && done.out.contains(what), "{args:?}: {}", done.out);
    }
    assert_eq!(run(&scene, &["enable"]).code, 100);
}

#[test]
fn in_an_init_script_and_cut_short_they_are_runit_s() {
    let scene = Scene::new();
    let mut web = scene.fake("service/web", Status::run(77));
    assert_eq!(run(&scene, &["enabl", "web"]).code, 0);
    web.until_got("x");
    assert_eq!(run(&scene, &["disabl", "web"]).code, 0);
    web.until_got("d");
    scene.link(ours("sv"), "etc/web");
    let mut script = scene.command(scene.path("etc/web"));
    script.arg("enable").env("SVDIR", scene.path("service"));
    assert_eq!(scene.finish(script).code, 0);
    web.until_got("x");
}
