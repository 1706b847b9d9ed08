//! Old files through a processor.

use super::{old, old_texts};
use crate::scene::logger::{Logger, directory, log, quiet};
use crate::scene::{Scene, until};

/// Logs one old file through this processor.
#[track_caller]
fn processed(scene: &Scene, line: &str) {
    directory(scene, "d", &format!("s4\n!{line}\n"));
    let done = log(scene, &["-l", "2", "d"], "abc\n");
    assert_eq!(done, quiet(0));
}

#[test]
fn what_it_writes_is_kept() {
    let scene = Scene::new();
    processed(&scene, "tr a-z A-Z");
    assert_eq!(old(&scene, "d"), [(".s".to_owned(), "ABC\n".to_owned())]);
    assert_eq!(scene.read("d/current"), "");
}

#[test]
fn it_is_a_shell_line_in_the_directory() {
    let scene = Scene::new();
    processed(&scene, "cat >here; pwd");
    assert_eq!(scene.read("d/here"), "abc\n");
    assert_eq!(old_texts(&scene, "d"), [format!("{}\n", scene.path("d").display())]);
}

#[test]
fn it_remembers() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\n!cat <&4; wc -l <&4 >&5; cat; echo more >&5\n");
    let mut logger = Logger::start(&scene, &["-l", "2", "d"]);
    logger.write("abc\n");
    until("the first is done", || scene.read("d/state").ends_with("more\n"));
    assert_eq!(old_texts(&scene, "d"), ["abc\n"]);
    logger.write("def\n");
    until("the second is done", || old(&scene, "d").iter().filter(|(end, _)| end == ".s").count() == 2);
    assert!(old_texts(&scene, "d")[1].ends_with("more\ndef\n"), "{:?}", old_texts(&scene, "d"));
    assert_eq!(logger.end(), quiet(0));
    assert!(!scene.path("d/newstate").exists());
}

#[test]
fn it_may_speak_on_standard_error() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\n!cat; echo hello >&2\n");
    let done = log(&scene, &["-l", "2", "d"], "abc\n");
    assert_eq!((done.code, done.err.as_str()), (0, "hello\n"));
}

#[test]
fn it_is_told() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\n!cat\n");
    let done = log(&scene, &["-v", "-l", "2", "d"], "abc\n");
    let stem = |line: &str, start: &str, end: &str| {
        let name = line.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        name.unwrap_or_else(|| panic!("{line}")).to_owned()
    };
    let told: Vec<_> = done.err.lines().collect();
    let find = |word: &str| *told.iter().find(|line| line.contains(word)).unwrap_or_else(|| panic!("{word}: {told:?}"));
    let renamed = stem(find("rename:"), "svlogd: info: rename: d/current ", ".u 4");
    assert_eq!(stem(find("processing:"), "svlogd: info: processing: d/", ".u"), renamed);
    assert_eq!(stem(find("processed:"), "svlogd: info: processed: d/", ".s"), renamed);
}

#[test]
fn one_that_fails_is_started_again() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\n!test -e ok || { touch ok; exit 1; }; cat\n");
    let mut logger = Logger::start(&scene, &["-l", "2", "d"]);
    logger.write("abc\n");
    until("it was done", || old(&scene, "d") == [(".s".to_owned(), "abc\n".to_owned())]);
    let done = logger.end();
    assert_eq!((done.code, done.err.as_str()), (0, "svlogd: warning: processor failed, restart: d\n"));
}

#[test]
fn several_files_are_all_processed() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nn0\n!tr a-z A-Z\n");
    assert_eq!(log(&scene, &["-l", "2", "d"], "abc\ndef\nghi\njkl\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), ["ABC\n", "DEF\n", "GHI\n", "JKL\n"]);
    assert!(old(&scene, "d").iter().all(|(end, _)| end == ".s"));
}

#[test]
fn the_end_waits_for_it() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\n!sleep 0.3; cat\n");
    let mut logger = Logger::start(&scene, &["-l", "2", "d"]);
    logger.write("abc\n");
    until("it is at it", || !old(&scene, "d").is_empty());
    assert_eq!(logger.term(), quiet(0));
    assert_eq!(old(&scene, "d"), [(".s".to_owned(), "abc\n".to_owned())]);
}

#[test]
fn signals_reach_it() {
    let scene = Scene::new();
    processed(&scene, "grep -E 'Sig(Blk|Ign)' /proc/self/status >mask; cat");
    for line in scene.lines("d/mask") {
        let mask = u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap();
        for signal in [libc::SIGTERM, libc::SIGALRM, libc::SIGHUP] {
            assert_eq!(mask >> (signal - 1) & 1, 0, "{line}");
        }
    }
}
