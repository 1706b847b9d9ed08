//! From a configuration to service directories, a process each. The same configuration always makes the same files, so
//! that what has changed is what differs from what is there.
//!
//! | of the configuration | in the service directory |
//! | --- | --- |
//! | `command`, `environment`, `directory`, `user`, `umask` | `run`, and `environment` for chpst |
//! | `autostart=false` | `down` |
//! | `autorestart`, `exitcodes`, `startretries` | `restart` |
//! | `startsecs` | `ready` |
//! | `stopsignal`, `stopwaitsecs`, `stopasgroup`, `killasgroup` | `stop` |
//! | `stdout_*`, `stderr_*` | `log/run` and `errlog/run`, where they go into a file; redirections in `run` |
//! | `socket` | `listen`; otherwise there is `stdin` |
//! | `needs` | `needs` |
//! | all of it, for those who ask | `supervisor` (`super::sheet`) |

mod logs;
mod policy;
mod run;
mod socket;
#[cfg(test)]
mod tests;

use super::config::{Config, Group, Process};
use super::sheet::Sheet;
use super::words::Variables;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What service directories are made for.
pub struct Place<'a> {
    /// The directory in which the daemon runs: processes without one of their own run there, and relative files are
    /// from there.
    pub directory: &'a str,
    /// As whom the daemon runs.
    pub uid: u32,
    /// Where programs are looked for; nothing if that is where the supervisors themselves look.
    pub path: Option<&'a str>,
    /// Where chpst(8) is.
    pub chpst: &'a str,
    /// Where svlogd(8) is.
    pub svlogd: &'a str,
    /// All groups of a user, the main one first.
    pub groups: &'a dyn Fn(u32) -> Vec<u32>,
    /// The file for output that goes into one that is named automatically, by the service directory's name.
    pub auto: &'a dyn Fn(&str, Stream) -> String,
}

impl core::fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Place").field("directory", &self.directory).field("uid", &self.uid).finish_non_exhaustive()
    }
}

/// What a process writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    /// As the options call it.
    pub fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

/// A service directory to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name in the scan directory.
    pub name: String,
    /// What is in it. A file in a directory has the directory in its name.
    pub files: Vec<File>,
}

/// A file to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name from the service directory on.
    pub name: &'static str,
    /// What it says.
    pub content: Vec<u8>,
    /// What it is for.
    pub mode: Mode,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To be read.
    Text,
    /// To be read by its owner alone.
    Private,
    /// To be executed.
    Program,
}

impl Mode {
    /// The permissions.
    pub fn bits(self) -> u32 {
        match self {
            Mode::Text => 0o644,
            Mode::Private => 0o600,
            Mode::Program => 0o755,
        }
    }
}

/// All service directories, and what of the configuration does not come about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compiled {
    /// In the order in which they start.
    pub services: Vec<Service>,
    /// To be said in the log.
    pub missing: Vec<String>,
}

/// The service directories of a configuration.
pub fn services(config: &Config, place: &Place<'_>) -> Compiled {
    let mut compiled = Compiled::default();
    let url = config.serverurl();
    for group in &config.groups {
        for process in &group.processes {
            let one = One { group, process, place, name: directory_name(&group.name, &process.name) };
            compiled.services.push(one.service(url.as_deref(), &mut compiled.missing));
        }
    }
    missing(config, &mut compiled.missing);
    compiled
}

/// What is not there yet is said, and never passed over.
fn missing(config: &Config, told: &mut Vec<String>) {
    if config.daemon.strip_ansi {
        told.push("strip_ansi is not supported yet: output is logged as it comes".into());
    }
    for group in config.groups.iter().filter(|group| matches!(group.kind, super::config::Kind::Listeners { .. })) {
        told.push(format!("No events are sent to eventlistener {} yet", group.name));
    }
    for (group, process) in config.groups.iter().flat_map(|group| group.processes.iter().map(move |p| (group, p))) {
        for (stream, channel) in [(Stream::Stdout, &process.stdout), (Stream::Stderr, &process.stderr)] {
            let (called, stream) = (process.called(&group.name), stream.name());
            if channel.capture_maxbytes != 0 {
                told.push(format!("{stream}_capture_maxbytes of {called} is not supported yet: output is all logged"));
            }
            if channel.events {
                told.push(format!("{stream}_events_enabled of {called} is not supported yet: there are no events"));
            }
        }
    }
}

/// One process, and all that is around it.
struct One<'a> {
    group: &'a Group,
    process: &'a Process,
    place: &'a Place<'a>,
    name: String,
}

impl One<'_> {
    fn service(&self, url: Option<&str>, missing: &mut Vec<String>) -> Service {
        let variables = self.variables(url, missing);
        let socket = self.socket();
        let broken = socket.as_ref().err();
        if let Some(why) = broken {
            missing.push(format!("{} cannot run: {why}", self.process.called(&self.group.name)));
        }
        let mut files = Vec::from([File::program("run", self.run(&variables, broken.map(String::as_str)))]);
        files.push(File { mode: Mode::Private, ..File::text("environment", run::environment_file(&variables)) });
        files.push(match socket.ok().flatten() {
            Some(listen) => File::text("listen", listen),
            None => File::text("stdin", String::new()),
        });
        files.push(File::text("restart", policy::restart(self.process)));
        files.extend(policy::ready(self.process).map(|text| File::text("ready", text)));
        files.push(File::text("stop", policy::stop(self.process)));
        files.extend((!self.process.autostart).then(|| File::text("down", String::new())));
        files.extend(self.needs().map(|text| File::text("needs", text)));
        files.extend(self.logger(Stream::Stdout).map(|text| File::program("log/run", text)));
        files.extend(self.logger(Stream::Stderr).map(|text| File::program("errlog/run", text)));
        files.push(File::text("supervisor", self.sheet().text()));
        Service { name: self.name.clone(), files }
    }

    fn needs(&self) -> Option<String> {
        let names = self.process.needs.iter().filter_map(|need| need.split_once(':'));
        let lines: Vec<String> = names.map(|(group, name)| format!("{}\n", directory_name(group, name))).collect();
        (!lines.is_empty()).then(|| lines.concat())
    }

    fn sheet(&self) -> Sheet {
        Sheet {
            group: self.group.name.clone(),
            group_priority: self.group.priority,
            kind: self.group.kind.clone(),
            stdout_file: self.file(Stream::Stdout),
            stderr_file: self.file(Stream::Stderr),
            // What is in it is in `environment`, which not everybody may read.
            process: Process { environment: Variables::new(), ..self.process.clone() },
        }
    }
}

impl File {
    fn text(name: &'static str, content: String) -> File {
        File { name, content: content.into_bytes(), mode: Mode::Text }
    }

    fn program(name: &'static str, content: Vec<u8>) -> File {
        File { name, content, mode: Mode::Program }
    }
}

/// The name of a service directory: `GROUP:NAME`, or one name where both are the same, as they are shown. What could not
/// stand in the name of a file, or would be read otherwise, is `%` and two digits.
pub fn directory_name(group: &str, process: &str) -> String {
    if group == process { escaped(group) } else { format!("{}:{}", escaped(group), escaped(process)) }
}

pub(super) fn escaped(name: &str) -> String {
    if name.is_empty() {
        return "%".into(); // no other name is escaped to this
    }
    let mut text = String::new();
    for (at, c) in name.char_indices() {
        let plain = c.is_alphanumeric() || "_-+,=@~".contains(c) || (at > 0 && c == '.');
        match plain && !(at == 0 && "-+=~".contains(c)) {
            true => text.push(c),
            false => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| text.push_str(&format!("%{byte:02x}"))),
        }
    }
    text
}
