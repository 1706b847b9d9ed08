//! `sv why`

use super::*;
use crate::scene::service::IDLE;

/// On one line.
fn flat(out: &str) -> String {
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn it_tells_how_it_came_to_this() {
    let scene = Scene::new();
    let web = scene.service("web").file("restart", "delay 1h\n").run("kill -SEGV $$").supervise();
    web.until_lines("supervise/journal", 3);
    until("it waits for its next start", || well(sv(&scene, &["list", "web"])).contains("backoff"));
    let out = flat(&well(sv(&scene, &["why", "web"])));
    assert!(out.starts_with("web has been down for ") && out.contains("will be started again in "), "{out}");
    assert!(out.contains(" signal SEGV") && out.contains("sv log web"), "{out}");
}

#[test]
fn it_shows_the_end_of_the_log() {
    let scene = Scene::new();
    let web = scene
        .service("web")
        .run("for n in 1 2 3 4 5 6 7; do echo line $n; done; exec sleep 1000")
        .log(&format!("mkdir -p main; exec {} main", ours("svlogd").display()))
        .supervise()
        .running();
    until("all is logged", || web.lines("log/main/current").len() == 7);
    let out = well(sv(&scene, &["why", "web"]));
    assert!(out.ends_with("Its log ends with:\n  line 3\n  line 4\n  line 5\n  line 6\n  line 7\n"), "{out}");
    let json = well(sv(&scene, &["why", "-j", "web"]));
    assert!(json.starts_with(r#"{"name":"web","state":"run","why":"web has run for "#), "{json}");
    assert!(json.ends_with("\"line 6\",\"line 7\"],\"errlog\":[],\"advice\":null}\n"), "{json}");
}

#[test]
fn it_follows_the_chain_of_needs() {
    let scene = Scene::new();
    let _web = scene.service("web").down().file("needs", "app\n").run(IDLE).supervise();
    let _app = scene.service("app").down().file("needs", "db\n").run(IDLE).supervise();
    let _db = scene.fake("db", Status::down());
    let out = flat(&well(sv(&scene, &["why", "web"])));
    assert!(out.contains("web needs app, which is down; app needs db, which is down."), "{out}");
}

#[test]
fn of_one_that_is_not_there_it_tells_that() {
    let scene = Scene::new();
    scene.dir("new");
    let mut gone = scene.fake("gone", Status::down());
    gone.leave();
    let done = sv(&scene, &["why", "nobody", "new", "gone"]);
    assert_eq!((done.code, done.err.as_str()), (3, ""));
    for part in ["There is no service nobody: ", "Nobody has ever supervised new.", "Nobody supervises gone: "] {
        assert!(done.out.contains(part), "{}", done.out);
    }
    assert_eq!(sv(&scene, &["why"]).code, 100);
}

#[test]
fn lines_are_as_long_as_the_terminal_is_wide() {
    let scene = Scene::new();
    let _web = scene.service("web").run(IDLE).supervise().running();
    let mut why = command(&scene, &["why", "web"]);
    why.env("COLUMNS", "20");
    let out = well(scene.finish(why));
    assert!(out.lines().count() > 1 && out.lines().all(|line| line.len() <= 20), "{out}");
}
