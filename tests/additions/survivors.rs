//! A supervisor that is killed, and the one after it: what runs goes on, and never twice.

use crate::policy::{journal, until_noted};
use crate::scene::service::{Service, Supervised};
use crate::scene::{Random, Scene, process_state, root, skip, throughout, until, until_some};
use std::time::Duration;

/// A service that says so if it is not alone, and writes a line a moment.
fn lonely<'a>(scene: &'a Scene) -> Service<'a> {
    let run = "exec 9> alone; flock -n 9 || { echo twice >> lives; exit 1; }
        echo $$ >> lives; exec sleep 1000";
    scene.service("web").run(run)
}

/// Kills the supervisor, and has another one look after the service.
#[track_caller]
fn succeed<'a>(scene: &'a Scene, mut web: Supervised<'a>) -> Supervised<'a> {
    web.runsv.signal(libc::SIGKILL);
    web.end();
    scene.service("web").supervise()
}

#[test]
fn the_service_goes_on_and_is_started_again_after_its_end() {
    let scene = Scene::new();
    let web = lonely(&scene).supervise().running();
    web.until_lines("lives", 1);
    let pid = web.status().pid;
    let web = succeed(&scene, web);
    until_noted(&web, "adopted");
    assert_eq!(web.status().pid, pid);
    assert_eq!(web.stat(), "run");
    throughout("there is no second copy", Duration::from_millis(300), || web.lines("lives").len() == 1);
    scene.signal(pid as i32, libc::SIGKILL);
    web.until_lines("lives", 2);
    until_noted(&web, "exit cause=exit");
    assert!(!web.lines("lives").contains(&"twice".to_owned()));
}

#[test]
fn what_is_wanted_stays_wanted() {
    let scene = Scene::new();
    let web = lonely(&scene).supervise().running();
    web.until_lines("lives", 1);
    web.send("d");
    web.until_stat("down");
    let web = succeed(&scene, web);
    throughout("nobody wants it", Duration::from_millis(300), || web.stat() == "down");
    web.send("u");
    web.until_lines("lives", 2);
    web.until_stat("run");
    web.send("p");
    web.until_status("paused", |status| status.paused == 1);
    let pid = web.status().pid as i32;
    let web = succeed(&scene, web);
    assert_eq!(web.stat(), "run, paused");
    web.send("c");
    until("it goes on", || process_state(Some(pid)) == Some('S'));
    web.send("d");
    web.until_stat("down");
    assert!(journal(&web).contains(&"exit cause=asked".to_owned()), "{:?}", journal(&web));
}

#[test]
fn once_is_still_once() {
    let scene = Scene::new();
    let web = lonely(&scene).down().supervise();
    web.send("o");
    web.until_lines("lives", 1);
    web.until_stat("run, want down");
    let web = succeed(&scene, web);
    let pid = web.status().pid as i32;
    scene.signal(pid, libc::SIGKILL);
    web.until_stat("down");
    throughout("it is not started again", Duration::from_millis(1200), || web.lines("lives").len() == 1);
}

#[test]
fn a_stop_goes_on_to_its_last_step() {
    let scene = Scene::new();
    let run = "trap '' TERM; echo up >> lives; while :; do sleep 1000; done";
    let web = scene.service("web").run(run).file("stop", "TERM 2s\nKILL\n").supervise();
    web.until_lines("lives", 1);
    web.send("d");
    until("it is shown that it has got TERM", || scene.bytes("web/supervise/status")[18] == 1);
    let web = succeed(&scene, web);
    web.until_stat("down");
    assert!(journal(&web).iter().any(|line| line.starts_with("exit cause=stop-timeout")), "{:?}", journal(&web));
}

#[test]
fn the_log_pipe_is_taken_back() {
    let scene = Scene::new();
    let run = "n=0; while :; do n=$((n+1)); echo $n; [ $n -lt 20000 ] || exec sleep 1000; done";
    let mut web = scene.service("web").run(run).log("exec cat >> ../lines").supervise().running();
    let logger = |web: &Supervised<'_>| {
        until_some("the logger is shown", || Some(web.status_of("log/supervise").pid as i32).filter(|pid| *pid != 0))
    };
    for round in 0..6 {
        until("there are lines", || web.lines("lines").len() > round * 100);
        web = succeed(&scene, web);
        // Its pipe is held by the successor.
        let before = logger(&web);
        scene.signal(before, libc::SIGKILL);
        until("there is another logger", || logger(&web) != before);
    }
    until("all is written", || web.lines("lines").last().is_some_and(|line| line == "20000"));
    let lines = web.lines("lines");
    // A cat that is killed may have read what it has not written; what it was given later is in the pipe.
    assert!(lines.windows(2).all(|pair| pair[0].parse::<u32>().unwrap() < pair[1].parse::<u32>().unwrap()));
    assert_eq!(web.lines("supervise/journal").iter().filter(|line| line.contains(" start ")).count(), 1);
}

#[test]
fn no_line_of_the_log_is_lost() {
    let scene = Scene::new();
    let run = "n=0; while :; do n=$((n+1)); echo $n; [ $n -lt 10000 ] || exec sleep 1000; done";
    let mut web = scene.service("web").run(run).log("exec cat >> ../lines").supervise().running();
    for round in 0..5 {
        until("there are lines", || web.lines("lines").len() > round * 100);
        web = succeed(&scene, web);
    }
    until("all is written", || web.lines("lines").last().is_some_and(|line| line == "10000"));
    let expected: Vec<String> = (1..=10000).map(|n| n.to_string()).collect();
    assert_eq!(web.lines("lines"), expected);
}

#[test]
fn a_state_of_garbage_makes_no_second_copy() {
    let scene = Scene::new();
    let mut web = lonely(&scene).supervise().running();
    web.until_lines("lives", 1);
    let pid = web.status().pid;
    for garbage in [&b""[..], b"\xff\xff\xff", &[b'x'; 20], &[0; 67]] {
        web.runsv.signal(libc::SIGKILL);
        web.end();
        scene.file("web/supervise/status", garbage);
        web = scene.service("web").supervise();
        web.until_status("the survivor", |status| status.pid == pid);
    }
    throughout("there is no second copy", Duration::from_millis(300), || web.lines("lives").len() == 1);
}

#[test]
fn a_kill_between_the_start_and_its_being_shown_makes_no_second_copy() {
    let scene = Scene::new();
    let mut web = lonely(&scene).down().supervise();
    let before = scene.bytes("web/supervise/status");
    web.send("u");
    web.until_lines("lives", 1);
    web.runsv.signal(libc::SIGKILL);
    web.end();
    let pid: u32 = web.lines("lives")[0].parse().unwrap();
    scene.file("web/supervise/status", before);
    let web = scene.service("web").supervise();
    web.until_status("the survivor", |status| status.pid == pid);
    web.send("d");
    web.until_stat("down");
}

#[test]
fn another_process_of_the_same_number_is_no_survivor() {
    let scene = Scene::new();
    let mut web = lonely(&scene).supervise().running();
    web.until_lines("lives", 1);
    let first = web.status().pid as i32;
    web.runsv.signal(libc::SIGKILL);
    web.end();
    scene.signal(first, libc::SIGKILL);
    until("it is gone", || process_state(Some(first)).is_none_or(|state| state == 'Z'));
    // One that began later has its number, as far as anybody can see.
    let mut command = scene.command("sleep");
    command.arg("1000");
    let stranger = scene.spawn(command);
    for (name, at) in [("web/supervise/mark", 44), ("web/supervise/status", 12)] {
        let mut bytes = scene.bytes(name);
        let number = stranger.pid();
        let number = if at == 44 { number.to_be_bytes() } else { number.to_le_bytes() };
        bytes[at..at + 4].copy_from_slice(&number);
        scene.file(name, bytes);
    }
    let web = scene.service("web").supervise();
    web.until_lines("lives", 2);
    web.until_status("a process of its own", |status| status.pid as i32 != stranger.pid() && status.pid != 0);
    web.send("d");
    web.until_stat("down");
    assert_eq!(process_state(Some(stranger.pid())), Some('S'), "nobody has touched the stranger");
}

#[test]
fn one_that_has_ended_meanwhile_is_finished_and_started_again() {
    let scene = Scene::new();
    let mut web = lonely(&scene).finish("echo \"$1 $2\" >> finished").supervise().running();
    web.until_lines("lives", 1);
    let pid = web.status().pid as i32;
    web.runsv.signal(libc::SIGKILL);
    web.end();
    scene.signal(pid, libc::SIGKILL);
    let web = scene.service("web").supervise();
    web.until_lines("lives", 2);
    assert_eq!(web.lines("finished"), ["-1 0"], "how it ended is known to nobody");
}

#[test]
fn a_finish_that_runs_is_waited_for() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo up >> lives; exit 3");
    let web = web.finish("echo $1 >> finished; read go < gate; echo over >> finished");
    let gate = scene.gate("web/gate");
    let web = web.supervise();
    web.until_lines("finished", 1);
    let web = succeed(&scene, web);
    throughout("it runs still", Duration::from_millis(300), || web.lines("lives").len() == 1);
    assert_eq!(web.stat(), "finish");
    gate.open();
    web.until_lines("lives", 2);
    assert_eq!(web.lines("finished")[..2], ["3", "over"]);
}

#[test]
fn who_left_in_order_has_left_nobody() {
    let scene = Scene::new();
    let mut web = lonely(&scene).supervise().running();
    web.until_lines("lives", 1);
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(scene.bytes("web/supervise/mark"), b"");
    let web = scene.service("web").supervise();
    web.until_lines("lives", 2);
    assert!(!journal(&web).contains(&"adopted".to_owned()));
}

#[test]
fn readiness_is_kept_and_a_socket_is_found_again() {
    let scene = Scene::new();
    let test = "readiness_is_kept_and_a_socket_is_found_again";
    if !std::path::Path::new("/usr/bin/systemd-notify").exists() {
        return skip(test, "systemd-notify is not installed");
    }
    let run = "systemd-notify --ready; echo up >> lives
        [ -p say ] || mkfifo say
        exec 3<> say
        while read -r word <&3; do systemd-notify --status=$word; done";
    let web = scene.service("web").run(run).file("ready", "notify\n").supervise();
    let ready = || scene.run("sv", &["--json", "list", "./web"]).out.contains("\"ready\":true");
    until("it is shown to be ready", ready);
    let web = succeed(&scene, web);
    assert!(ready());
    web.tell("say", "again\n");
    until("it is heard", || web.read("supervise/notify").contains("STATUS=again"));
    assert_eq!(journal(&web).iter().filter(|line| *line == "ready").count(), 1);
}

#[test]
fn without_root_it_is_the_same() {
    if !root() {
        return skip(
            "without_root_it_is_the_same",
            "takes root to become somebody else; as somebody else all tests tell",
        );
    }
    let scene = Scene::new();
    let service = lonely(&scene).log("exec cat > lines");
    let mut command = scene.command("chmod");
    command.args(["-R", "a+rwX", "."]);
    assert_eq!(scene.finish(command).code, 0);
    let as_nobody = |service: &Service<'_>| {
        let mut command = scene.command(crate::scene::ours("chpst"));
        command.args(["-u", "nobody"]).arg(crate::scene::program("runsv")).arg(service.name());
        command
    };
    let command = as_nobody(&service);
    let mut web = service.supervise_by(command).running();
    web.until_lines("lives", 1);
    let pid = web.status().pid;
    web.runsv.signal(libc::SIGKILL);
    web.end();
    let service = scene.service("web");
    let command = as_nobody(&service);
    let web = service.supervise_by(command);
    until_noted(&web, "adopted");
    assert_eq!(web.status().pid, pid);
    web.send("d");
    web.until_stat("down");
}

/// Killed at any moment of a service that dies all the time, it never has two copies, and leaves nobody behind.
#[test]
fn a_hundred_kills_at_any_moment_never_make_two() {
    let scene = Scene::new();
    let run = "exec 9> alone; flock -n 9 || { echo twice >> lives; exit 1; }
        echo $$ >> lives; sleep 0.05";
    let service = || scene.service("web").file("restart", "delay 10ms\n").run(run);
    let mut random = Random::new(6);
    for _ in 0..100 {
        let mut web = service().start();
        let pause = Duration::from_millis(random.number(120));
        throughout("it is at work", pause, || true);
        web.signal(libc::SIGKILL);
        web.end();
    }
    let web = service().supervise();
    let lives = web.lines("lives").len();
    web.until_lines("lives", lives + 3);
    web.send("d");
    web.until_stat("down");
    until("nobody is left", || scene.processes().len() <= 1);
    assert!(!web.lines("lives").contains(&"twice".to_owned()));
    let gone = until_some("the journal is whole", || {
        let numbers: Vec<u64> =
            web.lines("supervise/journal").iter().filter_map(|l| l.split(' ').nth(1)?.parse().ok()).collect();
        numbers.is_sorted().then_some(numbers.len())
    });
    assert!(gone > 10);
}
