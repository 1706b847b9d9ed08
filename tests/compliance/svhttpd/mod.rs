//! svhttpd beside Supervisor's own server: the same configuration run by both, the same calls by Python's client, and the
//! same answers but for what is listed here. Needs Python and the original.

use crate::scene::{Running, Scene, ours, skip, theirs, until};
use crate::supervisor::host_of;
use crate::supervisor::running::compile;
use control::Control;
use keepup::supervisor::config::Endpoint;
use keepup::supervisor::read;
use keepup::supervisor::servers::{self, Served};
use keepup::supervisor::sheet::Sheet;
use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;

mod codec;
mod control;

const CALLS: &str = include_str!("calls.py");

const CONFIGURATION: &str = "[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s/auto
identifier=someone
[unix_http_server]
file=%(here)s/socket
[unix_http_server:two]
file=%(here)s/guarded
username=user
password={SHA}a9993e364706816aba3e25717850c26c9cd0d89d
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:cat]
command=cat
priority=5
[program:nofile]
command=/no/such/file
startretries=0
[program:folder]
command=%(here)s/auto
startretries=0
[program:plain]
command=%(here)s/plain
startretries=0
[program:broken]
command=sh 'x
startretries=0
[program:quick]
command=sh -c 'exit 3'
autostart=false
startretries=0
[program:again]
command=sh -c 'exit 1'
autostart=false
startretries=50
[program:atonce]
command=sh -c 'sleep 0.5'
autostart=false
autorestart=false
startsecs=0
[program:manual]
command=sleep 1000
autostart=false
priority=3
[program:expected]
command=sh -c 'sleep 4; exit 7'
exitcodes=0,7
[program:unexpected]
command=sh -c 'sleep 4; exit 3'
autorestart=false
[program:killed]
command=sh -c 'sleep 4; kill -SEGV $$'
autorestart=false
[program:lasting]
command=sleep 1000
autorestart=false
[program:stubborn]
command=sh -c 'trap \"\" TERM; while :; do sleep 1; done'
stopwaitsecs=3
killasgroup=true
[program:talk]
command=sh -c 'echo abcdefghijklmnopqrstuvwxyz; exec sleep 1000'
redirect_stderr=true
[program:file]
command=sh -c 'echo abcdefghijklmnopqrstuvwxyz; echo complaint >&2; exec sleep 1000'
stdout_logfile=%(here)s/logs/file
stdout_logfile_maxbytes=0
stderr_logfile=%(here)s/logs/file.err
[program:silent]
command=cat
stdout_logfile=NONE
stderr_logfile=NONE
[program:never]
command=/no/such/file
autostart=false
stdout_logfile=%(here)s/logs/never
[program:many]
command=sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=2
directory=/
umask=022
stopsignal=INT
serverurl=http://x:1
[program:one]
command=sleep 1000
priority=20
[program:two]
command=sleep 1000
priority=10
[group:g]
programs=one,two
priority=1
";

/// Where the answers differ, with the reason.
const DIFFERENT: &[(&str, &str)] = &[
    ("post an unknown type", "what is no XML-RPC is refused as such"),
    ("post nothing", "the original waits for ever for what it has been told not to come"),
    ("post to a whole URI", "servers between us and the client may send one"),
    ("post without a length, in pieces", "nobody needs to know the length before"),
    ("readProcessStdoutLog('never', 0, 10)", "the logger has made its file before anything is written"),
];

fn prepare(scene: &Scene) -> String {
    scene.dir("auto");
    scene.dir("logs");
    scene.file("plain", "not to be executed");
    scene.file("s.conf", CONFIGURATION).to_str().unwrap().to_owned()
}

fn here(scene: &Scene) -> String {
    scene.path("").to_str().unwrap().trim_end_matches('/').to_owned()
}

/// What every call is answered, by its name.
fn answers(scene: &Scene) -> BTreeMap<String, String> {
    let socket = |name: &str| scene.path(name).to_str().unwrap().to_owned();
    until("both servers answer", || ["socket", "guarded"].iter().all(|s| UnixStream::connect(socket(s)).is_ok()));
    let mut python = scene.command("python3");
    python.args(["-c", CALLS, &socket("socket"), &socket("guarded"), &here(scene)]).env("TZ", "UTC");
    let mut running = scene.spawn(python);
    // All of it takes longer than anything may; each of them does not.
    let mut heard = 0;
    while !running.ended() {
        until("it is answered, or has ended", || running.ended() || running.out().len() > heard);
        heard = running.out().len();
    }
    let done = running.end();
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let lines = done.out.lines().filter_map(|line| line.split_once('\t'));
    lines.map(|(name, answer)| (name.to_owned(), answer.to_owned())).collect()
}

fn of_theirs() -> Option<BTreeMap<String, String>> {
    let supervisord = theirs("supervisord").filter(|_| theirs("python3").is_some())?;
    let scene = Scene::new();
    let file = prepare(&scene);
    let mut command = scene.command(supervisord);
    command.args(["-n", "-c", &file]).current_dir(scene.path("")).env("TZ", "UTC");
    let mut daemon = scene.spawn(command);
    let found = answers(&scene);
    daemon.signal(15);
    assert_eq!(daemon.end().code, 0);
    Some(found)
}

/// The state of a supervisord, with everything in it running.
struct State {
    scan: Running,
    server: Running,
}

fn start(scene: &Scene, file: &str) -> State {
    let missing = compile(scene, file, "state/scan");
    assert!(missing.is_empty(), "{missing:?}");
    let config = read::configuration(file, &host_of(scene)).unwrap();
    let sheets = std::fs::read_dir(scene.path("state/scan")).unwrap().map(|entry| {
        let text = scene.read(format!("state/scan/{}/supervisor", entry.unwrap().file_name().to_str().unwrap()));
        Sheet::parse(&text).unwrap()
    });
    let log = scene.file("supervisord.log", "2026-11-21 18:00:00,000 INFO nothing\n");
    Control { sheets: sheets.collect(), config: config.clone(), log }.serve(&scene.path("state/control"));
    let served = |server: &keepup::supervisor::config::Server| Served { server: server.clone(), unprotected: false };
    assert!(config.servers.iter().all(|server| matches!(server.at, Endpoint::Unix { .. })));
    scene.file("state/servers", servers::text(&config.servers.iter().map(served).collect::<Vec<_>>()));
    let mut command = scene.command(ours("runsvdir"));
    command.args(["-P", "--grace", "10"]).arg(scene.path("state/scan")).current_dir(scene.path(""));
    let path = ours("runsv").parent().unwrap().to_str().unwrap().to_owned();
    command.env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap())); // ours, and not runit's
    let scan = scene.spawn(command);
    let mut command = scene.command(ours("svhttpd"));
    command.arg("--supervisord").arg(scene.path("state")).env("TZ", "UTC");
    State { scan, server: scene.spawn(command) }
}

fn of_ours() -> BTreeMap<String, String> {
    let scene = Scene::new();
    let file = prepare(&scene);
    let mut state = start(&scene, &file);
    let found = answers(&scene);
    state.server.signal(15);
    assert_eq!(state.server.end().code, 0, "{}", state.server.err());
    assert!(!scene.path("socket").exists() && !scene.path("guarded").exists(), "the sockets are gone");
    state.scan.signal(15);
    assert_eq!(state.scan.end().code, 0, "everything stopped");
    found
}

#[test]
fn calls_are_answered_as_by_the_original() {
    const NAME: &str = "calls_are_answered_as_by_the_original";
    let Some(theirs) = of_theirs() else { return skip(NAME, "needs python3 and supervisord") };
    let ours = of_ours();
    assert!(theirs.len() >= 250, "only {} comparisons", theirs.len());
    let mut differ = String::new();
    for name in theirs.keys().chain(ours.keys().filter(|name| !theirs.contains_key(*name))) {
        let (one, other) = (theirs.get(name), ours.get(name));
        let expected = DIFFERENT.iter().any(|(known, _)| known == name);
        if (one == other) == expected {
            differ.push_str(&format!("--- {name}\n  theirs {one:?}\n  ours   {other:?}\n"));
        }
    }
    assert!(differ.is_empty(), "{differ}");
}
