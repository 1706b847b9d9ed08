//! `sv wait`: nothing is sent; it ends when services are what is waited for.

use super::behind::{self, usage};
use crate::cli::options::{Bytes, leading_number};
use crate::exit::Exit;
use crate::exit::Pid;
use crate::service::goal::{Before, Being, Life};
use crate::service::word::Word;
use crate::sv::names::Places;
use crate::sv::options::{Call, Services, limited, usual_wait};
use crate::sv::output::Output;
use crate::sv::wait::{Task, until_done};
use crate::sys::clock;
use crate::tai64::Label;
use argh::{ArgsInfo, FromArgs};
use std::os::unix::ffi::OsStrExt;

/// Wait until services are up, ready, or down, whoever makes them so.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// for so many seconds at most (7, or $SVWAIT)
    #[argh(option, short = 'w')]
    wait: Vec<Bytes>,
}

/// Where it does not matter what was before.
const NOTHING: Before = Before { life: Life { pid: None::<Pid>, since: Label { unix: 0, nanos: 0 } }, second: 0 };

pub(super) fn run(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let usage = usage("wait up | ready | down [-w sec] service ...");
    let (options, mut named) = behind::read::<Options>(&usage, call)?;
    let being = named.first().and_then(|word| Being::of(word.as_bytes()));
    let (Some(being), true) = (being, named.len() > 1) else { return Err(usage.fail(call.called)) };
    let span = options.wait.last().map(|given| limited(leading_number(given.0.as_bytes())));
    let deadline = clock::moment() + span.or(call.wait).unwrap_or_else(usual_wait);
    let places = Places::new(&call.directory);
    let services = places.resolve(&Services::Named(named.split_off(1)), output);
    let waited = services.into_iter().map(|service| (service, NOTHING)).collect();
    until_done(Task::until(being), deadline, waited, output);
    Ok(())
}
