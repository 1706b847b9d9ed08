//! The original server: two of them run the same configuration, one for each client, and both clients are told the
//! same things in the same order.

use super::{original, run, test_name};
use crate::scene::*;
use std::path::{Path, PathBuf};

const CONFIGURATION: &str = "[unix_http_server]
file=%(here)s/s.sock
[supervisord]
logfile=%(here)s/d.log
pidfile=%(here)s/d.pid
childlogdir=%(here)s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/s.sock
[program:cat]
command=/bin/cat
[program:manual]
command=/bin/cat
autostart=false
[program:nofile]
command=/no/such
autostart=false
[program:says]
command=/bin/sh -c \"printf 'one\\ntwo <&>\\n'; echo oops >&2; exec cat\"
[program:nolog]
command=/bin/cat
stdout_logfile=NONE
autostart=false
[program:g1]
command=/bin/cat
[program:g2]
command=/bin/cat
autostart=false
[group:grp]
programs=g1,g2
";

/// A server in a scene of its own.
struct Server {
    running: Running,
    scene: Scene,
    client: PathBuf,
}

impl Server {
    fn new(client: &Path, configuration: &str) -> Server {
        let scene = Scene::new();
        scene.file("s.conf", configuration);
        let mut daemon = scene.command(theirs("supervisord").unwrap());
        daemon.args(["-n", "-c"]).arg(scene.path("s.conf")).env("TZ", "UTC");
        let running = scene.spawn(daemon);
        Server { scene, running, client: client.into() }
    }

    fn ask(&self, words: &str, input: &str) -> Done {
        let mut args = vec!["-c", "s.conf"];
        args.extend(words.split(' ').filter(|word| !word.is_empty()));
        let mut done = run(&self.scene, &self.client, &args, input);
        // Of several processes the server tells in the order in which they were done, which is another each time.
        if words.contains("grp:*") || words.ends_with(" all") {
            let mut lines: Vec<&str> = done.out.split_inclusive('\n').collect();
            lines.sort_unstable();
            done.out = lines.concat();
        }
        done
    }

    /// All that starts by itself runs.
    fn is_settled(&self) -> bool {
        let done = self.ask("status", "");
        done.out.matches(" RUNNING ").count() >= 3 && !done.out.contains("STARTING")
    }
}

/// A command, and what it finds on its standard input.
type Line<'l> = (&'l str, &'l str);

#[track_caller]
fn agree(configuration: &str, lines: &[Line<'_>], between: impl Fn(&Scene, usize)) {
    let Some(original) = original(&test_name()) else { return };
    let servers = [Server::new(&original, configuration), Server::new(&program("supervisorctl"), configuration)];
    for server in &servers {
        until("the server is settled", || server.is_settled());
    }
    for (at, (words, input)) in lines.iter().enumerate() {
        let [expected, found] = [&servers[0], &servers[1]].map(|server| {
            between(&server.scene, at);
            server.ask(words, input)
        });
        assert_eq!(found, expected, "{words}\n{}", servers[0].running.out());
    }
}

#[track_caller]
fn all_agree(commands: &[&str]) {
    let lines: Vec<Line<'_>> = commands.iter().map(|command| (*command, "")).collect();
    agree(CONFIGURATION, &lines, |_, _| {});
}

#[test]
fn status_and_pids() {
    all_agree(&[
        "status",
        "status grp:*",
        "status cat x",
        "pid",
        "pid cat",
        "pid manual",
        "pid all",
        "pid x",
        "avail",
        "version",
    ]);
}

#[test]
fn starting_and_stopping() {
    all_agree(&[
        "start cat",
        "start manual",
        "start nofile",
        "start grp:*",
        "start x x:*",
        "stop manual",
        "stop manual",
        "restart cat",
        "restart manual",
        "stop grp:*",
        "stop grp:* cat",
        "status",
    ]);
}

#[test]
fn signals() {
    all_agree(&[
        "signal CONT cat",
        "signal 18 grp:*",
        "signal NOPE cat",
        "signal CONT manual",
        "signal CONT x x:*",
        "signal CONT all",
    ]);
}

#[test]
fn logs() {
    all_agree(&[
        "tail says",
        "tail -4 says",
        "tail says stderr",
        "tail nolog",
        "tail x",
        "tail -f x",
        "tail -f nolog",
        "clear says",
        "tail says",
        "clear x",
    ]);
}

#[test]
fn a_new_configuration() {
    let fresh = CONFIGURATION
        .replace("[program:manual]\n", "[program:fresh]\n")
        .replace("[program:cat]\n", "[program:cat]\nstopsignal=KILL\n");
    let lines: Vec<Line<'_>> = [
        "reread",
        "avail",
        "add fresh",
        "add fresh",
        "remove manual",
        "remove cat",
        "update x",
        "update cat",
        "update",
        "update",
        "reread",
        "status fresh manual", // cat may be RUNNING already, or STARTING still
    ]
    .map(|command| (command, ""))
    .into();
    agree(CONFIGURATION, &lines, |scene, at| {
        if at == 0 {
            scene.file("s.conf", &fresh);
        }
    });
}

#[test]
fn a_broken_configuration() {
    agree(CONFIGURATION, &[("reread", ""), ("update", "")], |scene, at| {
        if at == 0 {
            scene.file("s.conf", CONFIGURATION.replace("[program:manual]\ncommand=/bin/cat", "[program:manual]"));
        }
    });
}

#[test]
fn a_shell() {
    agree(
        CONFIGURATION,
        &[("", "status cat\nstop cat\nstart cat\nx\nshutdown\nn\n"), ("", "quit\n"), ("-i version", "")],
        |_, _| {},
    );
}

#[test]
fn the_end_of_a_server() {
    all_agree(&["reload x", "shutdown"]);
}

/// A follower that has seen this has been at it; then it is interrupted.
fn follows(words: &[&str], marks: &[&str], input: &str) {
    let Some(original) = original(&test_name()) else { return };
    for client in [original, program("supervisorctl")] {
        let server = Server::new(&client, CONFIGURATION);
        until("the server is settled", || server.is_settled());
        let mut command = server.scene.command(&client);
        command.args(["-c", "s.conf"]).args(words).stdin(std::process::Stdio::piped()).env("PYTHONUNBUFFERED", "1");
        let mut running = server.scene.spawn(command);
        let mut stdin = running.input();
        std::io::Write::write_all(&mut stdin, input.as_bytes()).unwrap();
        until("all of it has been seen", || marks.iter().all(|mark| running.out().contains(mark)));
        running.signal(libc::SIGINT);
        let done = running.end();
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
        assert!(done.out.starts_with("==> Press Ctrl-C to exit <==\n"), "{}", done.out);
        let end = if words[0] == "fg" { "Exiting foreground\n" } else { "\n" };
        assert!(done.out.ends_with(end), "{}", done.out);
    }
}

#[test]
fn a_log_is_followed_until_it_is_enough() {
    follows(&["tail", "-f", "says"], &["one\ntwo <&>\n"], "");
    follows(&["tail", "-f", "says", "stderr"], &["oops\n"], "");
    follows(&["maintail", "-f"], &["entered RUNNING state"], "");
}

#[test]
fn a_process_in_the_foreground_is_talked_to() {
    follows(&["fg", "says"], &["two <&>\n", "hello there\n", "oops\n"], "hello there\n");
}
