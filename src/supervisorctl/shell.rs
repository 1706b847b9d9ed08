//! The shell: commands, one after the other, until there are no more or the user leaves.

use super::command::perform;
use super::input::Read;
use super::session::Session;
use super::trouble::{Kind, Result, Trouble};

/// Reads commands and does them. It begins with the status of everything.
pub(super) fn run(session: &mut Session) {
    let _ = session.wait.watch_interrupt(); // without it Ctrl-C ends us, which is what it is for
    perform(session, "status");
    let mut lines = lines(session);
    while !session.leaving {
        match lines.next(session) {
            Ok(Read::Line(line)) => perform(session, &line),
            Ok(Read::End) => perform(session, "EOF"),
            Err(Trouble { kind: Kind::Interrupt, .. }) => {
                session.interrupted = true;
                break;
            }
            Err(trouble) => {
                session.say(&trouble.line());
                break;
            }
        }
    }
    if session.interrupted {
        session.say("");
    }
    lines.end();
}

/// Where lines come from.
pub(super) trait Lines {
    /// The next one.
    fn next(&mut self, session: &mut Session) -> Result<Read>;
    /// There is no next one.
    fn end(&mut self) {}
}

/// Lines as they come, behind a prompt.
struct Plain;

impl Lines for Plain {
    fn next(&mut self, session: &mut Session) -> Result<Read> {
        session.print(&format!("{}> ", session.prompt));
        session.input.line(&mut session.wait)
    }
}

fn lines(session: &Session) -> Box<dyn Lines> {
    #[cfg(feature = "shell")]
    if let Some(editor) = super::editor::Editor::new(session) {
        return Box::new(editor);
    }
    let _ = session;
    Box::new(Plain)
}
