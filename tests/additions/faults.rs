//! System calls that fail, while they are at work: neither do they exit nor spin, and when calls succeed again all is
//! as it was.

use crate::scene::logger::{Logger, all_bytes, directory};
use crate::scene::strace::can_trace;
use crate::scene::*;
use crate::svevent::{WELL, Written, calls};
use keepup::service::journal::{Draft, Event};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Duration;

const RUNSV: &[(&str, &[&str])] = &[
    ("openat", &["EMFILE", "ENFILE", "ENOMEM", "EIO", "EROFS", "EACCES", "ENOSPC", "EINTR"]),
    ("write", &["ENOSPC", "EIO", "EAGAIN", "EINTR", "retval=1"]),
    ("read", &["EINTR", "EAGAIN", "EIO", "retval=1"]),
    ("renameat", &["EIO", "ENOSPC", "EROFS", "EACCES"]),
    ("newfstatat", &["EIO", "ENOMEM", "EACCES"]),
    ("fcntl", &["EMFILE", "EINTR"]),
    ("pread64", &["EIO", "EINTR"]),
    ("ppoll", &["EINTR", "ENOMEM", "EAGAIN"]),
    ("clone", &["EAGAIN", "ENOMEM"]),
    ("wait4", &["EINTR"]),
    ("unlinkat", &["EIO", "EROFS", "EACCES"]),
];

const RUNSVDIR: &[(&str, &[&str])] = &[
    ("openat", &["EMFILE", "ENFILE", "ENOMEM", "EIO", "EACCES", "EINTR"]),
    ("getdents64", &["EIO", "EINTR", "ENOMEM"]),
    ("newfstatat", &["EIO", "ENOMEM", "EACCES"]),
    ("read", &["EINTR", "EAGAIN", "EIO"]),
    ("ppoll", &["EINTR", "ENOMEM", "EAGAIN"]),
    ("clone", &["EAGAIN", "ENOMEM"]),
    ("inotify_add_watch", &["ENOSPC", "ENOMEM"]),
    ("wait4", &["EINTR"]),
    ("pidfd_open", &["EMFILE", "ENOSYS"]),
];

const SVLOGD: &[(&str, &[&str])] = &[
    ("openat", &["EMFILE", "ENFILE", "ENOMEM", "EIO", "EROFS", "EACCES", "ENOSPC", "EINTR"]),
    ("write", &["ENOSPC", "EIO", "EAGAIN", "EINTR"]),
    ("read", &["EINTR", "EAGAIN", "EIO"]),
    ("renameat", &["EIO", "ENOSPC", "EROFS", "EACCES"]),
    ("newfstatat", &["EIO", "ENOMEM", "EACCES"]),
    ("fchmod", &["EIO", "EROFS"]),
    ("fsync", &["EIO", "ENOSPC", "EINTR"]),
    ("splice", &["EINTR", "ENOMEM", "ENOSPC", "EIO"]),
    ("tee", &["EINTR", "ENOMEM"]),
    ("lseek", &["EIO"]),
    ("ppoll", &["EINTR", "ENOMEM", "EAGAIN"]),
];

const SVEVENT: &[(&str, &[&str])] = &[
    ("openat", &["EMFILE", "ENFILE", "ENOMEM", "EIO", "EINTR"]),
    ("write", &["ENOSPC", "EIO", "EAGAIN", "EINTR"]),
    ("read", &["EINTR", "EAGAIN", "EIO"]),
    ("pread64", &["EIO", "EINTR"]),
    ("renameat", &["EIO", "ENOSPC", "EROFS", "EACCES"]),
    ("newfstatat", &["EIO", "ENOMEM"]),
    ("getdents64", &["EIO", "EINTR", "ENOMEM"]),
    ("ppoll", &["EINTR", "ENOMEM", "EAGAIN"]),
    ("clone", &["EAGAIN", "ENOMEM"]),
    ("inotify_add_watch", &["ENOSPC", "ENOMEM"]),
    ("wait4", &["EINTR"]),
];

/// A call and what becomes of every other one.
fn faults(table: &[(&str, &[&str])]) -> Vec<String> {
    let one = |call: &str, fault: &&str| match fault.strip_prefix("retval=") {
        Some(value) => format!("{call}:retval={value}:when=1+2"),
        None => format!("{call}:error={fault}:when=1+2"),
    };
    table.iter().flat_map(|(call, faults)| faults.iter().map(move |fault| one(call, fault))).collect()
}

/// Some of them, or all.
fn try_all(what: &str, table: &[(&str, &[&str])], number: Option<usize>, attempt: impl Fn(&str) + Sync) {
    let mut chosen = faults(table);
    if let Some(number) = number {
        let mut random = Random::new(std::process::id().into());
        while chosen.len() > number {
            chosen.remove(random.below(chosen.len()));
        }
    }
    let (total, left, failed) = (chosen.len(), Mutex::new(chosen), Mutex::new(Vec::new()));
    let next = || left.lock().unwrap().pop();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some(fault) = next() {
                    if catch_unwind(AssertUnwindSafe(|| attempt(&fault))).is_err() {
                        failed.lock().unwrap().push(fault);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("FAULTS {what}, every other call of a kind fails: tried {total}, survived {}", total - failed.len());
    assert!(failed.is_empty(), "these it did not survive: {failed:?}");
}

/// From now on, until the answer is ended, calls of this process fail.
fn inject(scene: &Scene, pid: i32, fault: &str) -> Running {
    let mut command = scene.command("/usr/bin/strace");
    command.args(["-o", "traced", "-e", &format!("inject={fault}"), "-p", &pid.to_string()]);
    let tracer = scene.spawn(command);
    until("it is traced", || tracer.err().contains("attached") || tracer.err().contains("strace:"));
    assert!(tracer.err().contains("attached"), "{}", tracer.err());
    tracer
}

/// No more of them fail. While nothing happened there were few.
fn relent(scene: &Scene, pid: i32, mut tracer: Running) {
    let before = scene.lines("traced").len();
    throughout("it lives", Duration::from_millis(700), || process_state(Some(pid)).is_some_and(|state| state != 'Z'));
    let calls = scene.lines("traced").len() - before;
    assert!(calls < 3000, "{calls} calls in less than a second in which nothing happened");
    tracer.signal(libc::SIGTERM);
    let _ = tracer.end();
}

fn runsv(fault: &str) {
    let scene = Scene::new();
    let web = scene.service("web").file("restart", "delay 5ms\n").finish("exit 0");
    let web = web.run("echo $$ >> lives; exec sleep 1000");
    let mut web = web.supervise().running();
    let pid = web.runsv.pid();
    let tracer = inject(&scene, pid, fault);
    for letter in ["t", "d", "u", "t"] {
        throughout("it goes on", Duration::from_millis(60), || process_state(Some(pid)).is_some_and(|s| s != 'Z'));
        scene.try_to_send("web/supervise/control", letter);
    }
    relent(&scene, pid, tracer);
    // What was still in the fifo is obeyed before this.
    web.send("d");
    web.until_stat("down");
    let before = web.lines("lives").len();
    web.send("u");
    web.until_stat("run");
    web.until_lines("lives", before + 1);
    web.until_status("all of it", |status| status.state == 1 && status.want == 'u');
    until("it is the one that lives", || {
        web.lines("lives").last().is_some_and(|pid| *pid == web.status().pid.to_string())
    });
    web.send("x");
    assert_eq!(web.end(), 0, "{}", web.runsv.err());
    until("nobody is left", || scene.processes().is_empty());
}

fn runsvdir(fault: &str) {
    let scene = Scene::new();
    for name in ["a", "b", "c"] {
        scene.service(&format!("sv/{name}")).run("exec sleep 1000");
    }
    scene.link("../sv/a", "scan/a");
    let mut command = scene.command(ours("runsvdir"));
    command.arg("scan").env("PATH", format!("{}:/usr/bin:/bin", ours("runsv").parent().unwrap().display()));
    let mut runsvdir = scene.spawn(command);
    let runs = |name: &str| scene.read(format!("sv/{name}/supervise/stat")) == "run\n";
    until("the first runs", || runs("a"));
    let tracer = inject(&scene, runsvdir.pid(), fault);
    scene.link("../sv/b", "scan/b");
    scene.remove("scan/a");
    relent(&scene, runsvdir.pid(), tracer);
    scene.link("../sv/c", "scan/c");
    until("both that are there run", || runs("b") && runs("c"));
    until("the one that is gone has left", || !scene.has_reader("sv/a/supervise/ok"));
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end().code, 111, "{}", runsvdir.err());
    until("nobody is left", || scene.processes().is_empty());
}

fn svlogd(fault: &str) {
    let scene = Scene::new();
    directory(&scene, "d", "s2000\nn0\n");
    let mut logger = Logger::start(&scene, &["d"]);
    let mut text = String::new();
    let mut say = |logger: &mut Logger, number: usize| {
        let lines: String = (0..number).map(|n| format!("line {n:05}\n")).collect();
        logger.write(&lines);
        text += &lines;
    };
    say(&mut logger, 10);
    until("it logs", || scene.lines("d/current").len() == 10);
    let tracer = inject(&scene, logger.running.pid(), fault);
    say(&mut logger, 500);
    relent(&scene, logger.running.pid(), tracer);
    say(&mut logger, 500);
    let done = logger.end();
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(all_bytes(&scene, "d") == text.as_bytes(), "a line is lost: {}", done.err);
}

/// What happens while calls fail is told, late perhaps, and not twice; so is what happens afterwards, and a service that
/// comes meanwhile is followed.
fn svevent(fault: &str) {
    let scene = crate::svevent::scene();
    let service = |name: &'static str| {
        let _ = scene.service(&format!("scan/{name}")).file("ready", "fd 3\n");
        let mut written = Written::new(&scene, name);
        written.note(&Draft::new(Event::Start));
        written
    };
    let mut web = service("web");
    let mut command = scene.command(ours("svevent"));
    command.args(WELL).arg("scan");
    let mut svevent = scene.spawn(command);
    web.fails_and_gives_up();
    let told = |number: usize| calls(&scene).len() >= number;
    until("what was before is told", || told(1));
    let tracer = inject(&scene, svevent.pid(), fault);
    web.note(&Draft::new(Event::Start));
    web.note(&Draft::new(Event::Ready));
    let mut db = service("db");
    db.fails_and_gives_up();
    relent(&scene, svevent.pid(), tracer);
    web.fails_and_gives_up();
    db.note(&Draft::new(Event::Start));
    db.note(&Draft::new(Event::Ready));
    let expected = ["db gave-up", "db recovered", "web gave-up", "web gave-up", "web recovered"];
    until("all of it is told", || told(expected.len()));
    svevent.signal(libc::SIGTERM);
    assert_eq!(svevent.end().code, 0, "{}", svevent.err());
    let mut all = calls(&scene);
    all.sort();
    assert_eq!(all, expected, "{}", svevent.err());
    until("nobody is left", || scene.processes().is_empty());
}

fn all(test: &str, number: Option<usize>) {
    let scene = Scene::new();
    if can_trace(test, &scene) {
        try_all("runsv", RUNSV, number, runsv);
        try_all("runsvdir", RUNSVDIR, number, runsvdir);
        try_all("svlogd", SVLOGD, number, svlogd);
        try_all("svevent", SVEVENT, number, svevent);
    }
}

#[test]
fn some_calls_that_fail_end_nothing() {
    all("some_calls_that_fail_end_nothing", Some(4));
}

#[test]
#[ignore = "takes minutes: make faults"]
fn no_call_that_fails_ends_anything() {
    all("no_call_that_fails_ends_anything", None);
}
