//! `-o FILE`: a file whose name stays.

use crate::scene::logger::{Logger, log, quiet};
use crate::scene::{Scene, until};

#[test]
fn a_file_is_written_and_goes_on() {
    let scene = Scene::new();
    assert_eq!(log(&scene, &["-o", "web.log"], "one\n"), quiet(0));
    assert_eq!(log(&scene, &["-o", "web.log"], "two\n"), quiet(0));
    assert_eq!(scene.read("web.log"), "one\ntwo\n");
    let names: Vec<_> = std::fs::read_dir(scene.path(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.iter().filter(|name| !name.to_string_lossy().starts_with('.')).count(), 1, "{names:?}");
}

#[test]
fn old_ones_are_numbered() {
    let scene = Scene::new();
    scene.dir("logs");
    let args = ["-o", "logs/web.log", "-c", "s4", "-c", "n2", "-l", "2"];
    assert_eq!(log(&scene, &args, "aaa\nbbb\nccc\nddd\n\n"), quiet(0));
    assert_eq!(scene.read("logs/web.log"), "\n");
    assert_eq!((scene.read("logs/web.log.1"), scene.read("logs/web.log.2")), ("ddd\n".into(), "ccc\n".into()));
    assert!(!scene.path("logs/web.log.3").exists());
}

#[test]
fn zero_keeps_all() {
    let scene = Scene::new();
    let args = ["-o", "f", "-c", "s4", "-c", "n0", "-l", "2"];
    assert_eq!(log(&scene, &args, "aaa\n".repeat(15)), quiet(0));
    assert!((1..=15).all(|n| scene.read(format!("f.{n}")) == "aaa\n"));
}

#[test]
fn hangup_opens_it_again() {
    let scene = Scene::new();
    let mut logger = Logger::start(&scene, &["-o", "f"]);
    logger.write("one\n");
    until("it logs", || scene.read("f") == "one\n");
    std::fs::rename(scene.path("f"), scene.path("f.moved")).unwrap();
    logger.running.signal(libc::SIGHUP);
    until("it is there again", || scene.path("f").exists());
    logger.write("two\n");
    until("it logs", || scene.read("f") == "two\n");
    assert_eq!(logger.end(), quiet(0));
    assert_eq!(scene.read("f.moved"), "one\n");
}

#[test]
fn an_old_one_is_rotated() {
    let scene = Scene::new();
    let mut logger = Logger::start(&scene, &["-o", "f", "-c", "t1"]);
    logger.write("one\n");
    until("it is rotated", || scene.read("f.1") == "one\n");
    assert_eq!(logger.end(), quiet(0));
}

#[test]
fn a_cap_takes_the_highest_numbers() {
    let scene = Scene::new();
    let args = ["-o", "f", "-c", "s4", "-c", "n0", "-c", "S12", "-l", "2"];
    assert_eq!(log(&scene, &args, "aaa\nbbb\nccc\nddd\neee\n"), quiet(0));
    assert_eq!((scene.read("f.1"), scene.read("f.2")), ("eee\n".into(), "ddd\n".into()));
    assert!(!scene.path("f.3").exists());
}

#[test]
fn a_processor_is_refused_aloud() {
    let scene = Scene::new();
    let done = log(&scene, &["-o", "f", "-c", "!cat"], "x\n");
    assert_eq!((done.code, scene.read("f").as_str()), (0, "x\n"));
    assert_eq!(done.err, "svlogd: warning: processors are for log directories, ignored: f\n");
}

#[test]
fn beside_a_directory() {
    let scene = Scene::new();
    scene.dir("d");
    assert_eq!(log(&scene, &["-o", "f", "d"], "x\n"), quiet(0));
    assert_eq!((scene.read("f"), scene.read("d/current")), ("x\n".into(), "x\n".into()));
}
