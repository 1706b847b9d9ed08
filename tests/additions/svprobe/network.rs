//! Servers that answer well, wrongly, slowly, or not at all.

use super::{cannot_tell, probe, says};
use crate::namespace::{available, run_covered};
use crate::scene::{Scene, ours, slurp, timed};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Less than the tests' ceiling, and more than the time that a test waits for to be over.
const SOON: &str = "300ms";
const AT_LEAST: Duration = Duration::from_millis(300);

/// Serves one connection with this; its port, and what it leaves.
fn serve<T: Send + 'static>(work: impl FnOnce(TcpStream) -> T + Send + 'static) -> (u16, Receiver<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        if let Ok((connection, _)) = listener.accept() {
            let _ = sender.send(work(connection));
        }
    });
    (port, receiver)
}

/// The head of a request.
fn request(mut connection: &TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && connection.read(&mut byte).is_ok_and(|length| length == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A server that answers one request, in two pieces.
fn http(answer: &'static str) -> (u16, Receiver<String>) {
    serve(move |mut connection| {
        let head = request(&connection);
        let (one, other) = answer.split_at(answer.len() / 2);
        let _ = connection.write_all(one.as_bytes()).and_then(|()| connection.write_all(other.as_bytes()));
        head
    })
}

#[track_caller]
fn http_says(answer: &'static str, options: &[&str], code: i32, words: &str) {
    let scene = Scene::new();
    let (port, _) = http(answer);
    let url = format!("http://127.0.0.1:{port}/health");
    let done = probe(&scene, &[&["http", &url], options].concat());
    let word = if code == 0 { "ok" } else { "fail" };
    says(&done, code, &format!("{word}: http {url}: {words}"));
}

#[test]
fn a_status_is_well_or_not() {
    http_says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", &[], 0, "status 200");
    http_says("HTTP/1.0 500 No\r\n\r\nno", &[], 1, "status 500 is not in 200-299");
    http_says("HTTP/1.1 302 There\r\n\r\n", &["--status=200,300-399"], 0, "status 302");
    http_says("SSH-2.0-OpenSSH_9.2\r\n", &[], 1, "the answer is not HTTP");
    http_says("", &[], 1, "the connection ended before the answer did");
}

#[test]
fn a_body_is_looked_at() {
    const CHUNKED: &str =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"ok\":\r\n5\r\ntrue}\r\n0\r\n\r\n";
    http_says(CHUNKED, &["--body", "*\"ok\":true*"], 0, "status 200, and the body matches");
    let no = "status 200, but the body does not match: \"{\"ok\":true}\"";
    http_says(CHUNKED, &["--body", "ok"], 1, no);
    const SHORT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok";
    http_says(SHORT, &["--body", "ok"], 1, "the connection ended before the answer did");
    http_says("HTTP/1.1 200 OK\r\n\r\nok\n", &["--body", "ok"], 0, "status 200, and the body matches");
}

#[test]
fn a_request_is_what_servers_expect() {
    let scene = Scene::new();
    let (port, heard) = http("HTTP/1.1 204 OK\r\n\r\n");
    let url = format!("http://localhost:{port}/a?b#c");
    let done = probe(&scene, &["http", &url, "--header", "X-Key: 1", "--header", "user-agent: me"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let host = format!("Host: localhost:{port}\r\n");
    let expected =
        format!("GET /a?b HTTP/1.1\r\n{host}Accept: */*\r\nConnection: close\r\nX-Key: 1\r\nuser-agent: me\r\n\r\n");
    assert_eq!(heard.recv().unwrap(), expected);
}

#[test]
fn nobody_there_is_not_well() {
    let scene = Scene::new();
    // Bound, but not listening: nobody else can have the port meanwhile.
    let listener = nix::sys::socket::socket(
        nix::sys::socket::AddressFamily::Inet,
        nix::sys::socket::SockType::Stream,
        nix::sys::socket::SockFlag::SOCK_CLOEXEC,
        None,
    )
    .unwrap();
    let address = nix::sys::socket::SockaddrIn::new(127, 0, 0, 1, 0);
    nix::sys::socket::bind(listener.as_raw_fd(), &address).unwrap();
    let bound: nix::sys::socket::SockaddrIn = nix::sys::socket::getsockname(listener.as_raw_fd()).unwrap();
    let place = format!("127.0.0.1:{}", bound.port());
    says(&probe(&scene, &["tcp", &place]), 1, &format!("fail: tcp {place}: connection refused"));
    let url = format!("http://{place}/");
    says(&probe(&scene, &["http", &url]), 1, &format!("fail: http {url}: connection refused"));
    let none = scene.path("none").display().to_string();
    says(&probe(&scene, &["unix", &none]), 1, &format!("fail: unix {none}: file does not exist"));
    scene.file("none", "");
    says(&probe(&scene, &["unix", "none"]), 1, "fail: unix none: connection refused");
}

#[test]
fn whoever_is_slow_is_not_waited_for() {
    let scene = Scene::new();
    // Keeps quiet until we have gone.
    let (port, _) = serve(slurp);
    let url = format!("http://127.0.0.1:{port}/");
    let (took, done) = timed(|| probe(&scene, &["http", &url, "--timeout", SOON]));
    says(&done, 1, &format!("fail: http {url}: timed out after 300ms: no answer"));
    assert!(took >= AT_LEAST);

    // Never stops, and never comes to an end.
    let (port, _) = serve(|mut connection| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while connection.write_all(b"x").is_ok() {
            thread::park_timeout(Duration::from_millis(5));
        }
    });
    let url = format!("http://127.0.0.1:{port}/");
    let (took, done) = timed(|| probe(&scene, &["--timeout", SOON, "http", &url, "--body", "*"]));
    let late = "timed out after 300ms: status 200, but the body is not complete";
    says(&done, 1, &format!("fail: http {url}: {late}"));
    assert!(took >= AT_LEAST);
}

#[test]
fn a_conversation_is_had() {
    let scene = Scene::new();
    let answer = |mut connection: TcpStream| {
        let mut said = [0; 6];
        connection.read_exact(&mut said).unwrap();
        connection.write_all(b"+PO").and_then(|()| connection.write_all(b"NG\r\n")).unwrap();
        said
    };
    let (port, heard) = serve(answer);
    let place = format!("127.0.0.1:{port}");
    let done = probe(&scene, &["tcp", &place, "--send", r"PING\r\n", "--expect", "+PONG"]);
    says(&done, 0, &format!("ok: tcp {place}: answered \"+PONG\""));
    assert_eq!(&heard.recv().unwrap(), b"PING\r\n");

    let (port, _) = serve(|mut connection| connection.write_all(b"220 smtp ready\r\n"));
    let place = format!("127.0.0.1:{port}");
    let done = probe(&scene, &["tcp", &place, "--expect", "SSH-*"]);
    says(&done, 1, &format!("fail: tcp {place}: closed: no match in \"220 smtp ready\""));

    let (port, heard) = serve(slurp);
    let place = format!("127.0.0.1:{port}");
    says(&probe(&scene, &["tcp", &place]), 0, &format!("ok: tcp {place}: connected"));
    assert_eq!(heard.recv().unwrap(), "");
    let (port, heard) = serve(slurp);
    let place = format!("127.0.0.1:{port}");
    says(&probe(&scene, &["tcp", &place, "--send", "x"]), 0, &format!("ok: tcp {place}: connected and sent"));
    assert_eq!(heard.recv().unwrap(), "x");
}

#[test]
fn a_unix_socket_is_asked_too() {
    let scene = Scene::new();
    let listener = UnixListener::bind(scene.path("socket")).unwrap();
    says(&probe(&scene, &["unix", "socket"]), 0, "ok: unix socket: connected");
    drop(listener.accept().unwrap());
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        connection.write_all(b"ready\n").unwrap();
        listener
    });
    says(&probe(&scene, &["unix", "socket", "--expect", "ready"]), 0, "ok: unix socket: answered \"ready\"");
    drop(server.join().unwrap());
    says(&probe(&scene, &["unix", "socket"]), 1, "fail: unix socket: connection refused");
}

#[test]
fn a_socket_whose_queue_is_full_is_not_waited_for() {
    let scene = Scene::new();
    let listener = UnixListener::bind(scene.path("socket")).unwrap();
    // SAFETY: a listener may be told of a shorter queue.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 0) }, 0);
    let mut waiting = Vec::new();
    loop {
        let flags = nix::sys::socket::SockFlag::SOCK_NONBLOCK | nix::sys::socket::SockFlag::SOCK_CLOEXEC;
        let family = nix::sys::socket::AddressFamily::Unix;
        let client = nix::sys::socket::socket(family, nix::sys::socket::SockType::Stream, flags, None).unwrap();
        let address = nix::sys::socket::UnixAddr::new(&scene.path("socket")).unwrap();
        match nix::sys::socket::connect(client.as_raw_fd(), &address) {
            Ok(()) => waiting.push(client),
            Err(errno) => break assert_eq!(errno, nix::errno::Errno::EAGAIN),
        }
    }
    let (took, done) = timed(|| probe(&scene, &["unix", "socket", "--timeout", SOON]));
    says(&done, 1, "fail: unix socket: timed out after 300ms: not connected");
    assert!(took >= AT_LEAST);
}

#[test]
fn a_name_is_looked_up_as_the_host_does() {
    let test = "a_name_is_looked_up_as_the_host_does";
    if !available(test, &["/etc/hosts", "/etc/nsswitch.conf", "/usr/bin/getent"]) {
        return;
    }
    let scene = Scene::new();
    let look = |nsswitch: &str, getent: &str, name: &str, timeout: &str| {
        scene.file("hosts", "127.0.0.1 in-the-file\n");
        scene.file("nsswitch.conf", nsswitch);
        scene.script("getent", format!("echo \"$@\" >> asked; {getent}"));
        let covers = [("hosts", "/etc/hosts"), ("nsswitch.conf", "/etc/nsswitch.conf"), ("getent", "/usr/bin/getent")];
        // Nobody listens: that it was found is seen by that.
        let place = format!("{name}:1");
        let done = run_covered(&scene, &covers, &ours("svprobe"), &["tcp", &place, "--timeout", timeout]);
        (done, place)
    };
    let known = "echo '127.0.0.1 STREAM far'; echo '127.0.0.1 DGRAM '";
    let (done, place) = look("hosts: files dns\n", known, "In-The-File", "5s");
    says(&done, 1, &format!("fail: tcp {place}: connection refused"));
    assert_eq!(scene.read("asked"), "");
    let (done, place) = look("hosts: files dns\n", known, "far", "5s");
    says(&done, 1, &format!("fail: tcp {place}: connection refused"));
    assert_eq!(scene.read("asked"), "-- ahosts far\n");
    let (done, _) = look("hosts: files\n", known, "far", "5s");
    cannot_tell(&done, "tcp far:1: unknown host: far");
    let (done, _) = look("hosts: dns\n", "exit 2", "in-the-file", "5s");
    cannot_tell(&done, "tcp in-the-file:1: unknown host: in-the-file");
    let (done, _) = look("hosts: dns\n", "exec sleep 1000", "far", SOON);
    cannot_tell(&done, "tcp far:1: unable to look up host: far: timed out");
    assert!(scene.processes().is_empty(), "what was asked is not left behind");
}
