//! `runsvdir -- command`: one command, as if we were not there.

use super::*;

fn sh(scene: &Scene, script: &str) -> Running {
    start(scene, &["--", "sh", "-c", script])
}

#[test]
fn its_exit_code_is_ours() {
    let scene = Scene::new();
    assert_eq!(sh(&scene, "exit 0").end().code, 0);
    assert_eq!(sh(&scene, "exit 7").end().code, 7);
    assert_eq!(sh(&scene, "kill -KILL $$").end().code, 128 + libc::SIGKILL);
    assert_eq!(start(&scene, &["--", "/nowhere/prog"]).end().code, 127);
    let done = start(&scene, &["--", scene.file("plain", "").to_str().unwrap()]).end();
    assert_eq!(done.code, 126);
    assert!(done.err.ends_with("plain: access denied\n"), "{}", done.err);
}

#[test]
fn streams_words_and_directory_are_its_own() {
    let scene = Scene::new();
    let mut runsvdir = start(&scene, &["--", "sh", "-c", "echo \"$1\"; pwd; echo oops >&2", "sh", "-P --grace"]);
    let done = runsvdir.end();
    assert_eq!(done.out, format!("-P --grace\n{}\n", scene.path("").display().to_string().trim_end_matches('/')));
    assert_eq!(done.err, "oops\n");
}

#[test]
fn every_signal_is_handed_on() {
    for (signal, name) in [
        (libc::SIGHUP, "HUP"),
        (libc::SIGINT, "INT"),
        (libc::SIGQUIT, "QUIT"),
        (libc::SIGUSR1, "USR1"),
        (libc::SIGUSR2, "USR2"),
        (libc::SIGTERM, "TERM"),
        (libc::SIGWINCH, "WINCH"),
        (libc::SIGCONT, "CONT"),
        (libc::SIGALRM, "ALRM"),
    ] {
        let scene = Scene::new();
        let mut runsvdir = sh(&scene, &format!("trap 'exit 33' {name}; echo up > up; while :; do sleep 0.02; done"));
        until("it is up", || scene.read("up") == "up\n");
        runsvdir.signal(signal);
        assert_eq!(runsvdir.end().code, 33, "{name}");
    }
}

#[test]
fn it_starts_with_clean_signals() {
    let scene = Scene::new();
    let status = |mut command: Command| {
        command.args(["grep", "-E", "Sig(Blk|Ign|Cgt)", "/proc/self/status"]);
        scene.finish(command).out
    };
    let mut through = scene.command(program("runsvdir"));
    through.arg("--");
    assert_eq!(status(through), status(scene.command("env")));
}

#[test]
fn with_grace_it_is_killed_when_it_does_not_heed_term() {
    let scene = Scene::new();
    let script = "trap '' TERM; echo up > up; while :; do sleep 0.05; done";
    let mut runsvdir = start(&scene, &["--grace", "1", "--", "sh", "-c", script]);
    until("it is up", || scene.read("up") == "up\n");
    runsvdir.signal(libc::SIGTERM);
    assert_eq!(runsvdir.end().code, 128 + libc::SIGKILL);
}

#[test]
fn orphans_are_reaped() {
    let scene = Scene::new();
    let runsvdir = sh(&scene, "(sh -c 'echo $$ > orphan; exit 0' &); exec sleep 1000");
    until("the orphan was there", || scene.read("orphan").ends_with('\n'));
    until("it is gone and no zombie", || process_state(scene.read("orphan").trim().parse().ok()).is_none());
    assert_eq!(children(runsvdir.pid()).len(), 1);
}

#[test]
fn on_a_terminal_it_is_in_front() {
    let scene = Scene::new();
    let Ok(terminal) = nix::pty::openpty(None, None) else {
        return skip("on_a_terminal_it_is_in_front", "no pseudo-terminal can be had");
    };
    let mut command = scene.command("setsid");
    command.arg("--ctty").arg("--wait").arg(program("runsvdir")).arg("--");
    // Fields 5 and 8: its process group, and the one in front on its terminal.
    command.args(["sh", "-c", "cut -d' ' -f5,8 /proc/$$/stat > groups; cut -d' ' -f5 /proc/$PPID/stat > ours"]);
    command.stdin(terminal.slave);
    assert_eq!(scene.spawn(command).end().code, 0);
    let groups = scene.read("groups");
    let (group, front) = groups.trim().split_once(' ').unwrap();
    assert_eq!(group, front);
    assert_ne!(group, scene.read("ours").trim(), "and not we");
}

#[test]
fn a_directory_after_two_dashes_is_a_scan_directory_as_ever() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    let _runsvdir = start(&scene, &["--", "scan"]);
    until_stat(&scene, "web", "run");
}
