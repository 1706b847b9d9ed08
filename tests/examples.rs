//! The examples are what they say: service directories that can be run as they are, and a demo that leaves nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

mod scene;

use scene::{Running, Scene, program, skip, until, until_some};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn services() -> Vec<PathBuf> {
    let entries = fs::read_dir(examples().join("sv")).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// Those that the demo runs.
fn shown() -> Vec<String> {
    let suited = services().into_iter().filter(|path| !path.join("down").exists());
    suited.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The demo in a scene, in a process group of its own as in a terminal.
fn demo(scene: &Scene) -> Running {
    let bin = scene.dir("bin");
    for name in ["runsvdir", "runsv", "sv", "svlogd", "chpst", "svprobe"] {
        scene.link(program(name), bin.join(name));
    }
    let mut demo = scene.command(examples().join("demo"));
    demo.arg(bin).env("TMPDIR", scene.dir("tmp")).process_group(0);
    scene.spawn(demo)
}

/// Whether the programs are here that a test needs; if not, it is skipped.
fn runnable(test: &str, names: &[&str]) -> bool {
    let missing = names.iter().find(|name| !program(name).exists());
    missing.inspect(|name| skip(test, &format!("there is no {name}"))).is_none()
}

const SUITE: &[&str] = &["runsvdir", "runsv", "sv", "svlogd"];

#[test]
fn every_script_can_be_executed() {
    let mut scripts = Vec::new();
    for service in services() {
        for name in ["run", "finish", "check", "log/run"] {
            scripts.push(service.join(name));
        }
        assert!(service.join("run").exists(), "{} has no run", service.display());
        for entry in fs::read_dir(service.join("control")).into_iter().flatten() {
            scripts.push(entry.unwrap().path());
        }
    }
    for script in scripts.iter().filter(|path| path.exists()) {
        assert_eq!(fs::metadata(script).unwrap().permissions().mode() & 0o111, 0o111, "{}", script.display());
        assert!(fs::read(script).unwrap().starts_with(b"#!"), "{}", script.display());
    }
    assert!(scripts.len() > 20);
}

#[test]
fn the_demo_runs_every_service_that_is_suited_and_leaves_nothing() {
    if !runnable("the_demo_runs_every_service_that_is_suited_and_leaves_nothing", SUITE) {
        return;
    }
    let scene = Scene::new();
    let mut demo = demo(&scene);
    let place = until_some("the demo has a directory", || fs::read_dir(scene.path("tmp")).ok()?.next());
    let tree = place.unwrap().path().join("service");
    until("its commands are printed", || demo.out().contains("Ctrl-C here takes everything down"));
    assert!(demo.out().contains(&format!("export SVDIR={}", tree.display())));
    for name in shown() {
        let status = tree.join(&name).join("supervise/stat");
        until(&format!("{name} runs"), || fs::read_to_string(&status).is_ok_and(|text| text.starts_with("run")));
    }
    let log = tree.join("clock/log/main/current");
    until("the clock writes its log", || fs::metadata(&log).is_ok_and(|facts| facts.len() > 0));

    // What a terminal does at Ctrl-C: everybody in the foreground group hears it.
    nix::sys::signal::killpg(nix::unistd::Pid::from_raw(demo.pid()), nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(demo.end().code, 0, "{}", demo.err());
    assert!(demo.out().contains("workspace: ended by signal 15, cleaned up"), "{}", demo.out());
    until("nobody is left", || scene.processes().is_empty());
    assert_eq!(fs::read_dir(scene.path("tmp")).unwrap().count(), 0);
}

/// A service of the examples that is supervised, with our programs in its path.
fn supervised(scene: &Scene, name: &str) -> Running {
    supervised_with(scene, "sv", name, "0")
}

/// The same, from this directory of them, with a port.
fn supervised_with(scene: &Scene, directory: &str, name: &str, port: &str) -> Running {
    let mut copy = scene.command("cp");
    copy.args(["-R"]).arg(examples().join(directory).join(name)).arg(".");
    assert_eq!(scene.finish(copy).code, 0);
    let bin = scene.dir("bin");
    for program in ["runsv", "sv", "svprobe"] {
        scene.link(scene::ours(program), bin.join(program));
    }
    let mut runsv = scene.command("runsv");
    runsv.arg(name).env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    runsv.env("PORT", port);
    scene.spawn(runsv)
}

/// What `./check` of a supervised example exits with, and says.
fn checked(scene: &Scene, name: &str) -> scene::Done {
    checked_with(scene, name, "0")
}

fn checked_with(scene: &Scene, name: &str, port: &str) -> scene::Done {
    let mut check = scene.command("./check");
    check.env("PORT", port);
    let path = format!("{}:{}", scene.path("bin").display(), std::env::var("PATH").unwrap());
    check.current_dir(scene.path(name)).env("PATH", path);
    scene.finish(check)
}

#[test]
fn every_check_by_svprobe_is_well_while_its_service_is() {
    for (name, well) in [("leaky", "ok: memory: "), ("worker", "ok: cpu: "), ("heartbeat", "ok: file beat: ")] {
        let scene = Scene::new();
        let _runsv = supervised(&scene, name);
        until(&format!("{name} is well"), || checked(&scene, name).out.starts_with(well));
        let health = fs::read(examples().join("sv").join(name).join("health")).unwrap();
        assert_eq!(keepup::service::policy::health::parse(&health).mistakes, [], "{name}");
    }
}

/// What svprobe can check; each has an example in `checks/`.
fn checks() -> Vec<String> {
    let scene = Scene::new();
    let mut help = scene.command(scene::ours("svprobe"));
    help.arg("--help");
    let text = scene.finish(help).out;
    let listed = text.split_once("\nCommands:\n").unwrap().1.lines().map_while(|line| line.strip_prefix("  "));
    listed.filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "cert").map(str::to_owned).collect()
}

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

#[test]
fn every_check_that_there_is_has_an_example_of_one_line() {
    let there: Vec<String> = fs::read_dir(examples().join("checks"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut missing = checks();
    assert_eq!(there.len(), missing.len(), "{there:?}");
    missing.retain(|name| !there.contains(name));
    assert_eq!(missing, Vec::<String>::new());
    for name in there {
        let place = examples().join("checks").join(&name);
        for script in ["run", "check"] {
            let mode = fs::metadata(place.join(script)).unwrap().permissions().mode();
            assert_eq!(mode & 0o111, 0o111, "{name}/{script}");
        }
        let check = fs::read_to_string(place.join("check")).unwrap();
        let lines: Vec<&str> = check.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() == 1 && lines[0].starts_with(&format!("exec svprobe {name} ")), "{check}");
        let health = fs::read(place.join("health")).unwrap();
        assert_eq!(keepup::service::policy::health::parse(&health).mistakes, [], "{name}");
        assert_eq!(health.iter().filter(|byte| **byte == b'\n').count(), 1, "{name}");
    }
}

#[test]
fn every_example_of_a_check_is_well_while_its_service_is_and_not_afterwards() {
    let has_python = Scene::new().command("python3").arg("--version").output().is_ok();
    for name in checks() {
        if !has_python && ["http", "tcp", "unix"].contains(&name.as_str()) {
            skip("every_example_of_a_check_is_well_while_its_service_is_and_not_afterwards", "there is no python3");
            continue;
        }
        let (scene, port) = (Scene::new(), free_port());
        let _runsv = supervised_with(&scene, "checks", &name, &port);
        // What the machine is doing is not the service's fault.
        let usual = scene.read(format!("{name}/check"));
        if name == "load" || name == "disk" {
            let generous = usual.replace("--below 8 ", "--below 999 ").replace("95%", "100%");
            scene.script(format!("{name}/check"), generous);
        }
        let well = format!("ok: {name}");
        until(&format!("{name} is well"), || checked_with(&scene, &name, &port).out.starts_with(&well));
        scene.send(format!("{name}/supervise/control"), "d");
        until("it is down", || scene.read(format!("{name}/supervise/stat")).starts_with("down"));
        match name.as_str() {
            "load" | "disk" => continue, // the machine goes on
            "file" => {
                let shorter = usual.replace("--younger 10s", "--younger 100ms");
                scene.script("file/check", shorter);
            }
            _ => {}
        }
        until(&format!("{name} is not"), || checked_with(&scene, &name, &port).code != 0);
    }
}

#[test]
fn a_check_by_svprobe_sees_a_service_that_hangs_or_spins() {
    let scene = Scene::new();
    let _runsv = supervised(&scene, "worker");
    scene.send("worker/jobs", "spin\n");
    // On a machine that is busy testing it hardly gets the four fifths of a processor that it asks for.
    let check = scene.read("worker/check").replace("--below 80%", "--below 5%");
    scene.script("worker/check", check);
    until("it is seen to spin", || checked(&scene, "worker").out.starts_with("fail: cpu: "));

    let scene = Scene::new();
    let _runsv = supervised(&scene, "heartbeat");
    until("it beats", || checked(&scene, "heartbeat").code == 0);
    scene.send("heartbeat/supervise/control", "p");
    until("it has stopped", || checked(&scene, "heartbeat").out.starts_with("fail: file beat: changed "));
}

#[test]
fn the_demo_ends_with_its_scanner() {
    if !runnable("the_demo_ends_with_its_scanner", SUITE) {
        return;
    }
    let scene = Scene::new();
    let mut demo = demo(&scene);
    let scanner = || {
        let named = |pid: &i32| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default().starts_with(b"runsvdir\0");
        scene.processes().into_iter().find(named)
    };
    let pid = until_some("its runsvdir is there", scanner);
    until("a service is up", || demo.out().contains("web: ready"));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM).unwrap();
    assert_eq!(demo.end().code, 1);
    until("nobody is left", || scene.processes().is_empty());
    assert_eq!(fs::read_dir(scene.path("tmp")).unwrap().count(), 0);
}

#[test]
fn the_readme_shows_a_service_that_comes_back() {
    if !runnable("the_readme_shows_a_service_that_comes_back", &SUITE[..3]) {
        return;
    }
    let scene = Scene::new();
    let readme = fs::read_to_string(examples().join("../README.md")).unwrap();
    let shown = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    // A machine that is busy testing takes longer than a reader's.
    let shown = shown.replace("sleep 1\n", "sleep 3\n").replace("sleep 2\n", "sleep 6\n");
    let bin = scene.dir("bin");
    for name in ["runsvdir", "runsv", "sv"] {
        scene.link(program(name), bin.join(name));
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut shell = scene.command("sh");
    shell.args(["-e", "-c", &shown]).env("HOME", scene.dir("home")).env("PATH", path);
    let done = scene.finish(shell);
    let runs = done.out.lines().filter_map(|line| line.strip_prefix("run: hello: (pid "));
    let pids: Vec<&str> = runs.filter_map(|rest| rest.split(')').next()).collect();
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(pids.len() == 2 && pids[0] != pids[1], "{}", done.out);
}
