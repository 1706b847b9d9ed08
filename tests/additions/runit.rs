//! What only our process 1 does, and where it follows runit 2.3.0 rather than 2.1.2.

use crate::namespace::{End, Hardware, MACHINE, available, now};
use std::time::Duration;

fn ready(test: &str) -> bool {
    available(test, MACHINE)
}

fn enter(stage: &str) -> String {
    format!("- runit: enter stage: /etc/runit/{stage}")
}

fn count(console: &[String], line: &str) -> usize {
    console.iter().filter(|l| *l == line).count()
}

#[test]
fn a_stage_two_that_crashes_is_started_again() {
    if !ready("a_stage_two_that_crashes_is_started_again") {
        return;
    }
    let body = "[ -e /run/again ] && exit 0\n> /run/again\nkill -SEGV $$";
    let mut machine = Hardware::new().script("2", body).boot();
    machine.shows("- runit: warning: child crashed: /etc/runit/2");
    let crashed = now();
    machine.shows("- runit: warning: restarting.");
    assert!(crashed.elapsed() > Duration::from_secs(4));
    assert_eq!(count(&machine.end().1, &enter("2")), 2);
}

#[test]
fn a_stage_one_that_crashes_skips_stage_two() {
    if !ready("a_stage_one_that_crashes_skips_stage_two") {
        return;
    }
    let (_, console) = Hardware::new().script("1", "kill -KILL $$").boot().end();
    assert_eq!(count(&console, "- runit: warning: child crashed: /etc/runit/1"), 1);
    assert_eq!(count(&console, &enter("2")), 0, "{console:#?}");
}

#[test]
fn stages_start_with_no_signal_ignored_or_blocked() {
    if !ready("stages_start_with_no_signal_ignored_or_blocked") {
        return;
    }
    let body = "grep -hE 'Sig(Ign|Blk)' /proc/self/status | tr '\t' ' '";
    let (_, console) = Hardware::new().script("1", body).script("2", body).boot().end();
    let masks = console.iter().filter_map(|line| line.strip_prefix("SigIgn: ").or(line.strip_prefix("SigBlk: ")));
    // Of those that process 1 waits for: others stay as whoever started it had them.
    let ours = [libc::SIGCHLD, libc::SIGCONT, libc::SIGINT, libc::SIGPWR, libc::SIGALRM];
    let ours: u64 = ours.map(|signal| 1 << (signal - 1)).iter().sum();
    let masks: Vec<u64> = masks.map(|mask| u64::from_str_radix(mask, 16).unwrap() & ours).collect();
    assert_eq!(masks, [0, 0, 0, 0], "{console:#?}");
}

#[test]
fn writes_of_a_stage_wait_for_a_slow_console() {
    if !ready("writes_of_a_stage_wait_for_a_slow_console") {
        return;
    }
    let (_, console) = Hardware::new().script("2", "yes 0123456789 | head -n 20000").boot().end();
    assert_eq!(count(&console, "0123456789"), 20000);
}

#[test]
fn a_stop_does_not_wait_for_the_pause_after_a_crash() {
    if !ready("a_stop_does_not_wait_for_the_pause_after_a_crash") {
        return;
    }
    let one = "install -m 100 /dev/null /run/runit.stopit\n(sleep 1; kill -CONT 1) &";
    let (_, console) = Hardware::new().script("1", one).script("2", "exit 111").boot().end();
    assert_eq!(count(&console, "- runit: warning: restarting."), 0, "{console:#?}");
    assert_eq!(count(&console, "stage 3"), 1);
}

#[test]
fn the_emergency_program_takes_the_place_of_a_stage_that_cannot_run() {
    if !ready("the_emergency_program_takes_the_place_of_a_stage_that_cannot_run") {
        return;
    }
    // It leads a session whose terminal is the console, as a shell wants it; stage 2 is mended meanwhile.
    let body = "set -- $(cat /proc/$$/stat)\n[ $6 = $$ ] && [ $7 != 0 ] && [ $8 = $$ ] && echo in control
        printf '#!/bin/sh\\necho mended\\n' > /etc/runit/2; chmod 755 /etc/runit/2";
    let hardware = Hardware::new().script("2", "").without("2").script("emergency", body);
    let (_, console) = hardware.boot().end();
    let lines = ["in control", "- runit: leave stage: /etc/runit/emergency", "mended", "stage 3"];
    let places: Vec<_> = lines.map(|line| console.iter().position(|l| l == line)).into();
    assert!(places.is_sorted() && places[0].is_some(), "{console:#?}");
}

#[test]
fn an_emergency_program_that_gives_up_leads_to_stage_three() {
    if !ready("an_emergency_program_that_gives_up_leads_to_stage_three") {
        return;
    }
    let (end, console) = Hardware::new().without("2").script("emergency", "exit 1").boot().end();
    assert_eq!((end, count(&console, "stage 3")), (End::Off, 1));
}

#[test]
fn an_emergency_program_that_nobody_may_execute_is_none() {
    if !ready("an_emergency_program_that_nobody_may_execute_is_none") {
        return;
    }
    let one = "chmod 0 /etc/runit/emergency";
    let (_, console) = Hardware::new().script("1", one).without("2").script("emergency", "echo no").boot().end();
    assert_eq!((count(&console, "no"), count(&console, "stage 3")), (0, 1), "{console:#?}");
}

#[test]
fn runits_own_stop_and_reboot_files_count_where_they_are() {
    if !ready("runits_own_stop_and_reboot_files_count_where_they_are") {
        return;
    }
    let one = "install -m 0 /dev/null /etc/runit/stopit";
    let two = "trap 'echo told; exit 0' TERM\n\"$INIT\" 6\nwhile :; do sleep 60 & wait; done";
    let three = "stat -c '%n %a' /etc/runit/stopit /etc/runit/reboot; ls /run";
    let (end, console) = Hardware::new().script("1", one).script("2", two).script("3", three).boot().end();
    assert_eq!(end, End::Reboot);
    assert_eq!(count(&console, "/etc/runit/stopit 0"), 1, "{console:#?}");
    assert_eq!(count(&console, "/etc/runit/reboot 100"), 1);
    assert_eq!(count(&console, "runit.stopit"), 0, "and the others are not made");
}

#[test]
fn runits_own_files_may_be_links_that_dangle() {
    if !ready("runits_own_files_may_be_links_that_dangle") {
        return;
    }
    let one = "ln -s /run/stopit /etc/runit/stopit; ln -s /run/reboot /etc/runit/reboot";
    let two = "trap 'echo told; exit 0' TERM\n\"$INIT\" 6\nwhile :; do sleep 60 & wait; done";
    let (end, console) = Hardware::new().script("1", one).script("2", two).boot().end();
    assert_eq!((end, count(&console, "told")), (End::Reboot, 1), "{console:#?}");
}

#[test]
fn where_the_kernel_refuses_process_one_ends() {
    if !ready("where_the_kernel_refuses_process_one_ends") {
        return;
    }
    let (end, console) = Hardware::new().before("setpriv --bounding-set -sys_boot").boot().end();
    assert_eq!(end, End::Code(0));
    assert_eq!(count(&console, "- runit: warning: unable to power off: permission denied"), 1, "{console:#?}");
}

#[test]
fn a_second_ctrl_alt_del_does_not_start_a_second_program() {
    if !ready("a_second_ctrl_alt_del_does_not_start_a_second_program") {
        return;
    }
    let two = "kill -INT 1; while [ ! -e /run/asked ]; do sleep .05; done
        kill -INT 1; sleep .3; > /run/go; while [ ! -e /run/gone ]; do sleep .05; done; sleep .3";
    let asked = "echo asked; > /run/asked; while [ ! -e /run/go ]; do sleep .05; done; > /run/gone";
    let (_, console) = Hardware::new().script("2", two).script("ctrlaltdel", asked).boot().end();
    assert_eq!(count(&console, "asked"), 1, "{console:#?}");
}
