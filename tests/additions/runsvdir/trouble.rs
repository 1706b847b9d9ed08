//! What goes wrong for a while: it is said, and tried again.

use super::*;

#[test]
fn a_runsv_that_ends_at_once_is_not_started_more_than_once_a_second() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    scene.script("bin/runsv", format!("echo >> {}; exit 1", scene.path("starts").display()));
    let mut command = command(&scene, &["scan"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", scene.path("bin").display()));
    let began = crate::namespace::now();
    let _runsvdir = scene.spawn(command);
    until("it was started three times", || {
        let starts = scene.lines("starts").len();
        assert!(starts as u64 <= 1 + began.elapsed().as_secs(), "{starts} starts");
        starts == 3
    });
}

#[test]
fn beside_itself_it_finds_a_runsv_that_the_path_lacks() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    let mut command = command(&scene, &["scan"]);
    command.env("PATH", "/nowhere:/bin");
    if theirs("runsv").is_some_and(|path| path.starts_with("/bin")) {
        return skip("beside_itself_it_finds_a_runsv_that_the_path_lacks", "there is one in /bin");
    }
    command.env("PATH", "/nowhere");
    scene.service("sv/web").run("exec /bin/sleep 1000");
    let _runsvdir = scene.spawn(command);
    until_stat(&scene, "web", "run");
}

#[test]
fn without_descriptors_it_says_so_and_goes_on_later() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    let mut command = scene.command("sh");
    command.args(["-c", "ulimit -S -n 6; exec \"$0\" \"$@\""]).arg(program("runsvdir")).arg("scan");
    command.env("PATH", search_path());
    let runsvdir = scene.spawn(command);
    until("it says so", || runsvdir.err().contains("process cannot open more files"));
    let pid = runsvdir.pid().to_string();
    let mut more = scene.command("prlimit");
    more.args(["--pid", &pid, "--nofile=1000:"]);
    assert_eq!(scene.finish(more).code, 0);
    until_stat(&scene, "web", "run");
}

#[test]
fn without_processes_it_says_so_and_goes_on_later() {
    const TEST: &str = "without_processes_it_says_so_and_goes_on_later";
    if !root() {
        return skip(TEST, "takes root to be a user without processes");
    }
    let scene = Scene::new();
    // A user of whom there is no other process.
    let user = 1_000_000 + std::process::id();
    for name in ["a", "b", "c"] {
        scene.service(&format!("scan/{name}"));
        nix::unistd::chown(&scene.path(format!("scan/{name}")), Some(user.into()), None).unwrap();
    }
    scene.mode(".", 0o755);
    let mut command = scene.command("setpriv");
    command.args([&format!("--reuid={user}"), "--clear-groups", "prlimit", "--nproc=2:100"]);
    command.arg(program("runsvdir")).arg("scan").env("PATH", search_path());
    let runsvdir = scene.spawn(command);
    until("it says so", || runsvdir.err().contains("unable to fork for"));
    throughout("it says so once a second at most", Duration::from_millis(500), || {
        runsvdir.err().matches("unable to fork").count() <= 3
    });
    let pid = runsvdir.pid().to_string();
    let mut more = scene.command("setpriv");
    more.args([&format!("--reuid={user}"), "--clear-groups", "prlimit", "--pid", &pid, "--nproc=100:100"]);
    assert_eq!(scene.finish(more).code, 0);
    until("all are supervised", || {
        ["a", "b", "c"].iter().all(|name| scene.has_reader(format!("scan/{name}/supervise/ok")))
    });
}

#[test]
fn a_warning_that_nobody_reads_does_not_end_it() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    scene.link("nowhere", "scan/late");
    let (reader, writer) = nix::unistd::pipe().unwrap();
    drop(reader);
    let mut command = super::command(&scene, &["scan"]);
    command.stdout(std::process::Stdio::null()).stderr(writer);
    let mut runsvdir = command.spawn().unwrap();
    until_stat(&scene, "web", "run");
    assert_eq!(runsvdir.try_wait().unwrap(), None, "it lives");
    runsvdir.kill().unwrap();
    runsvdir.wait().unwrap();
}

#[test]
fn with_a_log_services_block_on_standard_error_and_it_does_not() {
    let scene = Scene::new();
    // The flag of descriptor 2 as a service has it, and more than any pipe holds, written without an error.
    linked(
        &scene,
        "web",
        "grep flags /proc/self/fdinfo/2 > flags; head -c 300000 /dev/zero | tr '\\0' x >&2 && echo ok > wrote; exec sleep 1000",
    );
    let log = format!("log: {}", ".".repeat(60));
    let runsvdir = start(&scene, &["scan", &log]);
    until("all was written", || scene.read("sv/web/wrote") == "ok\n");
    let flags = scene.read("sv/web/flags");
    let flags = i32::from_str_radix(flags.split_ascii_whitespace().last().unwrap(), 8).unwrap();
    assert_eq!(flags & libc::O_NONBLOCK, 0);
    until("it is shown", || fs::read(format!("/proc/{}/cmdline", runsvdir.pid())).unwrap().ends_with(b"xxxxx\0"));
    assert!(!waits_without_end(runsvdir.pid()), "the text will expire");
}

#[test]
fn with_a_log_and_nothing_shown_it_waits_without_end() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    let runsvdir = start(&scene, &["scan", "log: ........."]);
    until_stat(&scene, "web", "run");
    until_asleep(&runsvdir);
}
