//! setuidgid, envuidgid, envdir, pgrphack, setlock and softlimit, as runit has them.

use super::{as_root, gid_of_user, is_fatal, link, named, reachable, says, uid};
use crate::scene::{Done, Scene, throughout, until};
use std::time::Duration;

#[track_caller]
fn is_usage(done: &Done, text: &str) {
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (100, "", text));
}

const SOFTLIMIT: &str = "usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] \
                         [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] \
                         child\n\n";

#[test]
fn each_name_has_its_usage() {
    let scene = Scene::new();
    let none: [&str; 0] = [];
    for (name, rest) in [
        ("setuidgid", "account child"),
        ("envuidgid", "account child"),
        ("envdir", "dir child"),
        ("pgrphack", "child"),
        ("setlock", "[ -nNxX ] file program [ arg ... ]"),
    ] {
        is_usage(&named(&scene, name, &none), &format!("usage: {name} {rest}\n\n"));
    }
    is_usage(&named(&scene, "softlimit", &none), SOFTLIMIT);
}

#[test]
fn one_word_is_not_enough() {
    let scene = Scene::new();
    for name in ["setuidgid", "envuidgid", "envdir", "setlock"] {
        assert_eq!(named(&scene, name, &["x"]).code, 100, "{name}");
    }
}

#[test]
fn a_d_in_front_does_not_count() {
    let scene = Scene::new();
    is_usage(&named(&scene, "dsoftlimit", &[] as &[&str]), SOFTLIMIT);
    scene.file("e/A", "1");
    says(&named(&scene, "denvdir", &["e", "sh", "-c", "echo $A"]), "1\n");
}

#[test]
fn any_other_name_is_chpst() {
    let scene = Scene::new();
    says(&named(&scene, "something", &["-b", "x", "sh", "-c", "echo $0"]), "x\n");
}

#[test]
fn setuidgid_runs_as_an_account() {
    if !as_root("setuidgid_runs_as_an_account") {
        return;
    }
    let done = named(&Scene::new(), "setuidgid", &["nobody", "sh", "-c", "id -u; id -g; id -G"]);
    says(&done, &format!("{0}\n{1}\n{1}\n", uid("nobody"), gid_of_user("nobody")));
}

#[test]
fn setuidgid_knows_accounts_and_nothing_else() {
    let scene = Scene::new();
    for word in ["no-such", "nobody:daemon", ":1:1", "1", "-u", "--", ""] {
        is_fatal(&named(&scene, "setuidgid", &[word, "true"]), &format!("unknown account: {word}"));
    }
}

#[test]
fn envuidgid_tells_of_an_account() {
    let scene = Scene::new();
    let done = named(&scene, "envuidgid", &["nobody", "sh", "-c", "echo $UID $GID"]);
    says(&done, &format!("{} {}\n", uid("nobody"), gid_of_user("nobody")));
    is_fatal(&named(&scene, "envuidgid", &["no-such", "true"]), "unknown account: no-such");
    is_fatal(&named(&scene, "envuidgid", &["nobody:daemon", "true"]), "unknown account: nobody:daemon");
}

#[test]
fn envdir_sets_variables() {
    let scene = Scene::new();
    scene.file("e/A", "value \n");
    scene.file("e/HOME", "");
    says(&named(&scene, "envdir", &["e", "sh", "-c", "echo $A ${HOME-none}"]), "value none\n");
}

#[test]
fn envdir_has_no_options() {
    let done = named(&Scene::new(), "envdir", &["-v", "true"]);
    is_fatal(&done, "unable to switch to directory: -v: file does not exist");
}

#[test]
fn envdir_wants_nothing_but_files() {
    let scene = Scene::new();
    scene.dir("e/sub");
    is_fatal(&named(&scene, "envdir", &["e", "true"]), "unable to read e/sub: is a directory");
}

#[test]
fn pgrphack_leads_a_session() {
    let scene = Scene::new();
    let mut command = scene.command(link(&scene, "pgrphack"));
    command.args(["sh", "-c", "read -r line < /proc/self/stat; set -- ${line##*) }; echo $3 $4"]);
    let mut running = scene.spawn(command);
    let pid = running.pid();
    says(&running.end(), &format!("{pid} {pid}\n"));
}

#[test]
fn pgrphack_has_no_options() {
    is_fatal(&named(&Scene::new(), "pgrphack", &["-z"]), "unable to run: -z: file does not exist");
}

/// Somebody holds `lock` until something is written into `gate`.
fn holder(scene: &Scene) -> crate::scene::Running {
    nix::unistd::mkfifo(&scene.path("gate"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let running = scene.start("chpst", &["-l", "lock", "sh", "-c", "echo held; read line < gate"]);
    until("the lock is held", || running.out() == "held\n");
    running
}

#[test]
fn setlock_does_not_wait_unless_told_to() {
    let scene = Scene::new();
    let mut holder = holder(&scene);
    for options in [&[][..], &["-N"], &["-n", "-N"]] {
        let args: Vec<&str> = options.iter().copied().chain(["lock", "true"]).collect();
        is_fatal(&named(&scene, "setlock", &args), "unable to lock: lock: temporary failure");
    }
    scene.send("gate", "go\n");
    holder.end();
    says(&named(&scene, "setlock", &["lock", "echo", "mine"]), "mine\n");
}

#[test]
fn setlock_waits_with_n() {
    let scene = Scene::new();
    let mut holder = holder(&scene);
    let mut command = scene.command(link(&scene, "setlock"));
    command.args(["-Nn", "lock", "echo", "mine"]);
    let mut waiting = scene.spawn(command);
    throughout("it waits", Duration::from_millis(100), || !waiting.ended());
    scene.send("gate", "go\n");
    holder.end();
    says(&waiting.end(), "mine\n");
}

#[test]
fn setlock_x_is_silent_whatever_fails() {
    let scene = Scene::new();
    let mut holder = holder(&scene);
    says(&named(&scene, "setlock", &["-x", "lock", "echo", "never"]), "");
    is_fatal(&named(&scene, "setlock", &["-xX", "lock", "true"]), "unable to lock: lock: temporary failure");
    scene.send("gate", "go\n");
    holder.end();
    says(&named(&scene, "setlock", &["-x", "lock", "no-such-program"]), "");
    says(&named(&scene, "setlock", &["-x", "no/such/lock", "true"]), "");
    assert_eq!(named(&scene, "setlock", &["-x", "lock", "sh", "-c", "exit 3"]).code, 3);
}

#[test]
fn setlock_x_does_not_hide_the_usage() {
    let done = named(&Scene::new(), "setlock", &["-x", "lock"]);
    is_usage(&done, "usage: setlock [ -nNxX ] file program [ arg ... ]\n\n");
}

#[test]
fn setlock_and_softlimit_name_unknown_options() {
    let scene = Scene::new();
    let done = named(&scene, "setlock", &["-q", "lock", "true"]);
    is_usage(&done, "setlock: illegal option -- q\nusage: setlock [ -nNxX ] file program [ arg ... ]\n\n");
    let done = named(&scene, "softlimit", &["-q", "true"]);
    is_usage(&done, &format!("softlimit: illegal option -- q\n{SOFTLIMIT}"));
}

/// The soft limits that a program under softlimit sees.
fn soft(scene: &Scene, args: &[&str], limit: &str) -> String {
    let words: Vec<&str> = args.iter().copied().chain(["cat", "/proc/self/limits"]).collect();
    let done = named(scene, "softlimit", &words);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{args:?}");
    let line = done.out.lines().find_map(|line| line.strip_prefix(limit)).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn softlimit_has_a_letter_for_each_limit() {
    let scene = Scene::new();
    for (option, value, limit) in [
        ("-a", "600000000", "Max address space"),
        ("-c", "1", "Max core file size"),
        ("-d", "300000000", "Max data size"),
        ("-f", "100000", "Max file size"),
        ("-l", "4096", "Max locked memory"),
        ("-o", "51", "Max open files"),
        ("-p", "5000", "Max processes"),
        ("-r", "70000000", "Max resident set"),
        ("-s", "1000000", "Max stack size"),
        ("-t", "1000", "Max cpu time"),
    ] {
        assert_eq!(soft(&scene, &[option, value], limit), value, "{option}");
    }
    assert_eq!(soft(&scene, &["-m", "500000000"], "Max stack size"), "500000000");
}

#[test]
fn softlimit_takes_an_equals_sign_for_the_hard_limit() {
    let scene = Scene::new();
    let path = link(&scene, "softlimit");
    let args = [path.as_str(), "-o", "=", "sh", "-c", "[ $(ulimit -Sn) = $(ulimit -Hn) ] && echo same"];
    let words: Vec<&str> = ["-o", "40"].into_iter().chain(args).collect();
    says(&named(&scene, "softlimit", &words), "same\n");
}

#[test]
fn softlimit_answers_a_bad_number_with_the_usage_of_chpst() {
    let scene = Scene::new();
    for value in ["x", "5=", "=5", "=="] {
        let done = named(&scene, "softlimit", &["-o", value, "true"]);
        assert_eq!(done.code, 100, "{value}");
        assert!(done.err.starts_with("usage: softlimit [-vVP012] "), "{}", done.err);
    }
}

#[test]
fn names_compose() {
    if !as_root("names_compose") {
        return;
    }
    let scene = Scene::new();
    scene.file("e/A", "1");
    let (envdir, softlimit) = (link(&scene, "envdir"), link(&scene, "softlimit"));
    let copy = reachable(&scene);
    let done = named(
        &scene,
        "setlock",
        &[
            "-n",
            "lock",
            &envdir,
            "e",
            &softlimit,
            "-o",
            "50",
            &copy,
            "-u",
            "nobody",
            "sh",
            "-c",
            "echo $A $(ulimit -n) $(id -u)",
        ],
    );
    says(&done, &format!("1 50 {}\n", uid("nobody")));
}
