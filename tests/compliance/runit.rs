//! runit as process 1 of a pid namespace, and runit-init within it.
#![allow(clippy::unwrap_used, clippy::panic)] // also outside of the test functions

use crate::namespace::{End, Hardware, MACHINE, available, now, runit_init};
use crate::scene::Scene;
use std::fs::metadata;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn ready(test: &str) -> bool {
    available(test, MACHINE)
}

/// A command of the stages that makes a file which its owner may execute.
const STOP: &str = "install -m 100 /dev/null /run/runit.stopit";
const REBOOT: &str = "install -m 100 /dev/null /run/runit.reboot";
/// A stage 2 that is ready to be told to end, does this, and then waits to be told.
fn waits(command: &str) -> String {
    format!("trap told=yes TERM\necho up\n{command}\nuntil [ \"$told\" ]; do sleep .05; done\necho told")
}

const LAST: [&str; 2] = ["- runit: sending KILL signal to all processes...", "- runit: power off..."];

fn enter(stage: &str) -> String {
    format!("- runit: enter stage: /etc/runit/{stage}")
}

fn leave(stage: &str) -> String {
    format!("- runit: leave stage: /etc/runit/{stage}")
}

/// Where this line is; the console in the message if it is nowhere.
#[track_caller]
fn at(console: &[String], line: &str) -> usize {
    console.iter().position(|l| l == line).unwrap_or_else(|| panic!("{line:?} is not in {console:#?}"))
}

#[track_caller]
fn in_this_order(console: &[String], lines: &[&str]) {
    let places: Vec<usize> = lines.iter().map(|line| at(console, line)).collect();
    assert!(places.is_sorted(), "{lines:?} come in another order: {console:#?}");
}

#[test]
fn must_be_process_one() {
    for args in [&[][..], &["0"], &["-V"]] {
        let done = Scene::new().run("runit", args);
        assert_eq!((done.code, done.err.as_str()), (111, "- runit: fatal: must be run as process no 1.\n"));
    }
}

#[test]
fn three_stages_and_off() {
    if !ready("three_stages_and_off") {
        return;
    }
    let (end, console) = Hardware::new().boot().end();
    let mut expected = Vec::new();
    for stage in ["1", "2", "3"] {
        expected.extend([enter(stage), format!("stage {stage}"), leave(stage)]);
    }
    expected.extend(LAST.map(String::from));
    assert_eq!((end, console), (End::Off, expected));
}

#[test]
fn says_that_it_boots() {
    if !ready("says_that_it_boots") {
        return;
    }
    let mut machine = Hardware::new().boot();
    machine.shows(LAST[1]);
    let first = machine.console().lines().next().unwrap_or_default().to_owned();
    assert!(first.starts_with("- runit: $Id: ") && first.ends_with(" $: booting."), "{first:?}");
}

#[test]
fn the_reboot_file_makes_it_a_reboot() {
    if !ready("the_reboot_file_makes_it_a_reboot") {
        return;
    }
    let (end, console) = Hardware::new().script("3", REBOOT).boot().end();
    assert_eq!(end, End::Reboot);
    in_this_order(&console, &[LAST[0], "- runit: system reboot."]);
}

#[test]
fn a_reboot_file_that_nobody_may_execute_does_not_count() {
    if !ready("a_reboot_file_that_nobody_may_execute_does_not_count") {
        return;
    }
    let script = "install -m 677 /dev/null /run/runit.reboot";
    assert_eq!(Hardware::new().script("3", script).boot().end().0, End::Off);
}

#[test]
fn stage_one_that_exits_100_skips_stage_two() {
    if !ready("stage_one_that_exits_100_skips_stage_two") {
        return;
    }
    let (_, console) = Hardware::new().script("1", "exit 100").boot().end();
    let failed = "- runit: warning: child failed: /etc/runit/1";
    in_this_order(&console, &[failed, &leave("1"), "- runit: warning: skipping stage 2...", &enter("3")]);
    assert!(!console.contains(&enter("2")), "{console:#?}");
}

#[test]
fn stage_one_that_fails_otherwise_does_not() {
    if !ready("stage_one_that_fails_otherwise_does_not") {
        return;
    }
    for code in ["1", "111"] {
        let (_, console) = Hardware::new().script("1", &format!("exit {code}")).boot().end();
        let failed = "- runit: warning: child failed: /etc/runit/1";
        in_this_order(&console, &[failed, &leave("1"), &enter("2"), "stage 2"]);
    }
}

#[test]
fn stage_two_that_exits_111_is_started_again() {
    if !ready("stage_two_that_exits_111_is_started_again") {
        return;
    }
    let body = "[ -e /run/again ] && exit 0\n> /run/again\nexit 111";
    let mut machine = Hardware::new().script("2", body).boot();
    machine.shows("- runit: warning: killing all processes in stage 2...");
    let killed = now();
    machine.shows("- runit: warning: restarting.");
    assert!(killed.elapsed() > Duration::from_secs(4), "five seconds, seen from here");
    let (_, console) = machine.end();
    let failed = "- runit: warning: child failed: /etc/runit/2";
    in_this_order(
        &console,
        &[failed, "- runit: warning: killing all processes in stage 2...", &leave("2"), &enter("3")],
    );
    assert_eq!(console.iter().filter(|line| **line == enter("2")).count(), 2);
}

#[test]
fn what_a_crashed_stage_two_left_in_its_group_is_killed() {
    if !ready("what_a_crashed_stage_two_left_in_its_group_is_killed") {
        return;
    }
    let body =
        "if [ -e /run/again ]; then grep -al '700[12]' /proc/[0-9]*/cmdline | xargs cat | tr '\\0' ' '; exit 0; fi
        > /run/again; sleep 7001 & setsid sh -c '> /run/free; exec sleep 7002' &
        while [ ! -e /run/free ]; do sleep .05; done; exit 111";
    let (_, console) = Hardware::new().script("2", body).boot().end();
    let text = console.join(" ");
    assert!(text.contains("sleep 7002") && !text.contains("sleep 7001 "), "{console:#?}");
}

#[test]
fn any_other_end_of_stage_two_is_the_end() {
    if !ready("any_other_end_of_stage_two_is_the_end") {
        return;
    }
    for code in ["1", "100"] {
        let (_, console) = Hardware::new().script("2", &format!("exit {code}")).boot().end();
        in_this_order(&console, &["- runit: warning: child failed: /etc/runit/2", &leave("2"), &enter("3")]);
    }
}

#[test]
fn a_stage_that_cannot_be_executed_counts_as_ended_well() {
    if !ready("a_stage_that_cannot_be_executed_counts_as_ended_well") {
        return;
    }
    for (missing, next) in [("1", "2"), ("2", "3"), ("3", "")] {
        let (end, console) = Hardware::new().without(missing).boot().end();
        assert_eq!(end, End::Off);
        let fatal = format!("- runit: fatal: unable to start child: /etc/runit/{missing}: file does not exist");
        in_this_order(&console, &[&enter(missing), &fatal, &leave(missing)]);
        assert!(next.is_empty() || console.contains(&enter(next)), "{console:#?}");
    }
}

#[test]
fn cont_with_the_stop_file_ends_stage_two() {
    if !ready("cont_with_the_stop_file_ends_stage_two") {
        return;
    }
    let hardware = Hardware::new().script("2", &waits(&format!("{STOP}; kill -CONT 1")));
    let (end, console) = hardware.script("3", "stat -c 'stop %a' /run/runit.stopit").boot().end();
    assert_eq!(end, End::Off);
    in_this_order(&console, &["up", "told", &leave("2"), &enter("3"), "stop 0"]);
}

#[test]
fn cont_without_the_stop_file_means_nothing() {
    if !ready("cont_without_the_stop_file_means_nothing") {
        return;
    }
    for make in ["", "install -m 677 /dev/null /run/runit.stopit"] {
        let body = format!("{make}\ntrap 'echo told; exit' TERM\nkill -CONT 1\nsleep .5\necho still here");
        let (_, console) = Hardware::new().script("2", &body).boot().end();
        in_this_order(&console, &["still here", &leave("2")]);
        assert!(!console.contains(&"told".to_owned()));
    }
}

#[test]
fn only_the_process_of_stage_two_is_told() {
    if !ready("only_the_process_of_stage_two_is_told") {
        return;
    }
    let body = format!(
        "(trap 'echo the group' TERM; > /run/ready; sleep 60 & wait) &
        while [ ! -e /run/ready ]; do sleep .05; done; {STOP}; kill -CONT 1; sleep 60"
    );
    let (_, console) = Hardware::new().script("2", &body).script("3", "sleep 1").boot().end();
    assert!(!console.contains(&"the group".to_owned()), "{console:#?}");
}

#[test]
fn a_stage_two_that_does_not_end_is_killed_after_five_seconds() {
    if !ready("a_stage_two_that_does_not_end_is_killed_after_five_seconds") {
        return;
    }
    let body = format!("{STOP}\ntrap 'echo told' TERM\nkill -CONT 1\nwhile :; do sleep 60 & wait; done");
    let mut machine = Hardware::new().script("2", &body).boot();
    machine.shows("told");
    let told = now();
    let (_, console) = machine.end();
    assert!(told.elapsed() > Duration::from_secs(4));
    let killed = "- runit: warning: stage 2 not terminated, sending sigkill...";
    in_this_order(&console, &["told", killed, &leave("2"), &enter("3")]);
}

#[test]
fn when_the_power_fails_no_file_is_needed_and_there_is_no_reboot() {
    if !ready("when_the_power_fails_no_file_is_needed_and_there_is_no_reboot") {
        return;
    }
    let (end, console) = Hardware::new().script("2", &waits(&format!("{REBOOT}; kill -PWR 1"))).boot().end();
    assert_eq!(end, End::Off);
    in_this_order(&console, &["up", "told", &leave("2"), &enter("3"), "- runit: power off..."]);
}

#[test]
fn ctrl_alt_del_runs_its_program_and_then_looks_for_the_stop_file() {
    if !ready("ctrl_alt_del_runs_its_program_and_then_looks_for_the_stop_file") {
        return;
    }
    let hardware = Hardware::new().script("2", &waits("kill -INT 1"));
    let (_, console) = hardware.script("ctrlaltdel", &format!("echo asked\n{STOP}")).boot().end();
    let request = "- runit: ctrl-alt-del request...";
    in_this_order(&console, &["up", request, &enter("ctrlaltdel"), "asked", &leave("ctrlaltdel"), "told", &enter("3")]);
}

#[test]
fn ctrl_alt_del_whose_program_does_not_stop_the_machine() {
    if !ready("ctrl_alt_del_whose_program_does_not_stop_the_machine") {
        return;
    }
    let body = "trap 'echo told; exit' TERM\nkill -INT 1\nsleep 1\necho still here";
    let (_, console) = Hardware::new().script("2", body).script("ctrlaltdel", "exit 3").boot().end();
    in_this_order(&console, &[&leave("ctrlaltdel"), "still here", &leave("2")]);
}

#[test]
fn ctrl_alt_del_without_its_program_means_nothing() {
    if !ready("ctrl_alt_del_without_its_program_means_nothing") {
        return;
    }
    let body = format!("{STOP}\ntrap 'echo told; exit' TERM\nkill -INT 1\nsleep .5\necho still here");
    let hardware = Hardware::new().script("2", &body).script("ctrlaltdel", "echo asked");
    let hardware = hardware.script("1", "chmod 0 /etc/runit/ctrlaltdel");
    let (_, console) = hardware.boot().end();
    in_this_order(&console, &["still here", &leave("2")]);
    assert!(!console.contains(&"asked".to_owned()) && !console.contains(&"told".to_owned()));
}

#[test]
fn alrm_goes_to_stage_two() {
    if !ready("alrm_goes_to_stage_two") {
        return;
    }
    let body = "trap 'echo rescan; exit' ALRM\nkill -ALRM 1\nwhile :; do sleep 60 & wait; done";
    let (_, console) = Hardware::new().script("2", body).boot().end();
    in_this_order(&console, &["rescan", &leave("2")]);
}

#[test]
fn in_other_stages_signals_are_refused_aloud() {
    if !ready("in_other_stages_signals_are_refused_aloud") {
        return;
    }
    for stage in ["1", "3"] {
        for signal in ["CONT", "INT", "PWR"] {
            let body = format!("{STOP}\nkill -{signal} 1\nsleep .6\necho done");
            let (_, console) = Hardware::new().script(stage, &body).boot().end();
            in_this_order(&console, &["- runit: warning: signals only work in stage 2.", "done", &leave(stage)]);
        }
    }
}

#[test]
fn stages_get_no_arguments_and_the_environment_of_process_one() {
    if !ready("stages_get_no_arguments_and_the_environment_of_process_one") {
        return;
    }
    let hardware = Hardware::new().before("env COLOUR=green");
    let (_, console) = hardware.script("2", "echo \"$0 $# $COLOUR\"").boot().end();
    in_this_order(&console, &["/etc/runit/2 0 green"]);
}

#[test]
fn stages_two_and_three_lead_sessions_of_their_own() {
    if !ready("stages_two_and_three_lead_sessions_of_their_own") {
        return;
    }
    let body = "set -- $(cat /proc/$$/stat)\necho \"session $6\"; [ $6 = $$ ] && echo leads";
    let (_, console) = Hardware::new().script("1", body).script("2", body).script("3", body).boot().end();
    assert_eq!(console[1], "session 1", "stage 1 stays in that of process 1: {console:#?}");
    assert_eq!(console.iter().filter(|line| *line == "leads").count(), 2, "{console:#?}");
}

#[test]
fn stages_start_with_no_signal_blocked() {
    if !ready("stages_start_with_no_signal_blocked") {
        return;
    }
    // All but PWR, which Debian's forgets.
    let body = "grep -h SigBlk /proc/self/status | tr '\t' ' '";
    let (_, console) = Hardware::new().script("1", body).script("2", body).script("3", body).boot().end();
    let masks = console.iter().filter_map(|line| u64::from_str_radix(line.strip_prefix("SigBlk: ")?, 16).ok());
    let masks: Vec<u64> = masks.map(|mask| mask & !(1 << (libc::SIGPWR - 1))).collect();
    assert_eq!(masks, [0, 0, 0], "{console:#?}");
}

#[test]
fn the_console_is_their_output_and_stage_one_can_read_it() {
    if !ready("the_console_is_their_output_and_stage_one_can_read_it") {
        return;
    }
    let body =
        "for fd in 0 1 2; do readlink /proc/$$/fd/$fd; done; echo error >&2; ls /proc/$$/fd | tr '\\n' ' '; echo";
    let (_, console) = Hardware::new().script("1", body).script("2", body).boot().end();
    assert_eq!(console.iter().filter(|line| *line == "/dev/console").count(), 6, "{console:#?}");
    assert!(console.contains(&"error".to_owned()));
    let (_, console) =
        Hardware::new().script("1", "exec 3<&0; echo 'flags:' $(grep flags /proc/$$/fdinfo/0)").boot().end();
    let flags = console.iter().find(|line| line.starts_with("flags:")).unwrap();
    let flags = u32::from_str_radix(flags.rsplit(' ').next().unwrap(), 8).unwrap();
    assert_eq!(flags & 3, 2, "for reading and writing: {flags:o}");
}

#[test]
fn orphans_are_collected() {
    if !ready("orphans_are_collected") {
        return;
    }
    let body = "(sleep .1 & echo $! > /run/orphan)\nread pid < /run/orphan
        while [ -e /proc/$pid ]; do sleep .05; done; echo collected";
    Hardware::new().script("2", body).boot().shows("collected");
}

#[test]
fn init_0_halts() {
    if !ready("init_0_halts") {
        return;
    }
    let hardware = Hardware::new().script("2", &waits(&format!("{REBOOT}; \"$INIT\" 0; echo \"code $?\"")));
    let (end, console) = hardware.script("3", "stat -c '%n %a' /run/runit.*").boot().end();
    assert_eq!(end, End::Off);
    in_this_order(&console, &["up", "code 0", &enter("3"), "/run/runit.reboot 0", "/run/runit.stopit 0"]);
    in_this_order(&console, &["told", &leave("2")]);
}

#[test]
fn init_6_reboots() {
    if !ready("init_6_reboots") {
        return;
    }
    for word in ["6", "66", "6x"] {
        let hardware = Hardware::new().script("2", &waits(&format!("\"$INIT\" {word}; echo \"code $?\"")));
        let (end, console) = hardware.script("3", "stat -c '%n %a' /run/runit.*").boot().end();
        assert_eq!(end, End::Reboot);
        in_this_order(&console, &["up", "code 0", &enter("3"), "/run/runit.reboot 100", "/run/runit.stopit 0"]);
    }
}

#[test]
fn init_6_in_stage_three_makes_it_a_reboot() {
    if !ready("init_6_in_stage_three_makes_it_a_reboot") {
        return;
    }
    let (end, _) = Hardware::new().script("3", "\"$INIT\" 6; sleep .2").boot().end();
    assert_eq!(end, End::Reboot);
}

#[test]
fn init_as_process_one_becomes_runit() {
    if !ready("init_as_process_one_becomes_runit") {
        return;
    }
    let body = "tr '\\0' ' ' < /proc/1/cmdline; echo";
    let (end, console) = Hardware::new().init(runit_init()).script("2", body).boot().end();
    assert_eq!(end, End::Off);
    in_this_order(&console, &[&enter("1"), "runit ", &leave("2")]);
}

#[test]
fn init_usage_is_no_failure() {
    let init = runit_init();
    let usage = format!("usage: {} 0|6\n\n", init.display());
    let scene = Scene::new();
    for args in [&[][..], &["5"], &["x0"], &[""]] {
        let mut command = scene.command(&init);
        command.args(args);
        let done = scene.finish(command);
        assert_eq!((done.code, done.err.as_str()), (0, usage.as_str()), "{args:?}");
    }
    let mut command = scene.command(&init);
    command.arg("-V");
    let done = scene.finish(command);
    assert!(done.err.starts_with("$Id: ") && done.err.ends_with(&format!(" $\n\n{usage}")), "{:?}", done.err);
}

#[test]
fn init_says_which_file_it_cannot_make() {
    let test = "init_says_which_file_it_cannot_make";
    if !ready(test) {
        return;
    }
    let scene = Scene::new();
    scene.dir("run/runit.stopit");
    let done = crate::namespace::run_covered(&scene, &[("run", "/run")], &runit_init(), &["0"]);
    // The original names the wrong reason: it closes what it did not open before it looks.
    assert!(done.err.starts_with("init: fatal: unable to create /run/runit.stopit: "), "{:?}", done.err);
    assert_eq!(done.code, 111);
    assert_eq!(metadata(scene.path("run/runit.stopit")).unwrap().permissions().mode() & 0o777, 0o755);
}
