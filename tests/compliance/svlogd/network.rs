//! Lines by UDP.

use crate::scene::Scene;
use crate::scene::logger::{directory, log, quiet};
use std::net::UdpSocket;
use std::time::Duration;

fn receiver() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

fn received(socket: &UdpSocket) -> String {
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

#[test]
fn each_line_is_a_datagram() {
    let (socket, port) = receiver();
    let scene = Scene::new();
    directory(&scene, "d", &format!("u127.0.0.1:{port}\npP: \n-x*\n"));
    assert_eq!(log(&scene, &["-l", "5", "d"], "abcd\nxyz\nabcde\nabcdefg\n"), quiet(0));
    assert_eq!([(); 3].map(|()| received(&socket)), ["P: abcd\n", "P: abcde...\n", "P: abcde...\n"]);
    assert_eq!(scene.read("d/current"), "P: abcd\nP: abcde\nP: abcdefg\n");
}

#[test]
fn lines_may_go_nowhere_else() {
    let (socket, port) = receiver();
    let scene = Scene::new();
    directory(&scene, "d", &format!("U127.0.0.1:{port}\n"));
    assert_eq!(log(&scene, &["-t", "d"], "abc\n"), quiet(0));
    let text = received(&socket);
    assert!(text.starts_with('@') && text.ends_with(" abc\n"), "{text}");
    assert_eq!(scene.read("d/current"), "");
}

#[test]
fn what_cannot_be_sent_is_in_the_log() {
    let scene = Scene::new();
    directory(&scene, "d", "U255.255.255.255:9\npP: \n");
    assert_eq!(log(&scene, &["d"], "abc\n"), quiet(0));
    assert_eq!(scene.read("d/current"), "warning: failure sending through udp: P: abc\n");
}
