//! What stands behind `down` and `stop` besides services.

use super::errands::behind::{Words, read_words, usage};
use crate::cli::options::{Bytes, Usage};
use crate::exit::Exit;
use crate::service::held::Held;
use crate::span;
use crate::supervise::client::{Service, Trouble};
use crate::sys::clock;
use argh::{ArgsInfo, FromArgs};
use core::time::Duration;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Stop services, and wait until they are down.
#[derive(FromArgs, ArgsInfo)]
struct Stop {
    /// stop first all that need it
    #[argh(switch)]
    dependents: bool,
    /// start it again after so long: 90s, 10m, 2h, 1d
    #[argh(option, long = "for")]
    span: Vec<Bytes>,
    /// why, for list and why
    #[argh(option)]
    note: Vec<Bytes>,
}

/// Have services go down.
#[derive(FromArgs, ArgsInfo)]
struct Down {
    /// start it again after so long: 90s, 10m, 2h, 1d
    #[argh(option, long = "for")]
    span: Vec<Bytes>,
    /// why, for list and why
    #[argh(option)]
    note: Vec<Bytes>,
}

/// What is asked for besides.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Whether those that need it are stopped first.
    pub(super) dependents: bool,
    /// Whether it is to be held, and how.
    pub(super) hold: Option<Hold>,
}

/// How it is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    span: Option<Duration>,
    note: Vec<u8>,
}

/// The words that have these options.
pub(super) fn is_one(word: &OsStr) -> bool {
    word == "stop" || word == "down"
}

/// Reads what follows the word.
pub(super) fn read(called: &'static OsStr, word: &OsStr, rest: &[&'static OsStr]) -> Result<(Asked, Words), Exit> {
    if word == "stop" {
        let usage = usage("stop [--dependents] [--for span] [--note text] service ...");
        let (stop, services) = read_words::<Stop>(&usage, called, rest)?;
        let hold = hold(&usage, called, &stop.span, &stop.note)?;
        return Ok((Asked { dependents: stop.dependents, hold }, services));
    }
    let usage = usage("down [--for span] [--note text] service ...");
    let (down, services) = read_words::<Down>(&usage, called, rest)?;
    Ok((Asked { dependents: false, hold: hold(&usage, called, &down.span, &down.note)? }, services))
}

fn hold(usage: &Usage, called: &OsStr, span: &[Bytes], note: &[Bytes]) -> Result<Option<Hold>, Exit> {
    let span = match span.last() {
        Some(text) => Some(span::duration(text.0.as_bytes()).map_err(|_| usage.fail(called))?),
        None => None,
    };
    let note = note.last().map(|text| text.0.as_bytes().to_vec());
    let asked = span.is_some() || note.is_some();
    Ok(asked.then(|| Hold { span, note: note.unwrap_or_default() }))
}

impl Hold {
    /// Writes it down for the supervisor of a service. One of another make would not read it.
    pub(super) fn place(&self, service: &Service<'_>) -> Result<(), NotHeld> {
        if service.report().map_err(NotHeld::Trouble)?.record.is_none() {
            return Err(NotHeld::Unable);
        }
        let until = self.span.map(|span| clock::label().after(span));
        service.hold(&Held { until, note: self.note.clone() }).map_err(NotHeld::Trouble)
    }
}

/// Why a service is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotHeld {
    /// It could not be told.
    Trouble(Trouble),
    /// Its supervisor does not know how.
    Unable,
}
