//! What it costs to start a program through chpst, against runit's, daemontools' and s6's: from the start of the tool
//! to the end of a program that does nothing. The floor is that program alone.

use super::book::Book;
use super::figures;
use super::process::now;
use super::who::Who;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A tool with what it is asked for.
struct Contestant {
    who: Who,
    command: Command,
}

pub fn measure(quick: bool, place: &Path, book: &mut Book) {
    let env = place.join("env");
    fs::create_dir_all(&env).expect("a directory");
    for name in ["LANG", "DATABASE_URL", "PORT", "SECRET", "WORKERS"] {
        fs::write(env.join(name), format!("value of {name}\n")).expect("a variable");
    }
    let env = env.display().to_string();
    let limits = ["-o", "100", "-c", "0"];
    if nix::unistd::geteuid().is_root() {
        compare("user", &["-u", "nobody"], [&["s6-setuidgid", "nobody"], &["setuidgid", "nobody"]], quick, place, book);
    } else {
        println!("SKIPPED chpst -u: not root");
    }
    compare(
        "environment directory of five",
        &["-e", &env],
        [&["s6-envdir", &env], &["envdir", &env]],
        quick,
        place,
        book,
    );
    let [o, hundred, c, zero] = limits;
    let s6 = ["s6-softlimit", o, hundred, c, zero];
    let daemontools = ["softlimit", o, hundred, c, zero];
    compare("two limits", &limits, [&s6, &daemontools], quick, place, book);
    if nix::unistd::geteuid().is_root() {
        let ours = ["-e", &env, o, hundred, c, zero, "-u", "nobody"];
        let s6 = ["s6-envdir", &env, "s6-softlimit", o, hundred, c, zero, "s6-setuidgid", "nobody"];
        let daemontools = ["envdir", &env, "softlimit", o, hundred, c, zero, "setuidgid", "nobody"];
        compare("all three", &ours, [&s6, &daemontools], quick, place, book);
    }
}

fn compare(
    name: &'static str,
    chpst: &[&str],
    [s6, daemontools]: [&[&str]; 2],
    quick: bool,
    place: &Path,
    book: &mut Book,
) {
    let chpst: Vec<&str> = std::iter::once("chpst").chain(chpst.iter().copied()).collect();
    let all = [
        (Who::Keepup, chpst.as_slice()),
        (Who::Runit, &chpst),
        (Who::S6, s6),
        (Who::Daemontools, daemontools),
        (Who::Floor, &[]),
    ];
    let mut all: Vec<Contestant> =
        all.into_iter().filter_map(|(who, words)| Contestant::new(who, words, place)).collect();
    for _ in 0..if quick { 50 } else { 400 } {
        for contestant in &mut all {
            book.note(figures::chpst(name), None, contestant.who, contestant.run());
        }
    }
}

impl Contestant {
    /// Nothing if it is not installed.
    fn new(who: Who, words: &[&str], place: &Path) -> Option<Contestant> {
        let floor = place.join("floor");
        let mut command = match words.split_first() {
            None => Command::new(&floor),
            Some((program, words)) => {
                let mut command = who.command(program);
                command.args(words).arg(&floor);
                Path::new(command.get_program()).exists().then_some(command)?
            }
        };
        command.arg("-true").current_dir(place).stdin(Stdio::null()).stdout(Stdio::null());
        Some(Contestant { who, command })
    }

    fn run(&mut self) -> f64 {
        let began = now();
        let good = self.command.status().is_ok_and(|status| status.success());
        let took = (now() - began) as f64 / 1e3;
        assert!(good, "{}: {:?} failed", self.who.name(), self.command);
        took
    }
}
