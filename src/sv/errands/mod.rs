//! The words that runit's `sv` does not have. Each reads the options behind it by itself.

pub(super) mod behind;
mod enable;
mod journal;
mod lint;
mod list;
mod needs;
mod new;
mod reexec;
mod signal;
mod wait;
mod why;

use super::failures;
use super::options::Call;
use super::output::Output;
use crate::exit::Exit;
use crate::service::errand::Errand;
use crate::service::verb::Speller;

/// Runs one. What its command line lacks has been said by then.
pub(super) fn run(errand: Errand, call: &Call) -> Exit {
    let mut output = Output::new();
    let done = match errand {
        Errand::List => list::run(call, &mut output),
        Errand::Wait => wait::run(call, &mut output),
        Errand::Journal => journal::run(call, &mut output),
        Errand::Needs => needs::run(call, &mut output),
        Errand::Why => why::run(call, &mut output),
        Errand::Lint => lint::run(call, &mut output),
        Errand::New => new::run(call, &mut output),
        Errand::Enable => enable::enable(call, &mut output),
        Errand::Disable => enable::disable(call, &mut output),
        Errand::Signal => signal::run(call, &mut output),
        Errand::Reexec => reexec::run(call, &mut output),
    };
    output.flush();
    match done {
        Ok(()) => failures(Speller::Sv, &output),
        Err(exit) => exit,
    }
}
