//! From one file to the next.

use super::{log_file, mode, old, old_texts, until_says};
use crate::scene::logger::{Logger, directory, log, quiet};
use crate::scene::{Scene, until};

fn config_with(s: usize) -> String {
    format!("s{s}\nn0\n")
}

#[test]
fn a_line_that_ends_near_the_size_is_the_last() {
    let scene = Scene::new();
    directory(&scene, "d", &config_with(20));
    assert_eq!(log(&scene, &["-l", "5", "d"], "1234567\n1234567\n1234567\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), ["1234567\n1234567\n"]);
    assert_eq!(scene.read("d/current"), "1234567\n");
}

#[test]
fn a_line_that_does_not_fit_goes_on_in_the_next() {
    let scene = Scene::new();
    directory(&scene, "d", &config_with(20));
    assert_eq!(log(&scene, &["-l", "5", "d"], "01234567891\n01234567892\n01234567893\n01234567894\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), ["01234567891\n01234567", "892\n01234567893\n"]);
    assert_eq!(scene.read("d/current"), "01234567894\n");
}

#[test]
fn the_border_may_fall_before_the_newline() {
    let scene = Scene::new();
    directory(&scene, "d", &config_with(10));
    assert_eq!(log(&scene, &["-l", "2", "d"], "0123456789\nx\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), ["0123456789"]);
    assert_eq!(scene.read("d/current"), "\nx\n");
}

#[test]
fn a_size_below_the_length_of_lines_is_filled() {
    let scene = Scene::new();
    directory(&scene, "d", &config_with(10));
    assert_eq!(log(&scene, &["d"], "a\nb\nc\nd\ne\nf\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), ["a\nb\nc\nd\ne\n"]);
    assert_eq!(scene.read("d/current"), "f\n");
}

/// Both ways in make the same files of the same bytes, and nothing is missing.
#[track_caller]
fn same_borders(options: &[&str], config: &str, input: &str, sizes: &[usize]) {
    for from_pipe in [true, false] {
        let scene = Scene::new();
        directory(&scene, "d", config);
        let args: Vec<&str> = options.iter().copied().chain(["d"]).collect();
        let done = if from_pipe { log(&scene, &args, input) } else { log_file(&scene, &args, input) };
        assert_eq!(done, quiet(0));
        let mut texts = old_texts(&scene, "d");
        texts.push(scene.read("d/current"));
        assert_eq!(texts.iter().map(String::len).collect::<Vec<_>>(), sizes, "pipe: {from_pipe}");
        assert!(texts.concat() == input);
    }
}

#[test]
fn borders_of_a_larger_log() {
    // 100 bytes a line; the first size that is enough is 19 * 100 >= 2000 - 150.
    let text: String = (0..100).map(|n| format!("{n:099}\n")).collect();
    let sizes = [&[1900; 5][..], &[500]].concat();
    same_borders(&["-l", "150"], &config_with(2000), &text, &sizes);
}

#[test]
fn borders_of_one_endless_line() {
    let text = format!("{}\n", "x".repeat(5000));
    same_borders(&["-l", "10"], &config_with(1000), &text, &[1000, 1000, 1000, 1000, 1000, 1]);
}

#[test]
fn borders_with_stamps() {
    let scene = Scene::new();
    directory(&scene, "d", &config_with(200));
    assert_eq!(log(&scene, &["-tt", "-l", "30", "d"], "0123456789\n".repeat(20)), quiet(0));
    let texts = old_texts(&scene, "d");
    // 37 bytes a line: 5 of them are 185, and 200 - 30 is reached.
    assert_eq!(texts.iter().map(String::len).collect::<Vec<_>>(), [185; 4]);
    assert_eq!(scene.read("d/current"), "");
}

#[test]
fn old_files_are_marked_as_closed() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\n");
    assert_eq!(log(&scene, &["-l", "2", "d"], "abc\n"), quiet(0));
    let name = std::fs::read_dir(scene.path("d"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with('@'))
        .unwrap();
    assert_eq!(name.len(), 27);
    assert!(name.starts_with("@40000000") && name.ends_with(".s"), "{name}");
    assert_eq!(mode(&scene, &format!("d/{name}")), 0o744);
}

#[test]
fn so_many_are_kept() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nn3\n");
    assert_eq!(log(&scene, &["-l", "2", "d"], "aaa\nbbb\nccc\nddd\neee\n\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), ["ccc\n", "ddd\n", "eee\n"]);
    assert_eq!(scene.read("d/current"), "\n");
}

#[test]
fn ten_are_kept_unless_told_otherwise_and_all_with_0() {
    for (config, kept) in [("s4\n", 10), ("s4\nn0\n", 15)] {
        let scene = Scene::new();
        directory(&scene, "d", config);
        assert_eq!(log(&scene, &["-l", "2", "d"], "aaa\n".repeat(15)), quiet(0));
        assert_eq!(old(&scene, "d").len(), kept, "{config}");
    }
}

#[test]
fn lowering_the_number_removes_one_at_a_time() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nn0\n");
    assert_eq!(log(&scene, &["-l", "2", "d"], "aaa\nbbb\nccc\nddd\n"), quiet(0));
    scene.file("d/config", "s4\nn2\n");
    assert_eq!(log(&scene, &["-l", "2", "d"], "eee\n"), quiet(0));
    assert_eq!(old_texts(&scene, "d"), ["bbb\n", "ccc\n", "ddd\n", "eee\n"]);
}

#[test]
fn unprocessed_files_are_not_counted_and_leftovers_go() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nn1\n");
    scene.file("d/@400000000000000000000001.u", "u");
    scene.file("d/@400000000000000000000002.t", "t");
    scene.file("d/@400000000000000000000003.s", "s");
    assert_eq!(log(&scene, &["-l", "2", "d"], "abc\n"), quiet(0));
    let kept: Vec<_> = old(&scene, "d");
    assert_eq!(kept, [(".u".to_owned(), "u".to_owned()), (".s".to_owned(), "abc\n".to_owned())]);
}

#[test]
fn rotation_is_told() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nn1\n");
    scene.file("d/@400000000000000000000003.s", "s");
    let done = log(&scene, &["-v", "-l", "2", "d"], "abc\n");
    let told: Vec<_> = done.err.lines().skip(2).collect();
    let name = told[0].strip_prefix("svlogd: info: rename: d/current ").unwrap().strip_suffix(".s 4").unwrap();
    assert_eq!(name.len(), 25);
    assert_eq!(told[1], "svlogd: info: delete: d/@400000000000000000000003.s");
    assert_eq!(told[2], "svlogd: info: close: d");
}

#[test]
fn an_old_log_is_rotated() {
    let scene = Scene::new();
    directory(&scene, "d", "t1\n");
    let mut logger = Logger::start(&scene, &["d"]);
    logger.write("one\n");
    until("it is rotated", || old_texts(&scene, "d") == ["one\n"] && scene.bytes("d/current").is_empty());
    logger.write("two\n");
    until("it is rotated again", || old_texts(&scene, "d") == ["one\n", "two\n"]);
    assert_eq!(logger.end(), quiet(0));
}

#[test]
fn an_empty_log_never_gets_old() {
    let scene = Scene::new();
    directory(&scene, "d", "t1\n");
    let mut logger = Logger::start(&scene, &["d"]);
    crate::scene::throughout("there is nothing to rotate", std::time::Duration::from_millis(1500), || {
        scene.path("d").exists() && old(&scene, "d").is_empty()
    });
    logger.write("one\n");
    until("it is rotated", || old_texts(&scene, "d") == ["one\n"]);
    assert_eq!(logger.end(), quiet(0));
    until_says(&scene, "d/current", "");
}
