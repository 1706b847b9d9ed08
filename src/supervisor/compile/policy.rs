//! When a process starts again, when it counts as running, how it is stopped.

use crate::signal::Signal;
use crate::supervisor::config::Process;
use crate::supervisor::types::Autorestart;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Nobody waits longer than this: ten years.
const LONGEST: i64 = 10 * 365 * 24 * 3600;

fn seconds(number: i64) -> i64 {
    number.clamp(0, LONGEST)
}

/// An end before `startsecs` is tried again whatever `autorestart` says, after one second, then two; of all others only
/// that key decides.
pub(super) fn restart(process: &Process) -> String {
    let when = match process.autorestart {
        Autorestart::Always => "always",
        Autorestart::Never => "never",
        // Without a code that is expected, none is.
        Autorestart::Unexpected if process.exitcodes.is_empty() => "always",
        Autorestart::Unexpected => "on-failure",
    };
    let codes: Vec<String> = process.exitcodes.iter().map(|code| format!(" {code}")).collect();
    let ok = if codes.is_empty() { String::new() } else { format!("ok{}\n", codes.concat()) };
    let most = process.startretries.clamp(0, u32::MAX.into()).saturating_add(1).min(u32::MAX.into());
    format!("when {when}\n{ok}early retry\ndelay 1s +1s\ngive-up {most}\n")
}

pub(super) fn ready(process: &Process) -> Option<String> {
    let startsecs = seconds(process.startsecs);
    (startsecs > 0).then(|| format!("after {startsecs}s\n"))
}

/// The signal, and KILL for what is left.
pub(super) fn stop(process: &Process) -> String {
    let whom = |group| if group { "group" } else { "process" };
    // 0 is no signal: it only waits. CONT follows the first step anyway, and so does nothing more.
    let signal = Signal::new(process.stopsignal).unwrap_or(Signal::CONT).to_string();
    let (first, last) = (whom(process.stopasgroup), whom(process.killasgroup));
    format!("{signal} {first} {}s\nKILL {last}\n", seconds(process.stopwaitsecs))
}
