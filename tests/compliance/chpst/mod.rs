//! chpst and its other names. `KEEPUP_COMPLIANCE=theirs` runs all of this against runit's.

mod environment;
mod limits;
mod lock;
mod names;
mod process;
mod usage;
mod user;

use crate::scene::{Done, Scene, program, root, skip};
use std::ffi::OsStr;
use std::fs;
use std::process::Command;

/// Where programs are looked for: what cannot be entered would be another reason not to find one.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/// Runs chpst to its end.
fn chpst<A: AsRef<OsStr>>(scene: &Scene, args: &[A]) -> Done {
    let mut command = scene.command(program("chpst"));
    command.env("PATH", PATH).args(args);
    scene.finish(command)
}

/// Runs chpst under another name to its end.
fn named<A: AsRef<OsStr>>(scene: &Scene, name: &str, args: &[A]) -> Done {
    let mut command = scene.command(link(scene, name));
    command.env("PATH", PATH).args(args);
    scene.finish(command)
}

/// Another name of chpst, in the scene's `bin`.
fn link(scene: &Scene, name: &str) -> String {
    let path = scene.path(format!("bin/{name}"));
    if fs::symlink_metadata(&path).is_err() {
        scene.dir("bin");
        scene.link(program("chpst"), format!("bin/{name}"));
    }
    path.display().to_string()
}

/// chpst with nothing in its environment but these.
fn with_environment(scene: &Scene, entries: &[(&str, &str)]) -> Command {
    let mut command = scene.command(program("chpst"));
    command.env_clear().envs(entries.iter().copied());
    command
}

/// A copy of chpst that every user can reach and execute. Another process makes it: a file that was ever open for
/// writing here may still be so in a child of another test, and could not be executed.
fn reachable(scene: &Scene) -> String {
    let mut copy = scene.command("cp");
    copy.args([program("chpst").as_os_str(), "copy".as_ref()]);
    assert_eq!(scene.finish(copy).code, 0);
    scene.path("copy").display().to_string()
}

/// Whether what only root may do can be shown here; says so if not.
fn as_root(test: &str) -> bool {
    if !root() {
        skip(test, "needs root");
    }
    root()
}

/// A number of this name in a file like /etc/passwd.
fn number(file: &str, name: &str, field: usize) -> u32 {
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find(|line| line.split(':').next() == Some(name)).unwrap();
    line.split(':').nth(field).unwrap().parse().unwrap()
}

fn uid(user: &str) -> u32 {
    number("/etc/passwd", user, 2)
}

fn gid_of_user(user: &str) -> u32 {
    number("/etc/passwd", user, 3)
}

fn gid(group: &str) -> u32 {
    number("/etc/group", group, 2)
}

/// It ended as it should, without a word of complaint, and said this.
#[track_caller]
fn says(done: &Done, text: &str) {
    assert_eq!((done.code, done.err.as_str(), done.out.as_str()), (0, "", text));
}

/// It could not go on, and said so in these words.
#[track_caller]
fn is_fatal(done: &Done, why: &str) {
    assert_eq!((done.code, done.err.as_str()), (111, format!("chpst: fatal: {why}\n").as_str()));
    assert_eq!(done.out, "", "nothing was executed");
}
