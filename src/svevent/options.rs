//! What the command line asks for.

use crate::alert::{Flaps, Patience};
use crate::cli::options::{Bytes, Called, Parsed, Usage, typed};
use crate::exit::Exit;
use crate::span::Span;
use crate::sys::door::Args;
use argh::{ArgsInfo, FromArgValue, FromArgs};
use core::time::Duration;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Call the programs in notify.d when a service is in trouble, and when it is well again.
#[derive(FromArgs, ArgsInfo)]
#[argh(help_triggers("-h", "--help"))]
struct Options {
    /// where to remember what was told (./state)
    #[argh(option, short = 's')]
    state: Option<Bytes>,
    /// a directory of programs to call besides
    #[argh(option, short = 'n')]
    notify: Option<Bytes>,
    /// so many failures within this time are flapping (5/60s)
    #[argh(option, short = 'f', default = "FLAPS")]
    flaps: Flaps,
    /// who has run so long is well, where nothing tells of readiness (10s)
    #[argh(option, short = 'w', default = "WELL")]
    well: Span,
    /// how long a program may take; then TERM, and KILL 5s later (30s)
    #[argh(option, short = 't', default = "TIMEOUT")]
    timeout: Span,
    /// how often a program that fails is called before it is given up (20)
    #[argh(option, short = 'r', default = "TRIES")]
    tries: u32,
    /// so many programs at once, one for each service at most (8)
    #[argh(option, short = 'j', default = "JOBS")]
    jobs: u32,
    /// say on standard error what is done
    #[argh(switch, short = 'v')]
    verbose: bool,
}

const USAGE: Usage = Usage {
    program: "svevent",
    line: "[-v] [-s state] [-n dir] [-f n/span] [-w span] [-t span] [-r n] [-j n] dir",
    called: Called::ByBaseName,
    exit: Exit(100),
};

const FLAPS: Flaps = Flaps { number: 5, within: Duration::from_secs(60) };
const WELL: Span = Span(Duration::from_secs(10));
const TIMEOUT: Span = Span(Duration::from_secs(30));
/// With the pauses below: for about an hour.
const TRIES: u32 = 20;
const JOBS: u32 = 8;

/// The first pause after a failure, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Where to remember, in the directory that we are started in: that of a service, as a rule.
const STATE: &str = "state";

/// What to do.
#[derive(Debug)]
pub(super) struct Setup {
    /// The scan directory.
    pub(super) scan: PathBuf,
    pub(super) state: PathBuf,
    /// More hooks.
    pub(super) notify: Option<PathBuf>,
    pub(super) flaps: Flaps,
    pub(super) well: Duration,
    pub(super) timeout: Duration,
    pub(super) patience: Patience,
    pub(super) jobs: usize,
    pub(super) verbose: bool,
}

impl Setup {
    /// Reads it; where there is nothing to go on with, the exit code (all has been said).
    pub(super) fn read(args: Args<'_>) -> Result<Setup, Exit> {
        // argh knows this one, and `cli::options` does not hand it on.
        let asked = args.get(1).is_some_and(|word| *word == "-h");
        let help = [OsStr::new(USAGE.program), OsStr::new("--help")];
        let Parsed { options, operands, .. } = USAGE.parse::<Options>(if asked { &help } else { args })?;
        let [scan] = operands[..] else {
            return Err(USAGE.fail(args.first().copied().unwrap_or_default()));
        };
        let nothing = [("-t", options.timeout.0.is_zero()), ("-r", options.tries == 0), ("-j", options.jobs == 0)];
        if let Some((option, _)) = nothing.iter().find(|(_, is_nothing)| *is_nothing) {
            return Err(USAGE.refuse(format!("{option}: must be above 0").as_bytes()));
        }
        Ok(Setup {
            scan: scan.into(),
            state: options.state.map_or(STATE.into(), |path| path.0.into()),
            notify: options.notify.map(|path| path.0.into()),
            flaps: options.flaps,
            well: options.well.0,
            timeout: options.timeout.0,
            patience: Patience { tries: options.tries, first: PAUSES.0, longest: PAUSES.1 },
            jobs: usize::try_from(options.jobs).unwrap_or(usize::MAX),
            verbose: options.verbose,
        })
    }

    /// Paths are meant from here.
    pub(super) fn make_absolute(&mut self, here: &Path) {
        for path in [&mut self.scan, &mut self.state].into_iter().chain(&mut self.notify) {
            *path = here.join(&*path);
        }
    }
}

impl FromArgValue for Flaps {
    fn from_arg_value(value: &str) -> Result<Flaps, String> {
        typed(value, Flaps::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&'static str]) -> Result<Setup, Exit> {
        let args: Vec<&'static OsStr> = ["svevent"].iter().chain(words).copied().map(OsStr::new).collect();
        Setup::read(&args)
    }

    #[test]
    fn every_option() {
        let setup = read(&["-vs", "/s", "-n/n", "-f3/10s", "-w", "1m", "-t500ms", "-r", "2", "-j4", "scan"]).unwrap();
        assert_eq!((setup.state.as_os_str(), setup.notify), ("/s".as_ref(), Some("/n".into())));
        assert_eq!(setup.flaps, Flaps { number: 3, within: Duration::from_secs(10) });
        assert_eq!((setup.well, setup.timeout), (Duration::from_secs(60), Duration::from_millis(500)));
        assert_eq!((setup.patience.tries, setup.jobs, setup.verbose), (2, 4, true));
        let mut setup = read(&["scan"]).unwrap();
        setup.make_absolute(Path::new("/here"));
        assert_eq!((setup.scan, setup.state), ("/here/scan".into(), "/here/state".into()));
    }

    #[test]
    fn what_asks_for_nothing_is_refused() {
        for words in
            [&[][..], &["a", "b"], &["-t0", "a"], &["-r0", "a"], &["-j0", "a"], &["-f", "x", "a"], &["-x", "a"]]
        {
            assert_eq!(read(words).unwrap_err(), Exit(100), "{words:?}");
        }
        assert_eq!(read(&["-h"]).unwrap_err(), Exit::OK);
    }
}
