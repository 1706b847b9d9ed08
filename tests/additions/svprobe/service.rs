//! The processes of a service that is supervised.

use super::{cannot_tell, command, probe, says};
use crate::scene::{Done, IDLE, Scene, Service, ours, until};

/// A check that runs in a service's directory.
fn within(service: &Service<'_>, scene: &Scene, args: &[&str]) -> Done {
    let mut command = command(scene, args);
    command.current_dir(scene.path(service.name()));
    scene.finish(command)
}

/// The main process does nothing; its child holds this much.
const LARGE: &str = "[ -p hold ] || mkfifo hold
exec 3<> hold
dd if=/dev/zero of=hold bs=64M count=1 &
wait";

#[test]
fn memory_is_that_of_the_whole_tree() {
    let scene = Scene::new();
    let web = scene.service("web").run(LARGE).supervise().running();
    let below = |size| within(&web, &scene, &["memory", "--below", size]);
    until("the child has its memory", || below("64m").code == 1);
    let done = below("64m");
    assert!(
        done.out.starts_with("fail: memory: ") && done.out.ends_with(" in 2 processes is not below 64m\n"),
        "{}",
        done.out
    );
    let done = below("1g");
    assert_eq!(done.code, 0);
    assert!(done.out.starts_with("ok: memory: ") && done.out.ends_with(" in 2 processes, below 1g\n"), "{}", done.out);
}

#[test]
fn processor_time_is_that_of_the_whole_tree() {
    let scene = Scene::new();
    // Grandchildren that come and go: what they used is not lost.
    let busy = "while :; do sh -c 'i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done'; done & wait";
    let web = scene.service("web").run(busy).supervise().running();
    let done = within(&web, &scene, &["cpu", "--below", "2%", "--over", "1s"]);
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(done.out.starts_with("fail: cpu: ") && done.out.contains("% of a processor over "), "{}", done.out);
    assert_eq!(within(&web, &scene, &["cpu", "--below", "1000%", "--over", "100ms"]).code, 0);

    let idle = scene.service("idle").run(IDLE).supervise().running();
    let done = within(&idle, &scene, &["cpu", "--below", "50%", "--over", "600ms"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
}

#[test]
fn descriptors_are_those_of_the_process_that_has_most() {
    let scene = Scene::new();
    let child = "sh -c 'ulimit -Sn 20; exec 3<run 4<run 5<run 6<run 7<run; echo x > up; exec sleep 1000' & wait";
    let web = scene.service("web").run(child).supervise().running();
    until("the child has its files", || web.read("up") == "x\n");
    let pid =
        |done: &Done| done.out.split("process ").nth(1).and_then(|rest| rest.split([' ', ',']).next()?.parse().ok());
    let done = within(&web, &scene, &["fds", "--below", "8"]);
    assert!(
        done.out.starts_with("fail: fds: 8 open in process ") && done.out.ends_with(" is not below 8\n"),
        "{}",
        done.out
    );
    assert_ne!(pid(&done), web.pid());
    assert!(pid(&done).is_some());
    assert_eq!(within(&web, &scene, &["fds", "--below", "9"]).code, 0);
    let done = within(&web, &scene, &["fds", "--below", "40%"]);
    assert!(done.out.starts_with("fail: fds: 40% (8 of 20) open in process "), "{}", done.out);
    assert_eq!(within(&web, &scene, &["fds", "--below", "40.1%"]).code, 0);
}

#[test]
fn a_service_may_be_named() {
    let scene = Scene::new();
    let web = scene.service("service/web").run(IDLE).supervise().running();
    let named = |args: &[&str]| {
        let mut command = command(&scene, args);
        command.env("SVDIR", scene.path("service"));
        scene.finish(command)
    };
    let done = named(&["memory", "--below", "1g", "--service", "web"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.starts_with("ok: memory web: "), "{}", done.out);
    assert_eq!(named(&["--service", "./service/web", "fds", "--below", "1000"]).code, 0);
    // Paths are meant from its directory.
    says(&named(&["file", "run", "--service", "web"]), 0, "ok: file run: exists");
    let none = scene.path("service/none").display().to_string();
    let line = format!("memory none: unable to enter {none}: file does not exist");
    cannot_tell(&named(&["--service", "none", "memory", "--below", "1g"]), &line);

    web.send("d");
    web.until_status("down", |status| status.state == 0);
    cannot_tell(&within(&web, &scene, &["cpu", "--below", "1%"]), "cpu: it is down");
    web.send("x");
    drop(web);
    let line = "fds web: runsv not running";
    until("its supervisor has left", || !scene.has_reader("service/web/supervise/ok"));
    cannot_tell(&named(&["fds", "--below", "1%", "--service", "web"]), line);
    cannot_tell(
        &probe(&scene, &["memory", "--below", "1g"]),
        "memory: unable to open supervise/ok: file does not exist",
    );
}

#[test]
fn a_check_is_one_line() {
    let scene = Scene::new();
    let line = format!("exec {} memory --below \"$(cat limit)\"", ours("svprobe").display());
    let web = scene.service("web").run(IDLE).script("check", &line).file("limit", "1g").supervise().running();
    let check = |seconds| {
        let mut command = scene.command(ours("sv"));
        command.args(["-w", seconds, "check", "./web"]);
        scene.finish(command)
    };
    let done = check("50");
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    scene.file(web.at("limit"), "1k");
    assert_eq!(check("1").code, 1);
}
