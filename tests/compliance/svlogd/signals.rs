//! Signals.

use super::{mode, old, old_texts, until_says};
use crate::scene::logger::{Logger, directory, quiet};
use crate::scene::{Scene, until};

fn started(scene: &Scene, args: &[&str], config: &str) -> Logger {
    directory(scene, "d", config);
    let mut logger = Logger::start(scene, args);
    logger.write("one\n");
    until("it logs", || scene.read("d/current").ends_with("one\n"));
    logger
}

#[test]
fn term_ends_it() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["d"], "");
    assert_eq!(logger.term(), quiet(0));
    assert_eq!(mode(&scene, "d/current"), 0o744);
    assert_eq!(scene.read("d/current"), "one\n");
}

#[test]
fn term_is_told() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["-v", "d"], "");
    let done = logger.term();
    assert!(done.err.ends_with("svlogd: info: sigterm received.\nsvlogd: info: close: d\n"), "{}", done.err);
}

#[test]
fn term_in_the_middle_of_a_line_waits_for_its_end() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["d"], "");
    logger.write("tw");
    until("it has been read", || logger.unread() == 0);
    logger.running.signal(libc::SIGTERM);
    crate::scene::throughout("it waits", std::time::Duration::from_millis(200), || !logger.running.ended());
    logger.write("o\n");
    assert_eq!(logger.running.end(), quiet(0));
}

#[test]
fn alarm_rotates() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["d"], "");
    logger.running.signal(libc::SIGALRM);
    until("it is rotated", || old_texts(&scene, "d") == ["one\n"]);
    until_says(&scene, "d/current", "");
    logger.write("two\n");
    until_says(&scene, "d/current", "two\n");
    assert_eq!(logger.end(), quiet(0));
    assert_eq!(old(&scene, "d")[0].0, ".s");
}

#[test]
fn alarm_rotates_nothing_that_is_empty() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["-v", "d"], "");
    logger.running.signal(libc::SIGALRM);
    until("it is rotated", || old_texts(&scene, "d") == ["one\n"]);
    logger.running.signal(libc::SIGALRM);
    until("both were told", || logger.running.err().matches("sigalarm received.").count() == 2);
    assert_eq!(logger.end().code, 0);
    assert_eq!(old_texts(&scene, "d"), ["one\n"]);
}

#[test]
fn alarm_rotates_all() {
    let scene = Scene::new();
    directory(&scene, "b", "");
    let mut logger = started(&scene, &["d", "b"], "");
    until_says(&scene, "b/current", "one\n");
    logger.running.signal(libc::SIGALRM);
    until("both are rotated", || ["d", "b"].iter().all(|name| old_texts(&scene, name) == ["one\n"]));
    assert_eq!(logger.end(), quiet(0));
}

#[test]
fn hangup_reads_the_configuration_again() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["-v", "d"], "pA: \n");
    scene.file("d/config", "pB: \n");
    logger.running.signal(libc::SIGHUP);
    until("it was told", || logger.running.err().contains("sighangup received."));
    logger.write("two\n");
    until_says(&scene, "d/current", "A: one\nB: two\n");
    let done = logger.end();
    let told: Vec<_> = done.err.lines().collect();
    assert_eq!(
        told[told.len() - 5..],
        [
            "svlogd: info: sighangup received.",
            "svlogd: info: close: d",
            "svlogd: info: read: d/config",
            "svlogd: info: append: d/current",
            "svlogd: info: close: d"
        ]
    );
}

#[test]
fn hangup_opens_a_new_log_where_the_old_one_was_moved_away() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["-v", "d"], "");
    std::fs::rename(scene.path("d/current"), scene.path("d/moved")).unwrap();
    logger.running.signal(libc::SIGHUP);
    until("it was opened", || scene.path("d/current").exists());
    logger.write("two\n");
    until_says(&scene, "d/current", "two\n");
    assert_eq!(logger.end().code, 0);
    assert_eq!((scene.read("d/moved"), mode(&scene, "d/moved")), ("one\n".to_owned(), 0o744));
}

#[test]
fn hangup_finds_a_directory_that_was_missing() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["d", "later"], "");
    directory(&scene, "later", "");
    logger.running.signal(libc::SIGHUP);
    until("it is opened", || scene.path("later/current").exists());
    logger.write("two\n");
    until_says(&scene, "later/current", "two\n");
    let done = logger.end();
    assert_eq!(done.err, "svlogd: warning: unable to open log directory: later: file does not exist\n");
}

#[test]
fn interrupt_kills_it() {
    let scene = Scene::new();
    let mut logger = started(&scene, &["d"], "");
    logger.running.signal(libc::SIGINT);
    assert_eq!(logger.running.end().code, -libc::SIGINT);
    assert_eq!(mode(&scene, "d/current"), 0o644);
}
