//! From a file to a configuration, in the order in which the original looks at things, so that of several errors the same
//! one is told.

mod groups;
mod needs;
mod process;
mod servers;

use super::config::{Config, Daemon};
use super::expand::{Names, Scope, Value, expand};
use super::facts::Facts;
use super::ini::Ini;
use super::python::{self, absolute, integer, is_space, join, parent};
use super::types::{self, Level};
use super::words::{Variables, variables};
use super::{Result, wrong};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The section that must be there.
const MAIN: &str = "supervisord";

/// Reads a configuration and the files that it includes. What is wrong with it is told in one error.
pub fn configuration(file: &str, facts: &dyn Facts) -> Result<Config> {
    let text = facts.content(file).ok_or_else(|| wrong!("could not read config file {file}"))?;
    of_text(&text, file, facts)
}

/// The same of a text that was read already.
pub fn of_text(text: &str, file: &str, facts: &dyn Facts) -> Result<Config> {
    let mut reading = Reading::new(file, facts);
    reading.ini.read(text, file, false)?;
    if reading.ini.has("include") {
        reading.include()?;
    }
    if !reading.ini.has(MAIN) {
        return Err(wrong!(".ini file does not include supervisord section"));
    }
    reading.config()
}

/// A configuration that is being read.
struct Reading<'a> {
    ini: Ini,
    facts: &'a dyn Facts,
    file: &'a str,
    here: String,
    node: String,
    /// `ENV_...`
    environment: Names,
    remarks: Vec<(Level, String)>,
}

impl<'a> Reading<'a> {
    fn new(file: &'a str, facts: &'a dyn Facts) -> Reading<'a> {
        let mut reading = Reading {
            ini: Ini::default(),
            facts,
            file,
            here: absolute(parent(file), &facts.directory()),
            node: facts.node(),
            environment: Names::new(),
            remarks: Vec::new(),
        };
        reading.put_environment(&facts.environment());
        reading
    }

    fn put_environment(&mut self, variables: &Variables) {
        add_environment(&mut self.environment, variables);
    }

    fn warn(&mut self, text: String) {
        self.remarks.push((Level::Warn, text));
    }

    /// The names that can be used nearly everywhere.
    fn names(&self, more: &[(&str, &str)]) -> Names {
        let here = [("here", self.here.as_str())];
        let names = here.iter().chain(more);
        names.map(|(name, value)| (name.to_string(), Value::Text(value.to_string()))).collect()
    }

    fn expanded(&self, text: &str, names: &Names, what: &str) -> Result<String> {
        expand(text, Scope { environment: &self.environment, own: names }, what)
    }

    /// An option, with what it names replaced.
    fn get(&self, section: &str, key: &str, names: &Names) -> Result<Option<String>> {
        let value = self.ini.get(section, key);
        value.map(|value| self.expanded(value, names, &format!("{section}.{key}"))).transpose()
    }

    /// An option as what it is, or what it is without one.
    fn typed<T>(&self, at: At<'_>, key: &str, default: T, of: impl Fn(&str) -> Result<T>) -> Result<T> {
        self.get(at.section, key, at.names)?.map_or(Ok(default), |value| of(&value))
    }

    fn include(&mut self) -> Result<()> {
        let here = self.here.clone();
        self.ini.put_here(&here);
        let Some(files) = self.ini.get("include", "files") else {
            return Err(wrong!(".ini file has [include] section, but no files setting"));
        };
        let names = self.names(&[("host_node_name", &self.node)]);
        let files = self.expanded(files, &names, "include.files")?;
        for pattern in files.split(is_space).filter(|pattern| !pattern.is_empty()) {
            let pattern = join(&here, pattern);
            self.include_all(&pattern)?;
        }
        Ok(())
    }

    fn include_all(&mut self, pattern: &str) -> Result<()> {
        let mut files = self.facts.matching(pattern);
        files.sort_unstable();
        if files.is_empty() {
            self.warn(format!("No file matches via include \"{pattern}\""));
        }
        for file in files {
            self.remarks.push((Level::Info, format!("Included extra file \"{file}\" during parsing")));
            match self.facts.content(&file) {
                Some(text) => self.ini.read(&text, &file, true)?,
                None => self.warn(format!("could not read included file {file}")),
            }
            self.ini.put_here(&absolute(parent(&file), &self.facts.directory()));
        }
        Ok(())
    }

    fn config(mut self) -> Result<Config> {
        let daemon = self.daemon()?;
        self.put_environment(&daemon.environment);
        let rpc = self.rpc()?;
        let mut groups = self.groups()?;
        for process in groups.iter_mut().flat_map(|group| &mut group.processes) {
            let own = core::mem::take(&mut process.environment);
            process.environment = daemon.environment.clone();
            process.environment.extend(own);
        }
        let servers = self.servers()?;
        let unprotected = self.unprotected(&servers)?;
        self.unread();
        Ok(Config { daemon, groups, servers, rpc, unprotected, remarks: self.remarks })
    }

    fn daemon(&self) -> Result<Daemon> {
        let names = self.names(&[]);
        let at = At { section: MAIN, names: &names };
        let (minfds, minprocs) = (self.typed(at, "minfds", 1024, integer)?, self.typed(at, "minprocs", 200, integer)?);
        let directory = self.get(MAIN, "directory", &names)?;
        let directory = directory.map(|directory| types::directory(&directory, self.facts)).transpose()?;
        let user = self.get(MAIN, "user", &names)?;
        let path = |text: &str| types::path(text, self.facts);
        let text = |text: &str| Ok(text.to_string());
        let umask = self.typed(at, "umask", 0o22, types::mode)?;
        let logfile = self.typed(at, "logfile", "supervisord.log".into(), path)?;
        let logfile_maxbytes = self.typed(at, "logfile_maxbytes", MAXBYTES, types::bytes)?;
        let logfile_backups = self.typed(at, "logfile_backups", BACKUPS, integer)?;
        let loglevel = self.typed(at, "loglevel", Level::Info, Level::parse)?;
        let pidfile = self.typed(at, "pidfile", "supervisord.pid".into(), path)?;
        let identifier = self.typed(at, "identifier", "supervisor".into(), text)?;
        let nodaemon = self.typed(at, "nodaemon", false, types::boolean)?;
        let silent = self.typed(at, "silent", false, types::boolean)?;
        let childlogdir = self.get(MAIN, "childlogdir", &names)?.unwrap_or_else(|| self.facts.temporary());
        let childlogdir = types::directory(&childlogdir, self.facts)?;
        let nocleanup = self.typed(at, "nocleanup", false, types::boolean)?;
        let strip_ansi = self.typed(at, "strip_ansi", false, types::boolean)?;
        let statedir = self.get(MAIN, "statedir", &names)?;
        let statedir = statedir.map(|statedir| types::path(&statedir, self.facts)).transpose()?;
        let environment = self.daemons_environment()?;
        Ok(Daemon {
            logfile,
            logfile_maxbytes,
            logfile_backups,
            loglevel,
            pidfile,
            umask,
            nodaemon,
            silent,
            minfds,
            minprocs,
            nocleanup,
            childlogdir,
            user,
            directory,
            strip_ansi,
            environment,
            identifier,
            statedir,
        })
    }

    /// Replaced twice, as in the original, where the name of the host is known to the second time only.
    fn daemons_environment(&self) -> Result<Variables> {
        let names = self.names(&[("host_node_name", &self.node)]);
        let text = self.get(MAIN, "environment", &names)?.unwrap_or_default();
        variables(&self.expanded(&text, &names, "environment")?)
    }

    /// Python code that others have written cannot run here, so only the stock interface is known.
    fn rpc(&mut self) -> Result<bool> {
        let sections: Vec<String> = self.ini.sections().map(String::from).collect();
        let mut found = false;
        for section in sections {
            let Some(name) = section.strip_prefix("rpcinterface:") else { continue };
            let Some(factory) = self.get(&section, "supervisor.rpcinterface_factory", &Names::new())? else {
                return Err(wrong!("section [{section}] does not specify a supervisor.rpcinterface_factory"));
            };
            if factory != "supervisor.rpcinterface:make_main_rpcinterface" {
                return Err(wrong!("{factory} cannot be resolved within [{section}]"));
            }
            found |= name == "supervisor";
        }
        Ok(found)
    }

    /// Options that nothing reads are most often slips of the pen; the original says nothing.
    fn unread(&mut self) {
        let sections: Vec<String> = self.ini.sections().map(String::from).collect();
        for section in sections {
            let Some(known) = known_options(&section) else { continue };
            let unread: Vec<String> = self.ini.keys(&section).filter(|key| !known(key)).map(String::from).collect();
            for key in unread {
                self.warn(format!("For [{section}], {key} is not known and is ignored"));
            }
        }
    }
}

/// Where an option stands, and which names it can use.
#[derive(Clone, Copy)]
struct At<'a> {
    section: &'a str,
    names: &'a Names,
}

const MAXBYTES: i64 = 50 << 20;
const BACKUPS: i64 = 10;

fn add_environment(names: &mut Names, variables: &Variables) {
    names.extend(variables.iter().map(|(name, value)| (format!("ENV_{name}"), Value::Text(value.clone()))));
}

const DAEMON: [&str; 19] = [
    "logfile",
    "logfile_maxbytes",
    "logfile_backups",
    "loglevel",
    "pidfile",
    "umask",
    "nodaemon",
    "silent",
    "minfds",
    "minprocs",
    "nocleanup",
    "childlogdir",
    "user",
    "directory",
    "strip_ansi",
    "environment",
    "identifier",
    "profile_options",
    "statedir",
];
const PROGRAM: [&str; 21] = [
    "command",
    "process_name",
    "numprocs",
    "numprocs_start",
    "priority",
    "autostart",
    "autorestart",
    "startsecs",
    "startretries",
    "exitcodes",
    "stopsignal",
    "stopwaitsecs",
    "stopasgroup",
    "killasgroup",
    "user",
    "redirect_stderr",
    "environment",
    "directory",
    "umask",
    "serverurl",
    "needs",
];
const CHANNEL: [&str; 6] =
    ["_logfile", "_logfile_maxbytes", "_logfile_backups", "_capture_maxbytes", "_events_enabled", "_syslog"];

/// The options of a section of ours.
fn known_options(section: &str) -> Option<fn(&str) -> bool> {
    fn of_a_program(key: &str) -> bool {
        let channel = key.strip_prefix("stdout").or_else(|| key.strip_prefix("stderr"));
        PROGRAM.contains(&key) || channel.is_some_and(|rest| CHANNEL.contains(&rest))
    }
    match section.split_once(':').map_or(section, |(kind, _)| kind) {
        _ if section == MAIN => Some(|key| DAEMON.contains(&key)),
        _ if section == "include" => Some(|key| key == "files"),
        "unix_http_server" => Some(|key| ["file", "chmod", "chown", "username", "password"].contains(&key)),
        "inet_http_server" => Some(|key| ["port", "username", "password", "unprotected"].contains(&key)),
        _ if !section.contains(':') => None,
        "program" => Some(of_a_program),
        "group" => Some(|key| ["programs", "priority"].contains(&key)),
        "eventlistener" => Some(|key| of_a_program(key) || ["events", "buffer_size", "result_handler"].contains(&key)),
        "fcgi-program" => {
            Some(|key| of_a_program(key) || ["socket", "socket_backlog", "socket_owner", "socket_mode"].contains(&key))
        }
        _ => None,
    }
}

/// A text in which the original would have named the file.
fn in_section(wrong: super::Wrong, section: &str, file: &str) -> super::Wrong {
    wrong!("{wrong} in section {} (file: {})", python::quoted(section), python::quoted(file))
}
