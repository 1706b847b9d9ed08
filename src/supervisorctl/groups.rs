//! avail, reread, update, add, remove: the configuration that the server has read, and what it made of it.

use super::command::refuses;
use super::session::{GENERIC, Session, full_name, number, text};
use super::trouble::{Kind, Result, Trouble};
use crate::rpc::Value;
use crate::rpc::fault::Kind as Failure;

pub(super) fn avail(session: &mut Session, argument: &str) -> Result<()> {
    if refuses(session, "avail", argument) {
        return Ok(());
    }
    let programs = match session.list("getAllConfigInfo", &[]) {
        Ok(programs) => programs,
        Err(trouble) => return expected(session, trouble, &[(Failure::SHUTDOWN_STATE, GENERIC, SHUTTING_DOWN)]),
    };
    for program in programs {
        let name = full_name(text(&program, "group")?, text(&program, "name")?);
        let is = |key: &str| program.get(key).is_some_and(Value::is_true);
        let used = if is("inuse") { "in use" } else { "avail" };
        let starts = if is("autostart") { "auto" } else { "manual" };
        let priority = format!("{}:{}", number(&program, "group_prio")?, number(&program, "process_prio")?);
        session.say(&format!("{name:<32} {used:<9} {starts:<9} {priority}"));
    }
    Ok(())
}

const SHUTTING_DOWN: &str = "ERROR: supervisor shutting down";

/// What a failure is worth, and in what words it is told.
type Outcome<'o> = (Failure, u8, &'o str);

/// Tells a failure that can be told; any other is trouble.
fn expected(session: &mut Session, trouble: Trouble, outcomes: &[Outcome<'_>]) -> Result<()> {
    let found = trouble.fault().and_then(|fault| outcomes.iter().find(|(kind, _, _)| fault.is(*kind)));
    let Some((_, code, words)) = found else { return Err(trouble) };
    session.say(words);
    if *code != 0 {
        session.code = *code;
    }
    Ok(())
}

/// What has changed in the configuration: groups that are new, that are others, that are gone.
struct Changes {
    added: Vec<String>,
    changed: Vec<String>,
    removed: Vec<String>,
}

fn read_again(session: &mut Session) -> Result<Changes> {
    let answer = session.list("reloadConfig", &[])?;
    let shape = || Trouble::new(Kind::Shape);
    let lists = answer.first().and_then(Value::as_list).ok_or_else(shape)?;
    let names = |at: usize| -> Result<Vec<String>> {
        let names = lists.get(at).and_then(Value::as_list).ok_or_else(shape)?;
        names.iter().map(|name| name.as_text().map(str::to_owned).ok_or_else(shape)).collect()
    };
    Ok(Changes { added: names(0)?, changed: names(1)?, removed: names(2)? })
}

pub(super) fn reread(session: &mut Session, argument: &str) -> Result<()> {
    if refuses(session, "reread", argument) {
        return Ok(());
    }
    let changes = match read_again(session) {
        Ok(changes) => changes,
        Err(trouble) => {
            let words = trouble.fault().map_or_else(String::new, |fault| format!("ERROR: {}", fault.text));
            let outcomes = [(Failure::SHUTDOWN_STATE, GENERIC, SHUTTING_DOWN), (Failure::CANT_REREAD, GENERIC, &words)];
            return expected(session, trouble, &outcomes);
        }
    };
    let Changes { added, changed, removed } = changes;
    let kinds = [(added, "available"), (changed, "changed"), (removed, "disappeared")];
    let mut lines: Vec<(String, &str)> =
        kinds.into_iter().flat_map(|(names, kind)| names.into_iter().map(move |name| (name, kind))).collect();
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    if lines.is_empty() {
        session.say("No config updates to processes");
    }
    lines.iter().for_each(|(name, kind)| session.say(&format!("{name}: {kind}")));
    Ok(())
}

pub(super) fn update(session: &mut Session, argument: &str) -> Result<()> {
    let changes = match read_again(session) {
        Ok(changes) => changes,
        Err(trouble) => {
            let outcome = (Failure::SHUTDOWN_STATE, GENERIC, "ERROR: already shutting down");
            return expected(session, trouble, &[outcome]);
        }
    };
    let mut wanted: Vec<&str> = argument.split_whitespace().collect();
    if wanted.contains(&"all") {
        wanted.clear();
    }
    refuse_unknown(session, &changes, &wanted)?;
    let is_wanted = |name: &&String| wanted.is_empty() || wanted.contains(&name.as_str());
    for group in changes.removed.iter().filter(is_wanted) {
        if stop(session, group)? {
            session.call("removeProcessGroup", &[Value::text(group)])?;
            session.say(&format!("{group}: removed process group"));
        } else {
            session.fail(GENERIC, &format!("{group}: has problems; not removing"));
        }
    }
    for group in changes.changed.iter().filter(is_wanted) {
        stop(session, group)?;
        session.call("removeProcessGroup", &[Value::text(group)])?;
        session.call("addProcessGroup", &[Value::text(group)])?;
        session.say(&format!("{group}: updated process group"));
    }
    for group in changes.added.iter().filter(is_wanted) {
        session.call("addProcessGroup", &[Value::text(group)])?;
        session.say(&format!("{group}: added process group"));
    }
    Ok(())
}

/// Names of groups that there are not; the others are updated all the same.
fn refuse_unknown(session: &mut Session, changes: &Changes, wanted: &[&str]) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let processes = session.list("getAllProcessInfo", &[])?;
    let running =
        processes.iter().map(|process| text(process, "group").map(str::to_owned)).collect::<Result<Vec<_>>>()?;
    for name in wanted {
        if !running.iter().chain(&changes.added).any(|group| group == name) {
            session.fail(GENERIC, &format!("ERROR: no such group: {name}"));
        }
    }
    Ok(())
}

/// Stops a group; whether all of it could be.
fn stop(session: &mut Session, group: &str) -> Result<bool> {
    let answers = session.list("stopProcessGroup", &[Value::text(group)])?;
    session.say(&format!("{group}: stopped"));
    Ok(!answers.iter().any(|answer| number(answer, "status").is_ok_and(|status| status == Failure::FAILED.code)))
}

pub(super) fn add(session: &mut Session, argument: &str) -> Result<()> {
    for name in argument.split_whitespace() {
        match session.call("addProcessGroup", &[Value::text(name)]) {
            Ok(_) => session.say(&format!("{name}: added process group")),
            Err(trouble) => {
                let unknown = format!("ERROR: no such process/group: {name}");
                let outcomes = [
                    (Failure::SHUTDOWN_STATE, GENERIC, "ERROR: shutting down"),
                    (Failure::ALREADY_ADDED, 0, "ERROR: process group already active"),
                    (Failure::BAD_NAME, GENERIC, unknown.as_str()),
                ];
                expected(session, trouble, &outcomes)?;
            }
        }
    }
    Ok(())
}

pub(super) fn remove(session: &mut Session, argument: &str) -> Result<()> {
    for name in argument.split_whitespace() {
        match session.call("removeProcessGroup", &[Value::text(name)]) {
            Ok(_) => session.say(&format!("{name}: removed process group")),
            Err(trouble) => {
                let running = format!("ERROR: process/group still running: {name}");
                let unknown = format!("ERROR: no such process/group: {name}");
                let outcomes = [
                    (Failure::STILL_RUNNING, GENERIC, running.as_str()),
                    (Failure::BAD_NAME, GENERIC, unknown.as_str()),
                ];
                expected(session, trouble, &outcomes)?;
            }
        }
    }
    Ok(())
}
