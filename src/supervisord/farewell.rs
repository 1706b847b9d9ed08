//! The stop of everything: group after group, that of the highest priority number first, the next once all of one are
//! stopped; and then what is left of them.

use super::groups::Active;
use super::journals::Journals;
use crate::moment::Moment;
use crate::supervisor::types::Level;
use core::time::Duration;
use std::collections::BTreeMap;

/// How often it is said who is waited for, and a supervisor told again that may not have heard.
const AGAIN: Duration = Duration::from_secs(3);

/// A stop in progress.
#[derive(Debug)]
pub(super) struct Farewell {
    /// Groups that are not stopped yet, the next one last; each with its processes, the next one last.
    groups: Vec<Vec<String>>,
    /// All processes, in the order in which they are spoken of.
    all: Vec<String>,
    /// Who was told, and when.
    told: BTreeMap<String, Moment>,
    /// When to say again who is waited for.
    due: Option<Moment>,
}

impl Farewell {
    /// Nobody is told yet.
    pub(super) fn new(active: &[Active], journals: &Journals) -> Farewell {
        let mut sorted: Vec<&Active> = active.iter().collect();
        sorted.sort_by_key(|group| group.priority);
        let priority = |name: &String| journals.get(name).map_or(0, |process| process.sheet.process.priority);
        let members = |group: &&Active| {
            let mut members = group.members.clone();
            members.sort_by_key(priority);
            members
        };
        Farewell {
            groups: sorted.iter().map(members).collect(),
            all: active.iter().flat_map(|group| group.members.clone()).collect(),
            told: BTreeMap::new(),
            due: None,
        }
    }

    /// Goes on: what is to be said, and whether all are stopped.
    pub(super) fn turn(&mut self, now: Moment, journals: &Journals) -> (Vec<(Level, String)>, bool) {
        let mut said = Vec::new();
        let lives = |name: &String| journals.get(name).is_some_and(|process| !process.state.is_stopped());
        while let Some(group) = self.groups.last() {
            let left: Vec<&String> = group.iter().rev().filter(|name| lives(name)).collect();
            for name in &left {
                let again = self.told.get(*name).is_none_or(|told| *told + AGAIN <= now);
                let Some(process) = journals.get(name).filter(|process| again && process.state.is_running()) else {
                    continue;
                };
                if process.pid != 0 {
                    said.push((Level::Debug, process.killing()));
                }
                journals.send(name, b"d");
                self.told.insert((*name).clone(), now);
            }
            if !left.is_empty() {
                break;
            }
            self.groups.pop();
        }
        let left: Vec<&String> = self.all.iter().filter(|name| lives(name)).collect();
        if !left.is_empty() && self.due.is_none_or(|due| due <= now) {
            self.due = Some(now + AGAIN);
            let names = left.iter().filter_map(|name| journals.get(name));
            let names: Vec<&str> = names.map(|process| process.sheet.process.name.as_str()).collect();
            said.push((Level::Info, format!("waiting for {} to die", names.join(", "))));
        }
        (said, self.groups.is_empty())
    }

    /// When to say something again.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.due.filter(|_| !self.groups.is_empty())
    }
}
