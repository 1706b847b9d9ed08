//! Ours: `needs`, the names of what must be ready before a process starts.

use super::{Reading, in_section};
use crate::supervisor::config::Group;
use crate::supervisor::{Result, wrong};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Reading<'_> {
    /// Each name becomes those of processes, as `GROUP:NAME`. A name is a group, or one of its processes, or all of them:
    /// `db`, `db:main`, `db:*`. A name of nothing is an error, as the process would wait for ever.
    pub(super) fn settle_needs(&self, groups: &mut [Group]) -> Result<()> {
        let all: Vec<(String, String)> = groups
            .iter()
            .flat_map(|group| group.processes.iter().map(|process| (group.name.clone(), process.name.clone())))
            .collect();
        for process in groups.iter_mut().flat_map(|group| &mut group.processes) {
            let mut needs = Vec::new();
            for need in &process.needs {
                let found = named(need, &all);
                if found.is_empty() {
                    let file = self.ini.file_of(&process.section).unwrap_or(self.file);
                    return Err(in_section(wrong!("needs names unknown process {need}"), &process.section, file));
                }
                needs.extend(found);
            }
            needs.sort_unstable();
            needs.dedup();
            process.needs = needs;
        }
        Ok(())
    }
}

fn named(need: &str, all: &[(String, String)]) -> Vec<String> {
    let (group, process) = match need.split_once(':') {
        Some((group, "" | "*")) => (group, None),
        Some((group, process)) => (group, Some(process)),
        None => (need, None),
    };
    let is_it = |(of, name): &&(String, String)| of == group && process.is_none_or(|process| process == name);
    all.iter().filter(is_it).map(|(of, name)| [of, ":", name].concat().to_string()).collect()
}
