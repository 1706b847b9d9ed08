//! What a configuration is read against: this host. Names of users are asked of the files in /etc where nsswitch.conf puts
//! those first, and else of getent, since the C library cannot be asked by a program that is linked statically.

use crate::getent;
use crate::process_state::account::Sources;
use crate::service::pattern;
use crate::supervisor::facts::Facts;
use crate::supervisor::words::Variables;
use crate::sys::fs::{self, Dir, How, Kind};
use crate::sys::{identity, io, process};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The host. The directory that relative paths are from, if it is not the current one, is for tests.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Where relative paths are from.
    pub directory: Option<String>,
    /// Variables that are in the environment besides.
    pub variables: Variables,
}

const PASSWD: (&str, &str) = ("passwd", "/etc/passwd");
const GROUP: (&str, &str) = ("group", "/etc/group");

/// The fields of the line of which one field is this.
fn entry(database: (&str, &str), at: usize, wanted: &str) -> Option<Vec<String>> {
    if wanted.is_empty() || wanted.contains(['\n', ':']) {
        return None;
    }
    let (name, path) = database;
    let sources = getent::sources(name).unwrap_or(Sources::FILE);
    let file = || find(&getent::read(path).ok()?, at, wanted);
    let others = || find(&getent::ask(name, wanted.as_bytes())?, at, wanted);
    match sources {
        Sources { file_first: true, others: false } => file(),
        Sources { file_first: true, .. } => file().or_else(others),
        Sources { file_first: false, .. } => others().or_else(file),
    }
}

fn find(content: &[u8], at: usize, wanted: &str) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(content);
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    text.lines().map(fields).find(|fields| fields.get(at).is_some_and(|field| field == wanted))
}

fn number(fields: &[String], at: usize) -> Option<u32> {
    fields.get(at)?.parse().ok()
}

/// The name and the main group of a user.
fn user_of(uid: u32) -> Option<(String, u32)> {
    let fields = entry(PASSWD, 2, &uid.to_string())?;
    Some((fields.first()?.clone(), number(&fields, 3)?))
}

/// Our own name.
pub(super) fn own_name() -> String {
    let uid = identity::identity().map_or(0, |identity| identity.users[1]);
    user_of(uid).map_or_else(|| uid.to_string(), |(name, _)| name)
}

/// All groups of a user, the main one first; those that a file or a name service lists.
pub fn groups(uid: u32) -> Vec<u32> {
    let Some((name, main)) = user_of(uid) else { return Vec::new() };
    let mut groups = vec![main];
    let sources = getent::sources(GROUP.0).unwrap_or(Sources::FILE);
    if sources.others || !sources.file_first {
        let answer = getent::ask("initgroups", name.as_bytes()).unwrap_or_default();
        let text = String::from_utf8_lossy(&answer).into_owned();
        groups.extend(text.split_whitespace().skip(1).filter_map(|word| word.parse::<u32>().ok()));
    }
    let listed = getent::read(GROUP.1).unwrap_or_default();
    for line in String::from_utf8_lossy(&listed).lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let is_member = fields.get(3).is_some_and(|members| members.split(',').any(|member| member == name));
        groups.extend(fields.get(2).filter(|_| is_member).and_then(|gid| gid.parse::<u32>().ok()));
    }
    let mut once = Vec::new();
    groups.into_iter().for_each(|gid| {
        if !once.contains(&gid) {
            once.push(gid)
        }
    });
    once
}

impl Facts for Host {
    fn uid(&self) -> u32 {
        identity::identity().map_or(0, |identity| identity.users[0])
    }

    fn node(&self) -> String {
        identity::host_name().to_string_lossy().into_owned()
    }

    fn directory(&self) -> String {
        let here = || fs::here().map_or_else(|_| "/".to_owned(), |path| path.to_string_lossy().into_owned());
        self.directory.clone().unwrap_or_else(here)
    }

    /// As Python looks for it: three variables, three directories, and then the current one.
    fn temporary(&self) -> String {
        let named = ["TMPDIR", "TEMP", "TMP"].into_iter().filter_map(process::variable);
        let named = named.map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty());
        let mut places = named.chain(["/tmp", "/var/tmp", "/usr/tmp"].map(str::to_owned));
        let usable = |place: &String| self.is_directory(place) && fs::may_write(self.seen(place));
        places.find(usable).unwrap_or_else(|| self.directory())
    }

    fn environment(&self) -> Variables {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let cut = |entry: &[u8]| {
            let at = entry.iter().position(|byte| *byte == b'=')?;
            Some((text(entry.get(..at)?), text(entry.get(at + 1..)?)))
        };
        let own = process::environment().into_iter().filter_map(|entry| cut(entry.to_bytes()));
        own.chain(self.variables.clone()).collect()
    }

    fn home(&self, user: Option<&str>) -> Option<String> {
        match user {
            None => {
                let own = process::variable("HOME").map(|home| home.to_string_lossy().into_owned());
                own.or_else(|| entry(PASSWD, 2, &self.uid().to_string())?.get(5).cloned())
            }
            Some(user) => entry(PASSWD, 0, user)?.get(5).cloned(),
        }
    }

    fn is_directory(&self, path: &str) -> bool {
        fs::facts_of(self.seen(path)).is_ok_and(|facts| facts.kind == Kind::Directory)
    }

    fn user(&self, name: &str) -> Option<u32> {
        number(&entry(PASSWD, 0, name)?, 2)
    }

    fn main_group(&self, uid: u32) -> Option<u32> {
        user_of(uid).map(|(_, gid)| gid)
    }

    fn group(&self, name: &str) -> Option<u32> {
        number(&entry(GROUP, 0, name)?, 2)
    }

    fn has_group(&self, gid: u32) -> bool {
        entry(GROUP, 2, &gid.to_string()).is_some()
    }

    fn matching(&self, pattern: &str) -> Vec<String> {
        let start = if pattern.starts_with('/') { "/" } else { "" };
        let mut found = vec![start.to_owned()];
        let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        for part in parts {
            found = found.iter().flat_map(|base| self.below(base, part)).collect();
        }
        found
    }

    /// A file that is not UTF-8 cannot be read, and nothing that waits for whoever writes into it.
    fn content(&self, path: &str) -> Option<String> {
        let file = fs::open(self.seen(path), How::Read).ok()?;
        let facts = fs::facts(&file).ok()?;
        if facts.kind == Kind::Directory {
            return None;
        }
        String::from_utf8(io::read_all(file).ok()?).ok()
    }
}

impl Host {
    /// A path, seen from where relative ones are from.
    fn seen(&self, path: &str) -> std::path::PathBuf {
        self.directory.as_ref().map_or_else(|| path.into(), |directory| Path::new(directory).join(path))
    }

    /// The paths in a directory that match one part of a pattern.
    fn below(&self, base: &str, part: &str) -> Vec<String> {
        let join = |name: &str| {
            if base.is_empty() || base.ends_with('/') { format!("{base}{name}") } else { format!("{base}/{name}") }
        };
        if !part.contains(['*', '?', '[']) {
            let path = join(part);
            return if fs::facts_of_link(self.seen(&path)).is_ok() { vec![path] } else { Vec::new() };
        }
        let place = if base.is_empty() { "." } else { base };
        let names = Dir::open(self.seen(place)).and_then(|dir| dir.names()).unwrap_or_default();
        let fits = |name: &str| {
            (!name.starts_with('.') || part.starts_with('.')) && pattern::selects(part.as_bytes(), name.as_bytes())
        };
        let names = names.iter().filter_map(|name| std::str::from_utf8(name.as_bytes()).ok());
        names.filter(|name| fits(name)).map(join).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_match() {
        let host = Host::default();
        assert_eq!(host.matching("/etc/pass[w]d"), ["/etc/passwd"]);
        assert_eq!(host.matching("/e?c/passwd"), ["/etc/passwd"]);
        assert_eq!(host.matching("/etc/no-such-*"), [""; 0]);
        assert_eq!(host.matching("src/supervisord/host.r*"), ["src/supervisord/host.rs"]);
    }

    #[test]
    fn users_and_groups() {
        let host = Host::default();
        assert_eq!((host.user("root"), host.main_group(0), host.group("root")), (Some(0), Some(0), Some(0)));
        assert_eq!((host.user("no such user"), host.user(""), host.has_group(4_000_000_000)), (None, None, false));
        assert_eq!(groups(0).first(), Some(&0));
        assert_eq!(groups(4_000_000_000), [0; 0]);
    }
}
