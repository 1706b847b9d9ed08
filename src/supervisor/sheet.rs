//! The file `supervisor` of a service directory: what the configuration said of the process, for whoever shows it. Both
//! ends: a line for each value, its name and a blank before it, with backslashes and newlines escaped. What stands for
//! nothing has no line. Names that are not known are passed over, so that an older reader reads what a newer one has
//! written.

use super::config::{Channel, Kind, Process};
use super::types::{self, Autorestart, LogFile, Owner, Socket};
use super::words::Variables;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What is known of a process beside its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its group.
    pub group: String,
    /// The priority of that.
    pub group_priority: i64,
    /// What the group is.
    pub kind: Kind,
    /// Where its output can be read again.
    pub stdout_file: Option<String>,
    /// Where its complaints can be read again.
    pub stderr_file: Option<String>,
    /// The process, without its environment, which is not for everybody.
    pub process: Process,
}

/// Values by name.
type Values = BTreeMap<String, String>;

impl Sheet {
    /// The file.
    pub fn text(&self) -> String {
        let mut lines = Lines(String::new());
        lines.put("group", &self.group);
        lines.put("group_priority", self.group_priority);
        self.put_kind(&mut lines);
        lines.maybe("stdout_file", self.stdout_file.as_ref());
        lines.maybe("stderr_file", self.stderr_file.as_ref());
        self.put_process(&mut lines);
        lines.channel("stdout", &self.process.stdout);
        lines.channel("stderr", &self.process.stderr);
        lines.0
    }

    fn put_kind(&self, lines: &mut Lines) {
        match &self.kind {
            Kind::Programs => {}
            Kind::Listeners { buffer, events } => {
                lines.put("buffer_size", buffer);
                lines.put("events", events.join(","));
            }
            Kind::FastCgi { socket, backlog, owner, mode } => {
                lines.put("socket", socket);
                lines.maybe("socket_backlog", backlog.as_ref());
                lines.maybe("socket_owner", owner.map(|owner| owner.uid));
                lines.maybe("socket_group", owner.and_then(|owner| owner.gid));
                lines.maybe("socket_mode", mode.map(|mode| format!("{mode:o}")));
            }
        }
    }

    fn put_process(&self, lines: &mut Lines) {
        let process = &self.process;
        lines.put("name", &process.name);
        lines.put("section", &process.section);
        lines.put("command", &process.command);
        lines.maybe("directory", process.directory.as_ref());
        lines.maybe("umask", process.umask.map(|umask| format!("{umask:o}")));
        lines.put("priority", process.priority);
        lines.put("autostart", process.autostart);
        lines.put(
            "autorestart",
            match process.autorestart {
                Autorestart::Always => "true",
                Autorestart::Unexpected => "unexpected",
                Autorestart::Never => "false",
            },
        );
        lines.put("startsecs", process.startsecs);
        lines.put("startretries", process.startretries);
        lines.maybe("uid", process.uid);
        lines.put("stopsignal", process.stopsignal);
        lines.put("stopwaitsecs", process.stopwaitsecs);
        lines.put("stopasgroup", process.stopasgroup);
        lines.put("killasgroup", process.killasgroup);
        lines.put("exitcodes", types::joined(&process.exitcodes));
        lines.put("redirect_stderr", process.redirect_stderr);
        lines.maybe("serverurl", process.serverurl.as_ref());
        for need in &process.needs {
            lines.put("needs", need);
        }
    }

    /// What a file says; nothing if something that must be there is missing or cannot be understood.
    pub fn parse(text: &str) -> Option<Sheet> {
        let all: Vec<(String, String)> = text.lines().filter_map(line).collect();
        let needs = all.iter().filter(|(name, _)| name == "needs").map(|(_, value)| value.clone()).collect();
        let values: Values = all.into_iter().collect();
        Some(Sheet {
            group: values.get("group")?.clone(),
            group_priority: number(&values, "group_priority")?,
            kind: kind(&values)?,
            stdout_file: values.get("stdout_file").cloned(),
            stderr_file: values.get("stderr_file").cloned(),
            process: process(&values, needs)?,
        })
    }
}

struct Lines(String);

impl Lines {
    fn put(&mut self, name: &str, value: impl ToString) {
        self.0.push_str(&written(name, &value.to_string()));
    }

    fn maybe(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    fn channel(&mut self, name: &str, channel: &Channel) {
        let logfile = match &channel.logfile {
            LogFile::Auto => "auto".into(),
            LogFile::None | LogFile::Syslog => "none".into(),
            // A path is told from a word by its slash.
            LogFile::Path(path) if path.contains('/') => path.clone(),
            LogFile::Path(path) => format!("./{path}"),
        };
        self.put(&format!("{name}_logfile"), logfile);
        self.put(&format!("{name}_logfile_maxbytes"), channel.maxbytes);
        self.put(&format!("{name}_logfile_backups"), channel.backups);
        self.put(&format!("{name}_capture_maxbytes"), channel.capture_maxbytes);
        self.put(&format!("{name}_events_enabled"), channel.events);
        self.put(&format!("{name}_syslog"), channel.syslog);
    }
}

/// A line of a name and a value.
pub(super) fn written(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    format!("{name} {value}\n")
}

/// The name and the value of a line.
pub(super) fn line(line: &str) -> Option<(String, String)> {
    let (name, escaped) = line.split_once(' ')?;
    let mut value = String::new();
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        value.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                c => c,
            },
            c => c,
        });
    }
    Some((name.into(), value))
}

fn number<T: core::str::FromStr>(values: &Values, name: &str) -> Option<T> {
    values.get(name)?.parse().ok()
}

/// A number that may be missing, but not wrong.
fn maybe<T: core::str::FromStr>(values: &Values, name: &str) -> Option<Option<T>> {
    values.get(name).map_or(Some(None), |value| value.parse().ok().map(Some))
}

fn octal(values: &Values, name: &str) -> Option<Option<u32>> {
    values.get(name).map_or(Some(None), |value| u32::from_str_radix(value, 8).ok().map(Some))
}

fn flag(values: &Values, name: &str) -> Option<bool> {
    types::boolean(values.get(name)?).ok()
}

fn kind(values: &Values) -> Option<Kind> {
    if let Some(events) = values.get("events") {
        return Some(Kind::Listeners { buffer: number(values, "buffer_size")?, events: types::list(events) });
    }
    let Some(url) = values.get("socket") else { return Some(Kind::Programs) };
    let socket = match url.strip_prefix("unix://") {
        Some(path) => Socket::Unix(path.into()),
        None => {
            let (host, port) = url.strip_prefix("tcp://")?.rsplit_once(':')?;
            Socket::Tcp(host.into(), port.parse().ok()?)
        }
    };
    let gid = maybe(values, "socket_group")?;
    let owner = maybe(values, "socket_owner")?.map(|uid| Owner { uid, gid });
    Some(Kind::FastCgi {
        socket,
        backlog: maybe(values, "socket_backlog")?,
        owner,
        mode: octal(values, "socket_mode")?,
    })
}

fn process(values: &Values, needs: Vec<String>) -> Option<Process> {
    Some(Process {
        name: values.get("name")?.clone(),
        section: values.get("section")?.clone(),
        command: values.get("command")?.clone(),
        directory: values.get("directory").cloned(),
        umask: octal(values, "umask")?,
        priority: number(values, "priority")?,
        autostart: flag(values, "autostart")?,
        autorestart: types::autorestart(values.get("autorestart")?).ok()?,
        startsecs: number(values, "startsecs")?,
        startretries: number(values, "startretries")?,
        uid: maybe(values, "uid")?,
        stdout: channel(values, "stdout")?,
        stderr: channel(values, "stderr")?,
        stopsignal: number(values, "stopsignal")?,
        stopwaitsecs: number(values, "stopwaitsecs")?,
        stopasgroup: flag(values, "stopasgroup")?,
        killasgroup: flag(values, "killasgroup")?,
        exitcodes: types::exit_codes(values.get("exitcodes")?).ok()?,
        redirect_stderr: flag(values, "redirect_stderr")?,
        environment: Variables::new(),
        serverurl: values.get("serverurl").cloned(),
        needs,
    })
}

fn channel(values: &Values, name: &str) -> Option<Channel> {
    let logfile = match values.get(&format!("{name}_logfile"))?.as_str() {
        "auto" => LogFile::Auto,
        "none" => LogFile::None,
        path => LogFile::Path(path.into()),
    };
    Some(Channel {
        logfile,
        maxbytes: number(values, &format!("{name}_logfile_maxbytes"))?,
        backups: number(values, &format!("{name}_logfile_backups"))?,
        capture_maxbytes: number(values, &format!("{name}_capture_maxbytes"))?,
        events: flag(values, &format!("{name}_events_enabled"))?,
        syslog: flag(values, &format!("{name}_syslog"))?,
    })
}
