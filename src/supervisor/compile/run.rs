//! `run`: what the original does between fork and exec, done by one chpst, which becomes the program.

use super::{One, Stream};
use crate::service::blueprint::quoted;
use crate::supervisor::python::absolute;
use crate::supervisor::words::{self, Variables};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const SHELL: &str = "#!/bin/sh\n";

impl One<'_> {
    /// Everything that the process finds in its environment beyond what the daemon has.
    pub(super) fn variables(&self, url: Option<&str>, missing: &mut Vec<String>) -> Variables {
        let mut all = Variables::new();
        let mut set = |name: &str, value: &str| all.insert(name.to_string(), value.to_string());
        set("SUPERVISOR_ENABLED", "1");
        let url = self.process.serverurl.as_deref().or(url);
        url.filter(|url| !url.is_empty()).map(|url| set("SUPERVISOR_SERVER_URL", url));
        set("SUPERVISOR_PROCESS_NAME", &self.process.name);
        set("SUPERVISOR_GROUP_NAME", &self.group.name);
        for (name, value) in &self.process.environment {
            match is_variable(name) && !value.contains('\0') {
                true => drop(all.insert(name.clone(), value.clone())),
                false => missing.push(format!(
                    "environment of {}: {} is no variable",
                    self.process.called(&self.group.name),
                    crate::supervisor::python::quoted(name)
                )),
            }
        }
        all
    }

    /// The script; or one that says why there is nothing to run, so that this is in the log and counts as a failure.
    pub(super) fn run(&self, variables: &Variables, broken: Option<&str>) -> Vec<u8> {
        let words = match broken {
            Some(why) => Err(why.to_string()),
            None if self.process.command.contains('\0') => Err("the command has a zero byte in it".into()),
            None => words::command(&self.process.command).map_err(|wrong| wrong.0),
        };
        let mut text = Vec::from(SHELL);
        text.extend_from_slice(self.redirections().as_bytes());
        if let Some(path) = self.place.path {
            text.extend_from_slice(b"export PATH=");
            text.extend(quoted(path.as_bytes()));
            text.push(b'\n');
        }
        match words {
            Ok(words) => self.execute(&words, variables, &mut text),
            Err(why) => {
                text.extend_from_slice(b"printf '%s\\n' ");
                text.extend(quoted(format!("supervisor: {why}").as_bytes()));
                text.extend_from_slice(b" >&2\nexit 127\n");
            }
        }
        text
    }

    fn redirections(&self) -> String {
        let mut lines = String::new();
        for stream in [Stream::Stdout, Stream::Stderr] {
            lines.push_str(self.redirection(stream));
        }
        lines
    }

    fn execute(&self, words: &[String], variables: &Variables, text: &mut Vec<u8>) {
        let mut line: Vec<String> =
            Vec::from(["exec".into(), self.place.chpst.into(), "--env-file".into(), "./environment".into()]);
        if variables.contains_key("PATH") {
            line.push(self.place.chpst.into()); // the program is looked for where this one's PATH says
        }
        line.extend(self.changes());
        // A relative path is looked for in the directory of the process, and a name in PATH, as the original does it.
        line.push("--".into());
        line.extend(words.iter().cloned());
        let line: Vec<Vec<u8>> = line.iter().map(|word| quoted(word.as_bytes())).collect();
        text.extend(line.join(&b' '));
        text.push(b'\n');
    }

    /// What else chpst changes.
    fn changes(&self) -> Vec<String> {
        let directory = self.process.directory.as_deref().unwrap_or(".");
        let mut changes = Vec::from(["-C".into(), absolute(directory, self.place.directory)]);
        // Where a group is to be stopped it has one anyway; otherwise no process shares that of its supervisor.
        if !self.process.stopasgroup && !self.process.killasgroup {
            changes.push("-P".into());
        }
        if let Some(umask) = self.process.umask {
            changes.extend(["--umask".into(), format!("{umask:03o}")]);
        }
        if let Some(uid) = self.process.uid.filter(|uid| *uid != self.place.uid) {
            let groups = (self.place.groups)(uid).iter().map(|gid| format!(":{gid}")).collect::<String>();
            changes.extend(["-u".into(), format!(":{uid}{groups}")]);
        }
        changes
    }
}

/// What chpst takes for the name of a variable.
fn is_variable(name: &str) -> bool {
    let blank = |c: char| c.is_whitespace() || c.is_control() || c == '=';
    !name.is_empty() && !name.starts_with(['#', ';', '-']) && !name.contains(blank)
}

/// Variables as `chpst --env-file` reads them: in double quotes, where four characters have to be escaped.
pub(super) fn environment_file(variables: &Variables) -> String {
    let mut text = String::new();
    for (name, value) in variables {
        text.push_str(name);
        text.push_str("=\"");
        for c in value.chars() {
            text.extend("\"\\$`".contains(c).then_some('\\'));
            text.push(c);
        }
        text.push_str("\"\n");
    }
    text
}
