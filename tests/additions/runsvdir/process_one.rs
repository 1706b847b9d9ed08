//! As process 1 of a container, and wherever `--grace` is given: TERM and INT stop everything, in order and in time.

use super::*;

/// A `runsvdir` that is process 1 of a pid namespace.
pub(super) struct Container {
    pub(super) running: Running,
}

impl Container {
    /// Nothing where no namespace can be had, which is said aloud.
    fn start(scene: &Scene, test: &str, words: &[&str]) -> Option<Container> {
        Container::of(scene, test, (program("runsvdir"), search_path()), words)
    }

    /// The same with this program, which searches there for `runsv`.
    pub(super) fn of(
        scene: &Scene,
        test: &str,
        (program, path): (std::path::PathBuf, OsString),
        words: &[&str],
    ) -> Option<Container> {
        // A user who is not root is root in a user namespace of his own.
        let flags: &[&str] = if root() { &["-pf"] } else { &["-Urpf"] };
        let flags = [flags, &["--mount-proc", "--kill-child"]].concat();
        let mut tried = scene.command("unshare");
        tried.args(&flags).arg("true");
        if scene.finish(tried).code != 0 {
            skip(test, "no namespaces can be had");
            return None;
        }
        let mut command = scene.command("unshare");
        command.args(&flags).arg(program).args(words).env("PATH", path);
        let running = scene.spawn(command);
        // Signals mean what they mean once it waits for them.
        until("process 1 is there", || children(running.pid()).first().is_some_and(|pid| waits(*pid)));
        Some(Container { running })
    }

    /// Its process 1, as we see it.
    pub(super) fn first(&self) -> i32 {
        children(self.running.pid())[0]
    }

    pub(super) fn signal(&self, scene: &Scene, signal: i32) {
        scene.signal(self.first(), signal);
    }
}

/// Whether a process has got as far as waiting in poll.
fn waits(pid: i32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    ["271 ", "73 "].iter().any(|number| text.starts_with(number))
}

/// A run script that takes its time to stop, and notes when it begins and when it has.
fn slow(name: &str) -> String {
    format!(
        "trap 'echo {name} stops >> ../../notes; sleep 0.3; echo {name} stopped >> ../../notes; exit 0' TERM\necho up > up\nwhile :; do sleep 0.05; done"
    )
}

/// A run script that does not stop.
const STUBBORN: &str = "trap '' TERM; echo up > up; while :; do sleep 0.05; done";

fn is_up(scene: &Scene, name: &str) -> bool {
    scene.read(format!("sv/{name}/up")) == "up\n"
}

#[test]
fn term_and_int_stop_all_services_and_then_it() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let scene = Scene::new();
        linked(&scene, "web", &slow("web"));
        linked(&scene, "db", &slow("db"));
        let Some(mut container) = Container::start(&scene, "term_and_int_stop_all_services_and_then_it", &["scan"])
        else {
            return;
        };
        until("both are up", || is_up(&scene, "web") && is_up(&scene, "db"));
        container.signal(&scene, signal);
        assert_eq!(container.running.end().code, 0);
        let notes = scene.read("notes");
        assert!(notes.contains("web stopped") && notes.contains("db stopped"), "{notes}");
        assert_eq!(container.running.err(), "");
    }
}

#[test]
fn hup_stops_all_services_too_and_the_code_tells() {
    let scene = Scene::new();
    linked(&scene, "web", &slow("web"));
    let Some(mut container) = Container::start(&scene, "hup_stops_all_services_too_and_the_code_tells", &["scan"])
    else {
        return;
    };
    until("it is up", || is_up(&scene, "web"));
    container.signal(&scene, libc::SIGHUP);
    assert_eq!(container.running.end().code, 111);
    assert!(scene.read("notes").contains("web stopped"));
}

#[test]
fn what_does_not_stop_in_time_is_killed_and_the_code_tells() {
    let scene = Scene::new();
    linked(&scene, "web", STUBBORN);
    let test = "what_does_not_stop_in_time_is_killed_and_the_code_tells";
    let Some(mut container) = Container::start(&scene, test, &["--grace", "1", "scan"]) else { return };
    until("it is up", || is_up(&scene, "web"));
    let began = crate::namespace::now();
    container.signal(&scene, libc::SIGTERM);
    assert_eq!(container.running.end().code, 111);
    assert!(began.elapsed() >= Duration::from_secs(1));
    let said = "runsvdir scan: warning: not all services stopped within 1 seconds, sending KILL.\n";
    assert_eq!(container.running.err(), said);
}

#[test]
fn a_second_int_does_not_wait() {
    let scene = Scene::new();
    linked(&scene, "web", STUBBORN);
    let Some(mut container) = Container::start(&scene, "a_second_int_does_not_wait", &["--grace", "1000", "scan"])
    else {
        return;
    };
    until("it is up", || is_up(&scene, "web"));
    container.signal(&scene, libc::SIGINT);
    until("it is being stopped", || stat(&scene, "web").contains("got TERM"));
    container.signal(&scene, libc::SIGINT);
    assert_eq!(container.running.end().code, 111);
}

#[test]
fn a_service_is_stopped_after_those_that_need_it() {
    let scene = Scene::new();
    for name in ["app", "db", "web"] {
        linked(&scene, name, &slow(name));
    }
    scene.file("sv/app/needs", "# the database\ndb\n");
    scene.file("sv/web/needs", "app\n");
    let Some(mut container) = Container::start(&scene, "a_service_is_stopped_after_those_that_need_it", &["scan"])
    else {
        return;
    };
    until("all are up", || ["app", "db", "web"].iter().all(|name| is_up(&scene, name)));
    container.signal(&scene, libc::SIGTERM);
    assert_eq!(container.running.end().code, 0);
    let order = ["web stops", "web stopped", "app stops", "app stopped", "db stops", "db stopped"];
    assert_eq!(scene.lines("notes"), order);
}

#[test]
fn orphans_are_reaped_and_told_to_stop() {
    let scene = Scene::new();
    // One orphan that ends, and one that stays until it is told.
    let orphans = "(sh -c 'exit 0' &); (sh -c 'trap \"echo orphan >> ../../notes; exit 0\" TERM; echo up > up; while :; do sleep 0.05; done' &)";
    linked(&scene, "web", &format!("{orphans}; exec sleep 1000"));
    let Some(mut container) = Container::start(&scene, "orphans_are_reaped_and_told_to_stop", &["scan"]) else {
        return;
    };
    until("the orphan is up", || is_up(&scene, "web"));
    let first = children(container.running.pid())[0];
    until("only runsv and the orphan are left, and nobody is a zombie", || {
        let left = children(first);
        left.len() == 2 && left.iter().all(|pid| process_state(Some(*pid)).is_some_and(|state| state != 'Z'))
    });
    container.signal(&scene, libc::SIGTERM);
    assert_eq!(container.running.end().code, 0);
    assert_eq!(scene.read("notes"), "orphan\n");
}

#[test]
fn with_grace_it_need_not_be_process_1() {
    let scene = Scene::new();
    linked(&scene, "web", &slow("web"));
    let mut runsvdir = start(&scene, &["--grace=100", "scan"]);
    until("it is up", || is_up(&scene, "web"));
    runsvdir.signal(libc::SIGTERM);
    assert_eq!(runsvdir.end().code, 0);
    assert!(scene.read("notes").contains("web stopped"));
    assert_eq!(stat(&scene, "web"), "down");
}

#[test]
fn with_grace_nothing_below_it_is_left() {
    let scene = Scene::new();
    linked(&scene, "web", &format!("(sh -c \"{STUBBORN}\" &); exec sleep 1000"));
    let mut runsvdir = start(&scene, &["--grace=1", "scan"]);
    until("the orphan is up", || is_up(&scene, "web"));
    runsvdir.signal(libc::SIGTERM);
    assert_eq!(runsvdir.end().code, 111);
    assert_eq!(scene.processes(), [0; 0]);
}

#[test]
fn the_end_of_an_essential_service_is_the_end_of_all() {
    let scene = Scene::new();
    linked(&scene, "job", CATCHER);
    scene.file("sv/job/essential", "");
    linked(&scene, "web", &slow("web"));
    let mut runsvdir = start(&scene, &["scan"]);
    until("both are up", || scene.read("sv/job/sent") == "up\n" && is_up(&scene, "web"));
    until_asleep(&runsvdir);
    // It ends, and is started again: that is no end.
    scene.send("sv/job/hold", "7\n");
    until("it is up again", || scene.read("sv/job/sent") == "up\nup\n");
    assert!(!runsvdir.ended());
    // Once more, and never again.
    scene.send("sv/job/supervise/control", "o");
    until("it is not wanted any more", || stat(&scene, "job") == "run, want down");
    scene.send("sv/job/hold", "7\n");
    let done = runsvdir.end();
    assert!(done.err.contains("essential service job has ended"), "{}", done.err);
    assert_eq!(scene.lines("notes"), ["web stops", "web stopped"]);
    assert_eq!(stat(&scene, "web"), "down");
}

#[test]
fn the_code_tells_how_the_essential_service_ended() {
    // Short lives, which may be over before anybody looks.
    for (run, code) in [("exit 7", 7), ("kill -9 $$", 128 + 9), ("exit 0", 0)] {
        let scene = Scene::new();
        linked(&scene, "job", run);
        scene.file("sv/job/essential", "");
        scene.file("sv/job/restart", "when never\n");
        let mut runsvdir = start(&scene, &["--grace=100", "scan"]);
        assert_eq!(runsvdir.end().code, code, "{run}: {}", runsvdir.err());
    }
}

#[test]
fn an_end_in_an_earlier_tree_is_none_in_this_one() {
    let scene = Scene::new();
    linked(&scene, "job", "exit 7");
    scene.file("sv/job/essential", "");
    scene.file("sv/job/restart", "when never\n");
    assert_eq!(start(&scene, &["--grace=100", "scan"]).end().code, 7);
    let before = scene.bytes("sv/job/supervise/status");
    scene.script("sv/job/run", IDLE);
    linked(&scene, "web", IDLE);
    let mut runsvdir = start(&scene, &["--grace=100", "scan"]);
    until_stat(&scene, "job", "run");
    until_stat(&scene, "web", "run");
    until_asleep(&runsvdir);
    assert!(!runsvdir.ended());
    assert_ne!(scene.bytes("sv/job/supervise/status"), before);
}

#[test]
fn one_that_was_never_started_has_not_ended() {
    let scene = Scene::new();
    scene.service("sv/job").run(IDLE).down().file("essential", "");
    linked(&scene, "web", IDLE);
    scene.link("../sv/job", "scan/job");
    let mut runsvdir = start(&scene, &["scan"]);
    until("it is supervised", || stat(&scene, "job") == "down");
    until_stat(&scene, "web", "run");
    until_asleep(&runsvdir);
    assert!(!runsvdir.ended());
}

#[test]
fn any_user_can_be_process_1_on_a_read_only_file_system() {
    const TEST: &str = "any_user_can_be_process_1_on_a_read_only_file_system";
    if !root() {
        return skip(TEST, "takes root to mount");
    }
    let scene = Scene::new();
    linked(&scene, "web", "echo up > ../../state/up; exec sleep 1000");
    scene.dir("state");
    scene.mode("state", 0o777);
    scene.mode(".", 0o755);
    scene.link("../../state/web", "sv/web/supervise");
    let read_only = "for d in sv scan; do mount --bind $d $d && mount -o remount,ro,bind $d || exit 77; done";
    let mut command = scene.command("unshare");
    let script = format!("{read_only}; exec setpriv --reuid=54321 --regid=54321 --clear-groups \"$@\"");
    command.args(["-mpf", "--mount-proc", "--kill-child", "sh", "-c", &script, "sh"]);
    command.arg(program("runsvdir")).arg("scan").env("PATH", search_path());
    let mut running = scene.spawn(command);
    until("it is up, or cannot be", || scene.read("state/up") == "up\n" || running.ended());
    if running.ended() && running.end().code == 77 {
        return skip(TEST, "nothing can be mounted");
    }
    until("the state is elsewhere", || scene.read("state/web/stat") == "run\n");
    scene.signal(children(running.pid())[0], libc::SIGTERM);
    assert_eq!(running.end().code, 0);
    assert_eq!(running.err(), "");
    assert_eq!(scene.read("state/web/stat"), "down\n");
}
