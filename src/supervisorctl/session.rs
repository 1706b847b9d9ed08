//! A conversation with a server on behalf of a user: where it is, what it said, what that comes to.

use super::config::Settings;
use super::http::{LONGEST, Server};
use super::input::Input;
use super::trouble::{Kind, Result, Trouble};
use super::wait::Wait;
use crate::rpc::fault::Kind as Failure;
use crate::rpc::{Value, decode, encode};
use crate::sys::{Errno, io};

/// Any failure.
pub(super) const GENERIC: u8 = 1;
/// A name or an argument is wrong.
pub(super) const BAD_ARGUMENTS: u8 = 2;
/// The server has not what is needed; or something is not running.
pub(super) const UNIMPLEMENTED: u8 = 3;
/// The server lets nobody in; or nothing is known.
pub(super) const INSUFFICIENT: u8 = 4;
/// The server speaks another language.
pub(super) const NOT_INSTALLED: u8 = 5;
/// Something does not run.
pub(super) const NOT_RUNNING: u8 = 7;

/// The version of the methods that we know.
const API: &str = "3.0";

#[derive(Debug)]
pub(super) struct Session {
    pub(super) server: Server,
    pub(super) prompt: String,
    /// Where lines are remembered, by an editor.
    #[cfg_attr(not(feature = "shell"), allow(dead_code))] // without one nothing is
    pub(super) history: Option<String>,
    /// Whether somebody is there to be asked.
    pub(super) interactive: bool,
    /// The exit code: of the last thing that failed.
    pub(super) code: u8,
    /// Whether the user wants to leave the shell.
    pub(super) leaving: bool,
    /// By Ctrl-C, while something was being done.
    pub(super) interrupted: bool,
    pub(super) wait: Wait,
    pub(super) input: Input,
}

impl Session {
    pub(super) fn new(settings: Settings, interactive: bool) -> Session {
        let Settings { serverurl: url, username, password, prompt, history } = settings;
        Session {
            server: Server { url, username, password },
            prompt,
            history,
            interactive,
            code: 0,
            leaving: false,
            interrupted: false,
            wait: Wait::default(),
            input: Input::default(),
        }
    }

    /// Another conversation with the same server, in which nobody is asked anything.
    #[cfg(feature = "shell")]
    pub(super) fn aside(&self) -> Session {
        let Server { url: serverurl, username, password } = self.server.clone();
        Session::new(Settings { serverurl, username, password, prompt: String::new(), history: None }, false)
    }

    /// Prints a line.
    pub(super) fn say(&self, line: &str) {
        self.print(&[line, "\n"].concat());
    }

    /// Prints without a newline.
    pub(super) fn print(&self, text: &str) {
        // That nobody reads it ends us, by the signal that says so.
        let _ = io::write_all(io::stdout(), text.as_bytes());
    }

    /// Prints a line, and remembers a failure.
    pub(super) fn fail(&mut self, code: u8, line: &str) {
        self.say(line);
        self.code = code;
    }

    /// Calls a method of the server.
    pub(super) fn call(&mut self, method: &str, params: &[Value]) -> Result<Value> {
        let text = encode::call(&format!("supervisor.{method}"), params);
        let body = self.server.post(&mut self.wait, "/RPC2", &text)?;
        // A server may cut a character of a log in two.
        let body = String::from_utf8_lossy(&body);
        match decode::answer(body.as_bytes(), LONGEST) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(fault)) => Err(Trouble::new(Kind::Fault(fault))),
            Err(decode::Broken::Value) => Err(Trouble::new(Kind::Shape)),
            Err(broken) => Err(Trouble::new(Kind::Xml(broken.to_string()))),
        }
    }

    /// The same for an answer that is a list.
    pub(super) fn list(&mut self, method: &str, params: &[Value]) -> Result<Vec<Value>> {
        match self.call(method, params)? {
            Value::List(values) => Ok(values),
            _ => Err(Trouble::new(Kind::Shape)),
        }
    }

    /// Whether there is a server that we can talk to; if not, that has been said.
    pub(super) fn is_up(&mut self) -> Result<bool> {
        let (code, line) = match self.call("getVersion", &[]) {
            Ok(value) if value.as_text() == Some(API) => return Ok(true),
            Ok(value) => (NOT_INSTALLED, other_version(value.as_text().unwrap_or_default())),
            Err(trouble) => match &trouble.kind {
                Kind::Fault(fault) if fault.is(Failure::UNKNOWN_METHOD) => (UNIMPLEMENTED, NO_NAMESPACE.to_owned()),
                Kind::Call(Errno::ECONNREFUSED) => (INSUFFICIENT, format!("{} refused connection", self.server.url)),
                Kind::Call(Errno::ENOENT) => (NOT_RUNNING, format!("{} no such file", self.server.url)),
                _ => return Err(trouble),
            },
        };
        self.fail(code, &line);
        Ok(false)
    }
}

const NO_NAMESPACE: &str = "Sorry, supervisord responded but did not recognize the supervisor namespace commands that \
    supervisorctl uses to control it.  Please check that the [rpcinterface:supervisor] section is enabled in the \
    configuration file (see sample.conf).";

fn other_version(version: &str) -> String {
    format!(
        "Sorry, this version of supervisorctl expects to talk to a server with API version {API}, but the remote \
         version is {version}."
    )
}

/// The text of a member of an answer.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> Result<&'v str> {
    value.get(name).and_then(Value::as_text).ok_or_else(|| Trouble::new(Kind::Shape))
}

/// The number of a member of an answer.
pub(super) fn number(value: &Value, name: &str) -> Result<i64> {
    value.get(name).and_then(Value::as_int).ok_or_else(|| Trouble::new(Kind::Shape))
}

/// A name as it is shown: of a process in a group of its own name, that name.
pub(super) fn full_name(group: &str, process: &str) -> String {
    if group == process { process.to_owned() } else { format!("{group}:{process}") }
}

/// The group and the process of a name; no process where all of the group are meant.
pub(super) fn halves(name: &str) -> (&str, Option<&str>) {
    match name.split_once(':') {
        None => (name, Some(name)),
        Some((group, "" | "*")) => (group, None),
        Some((group, process)) => (group, Some(process)),
    }
}
