//! What the processes that runsv starts inherit. The probes are no shells: a shell changes its own signal mask.

use crate::scene::*;
use std::fs::File;
use std::os::unix::process::CommandExt;

/// A script whose interpreter shows this file of /proc, on standard output.
fn shows(scene: &Scene, script: &str, program: &str, file: &str) {
    scene.file(script, format!("#!{program} {file}\n"));
    scene.mode(script, 0o755);
}

/// The line of /proc/PID/status that begins with this word.
fn field(text: &str, word: &str) -> u64 {
    let line = text.lines().find(|line| line.starts_with(&format!("{word}:"))).unwrap_or_else(|| panic!("no {word}"));
    u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap()
}

/// The bit of a signal in a mask of /proc.
fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

const CAT: &str = "/bin/cat";

/// Whether neither TERM nor CHLD is blocked, ignored or caught.
#[track_caller]
fn are_at_their_defaults(status: &str) {
    for word in ["SigBlk", "SigIgn"] {
        for signal in [libc::SIGTERM, libc::SIGCHLD] {
            assert_eq!(field(status, word) & bit(signal), 0, "signal {signal} in {word}");
        }
    }
}

#[test]
fn run_has_term_and_chld_at_their_defaults() {
    let scene = Scene::new();
    shows(&scene, "web/run", CAT, "/proc/self/status");
    let web = scene.service("web").supervise();
    until("it was shown", || web.runsv.out().contains("SigCgt:"));
    are_at_their_defaults(&web.runsv.out());
}

#[test]
fn finish_has_term_and_chld_at_their_defaults() {
    let scene = Scene::new();
    shows(&scene, "web/finish", CAT, "/proc/self/status");
    let web = scene.service("web").run("exit 0").supervise();
    until("it was shown", || web.runsv.out().contains("SigCgt:"));
    are_at_their_defaults(&web.runsv.out());
}

#[test]
fn the_log_service_has_term_and_chld_at_their_defaults() {
    let scene = Scene::new();
    shows(&scene, "web/log/run", CAT, "/proc/self/status");
    let web = scene.service("web").run(IDLE).supervise();
    until("it was shown", || web.runsv.out().contains("SigCgt:"));
    are_at_their_defaults(&web.runsv.out());
}

#[test]
fn what_runsv_was_given_is_handed_on() {
    let scene = Scene::new();
    shows(&scene, "web/run", CAT, "/proc/self/status");
    let web = scene.service("web");
    let mut command = web.command();
    // SAFETY: sigprocmask and signal may be called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            let mut usr1: libc::sigset_t = core::mem::zeroed();
            libc::sigemptyset(&mut usr1);
            libc::sigaddset(&mut usr1, libc::SIGUSR1);
            libc::sigprocmask(libc::SIG_BLOCK, &usr1, core::ptr::null_mut());
            libc::signal(libc::SIGUSR2, libc::SIG_IGN);
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            Ok(())
        });
    }
    let web = web.supervise_by(command);
    until("it was shown", || web.runsv.out().contains("SigCgt:"));
    let status = web.runsv.out();
    assert_eq!(field(&status, "SigBlk"), bit(libc::SIGUSR1));
    assert_eq!(field(&status, "SigIgn") & bit(libc::SIGUSR2), bit(libc::SIGUSR2));
    assert_eq!(field(&status, "SigIgn") & bit(libc::SIGPIPE), 0);
}

#[test]
fn run_has_three_descriptors() {
    let scene = Scene::new();
    shows(&scene, "web/run", "/bin/ls", "/proc/self/fd");
    let web = scene.service("web").log("exec cat >> has").supervise();
    until("it was shown", || web.read("log/has").ends_with("3\n"));
    // The fourth is the directory that ls lists.
    assert_eq!(web.lines("log/has"), ["./run", "", "/proc/self/fd:", "0", "1", "2", "3"]);
}

#[test]
fn finish_has_three_descriptors() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 0").finish("ls /proc/self/fd > fds; echo complete >> fds").supervise();
    until("it was shown", || web.read("fds").ends_with("complete\n"));
    assert_eq!(web.lines("fds"), ["0", "1", "2", "3", "complete"]);
}

#[test]
fn the_log_service_has_three_descriptors() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("ls /proc/self/fd > fds; echo complete >> fds; exec cat").supervise();
    until("it was shown", || web.read("log/fds").ends_with("complete\n"));
    assert_eq!(web.lines("log/fds"), ["0", "1", "2", "3", "complete"]);
}

#[test]
fn control_scripts_have_three_descriptors() {
    let scene = Scene::new();
    let web =
        scene.service("web").run(IDLE).log("exec cat").control('h', "ls /proc/self/fd > fds; echo complete >> fds");
    let web = web.supervise().running();
    web.send("h");
    until("it was shown", || web.read("fds").ends_with("complete\n"));
    assert_eq!(web.lines("fds"), ["0", "1", "2", "3", "complete"]);
}

#[test]
fn standard_input_is_that_of_runsv() {
    let scene = Scene::new();
    let web = scene.service("web").run("cat > said; exec sleep 1000");
    let mut command = web.command();
    command.stdin(File::open(scene.file("words", "some words\n")).unwrap());
    let web = web.supervise_by(command);
    until("it was read", || web.read("said") == "some words\n");
}

#[test]
fn the_environment_is_that_of_runsv() {
    let scene = Scene::new();
    let web = scene.service("web").run("env > seen; echo complete >> seen; exec sleep 1000");
    let mut command = web.command();
    let mark: Vec<_> = command.get_envs().filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned()))).collect();
    command.env_clear().envs(mark).env("PATH", "/bin:/usr/bin").env("COLOUR", "green");
    let web = web.supervise_by(command);
    until("it was shown", || web.read("seen").ends_with("complete\n"));
    let mut names: Vec<_> = web.lines("seen").iter().filter_map(|l| Some(l.split_once('=')?.0.to_owned())).collect();
    names.retain(|name| name != "PWD" && name != "_" && name != "OLDPWD" && name != "SHLVL"); // the shell's own
    names.sort();
    assert_eq!(names, ["COLOUR", "KEEPUP_SCENE", "PATH"]);
}

#[test]
fn the_working_directory_is_the_service_directory() {
    let scene = Scene::new();
    shows(&scene, "web/run", "/bin/readlink", "/proc/self/cwd");
    let web = scene.service("web").supervise();
    until("it was shown", || web.runsv.out().ends_with('\n'));
    assert_eq!(web.runsv.out().lines().next(), scene.path("web").to_str());
}

/// A program that says under which name it was started.
const NAME: &str = "tr '\\0' ' ' < /proc/$$/cmdline > name; echo >> name; exec sleep 1000";

#[test]
fn run_is_called_dot_slash_run() {
    let scene = Scene::new();
    scene.link("/bin/sh", "web/run");
    let web = scene.service("web");
    let mut command = web.command();
    command.stdin(File::open(scene.file("words", NAME)).unwrap());
    let web = web.supervise_by(command);
    until("it was shown", || web.read("name").ends_with('\n'));
    assert_eq!(web.read("name"), "./run \n");
}

#[test]
fn the_log_service_is_called_dot_slash_run() {
    let scene = Scene::new();
    scene.link("/bin/sh", "web/log/run");
    let web = scene.service("web").run(&format!("cat <<'.'\n{NAME}\n.\nexec sleep 1000")).supervise();
    until("it was shown", || web.read("log/name").ends_with('\n'));
    assert_eq!(web.read("log/name"), "./run \n");
}

#[test]
fn a_control_script_is_called_by_its_place() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE);
    scene.link("/bin/sh", "web/control/h");
    let mut command = web.command();
    command.stdin(File::open(scene.file("words", "tr '\\0' ' ' < /proc/$$/cmdline > name; echo >> name\n")).unwrap());
    let web = web.supervise_by(command).running();
    web.send("h");
    until("it was shown", || web.read("name").ends_with('\n'));
    assert_eq!(web.read("name"), "control/h \n");
}

/// Process group and session of a process.
fn group_and_session(pid: i32) -> (i32, i32) {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let mut words = line.rsplit(") ").next().unwrap().split(' ').skip(2);
    let mut number = || words.next().unwrap().parse().unwrap();
    (number(), number())
}

#[test]
fn run_and_the_log_service_are_in_the_group_and_session_of_runsv() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat");
    let mut command = web.command();
    command.process_group(0);
    let web = web.supervise_by(command).running();
    web.until_log_stat("run");
    until("the update is complete", || web.status_of("log/supervise").pid != 0);
    let log = web.status_of("log/supervise").pid as i32;
    let runsv = group_and_session(web.runsv.pid());
    assert_eq!(runsv.0, web.runsv.pid());
    assert_eq!((group_and_session(web.pid().unwrap()), group_and_session(log)), (runsv, runsv));
}

#[test]
fn the_umask_is_that_of_runsv() {
    let scene = Scene::new();
    let web = scene.service("web").run("umask > seen; exec sleep 1000");
    let mut command = scene.command("sh");
    command.args(["-c", "umask 027; exec \"$@\"", "-"]).arg(program("runsv")).arg("web");
    let web = web.supervise_by(command);
    until("it was shown", || web.read("seen").ends_with('\n'));
    assert_eq!(web.read("seen").trim_end().trim_start_matches('0'), "27");
}

#[test]
fn children_that_run_leaves_are_none_of_its_business() {
    let scene = Scene::new();
    let web = scene.service("web").run("sleep 1000 & echo $! > child; wait").supervise();
    until("it has a child", || web.read("child").ends_with('\n'));
    web.until_stat("run");
    web.send("d");
    web.until_stat("down");
    let child = web.read("child").trim_end().parse().unwrap();
    assert!(process_state(Some(child)).is_some_and(|state| state != 'Z'), "it runs on");
}
