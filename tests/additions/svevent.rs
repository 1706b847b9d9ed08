//! svevent, on services of a real runsvdir, and on journals of the tests' own making.

use crate::scene::service::IDLE;
use crate::scene::{Done, Gate, Running, Scene, ours, program, skip, throughout, until, until_some};
use keepup::service::journal::{Draft, Event, Key, Writer};
use keepup::tai64::Label;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::time::Duration;

/// What a hook notes of a call, a line each.
const NOTE: &str = r#"echo "$SVEVENT_SERVICE $SVEVENT_EVENT $SVEVENT_SEQUENCE" >> "#;

/// Shorter than by default, so that a test need not wait.
pub(crate) const WELL: [&str; 2] = ["-w", "500ms"];

/// A scan directory, `scan`, with a hook that notes its calls in `calls`.
pub(crate) fn scene() -> Scene {
    let scene = Scene::new();
    scene.dir("scan");
    scene.dir("calls.d");
    hook(&scene, "scan/notify.d/note", "");
    scene
}

/// A hook that notes its call, and does something else besides.
fn hook(scene: &Scene, name: &str, more: &str) {
    let file = scene.path("calls").display().to_string();
    scene.script(name, format!("{more}\n{NOTE}{file}"));
}

fn search_path() -> OsString {
    let mut path: OsString = program("runsv").parent().unwrap().into();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

fn runsvdir(scene: &Scene) -> Running {
    let mut command = scene.command(program("runsvdir"));
    command.arg("scan").env("PATH", search_path());
    scene.spawn(command)
}

fn svevent(scene: &Scene, options: &[&str]) -> Running {
    let mut command = scene.command(ours("svevent"));
    command.args(WELL).args(options).arg("scan");
    scene.spawn(command)
}

/// Runs it to its end.
fn run(scene: &Scene, args: &[&str]) -> Done {
    let mut command = scene.command(ours("svevent"));
    command.args(args);
    scene.finish(command)
}

/// What was called: service and event, in order.
pub(crate) fn calls(scene: &Scene) -> Vec<String> {
    let words = |line: &String| line.rsplit_once(' ').map(|(words, _)| words.to_owned());
    scene.lines("calls").iter().filter_map(words).collect()
}

#[track_caller]
fn until_called(scene: &Scene, expected: &[&str]) {
    until(&format!("these are called: {expected:?}"), || calls(scene) == expected);
}

/// Nothing else is called.
#[track_caller]
fn quiet(scene: &Scene) {
    let before = calls(scene);
    throughout("nobody is called", Duration::from_millis(300), || calls(scene) == before);
}

fn up(scene: &Scene, name: &str) {
    scene.send(format!("scan/{name}/supervise/control"), "u");
}

/// A service that fails as long as there is a file `bad`.
fn fragile(scene: &Scene, name: &str, restart: &str) {
    let service = scene.service(&format!("scan/{name}"));
    service.run("test ! -e bad || exit 3\nexec sleep 1000").file("restart", restart).file("bad", "");
}

#[test]
fn giving_up_is_one_call_and_recovery_another() {
    let scene = scene();
    let file = scene.path("environment").display().to_string();
    scene.script(
        "scan/notify.d/environment",
        format!("{{ env; pwd; }} > {file}.$SVEVENT_EVENT.new\nmv {file}.$SVEVENT_EVENT.new {file}.$SVEVENT_EVENT"),
    );
    fragile(&scene, "web", "delay 10ms\ngive-up 3\n");
    scene.dir("scan/web/log/main");
    scene.script("scan/web/log/run", "exec cat > main/current");
    let _runsvdir = runsvdir(&scene);
    let mut svevent = svevent(&scene, &[]);
    until_called(&scene, &["web gave-up"]);
    quiet(&scene);
    scene.remove("scan/web/bad");
    up(&scene, "web");
    until_called(&scene, &["web gave-up", "web recovered"]);
    until("the other hook was called too", || !scene.read("environment.recovered").is_empty());
    quiet(&scene);

    let told = scene.lines("environment.gave-up");
    let value = |name: &str| {
        let begin = format!("SVEVENT_{name}=");
        told.iter().find_map(|line| line.strip_prefix(&begin)).unwrap_or_else(|| panic!("no {name} in {told:?}"))
    };
    let directory = scene.path("scan/web").display().to_string();
    let facts =
        [("SERVICE", "web"), ("EVENT", "gave-up"), ("CAUSE", "exit"), ("CODE", "3"), ("FAILURES", "3"), ("TRY", "1")];
    for (name, expected) in facts {
        assert_eq!(value(name), expected, "{name}");
    }
    assert_eq!(value("DIRECTORY"), directory);
    assert_eq!(value("LOG"), format!("{directory}/log/main"));
    assert_eq!(value("TEXT"), "web has given up after 3 failures: exit code 3");
    assert!(value("TIME").ends_with('Z') && value("LABEL").starts_with('@') && value("SINCE").starts_with('@'));
    assert!(value("SINCE_TIME").ends_with('Z') && !value("HOST").is_empty());
    assert_eq!(told.last(), Some(&directory), "it is called in the service directory");
    let journal = scene.lines("scan/web/supervise/journal");
    let line = journal.iter().find(|line| line.contains(" gave-up ")).unwrap();
    assert!(line.starts_with(&format!("{} {} gave-up", value("LABEL"), value("SEQUENCE"))), "{line}");
    assert!(scene.lines("environment.recovered").contains(&"SVEVENT_AFTER=gave-up".to_owned()));

    svevent.signal(libc::SIGTERM);
    assert_eq!((svevent.end().code, svevent.err()), (0, String::new()));
}

#[test]
fn unhealthy_and_healthy_again() {
    let scene = scene();
    let web = scene.service("scan/web").run(IDLE).script("check", "test ! -e ill");
    web.file("health", "every 50ms fail 2/2 then alert\n");
    let _runsvdir = runsvdir(&scene);
    let _svevent = svevent(&scene, &[]);
    until("it runs", || scene.read("scan/web/supervise/stat").starts_with("run"));
    scene.file("scan/web/ill", "");
    until_called(&scene, &["web unhealthy"]);
    quiet(&scene);
    scene.remove("scan/web/ill");
    until_called(&scene, &["web unhealthy", "web recovered"]);
}

#[test]
fn flapping_is_told_once_and_its_end_once() {
    let scene = scene();
    fragile(&scene, "web", "delay 10ms\n");
    let _runsvdir = runsvdir(&scene);
    let _svevent = svevent(&scene, &["-f", "5/2s"]);
    until_called(&scene, &["web flapping"]);
    quiet(&scene);
    scene.remove("scan/web/bad");
    until_called(&scene, &["web flapping", "web recovered"]);
    quiet(&scene);
}

/// What was to be told, by the lines of a journal, where flapping is out of the question.
fn expected(journal: &[String]) -> Vec<(u64, String)> {
    let mut standing = false;
    let mut told = Vec::new();
    for line in journal {
        let words: Vec<&str> = line.split(' ').collect();
        let sequence = words[1].parse().unwrap();
        match words[2] {
            "gave-up" if !standing => told.push((sequence, "gave-up".to_owned())),
            "ready" if standing => told.push((sequence, "recovered".to_owned())),
            _ => continue,
        }
        standing = !standing;
    }
    told
}

/// Fails twice, waits until it may, is ready once, and so on; at last it stays. Left to itself it would be faster than
/// those who are called, on a busy machine: more would wait to be told than is kept, and the journal would not reach back.
const IN_CIRCLES: &str = "n=$(($(cat n 2>/dev/null || echo 0) + 1)); echo $n > n
[ -e stay ] || [ $((n % 3)) -ne 0 ] || read go < gate
test ! -e stay || { : > stays; echo >&3; exec sleep 1000; }
[ $((n % 3)) -ne 0 ] || { echo >&3; sleep 0.02; }
exit 1";

#[test]
fn killed_at_any_moment_it_loses_nothing_and_repeats_only_what_was_under_way() {
    const KILLS: usize = 50;
    const SERVICES: [&str; 3] = ["a", "b", "c"];
    let scene = scene();
    let gates = SERVICES.map(|name| {
        let service = scene.service(&format!("scan/{name}")).run(IN_CIRCLES);
        service.file("ready", "fd 3\n").file("restart", "delay 5ms\ngive-up 2\nthen retry 30ms\n");
        scene.gate(format!("scan/{name}/gate"))
    });
    let options = ["-f", "1000/1s"];
    // The first start is what divides what is told from history.
    let mut running = svevent(&scene, &options);
    until("it has begun", || !scene.read("state/.since").is_empty());
    let _runsvdir = runsvdir(&scene);
    gates.iter().for_each(Gate::open);
    for round in 0..KILLS {
        let before = calls(&scene).len();
        gates[round % gates.len()].open(); // a recovery and another trouble
        // A different moment each time: soon, or after a few calls.
        until("it has called somebody", || calls(&scene).len() >= before + round % 3);
        running.signal(libc::SIGKILL);
        assert_eq!(running.end().code, -libc::SIGKILL);
        running = svevent(&scene, &options);
    }
    let journal = |name: &str| -> Vec<String> {
        let file = |file: &str| scene.lines(format!("scan/{name}/supervise/{file}"));
        [file("journal.1"), file("journal")].concat()
    };
    for (name, gate) in SERVICES.iter().zip(&gates) {
        until("enough has happened", || expected(&journal(name)).len() > 10);
        scene.file(format!("scan/{name}/stay"), "");
        gate.open();
    }
    for name in SERVICES {
        until("it stays", || {
            scene.path(format!("scan/{name}/stays")).exists()
                && journal(name).last().is_some_and(|line| line.split(' ').nth(2) == Some("ready"))
        });
        let journal = journal(name);
        assert_eq!(journal[0].split(' ').nth(1), Some("1"), "all of it is there");
        let expected = expected(&journal);
        let told = || -> Vec<(u64, String)> {
            let mine = scene.lines("calls").into_iter().filter(|line| line.starts_with(name));
            let call = |line: String| {
                line.rsplit_once(' ').map(|(words, number)| (number.parse().unwrap(), words[2..].to_owned()))
            };
            mine.filter_map(call).collect()
        };
        until(&format!("everything of {name} was told"), || {
            let told: BTreeSet<_> = told().into_iter().collect();
            told == expected.iter().cloned().collect()
        });
        let told = told();
        let mut times: BTreeMap<_, usize> = BTreeMap::new();
        told.iter().for_each(|call| *times.entry(call.clone()).or_default() += 1);
        let repeats: usize = times.values().map(|times| times - 1).sum();
        assert!(repeats <= KILLS, "{repeats} repeats");
    }
}

/// A service that nobody supervises, whose journal we write.
pub(crate) struct Written<'a> {
    scene: &'a Scene,
    name: &'static str,
    writer: Writer,
}

impl<'a> Written<'a> {
    pub(crate) fn new(scene: &'a Scene, name: &'static str) -> Written<'a> {
        scene.dir(format!("scan/{name}/supervise"));
        Written { scene, name, writer: Writer::resume(b"", b"") }
    }

    fn file(&self, name: &str) -> String {
        format!("scan/{}/supervise/{name}", self.name)
    }

    fn note_at(&mut self, label: Label, draft: &Draft) {
        let mut text = Vec::new();
        self.writer.write(label, draft, &mut text);
        self.scene.append(self.file("journal"), &text);
    }

    pub(crate) fn note(&mut self, draft: &Draft) {
        self.note_at(label(0), draft);
    }

    pub(crate) fn fails_and_gives_up(&mut self) {
        self.note(&Draft::new(Event::Exit).with(Key::Code, 1));
        self.note(&Draft::new(Event::GaveUp).with(Key::Failures, 1));
    }

    fn rotate(&mut self) {
        self.scene.rename(self.file("journal"), self.file("journal.1"));
        self.writer.was_rotated();
    }
}

/// So many seconds ago.
fn label(ago: i64) -> Label {
    let now = keepup::sys::clock::label();
    Label { unix: now.unix - ago, ..now }
}

#[test]
fn a_journal_that_is_renamed_while_it_is_away_is_read_to_its_end() {
    let scene = scene();
    scene.service("scan/web").file("ready", "fd 3\n");
    let mut web = Written::new(&scene, "web");
    web.note(&Draft::new(Event::Start));
    let mut first = svevent(&scene, &[]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    web.fails_and_gives_up();
    until_called(&scene, &["web gave-up"]);
    first.signal(libc::SIGTERM);
    assert_eq!(first.end().code, 0);
    web.note(&Draft::new(Event::Ready));
    web.fails_and_gives_up();
    web.rotate();
    web.note(&Draft::new(Event::Ready));
    let mut second = svevent(&scene, &[]);
    until_called(&scene, &["web gave-up", "web recovered", "web gave-up", "web recovered"]);
    second.signal(libc::SIGTERM);
    assert_eq!(second.end().err, "");

    // Away for too long: it says so, and goes on with what is there.
    web.rotate();
    (0..4).for_each(|_| web.note(&Draft::new(Event::Start)));
    web.rotate();
    web.fails_and_gives_up();
    web.rotate();
    web.note(&Draft::new(Event::Start));
    let third = svevent(&scene, &[]);
    until("the gap is noticed", || third.err().contains("web: lines of its journal that are gone: 4\n"));
    until("it goes on", || calls(&scene).len() == 5);
}

#[test]
fn history_is_not_told_but_for_what_stands_and_that_once() {
    let scene = scene();
    let mut gone = Written::new(&scene, "gone");
    let mut stands = Written::new(&scene, "stands");
    let gives_up = Draft::new(Event::GaveUp).with(Key::Failures, 1);
    gone.note_at(label(5000), &gives_up);
    gone.note_at(label(4000), &Draft::new(Event::Start));
    stands.note_at(label(5000), &gives_up);
    for _ in 0..2 {
        let mut svevent = svevent(&scene, &[]);
        until_called(&scene, &["stands gave-up"]);
        quiet(&scene);
        svevent.signal(libc::SIGTERM);
        assert_eq!(svevent.end().err, "");
    }
}

#[test]
fn services_come_and_go_and_another_scan_directory_takes_its_place() {
    let scene = Scene::new();
    scene.link("one", "scan");
    hook(&scene, "one/notify.d/note", "");
    hook(&scene, "two/notify.d/note", "");
    let _svevent = svevent(&scene, &[]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    let mut web = Written::new(&scene, "web");
    web.fails_and_gives_up();
    until_called(&scene, &["web gave-up"]);

    scene.dir("two/db/supervise");
    scene.link("two", "scan.new");
    scene.rename("scan.new", "scan");
    let mut db = Written::new(&scene, "db");
    db.fails_and_gives_up();
    until_called(&scene, &["web gave-up", "db gave-up"]);
    // Not followed any more.
    web.scene.append("one/web/supervise/journal", format!("{} 3 ready\n", String::from_utf8_lossy(&label(0).text())));
    quiet(&scene);
    scene.rename("two/db", "two/.db");
    let mut mail = Written::new(&scene, "mail");
    mail.fails_and_gives_up();
    until_called(&scene, &["web gave-up", "db gave-up", "mail gave-up"]);

    scene.link("one", "scan.new");
    scene.rename("scan.new", "scan");
    until_called(&scene, &["web gave-up", "db gave-up", "mail gave-up", "web recovered"]);
}

#[test]
fn a_service_has_hooks_of_its_own_and_others_may_be_elsewhere() {
    let scene = scene();
    let mut web = Written::new(&scene, "web");
    let note = |name: &str| {
        let file = scene.path("who").display().to_string();
        scene.script(name, format!("echo ${{0##*/}} >> {file}"));
    };
    for name in ["scan/web/notify.d/own", "more/more", "scan/notify.d/.hidden", "scan/notify.d/plain"] {
        note(name);
    }
    scene.mode("scan/notify.d/plain", 0o644);
    scene.dir("scan/notify.d/directory");
    let _svevent = svevent(&scene, &["-n", "more"]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    web.fails_and_gives_up();
    until("all are called, in order", || scene.lines("who") == ["more", "own"]);
    until_called(&scene, &["web gave-up"]);
}

#[test]
fn the_hooks_are_no_service() {
    let scene = scene();
    scene.service("scan/web").run(IDLE);
    let runsvdir = runsvdir(&scene);
    until("it runs", || scene.read("scan/web/supervise/stat").starts_with("run"));
    let mut status = scene.command(ours("sv"));
    status.arg("status").env("SVDIR", scene.path("scan"));
    let done = scene.finish(status);
    assert!(
        done.code == 0 && done.out.lines().count() == 1 && done.out.contains(": web: "),
        "{}{}",
        done.out,
        done.err
    );
    assert_eq!(runsvdir.err(), "");
    // With something to run it is one, as it always was.
    scene.script("scan/notify.d/run", IDLE);
    scene.dir("scan/another");
    until("it runs too", || scene.read("scan/notify.d/supervise/stat").starts_with("run"));
}

#[test]
fn a_hook_that_hangs_is_ended_and_keeps_no_other_waiting() {
    let scene = scene();
    let pids = scene.path("pids").display().to_string();
    // It does not listen, nor does what it has started.
    scene.script(
        "scan/notify.d/hangs",
        format!("trap '' TERM; sleep 1000 & echo $$ $! >> {pids}; wait; wait; sleep 1000"),
    );
    let (mut web, mut db) = (Written::new(&scene, "web"), Written::new(&scene, "db"));
    let svevent = svevent(&scene, &["-t", "3s", "-r", "1"]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    web.fails_and_gives_up();
    until("it hangs", || scene.lines("pids").len() == 1);
    db.fails_and_gives_up();
    until("another service's hangs too", || scene.lines("pids").len() == 2);
    until("its time is over", || svevent.err().contains("web: notify.d/hangs: timed out after 3s\n"));
    until("it was killed", || {
        svevent.err().contains("web: notify.d/hangs: gave-up 2: signal KILL: dropped after 1 tries\n")
    });
    until("the others know", || calls(&scene).iter().filter(|call| call.ends_with("gave-up")).count() == 2);
    let pids = scene.read("pids");
    until("nobody is left of it", || {
        pids.split_whitespace().all(|pid| !scene.processes().contains(&pid.parse().unwrap()))
    });
}

#[test]
fn a_hook_that_fails_is_called_again_and_given_up_aloud() {
    let scene = scene();
    hook(&scene, "scan/notify.d/fails", "echo out; echo err >&2; echo x >> ../../tries; exit 7");
    scene.file("scan/notify.d/broken", "#!/no/such/interpreter\n");
    scene.mode("scan/notify.d/broken", 0o755);
    let mut web = Written::new(&scene, "web");
    let svevent = svevent(&scene, &["-r", "2"]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    web.fails_and_gives_up();
    until("it is given up", || {
        svevent.err().contains("web: notify.d/fails: gave-up 2: exit code 7: dropped after 2 tries\n")
    });
    until("and the other too", || {
        svevent.err().contains("web: notify.d/broken: gave-up 2: exit code 111: dropped after 2 tries\n")
    });
    assert!(svevent.err().contains("svevent: warning: web: unable to run notify.d/broken: file does not exist\n"));
    assert_eq!(scene.lines("tries").len(), 2);
    let said = svevent.err();
    assert!(said.contains("svevent: warning: web: notify.d/fails: gave-up 2: exit code 7: next try in 1s\n"), "{said}");
    assert!(said.contains("out\nerr\n"), "{said}");
    assert_eq!(calls(&scene), ["web gave-up"], "the one that is well is called once");
    until("nothing is left to tell", || !scene.read("state/web").contains("call"));
}

#[test]
fn a_directory_of_hooks_that_cannot_be_read_keeps_no_other_waiting() {
    let scene = scene();
    let mut web = Written::new(&scene, "web");
    scene.link("notify.d", "scan/web/notify.d"); // for ever round
    let svevent = svevent(&scene, &[]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    web.fails_and_gives_up();
    until_called(&scene, &["web gave-up"]);
    until("nothing is left to tell", || !scene.read("state/web").contains("call"));
    let said = svevent.err();
    assert!(said.starts_with("svevent: warning: unable to read directory ") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_bounded_number_runs_at_once_and_one_of_a_service() {
    let scene = Scene::new();
    let names = ["a", "b", "c", "d", "e"];
    let file = scene.path("marks").display().to_string();
    for name in ["one", "two"] {
        scene.script(
            format!("scan/notify.d/{name}"),
            format!("echo + $SVEVENT_SERVICE >> {file}; sleep 0.05; echo - $SVEVENT_SERVICE >> {file}"),
        );
    }
    let services: Vec<Written<'_>> = names.iter().map(|name| Written::new(&scene, name)).collect();
    let _svevent = svevent(&scene, &["-j", "2"]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    services.into_iter().for_each(|mut service| service.fails_and_gives_up());
    until("all are told", || scene.lines("marks").len() == 20);
    let mut running: Vec<String> = Vec::new();
    for line in scene.lines("marks") {
        let (mark, name) = line.split_once(' ').unwrap();
        match mark {
            "+" => running.push(name.to_owned()),
            _ => running.retain(|other| other != name),
        }
        assert!(running.len() <= 2, "{running:?}");
        assert_eq!(running.iter().collect::<BTreeSet<_>>().len(), running.len(), "{running:?}");
    }
}

#[test]
fn told_to_end_it_lets_those_finish_that_run_and_forgets_nothing() {
    let scene = Scene::new();
    let gate = scene.gate("go");
    let marks = scene.path("marks").display().to_string();
    let go = scene.path("go").display().to_string();
    for name in ["one", "two"] {
        scene.script(
            format!("scan/notify.d/{name}"),
            format!("echo {name} >> {marks}; read x < {go}; echo end >> {marks}"),
        );
    }
    let mut web = Written::new(&scene, "web");
    let mut first = svevent(&scene, &[]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    web.fails_and_gives_up();
    until("it is called", || scene.lines("marks") == ["one"]);

    let done = run(&scene, &["scan"]);
    assert_eq!(done.code, 111);
    assert!(done.err.starts_with("svevent: fatal: unable to lock "), "{}", done.err);

    first.signal(libc::SIGTERM);
    throughout("it waits", Duration::from_millis(200), || !first.ended());
    gate.open();
    assert_eq!(first.end().code, 0);
    assert_eq!(scene.lines("marks"), ["one", "end"]);
    let _second = svevent(&scene, &[]);
    until("the other is called", || scene.lines("marks") == ["one", "end", "two"]);
    gate.open();
    until("and no more", || scene.lines("marks") == ["one", "end", "two", "end"]);
}

#[test]
fn without_inotify_it_looks_every_few_seconds() {
    let test = "without_inotify_it_looks_every_few_seconds";
    let scene = scene();
    let none = "echo 0 > /proc/sys/user/max_inotify_instances";
    let mut tried = scene.command("unshare");
    tried.args(["-Ur", "sh", "-c", none]);
    if scene.finish(tried).code != 0 {
        return skip(test, "no user namespace can be had");
    }
    let mut web = Written::new(&scene, "web");
    let mut command = scene.command("unshare");
    command
        .args(["-Ur", "sh", "-c", &format!("{none} && exec \"$0\" \"$@\"")])
        .arg(ours("svevent"))
        .args(WELL)
        .arg("scan");
    let svevent = scene.spawn(command);
    until("it has begun", || !scene.read("state/.since").is_empty());
    web.fails_and_gives_up();
    until_called(&scene, &["web gave-up"]);
    let mut db = Written::new(&scene, "db");
    db.fails_and_gives_up();
    until_called(&scene, &["web gave-up", "db gave-up"]);
    assert_eq!(svevent.err(), "");
}

/// How often a process was put to sleep.
fn sleeps(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
    line.trim().parse().unwrap()
}

/// Whether it waits with no end to its patience: in poll, with no time given.
fn waits_without_end(pid: i32) -> bool {
    const PPOLL: [&str; 2] = ["271", "73"]; // on x86_64, and everywhere else
    let text = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap();
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    words.first().is_some_and(|number| PPOLL.contains(number)) && words[3] == "0x0"
}

#[test]
fn two_hundred_idle_services_never_wake_it() {
    let scene = scene();
    for number in 0..200 {
        let name: &'static str = Box::leak(format!("s{number}").into_boxed_str());
        let mut service = Written::new(&scene, name);
        service.note(&Draft::new(Event::Start));
    }
    let svevent = svevent(&scene, &[]);
    until("it waits without end", || waits_without_end(svevent.pid()));
    let before = sleeps(svevent.pid());
    throughout("it sleeps", Duration::from_secs(2), || waits_without_end(svevent.pid()));
    assert_eq!(sleeps(svevent.pid()), before);
    // And it is awake.
    let mut last = Written {
        scene: &scene,
        name: "s199",
        writer: Writer::resume(b"", &scene.bytes("scan/s199/supervise/journal")),
    };
    last.fails_and_gives_up();
    until_called(&scene, &["s199 gave-up"]);
    until("it waits without end again", || waits_without_end(svevent.pid()));
}

#[test]
fn a_state_that_makes_no_sense_is_said_and_begun_anew() {
    let scene = scene();
    let mut web = Written::new(&scene, "web");
    web.fails_and_gives_up();
    scene.file("state/web", "svevent 1\ncursor 17\n");
    let svevent = svevent(&scene, &[]);
    until_called(&scene, &["web gave-up"]);
    assert_eq!(svevent.err(), "svevent: warning: state of web: line 2: cursor: makes no sense\n");
    let state =
        until_some("it is written anew", || Some(scene.read("state/web")).filter(|text| text.contains("cursor 2 @")));
    assert!(state.starts_with("svevent 1\n"));
}

#[test]
fn what_cannot_be_written_down_is_told_all_the_same_and_complained_of_once() {
    let scene = scene();
    let mut web = Written::new(&scene, "web");
    let svevent = svevent(&scene, &[]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    let blocked = scene.dir("state/.new");
    web.fails_and_gives_up();
    until_called(&scene, &["web gave-up"]);
    web.note(&Draft::new(Event::Healthy));
    until_called(&scene, &["web gave-up", "web recovered"]);
    until("it says so", || svevent.err() == "svevent: warning: unable to open state of web: is a directory\n");
    fs::remove_dir(blocked).unwrap();
    until("it is written when that can be", || scene.read("state/web").contains("cursor 3 @"));
    assert_eq!(svevent.err().lines().count(), 1);
}

#[test]
fn a_wrong_call_is_a_usage_error() {
    let scene = Scene::new();
    for args in
        [&[][..], &["a", "b"], &["-x", "scan"], &["-f", "5", "scan"], &["-r", "0", "scan"], &["-t", "0", "scan"]]
    {
        let done = run(&scene, args);
        assert_eq!((done.code, done.out.as_str()), (100, ""), "{args:?}");
        assert!(!done.err.is_empty(), "{args:?}");
    }
    assert_eq!(run(&scene, &["-h"]).out, run(&scene, &["--help"]).out);
    let done = run(&scene, &["-s", "no/such/place", "scan"]);
    assert_eq!(done.code, 111);
    assert!(done.err.starts_with("svevent: fatal: unable to create "), "{}", done.err);
}

#[test]
fn a_scan_directory_that_is_not_there_yet_is_waited_for() {
    let scene = Scene::new();
    let svevent = svevent(&scene, &[]);
    until("it says so", || svevent.err().contains("svevent: warning: unable to open directory "));
    hook(&scene, "scan/notify.d/note", "");
    let mut web = Written::new(&scene, "web");
    web.fails_and_gives_up();
    until_called(&scene, &["web gave-up"]);
    assert_eq!(svevent.err().lines().count(), 1, "{}", svevent.err());
}

/// One of the examples, on what svevent would have told it.
fn example(scene: &Scene, name: &str, environment: &[(&str, &str)]) -> Done {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/notify.d").join(name);
    let mut command = scene.command(path);
    let facts = [
        ("SVEVENT_SERVICE", "web"),
        ("SVEVENT_EVENT", "gave-up"),
        ("SVEVENT_SEQUENCE", "17"),
        ("SVEVENT_LABEL", "@400000006b003fd03a9ee3ac"),
        ("SVEVENT_TIME", "2026-11-20T12:40:38.983491Z"),
        ("SVEVENT_HOST", "host"),
        ("SVEVENT_TEXT", r#"web says "no" \ and gives up"#),
    ];
    let mut path = scene.dir("bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    command.envs(facts).envs(environment.iter().copied()).env("PATH", path);
    scene.finish(command)
}

#[test]
fn the_example_that_writes_a_file_has_each_alert_once() {
    let scene = Scene::new();
    let file = scene.path("alerts").display().to_string();
    for (sequence, lines) in [("17", 2), ("17", 2), ("18", 4)] {
        let done = example(&scene, "file", &[("ALERTS", &file), ("SVEVENT_SEQUENCE", sequence)]);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        assert_eq!(scene.lines("alerts").len(), lines);
    }
    assert_eq!(scene.lines("alerts")[0], r#"2026-11-20T12:40:38.983491Z web says "no" \ and gives up"#);
    assert_ne!(example(&scene, "file", &[("ALERTS", "/no/such/place")]).code, 0);
}

#[test]
fn the_example_that_mails_gives_sendmail_a_mail() {
    let scene = Scene::new();
    let sendmail = scene.script("sendmail", "echo \"$@\" > args; cat > mail; exit ${FAILS:-0}").display().to_string();
    scene.file("log/current", "its last words\n");
    let log = scene.path("log").display().to_string();
    let with = [("SENDMAIL", sendmail.as_str()), ("MAILTO", "me@example.org"), ("SVEVENT_LOG", &log)];
    let done = example(&scene, "mail", &with);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let mail = scene.lines("mail");
    assert_eq!(scene.read("args"), "-oi -t\n");
    assert_eq!(mail[0], "To: me@example.org");
    assert_eq!(mail[1], r#"Subject: [host] web says "no" \ and gives up"#);
    assert_eq!(mail[2], "Message-Id: <17.400000006b003fd03a9ee3ac.gave-up@host>");
    assert!(mail.contains(&"SVEVENT_SEQUENCE=17".to_owned()) && mail.last().unwrap() == "its last words");
    let failing = [with[0], ("FAILS", "75")];
    assert_ne!(example(&scene, "mail", &failing).code, 0, "it is called again");
}

#[test]
fn the_example_that_calls_a_webhook_sends_json() {
    let scene = Scene::new();
    scene.script("bin/curl", "for last; do :; done; echo \"$last\" > url; cat > body; exit ${FAILS:-0}");
    let done = example(&scene, "webhook", &[("WEBHOOK", "https://chat.example.org/x")]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(scene.read("url"), "https://chat.example.org/x\n");
    let body = scene.read("body");
    assert!(body.contains(r#""text": "host: web says \"no\" \\ and gives up""#), "{body}");
    assert!(body.contains(r#""id": "host/web/gave-up/17/@400000006b003fd03a9ee3ac""#), "{body}");
    assert_eq!(example(&scene, "webhook", &[("WEBHOOK", "x"), ("FAILS", "22")]).code, 22, "it is called again");
    let done = example(&scene, "webhook", &[]);
    assert_eq!((done.code, done.err.ends_with("WEBHOOK is not set\n")), (1, true));
}

/// A program that is told where the state of services is.
fn with_state(scene: &Scene, name: &str, args: &[&str]) -> Running {
    let mut command = scene.command(program(name));
    command.args(args).env("PATH", search_path()).env("SVSTATE", scene.path("states"));
    scene.spawn(command)
}

#[test]
fn state_that_is_kept_elsewhere_is_found() {
    let scene = scene();
    scene.dir("states");
    fragile(&scene, "web", "delay 10ms\ngive-up 3\n");
    // A journal of before, which is nobody's now; and a place that another service has.
    let mut old = Written::new(&scene, "web");
    old.note(&Draft::new(Event::Unhealthy));
    scene.service("elsewhere/db").run("exit 3").file("restart", "delay 10ms\ngive-up 3\n");
    scene.service("scan/db").run(IDLE).file("down", "");
    let _other = with_state(&scene, "runsv", &["elsewhere/db"]);
    until("another has the place", || scene.read("states/db/supervise/journal").contains(" gave-up "));
    let mut svevent = with_state(&scene, "svevent", &["-w", "500ms", "scan"]);
    until("it has begun", || !scene.read("state/.since").is_empty());
    quiet(&scene);
    let _runsv = with_state(&scene, "runsv", &["scan/web"]);
    until_called(&scene, &["web gave-up"]);
    scene.remove("scan/web/bad");
    scene.send("states/web/supervise/control", "u");
    until_called(&scene, &["web gave-up", "web recovered"]);
    quiet(&scene);
    svevent.signal(libc::SIGTERM);
    assert_eq!((svevent.end().code, svevent.err()), (0, String::new()));
}

#[test]
fn a_state_that_is_somewhere_else_for_everybody_is_refused() {
    let scene = scene();
    let mut command = scene.command(ours("svevent"));
    command.arg("scan").env("SVSTATE", "states");
    let done = scene.finish(command);
    assert_eq!((done.code, done.err.as_str()), (111, "svevent: fatal: SVSTATE is not an absolute path\n"));
}
