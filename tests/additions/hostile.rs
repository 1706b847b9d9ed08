//! What no well-meaning service, user or file system would do.

use crate::scene::service::IDLE;
use crate::scene::*;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// Private memory that was written to, in KiB.
pub(crate) fn private(pid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = text.lines().find(|line| line.starts_with("Private_Dirty:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

pub(crate) fn descriptors(pid: i32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

#[test]
fn noise_in_the_control_fifo_keeps_nobody_from_being_heard() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    let before = private(web.runsv.pid());
    // Bytes that are no commands, at full speed.
    let mut noise = scene.command("sh");
    noise.args(["-c", "tr -d 'udophckaitqx12' < /dev/urandom > web/supervise/control"]);
    let noise = scene.spawn(noise);
    throughout("it goes on", Duration::from_millis(500), || web.stat() == "run");
    for (letter, stat) in [("d", "down"), ("u", "run"), ("d", "down"), ("u", "run")] {
        scene.finish({
            let mut command = scene.command("sh");
            command.args(["-c", &format!("printf {letter} > web/supervise/control")]);
            command
        });
        web.until_stat(stat);
    }
    drop(noise);
    let after = private(web.runsv.pid());
    assert!(after < before + 64, "{before} KiB, then {after}");
}

#[test]
fn commands_at_random_end_where_they_are_told_to() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    let (memory, open) = (private(web.runsv.pid()), descriptors(web.runsv.pid()));
    let mut random = Random::new(3);
    let bytes: Vec<u8> = (0..20_000).map(|_| random.below(256) as u8).filter(|byte| *byte != b'x').collect();
    let mut control = std::fs::OpenOptions::new().write(true).open(scene.path("web/supervise/control")).unwrap();
    control.write_all(&bytes).unwrap();
    let _ = until_still("all is done", || web.status());
    control.write_all(b"cd").unwrap();
    web.until_stat("down");
    until("no more than before is open", || descriptors(web.runsv.pid()) <= open);
    assert!(private(web.runsv.pid()) < memory + 64);
    drop(control);
    web.send("x");
    assert_eq!(web.end(), 0);
}

#[test]
fn a_run_that_does_its_worst_is_supervised_still() {
    let scene = Scene::new();
    let worst = [
        "exec 0<&- 1>&- 2>&-; exec sleep 1000",
        "mv ../web ../moved; mkdir ../web; exec sleep 1000",
        "i=0; while [ $i -lt 1000 ]; do sleep 1000 & i=$((i+1)); done; exec sleep 1000",
        "head -c 1000000000 /dev/zero >&2; echo > over; exec sleep 1000",
        "cd ..; rm -rf web; exec sleep 1000",
        "kill -TERM $PPID 2> /dev/null; trap '' TERM; kill -STOP $$; exec sleep 1000",
    ];
    for run in worst {
        let mut command = scene.command("sh");
        command.args(["-c", "exec \"$0\" web 2> /dev/null"]).arg(ours("runsv"));
        let name = "web";
        let web = scene.service(name).run(run).file("stop", "TERM 100ms\nKILL all\n");
        let mut runsv = scene.spawn(command);
        until("it listens, or is gone", || {
            scene.has_reader("web/supervise/ok")
                || scene.has_reader("moved/supervise/ok")
                || !scene.path("web").exists()
        });
        let pid = runsv.pid();
        let open = descriptors(pid);
        throughout("it lives", Duration::from_millis(300), || {
            run.contains("PPID") || process_state(Some(pid)).is_some_and(|state| state != 'Z')
        });
        // At one moment it may just be reading a file; what is left open stays open.
        until(&format!("nothing is left open by {run}"), || runsv.ended() || descriptors(pid) <= open + 1);
        runsv.signal(libc::SIGTERM);
        assert_eq!(runsv.end().code, 0, "{run}: {}", runsv.err());
        drop(web);
        let left = scene.processes();
        left.into_iter().for_each(|pid| scene.try_to_signal(pid, libc::SIGKILL));
        until("nobody is left", || scene.processes().is_empty());
        for dir in ["web", "moved"] {
            let _ = std::fs::remove_dir_all(scene.path(dir));
        }
    }
}

#[test]
fn a_status_of_garbage_is_said_to_be_that() {
    let scene = Scene::new();
    let mut random = Random::new(11);
    for length in [0, 1, 19, 20, 21, 66, 67, 68, 5000] {
        let bytes: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
        let fake = scene.fake(&format!("web{length}"), Status::down());
        fake.says_bytes(&bytes);
        for words in [&["status"][..], &["--json", "list"], &["list"], &["why"], &["-w", "1", "up"]] {
            let done = scene.run("sv", &[words, &[&format!("./web{length}")]].concat());
            assert!((0..=111).contains(&done.code) && !done.err.contains("panic"), "{length} {words:?}: {done:?}");
            assert!(done.out.bytes().chain(done.err.bytes()).all(|byte| byte == b'\n' || byte >= b' '), "{done:?}");
        }
    }
}

#[test]
fn names_that_are_no_words_are_shown_escaped() {
    let scene = Scene::new();
    let names: [&[u8]; 5] = [b"a\nb", b"\x1b[31mred", b"\xff\xfe", b"tab\there", &[b'n'; 255]];
    for name in names {
        let dir = std::path::Path::new("scan").join(OsStr::from_bytes(name));
        scene.dir(&dir);
        scene.script(dir.join("run"), IDLE);
    }
    let mut command = scene.command(ours("runsvdir"));
    command.arg("scan").env("PATH", format!("{}:/usr/bin:/bin", ours("runsv").parent().unwrap().display()));
    let mut runsvdir = scene.spawn(command);
    let shown =
        |name: &[u8], file: &str| scene.read(std::path::Path::new("scan").join(OsStr::from_bytes(name)).join(file));
    until("all run", || names.iter().all(|name| shown(name, "supervise/stat") == "run\n"));
    for words in [&["list"][..], &["--json", "list"], &["status"], &["why"], &["journal"]] {
        let mut command = scene.command(ours("sv"));
        command.args(words).env("SVDIR", scene.path("scan"));
        if words.last() != Some(&"list") {
            command.args(names.map(OsStr::from_bytes));
        }
        let done = scene.finish(command);
        // JSON has such names in hexadecimal besides.
        let json = words.contains(&"--json");
        let clean =
            |text: &str| text.bytes().all(|byte| byte == b'\n' || byte >= b' ') && (json || !text.contains('\u{fffd}'));
        assert!(clean(&done.out), "{words:?}: {:?}", done.out);
        assert!(clean(&done.err), "{words:?}: {:?}", done.err);
    }
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end().code, 111);
    until("nobody is left", || scene.processes().is_empty());
}

/// They are links to nowhere in particular, so that nothing of them runs for long.
fn entries(number: usize) {
    let scene = Scene::new();
    scene.service("scan/web").run(IDLE);
    scene.dir("empty");
    let mut command = scene.command(ours("runsvdir"));
    command.arg("scan").env("PATH", format!("{}:/usr/bin:/bin", ours("runsv").parent().unwrap().display()));
    let mut runsvdir = scene.spawn(command);
    until("it runs", || scene.read("scan/web/supervise/stat") == "run\n");
    for round in 0..2 {
        for n in 0..number {
            scene.file(format!("scan/file{n}"), "");
        }
        for n in 0..number {
            scene.remove(format!("scan/file{n}"));
        }
        scene.service(&format!("scan/late{round}")).run(IDLE);
        until("a late one runs", || scene.read(format!("scan/late{round}/supervise/stat")) == "run\n");
    }
    assert!(private(runsvdir.pid()) < 4096, "{} KiB", private(runsvdir.pid()));
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end().code, 111);
    until("nobody is left", || scene.processes().is_empty());
}

#[test]
fn ten_thousand_entries_come_and_go() {
    entries(10_000);
}

/// A service that ends at once, so many times: what its supervisor holds at the start, after some and at the end.
fn restarts(number: usize) {
    let scene = Scene::new();
    let web = scene.service("web").file("restart", "delay 0\n").run("exit 0").down().supervise();
    let pid = web.runsv.pid();
    let starts = || {
        let bytes = scene.bytes("web/supervise/status");
        keepup::service::record::Record::unpack(&bytes).map_or(0, |record| record.starts as usize)
    };
    // Nothing in a shell: what is measured is the supervisor.
    scene.remove("web/run");
    scene.link("/bin/true", "web/run");
    web.send("u");
    let mut told = Vec::new();
    for wanted in [10, 1_000.min(number), number] {
        let start = crate::namespace::now();
        while starts() < wanted {
            assert!(start.elapsed() < Duration::from_secs(3600));
            throughout("it goes on", Duration::from_millis(20), || true);
        }
        told.push((wanted, private(pid), descriptors(pid)));
    }
    let text: Vec<String> = told.iter().map(|(n, kib, fds)| format!("{n}: {kib} KiB, {fds} descriptors")).collect();
    println!("RESTARTS {}", text.join("; "));
    let (first, last) = (told[0], told[2]);
    // A descriptor more may be open while it is looked at.
    assert!(last.1 <= first.1 + 16 && last.2 <= first.2 + 4, "{text:?}");
}

#[test]
fn a_thousand_restarts_leak_nothing() {
    restarts(1_000);
}

#[test]
#[ignore = "takes minutes: make faults"]
fn a_hundred_thousand_restarts_leak_nothing() {
    restarts(100_000);
}
