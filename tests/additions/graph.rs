//! A thousand services that need each other, up in order and down in reverse. The order is read from their journals:
//! labels compare as text.

use crate::scene::*;
use std::collections::BTreeMap;
use std::process::Command;

/// How many there are on each floor; who is on one needs some of the floor above in this list.
const FLOORS: [usize; 4] = [10, 90, 300, 600];

/// How many inotify instances all of them share: far fewer than there are services that wait, as on a machine with the
/// usual limit of 128 for each user, and few enough to leave the other tests theirs.
const INSTANCES: usize = 16;

/// Whom each service needs, by its name.
type Graph = BTreeMap<String, Vec<String>>;

fn name(floor: usize, number: usize) -> String {
    format!("{}{number:03}", ["base", "store", "app", "front"][floor])
}

fn graph(random: &mut Random) -> Graph {
    let mut graph = Graph::new();
    for (floor, size) in FLOORS.into_iter().enumerate() {
        for number in 0..size {
            let mut needs = Vec::new();
            if let Some(below) = floor.checked_sub(1) {
                needs.extend((0..=random.below(3)).map(|_| name(below, random.below(FLOORS[below]))));
            }
            graph.insert(name(floor, number), needs);
        }
    }
    graph
}

/// Those who need others come first: whoever is started in the order of the directory finds nobody.
fn build(scene: &Scene, graph: &Graph) {
    for (service, needs) in graph.iter().rev() {
        let dir = scene.service(&format!("scan/{service}")).run(IDLE);
        match needs.is_empty() {
            true => dir.file("ready", "after 100ms\n"),
            false => dir.file("needs", &needs.join("\n")),
        };
    }
}

/// `runsvdir` where there are only so many inotify instances, if that can be had.
pub(crate) fn runsvdir(scene: &Scene) -> Command {
    let limit = format!("echo {INSTANCES} > /proc/sys/user/max_inotify_instances");
    let unshare = |script: &str| {
        let mut command = scene.command("unshare");
        command.args(["-Ur", "sh", "-c", script]);
        command
    };
    let few = scene.finish(unshare(&limit)).code == 0;
    let mut command = if few { unshare(&format!("{limit} && exec \"$0\" \"$@\"")) } else { scene.command("env") };
    let path = format!("{}:/usr/bin:/bin", program("runsv").parent().unwrap().display());
    command.arg(program("runsvdir")).args(["--grace=100", "scan"]).env("PATH", path);
    command
}

/// When a service ended, by the label in its journal.
fn exit(scene: &Scene, service: &str) -> String {
    let lines = scene.lines(format!("scan/{service}/supervise/journal"));
    let line = lines.iter().find(|line| line.split(' ').nth(2) == Some("exit"));
    line.and_then(|line| line.split(' ').next()).expect("all have ended").to_owned()
}

/// When the process of a service was forked, in hundredths of a second, as the kernel tells: a label is as old as the
/// turn in which a supervisor looks at others.
fn fork(scene: &Scene, service: &str) -> u64 {
    let pid = scene.read(format!("scan/{service}/supervise/pid"));
    let line = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap();
    line.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(19)).unwrap().parse().unwrap()
}

#[test]
fn a_thousand_services_come_up_in_order_and_go_down_in_reverse() {
    let scene = Scene::new();
    let graph = graph(&mut Random::new(7));
    assert_eq!(graph.len(), 1000);
    build(&scene, &graph);
    let (up, mut runsvdir) = timed(|| {
        let runsvdir = scene.spawn(runsvdir(&scene));
        for (floor, size) in FLOORS.into_iter().enumerate() {
            let runs = |number: &usize| scene.read(format!("scan/{}/supervise/stat", name(floor, *number))) == "run\n";
            let mut numbers = (0..size).peekable();
            until(&format!("floor {floor} is up"), || {
                while numbers.next_if(runs).is_some() {}
                numbers.peek().is_none()
            });
        }
        runsvdir
    });
    let forks: BTreeMap<_, _> = graph.keys().map(|service| (service, fork(&scene, service))).collect();
    let (down, code) = timed(|| {
        runsvdir.signal(libc::SIGTERM);
        runsvdir.end().code
    });
    println!("a thousand services: up in {up:?}, down in {down:?}");
    assert_eq!((code, runsvdir.err()), (0, String::new()));

    let exits: BTreeMap<_, _> = graph.keys().map(|service| (service, exit(&scene, service))).collect();
    let label = |service: &str, event: &str| {
        let lines = scene.lines(format!("scan/{service}/supervise/journal"));
        let line = lines.iter().find(|line| line.split(' ').nth(2) == Some(event)).unwrap();
        line.split(' ').next().unwrap().to_owned()
    };
    for (service, need) in graph.iter().flat_map(|(service, needs)| needs.iter().map(move |need| (service, need))) {
        let event = if need.starts_with("base") { "ready" } else { "start" };
        assert!(label(service, "start") > label(need, event), "label: {service} started before {need} {event}");
    }
    for (service, need) in graph.iter().flat_map(|(service, needs)| needs.iter().map(move |need| (service, need))) {
        assert!(forks[service] >= forks[need], "{service} was started before {need}");
        assert!(exits[service] < exits[need], "{service} ended after {need}");
    }
}
