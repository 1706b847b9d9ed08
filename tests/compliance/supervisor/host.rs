//! The host of the test, as a configuration is read against it.

use keepup::supervisor::facts::Facts;
use keepup::supervisor::words::Variables;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) struct Host {
    pub(crate) directory: PathBuf,
}

/// A field of a line of a file in /etc.
fn field(file: &str, is_it: impl Fn(&[&str]) -> bool, at: usize) -> Option<String> {
    let content = fs::read_to_string(file).ok()?;
    let lines = content.lines().map(|line| line.split(':').collect::<Vec<_>>());
    lines.into_iter().find(|fields| is_it(fields)).and_then(|fields| fields.get(at).map(ToString::to_string))
}

impl Facts for Host {
    fn uid(&self) -> u32 {
        field_of_status("Uid:")
    }

    fn node(&self) -> String {
        fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().into()
    }

    fn directory(&self) -> String {
        self.directory.to_str().unwrap().into()
    }

    fn temporary(&self) -> String {
        std::env::temp_dir().to_str().unwrap().into()
    }

    fn environment(&self) -> Variables {
        let mut variables: Variables = std::env::vars().collect();
        variables.insert("KEEPUP_TEST".into(), "some value".into());
        variables
    }

    fn home(&self, user: Option<&str>) -> Option<String> {
        match user {
            None => std::env::var("HOME").ok(),
            Some(user) => field("/etc/passwd", |fields| fields.first() == Some(&user), 5),
        }
    }

    fn is_directory(&self, path: &str) -> bool {
        self.directory.join(path).is_dir()
    }

    fn user(&self, name: &str) -> Option<u32> {
        field("/etc/passwd", |fields| fields.first() == Some(&name), 2)?.parse().ok()
    }

    fn main_group(&self, uid: u32) -> Option<u32> {
        field("/etc/passwd", |fields| fields.get(2) == Some(&uid.to_string().as_str()), 3)?.parse().ok()
    }

    fn group(&self, name: &str) -> Option<u32> {
        field("/etc/group", |fields| fields.first() == Some(&name), 2)?.parse().ok()
    }

    fn has_group(&self, gid: u32) -> bool {
        field("/etc/group", |fields| fields.get(2) == Some(&gid.to_string().as_str()), 2).is_some()
    }

    /// The corpus has patterns in the last part of a path only.
    fn matching(&self, pattern: &str) -> Vec<String> {
        let (dir, last) = pattern.rsplit_once('/').unwrap();
        let (head, tail) = last.split_once('*').unwrap_or((last, ""));
        let Ok(entries) = fs::read_dir(Path::new(dir)) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let fits = |name: &String| match last.contains('*') {
            true => name.starts_with(head) && name.ends_with(tail),
            false => name == last,
        };
        names.filter(fits).map(|name| format!("{dir}/{name}")).collect()
    }

    fn content(&self, path: &str) -> Option<String> {
        fs::read_to_string(path).ok()
    }
}

fn field_of_status(key: &str) -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
