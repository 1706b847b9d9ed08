//! What the program sees of the file system and of the network.

use super::{as_root, chpst, is_fatal, says};
use crate::scene::{Scene, skip};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

/// Whether mounts of one's own can be had here; says so if not.
fn can_mount(test: &str, scene: &Scene) -> bool {
    if !as_root(test) {
        return false;
    }
    scene.dir("probe");
    let done = chpst(scene, &["--ro", "probe", "true"]);
    if done.code != 0 {
        skip(test, &format!("cannot mount here: {}", done.err.trim()));
    }
    done.code == 0
}

#[test]
fn a_directory_is_made_for_a_user() {
    if !as_root("a_directory_is_made_for_a_user") {
        return;
    }
    let scene = Scene::new();
    let done =
        chpst(&scene, &["--umask", "077", "--mkdir", "a/b/c:2751::54321:54322", "--mkdir", "d:700:daemon", "true"]);
    says(&done, "");
    let facts = |path: &str| {
        let facts = scene.path(path).metadata().unwrap();
        (facts.permissions().mode() & 0o7777, facts.uid(), facts.gid())
    };
    assert_eq!(facts("a/b/c"), (0o2751, 54321, 54322));
    assert_eq!(facts("a/b"), (0o755, 0, 0));
    assert_eq!(facts("d"), (0o700, 1, 1));
    says(&chpst(&scene, &["--mkdir", "a/b/c:700:root", "true"]), "");
    assert_eq!(facts("a/b/c"), (0o700, 0, 0), "one that is there is changed");
}

#[test]
fn a_link_is_not_taken_for_a_directory() {
    if !as_root("a_link_is_not_taken_for_a_directory") {
        return;
    }
    let scene = Scene::new();
    let target = scene.dir("target");
    let before = target.metadata().unwrap().uid();
    scene.link("target", "link");
    let done = chpst(&scene, &["--mkdir", "link:777:daemon", "true"]);
    is_fatal(&done, "unable to make directory: link: not a directory");
    assert_eq!(target.metadata().unwrap().uid(), before);
}

#[test]
fn an_owner_that_nobody_knows() {
    let scene = Scene::new();
    let done = chpst(&scene, &["--mkdir", "x:700:no-such-user", "true"]);
    is_fatal(&done, "unknown user/group for directory: x");
    assert!(!scene.path("x").exists());
}

#[test]
fn a_path_is_read_only_for_the_program_alone() {
    let scene = Scene::new();
    if !can_mount("a_path_is_read_only_for_the_program_alone", &scene) {
        return;
    }
    scene.file("data/sub/file", "old");
    let done = chpst(&scene, &["--ro", "data", "sh", "-c", "echo new > data/sub/file || echo new > other"]);
    assert_eq!(done.code, 0);
    assert_eq!((scene.read("data/sub/file").as_str(), scene.read("other").as_str()), ("old", "new\n"));
    scene.file("data/sub/file", "newer");
    assert_eq!(scene.read("data/sub/file"), "newer", "it is as it was for everybody else");
}

#[test]
fn a_read_only_path_is_so_also_from_within() {
    let scene = Scene::new();
    if !can_mount("a_read_only_path_is_so_also_from_within", &scene) {
        return;
    }
    let here = scene.path("").display().to_string();
    for path in [here.as_str(), ".", "/"] {
        let done = chpst(&scene, &["--ro", path, "sh", "-c", "echo x 2>/dev/null > file && echo written"]);
        assert_eq!(done.out, "", "{path}");
        assert!(!scene.path("file").exists(), "{path}");
    }
}

#[test]
fn a_single_file_can_be_read_only_and_there_can_be_many() {
    let scene = Scene::new();
    if !can_mount("a_single_file_can_be_read_only_and_there_can_be_many", &scene) {
        return;
    }
    scene.file("one", "1");
    scene.file("two", "2");
    let shell = "for f in one two three; do (echo x > $f) 2>/dev/null && echo $f; done; true";
    says(&chpst(&scene, &["--ro", "one", "--ro", "two", "sh", "-c", shell]), "three\n");
}

#[test]
fn what_is_mounted_below_is_read_only_too() {
    let scene = Scene::new();
    if !can_mount("what_is_mounted_below_is_read_only_too", &scene) {
        return;
    }
    // /dev/shm or the like is a mount of its own in /dev on most hosts; /proc surely is one in /.
    let done = chpst(&scene, &["--ro", "/", "sh", "-c", "echo x 2>/dev/null > /proc/self/comm && echo written"]);
    assert_eq!(done.out, "");
}

#[test]
fn a_path_that_is_not_there_cannot_be_read_only() {
    let scene = Scene::new();
    if !can_mount("a_path_that_is_not_there_cannot_be_read_only", &scene) {
        return;
    }
    is_fatal(&chpst(&scene, &["--ro", "nowhere", "true"]), "unable to make read-only: nowhere: file does not exist");
}

#[test]
fn temporary_directories_of_ones_own() {
    let scene = Scene::new();
    if !can_mount("temporary_directories_of_ones_own", &scene) {
        return;
    }
    let name = format!("keepup-private-{}", std::process::id());
    let shell = format!("ls -A /tmp /var/tmp; echo x > /tmp/{name}; stat -c %a /tmp; ls /tmp");
    let done = chpst(&scene, &["--private-tmp", "-C", "/", "-u", ":54321:54321", "sh", "-c", &shell]);
    says(&done, &format!("/tmp:\n\n/var/tmp:\n1777\n{name}\n"));
    assert!(!std::path::Path::new("/tmp").join(name).exists(), "nobody else sees it");
}

#[test]
fn a_current_directory_that_is_covered_is_told() {
    let scene = Scene::new();
    if !can_mount("a_current_directory_that_is_covered_is_told", &scene) || !scene.path("").starts_with("/tmp") {
        return;
    }
    let done = chpst(&scene, &["--private-tmp", "true"]);
    let here = scene.path(".").canonicalize().unwrap().display().to_string();
    is_fatal(&done, &format!("unable to change directory: {here}: file does not exist"));
}

#[test]
fn a_directory_can_be_made_in_the_private_one() {
    let scene = Scene::new();
    if !can_mount("a_directory_can_be_made_in_the_private_one", &scene) {
        return;
    }
    let done =
        chpst(&scene, &["--private-tmp", "--mkdir", "/tmp/a/b:700:daemon", "-C", "/tmp/a", "stat", "-c", "%a %U", "b"]);
    says(&done, "700 daemon\n");
}

#[test]
fn a_new_root_can_be_read_only() {
    let scene = Scene::new();
    if !can_mount("a_new_root_can_be_read_only", &scene) {
        return;
    }
    // A root in which there is nothing but chpst: what it is asked for there fails because of --ro and nothing else.
    scene.dir("root");
    let mut copy = scene.command("cp");
    copy.arg(crate::scene::ours("chpst")).arg("root/chpst");
    assert_eq!(scene.finish(copy).code, 0);
    let inner = ["/chpst", "-l", "/lock", "/chpst", "--version"];
    let plain: Vec<&str> = ["-/", "root"].into_iter().chain(inner).collect();
    let done = chpst(&scene, &plain);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let read_only: Vec<&str> = ["-/", "root", "--ro", "/"].into_iter().chain(inner).collect();
    is_fatal(&chpst(&scene, &read_only), "unable to open lock: /lock: read-only file system");
}

#[test]
fn no_network_but_a_loopback() {
    let test = "no_network_but_a_loopback";
    if !as_root(test) {
        return;
    }
    let scene = Scene::new();
    let done =
        chpst(&scene, &["--net", "none", "-u", ":54321:54321", "cat", "/proc/self/net/dev", "/proc/self/net/fib_trie"]);
    if done.err.contains("unable to leave network") {
        return skip(test, done.err.trim());
    }
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let devices: Vec<&str> =
        done.out.lines().filter_map(|line| line.split_once(':').map(|(name, _)| name.trim())).collect();
    assert_eq!(devices.first(), Some(&"lo"));
    assert!(!devices.iter().any(|name| name.starts_with("eth")), "{devices:?}");
    assert!(done.out.contains("127.0.0.1"), "the loopback is up: {}", done.out);
}
