//! The original client at the original daemon, and at ours with its server: the same answers, and the same lines in the log.

use super::{BOTH, Daemon, HEAD, Whose, is_installed, sorted};
use crate::scene::{Scene, ours, skip, theirs, until};

const SERVER: &str = "[unix_http_server]
file=%(here)s/s.sock
username=u
password=p
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/s.sock
username=u
password=p
";

const PROGRAMS: &str = "[program:cat]
command=/bin/cat
[program:manual]
command=/bin/cat
autostart=false
[program:nofile]
command=/no/such
autostart=false
startretries=0
[program:says]
command=sh -c \"printf 'one\\ntwo\\n'; echo oops >&2; exec cat\"
[program:g1]
command=/bin/cat
[program:g2]
command=/bin/cat
autostart=false
[group:grp]
programs=g1,g2
";

fn is_ready(name: &str) -> bool {
    match is_installed() && theirs("supervisorctl").is_some() && ours("svhttpd").exists() {
        true => true,
        false => {
            skip(name, "needs supervisord, supervisorctl, and svhttpd (feature http)");
            false
        }
    }
}

/// What the original client says to one command: its code, and its lines without numbers that differ.
fn ask(scene: &Scene, words: &str) -> (i32, Vec<String>) {
    let mut command = scene.command(theirs("supervisorctl").unwrap());
    command.args(["-c", "s.conf"]).args(words.split(' ')).env("TZ", "UTC");
    let done = scene.finish(command);
    let mask = |line: &str| {
        let line = super::masked(&format!("{:24}{line}", ""), scene);
        match line.split_once(", uptime ") {
            Some((head, _)) => format!("{head}, uptime T"),
            None if line.ends_with(" AM") || line.ends_with(" PM") => line[..line.len() - 15].to_owned() + "TIME",
            None => line,
        }
    };
    let mut lines: Vec<String> = done.out.lines().chain(done.err.lines()).map(mask).collect();
    // In which order several are done is another each time.
    if words.contains("grp:*") || words.contains("all") || words == "update" {
        lines.sort();
    }
    // A number alone is a process.
    lines.iter_mut().filter(|line| line.parse::<u32>().is_ok()).for_each(|line| *line = "PID".into());
    (done.code, lines)
}

type Said = Vec<(String, (i32, Vec<String>))>;

fn talk(whose: Whose, commands: &[&str], changed: Option<&str>) -> (Said, Vec<String>) {
    let configuration = |programs: &str| format!("{HEAD}{SERVER}{programs}");
    let mut daemon = Daemon::new(whose, &configuration(PROGRAMS));
    until("all that starts by itself runs", || {
        ask(&daemon.scene, "status").1.iter().filter(|l| l.contains("RUNNING")).count() == 3
    });
    let mut said = Vec::new();
    for command in commands {
        if let Some(programs) = changed.filter(|_| *command == "reread") {
            daemon.scene.file("s.conf", configuration(programs));
        }
        if command.starts_with("stop ") || *command == "shutdown" {
            until("all that was started runs", || {
                let log = daemon.log();
                let count = |words: &str| log.iter().filter(|line| line.contains(words)).count();
                count("spawned: ") == count("success: ")
            });
        }
        if *command == "tail says" {
            until("it has said it", || ask(&daemon.scene, "tail says").1.len() > 1);
        }
        let starts = || daemon.log().iter().filter(|line| line.contains("spawned: ")).count();
        let before = starts();
        let answer = ask(&daemon.scene, command);
        if command.starts_with("add ") && answer.1.iter().any(|line| line.contains("added")) {
            until("it was started", || starts() > before);
        }
        said.push(((*command).to_owned(), answer));
    }
    let done = match commands.last() {
        Some(&"shutdown") => daemon.running.end(),
        _ => daemon.ends(),
    };
    assert_eq!(done.code, 0);
    // One that stops at once is not waited for.
    (said, daemon.log().into_iter().filter(|line| !line.ends_with(" to stop")).collect())
}

#[track_caller]
fn same(commands: &[&str], changed: Option<&str>) {
    let [(theirs, their_log), (ours, our_log)] = BOTH.map(|whose| talk(whose, commands, changed));
    let mut differ = String::new();
    for ((command, theirs), (_, ours)) in theirs.iter().zip(&ours) {
        if theirs != ours {
            differ.push_str(&format!("{command}\n{theirs:?}\n{ours:?}\n"));
        }
    }
    assert!(differ.is_empty(), "{differ}");
    assert_eq!(
        sorted(&their_log),
        sorted(&our_log),
        "theirs:\n{}\nours:\n{}",
        their_log.join("\n"),
        our_log.join("\n")
    );
}

#[test]
fn commands_do_what_they_do_at_the_original() {
    if is_ready("commands_do_what_they_do_at_the_original") {
        let commands = [
            "status",
            "start manual",
            "status",
            "start manual",
            "stop manual",
            "stop manual",
            "status manual",
            "restart cat",
            "start nope",
            "tail says",
            "tail says stderr",
            "pid",
            "pid cat",
            "pid manual",
            "avail",
            "reread",
            "version",
            "signal CONT cat",
            "signal HUP manual",
            "stop grp:*",
            "start grp:*",
            "clear says",
            "update",
            "add cat",
            "remove cat",
            "remove nope",
            "start nofile",
            "status nofile",
            "shutdown",
        ];
        same(&commands, None);
    }
}

#[test]
fn a_new_configuration_is_taken_as_the_original_does_it() {
    if is_ready("a_new_configuration_is_taken_as_the_original_does_it") {
        let changed = "[program:cat]
command=/bin/cat
priority=5
[program:says]
command=sh -c \"printf 'one\\ntwo\\n'; echo oops >&2; exec cat\"
[program:new]
command=/bin/cat
[program:g1]
command=/bin/cat
[program:g2]
command=/bin/cat
autostart=false
[group:grp]
programs=g1,g2
";
        same(
            &["reread", "avail", "update", "reread", "stop new", "remove new", "reread", "add new", "shutdown"],
            Some(changed),
        );
    }
}

#[test]
fn a_broken_configuration_is_refused_as_the_original_does_it() {
    if is_ready("a_broken_configuration_is_refused_as_the_original_does_it") {
        same(&["reread", "pid"], Some("[program:x]\n"));
    }
}
