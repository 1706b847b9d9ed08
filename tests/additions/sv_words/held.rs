//! `sv down --for`, and `--note`

use super::*;
use crate::scene::service::IDLE;

#[test]
fn it_comes_back_by_itself() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    let before = web.pid();
    let out = well(sv(&scene, &["-w", "60", "stop", "--for", "1500ms", "--note", "disk swap", "web"]));
    assert!(out.starts_with("ok: down: web: "), "{out}");
    let (span, ()) = timed(|| web.until_status("run", |status| status.state == 1 && Some(status.pid as i32) != before));
    assert!(span > std::time::Duration::from_millis(500), "{span:?}");
    assert!(!scene.path("web/supervise/held").exists());
    let journal = well(sv(&scene, &["journal", "-nall", "web"]));
    assert!(journal.contains(" note=\"disk swap\""), "{journal}");
}

#[test]
fn it_is_shown() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    assert_eq!(well(sv(&scene, &["down", "web", "--for=2h", "--note", "disk \"swap\""])), "");
    web.until_stat("down");
    let list = well(sv(&scene, &["list", "web"]));
    assert!(list.contains("held for ") && list.contains(": disk \"swap\"") && !list.contains("normally up"), "{list}");
    let json = well(sv(&scene, &["list", "-j", "web"]));
    assert!(json.contains(r#""held":{"until":"20"#) && json.contains(r#""note":"disk \"swap\""}"#), "{json}");
    let why = well(sv(&scene, &["why", "web"])).replace('\n', " ");
    assert!(why.contains("It is held for ") && why.contains(": disk \"swap\"."), "{why}");
}

#[test]
fn it_survives_its_supervisor() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    well(sv(&scene, &["-w", "60", "stop", "--for", "3s", "--note", "x", "web"]));
    web.runsv.signal(libc::SIGTERM);
    web.end();
    let web = scene.service("web").supervise();
    assert_eq!(web.status().want, 'd');
    let list = well(sv(&scene, &["list", "web"]));
    assert!(list.contains("held for"), "{list}");
    web.until_stat("run");
}

#[test]
fn what_was_over_before_a_supervisor_came_is_over() {
    let scene = Scene::new();
    scene.file("web/supervise/held", "until @400000000000000a00000000\nnote long ago\n");
    let web = scene.service("web").run(IDLE).supervise();
    web.until_stat("run");
    assert!(!scene.path("web/supervise/held").exists());
}

#[test]
fn whoever_brings_it_up_ends_it() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    well(sv(&scene, &["-w", "60", "stop", "--for", "2h", "web"]));
    well(sv(&scene, &["-w", "60", "start", "web"]));
    until("it is not held any more", || !scene.path("web/supervise/held").exists());
    assert_eq!(web.stat(), "run");
}

#[test]
fn an_ordinary_down_is_for_good() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    well(sv(&scene, &["-w", "60", "stop", "--for", "2h", "web"]));
    well(sv(&scene, &["-w", "60", "stop", "web"]));
    until("it is not held any more", || !scene.path("web/supervise/held").exists());
    assert_eq!(web.stat(), "down");
    well(sv(&scene, &["-w", "60", "stop", "--note", "broken", "web"]));
    assert!(well(sv(&scene, &["list", "web"])).contains("held: broken"));
}

#[test]
fn what_is_held_is_not_brought_up_for_others() {
    let scene = Scene::new();
    let db = scene.service("db").run(IDLE).supervise().running();
    let _web = scene.service("web").down().file("needs", "db\n").run(IDLE).supervise();
    well(sv(&scene, &["-w", "60", "stop", "--for", "2h", "--note", "swap", "db"]));
    let done = sv(&scene, &["-w", "0", "start", "web"]);
    let told = done.out.lines().next().unwrap();
    assert!(told.starts_with("fail: db: held for ") && told.ends_with(": swap"), "{}", done.out);
    assert_eq!((db.stat().as_str(), done.code > 0), ("down", true));
}

#[test]
fn another_supervisor_is_not_told() {
    let scene = Scene::new();
    let mut web = scene.fake("web", Status::run(77));
    let done = sv(&scene, &["down", "--for", "2h", "web"]);
    let expected = "fail: web: not told: its runsv cannot hold it down for a time\n";
    assert_eq!((done.code, done.out.as_str(), web.got().as_str()), (1, expected, ""));
    for args in [&["down", "--for", "soon", "web"][..], &["down", "--for"], &["stop", "--what", "web"]] {
        assert_eq!(sv(&scene, args).code, 100, "{args:?}");
    }
}
