//! Session, nice level, root, name, standard descriptors.

use super::{as_root, chpst, is_fatal, reachable, says};
use crate::scene::{Scene, program};
use std::os::unix::process::CommandExt;

/// The numbers after the command in /proc/self/stat: state, parent, group, session.
const GROUP_AND_SESSION: &str = "read -r line < /proc/self/stat; set -- ${line##*) }; echo $3 $4";

#[test]
fn a_session_of_its_own() {
    let scene = Scene::new();
    let mut running = scene.start("chpst", &["-P", "sh", "-c", GROUP_AND_SESSION]);
    let pid = running.pid();
    says(&running.end(), &format!("{pid} {pid}\n"));
}

#[test]
fn without_being_asked_the_session_stays() {
    let scene = Scene::new();
    let mut running = scene.start("chpst", &["sh", "-c", GROUP_AND_SESSION]);
    let pid = running.pid();
    assert!(!running.end().out.contains(&format!(" {pid}\n")));
}

#[test]
fn who_leads_a_session_goes_on_leading_it() {
    let scene = Scene::new();
    let path = program("chpst");
    let done = chpst(&scene, &["-P".as_ref(), path.as_os_str(), "-P".as_ref(), "echo".as_ref(), "on".as_ref()]);
    says(&done, "on\n");
}

#[test]
fn a_nice_level_is_added() {
    let scene = Scene::new();
    let path = program("chpst").display().to_string();
    says(&chpst(&scene, &["-n", "3", &path, "-n", "+4", "nice"]), "7\n");
    says(&chpst(&scene, &["-n", "1", "-n", "2", "nice"]), "2\n");
    says(&chpst(&scene, &["-n", "", "nice"]), "0\n");
}

#[test]
fn a_nice_level_has_an_end() {
    says(&chpst(&Scene::new(), &["-n", "100", "nice"]), "19\n");
}

#[test]
fn root_may_go_first_and_nobody_else() {
    if !as_root("root_may_go_first_and_nobody_else") {
        return;
    }
    let scene = Scene::new();
    says(&chpst(&scene, &["-n", "-5", "nice"]), "-5\n");
    let copy = reachable(&scene);
    let done = chpst(&scene, &["-u", "nobody", &copy, "-n", "-5", "true"]);
    is_fatal(&done, "unable to set nice level: permission denied");
}

#[test]
fn a_name_of_ones_choice() {
    let scene = Scene::new();
    says(&chpst(&scene, &["-b", "-sh", "sh", "-c", "echo \"[$0]\""]), "[-sh]\n");
    says(&chpst(&scene, &["-b", "", "sh", "-c", "echo \"[$0]\""]), "[]\n");
    says(&chpst(&scene, &["-b", "a", "-b", "b", "sh", "-c", "echo $0"]), "b\n");
}

#[test]
fn another_root() {
    if !as_root("another_root") {
        return;
    }
    let scene = Scene::new();
    scene.dir("root");
    is_fatal(&chpst(&scene, &["-/", "root", "/bin/sh"]), "unable to run: /bin/sh: file does not exist");
    says(&chpst(&scene, &["-/", "/", "pwd"]), "/\n");
}

#[test]
fn a_root_that_is_not_there() {
    let done = chpst(&Scene::new(), &["-/", "nowhere", "true"]);
    is_fatal(&done, "unable to change directory: nowhere: file does not exist");
}

#[test]
fn a_new_root_is_for_root() {
    if !as_root("a_new_root_is_for_root") {
        return;
    }
    let scene = Scene::new();
    let copy = reachable(&scene);
    let done = chpst(&scene, &["-u", "nobody", &copy, "-/", "/", "true"]);
    is_fatal(&done, "unable to change root directory: permission denied");
}

#[test]
fn the_environment_is_read_before_the_root_changes() {
    if !as_root("the_environment_is_read_before_the_root_changes") {
        return;
    }
    let scene = Scene::new();
    scene.file("e/A", "1");
    says(&chpst(&scene, &["-e", "e", "-/", "/", "sh", "-c", "echo $A"]), "1\n");
}

#[test]
fn standard_descriptors_can_be_closed() {
    let scene = Scene::new();
    // The subshell's redirections take the numbers that are free, so it looks at the shell that it came from.
    let shell = "(for n in 0 1 2; do [ ! -e /proc/$$/fd/$n ] || echo $n; done > open)";
    for (options, left) in [("-0", "1\n2\n"), ("-1", "0\n2\n"), ("-2", "0\n1\n"), ("-01", "2\n"), ("-02", "1\n")] {
        let done = chpst(&scene, &[options, "sh", "-c", &format!("{shell}; true")]);
        assert_eq!((done.code, scene.read("open").as_str()), (0, left), "{options}");
    }
}

#[test]
fn what_is_closed_cannot_be_closed() {
    let scene = Scene::new();
    for (number, option, name) in [(0, "-0", "stdin"), (1, "-1", "stdout")] {
        let mut command = scene.command(program("chpst"));
        command.args([option, "true"]);
        // SAFETY: close is allowed between fork and exec.
        unsafe {
            command.pre_exec(move || {
                libc::close(number);
                Ok(())
            })
        };
        is_fatal(&scene.finish(command), &format!("unable to close {name}: file descriptor not open"));
    }
}

#[test]
fn with_standard_error_closed_failures_are_silent() {
    let done = chpst(&Scene::new(), &["-2", "no-such-program"]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (111, "", ""));
}

#[test]
fn the_order_is_environment_root_nice_user_lock() {
    let scene = Scene::new();
    let all = ["-l", "no/lock", "-u", "no-such", "-/", "nowhere", "-e", "nowhere"];
    let failures = [
        "unable to switch to directory: nowhere: file does not exist",
        "unable to change directory: nowhere: file does not exist",
        "unknown user/group: no-such",
        "unable to open lock: no/lock: file does not exist",
    ];
    for (left, failure) in failures.iter().enumerate() {
        let mut args = all[..all.len() - 2 * left].to_vec();
        args.push("true");
        is_fatal(&chpst(&scene, &args), failure);
    }
}
