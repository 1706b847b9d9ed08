//! What the user types, line by line, where no editor reads it: answers, `fg`, a shell that reads from a pipe.

use super::session::Session;
use super::trouble::{Kind, Result, Trouble};
use super::wait::Wait;
use crate::cli::message::to_stderr;
use crate::sys::reactor::Direction;
use crate::sys::{Errno, io};

/// What has been read and not been taken.
#[derive(Debug, Default)]
pub(super) struct Input {
    pending: Vec<u8>,
    ended: bool,
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A line, without its newline.
    Line(String),
    /// There are no more.
    End,
}

impl Input {
    /// The next line, or the end, if it has come.
    pub(super) fn line_that_has_come(&mut self) -> Option<Read> {
        let Some(at) = self.pending.iter().position(|byte| *byte == b'\n') else {
            let last = self.ended.then(|| core::mem::take(&mut self.pending))?;
            return Some(if last.is_empty() { Read::End } else { Read::Line(as_line(&last)) });
        };
        let rest = self.pending.split_off(at + 1);
        let line = core::mem::replace(&mut self.pending, rest);
        Some(Read::Line(as_line(&line)))
    }

    /// Reads what is there, for whoever has waited.
    pub(super) fn fill(&mut self) -> Result<()> {
        match io::read_onto(io::stdin(), &mut self.pending, 4096) {
            Ok(0) => self.ended = true,
            Ok(_) | Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(Trouble::call(errno)),
        }
        Ok(())
    }

    /// Waits for a line. A terminal may go on after its end.
    pub(super) fn line(&mut self, wait: &mut Wait) -> Result<Read> {
        loop {
            if let Some(read) = self.line_that_has_come() {
                self.ended &= !io::is_terminal(io::stdin());
                return Ok(read);
            }
            wait.one(io::stdin(), Direction::Read)?;
            self.fill()?;
        }
    }
}

fn as_line(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes)).into_owned()
}

impl Session {
    /// Asks, and waits for the answer.
    pub(super) fn ask(&mut self, question: &str) -> Result<String> {
        self.print(question);
        match self.input.line(&mut self.wait)? {
            Read::Line(line) => Ok(line),
            Read::End => Err(Trouble::new(Kind::EndOfInput)),
        }
    }

    /// Whether the user wants it; nobody is asked where nobody is there.
    pub(super) fn agrees(&mut self, question: &str) -> Result<bool> {
        Ok(!self.interactive || self.ask(question)?.starts_with(['y', 'Y']))
    }

    /// Asks who it is that asks.
    pub(super) fn ask_for_name(&mut self) -> Result<()> {
        let username = self.ask("Username:")?;
        let password = self.ask_for_password()?;
        self.say("");
        self.server.username = username;
        self.server.password = password;
        Ok(())
    }

    /// Not shown while it is typed; the question is on standard error where that is no terminal.
    fn ask_for_password(&mut self) -> Result<String> {
        const QUESTION: &str = "Password:";
        if !io::is_terminal(io::stdin()) {
            to_stderr(QUESTION.as_bytes());
            let password = self.ask("");
            to_stderr(b"\n");
            return password;
        }
        let hidden = io::hide_input(io::stdin()).map_err(Trouble::call)?;
        let password = self.ask(QUESTION);
        drop(hidden);
        self.say("");
        password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_one_by_one() {
        let mut input = Input { pending: b"a\r\n\nb".to_vec(), ended: false };
        let line = |text: &str| Some(Read::Line(text.to_owned()));
        assert_eq!(input.line_that_has_come(), line("a"));
        assert_eq!(input.line_that_has_come(), line(""));
        assert_eq!(input.line_that_has_come(), None);
        input.ended = true;
        assert_eq!(input.line_that_has_come(), line("b"));
        assert_eq!(input.line_that_has_come(), Some(Read::End));
    }
}
