//! How runsv starts, and what keeps it from starting.

use crate::scene::*;
use std::time::Duration;

/// What runsv says of a directory that it cannot serve.
#[track_caller]
fn refuses(scene: &Scene, dir: &str, message: &str) {
    let done = scene.run("runsv", &[dir]);
    assert_eq!((done.code, done.err), (111, format!("runsv {dir}: fatal: {message}\n")));
}

#[test]
fn without_a_directory_it_prints_its_usage() {
    let scene = Scene::new();
    let none: [&str; 0] = [];
    let done = scene.run("runsv", &none);
    let usage = format!("usage: {} dir\n\n", program("runsv").display());
    assert_eq!(done, Done { code: 1, out: String::new(), err: usage });
}

#[test]
fn with_two_directories_it_prints_its_usage() {
    let scene = Scene::new();
    let done = scene.run("runsv", &["a", "b"]);
    let usage = format!("usage: {} dir\n\n", program("runsv").display());
    assert_eq!(done, Done { code: 1, out: String::new(), err: usage });
}

#[test]
fn the_directory_is_missing() {
    refuses(&Scene::new(), "web", "unable to change to directory: file does not exist");
}

#[test]
fn the_directory_is_a_file() {
    let scene = Scene::new();
    scene.file("web", "");
    refuses(&scene, "web", "unable to change to directory: not a directory");
}

#[test]
fn the_directory_is_a_link_that_leads_to_itself() {
    let scene = Scene::new();
    scene.link("web", "web");
    refuses(&scene, "web", "unable to change to directory: symbolic link loop");
}

#[test]
fn the_directory_is_named_in_messages_as_it_was_given() {
    refuses(&Scene::new(), "./no//web/", "unable to change to directory: file does not exist");
}

#[test]
fn supervise_is_a_file() {
    let scene = Scene::new();
    scene.file("web/supervise", "");
    refuses(&scene, "web", "unable to open supervise/lock: not a directory");
}

#[test]
fn control_is_a_file() {
    let scene = Scene::new();
    scene.file("web/supervise/control", "");
    refuses(&scene, "web", "supervise/control exists but is not a fifo");
}

#[test]
fn control_is_a_directory() {
    let scene = Scene::new();
    scene.dir("web/supervise/control");
    refuses(&scene, "web", "supervise/control exists but is not a fifo");
}

#[test]
fn lock_is_a_directory() {
    let scene = Scene::new();
    scene.dir("web/supervise/lock");
    refuses(&scene, "web", "unable to open supervise/lock: is a directory");
}

#[test]
fn another_runsv_has_the_lock() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    let pid = web.pid();
    refuses(&scene, "web", "unable to lock supervise/lock: temporary failure");
    web.send("h");
    web.until_sent(&["HUP"]);
    assert_eq!(web.pid(), pid, "and the first is as it was");
}

#[test]
fn the_lock_of_the_log_service_is_waited_for() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts; exec sleep 1000").log("exec cat >> log");
    scene.dir("web/log/supervise");
    let held = scene.lock("web/log/supervise/lock");
    let _runsv = web.start();
    until("runsv has its first lock", || !scene.kind("web/supervise/lock").is_empty());
    throughout("nothing is started", Duration::from_millis(300), || web.lines("starts").is_empty());
    drop(held);
    web.until_stat("run");
    web.until_log_stat("run");
}

#[test]
fn supervise_is_made_for_its_owner_only() {
    let scene = Scene::new();
    let _web = scene.service("web").run(IDLE).log("exec cat").supervise().running();
    assert_eq!(scene.kind("web/supervise"), "directory 0700");
    assert_eq!(scene.kind("web/log/supervise"), "directory 0700");
}

#[test]
fn supervise_keeps_the_mode_that_it_has() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).file("supervise/lock", "");
    scene.mode("web/supervise", 0o751);
    let _web = web.supervise().running();
    assert_eq!(scene.kind("web/supervise"), "directory 0751");
}

#[test]
fn supervise_is_a_link_to_a_directory() {
    let scene = Scene::new();
    scene.dir("state/web");
    scene.link("../state/web", "web/supervise");
    let web = scene.service("web").run(IDLE).supervise().running();
    assert_eq!(scene.read("state/web/stat"), "run\n");
    assert_eq!(scene.read("state/web/pid"), format!("{}\n", web.pid().unwrap()));
}

#[test]
fn supervise_is_a_link_to_a_directory_still_to_be_made() {
    let scene = Scene::new();
    scene.dir("state");
    scene.link("../state/web", "web/supervise");
    let _web = scene.service("web").run(IDLE).supervise().running();
    assert_eq!(scene.kind("state/web"), "directory 0700");
    assert_eq!(scene.kind("web/supervise"), "link");
}

#[test]
fn supervise_is_a_link_into_a_missing_directory() {
    let scene = Scene::new();
    scene.link("../state/web", "web/supervise");
    refuses(&scene, "web", "unable to open supervise/lock: file does not exist");
    assert_eq!(scene.kind("state"), "", "only the last part is made");
}

#[test]
fn supervise_is_a_link_with_too_long_a_target() {
    let scene = Scene::new();
    scene.link("x/".repeat(128), "web/supervise");
    refuses(&scene, "web", "unable to readlink ./supervise: name too long");
}

#[test]
fn supervise_of_the_log_service_may_be_such_a_link_too() {
    let scene = Scene::new();
    scene.dir("state");
    scene.link("../../state/log", "web/log/supervise");
    let web = scene.service("web").run(IDLE).log("exec cat").supervise();
    web.until_log_stat("run");
    assert_eq!(scene.kind("state/log"), "directory 0700");
    assert_eq!(scene.read("state/log/stat"), "run\n");
}

#[test]
fn supervise_of_the_log_service_is_a_file() {
    let scene = Scene::new();
    scene.file("web/log/supervise", "");
    refuses(&scene, "web", "unable to open log/supervise/lock: not a directory");
}

#[test]
fn with_down_it_is_not_started() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts; exec sleep 1000").down().supervise();
    web.until_stat("down");
    web.send("p"); // a command that is obeyed shows that the first turn is over
    web.until_stat("down, paused");
    assert_eq!(web.read("starts"), "");
    assert_eq!(web.status().want, 'd');
}

#[test]
fn down_may_be_a_directory() {
    let scene = Scene::new();
    scene.dir("web/down");
    let web = scene.service("web").run(IDLE).supervise();
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
}

#[test]
fn down_may_not_be_a_dangling_link() {
    let scene = Scene::new();
    scene.link("nowhere", "web/down");
    let _web = scene.service("web").run(IDLE).supervise().running();
}

#[test]
fn down_is_looked_at_only_at_the_start() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    scene.file("web/down", "");
    web.release(0);
    until("it is up again", || web.lines("sent") == ["up", "up"]);
}

#[test]
fn log_is_a_file() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).file("log", "").supervise().running();
    assert_eq!(web.runsv.err(), "runsv web: warning: ./log: not a directory.\n");
}

#[test]
fn log_is_a_link_that_leads_to_itself() {
    let scene = Scene::new();
    scene.link("log", "web/log");
    let web = scene.service("web").run(IDLE).supervise().running();
    assert_eq!(web.runsv.err(), "runsv web: warning: unable to stat() ./log: : symbolic link loop\n");
}

#[test]
fn log_is_a_dangling_link() {
    let scene = Scene::new();
    scene.link("nowhere", "web/log");
    let web = scene.service("web").run(IDLE).supervise().running();
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn log_is_a_link_to_a_directory() {
    let scene = Scene::new();
    scene.script("logger/run", "exec cat > here");
    scene.link("../logger", "web/log");
    let _web = scene.service("web").run("echo hello; exec sleep 1000").supervise().running();
    until("the line is there", || scene.read("logger/here") == "hello\n");
}

#[test]
fn a_second_life_begins_where_the_first_ended() {
    let scene = Scene::new();
    let mut first = scene.service("web").run(IDLE).supervise().running();
    first.send("x");
    assert_eq!(first.end(), 0);
    let second = scene.service("web").supervise().running();
    second.send("p");
    second.until_stat("run, paused");
}

#[test]
fn directories_that_cannot_be_listed_will_do() {
    if !root() {
        return skip("directories_that_cannot_be_listed_will_do", "takes root to be another user");
    }
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log(IDLE);
    scene.mode(".", 0o755);
    for name in ["web", "web/log"] {
        nix::unistd::chown(&scene.path(name), Some(54321.into()), None).unwrap();
        scene.mode(name, 0o311);
    }
    let mut command = scene.command("setpriv");
    command.args(["--reuid=54321", "--clear-groups"]).arg(program("runsv")).arg("web");
    let web = web.supervise_by(command).running();
    web.until_log_stat("run");
}

#[test]
fn term_at_the_start_is_not_lost() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    web.runsv.signal(libc::SIGTERM);
    assert_eq!(web.end(), 0);
    assert_eq!(web.stat(), "down");
}
