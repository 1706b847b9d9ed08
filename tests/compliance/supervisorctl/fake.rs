//! A server that answers each method with what a test says. It speaks HTTP/1.1 with Python's client and with ours.

use super::{Done, original, run, test_name};
use crate::scene::*;
use keepup::rpc::fault::Fault;
use keepup::rpc::{Answer, Value, decode, encode};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;

/// What a method is answered with.
#[derive(Clone)]
pub(super) enum Says {
    Value(Value),
    Fault(i64),
    /// A status line and a body of any kind.
    Raw(&'static str, &'static str),
}

/// The methods, by the end of their names, and their answers. Any other is answered with `3.0`.
pub(super) type Answers = &'static [(&'static str, fn() -> Says)];

pub(super) fn fault(code: i64) -> Says {
    Says::Fault(code)
}

pub(super) fn list(values: &[Value]) -> Says {
    Says::Value(Value::List(values.to_vec()))
}

pub(super) fn text(text: &str) -> Value {
    Value::text(text)
}

/// A process as `getProcessInfo` shows it.
pub(super) fn process(group: &str, name: &str, state: i64, word: &str, description: &str) -> Value {
    let members = [
        ("name", text(name)),
        ("group", text(group)),
        ("state", Value::Int(state)),
        ("statename", text(word)),
        ("description", text(description)),
        ("pid", Value::Int(if state == 20 { 77 } else { 0 })),
    ];
    Value::Struct(members.map(|(name, value)| (name.to_owned(), value)).into())
}

/// The state of a process in the answer to a call for many.
pub(super) fn outcome(name: &str, status: i64) -> Value {
    let members =
        [("name", text(name)), ("group", text("g")), ("status", Value::Int(status)), ("description", text("words"))];
    Value::Struct(members.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Whatever was asked is said to the program under test and to the original, and both say the same.
#[track_caller]
pub(super) fn both_say_the_same(answers: Answers, commands: &[(&str, &str)]) {
    let Some(theirs) = original(&test_name()) else { return };
    let scene = Scene::new();
    let path = scene.path("s.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let answers = Arc::new(answers);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || serve(connection, *answers));
        }
    });
    let url = format!("unix://{}", path.display());
    for (command, input) in commands {
        let args: Vec<&str> =
            ["-s", &url].into_iter().chain(command.split(' ').filter(|word| !word.is_empty())).collect();
        let expected = run(&scene, &theirs, &args, input);
        let found: Done = run(&scene, &program("supervisorctl"), &args, input);
        assert_eq!(found, expected, "{command} {input:?}");
    }
}

fn serve(connection: UnixStream, answers: Answers) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let mut writer = connection;
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line).ok()? > 2 {
            head.push_str(&line);
            line.clear();
        }
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        if head.is_empty() {
            return None;
        }
        let (status, body) = answer(&head, &body, answers);
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", body.len());
        writer.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).ok()?;
    }
}

fn answer(head: &str, body: &[u8], answers: Answers) -> (String, String) {
    if !head.starts_with("POST /RPC2 ") {
        return ("404 Not Found".into(), String::new());
    }
    let call = decode::call(body, 1 << 20).expect("a call");
    let method = call.method.strip_prefix("supervisor.").expect("one of Supervisor's");
    let says = answers.iter().find(|(name, _)| *name == method).map(|(_, says)| says());
    let whole = |answer: &Answer| ("200 OK".to_owned(), encode::answer(answer));
    match says.unwrap_or(Says::Value(text("3.0"))) {
        Says::Value(value) => whole(&Ok(value)),
        Says::Fault(code) => whole(&Err(Fault { code, text: format!("NAME: it's {code}") })),
        Says::Raw(status, body) => (status.to_owned(), body.to_owned()),
    }
}
