//! What is said, in its order, in as few writes as that allows; and how many failures were among it.

use crate::cli::message::{printable, to_stderr};
use crate::supervise::client::Trouble;
use crate::sys::errno::{Errno, Reason};
use crate::sys::reactor::{Direction, Reactor, Token};
use crate::sys::{clock, io};

/// Standard output, gathered.
#[derive(Debug)]
pub(super) struct Output {
    text: Vec<u8>,
    failures: u32,
}

/// Enough to make writes few, too little to matter.
const GATHERED: usize = 64 * 1024;

impl Output {
    pub(super) fn new() -> Output {
        Output { text: Vec::new(), failures: 0 }
    }

    /// How many failures were told so far.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// One more, whose line is said by `line`.
    pub(super) fn count_failure(&mut self) {
        self.failures += 1;
    }

    /// Where the next line can be put together, to be ended by `say`.
    pub(super) fn line(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// A line or a part of one.
    pub(super) fn say(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
        if self.text.len() >= GATHERED {
            self.flush();
        }
    }

    /// A line about a service that could not be asked or told; a failure.
    pub(super) fn trouble(&mut self, name: &[u8], trouble: Trouble) {
        self.failures += 1;
        self.text.extend(trouble_line(name, trouble));
        self.say(b"\n");
    }

    /// `WARNING NAME/FILE: reason` on standard error, after all that was said before.
    pub(super) fn warn(&mut self, what: &str, name: &[u8], file: &str, why: Option<Errno>) {
        self.flush();
        let reason = why.map_or("", Errno::reason);
        let colon = if why.is_some() { ": " } else { "" };
        let line = ["warning: ", what, " "].concat();
        let rest = ["/", file, colon, reason, "\n"].concat();
        to_stderr(&[line.as_bytes(), &printable(name), rest.as_bytes()].concat());
    }

    /// Writes what was gathered. A standard output that is closed or full loses it without a word, as it does with
    /// runit; one that only has to be waited for does not.
    pub(super) fn flush(&mut self) {
        let mut left = &self.text[..];
        while !left.is_empty() {
            match io::write(io::stdout(), left) {
                Ok(length @ 1..) => left = left.get(length..).unwrap_or_default(),
                Err(Errno::EAGAIN) if wait_for_stdout() => {}
                _ => break,
            }
        }
        self.text.clear();
    }
}

/// Somebody before us may have made the open file that is our standard output one that does not block.
fn wait_for_stdout() -> bool {
    let mut events = Vec::new();
    let waited = Reactor::new(&[]).and_then(|mut reactor| {
        reactor.watch(io::stdout(), Token(0), Direction::Write)?;
        reactor.wait(clock::moment(), None, &mut events)
    });
    waited.is_ok()
}

/// What to say of it, without the newline: a service that is not there or not supervised is a failure, a file that
/// should be there and is not is a warning, but counts as much.
pub(super) fn trouble_line(name: &[u8], trouble: Trouble) -> Vec<u8> {
    let kind: &[u8] = match trouble {
        Trouble::Directory(_) | Trouble::NoSupervisor => b"fail: ",
        _ => b"warning: ",
    };
    [kind, &printable(name), b": ", sentence(trouble).as_bytes()].concat()
}

/// A name for people, as text.
pub(super) fn shown_name(name: &[u8]) -> String {
    String::from_utf8_lossy(&printable(name)).into_owned()
}

/// What could not be done and why.
pub(super) fn sentence(trouble: Trouble) -> String {
    match trouble.words() {
        (what, Some(why)) => [what, ": ", why.reason()].concat(),
        (what, None) => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_runits() {
        let line = |trouble| String::from_utf8(trouble_line(b"web", trouble)).unwrap();
        let missing = Errno::ENOENT;
        assert_eq!(
            line(Trouble::Directory(missing)),
            "fail: web: unable to change to service directory: file does not exist"
        );
        assert_eq!(line(Trouble::NoSupervisor), "fail: web: runsv not running");
        assert_eq!(line(Trouble::OpenOk(missing)), "warning: web: unable to open supervise/ok: file does not exist");
        assert_eq!(line(Trouble::BadFormat), "warning: web: unable to read supervise/status: bad format");
    }
}
