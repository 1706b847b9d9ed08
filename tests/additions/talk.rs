//! `ready notify`: services that talk by systemd's datagram protocol, with clients that others have written.

use crate::policy::{journal, until_noted};
use crate::scene::service::{Service, Supervised};
use crate::scene::{Scene, skip, throughout, until};
use sd_notify::NotifyState;
use std::io::BufRead;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

/// Not a test: what the services here run. Says each line that it reads, `|` for a newline. One that begins with a path
/// comes with that file, open, and one that begins with `!` with the end of a pipe whose other end is gone.
#[test]
#[ignore = "is run as a service"]
fn talker() {
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap().replace('|', "\n");
        let (first, rest) = line.split_once(' ').unwrap_or_default();
        let file = match first {
            "!" => Some(nix::unistd::pipe().unwrap().0),
            path if path.starts_with('/') => Some(std::fs::File::open(path).unwrap().into()),
            _ => None,
        };
        match file {
            Some(file) => sd_notify::notify_with_fds(&[NotifyState::Custom(rest)], &[file.as_fd()]).unwrap(),
            None => sd_notify::notify(&[NotifyState::Custom(&line)]).unwrap(),
        }
    }
}

/// How to run it, with its words from the fifo `say`.
fn words() -> String {
    let own = std::env::current_exe().unwrap();
    format!(
        "[ -p say ] || mkfifo say
        exec 3<> say; echo up >> lives; exec {} --exact talk::talker --ignored --nocapture <&3 > /dev/null",
        own.display()
    )
}

pub(crate) fn talking<'a>(scene: &'a Scene, ready: &str) -> Service<'a> {
    scene.service("web").run(&words()).file("ready", ready)
}

pub(crate) fn say(web: &Supervised<'_>, text: &str) {
    web.tell("say", &format!("{text}\n"));
}

fn phase(scene: &Scene) -> String {
    let done = scene.run("sv", &["--json", "list", "./web"]);
    let at = done.out.find("\"state\":\"").map(|at| at + 9).unwrap_or_default();
    done.out[at..].split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn ready_is_when_it_says_so() {
    let scene = Scene::new();
    let web = talking(&scene, "notify\n").supervise().running();
    web.until_lines("lives", 1);
    throughout("it has not said so", Duration::from_millis(200), || phase(&scene) == "starting");
    say(&web, "STATUS=half done");
    until("its words are shown", || web.lines("supervise/notify").contains(&"STATUS=half done".into()));
    say(&web, "READY=1|STATUS=at your service|ERRNO=2");
    until_noted(&web, "ready");
    until("its words are shown", || web.lines("supervise/notify")[1..] == ["STATUS=at your service", "ERRNO=2"]);
    web.send("t");
    web.until_lines("lives", 2);
    until("what it said before is not shown any more", || web.lines("supervise/notify").len() == 1);
}

#[test]
fn not_ready_in_time_is_a_failed_run() {
    let scene = Scene::new();
    let web = talking(&scene, "notify\ntimeout 300ms\n").supervise();
    until_noted(&web, "exit cause=start-timeout signal=TERM");
    web.until_lines("lives", 2);
}

#[test]
fn one_that_needs_longer_says_so() {
    let scene = Scene::new();
    let web = talking(&scene, "notify\ntimeout 2s\n").supervise();
    say(&web, "EXTEND_TIMEOUT_USEC=60000000");
    throughout("it lives on", Duration::from_secs(3), || web.lines("lives").len() < 2);
    say(&web, "READY=1");
    until_noted(&web, "ready");
    assert_eq!(web.lines("lives").len(), 1);
}

#[test]
fn a_reload_is_over_when_it_says_so() {
    let scene = Scene::new();
    let web = talking(&scene, "notify\n").supervise();
    say(&web, "READY=1");
    until_noted(&web, "ready");
    say(&web, "RELOADING=1|MONOTONIC_USEC=1");
    until_noted(&web, "unready");
    assert_eq!(phase(&scene), "starting");
    say(&web, "READY=1");
    until("it is ready again", || journal(&web).iter().filter(|line| *line == "ready").count() == 2);
}

#[test]
fn a_reload_that_began_before_it_was_asked_for_is_another() {
    let scene = Scene::new();
    let run = format!("trap '' HUP; {}", words());
    let web = talking(&scene, "notify\n").run(&run).supervise();
    say(&web, "READY=1");
    until_noted(&web, "ready");
    web.send("hp");
    web.until_status("what came before is done", |status| status.paused == 1);
    web.send("c");
    say(&web, "RELOADING=1|MONOTONIC_USEC=1");
    say(&web, "STATUS=said after that");
    until("what came later is heard", || web.read("supervise/notify").contains("said after that"));
    assert!(!journal(&web).contains(&"unready".to_owned()), "{:?}", journal(&web));
}

#[test]
fn stopping_begins_the_ladder_without_its_first_step() {
    let scene = Scene::new();
    let web = talking(&scene, "notify\n").file("stop", "TERM 300ms\nKILL\n").supervise();
    say(&web, "READY=1");
    until_noted(&web, "ready");
    say(&web, "STOPPING=1");
    until_noted(&web, "signal signal=KILL whom=process");
    let noted = journal(&web);
    assert!(noted.contains(&"unready".to_owned()), "{noted:?}");
    assert!(!noted.iter().any(|line| line.contains("TERM")), "{noted:?}");
}

#[test]
fn the_watchdog_ends_what_is_silent() {
    let scene = Scene::new();
    let web = talking(&scene, "notify\nwatchdog 2s\n").supervise();
    say(&web, "READY=1");
    until_noted(&web, "ready");
    for _ in 0..6 {
        throughout("it lives", Duration::from_millis(500), || web.lines("lives").len() == 1);
        say(&web, "WATCHDOG=1");
    }
    until("it is ended", || journal(&web).iter().any(|line| line.starts_with("exit cause=watchdog signal=ABRT")));
    web.until_lines("lives", 2);
}

#[test]
fn the_watchdog_is_in_its_environment() {
    let scene = Scene::new();
    let run = "echo \"$WATCHDOG_USEC $NOTIFY_SOCKET\" > told; exec sleep 1000";
    let web = scene.service("web").run(run).file("ready", "notify\nwatchdog 2s\n").supervise();
    web.until_lines("told", 1);
    let socket = web.read("supervise/notify").trim_end().replace("NOTIFY_SOCKET=", "");
    assert_eq!(socket, scene.path("web/supervise.notify").canonicalize().unwrap().display().to_string());
    assert_eq!(web.lines("told"), [format!("2000000 {socket}")]);
}

#[test]
fn another_main_process_takes_over() {
    let scene = Scene::new();
    // As a daemon does: the child is told to be the main process, and its parent leaves.
    let run = "echo up >> lives
        setsid sh -c 'echo $$ > main; exec sleep 1000' &
        until [ -s main ]; do :; done
        systemd-notify --help > /dev/null || exit 100
        systemd-notify --ready MAINPID=$(cat main); exit 0";
    if !Path::new("/usr/bin/systemd-notify").exists() {
        return skip("another_main_process_takes_over", "systemd-notify is not installed");
    }
    let web = scene.service("web").run(run).file("ready", "notify\n").supervise();
    until_noted(&web, "adopted");
    let main = || web.read("main").trim().parse::<i32>().ok();
    until("its parent has left", || web.status().pid == main().unwrap_or(-1) as u32);
    throughout("it is not started again", Duration::from_millis(300), || web.lines("lives").len() == 1);
    let first = main().unwrap();
    scene.remove("web/main");
    scene.signal(first, libc::SIGKILL);
    web.until_lines("lives", 2);
    assert!(journal(&web).contains(&"exit cause=signal signal=KILL".to_owned()), "{:?}", journal(&web));
}

#[test]
fn a_main_process_below_another_is_heard_of_all_the_same() {
    let scene = Scene::new();
    // The parent stays, and is the one to hear how its child ended.
    let run = "echo up >> lives
        sh -c 'echo $$ > main; exec sleep 1000' &
        until [ -s main ]; do :; done
        systemd-notify --ready MAINPID=$(cat main)
        wait; echo over >> lives; exec sleep 1000";
    if !Path::new("/usr/bin/systemd-notify").exists() {
        return skip("a_main_process_below_another_is_heard_of_all_the_same", "systemd-notify is not installed");
    }
    let web = scene.service("web").run(run).file("ready", "notify\n").supervise();
    until_noted(&web, "adopted");
    let main: i32 = web.read("main").trim().parse().unwrap();
    web.until_status("the main process", |status| status.pid == main as u32);
    scene.signal(main, libc::SIGKILL);
    web.until_lines("lives", 2);
    web.until_status("the process that was started", |status| status.pid != 0 && status.pid != main as u32);
    web.send("d");
    web.until_stat("down");
}

#[test]
fn nobody_else_is_believed() {
    let scene = Scene::new();
    let web = talking(&scene, "notify\n").supervise();
    web.until_lines("lives", 1);
    let socket = web.read("supervise/notify").trim_end().replace("NOTIFY_SOCKET=", "");
    let send = |text: &str| {
        let sender = std::os::unix::net::UnixDatagram::unbound().unwrap();
        sender.send_to(text.as_bytes(), &socket).unwrap();
    };
    send("READY=1\nSTATUS=stranger");
    say(&web, "STATUS=known");
    until("it is heard", || web.read("supervise/notify").contains("known"));
    assert!(!journal(&web).contains(&"ready".to_owned()));
    say(&web, "NOTIFYACCESS=none");
    say(&web, "READY=1");
    throughout("it said that nobody is to be heard", Duration::from_millis(200), || {
        !journal(&web).contains(&"ready".to_owned())
    });
}

#[test]
fn a_logger_speaks_for_nobody() {
    let scene = Scene::new();
    let log = "until [ -s ../supervise/notify ]; do :; done; export $(cat ../supervise/notify)
        systemd-notify --ready; echo $? > ../sent; exec cat > /dev/null";
    if !Path::new("/usr/bin/systemd-notify").exists() {
        return skip("a_logger_speaks_for_nobody", "systemd-notify is not installed");
    }
    let web = talking(&scene, "notify\n").log(log).supervise();
    web.until_lines("sent", 1);
    say(&web, "STATUS=known");
    until("it is heard", || web.read("supervise/notify").contains("known"));
    assert!(!journal(&web).contains(&"ready".to_owned()));
}

#[test]
fn a_flood_of_nonsense_keeps_nobody_from_commanding() {
    let scene = Scene::new();
    let flood = "import os, socket
name = os.environ['NOTIFY_SOCKET']
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(name)
open('flooding', 'w').close()
while True: s.send(os.urandom(700))
";
    if !Path::new("/usr/bin/python3").exists() {
        return skip("a_flood_of_nonsense_keeps_nobody_from_commanding", "python3 is not installed");
    }
    let web = scene.service("web").file("flood.py", flood).file("ready", "notify\n");
    let web = web.run("exec /usr/bin/python3 flood.py").supervise();
    until("it floods", || !scene.kind("web/flooding").is_empty());
    web.send("d");
    web.until_stat("down");
}

/// Runs a service that talks by this command and is to be ready by it.
fn client(test: &str, needs: &str, command: &str) {
    if !Path::new(needs).exists() {
        return skip(test, &format!("{needs} is not installed"));
    }
    let scene = Scene::new();
    let run = format!("{command}; echo $? > answer; exec sleep 1000");
    let web = scene.service("web").run(&run).file("ready", "notify\n").supervise();
    until_noted(&web, "ready");
    web.until_lines("answer", 1);
    assert_eq!(web.lines("answer"), ["0"]);
    until("it is shown", || web.read("supervise/notify").contains("STATUS=well\n"));
}

/// It waits for the end of a barrier, too.
#[test]
fn systemd_notify_is_understood() {
    client(
        "systemd_notify_is_understood",
        "/usr/bin/systemd-notify",
        "systemd-notify --status=well; systemd-notify --ready",
    );
}

#[test]
fn pythons_client_is_understood() {
    let library = "/usr/lib/python3/dist-packages/sdnotify";
    let say = "/usr/bin/python3 -c 'import sdnotify; n = sdnotify.SystemdNotifier(); n.notify(\"STATUS=well\"); n.notify(\"READY=1\")
import time; time.sleep(1000)' & until grep -q ready supervise/journal; do sleep 0.1; done";
    client("pythons_client_is_understood", library, say);
}

#[test]
fn one_that_runs_as_somebody_else_is_heard() {
    let test = "one_that_runs_as_somebody_else_is_heard";
    if !crate::scene::root() || !Path::new("/usr/bin/python3").exists() {
        return skip(test, "takes root and python3");
    }
    let scene = Scene::new();
    let talk = "import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])
time.sleep(1000)
";
    let run = format!("exec {} -u nobody /usr/bin/python3 talk.py", crate::scene::ours("chpst").display());
    let web = scene.service("web").file("talk.py", talk).file("ready", "notify\n").run(&run).supervise();
    until_noted(&web, "ready");
}

/// A service that says what it was given, and talks.
fn storing<'a>(scene: &'a Scene, ready: &str) -> Service<'a> {
    let told = "echo \"$FDSTORE $LISTEN_FDS $LISTEN_FDNAMES $([ \"$LISTEN_PID\" = $$ ] && echo own)\" >> told";
    let read = "[ -z \"$LISTEN_FDS\" ] || cat <&3 >> given";
    scene.service("web").run(&format!("{told}; {read}; {}", words())).file("ready", ready)
}

#[test]
fn what_it_stored_and_where_it_talks_outlive_the_program_of_its_supervisor() {
    let scene = Scene::new();
    let kept = scene.file("kept", "kept words");
    let web = storing(&scene, "notify\nstore 2\n").supervise();
    let replaced = |times| {
        web.send("R");
        let is_it = |line: &&String| line.starts_with("reexec ");
        until("it was replaced", || crate::policy::journal(&web).iter().filter(is_it).count() == times);
    };
    say(&web, &format!("{} FDSTORE=1|FDNAME=words", kept.display()));
    say(&web, "STATUS=half way");
    until("it is stored, and what came behind it is shown", || web.read("supervise/notify").contains("half way"));
    replaced(1);
    assert!(web.read("supervise/notify").contains("STATUS=half way"));
    say(&web, "READY=1");
    until_noted(&web, "ready");
    replaced(2);
    web.send("t");
    web.until_lines("told", 2);
    until("it has read it", || web.read("given") == "kept words");
    assert_eq!(web.lines("told"), ["2   ", "2 1 words own"]);
}

#[test]
fn what_it_stores_it_gets_back() {
    let scene = Scene::new();
    let kept = scene.file("kept", "kept words");
    let web = storing(&scene, "notify\nstore 2\n").supervise();
    say(&web, &format!("{} FDSTORE=1|FDNAME=words", kept.display()));
    say(&web, "! FDSTORE=1|FDNAME=broken");
    say(&web, "READY=1");
    until_noted(&web, "ready");
    web.send("t");
    web.until_lines("told", 2);
    until("it has read it", || web.read("given") == "kept words");
    assert_eq!(web.lines("told"), ["2   ", "2 1 words own"], "what is broken is not kept");
    web.until_lines("lives", 2);
    say(&web, "FDSTOREREMOVE=1|FDNAME=words");
    say(&web, "STATUS=removed");
    until("it is heard", || web.read("supervise/notify").contains("removed"));
    web.send("t");
    web.until_lines("told", 3);
    assert_eq!(web.lines("told")[2], "2   ");
}

#[test]
fn what_it_stores_is_gone_when_it_is_down() {
    let scene = Scene::new();
    let kept = scene.file("kept", "");
    let web = storing(&scene, "notify\nstore 1\n").supervise();
    for name in ["one", "two"] {
        say(&web, &format!("{} FDSTORE=1|FDNAME={name}", kept.display()));
    }
    say(&web, "READY=1");
    until_noted(&web, "ready");
    web.send("t");
    web.until_lines("told", 2);
    assert_eq!(web.lines("told")[1], "1 1 one own", "there is no room for more");
    web.until_stat("run"); // or what is shown is how it was down before
    web.send("d");
    web.until_stat("down");
    web.send("u");
    web.until_lines("told", 3);
    assert_eq!(web.lines("told")[2], "1   ");
}

#[test]
fn without_store_nothing_is_kept() {
    let scene = Scene::new();
    let kept = scene.file("kept", "");
    let web = storing(&scene, "notify\n").supervise();
    say(&web, &format!("{} FDSTORE=1|FDNAME=one", kept.display()));
    say(&web, "READY=1");
    until_noted(&web, "ready");
    web.send("t");
    web.until_lines("told", 2);
    assert_eq!(web.lines("told")[1], "   ");
}
