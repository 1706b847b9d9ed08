//! The processes of one section.

use super::{At, BACKUPS, MAXBYTES, Reading, add_environment};
use crate::supervisor::config::{Channel, Process};
use crate::supervisor::expand::{Names, Value};
use crate::supervisor::python::{integer, trim};
use crate::supervisor::types::{self, Autorestart, LogFile};
use crate::supervisor::words::{Variables, variables};
use crate::supervisor::{Result, wrong};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// No section has more processes than this: what would fill the memory is a slip of the pen.
const MOST: i64 = 65536;

/// What stands in a section for all of its processes.
struct Common {
    process: Process,
    name: String,
    environment: String,
    numprocs: i64,
    first: i64,
}

impl Reading<'_> {
    pub(super) fn processes_of(&mut self, section: &str, group: &str) -> Result<Vec<Process>> {
        let program = types::name(section.split_once(':').map_or(section, |(_, name)| name))?;
        let node = self.node.clone();
        let mut names =
            self.names(&[("program_name", program.as_str()), ("host_node_name", &node), ("group_name", group)]);
        let common = self.common(At { section, names: &names })?;
        let mut processes = Vec::new();
        for number in common.first..common.first.saturating_add(common.numprocs) {
            names.insert("process_num".into(), Value::Number(number));
            names.insert("numprocs".into(), Value::Number(common.numprocs));
            processes.push(self.process(section, &common, &mut names)?);
        }
        processes.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        Ok(processes)
    }

    fn common(&self, at: At<'_>) -> Result<Common> {
        let int = |key: &str, default: i64| self.typed(at, key, default, integer);
        let bool = |key: &str, default: bool| self.typed(at, key, default, types::boolean);
        let priority = int("priority", 999)?;
        let autostart = bool("autostart", true)?;
        let autorestart = self.typed(at, "autorestart", Autorestart::Unexpected, types::autorestart)?;
        let (startsecs, startretries) = (int("startsecs", 1)?, int("startretries", 3)?);
        let stopsignal = self.typed(at, "stopsignal", crate::signal::Signal::TERM.number(), types::signal)?;
        let stopwaitsecs = int("stopwaitsecs", 10)?;
        let stopasgroup = bool("stopasgroup", false)?;
        let killasgroup = bool("killasgroup", stopasgroup)?;
        let exitcodes = self.typed(at, "exitcodes", Vec::from([0]), types::exit_codes)?;
        let redirect_stderr = bool("redirect_stderr", false)?;
        let (numprocs, first) = (int("numprocs", 1)?, int("numprocs_start", 0)?);
        let environment = self.ini.get(at.section, "environment").unwrap_or_default().to_string();
        let stdout = self.channel(at, "stdout")?;
        let stderr = self.channel(at, "stderr")?;
        let serverurl = self.get(at.section, "serverurl", at.names)?;
        let serverurl = serverurl.filter(|url| !trim(url).eq_ignore_ascii_case("auto"));
        let uid = self.typed(at, "user", None, |user| types::user(user, self.facts).map(Some))?;
        let umask = self.typed(at, "umask", None, |umask| types::mode(umask).map(Some))?;
        let name = types::name(self.ini.get(at.section, "process_name").unwrap_or("%(program_name)s"))?;
        if numprocs > 1 && !name.contains("%(process_num)") {
            return Err(wrong!("%(process_num) must be present within process_name when numprocs > 1"));
        }
        if stopasgroup && !killasgroup {
            return Err(wrong!("Cannot set stopasgroup=true and killasgroup=false"));
        }
        if numprocs > MOST {
            return Err(wrong!("numprocs={numprocs} is more than {MOST}"));
        }
        let process = Process {
            name: String::new(),
            command: String::new(),
            directory: None,
            umask,
            priority,
            autostart,
            autorestart,
            startsecs,
            startretries,
            uid,
            stdout,
            stderr,
            stopsignal,
            stopwaitsecs,
            stopasgroup,
            killasgroup,
            exitcodes,
            redirect_stderr,
            environment: Variables::new(),
            serverurl,
            needs: Vec::new(),
            section: at.section.into(),
        };
        Ok(Common { process, name, environment, numprocs, first })
    }

    fn channel(&self, at: At<'_>, channel: &str) -> Result<Channel> {
        let capture_maxbytes = self.typed(at, &format!("{channel}_capture_maxbytes"), 0, types::bytes)?;
        let events = self.typed(at, &format!("{channel}_events_enabled"), false, types::boolean)?;
        let (logfile, syslog) = (LogFile::Auto, false);
        Ok(Channel { logfile, maxbytes: MAXBYTES, backups: BACKUPS, capture_maxbytes, events, syslog })
    }

    /// What the names stand for is kept for the next one, its variables too.
    fn process(&mut self, section: &str, common: &Common, names: &mut Names) -> Result<Process> {
        let mut process = common.process.clone();
        process.environment = variables(&self.expanded(&common.environment, names, "environment")?)?;
        add_environment(names, &process.environment);
        process.directory = self.get(section, "directory", names)?;
        let at = At { section, names };
        self.log(at, "stdout", &mut process.stdout)?;
        self.log(at, "stderr", &mut process.stderr)?;
        if process.redirect_stderr {
            self.redirect(section, &mut process.stderr);
        }
        let command = self.get(section, "command", names)?;
        process.command = command.ok_or_else(|| wrong!("program section {section} does not specify a command"))?;
        process.name = self.expanded(&common.name, names, "process_name")?;
        process.needs = types::list(&self.get(section, "needs", names)?.unwrap_or_default());
        Ok(process)
    }

    fn log(&mut self, at: At<'_>, channel: &str, log: &mut Channel) -> Result<()> {
        let key = format!("{channel}_logfile");
        if let Some(text) = self.get(at.section, &key, at.names)? {
            log.logfile = types::log_file(&self.expanded(&text, at.names, &key)?, self.facts)?;
        }
        log.backups = self.typed(at, &format!("{key}_backups"), BACKUPS, integer)?;
        log.maxbytes = self.typed(at, &format!("{key}_maxbytes"), MAXBYTES, types::bytes)?;
        log.syslog = self.typed(at, &format!("{channel}_syslog"), false, types::boolean)?;
        let section = at.section;
        if log.logfile == LogFile::Syslog {
            self.warn(format!(
                "For [{section}], {key}=syslog but this is deprecated and will be removed.  Use {channel}_syslog=true \
                 to enable syslog instead."
            ));
            (log.logfile, log.syslog) = (LogFile::None, true);
        }
        if log.logfile == LogFile::Auto && log.maxbytes == 0 {
            self.warn(format!(
                "For [{section}], AUTO logging used for {key} without rollover, set maxbytes > 0 to avoid filling up \
                 filesystem unintentionally"
            ));
        }
        Ok(())
    }

    /// Standard error has no file of its own then.
    fn redirect(&mut self, section: &str, stderr: &mut Channel) {
        if matches!(stderr.logfile, LogFile::Path(_)) {
            self.warn(format!(
                "For [{section}], redirect_stderr=true but stderr_logfile has also been set to a filename, the \
                 filename has been ignored"
            ));
        }
        stderr.logfile = LogFile::None;
    }
}
