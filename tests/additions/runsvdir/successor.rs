//! One that is killed, and the next one on the same directory: what lives is found and looked after, and nothing is
//! said or started twice.

use super::*;

/// Says who runs it, and if it is not alone.
const LONELY: &str = "exec 9> alone; flock -n 9 || { echo twice >> lives; exit 1; }
    echo $$ >> lives; exec sleep 1000";

const LOGGER: &str = "exec 9> ../log-alone; flock -n 9 || { echo twice >> ../log-lives; exit 1; }
    echo $$ >> ../log-lives; exec cat > /dev/null";

fn lonely(scene: &Scene, names: &[String]) {
    for name in names {
        scene.service(&format!("sv/{name}")).log(LOGGER);
        linked(scene, name, LONELY);
    }
}

fn names(number: usize) -> Vec<String> {
    (0..number).map(|n| format!("s{n:02}")).collect()
}

/// Who supervises a service: whoever runs in its directory and is called so.
fn runsv(scene: &Scene, name: &str) -> Vec<i32> {
    let there = |pid: &i32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm == "runsv\n")
            && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == scene.path(format!("sv/{name}")))
    };
    scene.processes().into_iter().filter(there).collect()
}

/// All of them at one look.
fn supervisors(scene: &Scene) -> Vec<i32> {
    let is_one = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm == "runsv\n");
    scene.processes().into_iter().filter(is_one).collect()
}

fn lives(scene: &Scene, names: &[String]) -> Vec<Vec<String>> {
    let both = |name: &String| ["lives", "log-lives"].map(|file| scene.lines(format!("sv/{name}/{file}")));
    names.iter().flat_map(both).collect()
}

#[track_caller]
fn until_all_run(scene: &Scene, names: &[String]) {
    until("all have said so", || lives(scene, names).iter().all(|lines| lines.len() == 1));
    for name in names {
        until_stat(scene, name, "run");
        let log = format!("sv/{name}/log/supervise/stat");
        until("the logger is shown", || scene.read(&log) == "run\n");
    }
}

#[track_caller]
fn kill(mut runsvdir: Running) {
    runsvdir.signal(libc::SIGKILL);
    assert_eq!(runsvdir.end().code, -libc::SIGKILL);
}

/// How long the processor was used, in ticks: of its own.
fn ticks(pid: i32) -> u64 {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = line.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn it_adopts_all_that_live_and_says_nothing() {
    let scene = Scene::new();
    let names = names(20);
    lonely(&scene, &names);
    let first = start(&scene, &["scan"]);
    until_all_run(&scene, &names);
    let (before, runsvs) = (lives(&scene, &names), supervisors(&scene));
    assert_eq!(runsvs.len(), 20);
    kill(first);
    let second = start(&scene, &["scan"]);
    until_asleep(&second);
    let worked = ticks(second.pid());
    throughout("nobody is started", Duration::from_secs(3), || children(second.pid()).is_empty());
    assert_eq!(second.err(), "");
    assert!(waits_without_end(second.pid()));
    assert!(ticks(second.pid()) - worked <= 1, "it sleeps");
    assert_eq!(supervisors(&scene), runsvs);
    assert_eq!(lives(&scene, &names), before);
}

#[test]
fn an_adopted_one_that_ends_is_started_again() {
    let scene = Scene::new();
    let names = names(2);
    lonely(&scene, &names);
    let first = start(&scene, &["scan"]);
    until_all_run(&scene, &names);
    let before = lives(&scene, &names);
    kill(first);
    let second = start(&scene, &["scan"]);
    until_asleep(&second);
    let old = runsv(&scene, "s00");
    scene.signal(old[0], libc::SIGKILL);
    until("there is another", || children(second.pid()).len() == 1);
    let new = children(second.pid());
    until("the service is adopted by it", || scene.read("sv/s00/supervise/journal").contains(" adopted"));
    until_asleep(&second);
    assert_eq!((runsv(&scene, "s00"), lives(&scene, &names), second.err().as_str()), (new, before, ""));
    // A third one finds both kinds.
    kill(second);
    let third = start(&scene, &["scan"]);
    until_asleep(&third);
    assert_eq!((children(third.pid()), third.err().as_str()), (vec![], ""));
}

#[test]
fn a_lost_entry_loses_its_adopted_one() {
    let scene = Scene::new();
    let names = names(2);
    lonely(&scene, &names);
    let first = start(&scene, &["scan"]);
    until_all_run(&scene, &names);
    kill(first);
    let second = start(&scene, &["scan"]);
    until_asleep(&second);
    scene.remove("scan/s00");
    until_stat(&scene, "s00", "down");
    until("it has left", || runsv(&scene, "s00").is_empty());
    assert_eq!(runsv(&scene, "s01").len(), 1);
    scene.link("../sv/s00", "scan/s00");
    until_stat(&scene, "s00", "run");
    assert_eq!((children(second.pid()).len(), second.err().as_str()), (1, ""));
}

#[test]
fn hup_tells_the_adopted_ones_in_their_order() {
    let scene = Scene::new();
    for (name, needs) in [("web", "db\n"), ("db", "")] {
        scene.file(format!("sv/{name}/needs"), needs);
        let run =
            format!("trap 'echo {name} >> ../../notes; exit 0' TERM; echo $$ >> lives; while :; do sleep 0.05; done");
        linked(&scene, name, &run);
    }
    let first = start(&scene, &["scan"]);
    ["web", "db"].into_iter().for_each(|name| {
        until("it is up", || scene.lines(format!("sv/{name}/lives")).len() == 1);
        until_stat(&scene, name, "run");
    });
    kill(first);
    let mut second = start(&scene, &["scan"]);
    until_asleep(&second);
    second.signal(libc::SIGHUP);
    assert_eq!(second.end(), Done { code: 111, out: String::new(), err: String::new() });
    until("all have left", || supervisors(&scene).is_empty());
    assert_eq!(scene.lines("notes"), ["web", "db"]);
}

#[test]
fn a_stop_with_a_grace_waits_for_them_and_kills_what_hangs() {
    for (run, code) in [(IDLE, 0), ("trap '' TERM; echo up > up; while :; do sleep 0.05; done", 111)] {
        let scene = Scene::new();
        linked(&scene, "web", run);
        let first = start(&scene, &["--grace=2", "scan"]);
        until_stat(&scene, "web", "run");
        until("it is up", || code == 0 || scene.read("sv/web/up") == "up\n");
        kill(first);
        let mut second = start(&scene, &["--grace=2", "scan"]);
        until_asleep(&second);
        assert_eq!(children(second.pid()), []);
        second.signal(libc::SIGTERM);
        assert_eq!(second.end().code, code);
        until("nobody is left", || scene.processes().is_empty());
    }
}

/// The first `runsv` is killed at its start with its `runsvdir` but gets as far as to supervise, and the next one's has not
/// got as far as to fail.
#[test]
fn hup_reaches_one_that_was_being_started_when_its_runsvdir_was_killed() {
    for waits in [false, true] {
        let scene = Scene::new();
        linked(&scene, "web", LONELY);
        let gates = ["one", "two"].map(|name| scene.gate(name));
        let [first_gate, second_gate] = gates;
        let wait = "if mkdir \"$AT/first\" 2> /dev/null; then read go < \"$AT/one\"; else
            echo up >> \"$AT/second\"; read go < \"$AT/two\"; fi";
        scene.script("bin/runsv", format!("{wait}\nexec {} \"$@\"", ours("runsv").display()));
        let begin = || {
            let mut command = scene.command(ours("runsvdir"));
            let path = format!("{}:/usr/bin:/bin", scene.path("bin").display());
            command.arg("scan").env("PATH", path).env("AT", scene.path("."));
            scene.spawn(command)
        };
        let first = begin();
        until("its runsv is being started", || scene.path("first").exists());
        kill(first);
        let mut second = begin();
        until("another one is being started", || scene.lines("second").len() == 1);
        first_gate.open();
        until("it runs", || scene.lines("sv/web/lives").len() == 1);
        until_stat(&scene, "web", "run");
        if !waits {
            second_gate.open(); // it fails, and is not tried again for a second
            until("it has failed", || second.err().contains("unable to lock supervise/lock"));
        }
        second.signal(libc::SIGHUP);
        assert_eq!(second.end().code, 111);
        until("nobody is left", || scene.processes().is_empty());
        assert_eq!(scene.lines("sv/web/lives").len(), 1);
    }
}

#[test]
fn an_adopted_service_that_is_essential_ends_the_tree() {
    let scene = Scene::new();
    scene.file("sv/main/essential", "");
    linked(&scene, "main", "echo up > up; trap 'exit 7' TERM; while :; do sleep 0.05; done");
    linked(&scene, "other", IDLE);
    let first = start(&scene, &["--grace=5", "scan"]);
    until("it is up", || scene.read("sv/main/up") == "up\n");
    ["main", "other"].into_iter().for_each(|name| until_stat(&scene, name, "run"));
    kill(first);
    let mut second = start(&scene, &["--grace=5", "scan"]);
    until_asleep(&second);
    scene.send("sv/main/supervise/control", "d");
    assert_eq!(second.end().code, 7);
    until("nobody is left", || scene.processes().is_empty());
}

#[test]
fn when_all_are_killed_at_once_no_service_runs_twice() {
    let scene = Scene::new();
    let names = names(20);
    lonely(&scene, &names);
    let mut last = start(&scene, &["scan"]);
    until_all_run(&scene, &names);
    let before = lives(&scene, &names);
    for round in 1..=3 {
        last.signal(libc::SIGKILL);
        supervisors(&scene).into_iter().for_each(|pid| scene.signal(pid, libc::SIGKILL));
        last.end();
        last = start(&scene, &["scan"]);
        let adopted = |name: &String| scene.read(format!("sv/{name}/supervise/journal")).matches(" adopted").count();
        until("all are adopted", || names.iter().all(|name| adopted(name) >= round));
        until("each has one", || supervisors(&scene).len() == 20);
        assert_eq!((lives(&scene, &names), last.err().as_str()), (before.clone(), ""));
    }
}

#[test]
fn with_svstate_they_are_found_there() {
    let scene = Scene::new();
    lonely(&scene, &names(2));
    let begin = || {
        let mut command = command(&scene, &["scan"]);
        command.env("SVSTATE", scene.path("state"));
        scene.spawn(command)
    };
    let first = begin();
    until("both run", || lives(&scene, &names(2)).iter().all(|lines| lines.len() == 1));
    for name in names(2) {
        until("it is shown", || scene.read(format!("state/{name}/supervise/stat")) == "run\n");
    }
    kill(first);
    let second = begin();
    until_asleep(&second);
    assert_eq!((children(second.pid()), second.err().as_str()), (vec![], ""));
}

#[test]
fn the_children_of_one_that_lives_are_left_to_it_until_it_ends() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    let first = start(&scene, &["scan"]);
    until_stat(&scene, "web", "run");
    let old = runsv(&scene, "web");
    let second = start(&scene, &["scan"]);
    let message = "runsv web: fatal: unable to lock supervise/lock: temporary failure\n";
    until("the second has tried twice", || second.err().matches(message).count() >= 2);
    kill(first);
    let idle = || children(second.pid()).is_empty();
    until("it is adopted", || idle() && waits_without_end(second.pid()) && idle());
    assert_eq!(runsv(&scene, "web"), old);
    // Nor does a third one take what the second has adopted.
    let third = start(&scene, &["scan"]);
    until("the third has tried", || third.err().starts_with(message));
}

#[test]
fn one_that_was_started_by_hand_is_not_adopted() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(IDLE).supervise();
    web.until_stat("run");
    let runsvdir = start(&scene, &["scan"]);
    let message = "runsv web: fatal: unable to lock supervise/lock: temporary failure\n";
    until("it has tried twice", || runsvdir.err().matches(message).count() >= 2);
    assert_eq!(web.stat(), "run");
}

#[test]
fn without_descriptors_for_them_they_are_looked_at_from_time_to_time() {
    let scene = Scene::new();
    linked(&scene, "web", LONELY);
    let first = start(&scene, &["scan"]);
    until_stat(&scene, "web", "run");
    let old = runsv(&scene, "web");
    kill(first);
    let mut command = scene.command("sh");
    command.args(["-c", "ulimit -S -n 20; exec \"$0\" \"$@\""]).arg(program("runsvdir")).arg("scan");
    command.env("PATH", search_path());
    let second = scene.spawn(command);
    until("it waits", || {
        fs::read_to_string(format!("/proc/{}/syscall", second.pid()))
            .is_ok_and(|text| ["271 ", "73 "].iter().any(|number| text.starts_with(number)))
    });
    throughout("it is adopted", Duration::from_millis(1500), || children(second.pid()).is_empty());
    scene.signal(old[0], libc::SIGKILL);
    until("there is another", || children(second.pid()).len() == 1);
    until("the service is adopted by it", || scene.read("sv/web/supervise/journal").contains(" adopted"));
    assert_eq!((scene.lines("sv/web/lives").len(), second.err().as_str()), (1, ""));
}
