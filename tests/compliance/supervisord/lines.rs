//! What the daemon's log says.

use super::{BOTH, Daemon, HEAD, Whose, is_installed, sorted};
use crate::scene::{Scene, skip, until};

/// Runs it under both and compares the logs, those of each process by themselves.
#[track_caller]
fn same(name: &str, configuration: &str, options: &[&str], prepare: impl Fn(&Scene), act: impl Fn(&mut Daemon)) {
    if !is_installed() {
        return skip(name, "needs supervisord");
    }
    let [theirs, ours] = BOTH.map(|whose| log_of(whose, configuration, options, &prepare, &act));
    assert_eq!(sorted(&theirs), sorted(&ours), "theirs:\n{}\nours:\n{}", theirs.join("\n"), ours.join("\n"));
}

fn log_of(
    whose: Whose,
    configuration: &str,
    options: &[&str],
    prepare: impl Fn(&Scene),
    act: impl Fn(&mut Daemon),
) -> Vec<String> {
    let mut daemon = Daemon::with(whose, configuration, options, prepare);
    act(&mut daemon);
    let done = daemon.ends();
    assert_eq!(done.code, 0, "{whose:?}: {done:?}");
    assert!(!daemon.scene.path("d.pid").exists(), "{whose:?}");
    let shown: Vec<String> = done.out.lines().map(|line| super::masked(line, &daemon.scene)).collect();
    let log = daemon.log();
    match options.contains(&"-s") {
        true => assert!(shown.is_empty(), "{shown:?}"),
        false => assert_eq!(shown, log, "{whose:?}: the log is shown too"),
    }
    log
}

const LIVES: &str = "[program:cat]
command=/bin/cat
[program:once]
command=sh -c 'sleep 1.6; exit 2'
exitcodes=0,2
[program:unexpected]
command=sh -c 'sleep 1.6; exit 3'
autorestart=false
[program:killed]
command=sh -c 'sleep 1.6; kill -9 $$'
autorestart=false
[program:quick]
command=sh -c 'exit 0'
startretries=1
[program:nofile]
command=/no/such/file x
startretries=0
[program:directory]
command=/etc
startretries=0
[program:plain]
command=%(here)s/plain
startretries=0
[program:name]
command=no-such-program
startretries=0
[program:empty]
command=
startretries=0
[program:open]
command=cat 'x
startretries=0
[program:zero]
command=sh -c 'exit 4'
startsecs=0
autorestart=false
[program:manual]
command=/bin/cat
autostart=false
[program:late]
command=/bin/cat
startsecs=3
[program:many]
command=/bin/cat
process_name=%(program_name)s_%(process_num)02d
numprocs=2
[group:g]
programs=cat,once
";

#[test]
fn lives_are_told_as_the_original_tells_them() {
    let prepare = |scene: &Scene| drop(scene.file("plain", "x"));
    same(
        "lives_are_told_as_the_original_tells_them",
        &format!("{HEAD}{LIVES}"),
        &["-n"],
        prepare,
        |daemon: &mut Daemon| {
            daemon.until_logged("exited: once");
            daemon.until_logged("exited: unexpected");
            daemon.until_logged("exited: killed");
            daemon.until_logged("gave up: quick");
            for name in ["nofile", "directory", "plain", "name", "empty", "open"] {
                daemon.until_logged(&format!("gave up: {name}"));
            }
            daemon.until_logged("exited: zero");
            daemon.until_logged("success: many_01");
            daemon.until_logged("success: cat");
            daemon.until_logged("success: late"); // all others have long ended
        },
    );
}

#[test]
fn stops_are_told_as_the_original_tells_them() {
    const CONFIGURATION: &str = "[program:soft]
command=/bin/cat
stopsignal=USR1
[program:code]
command=sh -c 'trap \"exit 7\" TERM; while :; do sleep 0.05; done'
[program:expected]
command=sh -c 'trap \"exit 0\" TERM; while :; do sleep 0.05; done'
[program:hard]
command=sh -c 'trap \"\" TERM; while :; do sleep 0.05; done'
stopwaitsecs=1
[program:first]
command=/bin/cat
priority=1
[program:last]
command=/bin/cat
priority=2000
";
    let act = |daemon: &mut Daemon| {
        for name in ["soft", "code", "expected", "hard", "first", "last"] {
            daemon.until_logged(&format!("success: {name}"));
        }
    };
    let name = "stops_are_told_as_the_original_tells_them";
    same(name, &format!("{HEAD}{CONFIGURATION}"), &["-n"], |_| (), act);
    same(name, &format!("{HEAD}{CONFIGURATION}"), &["-n", "-s"], |_| (), act);
}

#[test]
fn groups_are_stopped_one_after_the_other() {
    const NAME: &str = "groups_are_stopped_one_after_the_other";
    const CONFIGURATION: &str = "[program:a]
command=%(here)s/slow a
priority=1
[program:b]
command=%(here)s/slow b
priority=3
[program:c]
command=%(here)s/slow c
priority=2
[program:d]
command=%(here)s/slow d
[program:e]
command=%(here)s/slow e
[group:last]
programs=d,e
priority=10
";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    let slow = "trap 'sleep 0.3; echo $1 >>stopped; exit 0' TERM\nwhile :; do sleep 0.02; done";
    let orders = BOTH.map(|whose| {
        let prepare = |scene: &Scene| drop(scene.script("slow", slow));
        let mut daemon = Daemon::with(whose, &format!("{HEAD}{CONFIGURATION}"), &["-n"], prepare);
        for name in ["a", "b", "c", "d", "e"] {
            daemon.until_logged(&format!("success: {name}"));
        }
        daemon.ends();
        let stopped = daemon.log().into_iter().filter(|line| line.contains("stopped: ")).collect::<Vec<_>>();
        let mut order = daemon.scene.lines("stopped");
        order[..2].sort(); // these two are told at once
        (order, stopped.len(), daemon.log().iter().find(|line| line.contains("to die")).cloned())
    });
    assert_eq!(orders[0].0, ["d", "e", "b", "c", "a"]);
    assert_eq!(orders[0], orders[1]);
}

#[test]
fn what_is_shown_at_the_start() {
    const NAME: &str = "what_is_shown_at_the_start";
    const TAIL: &str = "[include]
files=%(here)s/conf.d/*.conf %(here)s/none/*.conf
[unix_http_server]
file=%(here)s/s.sock
[unix_http_server:other]
file=%(here)s/o.sock
username=u
password=p
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:x]
command=/bin/cat
stdout_logfile_maxbytes=0
redirect_stderr=true
stderr_logfile=%(here)s/x.err
stdout_syslog=false
";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    let head = HEAD.replace("user=root\n", "minfds=1100\n");
    let prepare = |scene: &Scene| {
        scene.file("conf.d/b.conf", "[program:b]\ncommand=/bin/cat\n");
        scene.file("conf.d/a.conf", "[program:a]\ncommand=/bin/cat\n");
    };
    let logs = BOTH.map(|whose| {
        let mut daemon = Daemon::with(whose, &format!("{head}{TAIL}"), &["-n"], prepare);
        for name in ["a", "b", "x"] {
            daemon.until_logged(&format!("success: {name}"));
        }
        daemon.ends();
        let log = daemon.log();
        let end = log.iter().position(|line| line.contains("supervisord started")).unwrap();
        // The original says nothing about what it does not know, and has no programs of its own to miss.
        let ours = |line: &&String| !line.contains("is not known and is ignored") && !line.contains("no server: ");
        log[..=end].iter().filter(ours).cloned().collect::<Vec<_>>()
    });
    assert_eq!(logs[0], logs[1]);
    assert!(logs[0].len() >= 9, "{logs:?}");
}

#[test]
fn signals_to_the_daemon() {
    const NAME: &str = "signals_to_the_daemon";
    let configuration = format!(
        "{HEAD}loglevel=debug\n[program:stubborn]\ncommand=sh -c 'trap \"\" TERM; while :; do sleep 0.05; done'\nstopwaitsecs=2\n"
    );
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGQUIT] {
        let logs = BOTH.map(|whose| {
            let mut daemon = Daemon::new(whose, &configuration);
            daemon.until_logged("success: stubborn");
            daemon.running.signal(libc::SIGUSR2);
            daemon.until_logged("supervisord logreopen");
            daemon.running.signal(signal);
            daemon.until_logged("to die");
            daemon.running.signal(libc::SIGHUP);
            daemon.until_logged("ignored SIGHUP");
            assert_eq!(daemon.running.end().code, 0);
            // Python's parts talk about themselves, and a daemon without children hears of none.
            let talk = |line: &&String| {
                !line.contains("SIGCHLD")
                    && !line.contains("fd ")
                    && !line.contains("output:")
                    && !line.contains("closed")
            };
            let mut log: Vec<String> = daemon.log().iter().filter(talk).cloned().collect();
            log.dedup(); // it may be said twice who is waited for
            log
        });
        assert_eq!(sorted(&logs[0]), sorted(&logs[1]));
    }
}

#[test]
fn a_log_is_put_aside_as_the_original_does_it() {
    const NAME: &str = "a_log_is_put_aside_as_the_original_does_it";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    for backups in [0, 2] {
        let configuration = format!(
            "{HEAD}logfile_maxbytes=300\nlogfile_backups={backups}\n[program:quick]\ncommand=sh -c 'exit 1'\nstartsecs=0\nautorestart=false\n"
        );
        let files = BOTH.map(|whose| {
            let mut daemon = Daemon::new(whose, &configuration);
            until("it has run", || daemon.running.out().contains("exited: quick"));
            for _ in 0..10 {
                let before = daemon.running.out().matches("logreopen").count();
                daemon.running.signal(libc::SIGUSR2);
                until("the log was opened again", || daemon.running.out().matches("logreopen").count() > before);
            }
            daemon.ends();
            // Process ids have more or fewer digits, so that a file may hold a line more.
            let there = ["d.log", "d.log.1", "d.log.2", "d.log.3"].map(|name| daemon.scene.path(name).exists());
            let last = ["d.log.1", "d.log.2"].map(|name| daemon.scene.bytes(name).len() >= 300);
            (there, last)
        });
        assert_eq!(files[0], files[1], "{backups}");
        assert_eq!(files[1].1, [backups == 2; 2]);
    }
}
