//! The words of `sv` that the original does not have.

mod enable;
mod held;
mod journal;
mod lint;
mod list;
mod needs;
mod new;
mod signal;
mod wait;
mod why;

use crate::scene::*;
use std::process::Command;

/// The command `sv`, with the scene as its directory of services.
fn command(scene: &Scene, args: &[&str]) -> Command {
    let mut command = scene.command(ours("sv"));
    command.args(args).env("SVDIR", scene.path("")).env_remove("COLUMNS").env_remove("NO_COLOR");
    command
}

fn sv(scene: &Scene, args: &[&str]) -> Done {
    scene.finish(command(scene, args))
}

/// What it printed; it has ended well and said nothing on standard error.
#[track_caller]
fn well(done: Done) -> String {
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    done.out
}

#[test]
fn they_are_spelled_out_and_no_init_script_knows_them() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    for words in [&["lis", "web"][..], &["lists", "web"]] {
        assert_eq!(sv(&scene, words).code, 100, "{words:?}");
    }
    scene.link(ours("sv"), "etc/web");
    for word in ["list", "wait", "journal", "needs", "why", "lint", "new", "signal"] {
        let mut script = scene.command(scene.path("etc/web"));
        script.arg(word).env("SVDIR", scene.path(""));
        assert_eq!(scene.finish(script).code, 2, "{word}");
    }
}

#[test]
fn wrong_calls_are_refused() {
    let scene = Scene::new();
    for words in [&["list", "-x"][..], &["list", "--what"]] {
        let done = sv(&scene, words);
        assert_eq!(done.code, 100, "{words:?}");
        assert!(done.err.contains("usage: sv list"), "{}", done.err);
        assert_eq!(done.out, "");
    }
}
