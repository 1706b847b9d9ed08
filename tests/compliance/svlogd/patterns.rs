//! Which lines are selected.

use crate::scene::logger::{directory, log, quiet};
use crate::scene::{Done, Scene};

#[track_caller]
fn selected(config: &str, input: &str) -> String {
    let scene = Scene::new();
    directory(&scene, "d", config);
    assert_eq!(log(&scene, &["d"], input), quiet(0));
    scene.read("d/current")
}

/// The lines of `input` that this pattern alone selects.
#[track_caller]
fn matching(pattern: &str, input: &str) -> String {
    selected(&format!("-*\n+{pattern}\n"), input)
}

#[test]
fn a_pattern_is_the_whole_line() {
    assert_eq!(matching("ab", "ab\nabc\na\nxab\n"), "ab\n");
}

#[test]
fn a_star_skips_to_the_next_character() {
    assert_eq!(matching("*b*", "ab\nxxb\nb\na\n"), "ab\nxxb\nb\n");
    assert_eq!(matching("*b", "ab\nabb\nb\n"), "ab\nb\n");
    assert_eq!(matching("*a*b*", "xxaxxbxx\nba\n"), "xxaxxbxx\n");
}

#[test]
fn a_star_does_not_go_back() {
    assert_eq!(matching("*pid*", "tcpsvd: info: pid 1\npid 2\n"), "pid 2\n");
    assert_eq!(matching("*: *: pid *", "tcpsvd: info: pid 1\ntcpsvd: info: end 1\n"), "tcpsvd: info: pid 1\n");
}

#[test]
fn a_star_after_a_star_is_a_star() {
    assert_eq!(matching("a**", "a*\nab\na*x\n"), "a*\na*x\n");
}

#[test]
fn a_plus_takes_one_or_more() {
    assert_eq!(matching("+ab", "ab\naaab\nb\naac\n"), "ab\naaab\n");
    assert_eq!(matching("x+ y", "x  y\nx y\nxy\n"), "x  y\nx y\n");
}

#[test]
fn a_line_that_ends_while_plus_is_eating_matches() {
    assert_eq!(matching("+ab", "aa\n"), "aa\n");
}

#[test]
fn the_empty_pattern_is_the_empty_line() {
    assert_eq!(matching("", "\na\n\n"), "\n\n");
    assert_eq!(selected("-\n", "\na\n\n"), "a\n");
}

#[test]
fn the_last_that_matches_decides() {
    assert_eq!(selected("-a*\n+ab*\n-abc\n", "a\nab\nabc\nabcd\nx\n"), "ab\nabcd\nx\n");
}

#[test]
fn stamp_and_prefix_are_not_looked_at() {
    assert_eq!(selected("pfoo \n-foo*\n", "bar\nfoo\n"), "foo bar\n");
}

#[test]
fn only_the_head_is_looked_at() {
    let scene = Scene::new();
    directory(&scene, "d", "-*\n+abc\n");
    assert_eq!(log(&scene, &["-l", "3", "d"], "abcdef\nabc\nabx\n"), quiet(0));
    assert_eq!(scene.read("d/current"), "abcdef\nabc\n");
}

#[test]
fn what_was_replaced_is_looked_at() {
    let scene = Scene::new();
    directory(&scene, "d", "-a.b\n");
    assert_eq!(log(&scene, &["-r", ".", "d"], "a\x01b\nq\n"), quiet(0));
    assert_eq!(scene.read("d/current"), "q\n");
}

#[test]
fn high_bytes_match_themselves() {
    let scene = Scene::new();
    scene.file("d/config", b"-*\n+*\xff\n");
    assert_eq!(log(&scene, &["d"], b"a\xff\na\xfe\n"), quiet(0));
    assert_eq!(scene.bytes("d/current"), b"a\xff\n");
}

#[track_caller]
fn to_stderr(config: &str, args: &[&str], input: &str) -> (Done, String) {
    let scene = Scene::new();
    directory(&scene, "d", config);
    let done = log(&scene, args, input);
    (done, scene.read("d/current"))
}

#[test]
fn lines_to_standard_error() {
    let (done, current) = to_stderr("e*a*\nEba\n", &["d"], "a\nba\nx\nca\n");
    assert_eq!((done.code, done.err.as_str()), (0, "a\nca\n"));
    assert_eq!(current, "a\nba\nx\nca\n");
}

#[test]
fn lines_to_standard_error_are_cut() {
    let (done, current) = to_stderr("-*\ne*\npP: \n", &["-l", "5", "d"], "abcd\nabcde\nabcdefg\n");
    assert_eq!((done.code, done.err.as_str()), (0, "P: abcd\nP: abcde...\nP: abcde...\n"));
    assert_eq!(current, "");
}
