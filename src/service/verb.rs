//! What `sv` can be asked to do. One definition for each verb: its spelling, the commands that it sends, whether it
//! waits for their effect and what it does when that does not come, and its line of help.

use super::command::Command;
use super::goal::Goal;
use alloc::string::String;
use core::fmt::Write as _;

/// A word of `sv`'s command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `status`
    Status,
    /// `log`
    Log,
    /// `up`
    Up,
    /// `down`
    Down,
    /// `once`
    Once,
    /// `pause`
    Pause,
    /// `cont`
    Continue,
    /// `hup`
    Hangup,
    /// `alarm`
    Alarm,
    /// `interrupt`
    Interrupt,
    /// `quit`
    Quit,
    /// `1`
    User1,
    /// `2`
    User2,
    /// `term`
    Term,
    /// `kill`
    Kill,
    /// `exit`
    Exit,
    /// `start`
    Start,
    /// `stop`
    Stop,
    /// `shutdown`
    Shutdown,
    /// `restart`
    Restart,
    /// `reload`
    Reload,
    /// `try-restart`
    TryRestart,
    /// `check`
    Check,
    /// `force-stop`
    ForceStop,
    /// `force-reload`
    ForceReload,
    /// `force-restart`
    ForceRestart,
    /// `force-shutdown`
    ForceShutdown,
}

/// Who is spelling: `sv` itself, or a link to it named after a service, as an init script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speller {
    /// Any word that begins with a verb's letter will do.
    Sv,
    /// The standard's words that begin with an s are to be spelled out.
    InitScript,
}

/// Whether a verb waits for its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// It has none.
    Never,
    /// With `-v` or `-w`.
    IfAsked,
    /// It does.
    Always,
}

/// What happens to a service that is not there in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtTimeout {
    /// It is told so.
    Tell,
    /// It is killed.
    Kill,
}

/// All there is to say of a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The word. It always means this verb.
    pub word: &'static str,
    /// Any other word that begins with one of these means it too.
    pub letters: &'static str,
    /// What is written to `supervise/control`, in one piece.
    pub sends: &'static [Command],
    /// Whether it waits until what it sent has taken effect.
    pub waits: Waits,
    /// What happens when that does not come in time.
    pub at_timeout: AtTimeout,
    /// What it does, for a person.
    pub help: &'static str,
}

const TERM_RESTARTS: &[Command] = &[Command::Term, Command::Continue];
const RESTART: &[Command] = &[Command::Term, Command::Continue, Command::Up];

impl Verb {
    /// All of them, in the order in which people are told of them.
    pub const ALL: [Verb; 27] = [
        Verb::Status,
        Verb::Log,
        Verb::Up,
        Verb::Down,
        Verb::Once,
        Verb::Pause,
        Verb::Continue,
        Verb::Hangup,
        Verb::Alarm,
        Verb::Interrupt,
        Verb::Quit,
        Verb::User1,
        Verb::User2,
        Verb::Term,
        Verb::Kill,
        Verb::Exit,
        Verb::Start,
        Verb::Stop,
        Verb::Shutdown,
        Verb::Restart,
        Verb::Reload,
        Verb::TryRestart,
        Verb::Check,
        Verb::ForceStop,
        Verb::ForceReload,
        Verb::ForceRestart,
        Verb::ForceShutdown,
    ];

    /// What it is. One line each: the spelling, the commands, the help; then what is not as usual.
    pub const fn definition(self) -> Definition {
        use Command as C;
        match self {
            Verb::Status => quiet("status", "s", &[], "show the state of it and of its logger").never(),
            Verb::Log => quiet("log", "", &[], "show what it has logged; log --help tells its options").never(),
            Verb::Up => quiet("up", "u", &[C::Up], "start it, and again whenever it ends"),
            Verb::Down => quiet("down", "d", &[C::Down], "TERM and CONT; not started again"),
            Verb::Once => quiet("once", "o", &[C::Once], "start it; not started again"),
            Verb::Pause => quiet("pause", "p", &[C::Pause], "STOP"),
            Verb::Continue => quiet("cont", "c", &[C::Continue], "CONT"),
            Verb::Hangup => quiet("hup", "h", &[C::Hangup], "HUP"),
            Verb::Alarm => quiet("alarm", "a", &[C::Alarm], "ALRM"),
            Verb::Interrupt => quiet("interrupt", "i", &[C::Interrupt], "INT"),
            Verb::Quit => quiet("quit", "q", &[C::Quit], "QUIT"),
            Verb::User1 => quiet("1", "1", &[C::User1], "USR1"),
            Verb::User2 => quiet("2", "2", &[C::User2], "USR2"),
            Verb::Term => quiet("term", "t", &[C::Term], "TERM"),
            Verb::Kill => quiet("kill", "k", &[C::Kill], "KILL"),
            Verb::Exit => quiet("exit", "xe", &[C::Exit], "TERM and CONT; its supervisor leaves when it has ended"),
            Verb::Start => waiting("start", "", &[C::Up], "up, and wait until it is"),
            Verb::Stop => waiting("stop", "", &[C::Down], "down, and wait until it is"),
            Verb::Shutdown => waiting("shutdown", "", &[C::Exit], "exit, and wait until it has"),
            Verb::Restart => waiting("restart", "", RESTART, "TERM, CONT, up; wait until a new process is up"),
            Verb::Reload => waiting("reload", "", &[C::Hangup], "HUP, and show the state"),
            Verb::TryRestart => waiting("try-restart", "", TERM_RESTARTS, "as restart, unless it is down"),
            Verb::Check => waiting("check", "", &[], "wait until it is as it is wanted, and ./check says yes"),
            Verb::ForceStop => waiting("force-stop", "D", &[C::Down], "as stop, or KILL").or_kill(),
            Verb::ForceReload => waiting("force-reload", "T", TERM_RESTARTS, "as try-restart, or KILL").or_kill(),
            Verb::ForceRestart => waiting("force-restart", "", RESTART, "as restart, or KILL").or_kill(),
            Verb::ForceShutdown => waiting("force-shutdown", "XE", &[C::Exit], "as shutdown, or KILL").or_kill(),
        }
    }

    /// The verb that a word means. An init script's `s...` must be the whole word.
    pub fn parse(word: &[u8], speller: Speller) -> Option<Verb> {
        if let Some(verb) = Verb::ALL.into_iter().find(|verb| verb.definition().word.as_bytes() == word) {
            return Some(verb);
        }
        let letter = char::from(*word.first()?);
        if speller == Speller::InitScript && letter == 's' {
            return None;
        }
        Verb::ALL.into_iter().find(|verb| verb.definition().letters.contains(letter))
    }

    /// What there is to wait for once it has been sent.
    pub fn goals(self) -> impl Iterator<Item = Goal> {
        let check = (self == Verb::Check).then_some(Goal::AsWanted);
        self.definition().sends.iter().copied().map(Goal::After).chain(check)
    }

    /// Whether it ends with a service that nobody supervises any more.
    pub fn ends_supervision(self) -> bool {
        self.definition().sends == [Command::Exit]
    }

    /// The verbs for people, a line each.
    pub fn help() -> String {
        let mut text = String::from("\nCommands:\n");
        for definition in Verb::ALL.map(Verb::definition) {
            let _ = writeln!(text, "  {:<15}  {}", definition.word, definition.help);
        }
        text
    }
}

const fn quiet(word: &'static str, letters: &'static str, sends: &'static [Command], help: &'static str) -> Definition {
    Definition { word, letters, sends, waits: Waits::IfAsked, at_timeout: AtTimeout::Tell, help }
}

const fn waiting(
    word: &'static str,
    letters: &'static str,
    sends: &'static [Command],
    help: &'static str,
) -> Definition {
    Definition { waits: Waits::Always, ..quiet(word, letters, sends, help) }
}

impl Definition {
    const fn never(self) -> Definition {
        Definition { waits: Waits::Never, ..self }
    }

    const fn or_kill(self) -> Definition {
        Definition { at_timeout: AtTimeout::Kill, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    fn bytes(word: &str) -> Option<(String, Waits, AtTimeout)> {
        let definition = Verb::parse(word.as_bytes(), Speller::Sv)?.definition();
        let sends: Vec<u8> = definition.sends.iter().map(|command| command.byte()).collect();
        Some((String::from_utf8_lossy(&sends).to_string(), definition.waits, definition.at_timeout))
    }

    #[test]
    fn words_are_runits() {
        let expect = |word: &str, sends: &str, waits, at_timeout| {
            assert_eq!(bytes(word), Some((sends.to_string(), waits, at_timeout)), "{word}");
        };
        for word in ["status", "s", "stat", "st", "shutd", "starting"] {
            expect(word, "", Waits::Never, AtTimeout::Tell);
        }
        for (words, sends) in [
            (&["up", "u", "upward"][..], "u"),
            (&["down", "d"], "d"),
            (&["once", "o"], "o"),
            (&["pause", "p"], "p"),
            (&["cont", "c", "checks"], "c"),
            (&["hup", "h"], "h"),
            (&["alarm", "a"], "a"),
            (&["interrupt", "i"], "i"),
            (&["quit", "q"], "q"),
            (&["1", "12"], "1"),
            (&["2"], "2"),
            (&["term", "t", "try"], "t"),
            (&["kill", "k"], "k"),
            (&["exit", "x", "e"], "x"),
        ] {
            for word in words {
                expect(word, sends, Waits::IfAsked, AtTimeout::Tell);
            }
        }
        for (word, sends) in [
            ("start", "u"),
            ("stop", "d"),
            ("shutdown", "x"),
            ("restart", "tcu"),
            ("reload", "h"),
            ("try-restart", "tc"),
            ("check", ""),
        ] {
            expect(word, sends, Waits::Always, AtTimeout::Tell);
        }
        for (words, sends) in [
            (&["force-stop", "D", "Down"][..], "d"),
            (&["force-reload", "T"], "tc"),
            (&["force-restart"], "tcu"),
            (&["force-shutdown", "X", "E", "Exit"], "x"),
        ] {
            for word in words {
                expect(word, sends, Waits::Always, AtTimeout::Kill);
            }
        }
    }

    #[test]
    fn other_words_are_none() {
        for word in ["", "r", "restar", "f", "force", "force-up", "z", "Status", "-"] {
            assert_eq!(bytes(word), None, "{word}");
        }
    }

    #[test]
    fn an_init_script_spells_out_what_begins_with_an_s() {
        let parse = |word: &str| Verb::parse(word.as_bytes(), Speller::InitScript);
        assert_eq!(parse("status"), Some(Verb::Status));
        assert_eq!(parse("shutdown"), Some(Verb::Shutdown));
        assert_eq!(parse("stat"), None);
        assert_eq!(parse("u"), Some(Verb::Up), "the others need not be");
    }

    #[test]
    fn every_verb_is_listed_once_and_spelled_its_own_way() {
        for verb in Verb::ALL {
            assert_eq!(Verb::parse(verb.definition().word.as_bytes(), Speller::InitScript), Some(verb));
            assert!(Verb::help().contains(verb.definition().help));
        }
        let letters: String = Verb::ALL.iter().map(|verb| verb.definition().letters).collect();
        let mut once: Vec<char> = letters.chars().collect();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), letters.len());
        assert_eq!(Verb::ALL.len(), Verb::ForceShutdown as usize + 1, "the last one");
    }
}
