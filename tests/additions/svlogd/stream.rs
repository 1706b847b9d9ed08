//! All files one after the other are what came in, whatever it was and however it came.

use crate::scene::logger::{Logger, all_bytes, directory, old_names, quiet};
use crate::scene::{Random, Scene, ours, until};

fn input(random: &mut Random, length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..length)
        .map(|_| match random.below(12) {
            0 => b'\n',
            1 => 0,
            2 => 0xff,
            n => b'a' + n as u8,
        })
        .collect();
    bytes.push(b'\n');
    bytes
}

fn same(options: &[&str], config: &str, seed: u64) {
    let mut random = Random::new(seed);
    let scene = Scene::new();
    let line = format!("{}", 1 + random.below(50));
    let size = [0, 1 + random.below(40), 100 + random.below(3000)][random.below(3)];
    directory(&scene, "d", &format!("s{size}\nn0\n{config}"));
    let args: Vec<&str> = options.iter().copied().chain(["-l", &line, "d"]).collect();
    let length = 1 + random.below(6000);
    let wanted = input(&mut random, length);
    let mut logger = Logger::start(&scene, &args);
    until("it listens", || scene.path("d/current").exists());
    let mut rest = &wanted[..];
    while !rest.is_empty() {
        let length = (1 + random.below(2000)).min(rest.len());
        logger.write(&rest[..length]);
        rest = &rest[length..];
        if random.below(8) == 0 {
            logger.running.signal([libc::SIGALRM, libc::SIGHUP][random.below(2)]);
        }
    }
    assert_eq!(logger.end(), quiet(0), "seed {seed}");
    let got = all_bytes(&scene, "d");
    assert!(got == wanted, "seed {seed} {args:?} s{size}: {} bytes of {}", got.len(), wanted.len());
}

#[test]
fn through_the_kernel() {
    (0..25).for_each(|seed| same(&[], "", seed));
}

#[test]
fn line_by_line() {
    (100..112).for_each(|seed| same(&["-m", "1000000000"], "", seed));
}

#[test]
fn with_patterns() {
    (200..212).for_each(|seed| same(&[], "-*\n+*\n", seed));
}

#[test]
fn a_processor_keeps_up_in_the_end() {
    let scene = Scene::new();
    directory(&scene, "d", "s3000\nn0\n!cat\n");
    let mut logger = Logger::start(&scene, &["d"]);
    let text: String = (0..3000).map(|n| format!("line {n}\n")).collect();
    logger.write(&text);
    assert_eq!(logger.end(), quiet(0));
    assert!(all_bytes(&scene, "d") == text.as_bytes());
    assert!(old_names(&scene, "d").iter().all(|name| name.ends_with(".s")));
}

#[test]
fn short_lines_that_stamps_make_long_are_all_written() {
    let scene = Scene::new();
    directory(&scene, "main", "s3000\nn0\n");
    let input: String = (0..40_000).map(|number| format!("{number}\n")).collect();
    scene.file("input", &input);
    let mut command = scene.command(ours("svlogd"));
    command.args(["-tt", "main"]).stdin(std::fs::File::open(scene.path("input")).unwrap());
    assert_eq!(scene.finish(command), quiet(0));
    let written = String::from_utf8(all_bytes(&scene, "main")).unwrap();
    let texts: String = written.lines().map(|line| line[26..].to_owned() + "\n").collect();
    assert!(texts == input, "{} lines", texts.lines().count());
}
