//! The commands that a supervisor takes, a byte each, through `supervise/control`.

use crate::signal::Signal;

/// What one byte asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Want it up.
    Up,
    /// Start it, but not again.
    Once,
    /// Want it down: TERM, then CONT.
    Down,
    /// As down; then the supervisor leaves.
    Exit,
    /// TERM.
    Term,
    /// KILL.
    Kill,
    /// STOP.
    Pause,
    /// CONT.
    Continue,
    /// HUP.
    Hangup,
    /// ALRM.
    Alarm,
    /// INT.
    Interrupt,
    /// QUIT.
    Quit,
    /// USR1.
    User1,
    /// USR2.
    User2,
}

/// Asks the supervisor to replace itself by the program that is there now. It is nothing that the service hears of, and
/// no supervisor before ours knows it.
pub const REEXEC: u8 = b'R';

impl Command {
    /// All of them.
    pub const ALL: [Command; 14] = [
        Command::Up,
        Command::Once,
        Command::Down,
        Command::Exit,
        Command::Term,
        Command::Kill,
        Command::Pause,
        Command::Continue,
        Command::Hangup,
        Command::Alarm,
        Command::Interrupt,
        Command::Quit,
        Command::User1,
        Command::User2,
    ];

    /// What this byte asks for. Any other byte (a newline, an `e`) asks for nothing.
    pub fn from_byte(byte: u8) -> Option<Command> {
        Command::ALL.into_iter().find(|command| command.byte() == byte)
    }

    /// The byte, which is also the name of the script in `control/` that may act in its place.
    pub fn byte(self) -> u8 {
        match self {
            Command::Up => b'u',
            Command::Once => b'o',
            Command::Down => b'd',
            Command::Exit => b'x',
            Command::Term => b't',
            Command::Kill => b'k',
            Command::Pause => b'p',
            Command::Continue => b'c',
            Command::Hangup => b'h',
            Command::Alarm => b'a',
            Command::Interrupt => b'i',
            Command::Quit => b'q',
            Command::User1 => b'1',
            Command::User2 => b'2',
        }
    }

    /// The signal that it sends to a running service, for the commands that do nothing but that.
    pub fn signal(self) -> Option<Signal> {
        Some(match self {
            Command::Up | Command::Once | Command::Down | Command::Exit => return None,
            Command::Term => Signal::TERM,
            Command::Kill => Signal::KILL,
            Command::Pause => Signal::STOP,
            Command::Continue => Signal::CONT,
            Command::Hangup => Signal::HUP,
            Command::Alarm => Signal::ALRM,
            Command::Interrupt => Signal::INT,
            Command::Quit => Signal::QUIT,
            Command::User1 => Signal::USR1,
            Command::User2 => Signal::USR2,
        })
    }
}

impl Command {
    /// The command that sends this signal, if there is one.
    pub fn of_signal(signal: Signal) -> Option<Command> {
        Command::ALL.into_iter().find(|command| command.signal() == Some(signal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_byte_of_its_own() {
        for command in Command::ALL {
            assert_eq!(Command::from_byte(command.byte()), Some(command));
        }
        let known = (0..=255).filter(|byte| Command::from_byte(*byte).is_some()).count();
        assert_eq!(known, Command::ALL.len(), "and no other byte is one");
        assert_eq!(Command::from_byte(REEXEC), None);
    }

    #[test]
    fn ten_signals_have_a_command() {
        let with = (1..=64).filter_map(Signal::new).filter_map(Command::of_signal);
        assert_eq!(with.map(Command::byte).collect::<alloc::vec::Vec<_>>(), *b"hiqk12atcp");
    }
}
