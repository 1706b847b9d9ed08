//! What changes is noticed because the kernel tells; where it does not, within a few seconds. That nothing was polled
//! is seen by what the program waits for.

use super::*;

#[test]
fn idle_it_waits_without_end_and_hears_of_every_change() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    let runsvdir = start(&scene, &["scan"]);
    until_stat(&scene, "web", "run");
    until_asleep(&runsvdir);

    linked(&scene, "db", IDLE);
    until_stat(&scene, "db", "run");
    until_asleep(&runsvdir);

    scene.remove("scan/db");
    until_stat(&scene, "db", "down");
    until_asleep(&runsvdir);

    scene.service("sv/new").run(IDLE);
    scene.link("../sv/new", "scan/.web");
    fs::rename(scene.path("scan/.web"), scene.path("scan/web")).unwrap();
    until_stat(&scene, "new", "run");
    until_stat(&scene, "web", "down");
    until_asleep(&runsvdir);
    assert_eq!(runsvdir.err(), "");
}

#[test]
fn a_dead_runsv_wakes_it() {
    let scene = Scene::new();
    linked(&scene, "web", "echo $PPID >> runsv; exec sleep 1000");
    let runsvdir = start(&scene, &["scan"]);
    until_stat(&scene, "web", "run");
    // One that lived for less is given a pause, with a deadline.
    let began = crate::namespace::now();
    until("it has lived for a second", || began.elapsed() > Duration::from_millis(1100));
    until_asleep(&runsvdir);
    let pid = children(runsvdir.pid())[0];
    scene.signal(pid, libc::SIGKILL);
    until("another is there", || children(runsvdir.pid()).first().is_some_and(|other| *other != pid));
    until_asleep(&runsvdir);
}

#[test]
fn every_link_on_the_way_is_watched() {
    let scene = Scene::new();
    for name in ["one", "two", "three"] {
        scene.service(&format!("sv/{name}")).run(IDLE);
        scene.dir(format!("runsvdir/{name}"));
        scene.link(format!("../../sv/{name}"), format!("runsvdir/{name}/{name}"));
    }
    scene.link("one", "runsvdir/current");
    scene.link("runsvdir/current", "service");
    let runsvdir = start(&scene, &[scene.path("service").to_str().unwrap()]);
    until_stat(&scene, "one", "run");
    until_asleep(&runsvdir);

    // As runsvchdir does it.
    scene.link("two", "runsvdir/current.new");
    fs::rename(scene.path("runsvdir/current"), scene.path("runsvdir/previous")).unwrap();
    fs::rename(scene.path("runsvdir/current.new"), scene.path("runsvdir/current")).unwrap();
    until_stat(&scene, "two", "run");
    until_stat(&scene, "one", "down");
    until_asleep(&runsvdir);

    scene.link("runsvdir/three", "service.new");
    fs::rename(scene.path("service.new"), scene.path("service")).unwrap();
    until_stat(&scene, "three", "run");
    until_stat(&scene, "two", "down");
    until_asleep(&runsvdir);

    // And a directory above is moved, with what it holds.
    fs::rename(scene.path("runsvdir"), scene.path("elsewhere")).unwrap();
    until("it complains", || runsvdir.err().contains("file does not exist"));
    assert_eq!(stat(&scene, "three"), "run", "and leaves the services alone");
}

#[test]
fn a_dangling_link_is_complained_of_once_and_followed_when_it_leads_somewhere() {
    let scene = Scene::new();
    linked(&scene, "web", IDLE);
    scene.link("../sv/late", "scan/late");
    let runsvdir = start(&scene, &["scan"]);
    until_stat(&scene, "web", "run");
    linked(&scene, "db", IDLE);
    until_stat(&scene, "db", "run");
    scene.service("sv/.late").run(IDLE);
    fs::rename(scene.path("sv/.late"), scene.path("sv/late")).unwrap();
    until_stat(&scene, "late", "run");
    until_asleep(&runsvdir);
    assert_eq!(runsvdir.err(), "runsvdir scan: warning: unable to stat late: file does not exist\n");
}

#[test]
fn a_missing_directory_is_complained_of_with_growing_pauses() {
    let scene = Scene::new();
    let runsvdir = start(&scene, &["scan"]);
    let line = "runsvdir scan: warning: unable to stat scan: file does not exist\n";
    let began = crate::namespace::now();
    until("it has complained twice", || runsvdir.err() == line.repeat(2));
    assert!(began.elapsed() >= Duration::from_millis(900));
    linked(&scene, "web", IDLE);
    until_stat(&scene, "web", "run");
    until_asleep(&runsvdir);
}

#[test]
fn without_an_inotify_instance_it_looks_every_few_seconds() {
    let scene = Scene::new();
    let script = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$0\" \"$@\"";
    let mut tried = scene.command("unshare");
    tried.args(["-Ur", "sh", "-c", "echo 0 > /proc/sys/user/max_inotify_instances"]);
    if scene.finish(tried).code != 0 {
        return skip("without_an_inotify_instance_it_looks_every_few_seconds", "no user namespace can be had");
    }
    linked(&scene, "web", IDLE);
    let mut command = scene.command("unshare");
    command.args(["-Ur", "sh", "-c", script]).arg(program("runsvdir")).arg("scan").env("PATH", search_path());
    let runsvdir = scene.spawn(command);
    until_stat(&scene, "web", "run");
    linked(&scene, "db", IDLE);
    until_stat(&scene, "db", "run");
    scene.remove("scan/web");
    until_stat(&scene, "web", "down");
    assert!(!waits_without_end(runsvdir.pid()), "it cannot have been told");
}

#[test]
fn an_entry_that_comes_back_waits_for_its_old_runsv_in_silence() {
    let scene = Scene::new();
    linked(&scene, "web", CATCHER);
    let runsvdir = start(&scene, &["scan"]);
    until("it runs", || scene.read("sv/web/sent") == "up\n");
    let old = children(runsvdir.pid());
    scene.remove("scan/web");
    until("it was told to stop", || scene.read("sv/web/sent").contains("TERM"));
    scene.link("../sv/web", "scan/web");
    linked(&scene, "db", IDLE);
    until_stat(&scene, "db", "run"); // the link has been seen too
    throughout("nobody else is started", Duration::from_millis(1500), || children(runsvdir.pid()).len() == 2);
    assert!(children(runsvdir.pid()).contains(&old[0]));
    scene.send("sv/web/hold", "0\n");
    until("the service is started anew", || scene.read("sv/web/sent").matches("up\n").count() == 2);
    assert_eq!(runsvdir.err(), "");
}

#[test]
fn fifteen_hundred_services() {
    const MANY: usize = 1500;
    let scene = Scene::new();
    scene.dir("scan");
    for number in 0..MANY {
        // It is the supervisors that are counted.
        scene.service(&format!("scan/{number}")).down();
    }
    let mut runsvdir = start(&scene, &["scan"]);
    let supervised = |number: usize| scene.has_reader(format!("scan/{number}/supervise/ok"));
    until("all are supervised", || (0..MANY).all(supervised));
    assert_eq!(children(runsvdir.pid()).len(), MANY);
    assert!(!runsvdir.err().contains("too many"));
    fs::rename(scene.path("scan"), scene.path("gone")).unwrap();
    scene.dir("scan");
    until("all have left", || children(runsvdir.pid()).is_empty());
    runsvdir.signal(libc::SIGHUP);
    assert_eq!(runsvdir.end().code, 111);
}
