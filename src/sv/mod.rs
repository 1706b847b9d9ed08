//! Controls and explains services. Under another name it is an init script: its own name is the service, its exit
//! codes are the standard's.
//!
//! Standard output carries a line for each service that there is something to say about, failures too; whoever reads
//! it knows runit's lines. Standard error is for what is wrong with the call or with a check.
#![forbid(unsafe_code)]

mod check;
mod control;
mod ears;
mod errands;
mod holding;
mod json;
mod log;
mod names;
mod needs;
mod options;
mod output;
mod show;
mod wait;

pub use log::newest;

use crate::exit::Exit;
use crate::service::verb::{Speller, Verb};
use crate::sys::door::Args;
use options::{Request, Wish};
use output::Output;

/// The most failures that an exit code tells of; 100 is a usage error.
const MOST_FAILURES: u8 = 99;

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    match options::read(args) {
        Ok(Wish::Do(request)) => perform(&request),
        Ok(Wish::Run(errand, call)) => errands::run(errand, &call),
        Err(exit) => exit,
    }
}

fn perform(request: &Request) -> Exit {
    let mut output = Output::new();
    let exit = match (request.verb, request.speller) {
        (Verb::Log, _) => {
            if let Some(asked) = &request.log {
                log::run(request, asked, &mut output);
            }
            failures(request.speller, &output)
        }
        (Verb::Status, Speller::InitScript) => show::for_init(request, &mut output),
        (Verb::Status, Speller::Sv) => {
            show::all(request, &mut output);
            failures(request.speller, &output)
        }
        _ => {
            control::run(request, &mut output);
            failures(request.speller, &output)
        }
    };
    output.flush();
    exit
}

fn failures(speller: Speller, output: &Output) -> Exit {
    let most = match speller {
        Speller::Sv => MOST_FAILURES,
        Speller::InitScript => 1,
    };
    Exit(u8::try_from(output.failures()).unwrap_or(most).min(most))
}
