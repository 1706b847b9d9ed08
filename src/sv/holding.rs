//! What stands behind `stop` besides services.

use super::errands::behind::{Words, read_words, usage};
use crate::exit::Exit;
use argh::{ArgsInfo, FromArgs};
use std::ffi::OsStr;

/// Stop services, and wait until they are down.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// stop first all that need it
    #[argh(switch)]
    dependents: bool,
}

/// What is asked for besides.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Whether those that need it are stopped first.
    pub(super) dependents: bool,
}

/// Reads what follows the word.
pub(super) fn read(called: &'static OsStr, words: &[&'static OsStr]) -> Result<(Asked, Words), Exit> {
    let (options, services) = read_words::<Options>(&usage("stop [--dependents] service ..."), called, words)?;
    Ok((Asked { dependents: options.dependents }, services))
}
