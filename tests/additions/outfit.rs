//! What `run` is given beside runit's descriptors: `stdin`, `lock-fd`, `listen`.

use crate::scene::service::{IDLE, Supervised};
use crate::scene::{Scene, process_state, root, skip, until, until_some};
use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

pub(crate) const READER: &str = r#"
echo up >> got
while read -r line; do echo "$line" >> got; [ "$line" = die ] && exit 0; done
echo end >> got; exec sleep 1000"#;

#[test]
fn standard_input_is_a_fifo_that_outlives_each_start() {
    let scene = Scene::new();
    let web = scene.service("web").run(READER).file("stdin", "").supervise().running();
    assert_eq!(scene.kind("web/supervise/stdin"), "fifo 0600");
    scene.send("web/supervise/stdin", "one\ndie\ntwo\n");
    // The shell takes no more than its lines: what the first life left the second reads.
    web.until_lines("got", 5);
    assert_eq!(web.lines("got"), ["up", "one", "die", "up", "two"]);
    web.until_stat("run");
    web.send("d");
    web.until_stat("down");
    scene.send("web/supervise/stdin", "while down\n");
    web.send("u");
    web.until_lines("got", 7);
    assert_eq!(web.lines("got")[5..], ["up", "while down"]);
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn without_the_file_standard_input_is_the_supervisor_s() {
    let scene = Scene::new();
    let web = scene.service("web").run(READER).supervise().running();
    web.until_lines("got", 2);
    assert_eq!(web.lines("got"), ["up", "end"]);
    assert_eq!(scene.kind("web/supervise/stdin"), "");
    // And it is again, from the next start on, when the file goes.
    scene.file("web/stdin", "");
    web.send("t");
    web.until_lines("got", 3);
    until("it reads the fifo", || scene.kind("web/supervise/stdin") == "fifo 0600");
    scene.remove("web/stdin");
    web.send("t");
    web.until_lines("got", 5);
    assert_eq!(web.lines("got"), ["up", "end", "up", "up", "end"]);
}

#[test]
fn something_else_in_the_fifo_s_place_is_said_and_nothing_is_started() {
    let scene = Scene::new();
    let web = scene.service("web").run(READER).file("stdin", "").file("supervise/stdin", "no fifo").supervise();
    until("it is said", || web.runsv.err().contains("unable to open supervise/stdin: "));
    assert_eq!(web.lines("got"), [""; 0]);
}

/// Each life notes itself; the first leaves a process behind that has the lock.
pub(crate) const ORPHAN: &str = r#"
echo life >> lives
[ -p hold ] || mkfifo hold
[ -e second ] || { touch second; (read -r line < hold; echo gone >> lives) & exit 0; }
exec sleep 1000"#;

#[test]
fn what_a_life_leaves_behind_keeps_the_next_one_waiting() {
    let scene = Scene::new();
    let web = scene.service("web").run(ORPHAN).file("lock-fd", "7\n").supervise();
    let said = "runsv web: warning: another instance of the service is already running, child will block\n";
    until("the second start waits", || web.runsv.err() == said);
    web.until_stat("run");
    assert_eq!(web.lines("lives"), ["life"]);
    let waiting = web.pid().unwrap();
    // What waits has nothing of the supervisor's.
    until("it has but the lock", || {
        let open = fs::read_dir(format!("/proc/{waiting}/fd")).unwrap().flatten();
        let mut numbers: Vec<String> = open.map(|entry| entry.file_name().into_string().unwrap()).collect();
        numbers.sort();
        numbers == ["0", "1", "2", "7"]
    });
    scene.send("web/hold", "go\n");
    web.until_lines("lives", 3);
    assert_eq!(web.lines("lives"), ["life", "gone", "life"]);
    assert_eq!(web.pid(), Some(waiting));
    assert!(fs::read_link(format!("/proc/{waiting}/fd/7")).unwrap().ends_with("web/supervise/service-lock"));
}

#[test]
fn a_start_that_waits_can_be_stopped() {
    let scene = Scene::new();
    let mut web = scene.service("web").run(ORPHAN).file("lock-fd", "7\n").supervise();
    until("the second start waits", || web.runsv.err().contains("child will block"));
    web.until_stat("run");
    web.send("d");
    web.until_stat("down");
    web.send("x");
    assert_eq!(web.end(), 0);
    assert_eq!(web.lines("lives"), ["life"]);
}

#[test]
fn with_nobody_left_behind_nobody_waits() {
    let scene = Scene::new();
    let web = scene.service("web").run("echo life >> lives\nexec sleep 1000").file("lock-fd", "3\n").supervise();
    for lives in 1..4 {
        web.until_lines("lives", lives);
        web.until_stat("run");
        assert!(scene.is_locked("web/supervise/service-lock"));
        web.send("t");
    }
    web.until_lines("lives", 4);
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn a_lock_and_readiness_cannot_have_one_number() {
    let scene = Scene::new();
    let web = scene.service("web").run(IDLE).file("lock-fd", "5\n").file("notification-fd", "5\n").supervise();
    web.until_stat("run");
    assert_eq!(
        web.runsv.err(),
        "runsv web: warning: ./lock-fd: line 1: 5: expected another descriptor than the one for readiness\n"
    );
}

/// A port that nobody had a moment ago.
pub(crate) fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Tells what it was given, then does nothing.
pub(crate) const TELLER: &str = r#"
echo "$(( LISTEN_PID == $$ )) $LISTEN_FDS $LISTEN_FDNAMES" >> told
exec sleep 1000"#;

/// Which socket a service has on a number: `socket:[inode]`.
#[track_caller]
pub(crate) fn socket(web: &Supervised<'_>, number: i32) -> PathBuf {
    let pid = until_some("it runs", || web.pid());
    fs::read_link(format!("/proc/{pid}/fd/{number}")).unwrap_or_default()
}

#[test]
fn sockets_are_handed_over_in_the_order_of_their_lines() {
    let scene = Scene::new();
    let (tcp, udp, path) = (port(), port(), scene.path("web.sock"));
    let listen = format!(
        "tcp 127.0.0.1:{tcp} name http backlog 7\n# a comment\nudp 127.0.0.1:{udp}\nunix {} name local\n",
        path.display()
    );
    let web = scene.service("web").run(TELLER).file("listen", &listen).supervise();
    web.until_lines("told", 1);
    assert_eq!(web.lines("told"), ["1 3 http:unknown:local"]);
    web.until_stat("run");
    for number in [3, 4, 5] {
        assert!(socket(&web, number).display().to_string().starts_with("socket:["), "{number}");
    }
    until("it has nothing else", || socket(&web, 6) == Path::new(""));
    TcpStream::connect(("127.0.0.1", tcp)).unwrap();
    UnixStream::connect(&path).unwrap();
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"x", ("127.0.0.1", udp)).unwrap();
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn however_many_there_are_each_has_its_number() {
    let scene = Scene::new();
    let paths: Vec<PathBuf> = (0..30).map(|number| scene.path(format!("s{number}"))).collect();
    let lines: String = paths.iter().map(|path| format!("unix {}\n", path.display())).collect();
    // The numbers that they are to have are ones that others of them have before; so are those of the lock and the pipe.
    let web = scene.service("web").run("echo > /proc/self/fd/34; exec sleep 1000").file("listen", &lines);
    let web = web.file("lock-fd", "33\n").file("ready", "fd 34\n").supervise();
    until("it is ready", || web.read("supervise/journal").contains(" ready "));
    let table = fs::read_to_string("/proc/net/unix").unwrap();
    let path_of = |number: i32| {
        let inode = socket(&web, number).display().to_string().replace("socket:[", "").replace(']', "");
        let line = table.lines().find(|line| line.split_ascii_whitespace().nth(6) == Some(inode.as_str()));
        line.and_then(|line| line.split_ascii_whitespace().nth(7)).map(PathBuf::from)
    };
    for (number, path) in (3..).zip(&paths) {
        assert_eq!(path_of(number).as_ref(), Some(path), "{number}");
    }
    assert!(socket(&web, 33).ends_with("supervise/service-lock"));
    assert_eq!(web.runsv.err(), "");
}

#[test]
fn a_socket_is_the_same_over_starts_until_its_line_changes() {
    let scene = Scene::new();
    let (one, two) = (port(), scene.path("two.sock"));
    let first = format!("tcp 127.0.0.1:{one}\n");
    let web = scene.service("web").run(TELLER).file("listen", &first).supervise();
    web.until_lines("told", 1);
    web.until_stat("run");
    let before = socket(&web, 3);
    scene.file("web/listen", format!("unix {} name two\n{first}", two.display()));
    web.send("t");
    web.until_lines("told", 2);
    assert_eq!(web.lines("told")[1], "1 2 two:unknown");
    until("it runs again", || socket(&web, 4) == before);
    assert!(two.exists());
    scene.file("web/listen", format!("tcp 127.0.0.1:{one} name other\n"));
    web.send("t");
    web.until_lines("told", 3);
    assert_eq!(web.lines("told")[2], "1 1 other");
    until("it runs again", || socket(&web, 3).display().to_string().starts_with("socket:["));
    assert_ne!(socket(&web, 3), before);
    assert!(!two.exists(), "nobody wants it any more");
    // With the file goes what it told of.
    scene.remove("web/listen");
    web.send("t");
    web.until_lines("told", 4);
    assert_eq!(web.lines("told")[3].trim_end(), "0");
    TcpStream::connect(("127.0.0.1", one)).unwrap_err();
}

#[test]
fn a_socket_in_the_file_system_has_its_permissions_from_the_start() {
    let scene = Scene::new();
    let path = scene.path("web.sock");
    let owner = if root() { "daemon:12345" } else { "" };
    let owner_line = if root() { format!("owner {owner}") } else { String::new() };
    let listen = format!("unix {} mode 0662 {owner_line}\n", path.display());
    let mut web = scene.service("web").run(IDLE).file("listen", &listen).supervise().running();
    let facts = fs::symlink_metadata(&path).unwrap();
    assert_eq!(facts.mode() & 0o777, 0o662, "whatever the umask");
    if root() {
        assert_eq!((facts.uid(), facts.gid()), (1, 12345));
    }
    web.send("x");
    assert_eq!(web.end(), 0);
    assert!(!path.exists(), "it goes with its supervisor");
}

#[test]
fn what_a_dead_supervisor_left_is_replaced_and_what_lives_is_not() {
    let scene = Scene::new();
    let path = scene.path("web.sock");
    let listen = format!("unix {}\n", path.display());
    let mut web = scene.service("web").run(IDLE).file("listen", &listen).supervise().running();
    let orphan = web.pid().unwrap();
    web.runsv.signal(libc::SIGKILL);
    web.runsv.end();
    // Its service still listens.
    let other = scene.service("other").run(IDLE).file("listen", &listen).supervise();
    let said = format!("runsv other: warning: unable to listen on unix {}: ", path.display());
    until("it is said", || other.runsv.err().starts_with(&said));
    scene.signal(orphan, libc::SIGKILL);
    until("it is gone", || process_state(Some(orphan)).is_none_or(|state| state == 'Z'));
    // Tried again by itself.
    other.until_stat("run");
    UnixStream::connect(&path).unwrap();
    scene.remove("web.sock");
    scene.file("web.sock", "a file");
    other.send("t");
    until("it is said", || other.runsv.err().contains("there is something else than a socket"));
    assert_eq!(scene.read("web.sock"), "a file");
}

#[test]
fn what_cannot_be_had_keeps_it_from_starting() {
    let scene = Scene::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let web = scene.service("web").run(TELLER).file("listen", &format!("tcp {address}\n")).supervise();
    until("it is said", || {
        web.runsv.err() == format!("runsv web: warning: unable to listen on tcp {address}: address already used\n")
    });
    assert_eq!(web.lines("told"), [""; 0]);
    drop(taken);
    web.until_lines("told", 1);

    let bad = scene.service("bad").run(TELLER).file("listen", "tcp nowhere\n").supervise();
    until("it is said", || bad.runsv.err().starts_with("runsv bad: warning: ./listen: line 1: nowhere: expected "));
    let who = scene.service("who").run(TELLER);
    let who = who.file("listen", &format!("unix {} owner nobody-at-all\n", scene.path("s").display())).supervise();
    until("it is said", || who.runsv.err().contains(": no user nobody-at-all in /etc/passwd\n"));
    let same = scene.service("same").run(TELLER).file("lock-fd", "3\n");
    let same = same.file("listen", &format!("unix {}\n", scene.path("t").display())).supervise();
    until("it is said", || {
        same.runsv.err().starts_with("runsv same: warning: ./listen: descriptor 3 is the one for the lock\n")
    });
    assert!(![&bad, &who, &same].iter().any(|service| service.stat() != "down"));
}

/// What a shell says to a line.
fn shell(scene: &Scene, line: &str) -> Option<String> {
    let mut command = scene.command("sh");
    command.args(["-c", line]);
    let done = scene.finish(command);
    (done.code == 0).then(|| done.out.trim().to_owned())
}

/// The python that is meant, not what stands before it on the search path.
fn python(scene: &Scene) -> Option<String> {
    shell(scene, "python3 -c 'import sys; print(sys.executable)'")
}

#[test]
fn a_client_of_the_protocol_takes_its_sockets() {
    let scene = Scene::new();
    let Some(python) = python(&scene) else {
        return skip("a_client_of_the_protocol_takes_its_sockets", "there is no python3");
    };
    let (port, path) = (port(), scene.path("fcgi.sock"));
    scene.file(
        "web/server.py",
        "import os, socket
assert int(os.environ['LISTEN_PID']) == os.getpid()
names = os.environ['LISTEN_FDNAMES'].split(':')
assert len(names) == int(os.environ['LISTEN_FDS']) == 1
by_name = socket.socket(fileno=3 + names.index('http'))
on_input = socket.socket(fileno=0)
for listener in [by_name, on_input]:
    assert listener.getblocking()
    connection, _ = listener.accept()
    connection.sendall(names[0].encode())
    connection.close()
",
    );
    let listen = format!("unix {} as 0\ntcp 127.0.0.1:{port} name http\n", path.display());
    let web = scene.service("web").run(&format!("exec {python} -I -S server.py 2>> err"));
    let web = web.file("listen", &listen).file("stdin", "").supervise().running();
    let mut heard = String::new();
    TcpStream::connect(("127.0.0.1", port)).unwrap().read_to_string(&mut heard).unwrap();
    UnixStream::connect(path).unwrap().read_to_string(&mut heard).unwrap();
    assert_eq!((heard.as_str(), web.read("err").as_str()), ("httphttp", ""));
}

#[test]
fn the_example_greets_also_while_it_is_killed() {
    const TEST: &str = "the_example_greets_also_while_it_is_killed";
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sv/greeter");
    let text = |file: &str| fs::read_to_string(example.join(file)).unwrap();
    let scene = Scene::new();
    if python(&scene).is_none() {
        return skip(TEST, "there is no python3");
    }
    let port = port();
    let listen = text("listen").replace("8081", &port.to_string());
    let web = scene.service("greeter").run(&text("run")).file("listen", &listen).supervise().running();
    let greeted = || {
        let mut heard = String::new();
        TcpStream::connect(("127.0.0.1", port)).unwrap().read_to_string(&mut heard).unwrap();
        heard.rsplit(' ').next().and_then(|word| word.trim().parse().ok())
    };
    let before = greeted();
    assert_eq!(before, web.pid());
    scene.signal(before.unwrap(), libc::SIGKILL);
    until("another process greets", || greeted() != before);
}

/// Serves a hundred, then ends.
const SERVER: &str = r#"
exec perl -e '
$ENV{LISTEN_PID} == $$ && $ENV{LISTEN_FDS} == 2 or die;
open(my $tcp, "+<&=", 3) && open(my $unix, "+<&=", 4) or die;
for (1 .. 100) {
    my $ready = ""; vec($ready, $_, 1) = 1 for (3, 4);
    select($ready, undef, undef, undef);
    accept(my $client, vec($ready, 3, 1) ? $tcp : $unix) or die;
    syswrite($client, "served");
    close $client;
}' 2>> err"#;

#[test]
fn nobody_is_refused_while_it_is_started_anew() {
    const TEST: &str = "nobody_is_refused_while_it_is_started_anew";
    let scene = Scene::new();
    if shell(&scene, "perl -e 1").is_none() {
        return skip(TEST, "there is no perl");
    }
    let (port, path) = (port(), scene.path("web.sock"));
    let listen = format!("tcp 127.0.0.1:{port} backlog 64\nunix {} backlog 64\n", path.display());
    let web = scene.service("web").run(&format!("echo life >> lives\n{SERVER}"));
    let web = web.file("listen", &listen).file("restart", "delay 1ms\n").supervise();
    web.until_lines("lives", 1);
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let path = path.clone();
            thread::spawn(move || {
                for _ in 0..1250 {
                    let mut heard = String::new();
                    match client % 2 {
                        0 => TcpStream::connect(("127.0.0.1", port)).unwrap().read_to_string(&mut heard).unwrap(),
                        _ => UnixStream::connect(&path).unwrap().read_to_string(&mut heard).unwrap(),
                    };
                    assert_eq!(heard, "served");
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    assert!(web.lines("lives").len() >= 100, "{} lives", web.lines("lives").len());
    assert_eq!(web.read("err"), "");
    assert_eq!(web.runsv.err(), "");
}
