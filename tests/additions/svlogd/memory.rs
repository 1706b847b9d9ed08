//! What it costs.

use crate::scene::logger::{Logger, directory};
use crate::scene::{Scene, until};
use std::time::Duration;

fn status(pid: i32, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_else(|| panic!("{field} in {text}"));
    line.trim_start_matches(':').split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_line_without_end_takes_no_memory() {
    for args in [&["d"][..], &["-tt", "d"], &["-j", "d"], &["-R", "x", "d"]] {
        let scene = Scene::new();
        directory(&scene, "d", "s1000000\nn2\n");
        let mut logger = Logger::start(&scene, args);
        let block = vec![b'x'; 1 << 20];
        (0..64).for_each(|_| logger.write(&block));
        let pid = logger.running.pid();
        until("it has been read", || logger.unread() == 0);
        let peak = status(pid, "VmHWM");
        assert!(peak < 3000, "{peak} KiB with {args:?}");
        assert_eq!(logger.end().code, 0);
    }
}

#[test]
fn idle_it_sleeps() {
    let scene = Scene::new();
    directory(&scene, "d", "t1h\n");
    let mut logger = Logger::start(&scene, &["-tt", "d"]);
    logger.write("x\n");
    until("it logs", || !scene.bytes("d/current").is_empty());
    let pid = logger.running.pid();
    let wakes = || status(pid, "voluntary_ctxt_switches");
    // The nap after the line, if there was one, is over.
    crate::scene::throughout("it settles", Duration::from_millis(300), || true);
    let before = wakes();
    crate::scene::throughout("it sleeps", Duration::from_millis(1500), || wakes() == before);
    assert_eq!(logger.end().code, 0);
}

#[test]
fn ten_thousand_small_writes() {
    let scene = Scene::new();
    directory(&scene, "d", "s0\n");
    let mut logger = Logger::start(&scene, &["-t", "d"]);
    (0..10_000).for_each(|n| logger.write(format!("line {n}\n")));
    until("they have been read", || logger.unread() == 0);
    let peak = status(logger.running.pid(), "VmHWM");
    assert!(peak < 3000, "{peak} KiB");
    assert_eq!(logger.end().code, 0);
    let lines = scene.lines("d/current");
    assert!(lines.iter().map(|line| &line[26..]).eq((0..10_000).map(|n| format!("line {n}"))));
    assert!(lines.is_sorted_by_key(|line| line[..25].to_owned()));
}
