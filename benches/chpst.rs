//! What it costs to start a program through chpst, against runit's, daemontools' and s6's, side by side.
//!
//!     cargo bench --bench chpst            # as root; medians of 400 rounds
//!     ROUNDS=2000 cargo bench --bench chpst
//!
//! The commands are run in turns, one of each in a round, so that whatever else the machine does hits all of them
//! alike. `net` is the median without that of the program alone: what is left is what the tool itself costs.
#![allow(clippy::disallowed_methods)] // it starts processes and measures time

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The program that is started in the end.
const PROGRAM: &str = "/bin/true";

/// A command of a table.
struct Contestant {
    who: &'static str,
    words: Vec<String>,
    times: Vec<Duration>,
}

fn main() {
    // cargo hands on what it was given; `cargo test --benches` must not measure.
    if std::env::args().any(|word| word == "--test") {
        return;
    }
    let rounds = std::env::var("ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let dir = std::env::temp_dir().join(format!("keepup-bench-{}", std::process::id()));
    let env = dir.join("env");
    if let Err(error) = prepare(&env) {
        eprintln!("unable to prepare {}: {error}", env.display());
        return;
    }
    let env = env.display().to_string();
    let ours = Path::new(env!("CARGO_BIN_EXE_chpst")).display().to_string();
    measure(
        "user (-u nobody)",
        rounds,
        &[
            ("ours", &[&ours, "-u", "nobody"]),
            ("runit", &["/usr/bin/chpst", "-u", "nobody"]),
            ("s6", &["/usr/bin/s6-setuidgid", "nobody"]),
            ("daemontools", &["/usr/bin/setuidgid", "nobody"]),
        ],
    );
    measure(
        "environment directory of five variables (-e)",
        rounds,
        &[
            ("ours", &[&ours, "-e", &env]),
            ("runit", &["/usr/bin/chpst", "-e", &env]),
            ("s6", &["/usr/bin/s6-envdir", &env]),
            ("daemontools", &["/usr/bin/envdir", &env]),
        ],
    );
    measure(
        "two limits (-o, -c)",
        rounds,
        &[
            ("ours", &[&ours, "-o", "100", "-c", "0"]),
            ("runit", &["/usr/bin/chpst", "-o", "100", "-c", "0"]),
            ("s6", &["/usr/bin/s6-softlimit", "-o", "100", "-c", "0"]),
            ("daemontools", &["/usr/bin/softlimit", "-o", "100", "-c", "0"]),
        ],
    );
    let s6 = [
        "/usr/bin/s6-envdir",
        &env,
        "/usr/bin/s6-softlimit",
        "-o",
        "100",
        "-c",
        "0",
        "/usr/bin/s6-setuidgid",
        "nobody",
    ];
    let daemontools =
        ["/usr/bin/envdir", &env, "/usr/bin/softlimit", "-o", "100", "-c", "0", "/usr/bin/setuidgid", "nobody"];
    measure(
        "all three",
        rounds,
        &[
            ("ours", &[&ours, "-e", &env, "-o", "100", "-c", "0", "-u", "nobody"]),
            ("runit", &["/usr/bin/chpst", "-e", &env, "-o", "100", "-c", "0", "-u", "nobody"]),
            ("s6", &s6),
            ("daemontools", &daemontools),
        ],
    );
    let _ = fs::remove_dir_all(dir);
}

fn prepare(env: &Path) -> std::io::Result<()> {
    fs::create_dir_all(env)?;
    for name in ["LANG", "DATABASE_URL", "PORT", "SECRET", "WORKERS"] {
        fs::write(env.join(name), format!("value of {name}\n"))?;
    }
    Ok(())
}

fn measure(title: &str, rounds: usize, table: &[(&'static str, &[&str])]) {
    let alone = Contestant { who: "nothing", words: vec![PROGRAM.to_owned()], times: Vec::new() };
    let mut all = vec![alone];
    for (who, words) in table {
        let words: Vec<String> = words.iter().copied().chain([PROGRAM]).map(str::to_owned).collect();
        let missing = words.iter().find(|word| word.starts_with('/') && !PathBuf::from(word.as_str()).exists());
        match missing {
            Some(path) => println!("{who}: left out, {path} is not installed"),
            None => all.push(Contestant { who, words, times: Vec::new() }),
        }
    }
    for _ in 0..rounds {
        for contestant in &mut all {
            if !contestant.run() {
                eprintln!("{} failed: {:?}", contestant.who, contestant.words);
                return;
            }
        }
    }
    print(title, rounds, &mut all);
}

impl Contestant {
    fn run(&mut self) -> bool {
        let Some((program, args)) = self.words.split_first() else { return false };
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let good = command.status().is_ok_and(|status| status.success());
        self.times.push(start.elapsed());
        good
    }

    fn median(&mut self) -> f64 {
        self.times.sort_unstable();
        self.times.get(self.times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    }
}

fn print(title: &str, rounds: usize, all: &mut [Contestant]) {
    let medians: Vec<(&str, f64)> = all.iter_mut().map(|one| (one.who, one.median())).collect();
    let of = |who| medians.iter().find(|(name, _)| *name == who).map_or(0.0, |(_, median)| *median);
    let (alone, ours) = (of("nothing"), of("ours"));
    println!("{title}: medians of {rounds} rounds, microseconds");
    for (who, median) in &medians {
        let net = median - alone;
        let ratio = if *who == "nothing" {
            String::new()
        } else {
            format!("ours/this: {:.2} (net {:.2})", ours / median, (ours - alone) / net)
        };
        println!("  {who:12} {median:7.0}  net {net:6.0}  {ratio}");
    }
}
