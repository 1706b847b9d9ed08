//! What a process and whoever looks from outside see of a daemon.

use super::{BOTH, Daemon, HEAD, Whose, is_installed};
use crate::scene::{Scene, root, skip, until};

const VIEW: &str = "{ pwd; umask; id -u; id -g; ulimit -n
env | grep -vE '^(_|PWD|OLDPWD|SHLVL|KEEPUP_SCENE)=' | sort
echo session $(test \"$(ps -o sid= -p $$ | tr -d ' ')\" = $$ && echo own)
test -p /dev/stdin && echo stdin is a pipe
} >$1.part 2>&1
mv $1.part $1
exec sleep 1000";

/// What the processes have found, without the scene.
fn views(daemon: &Daemon, names: &[&str]) -> Vec<(String, String)> {
    for name in names {
        until(&format!("{name} has looked"), || daemon.scene.path(name).exists());
    }
    let here = daemon.scene.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    names.iter().map(|name| ((*name).to_owned(), daemon.scene.read(name).replace(&here, "HERE"))).collect()
}

/// The session of a process is its own under ours, and the daemon's under the original.
fn without_session(views: Vec<(String, String)>) -> Vec<(String, String)> {
    let cut = |text: String| text.lines().filter(|line| !line.starts_with("session")).collect::<Vec<_>>().join("\n");
    views.into_iter().map(|(name, text)| (name, cut(text))).collect()
}

const CONFIGURATION: &str = "environment=ALL=\"for all\"
minfds=1111
[program:plain]
command=sh %(here)s/view %(here)s/plain.txt
[program:path]
command=sh %(here)s/view %(here)s/path.txt
environment=PATH=\"/opt/none:%(ENV_PATH)s\",MINE=\"a,b\"
umask=077
directory=/
[program:url]
command=sh %(here)s/view %(here)s/url.txt
serverurl=http://elsewhere:1
[unix_http_server]
file=%(here)s/s.sock
";

#[test]
fn processes_see_what_they_see_under_the_original() {
    const NAME: &str = "processes_see_what_they_see_under_the_original";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    let prepare = |scene: &Scene| drop(scene.file("view", VIEW));
    let names = ["plain.txt", "path.txt", "url.txt"];
    for options in [&["-n"][..], &["-n", "-m", "077"]] {
        let seen = BOTH.map(|whose| {
            let mut daemon = Daemon::with(whose, &format!("{HEAD}{CONFIGURATION}"), options, prepare);
            let seen = without_session(views(&daemon, &names));
            daemon.ends();
            seen
        });
        for (theirs, ours) in seen[0].iter().zip(&seen[1]) {
            assert_eq!(theirs, ours);
        }
    }
}

#[test]
fn as_a_daemon_it_is_as_the_original() {
    const NAME: &str = "as_a_daemon_it_is_as_the_original";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    let prepare = |scene: &Scene| {
        scene.file("view", VIEW);
        scene.dir("work");
    };
    let configuration = format!("{HEAD}umask=027\ndirectory=%(here)s/work\n{CONFIGURATION}");
    let names = ["plain.txt", "path.txt", "url.txt"];
    let seen = BOTH.map(|whose| {
        let mut daemon = Daemon::with(whose, &configuration, &[], prepare);
        let done = daemon.running.end();
        let said = (done.code, done.out.clone(), done.err.clone());
        let pid = daemon.pid();
        let views = without_session(views(&daemon, &names));
        let own = |what: &str| std::fs::read_link(format!("/proc/{pid}/{what}")).unwrap().to_str().unwrap().to_owned();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        let leads = (fields[2] == pid.to_string(), fields[3] == pid.to_string());
        let here = daemon.scene.path("").to_str().unwrap().trim_end_matches('/').to_owned();
        let streams = ["fd/0", "fd/1", "fd/2", "cwd"].map(|what| own(what).replace(&here, "HERE"));
        let kinds = ["d.log", "d.pid"].map(|name| daemon.scene.kind(name));
        daemon.scene.signal(pid, 15);
        until("it has ended", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
        let log: Vec<String> = daemon.log().into_iter().filter(|line| !line.contains("no server: ")).collect();
        let left = daemon.scene.path("d.pid").exists();
        (
            said,
            views,
            leads,
            streams,
            kinds,
            left,
            log.into_iter().take(5).filter(|l| !l.contains("not known")).collect::<Vec<_>>(),
        )
    });
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn with_another_user() {
    const NAME: &str = "with_another_user";
    if !is_installed() || !root() {
        return skip(NAME, "needs supervisord and root");
    }
    let configuration = HEAD.replace("user=root", "user=nobody")
        + "[program:plain]\ncommand=sh %(here)s/view %(here)s/open/plain.txt\n";
    let prepare = |scene: &Scene| {
        scene.mode("", 0o777);
        scene.mode("logs", 0o777);
        scene.dir("open");
        scene.mode("open", 0o777);
        scene.file("view", VIEW);
    };
    let seen = BOTH.map(|whose| {
        let mut daemon = Daemon::with(whose, &configuration, &["-n"], prepare);
        let views = without_session(views(&daemon, &["open/plain.txt"]));
        daemon.until_logged("success: plain");
        daemon.ends();
        (views, daemon.log())
    });
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn a_user_that_is_not_root_cannot_become_another() {
    const NAME: &str = "a_user_that_is_not_root_cannot_become_another";
    if !is_installed() || !root() {
        return skip(NAME, "needs supervisord and root");
    }
    let said = BOTH.map(|whose| {
        let scene = Scene::new();
        scene.mode("", 0o777);
        scene.dir("logs");
        scene.file("s.conf", HEAD);
        let mut command = scene.command("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(whose.program())
            .args(["-n", "-c", "s.conf"]);
        let done = scene.finish(command);
        (done.code, done.err.lines().next().unwrap_or_default().to_owned())
    });
    assert_eq!(said[0], (2, "Error: Can't drop privilege as nonroot user".to_owned()));
    assert_eq!(said[0], said[1]);
}

/// So many attempts, with so much time between them.
#[test]
fn attempts_are_the_originals() {
    const NAME: &str = "attempts_are_the_originals";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    const PROGRAMS: &str = "[program:retry]
command=sh -c 'echo x >>%(here)s/retry; exit 0'
startretries=2
[program:none]
command=sh -c 'echo x >>%(here)s/none; exit 1'
startretries=0
[program:unexpected]
command=sh -c 'echo x >>%(here)s/unexpected; test $(wc -l <%(here)s/unexpected) -lt 3; exit $((! $?))'
startsecs=0
[program:never]
command=sh -c 'echo x >>%(here)s/never; exit 1'
startsecs=0
autorestart=false
";
    let counts = BOTH.map(|whose| {
        let mut daemon = Daemon::new(whose, &format!("{HEAD}{PROGRAMS}"));
        daemon.until_logged("gave up: retry");
        daemon.until_logged("gave up: none");
        daemon.until_logged("exited: never");
        daemon.until_logged("exited: unexpected (exit status 0; expected)");
        daemon.ends();
        ["retry", "none", "unexpected", "never"].map(|name| daemon.scene.lines(name).len())
    });
    assert_eq!(counts[0][..2], [3, 1]);
    assert_eq!(counts[0], counts[1]);
}

/// Each signal that stops a process, and whom it reaches.
#[test]
fn signals_are_the_originals() {
    const NAME: &str = "signals_are_the_originals";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    const SIGNALS: [&str; 6] = ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2"];
    let script = "for s in TERM INT HUP QUIT USR1 USR2; do trap \"echo $s >>$1; exit 0\" $s; done
(trap 'echo child >>$1; exit 0' TERM INT HUP QUIT USR1 USR2; echo up >>$1.up; while :; do sleep 0.02; done) &
while :; do sleep 0.02; done";
    let mut configuration = HEAD.to_owned();
    for name in SIGNALS {
        configuration
            .push_str(&format!("[program:{name}]\ncommand=sh %(here)s/catch %(here)s/{name}\nstopsignal={name}\n"));
    }
    configuration.push_str("[program:group]\ncommand=sh %(here)s/catch %(here)s/group\nstopasgroup=true\n");
    let got = BOTH.map(|whose| {
        let mut daemon = Daemon::with(whose, &configuration, &["-n"], |scene| drop(scene.file("catch", script)));
        for name in SIGNALS.iter().chain(&["group"]) {
            until("its child is up", || daemon.scene.path(format!("{name}.up")).exists());
            daemon.until_logged(&format!("success: {name}"));
        }
        daemon.ends();
        let found = SIGNALS.iter().chain(&["group"]).map(|name| {
            until("it has noted the signal", || !daemon.scene.lines(name).is_empty());
            if *name == "group" {
                until("both have", || daemon.scene.lines(name).len() > 1);
            }
            let mut lines = daemon.scene.lines(name);
            lines.sort();
            lines
        });
        found.collect::<Vec<_>>()
    });
    assert_eq!(got[0], got[1]);
    assert_eq!(got[0].last().unwrap(), &["TERM", "child"]);
}

#[test]
fn old_logs_are_removed_as_the_original_does_it() {
    const NAME: &str = "old_logs_are_removed_as_the_original_does_it";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    const OLD: [&str; 6] = [
        "x-stdout---supervisor-abcdefgh.log",
        "x-stderr---supervisor-abcdefgh.log.10",
        "x-stdout---other-abcdefgh.log",
        "x.log",
        "---supervisor-abcdefgh.log",
        "y-stdout---supervisor-a b.log",
    ];
    for options in [&["-n"][..], &["-n", "-k"], &["-n", "-i", "other"]] {
        let left = BOTH.map(|whose| {
            let prepare = |scene: &Scene| OLD.iter().for_each(|name| drop(scene.file(format!("logs/{name}"), "")));
            let configuration = format!("{HEAD}[program:p]\ncommand=/bin/cat\n");
            let mut daemon = Daemon::with(whose, &configuration, options, prepare);
            daemon.until_logged("success: p");
            let names = std::fs::read_dir(daemon.scene.path("logs")).unwrap();
            let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            let fresh = names.iter().filter(|name| name.starts_with("p-std")).count();
            let modes: Vec<String> = names
                .iter()
                .filter(|name| name.starts_with("p-std"))
                .map(|name| daemon.scene.kind(format!("logs/{name}")))
                .collect();
            daemon.ends();
            (names.into_iter().filter(|name| OLD.contains(&name.as_str())).collect::<Vec<_>>(), fresh, modes)
        });
        assert_eq!(left[0], left[1], "{options:?}");
    }
}

#[test]
fn a_restart_reads_the_configuration_again() {
    const NAME: &str = "a_restart_reads_the_configuration_again";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    let logs = BOTH.map(|whose| {
        let before = format!("{HEAD}[program:a]\ncommand=/bin/cat\n[program:b]\ncommand=/bin/cat\npriority=1\n");
        let mut daemon = Daemon::new(whose, &before);
        daemon.until_logged("success: a");
        daemon.until_logged("success: b");
        let pid = daemon.pid();
        daemon.scene.file("s.conf", format!("{HEAD}[program:c]\ncommand=/bin/cat\n"));
        daemon.running.signal(libc::SIGHUP);
        daemon.until_logged("success: c");
        assert_eq!(daemon.pid(), pid);
        daemon.ends();
        daemon.log()
    });
    assert_eq!(super::sorted(&logs[0]), super::sorted(&logs[1]));
}

#[test]
fn a_pidfile_that_cannot_be_written_is_told() {
    const NAME: &str = "a_pidfile_that_cannot_be_written_is_told";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    let logs = BOTH.map(|whose: Whose| {
        let configuration = HEAD.replace("d.pid", "logs") + "[program:a]\ncommand=/bin/cat\n";
        let mut daemon = Daemon::new(whose, &configuration);
        daemon.until_logged("success: a");
        daemon.ends();
        daemon.log()
    });
    assert_eq!(super::sorted(&logs[0]), super::sorted(&logs[1]));
}
