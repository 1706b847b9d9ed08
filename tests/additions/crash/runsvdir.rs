//! runsvdir and its successor.

use super::*;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Says if it is not alone.
fn build(scene: &Scene) {
    for name in NAMES {
        let run = "exec 9> alone; flock -n 9 || { echo twice >> lives; exit 1; }; echo $$ >> lives; exec sleep 1000";
        scene.service(&format!("sv/{name}")).run(run);
        scene.dir("scan");
        scene.link(format!("../sv/{name}"), format!("scan/{name}"));
    }
}

fn web<'a>(scene: &'a Scene, name: &str) -> Service<'a> {
    Service::of(scene, &format!("sv/{name}"))
}

fn runs(scene: &Scene, name: &str) -> bool {
    web(scene, name).stat() == "run"
}

/// One entry goes and comes back, one supervisor is killed, and it is told to leave.
fn live(scene: &Scene, runsvdir: &mut Running) {
    until_or_dead("all run", runsvdir, || NAMES.iter().all(|name| runs(scene, name)));
    if !runsvdir.ended() {
        scene.remove("scan/a");
        until_or_dead("one has left", runsvdir, || !scene.has_reader("sv/a/supervise/ok"));
        scene.link("../sv/a", "scan/a");
        until_or_dead("it is back", runsvdir, || runs(scene, "a"));
    }
    runsvdir.signal(libc::SIGHUP);
    until("it has left", || runsvdir.ended());
}

fn supervisors(scene: &Scene) -> usize {
    let is_one = |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "runsv\n");
    scene.processes().iter().filter(|pid| is_one(pid)).count()
}

fn attempt(call: &Call) {
    let scene = Scene::new();
    build(&scene);
    let path = format!("{}:/usr/bin:/bin", ours("runsv").parent().unwrap().display());
    let mut command = scene.killed_before(call, &ours("runsvdir"));
    command.arg("scan").env("PATH", &path);
    let mut first = scene.spawn(command);
    live(&scene, &mut first);
    assert!([111, -libc::SIGKILL].contains(&first.end().code));
    if !scene.path("scan/a").exists() {
        scene.link("../sv/a", "scan/a");
    }
    let mut command = scene.command(ours("runsvdir"));
    command.arg("scan").env("PATH", &path);
    let mut second = scene.spawn(command);
    // A supervisor that the first one has just told to leave leaves, and is started again.
    until("all run, each below one supervisor", || {
        NAMES.iter().all(|name| runs(&scene, name)) && supervisors(&scene) == NAMES.len()
    });
    let pid = keepup::exit::Pid::new(second.pid()).unwrap();
    until("signals are waited for", || keepup::sys::handover::awaits(pid, keepup::signal::Signal::HUP));
    second.signal(libc::SIGHUP);
    assert_eq!(second.end().code, 111);
    until("nobody is left", || scene.processes().is_empty());
    for name in NAMES {
        assert!(!web(&scene, name).lines("lives").contains(&"twice".to_owned()), "{name}");
    }
}

fn calls(scene: &Scene) -> Vec<Call> {
    build(scene);
    let mut command = scene.traced(&scene.path("log"), &[], &ours("runsvdir"));
    command.arg("scan").env("PATH", format!("{}:/usr/bin:/bin", ours("runsv").parent().unwrap().display()));
    let mut first = scene.spawn(command);
    live(scene, &mut first);
    scene.every_call("log")
}

#[test]
fn at_some_calls_a_successor_goes_on() {
    let scene = Scene::new();
    if can_trace("at_some_calls_a_successor_goes_on", &scene) {
        try_all("runsvdir", some(calls(&scene), 8), attempt);
    }
}

#[test]
#[ignore = "takes minutes: make faults"]
fn at_any_call_a_successor_goes_on() {
    let scene = Scene::new();
    if can_trace("at_any_call_a_successor_goes_on", &scene) {
        try_all("runsvdir", calls(&scene), attempt);
    }
}
