//! sv and a real runsv.

use super::*;

#[test]
fn down_up_and_status() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    let pid = web.pid().unwrap();
    assert_eq!(sv(&scene, &["status", "web"]), says(0, &format!("run: web: (pid {pid}) Ns\n")));
    assert_eq!(sv(&scene, &["stop", "web"]), says(0, "ok: down: web: Ns, normally up\n"));
    let done = sv(&scene, &["start", "web"]);
    let pid = web.pid().unwrap();
    assert_eq!(done, says(0, &format!("ok: run: web: (pid {pid}) Ns\n")));
}

#[test]
fn restart() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo start >> starts; exec sleep 1000").supervise();
    web.until_lines("starts", 1);
    until("it is more than a second old", || web.status().since + 2 <= crate::scene::status::now());
    let done = sv(&scene, &["restart", "web"]);
    let pid = web.pid().unwrap();
    assert_eq!(done, says(0, &format!("ok: run: web: (pid {pid}) Ns\n")));
    web.until_lines("starts", 2);
}

#[test]
fn stop_of_a_service_that_does_not_want_to() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    let pid = web.pid().unwrap();
    let line = format!("timeout: run: web: (pid {pid}) Ns, want down, got TERM\n");
    assert_eq!(sv(&scene, &["-w", "1", "stop", "web"]), says(1, &line));
}

#[test]
fn force_stop_of_a_service_that_does_not_want_to() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    let pid = web.pid().unwrap();
    let line = format!("kill: run: web: (pid {pid}) Ns, want down, got TERM\n");
    assert_eq!(sv(&scene, &["-w", "1", "force-stop", "web"]), says(1, &line));
    web.until_stat("down");
}

#[test]
fn stop_waits_for_finish() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).finish("sleep 1.5; echo over > over").supervise().running();
    assert_eq!(sv(&scene, &["-w", "60", "stop", "web"]), says(0, "ok: down: web: Ns, normally up\n"));
    assert_eq!(web.read("over"), "over\n");
}

#[test]
fn exit_ends_runsv() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).supervise().running();
    assert_eq!(sv(&scene, &["-v", "exit", "web"]), says(0, "ok: web: runsv not running\n"));
    assert_eq!(web.end(), 0);
    assert_eq!(sv(&scene, &["status", "web"]), says(1, "fail: web: runsv not running\n"));
}

#[test]
fn shutdown_ends_runsv_and_its_log_service() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(IDLE).log("exec cat").supervise().running();
    web.until_log_stat("run");
    assert_eq!(sv(&scene, &["-w", "60", "shutdown", "web"]), says(0, "ok: web: runsv not running\n"));
    assert_eq!(web.end(), 0);
}

#[test]
fn pause_and_cont() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).supervise().running();
    let pid = web.pid().unwrap();
    assert_eq!(sv(&scene, &["-v", "pause", "web"]), says(0, &format!("ok: run: web: (pid {pid}) Ns, paused\n")));
    until("it has stopped", || process_state(Some(pid)) == Some('T'));
    assert_eq!(sv(&scene, &["-v", "cont", "web"]), says(0, &format!("ok: run: web: (pid {pid}) Ns\n")));
}

#[test]
fn once() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).down().supervise();
    // A service that went down in this very second counts as one that has been up for its once.
    until("it is more than a second old", || web.status().since + 2 <= crate::scene::status::now());
    let done = sv(&scene, &["-v", "once", "web"]);
    let pid = web.pid().unwrap();
    assert_eq!(done, says(0, &format!("ok: run: web: (pid {pid}) Ns, normally down, want down\n")));
}

#[test]
fn hup() {
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    assert_eq!(sv(&scene, &["hup", "web"]), says(0, ""));
    web.until_sent(&["HUP"]);
}

#[test]
fn a_service_that_takes_itself_down() {
    let scene = Scene::new();
    let run = format!("'{}' down . && exec sleep 1000", program("sv").display());
    let web = scene.service("web").run(&run).supervise();
    web.until_status("down, wanted down", |status| status.state == 0 && status.want == 'd');
}

#[test]
fn the_log_service_by_its_name() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).log("exec cat").supervise().running();
    web.until_log_stat("run");
    assert_eq!(sv(&scene, &["-v", "stop", "web/log"]), says(0, "ok: down: web/log: Ns, normally up\n"));
    let pid = web.pid().unwrap();
    let line = format!("run: web: (pid {pid}) Ns; down: log: Ns, normally up\n");
    assert_eq!(sv(&scene, &["status", "web"]), says(0, &line));
}

#[test]
fn other_users_may_control_what_they_are_given() {
    if !root() {
        return skip("other_users_may_control_what_they_are_given", "only root may become another user");
    }
    use std::os::unix::process::CommandExt;
    let scene = Scene::new();
    let web = scene.service("web").run(CATCHER).supervise().caught();
    let nobody = |args: &[&str]| {
        let mut command = command(&scene, args);
        command.uid(65534).gid(65534);
        let done = scene.finish(command);
        Done { out: ageless(&done.out), ..done }
    };
    let line = "warning: web: unable to open supervise/ok: access denied\n";
    assert_eq!(nobody(&["hup", "web"]), says(1, line));
    scene.mode("web/supervise", 0o755);
    scene.mode("web/supervise/ok", 0o622);
    let line = "warning: web: unable to open supervise/control: access denied\n";
    assert_eq!(nobody(&["hup", "web"]), says(1, line));
    assert_eq!(nobody(&["status", "web"]).code, 0);
    scene.mode("web/supervise/control", 0o622);
    assert_eq!(nobody(&["hup", "web"]), says(0, ""));
    web.until_sent(&["HUP"]);
}
