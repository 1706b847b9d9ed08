//! Syslog.

use crate::scene::logger::{Logger, directory, log, quiet};
use crate::scene::{Scene, until};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn to_a_socket_of_this_machine() {
    let scene = Scene::new();
    let socket = UnixDatagram::bind(scene.path("dev-log")).unwrap();
    socket.set_read_timeout(PATIENCE).unwrap();
    directory(&scene, "d", &format!("y{} local0.err\n", scene.path("dev-log").display()));
    assert_eq!(log(&scene, &["-n", "web", "d"], "hello\n"), quiet(0));
    let mut bytes = [0; 1000];
    let length = socket.recv(&mut bytes).unwrap();
    let message = text(&bytes[..length]);
    assert!(message.starts_with("<131>") && message.ends_with(" web: hello"), "{message}");
    assert_eq!(message.len(), "<131>Nov 20 12:40:38 web: hello".len());
    assert_eq!(scene.read("d/current"), "web: hello\n");
}

#[test]
fn by_udp_in_the_new_form() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(PATIENCE).unwrap();
    let scene = Scene::new();
    directory(&scene, "d", &format!("Y127.0.0.1:{}\n-x*\n", socket.local_addr().unwrap().port()));
    assert_eq!(log(&scene, &["-n", "web", "d"], "xyz\nhello\n"), quiet(0));
    let mut bytes = [0; 1000];
    let length = socket.recv(&mut bytes).unwrap();
    let message = text(&bytes[..length]);
    let words: Vec<_> = message.splitn(8, ' ').collect();
    assert_eq!((words[0], words[3], words[7]), ("<30>1", "web", "hello"), "{message}");
    assert!(words[1].ends_with('Z'));
}

#[test]
fn each_form_goes_to_each_kind_of_receiver() {
    let scene = Scene::new();
    let here = UnixDatagram::bind(scene.path("dev-log")).unwrap();
    let there = UdpSocket::bind("127.0.0.1:0").unwrap();
    here.set_read_timeout(PATIENCE).unwrap();
    there.set_read_timeout(PATIENCE).unwrap();
    let (path, port) = (scene.path("dev-log"), there.local_addr().unwrap().port());
    directory(&scene, "new", &format!("Y{} user.notice\n", path.display()));
    directory(&scene, "old", &format!("y127.0.0.1:{port} user.notice\n"));
    assert_eq!(log(&scene, &["-n", "web", "new", "old"], "hello\n"), quiet(0));
    let mut bytes = [0; 1000];
    let length = here.recv(&mut bytes).unwrap();
    let message = text(&bytes[..length]);
    assert!(message.starts_with("<13>1 ") && message.ends_with(" hello"), "{message}");
    let length = there.recv(&mut bytes).unwrap();
    let message = text(&bytes[..length]);
    assert!(message.starts_with("<13>") && message.ends_with(" web: hello"), "{message}");
    assert_eq!(message.matches("<13>1").count(), 0, "{message}");
}

#[test]
fn a_receiver_that_is_gone_is_told_once() {
    let scene = Scene::new();
    let path = scene.path("dev-log");
    directory(&scene, "d", &format!("y{}\n", path.display()));
    let mut logger = Logger::start(&scene, &["d"]);
    logger.write("one\ntwo\n");
    until("both are logged", || scene.read("d/current") == "one\ntwo\n");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(PATIENCE).unwrap();
    logger.write("three\n");
    let mut bytes = [0; 1000];
    let length = socket.recv(&mut bytes).unwrap();
    assert!(text(&bytes[..length]).ends_with(": three"));
    let done = logger.end();
    let shown = path.display();
    assert_eq!(
        done.err,
        format!(
            "svlogd: warning: unable to send to syslog: {shown}: file does not exist\n\
             svlogd: warning: sending again to syslog: {shown}\n"
        )
    );
}
