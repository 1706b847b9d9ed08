//! What is said where all is well.

use super::fake::{Says, both_say_the_same, fault, list, outcome, process, text};
use keepup::rpc::Value;

const NO_INPUT: &str = "";

#[track_caller]
fn agree(answers: super::fake::Answers, commands: &[&str]) {
    let commands: Vec<(&str, &str)> = commands.iter().map(|command| (*command, NO_INPUT)).collect();
    both_say_the_same(answers, &commands);
}

fn processes() -> Says {
    list(&[
        process("cat", "cat", 20, "RUNNING", "pid 77, uptime 0:00:01"),
        process("g", &"long".repeat(10), 0, "STOPPED", "Not started"),
        process("g", "b", 10, "STARTING", ""),
        process("é", "é", 200, "FATAL", "it's <&>"),
    ])
}

#[test]
fn status_is_padded_by_the_longest_name() {
    agree(
        &[("getAllProcessInfo", processes)],
        &["status", "status all", "status cat", "status cat all", "status é cat"],
    );
}

#[test]
fn status_of_groups_and_of_what_nobody_knows() {
    agree(
        &[("getAllProcessInfo", processes)],
        &[
            "status g:*",
            "status g:",
            "status x",
            "status x:* cat y:z",
            "status g",
            "status g:b cat g:b",
            "status x g:*",
        ],
    );
}

#[test]
fn every_state_has_its_exit_code() {
    macro_rules! states {
        ($($state:literal)*) => {$(agree(&[("getAllProcessInfo", || list(&[process("a", "a", $state, "ANY", "x")]))], &["status"]);)*};
    }
    states!(0 10 20 30 40 100 200 1000);
}

#[test]
fn no_process_is_no_line() {
    agree(&[("getAllProcessInfo", || list(&[]))], &["status", "status all", "pid all", "status a"]);
}

#[test]
fn pids_are_numbers() {
    agree(&[("getAllProcessInfo", processes), ("getPID", || Says::Value(Value::Int(5)))], &["pid", "pid all"]);
    agree(&[("getProcessInfo", || Says::Value(process("a", "a", 0, "STOPPED", "")))], &["pid a", "pid a b"]);
    agree(&[("getProcessInfo", || Says::Value(process("a", "a", 20, "RUNNING", "")))], &["pid a", "pid a g:*"]);
}

#[test]
fn names_of_all_kinds_are_shown_as_they_are_known() {
    let all =
        [("startProcess", (|| Says::Value(Value::Bool(true))) as fn() -> Says), ("startProcessGroup", || list(&[]))];
    let all: &'static _ = Box::leak(Box::new(all));
    agree(
        all,
        &[
            "start a",
            "start a:a",
            "start a:b:c",
            "start :x",
            "start *",
            "start a:*:b",
            "start é",
            "start g: g:*",
            "restart a",
        ],
    );
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    agree(&[("startProcess", || fault(10)), ("startProcessGroup", || list(&[outcome("p", 80)]))], &["start a g:* b"]);
    agree(&[("startProcess", || fault(50)), ("startProcessGroup", || fault(10))], &["start g:* a", "start a g:*"]);
}

#[test]
fn too_few_words_and_too_many() {
    agree(
        &[],
        &[
            "start",
            "stop",
            "restart",
            "signal",
            "signal HUP",
            "clear",
            "tail",
            "tail a b c d",
            "maintail a b",
            "fg",
            "fg a b",
            "add",
            "remove",
        ],
    );
}

#[test]
fn commands_without_arguments_refuse_them() {
    agree(&[], &["version x", "avail x", "reread x", "reload x", "shutdown x"]);
}

#[test]
fn tail_is_told_how_much() {
    let log: super::fake::Answers = &[
        ("readProcessStdoutLog", || Says::Value(text("a\nb & é\n"))),
        ("readProcessStderrLog", || Says::Value(text(""))),
        ("readLog", || Says::Value(text("x"))),
    ];
    agree(
        log,
        &["tail a", "tail a stdout", "tail a stderr", "tail -5 a", "tail -0 a", "tail --3 a", "tail -1_0 a stdout"],
    );
    agree(
        log,
        &[
            "tail -x a",
            "tail - a",
            "tail -3f a",
            "tail 3 a",
            "tail -3",
            "tail a foo",
            "tail -x a foo",
            "tail a stderr x",
            "tail -3 a b stderr",
            "tail -f",
            "tail -1.5 a",
        ],
    );
    agree(log, &["maintail", "maintail -3", "maintail x", "maintail -x", "maintail 10", "maintail -0", "maintail f"]);
}

#[test]
fn what_cannot_be_followed_is_told() {
    agree(&[], &["tail -f a", "tail -f a stderr", "tail -f g:*", "maintail -f", "tail -f a foo", "maintail -f x"]);
}

fn programs() -> Says {
    let program = |name: &str, used, starts| {
        let members = [
            ("name", text(name)),
            ("group", text("g")),
            ("inuse", Value::Bool(used)),
            ("autostart", Value::Bool(starts)),
            ("group_prio", Value::Int(-1)),
            ("process_prio", Value::Int(999)),
        ];
        Value::Struct(members.map(|(name, value)| (name.to_owned(), value)).into())
    };
    list(&[program("g", true, true), program(&"x".repeat(40), false, false), program("é", true, false)])
}

#[test]
fn avail_is_a_table() {
    agree(&[("getAllConfigInfo", programs)], &["avail"]);
    agree(&[("getAllConfigInfo", || list(&[]))], &["avail"]);
}

fn changes() -> Says {
    let names = |names: &[&str]| Value::List(names.iter().map(|name| text(name)).collect());
    list(&[Value::List(vec![names(&["n2", "n1"]), names(&["c"]), names(&["gone"])])])
}

#[test]
fn reread_lists_what_has_changed() {
    agree(&[("reloadConfig", changes)], &["reread"]);
    agree(
        &[("reloadConfig", || {
            list(&[Value::List(vec![Value::List(vec![]), Value::List(vec![]), Value::List(vec![])])])
        })],
        &["reread", "update", "update all"],
    );
}

#[test]
fn update_does_it() {
    agree(
        &[
            ("reloadConfig", changes),
            ("stopProcessGroup", || list(&[outcome("p", 80)])),
            ("getAllProcessInfo", processes),
        ],
        &["update", "update all", "update all x", "update n1", "update x", "update gone", "update cat"],
    );
}

#[test]
fn update_ends_at_what_it_does_not_expect() {
    agree(&[("reloadConfig", changes), ("stopProcessGroup", || list(&[outcome("p", 30)]))], &["update"]);
    agree(
        &[("reloadConfig", changes), ("stopProcessGroup", || list(&[])), ("removeProcessGroup", || fault(91))],
        &["update"],
    );
    agree(
        &[("reloadConfig", changes), ("stopProcessGroup", || list(&[])), ("addProcessGroup", || fault(90))],
        &["update"],
    );
    agree(&[("reloadConfig", changes), ("stopProcessGroup", || fault(10))], &["update"]);
}

#[test]
fn groups_come_and_go() {
    agree(&[], &["add a b", "remove a b"]);
}

#[test]
fn the_server_is_told_to_end_or_to_begin_again() {
    agree(&[], &["shutdown", "reload", "version"]);
}

#[test]
fn a_process_that_does_not_run_has_no_foreground() {
    agree(&[("getProcessInfo", || Says::Value(process("a", "a", 0, "STOPPED", "")))], &["fg a"]);
    agree(&[("getProcessInfo", || Says::Value(process("a", "a", 10, "STARTING", "")))], &["fg a"]);
}

#[test]
fn help_is_there_for_each_command() {
    let topics = "add avail clear exit fg help maintail open pid quit reload remove reread restart shutdown signal start status stop tail update version";
    let commands: Vec<String> = topics.split(' ').map(|topic| format!("help {topic}")).collect();
    agree(&[], &commands.iter().map(String::as_str).collect::<Vec<_>>());
    agree(&[], &["help", "?", "?start", "? stop", "help x", "help start stop", "help EOF", "help  start"]);
}

#[test]
fn what_is_no_command_is_told() {
    agree(&[], &["x", "x y", "!ls", "add;x", "EOF", "quit", "quit x", "exit", "é", "-", "start-x"]);
}

#[test]
fn open_asks_another() {
    agree(&[], &["open", "open x", "open https://x", "open http://127.0.0.1:1", "open unix:///no/such.sock"]);
}
