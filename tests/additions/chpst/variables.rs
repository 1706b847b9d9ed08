//! Variables from files of other systems.

use super::{chpst, command, is_fatal, says};
use crate::scene::{Done, Scene};

fn seen(scene: &Scene, before: &[(&str, &str)], args: &[&str]) -> Done {
    let mut command = command(scene);
    command.env_clear().envs(before.iter().copied()).args(args).arg("/usr/bin/env");
    scene.finish(command)
}

#[test]
fn a_file_of_docker() {
    let scene = Scene::new();
    scene.file("vars", "# comment\n\nA=1\nPATTERN=C:\\dir\\d+ it's\nHOME\nB=x # y\n");
    let done = seen(&scene, &[("HOME", "/h")], &["--env-file", "vars"]);
    says(&done, "HOME=/h\nA=1\nPATTERN=C:\\dir\\d+ it's\nB=x # y\n");
}

#[test]
fn a_file_of_systemd() {
    let scene = Scene::new();
    scene.file("vars", "; comment\nA=\"one two\"\nB='$x \\n'\n  C = long \\\nline\nD=\"a\\\"b\" 'c'\n");
    says(&seen(&scene, &[], &["--env-file", "vars"]), "A=one two\nB=$x \\n\nC=long line\nD=a\"bc\n");
}

#[test]
fn later_files_win_over_earlier_ones_the_directory_over_both_and_a_told_user_over_all() {
    let scene = Scene::new();
    scene.file("one", "A=1\nB=1\nC=1\nUID=1\n");
    scene.file("two", "B=2\nC=2\n");
    scene.file("e/C", "3\n");
    let done = seen(&scene, &[], &["-e", "e", "-U", ":5:6", "--env-file", "one", "--env-file", "two"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let mut lines: Vec<&str> = done.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["A=1", "B=2", "C=3", "GID=6", "UID=5"]);
}

#[test]
fn a_file_may_be_missing_if_it_is_said_so() {
    let scene = Scene::new();
    says(&seen(&scene, &[("A", "1")], &["--env-file", "-nowhere"]), "A=1\n");
    is_fatal(&chpst(&scene, &["--env-file", "nowhere", "true"]), "unable to read nowhere: file does not exist");
}

#[test]
fn a_file_may_be_a_fifo() {
    let scene = Scene::new();
    nix::unistd::mkfifo(&scene.path("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut reader = command(&scene);
    reader.args(["--env-file", "fifo", "sh", "-c", "echo $A"]);
    let mut reader = scene.spawn(reader);
    let mut writer = scene.command("sh");
    writer.args(["-c", "echo A=1 > fifo"]);
    says(&scene.finish(writer), "");
    says(&reader.end(), "1\n");
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    let scene = Scene::new();
    for (content, line, why) in
        [("A=1\nexport B=2\n", 2, "blank in name"), ("\n\n=x\n", 3, "no name"), ("A='x\ny\n", 1, "quote without end")]
    {
        scene.file("vars", content);
        let done = chpst(&scene, &["--env-file", "vars", "echo", "executed"]);
        is_fatal(&done, &format!("unable to read vars: line {line}: {why}"));
    }
}

#[test]
fn a_link_to_nowhere_never_has_the_value_of_another_file() {
    let scene = Scene::new();
    scene.dir("e");
    for name in ["A", "C", "E"] {
        scene.file(format!("e/{name}"), "secret\n");
    }
    for name in ["B", "D", "F"] {
        scene.link("nowhere", format!("e/{name}"));
    }
    let done = chpst(&scene, &["-e", "e", "sh", "-c", "echo $A$C$E-$B$D$F"]);
    says(&done, "secretsecretsecret-\n");
}
