//! Resource limits.

use super::{chpst, says};
use crate::scene::{Done, Scene};

/// The soft and hard limit of this name in /proc/self/limits.
fn limit(done: &Done, name: &str) -> (String, String) {
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let line = done.out.lines().find_map(|line| line.strip_prefix(name));
    let mut words = line.unwrap_or_else(|| panic!("no {name} in {}", done.out)).split_whitespace().map(str::to_owned);
    (words.next().unwrap(), words.next().unwrap())
}

fn with(scene: &Scene, args: &[&str]) -> Done {
    let words: Vec<&str> = args.iter().copied().chain(["cat", "/proc/self/limits"]).collect();
    chpst(scene, &words)
}

/// Each has its own limit, and only the soft one is changed.
#[track_caller]
fn sets_soft(option: &str, value: &str, name: &str) {
    let scene = Scene::new();
    let (_, hard) = limit(&with(&scene, &[]), name);
    assert_eq!(limit(&with(&scene, &[option, value]), name), (value.to_owned(), hard));
}

#[test]
fn data() {
    sets_soft("-d", "300000000", "Max data size");
}

#[test]
fn open_files() {
    sets_soft("-o", "50", "Max open files");
}

#[test]
fn processes() {
    sets_soft("-p", "5000", "Max processes");
}

#[test]
fn file_size() {
    sets_soft("-f", "100000", "Max file size");
}

#[test]
fn core_dumps() {
    sets_soft("-c", "12345", "Max core file size");
}

#[test]
fn resident_memory() {
    sets_soft("-r", "100000000", "Max resident set");
}

#[test]
fn processor_time() {
    sets_soft("-t", "1000", "Max cpu time");
}

#[test]
fn memory_is_four_limits() {
    let scene = Scene::new();
    let done = with(&scene, &["-m", "500000000"]);
    for name in ["Max data size", "Max stack size", "Max address space"] {
        assert_eq!(limit(&done, name).0, "500000000", "{name}");
    }
    let (soft, hard) = limit(&done, "Max locked memory");
    assert!(soft == "500000000" || soft == hard, "{soft} {hard}");
}

#[test]
fn above_the_hard_limit_is_the_hard_limit() {
    let scene = Scene::new();
    let (_, hard) = limit(&with(&scene, &[]), "Max open files");
    assert_eq!(limit(&with(&scene, &["-o", "999999999999"]), "Max open files"), (hard.clone(), hard));
}

#[test]
fn of_two_for_the_same_thing_the_later_counts() {
    let scene = Scene::new();
    let done = with(&scene, &["-m", "500000000", "-d", "300000000"]);
    assert_eq!(limit(&done, "Max data size").0, "300000000");
    let done = with(&scene, &["-d", "300000000", "-m", "500000000"]);
    assert_eq!(limit(&done, "Max data size").0, "500000000");
    assert_eq!(limit(&with(&scene, &["-o", "40", "-o", "50"]), "Max open files").0, "50");
}

#[test]
fn an_empty_value_is_a_zero() {
    says(&chpst(&Scene::new(), &["-c", "", "sh", "-c", "ulimit -c"]), "0\n");
}
