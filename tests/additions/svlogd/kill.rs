//! Killed at any moment, it loses nothing where bytes go out as they come in, and at most the batch in hand otherwise.

use crate::scene::logger::{all_bytes, directory, pipe};
use crate::scene::{Random, Scene, Supervised, ours, process_state, throughout, until, until_some};
use std::os::fd::OwnedFd;
use std::time::Duration;

/// The most that is read at once, as the manual says.
const BATCH: usize = 64 * 1024;
const LINE: usize = 16;

/// Writes numbered lines until told to stop, and answers how many.
fn writer(to: OwnedFd, stop: std::sync::Arc<std::sync::atomic::AtomicBool>) -> std::thread::JoinHandle<u64> {
    use std::io::Write;
    std::thread::spawn(move || {
        let mut to = std::fs::File::from(to);
        let mut number = 0;
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            let mut lines = String::new();
            for _ in 0..(1 + number % 50) {
                lines += &format!("{number:0width$}\n", width = LINE - 1);
                number += 1;
            }
            to.write_all(lines.as_bytes()).unwrap();
        }
        number
    })
}

/// Kills loggers on one pipe, which we hold as runsv does; the numbers that arrived, and how many were written.
fn survivors(scene: &Scene, args: &[&str], kills: usize) -> (Vec<u64>, u64) {
    let (read, write) = pipe();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let writer = writer(write, stop.clone());
    let start = |stdin: OwnedFd| {
        let mut command = scene.command(ours("svlogd"));
        command.args(args).stdin(stdin);
        scene.spawn(command)
    };
    let mut random = Random::new(42);
    for _ in 0..kills {
        let mut running = start(read.try_clone().unwrap());
        let before = all_size(scene);
        let wanted = before + 1 + random.below(200_000) as u64;
        until("it has written for a while", || all_size(scene) >= wanted);
        running.signal(libc::SIGKILL);
        running.end();
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut last = start(read);
    let written = writer.join().unwrap();
    assert_eq!(last.end().code, 0);
    (numbers(scene, "d"), written)
}

/// The numbers that are in a log.
fn numbers(scene: &Scene, directory: &str) -> Vec<u64> {
    let text = all_bytes(scene, directory);
    let lines = text.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    lines.filter_map(|line| std::str::from_utf8(line).ok()?.trim().parse().ok()).collect()
}

fn all_size(scene: &Scene) -> u64 {
    let files = std::fs::read_dir(scene.path("d")).into_iter().flatten().flatten();
    files.filter_map(|entry| entry.metadata().ok()).map(|facts| facts.len()).sum()
}

#[test]
fn as_they_come_nothing_is_lost() {
    let scene = Scene::new();
    directory(&scene, "d", "s50000\nn0\n");
    let (numbers, written) = survivors(&scene, &["d"], 200);
    assert!(numbers.iter().copied().eq(0..written), "{} of {written} lines", numbers.len());
}

/// What one log had and the other had not when it came is written to both again.
#[test]
fn with_several_directories_nothing_is_lost_and_at_most_a_batch_is_there_twice() {
    let scene = Scene::new();
    for name in ["d", "e"] {
        directory(&scene, name, "s50000\nn0\n");
    }
    let kills = 100;
    let (in_first, written) = survivors(&scene, &["d", "e"], kills);
    for (name, found) in [("d", in_first), ("e", numbers(&scene, "e"))] {
        let twice = found.len() as u64 - written;
        assert!(twice <= (kills * (BATCH / LINE + 2)) as u64, "{twice} lines twice in {name}");
        let found: std::collections::BTreeSet<u64> = found.into_iter().collect();
        assert!(found.into_iter().eq(0..written), "{name} has all {written} lines");
    }
}

#[test]
fn otherwise_at_most_a_batch_for_each_kill() {
    let scene = Scene::new();
    directory(&scene, "d", "s50000\nn0\n");
    let kills = 40;
    let (numbers, written) = survivors(&scene, &["-m", "1000000000", "d"], kills);
    assert!(numbers.is_sorted(), "in order");
    let lost = written as usize - numbers.len();
    assert!(lost <= kills * (BATCH / LINE + 2), "{lost} lines of {written} lost by {kills} kills");
}

/// Writes numbered lines, one at a time, until there is a file `stop`; then says how many.
const NUMBERS: &str = "i=0; while ! [ -e stop ]; do echo $i; i=$((i+1)); done; echo $i > written; exec sleep 1000";

/// A service whose logger is killed again and again while both are at work.
struct Web<'a> {
    service: Supervised<'a>,
    kills: usize,
}

impl Web<'_> {
    fn start(scene: &Scene, number: usize) -> Web<'_> {
        let name = format!("web{number}");
        directory(scene, &format!("{name}/log/main"), "s50000\nn0\n");
        let log = format!("echo $$ >> pids; exec {} ./main", ours("svlogd").display());
        Web { service: scene.service(&name).run(NUMBERS).log(&log).supervise(), kills: 0 }
    }

    /// Kills it this long after it began, or whenever we come to it.
    fn kill(&mut self, scene: &Scene, after: Duration) {
        let pid = until_some("there is a logger", || self.service.lines("log/pids").get(self.kills)?.parse().ok());
        let name = || std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
        until("it is svlogd", || name() == "svlogd\n");
        throughout("it is at work", after, || process_state(Some(pid)).is_some_and(|state| state != 'Z'));
        scene.signal(pid, libc::SIGKILL);
        self.kills += 1;
    }

    fn end(mut self, scene: &Scene) {
        let web = &mut self.service;
        web.until_lines("log/pids", self.kills + 1);
        scene.file(web.at("stop"), "");
        until("the service says how much it wrote", || web.read("written").ends_with('\n'));
        web.send("x");
        assert_eq!(web.end(), 0);
        assert_eq!(web.lines("log/pids").len(), self.kills + 1, "nobody else has ended it");
        let text = String::from_utf8(all_bytes(scene, &web.at("log/main"))).unwrap();
        let written: u64 = web.read("written").trim_end().parse().unwrap();
        let lost =
            (0..written).map(|number| number.to_string()).zip(text.lines()).find(|(number, line)| number != line);
        assert_eq!(lost, None, "{}", web.name());
        assert_eq!(text.lines().count() as u64, written);
    }
}

/// A logger that dies within its first second is started again a second later: that is why there are ten of them.
#[test]
fn under_runsv_nothing_is_lost_by_two_hundred_kills() {
    let scene = Scene::new();
    let mut services: Vec<Web<'_>> = (0..10).map(|number| Web::start(&scene, number)).collect();
    let mut random = Random::new(7);
    for _ in 0..20 {
        for web in &mut services {
            web.kill(&scene, Duration::from_micros(random.below(20_000) as u64));
        }
    }
    services.into_iter().for_each(|web| web.end(&scene));
}
