//! The command line, read as Python's getopt reads it: long options may be cut short, none may be given twice.

use super::server::is_url;
use crate::cli::getopt::{Known, Spelled};
use crate::cli::message::to_stdout;
use crate::cli::options::{Bytes, Called, Usage};
use crate::exit::Exit;
use argh::{ArgsInfo, FromArgs};
use std::ffi::OsStr;

/// control programs that a Supervisor runs
#[derive(FromArgs, ArgsInfo, Debug)]
#[allow(dead_code)] // what argh knows of it is read here, and its help
#[argh(help_triggers("--help"))]
struct Options {
    /// configuration file
    #[argh(option, short = 'c', arg_name = "file")]
    configuration: Option<Bytes>,
    /// the usage in Supervisor's words
    #[argh(switch, short = 'h')]
    usage: bool,
    /// ask before shutdown and reload; without a command, a shell
    #[argh(switch, short = 'i')]
    interactive: bool,
    /// where the server is: http://host:port or unix://path
    #[argh(option, short = 's', arg_name = "url")]
    serverurl: Option<Bytes>,
    /// who asks
    #[argh(option, short = 'u', arg_name = "name")]
    username: Option<Bytes>,
    /// the password for it
    #[argh(option, short = 'p', arg_name = "password")]
    password: Option<Bytes>,
    /// file for the shell's history
    #[argh(option, short = 'r', arg_name = "file")]
    history_file: Option<Bytes>,
}

const HELP: Usage = Usage {
    program: "supervisorctl",
    line: "[-i] [-c file] [-s url] [-u name] [-p password] [-r file] [command [argument ...]]",
    called: Called::AsGiven,
    exit: Exit(2),
};

/// A command line that was understood.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) configuration: Option<String>,
    pub(super) interactive: bool,
    pub(super) serverurl: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) history_file: Option<String>,
    /// The command and its arguments.
    pub(super) command: Vec<String>,
}

/// Why there is nothing to go on with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Early {
    /// What was asked for has been printed.
    Done(Exit),
    /// What is wrong.
    Wrong(String),
}

fn wrong<T>(what: String) -> Result<T, Early> {
    Err(Early::Wrong(what))
}

/// Reads a command line, the program's name first.
pub(super) fn read(words: &[String]) -> Result<Given, Early> {
    if let [_, word] = words {
        if word == "--help" || word == "--version" {
            let args = [OsStr::new("supervisorctl"), OsStr::new(if word == "--help" { "--help" } else { "--version" })];
            return Err(Early::Done(HELP.parse::<Options>(&args).err().unwrap_or(Exit::OK)));
        }
    }
    let info = Options::get_args_info();
    let known = Known { flags: info.flags, whole: &[] };
    let (spelled, command) = known.cut(words.get(1..).unwrap_or_default()).map_err(Early::Wrong)?;
    let mut given = Given { command, ..Given::default() };
    for option in spelled {
        given.take(option, words.first().map_or("supervisorctl", String::as_str))?;
    }
    Ok(given)
}

impl Given {
    fn take(&mut self, option: Spelled, program: &str) -> Result<(), Early> {
        let conflict = || Early::Wrong(format!("conflicting command line option '{}'", option.spelled));
        let place = match option.long.as_str() {
            "help" | "usage" => {
                to_stdout(usage(program).as_bytes());
                return Err(Early::Done(Exit::OK));
            }
            "interactive" => {
                let again = core::mem::replace(&mut self.interactive, true);
                return if again { Err(conflict()) } else { Ok(()) };
            }
            "configuration" => &mut self.configuration,
            "serverurl" => &mut self.serverurl,
            "username" => &mut self.username,
            "password" => &mut self.password,
            _ => &mut self.history_file,
        };
        if let Some(url) = option.value.as_ref().filter(|url| option.long == "serverurl" && !is_url(url)) {
            return wrong(format!("invalid value for {} '{url}': value '{url}' is not a URL", option.spelled));
        }
        if place.is_some() {
            return Err(conflict());
        }
        *place = option.value;
        Ok(())
    }
}

/// What `-h` prints.
fn usage(program: &str) -> String {
    format!(
        "supervisorctl -- control applications run by supervisord from the cmd line.

Usage: {program} [options] [action [arguments]]

Options:
-c/--configuration FILENAME -- configuration file path (searches if not given)
-h/--help -- print usage message and exit
-i/--interactive -- start an interactive shell after executing commands
-s/--serverurl URL -- URL on which supervisord server is listening
     (default \"http://localhost:9001\").
-u/--username USERNAME -- username to use for authentication with server
-p/--password PASSWORD -- password to use for authentication with server
-r/--history-file -- keep a readline history (if readline is available)

action [arguments] -- see below

Actions are commands like \"tail\" or \"stop\".  If -i is specified or no action is
specified on the command line, a \"shell\" interpreting actions typed
interactively is started.  Use the action \"help\" to find out about available
actions.

"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(line: &str) -> Result<Given, Early> {
        read(
            &["prog"]
                .into_iter()
                .chain(line.split(' ').filter(|word| !word.is_empty()))
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn options_are_read_as_getopt_does() {
        let found = given("-is unix:///x --user=a --p b -c f start -i x").unwrap();
        assert!(found.interactive);
        assert_eq!(found.serverurl.as_deref(), Some("unix:///x"));
        assert_eq!((found.username.as_deref(), found.password.as_deref()), (Some("a"), Some("b")));
        assert_eq!(found.command, ["start", "-i", "x"]);
        assert_eq!(given("-r h -- -x").unwrap().command, ["-x"]);
        assert_eq!(given("--history_file=x").unwrap().history_file, given("--history-file x").unwrap().history_file);
        assert_eq!(given("- x").unwrap().command, ["-", "x"]);
    }

    #[test]
    fn what_is_wrong_is_told_in_its_words() {
        for (line, words) in [
            ("-x", "option -x not recognized"),
            ("--foo", "option --foo not recognized"),
            ("-c", "option -c requires argument"),
            ("--us", "option --username requires argument"),
            ("--h", "option --h not a unique prefix"),
            ("--interactive=1", "option --interactive must not have an argument"),
            ("-u a -u b", "conflicting command line option '-u'"),
            ("-i -i", "conflicting command line option '-i'"),
            ("-s foo", "invalid value for -s 'foo': value 'foo' is not a URL"),
        ] {
            assert_eq!(given(line).unwrap_err(), Early::Wrong(words.into()), "{line}");
        }
    }
}
