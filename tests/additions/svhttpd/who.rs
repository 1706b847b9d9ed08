//! Who may ask, and where.

use super::{Server, VERSION, request, status};
use crate::scene::{Done, Scene, ours, root, until};
use keepup::rpc::encode::basic;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;

fn run(scene: &Scene, words: &[&str]) -> Done {
    scene.dir("scan");
    let mut command = scene.command(ours("svhttpd"));
    command.args(words).current_dir(scene.path(""));
    scene.finish(command)
}

#[test]
fn where_others_can_ask_there_is_a_password() {
    let scene = Scene::new();
    for place in [":9", "*:9", "0.0.0.0:9", "10.1.2.3:9", "[::]:9", "9", "example.org:9"] {
        let done = run(&scene, &["-t", place, "scan"]);
        assert_eq!((done.code, done.out.as_str()), (100, ""), "{place}");
        assert!(done.err.starts_with("svhttpd: fatal: ") && done.err.lines().count() == 1, "{}", done.err);
        assert!(done.err.ends_with(": others can ask there: give a name and a password, or --unprotected\n"));
    }
    let state = |text: &str| {
        scene.file("state/servers", text);
        run(&scene, &["--supervisord", "state"])
    };
    assert_eq!(state("section inet_http_server\ntcp  9\n").code, 100);
    let done = state("section x\ncolour red\n");
    assert_eq!(done.code, 100);
    assert!(done.err.ends_with("state/servers: line 2: unknown name 'colour'\n"), "{}", done.err);
    scene.remove("state/servers");
    let done = run(&scene, &["--supervisord", "state"]);
    assert_eq!(done.code, 111);
    assert!(done.err.ends_with("state/servers: file does not exist\n"), "{}", done.err);
}

#[test]
fn a_password_is_asked_for_everywhere() {
    let scene = Scene::new();
    for (password, right) in
        [("abc", "abc"), ("{SHA}A9993E364706816ABA3E25717850C26C9CD0D89D", "abc"), ("a b:c", "a b:c")]
    {
        scene.file("password", format!("{password}\nnot this\n"));
        scene.mode("password", 0o600);
        let server = Server::start(&scene, &["--user", "me", "--password-file", "password"]);
        let asked = |name: &str, password: &str| {
            let head = format!("Authorization: {}\r\n", basic(name, password));
            status(&server.raw(request(VERSION, &[], &head))).to_owned()
        };
        assert_eq!(asked("me", right), "HTTP/1.1 200 OK");
        for (name, wrong) in [("me", "abd"), ("you", right), ("me", ""), ("me", password)] {
            if wrong != right || name != "me" {
                assert_eq!(asked(name, wrong), "HTTP/1.1 401 Unauthorized", "{name} {wrong}");
            }
        }
        for page in ["/", "/logtail/x", "/mainlogtail", "/RPC2"] {
            let reply = server.raw(format!("GET {page} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
            assert_eq!(status(&reply), "HTTP/1.1 401 Unauthorized", "{page}");
            assert!(reply.to_lowercase().contains("\r\nwww-authenticate: basic realm=\"default\"\r\n"), "{reply}");
        }
        for head in ["Authorization: Basic ====\r\n", "Authorization: Basic /w==\r\n", "Authorization: \r\n"] {
            assert_eq!(status(&server.raw(request(VERSION, &[], head))), "HTTP/1.1 401 Unauthorized", "{head}");
        }
        server.end();
    }
    scene.mode("password", 0o644);
    let done = run(&scene, &["--user", "me", "--password-file", "password", "scan"]);
    assert_eq!(done.code, 100);
    assert!(done.err.ends_with("password: everybody may read the password\n"), "{}", done.err);
    assert_eq!(run(&scene, &["--user", "me", "--password-file", "none", "scan"]).code, 111);
}

#[test]
fn a_socket_has_its_mode_and_a_stale_one_is_replaced() {
    let scene = Scene::new();
    let mut server = Server::on(&scene, "socket", &["-m", "0620"]);
    let mode = |name: &str| std::fs::metadata(scene.path(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode("socket"), 0o620);
    // Somebody answers there.
    let done = run(&scene, &["-u", "socket", "scan"]);
    assert_eq!(done.code, 111);
    assert!(
        done.err.starts_with("svhttpd: fatal: unable to listen on ") && done.err.lines().count() == 1,
        "{}",
        done.err
    );
    assert_eq!(status(&server.raw(request(VERSION, &[], ""))), "HTTP/1.1 200 OK", "and still does");
    server.running.signal(9);
    server.running.end();
    assert!(scene.path("socket").exists(), "nobody has removed it");
    Server::on(&scene, "socket", &[]).end();
    // What is no socket is nobody's to remove.
    scene.file("file", "precious");
    let done = run(&scene, &["-u", "file", "scan"]);
    assert_eq!((done.code, scene.read("file").as_str()), (111, "precious"));
    assert!(done.err.ends_with("file: there is a file, and it is no socket\n"), "{}", done.err);
    drop(UnixListener::bind(scene.path("old")).unwrap());
    Server::on(&scene, "old", &[]).end();
}

#[test]
fn the_owner_of_a_socket_is_who_the_configuration_says() {
    if !root() {
        return crate::scene::skip("the_owner_of_a_socket_is_who_the_configuration_says", "needs root");
    }
    let scene = Scene::new();
    scene.dir("state/scan");
    let text = format!("section unix_http_server\nunix {}\nmode 0750\nowner 12 34\n", scene.path("socket").display());
    scene.file("state/servers", text);
    let mut command = scene.command(ours("svhttpd"));
    command.arg("--supervisord").arg(scene.path("state"));
    let mut running = scene.spawn(command);
    let owner =
        || std::fs::metadata(scene.path("socket")).map(|found| (found.uid(), found.gid(), found.mode() & 0o777));
    until("it is there, and theirs", || owner().is_ok_and(|found| found == (12, 34, 0o750)));
    running.signal(15);
    assert_eq!(running.end().code, 0);
}
