//! Lines that are edited, remembered and completed, where somebody sits at a terminal.

use super::completion::{Known, candidates};
use super::input::Read;
use super::session::Session;
use super::shell::Lines;
use super::trouble::{Kind, Result, Trouble};
use crate::sys::fs::{self, How};
use crate::sys::io;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::history::{History, MemHistory, SearchDirection};
use rustyline::{CompletionType, Config, Context, Helper};
use std::cell::RefCell;
use std::path::Path;

/// How many lines are remembered.
const MOST: usize = 1000;

pub(super) struct Editor {
    editor: rustyline::Editor<Words, MemHistory>,
    /// Where lines are remembered from one shell to the next, one a line, as readline does it.
    file: Option<String>,
}

/// Who knows what a word may become.
struct Words(RefCell<(Known, Session)>);

impl Words {
    fn of(session: &Session) -> Option<Words> {
        Some(Words(RefCell::new((Known::default(), session.aside()))))
    }
}

impl Editor {
    /// One, if there is a terminal.
    pub(super) fn new(session: &Session) -> Option<Editor> {
        if !io::is_terminal(io::stdin()) || !io::is_terminal(io::stdout()) {
            return None;
        }
        let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true);
        let config = config.max_history_size(MOST).ok()?.build();
        let mut editor = rustyline::Editor::with_history(config.clone(), MemHistory::with_config(&config)).ok()?;
        editor.set_helper(Words::of(session));
        let file = session.history.clone();
        let known = file.as_ref().and_then(|path| fs::open(path, How::Read).and_then(io::read_all).ok());
        for line in String::from_utf8_lossy(&known.unwrap_or_default()).lines() {
            editor.add_history_entry(line).ok()?;
        }
        Some(Editor { editor, file })
    }
}

impl Lines for Editor {
    fn next(&mut self, session: &mut Session) -> Result<Read> {
        self.editor.set_helper(Words::of(session));
        match self.editor.readline(&format!("{}> ", session.prompt)) {
            Ok(line) => Ok(Read::Line(line)),
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(ReadlineError::Interrupted) => Err(Trouble::new(Kind::Interrupt)),
            Err(other) => Err(Trouble::new(Kind::Value(other.to_string()))),
        }
    }

    /// That a history cannot be kept is nothing to be told of to somebody who leaves.
    fn end(&mut self) {
        let Some(file) = &self.file else { return };
        let history = self.editor.history();
        let line = |at| history.get(at, SearchDirection::Forward).ok().flatten().map(|found| found.entry.into_owned());
        let text: String = (0..history.len()).filter_map(line).map(|line| line + "\n").collect();
        let (directory, name) =
            file.rsplit_once('/').map_or((".", file.as_str()), |(directory, name)| (directory, name));
        let directory = if directory.is_empty() { "/" } else { directory };
        if let Ok(directory) = fs::Dir::open(Path::new(directory)) {
            let _ = directory.replace(name, &format!("{name}.new"), text.as_bytes());
        }
    }
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let typed = line.get(..at).unwrap_or_default();
        let start = typed.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let pair = |word: String| Pair { display: word.trim_end().to_owned(), replacement: word };
        let (known, session) = &mut *self.0.borrow_mut();
        Ok((start, candidates(known, session, typed).into_iter().map(pair).collect()))
    }
}

impl rustyline::hint::Hinter for Words {
    type Hint = String;
}

impl rustyline::highlight::Highlighter for Words {}

impl rustyline::validate::Validator for Words {}

impl Helper for Words {}
