//! `cgroup/`: a control group for a service. What the kernel does is tested where there are control groups of version 2,
//! what it has no controllers for here on a directory that looks like one.

use crate::scene::service::{IDLE, Supervised};
use crate::scene::{Scene, process_state, program, root, skip, until, until_some};
use keepup::service::control_group::place;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the groups of services are on this machine, if we may make them.
pub(crate) fn groups(test: &str) -> Option<PathBuf> {
    let read = |path: &str| fs::read(path).unwrap_or_default();
    let place = place(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"));
    let place = place.map(|path| PathBuf::from(String::from_utf8(path).unwrap()));
    let made = |place: &PathBuf| {
        let probe = place.join(format!("keepup-test-{}-{test}", std::process::id()));
        let made = fs::create_dir(&probe).is_ok() && probe.join("cgroup.kill").exists();
        let _ = fs::remove_dir(probe);
        made
    };
    let place = place.filter(|place| root() && made(place));
    if place.is_none() {
        skip(test, "no control groups v2 can be made");
    }
    place
}

/// A name that no other test, and no other run of this one, has a group of. Its group goes with it: it must outlive the
/// scene.
pub(crate) struct Name(String);

pub(crate) fn name() -> Name {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    Name(format!("test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)))
}

impl Drop for Name {
    fn drop(&mut self) {
        let read = |path: &str| fs::read(path).unwrap_or_default();
        let Some(place) = place(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup")) else { return };
        let group = PathBuf::from(String::from_utf8(place).unwrap()).join(format!("keepup.{self}"));
        if !std::thread::panicking() {
            until("its group can be removed", || fs::remove_dir(&group).is_ok() || !group.exists());
        }
    }
}

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn group_of(pid: i32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or_default().to_owned()
}

#[track_caller]
pub(crate) fn until_said(service: &Supervised<'_>, what: &str) {
    until(&format!("it says {what:?}"), || service.runsv.err().contains(what));
}

/// A process far from the service: its parent is gone, its session is its own.
pub(crate) const FAR: &str = "(setsid sh -c 'echo $$ > far; exec sleep 1000' &)";

pub(crate) fn far(service: &Supervised<'_>) -> i32 {
    until_some("the far one tells who it is", || service.read("far").trim().parse().ok())
}

pub(crate) fn is_gone(pid: i32) -> bool {
    process_state(Some(pid)).is_none_or(|state| state == 'Z')
}

#[test]
fn run_is_in_its_own_group_with_its_limits_from_the_start() {
    let Some(groups) = groups("run_is_in_its_own_group_with_its_limits_from_the_start") else { return };
    let name = name();
    let scene = Scene::new();
    let mut web = scene
        .service(&name)
        .run(&format!("cat /proc/$$/cgroup > seen; {FAR}; exec sleep 1000"))
        .finish("cat /proc/$$/cgroup > finished")
        .file("cgroup/cgroup.max.descendants", "# at most\n7\n")
        .file("cgroup/.hidden", "is none")
        .supervise()
        .running();
    let group = groups.join(format!("keepup.{name}"));
    assert!(group_of(far(&web)).ends_with(&format!("/keepup.{name}")));
    assert!(web.read("seen").contains(&format!("/keepup.{name}\n")), "{}", web.read("seen"));
    assert_eq!(fs::read_to_string(group.join("cgroup.max.descendants")).unwrap(), "7\n");
    assert_eq!(web.runsv.err(), "");
    // Each start has it as new.
    scene.file(format!("{name}/cgroup/cgroup.max.descendants"), "");
    let first = far(&web);
    scene.signal(first, libc::SIGKILL);
    until("it is gone", || is_gone(first));
    web.send("t");
    until("it was made anew", || {
        fs::read_to_string(group.join("cgroup.max.descendants")).is_ok_and(|text| text == "max\n")
    });
    assert!(!web.read("finished").contains("keepup."), "what is run after it is not in it");
    let second = until_some("there is another far one", || Some(far(&web)).filter(|pid| *pid != first));
    scene.signal(second, libc::SIGKILL);
    until("it is gone", || is_gone(second));
    web.until_stat("run");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert!(!group.exists());
}

#[test]
fn without_the_directory_there_is_no_group() {
    let Some(groups) = groups("without_the_directory_there_is_no_group") else { return };
    let name = name();
    let scene = Scene::new();
    let web = scene.service(&name).run("cat /proc/$$/cgroup > seen; exec sleep 1000").supervise().running();
    web.until_lines("seen", 1);
    assert!(!web.read("seen").contains("keepup."));
    assert!(!groups.join(format!("keepup.{name}")).exists());
}

#[test]
fn all_is_the_whole_group_whoever_is_in_it() {
    let Some(groups) = groups("all_is_the_whole_group_whoever_is_in_it") else { return };
    let name = name();
    let scene = Scene::new();
    let web = scene.service(&name).run(&format!("{FAR}; exec sleep 1000")).file("stop", "TERM 10s\nKILL all\n");
    scene.dir(format!("{name}/cgroup"));
    let web = web.supervise().running();
    let far = far(&web);
    // One that no search among descendants would find.
    let mut stranger = scene.spawn({
        let mut command = scene.command("sleep");
        command.arg("1000");
        command
    });
    let members = groups.join(format!("keepup.{name}/cgroup.procs"));
    let mut moved = scene.command("sh");
    moved.args(["-c", &format!("echo {} > {}", stranger.pid(), members.display())]);
    assert_eq!(scene.finish(moved).code, 0);
    assert!(group_of(stranger.pid()).ends_with(&format!("/keepup.{name}")));
    web.send("d");
    web.until_stat("down");
    until("the far one is gone", || is_gone(far));
    assert_eq!(stranger.end().code, -libc::SIGKILL);
}

#[test]
fn a_limit_that_cannot_be_set_keeps_it_from_starting() {
    if groups("a_limit_that_cannot_be_set_keeps_it_from_starting").is_none() {
        return;
    }
    let names = [name(), name(), name(), name()];
    let scene = Scene::new();
    let refused = |name: &str, file: &str, content: &str, said: &str| {
        let web = scene.service(name).run("echo up > up; exec sleep 1000");
        let web = web.file(&format!("cgroup/{file}"), content).supervise();
        until_said(&web, said);
        assert_eq!((web.read("up").as_str(), web.stat().as_str()), ("", "down"));
        web
    };
    refused(&names[0], "no.such.file", "1", "unable to set ./cgroup/no.such.file: file does not exist\n");
    refused(&names[1], "cgroup.procs", "1", "./cgroup/cgroup.procs: no limit of a control group\n");
    let web =
        refused(&names[2], "cgroup.max.depth", "deep", "unable to set ./cgroup/cgroup.max.depth: invalid argument\n");
    // Put right, it is tried again by itself.
    scene.file(web.at("cgroup/cgroup.max.depth"), "3");
    web.until_stat("run");

    let web = scene.service(&names[3]).run(IDLE).file("cgroup", "no directory").supervise();
    until_said(&web, "unable to read ./cgroup: not a directory\n");
    assert_eq!(web.stat(), "down");
}

#[test]
fn of_two_services_of_one_name_only_one_has_the_group() {
    if groups("of_two_services_of_one_name_only_one_has_the_group").is_none() {
        return;
    }
    let name = name();
    let scene = Scene::new();
    let service = |place: &str| {
        let at = format!("{place}/{name}");
        scene.dir(format!("{at}/cgroup"));
        scene.service(&at).run(IDLE).file("cgroup/cgroup.max.depth", "3\n").supervise()
    };
    let one = service("a").running();
    let two = service("b");
    until_said(&two, &format!("keepup.{name}: temporary failure\n"));
    assert!(two.runsv.err().contains("unable to lock control group "));
    assert_eq!(two.stat(), "down");
    assert!(group_of(one.pid().unwrap()).ends_with(&*name));
}

/// The place of control groups, in which a directory of the scene looks like the group of a service.
fn pretended<'a>(scene: &'a Scene, test: &str, name: &str, files: &[(&str, &str)]) -> Option<Pretended<'a>> {
    let groups = groups(test)?;
    for (file, content) in files {
        scene.file(format!("groups/keepup.{name}/{file}"), content);
    }
    scene.dir("groups");
    let script = format!("mount --bind groups {} || exit 77; exec \"$@\"", groups.display());
    Some(Pretended { scene, script, name: name.to_owned() })
}

struct Pretended<'a> {
    scene: &'a Scene,
    script: String,
    name: String,
}

impl<'a> Pretended<'a> {
    fn supervise(&self) -> Supervised<'a> {
        let mut command = self.scene.command("unshare");
        command.args(["-m", "sh", "-c", &self.script, "sh"]).arg(program("runsv")).arg(&self.name);
        self.scene.service(&self.name).supervise_by(command)
    }
}

fn exits(web: &Supervised<'_>) -> Vec<String> {
    let lines = web.lines("supervise/journal");
    let exits = lines.iter().filter(|line| line.contains(" exit "));
    exits.map(|line| line.split(' ').find(|word| word.starts_with("cause=")).unwrap().to_owned()).collect()
}

#[test]
fn the_kernel_s_kill_for_want_of_memory_is_told_as_that() {
    let name = name();
    let scene = Scene::new();
    let files = [("cgroup.procs", ""), ("memory.max", ""), ("memory.events", "oom 4\noom_kill 4\n")];
    let test = "the_kernel_s_kill_for_want_of_memory_is_told_as_that";
    let Some(pretended) = pretended(&scene, test, &name, &files) else { return };
    scene.file("groups/cgroup.subtree_control", "");
    scene.service(&name).run(IDLE).file("cgroup/memory.max", "512m\n");
    let web = pretended.supervise().running();
    let events = format!("groups/keepup.{name}/memory.events");
    assert_eq!(scene.read("groups/cgroup.subtree_control"), "+memory");
    assert_eq!(scene.read(format!("groups/keepup.{name}/memory.max")), "512m");
    assert_eq!(scene.read(format!("groups/keepup.{name}/cgroup.procs")), "0");
    let kill = |before: usize| {
        web.until_stat("run");
        scene.signal(until_some("it runs", || web.pid()), libc::SIGKILL);
        until("its end is told", || exits(&web).len() > before);
        web.until_lines("supervise/journal", 2 * before + 3);
    };
    kill(0);
    scene.file(&events, "oom 9\noom_kill 5\n");
    kill(1);
    kill(2);
    assert_eq!(exits(&web), ["cause=signal", "cause=oom", "cause=signal"], "what happened in an earlier life is over");
    // An end that was asked for is one.
    web.until_stat("run");
    scene.file(&events, "oom_kill 6\n");
    web.send("k");
    until("its end is told", || exits(&web).len() == 4);
    assert_eq!(exits(&web)[3], "cause=asked");
}

#[test]
fn without_control_groups_all_is_still_everything_it_forked() {
    let (name, other) = (name(), name());
    let scene = Scene::new();
    let test = "without_control_groups_all_is_still_everything_it_forked";
    let Some(pretended) = pretended(&scene, test, &name, &[]) else { return };
    // Nothing can be made there.
    let nowhere = Pretended {
        scene: &scene,
        script: pretended.script.replace("--bind groups", "-t tmpfs -o ro none"),
        name: name.to_string(),
    };
    scene.service(&nowhere.name).run(&format!("{FAR}; exec sleep 1000")).file("stop", "TERM 10s\nKILL all\n");
    scene.dir(format!("{}/cgroup", nowhere.name));
    let web = nowhere.supervise().running();
    let far = far(&web);
    assert!(web.runsv.err().contains("unable to make control group "), "{}", web.runsv.err());
    web.send("d");
    web.until_stat("down");
    until("the far one is gone", || is_gone(far));
    // With a limit it must not run at all.
    scene.service(&other).run("echo up > up").file("cgroup/memory.max", "1g\n");
    let limited = Pretended { name: other.to_string(), ..nowhere }.supervise();
    until_said(&limited, "unable to make control group ");
    assert_eq!(limited.read("up"), "");
}

#[test]
fn memory_is_limited_where_there_is_the_controller() {
    const TEST: &str = "memory_is_limited_where_there_is_the_controller";
    let Some(groups) = groups(TEST) else { return };
    let enabled = fs::read_to_string(groups.join("cgroup.controllers")).unwrap_or_default();
    if !enabled.split_whitespace().any(|word| word == "memory") {
        return skip(TEST, "no controllers");
    }
    let name = name();
    let scene = Scene::new();
    let greedy = "tail -c 1g /dev/zero > /dev/null";
    let web = scene.service(&name).run(greedy).file("cgroup/memory.max", "32m\n").file("restart", "when never\n");
    let web = web.file("cgroup/memory.swap.max", "0\n").supervise();
    until("its end is told", || exits(&web) == ["cause=oom"]);
}
