//! sv: what it says of a service, what it sends, what it waits for. Most of these tests show it a `supervise` directory
//! of their own making, without any runsv, so that they are exact.

use crate::scene::*;
use std::process::Command;

mod check;
mod commands;
mod lsb;
mod names;
mod status;
mod troubles;
mod usage;
mod waiting;
mod whole;

/// The command `sv`, with the scene as its directory of services.
fn command(scene: &Scene, args: &[&str]) -> Command {
    let mut command = scene.command(program("sv"));
    command.args(args).env("SVDIR", scene.path(""));
    command
}

/// Runs `sv` to its end.
fn sv(scene: &Scene, args: &[&str]) -> Done {
    let done = scene.finish(command(scene, args));
    Done { out: ageless(&done.out), ..done }
}

/// Starts `sv`, and waits for nothing.
fn start(scene: &Scene, args: &[&str]) -> Running {
    scene.spawn(command(scene, args))
}

/// Waits for the end of one that was started.
#[track_caller]
fn end(mut running: Running) -> Done {
    let done = running.end();
    Done { out: ageless(&done.out), ..done }
}

/// What `sv` is expected to leave: exit code and standard output; nothing on standard error.
fn says(code: i32, out: &str) -> Done {
    Done { code, out: out.to_owned(), err: String::new() }
}

/// Each number of seconds as `Ns`: it may be another one by the time it is printed.
fn ageless(text: &str) -> String {
    let words = text.split_inclusive([' ', ',', ';', '\n']);
    words
        .map(
            |word| {
                if is_age(word) {
                    word.replace(|c: char| c.is_ascii_digit(), "").replace('s', "Ns")
                } else {
                    word.into()
                }
            },
        )
        .collect()
}

/// Whether a word is a number of seconds, perhaps with what follows it.
fn is_age(word: &str) -> bool {
    let word = word.trim_end_matches([' ', ',', ';', '\n']);
    word.strip_suffix('s').is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}
