//! Programs that have their files in fixed places, run where these places are a test's own: a mount namespace in which
//! directories of the scene lie over them; and, for process 1, a pid namespace with a terminal for a console.
//!
//! All of it takes root. `available` says aloud why a test is skipped.
#![allow(clippy::disallowed_methods)] // reads files of the scene's own making
#![allow(dead_code)] // each test binary uses its part
#![allow(clippy::unwrap_used, clippy::panic)] // also outside of the test functions

use crate::scene::{Done, Running, Scene, program, root, skip, theirs_under_test, until};
use nix::pty::openpty;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Whether namespaces can be had, and these places exist to be covered.
pub(crate) fn available(test: &str, places: &[&str]) -> bool {
    if !root() {
        skip(test, "takes root");
        return false;
    }
    if let Some(missing) = places.iter().find(|place| !Path::new(place).exists()) {
        skip(test, &format!("there is no {missing} on this machine to be covered"));
        return false;
    }
    let _alone = crate::scene::alone();
    let tried = Command::new("unshare").args(["-pfm", "--mount-proc", "true"]).status();
    if !tried.is_ok_and(|status| status.success()) {
        skip(test, "no namespaces can be had");
        return false;
    }
    true
}

/// For lower bounds on time.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Files of the scene, laid over places of the machine for one program: (name in the scene, place).
pub(crate) type Covers<'a> = &'a [(&'a str, &'a str)];

/// Runs a program to its end where these places are the scene's.
pub(crate) fn run_covered(scene: &Scene, covers: Covers<'_>, program: &Path, args: &[&str]) -> Done {
    let mut command = scene.command("unshare");
    let script = format!("set -e\n{}exec \"$0\" \"$@\"", mounts(scene, covers));
    command.args(["-m", "sh", "-c", &script]).arg(program).args(args);
    scene.finish(command)
}

fn mounts(scene: &Scene, covers: Covers<'_>) -> String {
    let mut text = String::new();
    for (name, place) in covers {
        writeln!(text, "mount --bind {} {place}", scene.path(name).display()).unwrap();
    }
    text
}

/// Where runit-init is: Debian keeps the original beside its scripts.
pub(crate) fn runit_init() -> PathBuf {
    let debian = Path::new("/lib/runit/runit-init");
    if theirs_under_test() && debian.exists() { debian.into() } else { program("runit-init") }
}

/// A machine without hardware: process 1 in a pid namespace, with an /etc/runit, a /run and a console of its own.
pub(crate) struct Machine {
    pub(crate) scene: Scene,
    running: Running,
    master: File,
    console: String,
}

/// What a machine is made of, before it is booted.
pub(crate) struct Hardware {
    scene: Scene,
    init: PathBuf,
    before: String,
    covers: Vec<(&'static str, &'static str)>,
}

/// Places that a machine covers.
pub(crate) const MACHINE: &[&str] = &["/etc/runit", "/run", "/dev/console", "/sbin/runit"];

impl Hardware {
    /// A machine whose stages say that they run, and nothing else.
    pub(crate) fn new() -> Hardware {
        let scene = Scene::new();
        scene.dir("run");
        scene.file("etc/nosync", ""); // or every machine would wait for all discs of the real one
        for stage in ["1", "2", "3"] {
            scene.script(format!("etc/{stage}"), format!("echo stage {stage}"));
        }
        Hardware {
            scene,
            init: program("runit"),
            before: String::new(),
            covers: vec![("etc", "/etc/runit"), ("run", "/run")],
        }
    }

    /// Where its files are made.
    pub(crate) fn scene(&self) -> &Scene {
        &self.scene
    }

    /// With another place that is the scene's.
    pub(crate) fn cover(mut self, name: &'static str, place: &'static str) -> Hardware {
        self.covers.push((name, place));
        self
    }

    /// With a program of this content below /etc/runit.
    pub(crate) fn file(self, name: &str, content: &str) -> Hardware {
        self.script(name, content.split_once('\n').unwrap().1)
    }

    /// With another stage, or ctrlaltdel.
    pub(crate) fn script(self, name: &str, body: &str) -> Hardware {
        self.scene.script(format!("etc/{name}"), body);
        self
    }

    /// Without one.
    pub(crate) fn without(self, name: &str) -> Hardware {
        std::fs::remove_file(self.scene.path("etc").join(name)).unwrap();
        self
    }

    /// With something else as process 1.
    pub(crate) fn init(mut self, path: PathBuf) -> Hardware {
        self.init = path;
        self
    }

    /// With words that are put before process 1: what runs it in a poorer world.
    pub(crate) fn before(mut self, words: &str) -> Hardware {
        self.before = words.to_owned();
        self
    }

    /// Switches it on.
    pub(crate) fn boot(self) -> Machine {
        let pty = openpty(None, None).unwrap();
        // Or every program that any other test starts meanwhile would inherit both ends.
        for end in [&pty.master, &pty.slave] {
            nix::fcntl::fcntl(end, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC)).unwrap();
        }
        let terminal = nix::unistd::ttyname(pty.slave.as_fd()).unwrap();
        let covers = mounts(&self.scene, &self.covers);
        let script = format!(
            "set -e\n{covers}mount --bind {} /sbin/runit\nmount --bind {} /dev/console\nexec {} {} >/dev/null 2>&1",
            program("runit").display(),
            terminal.display(),
            self.before,
            self.init.display()
        );
        let mut command = self.scene.command("unshare");
        command.args(["-pfm", "--mount-proc", "--kill-child", "sh", "-c", &script]);
        command.env("INIT", runit_init());
        let running = self.scene.spawn(command);
        nix::fcntl::fcntl(&pty.master, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK)).unwrap();
        // The terminal stays open here, or what was said last would be lost with its last user.
        std::mem::forget(pty.slave);
        Machine { scene: self.scene, running, master: pty.master.into(), console: String::new() }
    }
}

impl Machine {
    /// What the console has shown so far, without carriage returns.
    pub(crate) fn console(&mut self) -> String {
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = self.master.read(&mut bytes) {
            self.console.push_str(&String::from_utf8_lossy(&bytes[..n]).replace('\r', ""));
        }
        self.console.clone()
    }

    /// Waits until the console shows this line.
    #[track_caller]
    pub(crate) fn shows(&mut self, line: &str) {
        let mut seen = String::new();
        until(&format!("the console shows {line:?}"), || {
            seen = self.console();
            seen.lines().any(|l| l == line) || self.running.ended()
        });
        seen = self.console();
        assert!(seen.lines().any(|l| l == line), "{line:?} is not on the console:\n{seen}\n{}", self.running.err());
    }

    /// Waits until it is off; how process 1 ended, and all that the console showed after the first line.
    #[track_caller]
    pub(crate) fn end(&mut self) -> (End, Vec<String>) {
        let mut ended = false;
        until("the machine is off", || {
            self.console();
            ended = ended || self.running.ended();
            ended
        });
        let done = self.running.end();
        let end = match done.code {
            -1 => End::Reboot,
            -2 => End::Off,
            code => End::Code(code),
        };
        let console = self.console();
        let lines = console.lines().filter(|line| !line.ends_with("booting."));
        (end, lines.map(str::to_owned).collect())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- the console ----\n{}", self.console());
        }
    }
}

/// How a machine went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A pid namespace whose process 1 asks for a reboot is ended with SIGHUP.
    Reboot,
    /// And with SIGINT where it asks for the power to go.
    Off,
    /// Process 1 has ended.
    Code(i32),
}
