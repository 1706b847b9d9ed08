//! `sv list`: a table of services.

use super::behind::{self, usage};
use crate::exit::{Exit, Pid};
use crate::probe::tree::{Process, below};
use crate::service::held::Held;
use crate::service::machine::Role;
use crate::service::overview::{COLUMNS, Sight, Usage};
use crate::service::record::{LastExit, Report};
use crate::service::status::Phase;
use crate::service::table::{self, Look};
use crate::supervise::client::Service;
use crate::sv::json::{field, quoted, since, string, want};
use crate::sv::names::Places;
use crate::sv::options::Call;
use crate::sv::output::{Output, sentence, shown_name};
use crate::sys::{clock, io, limits, processes};
use crate::tai64::Label;
use argh::{ArgsInfo, FromArgs};
use std::env;

/// Show a table of services, all of them if none is named.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// a JSON object a line for each service
    #[argh(switch, short = 'j')]
    json: bool,
}

/// A line of the table, still to be shown.
type Line = Result<Sight, (String, String)>;

pub(super) fn run(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let (options, named) = behind::read::<Options>(&usage("list [-j] [service ...]"), call)?;
    let places = Places::new(&call.directory);
    let services = places.resolve(&behind::services(named), output);
    let machine = Machine::look();
    let lines: Vec<Line> = services.iter().map(|service| look(service, &machine, output)).collect();
    if options.json || call.json {
        for (service, line) in services.iter().zip(&lines) {
            object(output.line(), service, line, machine.now);
            output.say(b"\n");
        }
    } else if !lines.is_empty() {
        let rows: Vec<_> = lines.into_iter().map(|line| row(line, machine.now)).collect();
        output.say(table::lines(&COLUMNS, &rows, terminal()).as_bytes());
    }
    Ok(())
}

/// How wide standard output is, and whether there may be colours.
pub(super) fn terminal() -> Look {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let told = env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|width| *width > 0);
    let width = told.or_else(|| io::terminal_width(io::stdout()));
    Look { width, colours: !plain && io::is_terminal(io::stdout()) }
}

fn look(service: &Service<'_>, machine: &Machine, output: &mut Output) -> Line {
    let name = shown_name(service.name());
    let Report { status, record } = service.report().map_err(|trouble| {
        output.count_failure();
        (name.clone(), sentence(trouble))
    })?;
    Ok(Sight {
        name,
        status,
        record,
        usage: status.pid.filter(|_| status.phase == Phase::Run).and_then(|pid| machine.usage(pid)),
        normally_down: service.has("down") == Ok(true),
        held: held(service, machine.now),
        logger: logger(service, Role::Logger),
        error_logger: logger(service, Role::ErrorLogger),
    })
}

/// What there is to say of its being held.
pub(super) fn held(service: &Service<'_>, now: Label) -> Option<String> {
    service.held().filter(|held| !held.is_over(now)).map(|held| held.words(now))
}

/// What is wrong with a logger.
fn logger(service: &Service<'_>, role: Role) -> Option<&'static str> {
    if service.has(&format!("{}/.", role.directory())) != Ok(true) {
        return None;
    }
    match service.logger(role).status() {
        Err(_) => Some("not supervised"),
        Ok(status) if status.phase == Phase::Down => Some("down"),
        Ok(_) => None,
    }
}

fn row(line: Line, now: Label) -> Vec<table::Cell> {
    match line {
        Ok(sight) => sight.row(now),
        Err((name, why)) => Sight::unknown(name, why),
    }
}

/// The whole machine at one moment.
struct Machine {
    processes: Vec<Process>,
    page: u64,
    ticks: u64,
    /// How long it has been up, in milliseconds.
    up: u64,
    now: Label,
}

impl Machine {
    fn look() -> Machine {
        let up = u64::try_from(clock::moment().0.as_millis()).unwrap_or(u64::MAX);
        Machine {
            processes: processes::all().unwrap_or_default(),
            page: limits::page_size(),
            ticks: limits::ticks_a_second(),
            up,
            now: clock::label(),
        }
    }

    /// What a process and all below it use.
    fn usage(&self, pid: Pid) -> Option<Usage> {
        let tree = below(pid, &self.processes);
        let sum = |of: fn(&Process) -> u64| tree.iter().fold(0_u64, |sum, process| sum.saturating_add(of(process)));
        let millis = |ticks: u64| ticks.saturating_mul(1000) / self.ticks.max(1);
        Some(Usage {
            processes: tree.len(),
            memory: sum(|process| process.pages).saturating_mul(self.page),
            worked: millis(sum(|process| process.ticks)),
            lived: self.up.saturating_sub(millis(tree.first()?.began)),
        })
    }
}

/// The keys are always there.
fn object(into: &mut Vec<u8>, service: &Service<'_>, line: &Line, now: Label) {
    let mut text = String::from("{\"name\":");
    string(&mut text, &String::from_utf8_lossy(service.name()));
    let sight = line.as_ref().ok();
    let record = sight.and_then(|sight| sight.record);
    let usage = sight.and_then(|sight| sight.usage);
    field(&mut text, "state", sight.map(|sight| quoted(sight.state().0)));
    field(&mut text, "want", sight.map(|sight| quoted(want(&sight.status))));
    field(&mut text, "ready", sight.and_then(Sight::ready));
    field(&mut text, "pid", sight.and_then(|sight| sight.status.pid));
    field(&mut text, "since", sight.and_then(|sight| since(sight.status.since)));
    field(&mut text, "uptime", sight.and_then(|sight| sight.uptime(now)));
    field(&mut text, "restarts", sight.and_then(Sight::restarts));
    field(&mut text, "failures", record.map(|record| record.failures));
    field(&mut text, "next_start", record.and_then(|record| record.next_start).and_then(since));
    field(&mut text, "processes", usage.map(|usage| usage.processes));
    field(&mut text, "memory", usage.map(|usage| usage.memory));
    field(&mut text, "cpu_seconds", usage.map(|usage| thousandths(usage.worked)));
    field(
        &mut text,
        "cpu_percent",
        usage.map(|usage| format!("{}.{}", usage.per_mille() / 10, usage.per_mille() % 10)),
    );
    field(&mut text, "last_exit", record.and_then(|record| record.last_exit).map(exit));
    field(&mut text, "normally", sight.map(|sight| quoted(if sight.normally_down { "down" } else { "up" })));
    field(&mut text, "paused", sight.map(|sight| sight.status.paused));
    field(&mut text, "held", service.held().filter(|held| !held.is_over(now)).map(|held| held_object(&held)));
    text.push_str(",\"error\":");
    match line {
        Ok(_) => text.push_str("null"),
        Err((_, why)) => string(&mut text, why),
    }
    text.push('}');
    into.extend_from_slice(text.as_bytes());
}

fn held_object(held: &Held) -> String {
    let until = held.until.and_then(since).unwrap_or_else(|| "null".into());
    let mut text = format!("{{\"until\":{until},\"note\":");
    string(&mut text, &String::from_utf8_lossy(&held.note));
    text.push('}');
    text
}

fn thousandths(number: u64) -> String {
    format!("{}.{:03}", number / 1000, number % 1000)
}

fn exit(exit: LastExit) -> String {
    use crate::exit::Ending;
    let mut text = format!("{{\"cause\":\"{}\"", exit.cause);
    let (code, killed) = match exit.ending {
        Ending::Exited(code) => (Some(code), None),
        Ending::Killed { by, core } => (None, Some((by, core))),
        Ending::Unknown => (None, None),
    };
    field(&mut text, "code", code);
    field(&mut text, "signal", killed.map(|(by, _)| quoted(by)));
    field(&mut text, "core", killed.map(|(_, core)| core));
    text.push('}');
    text
}
