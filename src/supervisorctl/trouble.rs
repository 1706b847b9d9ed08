//! What no command expects, in one line as Supervisor has it: `error: CLASS, TEXT: file: FILE line: NUMBER`. Scripts look
//! for the class and the text; the place is in our own sources.

use crate::rpc::fault::Fault;
use crate::supervisor::python::quoted;
use crate::sys::Errno;
use std::panic::Location;

/// Why a command cannot go on, and where that was found out.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    at: &'static Location<'static>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The server says no.
    Fault(Fault),
    /// The server answers with another status than 200.
    Status(u16, String),
    /// A call to the system failed.
    Call(Errno),
    /// Nobody knows the machine.
    UnknownHost,
    /// The answer is not HTTP, or ends too early.
    Http(String),
    /// The answer is not XML-RPC.
    Xml(String),
    /// The answer is XML-RPC, but not what was asked for.
    Shape,
    /// A value is of no use.
    Value(String),
    /// A URL is.
    Url(String),
    /// A question was not answered.
    EndOfInput,
    /// The user wants no more of it.
    Interrupt,
}

/// What a command answers.
pub(super) type Result<T> = core::result::Result<T, Trouble>;

impl Trouble {
    #[track_caller]
    pub(super) fn new(kind: Kind) -> Trouble {
        Trouble { kind, at: Location::caller() }
    }

    #[track_caller]
    pub(super) fn call(errno: Errno) -> Trouble {
        Trouble::new(Kind::Call(errno))
    }

    /// The line.
    pub(super) fn line(&self) -> String {
        let (class, text) = self.kind.words();
        format!("error: <class '{class}'>, {text}: file: {} line: {}", self.at.file(), self.at.line())
    }

    /// The failure, if it is the server's.
    pub(super) fn fault(&self) -> Option<&Fault> {
        if let Kind::Fault(fault) = &self.kind { Some(fault) } else { None }
    }
}

/// A failure as Python shows it.
pub(super) fn shown(fault: &Fault) -> String {
    format!("<Fault {}: {}>", fault.code, quoted(&fault.text))
}

impl Kind {
    /// Its class and its text in Python.
    fn words(&self) -> (&'static str, String) {
        match self {
            Kind::Fault(fault) => ("xmlrpc.client.Fault", shown(fault)),
            Kind::Status(code, reason) => {
                ("xmlrpc.client.ProtocolError", format!("<ProtocolError for 127.0.0.1/RPC2: {code} {reason}>"))
            }
            Kind::Call(errno) => (class(*errno), format!("[Errno {}] {}", *errno as i32, errno.desc())),
            Kind::UnknownHost => ("socket.gaierror", "[Errno -2] Name or service not known".to_owned()),
            Kind::Http(text) => ("http.client.HTTPException", text.clone()),
            Kind::Xml(text) => ("xml.parsers.expat.ExpatError", text.clone()),
            Kind::Shape => ("xmlrpc.client.ResponseError", "ResponseError()".to_owned()),
            Kind::Value(text) => ("ValueError", text.clone()),
            Kind::Url(text) => ("http.client.InvalidURL", text.clone()),
            Kind::EndOfInput => ("EOFError", "EOF when reading a line".to_owned()),
            Kind::Interrupt => ("KeyboardInterrupt", String::new()),
        }
    }
}

fn class(errno: Errno) -> &'static str {
    match errno {
        Errno::ECONNREFUSED => "ConnectionRefusedError",
        Errno::ECONNRESET => "ConnectionResetError",
        Errno::ECONNABORTED => "ConnectionAbortedError",
        Errno::ENOENT => "FileNotFoundError",
        Errno::EACCES | Errno::EPERM => "PermissionError",
        Errno::EPIPE => "BrokenPipeError",
        Errno::ETIMEDOUT => "TimeoutError",
        Errno::ENOTDIR => "NotADirectoryError",
        Errno::EAGAIN => "BlockingIOError",
        _ => "OSError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::fault::Kind as Failure;

    #[test]
    fn the_words_are_those_that_scripts_look_for() {
        let begins = |kind, words: &str| {
            let line = Trouble::new(kind).line();
            assert!(line.starts_with(&format!("{words}: file: src/supervisorctl/trouble.rs line: ")), "{line}");
        };
        let refused = "error: <class 'ConnectionRefusedError'>, [Errno 111] Connection refused";
        begins(Kind::Call(Errno::ECONNREFUSED), refused);
        begins(Kind::Call(Errno::ENOENT), "error: <class 'FileNotFoundError'>, [Errno 2] No such file or directory");
        let fault = Failure::SHUTDOWN_STATE.fault();
        begins(Kind::Fault(fault), "error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>");
    }
}
