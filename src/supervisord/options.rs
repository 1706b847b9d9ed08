//! The command line, as the original reads it, and what it says over the configuration.

use crate::cli::getopt::{Known, Spelled};
use crate::cli::message::to_stdout;
use crate::cli::options::{Bytes, Called, Usage};
use crate::exit::Exit;
use crate::supervisor::Wrong;
use crate::supervisor::config::Daemon;
use crate::supervisor::facts::Facts;
use crate::supervisor::python::{integer, quoted};
use crate::supervisor::types::{self, Level};
use argh::{ArgsInfo, FromArgs};
use std::ffi::OsStr;

/// The version of Supervisor that this stands in for.
pub(super) const VERSION: &str = "4.2.5";

/// runs the programs of a Supervisor configuration, each as a service
#[derive(FromArgs, ArgsInfo, Debug)]
#[allow(dead_code)] // what argh knows of it is read here, and its help
#[argh(help_triggers("--help"))]
struct Options {
    /// configuration file
    #[argh(option, short = 'c', arg_name = "file")]
    configuration: Option<Bytes>,
    /// stay in the foreground
    #[argh(switch, short = 'n')]
    nodaemon: bool,
    /// and do not show the log there
    #[argh(switch, short = 's')]
    silent: bool,
    /// the usage in Supervisor's words
    #[argh(switch, short = 'h')]
    usage: bool,
    /// the version of Supervisor that this stands in for
    #[argh(switch, short = 'v')]
    version: bool,
    /// as whom everything runs
    #[argh(option, short = 'u', arg_name = "user")]
    user: Option<Bytes>,
    /// umask of the daemon
    #[argh(option, short = 'm', arg_name = "octal")]
    umask: Option<Bytes>,
    /// where the daemon runs
    #[argh(option, short = 'd', arg_name = "dir")]
    directory: Option<Bytes>,
    /// its log
    #[argh(option, short = 'l', arg_name = "file")]
    logfile: Option<Bytes>,
    /// when that is put aside
    #[argh(option, short = 'y', arg_name = "bytes")]
    logfile_maxbytes: Option<Bytes>,
    /// how many old ones are kept
    #[argh(option, short = 'z', arg_name = "number")]
    logfile_backups: Option<Bytes>,
    /// what is left out of it
    #[argh(option, short = 'e', arg_name = "level")]
    loglevel: Option<Bytes>,
    /// where its process id is written
    #[argh(option, short = 'j', arg_name = "file")]
    pidfile: Option<Bytes>,
    /// what it is called
    #[argh(option, short = 'i', arg_name = "name")]
    identifier: Option<Bytes>,
    /// where logs are that are named automatically
    #[argh(option, short = 'q', arg_name = "dir")]
    childlogdir: Option<Bytes>,
    /// keep the old ones
    #[argh(switch, short = 'k')]
    nocleanup: bool,
    /// the least number of open files
    #[argh(option, short = 'a', arg_name = "number")]
    minfds: Option<Bytes>,
    /// output without colours
    #[argh(switch, short = 't')]
    strip_ansi: bool,
    /// the least number of processes
    #[argh(option, arg_name = "number")]
    minprocs: Option<Bytes>,
    /// for Python's profiler
    #[argh(option, arg_name = "words")]
    profile_options: Option<Bytes>,
    /// read the configuration, say what is wrong with it, and end
    #[argh(switch)]
    check: bool,
}

const HELP: Usage = Usage {
    program: "supervisord",
    line: "[-nskt] [-c file] [-u user] [-m octal] [-d dir] [-l file] [-y bytes] [-z number] [-e level] [-j file] \
           [-i name] [-q dir] [-a number] [--minprocs number] [--check]",
    called: Called::AsGiven,
    exit: Exit(2),
};

/// A command line that was understood. What it does not say is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) configuration: Option<String>,
    pub(super) nodaemon: bool,
    pub(super) silent: bool,
    pub(super) user: Option<String>,
    pub(super) umask: Option<u32>,
    pub(super) directory: Option<String>,
    pub(super) logfile: Option<String>,
    pub(super) logfile_maxbytes: Option<i64>,
    pub(super) logfile_backups: Option<i64>,
    pub(super) loglevel: Option<Level>,
    pub(super) pidfile: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) childlogdir: Option<String>,
    pub(super) nocleanup: bool,
    pub(super) minfds: Option<i64>,
    pub(super) strip_ansi: bool,
    pub(super) minprocs: Option<i64>,
    pub(super) profile: bool,
    pub(super) check: bool,
}

/// Why there is nothing to go on with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Early {
    /// What was asked for has been printed.
    Done(Exit),
    /// What is wrong.
    Wrong(String),
}

/// Reads a command line, the program's name first.
pub(super) fn read(words: &[String], facts: &dyn Facts) -> Result<Given, Early> {
    if let [_, word] = words {
        if word == "--help" || word == "--version" {
            let args = [OsStr::new("supervisord"), OsStr::new(if word == "--help" { "--help" } else { "--version" })];
            return Err(Early::Done(HELP.parse::<Options>(&args).err().unwrap_or(Exit::OK)));
        }
    }
    let info = Options::get_args_info();
    let known = Known { flags: info.flags, whole: &["check"] };
    let (spelled, rest) = known.cut(words.get(1..).unwrap_or_default()).map_err(Early::Wrong)?;
    if !rest.is_empty() {
        let rest: Vec<String> = rest.iter().map(|word| quoted(word)).collect();
        return Err(Early::Wrong(format!("positional arguments are not supported: [{}]", rest.join(", "))));
    }
    let mut given = Given::default();
    let mut seen = Vec::new();
    for option in spelled {
        given.take(&option, words.first().map_or("supervisord", String::as_str), facts)?;
        if seen.contains(&option.long) {
            return Err(Early::Wrong(format!("conflicting command line option {}", quoted(&option.spelled))));
        }
        seen.push(option.long);
    }
    Ok(given)
}

impl Given {
    fn take(&mut self, option: &Spelled, program: &str, facts: &dyn Facts) -> Result<(), Early> {
        let value = option.value.clone().unwrap_or_default();
        let done = match option.long.as_str() {
            "help" | "usage" => {
                to_stdout(usage(program).as_bytes());
                return Err(Early::Done(Exit::OK));
            }
            "version" => {
                to_stdout(format!("{VERSION}\n").as_bytes());
                return Err(Early::Done(Exit::OK));
            }
            "nodaemon" => set(&mut self.nodaemon, Ok(true)),
            "silent" => set(&mut self.silent, Ok(true)),
            "nocleanup" => set(&mut self.nocleanup, Ok(true)),
            "strip-ansi" => set(&mut self.strip_ansi, Ok(true)),
            "check" => set(&mut self.check, Ok(true)),
            "profile-options" => set(&mut self.profile, Ok(true)),
            "configuration" => set(&mut self.configuration, Ok(Some(value.clone()))),
            "user" => set(&mut self.user, Ok(Some(value.clone()))),
            "identifier" => set(&mut self.identifier, Ok(Some(value.clone()))),
            "umask" => set(&mut self.umask, types::mode(&value).map(Some)),
            "directory" => set(&mut self.directory, types::directory(&value, facts).map(Some)),
            "childlogdir" => set(&mut self.childlogdir, types::directory(&value, facts).map(Some)),
            "logfile" => set(&mut self.logfile, types::path(&value, facts).map(Some)),
            "pidfile" => set(&mut self.pidfile, types::path(&value, facts).map(Some)),
            "logfile-maxbytes" => set(&mut self.logfile_maxbytes, types::bytes(&value).map(Some)),
            "logfile-backups" => set(&mut self.logfile_backups, integer(&value).map(Some)),
            "loglevel" => set(&mut self.loglevel, Level::parse(&value).map(Some)),
            "minfds" => set(&mut self.minfds, integer(&value).map(Some)),
            _ => set(&mut self.minprocs, integer(&value).map(Some)),
        };
        done.map_err(|Wrong(why)| {
            Early::Wrong(format!("invalid value for {} {}: {why}", option.spelled, quoted(&value)))
        })
    }

    /// What it says counts more than the configuration.
    pub(super) fn over(&self, daemon: &mut Daemon) {
        daemon.nodaemon |= self.nodaemon;
        daemon.silent |= self.silent;
        daemon.nocleanup |= self.nocleanup;
        daemon.strip_ansi |= self.strip_ansi;
        daemon.user = self.user.clone().or(daemon.user.take());
        daemon.directory = self.directory.clone().or(daemon.directory.take());
        put(&mut daemon.umask, self.umask);
        put(&mut daemon.logfile, self.logfile.clone());
        put(&mut daemon.logfile_maxbytes, self.logfile_maxbytes);
        put(&mut daemon.logfile_backups, self.logfile_backups);
        put(&mut daemon.loglevel, self.loglevel);
        put(&mut daemon.pidfile, self.pidfile.clone());
        put(&mut daemon.identifier, self.identifier.clone());
        put(&mut daemon.childlogdir, self.childlogdir.clone());
        put(&mut daemon.minfds, self.minfds);
        put(&mut daemon.minprocs, self.minprocs);
    }
}

fn set<T>(place: &mut T, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *place = value?;
    Ok(())
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// What `-h` prints.
fn usage(program: &str) -> String {
    format!(
        "supervisord -- run a set of applications as daemons.

Usage: {program} [options]

Options:
-c/--configuration FILENAME -- configuration file path (searches if not given)
-n/--nodaemon -- run in the foreground (same as 'nodaemon=true' in config file)
-s/--silent -- no logs to stdout (maps to 'silent=true' in config file)
-h/--help -- print this usage message and exit
-v/--version -- print supervisord version number and exit
-u/--user USER -- run supervisord as this user (or numeric uid)
-m/--umask UMASK -- use this umask for daemon subprocess (default is 022)
-d/--directory DIRECTORY -- directory to chdir to when daemonized
-l/--logfile FILENAME -- use FILENAME as logfile path
-y/--logfile_maxbytes BYTES -- use BYTES to limit the max size of logfile
-z/--logfile_backups NUM -- number of backups to keep when max bytes reached
-e/--loglevel LEVEL -- use LEVEL as log level (debug,info,warn,error,critical)
-j/--pidfile FILENAME -- write a pid file for the daemon process to FILENAME
-i/--identifier STR -- identifier used for this instance of supervisord
-q/--childlogdir DIRECTORY -- the log directory for child process logs
-k/--nocleanup --  prevent the process from performing cleanup (removal of
                   old automatic child log files) at startup.
-a/--minfds NUM -- the minimum number of file descriptors for start success
-t/--strip_ansi -- strip ansi escape codes from process output
--minprocs NUM  -- the minimum number of processes available for start success
--profile_options OPTIONS -- run supervisord under profiler and output
                             results based on OPTIONS, which  is a comma-sep'd
                             list of 'cumulative', 'calls', and/or 'callers',
                             e.g. 'cumulative,callers')

"
    )
}

#[cfg(test)]
mod tests {
    use super::super::host::Host;
    use super::*;

    fn given(line: &str) -> Result<Given, Early> {
        let words = line.split(' ').filter(|word| !word.is_empty());
        read(&["prog"].into_iter().chain(words).map(str::to_owned).collect::<Vec<_>>(), &Host::default())
    }

    #[test]
    fn options_are_read_as_getopt_does() {
        let found = given("-nsc x --logfile_max 1KB --logfile-backups=2 -e WARN --minf 9 -m 77 -i y").unwrap();
        assert!(found.nodaemon && found.silent && !found.check);
        assert_eq!((found.configuration.as_deref(), found.identifier.as_deref()), (Some("x"), Some("y")));
        assert_eq!((found.logfile_maxbytes, found.logfile_backups, found.minfds), (Some(1024), Some(2), Some(9)));
        assert_eq!((found.loglevel, found.umask), (Some(Level::Warn), Some(0o77)));
        assert_eq!(given("--ch /tmp").unwrap().childlogdir.as_deref(), Some("/tmp"), "--check is ours");
        assert!(given("--check").unwrap().check);
    }

    #[test]
    fn what_is_wrong_is_told_in_its_words() {
        for (line, words) in [
            ("-x", "option -x not recognized"),
            ("--chec", "option --chec not recognized"),
            ("--min 1", "option --min not a unique prefix"),
            ("-c", "option -c requires argument"),
            ("--nodaemon=1", "option --nodaemon must not have an argument"),
            ("-n -n", "conflicting command line option '-n'"),
            ("-l /tmp/x --logfile /tmp/y", "conflicting command line option '--logfile'"),
            ("x it's", "positional arguments are not supported: ['x', \"it's\"]"),
            ("-e foo", "invalid value for -e 'foo': bad logging level name 'foo'"),
            ("-m 9", "invalid value for -m '9': 9 can not be converted to an octal type"),
            ("-a x", "invalid value for -a 'x': invalid literal for int() with base 10: 'x'"),
            ("-d /nope", "invalid value for -d '/nope': /nope is not an existing directory"),
            (
                "--pidfile /nope/x",
                "invalid value for --pidfile '/nope/x': The directory named as part of the path /nope/x does not exist",
            ),
        ] {
            assert_eq!(given(line).unwrap_err(), Early::Wrong(words.into()), "{line}");
        }
    }
}
