//! Names that a daemon gives: to the directory of its state, and to logs that are named automatically.

use super::compile::{Stream, escaped};
use super::python::is_space;
use alloc::format;
use alloc::string::String;

/// The name of the state directory of whoever runs this configuration under this name: the next one finds it by the
/// same.
pub fn state(identifier: &str, configuration: &str) -> String {
    format!("supervisord-{}-{:016x}", escaped(identifier), hash(configuration.as_bytes()))
}

/// Fowler, Noll and Vo's: it stays the same in every version.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The name of a log that is named automatically, around eight characters that make it nobody else's.
pub fn log(process: &str, stream: Stream, identifier: &str, unique: &str) -> String {
    let process: String = process.chars().map(|c| if c == '/' { '_' } else { c }).collect();
    format!("{process}-{}---{identifier}-{unique}.log", stream.name())
}

/// Whether a file is such a log, or an older one that was put aside, of the daemon of this name.
pub fn is_log(name: &str, identifier: &str) -> bool {
    let mark = format!("---{identifier}-");
    let marks = name.match_indices(&mark).filter(|(at, _)| *at > 0);
    marks.into_iter().any(|(at, mark)| {
        let behind = name.get(at + mark.len()..).unwrap_or_default();
        // As the original's expression has it: characters without a blank, then `.log`, and whatever follows.
        behind.match_indices(".log").any(|(end, _)| {
            let unique = behind.get(..end).unwrap_or_default();
            !unique.is_empty() && !unique.contains(is_space)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_one_name() {
        assert_eq!(state("supervisor", "/etc/supervisord.conf"), state("supervisor", "/etc/supervisord.conf"));
        assert_ne!(state("supervisor", "/etc/supervisord.conf"), state("supervisor", "/etc/supervisord.con"));
        assert_ne!(state("a", "/x"), state("b", "/x"));
        assert_eq!(state("a/b", ""), "supervisord-a%2fb-cbf29ce484222325");
    }

    #[test]
    fn logs_are_known_again() {
        let name = log("web", Stream::Stdout, "supervisor", "abcd_123");
        assert_eq!(name, "web-stdout---supervisor-abcd_123.log");
        assert!(is_log(&name, "supervisor") && is_log(&format!("{name}.10"), "supervisor"));
        assert!(!is_log(&name, "other") && !is_log("---supervisor-x.log", "supervisor"));
        assert!(!is_log("web-stdout---supervisor-a b.log", "supervisor") && !is_log("web.log", "supervisor"));
    }
}
