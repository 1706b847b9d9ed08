//! `pidproxy`, as Supervisor has it.

use crate::scene::{Running, Scene, skip, theirs, theirs_under_test, until};

/// Answers to signals in a file, as the process beside the command would.
const BESIDE: &str = "for s in TERM HUP INT USR1 USR2 QUIT; do trap \"echo $s >> heard\" $s; done
echo $$ > pid
while test ! -e over; do sleep 0.02; done";

fn under_test(name: &str) -> bool {
    let there = !theirs_under_test() || theirs("pidproxy").is_some();
    if !there {
        skip(name, "needs pidproxy");
    }
    there
}

/// One that runs a command, and the process beside it.
fn both(scene: &Scene) -> (Running, Running) {
    let beside = scene.script("beside", BESIDE);
    let beside = scene.spawn(scene.command(beside));
    until("the process is there", || !scene.read("pid").is_empty());
    scene.script("command", "echo \"$0 $*\" > arguments; exec sleep 1000");
    let proxy = scene.start("pidproxy", &["pid", "command", "two words", "x"]);
    until("the command runs", || !scene.read("arguments").is_empty());
    (proxy, beside)
}

#[test]
fn the_command_is_a_path_and_gets_its_arguments() {
    if !under_test("the_command_is_a_path_and_gets_its_arguments") {
        return;
    }
    let scene = Scene::new();
    let (_proxy, _beside) = both(&scene);
    assert!(scene.read("arguments").ends_with("/command two words x\n"), "{}", scene.read("arguments"));
}

#[test]
fn signals_go_to_the_process_in_the_file() {
    if !under_test("signals_go_to_the_process_in_the_file") {
        return;
    }
    let scene = Scene::new();
    let (proxy, mut beside) = both(&scene);
    for (number, name) in [(1, "HUP"), (10, "USR1"), (12, "USR2"), (15, "TERM")] {
        proxy.signal(number);
        until(&format!("{name} is heard"), || scene.lines("heard").last().is_some_and(|last| last == name));
    }
    scene.file("over", "");
    assert_eq!(beside.end().code, 0);
}

#[test]
fn a_call_without_a_command_is_refused() {
    if !under_test("a_call_without_a_command_is_refused") {
        return;
    }
    let scene = Scene::new();
    assert_eq!(scene.run("pidproxy", &["pid"]).code, 1);
    assert_eq!(scene.run::<&str>("pidproxy", &[]).code, 1);
}
