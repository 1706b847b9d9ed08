//! `sv why`: what a service is doing, and why.

use super::behind::{self, usage};
use super::list::{held, terminal};
use crate::exit::Exit;
use crate::service::goal::Being;
use crate::service::journal::{Cursor, Line};
use crate::service::machine::Role;
use crate::service::needs_graph::Graph;
use crate::service::overview::Sight;
use crate::service::why::{Case, Lack, filled};
use crate::supervise::client::{Service, Trouble};
use crate::supervise::reader::Reader;
use crate::sv::json::{field, quoted, string};
use crate::sv::log::tail;
use crate::sv::names::Places;
use crate::sv::needs::graph;
use crate::sv::options::{Call, Services};
use crate::sv::output::{Output, sentence, shown_name};
use crate::sys::clock;
use argh::{ArgsInfo, FromArgs};
use std::path::Path;

/// Tell what services are doing and why.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// a JSON object a line for each service
    #[argh(switch, short = 'j')]
    json: bool,
}

/// Where nobody says how wide a line may be.
const WIDTH: usize = 80;

/// Of the log, so many lines.
const LINES: u64 = 5;

/// What there is to tell of a service.
struct Told {
    state: &'static str,
    text: String,
    advice: Option<String>,
    log: Vec<String>,
    errlog: Vec<String>,
}

pub(super) fn run(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let usage = usage("why [-j] service ...");
    let (options, named) = behind::read::<Options>(&usage, call)?;
    if named.is_empty() {
        return Err(usage.fail(call.called));
    }
    let places = Places::new(&call.directory);
    let services = places.resolve(&Services::Named(named), output);
    for (number, service) in services.iter().enumerate() {
        let told = look(&places, service, output);
        if options.json || call.json {
            output.say(object(service.name(), &told).as_bytes());
        } else {
            if number > 0 {
                output.say(b"\n");
            }
            output.say(text(&told).as_bytes());
        }
    }
    Ok(())
}

fn look(places: &Places, service: &Service<'_>, output: &mut Output) -> Told {
    let name = shown_name(service.name());
    let report = match service.report() {
        Ok(report) => report,
        Err(trouble) => {
            output.count_failure();
            let (text, advice) = absent(&name, trouble);
            return Told { state: "unknown", text, advice: Some(advice), log: Vec::new(), errlog: Vec::new() };
        }
    };
    let now = clock::label();
    let held = held(service, now);
    let sight = Sight { normally_down: service.has("down") == Ok(true), held, ..Sight::of(name, report) };
    let (lines, lacks) = (journal(service), lacks(places, service));
    let case = Case { sight: &sight, lines: &lines, lacks: &lacks, now };
    let [log, errlog] = Role::LOGGERS.map(|role| tail(service, role, LINES).unwrap_or_default());
    Told { state: sight.state().0, text: case.tell(), advice: case.advice(), log, errlog }
}

fn absent(name: &str, trouble: Trouble) -> (String, String) {
    match trouble {
        Trouble::Directory(_) => (
            format!("There is no service {name}: {}.", sentence(trouble)),
            "See sv list for those that there are, and SVDIR for where they are looked for.".into(),
        ),
        Trouble::NoSupervisor => (
            format!("Nobody supervises {name}: its runsv has left, or was killed."),
            "See whether runsvdir runs on this directory.".into(),
        ),
        Trouble::OpenOk(crate::sys::Errno::ENOENT) => (
            format!("Nobody has ever supervised {name}."),
            "A runsvdir on this directory takes it up within seconds; otherwise run runsv on it.".into(),
        ),
        _ => (format!("Nothing is known of {name}: {}.", sentence(trouble)), "Ask as root, or as its owner.".into()),
    }
}

/// Everything that the journal has; a supervisor of another make keeps none.
fn journal(service: &Service<'_>) -> Vec<Line> {
    let taken = Reader::default().read(Path::new(&service.supervise()), &mut { Cursor::START });
    taken.map(|taken| taken.lines).unwrap_or_default()
}

/// What is not ready among its needs, and theirs; the root of it last.
fn lacks(places: &Places, service: &Service<'_>) -> Vec<Lack> {
    let graph: Graph = graph(places, core::slice::from_ref(service));
    let mut found = Vec::new();
    for node in graph.with_needs(&[0]) {
        for need in graph.needs(node) {
            let service = places.service(graph.name(*need).to_vec());
            let state = match service.report() {
                Ok(report) if Being::Ready.is_so(&report) => continue,
                Ok(report) => match Sight::of(String::new(), report).state().0 {
                    "run" => "not ready",
                    state => state,
                },
                Err(_) if !graph.is_there(*need) => "missing",
                Err(_) => "not supervised",
            };
            let (who, need) = (shown_name(graph.name(node)), shown_name(graph.name(*need)));
            found.push(Lack { who, need, state: state.into() });
        }
    }
    found
}

fn text(told: &Told) -> String {
    let mut text = filled(&told.text, terminal().width.unwrap_or(WIDTH));
    for (head, lines) in [("Its log ends with:\n", &told.log), ("Its errlog ends with:\n", &told.errlog)] {
        if !lines.is_empty() {
            text.push_str(head);
            lines.iter().for_each(|line| text.extend(["  ", line, "\n"]));
        }
    }
    if let Some(advice) = &told.advice {
        text.push_str(&filled(advice, terminal().width.unwrap_or(WIDTH)));
    }
    text
}

fn object(name: &[u8], told: &Told) -> String {
    let mut text = String::from("{\"name\":");
    string(&mut text, &String::from_utf8_lossy(name));
    field(&mut text, "state", Some(quoted(told.state)));
    text.push_str(",\"why\":");
    string(&mut text, &told.text);
    for (key, lines) in [("log", &told.log), ("errlog", &told.errlog)] {
        text.extend([",\"", key, "\":["]);
        for (number, line) in lines.iter().enumerate() {
            text.push_str(if number > 0 { "," } else { "" });
            string(&mut text, line);
        }
        text.push(']');
    }
    text.push_str(",\"advice\":");
    match &told.advice {
        Some(advice) => string(&mut text, advice),
        None => text.push_str("null"),
    }
    text.push_str("}\n");
    text
}
