//! What keeps sv from knowing a service. Each is one line on standard output and counts one in the exit code.

use super::*;

/// What `sv status` says of a service that it cannot know; a command says the same.
#[track_caller]
fn complains(scene: &Scene, line: &str) {
    for command in ["status", "hup", "stop"] {
        assert_eq!(sv(scene, &["-w", "1", command, "web"]), says(1, &format!("{line}\n")), "{command}");
    }
}

#[test]
fn the_directory_is_missing() {
    complains(&Scene::new(), "fail: web: unable to change to service directory: file does not exist");
}

#[test]
fn the_directory_is_a_file() {
    let scene = Scene::new();
    scene.file("web", "");
    complains(&scene, "fail: web: unable to change to service directory: not a directory");
}

#[test]
fn the_directory_is_a_link_that_leads_to_itself() {
    let scene = Scene::new();
    scene.link("web", "web");
    complains(&scene, "fail: web: unable to change to service directory: symbolic link loop");
}

#[test]
fn it_was_never_supervised() {
    let scene = Scene::new();
    scene.dir("web");
    complains(&scene, "warning: web: unable to open supervise/ok: file does not exist");
}

#[test]
fn supervise_is_a_file() {
    let scene = Scene::new();
    scene.file("web/supervise", "");
    complains(&scene, "warning: web: unable to open supervise/ok: not a directory");
}

#[test]
fn runsv_is_not_running() {
    let scene = Scene::new();
    scene.fake("web", Status::run(77)).leave();
    complains(&scene, "fail: web: runsv not running");
}

#[test]
fn status_is_missing() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.remove("web/supervise/status");
    complains(&scene, "warning: web: unable to open supervise/status: file does not exist");
}

#[test]
fn status_is_empty() {
    let scene = Scene::new();
    let web = scene.fake("web", Status::run(77));
    web.says_bytes(b"");
    complains(&scene, "warning: web: unable to read supervise/status: bad format");
}

#[test]
fn status_is_that_of_daemontools() {
    let scene = Scene::new();
    let web = scene.fake("web", Status::run(77));
    web.says_bytes(&Status::run(77).pack()[..18]);
    complains(&scene, "warning: web: unable to read supervise/status: bad format");
}

#[test]
fn status_is_one_byte_too_short() {
    let scene = Scene::new();
    let web = scene.fake("web", Status::run(77));
    web.says_bytes(&Status::run(77).pack()[..19]);
    complains(&scene, "warning: web: unable to read supervise/status: bad format");
}

#[test]
fn control_is_missing() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.remove("web/supervise/control");
    let line = "warning: web: unable to open supervise/control: file does not exist\n";
    assert_eq!(sv(&scene, &["hup", "web"]), says(1, line));
    assert_eq!(sv(&scene, &["stop", "web"]), says(1, line));
    assert_eq!(sv(&scene, &["status", "web"]), says(0, "run: web: (pid 77) Ns\n"));
}

#[test]
fn the_others_are_handled_all_the_same() {
    let scene = Scene::new();
    let mut good = [scene.fake("a", Status::run(1)), scene.fake("c", Status::run(3))];
    let line = "fail: b: unable to change to service directory: file does not exist\n";
    assert_eq!(sv(&scene, &["hup", "a", "b", "c"]), says(1, line));
    assert_eq!((good[0].got().as_str(), good[1].got().as_str()), ("h", "h"));
    let out = format!("run: a: (pid 1) Ns\n{line}run: c: (pid 3) Ns\n");
    assert_eq!(sv(&scene, &["status", "a", "b", "c"]), says(1, &out));
}

#[test]
fn the_exit_code_counts_them() {
    let scene = Scene::new();
    assert_eq!(sv(&scene, &["status", "a", "b", "c"]).code, 3);
    assert_eq!(sv(&scene, &["up", "a", "b", "c", "d"]).code, 4);
}

#[test]
fn the_exit_code_counts_to_99() {
    let scene = Scene::new();
    let mut args = vec!["status"];
    args.resize(1 + 120, "nobody");
    assert_eq!(sv(&scene, &args).code, 99);
}

/// A command that ends the supervisor is content if there is none.
macro_rules! content {
    ($($name:ident: $word:literal;)*) => { mod without_runsv { use super::*; $(
        #[test]
        fn $name() {
            let scene = Scene::new();
            scene.fake("web", Status::run(77)).leave();
            assert_eq!(sv(&scene, &[$word, "web"]), says(0, "ok: web: runsv not running\n"));
        }
    )* } };
}

content! {
    exit_is_content: "exit";
    shutdown_is_content: "shutdown";
    force_shutdown_is_content: "force-shutdown";
    x_is_content: "x";
    e_is_content: "e";
    capital_x_is_content: "X";
    capital_e_is_content: "E";
}
