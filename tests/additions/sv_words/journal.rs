//! `sv journal`, and the reader that it shares with others.

use super::*;
use crate::scene::service::IDLE;
use keepup::service::journal::{BOUND, Cursor};
use keepup::supervise::reader::Reader;
use std::collections::BTreeSet;

/// The events that were printed, without their times.
fn events(out: &str) -> Vec<String> {
    out.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn it_shows_what_happened() {
    let scene = Scene::new();
    let web = scene.service("web").file("restart", "delay 1h\n").run("exit 3").supervise();
    web.until_lines("supervise/journal", 3);
    let out = well(sv(&scene, &["journal", "web"]));
    let events = events(&out);
    assert!(events[0].starts_with("start pid=") && events[0].ends_with(" starts=1"), "{out}");
    assert!(
        events.iter().any(|event| event.starts_with("exit pid=") && event.contains(" cause=exit code=3 ")),
        "{out}"
    );
    assert!(events.last().unwrap().starts_with("backoff delay="), "{out}");
    assert!(out.starts_with("20") && out.as_bytes()[10] == b'_', "{out}");
    let last = well(sv(&scene, &["journal", "-n1", "web"]));
    assert_eq!(last.lines().count(), 1);
    assert!(out.ends_with(&last));
    let json = well(sv(&scene, &["journal", "web", "-j"]));
    assert!(
        json.lines().next().unwrap().contains(r#"Z","service":"web","sequence":1,"event":"start","pid":"#),
        "{json}"
    );
}

#[test]
fn several_are_merged_by_time() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    web.until_lines("supervise/journal", 1);
    let db = scene.service("db").run(IDLE).supervise().running();
    db.until_lines("supervise/journal", 1);
    let out = well(sv(&scene, &["journal", "db", "web"]));
    let names: Vec<String> = events(&out).iter().map(|event| event.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["web", "db"], "{out}");
}

#[test]
fn it_follows_over_rotations() {
    let scene = Scene::new();
    let web = scene.service("web").run("exec sleep 1000").supervise().running();
    web.until_lines("supervise/journal", 1);
    let following = scene.spawn(command(&scene, &["journal", "-f", "-n", "0", "web"]));
    throughout("it waits", std::time::Duration::from_millis(50), || following.out().is_empty());
    // Full, so that the next line goes into a file of its own.
    let filler = scene.read("web/supervise/journal").lines().last().unwrap().to_owned();
    let (label, _) = filler.split_once(' ').unwrap();
    let many: String = (100..).map(|number| format!("{label} {number} novelty\n")).take(BOUND as usize / 30).collect();
    scene.file("web/supervise/journal", &many);
    assert!(many.len() as u64 > BOUND);
    well(sv(&scene, &["restart", "web"]));
    until("it shows the restart", || following.out().lines().any(|line| line.contains(" start pid=")));
    assert!(scene.path("web/supervise/journal.1").exists());
    let lines = following.out();
    let starts: Vec<&str> = lines.lines().filter(|line| line.contains(" start pid=")).collect();
    assert_eq!(starts.len(), 1, "{lines}");
}

#[test]
fn what_cannot_be_read_is_said_and_counted() {
    let scene = Scene::new();
    scene.dir("web");
    let done = sv(&scene, &["journal", "web", "nobody"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.starts_with("fail: web: unable to read supervise/journal: "), "{}", done.err);
    for args in [&["journal"][..], &["journal", "-n", "some", "web"]] {
        assert_eq!(sv(&scene, args).code, 100, "{args:?}");
    }
}

#[test]
fn a_reader_goes_on_where_another_has_ended() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    web.until_lines("supervise/journal", 1);
    let path = scene.path("web/supervise");
    let (mut first, mut cursor) = (Reader::default(), Cursor::START);
    let seen = first.read(&path, &mut cursor).unwrap();
    assert_eq!(seen.missed, 0);
    assert!(first.read(&path, &mut cursor).unwrap().lines.is_empty());
    let kept = cursor.to_string();
    well(sv(&scene, &["restart", "web"]));
    let mut cursor: Cursor = kept.parse().unwrap();
    let fresh = Reader::default().read(&path, &mut cursor).unwrap();
    let numbers: BTreeSet<u64> = seen.lines.iter().chain(&fresh.lines).map(|line| line.sequence).collect();
    assert_eq!(numbers.len(), seen.lines.len() + fresh.lines.len(), "none is seen twice");
    assert_eq!(numbers, (1..=numbers.len() as u64).collect(), "none is missing");
    assert!(!fresh.lines.is_empty());
}
