//! The services of any directory.

use super::Server;
use crate::scene::{Running, Scene, ours, until};
use keepup::rpc::Value;
use std::io::{Read, Write};
use std::time::Duration;

/// Supervises what is in `scan`.
fn supervise(scene: &Scene) -> Running {
    let mut command = scene.command(ours("runsvdir"));
    command.args(["-P", "--grace", "10"]).arg(scene.path("scan")).current_dir(scene.path(""));
    let path = ours("runsv").parent().unwrap().to_str().unwrap().to_owned();
    command.env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap()));
    scene.spawn(command)
}

fn name(text: &str) -> Value {
    Value::text(text)
}

fn state(server: &Server<'_>, of: &str) -> String {
    let info = server.call("supervisor.getProcessInfo", &[name(of)]).unwrap();
    info.get("statename").and_then(Value::as_text).unwrap().to_owned()
}

#[test]
fn every_service_is_a_process() {
    let scene = Scene::new();
    scene.script("scan/web/run", "exec sleep 1000");
    scene.script("scan/\u{e9} \u{20ac}/run", "exec sleep 1000");
    scene.file("scan/\u{e9} \u{20ac}/down", "");
    scene.script("scan/.hidden/run", "exec sleep 1000");
    scene.script("scan/fails/run", "exit 1");
    scene.file("scan/fails/restart", "give-up 1\n");
    let mut scan = supervise(&scene);
    let server = Server::start(&scene, &["--identifier", "here"]);
    until("web runs", || state(&server, "web") == "RUNNING");
    until("one has given up", || state(&server, "fails") == "FATAL");
    let all = server.call("supervisor.getAllProcessInfo", &[]).unwrap();
    let shown: Vec<(&str, &str)> = all
        .as_list()
        .unwrap()
        .iter()
        .map(|info| (info.get("name").unwrap().as_text().unwrap(), info.get("statename").unwrap().as_text().unwrap()))
        .collect();
    assert_eq!(shown, [("fails", "FATAL"), ("web", "RUNNING"), ("\u{e9} \u{20ac}", "STOPPED")]);
    assert_eq!(server.call("supervisor.startProcess", &[name("\u{e9} \u{20ac}")]), Ok(Value::Bool(true)));
    assert_eq!(state(&server, "\u{e9} \u{20ac}:\u{e9} \u{20ac}"), "RUNNING");
    assert_eq!(server.call("supervisor.stopProcess", &[name("web")]), Ok(Value::Bool(true)));
    assert_eq!(scene.read("scan/web/supervise/stat"), "down\n");
    assert_eq!(server.call("supervisor.getIdentification", &[]), Ok(name("here")));
    let pid = server.call("supervisor.getPID", &[]).unwrap().as_int();
    assert_eq!(pid, Some(server.running.pid().into()));
    let nothing = || Value::List(Vec::new());
    let changes = Value::List(vec![Value::List(vec![nothing(), nothing(), nothing()])]);
    assert_eq!(server.call("supervisor.reloadConfig", &[]), Ok(changes));
    for method in ["supervisor.shutdown", "supervisor.restart"] {
        assert_eq!(server.call(method, &[]).unwrap_err().code, 30);
    }
    for (method, code) in [("addProcessGroup", 90), ("removeProcessGroup", 30)] {
        assert_eq!(server.call(&format!("supervisor.{method}"), &[name("web")]).unwrap_err().code, code);
        assert_eq!(server.call(&format!("supervisor.{method}"), &[name("x")]).unwrap_err().code, 10);
    }
    assert_eq!(server.call("supervisor.readLog", &[Value::Int(0), Value::Int(0)]).unwrap_err().code, 20);
    server.end();
    scan.signal(15);
    assert_eq!(scan.end().code, 0);
}

#[test]
fn a_start_that_follows_a_stop_waits_for_it() {
    let scene = Scene::new();
    scene.script("scan/slow/run", "trap 'sleep 1; exit 0' TERM; echo up >up; while :; do sleep 0.1; done");
    let mut scan = supervise(&scene);
    let server = Server::start(&scene, &[]);
    until("it is up", || scene.read("scan/slow/up") == "up\n" && state(&server, "slow") == "RUNNING");
    let pid = scene.read("scan/slow/supervise/pid");
    assert_eq!(server.call("supervisor.stopProcess", &[name("slow"), Value::Bool(false)]), Ok(Value::Bool(true)));
    assert_eq!(state(&server, "slow"), "STOPPING");
    assert_eq!(server.call("supervisor.startProcess", &[name("slow")]), Ok(Value::Bool(true)));
    let after = scene.read("scan/slow/supervise/pid");
    assert!(pid != after && !after.is_empty(), "{pid} {after}");
    // A service that goes away is waited for no longer.
    let mut stream = server.connect();
    stream.write_all(super::request("supervisor.stopProcess", &[name("slow")], "").as_bytes()).unwrap();
    until("it is being stopped", || state(&server, "slow") == "STOPPING");
    scene.rename("scan/slow", "gone");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    assert!(heard.contains("<boolean>1</boolean>"), "{heard}");
    server.end();
    scan.signal(15);
    scan.end();
}

#[test]
fn what_is_typed_waits_for_whoever_reads() {
    let scene = Scene::new();
    let service = "while [ ! -e go ]; do sleep 0.05; done; exec cat >heard";
    scene.script("scan/deaf/run", service);
    scene.file("scan/deaf/stdin", "");
    scene.script("scan/plain/run", "exec sleep 1000");
    let mut scan = supervise(&scene);
    let server = Server::start(&scene, &[]);
    until("both are up", || state(&server, "deaf") == "RUNNING" && state(&server, "plain") == "RUNNING");
    let send = "supervisor.sendProcessStdin";
    assert_eq!(server.call(send, &[name("plain"), name("x")]).unwrap_err().code, 20);
    let much = "0123456789\n".repeat(30_000);
    let mut stream = server.connect();
    stream.write_all(super::request(send, &[name("deaf"), name(&much)], "").as_bytes()).unwrap();
    let fifo = scene.path("scan/deaf/supervise/stdin");
    until("the pipe is full", || fifo.exists() && server.call(super::VERSION, &[]).is_ok());
    let mut second = server.connect();
    second.write_all(super::request(send, &[name("deaf"), name("end\n")], "").as_bytes()).unwrap();
    scene.file("scan/deaf/go", "");
    for stream in [&mut stream, &mut second] {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).unwrap();
        assert!(heard.contains("<boolean>1</boolean>"), "{heard}");
    }
    until("all of it has arrived, in its order", || scene.read("scan/deaf/heard") == format!("{much}end\n"));
    server.end();
    scan.signal(15);
    scan.end();
}

#[test]
fn the_supervisord_need_not_be_there() {
    let scene = Scene::new();
    scene.dir("state/scan");
    scene.file("state/servers", format!("section a\nunix {}\n", scene.path("socket").display()));
    let mut command = scene.command(ours("svhttpd"));
    command.arg("--supervisord").arg(scene.path("state"));
    let server = Server { scene: &scene, running: scene.spawn(command), socket: scene.path("socket") }.until_there();
    assert_eq!(server.call("supervisor.getAllProcessInfo", &[]), Ok(Value::List(Vec::new())));
    for method in
        ["getPID", "getState", "getIdentification", "reloadConfig", "shutdown", "getAllConfigInfo", "clearLog"]
    {
        let fault = server.call(&format!("supervisor.{method}"), &[]).unwrap_err();
        assert_eq!(fault.code, 30, "{method}");
        assert!(fault.text.starts_with("FAILED: supervisord does not run, or cannot be asked: "), "{}", fault.text);
    }
    // What is no process of a configuration is none here.
    scene.script("state/scan/server/run", "exec sleep 1000");
    assert_eq!(server.call("supervisor.getAllProcessInfo", &[]), Ok(Value::List(Vec::new())));
    let _ = server.scene;
    server.end();
}

/// What a configuration says of a process whose output goes into this file.
fn sheet(log: &str) -> String {
    let channel = |name: &str| {
        format!(
            "{name}_logfile /x/y\n{name}_logfile_maxbytes 0\n{name}_logfile_backups 0\n{name}_capture_maxbytes 0\n\
             {name}_events_enabled false\n{name}_syslog false\n"
        )
    };
    format!(
        "group web\ngroup_priority 999\nstdout_file {log}\nname web\nsection program:web\ncommand sleep 1\npriority 999\n\
         autostart true\nautorestart true\nstartsecs 1\nstartretries 3\nstopsignal 15\nstopwaitsecs 10\n\
         stopasgroup false\nkillasgroup false\nexitcodes 0\nredirect_stderr false\n{}{}",
        channel("stdout"),
        channel("stderr")
    )
}

#[test]
fn a_log_goes_on_whatever_becomes_of_the_file() {
    let scene = Scene::new();
    scene.script("scan/web/run", "exec sleep 1000");
    let log = scene.file("log", "before\n");
    scene.file("scan/web/supervisor", sheet(log.to_str().unwrap()));
    let server = Server::start(&scene, &[]);
    let mut stream = server.connect();
    stream.write_all(b"GET /logtail/web HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut heard = Vec::new();
    let mut until_heard = |wanted: &str| {
        while !heard.windows(wanted.len()).any(|window| window == wanted.as_bytes()) {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap();
            assert!(length > 0, "the stream ended");
            heard.extend_from_slice(&bytes[..length]);
        }
    };
    until_heard("before\n");
    scene.append("log", "more\n");
    until_heard("more\n");
    scene.file("log", ""); // emptied
    scene.append("log", "anew\n");
    until_heard("anew\n");
    scene.rename("log", "log.1");
    scene.append("log.1", "the last of it\n");
    scene.file("log", "another\n");
    until_heard("the last of it\n");
    until_heard("another\n");
    scene.remove("log");
    scene.file("log", "again\n");
    until_heard("again\n");
    assert_eq!(server.call("supervisor.clearProcessLogs", &[name("web")]), Ok(Value::Bool(true)));
    assert_eq!(scene.read("log"), "");
    // Shorter than what was there: what has grown beyond that looks as if it had only grown.
    scene.append("log", "end\n");
    until_heard("end\n");
    // What keeps nothing is empty, and stays what it is.
    scene.file("scan/web/supervisor", sheet("/dev/null"));
    assert_eq!(server.call("supervisor.clearProcessLogs", &[name("web")]), Ok(Value::Bool(true)));
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    scene.file("scan/web/supervisor", sheet(log.to_str().unwrap()));
    // A link is not for us to empty what it leads to.
    scene.file("precious", "kept");
    scene.remove("log");
    scene.link("precious", "log");
    assert_eq!(server.call("supervisor.clearProcessLogs", &[name("web")]).unwrap_err().code, 30);
    assert_eq!(scene.read("precious"), "kept");
    server.end();
}

#[test]
fn what_is_no_text_is_shown_as_text() {
    let scene = Scene::new();
    scene.script("scan/web/run", "exec sleep 1000");
    let log = scene.file("log", b"a\xff\x1b[31m\x00b\xc3");
    scene.file("scan/web/supervisor", sheet(log.to_str().unwrap()));
    let server = Server::start(&scene, &[]);
    let read = |offset: i64, length: i64| {
        server.call("supervisor.readProcessStdoutLog", &[name("web"), Value::Int(offset), Value::Int(length)])
    };
    let bad = '\u{fffd}';
    assert_eq!(read(0, 0), Ok(Value::Text(format!("a{bad}{bad}[31m{bad}b{bad}"))));
    scene.file("log", "\u{20ac}");
    assert_eq!(read(1, 0), Ok(Value::Text(format!("{bad}{bad}"))));
    server.end();
}

#[test]
fn the_log_of_any_service_is_where_its_logger_has_it() {
    let scene = Scene::new();
    scene.script("scan/web/run", "echo hello; exec sleep 1000");
    scene.script("scan/web/log/run", format!("exec {} ./main", ours("svlogd").display()));
    scene.dir("scan/web/log/main");
    let mut scan = supervise(&scene);
    let server = Server::start(&scene, &[]);
    let read = || server.call("supervisor.readProcessStdoutLog", &[name("web"), Value::Int(0), Value::Int(0)]);
    until("it has said it", || read() == Ok(name("hello\n")));
    assert_eq!(server.call("supervisor.clearProcessLogs", &[name("web")]).unwrap_err().code, 30);
    let stderr = [name("web"), Value::Int(0), Value::Int(0)];
    assert_eq!(server.call("supervisor.readProcessStderrLog", &stderr).unwrap_err().code, 20);
    server.end();
    scan.signal(15);
    scan.end();
}
