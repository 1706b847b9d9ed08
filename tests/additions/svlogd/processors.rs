//! Processors that never hold up the log.

use crate::scene::logger::{Logger, all_bytes, directory, log, old_names, quiet};
use crate::scene::{Scene, until};

#[test]
fn a_slow_one_does_not_hold_up_the_log() {
    let scene = Scene::new();
    directory(&scene, "d", "s1000\nn0\n!until test -e go; do sleep 0.05; done; cat\n");
    let mut logger = Logger::start(&scene, &["d"]);
    let text: String = (0..1000).map(|n| format!("line {n:05}\n")).collect();
    logger.write(&text);
    until("all is in files", || all_bytes(&scene, "d").len() >= text.len());
    scene.file("d/go", "");
    assert_eq!(logger.end(), quiet(0));
    assert!(all_bytes(&scene, "d") == text.as_bytes());
}

#[test]
fn one_that_fails_does_not_hold_up_the_log() {
    let scene = Scene::new();
    directory(&scene, "d", "s1000\nn0\n!exit 1\n");
    let mut logger = Logger::start(&scene, &["-l", "10", "d"]);
    let text: String = (0..10_000).map(|n| format!("line {n:05}\n")).collect();
    logger.write(&text);
    until("all is in files", || all_bytes(&scene, "d").len() >= text.len());
    assert_eq!(logger.end().code, 0);
    assert!(all_bytes(&scene, "d") == text.as_bytes());
}

#[test]
fn files_that_wait_are_no_more_than_are_kept() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nn2\n!sleep 1000\n");
    let mut logger = Logger::start(&scene, &["-v", "-l", "2", "d"]);
    logger.write("aaa\nbbb\nccc\nddd\neee\nfff\n\n");
    until("all is written", || scene.read("d/current") == "\n");
    let waiting = old_names(&scene, "d").iter().filter(|name| name.ends_with(".u")).count();
    assert_eq!(waiting, 3, "the one in hand and two more");
    assert!(logger.running.err().contains("svlogd: warning: processor is too slow, delete: d/@"));
    logger.running.signal(libc::SIGTERM);
    until("it was told", || logger.running.err().contains("sigterm"));
    let done = logger.term();
    assert_eq!(done.code, 0);
}

#[test]
fn one_that_is_killed_has_not_succeeded() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\n!test -e again || { touch again; kill -9 $$; }; cat\n");
    let mut logger = Logger::start(&scene, &["-l", "2", "d"]);
    logger.write("abc\n");
    until("it is done", || old_names(&scene, "d").iter().any(|name| name.ends_with(".s")));
    assert_eq!(logger.end().code, 0);
    assert_eq!(all_bytes(&scene, "d"), b"abc\n");
}

#[test]
fn one_that_always_fails_does_not_keep_us_from_ending() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\n!exit 1\n");
    let done = log(&scene, &["-l", "2", "d"], "abc\n");
    assert_eq!((done.code, done.err.as_str()), (0, "svlogd: warning: processor failed, restart: d\n"));
    let names = old_names(&scene, "d");
    assert!(names.len() == 1 && names[0].ends_with(".u"), "{names:?}");
}

#[test]
fn what_was_left_is_processed_by_the_next() {
    let scene = Scene::new();
    directory(&scene, "d", "!tr a-z A-Z\n");
    scene.file("d/current", "cut");
    let mut logger = Logger::start(&scene, &["d"]);
    until("it is done", || old_names(&scene, "d").iter().any(|name| name.ends_with(".s")));
    assert_eq!(logger.end().code, 0);
    assert_eq!(all_bytes(&scene, "d"), b"CUT");
}

#[test]
fn compression_needs_no_shell() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nz\n");
    assert_eq!(log(&scene, &["-l", "2", "d"], "abc\n"), quiet(0));
    let mut command = scene.command("gzip");
    command.args(["-dc"]).stdin(std::fs::File::open(scene.path(format!("d/{}", old_names(&scene, "d")[0]))).unwrap());
    assert_eq!(scene.finish(command).out, "abc\n");
}

#[test]
fn a_compressor_that_is_missing_is_told() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nznosuchprogram -9\n");
    let done = log(&scene, &["-l", "2", "d"], "abc\n");
    assert_eq!(done.code, 0);
    assert_eq!(done.err, "svlogd: warning: unable to run processor: d: file does not exist\n");
    assert_eq!(all_bytes(&scene, "d"), b"abc\n");
}
