//! Names, looked up as the host looks them up.

use super::{as_root, chpst, is_fatal, says, tool};
use crate::scene::{Done, Scene, ours, skip};

/// Runs chpst on a host with this nsswitch.conf and this getent: in mounts of its own.
fn on_a_host(test: &str, scene: &Scene, nsswitch: &str, getent: &str, args: &[&str]) -> Option<Done> {
    let unshare = tool(test, "unshare")?;
    let getent_path = tool(test, "getent")?;
    if !as_root(test) {
        return None;
    }
    scene.file("nsswitch.conf", nsswitch);
    scene.script("getent", getent);
    let mut command = scene.command(unshare);
    let mounts = format!(
        "mount --bind nsswitch.conf /etc/nsswitch.conf && mount --bind getent {} || exit 99; exec \"$@\"",
        getent_path.display()
    );
    command.args(["-m", "sh", "-c", &mounts, "sh"]).arg(ours("chpst")).args(args);
    let done = scene.finish(command);
    if done.code == 99 {
        skip(test, "cannot mount here");
        return None;
    }
    Some(done)
}

const REMOTE: &str = "echo \"$@\" >> asked; case $3 in remote) echo 'remote:x:4321:4322::/:/bin/sh';; remotes) echo 'remotes:x:4323:';; \
                      *) exit 2;; esac";

#[test]
fn who_is_not_in_the_files_is_asked_of_getent() {
    let scene = Scene::new();
    let test = "who_is_not_in_the_files_is_asked_of_getent";
    let hosts = "passwd: files sss\ngroup: files sss\n";
    let Some(done) = on_a_host(test, &scene, hosts, REMOTE, &["-u", "remote", "sh", "-c", "id -u; id -G"]) else {
        return;
    };
    says(&done, "4321\n4322\n");
    assert_eq!(scene.read("asked"), "-- passwd remote\n");
    let done = on_a_host(test, &scene, hosts, REMOTE, &["-u", "remote:remotes:daemon", "id", "-G"]).unwrap();
    says(&done, "4323 1\n");
    let done = on_a_host(test, &scene, hosts, REMOTE, &["-u", "nobody:away", "id", "-u"]).unwrap();
    is_fatal(&done, "unknown user/group: nobody:away");
}

#[test]
fn the_files_answer_for_whom_they_know() {
    let scene = Scene::new();
    let test = "the_files_answer_for_whom_they_know";
    let Some(done) = on_a_host(test, &scene, "passwd: files sss\n", REMOTE, &["-u", "daemon", "id", "-un"]) else {
        return;
    };
    says(&done, "daemon\n");
    assert_eq!(scene.read("asked"), "", "nobody was asked");
}

#[test]
fn a_host_that_asks_others_first_is_followed() {
    let scene = Scene::new();
    let test = "a_host_that_asks_others_first_is_followed";
    let other = "echo 'daemon:x:777:778::/:'";
    let Some(done) = on_a_host(test, &scene, "passwd: sss files\n", other, &["-u", "daemon", "id", "-u"]) else {
        return;
    };
    says(&done, "777\n");
}

#[test]
fn a_host_with_files_alone_asks_nobody() {
    let scene = Scene::new();
    let test = "a_host_with_files_alone_asks_nobody";
    let Some(done) = on_a_host(test, &scene, "passwd: files\n", REMOTE, &["-u", "remote", "id"]) else { return };
    is_fatal(&done, "unknown user/group: remote");
    assert_eq!(scene.read("asked"), "");
}

#[test]
fn an_answer_about_somebody_else_is_no_answer() {
    let scene = Scene::new();
    let test = "an_answer_about_somebody_else_is_no_answer";
    let root = "echo 'root:x:0:0::/:/bin/sh'";
    for name in ["remote", "0", ""] {
        let Some(done) = on_a_host(test, &scene, "passwd: sss\n", root, &["-u", name, "id"]) else { return };
        is_fatal(&done, &format!("unknown user/group: {name}"));
    }
}

#[test]
fn a_getent_that_says_nothing_sensible_knows_nobody() {
    let scene = Scene::new();
    let test = "a_getent_that_says_nothing_sensible_knows_nobody";
    for getent in ["kill -9 $$", "exit 0", "echo remote", "echo 'remote:x:-1:-1::'", "echo 'remote:x:4294967296:0::'"] {
        let Some(done) = on_a_host(test, &scene, "passwd: sss\n", getent, &["-u", "remote", "id"]) else { return };
        is_fatal(&done, "unknown user/group: remote");
    }
}

#[test]
fn the_hosts_own_getent_is_asked_with_words_it_understands() {
    // With nothing but getent to go by, somebody whom every host knows.
    let test = "the_hosts_own_getent_is_asked_with_words_it_understands";
    let Some(getent) = tool(test, "getent") else { return };
    let scene = Scene::new();
    let real = format!("exec {} \"$@\"", scene.path("real").display());
    let mut copy = scene.command("cp");
    copy.arg(getent).arg("real");
    assert_eq!(scene.finish(copy).code, 0);
    let Some(done) = on_a_host(test, &scene, "passwd: db files\n", &real, &["-u", "daemon", "id", "-un"]) else {
        return;
    };
    says(&done, "daemon\n");
}

#[test]
fn a_number_that_would_wrap_to_root_is_refused() {
    let scene = Scene::new();
    for word in ["4294967296:1", "4294967295:1", "1:4294967296", "18446744073709551616:1"] {
        let done = chpst(&scene, &["-u", &format!(":{word}"), "id"]);
        is_fatal(&done, &format!("invalid uid/gids: {word}"));
    }
}
