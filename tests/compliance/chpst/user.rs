//! Who the program runs as.

use super::{as_root, chpst, gid, gid_of_user, is_fatal, reachable, says, uid};
use crate::scene::{Scene, program};

/// The numbers of one line of /proc/self/status.
fn status(text: &str, field: &str) -> Vec<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {field} in {text}")).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_user_gets_the_group_of_the_user_and_no_other() {
    if !as_root("a_user_gets_the_group_of_the_user_and_no_other") {
        return;
    }
    let done = chpst(&Scene::new(), &["-u", "nobody", "cat", "/proc/self/status"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let (uid, gid) = (uid("nobody").to_string(), gid_of_user("nobody").to_string());
    assert_eq!(status(&done.out, "Uid"), vec![uid; 4], "real, effective, saved, of the file system");
    assert_eq!(status(&done.out, "Gid"), vec![gid.clone(); 4]);
    assert_eq!(status(&done.out, "Groups"), [gid]);
    for set in ["CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status(&done.out, set), ["0000000000000000"], "{set}");
    }
    assert_eq!(status(&done.out, "NoNewPrivs"), ["0"]);
}

#[test]
fn a_named_group_takes_the_place_of_the_users() {
    if !as_root("a_named_group_takes_the_place_of_the_users") {
        return;
    }
    let done = chpst(&Scene::new(), &["-u", "nobody:daemon", "sh", "-c", "id -u; id -g; id -G"]);
    let daemon = gid("daemon");
    says(&done, &format!("{}\n{daemon}\n{daemon}\n", uid("nobody")));
}

#[test]
fn further_groups_are_supplementary() {
    if !as_root("further_groups_are_supplementary") {
        return;
    }
    let done = chpst(&Scene::new(), &["-u", "nobody:daemon:bin:sys", "sh", "-c", "id -g; id -G"]);
    says(&done, &format!("{0}\n{0} {1} {2}\n", gid("daemon"), gid("bin"), gid("sys")));
}

#[test]
fn numbers_are_taken_as_they_are() {
    if !as_root("numbers_are_taken_as_they_are") {
        return;
    }
    let done = chpst(&Scene::new(), &["-u", ":54321:54322:54323", "sh", "-c", "id -u; id -g; id -G"]);
    says(&done, "54321\n54322\n54322 54323\n");
}

#[test]
fn a_number_left_empty_is_a_zero() {
    if !as_root("a_number_left_empty_is_a_zero") {
        return;
    }
    let scene = Scene::new();
    says(&chpst(&scene, &["-u", ":54321:", "sh", "-c", "id -u; id -G"]), "54321\n0\n");
    says(&chpst(&scene, &["-u", ":54321:1:", "id", "-G"]), "1 0\n");
}

#[test]
fn numbers_need_a_group() {
    is_fatal(&chpst(&Scene::new(), &["-u", ":54321", "true"]), "invalid uid/gids: 54321");
}

#[test]
fn what_is_no_number_is_refused() {
    let scene = Scene::new();
    for (word, told) in [(":", ""), (":abc:1", "abc:1"), (":1x:2", "1x:2"), (":1:2x", "1:2x"), (":-1:1", "-1:1")] {
        is_fatal(&chpst(&scene, &["-u", word, "true"]), &format!("invalid uid/gids: {told}"));
    }
}

#[test]
fn sixty_numbers_are_enough() {
    let groups: String = (1..=61).map(|n| format!(":{n}")).collect();
    let word = format!(":0{groups}");
    is_fatal(&chpst(&Scene::new(), &["-u", &word, "true"]), &format!("invalid uid/gids: {}", &word[1..]));
    if as_root("sixty_numbers_are_enough") {
        let groups: String = (1..=60).map(|n| format!(":{n}")).collect();
        let numbers: Vec<String> = (1..=60).map(|n: u32| n.to_string()).collect();
        says(&chpst(&Scene::new(), &["-u", &format!(":0{groups}"), "id", "-G"]), &format!("{}\n", numbers.join(" ")));
    }
}

#[test]
fn an_unknown_user_is_refused() {
    let scene = Scene::new();
    for word in ["no-such-user", "", "no-such-user:daemon", "nobody ", "nobod"] {
        is_fatal(&chpst(&scene, &["-u", word, "true"]), &format!("unknown user/group: {word}"));
    }
}

#[test]
fn an_unknown_group_is_refused() {
    let scene = Scene::new();
    for word in ["nobody:no-such-group", "nobody:", "nobody:daemon:no-such", "nobody::daemon"] {
        is_fatal(&chpst(&scene, &["-u", word, "true"]), &format!("unknown user/group: {word}"));
    }
}

#[test]
fn a_number_is_no_name() {
    let scene = Scene::new();
    is_fatal(&chpst(&scene, &["-u", "1", "true"]), "unknown user/group: 1");
    is_fatal(&chpst(&scene, &["-u", "nobody:1", "true"]), "unknown user/group: nobody:1");
}

#[test]
fn the_last_user_counts() {
    if !as_root("the_last_user_counts") {
        return;
    }
    says(&chpst(&Scene::new(), &["-u", "no-such", "-u", "daemon", "id", "-un"]), "daemon\n");
}

#[test]
fn variables_tell_of_a_user() {
    let done = chpst(&Scene::new(), &["-U", "nobody", "sh", "-c", "echo $UID $GID"]);
    says(&done, &format!("{} {}\n", uid("nobody"), gid_of_user("nobody")));
}

#[test]
fn variables_tell_of_the_first_group() {
    let scene = Scene::new();
    let done = chpst(&scene, &["-U", "nobody:daemon:bin", "sh", "-c", "echo $UID $GID"]);
    says(&done, &format!("{} {}\n", uid("nobody"), gid("daemon")));
    says(&chpst(&scene, &["-U", ":5:6:7", "sh", "-c", "echo $UID $GID"]), "5 6\n");
}

#[test]
fn telling_of_a_user_is_not_becoming_it() {
    let scene = Scene::new();
    let before = chpst(&scene, &["id"]);
    assert_eq!(chpst(&scene, &["-U", "nobody", "id"]), before);
}

#[test]
fn variables_are_refused_as_users_are() {
    let scene = Scene::new();
    is_fatal(&chpst(&scene, &["-U", "no-such", "true"]), "unknown user/group: no-such");
    is_fatal(&chpst(&scene, &["-U", ":x:1", "true"]), "invalid uid/gids: x:1");
    is_fatal(&chpst(&scene, &["-u", "no-such", "-U", ":x:1", "true"]), "invalid uid/gids: x:1");
}

#[test]
fn home_and_user_are_left_alone() {
    if !as_root("home_and_user_are_left_alone") {
        return;
    }
    let scene = Scene::new();
    let mut command = scene.command(program("chpst"));
    command.env("HOME", "/h").env("USER", "u").args(["-u", "nobody", "sh", "-c", "echo $HOME $USER"]);
    says(&scene.finish(command), "/h u\n");
}

#[test]
fn who_is_not_root_becomes_nobody_not_even_himself() {
    if !as_root("who_is_not_root_becomes_nobody_not_even_himself") {
        return;
    }
    let scene = Scene::new();
    let chpst_path = reachable(&scene);
    for word in ["nobody", "daemon", ":54321:54321"] {
        let done = chpst(&scene, &["-u", ":54321:54321", &chpst_path, "-u", word, "id"]);
        is_fatal(&done, "unable to setgroups: permission denied");
    }
}

#[test]
fn users_are_looked_up_in_the_new_root() {
    if !as_root("users_are_looked_up_in_the_new_root") {
        return;
    }
    let scene = Scene::new();
    scene.dir("root");
    let done = chpst(&scene, &["-/", "root", "-u", "nobody", "true"]);
    is_fatal(&done, "unable to get password/group file entry: file does not exist");
}
