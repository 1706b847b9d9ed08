//! A small host for the tests.

use super::facts::Facts;
use super::words::Variables;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A host with these files besides the directories that every host has.
#[derive(Clone, Debug, Default)]
pub(super) struct Fake {
    pub(super) files: BTreeMap<String, String>,
}

impl Fake {
    pub(super) fn with(files: &[(&str, &str)]) -> Fake {
        Fake { files: files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect() }
    }
}

const USERS: [(&str, u32); 2] = [("root", 0), ("web", 33)];

impl Facts for Fake {
    fn uid(&self) -> u32 {
        0
    }

    fn node(&self) -> String {
        "box".into()
    }

    fn directory(&self) -> String {
        "/srv".into()
    }

    fn temporary(&self) -> String {
        "/tmp".into()
    }

    fn environment(&self) -> Variables {
        [("HOME".to_string(), "/root".to_string()), ("PATH".to_string(), "/bin".to_string())].into()
    }

    fn home(&self, user: Option<&str>) -> Option<String> {
        matches!(user, None | Some("root")).then(|| "/root".into())
    }

    fn is_directory(&self, path: &str) -> bool {
        ["/", "/tmp", "/root", "/dev", "/dev/fd", "/etc", "/srv"].contains(&path)
    }

    fn user(&self, name: &str) -> Option<u32> {
        USERS.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
    }

    fn main_group(&self, uid: u32) -> Option<u32> {
        USERS.iter().find(|(_, id)| *id == uid).map(|(_, id)| *id)
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.user(name)
    }

    fn has_group(&self, gid: u32) -> bool {
        self.main_group(gid).is_some()
    }

    /// The only pattern of a fake is a directory and `*.conf`.
    fn matching(&self, pattern: &str) -> Vec<String> {
        let Some(head) = pattern.strip_suffix("*.conf") else {
            return self.files.keys().filter(|path| *path == pattern).cloned().collect();
        };
        self.files.keys().rev().filter(|path| path.starts_with(head) && path.ends_with(".conf")).cloned().collect()
    }

    fn content(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }
}
