//! Locks.

use super::{as_root, chpst, is_fatal, says};
use crate::scene::{Scene, throughout, until};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// A chpst that holds a lock until its standard input ends, and has said so.
fn holder(scene: &Scene, option: &str) -> crate::scene::Running {
    nix::unistd::mkfifo(&scene.path("gate"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let running = scene.start("chpst", &[option, "lock", "sh", "-c", "echo held; read line < gate"]);
    until("the lock is held", || running.out() == "held\n");
    running
}

/// Lets the holder end.
fn release(scene: &Scene, mut holder: crate::scene::Running) {
    scene.send("gate", "go\n");
    assert_eq!(holder.end().code, 0);
}

#[test]
fn a_lock_file_is_made_for_nobody_else() {
    let scene = Scene::new();
    says(&chpst(&scene, &["-l", "lock", "true"]), "");
    let facts = scene.path("lock").metadata().unwrap();
    assert_eq!((facts.permissions().mode() & 0o777, facts.len()), (0o600, 0));
}

#[test]
fn the_content_of_a_lock_file_stays() {
    let scene = Scene::new();
    scene.file("lock", "content");
    says(&chpst(&scene, &["-L", "lock", "true"]), "");
    assert_eq!(scene.read("lock"), "content");
}

#[test]
fn a_lock_is_held_while_the_program_runs_and_not_after() {
    let scene = Scene::new();
    let holder = holder(&scene, "-l");
    is_fatal(&chpst(&scene, &["-L", "lock", "true"]), "unable to lock: lock: temporary failure");
    release(&scene, holder);
    says(&chpst(&scene, &["-L", "lock", "echo", "mine"]), "mine\n");
}

#[test]
fn one_that_does_not_wait_holds_it_just_the_same() {
    let scene = Scene::new();
    let holder = holder(&scene, "-L");
    is_fatal(&chpst(&scene, &["-L", "lock", "true"]), "unable to lock: lock: temporary failure");
    release(&scene, holder);
}

#[test]
fn one_that_waits_gets_it_in_the_end() {
    let scene = Scene::new();
    let holder = holder(&scene, "-l");
    let mut waiting = scene.start("chpst", &["-l", "lock", "echo", "mine"]);
    throughout("it waits", Duration::from_millis(100), || !waiting.ended());
    release(&scene, holder);
    says(&waiting.end(), "mine\n");
}

#[test]
fn the_lock_is_on_the_next_free_descriptor() {
    let scene = Scene::new();
    let done = chpst(&scene, &["-l", "lock", "readlink", "/proc/self/fd/3"]);
    says(&done, &format!("{}\n", scene.path("lock").display()));
}

#[test]
fn a_lock_file_that_cannot_be_opened() {
    let scene = Scene::new();
    let done = chpst(&scene, &["-l", "no/such", "true"]);
    is_fatal(&done, "unable to open lock: no/such: file does not exist");
}

#[test]
fn a_lock_is_taken_as_the_new_user() {
    if !as_root("a_lock_is_taken_as_the_new_user") {
        return;
    }
    let scene = Scene::new();
    scene.file("lock", "");
    std::fs::set_permissions(scene.path("lock"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let done = chpst(&scene, &["-u", "nobody", "-l", "lock", "true"]);
    is_fatal(&done, "unable to open lock: lock: access denied");
}
