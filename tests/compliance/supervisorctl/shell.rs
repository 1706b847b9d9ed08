//! The shell, reading from a pipe.

use super::fake::{Says, both_say_the_same, list, process, text};

fn processes() -> Says {
    list(&[
        process("cat", "cat", 20, "RUNNING", "pid 7, uptime 0:00:01"),
        process("a", "a", 0, "STOPPED", "Not started"),
    ])
}

#[track_caller]
fn agree(inputs: &[&str]) {
    let commands: Vec<(&str, &str)> = inputs.iter().map(|input| ("", *input)).collect();
    both_say_the_same(
        &[("getAllProcessInfo", processes), ("getSupervisorVersion", || Says::Value(text("4")))],
        &commands,
    );
}

#[test]
fn it_begins_with_the_status_and_ends_with_the_input() {
    agree(&["", "version", "version\n", "version\nversion\n\n\n  version  \n"]);
}

#[test]
fn it_ends_by_a_word() {
    agree(&["quit\nversion\n", "exit\nversion\n", "EOF\nversion\n", "quit now\n"]);
}

#[test]
fn failures_do_not_end_it() {
    agree(&[
        "x\nstatus y\nstart\nhelp stop\n?\nversion\n",
        "open http://127.0.0.1:1\nversion\navail\n",
        "tail\nfg\nsignal\nopen x\n",
    ]);
}

#[test]
fn it_asks_before_the_server_ends() {
    agree(&[
        "shutdown\nn\nversion\n",
        "shutdown\ny\n",
        "shutdown\nYes\n",
        "shutdown\n\n",
        "shutdown\n yes\n",
        "shutdown x\n",
    ]);
    agree(&["reload\nno\nversion\n", "reload\ny\n"]);
}

#[test]
fn a_question_may_stay_without_an_answer() {
    agree(&["shutdown", "reload\n"]);
}

#[test]
fn interactive_with_a_command_asks_and_is_no_shell() {
    let commands = [
        ("-i shutdown", "n\nversion\n"),
        ("-i shutdown", "y\n"),
        ("-i version", "version\n"),
        ("-i", "version\n"),
        ("-i reload", ""),
    ];
    both_say_the_same(&[("getAllProcessInfo", processes)], &commands);
}

#[test]
fn a_status_that_fails_does_not_end_it() {
    both_say_the_same(&[("getAllProcessInfo", || super::fake::fault(6))], &[("", "x\n")]);
    both_say_the_same(&[("getVersion", || Says::Raw("500 No", ""))], &[("", "version\n")]);
}
