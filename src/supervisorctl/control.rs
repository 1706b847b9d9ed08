//! start, stop, restart, signal, clear: one method for a process, one for a group, one for all of them.

use super::command::show_help;
use super::session::{BAD_ARGUMENTS, GENERIC, NOT_RUNNING, Session, full_name, halves, number, text};
use super::trouble::{Kind, Result, Trouble};
use crate::rpc::Value;
use crate::rpc::fault::Kind as Failure;

/// What is done to processes.
struct Deed {
    /// The command.
    name: &'static str,
    one: &'static str,
    group: Option<&'static str>,
    all: &'static str,
    /// What is said of a process to which it was done.
    done: &'static str,
    /// What may be said instead.
    outcomes: &'static [Outcome],
    /// What a group that nobody knows is worth.
    no_group: u8,
}

/// A failure, in what words it is told, and what it is worth; without words in those of the server.
type Outcome = (Failure, Option<&'static str>, u8);

const NO_PROCESS: Outcome = (Failure::BAD_NAME, Some("no such process"), GENERIC);

const START: Deed = Deed {
    name: "start",
    one: "startProcess",
    group: Some("startProcessGroup"),
    all: "startAllProcesses",
    done: "started",
    outcomes: &[
        NO_PROCESS,
        (Failure::NO_FILE, Some("no such file"), GENERIC),
        (Failure::NOT_EXECUTABLE, Some("file is not executable"), GENERIC),
        (Failure::ALREADY_STARTED, Some("already started"), 0),
        (Failure::SPAWN_ERROR, Some("spawn error"), NOT_RUNNING),
        (Failure::ABNORMAL_TERMINATION, Some("abnormal termination"), NOT_RUNNING),
    ],
    no_group: BAD_ARGUMENTS,
};

const STOP: Deed = Deed {
    name: "stop",
    one: "stopProcess",
    group: Some("stopProcessGroup"),
    all: "stopAllProcesses",
    done: "stopped",
    outcomes: &[
        NO_PROCESS,
        (Failure::BAD_SIGNAL, Some("bad signal name"), GENERIC),
        (Failure::NOT_RUNNING, Some("not running"), 0),
        (Failure::FAILED, None, GENERIC),
    ],
    no_group: GENERIC,
};

const SIGNAL: Deed = Deed {
    name: "signal",
    one: "signalProcess",
    group: Some("signalProcessGroup"),
    all: "signalAllProcesses",
    done: "signalled",
    outcomes: &[
        NO_PROCESS,
        (Failure::BAD_SIGNAL, Some("bad signal name"), GENERIC),
        (Failure::NOT_RUNNING, Some("not running"), NOT_RUNNING),
        (Failure::FAILED, None, GENERIC),
    ],
    no_group: GENERIC,
};

const CLEAR: Deed = Deed {
    name: "clear",
    one: "clearProcessLogs",
    group: None,
    all: "clearAllProcessLogs",
    done: "cleared",
    outcomes: &[NO_PROCESS, (Failure::FAILED, Some("failed"), GENERIC)],
    no_group: GENERIC,
};

pub(super) fn start(session: &mut Session, argument: &str) -> Result<()> {
    on_names(session, &START, argument, BAD_ARGUMENTS)
}

pub(super) fn stop(session: &mut Session, argument: &str) -> Result<()> {
    on_names(session, &STOP, argument, GENERIC)
}

pub(super) fn clear(session: &mut Session, argument: &str) -> Result<()> {
    on_names(session, &CLEAR, argument, GENERIC)
}

pub(super) fn restart(session: &mut Session, argument: &str) -> Result<()> {
    if !session.is_up()? {
        return Ok(());
    }
    if argument.is_empty() {
        return needs_name(session, "restart", GENERIC);
    }
    stop(session, argument)?;
    start(session, argument)
}

pub(super) fn signal(session: &mut Session, argument: &str) -> Result<()> {
    if !session.is_up()? {
        return Ok(());
    }
    let words: Vec<&str> = argument.split_whitespace().collect();
    match words.split_first() {
        Some((signal, names)) if !names.is_empty() => do_to(session, &SIGNAL, names, &[Value::text(*signal)]),
        _ => {
            session.fail(GENERIC, "Error: signal requires a signal name and a process name");
            show_help(session, "signal");
            Ok(())
        }
    }
}

fn on_names(session: &mut Session, deed: &Deed, argument: &str, without: u8) -> Result<()> {
    if !session.is_up()? {
        return Ok(());
    }
    let names: Vec<&str> = argument.split_whitespace().collect();
    if names.is_empty() {
        return needs_name(session, deed.name, without);
    }
    do_to(session, deed, &names, &[])
}

fn needs_name(session: &mut Session, command: &str, code: u8) -> Result<()> {
    session.fail(code, &format!("Error: {command} requires a process name"));
    show_help(session, command);
    Ok(())
}

fn do_to(session: &mut Session, deed: &Deed, names: &[&str], also: &[Value]) -> Result<()> {
    if names.contains(&"all") {
        let answers = session.list(deed.all, also)?;
        return tell_each(session, deed, &answers);
    }
    for name in names {
        let (group, process) = halves(name);
        match (process, deed.group) {
            (None, Some(method)) => to_group(session, deed, method, group, also)?,
            _ => to_one(session, deed, name, also)?,
        }
    }
    Ok(())
}

fn to_group(session: &mut Session, deed: &Deed, method: &str, group: &str, also: &[Value]) -> Result<()> {
    match session.list(method, &[&[Value::text(group)], also].concat()) {
        Ok(answers) => tell_each(session, deed, &answers),
        Err(trouble) if trouble.fault().is_some_and(|fault| fault.is(Failure::BAD_NAME)) => {
            session.fail(deed.no_group, &format!("{group}: ERROR (no such group)"));
            Ok(())
        }
        Err(trouble) => Err(trouble),
    }
}

fn to_one(session: &mut Session, deed: &Deed, name: &str, also: &[Value]) -> Result<()> {
    let shown = match halves(name) {
        (group, Some(process)) => full_name(group, process),
        _ => name.to_owned(),
    };
    match session.call(deed.one, &[&[Value::text(name)], also].concat()) {
        Ok(_) => tell(session, deed, &shown, Failure::SUCCESS.code, ""),
        Err(trouble) => match trouble.fault() {
            Some(fault) => tell(session, deed, &shown, fault.code, &fault.text),
            None => Err(trouble),
        },
    }
}

/// An answer for many: a struct for each.
fn tell_each(session: &mut Session, deed: &Deed, answers: &[Value]) -> Result<()> {
    for answer in answers {
        let name = full_name(text(answer, "group")?, text(answer, "name")?);
        tell(session, deed, &name, number(answer, "status")?, text(answer, "description")?)?;
    }
    Ok(())
}

fn tell(session: &mut Session, deed: &Deed, name: &str, code: i64, words: &str) -> Result<()> {
    if code == Failure::SUCCESS.code {
        session.say(&format!("{name}: {}", deed.done));
        return Ok(());
    }
    let Some((_, ours, worth)) = deed.outcomes.iter().find(|(kind, _, _)| kind.code == code) else {
        return Err(Trouble::new(Kind::Value(format!("Unknown result code {code} for {name}"))));
    };
    match ours {
        Some(ours) => session.say(&format!("{name}: ERROR ({ours})")),
        None => session.say(words),
    }
    if *worth != 0 {
        session.code = *worth;
    }
    Ok(())
}
