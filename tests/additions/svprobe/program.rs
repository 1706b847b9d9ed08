//! Programs that say it by their exit code, or take too long for it.

use super::{cannot_tell, probe, says};
use crate::scene::{Scene, ours, timed, until};
use std::time::Duration;

#[test]
fn its_exit_code_says_it() {
    let scene = Scene::new();
    says(&probe(&scene, &["program", "true"]), 0, "ok: program true: exit code 0");
    says(&probe(&scene, &["program", "sh", "-c", "exit 3"]), 1, "fail: program sh: exit code 3");
    says(&probe(&scene, &["program", "sh", "-c", "kill -9 $$"]), 1, "fail: program sh: ended by signal KILL");
    scene.script("mine", "echo one; echo two; exit 2");
    says(&probe(&scene, &["program", "./mine", "--help"]), 1, "fail: program ./mine: exit code 2: \"one\"");
    cannot_tell(&probe(&scene, &["program", "./none"]), "program ./none: unable to run: file does not exist");
}

#[test]
fn whatever_it_says_it_is_not_held_up() {
    let scene = Scene::new();
    scene.script("loud", "head -c 1000000 /dev/zero | tr '\\0' x; read -r nothing || exit 0");
    let done = probe(&scene, &["program", "./loud"]);
    says(&done, 0, &format!("ok: program ./loud: exit code 0: \"{}...\"", "x".repeat(120)));
    // What it leaves in the background holds its output open.
    scene.script("leaves", "sleep 1000 & echo $! > left; echo done");
    says(&probe(&scene, &["program", "./leaves"]), 0, "ok: program ./leaves: exit code 0: \"done\"");
    scene.signal(scene.read("left").trim().parse().unwrap(), libc::SIGKILL);
}

/// Starts what it would take much to get rid of, one after the other, then says so.
const STUBBORN: &str = "trap '' TERM HUP INT
sleep 1000 &
setsid sh -c 'trap \"\" TERM HUP; echo x >> up; sleep 1000 & wait' &
sh -c 'setsid sh -c \"echo x >> up; exec sleep 1000\" & echo x >> up' &
until [ \"$(wc -l < up)\" = 3 ]; do sleep 0.01; done
echo up
echo x >> up
wait";

#[test]
fn when_it_is_too_late_nothing_is_left_of_it() {
    let scene = Scene::new();
    scene.script("stubborn", STUBBORN);
    scene.file("up", "");
    let (took, done) = timed(|| probe(&scene, &["program", "--timeout", "2s", "./stubborn"]));
    says(&done, 1, "fail: program ./stubborn: timed out after 2s");
    assert!(took >= Duration::from_secs(2));
    until("nobody is left", || scene.processes().is_empty());
}

#[test]
fn who_ends_svprobe_ends_the_program_too() {
    let scene = Scene::new();
    scene.script("stubborn", STUBBORN);
    scene.file("up", "");
    let mut command = scene.command(ours("svprobe"));
    command.args(["--timeout", "1h", "program", "./stubborn"]);
    let mut running = scene.spawn(command);
    until("all of it runs", || scene.lines("up").len() == 4);
    running.signal(libc::SIGTERM);
    cannot_tell(&running.end(), "program ./stubborn: ended by signal TERM");
    until("nobody is left", || scene.processes().is_empty());
}
