//! runsv, where it is better than the original.

use crate::scene::service::{CATCHER, IDLE, Supervised};
use crate::scene::{Scene, root, skip, throughout, timed, until, until_still};
use std::time::Duration;

mod trouble;

/// A service that cannot run for long: its pause is a second.
fn crashing(scene: &Scene) -> Supervised<'_> {
    let web = scene.service("web").run("echo life >> lives; exit 1").supervise();
    web.until_lines("lives", 1);
    web.until_stat("down");
    web
}

#[test]
fn a_command_in_the_pause_is_obeyed_at_once() {
    let scene = Scene::new();
    let mut web = crashing(&scene);
    let (took, code) = timed(|| {
        web.send("x");
        web.end()
    });
    assert_eq!(code, 0);
    // The pause of a crashing service is over a second; to leave within it, it must not be slept through.
    let lives = web.lines("lives").len();
    assert!(took < Duration::from_millis(900) || lives > 1, "it slept through its pause");
}

#[test]
fn term_in_the_pause_is_obeyed_without_another_start() {
    let scene = Scene::new();
    let mut web = crashing(&scene);
    web.runsv.signal(libc::SIGTERM);
    assert_eq!(web.end(), 0);
    assert_eq!(web.lines("lives").len(), 1);
}

#[test]
fn a_logger_that_cannot_run_delays_nobody() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).log("exit 1").supervise().caught();
    let (took, ()) = timed(|| {
        for round in 1..=5 {
            web.send("h");
            until("the signal has come", || web.sent().len() == round);
        }
    });
    // The original sleeps a second for each turn of a failing logger.
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_control_script_that_hangs_holds_up_no_death() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).control('h', "echo asked >> asked; exec sleep 1000").supervise();
    let web = web.caught();
    web.send("h");
    web.until_lines("asked", 1);
    web.release(0);
    web.until_stat("down");
}

#[test]
fn kill_ends_a_control_script_that_hangs() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).control('t', "echo asked >> asked; exec sleep 1000").supervise();
    let web = web.caught();
    web.send("d");
    web.until_lines("asked", 1);
    web.send("k");
    web.until_stat("down");
}

#[test]
fn kill_and_up_never_make_a_second_copy() {
    let scene = Scene::new();
    // Each copy notes itself, and whether another one holds the lock.
    let run = "exec 9> lock; flock -n 9 || echo twice >> twice; echo life >> lives; exec sleep 1000";
    let web = scene.service("web").run(run).supervise();
    for round in 1..=3 {
        web.until_lines("lives", round);
        web.send("kukuou");
    }
    web.until_lines("lives", 4);
    assert_eq!(web.read("twice"), "");
}

#[test]
fn kill_ends_a_finish_that_hangs() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 0").finish("echo begun >> begun; exec sleep 1000").supervise();
    web.until_lines("begun", 1);
    web.send("dk");
    web.until_stat("down");
    assert_eq!(web.lines("begun").len(), 1, "and it is not run again for its own end");
}

#[test]
fn exit_after_kill_runs_finish_and_leaves_a_true_status() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(CATCHER).finish("echo $1 $2 >> finished").supervise().caught();
    web.send("xk");
    assert_eq!(web.end(), 0);
    assert_eq!(web.lines("finished"), ["-1 9"]);
    assert_eq!(web.stat(), "down");
}

#[test]
fn finish_is_told_the_name_and_the_group() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 3").finish("echo $# $1 $2 $3 >> told; echo $4 > group").supervise();
    web.until_lines("told", 1);
    until("the group is told", || !web.read("group").is_empty());
    assert_eq!(web.lines("told")[0], "4 3 0 web");
    let group: i32 = web.read("group").trim().parse().unwrap();
    // SAFETY: numbers only.
    assert_eq!(group, unsafe { libc::getpgid(web.runsv.pid()) });
}

#[test]
fn finish_says_125_for_failed_for_good() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo life >> lives; exit 1").finish("exit 125").supervise();
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
    throughout("it stays down", Duration::from_millis(1500), || web.lines("lives").len() == 1);
}

#[test]
fn garbage_in_the_fifo_keeps_no_command_away() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    let mut flood = scene.command("sh");
    flood.args(["-c", "exec cat /dev/zero > web/supervise/control"]);
    let flood = scene.spawn(flood);
    let used = |pid: i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).map(str::to_owned)
    };
    let before = used(web.runsv.pid());
    throughout("it listens", Duration::from_millis(300), || !web.runsv.ended());
    assert_eq!(used(web.runsv.pid()), before, "memory stays what it was");
    // The fifo may be full at any moment; a writer that waits its turn gets it.
    let mut patient = scene.command("sh");
    patient.args(["-c", "echo x > web/supervise/control"]);
    let patient = scene.spawn(patient);
    assert_eq!(web.end(), 0);
    drop((flood, patient));
}

#[test]
fn an_idle_supervisor_never_wakes() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log(IDLE).supervise().running();
    web.until_log_stat("run");
    let switches = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", web.runsv.pid())).unwrap_or_default();
        status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).map(str::to_owned)
    };
    let before = until_still("it has done all it had to do", switches);
    throughout("it sleeps", Duration::from_secs(2), || switches() == before);
}

#[test]
fn without_standard_descriptors_no_file_is_written_to_by_mistake() {
    let scene = Scene::new();
    let web = scene.service("web").script("control/t", "exit 0").run("readlink /proc/self/fd/0 > in; exit 0");
    std::fs::remove_file(scene.path("web/run")).unwrap(); // each start fails, with a message to nowhere
    let mut command = scene.command("sh");
    command.args(["-c", "exec \"$0\" web <&- >&- 2>&-", crate::scene::ours("runsv").to_str().unwrap()]);
    let web = web.supervise_by(command);
    web.until_stat("down");
    throughout("nothing is written to the lock", Duration::from_millis(300), || web.read("supervise/lock").is_empty());
}

#[test]
fn restarts_leave_no_descriptor_behind() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo life >> lives; exec sleep 1000").finish("exit 0").supervise();
    let open = || std::fs::read_dir(format!("/proc/{}/fd", web.runsv.pid())).map(Iterator::count).unwrap_or(0);
    web.until_lines("lives", 1);
    web.until_stat("run");
    // The last file of a change may just be being written.
    let before = until_still("it has settled", open);
    for round in 2..5 {
        web.send("k");
        web.until_lines("lives", round);
    }
    until("it has as many again", || open() == before);
}

#[test]
fn a_logger_in_its_pause_comes_back_for_the_last_lines() {
    let scene = Scene::new();
    // The logger fails at first; what was written before it works is read in the end.
    let log = "if [ -e ready ]; then exec cat > out; else echo failed >> failed; exit 1; fi";
    let mut web = scene.service("web").run("echo precious; echo yes > written; exec sleep 1000").log(log).supervise();
    web.until_lines("log/failed", 1);
    web.until_lines("written", 1);
    scene.file("web/log/ready", "");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.lines("log/out"), ["precious"]);
}

#[test]
fn a_lock_of_the_logger_that_is_held_can_be_waited_for_and_given_up() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log(IDLE);
    scene.dir("web/log/supervise");
    let mut holder = scene.command("flock");
    holder.args(["web/log/supervise/lock", "-c", "echo held > held; exec sleep 1000"]);
    let holder = scene.spawn(holder);
    until("the lock is held", || !scene.read("held").is_empty());
    let mut runsv = web.start();
    until("it says so", || {
        runsv.err() == "runsv web: warning: unable to lock log/supervise/lock, waiting for it: temporary failure\n"
    });
    runsv.signal(libc::SIGTERM);
    assert_eq!(runsv.end().code, 0);
    drop(holder);
}

/// Changes a limit of a running process of this user.
fn limit(scene: &Scene, user: u32, pid: i32, what: &str) {
    let mut command = scene.command("setpriv");
    command.arg(format!("--reuid={user}")).args(["--keep-groups", "prlimit", "--pid", &pid.to_string(), what]);
    let done = scene.finish(command);
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn out_of_descriptors_it_says_so_and_recovers() {
    if !root() {
        return skip("out_of_descriptors", "raising a limit again needs root");
    }
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    limit(&scene, 0, web.runsv.pid(), "--nofile=3:1024");
    web.send("d");
    until("it says so", || {
        web.runsv
            .err()
            .contains("runsv web: warning: unable to open supervise/pid.new: process cannot open more files\n")
    });
    assert!(web.stat().starts_with("run"), "nobody could be told");
    limit(&scene, 0, web.runsv.pid(), "--nofile=1024:1024");
    web.until_stat("down");
}

#[test]
fn out_of_processes_it_says_so_and_recovers() {
    if !root() {
        return skip("out_of_processes", "needs a user of its own");
    }
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).down();
    let mut command = scene.command("setpriv");
    command.args([
        "--reuid=54321",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
        "prlimit",
        "--nproc=1:100",
    ]);
    command.arg(crate::scene::ours("runsv")).arg("web");
    let mut open = scene.command("chmod");
    open.args(["-R", "a+rwX", "."]);
    scene.finish(open);
    let web = web.supervise_by(command);
    web.send("u");
    until("it says so", || web.runsv.err() == "runsv web: warning: unable to fork, sleeping: temporary failure\n");
    limit(&scene, 54321, web.runsv.pid(), "--nproc=100:100");
    web.until_stat("run");
}

#[test]
fn on_a_full_disk_it_goes_on_and_tells_later() {
    if !root() {
        return skip("on_a_full_disk", "mounting a small file system needs root");
    }
    let scene = Scene::new();
    scene.service("web").run("echo life >> lives; exec sleep 1000");
    scene.dir("small");
    scene.link("../small/state", "web/supervise");
    // Five files, the directory and the root: there is no inode left for a new one until one is freed.
    let mut command = scene.command("unshare");
    let body = "mount -t tmpfs -o nr_inodes=20,size=64k none small && mkdir small/fill && exec \"$0\" web";
    command.args(["-m", "sh", "-c", body, crate::scene::ours("runsv").to_str().unwrap()]);
    let runsv = scene.spawn(command);
    let inside = format!("/proc/{}/root{}/small", runsv.pid(), scene.path("").display());
    let stat = || std::fs::read_to_string(format!("{inside}/state/stat")).unwrap_or_default();
    until("it runs", || stat() == "run\n");
    let fill = |number: i32| std::fs::File::create(format!("{inside}/fill/{number}")).is_ok();
    until("the disk is full", || !(0..30).all(fill));
    let control = format!("{inside}/state/control");
    let send = |byte: &str| {
        use std::io::Write;
        std::fs::OpenOptions::new().write(true).open(&control).unwrap().write_all(byte.as_bytes()).unwrap();
    };
    send("d");
    let full = "runsv web: warning: unable to open supervise/pid.new: out of disk space\n";
    until("it says so", || runsv.err().contains(full));
    assert_eq!(stat(), "run\n");
    for number in 0..30 {
        let _ = std::fs::remove_file(format!("{inside}/fill/{number}"));
    }
    until("it tells later, by itself", || stat() == "down\n");
}

#[test]
fn a_clock_that_jumps_changes_no_pause() {
    // Deadlines are on a clock that nobody can set, so this can be shown without setting one: the pause of a service is
    // a second also when its labels say otherwise.
    let scene = Scene::new();
    let (took, _web) = timed(|| {
        let web = scene.service("web").run("echo life >> lives; exit 1").supervise();
        web.until_lines("lives", 3);
        web
    });
    assert!(took >= Duration::from_secs(2), "{took:?}");
}

#[test]
fn help_and_version_come_from_one_definition() {
    let scene = Scene::new();
    let help = scene.run("runsv", &["--help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    assert!(help.out.starts_with("Usage: runsv dir\n"), "{}", help.out);
    let version = scene.run("runsv", &["--version"]);
    assert_eq!((version.code, version.out.as_str()), (0, concat!("runsv (keepup) ", env!("CARGO_PKG_VERSION"), "\n")));
}
