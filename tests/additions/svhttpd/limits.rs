//! What a client may cost.

use super::{Server, VERSION, request, status};
use crate::scene::{Scene, ours, throughout, until, wakes};
use keepup::rpc::Value;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Whether the server has closed it.
fn is_closed(stream: &mut UnixStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match stream.read(&mut [0; 4096]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn a_request_must_come_in_time() {
    let scene = Scene::new();
    let server = Server::start(&scene, &["--timeout", "1s"]);
    let whole = request(VERSION, &[], "");
    for said in [0, 5, 60, whole.len() - 1] {
        let mut slow = server.connect();
        slow.write_all(&whole.as_bytes()[..said]).unwrap();
        until("the slow one is sent away", || is_closed(&mut slow));
    }
    // A byte now and then does not help.
    let mut slow = server.connect();
    let mut bytes = whole.bytes().cycle();
    until("the drip is stopped", || {
        slow.set_nonblocking(false).unwrap();
        slow.write_all(&[bytes.next().unwrap()]).is_err() || is_closed(&mut slow)
    });
    assert_eq!(status(&server.raw(&whole)), "HTTP/1.1 200 OK");
    server.end();
}

#[test]
fn one_that_has_asked_may_be_silent_for_longer() {
    let scene = Scene::new();
    let server = Server::start(&scene, &["--timeout", "500ms", "--idle", "3s"]);
    let mut stream = server.connect();
    let whole = request(VERSION, &[], "").replace("Connection: close\r\n", "");
    let mut ask = || {
        stream.set_nonblocking(false).unwrap();
        stream.write_all(whole.as_bytes()).unwrap();
        let mut heard = vec![0; 4096];
        let length = stream.read(&mut heard).unwrap();
        assert_eq!(status(&String::from_utf8_lossy(&heard[..length])), "HTTP/1.1 200 OK");
    };
    ask();
    throughout("it is silent, and nothing happens", Duration::from_millis(1500), || true);
    ask();
    until("its time is over", || is_closed(&mut stream));
    server.end();
}

#[test]
fn one_that_takes_nothing_is_sent_away() {
    let scene = Scene::new();
    let server = Server::start(&scene, &["--idle", "1s"]);
    let mut stream = server.connect();
    let whole = request("system.listMethods", &[], "").replace("Connection: close\r\n", "");
    stream.set_nonblocking(true).unwrap();
    // Until nothing more can be said, as no answer is heard.
    let mut sent = 0;
    until("it is cut off", || {
        match stream.write(whole.as_bytes()) {
            Ok(length) => sent += length,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return true,
        }
        assert!(sent < 1 << 26, "it takes {sent} bytes");
        false
    });
    assert_eq!(status(&server.raw(request(VERSION, &[], ""))), "HTTP/1.1 200 OK");
    server.end();
}

#[test]
fn sizes_are_limited() {
    let scene = Scene::new();
    let server = Server::start(&scene, &[]);
    let head = |name: &str| status(&server.raw(request(VERSION, &[], &format!("X: {name}\r\n")))).to_owned();
    assert_eq!(head(&"x".repeat(10_000)), "HTTP/1.1 200 OK");
    assert_eq!(head(&"x".repeat(100_000)), "HTTP/1.1 431 Request Header Fields Too Large");
    let body = |size: usize| {
        let reply = server.raw(request("supervisor.getProcessInfo", &[Value::text("x".repeat(size))], ""));
        status(&reply).to_owned()
    };
    assert_eq!(body(1_000_000), "HTTP/1.1 200 OK");
    assert_eq!(body(9_000_000), "HTTP/1.1 413 Payload Too Large");
    let pieces = format!(
        "POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20)).repeat(9)
    );
    assert_eq!(status(&server.raw(pieces)), "HTTP/1.1 413 Payload Too Large");
    let deep = "<value><array><data>".repeat(50_000);
    let text = format!("<methodCall><methodName>a</methodName><params><param>{deep}");
    let length = text.len();
    let text = format!("POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{text}");
    assert_eq!(status(&server.raw(text)), "HTTP/1.1 400 Bad Request");
    server.end();
}

#[test]
fn a_crowd_does_not_shut_others_out() {
    let scene = Scene::new();
    let server = Server::start(&scene, &["-c", "8", "--timeout", "2s"]);
    let whole = request(VERSION, &[], "");
    // Those that have asked and are silent make room at once.
    let silent: Vec<UnixStream> = (0..30)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(whole.replace("Connection: close\r\n", "").as_bytes()).unwrap();
            let length = stream.read(&mut [0; 4096]).unwrap();
            assert!(length > 0);
            stream
        })
        .collect();
    assert_eq!(status(&server.raw(&whole)), "HTTP/1.1 200 OK");
    drop(silent);
    // Those that have not asked are waited for, and not longer than that.
    let mute: Vec<UnixStream> = (0..30).map(|_| server.connect()).collect();
    assert_eq!(status(&server.raw(&whole)), "HTTP/1.1 200 OK");
    drop(mute);
    server.end();
}

#[test]
fn it_goes_on_when_descriptors_are_short() {
    let scene = Scene::new();
    scene.dir("scan");
    scene.script("limited", format!("ulimit -n 24; exec {} -c 100 scan", ours("svhttpd").display()));
    let mut command = scene.command(scene.path("limited"));
    command.current_dir(scene.path(""));
    let running = scene.spawn(command);
    let server = Server { scene: &scene, running, socket: scene.path("scan/.svhttpd.sock") }.until_there();
    let crowd: Vec<UnixStream> = (0..60).map(|_| server.connect()).collect();
    until("it says so", || server.running.err().contains("unable to take a connection, trying again: "));
    drop(crowd);
    assert_eq!(status(&server.raw(request(VERSION, &[], ""))), "HTTP/1.1 200 OK");
    assert_eq!(server.running.err().lines().count(), 1, "once: {}", server.running.err());
    server.end();
}

#[test]
fn whoever_asks_nothing_wakes_nobody() {
    let scene = Scene::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::on(&scene, "socket", &["-t", &free.to_string()]);
    let Some(_) = wakes(server.running.pid()) else {
        return crate::scene::skip("whoever_asks_nothing_wakes_nobody", "the kernel does not count wake-ups");
    };
    let mut open = server.connect();
    open.write_all(request(VERSION, &[], "").replace("Connection: close\r\n", "").as_bytes()).unwrap();
    assert!(open.read(&mut [0; 4096]).unwrap() > 0);
    let pid = server.running.pid();
    let before = crate::scene::until_still("it is asleep", || wakes(pid));
    throughout("it sleeps, with somebody silent connected", Duration::from_secs(3), || wakes(pid) == before);
}
