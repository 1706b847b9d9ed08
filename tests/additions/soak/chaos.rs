//! Things that may happen to services.

use super::{DEPTH, SERVICES, floor, name};
use crate::scene::{Random, Scene};
use std::fs;

/// Policy files, each with what may be in it; some of it is wrong. What counts as a failure stays the same.
const POLICIES: &[(&str, &[&str])] = &[
    (
        "restart",
        &[
            "delay 100ms x2\nmax 1s\ngive-up 4 in 5s\nthen retry 2s\n",
            "when on-failure\ndelay 50ms +100ms\njitter 20%\n",
            "delay 200ms\ngive-up 3\n",
            "when never\n",
            "when sometimes\ndelay 300ms\n",
        ],
    ),
    ("ready", &["after 100ms\n", "check 100ms\ntimeout 2s\n", "fd 3\ntimeout 1s\n", "soon\n"]),
    ("health", &["every 200ms timeout 1s fail 2/3 then restart\n", "every 300ms fail 2 then alert\n", "every\n"]),
    ("stop", &["TERM group 300ms\nKILL all\n", "INT 200ms\nTERM 300ms\nKILL group\n", "TERM 500ms\nKILL\n"]),
    ("timeout-finish", &["500\n", "never\n"]),
];

const COMMANDS: &[&str] =
    &["u", "u", "u", "d", "o", "t", "t", "k", "h", "a", "i", "1", "2", "p", "c", "du", "tcu", "kd", "ud"];

const SIGNALS: &[i32] = &[libc::SIGKILL, libc::SIGKILL, libc::SIGTERM, libc::SIGSEGV, libc::SIGHUP, libc::SIGUSR1];

fn one<T: Copy>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len())]
}

/// Does one of them.
pub(super) fn something(scene: &Scene, random: &mut Random, runsvdir: i32) {
    let number = random.below(SERVICES);
    let service = format!("scan/{}", name(number));
    match random.below(20) {
        0..=5 => scene.try_to_send(format!("{service}/supervise/control"), one(random, COMMANDS)),
        6..=10 => kill(scene, random, runsvdir),
        11..=13 => edit(scene, random, &service),
        14 => need(scene, random, number),
        15 => mark(scene, random, &format!("{service}/crash"), "3"),
        16 => mark(scene, random, &format!("{service}/sick"), ""),
        17 => mark(scene, random, &format!("{service}/done"), ""),
        18 => sv(scene, random, &service),
        // Who needs nobody is started at once by its next supervisor.
        _ if floor(number) == 0 => scene.try_to_send(format!("{service}/supervise/control"), "x"),
        _ => {}
    }
}

/// Nothing makes a service fail any more, or holds one up.
pub(super) fn end(scene: &Scene) {
    for number in 0..SERVICES {
        for mark in ["crash", "sick", "done"] {
            let _ = fs::remove_file(scene.path(format!("scan/{}/{mark}", name(number))));
        }
        scene.try_to_send(format!("scan/{}/supervise/control", name(number)), "c");
    }
}

/// Everything can be stopped, also what heeds no TERM.
pub(super) fn stoppable(scene: &Scene) {
    for service in (0..SERVICES).map(|number| format!("scan/{}", name(number))) {
        replace(scene, &format!("{service}/stop"), "TERM 300ms\nKILL all\n");
        scene.try_to_send(format!("{service}/supervise/control"), "k");
    }
}

/// Some process that some `runsv` has started: a `run`, a `finish`, a check.
fn kill(scene: &Scene, random: &mut Random, runsvdir: i32) {
    let children = |pid: i32| -> Vec<i32> {
        let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        list.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect()
    };
    let supervisors = children(runsvdir);
    if supervisors.is_empty() {
        return;
    }
    let supervisor = one(random, &supervisors);
    let processes = children(supervisor);
    if !processes.is_empty() {
        scene.signal_child(one(random, &processes), supervisor, one(random, SIGNALS));
    }
}

fn edit(scene: &Scene, random: &mut Random, service: &str) {
    let (file, texts) = one(random, POLICIES);
    match random.below(4) {
        0 => drop(fs::remove_file(scene.path(format!("{service}/{file}")))),
        _ => replace(scene, &format!("{service}/{file}"), one(random, texts)),
    }
}

/// Other needs, of the floor below; never a circle.
fn need(scene: &Scene, random: &mut Random, number: usize) {
    let Some(below) = floor(number).checked_sub(1) else { return };
    let size = SERVICES / DEPTH;
    let names: String =
        (0..random.below(3)).map(|_| format!("{}\n", name(below * size + random.below(size)))).collect();
    replace(scene, &format!("scan/{}/needs", name(number)), &names);
}

fn replace(scene: &Scene, file: &str, text: &str) {
    let fresh = format!("{file}.new");
    scene.file(&fresh, text);
    scene.rename(&fresh, file);
}

/// There and gone again.
fn mark(scene: &Scene, random: &mut Random, file: &str, text: &str) {
    match random.below(2) {
        0 => drop(scene.file(file, text)),
        _ => drop(fs::remove_file(scene.path(file))),
    }
}

fn sv(scene: &Scene, random: &mut Random, service: &str) {
    let words = ["status", "list", "restart", "up", "down", "check"];
    let done = scene.run("sv", &["-w", "0", one(random, &words), &format!("./{service}")]);
    assert!(!done.err.contains("panicked"), "{}", done.err);
}
