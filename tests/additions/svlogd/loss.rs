//! Lines that the original loses.

use crate::scene::logger::{Logger, all_bytes, directory, log, old_names, pipe, quiet};
use crate::scene::{Scene, ours, root, skip, until};
use std::io::Read;

#[test]
fn a_last_line_without_its_end_is_kept_and_gets_one() {
    for (args, config) in [(&["d"][..], ""), (&["-R", "\x01", "d"], ""), (&["d"], "+*\n"), (&["d", "e"], "")] {
        let scene = Scene::new();
        directory(&scene, "d", config);
        directory(&scene, "e", "");
        assert_eq!(log(&scene, args, "foo\nbar"), quiet(0));
        assert_eq!(scene.read("d/current"), "foo\nbar\n", "{args:?} {config}");
    }
}

#[test]
fn term_together_with_data_loses_nothing() {
    let scene = Scene::new();
    for (name, args) in [("plain", &[][..]), ("lines", &["-R", "\x01"][..])] {
        directory(&scene, name, "");
        let (read, write) = pipe();
        let mut left = Vec::new();
        // What one logger leaves in the pipe the next one finds there.
        for round in 0..20 {
            let mut command = scene.command(ours("svlogd"));
            command.args(args).arg(name).stdin(read.try_clone().unwrap());
            let mut running = scene.spawn(command);
            nix::unistd::write(&write, format!("{round}a\n{round}b\n").as_bytes()).unwrap();
            running.signal(libc::SIGTERM);
            let done = running.end();
            assert!(done.code == 0 || done.code == -libc::SIGTERM, "{done:?}"); // killed before it listened
        }
        drop(write);
        // A logger that was killed has left it as it wants it: not waiting for anybody.
        nix::fcntl::fcntl(&read, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::empty())).unwrap();
        std::fs::File::from(read).read_to_end(&mut left).unwrap();
        let got = [all_bytes(&scene, name), left].concat();
        let wanted: String = (0..20).map(|round| format!("{round}a\n{round}b\n")).collect();
        assert_eq!(String::from_utf8_lossy(&got), wanted, "{name}");
    }
}

#[test]
fn term_in_the_middle_of_a_line_keeps_it_and_leaves_the_next() {
    for args in [&["d"][..], &["-R", "\x01", "d"]] {
        let scene = Scene::new();
        directory(&scene, "d", "");
        let mut logger = Logger::start(&scene, args);
        logger.write("one\ntw");
        until("it has been read", || logger.unread() == 0);
        logger.running.signal(libc::SIGTERM);
        until("the signal has been taken", || !signal_waits(logger.running.pid()));
        logger.write("o\nthree\n");
        assert_eq!(logger.running.end(), quiet(0));
        assert_eq!(scene.read("d/current"), "one\ntwo\n");
        assert_eq!(logger.unread(), 6, "the successor's line stays in the pipe");
    }
}

fn signal_waits(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap().trim().to_owned();
    u64::from_str_radix(&line, 16).unwrap() >> (libc::SIGTERM - 1) & 1 == 1
}

#[test]
fn a_second_term_does_not_wait_for_the_line() {
    let scene = Scene::new();
    directory(&scene, "d", "");
    let mut logger = Logger::start(&scene, &["-v", "d"]);
    logger.write("one\ntw");
    until("it has been read", || scene.read("d/current") == "one\ntw");
    logger.running.signal(libc::SIGTERM);
    until("it was told", || logger.running.err().contains("sigterm"));
    assert_eq!(logger.term().code, 0);
    assert_eq!(scene.read("d/current"), "one\ntw");
}

#[test]
fn what_has_come_of_a_line_does_not_wait_in_memory() {
    for (args, wanted) in [(&["d"][..], "par"), (&["-tt", "d"], " par")] {
        let scene = Scene::new();
        directory(&scene, "d", "");
        let mut logger = Logger::start(&scene, args);
        logger.write("par");
        until("the piece is there", || scene.read("d/current").ends_with(wanted));
        logger.write("tial\n");
        assert_eq!(logger.end(), quiet(0));
        assert!(scene.read("d/current").ends_with(&format!("{wanted}tial\n")));
    }
}

#[test]
fn alarm_in_the_middle_of_a_line_rotates_at_its_end() {
    for args in [&["-v", "d"][..], &["-v", "-R", "\x01", "d"]] {
        let scene = Scene::new();
        directory(&scene, "d", "");
        let mut logger = Logger::start(&scene, args);
        logger.write("one\ntw");
        until("it has been read", || logger.unread() == 0);
        logger.running.signal(libc::SIGALRM);
        until("it was told", || logger.running.err().contains("sigalarm"));
        logger.write("o\nthree\n");
        assert_eq!(logger.end().code, 0);
        let old = old_names(&scene, "d");
        assert_eq!(old.len(), 1);
        assert_eq!(scene.read(format!("d/{}", old[0])), "one\ntwo\n");
        assert_eq!(scene.read("d/current"), "three\n");
    }
}

/// A logger on a file system of so many bytes, and where to look at its directory from here.
fn on_a_small_disk(scene: &Scene, size: &str, config: &str, options: &[&str]) -> (Logger, std::path::PathBuf) {
    scene.dir("d");
    let script = scene.script(
        "start",
        format!("mount -t tmpfs -o size={size} none d || exit 99\nprintf '{config}' >d/config\nexec \"$@\""),
    );
    let mut command = scene.command("unshare");
    command.arg("-m").arg(script).arg(ours("svlogd")).args(options).arg("d");
    let logger = Logger::of(scene, command);
    let root = std::path::PathBuf::from(format!("/proc/{}/root", logger.running.pid()));
    let inside = root.join(scene.path("d").strip_prefix("/").unwrap());
    (logger, inside)
}

const FULL: &str = "svlogd: pausing: unable to write to current: d: out of disk space\n";

#[test]
fn on_a_full_disk_term_still_works_and_the_pipe_keeps_the_rest() {
    if !root() {
        return skip("on_a_full_disk_term_still_works", "needs root to mount a small file system");
    }
    for options in [&[][..], &["-R", "\x01"]] {
        let scene = Scene::new();
        let (mut logger, _) = on_a_small_disk(&scene, "16k", "s0", options);
        logger.write("line\n".repeat(6000));
        until("the disk is full", || logger.running.err().contains(FULL));
        let done = logger.term();
        if options.is_empty() {
            assert_eq!(done.code, 0, "nothing was in hand: {done:?}");
            assert!(logger.unread() >= 30_000 - 16_384, "what is not in the file is in the pipe");
        } else {
            assert_eq!(done.code, 111, "{done:?}");
            assert!(done.err.contains("svlogd: warning: lost: "), "{done:?}");
        }
    }
}

#[test]
fn a_full_disk_is_waited_for() {
    if !root() {
        return skip("a_full_disk_is_waited_for", "needs root to mount a small file system");
    }
    for options in [&[][..], &["-R", "\x01"]] {
        let scene = Scene::new();
        let (mut logger, inside) = on_a_small_disk(&scene, "64k", "s0", options);
        until("it runs", || inside.join("current").exists());
        std::fs::File::create(inside.join("ballast")).unwrap().set_len(0).unwrap();
        let mut ballast = std::fs::OpenOptions::new().write(true).open(inside.join("ballast")).unwrap();
        let _ = std::io::Write::write_all(&mut ballast, &[0; 1 << 16]);
        let text = "line\n".repeat(4000);
        logger.write(&text);
        until("the disk is full", || logger.running.err().contains(FULL));
        std::fs::remove_file(inside.join("ballast")).unwrap();
        drop(ballast);
        until("all is there", || std::fs::read_to_string(inside.join("current")).unwrap() == text);
        assert_eq!(logger.end().code, 0);
    }
}

#[test]
fn on_a_full_disk_old_files_go_where_they_may() {
    if !root() {
        return skip("on_a_full_disk_old_files_go", "needs root to mount a small file system");
    }
    let scene = Scene::new();
    let (mut logger, inside) = on_a_small_disk(&scene, "64k", "s10000\\nn0\\nn20\\nN1\\n", &["-l", "10"]);
    for number in 0..40_000 {
        logger.write(format!("{number:06}\n"));
    }
    until("it is all written", || {
        std::fs::read_to_string(inside.join("current")).is_ok_and(|text| text.ends_with("039999\n"))
    });
    let done = logger.end();
    assert_eq!(done.code, 0);
    assert!(done.err.contains("svlogd: warning: out of disk space, delete: d/@40000000"), "{}", done.err);
    assert!(!done.err.contains("pausing"), "{}", done.err);
}

#[test]
fn hangup_on_a_full_disk_loses_nothing() {
    if !root() {
        return skip("hangup_on_a_full_disk", "needs root to mount a small file system");
    }
    let scene = Scene::new();
    let (mut logger, inside) = on_a_small_disk(&scene, "64k", "s0", &["-R", "\x01"]);
    until("it runs", || inside.join("current").exists());
    let ballast = inside.join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    let _ = std::io::Write::write_all(&mut file, &[0; 1 << 16]);
    let text = "line\n".repeat(4000);
    logger.write(&text);
    until("the disk is full", || logger.running.err().contains(FULL));
    logger.running.signal(libc::SIGHUP);
    until("it is full again", || logger.running.err().matches("pausing").count() > 1);
    std::fs::remove_file(ballast).unwrap();
    drop(file);
    let all = || {
        let mut names: Vec<_> = std::fs::read_dir(&inside).unwrap().map(|e| e.unwrap().path()).collect();
        names.retain(|path| path.ends_with("current") || path.extension().is_some());
        names.sort();
        names.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect::<String>()
    };
    until("all is there", || all() == text);
    assert_eq!(logger.end().code, 0);
}

#[test]
fn hangup_brings_a_log_back_that_cannot_be_opened() {
    let scene = Scene::new();
    scene.dir("d/current");
    let mut logger = Logger::start(&scene, &["d"]);
    until("it pauses", || logger.running.err().contains("pausing"));
    std::fs::remove_dir(scene.path("d/current")).unwrap();
    logger.running.signal(libc::SIGHUP);
    logger.write("x\n");
    until("it logs", || scene.read("d/current") == "x\n");
    assert_eq!(logger.end().code, 0);
}
