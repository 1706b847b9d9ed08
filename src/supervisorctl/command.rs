//! The commands: what they are called, what their help says, and what does them.

use super::session::{GENERIC, Session};
use super::trouble::{Kind, Result};
use super::{control, daemon, foreground, groups, status, tail};

/// A command.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// Its help, without the last newline.
    pub(super) help: &'static str,
    /// What is completed behind it.
    #[cfg_attr(not(feature = "shell"), allow(dead_code))] // nothing is completed
    pub(super) takes: Takes,
    run: fn(&mut Session, &str) -> Result<()>,
}

/// What stands behind a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing that is known.
    Nothing,
    /// Names of groups.
    Groups,
    /// Names of processes, and of groups with `:*`.
    Processes,
    /// Names of commands.
    Commands,
}

/// All of them, by name.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "add",
        help: "add <name> [...]\tActivates any updates in config for process/group",
        takes: Takes::Groups,
        run: groups::add,
    },
    Command {
        name: "avail",
        help: "avail\t\t\tDisplay all configured processes",
        takes: Takes::Nothing,
        run: groups::avail,
    },
    Command {
        name: "clear",
        help: "clear <name>\t\tClear a process' log files.\nclear <name> <name>\tClear multiple process' log files\n\
               clear all\t\tClear all process' log files",
        takes: Takes::Processes,
        run: control::clear,
    },
    Command { name: "exit", help: "exit\tExit the supervisor shell.", takes: Takes::Nothing, run: leave },
    Command {
        name: "fg",
        help: "fg <process>\tConnect to a process in foreground mode\n\t\tCtrl-C to exit",
        takes: Takes::Processes,
        run: foreground::fg,
    },
    Command {
        name: "help",
        help: "help\t\tPrint a list of available actions\nhelp <action>\tPrint help for <action>",
        takes: Takes::Commands,
        run: help,
    },
    Command {
        name: "maintail",
        help: "maintail -f \tContinuous tail of supervisor main log file (Ctrl-C to exit)\n\
               maintail -100\tlast 100 *bytes* of supervisord main log file\n\
               maintail\tlast 1600 *bytes* of supervisor main log file\n",
        takes: Takes::Nothing,
        run: tail::maintail,
    },
    Command {
        name: "open",
        help: "open <url>\tConnect to a remote supervisord process.\n\
               \t\t(for UNIX domain socket, use unix:///socket/path)",
        takes: Takes::Nothing,
        run: daemon::open,
    },
    Command {
        name: "pid",
        help: "pid\t\t\tGet the PID of supervisord.\npid <name>\t\tGet the PID of a single child process by name.\n\
               pid all\t\t\tGet the PID of every child process, one per line.",
        takes: Takes::Processes,
        run: status::pid,
    },
    Command { name: "quit", help: "quit\tExit the supervisor shell.", takes: Takes::Nothing, run: leave },
    Command {
        name: "reload",
        help: "reload \t\tRestart the remote supervisord.",
        takes: Takes::Nothing,
        run: daemon::reload,
    },
    Command {
        name: "remove",
        help: "remove <name> [...]\tRemoves process/group from active config",
        takes: Takes::Groups,
        run: groups::remove,
    },
    Command {
        name: "reread",
        help: "reread \t\t\tReload the daemon's configuration files without add/remove",
        takes: Takes::Nothing,
        run: groups::reread,
    },
    Command {
        name: "restart",
        help: "restart <name>\t\tRestart a process\nrestart <gname>:*\tRestart all processes in a group\n\
               restart <name> <name>\tRestart multiple processes or groups\nrestart all\t\tRestart all processes\n\
               Note: restart does not reread config files. For that, see reread and update.",
        takes: Takes::Processes,
        run: control::restart,
    },
    Command {
        name: "shutdown",
        help: "shutdown \tShut the remote supervisord down.",
        takes: Takes::Nothing,
        run: daemon::shutdown,
    },
    Command {
        name: "signal",
        help: "signal <signal name> <name>\t\tSignal a process\n\
               signal <signal name> <gname>:*\t\tSignal all processes in a group\n\
               signal <signal name> <name> <name>\tSignal multiple processes or groups\n\
               signal <signal name> all\t\tSignal all processes",
        takes: Takes::Processes,
        run: control::signal,
    },
    Command {
        name: "start",
        help: "start <name>\t\tStart a process\nstart <gname>:*\t\tStart all processes in a group\n\
               start <name> <name>\tStart multiple processes or groups\nstart all\t\tStart all processes",
        takes: Takes::Processes,
        run: control::start,
    },
    Command {
        name: "status",
        help: "status <name>\t\tGet status for a single process\n\
               status <gname>:*\tGet status for all processes in a group\n\
               status <name> <name>\tGet status for multiple named processes\nstatus\t\t\tGet all process status info",
        takes: Takes::Processes,
        run: status::status,
    },
    Command {
        name: "stop",
        help: "stop <name>\t\tStop a process\nstop <gname>:*\t\tStop all processes in a group\n\
               stop <name> <name>\tStop multiple processes or groups\nstop all\t\tStop all processes",
        takes: Takes::Processes,
        run: control::stop,
    },
    Command {
        name: "tail",
        help: "tail [-f] <name> [stdout|stderr] (default stdout)\nEx:\n\
               tail -f <name>\t\tContinuous tail of named process stdout\n\t\t\tCtrl-C to exit.\n\
               tail -100 <name>\tlast 100 *bytes* of process stdout\n\
               tail <name> stderr\tlast 1600 *bytes* of process stderr",
        takes: Takes::Processes,
        run: tail::tail,
    },
    Command {
        name: "update",
        help: "update\t\t\tReload config and add/remove as necessary, and will restart affected programs\n\
               update all\t\tReload config and add/remove as necessary, and will restart affected programs\n\
               update <gname> [...]\tUpdate specific groups",
        takes: Takes::Groups,
        run: groups::update,
    },
    Command {
        name: "version",
        help: "version\t\t\tShow the version of the remote supervisord process",
        takes: Takes::Nothing,
        run: daemon::version,
    },
];

pub(super) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// A command and its argument; nothing if the line does not begin as one.
fn parse(line: &str) -> Option<(String, &str)> {
    if let Some(rest) = line.strip_prefix('?') {
        return Some(("help".to_owned(), rest.trim()));
    }
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    (!name.is_empty()).then(|| (name.to_owned(), rest.trim()))
}

/// Does what a line says. Whatever goes wrong has been said when this returns, but that the user has had enough.
pub(super) fn perform(session: &mut Session, line: &str) {
    let line = line.trim();
    if line.is_empty() {
        return;
    }
    if line == "EOF" {
        return leave(session, "").unwrap_or(());
    }
    let Some((command, argument)) = parse(line).and_then(|(name, argument)| Some((find(&name)?, argument))) else {
        return session.fail(GENERIC, &format!("*** Unknown syntax: {line}"));
    };
    let Err(trouble) = (command.run)(session, argument) else { return };
    match &trouble.kind {
        Kind::Status(401, _) => {
            session.say("Server requires authentication");
            if session.interactive {
                return match session.ask_for_name() {
                    Ok(()) => perform(session, line),
                    Err(trouble) => complain(session, &trouble),
                };
            }
            complain(session, &trouble);
        }
        _ => complain(session, &trouble),
    }
}

fn complain(session: &mut Session, trouble: &super::trouble::Trouble) {
    match trouble.kind {
        Kind::Interrupt => {
            session.interrupted = true;
            session.leaving = true;
        }
        _ => session.fail(GENERIC, &trouble.line()),
    }
}

fn leave(session: &mut Session, _: &str) -> Result<()> {
    session.say("");
    session.leaving = true;
    Ok(())
}

/// How wide the list of commands may be.
const WIDTH: usize = 79;

fn help(session: &mut Session, topic: &str) -> Result<()> {
    if topic.is_empty() {
        let heading = "default commands (type help <topic>):";
        let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).filter(|name| *name != "help").collect();
        session.say(&format!("\n{heading}\n{}\n{}", "=".repeat(heading.len()), columns(&names)));
    } else if let Some(command) = find(topic) {
        session.say(command.help);
    } else {
        session.say(&format!("*** No help on {topic}"));
    }
    Ok(())
}

/// Words in as few lines as fit, down and then across.
fn columns(words: &[&str]) -> String {
    let widths = |rows: usize| -> Vec<usize> {
        words.chunks(rows).map(|column| column.iter().map(|word| word.len()).max().unwrap_or(0)).collect()
    };
    let fits = |rows: &usize| widths(*rows).iter().map(|width| width + 2).sum::<usize>() <= WIDTH + 2;
    let rows = (1..=words.len()).find(fits).unwrap_or(words.len()).max(1);
    let widths = widths(rows);
    let mut text = String::new();
    for row in 0..rows {
        let line: Vec<String> = words
            .chunks(rows)
            .zip(&widths)
            .filter_map(|(column, width)| column.get(row).map(|word| format!("{word:<width$}")))
            .collect();
        text.push_str(&line.join("  "));
        text.push('\n');
    }
    text
}

/// Refuses an argument where there is none; whether there was one.
pub(super) fn refuses(session: &mut Session, command: &str, argument: &str) -> bool {
    if argument.is_empty() {
        return false;
    }
    session.fail(GENERIC, &format!("Error: {command} accepts no arguments"));
    show_help(session, command);
    true
}

/// The help of a command, under what was wrong with it.
pub(super) fn show_help(session: &Session, command: &str) {
    session.say(find(command).map_or("", |command| command.help));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_word_and_the_rest() {
        let parsed = |line| parse(line).map(|(name, rest)| format!("{name}|{rest}"));
        assert_eq!(parsed("start  a b"), Some("start|a b".into()));
        assert_eq!(parsed("?start"), Some("help|start".into()));
        assert_eq!(parsed("add;x"), Some("add|;x".into()));
        assert_eq!(parsed("!ls"), None);
        assert_eq!(parsed("é"), None);
    }

    #[test]
    fn commands_stand_in_order() {
        assert!(COMMANDS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn words_are_listed_down_and_across() {
        assert_eq!(columns(&["a", "bb", "c"]), "a  bb  c\n");
        let long = "x".repeat(78);
        assert_eq!(columns(&["a", &long]), format!("{:<78}\n{long}\n", "a"));
    }
}
