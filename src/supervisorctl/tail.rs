//! tail and maintail: the end of a log, and what is added to it.

use super::command::show_help;
use super::session::{GENERIC, Session};
use super::trouble::{Kind, Result, Trouble};
use crate::cli::message::to_stderr;
use crate::rpc::Value;
use crate::rpc::fault::Kind as Failure;
use crate::supervisor::python;
use crate::sys::io;

/// How many bytes are shown if nobody says.
const BYTES: i64 = 1600;
pub(super) const HOW_TO_LEAVE: &str = "==> Press Ctrl-C to exit <==";

pub(super) fn tail(session: &mut Session, argument: &str) -> Result<()> {
    if !session.is_up()? {
        return Ok(());
    }
    let words: Vec<&str> = argument.split_whitespace().collect();
    let complain = |session: &mut Session, what: &str| {
        session.fail(GENERIC, &format!("Error: {what}"));
        Ok(())
    };
    if words.is_empty() || words.len() > 3 {
        complain(session, if words.is_empty() { "too few arguments" } else { "too many arguments" })?;
        show_help(session, "tail");
        return Ok(());
    }
    let (how, words) = match words.split_first() {
        Some((how, rest)) if how.starts_with('-') => (Some(*how), rest),
        _ => (None, words.as_slice()),
    };
    let (name, channel) = match words {
        [] => return complain(session, "tail requires process name"),
        [name] => (*name, "stdout"),
        [name, .., channel] => (*name, *channel),
    };
    let method = match channel {
        "stdout" => "readProcessStdoutLog",
        "stderr" => "readProcessStderrLog",
        _ => return complain(session, &format!("bad channel '{channel}'")),
    };
    match how.map_or(Some(How::Last(BYTES)), How::parse) {
        None => complain(session, &format!("bad argument {}", how.unwrap_or_default())),
        Some(How::Follow) => follow(session, &path(name, channel), &format!("/logtail/{name}/{channel}")),
        Some(How::Last(bytes)) => {
            let params = [Value::text(name), Value::Int(-bytes), Value::Int(0)];
            show(session, name, method, &params, true)
        }
    }
}

pub(super) fn maintail(session: &mut Session, argument: &str) -> Result<()> {
    if !session.is_up()? {
        return Ok(());
    }
    let words: Vec<&str> = argument.split_whitespace().collect();
    let how = match words.as_slice() {
        [] => Some(How::Last(BYTES)),
        [word] if word.starts_with('-') => How::parse(word),
        [_] => None,
        _ => {
            session.fail(GENERIC, "Error: too many arguments");
            show_help(session, "maintail");
            return Ok(());
        }
    };
    match how {
        None => {
            session.fail(GENERIC, &format!("Error: bad argument {}", words.first().unwrap_or(&"")));
            Ok(())
        }
        Some(How::Follow) => follow(session, "/mainlogtail", "/mainlogtail"),
        Some(How::Last(bytes)) => show(session, "supervisord", "readLog", &[Value::Int(-bytes), Value::Int(0)], false),
    }
}

/// What is wanted of a log.
enum How {
    /// Its last bytes.
    Last(i64),
    /// That, and what is added.
    Follow,
}

impl How {
    fn parse(word: &str) -> Option<How> {
        if word == "-f" {
            return Some(How::Follow);
        }
        python::integer(word.get(1..)?).ok().map(How::Last)
    }
}

fn show(session: &mut Session, name: &str, method: &str, params: &[Value], of_process: bool) -> Result<()> {
    let trouble = match session.call(method, params) {
        Ok(text) => {
            session.say(text.as_text().ok_or_else(|| Trouble::new(Kind::Shape))?);
            return Ok(());
        }
        Err(trouble) => trouble,
    };
    let is = |kind: Failure| trouble.fault().is_some_and(|fault| fault.is(kind));
    let words = if is(Failure::NO_FILE) {
        "no log file"
    } else if is(Failure::FAILED) {
        "unknown error reading log"
    } else if of_process && is(Failure::BAD_NAME) {
        "no such process name"
    } else {
        return Err(trouble);
    };
    session.fail(GENERIC, &format!("{name}: ERROR ({words})"));
    Ok(())
}

/// Where the log of a process is followed.
pub(super) fn path(name: &str, channel: &str) -> String {
    let mut path = String::from("/logtail/");
    for byte in name.bytes() {
        // What would end the request line, or the path in it, is spelled.
        match byte {
            b'!'..=b'~' if !b"%?#".contains(&byte) => path.push(byte.into()),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{path}/{channel}")
}

/// Says that a log cannot be followed.
pub(super) fn cannot(session: &Session, path: &str, status: u16) {
    to_stderr(format!("{}{path} Cannot read, status code {status}\n", session.server.url).as_bytes());
}

/// Shows what a log ends with and what is added to it, until the server has no more or the user has had enough.
fn follow(session: &mut Session, path: &str, shown: &str) -> Result<()> {
    session.say(HOW_TO_LEAVE);
    session.wait.watch_interrupt()?;
    match stream(session, path, shown) {
        Err(Trouble { kind: Kind::Interrupt, .. }) => {
            session.say("");
            Ok(())
        }
        answer => answer,
    }
}

fn stream(session: &mut Session, path: &str, shown: &str) -> Result<()> {
    let mut stream = session.server.get(&mut session.wait, path)?;
    loop {
        let ended = stream.more(&mut session.wait)?;
        if let Some(status) = stream.refusal() {
            cannot(session, shown, status);
            return Ok(());
        }
        let _ = io::write_all(io::stdout(), &stream.take());
        if ended {
            return Ok(());
        }
    }
}
