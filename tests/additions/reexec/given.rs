//! What a service is given stays what it is: its control group, its fifo, its lock, its sockets.

use super::*;
use crate::control_group::{FAR, far, group_of, groups, is_gone, name, until_said};
use crate::outfit::{ORPHAN, READER, TELLER, port, socket};
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

#[test]
fn a_control_group_is_still_its_own_and_ends_as_a_whole() {
    let Some(groups) = groups("a_control_group_is_still_its_own_and_ends_as_a_whole") else { return };
    let name = name();
    let scene = Scene::new();
    let service = scene.service(&name).run(&format!("{FAR}; exec sleep 1000")).file("stop", "TERM 10s\nKILL all\n");
    let mut web = supervise(&scene, service.file("cgroup/cgroup.max.descendants", "7\n")).running();
    let group = groups.join(format!("keepup.{name}"));
    let (pid, first) = (web.pid(), far(&web));
    for _ in 0..3 {
        reexec(&web);
    }
    assert_eq!(web.pid(), pid);
    assert!(group_of(first).ends_with(&format!("/keepup.{name}")));
    let other = scene.service(&format!("other/{name}")).run(IDLE).file("cgroup/cgroup.max.depth", "3\n").supervise();
    until_said(&other, &format!("keepup.{name}: temporary failure\n"));
    drop(other);
    scene.file(web.at("cgroup/cgroup.max.descendants"), "5\n");
    scene.remove(web.at("far"));
    web.send("t");
    let second = far(&web);
    assert!(is_gone(first), "who was left of the life before is gone before the next one begins");
    assert!(group_of(second).ends_with(&format!("/keepup.{name}")));
    assert_eq!(fs::read_to_string(group.join("cgroup.max.descendants")).unwrap(), "5\n");
    reexec(&web);
    web.send("d");
    web.until_stat("down");
    until("the far one is gone", || is_gone(second));
    reexec(&web);
    web.send("x");
    assert_eq!(web.end(), 0);
    assert!(!group.exists(), "it goes with its supervisor");
}

#[test]
fn what_waits_in_its_fifo_is_not_lost() {
    let scene = Scene::new();
    let web = supervise(&scene, scene.service("web").run(READER).file("stdin", "")).running();
    scene.send("web/supervise/stdin", "one\n");
    web.until_lines("got", 2);
    let pid = web.pid();
    reexec(&web);
    scene.send("web/supervise/stdin", "two\n");
    web.until_lines("got", 3);
    assert_eq!(web.pid(), pid);
    web.send("d");
    web.until_stat("down");
    scene.send("web/supervise/stdin", "while down\n");
    reexec(&web);
    reexec(&web);
    web.send("u");
    web.until_lines("got", 5);
    assert_eq!(web.lines("got"), ["up", "one", "two", "up", "while down"]);
}

#[test]
fn a_start_that_waits_for_its_lock_goes_on_waiting() {
    let scene = Scene::new();
    let mut web = supervise(&scene, scene.service("web").run(ORPHAN).file("lock-fd", "7\n"));
    until("the second start waits", || web.runsv.err().contains("child will block"));
    web.until_stat("run");
    let waiting = web.pid().unwrap();
    reexec(&web);
    throughout("it waits", Duration::from_millis(200), || web.lines("lives") == ["life"]);
    scene.send("web/hold", "go\n");
    web.until_lines("lives", 3);
    assert_eq!(web.lines("lives"), ["life", "gone", "life"]);
    assert_eq!(web.pid(), Some(waiting));
    reexec(&web);
    assert!(scene.is_locked("web/supervise/service-lock"));
    web.send("d");
    web.until_stat("down");
    assert!(!scene.is_locked("web/supervise/service-lock"), "the lock is the service's, not ours");
    web.send("x");
    assert_eq!(web.end(), 0);
}

#[test]
fn a_connection_that_nobody_has_taken_waits_on() {
    let scene = Scene::new();
    let (port, path, input) = (port(), scene.path("local.sock"), scene.path("input.sock"));
    let listen =
        format!("tcp 127.0.0.1:{port} name http\nunix {} name local\nunix {} as 0\n", path.display(), input.display());
    let mut web = supervise(&scene, scene.service("web").run(TELLER).file("listen", &listen));
    web.until_lines("told", 1);
    let sockets = |web: &Supervised<'_>| [3, 4, 0].map(|number| socket(web, number));
    web.until_stat("run");
    let before = until_some("it has its sockets", || {
        let now = sockets(&web);
        now.iter().all(|socket| socket.display().to_string().starts_with("socket:[")).then_some(now)
    });
    web.send("d");
    web.until_stat("down");
    let mut waits = TcpStream::connect(("127.0.0.1", port)).unwrap();
    waits.write_all(b"hello").unwrap();
    let others = [UnixStream::connect(&path).unwrap(), UnixStream::connect(&input).unwrap()];
    reexec(&web);
    reexec(&web);
    web.send("u");
    web.until_lines("told", 2);
    assert_eq!(web.lines("told")[1], "1 2 http:local");
    until("it runs with the same sockets", || sockets(&web) == before);
    waits.set_nonblocking(true).unwrap();
    let still_open = |answer: std::io::Result<usize>| answer.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock);
    assert!(still_open(waits.peek(&mut [0])));
    for other in &others {
        other.set_nonblocking(true).unwrap();
        assert!(still_open(std::io::Read::read(&mut &*other, &mut [0])));
    }
    // What was handed over is closed when it is not wanted any more.
    scene.file("web/listen", format!("tcp 127.0.0.1:{port} name http\n"));
    reexec(&web);
    web.send("t");
    web.until_lines("told", 3);
    assert_eq!(web.lines("told")[2], "1 1 http");
    assert!(!path.exists() && !input.exists());
    web.send("x");
    assert_eq!(web.end(), 0);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}
