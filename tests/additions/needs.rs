//! `needs`: services that wait for others.

use crate::policy::{journal, until_noted};
use crate::scene::service::{IDLE, Service, Supervised};
use crate::scene::{Scene, skip, throughout, timed, until, until_still, wakes};
use std::time::Duration;

/// A service that writes down when it begins.
fn service<'a>(scene: &'a Scene, name: &str, needs: &str) -> Service<'a> {
    let service = scene.service(name).run(&format!("echo {name} >> ../order; {IDLE}"));
    if needs.is_empty() { service } else { service.file("needs", needs) }
}

#[test]
fn a_chain_begins_at_its_end() {
    let scene = Scene::new();
    let web = service(&scene, "web", "app\n").supervise();
    let app = service(&scene, "app", "database\n").supervise();
    until_noted(&web, "waiting need=app");
    until_noted(&app, "waiting need=database");
    let database = service(&scene, "database", "").file("ready", "after 300ms\n").supervise();
    web.until_stat("run");
    // What their processes write comes in any order; the supervisors know.
    let when = |one: &Supervised<'_>, event: &str| {
        let lines = one.lines("supervise/journal");
        lines.into_iter().find(|line| line.contains(event)).unwrap_or_default()
    };
    let order = [when(&database, " ready "), when(&app, " start "), when(&web, " start ")];
    assert!(order.is_sorted(), "{order:#?}");
    assert_eq!(journal(&database), ["start starts=1", "ready"]);
}

#[test]
fn the_phase_is_waiting_and_down_ends_it() {
    let scene = Scene::new();
    let web = service(&scene, "web", "app\n").supervise();
    until_noted(&web, "waiting need=app");
    let list = || scene.run("sv", &["--json", "list", "./web"]).out;
    until("it is shown", || list().contains("\"state\":\"waiting\""));
    assert_eq!(web.status().want, 'u');
    web.send("d");
    web.until_stat("down");
    let app = service(&scene, "app", "").supervise().running();
    throughout("nobody wants it", Duration::from_millis(200), || web.stat() == "down");
    web.send("u");
    web.until_stat("run");
    drop(app);
}

#[test]
fn each_start_waits_again() {
    let scene = Scene::new();
    let app = service(&scene, "app", "").supervise().running();
    let web = service(&scene, "web", "app\n").supervise().running();
    app.send("d");
    app.until_stat("down");
    assert_eq!(web.stat(), "run", "only a start waits");
    web.send("t");
    until_noted(&web, "waiting need=app");
    app.send("u");
    web.until_stat("run");
}

#[test]
fn one_that_does_not_exist_is_named_and_waited_for() {
    let scene = Scene::new();
    let web = service(&scene, "web", "nobody\n").supervise();
    until("it is named", || {
        web.runsv.err() == "runsv web: warning: ./needs: nobody: no such service, waiting for it\n"
    });
    let nobody = service(&scene, "nobody", "").supervise();
    web.until_stat("run");
    drop(nobody);
}

#[test]
fn an_edit_of_needs_ends_a_wait() {
    let scene = Scene::new();
    let web = service(&scene, "web", "nobody\n").supervise();
    until_noted(&web, "waiting need=nobody");
    scene.file("web/needs.new", "# none\n");
    scene.rename("web/needs.new", "web/needs");
    web.until_stat("run");
}

#[test]
fn a_circle_is_named_and_started_after_ten_seconds() {
    let scene = Scene::new();
    let (took, _) = timed(|| {
        let web = service(&scene, "web", "app\n").supervise();
        let app = service(&scene, "app", "web\n").supervise();
        until("it is named", || [&web, &app].iter().any(|one| one.runsv.err().contains("./needs: a circle: ")));
        web.until_stat("run");
        app.until_stat("run");
    });
    assert!(took >= Duration::from_secs(10), "{took:?}");
}

#[test]
fn a_script_before_the_start_comes_after_the_wait() {
    let scene = Scene::new();
    let web = service(&scene, "web", "app\n").control('u', "echo script >> ../order").supervise();
    until_noted(&web, "waiting need=app");
    let app = service(&scene, "app", "").supervise();
    web.until_stat("run");
    until("both have written", || scene.lines("order").len() == 3);
    let order: Vec<_> = scene.lines("order").into_iter().filter(|line| line != "app").collect();
    assert_eq!(order, ["script", "web"]);
    drop(app);
}

#[test]
fn where_nobody_tells_it_is_looked_at_from_time_to_time() {
    let test = "where_nobody_tells_it_is_looked_at_from_time_to_time";
    let scene = Scene::new();
    let service_web = service(&scene, "web", "app\n");
    let script = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$0\" web";
    let unshare = |script: &str| {
        let mut command = scene.command("unshare");
        command.args(["-Ur", "sh", "-c", script]).arg(crate::scene::program("runsv"));
        command
    };
    if scene.finish(unshare("echo 0 > /proc/sys/user/max_inotify_instances")).code != 0 {
        return skip(test, "no user namespace can be had");
    }
    let web = service_web.supervise_by(unshare(script));
    until_noted(&web, "waiting need=app");
    let app = service(&scene, "app", "").supervise();
    web.until_stat("run");
    drop(app);
}

#[test]
fn waiting_takes_no_processor_time() {
    let scene = Scene::new();
    let app = service(&scene, "app", "").down().supervise();
    let web = service(&scene, "web", "app\n").supervise();
    until_noted(&web, "waiting need=app");
    let wakes = || wakes(web.runsv.pid());
    throughout("it has come to rest", Duration::from_millis(300), || true);
    let before = until_still("it has done all it had to do", wakes);
    throughout("it sleeps", Duration::from_secs(2), || wakes() == before);
    drop(app);
}
