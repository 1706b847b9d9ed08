//! Capabilities: the pieces that root's power is made of, by name.

/// A set of capabilities, a bit for each as the kernel numbers them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(pub u64);

/// The names in the kernel's order: a name's place is its number.
const NAMES: &[&str] = &[
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

impl Capabilities {
    /// A list as `net_bind_service,CAP_SYS_NICE`; an empty one is the empty set. A word that is no capability is the
    /// error.
    pub fn parse(list: &str) -> Result<Capabilities, &str> {
        let words = list.split(',').filter(|_| !list.is_empty());
        words
            .map(|word| number(word).map(|n| 1 << n).ok_or(word))
            .try_fold(0, |set, bit| Ok(set | bit?))
            .map(Capabilities)
    }

    /// Whether this one is in it.
    pub fn contains(self, number: u32) -> bool {
        self.0.checked_shr(number).is_some_and(|bits| bits & 1 == 1)
    }

    /// The numbers in it.
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        (0..u64::BITS).filter(move |number| self.contains(*number))
    }
}

fn number(word: &str) -> Option<usize> {
    let bare = match word.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("cap_") => &word[4..],
        _ => word,
    };
    NAMES.iter().position(|name| name.eq_ignore_ascii_case(bare))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::string::String;
    use alloc::vec::Vec;

    #[test]
    fn names_are_the_kernels() {
        assert_eq!(NAMES.len(), 41);
        assert_eq!(Capabilities::parse("net_bind_service"), Ok(Capabilities(1 << 10)));
        assert_eq!(Capabilities::parse("CAP_CHOWN,Sys_Nice"), Ok(Capabilities(1 | 1 << 23)));
        assert_eq!(Capabilities::parse("checkpoint_restore"), Ok(Capabilities(1 << 40)));
        assert_eq!(Capabilities::parse(""), Ok(Capabilities(0)));
        assert_eq!(Capabilities::parse("chown,"), Err(""));
        assert_eq!(Capabilities::parse("chown,all"), Err("all"));
    }

    #[test]
    fn arbitrary_lists_never_panic_and_sets_round_trip() {
        let mut source = Random::new(13);
        for _ in 0..10_000 {
            let text = String::from_utf8_lossy(&source.bytes("CAP_chown,é".as_bytes(), 20)).into_owned();
            let _ = Capabilities::parse(&text);
            let set = Capabilities(source.number(1 << 41));
            let names: Vec<&str> = set.numbers().map(|n| NAMES[n as usize]).collect();
            assert_eq!(Capabilities::parse(&names.join(",")), Ok(set));
        }
    }
}
