//! What a word that is being typed may become.

use super::command::{COMMANDS, Takes, find};
use super::session::{Session, full_name, text};

/// The processes that were there when they were asked for first: (group, process).
#[derive(Debug, Default)]
pub(super) struct Known(Option<Vec<(String, String)>>);

/// What may stand in the place of the last word of this line; each ends in a space.
pub(super) fn candidates(known: &mut Known, session: &mut Session, line: &str) -> Vec<String> {
    let line = line.trim_start();
    let (before, word) = line.split_at(line.rfind(char::is_whitespace).map_or(0, |at| at + 1));
    let takes = match before.split_whitespace().next() {
        None => Takes::Commands,
        Some(command) => find(command).map_or(Takes::Nothing, |command| command.takes),
    };
    let names = match takes {
        Takes::Nothing => Vec::new(),
        Takes::Commands => COMMANDS.iter().map(|command| command.name.to_owned()).collect(),
        Takes::Groups => groups(known.processes(session)),
        Takes::Processes => names(known.processes(session)),
    };
    names.into_iter().filter(|name| name.starts_with(word)).map(|name| name + " ").collect()
}

impl Known {
    /// Nobody is told that the server cannot be asked: the command will tell.
    fn processes(&mut self, session: &mut Session) -> &[(String, String)] {
        self.0.get_or_insert_with(|| {
            let found = session.list("getAllProcessInfo", &[]).unwrap_or_default();
            let pair =
                |process| Some((text(process, "group").ok()?.to_owned(), text(process, "name").ok()?.to_owned()));
            found.iter().filter_map(pair).collect()
        })
    }
}

fn groups(processes: &[(String, String)]) -> Vec<String> {
    let mut groups: Vec<String> = processes.iter().map(|(group, _)| group.clone()).collect();
    groups.sort();
    groups.dedup();
    groups
}

/// Those of a group of another name are had all at once, too.
fn names(processes: &[(String, String)]) -> Vec<String> {
    let mut names = Vec::new();
    for (group, process) in processes {
        if group != process {
            names.push(format!("{group}:*"));
        }
        names.push(full_name(group, process));
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_may_be_named_as_a_whole() {
        let processes =
            [("cat", "cat"), ("grp", "a"), ("grp", "b")].map(|(one, other)| (one.to_owned(), other.to_owned()));
        assert_eq!(groups(&processes), ["cat", "grp"]);
        assert_eq!(names(&processes), ["cat", "grp:*", "grp:a", "grp:b"]);
    }
}
