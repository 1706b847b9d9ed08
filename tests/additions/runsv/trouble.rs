//! What its user, its directory or its machine does to it: it says so in one line, and goes on.

use crate::scene::{Scene, until};
use crate::scene::service::IDLE;
use std::process::Stdio;

#[test]
fn a_message_that_nobody_reads_does_not_end_it() {
    let scene = Scene::new();
    let web = scene.service("web").run("exit 0");
    scene.remove("web/run"); // each start fails, and is complained of
    let (reader, writer) = nix::unistd::pipe().unwrap();
    drop(reader);
    let mut runsv = web.command();
    let mut runsv = runsv.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    web.until_stat("down");
    web.script("run", IDLE).until_stat("run");
    assert_eq!(runsv.try_wait().unwrap(), None, "it lives");
    scene.signal(runsv.id() as i32, libc::SIGTERM);
    assert_eq!(runsv.wait().unwrap().code(), Some(0));
}

#[test]
fn a_name_cannot_break_the_line_of_a_message() {
    let scene = Scene::new();
    let web = scene.service("a\nb\x1b[31m");
    let mut runsv = web.start();
    until("it complains", || !runsv.err().is_empty());
    runsv.signal(libc::SIGTERM);
    assert_eq!(runsv.end().code, 0);
    assert_eq!(runsv.err(), "runsv a\\x0ab\\x1b[31m: fatal: unable to start ./run: file does not exist\n");
}
