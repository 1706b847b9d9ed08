//! version, open, shutdown, reload: the server itself.

use super::command::refuses;
use super::session::{GENERIC, Session};
use super::status::status;
use super::trouble::{Kind, Result, Trouble};
use crate::rpc::fault::Kind as Failure;
use crate::sys::Errno;

pub(super) fn version(session: &mut Session, argument: &str) -> Result<()> {
    if refuses(session, "version", argument) || !session.is_up()? {
        return Ok(());
    }
    let answer = session.call("getSupervisorVersion", &[])?;
    let version = answer.as_text().ok_or_else(|| Trouble::new(Kind::Shape))?;
    session.say(version);
    Ok(())
}

/// Another server from now on. What runs there is no failure of ours.
pub(super) fn open(session: &mut Session, url: &str) -> Result<()> {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    if scheme != "unix" && scheme != "http" {
        session.fail(GENERIC, "ERROR: url must be http:// or unix://");
        return Ok(());
    }
    session.server.url = url.to_owned();
    let before = session.code;
    status(session, "")?;
    session.code = before;
    Ok(())
}

pub(super) fn shutdown(session: &mut Session, argument: &str) -> Result<()> {
    if refuses(session, "shutdown", argument)
        || !session.agrees("Really shut the remote supervisord process down y/N? ")?
    {
        return Ok(());
    }
    let Err(trouble) = session.call("shutdown", &[]) else {
        session.say("Shut down");
        return Ok(());
    };
    let url = &session.server.url;
    match &trouble.kind {
        Kind::Fault(fault) if fault.is(Failure::SHUTDOWN_STATE) => session.say("ERROR: already shutting down"),
        Kind::Call(Errno::ECONNREFUSED) => {
            session.fail(GENERIC, &format!("ERROR: {url} refused connection (already shut down?)"));
        }
        Kind::Call(Errno::ENOENT) => session.fail(GENERIC, &format!("ERROR: {url} no such file (already shut down?)")),
        _ => return Err(trouble),
    }
    Ok(())
}

pub(super) fn reload(session: &mut Session, argument: &str) -> Result<()> {
    if refuses(session, "reload", argument) || !session.agrees("Really restart the remote supervisord process y/N? ")? {
        return Ok(());
    }
    match session.call("restart", &[]) {
        Ok(_) => session.say("Restarted supervisord"),
        Err(trouble) if trouble.fault().is_some_and(|fault| fault.is(Failure::SHUTDOWN_STATE)) => {
            session.fail(GENERIC, "ERROR: already shutting down");
        }
        Err(trouble) => return Err(trouble),
    }
    Ok(())
}
