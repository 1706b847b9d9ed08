//! Privileges, and that they are given up all or not at all.

use super::{as_root, chpst, is_fatal, reachable, says, status, status_with, tool};
use crate::scene::{Scene, ours};

/// net_bind_service, as /proc shows it.
const BIND: &str = "0000000000000400";
const NONE: &str = "0000000000000000";

#[test]
fn no_new_privileges() {
    let scene = Scene::new();
    assert_eq!(status(&status_with(&scene, &["--no-new-privs"]), "NoNewPrivs"), "1");
}

#[test]
fn a_user_may_keep_a_capability() {
    if !as_root("a_user_may_keep_a_capability") {
        return;
    }
    let seen = status_with(&Scene::new(), &["-u", ":54321:54322", "--keep-caps", "net_bind_service"]);
    assert_eq!(status(&seen, "Uid"), "54321\t54321\t54321\t54321");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(status(&seen, set), BIND, "{set}");
    }
}

#[test]
fn a_kept_capability_can_be_used() {
    if !as_root("a_kept_capability_can_be_used") {
        return;
    }
    let scene = Scene::new();
    let copy = reachable(&scene);
    // Raising a priority is what sys_nice is for.
    says(&chpst(&scene, &["-u", ":1:1", "--keep-caps", "sys_nice", &copy, "-n", "-3", "nice"]), "-3\n");
    let done = chpst(&scene, &["-u", ":1:1", "--keep-caps", "net_raw", &copy, "-n", "-3", "nice"]);
    is_fatal(&done, "unable to set nice level: permission denied");
}

#[test]
fn root_keeps_what_is_listed_and_can_regain_nothing() {
    if !as_root("root_keeps_what_is_listed_and_can_regain_nothing") {
        return;
    }
    let scene = Scene::new();
    let seen = status_with(&scene, &["--keep-caps", "net_bind_service"]);
    for set in ["CapPrm", "CapEff", "CapBnd"] {
        assert_eq!(status(&seen, set), BIND, "{set}");
    }
    let seen = status_with(&scene, &["--keep-caps", ""]);
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(status(&seen, set), NONE, "{set}");
    }
}

#[test]
fn a_capability_that_is_not_held_cannot_be_kept() {
    if !as_root("a_capability_that_is_not_held_cannot_be_kept") {
        return;
    }
    let scene = Scene::new();
    let copy = reachable(&scene);
    let bounded = ["--keep-caps", "setuid,setgid,setpcap", &copy];
    let args: Vec<&str> = bounded.into_iter().chain(["-u", ":1:1", "--keep-caps", "net_raw", "echo", "x"]).collect();
    is_fatal(&chpst(&scene, &args), "unable to keep capabilities: permission denied");
    let done = chpst(&scene, &["-u", ":1:1", &copy, "--keep-caps", "net_raw", "echo", "x"]);
    is_fatal(&done, "unable to bound capabilities: permission denied");
}

#[test]
fn a_change_between_users_leaves_no_capability_behind() {
    if !as_root("a_change_between_users_leaves_no_capability_behind") {
        return;
    }
    let scene = Scene::new();
    let copy = reachable(&scene);
    // The kernel empties the sets only on the way from root; here a user who may change users becomes another.
    let first = ["-u", ":1:1", "--keep-caps", "setuid,setgid,net_raw", &copy, "-u", ":2:3"];
    let seen = status_with(&scene, &first);
    assert_eq!(status(&seen, "Uid"), "2\t2\t2\t2");
    assert_eq!(status(&seen, "Gid"), "3\t3\t3\t3");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status(&seen, set), NONE, "{set}");
    }
}

#[test]
fn all_together_in_one_chain() {
    if !as_root("all_together_in_one_chain") {
        return;
    }
    let scene = Scene::new();
    scene.file("e/A", "1");
    scene.file("vars", "B='2 3'\n");
    let dir = scene.path("made").display().to_string();
    let wanted = format!("{dir}:0700::54321:54322");
    let options = [
        "-P",
        "-e",
        "e",
        "--env-file",
        "vars",
        "-U",
        ":7:8",
        "-n",
        "2",
        "-o",
        "64",
        "--ionice",
        "idle",
        "--cpus",
        "0-1023",
        "--oom",
        "300",
        "--umask",
        "077",
        "--mkdir",
        &wanted,
        "--ro",
        "/usr",
        "--net",
        "none",
        "--keep-caps",
        "net_bind_service",
        "--no-new-privs",
        "-C",
        &dir,
        "-u",
        ":54321:54322:54323",
        "-l",
        "lock",
    ];
    let shell = "cat /proc/self/status; echo a=$A b=$B $UID $GID; nice; ulimit -n; umask; pwd; cat /proc/self/oom_score_adj; \
                 ls -n /proc/self/fd/3 | sed 's/.* -> //'";
    let words: Vec<&str> = options.iter().copied().chain(["sh", "-c", shell]).collect();
    let done = chpst(&scene, &words);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(status(&done.out, "Uid"), "54321\t54321\t54321\t54321");
    assert_eq!(status(&done.out, "Gid"), "54322\t54322\t54322\t54322");
    assert_eq!(status(&done.out, "Groups"), "54322 54323");
    assert_eq!(status(&done.out, "CapEff"), BIND);
    assert_eq!(status(&done.out, "NoNewPrivs"), "1");
    let rest = format!("a=1 b=2 3 7 8\n2\n64\n0077\n{dir}\n300\n{dir}/lock\n");
    assert!(done.out.ends_with(&rest), "{}", done.out);
}

/// Whatever fails, nothing is executed, neither as the old user nor as the new one.
#[test]
fn a_step_that_fails_ends_it_before_the_program() {
    if !as_root("a_step_that_fails_ends_it_before_the_program") {
        return;
    }
    let scene = Scene::new();
    scene.file("bad", "a b=c\n");
    scene.dir("e/sub");
    for options in [
        &["-e", "nowhere"][..],
        &["--env-file", "bad"],
        &["--env-file", "nowhere"],
        &["-/", "nowhere"],
        &["-C", "nowhere"],
        &["--ro", "nowhere"],
        &["--mkdir", "/proc/no:755:root"],
        &["--mkdir", "x:755:no-such-user"],
        &["--cpus", "1023"],
        &["-U", "no-such"],
        &["-u", "no-such"],
        &["-u", ":1"],
        &["-l", "no/such"],
        &["-/", "e"],
    ] {
        for user in [&[][..], &["-u", ":54321:54321"]] {
            let args: Vec<&str> = user.iter().chain(options).copied().chain(["sh", "-c", "id > executed"]).collect();
            let done = chpst(&scene, &args);
            assert_eq!(done.code, 111, "{args:?}: {}", done.err);
            assert!(done.err.starts_with("chpst: fatal: "), "{args:?}: {}", done.err);
            assert!(!scene.path("executed").exists(), "{args:?}");
        }
    }
}

#[test]
fn where_groups_cannot_be_changed_nothing_is() {
    let test = "where_groups_cannot_be_changed_nothing_is";
    let Some(unshare) = tool(test, "unshare") else { return };
    let scene = Scene::new();
    let mut probe = scene.command(&unshare);
    probe.args(["-U", "-r", "true"]);
    if scene.finish(probe).code != 0 {
        return crate::scene::skip(test, "needs user namespaces");
    }
    // Root of a user namespace that denies setgroups: the user could be changed, the groups cannot.
    let mut command = scene.command(&unshare);
    command.args(["-U", "-r"]).arg(ours("chpst")).args(["-u", ":0:0", "echo", "x"]);
    is_fatal(&scene.finish(command), "unable to setgroups: permission denied");
}

/// A system that refuses a call, and one that says yes and does nothing, as some sandboxes do: in both cases what has
/// become of us is found out before anything is executed.
#[test]
fn a_system_that_refuses_or_lies_is_found_out() {
    let test = "a_system_that_refuses_or_lies_is_found_out";
    let Some(strace) = tool(test, "strace") else { return };
    if !as_root(test) {
        return;
    }
    let scene = Scene::new();
    let run = |tampering: &str| {
        let mut command = scene.command(&strace);
        command.args(["-qq", "-o", "trace", "-e", &format!("inject={tampering}")]).arg(ours("chpst"));
        command.args(["-u", ":54321:54322", "--keep-caps", "net_raw", "--no-new-privs", "echo", "executed"]);
        scene.finish(command)
    };
    let plain = run("getppid:retval=0");
    if (plain.code, plain.out.as_str()) != (0, "executed\n") {
        return crate::scene::skip(test, &format!("cannot trace here: {}", plain.err.trim()));
    }
    for call in ["setgroups", "setresgid", "setresuid", "capset", "prctl"] {
        for tampering in [format!("{call}:error=EPERM"), format!("{call}:retval=0")] {
            let done = run(&tampering);
            assert_eq!((done.code, done.out.as_str()), (111, ""), "{tampering}");
            assert!(done.err.starts_with("chpst: fatal: unable to "), "{tampering}: {}", done.err);
        }
    }
    // The last of all: the one that was asked for by --no-new-privs.
    let mut command = scene.command(&strace);
    command.args(["-qq", "-o", "trace", "-e", "inject=prctl:retval=0"]).arg(ours("chpst"));
    command.args(["--no-new-privs", "echo", "executed"]);
    is_fatal(&scene.finish(command), "unable to forgo new privileges: the system goes on giving them");
}
