//! Fifty services that need each other, and everything that may happen to them, for as long as asked: crashes, kills of
//! whatever a `runsv` has started, commands, checks that fail, edits of every policy file, whole and broken. Then nothing
//! more happens, and the journal of every service replays to exactly what its status says.

use crate::graph;
use crate::scene::*;
use std::path::PathBuf;
use std::time::Duration;
use watch::Watch;

mod chaos;
mod watch;

const SERVICES: usize = 50;

/// How many services need one another at most, from first to last.
const DEPTH: usize = 4;

/// Longer than anything that services do by themselves: delays, retries, checks, steps of a stop.
const QUIET: Duration = Duration::from_secs(4);

fn name(number: usize) -> String {
    format!("s{number:02}")
}

/// Each floor needs the one before it.
fn floor(number: usize) -> usize {
    number * DEPTH / SERVICES
}

/// Runs until it is killed, unless a file says that it crashes; half of them have a `finish`, some heed no TERM.
fn build(scene: &Scene) {
    for number in 0..SERVICES {
        let heeds = if number % 7 == 3 { "trap '' TERM; while :; do sleep 1; done" } else { "exec sleep 1000" };
        let mut service = scene.service(&format!("scan/{}", name(number)));
        service = service.run(&format!("[ ! -e crash ] || exit $(cat crash)\n(echo >&3) 2> /dev/null\n{heeds}"));
        service = service.script("check", "[ ! -e sick ]");
        if number % 2 == 0 {
            service = service.finish("[ ! -e done ] || exit 125");
        }
        if floor(number) > 0 {
            service.file("needs", &format!("{}\n", name(number - SERVICES / DEPTH)));
        }
    }
}

fn soak(span: Duration, seed: u64) {
    let scene = Scene::new();
    let mut random = Random::new(seed);
    build(&scene);
    let mut runsvdir = scene.spawn(graph::runsvdir(&scene));
    let supervised = |number| scene.has_reader(format!("scan/{}/supervise/ok", name(number)));
    until("all are supervised", || (0..SERVICES).all(supervised));
    let supervise = |number| -> PathBuf { scene.path(format!("scan/{}/supervise", name(number))) };
    let mut watches: Vec<Watch> = (0..SERVICES).map(|number| Watch::new(name(number), supervise(number))).collect();

    let began = crate::namespace::now();
    let mut done = 0;
    while began.elapsed() < span {
        for _ in 0..10 {
            chaos::something(&scene, &mut random, runsvdir.pid());
            done += 1;
            throughout("runsvdir lives", Duration::from_millis(5), || !runsvdir.ended());
        }
        watches.iter_mut().for_each(Watch::read);
    }
    chaos::end(&scene);
    quiet(&mut watches);
    watches.iter().for_each(Watch::agrees);
    let phases = watch::phases(&watches);

    chaos::stoppable(&scene);
    runsvdir.signal(libc::SIGTERM);
    let end = runsvdir.end();
    watches.iter_mut().for_each(Watch::read);
    watches.iter().for_each(Watch::agrees);
    assert_eq!(end.code, 0, "{}", end.err);
    assert!(!end.err.contains("panicked") && !end.err.contains("fatal"), "{}", end.err);
    let lines: u64 = watches.iter().map(Watch::lines).sum();
    println!("soak of {span:?}, seed {seed}: {done} things done, {lines} lines replayed, at the end {phases}");
}

/// Waits until nobody has written anything for so long that nobody will.
fn quiet(watches: &mut [Watch]) {
    let (mut before, mut since) = (0, crate::namespace::now());
    until("all is quiet", || {
        watches.iter_mut().for_each(Watch::read);
        let lines = watches.iter().map(Watch::lines).sum();
        if lines != before {
            (before, since) = (lines, crate::namespace::now());
        }
        since.elapsed() > QUIET
    });
}

#[test]
fn after_ten_seconds_every_journal_replays_to_its_status() {
    soak(Duration::from_secs(10), 1);
}

/// `make soak MINUTES=30`
#[test]
#[ignore = "takes as long as it is asked to"]
fn for_as_long_as_asked() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let minutes = number("KEEPUP_SOAK_MINUTES").unwrap_or(30);
    soak(Duration::from_secs(60 * minutes), number("KEEPUP_SOAK_SEED").unwrap_or(1));
}
