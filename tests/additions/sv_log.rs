//! sv log: what services have logged, from wherever their loggers put it.

use crate::scene::logger::{Logger, directory, log, old_names};
use crate::scene::*;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

fn command(scene: &Scene, args: &[&str]) -> Command {
    let mut command = scene.command(ours("sv"));
    command.arg("log").args(args).env("SVDIR", scene.path(""));
    command
}

fn sv_log(scene: &Scene, args: &[&str]) -> Done {
    scene.finish(command(scene, args))
}

/// What it shows, without trouble.
#[track_caller]
fn shown(scene: &Scene, args: &[&str]) -> Vec<String> {
    let done = sv_log(scene, args);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    done.out.lines().map(str::to_owned).collect()
}

/// A service that is not supervised, with a log in `log/main`.
fn service(scene: &Scene, name: &str) -> String {
    scene.script(format!("{name}/log/run"), "exec svlogd main");
    let main = format!("{name}/log/main");
    scene.dir(&main);
    main
}

/// A label of TAI64N, so many seconds after one of 2026.
fn label(seconds: u64) -> String {
    format!("@{:016x}00000000", 0x4000_0000_6b00_3fd0_u64 + seconds)
}

/// The same as it is shown.
fn date(seconds: u64) -> String {
    format!("2026-11-20_12:40:{:02}.00000", 38 + seconds)
}

/// Whether a line begins as `svlogd -tt` stamps it.
fn is_stamped(line: &str) -> bool {
    let shape: String = line.chars().take(26).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00_00:00:00.00000 "
}

#[test]
fn every_stamp_is_shown_as_date_and_time() {
    let scene = Scene::new();
    for (name, options) in [("one", &["-t"][..]), ("two", &["-tt"]), ("three", &["-ttt"])] {
        let main = service(&scene, name);
        log(&scene, &[options, &[&main]].concat(), "hello\nyou\n");
        let lines = shown(&scene, &[name]);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines.iter().all(|line| is_stamped(line)), "{lines:?}");
        assert!(lines[0].ends_with(" hello") && lines[1].ends_with(" you"), "{lines:?}");
    }
}

#[test]
fn lines_without_a_stamp_are_shown_as_they_are() {
    let scene = Scene::new();
    let main = service(&scene, "web");
    log(&scene, &[&main], "hello\n\n  you\nno end");
    assert_eq!(shown(&scene, &["web"]), ["hello", "", "  you", "no end"]);
}

#[test]
fn the_last_lines_reach_back_over_old_files() {
    let scene = Scene::new();
    let main = service(&scene, "web");
    directory(&scene, &main, "s2000\nn0\n");
    let lines: Vec<String> = (0..400).map(|number| format!("line {number}")).collect();
    log(&scene, &[&main], lines.join("\n") + "\n");
    assert!(old_names(&scene, &main).len() > 1);
    assert_eq!(shown(&scene, &["web"]), lines[390..]);
    assert_eq!(shown(&scene, &["-n", "0", "web"]), [""; 0]);
    assert_eq!(shown(&scene, &["-n1", "web"]), lines[399..]);
    assert_eq!(shown(&scene, &["-n", "333", "web"]), lines[67..]);
    assert_eq!(shown(&scene, &["-n", "1000", "web"]), lines);
    assert_eq!(shown(&scene, &["-n", "all", "web"]), lines);
}

#[test]
fn since_selects_by_stamp_and_by_file() {
    let scene = Scene::new();
    let main = service(&scene, "web");
    let old = format!("{} old\n", label(0));
    log(&scene, &["-t", &main], "new\n");
    let current = scene.read(format!("{main}/current"));
    scene.file(format!("{main}/{}.s", label(9)), &old);
    scene.file(format!("{main}/current"), format!("{} older\n{current}and more of it\n", label(10)));
    // The machine's clock is not looked at: any span up to now leaves out what is told to be of 1970.
    scene.file(format!("{main}/@40000000000000100000000a.s"), "@40000000000000100000000a first\n");
    let lines = shown(&scene, &["--since", "60s", "web"]);
    assert!(lines[0].ends_with(" new") && lines[1] == "and more of it" && lines.len() == 2, "{lines:?}");
    assert_eq!(shown(&scene, &["-n", "all", "web"]).len(), 5);
    assert_eq!(shown(&scene, &["--since", "1m", "-n", "1", "web"]), ["and more of it"]);
}

#[test]
fn several_services_are_merged_by_time() {
    let scene = Scene::new();
    for (name, seconds) in [("db", [0, 3, 4]), ("web", [1, 2, 4])] {
        let main = service(&scene, name);
        let lines = seconds.map(|second| format!("{} at {second}\n", label(second)));
        scene.file(format!("{main}/{}.s", label(2)), &lines[0]);
        scene.file(format!("{main}/current"), lines[1..].concat());
    }
    let expected = [(0, "db"), (1, "web"), (2, "web"), (3, "db"), (4, "db"), (4, "web")];
    let expected = expected.map(|(second, name)| format!("{} {name}: at {second}", date(second)));
    assert_eq!(shown(&scene, &["db", "web"]), expected);
    assert_eq!(shown(&scene, &["*"]), expected);
    let objects = shown(&scene, &["-j", "-n1", "db", "web"]);
    assert_eq!(objects[0], r#"{"time":"2026-11-20T12:40:42.000000Z","service":"db","line":"at 4"}"#);
    assert_eq!(objects.len(), 2);
}

#[test]
fn an_object_of_the_logger_is_one_already() {
    let scene = Scene::new();
    let main = service(&scene, "web");
    log(&scene, &["-j", "-n", "web", &main], "a \"b\"\n");
    let written = scene.lines(format!("{main}/current"));
    assert_eq!(shown(&scene, &["-j", "web"]), written);
    assert_eq!(shown(&scene, &["web"]), written);
}

#[test]
fn the_logger_that_runs_is_asked_where_it_writes() {
    let scene = Scene::new();
    let (absolute, svlogd) = (scene.dir("logs/absolute"), ours("svlogd"));
    scene.dir("web/log/beside");
    let run = format!("exec {} -t ./beside {}", svlogd.display(), absolute.display());
    let _web = scene.service("web").run("echo hello; exec sleep 1000").log(&run).supervise();
    until("both have it", || {
        ["logs/absolute", "web/log/beside"].iter().all(|at| !scene.read(format!("{at}/current")).is_empty())
    });
    let lines = shown(&scene, &["web"]);
    assert!(lines.len() == 1 && lines[0].ends_with(" hello"), "in two places, and one line: {lines:?}");
}

#[test]
fn a_plain_file_and_a_shell_in_between_are_found() {
    let scene = Scene::new();
    let file = scene.path("logs/web.log");
    scene.dir("logs");
    let run = format!("{} -c s2000 -o {}\nexit 0", ours("svlogd").display(), file.display());
    let web = "i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i + 1)); done; exec sleep 1000";
    let _web = scene.service("web").run(web).log(&run).supervise();
    until("all is written", || scene.read("logs/web.log").ends_with("line 299\n"));
    let lines = shown(&scene, &["-n", "all", "web"]);
    assert_eq!(lines, (0..300).map(|number| format!("line {number}")).collect::<Vec<_>>());
}

#[test]
fn other_loggers_are_asked_too() {
    for (logger, arguments) in [("s6-log", "t s10000"), ("multilog", "t s9999")] {
        let Some(program) = theirs(logger) else { return skip("other_loggers_are_asked_too", logger) };
        let scene = Scene::new();
        let run = format!("exec {} {arguments} {}", program.display(), scene.path("log here").display());
        let run = run.replace("log here", "'log here'");
        let _web = scene.service("web").run("echo hello; exec sleep 1000").log(&run).supervise();
        until("it is written", || !scene.read("log here/current").is_empty());
        let lines = shown(&scene, &["web"]);
        assert!(lines.len() == 1 && is_stamped(&lines[0]) && lines[0].ends_with(" hello"), "{logger}: {lines:?}");
    }
}

#[test]
fn what_is_not_there_is_said_and_counted() {
    let scene = Scene::new();
    scene.dir("bare");
    scene.dir("empty/log");
    let main = service(&scene, "web");
    log(&scene, &[&main], "hello\n");
    let done = sv_log(&scene, &["bare", "empty", "gone", "web"]);
    assert_eq!((done.code, done.out.as_str()), (3, "web: hello\n"));
    let expected = "fail: bare: it has no log service (log/)\n\
        fail: empty: no log directory found: tried log/main, log, main, /var/log/empty, /var/log/sv/empty, \
        /var/log/runit/empty\n\
        fail: gone: unable to change to service directory: file does not exist\n";
    assert_eq!(done.err, expected);
    for args in [&[][..], &["-n", "x", "web"], &["--since", "soon", "web"], &["-z", "web"]] {
        assert_eq!(sv_log(&scene, args).code, 100, "{args:?}");
    }
}

#[test]
fn an_init_script_shows_its_own() {
    let scene = Scene::new();
    let main = service(&scene, "web");
    log(&scene, &[&main], "hello\n");
    scene.link(ours("sv"), "init/web");
    let mut command = scene.command(scene.path("init/web"));
    command.args(["log", "-n1"]).env("SVDIR", scene.path(""));
    assert_eq!(scene.finish(command), Done { code: 0, out: "hello\n".into(), err: String::new() });
}

#[test]
fn compressed_files_are_told_of() {
    let scene = Scene::new();
    let main = service(&scene, "web");
    scene.file(format!("{main}/{}.s", label(0)), b"\x1f\x8b\x08rest");
    scene.file(format!("{main}/current"), "hello\n");
    let done = sv_log(&scene, &["web"]);
    assert_eq!((done.code, done.out.as_str()), (0, "hello\n"));
    assert!(done.err.starts_with("warning: web: compressed, and not shown: ") && done.err.lines().count() == 1);
    assert_eq!(sv_log(&scene, &["-n1", "web"]).err, "", "it was not needed");
}

/// Logs so many numbered lines in pieces while somebody follows, and compares what he saw.
fn follows(scene: &Scene, options: &[&str], place: &str, follower: &mut Running, lines: usize) {
    let mut logger = Logger::start(scene, &[options, &[place]].concat());
    for number in 0..lines {
        logger.write(format!("line {number}\n"));
    }
    logger.end();
    until("it has seen the last", || follower.out().ends_with(&format!("line {}\n", lines - 1)));
    let seen: Vec<String> =
        follower.out().lines().map(|line| line[line.len().min(line.find("line").unwrap_or(0))..].to_owned()).collect();
    let expected: Vec<String> = (0..lines).map(|number| format!("line {number}")).collect();
    assert!(
        seen == expected,
        "{} lines of {lines}: {:?}",
        seen.len(),
        seen.iter().zip(&expected).find(|(a, b)| a != b)
    );
}

/// As a terminal starts it: whoever starts the tests may have them ignore what control-C sends.
fn interruptible(mut command: Command) -> Command {
    // SAFETY: one system call, which may be made between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            Ok(())
        });
    }
    command
}

#[test]
fn following_loses_nothing_and_doubles_nothing_over_many_files() {
    for options in [&["-tt"][..], &["-t"], &[]] {
        let scene = Scene::new();
        let main = service(&scene, "web");
        directory(&scene, &main, "s3000\nn0\n");
        scene.file(format!("{main}/current"), "");
        let mut follower = scene.spawn(interruptible(command(&scene, &["-f", "web"])));
        follows(&scene, options, &main, &mut follower, 20_000);
        assert!(old_names(&scene, &main).len() > 20);
        follower.signal(libc::SIGINT);
        assert_eq!(follower.end().code, -libc::SIGINT);
    }
}

#[test]
fn following_a_plain_file_loses_nothing_either() {
    let scene = Scene::new();
    scene.dir("logs");
    let file = scene.file("logs/web.log", "");
    let keep = format!("exec {} -c s3000 -c n0 -o {}", ours("svlogd").display(), file.display());
    let web = "read go < go; i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i + 1)); done; exec sleep 1000";
    let gate = scene.gate("go");
    let service = scene.service("web").run(&web.replace("< go", "< ../go")).log(&keep).supervise();
    service.until_status("run", |status| status.state == 1);
    until("the logger runs", || service.status_of("log/supervise").pid != 0);
    let mut follower = scene.spawn(command(&scene, &["-f", "web"]));
    until("it follows, or could not", || follower.ended() || is_waiting(follower.pid()));
    gate.open();
    until("it has seen the last", || follower.out().ends_with("line 4999\n") || follower.ended());
    let expected: String = (0..5000).map(|number| format!("line {number}\n")).collect();
    assert!(follower.out() == expected, "{} {}", follower.out().lines().count(), follower.err());
    assert!(scene.path("logs/web.log.9").exists());
}

/// Whether a process sleeps in its wait: then it has read what there was.
fn is_waiting(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/wchan")).is_ok_and(|at| at.contains("poll"))
        || process_state(Some(pid)) == Some('S')
}

#[test]
fn a_line_is_shown_when_it_has_ended_and_without_inotify_too() {
    let scene = Scene::new();
    let main = service(&scene, "web");
    scene.file(format!("{main}/current"), "one\ntw");
    let none = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"";
    let mut without = scene.command("unshare");
    without.args(["--user", "--map-root-user", "sh", "-c", none, "sh"]).arg(ours("sv"));
    without.args(["log", "-f", "web"]).env("SVDIR", scene.path(""));
    let mut followers = [scene.spawn(command(&scene, &["-f", "web"])), scene.spawn(without)];
    until("the first line is there", || followers.iter_mut().all(|f| f.out() == "one\n" || f.ended()));
    throughout("it waits for the rest", Duration::from_millis(50), || followers[0].out() == "one\n");
    scene.send(format!("{main}/current"), "o\n");
    until("the rest is there", || followers.iter_mut().all(|f| f.out() == "one\ntwo\n" || f.ended()));
    if followers[1].ended() {
        skip("a_line_is_shown_when_it_has_ended_and_without_inotify_too", &followers[1].err());
    }
    // Emptied by hand, it goes on from its start.
    scene.file(format!("{main}/current"), "");
    until("it has seen that", || {
        scene.send(format!("{main}/current"), "x\n");
        followers[0].out().ends_with("x\n")
    });
}

#[test]
fn names_have_colours_on_a_terminal_only() {
    let scene = Scene::new();
    for name in ["db", "web"] {
        let main = service(&scene, name);
        log(&scene, &[&main], "hello\n");
    }
    let Some(script) = theirs("script") else { return skip("names_have_colours_on_a_terminal_only", "no script(1)") };
    let on_terminal = |no_colour: &str| {
        let mut command = scene.command(&script);
        command.args(["-qec", &format!("{} log db web", ours("sv").display()), "/dev/null"]);
        command.env("SVDIR", scene.path("")).env("NO_COLOR", no_colour);
        scene.finish(command).out.replace('\r', "")
    };
    assert_eq!(on_terminal(""), "\x1b[32mdb:\x1b[0m hello\n\x1b[33mweb:\x1b[0m hello\n");
    assert_eq!(on_terminal("1"), "db: hello\nweb: hello\n");
    assert_eq!(shown(&scene, &["db", "web"]), ["db: hello", "web: hello"]);
}
