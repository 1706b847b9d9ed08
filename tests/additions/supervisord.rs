//! What only our supervisord does: what it runs outlives it, and it goes on with what it finds.

use crate::scene::{Running, Scene, ours, until};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

const HEAD: &str = "[supervisord]
logfile=%(here)s/d.log
pidfile=%(here)s/d.pid
childlogdir=%(here)s/logs
statedir=%(here)s/state
";

const CAT: &str = "[program:cat]\ncommand=/bin/cat\n";

struct Daemon {
    running: Running,
    scene: Scene,
}

impl Daemon {
    fn new(programs: &str) -> Daemon {
        let scene = Scene::new();
        scene.dir("logs");
        scene.file("s.conf", format!("{HEAD}{programs}"));
        Daemon { running: start(&scene), scene }
    }

    /// Kills it, and starts the next.
    fn again(&mut self) {
        let pid = self.pid();
        self.running.signal(libc::SIGKILL);
        self.running.end();
        self.running = start(&self.scene);
        until("the next one is there", || !self.scene.read("d.pid").is_empty() && self.pid() != pid);
    }

    fn configure(&self, programs: &str) {
        self.scene.file("s.conf", format!("{HEAD}{programs}"));
    }

    fn pid(&self) -> i32 {
        self.running.pid()
    }

    fn log(&self) -> String {
        self.scene.read("d.log")
    }

    #[track_caller]
    fn until_logged(&self, words: &str, times: usize) {
        until(&format!("the log says {words}"), || self.log().matches(words).count() >= times);
    }

    /// The process ids of all starts of a process, in their order.
    fn starts(&self, name: &str) -> Vec<i32> {
        let log = self.log();
        let words = format!("spawned: '{name}' with pid ");
        let pids = log.split(&words).skip(1);
        pids.map(|rest| rest.lines().next().unwrap().parse().unwrap()).collect()
    }

    #[track_caller]
    fn ask(&self, words: &[&str]) -> String {
        let mut socket = None;
        until("it can be asked", || {
            socket = UnixStream::connect(self.scene.path("state/control")).ok();
            socket.is_some()
        });
        let mut socket = socket.unwrap();
        socket.write_all(format!("{}\n", words.join("\t")).as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    #[track_caller]
    fn ends(&mut self) {
        self.running.signal(libc::SIGTERM);
        let done = self.running.end();
        assert_eq!(done.code, 0, "{done:?}");
        assert!(!self.scene.path("state").exists(), "nothing is left of its state");
        assert!(!self.scene.path("d.pid").exists());
        until("nobody is left", || self.scene.processes().is_empty());
    }
}

fn start(scene: &Scene) -> Running {
    let mut command = scene.command(ours("supervisord"));
    command.args(["-n", "-s", "-c", "s.conf"]);
    scene.spawn(command)
}

fn lives(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn what_it_runs_outlives_it_and_is_found_by_the_next() {
    let mut daemon = Daemon::new(&format!("{CAT}[program:other]\ncommand=/bin/cat\nautostart=false\n"));
    daemon.until_logged("success: cat", 1);
    let names = |scene: &Scene| {
        let mut names: Vec<_> =
            std::fs::read_dir(scene.path("logs")).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names(&daemon.scene);
    for _ in 0..3 {
        daemon.again();
    }
    assert_eq!(daemon.ask(&["state"]), "ok\n1\tRUNNING\n");
    let starts = daemon.starts("cat");
    assert_eq!((starts.len(), lives(starts[0])), (1, true), "{}", daemon.log());
    assert_eq!(names(&daemon.scene), before, "logs keep their names");
    assert_eq!(daemon.ask(&["reload"]), "ok\n", "nothing has changed");
    // What happens from now on is told by the next one.
    daemon.scene.signal(starts[0], libc::SIGKILL);
    daemon.until_logged("exited: cat (terminated by SIGKILL; not expected)", 1);
    daemon.until_logged("spawned: 'cat'", 2);
    daemon.ends();
}

#[test]
fn what_has_changed_meanwhile_is_changed_by_the_next() {
    let mut daemon = Daemon::new(&format!("{CAT}[program:b]\ncommand=/bin/cat\n[program:gone]\ncommand=/bin/cat\n"));
    for name in ["cat", "b", "gone"] {
        daemon.until_logged(&format!("success: {name}"), 1);
    }
    let gone = daemon.starts("gone")[0];
    daemon.configure(&format!("{CAT}[program:b]\ncommand=/bin/cat -u\n[program:new]\ncommand=/bin/cat\n"));
    daemon.again();
    daemon.until_logged("success: new", 1);
    daemon.until_logged("success: b", 2);
    until("what is not in the configuration is gone", || !lives(gone));
    let counts = ["cat", "b", "gone", "new"].map(|name| daemon.starts(name).len());
    assert_eq!(counts, [1, 2, 1, 1], "{}", daemon.log());
    let b = daemon.starts("b");
    assert!(!lives(b[0]) && lives(b[1]));
    daemon.ends();
}

#[test]
fn a_broken_configuration_leaves_what_runs_alone() {
    let mut daemon = Daemon::new(CAT);
    daemon.until_logged("success: cat", 1);
    daemon.configure("[program:x]\n");
    daemon.running.signal(libc::SIGHUP);
    daemon.until_logged("not restarted, since the configuration is broken: program section program:x", 1);
    assert!(daemon.ask(&["reload"]).starts_with("fault 92 CANT_REREAD: program section program:x"));
    assert!(daemon.ask(&["restart"]).starts_with("fault 92 CANT_REREAD: "));
    daemon.running.signal(libc::SIGUSR1);
    daemon.until_logged("not replaced, going on as before: ", 1);
    assert_eq!((daemon.starts("cat").len(), daemon.ask(&["state"])), (1, "ok\n1\tRUNNING\n".into()));
    daemon.configure("[program:y]\ncommand=/bin/cat\n");
    daemon.running.signal(libc::SIGHUP);
    daemon.until_logged("success: y", 1);
    assert!(daemon.log().contains("stopped: cat"));
    daemon.ends();
}

#[test]
fn programs_are_replaced_and_no_service_notices() {
    let mut daemon = Daemon::new(&format!("{CAT}[program:quick]\ncommand=sh -c 'exit 1'\nstartretries=0\n"));
    daemon.until_logged("success: cat", 1);
    daemon.until_logged("gave up: quick", 1);
    let (pid, cat) = (daemon.pid(), daemon.starts("cat")[0]);
    for times in 1..=2 {
        daemon.running.signal(libc::SIGUSR1);
        daemon.until_logged(&format!("supervisord replaced, goes on with pid {pid}"), times);
        assert_eq!(daemon.ask(&["pid"]), format!("ok\n{pid}\n"));
        // One that is being replaced does not begin again.
        until("its supervisor was replaced", || {
            daemon.scene.read("state/scan/cat/supervise/journal").matches(" reexec ").count() >= times
        });
    }
    assert!(lives(cat));
    let counts = |daemon: &Daemon| {
        let log = daemon.log();
        ["spawned: 'cat'", "success: cat", "gave up: quick", "runsvdir"].map(|words| log.matches(words).count())
    };
    assert_eq!(counts(&daemon), [1, 1, 1, 0], "{}", daemon.log());
    daemon.scene.signal(cat, libc::SIGKILL);
    daemon.until_logged("spawned: 'cat'", 2);
    assert_eq!(daemon.log().matches("exited: cat").count(), 1, "no line is told twice");
    daemon.ends();
}

#[test]
fn a_runsvdir_that_ends_has_a_successor() {
    let mut daemon = Daemon::new(CAT);
    daemon.until_logged("success: cat", 1);
    let of = |daemon: &Daemon| daemon.scene.read("state/runsvdir").split(' ').next().unwrap_or_default().to_owned();
    let first = of(&daemon);
    daemon.scene.signal(first.parse().unwrap(), libc::SIGKILL);
    until("there is another", || !of(&daemon).is_empty() && of(&daemon) != first);
    assert!(daemon.log().contains("has ended, and is started again"));
    assert_eq!(daemon.starts("cat").len(), 1);
    assert!(lives(daemon.starts("cat")[0]));
    daemon.ends();
}

#[test]
fn groups_come_and_go_as_they_are_asked_for() {
    let mut daemon = Daemon::new(&format!("{CAT}[program:b]\ncommand=/bin/cat\n[program:c]\ncommand=/bin/cat\n"));
    for name in ["cat", "b", "c"] {
        daemon.until_logged(&format!("success: {name}"), 1);
    }
    assert_eq!(daemon.ask(&["add", "cat"]), "fault 90 ALREADY_ADDED: cat\n");
    assert_eq!(daemon.ask(&["add", "d"]), "fault 10 BAD_NAME: d\n");
    assert_eq!(daemon.ask(&["remove", "d"]), "fault 10 BAD_NAME: d\n");
    assert_eq!(daemon.ask(&["remove", "b"]), "fault 91 STILL_RUNNING: b\n");
    daemon.configure(
        "[program:cat]\ncommand=/bin/cat\npriority=5\n[program:b]\ncommand=/bin/cat\n[program:d]\ncommand=/bin/cat\n",
    );
    assert_eq!(daemon.starts("d").len(), 0);
    assert_eq!(daemon.ask(&["reload"]), "ok\nadded\td\nchanged\tcat\nremoved\tc\n");
    assert!(daemon.ask(&["configs"]).contains("config\td\td\t0\n\tgroup d\n"));
    assert_eq!(daemon.ask(&["add", "d"]), "ok\n");
    daemon.until_logged("success: d", 1);
    assert_eq!(daemon.ask(&["reload"]), "ok\nchanged\tcat\nremoved\tc\n");
    daemon.scene.send("state/scan/c/supervise/control", "d");
    daemon.until_logged("stopped: c", 1);
    until("it can be removed", || daemon.ask(&["remove", "c"]) == "ok\n");
    assert_eq!(daemon.ask(&["reload"]), "ok\nchanged\tcat\n");
    until("nothing is left of it", || std::fs::read_dir(daemon.scene.path("state/gone")).unwrap().count() == 0);
    assert_eq!(daemon.ask(&["nonsense"]), "fault 1 UNKNOWN_METHOD: nonsense\n");
    assert_eq!(daemon.ask(&["identification"]), "ok\nsupervisor\n");
    let log = daemon.scene.path("d.log");
    assert_eq!(daemon.ask(&["mainlog"]), format!("ok\n{}\n", log.display()));
    assert_eq!(daemon.ask(&["clearlog"]), "ok\n");
    assert!(!daemon.log().contains("success"));
    assert_eq!(daemon.ask(&["shutdown"]), "ok\n");
    assert_eq!(daemon.running.end().code, 0);
    assert!(!daemon.scene.path("state").exists());
}

#[test]
fn there_is_one_of_them() {
    let mut daemon = Daemon::new(CAT);
    daemon.until_logged("success: cat", 1);
    let mut second = start(&daemon.scene);
    let done = second.end();
    assert_eq!(done.code, 2);
    assert!(done.err.starts_with("Error: Another program is already listening"), "{done:?}");
    assert_eq!(daemon.ask(&["state"]), "ok\n1\tRUNNING\n");
    daemon.ends();
}

#[test]
fn a_configuration_can_be_checked() {
    let scene = Scene::new();
    let check = |text: &str| {
        scene.file("s.conf", text);
        let mut command = scene.command(ours("supervisord"));
        command.args(["--check", "-c", "s.conf"]);
        scene.finish(command)
    };
    let done = check("[supervisord]\nlogfil=x\n[program:x]\ncommand=x\n");
    assert_eq!((done.code, done.out.as_str()), (0, "s.conf: no errors\n"));
    assert_eq!(done.err, "WARN For [supervisord], logfil is not known and is ignored\n");
    let done = check("[supervisord]\n[program:x]\n");
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.starts_with("Error: program section program:x does not specify a command"), "{done:?}");
    assert!(!scene.path("supervisord.log").exists(), "nothing else happens");
}

/// Nothing to do is nothing done.
#[test]
fn it_sleeps_when_there_is_nothing_to_do() {
    let mut daemon = Daemon::new(CAT);
    daemon.until_logged("success: cat", 1);
    let pid = daemon.pid();
    let before = crate::scene::until_still("it has come to rest", || crate::scene::wakes(pid));
    crate::scene::throughout("it does nothing", std::time::Duration::from_secs(6), || {
        crate::scene::wakes(pid) == before
    });
    daemon.ends();
}
