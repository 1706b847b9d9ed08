//! What a supervisor may cost: there is one for each service. Pages, system calls and instructions are counted, which
//! are the same on every machine, never times.
//!
//! The limits are a little above what it is; whoever finds one broken has made each service of everybody dearer. The
//! programs are those that were built with the tests; `make footprint` looks at the release build, which is the one
//! that counts. A program that stands on a C library has no limits here.

#![allow(clippy::disallowed_methods)] // a service must have lived for a second

use crate::scene::service::IDLE;
use crate::scene::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Private dirty pages and page tables of an idle `runsv`, in KiB: 72 with the release build, where they move by two
/// pages with the place of data in its page; 192 with the other.
const MEMORY: Limit = Limit { release: 88, debug: 220 };
/// What its program has to write to, in bytes: 15,100 and 114,400.
const DATA: Limit = Limit { release: 20_000, debug: 140_000 };
/// System calls from the crash of a service to the wait for the next: 39 with either build, of which 13 look for files
/// that are not there.
const CRASH: usize = 41;
/// From a `t` to the wait after the next start: 44.
const RESTART: usize = 47;
/// Instructions from start to exit in thousands, with one life of a service: 84 and 477.
const INSTRUCTIONS: Limit = Limit { release: 105, debug: 620 };

/// A service that ends within a second is not started again at once, and where its directory was changed within two its
/// files are looked for again: nobody could tell whether they were changed once more.
const LONG_LIFE: Duration = Duration::from_millis(2500);

struct Limit {
    release: usize,
    debug: usize,
}

type Which = fn(&Limit) -> usize;

/// The program, and which of two limits is its own; nothing if it stands on a C library.
fn runsv(test: &str) -> Option<(PathBuf, Which)> {
    let asked = std::env::var_os("KEEPUP_FOOTPRINT_OF").map(|dir| Path::new(&dir).join("runsv"));
    let release = asked.is_some() || !cfg!(debug_assertions);
    let program = asked.unwrap_or_else(|| ours("runsv"));
    if !cfg!(ground) {
        skip(test, "runsv stands on a C library");
        return None;
    }
    Some((program, if release { |limit| limit.release } else { |limit| limit.debug }))
}

struct Segment {
    kind: u64,
    flags: u64,
    memory: u64,
}

const LOADED: u64 = 1;
const WRITABLE: u64 = 2;

/// The program headers of an ELF file of 64 bits.
fn segments(program: &Path) -> Vec<Segment> {
    let bytes = fs::read(program).unwrap();
    assert_eq!(&bytes[..5], b"\x7fELF\x02", "{}", program.display());
    let number = |at: usize, size: usize| {
        let digits = bytes[at..at + size].iter().rev();
        digits.fold(0u64, |value, byte| value << 8 | u64::from(*byte))
    };
    let (first, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    let at = (0..count).map(|i| (first + i * size) as usize);
    at.map(|at| Segment { kind: number(at, 4), flags: number(at + 4, 4), memory: number(at + 40, 8) }).collect()
}

fn number_in(path: String, name: &str) -> usize {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn pid_of(scene: &Scene) -> Option<i32> {
    fs::read_to_string(scene.path("a/supervise/pid")).ok()?.trim().parse().ok()
}

/// Waits for a life that is not this one.
fn next_life(scene: &Scene, last: i32) -> i32 {
    until_some("the next life", || pid_of(scene).filter(|pid| *pid != last))
}

fn crash(scene: &Scene, pid: i32) -> i32 {
    scene.signal(pid, libc::SIGKILL);
    next_life(scene, pid)
}

fn told_to_restart(scene: &Scene, pid: i32) -> i32 {
    scene.send("a/supervise/control", "t");
    next_life(scene, pid)
}

#[test]
fn an_idle_supervisor_has_few_pages_of_its_own() {
    let Some((program, of)) = runsv("an_idle_supervisor_has_few_pages_of_its_own") else { return };
    nix::unistd::sync(); // pages of a program just built would count as dirty
    let scene = Scene::new();
    scene.service("a").run(IDLE);
    let mut command = scene.command(&program);
    command.arg("a");
    let supervisor = scene.spawn(command);
    let first = next_life(&scene, 0);
    let second = crash(&scene, first);
    told_to_restart(&scene, second);
    let memory = until_still("its memory is what it stays", || {
        number_in(format!("/proc/{}/smaps_rollup", supervisor.pid()), "Private_Dirty:")
            + number_in(format!("/proc/{}/status", supervisor.pid()), "VmPTE:")
    });
    println!("memory: {memory} KiB");
    assert!(memory > 0 && memory <= of(&MEMORY), "{memory} KiB of its own, {} are enough", of(&MEMORY));
}

#[test]
fn the_program_has_little_to_write_to() {
    let Some((program, of)) = runsv("the_program_has_little_to_write_to") else { return };
    let segments = segments(&program);
    let writable = segments.iter().filter(|segment| segment.kind == LOADED && segment.flags & WRITABLE != 0);
    let data: u64 = writable.map(|segment| segment.memory).sum();
    println!("data: {data} bytes");
    assert!(data > 0 && data as usize <= of(&DATA), "{data} bytes of data, {} are enough", of(&DATA));
}

#[test]
fn a_restart_takes_few_system_calls() {
    let test = "a_restart_takes_few_system_calls";
    let Some((program, _)) = runsv(test) else { return };
    let Some(strace) = theirs("strace") else { return skip(test, "strace is not installed") };
    let scene = Scene::new();
    scene.service("a").run(IDLE);
    let mut command = scene.command(&strace);
    command.args(["-qq", "-o", "trace"]).arg(&program).arg("a");
    let mut tracer = scene.spawn(command);
    let first = until_some("it runs, or cannot be traced", || match tracer.ended() {
        true => Some(None),
        false => pid_of(&scene).map(Some),
    });
    let Some(first) = first else { return skip(test, &format!("cannot trace here: {}", tracer.err().trim())) };
    let (second, crash) = settled(&scene, || crash(&scene, first));
    let (_, restart) = settled(&scene, || told_to_restart(&scene, second));
    println!("system calls: {} for a crash, {} for a restart", crash.len(), restart.len());
    let told = |what: &str, calls: &[String]| format!("{what}: {} calls:\n{}", calls.len(), calls.join("\n"));
    assert!((5..=CRASH).contains(&crash.len()), "{}", told("crash", &crash));
    assert!((5..=RESTART).contains(&restart.len()), "{}", told("restart", &restart));
}

/// What was called from the start of something until all was quiet. A debug build asks of each descriptor whether it is
/// open before it closes it.
fn settled(scene: &Scene, work: impl FnOnce() -> i32) -> (i32, Vec<String>) {
    let calls = || {
        let lines = scene.lines("trace").into_iter();
        lines.filter(|line| !line.starts_with("fcntl(") && !line.starts_with("---")).collect::<Vec<_>>()
    };
    let waits = || calls().last().is_some_and(|last| last.starts_with("ppoll(") && !last.contains(") = "));
    until("it waits", waits);
    let since = Instant::now();
    until("it has been up for long enough to be started at once", || since.elapsed() > LONG_LIFE);
    let before = until_still("nothing is called any more", calls).len();
    let life = work();
    until("it waits again", waits);
    let after = until_still("nothing is called any more", calls);
    (life, after[before.min(after.len())..].to_vec())
}

#[test]
fn a_life_takes_few_instructions() {
    let test = "a_life_takes_few_instructions";
    let Some((program, of)) = runsv(test) else { return };
    let Some(valgrind) = theirs("valgrind") else { return skip(test, "valgrind is not installed") };
    let scene = Scene::new();
    scene.service("a").run(IDLE);
    let mut command = scene.command(&valgrind);
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(&program).arg("a");
    let mut counted = scene.spawn(command);
    let runs = || pid_of(&scene).is_some();
    until("it runs, or cannot be counted", || counted.ended() || runs());
    if !runs() {
        return skip(test, &format!("cannot count here: {}", counted.err().trim()));
    }
    scene.send("a/supervise/control", "x");
    let done = counted.end();
    let instructions =
        done.err.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<usize>().ok());
    let Some(instructions) = instructions else { return skip(test, &format!("cannot count here: {}", done.err)) };
    println!("instructions: {instructions}");
    assert!(instructions > 0 && instructions / 1000 <= of(&INSTRUCTIONS), "{instructions}");
}
