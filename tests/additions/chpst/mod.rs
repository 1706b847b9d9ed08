//! What only our chpst does.

mod accounts;
mod privileges;
mod variables;
mod view;

use crate::scene::{Done, Scene, ours, root, skip, theirs};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

/// Our chpst, to be run in a scene.
fn command(scene: &Scene) -> Command {
    scene.command(ours("chpst"))
}

/// Runs chpst to its end.
fn chpst<A: AsRef<OsStr>>(scene: &Scene, args: &[A]) -> Done {
    let mut command = command(scene);
    command.args(args);
    scene.finish(command)
}

/// A copy of chpst that every user can reach and execute. Another process makes it: a file that was ever open for
/// writing here may still be so in a child of another test, and could not be executed.
fn reachable(scene: &Scene) -> String {
    let mut copy = scene.command("cp");
    copy.args([ours("chpst").as_os_str(), "copy".as_ref()]);
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

/// A program of the host that a test looks through.
fn tool(test: &str, name: &str) -> Option<PathBuf> {
    let found = theirs(name);
    if found.is_none() {
        skip(test, &format!("needs {name}"));
    }
    found
}

/// It ended as it should, without a word of complaint, and said this.
#[track_caller]
fn says(done: &Done, text: &str) {
    assert_eq!((done.code, done.err.as_str(), done.out.as_str()), (0, "", text));
}

/// It could not go on, said so in these words, and executed nothing.
#[track_caller]
fn is_fatal(done: &Done, why: &str) {
    assert_eq!((done.code, done.err.as_str()), (111, format!("chpst: fatal: {why}\n").as_str()));
    assert_eq!(done.out, "");
}

/// The value of a line of /proc/self/status.
fn status<'a>(text: &'a str, field: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {field} in {text}")).trim()
}

/// What a program sees of itself after these options.
fn status_with(scene: &Scene, args: &[&str]) -> String {
    let words: Vec<&str> = args.iter().copied().chain(["cat", "/proc/self/status"]).collect();
    let done = chpst(scene, &words);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{args:?}");
    done.out
}

#[test]
fn help_and_version_are_no_errors() {
    let scene = Scene::new();
    for word in ["--help", "--version"] {
        let done = chpst(&scene, &[word]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{word}");
        assert!(done.out.contains("chpst"), "{}", done.out);
    }
    for name in ["envdir", "envuidgid", "pgrphack", "setlock", "setuidgid", "softlimit"] {
        scene.link(ours("chpst"), name);
        let mut command = scene.command(scene.path(name));
        command.arg("--help");
        let done = scene.finish(command);
        assert_eq!(done.code, 0, "{name}");
        assert!(done.out.starts_with(&format!("Usage: {name} ")), "{}", done.out);
    }
}

#[test]
fn another_current_directory() {
    let scene = Scene::new();
    scene.dir("there");
    says(&chpst(&scene, &["-C", "there", "pwd"]), &format!("{}\n", scene.path("there").display()));
    is_fatal(&chpst(&scene, &["-C", "no", "pwd"]), "unable to change directory: no: file does not exist");
    if as_root("another_current_directory") {
        let done = chpst(&scene, &["-/", "/", "-C", "/usr", "pwd"]);
        says(&done, "/usr\n");
        let copy = reachable(&scene);
        scene.dir("root/inside");
        let mut copied = scene.command("cp");
        copied.args([copy.as_str(), "root/copy"]);
        assert_eq!(scene.finish(copied).code, 0);
        // In the new root there is nothing but ourselves: enter the directory twice.
        let done = chpst(&scene, &["-/", "root", "-C", "/inside", "/copy", "-C", "../inside", "/copy", "--version"]);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
    }
}

#[test]
fn every_option_has_a_long_name() {
    let scene = Scene::new();
    let done =
        chpst(&scene, &["--argv0=name", "--open-files", "50", "--nice", "1", "sh", "-c", "echo $0 $(ulimit -n)"]);
    says(&done, "name 50\n");
}

#[test]
fn a_bad_value_is_named_before_the_usage() {
    let scene = Scene::new();
    for (option, value, why) in [
        ("--oom", "2000", "not a number from -1000 to 1000"),
        ("--umask", "9", "not an octal number up to 777"),
        ("--cpus", "3-1", "not a list of processors"),
        ("--ionice", "idle:3", "not realtime[:n], best-effort[:n], idle or none"),
        ("--keep-caps", "chown,everything", "no such capability: everything"),
        ("--mkdir", "/x:755", "not dir:mode:owner"),
        ("--net", "some", "not none"),
    ] {
        let done = chpst(&scene, &[option, value, "echo", "executed"]);
        assert_eq!((done.code, done.out.as_str()), (100, ""), "{option}");
        assert!(
            done.err.contains(option) && done.err.contains(why) && done.err.contains("usage: chpst "),
            "{}",
            done.err
        );
    }
}

#[test]
fn processors() {
    let scene = Scene::new();
    let all = status_with(&scene, &[]);
    let first = status(&all, "Cpus_allowed_list").split(['-', ',']).next().unwrap().to_owned();
    assert_eq!(status(&status_with(&scene, &["--cpus", &first]), "Cpus_allowed_list"), first);
    is_fatal(&chpst(&scene, &["--cpus", "1023", "echo", "x"]), "unable to set processors: invalid argument");
}

#[test]
fn order_of_disk_access() {
    let Some(ionice) = tool("order_of_disk_access", "ionice") else { return };
    let scene = Scene::new();
    for (class, seen) in
        [("idle", "idle\n"), ("best-effort:7", "best-effort: prio 7\n"), ("best-effort", "best-effort: prio 4\n")]
    {
        let done = chpst(&scene, &["--ionice".as_ref(), class.as_ref(), ionice.as_os_str()]);
        says(&done, seen);
    }
}

#[test]
fn when_to_be_ended() {
    let scene = Scene::new();
    says(&chpst(&scene, &["--oom", "700", "cat", "/proc/self/oom_score_adj"]), "700\n");
}

#[test]
fn permission_bits_of_new_files() {
    let scene = Scene::new();
    says(&chpst(&scene, &["--umask", "027", "sh", "-c", "umask"]), "0027\n");
    says(&chpst(&scene, &["--umask", "777", "-l", "lock", "sh", "-c", "umask"]), "0777\n");
    assert_eq!(
        scene.path("lock").metadata().map(|m| std::os::unix::fs::PermissionsExt::mode(&m.permissions()) & 0o777).ok(),
        Some(0o600)
    );
}

#[test]
fn a_lock_is_never_a_standard_descriptor() {
    use std::os::unix::process::CommandExt;
    let scene = Scene::new();
    let mut command = command(&scene);
    command.args(["-l", "lock", "sh", "-c", "readlink /proc/$$/fd/3; [ ! -e /proc/$$/fd/0 ]"]);
    // SAFETY: close is allowed between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::close(0);
            Ok(())
        })
    };
    says(&scene.finish(command), &format!("{}\n", scene.path("lock").display()));
}
