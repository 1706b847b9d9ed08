//! Control groups, version 2, as texts: where a process is, what limits a service asks for, what the kernel has done.

use alloc::vec::Vec;

/// A supervisor in a group of this name has the groups of its services beside it: a group with limits on its children
/// may have no processes of its own.
const SUPERVISOR: &[u8] = b"/supervisor";

/// Files that are no limits: they move and end processes.
const NO_LIMITS: [&[u8]; 4] = [b"cgroup.kill", b"cgroup.procs", b"cgroup.subtree_control", b"cgroup.threads"];

/// The directory of the group that holds the groups of services, by a process's `mountinfo` and `cgroup`.
pub fn place(mounts: &[u8], own: &[u8]) -> Option<Vec<u8>> {
    let own = own.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"0::"))?;
    let own = own.strip_suffix(SUPERVISOR).unwrap_or(own);
    mounts.split(|byte| *byte == b'\n').filter_map(|line| below(line, own)).next_back()
}

/// The path of a group where this mount shows it.
fn below(mount: &[u8], own: &[u8]) -> Option<Vec<u8>> {
    let mut words = mount.split(|byte| *byte == b' ');
    let (root, point) = (words.nth(3)?, words.next()?);
    words.find(|word| *word == b"-")?;
    if words.next()? != b"cgroup2" {
        return None;
    }
    let rest = own.strip_prefix(root.strip_suffix(b"/").unwrap_or(root))?;
    let mut path = unescaped(point);
    if !matches!(rest, [] | b"/") {
        path.extend_from_slice(rest);
    }
    (matches!(rest, [] | [b'/', ..])).then_some(path)
}

/// Blanks and backslashes are written as three octal digits.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut left = text;
    while let [first, rest @ ..] = left {
        match left {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                plain.push((a & 7) << 6 | (b & 7) << 3 | (c & 7));
                left = rest;
            }
            _ => {
                plain.push(*first);
                left = rest;
            }
        }
    }
    plain
}

/// Whether a file of a group sets something for it.
pub fn is_limit(name: &[u8]) -> bool {
    name.contains(&b'.') && !NO_LIMITS.contains(&name)
}

/// Which controller a file belongs to; every group has those of none.
pub fn controller(name: &[u8]) -> Option<&[u8]> {
    name.split(|byte| *byte == b'.').next().filter(|controller| *controller != b"cgroup")
}

/// What is to be written, each at once: the kernel takes one line at a time.
pub fn values(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = content.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"))
}

/// How many processes of a group the kernel has killed as its memory was short, by `memory.events`.
pub fn kills(events: &[u8]) -> Option<u64> {
    let line = events.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"oom_kill "))?;
    core::str::from_utf8(line).ok()?.trim_ascii().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    const HYBRID: &str = "\
25 20 0:22 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
26 25 0:23 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw
27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
";

    fn at(mounts: &str, own: &str) -> Option<String> {
        place(mounts.as_bytes(), own.as_bytes()).map(|path| String::from_utf8(path).unwrap())
    }

    fn found(path: &str) -> Option<String> {
        Some(path.into())
    }

    #[test]
    fn the_group_is_looked_up_where_it_is_mounted() {
        let own = "8:pids:/else\n0::/system.slice/keepup.service\n";
        assert_eq!(at(HYBRID, own), found("/sys/fs/cgroup/unified/system.slice/keepup.service"));
        assert_eq!(at(HYBRID, "0::/\n"), found("/sys/fs/cgroup/unified"));
        assert_eq!(at(HYBRID, "8:pids:/else\n"), None);
        assert_eq!(at("27 25 0:24 / /x rw - cgroup cgroup rw\n", "0::/\n"), None);
    }

    #[test]
    fn a_mount_may_show_a_part_only() {
        let mount = "30 25 0:23 /pod /cg\\040roup rw - cgroup2 cgroup2 rw\n";
        assert_eq!(at(mount, "0::/pod/a\n"), found("/cg roup/a"));
        assert_eq!(at(mount, "0::/pod\n"), found("/cg roup"));
        assert_eq!(at(mount, "0::/podium\n"), None);
        assert_eq!(at(mount, "0::/\n"), None);
        assert_eq!(at("30 25 0:23 /.. /cg rw - cgroup2 cgroup2 rw\n", "0::/\n"), None);
    }

    #[test]
    fn a_supervisor_in_a_group_of_its_own_has_its_services_beside_it() {
        assert_eq!(at(HYBRID, "0::/keepup/supervisor\n"), found("/sys/fs/cgroup/unified/keepup"));
        assert_eq!(at(HYBRID, "0::/supervisor\n"), found("/sys/fs/cgroup/unified"));
    }

    #[test]
    fn what_moves_and_ends_processes_is_no_limit() {
        assert!(is_limit(b"memory.max") && is_limit(b"cgroup.max.depth"));
        for name in [&b"cgroup.kill"[..], b"cgroup.procs", b"README", b"tasks"] {
            assert!(!is_limit(name));
        }
        assert_eq!(controller(b"memory.max"), Some(&b"memory"[..]));
        assert_eq!(controller(b"cgroup.max.depth"), None);
    }

    #[test]
    fn each_line_is_a_value() {
        let content = b"# disks\n8:0 rbps=1m\n\n 8:16 wbps=1m \n";
        assert_eq!(values(content).collect::<Vec<_>>(), [&b"8:0 rbps=1m"[..], b"8:16 wbps=1m"]);
    }

    #[test]
    fn kills_are_counted_apart_from_other_events() {
        let events = b"low 0\nhigh 0\nmax 9\noom 2\noom_kill 1\noom_group_kill 3\n";
        assert_eq!(kills(events), Some(1));
        assert_eq!(kills(b"oom 1\n"), None);
    }
}
