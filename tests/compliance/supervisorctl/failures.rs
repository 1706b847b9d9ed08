//! Each failure of each method, in each command that calls it.

use super::fake::list;
use super::fake::{Says, both_say_the_same, fault, outcome};

/// A test for each method: every fault that it may answer with, and one that it may not.
macro_rules! faults {
    ($($test:ident: $method:literal by $commands:expr, with [$($code:literal),*];)*) => {
        $(#[test]
        fn $test() {
            $(both_say_the_same(&[($method, || fault($code))], &$commands.map(|command| (command, "")));)*
        })*
    };
}

faults! {
    start: "startProcess" by ["start a", "start a:b a", "restart a"], with [10, 20, 21, 40, 50, 60, 6, 30];
    start_of_a_group: "startProcessGroup" by ["start g:*", "start g: a"], with [10, 30];
    start_of_all: "startAllProcesses" by ["start all"], with [6, 10];
    stop: "stopProcess" by ["stop a", "restart a b", "stop a:a"], with [10, 70, 30, 11, 20];
    stop_of_a_group: "stopProcessGroup" by ["stop g:*", "stop g: g:*"], with [10, 6];
    stop_of_all: "stopAllProcesses" by ["stop all"], with [6];
    signal: "signalProcess" by ["signal HUP a", "signal 1 a b"], with [10, 11, 70, 30, 20];
    signal_to_a_group: "signalProcessGroup" by ["signal HUP g:*"], with [10, 6];
    signal_to_all: "signalAllProcesses" by ["signal HUP all"], with [6];
    clear: "clearProcessLogs" by ["clear a", "clear a b"], with [10, 30, 6];
    clear_of_all: "clearAllProcessLogs" by ["clear all"], with [6];
    status: "getAllProcessInfo" by ["status", "status a", "pid all"], with [6];
    pid: "getProcessInfo" by ["pid a", "pid a b", "fg a"], with [10, 6];
    pid_of_the_server: "getPID" by ["pid"], with [6];
    tail: "readProcessStdoutLog" by ["tail a", "tail -5 a"], with [10, 20, 30, 6];
    tail_of_standard_error: "readProcessStderrLog" by ["tail a stderr"], with [20, 30];
    maintail: "readLog" by ["maintail", "maintail -7"], with [20, 30, 10];
    avail: "getAllConfigInfo" by ["avail"], with [6, 30];
    reread: "reloadConfig" by ["reread", "update", "update a"], with [6, 92, 30];
    add: "addProcessGroup" by ["add a", "add a b"], with [6, 10, 90, 30];
    remove: "removeProcessGroup" by ["remove a", "remove a b"], with [10, 91, 6];
    shutdown: "shutdown" by ["shutdown"], with [6, 30];
    reload: "restart" by ["reload"], with [6, 30];
    version: "getSupervisorVersion" by ["version"], with [6];
    any_command: "getVersion" by ["version", "status", "start a", "tail -f a", "fg a", "pid", "clear a"], with [1, 6];
}

/// The same in an answer for many.
macro_rules! outcomes {
    ($($test:ident: $method:literal by $command:literal;)*) => {
        $(#[test]
        fn $test() {
            both_say_the_same(&[($method, || list(&[10, 80, 20, 21, 40, 50, 60].map(|code| outcome("p", code))))], &[($command, "")]);
            both_say_the_same(&[($method, || list(&[80, 11, 70, 30, 6].map(|code| outcome("g", code))))], &[($command, "")]);
            both_say_the_same(&[($method, || list(&[]))], &[($command, "")]);
        })*
    };
}

outcomes! {
    outcomes_of_start: "startAllProcesses" by "start all";
    outcomes_of_start_of_a_group: "startProcessGroup" by "start g:*";
    outcomes_of_stop: "stopAllProcesses" by "stop all";
    outcomes_of_stop_of_a_group: "stopProcessGroup" by "stop g:*";
    outcomes_of_signal: "signalAllProcesses" by "signal HUP all";
    outcomes_of_signal_to_a_group: "signalProcessGroup" by "signal HUP g:*";
    outcomes_of_clear: "clearAllProcessLogs" by "clear all";
}

#[test]
fn a_server_of_another_version() {
    let commands = ["version", "status", "start a", "avail x", "help"].map(|command| (command, ""));
    both_say_the_same(&[("getVersion", || Says::Value(keepup::rpc::Value::text("2.0")))], &commands);
}

#[test]
fn a_server_that_is_broken() {
    let commands = ["version", "status", "tail -f a"].map(|command| (command, ""));
    both_say_the_same(&[("getVersion", || Says::Raw("500 Internal Server Error", "x"))], &commands);
    both_say_the_same(&[("getVersion", || Says::Raw("502 Who Knows", ""))], &commands);
    both_say_the_same(&[("getVersion", || Says::Raw("200 OK", "<methodResponse></methodResponse>"))], &commands);
}

#[test]
fn a_server_that_wants_a_password() {
    let commands = ["version", "status", "avail", "shutdown"].map(|command| (command, ""));
    both_say_the_same(
        &[
            ("getVersion", || Says::Raw("401 Unauthorized", "")),
            ("getAllConfigInfo", || Says::Raw("401 No", "")),
            ("shutdown", || Says::Raw("401 No", "")),
        ],
        &commands,
    );
}
