//! How runsvdir is called, and how it calls runsv.

use super::*;
use std::os::unix::process::CommandExt;

/// These arguments are refused.
#[track_caller]
fn refuses(args: &[&str]) {
    let done = start(&Scene::new(), args).end();
    let usage = format!("usage: {} [-P] dir\n\n", program("runsvdir").display());
    assert_eq!(done, Done { code: 1, out: String::new(), err: usage });
}

#[test]
fn without_a_directory_it_prints_its_usage() {
    refuses(&[]);
}

#[test]
fn an_option_alone_is_not_enough() {
    refuses(&["-P"]);
    refuses(&["--"]);
}

#[test]
fn each_directory_gets_a_runsv() {
    let scene = Scene::new();
    let (web, mail) = (scene.service("scan/web").run(IDLE), scene.service("scan/mail").run(IDLE));
    let _runsvdir = start(&scene, &["scan"]);
    web.until_stat("run");
    mail.until_stat("run");
}

#[test]
fn runsv_is_called_by_the_name_of_the_entry() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(NOTED);
    let _runsvdir = start(&scene, &["scan"]);
    assert_eq!(title(runsv(&web, 0)), ["runsv", "web"]);
}

#[test]
fn a_name_may_hold_blanks_and_begin_with_a_dash() {
    let scene = Scene::new();
    let web = scene.service("scan/-x my web").run(NOTED);
    let _runsvdir = start(&scene, &["scan"]);
    assert_eq!(title(runsv(&web, 0)), ["runsv", "-x my web"]);
}

#[test]
fn after_two_dashes_comes_the_directory() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(IDLE);
    let _runsvdir = start(&scene, &["--", "scan"]);
    web.until_stat("run");
}

#[test]
fn a_first_word_with_two_dashes_is_skipped() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(IDLE);
    let _runsvdir = start(&scene, &["--nonsense", "scan"]);
    web.until_stat("run");
}

#[test]
fn what_follows_a_capital_p_is_skipped() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(NOTED);
    let _runsvdir = start(&scene, &["-Pxyz", "scan"]);
    let runsv = runsv(&web, 0);
    assert_eq!(session(runsv), runsv);
}

#[test]
fn another_word_with_a_dash_is_the_directory() {
    let scene = Scene::new();
    let web = scene.service("-x/web").run(IDLE);
    let _runsvdir = start(&scene, &["-x"]);
    web.until_stat("run");
}

#[test]
fn more_words_are_ignored() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(IDLE);
    let _other = scene.service("other/mail").run(IDLE);
    let mut runsvdir = start(&scene, &["scan", "log: ......", "other"]);
    web.until_stat("run");
    assert!(!runsvdir.ended());
    assert_eq!(scene.kind("other/mail/supervise"), "");
}

#[test]
fn runsv_is_found_by_the_path() {
    let scene = Scene::new();
    scene.dir("scan/web");
    scene.script("first/runsv", "echo $# $1 >> ../called; exec sleep 1000");
    let mut command = command(&scene, &["scan"]);
    let path = format!("{}:/bin:/usr/bin", scene.path("first").display());
    command.env("PATH", path);
    let _runsvdir = scene.spawn(command);
    until("it was called", || scene.read("called") == "1 web\n");
}

#[test]
fn runsv_that_cannot_be_found_is_reported_and_looked_for_again() {
    let scene = Scene::new();
    scene.dir("scan/web");
    // Alone in its directory: ours also looks beside itself.
    let mut copy = scene.command("cp");
    copy.arg(program("runsvdir")).arg(scene.dir("alone"));
    assert_eq!(scene.finish(copy).code, 0);
    let mut command = scene.command(scene.path("alone/runsvdir"));
    command.arg("scan").env("PATH", scene.dir("bin"));
    let runsvdir = scene.spawn(command);
    let message = "runsvdir scan: fatal: unable to start runsv web: file does not exist\n";
    until("it is reported", || runsvdir.err().starts_with(message));
    scene.script("bin/runsv", "echo called >> ../called; exec /bin/sleep 1000");
    until("it was called", || scene.read("called") == "called\n");
    assert_eq!(runsvdir.err().replace(message, ""), "");
}

#[test]
fn runsv_runs_in_the_directory() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(NOTED);
    let _runsvdir = start(&scene, &["scan"]);
    let runsv = runsv(&web, 0);
    // It has changed into its own by now; that its argument is the bare name shows where it began.
    assert_eq!(std::fs::read_link(format!("/proc/{runsv}/cwd")).unwrap(), scene.path("scan/web"));
}

#[test]
fn the_environment_and_the_streams_are_handed_on() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run("echo $COLOUR; echo error >&2; cat > said; exec sleep 1000");
    let mut command = command(&scene, &["scan"]);
    command.env("COLOUR", "green").stdin(std::fs::File::open(scene.file("words", "some words\n")).unwrap());
    let runsvdir = scene.spawn(command);
    until("its input is read", || web.read("said") == "some words\n");
    assert_eq!((runsvdir.out().as_str(), runsvdir.err().as_str()), ("green\n", "error\n"));
}

/// Session of a process.
fn session(pid: i32) -> i32 {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    line.rsplit(") ").next().unwrap().split(' ').nth(3).unwrap().parse().unwrap()
}

#[test]
fn all_are_in_one_session() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(NOTED);
    let runsvdir = start(&scene, &["scan"]);
    assert_eq!(session(runsv(&web, 0)), session(runsvdir.pid()));
}

#[test]
fn with_capital_p_each_has_a_session_of_its_own() {
    let scene = Scene::new();
    let (web, mail) = (scene.service("scan/web").run(NOTED), scene.service("scan/mail").run(NOTED));
    let _runsvdir = start(&scene, &["-P", "scan"]);
    let (web_runsv, mail_runsv) = (runsv(&web, 0), runsv(&mail, 0));
    assert_eq!((session(web_runsv), session(mail_runsv)), (web_runsv, mail_runsv));
    web.until_status("run", |status| status.pid != 0);
    assert_eq!(session(web.pid().unwrap()), web_runsv, "and what it starts belongs to it");
}

#[test]
fn signals_are_at_their_defaults_in_runsv() {
    let scene = Scene::new();
    scene.dir("scan/web");
    // A runsv that is no shell, for a shell would change its signals.
    scene.file("first/runsv", "#!/bin/cat /proc/self/status\n");
    scene.mode("first/runsv", 0o755);
    let mut command = command(&scene, &["scan"]);
    command.env("PATH", scene.path("first")).process_group(0);
    let runsvdir = scene.spawn(command);
    until("it was shown", || runsvdir.out().contains("SigCgt:"));
    for word in ["SigBlk", "SigIgn"] {
        let line = runsvdir.out().lines().find(|line| line.starts_with(word)).unwrap().to_owned();
        let mask = u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap();
        for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGCHLD, libc::SIGALRM] {
            assert_eq!(mask & (1 << (signal - 1)), 0, "signal {signal} in {word}");
        }
    }
}

#[test]
fn a_missing_directory_is_waited_for() {
    let scene = Scene::new();
    let runsvdir = start(&scene, &["scan"]);
    let message = "runsvdir scan: warning: unable to stat scan: file does not exist\n";
    until("it is reported", || runsvdir.err().starts_with(message));
    scene.service("making/web").run(IDLE);
    scene.rename("making", "scan");
    until("the service is up", || scene.read("scan/web/supervise/stat") == "run\n");
    assert_eq!(runsvdir.err().replace(message, ""), "");
}

#[test]
fn a_file_in_its_place_is_reported() {
    let scene = Scene::new();
    scene.file("scan", "");
    let mut runsvdir = start(&scene, &["scan"]);
    let message = "runsvdir scan: warning: unable to change directory to scan: not a directory\n";
    until("it is reported", || runsvdir.err().starts_with(message));
    assert!(!runsvdir.ended());
}

#[test]
fn a_directory_removed_and_made_again_is_looked_at_again() {
    let scene = Scene::new();
    scene.dir("scan");
    let runsvdir = start(&scene, &["scan"]);
    scene.rename("scan", "gone");
    until("it is reported", || runsvdir.err().contains("unable to stat scan: file does not exist\n"));
    scene.service("making/web").run(IDLE);
    scene.rename("making", "scan");
    until("the service is up", || scene.read("scan/web/supervise/stat") == "run\n");
}
