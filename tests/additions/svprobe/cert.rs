//! Certificates, made here and shown by openssl's server.

use super::{cannot_tell, probe};
use crate::scene::{Running, Scene, skip, until};
use std::net::TcpListener;
use std::thread;

/// A server that shows a certificate for so many days; nothing where there is no openssl.
fn server(scene: &Scene, test: &str, kind: &[&str], days: &str, options: &[&str]) -> Option<(Running, String)> {
    let mut make = scene.command("openssl");
    make.args(["req", "-x509", "-nodes", "-keyout", "key", "-out", "certificate", "-subj", "/CN=localhost"]);
    make.args(["-days", days, "-newkey"]).args(kind);
    if let Err(why) = scene.command("openssl").arg("version").output() {
        skip(test, &format!("openssl: {why}"));
        return None;
    }
    let made = scene.finish(make);
    assert_eq!(made.code, 0, "{}", made.err);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let place = format!("127.0.0.1:{port}");
    let mut serve = scene.command("openssl");
    serve.args(["s_server", "-quiet", "-accept", &place, "-key", "key", "-cert", "certificate"]).args(options);
    let running = scene.spawn(serve);
    until("the server listens", || probe(scene, &["tcp", &place]).code == 0);
    Some((running, place))
}

#[test]
fn a_certificate_is_valid_for_so_long() {
    let kinds: [&[&str]; 3] = [&["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], &["rsa:2048"], &["ed25519"]];
    for (kind, version) in kinds.into_iter().zip(["-tls1_2", "-tls1_3", "-tls1_3"]) {
        let scene = Scene::new();
        let test = "a_certificate_is_valid_for_so_long";
        let Some((_server, place)) = server(&scene, test, kind, "30", &[version]) else { return };
        let done = probe(&scene, &["cert", &place]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
        let begin = format!("ok: cert {place}: ");
        let rest = done.out.strip_prefix(&begin).unwrap_or_else(|| panic!("{}", done.out));
        assert!(rest.starts_with("29d left (until ") || rest.starts_with("30d left (until "), "{rest}");
        assert!(rest.ends_with("Z), 14d wanted\n"), "{rest}");
        let done = probe(&scene, &["cert", "--valid", "31d", &place]);
        assert!(
            done.code == 1 && done.out.starts_with("fail: cert ") && done.out.ends_with(" 31d wanted\n"),
            "{}",
            done.out
        );
    }
}

#[test]
fn a_server_that_wants_a_certificate_shows_its_own_first() {
    let scene = Scene::new();
    let test = "a_server_that_wants_a_certificate_shows_its_own_first";
    for version in ["-tls1_2", "-tls1_3"] {
        let Some((_server, place)) = server(&scene, test, &["rsa:2048"], "30", &["-Verify", "1", version]) else {
            return;
        };
        assert_eq!(probe(&scene, &["cert", &place]).code, 0, "{version}");
    }
}

#[test]
fn who_speaks_no_tls_has_no_certificate() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        use std::io::{Read, Write};
        for answer in [&b"220 smtp\r\n"[..], b"", b"\x16\x03\x03\x40\x00"] {
            let (mut connection, _) = listener.accept().unwrap();
            let _ = connection.read(&mut [0; 64]);
            let _ = connection.write_all(answer);
        }
        let (connection, _) = listener.accept().unwrap();
        connection // and says nothing
    });
    let scene = Scene::new();
    for expected in ["no certificate: ", "closed: no certificate", "closed: no certificate"] {
        let done = probe(&scene, &["cert", &place]);
        let begin = format!("fail: cert {place}: {expected}");
        assert!(
            done.code == 1 && (done.out.starts_with(&begin) || done.out.contains("connection reset")),
            "{}{}",
            done.out,
            done.err
        );
    }
    let done = probe(&scene, &["cert", &place, "--timeout", "300ms"]);
    assert_eq!(done.out, format!("fail: cert {place}: timed out after 300ms: no certificate\n"));
    drop(server.join());
    cannot_tell(&probe(&scene, &["cert", "a_b..c:1"]), "cert a_b..c:1: no name that a certificate can have: a_b..c");
}
