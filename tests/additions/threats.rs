//! Who may do what: a test for each line of the threat model in ARCHITECTURE.md. Nobody is nobody, and daemon is the
//! group that a service is delegated to.

use crate::scene::service::IDLE;
use crate::scene::*;
use std::os::unix::fs::MetadataExt;

/// Whether there is somebody else to become.
fn as_root(test: &str) -> bool {
    if !root() {
        skip(test, "takes root to become somebody else");
    }
    root()
}

/// `sv` as nobody, in these groups.
fn sv_as(scene: &Scene, groups: &str, args: &[&str]) -> Done {
    let mut command = scene.command(ours("chpst"));
    command.args(["-u", groups]).arg(ours("sv")).args(args).env("SVWAIT", "5");
    scene.finish(command)
}

const STRANGER: &str = "nobody";
const MEMBER: &str = "nobody:nogroup:daemon";

/// Gives a path to the group daemon, with this mode.
fn delegate(scene: &Scene, name: &str, mode: u32) {
    let group = nix::unistd::Group::from_name("daemon").unwrap().unwrap();
    std::os::unix::fs::chown(scene.path(name), None, Some(group.gid.as_raw())).unwrap();
    scene.mode(name, mode);
}

#[test]
fn others_neither_command_nor_look() {
    if !as_root("others_neither_command_nor_look") {
        return;
    }
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat > lines").supervise().running();
    let kinds = ["", "/control", "/ok", "/lock", "/mark", "/journal"]
        .map(|name| (scene.kind(format!("web/supervise{name}")), scene.kind(format!("web/log/supervise{name}"))));
    let both = |kind: &str| (kind.to_owned(), kind.to_owned());
    let file = || both("file 0600");
    assert_eq!(kinds, [both("directory 0700"), both("fifo 0600"), both("fifo 0600"), file(), file(), file()]);
    let pid = web.status().pid;
    for words in [&["status"][..], &["restart"], &["down"], &["exit"], &["--json", "list"], &["why"], &["journal"]] {
        let done = sv_as(&scene, STRANGER, &[words, &["./web"]].concat());
        assert_ne!(done.code, 0, "{words:?}");
        assert!(!done.out.contains(&pid.to_string()), "{words:?}: {}", done.out);
    }
    assert_eq!((web.stat().as_str(), web.status().pid), ("run", pid));
}

#[test]
fn a_group_commands_and_looks_by_modes_alone() {
    if !as_root("a_group_commands_and_looks_by_modes_alone") {
        return;
    }
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    delegate(&scene, "web/supervise", 0o750);
    delegate(&scene, "web/supervise/control", 0o620);
    delegate(&scene, "web/supervise/ok", 0o620);
    let pid = web.status().pid;
    let done = sv_as(&scene, MEMBER, &["restart", "./web"]);
    assert_eq!(done.code, 0, "{} {}", done.out, done.err);
    assert_ne!(web.status().pid, pid);
    assert_eq!(sv_as(&scene, MEMBER, &["status", "./web"]).code, 0);
    for words in ["status", "restart"] {
        assert_ne!(sv_as(&scene, STRANGER, &[words, "./web"]).code, 0, "{words}");
    }
    // It is so with the next supervisor too.
    web.send("x");
    assert_eq!(web.end(), 0);
    let web = scene.service("web").supervise().running();
    let done = sv_as(&scene, MEMBER, &["down", "./web"]);
    assert_eq!(done.code, 0, "{} {}", done.out, done.err);
    web.until_stat("down");
    assert_ne!(sv_as(&scene, STRANGER, &["up", "./web"]).code, 0);
}

/// A file of somebody else's, and links to it by these names.
fn victims(scene: &Scene, names: &[&str]) {
    scene.file("victim", "precious\n");
    scene.mode("victim", 0o600);
    for name in names {
        scene.link(scene.path("victim"), name);
    }
}

#[track_caller]
fn is_unharmed(scene: &Scene) {
    assert_eq!((scene.read("victim").as_str(), scene.kind("victim").as_str()), ("precious\n", "file 0600"));
}

#[test]
fn no_link_in_supervise_is_followed() {
    let scene = Scene::new();
    let names =
        ["pid.new", "stat.new", "status.new", "mark", "journal", "journal.1", "notify.new", "stdin", "service-lock"];
    victims(&scene, &names.map(|name| format!("web/supervise/{name}")).each_ref().map(String::as_str));
    let web = scene.service("web").run(IDLE).file("ready", "notify\n").file("stdin", "").file("lock-fd", "7\n");
    let mut web = web.supervise();
    web.until_stat("down"); // what it asks for cannot be given to it; the rest is as always
    is_unharmed(&scene);
    for name in ["stdin", "lock-fd"] {
        scene.remove(format!("web/{name}"));
    }
    web.send("t");
    web.until_stat("run");
    web.send("x");
    assert_eq!(web.end(), 0);
    is_unharmed(&scene);
    // One that would be held, or make a file, is an end.
    for name in ["lock", "control", "ok"] {
        scene.remove(format!("web/supervise/{name}"));
        scene.link("/tmp/keepup-no-such-file", format!("web/supervise/{name}"));
        let done = scene.run("runsv", &["web"]);
        assert_eq!(done.code, 111, "{name}");
        assert!(!std::path::Path::new("/tmp/keepup-no-such-file").exists());
        scene.remove(format!("web/supervise/{name}"));
    }
    is_unharmed(&scene);
}

#[test]
fn no_second_name_of_a_file_is_written_to() {
    let scene = Scene::new();
    victims(&scene, &[]);
    scene.dir("web/supervise");
    for name in ["pid.new", "stat.new", "status.new"] {
        std::fs::hard_link(scene.path("victim"), scene.path(format!("web/supervise/{name}"))).unwrap();
    }
    let web = scene.service("web").run(IDLE).supervise().running();
    web.until_stat("run");
    is_unharmed(&scene);
}

#[test]
fn what_happens_to_its_path_leads_it_nowhere() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    scene.dir("elsewhere");
    scene.rename("web/supervise", "web/moved");
    scene.link(scene.path("elsewhere"), "web/supervise");
    scene.send("web/moved/control", "d");
    until("it is shown where it was", || scene.read("web/moved/stat") == "down\n");
    assert_eq!(std::fs::read_dir(scene.path("elsewhere")).unwrap().count(), 0);
    drop(web);
}

#[test]
fn sv_writes_into_fifos_only() {
    let scene = Scene::new();
    victims(&scene, &[]);
    let web = scene.service("web").run(IDLE).supervise().running();
    scene.remove("web/supervise/control");
    scene.link(scene.path("victim"), "web/supervise/control");
    for word in ["down", "exit", "hup"] {
        assert_ne!(scene.run("sv", &[word, "./web"]).code, 0);
    }
    is_unharmed(&scene);
    scene.link(scene.path("victim"), "web/supervise/held.new");
    let _ = scene.run("sv", &["down", "--for", "1h", "./web"]);
    is_unharmed(&scene);
    assert_eq!(web.stat(), "run");
}

#[test]
fn sv_makes_no_file_through_a_link() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run(IDLE);
    scene.link(scene.path("made"), "scan/web/down");
    let mut command = scene.command(ours("sv"));
    command.args(["disable", "web"]).env("SVDIR", scene.path("scan"));
    let done = scene.finish(command);
    assert_ne!(done.code, 0, "{}", done.out);
    assert!(!scene.path("made").exists());
    drop(web);
}

/// It is in the service directory, which the service may write to.
#[test]
fn the_socket_takes_the_place_of_a_link() {
    let scene = Scene::new();
    victims(&scene, &["web/supervise.notify"]);
    let web = scene.service("web").run(IDLE).file("ready", "notify\n").supervise();
    web.until_stat("run");
    assert!(scene.kind("web/supervise.notify") != "link");
    is_unharmed(&scene);
}

#[test]
fn no_link_in_a_log_directory_is_followed() {
    let scene = Scene::new();
    for name in ["current", "lock", "state", "newstate"] {
        scene.file("log/config", "s1000\n!cat\n");
        victims(&scene, &[&format!("log/{name}")]);
        let mut logger = logger::Logger::start(&scene, &["log"]);
        if name != "lock" {
            logger.write("some words\n".repeat(300));
            let complains = |logger: &logger::Logger| logger.running.err().contains("symbolic link loop");
            until("it says so", || complains(&logger));
            is_unharmed(&scene);
            for entry in std::fs::read_dir(scene.path("log")).unwrap().flatten() {
                if entry.file_type().unwrap().is_symlink() {
                    std::fs::remove_file(entry.path()).unwrap();
                }
            }
        }
        let done = logger.end();
        assert_eq!(done.code, if name == "lock" { 111 } else { 0 }, "{name}: {}", done.err);
        is_unharmed(&scene);
        std::fs::remove_dir_all(scene.path("log")).unwrap();
    }
}

/// What is named on the command line is what whoever wrote that means.
#[test]
fn a_plain_file_may_be_a_link() {
    let scene = Scene::new();
    scene.file("real", "");
    scene.link("real", "log");
    let done = logger::log(&scene, &["-o", "log"], "words\n");
    let facts = std::fs::metadata(scene.path("real")).unwrap();
    assert_eq!((done.code, facts.size()), (0, 6), "{}", done.err);
}
