//! Which groups there are, which are to be, and what has changed between the two: what there is stands in the service
//! directories, and the same configuration always makes the same files.

use super::host;
use super::setup::Setup;
use super::state::State;
use super::tree::{beside, search_path};
use crate::supervisor::compile::{self, Compiled, Service, Stream, directory_name};
use crate::supervisor::config::{Config, Group};
use crate::supervisor::place;
use crate::supervisor::types::LogFile;
use crate::sys::fs::{self, Dir, How};
use crate::sys::{Errno, clock, io, process};
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;

/// A group that is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Active {
    pub(super) name: String,
    pub(super) priority: i64,
    /// The service directories of its processes, in the order of the configuration.
    pub(super) members: Vec<String>,
}

/// Logs that are named automatically, by service directory and stream.
type Autos = BTreeMap<(String, &'static str), String>;

/// A process by its priority and its name, and its service directory.
type Member = (i64, String, String);

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Those that are run, in the order in which they came.
    pub(super) active: Vec<Active>,
    /// Those of the configuration that was read last.
    pub(super) pending: Vec<Group>,
    autos: Autos,
}

/// What differs, each by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) added: Vec<String>,
    pub(super) changed: Vec<String>,
    pub(super) removed: Vec<String>,
}

/// What stands for a log that has no name yet. No file has this name.
const UNNAMED: &str = "/";

impl Groups {
    /// The service directories of these groups, as this daemon makes them. `directory` is where it runs.
    pub(super) fn compile(&self, setup: &Setup, directory: &str, groups: &[Group]) -> Compiled {
        let config = Config { groups: groups.to_vec(), ..setup.config.clone() };
        let (chpst, svlogd, path) = (beside("chpst"), beside("svlogd"), search_path());
        let auto = |name: &str, stream: Stream| {
            self.autos.get(&(name.to_owned(), stream.name())).cloned().unwrap_or_else(|| UNNAMED.into())
        };
        let uid = crate::supervisor::facts::Facts::uid(&host::Host::default());
        let place = compile::Place {
            directory,
            uid,
            path: Some(&path),
            chpst: &chpst.to_string_lossy(),
            svlogd: &svlogd.to_string_lossy(),
            groups: &host::groups,
            auto: &auto,
        };
        compile::services(&config, &place)
    }

    /// The same, one group at a time.
    fn services_of(&self, setup: &Setup, directory: &str, group: &Group) -> Vec<Service> {
        self.compile(setup, directory, core::slice::from_ref(group)).services
    }

    /// Gives the logs of a group names, and makes them.
    pub(super) fn name_logs(&mut self, setup: &Setup, group: &Group) -> Result<(), (String, Errno)> {
        let daemon = &setup.config.daemon;
        for process in &group.processes {
            let name = directory_name(&group.name, &process.name);
            for (stream, channel) in [(Stream::Stdout, &process.stdout), (Stream::Stderr, &process.stderr)] {
                let joined = stream == Stream::Stderr && process.redirect_stderr;
                let key = (name.clone(), stream.name());
                if channel.logfile != LogFile::Auto || joined {
                    continue;
                }
                if self.autos.get(&key).is_some_and(|path| fs::facts_of_link(path).is_ok()) {
                    continue;
                }
                let path = make_log(&daemon.childlogdir, &process.name, stream, &daemon.identifier)
                    .map_err(|errno| (daemon.childlogdir.clone(), errno))?;
                self.autos.insert(key, path);
            }
        }
        Ok(())
    }

    /// Remembers what a service directory says that was there before us.
    pub(super) fn recall(&mut self, state: &State, names: &[String]) {
        for name in names {
            let Some(sheet) = state.sheet(name) else { continue };
            let files = [
                (Stream::Stdout, &sheet.process.stdout, &sheet.stdout_file),
                (Stream::Stderr, &sheet.process.stderr, &sheet.stderr_file),
            ];
            for (stream, channel, file) in files {
                if let (LogFile::Auto, Some(path)) = (&channel.logfile, file) {
                    self.autos.insert((name.clone(), stream.name()), path.clone());
                }
            }
        }
    }

    /// Takes what the service directories say for what is run.
    pub(super) fn take_over(&mut self, state: &State) {
        let mut found: BTreeMap<(i64, String), Vec<Member>> = BTreeMap::new();
        for name in state.names() {
            let Some(sheet) = state.sheet(&name) else { continue };
            let member = (sheet.process.priority, sheet.process.name, name);
            found.entry((sheet.group_priority, sheet.group)).or_default().push(member);
        }
        self.active.clear();
        for ((priority, name), mut members) in found {
            members.sort();
            let members = members.into_iter().map(|(.., name)| name).collect();
            self.active.push(Active { name, priority, members });
        }
    }

    /// From now on a group is run.
    pub(super) fn activate(&mut self, group: &Group) {
        let members = group.processes.iter().map(|process| directory_name(&group.name, &process.name)).collect();
        let active = Active { name: group.name.clone(), priority: group.priority, members };
        self.active.retain(|known| known.name != active.name);
        self.active.push(active);
    }

    /// The group of this name that is run.
    pub(super) fn get(&self, name: &str) -> Option<&Active> {
        self.active.iter().find(|group| group.name == name)
    }

    /// What differs between what is run and what was read last.
    pub(super) fn changes(&self, setup: &Setup, directory: &str, state: &State) -> Changes {
        let mut changes = Changes::default();
        for group in &self.pending {
            match self.get(&group.name) {
                None => changes.added.push(group.name.clone()),
                Some(active) if self.is_changed(active, setup, directory, state, group) => {
                    changes.changed.push(group.name.clone());
                }
                Some(_) => {}
            }
        }
        let is_gone = |active: &&Active| !self.pending.iter().any(|group| group.name == active.name);
        changes.removed = self.active.iter().filter(is_gone).map(|active| active.name.clone()).collect();
        changes
    }

    fn is_changed(&self, active: &Active, setup: &Setup, directory: &str, state: &State, group: &Group) -> bool {
        let services = self.services_of(setup, directory, group);
        let mut names: Vec<&String> = services.iter().map(|service| &service.name).collect();
        let mut members: Vec<&String> = active.members.iter().collect();
        names.sort();
        members.sort();
        names != members || active.priority != group.priority || services.iter().any(|service| !state.is_same(service))
    }

    /// Removes logs of earlier daemons of our name that were named automatically, but for those that are written to. What
    /// could not be done is answered.
    pub(super) fn clean_logs(&self, setup: &Setup) -> Vec<String> {
        let daemon = &setup.config.daemon;
        let Ok(dir) = Dir::open(&daemon.childlogdir) else { return vec!["Could not clear childlog dir".into()] };
        let Ok(names) = dir.names() else { return vec!["Could not clear childlog dir".into()] };
        let mut failed = Vec::new();
        for name in names.iter().filter_map(|name| std::str::from_utf8(name.as_bytes()).ok()) {
            let path = format!("{}/{name}", daemon.childlogdir);
            let is_used = self.autos.values().any(|used| path.starts_with(used.as_str()));
            if place::is_log(name, &daemon.identifier) && !is_used && dir.remove(name).is_err() {
                failed.push(format!("Failed to clean up {}", crate::supervisor::python::quoted(&path)));
            }
        }
        failed
    }
}

/// Makes a log with a name that nobody has yet.
fn make_log(directory: &str, process: &str, stream: Stream, identifier: &str) -> Result<String, Errno> {
    const TRIES: u32 = 1000;
    let dir = Dir::open(directory)?;
    for number in 0..TRIES {
        let name = place::log(process, stream, identifier, &unique(number));
        match dir.own_file(&name, How::New) {
            Ok(file) => {
                fs::set_mode(&file, 0o600)?;
                return Ok(format!("{}/{name}", directory.trim_end_matches('/')));
            }
            Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Err(Errno::EEXIST)
}

/// Eight characters that are nobody else's, most likely.
fn unique(number: u32) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = [0; 8];
    let random = fs::open("/dev/urandom", How::Read).and_then(|file| io::read(file, &mut bytes));
    if random.is_err() {
        let pid = process::own_id().map_or(0, |pid| pid.get() as u64);
        let mixed = (clock::monotonic().as_nanos() as u64 ^ pid << 40).wrapping_add(number.into());
        bytes = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    }
    let letter = |byte: u8| LETTERS.get(usize::from(byte) % LETTERS.len()).copied().map_or('a', char::from);
    bytes.map(letter).iter().collect()
}
