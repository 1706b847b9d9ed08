//! What clients are told of processes, as the structs of the protocol: every field with its name, its type and its place.

use super::sheet::Sheet;
use super::types::LogFile;
use super::view::View;
use crate::exit::Pid;
use crate::rpc::Value;
use crate::rpc::fault::{Fault, Kind};
use crate::tai64::{Civil, Label};
use alloc::string::String;
use alloc::vec::Vec;

/// What a process is doing.
pub fn process(sheet: &Sheet, view: &View, now: Label, calendar: &dyn Fn(Label) -> Civil) -> Value {
    let name = &sheet.process.name;
    let file = |file: &Option<String>| Value::text(file.clone().unwrap_or_default());
    structure([
        ("name", Value::text(name)),
        ("group", Value::text(&sheet.group)),
        ("start", Value::Int(view.start)),
        ("stop", Value::Int(view.stop)),
        ("now", Value::Int(now.unix)),
        ("state", Value::Int(view.state.code())),
        ("statename", Value::text(view.state.name())),
        ("spawnerr", Value::text(&view.spawnerr)),
        ("exitstatus", Value::Int(view.exitstatus)),
        ("logfile", file(&sheet.stdout_file)),
        ("stdout_logfile", file(&sheet.stdout_file)),
        ("stderr_logfile", file(&sheet.stderr_file)),
        ("pid", Value::Int(view.pid.map_or(0, Pid::get).into())),
        ("description", Value::Text(view.description(name, now, calendar))),
    ])
}

/// What the configuration says of a process.
pub fn config(sheet: &Sheet, in_use: bool) -> Value {
    let process = &sheet.process;
    let none = || Value::text("none");
    let maybe = |text: &Option<String>| text.as_ref().map_or_else(none, Value::text);
    let logfile = |logfile: &LogFile, file: &Option<String>| match logfile {
        LogFile::Auto => Value::Text(file.clone().filter(|_| in_use).unwrap_or_else(|| "auto".into())),
        LogFile::None | LogFile::Syslog => none(),
        LogFile::Path(path) => Value::text(path),
    };
    let (stdout, stderr) = (&process.stdout, &process.stderr);
    structure([
        ("autostart", Value::Bool(process.autostart)),
        ("directory", maybe(&process.directory)),
        ("uid", process.uid.map_or_else(none, |uid| Value::Int(uid.into()))),
        ("command", Value::text(&process.command)),
        ("exitcodes", Value::List(process.exitcodes.iter().map(|code| Value::Int((*code).into())).collect())),
        ("group", Value::text(&sheet.group)),
        ("group_prio", Value::Int(sheet.group_priority)),
        ("inuse", Value::Bool(in_use)),
        ("killasgroup", Value::Bool(process.killasgroup)),
        ("name", Value::text(&process.name)),
        ("process_prio", Value::Int(process.priority)),
        ("redirect_stderr", Value::Bool(process.redirect_stderr)),
        ("startretries", Value::Int(process.startretries)),
        ("startsecs", Value::Int(process.startsecs)),
        ("stdout_capture_maxbytes", Value::Int(stdout.capture_maxbytes)),
        ("stdout_events_enabled", Value::Bool(stdout.events)),
        ("stdout_logfile", logfile(&stdout.logfile, &sheet.stdout_file)),
        ("stdout_logfile_backups", Value::Int(stdout.backups)),
        ("stdout_logfile_maxbytes", Value::Int(stdout.maxbytes)),
        ("stdout_syslog", Value::Bool(stdout.syslog)),
        ("stopsignal", Value::Int(process.stopsignal.into())),
        ("stopwaitsecs", Value::Int(process.stopwaitsecs)),
        ("stderr_capture_maxbytes", Value::Int(stderr.capture_maxbytes)),
        ("stderr_events_enabled", Value::Bool(stderr.events)),
        ("stderr_logfile", logfile(&stderr.logfile, &sheet.stderr_file)),
        ("stderr_logfile_backups", Value::Int(stderr.backups)),
        ("stderr_logfile_maxbytes", Value::Int(stderr.maxbytes)),
        ("stderr_syslog", Value::Bool(stderr.syslog)),
        ("serverurl", maybe(&process.serverurl)),
    ])
}

/// What came of a call for many, for one of them.
pub fn status(group: &str, name: &str, answer: &Result<(), Fault>) -> Value {
    let (code, text) = match answer {
        Ok(()) => (Kind::SUCCESS.code, "OK"),
        Err(fault) => (fault.code, fault.text.as_str()),
    };
    structure([
        ("name", Value::text(name)),
        ("group", Value::text(group)),
        ("status", Value::Int(code)),
        ("description", Value::text(text)),
    ])
}

/// What the daemon is doing.
pub fn state(code: i64, name: &str) -> Value {
    structure([("statecode", Value::Int(code)), ("statename", Value::text(name))])
}

/// A fault among the answers to several calls.
pub fn fault(fault: &Fault) -> Value {
    structure([("faultCode", Value::Int(fault.code)), ("faultString", Value::text(fault.text.as_str()))])
}

fn structure<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Struct(Vec::from(members.map(|(name, value)| (name.into(), value))))
}
