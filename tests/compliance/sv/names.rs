//! Which directory a name means.

use super::*;

const OK: &str = "run: NAME: (pid 77) Ns\n";

/// From this directory, with this SVDIR, this name means the service.
#[track_caller]
fn finds(scene: &Scene, from: &str, svdir: &str, name: &str) {
    let mut command = scene.command(program("sv"));
    command.args(["status", name]).current_dir(scene.path(from)).env("SVDIR", svdir);
    let done = scene.finish(command);
    assert_eq!(ageless(&done.out), OK.replace("NAME", name));
}

/// A service at `services/web`, and an empty directory `elsewhere`.
fn web(scene: &Scene) -> Fake {
    scene.dir("elsewhere");
    scene.fake("services/web", Status::run(77))
}

#[test]
fn a_plain_name_is_in_svdir() {
    let scene = Scene::new();
    let _web = web(&scene);
    finds(&scene, "elsewhere", scene.path("services").to_str().unwrap(), "web");
}

#[test]
fn a_relative_svdir_is_in_the_working_directory() {
    let scene = Scene::new();
    let _web = web(&scene);
    finds(&scene, "elsewhere", "../services", "web");
}

#[test]
fn a_path_may_go_through_svdir() {
    let scene = Scene::new();
    let _web = web(&scene);
    finds(&scene, "elsewhere", scene.path("").to_str().unwrap(), "services/web");
}

#[test]
fn a_name_with_a_slash_first_is_a_path() {
    let scene = Scene::new();
    let _web = web(&scene);
    finds(&scene, "elsewhere", "/nowhere", scene.path("services/web").to_str().unwrap());
}

#[test]
fn a_name_with_a_dot_first_is_in_the_working_directory() {
    let scene = Scene::new();
    let _web = web(&scene);
    finds(&scene, "services", "/nowhere", "./web");
    finds(&scene, "elsewhere", "/nowhere", "../services/web");
    finds(&scene, "services/web", "/nowhere", ".");
}

#[test]
fn a_name_with_a_slash_last_is_in_the_working_directory() {
    let scene = Scene::new();
    let _web = web(&scene);
    finds(&scene, "services", "/nowhere", "web/");
}

#[test]
fn a_hidden_service_is_in_the_working_directory() {
    let scene = Scene::new();
    let _web = scene.fake("services/.web", Status::run(77));
    finds(&scene, "services", "/nowhere", ".web");
}

#[test]
fn a_log_service_has_a_name_of_its_own() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(88));
    let _log = scene.fake("web/log", Status::run(77));
    assert_eq!(sv(&scene, &["status", "web/log"]), says(0, "run: web/log: (pid 77) Ns\n"));
}

#[test]
fn a_link_is_as_good_as_a_directory() {
    let scene = Scene::new();
    let _web = web(&scene);
    scene.link("services/web", "alias");
    assert_eq!(sv(&scene, &["status", "alias"]), says(0, "run: alias: (pid 77) Ns\n"));
}

#[test]
fn several_are_handled_in_the_order_given() {
    let scene = Scene::new();
    let _services = [scene.fake("b", Status::run(1)), scene.fake("a", Status::run(2)), scene.fake("c", Status::run(3))];
    let out = "run: b: (pid 1) Ns\nrun: c: (pid 3) Ns\nrun: a: (pid 2) Ns\nrun: b: (pid 1) Ns\n";
    assert_eq!(sv(&scene, &["status", "b", "c", "a", "b"]), says(0, out));
}

#[test]
fn svdir_is_missing() {
    let scene = Scene::new();
    let mut command = command(&scene, &["status", "web"]);
    command.env("SVDIR", "/no/such/directory");
    let done = scene.finish(command);
    let out = "fail: web: unable to change to service directory: file does not exist\n";
    assert_eq!(done, says(1, out));
}
