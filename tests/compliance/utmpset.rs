//! utmpset, with files of the scene for utmp and wtmp.
#![allow(clippy::unwrap_used, clippy::panic)] // also outside of the test functions

use crate::namespace::{available, run_covered};
use crate::scene::{Done, Scene, program};
use std::os::unix::fs::PermissionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

const SIZE: usize = size_of::<libc::utmpx>();

/// A record: kind, line, user.
type Entry<'a> = (i16, &'a str, &'a str);

const JOE: Entry<'_> = (libc::USER_PROCESS, "tty1", "joe");
const PROMPT: Entry<'_> = (libc::LOGIN_PROCESS, "tty2", "LOGIN");
const GONE: Entry<'_> = (libc::DEAD_PROCESS, "tty3", "");

fn record((kind, line, user): Entry<'_>) -> libc::utmpx {
    // SAFETY: numbers and bytes, for which zero is a value.
    let mut record: libc::utmpx = unsafe { std::mem::zeroed() };
    record.ut_type = kind;
    record.ut_pid = 123;
    fill(&mut record.ut_line, line);
    fill(&mut record.ut_user, user);
    fill(&mut record.ut_host, "far.example.org");
    fill(&mut record.ut_id, "id");
    record
}

fn fill(field: &mut [libc::c_char], text: &str) {
    for (to, from) in field.iter_mut().zip(text.bytes()) {
        *to = from as libc::c_char;
    }
}

fn text(field: &[libc::c_char]) -> String {
    field.iter().take_while(|c| **c != 0).map(|c| char::from(*c as u8)).collect()
}

fn pack(records: &[libc::utmpx]) -> Vec<u8> {
    // SAFETY: plain data, read as what it is in memory.
    unsafe { std::slice::from_raw_parts(records.as_ptr().cast(), std::mem::size_of_val(records)) }.to_vec()
}

fn unpack(bytes: &[u8]) -> Vec<libc::utmpx> {
    // SAFETY: every pattern of bytes is a record.
    bytes.chunks_exact(SIZE).map(|chunk| unsafe { chunk.as_ptr().cast::<libc::utmpx>().read_unaligned() }).collect()
}

/// A machine where these are logged in; none at all where utmp does not exist.
fn scene(entries: &[Entry<'_>]) -> Scene {
    let scene = Scene::new();
    scene.dir("log");
    let records: Vec<_> = entries.iter().map(|entry| record(*entry)).collect();
    scene.file("run/utmp", pack(&records));
    scene
}

fn utmpset(scene: &Scene, args: &[&str]) -> Done {
    run_covered(scene, &[("run", "/var/run"), ("log", "/var/log")], &program("utmpset"), args)
}

fn ready(test: &str) -> bool {
    available(test, &["/var/run", "/var/log"])
}

fn utmp(scene: &Scene) -> Vec<libc::utmpx> {
    unpack(&scene.bytes("run/utmp"))
}

#[allow(clippy::disallowed_methods)] // compared with what another program read from the clock
fn is_now(seconds: i64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    (now - 300..=now).contains(&seconds)
}

#[track_caller]
fn assert_no_such_line(done: &Done, line: &str) {
    let text = format!("utmpset: warning: unable to logout line {line} in utmp: no such entry\n");
    assert_eq!((done.code, done.err.as_str()), (111, text.as_str()));
}

#[test]
fn usage() {
    let scene = Scene::new();
    let name = program("utmpset").display().to_string();
    let usage = format!("usage: {name} [-w] line\n\n");
    for args in [&[][..], &["-w"]] {
        let done = scene.run("utmpset", args);
        assert_eq!((done.code, done.err), (1, usage.clone()));
    }
    let done = scene.run("utmpset", &["-x", "tty1"]);
    assert_eq!((done.code, done.err), (1, format!("utmpset: illegal option -- x\n{usage}")));
    let done = scene.run("utmpset", &["-V"]);
    assert!(done.err.starts_with("$Id: ") && done.err.ends_with(&format!(" $\n{usage}")), "{}", done.err);
    assert_eq!(done.code, 1);
}

#[test]
fn logs_a_user_out() {
    if !ready("logs_a_user_out") {
        return;
    }
    let scene = scene(&[PROMPT, JOE, GONE]);
    let done = utmpset(&scene, &["tty1"]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "", ""));
    let records = utmp(&scene);
    let joe = &records[1];
    assert_eq!(
        (joe.ut_type, text(&joe.ut_user), text(&joe.ut_host)),
        (libc::DEAD_PROCESS, String::new(), String::new())
    );
    assert_eq!((joe.ut_pid, text(&joe.ut_line), text(&joe.ut_id)), (123, "tty1".into(), "id".into()));
    assert!(is_now(joe.ut_tv.tv_sec.into()));
    assert_eq!(pack(&records[..1]), pack(&[record(PROMPT)]), "the others stay");
    assert_eq!(pack(&records[2..]), pack(&[record(GONE)]));
    assert!(!scene.path("log/wtmp").exists());
}

#[test]
fn a_login_prompt_counts() {
    if !ready("a_login_prompt_counts") {
        return;
    }
    let scene = scene(&[JOE, PROMPT]);
    assert_eq!(utmpset(&scene, &["tty2"]).code, 0);
    assert_eq!(utmp(&scene)[1].ut_type, libc::DEAD_PROCESS);
    assert_no_such_line(&utmpset(&scene, &["tty2"]), "tty2");
}

#[test]
fn only_the_first_of_a_line_is_changed() {
    if !ready("only_the_first_of_a_line_is_changed") {
        return;
    }
    let scene = scene(&[JOE, JOE]);
    assert_eq!(utmpset(&scene, &["tty1"]).code, 0);
    assert_eq!(utmp(&scene).iter().map(|r| text(&r.ut_user)).collect::<Vec<_>>(), ["", "joe"]);
    assert_eq!(utmpset(&scene, &["tty1"]).code, 0, "then the next");
}

#[test]
fn a_line_that_nobody_uses_is_a_failure() {
    if !ready("a_line_that_nobody_uses_is_a_failure") {
        return;
    }
    let scene = scene(&[JOE, GONE]);
    for line in ["tty3", "tty", "tty11", "", "joe"] {
        assert_no_such_line(&utmpset(&scene, &["-w", line]), line);
    }
    assert_eq!(scene.bytes("run/utmp"), pack(&[record(JOE), record(GONE)]));
    assert!(!scene.path("log/wtmp").exists(), "nothing was logged out");
}

#[test]
fn a_name_that_does_not_fit_is_on_no_line() {
    if !ready("a_name_that_does_not_fit_is_on_no_line") {
        return;
    }
    let long = "x".repeat(33);
    let scene = scene(&[(libc::USER_PROCESS, &long, "joe")]);
    assert_no_such_line(&utmpset(&scene, &[&long]), &long);
}

#[test]
fn wtmp_gets_a_record_of_its_own() {
    if !ready("wtmp_gets_a_record_of_its_own") {
        return;
    }
    let scene = scene(&[JOE]);
    scene.file("log/wtmp", pack(&[record(JOE)]));
    assert_eq!(utmpset(&scene, &["-w", "tty1"]).code, 0);
    let bytes = scene.bytes("log/wtmp");
    assert_eq!(bytes.len(), 2 * SIZE);
    let end = &unpack(&bytes)[1];
    assert_eq!((end.ut_type, end.ut_pid, text(&end.ut_line)), (libc::DEAD_PROCESS, 0, "tty1".into()));
    assert_eq!((text(&end.ut_user), text(&end.ut_host), text(&end.ut_id)), Default::default());
    assert!(is_now(end.ut_tv.tv_sec.into()));
}

#[test]
fn a_new_wtmp_is_for_root_alone() {
    if !ready("a_new_wtmp_is_for_root_alone") {
        return;
    }
    let scene = scene(&[JOE]);
    assert_eq!(utmpset(&scene, &["-w", "tty1"]).code, 0);
    assert_eq!(std::fs::metadata(scene.path("log/wtmp")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn files_that_cannot_be_opened() {
    if !ready("files_that_cannot_be_opened") {
        return;
    }
    let scene = scene(&[JOE]);
    scene.dir("log/wtmp");
    let done = utmpset(&scene, &["-w", "tty1"]);
    assert_eq!((done.code, done.err.as_str()), (111, "utmpset: fatal: unable to open /var/log/wtmp: is a directory\n"));
    std::fs::remove_file(scene.path("run/utmp")).unwrap();
    let done = utmpset(&scene, &["tty1"]);
    let text = "utmpset: fatal: unable to open /var/run/utmp: file does not exist\n";
    assert_eq!((done.code, done.err.as_str()), (111, text));
}

#[test]
fn an_unfinished_record_at_the_end_is_left_alone() {
    if !ready("an_unfinished_record_at_the_end_is_left_alone") {
        return;
    }
    let scene = scene(&[]);
    let before = pack(&[record(PROMPT), record(JOE)])[..2 * SIZE - 1].to_vec();
    scene.file("run/utmp", &before);
    assert_no_such_line(&utmpset(&scene, &["tty1"]), "tty1");
    assert_eq!(scene.bytes("run/utmp"), before);
}
