//! runsv and its successor.

use super::*;
use keepup::service::journal::{Cursor, Event, Replay};
use keepup::service::policy::Restart;
use keepup::service::record::Report;
use std::path::Path;

/// Says so if it is not alone; its logger does too.
fn web(scene: &Scene) -> Service<'_> {
    let run = "exec 9> alone; flock -n 9 || { echo twice >> lives; exit 1; }
        echo line $$; echo $$ >> lives; exec sleep 1000";
    let log = "exec 9> ../log-alone; flock -n 9 || { echo twice >> ../log-lives; exit 1; }
        echo $$ >> ../log-lives; exec cat >> ../lines";
    let web = scene.service("web").file("restart", "delay 5ms\n").run(run).log(log);
    web.finish("[ ! -e alone ] || echo \"$1 $2\" >> finished")
}

fn want(web: &Service<'_>) -> char {
    Status::unpack(&web.bytes("supervise/status")).map_or('u', |status| status.want)
}

fn lives(web: &Service<'_>) -> usize {
    web.lines("lives").len()
}

/// All that a service goes through, as far as the supervisor lives: a crash, down, up, a restart, the end.
fn live(scene: &Scene, web: &Service<'_>, runsv: &mut Running) {
    let runs = |more: usize| lives(web) >= more && web.stat() == "run";
    until_or_dead("it runs", runsv, || runs(1));
    if let Some(pid) = web.lines("lives").last().filter(|_| !runsv.ended()) {
        scene.signal(pid.parse().unwrap(), libc::SIGKILL);
    }
    until_or_dead("it runs again", runsv, || runs(2));
    let send = |bytes: &str| scene.try_to_send(web.at("supervise/control"), bytes);
    let steps: [(&str, &dyn Fn() -> bool); 4] =
        [("d", &|| web.stat() == "down"), ("u", &|| runs(3)), ("t", &|| runs(4)), ("x", &|| false)];
    for (letter, done) in steps {
        if !runsv.ended() {
            send(letter);
        }
        until_or_dead(letter, runsv, done);
    }
}

/// The status is whole, if there is one; so is every line of the journal but the last.
fn readable(web: &Service<'_>) {
    let bytes = web.bytes("supervise/status");
    assert!(bytes.is_empty() || Report::unpack(&bytes).is_some_and(|report| report.record.is_some()), "{bytes:?}");
    let stat = web.read("supervise/stat");
    assert!(stat.is_empty() || stat.ends_with('\n'), "{stat:?}");
    replay(web);
}

/// What the journal says makes sense: nothing ends twice, nothing starts twice.
fn replay(web: &Service<'_>) -> Vec<(Option<Event>, Option<i32>)> {
    let lines = Cursor::START.clone().take(b"", &web.bytes("supervise/journal")).lines;
    let replay = Replay::of(Restart::default(), &lines);
    // The line of a start may be missing, if it was between the start and the line that it was killed.
    let wrong: Vec<&String> = replay.senseless().iter().filter(|line| !line.contains("not the next start")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    lines.iter().map(|line| (line.event, line.pid().map(|pid| pid.get()))).collect()
}

/// Killed before this call, and succeeded by another: by whom says `successor`, which waits until one listens.
fn survives(scene: &Scene, web: Service<'_>, mut first: Running, successor: impl FnOnce(Service<'_>)) {
    live(scene, &web, &mut first);
    let killed = first.end().code;
    assert!([0, -libc::SIGKILL].contains(&killed), "{killed}");
    readable(&web);
    let orderly = web.bytes("supervise/mark").is_empty();
    let (wanted, before) = (if orderly { 'u' } else { want(&web) }, lives(&web));
    successor(scene.service("web"));
    match wanted {
        'u' => until("it is wanted, and runs", || web.stat() == "run" && lives(&web) >= before.max(1)),
        _ => web.until_stat("down"),
    }
    web.send("u");
    web.until_stat("run");
    until("it is the one that is shown", || {
        web.lines("lives").last().is_some_and(|pid| *pid == web.status().pid.to_string())
    });
    web.send("d");
    web.until_stat("down");
    web.send("x");
    until("nobody is left", || scene.processes().is_empty());
    for file in ["lives", "log-lives"] {
        assert!(!web.lines(file).contains(&"twice".to_owned()), "{file}");
    }
    let events = replay(&web);
    for pid in web.lines("lives") {
        let pid = pid.parse().ok();
        let exits = events.iter().filter(|event| **event == (Some(Event::Exit), pid)).count();
        assert!(exits <= 1, "{pid:?} has ended {exits} times");
    }
    let said: Vec<String> = web.lines("lives").iter().map(|pid| format!("line {pid}")).collect();
    assert_eq!(web.lines("lines"), said, "no line is lost");
}

fn attempt(call: &Call) {
    let scene = Scene::new();
    let web = web(&scene);
    let mut command = scene.killed_before(call, &ours("runsv"));
    command.arg("web");
    let first = scene.spawn(command);
    let mut second = None;
    survives(&scene, web, first, |web| second = Some(web.supervise().runsv));
}

fn calls(scene: &Scene) -> Vec<Call> {
    let web = web(scene);
    let mut command = scene.traced(&scene.path("log"), &[], &ours("runsv"));
    command.arg("web");
    let mut first = scene.spawn(command);
    live(scene, &web, &mut first);
    assert_eq!(first.end().code, 0);
    scene.every_call("log")
}

#[test]
fn at_some_calls_a_successor_goes_on() {
    let scene = Scene::new();
    if can_trace("at_some_calls_a_successor_goes_on", &scene) {
        try_all("runsv", some(calls(&scene), 12), attempt);
    }
}

#[test]
#[ignore = "takes minutes: make faults"]
fn at_any_call_a_successor_goes_on() {
    let scene = Scene::new();
    if can_trace("at_any_call_a_successor_goes_on", &scene) {
        try_all("runsv", calls(&scene), attempt);
    }
}

/// The first `runsv` that a `runsvdir` starts is killed; the next one is whoever `runsvdir` starts then.
fn attempt_below_runsvdir(call: &Call) {
    let scene = Scene::new();
    let _ = web(&scene);
    scene.rename("web", "scan-web");
    scene.dir("scan");
    scene.link("../scan-web", "scan/web");
    scene.link("scan-web", "web");
    let inject = format!("-e trace={0} -e inject={0}:signal=KILL:when={1}", call.name, call.number);
    let wrapper = format!(
        "runsv={}; mkdir \"$OLDPWD/once\" 2> /dev/null || exec $runsv \"$@\"
        exec /usr/bin/strace -D -qq -o /dev/null {inject} $runsv \"$@\"",
        ours("runsv").display()
    );
    scene.script("bin/runsv", wrapper.replace("$OLDPWD", &scene.path("").display().to_string()));
    let mut command = scene.command(ours("runsvdir"));
    command.arg("scan").env("PATH", format!("{}:/usr/bin:/bin", scene.path("bin").display()));
    let path = format!("{}:/usr/bin:/bin", scene.path("bin").display());
    let mut runsvdir = scene.spawn(command);
    let web = || Service::of(&scene, "web");
    until("there is a supervisor, or was", || scene.path("once").exists());
    let shown = web();
    // Whether the first is gone is for runsvdir to know: what is wanted is told until it is so.
    until("it runs, whoever supervises", || lives(&shown) >= 1 && shown.stat() == "run");
    // Lost with the supervisor that it was sent to, it is sent again; not at once, or what is still in the fifo would be
    // heard after what comes next.
    let told = |letter: &str, stat: &str| {
        let mut looks = 0;
        until(&format!("{letter} is done"), || {
            if looks % 1000 == 0 {
                scene.try_to_send(shown.at("supervise/control"), letter);
            }
            looks += 1;
            shown.stat() == stat
        });
    };
    told("d", "down");
    readable(&shown);
    told("u", "run");
    // Killed in the last step, the first one is succeeded in a second.
    until_still("all is shown", || (shown.bytes("supervise/status"), shown.bytes("supervise/mark")));
    until("somebody supervises", || scene.has_reader("web/supervise/ok"));
    until("all is shown", || shown.status().state == 1);
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end().code, 111);
    // Killed on its way out, it had no successor any more: the next runsvdir brings one.
    let mut command = scene.command(ours("runsvdir"));
    command.arg("scan").env("PATH", path);
    let mut next = scene.spawn(command);
    crate::runsvdir::until_asleep(&next);
    let marked = || (shown.bytes("supervise/status"), shown.bytes("supervise/mark"));
    until("all is as it was wanted", || {
        until_still("all is shown", marked);
        let settled = shown.stat() == "run" || shown.stat() == "down" && shown.status().want == 'd';
        scene.has_reader("web/supervise/ok") && settled
    });
    next.signal(libc::SIGHUP);
    assert_eq!(next.end().code, 111);
    until("nobody is left", || scene.processes().is_empty());
    for file in ["lives", "log-lives"] {
        assert!(!shown.lines(file).contains(&"twice".to_owned()), "{file}");
    }
    replay(&shown);
}

#[test]
fn below_runsvdir_too() {
    let scene = Scene::new();
    if can_trace("below_runsvdir_too", &scene) {
        try_all("runsv below runsvdir", some(calls(&scene), 6), attempt_below_runsvdir);
    }
}

#[test]
#[ignore = "takes minutes: make faults"]
fn below_runsvdir_at_many_calls() {
    let scene = Scene::new();
    if can_trace("below_runsvdir_at_many_calls", &scene) {
        try_all("runsv below runsvdir", some(calls(&scene), 150), attempt_below_runsvdir);
    }
}

/// Between the line that tells an end and the status that shows it.
#[test]
fn an_end_that_was_told_is_not_told_again() {
    let scene = Scene::new();
    let mut web = web(&scene).supervise().running();
    web.until_lines("lives", 1);
    let shown = scene.bytes("web/supervise/status");
    let mark = scene.bytes("web/supervise/mark");
    let pid: i32 = web.lines("lives")[0].parse().unwrap();
    web.send("o"); // it is not to be started again, so that the end of it is the last line
    web.until_status("once", |status| status.want == 'd');
    let once = scene.bytes("web/supervise/status");
    assert_ne!(shown, once);
    scene.signal(pid, libc::SIGTERM);
    web.until_stat("down");
    web.runsv.signal(libc::SIGKILL);
    web.end();
    let journal: Vec<String> = web.lines("supervise/journal");
    let exit = journal.iter().position(|line| line.contains(" exit ")).unwrap();
    scene.file("web/supervise/journal", journal[..=exit].join("\n") + "\n");
    scene.file("web/supervise/status", once);
    scene.file("web/supervise/mark", mark);
    scene.remove("web/finished");
    let web = scene.service("web").supervise();
    web.until_stat("down");
    web.until_lines("finished", 1);
    assert_eq!(web.lines("finished"), ["-1 15"], "how it ended is known by the journal");
    let told = |event: &str| web.lines("supervise/journal").iter().filter(|line| line.contains(event)).count();
    assert_eq!((told(" exit "), told(" adopted ")), (1, 0));
    until("finish is told", || told(" finish ") == 1);
}

/// Shown is that `finish` is due, and nobody has begun it.
#[test]
fn a_finish_that_had_not_begun_is_run() {
    let scene = Scene::new();
    let mut web = web(&scene).supervise().running();
    web.until_lines("lives", 1);
    let (mut status, mark) = (scene.bytes("web/supervise/status"), scene.bytes("web/supervise/mark"));
    let pid: i32 = web.lines("lives")[0].parse().unwrap();
    web.runsv.signal(libc::SIGKILL);
    web.end();
    scene.signal(pid, libc::SIGKILL);
    until("it is gone", || process_state(Some(pid)).is_none_or(|state| state == 'Z'));
    status[12..16].fill(0);
    status[19] = 2;
    scene.file("web/supervise/status", status);
    assert_eq!(scene.bytes("web/supervise/mark"), mark);
    let web = scene.service("web").supervise();
    web.until_lines("finished", 1);
    web.until_lines("lives", 2);
}

/// Its own main process is not the one that was started, and that one has ended.
#[test]
fn a_main_process_alone_is_found() {
    let scene = Scene::new();
    if !Path::new("/usr/bin/systemd-notify").exists() {
        return skip("a_main_process_alone_is_found", "systemd-notify is not installed");
    }
    let run = "exec 9> alone; flock -n 9 || { echo twice >> lives; exit 1; }
        sleep 1000 & systemd-notify --ready MAINPID=$!; echo $! >> lives; read go < gate";
    let main = scene.service("main").run(run).file("ready", "notify\n");
    let gate = scene.gate("main/gate");
    let mut main = main.supervise();
    main.until_lines("lives", 1);
    let pid: u32 = main.lines("lives")[0].parse().unwrap();
    main.until_status("the main process", |status| status.pid == pid);
    let first = scene.bytes("main/supervise/mark")[44..48].try_into().map(i32::from_be_bytes).unwrap();
    gate.open();
    until("the first has ended", || process_state(Some(first)).is_none());
    main.runsv.signal(libc::SIGKILL);
    main.end();
    let main = scene.service("main").supervise();
    main.until_status("the main process still", |status| status.pid == pid);
    throughout("there is no other", std::time::Duration::from_millis(300), || main.lines("lives").len() == 1);
    main.send("d");
    main.until_stat("down");
}
