//! fg: what a process says is shown, and what the user types is handed to it.

use super::http::Stream;
use super::input::Read;
use super::session::{GENERIC, Session, number};
use super::tail::{HOW_TO_LEAVE, cannot, path};
use super::trouble::{Kind, Result, Trouble, shown};
use crate::rpc::Value;
use crate::rpc::fault::Kind as Failure;
use crate::sys::io;
use crate::sys::reactor::Direction;
use std::os::fd::AsFd;

/// The number of the state in which a process runs.
const RUNNING: i64 = 20;

pub(super) fn fg(session: &mut Session, argument: &str) -> Result<()> {
    if !session.is_up()? {
        return Ok(());
    }
    let words: Vec<&str> = argument.split_whitespace().collect();
    let name = match words.as_slice() {
        [] => {
            session.fail(GENERIC, "ERROR: no process name supplied");
            super::command::show_help(session, "fg");
            return Ok(());
        }
        [name] => *name,
        _ => {
            session.fail(GENERIC, "ERROR: too many process names supplied");
            return Ok(());
        }
    };
    match session.call("getProcessInfo", &[Value::text(name)]) {
        Ok(process) if number(&process, "state")? == RUNNING => connect(session, name),
        Ok(_) => {
            session.fail(GENERIC, "ERROR: process not running");
            Ok(())
        }
        Err(trouble) => match trouble.fault() {
            Some(fault) if fault.is(Failure::BAD_NAME) => {
                session.fail(GENERIC, "ERROR: bad process name supplied");
                Ok(())
            }
            Some(fault) => {
                session.say(&format!("ERROR: {}", shown(fault)));
                Ok(())
            }
            None => Err(trouble),
        },
    }
}

fn connect(session: &mut Session, name: &str) -> Result<()> {
    session.say(HOW_TO_LEAVE);
    session.wait.watch_interrupt()?;
    let streams = ["stdout", "stderr"].map(|channel| follow(session, name, channel));
    let mut streams: Vec<Stream> = streams.into_iter().filter_map(Result::transpose).collect::<Result<_>>()?;
    match converse(session, name, &mut streams) {
        Ok(()) | Err(Trouble { kind: Kind::Interrupt, .. }) => session.say("Exiting foreground"),
        Err(trouble) => return Err(trouble),
    }
    Ok(())
}

/// What a process says there; nothing if it cannot be read, which is told.
fn follow(session: &mut Session, name: &str, channel: &str) -> Result<Option<Stream>> {
    let stream = session.server.get(&mut session.wait, &path(name, channel))?;
    if stream.status() == 200 {
        return Ok(Some(stream));
    }
    cannot(session, &format!("/logtail/{name}/{channel}"), stream.status());
    Ok(None)
}

/// Until there is nothing more to be typed, or nobody to hear it.
fn converse(session: &mut Session, name: &str, streams: &mut Vec<Stream>) -> Result<()> {
    loop {
        for stream in streams.iter_mut() {
            let _ = io::write_all(io::stdout(), &stream.take());
        }
        if let Some(line) = session.input.line_that_has_come() {
            match line {
                Read::Line(line) if !hand_over(session, name, &line)? => return Ok(()),
                Read::Line(_) => continue,
                Read::End => return Ok(()),
            }
        }
        let stdin = io::stdin();
        let mut fds: Vec<_> = streams.iter().map(|stream| (stream.as_fd(), Direction::Read)).collect();
        fds.push((stdin, Direction::Read));
        let ready = session.wait.any(&fds)?;
        drop(fds);
        if ready.contains(&streams.len()) {
            session.input.fill()?;
        }
        let mut ended = Vec::new();
        for at in ready {
            if let Some(stream) = streams.get_mut(at) {
                let over = stream.read().unwrap_or(true);
                ended.extend(over.then_some(at));
            }
        }
        for at in ended.into_iter().rev() {
            let mut stream = streams.remove(at);
            let _ = io::write_all(io::stdout(), &stream.take());
        }
    }
}

/// Hands a line to the process; whether there is any use in another.
fn hand_over(session: &mut Session, name: &str, line: &str) -> Result<bool> {
    match session.call("sendProcessStdin", &[Value::text(name), Value::text(format!("{line}\n"))]) {
        Ok(_) => Ok(true),
        Err(trouble) => match trouble.fault() {
            Some(fault) if fault.is(Failure::NOT_RUNNING) => {
                session.say("Process got killed");
                Ok(false)
            }
            Some(fault) => {
                session.say(&format!("ERROR: {}", shown(fault)));
                Ok(false)
            }
            None => Err(trouble),
        },
    }
}
