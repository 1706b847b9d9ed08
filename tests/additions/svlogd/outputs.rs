//! Names, JSON, standard output, limits.

use crate::scene::logger::{Logger, directory, log, old_names, quiet};
use crate::scene::{Done, Scene, ours, until};

#[test]
fn a_name_before_each_line() {
    let scene = Scene::new();
    directory(&scene, "d", "pP: \n");
    assert_eq!(log(&scene, &["-n", "web", "d"], "one\n"), quiet(0));
    assert_eq!(scene.read("d/current"), "web: P: one\n");
}

#[test]
fn standard_output_gets_each_selected_line() {
    let scene = Scene::new();
    directory(&scene, "d", "-x*\n");
    let done = log(&scene, &["-s", "-n", "web", "d"], "one\nxyz\ntwo");
    assert_eq!(done, Done { code: 0, out: "web: one\nweb: two\n".into(), err: String::new() });
    assert_eq!(scene.read("d/current"), "web: one\nweb: two\n");
}

#[test]
fn standard_output_alone() {
    let scene = Scene::new();
    let done = log(&scene, &["-s"], "line\n".repeat(20_000));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out == "line\n".repeat(20_000));
}

#[test]
fn loggers_that_share_a_stream_leave_their_lines_whole() {
    let scene = Scene::new();
    let mut command = scene.command("/bin/sh");
    let script = "{ seq 30000 | \"$0\" -s -n one & seq 30000 | \"$0\" -s -n two & wait; } | cat";
    command.args(["-c", script]).arg(ours("svlogd"));
    let done = scene.finish(command);
    for name in ["one", "two"] {
        let lines = done.out.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        assert!(lines.eq((1..=30_000).map(|n| n.to_string())), "{name}");
    }
    assert_eq!(done.out.lines().count(), 60_000);
}

#[test]
fn a_reader_that_is_gone_is_told_once_and_the_log_goes_on() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut command = scene.command("/bin/sh");
    command.args(["-c", "{ seq 50000; sleep 0.2; seq 3; } | \"$0\" -s d | head -n 1"]).arg(ours("svlogd"));
    let done = scene.finish(command);
    assert_eq!(done.out, "1\n");
    assert_eq!(done.err, "svlogd: warning: unable to write to standard output: broken pipe\n");
    assert_eq!(scene.lines("d/current").len(), 50_003);
}

#[test]
fn a_reader_that_is_slow_loses_nothing() {
    let scene = Scene::new();
    let mut command = scene.command("/bin/sh");
    command.args(["-c", "seq 60000 | \"$0\" -s | { sleep 0.3; cat; }"]).arg(ours("svlogd"));
    let done = scene.finish(command);
    assert_eq!(done.out.lines().count(), 60_000);
}

#[test]
fn each_line_an_object() {
    let scene = Scene::new();
    directory(&scene, "web/log/d", "");
    let mut command = scene.command("/bin/sh");
    command.args(["-c", "cd web/log; printf 'say \"hi\"\\n\\377\\tx\\n' | \"$0\" -j d"]).arg(ours("svlogd"));
    assert_eq!(scene.finish(command), quiet(0));
    let lines = scene.lines("web/log/d/current");
    let rest = |line: &str| {
        let (time, rest) = line.split_once(",\"service\"").unwrap();
        assert_eq!(time.len(), "{\"time\":\"2026-11-20T12:40:38.983491Z\"".len(), "{line}");
        rest.to_owned()
    };
    assert_eq!(rest(&lines[0]), r#":"web","stream":"stdout","line":"say \"hi\""}"#);
    assert_eq!(rest(&lines[1]), ":\"web\",\"stream\":\"stdout\",\"line\":\"\u{fffd}\\tx\"}");
}

#[test]
fn an_object_knows_the_process_if_it_may() {
    let scene = Scene::new();
    directory(&scene, "web/errlog/d", "");
    scene.file("web/supervise/pid", "4711\n");
    let mut command = scene.command("/bin/sh");
    command.args(["-c", "cd web/errlog; echo x | \"$0\" -n other -j d"]).arg(ours("svlogd"));
    assert_eq!(scene.finish(command), quiet(0));
    let line = scene.read("web/errlog/d/current");
    assert!(line.contains(r#""service":"other","stream":"stderr","pid":4711,"line":"x""#), "{line}");
}

#[test]
fn a_long_line_is_one_object() {
    let scene = Scene::new();
    directory(&scene, "d", "s0\n");
    let line = "\u{20ac}".repeat(100_000);
    assert_eq!(log(&scene, &["-j", "d"], format!("{line}\n")), quiet(0));
    let text = scene.read("d/current");
    assert_eq!(text.lines().count(), 1);
    assert!(text.ends_with(&format!("\"line\":\"{line}\"}}\n")));
}

#[test]
fn what_is_above_the_limit_is_counted() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    assert_eq!(log(&scene, &["-m", "5", "d"], "x\n".repeat(500)), quiet(0));
    let lines = scene.lines("d/current");
    assert_eq!(lines[..5], ["x"; 5]);
    let count = |line: &String| {
        let rest = line.strip_prefix("svlogd: warning: ")?.strip_suffix(" lines dropped, more than 5 in a second")?;
        rest.parse::<usize>().ok()
    };
    let dropped: usize = lines.iter().filter_map(count).sum();
    let passed = lines.iter().filter(|line| *line == "x").count();
    assert_eq!(dropped + passed, 500, "{lines:?}");
}

#[test]
fn drops_are_told_even_if_nothing_follows() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut logger = Logger::start(&scene, &["-m", "1", "d"]);
    logger.write("a\nb\nc\n");
    until("it is told", || scene.read("d/current").contains("svlogd: warning: 2 lines dropped"));
    assert_eq!(logger.end(), quiet(0));
    assert_eq!(scene.lines("d/current").len(), 2);
}

#[test]
fn a_limit_of_nothing_is_no_limit_anybody_means() {
    assert_eq!(Scene::new().run("svlogd", &["-m", "0", "d"]).code, 111);
}

#[test]
fn a_cap_for_the_whole_directory() {
    let scene = Scene::new();
    directory(&scene, "d", "s4\nn0\nS12\n");
    assert_eq!(log(&scene, &["-l", "2", "d"], "aaa\nbbb\nccc\nddd\neee\n"), quiet(0));
    let texts: Vec<_> = old_names(&scene, "d").iter().map(|name| scene.read(format!("d/{name}"))).collect();
    assert_eq!(texts, ["ddd\n", "eee\n"]);
}
