//! `sv signal`

use super::*;
use crate::scene::service::{CATCHER, IDLE};

#[test]
fn one_that_has_a_command_goes_as_the_command() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::run(77));
    for (name, byte) in [("HUP", "h"), ("sigusr1", "1"), ("9", "k"), ("stop", "p")] {
        assert_eq!(well(sv(&scene, &["signal", name, "web"])), "");
        web.until_got(byte);
    }
}

#[test]
fn any_other_goes_to_the_process() {
    let scene = Scene::new();
    let catcher = CATCHER.replace("HUP INT", "WINCH HUP INT");
    let web = scene.service("web").run(&catcher).supervise().caught();
    assert_eq!(well(sv(&scene, &["signal", "WINCH", "web"])), "");
    web.until_sent(&["WINCH"]);
    assert_eq!(well(sv(&scene, &["signal", "usr2", "web"])), "");
    web.until_sent(&["USR2", "WINCH"]);
}

#[test]
fn a_stranger_is_left_alone() {
    let scene = Scene::new();
    // Of the number in the status there is a process, but not since then.
    let mut stranger = scene.spawn({
        let mut command = scene.command("sleep");
        command.arg("1000");
        command
    });
    let pid = stranger.pid();
    let _web = scene.fake("web", Status::run(pid as u32).since(500));
    let done = sv(&scene, &["signal", "WINCH", "web"]);
    assert_eq!((done.code, done.out), (1, format!("fail: web: process {pid} is not its own any more\n")));
    assert_eq!(sv(&scene, &["signal", "QUIT", "web"]).code, 0, "this one runsv sends");
    assert!(!stranger.ended());
}

#[test]
fn what_cannot_be_sent_is_told() {
    let scene = Scene::new();
    let _down = scene.service("down").down().run(IDLE).supervise();
    let done = sv(&scene, &["signal", "WINCH", "down", "nobody"]);
    assert_eq!(done.code, 2);
    assert!(done.out.starts_with("fail: down: it is not running\nfail: nobody: unable to change to "), "{}", done.out);
    for args in [&["signal"][..], &["signal", "HUP"], &["signal", "NOPE", "down"], &["signal", "0", "down"]] {
        assert_eq!(sv(&scene, args).code, 100, "{args:?}");
    }
}
