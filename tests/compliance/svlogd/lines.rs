//! What lines look like in the log.

use super::{log_file, until_says};
use crate::scene::Scene;
use crate::scene::logger::{Logger, directory, log, quiet};

/// What is in `current` after these bytes with these options and this configuration, through a pipe and from a file.
#[track_caller]
fn logged(options: &[&str], config: &str, input: &[u8]) -> Vec<u8> {
    let scene = Scene::new();
    let args: Vec<&str> = options.iter().copied().chain(["d"]).collect();
    directory(&scene, "d", config);
    assert_eq!(log(&scene, &args, input), quiet(0));
    let bytes = scene.bytes("d/current");
    std::fs::remove_file(scene.path("d/current")).unwrap();
    assert_eq!(log_file(&scene, &args, input), quiet(0));
    if options.is_empty() || !options[0].starts_with("-t") {
        assert_eq!(scene.bytes("d/current"), bytes, "a file is logged as a pipe is");
    }
    bytes
}

#[test]
fn as_they_come() {
    assert_eq!(logged(&[], "", b"hello\nworld\n"), b"hello\nworld\n");
}

#[test]
fn empty_lines_and_zeros_and_high_bytes() {
    assert_eq!(logged(&[], "", b"\n\na\0b\n\xff\xfe\n\n"), b"\n\na\0b\n\xff\xfe\n\n");
}

#[test]
fn nothing_is_an_empty_file() {
    assert_eq!(logged(&[], "", b""), b"");
}

#[test]
fn a_long_line_is_whole() {
    let line = [&[b'x'; 5000][..], b"\n"].concat();
    assert_eq!(logged(&[], "", &line), line);
    assert_eq!(logged(&["-l", "5"], "", &line), line);
}

#[test]
fn a_long_line_without_its_end_gets_one() {
    let line = [b'x'; 1500];
    assert_eq!(logged(&[], "", &line), [&line[..], b"\n"].concat());
}

#[test]
fn a_million_bytes() {
    let text: String = (0..50_000).map(|n| format!("line number {n}\n")).collect();
    let scene = Scene::new();
    directory(&scene, "d", "s0\n");
    assert_eq!(log(&scene, &["d"], &text), quiet(0));
    assert!(scene.read("d/current") == text);
}

#[test]
fn what_is_not_printable_is_replaced() {
    assert_eq!(logged(&["-r", "."], "", b"a\x01b\xffc\x7f~ \t\n"), b"a.b.c.~ .\n");
    assert_eq!(logged(&["-r:", "-R", "fb"], "", b"foo\nbar\nbaz\n"), b":oo\n:ar\n:az\n");
}

#[test]
fn characters_to_replace_alone_become_an_underscore() {
    assert_eq!(logged(&["-R", "xy"], "", b"axbyc\x01\n"), b"a_b_c_\n");
    assert_eq!(logged(&["-R", ""], "", b"a\x01b\n"), b"a_b\n");
}

#[test]
fn only_the_head_of_a_line_is_replaced() {
    assert_eq!(logged(&["-l", "4", "-R", "a"], "", b"aaaaaaa\naaa\naaaa\n"), b"____aaa\n___\n____\n");
}

#[test]
fn a_prefix_stands_before_each_line() {
    assert_eq!(logged(&[], "ptag:  \n", b"a\n\nb\n"), b"tag:  a\ntag:  \ntag:  b\n");
}

#[test]
fn a_prefix_stands_once_before_a_long_line() {
    assert_eq!(logged(&["-l", "3"], "p> \n", b"abcdefgh\nx\n"), b"> abcdefgh\n> x\n");
}

#[track_caller]
fn is_calendar(text: &str, separator: char) {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, format!("0000-00-00{separator}00:00:00.00000"));
    assert!(text.starts_with("20"));
}

#[test]
fn a_label_before_each_line() {
    let text = String::from_utf8(logged(&["-t"], "", b"one\n\n")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    for (line, rest) in lines.iter().zip([" one", " "]) {
        assert!(line.starts_with("@40000000"), "{line}");
        assert!(line[1..25].bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(&line[25..], rest);
    }
}

#[test]
fn date_and_time_before_each_line() {
    for (options, separator) in [(&["-tt"][..], '_'), (&["-t", "-t"], '_'), (&["-ttt"], 'T'), (&["-tttt"], 'T')] {
        let text = String::from_utf8(logged(options, "pP: \n", b"one\n")).unwrap();
        is_calendar(&text[..25], separator);
        assert_eq!(&text[25..], " P: one\n");
    }
}

#[test]
fn a_stamp_stands_once_before_a_long_line() {
    let text = String::from_utf8(logged(&["-tt"], "", &[&[b'x'; 3000][..], b"\ny\n"].concat())).unwrap();
    assert_eq!(text.len(), 26 + 3001 + 26 + 2);
}

#[test]
fn a_stamp_is_the_time() {
    let before = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let text = String::from_utf8(logged(&["-t"], "", b"x\n")).unwrap();
    let after = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let seconds = u64::from_str_radix(&text[1..17], 16).unwrap() - (1 << 62) - 10;
    assert!((before..=after).contains(&seconds), "{before} {seconds} {after}");
    assert_eq!(u32::from_str_radix(&text[17..25], 16).unwrap() % 1000, 500);
}

#[test]
fn a_line_is_there_as_soon_as_it_has_come() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut logger = Logger::start(&scene, &["d"]);
    logger.write("one\n");
    until_says(&scene, "d/current", "one\n");
    logger.write("two\nthree\n");
    until_says(&scene, "d/current", "one\ntwo\nthree\n");
    assert_eq!(logger.end(), quiet(0));
}

#[test]
fn a_line_may_come_in_pieces() {
    let scene = Scene::new();
    directory(&scene, "d", "+*\n");
    let mut logger = Logger::start(&scene, &["-R", "x", "d"]);
    for piece in ["a", "bx", "c\nd", "e\n\n"] {
        logger.write(piece);
        std::thread::yield_now();
    }
    assert_eq!(logger.end(), quiet(0));
    assert_eq!(scene.read("d/current"), "ab_c\nde\n\n");
}
