//! What is asked of a daemon at its control socket, and what it answers: both ends. A request is a line of words with tabs
//! between them, one for each connection; the answer is `ok` or `fault CODE TEXT`, and then lines.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read the configuration again, and say what has changed.
    Reload,
    /// Begin to run a group of what was read last.
    Add(String),
    /// Have done with a group that is stopped.
    Remove(String),
    /// All processes of what was read last.
    Configs,
    /// What the daemon is doing.
    State,
    /// What it is called.
    Identification,
    /// Its process.
    Pid,
    /// Where its log is.
    MainLog,
    /// Begin that anew.
    ClearLog,
    /// Stop everything and end.
    Shutdown,
    /// Stop everything and begin again.
    Restart,
}

impl Request {
    /// The request of a line, without its newline.
    pub fn parse(line: &str) -> Option<Request> {
        let words: Vec<&str> = line.split('\t').collect();
        Some(match words.as_slice() {
            ["reload"] => Request::Reload,
            ["add", group] => Request::Add((*group).to_string()),
            ["remove", group] => Request::Remove((*group).to_string()),
            ["configs"] => Request::Configs,
            ["state"] => Request::State,
            ["identification"] => Request::Identification,
            ["pid"] => Request::Pid,
            ["mainlog"] => Request::MainLog,
            ["clearlog"] => Request::ClearLog,
            ["shutdown"] => Request::Shutdown,
            ["restart"] => Request::Restart,
            _ => return None,
        })
    }

    /// Its line.
    pub fn text(&self) -> String {
        match self {
            Request::Reload => "reload\n".into(),
            Request::Add(group) => format!("add\t{group}\n"),
            Request::Remove(group) => format!("remove\t{group}\n"),
            Request::Configs => "configs\n".into(),
            Request::State => "state\n".into(),
            Request::Identification => "identification\n".into(),
            Request::Pid => "pid\n".into(),
            Request::MainLog => "mainlog\n".into(),
            Request::ClearLog => "clearlog\n".into(),
            Request::Shutdown => "shutdown\n".into(),
            Request::Restart => "restart\n".into(),
        }
    }
}

/// Why something was not done: a code of the protocol, and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The code.
    pub code: i32,
    /// The words.
    pub text: String,
}

impl Fault {
    /// A fault of this name, about something or nothing.
    pub fn new(code: i32, name: &str, about: &str) -> Fault {
        let text = if about.is_empty() { name.to_string() } else { format!("{name}: {about}") };
        Fault { code, text }
    }

    /// There is no such group.
    pub fn bad_name(name: &str) -> Fault {
        Fault::new(10, "BAD_NAME", name)
    }

    /// The daemon is about to end.
    pub fn shutdown_state() -> Fault {
        Fault::new(6, "SHUTDOWN_STATE", "")
    }
}

/// What is answered.
pub type Answer = Result<Vec<String>, Fault>;

/// The answer as it is sent. What goes over a line's end in a fault is a blank.
pub fn text(answer: &Answer) -> String {
    match answer {
        Ok(lines) => {
            let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
            format!("ok\n{lines}")
        }
        Err(fault) => format!("fault {} {}\n", fault.code, fault.text.replace(['\n', '\r'], " ")),
    }
}

/// The answer of a text; nothing if it is none, or not all of one.
pub fn answer(text: &str) -> Option<Answer> {
    let mut lines = text.lines();
    let first = lines.next().filter(|_| text.ends_with('\n'))?;
    if first == "ok" {
        return Some(Ok(lines.map(ToString::to_string).collect()));
    }
    let (code, words) = first.strip_prefix("fault ")?.split_once(' ')?;
    Some(Err(Fault { code: code.parse().ok()?, text: words.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_understood() {
        for request in [
            Request::Reload,
            Request::Add("a b".into()),
            Request::Remove(String::new()),
            Request::Configs,
            Request::State,
            Request::Identification,
            Request::Pid,
            Request::MainLog,
            Request::ClearLog,
            Request::Shutdown,
            Request::Restart,
        ] {
            assert_eq!(Request::parse(request.text().trim_end_matches('\n')), Some(request));
        }
        for line in ["", "nope", "add", "add\ta\tb", "reload\t"] {
            assert_eq!(Request::parse(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_answered_is_understood() {
        for given in [Ok(Vec::new()), Ok(Vec::from(["a\tb".into(), "\tc d".into()])), Err(Fault::bad_name("x"))] {
            assert_eq!(answer(&text(&given)), Some(given));
        }
        assert_eq!(text(&Err(Fault::new(92, "CANT_REREAD", "a\nb"))), "fault 92 CANT_REREAD: a b\n");
        assert_eq!((answer(""), answer("ok"), answer("fault x y\n")), (None, None, None));
    }
}
