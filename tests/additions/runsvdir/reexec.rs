//! USR2: `runsvdir` becomes the program that is there now, and nobody below it notices.

use super::process_one::Container;
use super::*;
use crate::scene::service::Service;
use std::io::Read;

/// Copies of ours in the scene, which can be replaced.
fn install(scene: &Scene, name: &str, content: &[u8]) {
    scene.dir("bin");
    let fresh = scene.file("bin/fresh", content);
    scene.mode("bin/fresh", 0o755);
    fs::rename(fresh, scene.path(format!("bin/{name}"))).unwrap();
}

fn install_ours(scene: &Scene) {
    for name in ["runsvdir", "runsv"] {
        install(scene, name, &fs::read(ours(name)).unwrap());
    }
}

fn installed_path(scene: &Scene) -> OsString {
    [scene.path("bin").into_os_string(), std::env::var_os("PATH").unwrap_or_default()].join(std::ffi::OsStr::new(":"))
}

fn installed(scene: &Scene, args: &[&str]) -> Running {
    install_ours(scene);
    let mut command = scene.command(scene.path("bin/runsvdir"));
    command.args(args).env("PATH", installed_path(scene));
    scene.spawn(command)
}

/// One that is process 1 of a container.
fn installed_first(scene: &Scene, test: &str, args: &[&str]) -> Option<Container> {
    install_ours(scene);
    Container::of(scene, test, (scene.path("bin/runsvdir"), installed_path(scene)), args)
}

fn services(scene: &Scene, number: usize) {
    (0..number).for_each(|n| linked(scene, &format!("s{n}"), IDLE));
}

fn until_all_run(scene: &Scene, number: usize) {
    (0..number).for_each(|n| until_stat(scene, &format!("s{n}"), "run"));
}

fn pids(scene: &Scene, number: usize) -> Vec<String> {
    (0..number).map(|n| scene.read(format!("sv/s{n}/supervise/pid"))).collect()
}

fn sorted(mut pids: Vec<i32>) -> Vec<i32> {
    pids.sort_unstable();
    pids
}

/// What it was told when its program was replaced last: another one for each program. Read at once, since what is left of
/// an environment after a pause may be nothing: of a program that has been replaced meanwhile no more can be read.
fn generation(pid: i32) -> Option<Vec<u8>> {
    let mut environment = vec![0; 1 << 20];
    let length = fs::File::open(format!("/proc/{pid}/environ")).unwrap().read(&mut environment).unwrap();
    let mut variables = environment[..length].split(|byte| *byte == 0);
    variables.find(|variable| variable.starts_with(b"KEEPUP_HANDOVER=")).map(<[u8]>::to_vec)
}

/// Whether another program has got as far as to be told.
fn is_another(pid: i32, before: &Option<Vec<u8>>) -> bool {
    generation(pid).is_some_and(|now| Some(&now) != before.as_ref())
}

#[track_caller]
fn replace(runsvdir: &Running) {
    replace_process(&|| runsvdir.signal(libc::SIGUSR2), runsvdir.pid());
}

#[track_caller]
fn replace_first(scene: &Scene, container: &Container) {
    replace_process(&|| container.signal(scene, libc::SIGUSR2), container.first());
}

#[track_caller]
fn replace_process(signal: &dyn Fn(), pid: i32) {
    let before = generation(pid);
    signal();
    until("it was replaced", || is_another(pid, &before));
}

#[test]
fn its_children_stay_its_children() {
    let scene = Scene::new();
    services(&scene, 20);
    let runsvdir = installed(&scene, &["scan"]);
    until_all_run(&scene, 20);
    let supervisors = sorted(children(runsvdir.pid()));
    let before = pids(&scene, 20);
    install_ours(&scene);
    for _ in 0..3 {
        replace(&runsvdir);
    }
    until("it waits", || waits_without_end(runsvdir.pid()));
    assert_eq!(sorted(children(runsvdir.pid())), supervisors);
    assert_eq!(pids(&scene, 20), before);
    let program = fs::read_link(format!("/proc/{}/exe", runsvdir.pid())).unwrap();
    assert_eq!(program, scene.path("bin/runsvdir").canonicalize().unwrap());
    // It still does its work: one that dies is replaced, one that comes is started, one that goes is told.
    let victim = fs::read_link(format!("/proc/{}/cwd", supervisors[0])).unwrap();
    scene.signal_child(supervisors[0], runsvdir.pid(), libc::SIGKILL);
    until("another one supervises there", || {
        children(runsvdir.pid())
            .iter()
            .any(|pid| *pid != supervisors[0] && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|at| at == victim))
    });
    linked(&scene, "s20", IDLE);
    until_stat(&scene, "s20", "run");
    scene.remove("scan/s19");
    until_stat(&scene, "s19", "down");
    until("nobody supervises it", || children(runsvdir.pid()).len() == 20);
}

#[test]
fn deaths_meanwhile_are_heard_of() {
    let scene = Scene::new();
    services(&scene, 8);
    let runsvdir = installed(&scene, &["scan"]);
    until_all_run(&scene, 8);
    for _ in 0..10 {
        let before = generation(runsvdir.pid());
        let victim = until_some("there is one", || children(runsvdir.pid()).first().copied());
        runsvdir.signal(libc::SIGUSR2);
        scene.signal_child(victim, runsvdir.pid(), libc::SIGKILL);
        until("it was replaced", || is_another(runsvdir.pid(), &before));
        until("there are as many as before", || {
            let all = children(runsvdir.pid());
            all.len() == 8 && !all.contains(&victim)
        });
    }
    until_all_run(&scene, 8);
    assert_eq!(scene.lines("sv/s0/supervise/journal").iter().filter(|line| line.contains(" start ")).count(), 1);
}

#[test]
fn what_the_title_shows_goes_on() {
    let scene = Scene::new();
    linked(&scene, "web", "echo first words >&2; exec sleep 1000");
    let dots = format!("log: {}", ".".repeat(200));
    let runsvdir = installed(&scene, &["scan", &dots]);
    let title = || fs::read(format!("/proc/{}/cmdline", runsvdir.pid())).unwrap();
    let shows = |text: &str| String::from_utf8_lossy(&title()).contains(text);
    until("it is shown", || shows("first words"));
    let length = title().len();
    replace(&runsvdir);
    assert!(shows("first words"));
    linked(&scene, "later", "echo second words >&2; exec sleep 1000");
    until("both are shown", || shows("first words") && shows("second words"));
    assert_eq!(title().len(), length);
}

#[test]
fn a_stop_goes_on() {
    let scene = Scene::new();
    let gated = |name: &str| -> Service<'_> {
        scene
            .service(&format!("sv/{name}"))
            .run("trap 'read go < gate; exit 0' TERM; echo up > up; while :; do sleep 0.1; done")
    };
    let _ = gated("slow").file("needs", "base\n");
    linked(&scene, "base", IDLE);
    scene.link("../sv/slow", "scan/slow");
    let gate = scene.gate("sv/slow/gate");
    let mut runsvdir = installed(&scene, &["--grace", "100", "scan"]);
    until("it is up", || scene.path("sv/slow/up").exists());
    until_stat(&scene, "base", "run");
    runsvdir.signal(libc::SIGTERM);
    until_stat(&scene, "slow", "run, got TERM, want exit");
    replace(&runsvdir);
    throughout("what it needs is kept up", Duration::from_millis(200), || stat(&scene, "base") == "run");
    gate.open();
    assert_eq!(runsvdir.end().code, 0);
    assert_eq!(stat(&scene, "base"), "down");
}

#[test]
fn one_that_cannot_take_over_changes_nothing() {
    let scene = Scene::new();
    services(&scene, 2);
    let runsvdir = installed(&scene, &["scan"]);
    until_all_run(&scene, 2);
    let (before, supervisors) = (generation(runsvdir.pid()), sorted(children(runsvdir.pid())));
    let mut bad = vec![None, Some(b"#!/bin/sh\nexit 0\n".to_vec()), Some(b"nonsense".to_vec())];
    match theirs("runsvdir") {
        Some(path) => bad.push(Some(fs::read(path).unwrap())),
        None => skip("one_that_cannot_take_over_changes_nothing", "the original runsvdir is not installed"),
    }
    for (round, content) in bad.into_iter().enumerate() {
        match content {
            Some(content) => install(&scene, "runsvdir", &content),
            None => scene.remove("bin/runsvdir"),
        }
        runsvdir.signal(libc::SIGUSR2);
        until("it says why not", || {
            runsvdir.err().matches("runsvdir scan: warning: not replaced: ").count() == round + 1
        });
    }
    assert_eq!(generation(runsvdir.pid()), before);
    until("nobody else is left", || sorted(children(runsvdir.pid())) == supervisors);
    install_ours(&scene);
    replace(&runsvdir);
}

#[test]
fn those_that_were_adopted_stay_adopted() {
    let scene = Scene::new();
    services(&scene, 3);
    let mut first = installed(&scene, &["scan"]);
    until_all_run(&scene, 3);
    let before = pids(&scene, 3);
    let supervisors = sorted(children(first.pid()));
    first.signal(libc::SIGKILL);
    first.end();
    let mut second = installed(&scene, &["scan"]);
    let is_locked = || {
        let scan = fs::File::open(scene.path("scan")).unwrap();
        nix::fcntl::Flock::lock(scan, nix::fcntl::FlockArg::LockSharedNonblock).is_err()
    };
    until("it has adopted them", || is_locked() && waits_without_end(second.pid()));
    replace(&second);
    assert!(is_locked());
    assert_eq!((pids(&scene, 3), children(second.pid())), (before, vec![]));
    scene.signal(supervisors[0], libc::SIGKILL);
    let is_adopted = |n: &i32| scene.read(format!("sv/s{n}/supervise/journal")).contains(" adopted ");
    until("there is one of its own, with the service", || {
        children(second.pid()).len() == 1 && (0..3).any(|n| is_adopted(&n))
    });
    second.signal(libc::SIGHUP);
    assert_eq!(second.end().code, 111);
    (0..3).for_each(|n| until_stat(&scene, &format!("s{n}"), "down"));
}

#[test]
fn sv_replaces_all_of_them() {
    let scene = Scene::new();
    services(&scene, 5);
    let runsvdir = installed(&scene, &["scan"]);
    until_all_run(&scene, 5);
    let (before, services) = (generation(runsvdir.pid()), pids(&scene, 5));
    install_ours(&scene);
    let mut sv = scene.command(ours("sv"));
    sv.args(["-w", "60", "reexec"]).env("SVDIR", scene.path("scan"));
    let done = scene.finish(sv);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert_eq!(lines[5], format!("ok: runsvdir {}: replaced", runsvdir.pid()));
    assert!(is_another(runsvdir.pid(), &before));
    assert_eq!(pids(&scene, 5), services);
}

/// What `make upgrade` does to a thousand.
#[test]
fn the_upgrade_of_a_few_services_is_told_with_figures() {
    let scene = Scene::new();
    let mut script = scene.command(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/upgrade.sh"));
    script.arg("5").env("BIN", ours("runsvdir").parent().unwrap()).env("TMPDIR", scene.path("."));
    let done = scene.finish(script);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(done.out.contains("6 programs have replaced themselves"), "{}", done.out);
    assert!(done.out.contains("none of them missing"), "{}", done.out);
}

#[test]
#[ignore = "a thousand services: make upgrade does the same with figures"]
fn a_thousand_services_notice_nothing() {
    let scene = Scene::new();
    services(&scene, 1000);
    let runsvdir = installed(&scene, &["scan"]);
    until_all_run(&scene, 1000);
    let (supervisors, before) = (sorted(children(runsvdir.pid())), pids(&scene, 1000));
    install_ours(&scene);
    let mut sv = scene.command(ours("sv"));
    sv.args(["-w", "100", "reexec"]).env("SVDIR", scene.path("scan"));
    let done = scene.finish(sv);
    assert_eq!((done.code, done.out.lines().count()), (0, 1001), "{}", done.err);
    assert_eq!((sorted(children(runsvdir.pid())), pids(&scene, 1000)), (supervisors, before));
}

/// One of each kind, all of them replaced while some are in the middle of something.
#[test]
fn services_of_every_kind_go_on_together() {
    let scene = Scene::new();
    let note = "echo $$ >> lives; exec sleep 1000";
    let gate = {
        linked(&scene, "base", "echo $$ >> lives; read go < gate; echo >&4; exec sleep 1000");
        scene.file("sv/base/ready", "fd 4\ntimeout 1h\n");
        scene.gate("sv/base/gate")
    };
    scene.file("sv/waits/needs", "base\n");
    linked(&scene, "waits", note);
    scene.script("sv/logs/log/run", "echo $$ >> ../log-lives; exec cat > /dev/null");
    scene.script("sv/logs/errlog/run", "echo $$ >> ../log-lives; exec cat > /dev/null");
    linked(&scene, "logs", note);
    scene.file("sv/listens/listen", format!("unix {}\n", scene.path("sock").display()));
    scene.file("sv/listens/stdin", "");
    scene.file("sv/listens/lock-fd", "7\n");
    linked(&scene, "listens", note);
    scene.file("sv/checked/health", "every 50ms fail 3/3 then restart\n");
    scene.script("sv/checked/check", "exit 0");
    linked(&scene, "checked", note);
    scene.file("sv/down/down", "");
    linked(&scene, "down", note);
    let runsvdir = installed(&scene, &["scan"]);
    let lives = || ["base", "logs", "listens", "checked"].map(|name| scene.lines(format!("sv/{name}/lives")));
    until("all have begun", || lives().iter().all(|lives| lives.len() == 1));
    until("both loggers have", || scene.lines("sv/logs/log-lives").len() == 2);
    until("one waits", || scene.read("sv/waits/supervise/journal").contains(" waiting "));
    until_stat(&scene, "down", "down");
    let before = (lives(), scene.lines("sv/logs/log-lives"), sorted(children(runsvdir.pid())));
    for _ in 0..3 {
        let mut sv = scene.command(ours("sv"));
        sv.args(["-w", "60", "reexec"]).env("SVDIR", scene.path("scan"));
        let done = scene.finish(sv);
        assert_eq!((done.code, done.out.lines().count()), (0, 7), "{}{}", done.out, done.err);
    }
    assert_eq!((lives(), scene.lines("sv/logs/log-lives"), sorted(children(runsvdir.pid()))), before);
    assert!(scene.lines("sv/waits/lives").is_empty() && scene.lines("sv/down/lives").is_empty());
    std::os::unix::net::UnixStream::connect(scene.path("sock")).unwrap();
    gate.open();
    until("what it waited for is ready", || scene.lines("sv/waits/lives").len() == 1);
    scene.send("sv/down/supervise/control", "u");
    until("it is up", || scene.lines("sv/down/lives").len() == 1);
    runsvdir.signal(libc::SIGHUP);
    until("nobody is left", || scene.processes().is_empty());
    let ends = |name: &str| scene.read(format!("sv/{name}/supervise/journal")).matches(" exit ").count();
    for name in ["base", "logs", "listens", "checked", "waits", "down"] {
        assert_eq!((ends(name), stat(&scene, name).as_str()), (1, "down"), "{name}");
    }
}

#[test]
fn process_1_replaces_itself() {
    let scene = Scene::new();
    services(&scene, 5);
    // Its parent ends at once: it is process 1 who looks after it.
    let orphan =
        "(setsid sh -c 'trap \"echo told >> orphan; exit 0\" TERM; echo up > orphan; while :; do sleep 0.05; done' &)";
    linked(&scene, "far", &format!("{orphan}; exec sleep 1000"));
    let Some(mut container) = installed_first(&scene, "process_1_replaces_itself", &["scan"]) else { return };
    until_all_run(&scene, 5);
    until("the orphan is up", || scene.read("sv/far/orphan") == "up\n");
    until_stat(&scene, "far", "run");
    let (before, below) = (pids(&scene, 5), sorted(children(container.first())));
    install_ours(&scene);
    for _ in 0..3 {
        replace_first(&scene, &container);
    }
    let program = fs::read_link(format!("/proc/{}/exe", container.first())).unwrap();
    assert_eq!(program.file_name(), Some("runsvdir".as_ref()));
    assert!(!program.display().to_string().contains("deleted"));
    assert_eq!((pids(&scene, 5), sorted(children(container.first()))), (before, below));
    // It still reaps whoever comes to it, and starts again who is killed.
    let supervisors = || {
        let is_one = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "runsv\n");
        children(container.first()).into_iter().filter(is_one).collect::<Vec<_>>()
    };
    let killed = supervisors()[0];
    scene.signal(killed, libc::SIGKILL);
    let zombies = || children(container.first()).iter().any(|pid| process_state(Some(*pid)) == Some('Z'));
    let is_replaced = || supervisors().len() == 6 && !supervisors().contains(&killed);
    until("another one is there, and nobody is a zombie", || is_replaced() && !zombies());
    linked(&scene, "later", IDLE);
    until_stat(&scene, "later", "run");
    container.signal(&scene, libc::SIGTERM);
    assert_eq!(container.running.end().code, 0, "{}", container.running.err());
    assert_eq!(scene.lines("sv/far/orphan"), ["up", "told"]);
    (0..5).for_each(|n| assert_eq!(stat(&scene, &format!("s{n}")), "down"));
}

#[test]
fn process_1_replaces_itself_while_it_stops() {
    let scene = Scene::new();
    linked(&scene, "slow", "trap 'read go < gate; exit 0' TERM; echo up > up; while :; do sleep 0.05; done");
    scene.file("sv/slow/needs", "base\n");
    linked(&scene, "base", IDLE);
    let gate = scene.gate("sv/slow/gate");
    let test = "process_1_replaces_itself_while_it_stops";
    let Some(mut container) = installed_first(&scene, test, &["--grace", "100", "scan"]) else { return };
    until("it is up", || scene.path("sv/slow/up").exists());
    until_stat(&scene, "base", "run");
    until_stat(&scene, "slow", "run");
    container.signal(&scene, libc::SIGTERM);
    until_stat(&scene, "slow", "run, got TERM, want exit");
    replace_first(&scene, &container);
    replace_first(&scene, &container);
    throughout("what it needs is kept up", Duration::from_millis(200), || stat(&scene, "base") == "run");
    gate.open();
    assert_eq!(container.running.end().code, 0);
    assert_eq!(stat(&scene, "base"), "down");
}

/// The end of process 1 is that of its container: what cannot take over must not be tried in earnest.
#[test]
fn process_1_goes_on_where_nothing_can_take_over() {
    let scene = Scene::new();
    services(&scene, 2);
    let test = "process_1_goes_on_where_nothing_can_take_over";
    let Some(mut container) = installed_first(&scene, test, &["scan"]) else { return };
    until_all_run(&scene, 2);
    let before = pids(&scene, 2);
    let bad = [None, Some(&b"#!/bin/sh\nexit 0\n"[..]), Some(b"nonsense")];
    for (round, content) in bad.into_iter().enumerate() {
        match content {
            Some(content) => install(&scene, "runsvdir", content),
            None => scene.remove("bin/runsvdir"),
        }
        container.signal(&scene, libc::SIGUSR2);
        until("it says why not", || {
            container.running.err().matches("runsvdir scan: warning: not replaced: ").count() == round + 1
        });
    }
    install_ours(&scene);
    replace_first(&scene, &container);
    assert_eq!(pids(&scene, 2), before);
    container.signal(&scene, libc::SIGTERM);
    assert_eq!(container.running.end().code, 0);
}
