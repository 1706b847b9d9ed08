//! status and pid: what runs.

use super::session::{GENERIC, INSUFFICIENT, NOT_RUNNING, Session, UNIMPLEMENTED, full_name, halves, number, text};
use super::trouble::{Kind, Result, Trouble};
use crate::rpc::Value;
use crate::rpc::fault::Kind as Failure;

/// The numbers of states in which nothing runs: stopped, exited, given up, unknown.
const STOPPED: [i64; 4] = [0, 100, 200, 1000];
/// How much room a name has at least, and what stands behind the longest.
const NARROWEST: usize = 30;
const GAP: usize = 3;

/// The state of a process, as it is listed.
struct Line {
    name: String,
    state: String,
    words: String,
    stopped: bool,
}

pub(super) fn status(session: &mut Session, argument: &str) -> Result<()> {
    if !session.is_up()? {
        session.code = INSUFFICIENT;
        return Ok(());
    }
    let processes = session.list("getAllProcessInfo", &[])?;
    let names: Vec<&str> = argument.split_whitespace().collect();
    let lines = if names.is_empty() || names.contains(&"all") {
        processes.iter().map(line).collect::<Result<Vec<_>>>()?
    } else {
        named(session, &processes, &names)?
    };
    let width = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0).max(NARROWEST) + GAP;
    for Line { name, state, words, .. } in &lines {
        session.say(&format!("{name:<width$}{state:<10}{words}"));
    }
    if lines.iter().any(|line| line.stopped) {
        session.code = UNIMPLEMENTED;
    }
    Ok(())
}

fn line(process: &Value) -> Result<Line> {
    Ok(Line {
        name: full_name(text(process, "group")?, text(process, "name")?),
        state: text(process, "statename")?.to_owned(),
        words: text(process, "description")?.to_owned(),
        stopped: STOPPED.contains(&number(process, "state")?),
    })
}

/// In the order of the names; what nobody knows is told first.
fn named(session: &mut Session, processes: &[Value], names: &[&str]) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for name in names {
        let (group, process) = halves(name);
        let before = lines.len();
        for info in processes {
            let is_meant = text(info, "group")? == group
                && process.is_none_or(|process| text(info, "name").is_ok_and(|name| name == process));
            if is_meant {
                lines.push(line(info)?);
            }
        }
        if lines.len() == before {
            let (what, kind) = if process.is_some() { (*name, "process") } else { (group, "group") };
            session.fail(INSUFFICIENT, &format!("{what}: ERROR (no such {kind})"));
        }
    }
    Ok(lines)
}

pub(super) fn pid(session: &mut Session, argument: &str) -> Result<()> {
    if !session.is_up()? {
        return Ok(());
    }
    let names: Vec<&str> = argument.split_whitespace().collect();
    if names.is_empty() {
        let answer = session.call("getPID", &[])?;
        let pid = answer.as_int().ok_or_else(|| Trouble::new(Kind::Shape))?;
        session.say(&pid.to_string());
    } else if names.contains(&"all") {
        for process in session.list("getAllProcessInfo", &[])? {
            session.say(&number(&process, "pid")?.to_string());
        }
    } else {
        for name in names {
            pid_of(session, name)?;
        }
    }
    Ok(())
}

fn pid_of(session: &mut Session, name: &str) -> Result<()> {
    match session.call("getProcessInfo", &[Value::text(name)]) {
        Ok(process) => {
            let pid = number(&process, "pid")?;
            session.say(&pid.to_string());
            if pid == 0 {
                session.code = NOT_RUNNING;
            }
        }
        Err(trouble) if trouble.fault().is_some_and(|fault| fault.is(Failure::BAD_NAME)) => {
            session.fail(GENERIC, &format!("No such process {name}"));
        }
        Err(trouble) => return Err(trouble),
    }
    Ok(())
}
