//! What every process test stands on: a directory of its own, programs of theirs or ours, waiting for a condition and
//! never for a while, and nothing left behind. A scene that ends in a panic shows all that was in it.
//!
//! `KEEPUP_COMPLIANCE=theirs` makes `program` answer with the original of that name, so that one suite runs against
//! both.
#![allow(clippy::disallowed_methods)] // the one place in the tests that sleeps, starts processes and writes files
#![allow(dead_code, unreachable_pub)] // each test binary uses its part
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a scene that cannot be set up ends the test

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

mod fake;
pub mod logger;
#[path = "../../src/random.rs"]
mod random;
pub mod service;
pub mod status;
pub mod strace;
#[allow(unused_imports)]
pub use fake::Fake;
#[allow(unused_imports)]
pub use random::Random;
#[allow(unused_imports)]
pub use service::{CATCHER, IDLE, Service, Supervised};
#[allow(unused_imports)]
pub use status::Status;

/// How long anything may take before a test gives up. Far above what it takes on an idle machine.
pub const CEILING: Duration = Duration::from_secs(60);

/// Waits until the condition holds; the only wait there is.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < CEILING, "waited {CEILING:?} in vain until {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until there is an answer.
#[track_caller]
pub fn until_some<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let mut found = None;
    until(what, || {
        found = answer();
        found.is_some()
    });
    found.unwrap()
}

/// Waits until a value has been the same for a while, and answers with it.
#[track_caller]
pub fn until_still<T: PartialEq>(what: &str, mut value: impl FnMut() -> T) -> T {
    let (mut last, mut since) = (value(), Instant::now());
    until(what, || {
        let now = value();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_millis(300)
    });
    last
}

/// For tests of something that must *not* happen: watches for this long that the condition stays true.
#[track_caller]
pub fn throughout(what: &str, span: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while start.elapsed() < span {
        assert!(condition(), "for {span:?} it should hold that {what}; after {:?} it did not", start.elapsed());
        thread::sleep(Duration::from_millis(5));
    }
}

/// How long something takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// Whether the suite runs against the originals.
pub fn theirs_under_test() -> bool {
    std::env::var_os("KEEPUP_COMPLIANCE").is_some_and(|v| v == "theirs")
}

/// The program under test of this name.
pub fn program(name: &str) -> PathBuf {
    if theirs_under_test() {
        theirs(name).unwrap_or_else(|| panic!("{name}: the original is not installed"))
    } else {
        ours(name)
    }
}

/// Our program of this name.
pub fn ours(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_runsv")).with_file_name(name)
}

/// The original of this name, where it is installed.
pub fn theirs(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].iter().map(|dir| Path::new(dir).join(name)).find(|path| path.exists())
}

/// Says aloud that a test is skipped, in one form that CI can count.
pub fn skip(test: &str, why: &str) {
    let mut out = std::io::stderr();
    let _ = writeln!(out, "SKIPPED {test}: {why}");
}

/// Whether this process is root.
pub fn root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Held while a process is started and while a file is written: a child that has not yet executed its program holds all
/// files that were open, and a script that anybody holds open for writing cannot be executed.
pub fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Lets no descriptor but the first three reach a program: neither those that the tests were given by accident, nor
/// those that another test has open.
fn keep_descriptors(command: &mut Command) {
    // SAFETY: one system call, which may be made between fork and exec; where the kernel does not have it, nothing is lost.
    unsafe {
        command.pre_exec(|| {
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC);
            Ok(())
        });
    }
}

static SCENES: AtomicU32 = AtomicU32::new(0);

/// A directory, and the processes that run in it. Both are gone when it is dropped.
pub struct Scene {
    dir: PathBuf,
    marker: OsString,
}

/// Where a script waits.
pub struct Gate(fs::File);

impl Gate {
    /// Lets one script pass.
    pub fn open(&self) {
        (&self.0).write_all(b"go\n").unwrap();
    }
}

/// What a program that has ended left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Exit code, or minus the signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A program that runs. Killed and reaped when it is dropped; whatever it started goes with the scene.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Scene {
    /// An empty directory that nobody else uses.
    pub fn new() -> Scene {
        let number = SCENES.fetch_add(1, Ordering::Relaxed);
        let marker = OsString::from(format!("KEEPUP_SCENE={}-{number}", std::process::id()));
        let dir = std::env::temp_dir().join(format!("keepup-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        // Resolved, so that what a program prints of its directory can be compared.
        Scene { dir: dir.canonicalize().unwrap(), marker }
    }

    /// A path in this scene.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.join(name)
    }

    /// Makes a file (and the directories above it).
    pub fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _alone = alone();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes at the end of a file, which is made if need be.
    pub fn append(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(content.as_ref()).unwrap();
    }

    /// Makes a shell script that can be executed, or puts it in the place of another.
    pub fn script(&self, name: impl AsRef<Path>, body: impl AsRef<str>) -> PathBuf {
        let path = self.path(name);
        let fresh = path.with_extension("being-written");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _alone = alone();
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o755).open(&fresh).unwrap();
        file.write_all(format!("#!/bin/sh\n{}\n", body.as_ref()).as_bytes()).unwrap();
        drop(file);
        fs::rename(&fresh, &path).unwrap();
        path
    }

    /// Makes a directory (and those above it).
    pub fn dir(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Makes a symbolic link.
    pub fn link(&self, target: impl AsRef<Path>, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, &path).unwrap();
        path
    }

    /// What a file says; nothing if it is not there.
    pub fn read(&self, name: impl AsRef<Path>) -> String {
        fs::read(self.path(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The bytes of a file; nothing if it is not there.
    pub fn bytes(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_default()
    }

    /// Its lines.
    pub fn lines(&self, name: impl AsRef<Path>) -> Vec<String> {
        self.read(name).lines().map(str::to_owned).collect()
    }

    /// Writes into a fifo as soon as somebody reads it, or appends to a file.
    #[track_caller]
    pub fn send(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        let open = || fs::OpenOptions::new().append(true).custom_flags(libc::O_NONBLOCK).open(&path).ok();
        let mut fifo = until_some(&format!("somebody reads {}", path.display()), open);
        fifo.write_all(bytes.as_ref()).unwrap();
    }

    /// Writes into a fifo if somebody reads it and there is room.
    pub fn try_to_send(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let open = fs::OpenOptions::new().append(true).custom_flags(libc::O_NONBLOCK).open(self.path(name));
        let _ = open.and_then(|mut fifo| fifo.write_all(bytes.as_ref()));
    }

    /// A fifo at which a script waits (`read go < NAME`) until the gate is opened.
    pub fn gate(&self, name: impl AsRef<Path>) -> Gate {
        let path = self.path(name);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        // For reading too: then there is always somebody at the other end.
        Gate(fs::OpenOptions::new().read(true).write(true).open(path).unwrap())
    }

    /// What a name is, for comparing: `fifo 0600`, `file 0644`, `directory 0700`, `link`, or nothing.
    pub fn kind(&self, name: impl AsRef<Path>) -> String {
        let Ok(facts) = fs::symlink_metadata(self.path(name)) else { return String::new() };
        let kind = facts.file_type();
        let word = match () {
            () if kind.is_symlink() => return "link".into(),
            () if kind.is_fifo() => "fifo",
            () if kind.is_dir() => "directory",
            () => "file",
        };
        format!("{word} {:04o}", facts.permissions().mode() & 0o7777)
    }

    /// Removes a file.
    pub fn remove(&self, name: impl AsRef<Path>) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Renames a file, or puts it in the place of another.
    pub fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Changes the permissions of a file.
    pub fn mode(&self, name: impl AsRef<Path>, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Takes a lock as a supervisor would, and holds it as long as the answer lives.
    pub fn lock(&self, name: impl AsRef<Path>) -> nix::fcntl::Flock<fs::File> {
        self.try_lock(name).expect("nobody has the lock")
    }

    /// Whether somebody has the lock.
    pub fn is_locked(&self, name: impl AsRef<Path>) -> bool {
        self.path(&name).exists() && self.try_lock(name).is_none()
    }

    fn try_lock(&self, name: impl AsRef<Path>) -> Option<nix::fcntl::Flock<fs::File>> {
        let file = fs::OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        nix::fcntl::Flock::lock(file, nix::fcntl::FlockArg::LockExclusiveNonblock).ok()
    }

    /// Whether somebody reads a fifo: how it is known that a supervisor runs.
    pub fn has_reader(&self, name: impl AsRef<Path>) -> bool {
        fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(self.path(name)).is_ok()
    }

    /// Sends a signal to a process of this scene.
    pub fn signal(&self, pid: i32, signal: i32) {
        assert!(pid > 1, "{pid} is more than one process");
        // SAFETY: numbers only; the pid was written by a process of this scene.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0, "process {pid} is gone");
    }

    /// The same to one that may be gone.
    pub fn try_to_signal(&self, pid: i32, signal: i32) {
        assert!(pid > 1, "{pid} is more than one process");
        // SAFETY: numbers only; the pid was written by a process of this scene.
        unsafe { libc::kill(pid, signal) };
    }

    /// Sends a signal to a process if it is still the child of that one; nothing where it has ended.
    pub fn signal_child(&self, pid: i32, parent: i32, signal: i32) {
        // SAFETY: numbers only. The descriptor is of one process, whoever is given its number afterwards.
        let process = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let line = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let found = line.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        if process >= 0 {
            if found == Some(parent) {
                // SAFETY: as above.
                unsafe { libc::syscall(libc::SYS_pidfd_send_signal, process, signal, std::ptr::null::<u8>(), 0) };
            }
            // SAFETY: it is ours.
            unsafe { libc::close(process as i32) };
        }
    }

    /// A command that runs in this scene's directory, marked as its own.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let mut halves = self.marker.as_bytes().split(|b| *b == b'=').map(OsStr::from_bytes);
        command.env(halves.next().unwrap(), halves.next().unwrap());
        command
            .env_remove("SVDIR")
            .env_remove("SVWAIT")
            .env_remove("SVSTATE")
            .current_dir(&self.dir)
            .stdin(Stdio::null());
        keep_descriptors(&mut command);
        command
    }

    /// Runs the program under test of this name to its end.
    pub fn run<A: AsRef<OsStr>>(&self, name: &str, args: &[A]) -> Done {
        let mut command = self.command(program(name));
        command.args(args);
        self.finish(command)
    }

    /// Runs a command to its end. Its output goes to files, so that a daemon that it leaves does not keep us waiting.
    pub fn finish(&self, command: Command) -> Done {
        let mut running = self.spawn(command);
        running.end()
    }

    /// Starts the program under test of this name.
    pub fn start<A: AsRef<OsStr>>(&self, name: &str, args: &[A]) -> Running {
        let mut command = self.command(program(name));
        command.args(args);
        self.spawn(command)
    }

    /// Starts a command.
    pub fn spawn(&self, mut command: Command) -> Running {
        static STREAMS: AtomicU32 = AtomicU32::new(0);
        let number = STREAMS.fetch_add(1, Ordering::Relaxed);
        let streams = self.dir.join(".streams");
        fs::create_dir_all(&streams).unwrap();
        let (out, err) = (streams.join(format!("{number}.out")), streams.join(format!("{number}.err")));
        command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
        let alone = alone();
        let child = command.spawn().unwrap_or_else(|e| panic!("unable to start {command:?}: {e}"));
        drop(alone);
        Running { child, out, err }
    }

    /// The processes of this scene, by pid: all that carry its mark, however deep.
    pub fn processes(&self) -> Vec<i32> {
        let pids = fs::read_dir("/proc").unwrap().filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
        pids.filter(|pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|b| *b == 0).any(|entry| entry == self.marker.as_bytes())
        })
        .collect()
    }

    /// Everything that is in the scene, for a person.
    fn describe(&self) -> String {
        let mut text = String::new();
        let mut open = vec![self.dir.clone()];
        while let Some(path) = open.pop() {
            let shown = path.strip_prefix(&self.dir).unwrap_or(&path).display().to_string();
            let Ok(facts) = fs::symlink_metadata(&path) else { continue };
            let _ = write!(text, "{:o} {shown}", facts.permissions().mode() & 0o7777);
            if facts.is_dir() {
                let _ = writeln!(text, "/");
                let mut inside: Vec<_> =
                    fs::read_dir(&path).into_iter().flatten().flatten().map(|e| e.path()).collect();
                inside.sort();
                inside.reverse();
                open.append(&mut inside);
            } else if facts.file_type().is_fifo() {
                let _ = writeln!(text, " (fifo)");
            } else if facts.is_symlink() {
                let _ = writeln!(text, " -> {}", fs::read_link(&path).unwrap_or_default().display());
            } else {
                let bytes = fs::read(&path).unwrap_or_default();
                let status = shown.ends_with("supervise/status").then(|| hex(&bytes));
                let content = status.unwrap_or_else(|| String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]).into());
                let _ = writeln!(text, ": {}", content.trim_end().replace('\n', "\n    "));
            }
        }
        for pid in self.processes() {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let _ = writeln!(text, "process {pid}: {}", String::from_utf8_lossy(&words).replace('\0', " "));
        }
        text
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Default for Scene {
    fn default() -> Self {
        Scene::new()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("---- the scene, at the end ----\n{}", self.describe());
        }
        // Until nobody is seen twice in a row: one that is just being forked is not in the first list, and one that is
        // just executing a program shows no environment.
        let start = Instant::now();
        let mut quiet = 0;
        while quiet < 2 && start.elapsed() < CEILING {
            let left = self.processes();
            quiet = if left.is_empty() { quiet + 1 } else { 0 };
            for pid in left {
                // SAFETY: numbers only. Only processes that carry this scene's mark.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
            thread::sleep(Duration::from_millis(2));
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// Its standard input, if it was started with a pipe there.
    pub fn input(&mut self) -> std::process::ChildStdin {
        self.child.stdin.take().unwrap()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) {
        // SAFETY: numbers only; it is our child and has not been reaped.
        unsafe { libc::kill(self.pid(), signal) };
    }

    /// Whether it has ended.
    pub fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// What it has written to standard output so far.
    pub fn out(&self) -> String {
        fs::read(&self.out).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap()
    }

    /// What it has written to standard error so far.
    pub fn err(&self) -> String {
        fs::read(&self.err).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(&mut self) -> Done {
        let status = until_some("the program ends", || self.child.try_wait().unwrap());
        Done { code: code(status), out: self.out(), err: self.err() }
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| -status.signal().unwrap_or(0))
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("---- process {} ----\nstdout:\n{}\nstderr:\n{}", self.pid(), self.out(), self.err());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a whole stream.
pub fn slurp(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The state letter of a process (`T` is stopped), as the kernel tells it.
pub fn process_state(pid: Option<i32>) -> Option<char> {
    let line = fs::read_to_string(format!("/proc/{}/stat", pid?)).ok()?;
    line.rsplit(") ").next()?.chars().next()
}

/// How often a process has been given a processor: the same as before while it sleeps.
pub fn wakes(pid: i32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    text.split(' ').nth(2).map(str::to_owned)
}
