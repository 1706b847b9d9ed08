//! The command line, the file, and servers that are not there.

use super::{original, run, test_name};
use crate::scene::*;

/// Both, with these words, in a scene with these files.
#[track_caller]
fn agree(files: &[(&str, &str)], lines: &[&str]) {
    let Some(theirs) = original(&test_name()) else { return };
    let scene = Scene::new();
    for (name, content) in files {
        scene.file(name, content);
    }
    for line in lines {
        let args: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let expected = run(&scene, &theirs, &args, "");
        assert_eq!(run(&scene, &program("supervisorctl"), &args, ""), expected, "{line}");
    }
}

const NOBODY: &str = "unix:///no/such.sock";

#[test]
fn wrong_options() {
    agree(
        &[],
        &[
            "-x",
            "--foo",
            "-c",
            "-s",
            "-u",
            "-p",
            "-r",
            "--username",
            "--help=1",
            "--interactive=1",
            "--h",
            "--i=x",
            "-v",
        ],
    );
}

#[test]
fn options_may_not_be_given_twice() {
    agree(
        &[],
        &[
            "-u a -u b version",
            "-i -i version",
            "-s unix:///a -s unix:///b version",
            "-p a --password b x",
            "-r a -r b x",
        ],
    );
}

#[test]
fn options_may_be_cut_short_or_glued() {
    agree(
        &[],
        &[
            "--s unix:///no version",
            "-sunix:///no version",
            "--serv=unix:///no version",
            "-is unix:///no version",
            "--history_file=x -s unix:///no version",
            "-s unix:///no -- version",
        ],
    );
}

#[test]
fn usage() {
    agree(&[], &["-h", "-?", "--hel x", "-h -x", "-i -h"]);
}

#[test]
fn urls() {
    agree(
        &[],
        &[
            "-s foo x",
            "-s unix:// x",
            "-s http:// x",
            "-s https://x version",
            "-s unix:/x version",
            "-s x:y://z version",
            "-s http://localhost:xx version",
            "-s http://no-such-host.invalid:1 version",
            "-s 127.0.0.1:9001/ version",
        ],
    );
}

#[test]
fn a_server_that_is_not_there() {
    let commands = "status|start a|stop a|restart a|signal HUP a|pid|tail a|tail -f a|maintail|clear a|avail|reread|update|add x|add|remove x|shutdown|reload|version|fg a|start|signal|tail|fg|version x|help|quit|x";
    for url in [NOBODY, "http://127.0.0.1:1"] {
        let lines: Vec<String> = commands.split('|').map(|command| format!("-s {url} {command}")).collect();
        agree(&[], &lines.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn a_file_that_is_not_one() {
    agree(&[("none.conf", "[supervisord]\n")], &["-c no version", "-c / version", "-c none.conf version"]);
}

#[test]
fn the_file_says_where_the_server_is() {
    let files = [
        ("a.conf", "[supervisorctl]\nserverurl=unix://%(here)s/no.sock\nhistory_file=%(here)s/h\nprompt=p\n"),
        ("b.conf", "[supervisorctl]\nserverurl = http://127.0.0.1:1 ; a comment\n[other]\nx=%\n"),
        ("c.conf", "[supervisorctl]\nserverurl=foo\n"),
        ("d.conf", "[supervisorctl]\nserverurl=%\n"),
        ("f.conf", "[supervisorctl]\nserverurl=unix:///a/../b//c\n"),
        ("e.conf", "[supervisorctl]\nserverurl=unix://%(ENV_TZ)s\n"),
    ];
    agree(
        &files,
        &[
            "-c a.conf version",
            "-c b.conf version",
            "-c c.conf version",
            "-c d.conf version",
            "-c e.conf version",
            "-c f.conf version",
            "-c a.conf -s unix://x/../y version",
        ],
    );
    agree(&files, &["-c a.conf -s unix:///else version"]);
}

#[test]
fn a_file_is_found_in_the_directory() {
    agree(&[("supervisord.conf", "[supervisorctl]\nserverurl=unix:///here\n")], &["version"]);
    agree(&[("etc/supervisord.conf", "[supervisorctl]\nserverurl=unix:///below\n")], &["version"]);
}

#[test]
fn a_name_that_nobody_knows_is_told_without_the_environment() {
    let scene = Scene::new();
    scene.file("a.conf", "[supervisorctl]\nprompt=%(x)s\n");
    let Some(theirs) = original(&test_name()) else { return };
    for client in [theirs, ours("supervisorctl")] {
        let done = run(&scene, &client, &["-c", "a.conf", "version"], "");
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        let begin =
            "Error: Format string '%(x)s' for 'supervisorctl.prompt' contains names ('x') which cannot be expanded. ";
        assert!(done.err.starts_with(begin), "{}", done.err);
    }
}
