//! Groups: those that are named, and one for each program that is in none.

use super::{At, Reading, in_section};
use crate::supervisor::config::{Group, Kind, Process};
use crate::supervisor::expand::Names;
use crate::supervisor::python::integer;
use crate::supervisor::types::{self, Owner, Socket};
use crate::supervisor::{Result, wrong};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What listeners can ask for.
const EVENTS: [&str; 27] = [
    "EVENT",
    "PROCESS_STATE",
    "PROCESS_STATE_STOPPED",
    "PROCESS_STATE_EXITED",
    "PROCESS_STATE_STARTING",
    "PROCESS_STATE_STOPPING",
    "PROCESS_STATE_BACKOFF",
    "PROCESS_STATE_FATAL",
    "PROCESS_STATE_RUNNING",
    "PROCESS_STATE_UNKNOWN",
    "PROCESS_COMMUNICATION",
    "PROCESS_COMMUNICATION_STDOUT",
    "PROCESS_COMMUNICATION_STDERR",
    "PROCESS_LOG",
    "PROCESS_LOG_STDOUT",
    "PROCESS_LOG_STDERR",
    "REMOTE_COMMUNICATION",
    "SUPERVISOR_STATE_CHANGE",
    "SUPERVISOR_STATE_CHANGE_RUNNING",
    "SUPERVISOR_STATE_CHANGE_STOPPING",
    "TICK",
    "TICK_5",
    "TICK_60",
    "TICK_3600",
    "PROCESS_GROUP",
    "PROCESS_GROUP_ADDED",
    "PROCESS_GROUP_REMOVED",
];

impl Reading<'_> {
    pub(super) fn groups(&mut self) -> Result<Vec<Group>> {
        let sections: Vec<String> = self.ini.sections().map(String::from).collect();
        let of = |kind: &'static str| sections.iter().filter_map(move |s| Some((s.as_str(), s.strip_prefix(kind)?)));
        let (mut groups, mut members) = (Vec::new(), Vec::new());
        for (section, name) in of("group:") {
            groups.push(self.named(section, name, &mut members)?);
        }
        let free = |section: &str| !members.iter().any(|member| member == section);
        for (section, name) in of("program:").filter(|(section, _)| free(section)) {
            groups.push(self.programs(section, name)?);
        }
        for (section, name) in of("eventlistener:") {
            groups.push(self.listeners(section, name)?);
        }
        for (section, name) in of("fcgi-program:").filter(|(section, _)| free(section)) {
            groups.push(self.fast_cgi(section, name)?);
        }
        groups.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
        self.only_once(&mut groups);
        self.settle_needs(&mut groups)?;
        Ok(groups)
    }

    fn priority(&self, section: &str, default: i64) -> Result<i64> {
        self.typed(At { section, names: &self.names(&[]) }, "priority", default, integer)
    }

    /// `[group:x]`. Unlike the original it is always this section that an error names.
    fn named(&mut self, section: &str, name: &str, members: &mut Vec<String>) -> Result<Group> {
        let name = types::name(name)?;
        let programs = types::list(&self.get(section, "programs", &self.names(&[]))?.unwrap_or_default());
        let priority = self.priority(section, 999)?;
        let mut processes = Vec::new();
        for program in programs {
            let of = ["program:", "fcgi-program:"].map(|kind| [kind, program.as_str()].concat());
            let member = match of.each_ref().map(|member| self.ini.has(member)) {
                [false, false] => Err(wrong!("[{section}] names unknown program or fcgi-program {program}")),
                [true, true] => {
                    Err(wrong!("[{section}] name {program} is ambiguous (exists as program and fcgi-program)"))
                }
                [plain, _] => Ok(if plain { &of[0] } else { &of[1] }),
            }?;
            processes.extend(self.processes(member, &name)?);
            members.push(member.clone());
        }
        Ok(Group { name, priority, kind: Kind::Programs, processes })
    }

    fn programs(&mut self, section: &str, name: &str) -> Result<Group> {
        let name = types::name(name)?;
        let priority = self.priority(section, 999)?;
        let processes = self.processes(section, &name)?;
        Ok(Group { name, priority, kind: Kind::Programs, processes })
    }

    fn listeners(&mut self, section: &str, name: &str) -> Result<Group> {
        let names = self.names(&[]);
        let at = At { section, names: &names };
        let priority = self.priority(section, -1)?;
        let buffer = self.typed(at, "buffer_size", 10, integer)?;
        if buffer < 1 {
            return Err(wrong!("[{section}] section sets invalid buffer_size ({buffer})"));
        }
        let handler = self.get(section, "result_handler", &names)?;
        if let Some(handler) = handler.filter(|handler| handler != "supervisor.dispatchers:default_handler") {
            return Err(wrong!("{handler} cannot be resolved within [{section}]"));
        }
        let events = self.events(section, &names)?;
        if self.typed(at, "redirect_stderr", false, types::boolean)? {
            return Err(wrong!(
                "[{section}] section sets redirect_stderr=true but this is not allowed because it will interfere \
                 with the eventlistener protocol"
            ));
        }
        let processes = self.processes(section, name)?;
        Ok(Group { name: name.into(), priority, kind: Kind::Listeners { buffer, events }, processes })
    }

    fn events(&self, section: &str, names: &Names) -> Result<Vec<String>> {
        let listed = types::list(&self.get(section, "events", names)?.unwrap_or_default());
        let mut events: Vec<String> = listed.iter().map(|event| event.to_uppercase()).collect();
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            return Err(wrong!("[{section}] section requires an \"events\" line"));
        }
        match events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
            Some(unknown) => Err(wrong!("Unknown event type {unknown} in [{section}] events")),
            None => Ok(events),
        }
    }

    fn fast_cgi(&mut self, section: &str, name: &str) -> Result<Group> {
        let name = types::name(name)?;
        let priority = self.priority(section, 999)?;
        let kind = self.fast_cgi_socket(section, &name)?;
        let processes = self.processes(section, &name)?;
        Ok(Group { name, priority, kind, processes })
    }

    fn fast_cgi_socket(&self, section: &str, name: &str) -> Result<Kind> {
        let names = self.names(&[]);
        let at = At { section, names: &names };
        let user = self.typed(at, "user", None, |user| types::user(user, self.facts).map(Some))?;
        let backlog = self.typed(at, "socket_backlog", None, |text| match integer(text)? {
            backlog @ 1..=65535 => Ok(Some(backlog)),
            backlog => Err(wrong!("Invalid socket_backlog value {backlog}")),
        })?;
        let owner = self.typed(at, "socket_owner", None, |text| match types::owner(text, self.facts) {
            Some(owner) => Ok(Some(owner)),
            None => Err(wrong!("Invalid socket_owner value {text}")),
        })?;
        let mode = self.typed(at, "socket_mode", None, |text| match types::mode(text) {
            Ok(mode) => Ok(Some(mode)),
            Err(_) => Err(wrong!("Invalid socket_mode value {text}")),
        })?;
        let url = self.get(section, "socket", &self.names(&[("program_name", name)]))?.unwrap_or_default();
        if url.is_empty() {
            return Err(wrong!("[{section}] section requires a \"socket\" line"));
        }
        let placed = |wrong| wrong!("{wrong} in [{section}] socket");
        if !url.starts_with("unix://") && (owner.is_some() || mode.is_some()) {
            return Err(placed(wrong!(
                "socket_owner and socket_mode params should only be used with a Unix domain socket"
            )));
        }
        match types::socket(&url, self.facts).map_err(placed)? {
            socket @ Socket::Tcp(..) => Ok(Kind::FastCgi { socket, backlog, owner, mode }),
            socket @ Socket::Unix(_) => {
                let owner = owner.or_else(|| self.owner_of_socket(user?));
                Ok(Kind::FastCgi { socket, backlog, owner, mode: mode.or(Some(0o700)) })
            }
        }
    }

    /// A socket belongs to whoever the processes run as.
    fn owner_of_socket(&self, uid: u32) -> Option<Owner> {
        (uid != self.facts.uid()).then(|| Owner { uid, gid: self.facts.main_group(uid) })
    }

    fn processes(&mut self, section: &str, group: &str) -> Result<Vec<Process>> {
        let file = self.ini.file_of(section).unwrap_or(self.file).to_string();
        self.processes_of(section, group).map_err(|wrong| in_section(wrong, section, &file))
    }

    /// Of two groups of one name the first stays, of two processes of a group the last. The original says nothing.
    fn only_once(&mut self, groups: &mut Vec<Group>) {
        let mut names: Vec<String> = Vec::new();
        let mut doubles = Vec::new();
        groups.retain(|group| {
            let known = names.contains(&group.name);
            match known {
                true => {
                    doubles.push(alloc::format!("There is more than one group {}: the others are ignored", group.name))
                }
                false => names.push(group.name.clone()),
            }
            !known
        });
        for group in groups {
            let all = core::mem::take(&mut group.processes);
            for process in all {
                match group.processes.iter_mut().find(|known| known.name == process.name) {
                    Some(known) => {
                        let called = process.called(&group.name);
                        doubles.push(alloc::format!("There is more than one process {called}: the last one counts"));
                        *known = process;
                    }
                    None => group.processes.push(process),
                }
            }
        }
        doubles.into_iter().for_each(|double| self.warn(double));
    }
}
