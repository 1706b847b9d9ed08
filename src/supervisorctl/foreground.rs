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

/// One of the two ways in which a process speaks.
struct Channel {
    path: String,
    stream: Stream,
}

impl Channel {
    /// Shows what has come; whether there may be more.
    fn goes_on(&mut self, session: &Session) -> bool {
        let over = self.stream.read().unwrap_or(true);
        if let Some(status) = self.stream.refusal() {
            cannot(session, &self.path, status);
            return false;
        }
        let _ = io::write_all(io::stdout(), &self.stream.take());
        !over
    }
}

fn connect(session: &mut Session, name: &str) -> Result<()> {
    session.say(HOW_TO_LEAVE);
    session.wait.watch_interrupt()?;
    match converse(session, name) {
        Ok(()) | Err(Trouble { kind: Kind::Interrupt, .. }) => session.say("Exiting foreground"),
        Err(trouble) => return Err(trouble),
    }
    Ok(())
}

/// Until there is nothing more to be typed, or nobody to hear it.
fn converse(session: &mut Session, name: &str) -> Result<()> {
    let mut channels = Vec::new();
    for channel in ["stdout", "stderr"] {
        let stream = session.server.get(&mut session.wait, &path(name, channel))?;
        channels.push(Channel { path: format!("/logtail/{name}/{channel}"), stream });
    }
    loop {
        match session.input.line_that_has_come() {
            Some(Read::Line(line)) if hand_over(session, name, &line)? => {}
            Some(_) => return Ok(()),
            None => listen(session, &mut channels)?,
        }
    }
}

/// Waits for the process or for the user.
fn listen(session: &mut Session, channels: &mut Vec<Channel>) -> Result<()> {
    let mut fds: Vec<_> = channels.iter().map(|channel| (channel.stream.as_fd(), Direction::Read)).collect();
    let typed = fds.len();
    fds.push((io::stdin(), Direction::Read));
    let ready = session.wait.any(&fds)?;
    if ready.contains(&typed) {
        session.input.fill()?;
    }
    let mut at = 0;
    channels.retain_mut(|channel| {
        let keep = !ready.contains(&at) || channel.goes_on(session);
        at += 1;
        keep
    });
    Ok(())
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
