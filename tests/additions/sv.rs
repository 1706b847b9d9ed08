//! sv, where it does more than the original or does it better.

use crate::scene::*;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::time::Duration;

/// The command `sv`, with the scene as its directory of services.
fn command(scene: &Scene, args: &[&str]) -> Command {
    let mut command = scene.command(ours("sv"));
    command.args(args).env("SVDIR", scene.path(""));
    command
}

fn sv(scene: &Scene, args: &[&str]) -> Done {
    scene.finish(command(scene, args))
}

fn start(scene: &Scene, args: &[&str]) -> Running {
    scene.spawn(command(scene, args))
}

/// What `sv` printed, with each number of seconds as `Ns`.
fn ageless(text: &str) -> String {
    const ENDS: [char; 4] = [' ', ',', ';', '\n'];
    let is_age = |word: &str| word.strip_suffix('s').is_some_and(|number| number.parse::<u64>().is_ok());
    let age = |word: &str| match word.trim_end_matches(ENDS) {
        bare if is_age(bare) => format!("Ns{}", &word[bare.len()..]),
        _ => word.to_owned(),
    };
    text.split_inclusive(ENDS).map(age).collect()
}

fn says(code: i32, out: &str) -> (i32, String) {
    (code, out.to_owned())
}

/// What it left; nothing on standard error.
#[track_caller]
fn seen(done: Done) -> (i32, String) {
    assert_eq!(done.err, "");
    (done.code, ageless(&done.out))
}

/// What the quickest of some rounds took. A machine under load makes single ones slow, but not all of them; a program
/// that waits in steps is slow each time.
fn quickest(below: Duration, mut round: impl FnMut() -> Duration) {
    let mut all = Vec::new();
    while all.last().is_none_or(|last| *last >= below) {
        assert!(all.len() < 20, "each round took too long: {all:?}");
        all.push(round());
    }
}

/// How long `sv` takes that has to wait for something, from its start to its end. The original takes 0.42 s at least.
fn waits(scene: &Scene, name: &str, args: &[&str], bytes: &str, answer: impl Fn(&mut Fake)) -> Duration {
    let mut fake = scene.fake(name, Status::run(77).since(9));
    let (time, done) = timed(|| {
        let mut running = start(scene, args);
        fake.until_got(bytes);
        throughout("it waits", Duration::from_millis(20), || true); // it has surely looked once by then
        answer(&mut fake);
        running.end()
    });
    assert_eq!(done.code, 0);
    std::fs::remove_dir_all(scene.path(name)).unwrap();
    time
}

#[test]
fn a_new_status_is_seen_at_once() {
    let scene = Scene::new();
    quickest(Duration::from_millis(300), || {
        waits(&scene, "web", &["-w", "60", "stop", "web"], "d", |fake| fake.says(Status::down()))
    });
}

#[test]
fn the_end_of_a_supervisor_is_seen_at_once() {
    let scene = Scene::new();
    quickest(Duration::from_millis(300), || waits(&scene, "web", &["-w", "60", "shutdown", "web"], "x", Fake::leave));
}

#[test]
fn a_supervisor_that_leaves_meanwhile_is_not_waited_for() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::down());
    let mut running = start(&scene, &["-w", "1000", "start", "web"]);
    web.until_got("u");
    web.leave();
    assert_eq!(seen(running.end()), says(1, "fail: web: runsv not running\n"));
}

#[test]
fn without_inotify_it_looks_again() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::run(77));
    let none = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"";
    let mut command = scene.command("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", none, "sh"]).arg(ours("sv"));
    command.args(["-w", "60", "stop", "web"]).env("SVDIR", scene.path(""));
    let mut running = scene.spawn(command);
    let mut got = String::new();
    until("it has sent its command, or cannot be run without inotify", || {
        got.push_str(&web.got());
        got == "d" || running.ended()
    });
    if got.is_empty() {
        return skip("without_inotify_it_looks_again", &running.err());
    }
    throughout("it waits", Duration::from_millis(20), || !running.ended());
    web.says(Status::down());
    assert_eq!(seen(running.end()), says(0, "ok: down: web: Ns, normally up\n"));
}

#[test]
fn a_time_out_comes_when_it_is_time() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::down());
    // The original returns after 1.68 s.
    quickest(Duration::from_millis(1500), || {
        let (time, done) = timed(|| sv(&scene, &["-w", "1", "start", "web"]));
        assert_eq!(done.code, 1);
        assert!(time >= Duration::from_secs(1), "{time:?}");
        time
    });
}

#[test]
fn a_check_that_hangs_does_not_outlast_the_time_out() {
    let scene = Scene::new();
    scene.script("web/check", "echo asked >> asked; exec sleep 1000");
    let _web = scene.fake("web", Status::run(77));
    let (time, done) = timed(|| sv(&scene, &["-w", "1", "check", "web"]));
    assert_eq!(seen(done), says(1, "timeout: run: web: (pid 77) Ns\n"));
    assert!(time >= Duration::from_secs(1), "{time:?}");
    assert_eq!(scene.read("web/asked"), "asked\n", "asked once: it never answered");
    until("the check is gone", || scene.processes().is_empty());
}

#[test]
fn a_check_that_hangs_holds_up_no_other_service() {
    let scene = Scene::new();
    scene.script("slow/check", "exec sleep 1000");
    let _services = [scene.fake("slow", Status::run(77)), scene.fake("web", Status::run(78))];
    let mut running = start(&scene, &["-w", "1000", "check", "slow", "web"]);
    until("the other one is told of", || ageless(&running.out()) == "ok: run: web: (pid 78) Ns\n");
    assert!(!running.ended());
}

#[test]
fn checks_of_many_services_take_turns() {
    let scene = Scene::new();
    let names: Vec<String> = (0..40).map(|number| format!("s{number}")).collect();
    let mut services = Vec::new();
    for name in &names {
        scene.script(format!("{name}/check"), "sleep 0.01");
        services.push(scene.fake(name, Status::run(77)));
    }
    let args: Vec<&str> = ["-w", "60", "check"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let done = sv(&scene, &args);
    assert_eq!((done.code, done.out.lines().count()), (0, 40));
}

#[test]
fn a_restart_is_another_process_not_another_second() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::run(77));
    let mut running = start(&scene, &["-w", "60", "restart", "web"]);
    web.until_got("tcu");
    throughout("it waits", Duration::from_millis(600), || !running.ended());
    let again = Status { nano: 500, ..Status::run(77) };
    web.says(again.got_term());
    throughout("it waits", Duration::from_millis(600), || !running.ended());
    web.says(Status { nano: 9500, ..again });
    assert_eq!(seen(running.end()), says(0, "ok: run: web: (pid 77) Ns\n"));
}

#[test]
fn a_real_restart_shows_the_new_process() {
    let scene = Scene::new();
    let web = scene.service("web").run("exec sleep 1000").supervise().running();
    let before = web.pid().unwrap();
    // At once after the start, which the original takes for the restart.
    let done = sv(&scene, &["-w", "60", "restart", "web"]);
    let after = web.pid().unwrap();
    assert_ne!(before, after);
    assert_eq!(seen(done), says(0, &format!("ok: run: web: (pid {after}) Ns\n")));
}

#[test]
fn down_and_up_leaves_it_up() {
    let scene = Scene::new();
    // Nobody has taken the `d` yet, so that the status still says that it is up and wanted up.
    let mut web = scene.fake("web", Status::run(77));
    assert_eq!(seen(sv(&scene, &["down", "web"])), says(0, ""));
    assert_eq!(seen(sv(&scene, &["up", "web"])), says(0, ""));
    assert_eq!(web.got(), "du");
}

#[test]
fn up_is_sent_to_a_service_that_is_down_whatever_is_wanted() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::down().want('u'));
    assert_eq!(seen(sv(&scene, &["up", "web"])), says(0, ""));
    assert_eq!(web.got(), "u");
}

#[test]
fn a_check_is_for_what_is_wanted() {
    let scene = Scene::new();
    let web = scene.fake("web", Status::down().want('u'));
    let out = "timeout: down: web: Ns, normally up, want up\n";
    assert_eq!(seen(sv(&scene, &["-w", "0", "check", "web"])), says(1, out));
    web.says(Status::run(77).want('d'));
    let mut running = start(&scene, &["-w", "60", "check", "web"]);
    web.says(Status::down());
    assert_eq!(seen(running.end()), says(0, "ok: down: web: Ns, normally up\n"));
}

#[test]
fn a_name_that_ends_in_a_slash_is_waited_for_where_it_was_told() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::down());
    let mut command = command(&scene, &["-w", "60", "start", "web/"]);
    command.env("SVDIR", "/no/such/directory");
    let mut running = scene.spawn(command);
    web.until_got("u");
    web.says(Status::run(77));
    assert_eq!(seen(running.end()), says(0, "ok: run: web/: (pid 77) Ns\n"));
}

#[test]
fn an_init_script_tells_of_the_service_and_not_of_its_logger() {
    let scene = Scene::new();
    let web = scene.fake("web", Status::down());
    let log = scene.fake("web/log", Status::run(51));
    scene.dir("init.d");
    let script = scene.link(ours("sv"), "init.d/web");
    let status = || {
        let mut command = scene.command(&script);
        command.arg("status").env("SVDIR", scene.path(""));
        scene.finish(command).code
    };
    assert_eq!(status(), 3);
    web.says(Status::run(77));
    log.says(Status::down());
    assert_eq!(status(), 0);
}

#[test]
fn a_logger_that_nobody_supervises_has_no_state() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.dir("web/log");
    // The original goes on to show the state of the service a second time, as its logger's.
    let out = "run: web: (pid 77) Ns; warning: web/log: unable to open supervise/ok: file does not exist\n";
    assert_eq!(seen(sv(&scene, &["status", "web"])), says(1, out));
}

#[test]
fn a_pattern_selects_services() {
    let scene = Scene::new();
    let _services = ["web2", "web1", "mail"].map(|name| scene.fake(name, Status::run(77)));
    let _log = scene.fake("web2/log", Status::run(78));
    scene.file("web3", "is no directory");
    let shown = |pattern: &str| {
        let done = sv(&scene, &["status", pattern]);
        assert_eq!(done.err, "");
        (done.code, done.out.lines().map(|line| line.split(": ").nth(1).unwrap().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(shown("web*"), (0, vec!["web1".into(), "web2".into()]));
    assert_eq!(shown("*[!1]"), (0, vec!["mail".into(), "web2".into()]));
    assert_eq!(shown("w?b1"), (0, vec!["web1".into()]));
    assert_eq!(shown("web*/log"), (0, vec!["web2/log".into()]));
}

#[test]
fn a_pattern_that_selects_nothing_is_a_failure() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    let out = "fail: mail*: unable to change to service directory: file does not exist\n";
    assert_eq!(seen(sv(&scene, &["status", "mail*"])), says(1, out));
}

#[test]
fn a_pattern_that_is_a_name_is_a_name() {
    let scene = Scene::new();
    let _services = ["[a]", "a"].map(|name| scene.fake(name, Status::run(77)));
    assert_eq!(seen(sv(&scene, &["status", "[a]"])), says(0, "run: [a]: (pid 77) Ns\n"));
}

#[test]
fn commands_take_patterns_too() {
    let scene = Scene::new();
    let mut services = ["web1", "web2", "mail"].map(|name| scene.fake(name, Status::run(77)));
    assert_eq!(seen(sv(&scene, &["hup", "web*"])), says(0, ""));
    assert_eq!(services.each_mut().map(Fake::got), ["h", "h", ""]);
}

#[test]
fn status_without_a_name_shows_all() {
    let scene = Scene::new();
    let _services = ["b", "a", ".hidden"].map(|name| scene.fake(name, Status::run(77)));
    scene.file("file", "is no service");
    assert_eq!(seen(sv(&scene, &["status"])), says(0, "run: a: (pid 77) Ns\nrun: b: (pid 77) Ns\n"));
}

#[test]
fn status_of_a_directory_that_is_not_there() {
    let scene = Scene::new();
    let mut command = command(&scene, &["status"]);
    command.env("SVDIR", "/no/such/directory");
    let out = "fail: /no/such/directory: unable to change to service directory: file does not exist\n";
    assert_eq!(seen(scene.finish(command)), says(1, out));
}

#[test]
fn other_commands_need_a_name() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    for word in ["up", "restart", "s", "stat"] {
        assert_eq!(sv(&scene, &[word]).code, 100, "{word}");
    }
}

const JSON: &str = r#""state":"run","pid":77,"since":"2001-09-09T01:46:40.123456Z","uptime":N,"want":"up","paused":false,"term":false,"normally":"up","error":null"#;

/// `run` since a time that everybody knows.
fn billennium() -> Status {
    Status { since: 1_000_000_000, nano: 123_456_500, ..Status::run(77) }
}

/// What `sv -j status` prints, without the number of seconds.
fn json(done: &Done) -> String {
    let mut parts = done.out.split("\"uptime\":");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        all + "\"uptime\":" + if rest.len() == part.len() { "" } else { "N" } + rest
    })
}

#[test]
fn json_is_an_object_a_line() {
    let scene = Scene::new();
    let _web = scene.fake("web", billennium());
    let _mail = (scene.fake("mail", billennium()), scene.fake("mail/log", billennium()));
    let done = sv(&scene, &["-j", "status", "web", "mail", "nobody"]);
    let lines = [
        format!(r#"{{"name":"web",{JSON},"log":null,"errlog":null}}"#),
        format!(r#"{{"name":"mail",{JSON},"log":{{"name":"log",{JSON}}},"errlog":null}}"#),
        r#"{"name":"nobody","state":null,"pid":null,"since":null,"uptime":null,"want":null,"paused":null,"#.to_owned()
            + r#""term":null,"normally":null,"error":"unable to change to service directory: file does not exist","log":null,"errlog":null}"#,
        String::new(),
    ];
    assert_eq!((json(&done), done.code, done.err.as_str()), (lines.join("\n"), 1, ""));
    assert_eq!(sv(&scene, &["--json", "status", "web"]).code, 0);
}

#[test]
fn json_of_any_name() {
    let scene = Scene::new();
    let name = OsStr::from_bytes(b"a\"\n\xff");
    let plain = scene.fake("plain", billennium());
    std::fs::rename(scene.path("plain"), scene.path(name)).unwrap();
    let mut command = command(&scene, &["-j", "status"]);
    command.arg(name);
    let done = scene.finish(command);
    let line = format!(
        "{{\"name\":\"a\\\"\\u000a\u{fffd}\",\"name_hex\":\"61220aff\",{JSON},\"log\":null,\"errlog\":null}}\n"
    );
    assert_eq!((json(&done), done.code), (line, 0));
    drop(plain);
}

#[test]
fn a_name_stays_on_its_line() {
    let scene = Scene::new();
    let done = sv(&scene, &["status", "a\nrun: b: (pid 1) 1s\u{1b}[2J"]);
    let out = "fail: a\\x0arun: b: (pid 1) 1s\\x1b[2J: unable to change to service directory: file does not exist\n";
    assert_eq!((done.code, done.out.as_str()), (1, out));
}

#[test]
fn many_services_need_few_descriptors() {
    let scene = Scene::new();
    for number in 0..500 {
        drop(scene.fake(&format!("s{number}"), Status::run(77)));
    }
    let mut command = scene.command("sh");
    command.args(["-c", "ulimit -n 8; exec \"$@\"", "sh"]).arg(ours("sv")).arg("status").env("SVDIR", scene.path(""));
    let done = scene.finish(command);
    let lines = done.out.lines().filter(|line| line.ends_with(": runsv not running"));
    assert_eq!((lines.count(), done.code), (500, 99));
}

#[test]
fn many_that_are_waited_for_need_few_too() {
    let scene = Scene::new();
    let names: Vec<String> = (0..60).map(|number| format!("s{number}")).collect();
    let mut services: Vec<Fake> = names.iter().map(|name| scene.fake(name, Status::run(77))).collect();
    let mut command = scene.command("sh");
    command.args(["-c", "ulimit -n 40; exec \"$@\"", "sh"]).arg(ours("sv")).args(["-w", "60", "stop"]).args(&names);
    let mut running = scene.spawn({
        command.env("SVDIR", scene.path(""));
        command
    });
    services.iter_mut().for_each(|service| service.until_got("d"));
    throughout("it waits", Duration::from_millis(20), || !running.ended());
    services.iter().for_each(|service| service.says(Status::down()));
    let done = running.end();
    let lines = done.out.lines().filter(|line| line.starts_with("ok: down: "));
    assert_eq!((lines.count(), done.code), (60, 0), "{}", done.out);
}

#[test]
fn output_that_does_not_block_is_waited_for() {
    let scene = Scene::new();
    let names: Vec<String> = (0..3000).map(|number| format!("nobody-{number:0100}")).collect();
    let script = "dd bs=1 count=0 oflag=nonblock 2>/dev/null; exec \"$@\"";
    let mut command = scene.command("sh");
    let piped = format!("({script}) | (sleep 0.3; wc -l)");
    command.args(["-c", &piped, "sh"]).arg(ours("sv")).arg("status").args(&names).env("SVDIR", scene.path(""));
    assert_eq!(scene.finish(command).out.trim(), "3000");
}

#[test]
fn help_tells_of_the_commands() {
    let done = sv(&Scene::new(), &["--help"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.contains("\n  force-shutdown "), "{}", done.out);
}

#[test]
fn a_file_in_the_place_of_the_fifo_is_not_written_over() {
    let scene = Scene::new();
    let _web = scene.fake("web", Status::run(77));
    scene.file("precious", "precious");
    scene.remove("web/supervise/control");
    scene.link("../../precious", "web/supervise/control");
    let line = "warning: web: supervise/control exists but is not a fifo\n";
    assert_eq!(seen(sv(&scene, &["hup", "web"])), says(1, line));
    assert_eq!(seen(sv(&scene, &["restart", "web"])), says(1, line));
    assert_eq!(scene.read("precious"), "precious");
}
