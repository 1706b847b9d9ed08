//! SVSTATE: the state of services is kept apart from their directories, which may be read-only.

use crate::scene::service::{CATCHER, IDLE};
use crate::scene::*;
use std::ffi::OsString;
use std::process::Command;

/// One of our programs, told where the state is.
fn command(scene: &Scene, name: &str, args: &[&str]) -> Command {
    let mut command = told(scene, scene.command(program(name)));
    command.args(args);
    command
}

fn told(scene: &Scene, mut command: Command) -> Command {
    command.env("SVSTATE", scene.path("state")).env("SVDIR", scene.path("scan"));
    let mut path: OsString = program("runsv").parent().unwrap().into();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path);
    command
}

fn start(scene: &Scene, name: &str, args: &[&str]) -> Running {
    scene.spawn(command(scene, name, args))
}

fn sv(scene: &Scene, args: &[&str]) -> Done {
    scene.finish(command(scene, "sv", args))
}

fn linked(scene: &Scene, name: &str, run: &str) {
    scene.service(&format!("sv/{name}")).run(run);
    scene.dir("scan");
    scene.link(format!("../sv/{name}"), format!("scan/{name}"));
}

/// Whether both say it: the words, and `status`, which is written after them.
fn is(scene: &Scene, name: &str, wanted: &str) -> bool {
    let state = if wanted.starts_with("run") { 1 } else { 0 };
    let status = Status::unpack(&scene.bytes(format!("state/{name}/supervise/status")));
    scene.read(format!("state/{name}/supervise/stat")).trim_end() == wanted
        && status.is_some_and(|status| status.state == state)
}

#[track_caller]
fn until_stat(scene: &Scene, name: &str, wanted: &str) {
    until(&format!("{name} is {wanted}"), || is(scene, name, wanted));
}

#[test]
fn a_whole_tree_runs_where_nothing_can_be_written() {
    const TEST: &str = "a_whole_tree_runs_where_nothing_can_be_written";
    if !root() {
        return skip(TEST, "takes root to mount");
    }
    let scene = Scene::new();
    scene.dir("out");
    linked(&scene, "web", "touch here && echo writable; echo hello; exec sleep 1000");
    scene.script("sv/web/log/run", "exec cat >> ../../../out/log");
    linked(&scene, "job", "cd ../../out\n[ -p hold ] || mkfifo hold\nread -r code < hold; exit $code");
    scene.file("sv/job/essential", "");
    scene.file("sv/job/restart", "when never\n");
    let read_only = "for d in sv scan; do mount --bind $d $d && mount -o remount,ro,bind $d || exit 77; done";
    let script = format!("{read_only}; exec runsvdir --grace=100 scan");
    let mut unshare = told(&scene, scene.command("unshare"));
    unshare.args(["-m", "sh", "-c", &script]);
    let mut runsvdir = scene.spawn(unshare);
    let all = ["web", "web/log", "job"];
    until("all are up, or cannot be", || runsvdir.ended() || all.iter().all(|name| is(&scene, name, "run")));
    if runsvdir.ended() && runsvdir.end().code == 77 {
        return skip(TEST, "nothing can be mounted");
    }
    assert!(!scene.path("sv/web/supervise").exists() && !scene.path("sv/web/log/supervise").exists());
    let status = sv(&scene, &["status", "web"]);
    assert!(status.out.starts_with("run: web: (pid ") && status.out.contains("; run: log: (pid "), "{}", status.out);
    until("its life is in the log", || scene.read("out/log") == "hello\n");
    assert_eq!(sv(&scene, &["down", "web"]).code, 0);
    until_stat(&scene, "web", "down");
    assert_eq!(sv(&scene, &["up", "web"]).code, 0);
    until_stat(&scene, "web", "run");
    until("both lives are in the log", || scene.read("out/log") == "hello\nhello\n");
    assert_eq!(sv(&scene, &["exit", "web"]).code, 0);
    // `runsvdir` starts another `runsv`, as ever.
    until_stat(&scene, "web", "run");
    scene.send("out/hold", "7\n");
    assert_eq!(runsvdir.end().code, 7, "{}", runsvdir.err());
    let said = runsvdir.err();
    assert!(said.contains("runsvdir scan: warning: essential service job has ended, stopping all.\n"), "{said}");
    assert!(said.lines().all(|line| line.starts_with("touch: ") || line.starts_with("runsvdir ")), "{said}");
    until_stat(&scene, "web", "down");
}

#[test]
fn whichever_way_a_service_is_reached_its_state_is_the_same() {
    let scene = Scene::new();
    linked(&scene, "web-2", IDLE);
    scene.script("sv/web-2/log/run", "exec cat");
    scene.link("../sv/web-2", "scan/web");
    let _runsv = start(&scene, "runsv", &["scan/web"]);
    until_stat(&scene, "web-2", "run");
    until_stat(&scene, "web-2/log", "run");
    let absolute = scene.path("sv/web-2").display().to_string();
    for name in ["web", "web-2", "./scan/web", "./sv/../scan/web/", &absolute] {
        let status = sv(&scene, &["status", name]);
        assert!(status.out.starts_with("run: ") && status.out.contains("; run: log: "), "{name}: {}", status.out);
    }
    assert!(sv(&scene, &["status", "web/log", "./sv/web-2/log"]).out.lines().all(|line| line.starts_with("run: ")));
    let mut probe = command(&scene, "svprobe", &["fds", "--below", "1000"]);
    probe.current_dir(scene.path("scan/web"));
    let done = scene.finish(probe);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert_eq!(scene.kind("state/web-2/supervise"), "directory 0700");
}

#[test]
fn two_services_of_one_name_do_not_get_into_each_other_s_way_in_silence() {
    let scene = Scene::new();
    for place in ["a", "b"] {
        scene.service(&format!("{place}/web")).run(IDLE);
    }
    let mut first = start(&scene, "runsv", &["a/web"]);
    until_stat(&scene, "web", "run");
    let done = start(&scene, "runsv", &["b/web"]).end();
    let (home, owner) = (scene.path("state/web/supervise/lock"), scene.path("a/web"));
    let said = format!(
        "runsv b/web: fatal: unable to lock {}: the service {} has it, of the same name\n",
        home.display(),
        owner.display()
    );
    assert_eq!((done.code, done.err), (111, said));
    assert!(sv(&scene, &["status", "./a/web"]).out.starts_with("run: "));
    assert_eq!(sv(&scene, &["status", "./b/web"]).out, "fail: ./b/web: runsv not running\n");
    assert_eq!(sv(&scene, &["down", "./b/web"]).out, "fail: ./b/web: runsv not running\n");
    // Once it is free the other may have it.
    assert_eq!(sv(&scene, &["exit", "./a/web"]).code, 0);
    assert_eq!(first.end().code, 0);
    let _second = start(&scene, "runsv", &["b/web"]);
    until("it is up", || sv(&scene, &["status", "./b/web"]).out.starts_with("run: "));
    assert_eq!(sv(&scene, &["status", "./a/web"]).out, "fail: ./a/web: runsv not running\n");
    assert!(scene.read("state/web/supervise/journal").lines().count() >= 3, "what it tells of the past is kept");
}

#[test]
fn the_same_service_twice_is_said_as_ever_with_the_path_of_the_lock() {
    let scene = Scene::new();
    scene.service("web").run(IDLE);
    let _first = start(&scene, "runsv", &["web"]);
    until_stat(&scene, "web", "run");
    let done = start(&scene, "runsv", &["web"]).end();
    let lock = scene.path("state/web/supervise/lock");
    assert_eq!(done.err, format!("runsv web: fatal: unable to lock {}: temporary failure\n", lock.display()));
    assert_eq!(done.code, 111);
}

#[test]
fn a_service_has_one_supervisor_with_the_variable_and_without() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    let done = start(&scene, "runsv", &["web"]).end();
    assert_eq!(done.err, "runsv web: fatal: unable to lock ./supervise/lock: temporary failure\n");
    web.send("x");
    assert_eq!(web.end(), 0);
    // And the other way round, where there is a lock to be taken.
    let _runsv = start(&scene, "runsv", &["web"]);
    until_stat(&scene, "web", "run");
    let done = scene.start("runsv", &["web"]).end();
    assert_eq!(done.err, "runsv web: fatal: unable to lock supervise/lock: temporary failure\n");
}

#[test]
fn a_supervise_of_its_own_is_left_alone() {
    for link in [false, true] {
        let scene = Scene::new();
        scene.service("web").run(IDLE);
        match link {
            true => drop(scene.link("../elsewhere", "web/supervise")),
            false => drop(scene.file("web/supervise/status", "of old")),
        }
        let _runsv = start(&scene, "runsv", &["web"]);
        until_stat(&scene, "web", "run");
        assert!(sv(&scene, &["status", "./web"]).out.starts_with("run: "));
        assert!(!scene.path("elsewhere").exists());
        assert_eq!(scene.read("web/supervise/status"), if link { "" } else { "of old" });
    }
}

#[test]
fn a_logger_that_two_services_share_still_has_one_supervisor() {
    let scene = Scene::new();
    scene.service("shared").run("exec cat");
    for name in ["one", "two"] {
        scene.service(name).run(IDLE);
        scene.link("../shared", format!("{name}/log"));
    }
    let _one = start(&scene, "runsv", &["one"]);
    until_stat(&scene, "shared", "run");
    let two = start(&scene, "runsv", &["two"]);
    let lock = scene.path("state/shared/supervise/lock");
    let said = format!("runsv two: warning: unable to lock {}, waiting for it: temporary failure\n", lock.display());
    until("it says what it waits for", || two.err() == said);
}

#[test]
fn an_essential_service_that_is_met_for_the_first_time_is_watched() {
    let scene = Scene::new();
    linked(&scene, "job", CATCHER);
    scene.file("sv/job/essential", "");
    let mut runsvdir = start(&scene, "runsvdir", &["scan"]);
    until("it is up", || scene.read("sv/job/sent") == "up\n");
    scene.send("state/job/supervise/control", "o");
    until_stat(&scene, "job", "run, want down");
    scene.send("sv/job/hold", "7\n");
    let done = runsvdir.end();
    assert!(done.err.contains("essential service job has ended"), "{}", done.err);
}

#[test]
fn a_place_that_cannot_be_had_is_said() {
    let scene = Scene::new();
    scene.service("web").run(IDLE);
    let with = |program: &str, value: &str, args: &[&str]| {
        let mut command = command(&scene, program, args);
        command.env("SVSTATE", value);
        scene.finish(command)
    };
    let relative = with("runsv", "state", &["web"]);
    assert_eq!(relative.err, "runsv web: fatal: SVSTATE is not an absolute path\n");
    assert_eq!(relative.code, 111);
    assert_eq!(with("sv", "state", &["status", "./web"]).out, "warning: ./web: SVSTATE is not an absolute path\n");
    let missing = scene.path("not/there").display().to_string();
    let done = with("runsv", &missing, &["web"]);
    assert_eq!(done.err, format!("runsv web: fatal: unable to make {missing}/web/supervise: file does not exist\n"));
    // Nothing is as good as not set.
    let mut nothing = command(&scene, "runsv", &["web"]);
    nothing.env("SVSTATE", "");
    let _runsv = scene.spawn(nothing);
    until("it is in the service directory", || scene.read("web/supervise/stat") == "run\n");
}
