//! The command line of `sv`, and of an init script that is a link to it.

use super::{holding, log};
use crate::cli::message::{base_name, to_stdout};
use crate::cli::options::{Bytes, Called, Parsed, Usage, leading_number};
use crate::exit::Exit;
use crate::service::errand::Errand;
use crate::service::verb::{Speller, Verb, Waits};
use crate::service::word::Word;
use crate::supervise::client::SERVICES;
use crate::sys::door::Args;
use argh::{ArgsInfo, FromArgs};
use core::time::Duration;
use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Control services and show their state.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// wait until a command has taken effect, and tell
    #[argh(switch, short = 'v')]
    verbose: bool,
    /// as -v, for so many seconds (7, or $SVWAIT)
    #[argh(option, short = 'w')]
    wait: Vec<Bytes>,
    /// with status: a JSON object a line for each service
    #[argh(switch, short = 'j')]
    json: bool,
}

/// What a command line asks for.
#[derive(Debug)]
pub(super) enum Wish {
    /// A verb.
    Do(Request),
    /// A word that reads what stands behind it by itself.
    Run(Errand, Call),
}

/// What is known of a call before what stands behind its word has been read.
#[derive(Debug)]
pub(super) struct Call {
    /// `argv[0]`.
    pub(super) called: &'static OsStr,
    /// What stands behind the word.
    pub(super) words: Vec<&'static OsStr>,
    /// Whether the word stands behind a `-j`.
    pub(super) json: bool,
    /// How long to wait, if that stands before the word.
    pub(super) wait: Option<Duration>,
    /// Where services are looked for.
    pub(super) directory: OsString,
}

/// What `sv` is asked to do.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) verb: Verb,
    pub(super) speller: Speller,
    /// Whether and how long to wait for the effect.
    pub(super) wait: Option<Duration>,
    pub(super) json: bool,
    /// With `log`, what stands behind it.
    pub(super) log: Option<log::Asked>,
    /// With `stop`, whether those that need it are stopped first.
    pub(super) dependents: bool,
    /// With `down` and `stop`, whether it is held for a time or with a reason.
    pub(super) hold: Option<holding::Hold>,
    pub(super) services: Services,
    /// Where services are looked for.
    pub(super) directory: OsString,
}

/// Which services are meant.
#[derive(Debug)]
pub(super) enum Services {
    /// These.
    Named(Vec<&'static OsStr>),
    /// Each in the directory.
    All,
}

const USAGE: Usage =
    Usage { program: "sv", line: "[-v] [-w sec] command service ...", called: Called::ByBaseName, exit: Exit(100) };

const INIT_USAGE: Usage = Usage { program: "sv", line: "[-w sec] command", called: Called::ByBaseName, exit: Exit(2) };

/// runit's seven seconds.
const WAIT: u64 = 7;

/// Longer than anybody waits, and still a time that every clock can reckon with.
const MOST_WAIT: u64 = u32::MAX as u64;

/// What waiting for no time at all comes to. runit looks once more after its pause of this length before it gives up,
/// and there are scripts that rely on it.
const LEAST_WAIT: Duration = Duration::from_millis(420);

/// Reads the command line; where there is nothing to go on with, the exit code (all has been said).
pub(super) fn read(args: Args<'_>) -> Result<Wish, Exit> {
    let called = args.first().copied().unwrap_or(OsStr::new(USAGE.program));
    let name = base_name(called);
    let (usage, speller) = match name.as_bytes() {
        b"sv" => (USAGE, Speller::Sv),
        _ => (INIT_USAGE, Speller::InitScript),
    };
    let mut parsed = usage.parse::<Options>(args).inspect_err(|exit| explain(*exit, args))?;
    let errand =
        parsed.operands.first().filter(|_| speller == Speller::Sv).and_then(|word| Errand::of(word.as_bytes()));
    if let Some(errand) = errand {
        return Ok(Wish::Run(errand, call(called, parsed)));
    }
    let log = log(called, &mut parsed, usage.exit)?;
    let stop = stop(called, &mut parsed, speller)?;
    request(parsed, log, stop, speller, name)
        .map(Wish::Do)
        .ok_or_else(|| if log.is_some() { log::fail(called, usage.exit) } else { usage.fail(called) })
}

fn call(called: &'static OsStr, parsed: Parsed<Options>) -> Call {
    let wait = parsed.options.wait.last().map(|given| limited(leading_number(given.0.as_bytes())));
    let words = parsed.operands.into_iter().skip(1).collect();
    Call { called, words, json: parsed.options.json, wait, directory: directory() }
}

/// Where services are looked for.
fn directory() -> OsString {
    env::var_os("SVDIR").unwrap_or_else(|| SERVICES.into())
}

/// `log` has options of its own, behind it. What is left of the operands is the word and the services.
fn log(called: &'static OsStr, parsed: &mut Parsed<Options>, exit: Exit) -> Result<Option<log::Asked>, Exit> {
    let Some((word, rest)) = parsed.operands.split_first().filter(|(word, _)| **word == "log") else { return Ok(None) };
    let (asked, services) = log::read(called, rest, parsed.options.json, exit)?;
    parsed.operands = [*word].into_iter().chain(services).collect();
    Ok(Some(asked))
}

/// `down` and `stop` have options of their own too; only long ones, so that what runit takes for a name is one.
fn stop(called: &'static OsStr, parsed: &mut Parsed<Options>, speller: Speller) -> Result<holding::Asked, Exit> {
    let none = Ok(holding::Asked::default());
    let Some((word, rest)) = parsed.operands.split_first() else { return none };
    if speller != Speller::Sv || !holding::is_one(word) || !rest.iter().any(|word| word.as_bytes().starts_with(b"--")) {
        return none;
    }
    let (asked, services) = holding::read(called, word, rest)?;
    parsed.operands = [*word].into_iter().chain(services).collect();
    Ok(asked)
}

/// What argh knows nothing of: `--help` tells of the commands too.
fn explain(exit: Exit, args: Args<'_>) {
    if exit == Exit::OK && !args.iter().any(|word| *word == "--version") {
        to_stdout([Verb::help(), Errand::all_help()].concat().as_bytes());
    }
}

fn request(
    parsed: Parsed<Options>,
    log: Option<log::Asked>,
    stop: holding::Asked,
    speller: Speller,
    name: &'static OsStr,
) -> Option<Request> {
    let Parsed { options, operands, .. } = parsed;
    let mut operands = operands.into_iter();
    let word = operands.next()?;
    let verb = Verb::parse(word.as_bytes(), speller)?;
    if options.json && !matches!(verb, Verb::Status | Verb::Log) {
        return None;
    }
    let named: Vec<&OsStr> = match speller {
        Speller::Sv => operands.collect(),
        Speller::InitScript => vec![name],
    };
    let services = match named.is_empty() {
        false => Services::Named(named),
        true if word == "status" => Services::All,
        true => return None,
    };
    let wait = wait(&options, verb);
    let holding::Asked { dependents, hold } = stop;
    Some(Request { verb, speller, wait, json: options.json, log, dependents, hold, services, directory: directory() })
}

fn wait(options: &Options, verb: Verb) -> Option<Duration> {
    let span = match options.wait.last() {
        Some(given) => limited(leading_number(given.0.as_bytes())),
        None => usual_wait(),
    };
    let asked = options.verbose || !options.wait.is_empty();
    let waits = match verb.definition().waits {
        Waits::Never => false,
        Waits::IfAsked => asked,
        Waits::Always => true,
    };
    waits.then_some(span)
}

/// How long to wait if nobody says.
pub(super) fn usual_wait() -> Duration {
    limited(env::var_os("SVWAIT").map_or(WAIT, |text| leading_number(text.as_bytes())))
}

/// So many seconds, as far as that can be waited.
pub(super) fn limited(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(MOST_WAIT)).max(LEAST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(words: &[&'static str]) -> Result<Request, Exit> {
        let args: Vec<&'static OsStr> = words.iter().copied().map(OsStr::new).collect();
        match read(&args)? {
            Wish::Do(request) => Ok(request),
            Wish::Run(errand, _) => panic!("{errand}"),
        }
    }

    #[test]
    fn an_errand_is_spelled_out_and_sv_s_alone() {
        let errand = |words: &[&'static str]| {
            let args: Vec<&'static OsStr> = words.iter().copied().map(OsStr::new).collect();
            matches!(read(&args), Ok(Wish::Run(..)))
        };
        assert!(errand(&["sv", "list"]) && errand(&["sv", "-j", "list", "web"]));
        assert!(!errand(&["sv", "lis", "web"]) && !errand(&["/etc/init.d/web", "list"]));
    }

    fn waits(words: &[&'static str]) -> Option<Duration> {
        read_words(words).unwrap().wait
    }

    #[test]
    fn waiting_is_asked_for_or_the_verbs_own() {
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(waits(&["sv", "up", "x"]), None);
        assert_eq!(waits(&["sv", "-v", "up", "x"]), seconds(7));
        assert_eq!(waits(&["sv", "-w3", "up", "x"]), seconds(3));
        assert_eq!(waits(&["sv", "-w", "3", "-w4", "start", "x"]), seconds(4), "the last one counts");
        assert_eq!(waits(&["sv", "stop", "x"]), seconds(7));
        assert_eq!(waits(&["sv", "-w", "none", "stop", "x"]), Some(LEAST_WAIT));
        assert_eq!(waits(&["sv", "-v", "status", "x"]), None);
    }

    #[test]
    fn only_status_does_without_a_name_and_as_json() {
        assert!(matches!(read_words(&["sv", "status"]).unwrap().services, Services::All));
        assert!(read_words(&["sv", "-j", "status", "x"]).unwrap().json);
        for words in [&["sv"][..], &["sv", "up"], &["sv", "s"], &["sv", "-j", "up", "x"], &["sv", "what", "x"]] {
            assert_eq!(read_words(words).unwrap_err(), Exit(100), "{words:?}");
        }
    }

    #[test]
    fn another_name_is_the_service() {
        let request = read_words(&["/etc/init.d/cron", "status", "ignored"]).unwrap();
        assert!(matches!(&request.services, Services::Named(names) if *names == ["cron"]));
        for words in [&["cron"][..], &["cron", "stat"], &["cron", "-x"]] {
            assert_eq!(read_words(words).unwrap_err(), Exit(2), "{words:?}");
        }
    }
}
