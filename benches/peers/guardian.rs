//! Whatever happens to the measuring, no process stays: a parent that inherits all orphans ends them.

use super::process;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use std::path::PathBuf;
use std::process::Command;

/// Set for the process that measures, to its place.
pub const INSIDE: &str = "KEEPUP_BENCH_PLACE";

/// Starts the process that measures, and leaves with its exit code once nothing is left of it.
pub fn guard(args: &[String]) {
    nix::sys::prctl::set_child_subreaper(true).expect("to inherit orphans");
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGCHLD] {
        signals.add(signal);
    }
    signals.thread_block().expect("to block signals");
    let place = base().join(format!("keepup-bench-{}", std::process::id()));
    std::fs::create_dir_all(&place).expect("a directory");
    let this = std::env::current_exe().expect("this program");
    #[allow(clippy::zombie_processes)] // waited for with all the others
    let inside = Command::new(this).args(args).env(INSIDE, &place).spawn().expect("to start");
    let code = loop {
        match signals.wait().expect("a signal") {
            Signal::SIGCHLD => {}
            signal => break 128 + signal as i32,
        }
        if let Some(code) = reap(inside.id() as i32) {
            break code;
        }
    };
    end_all();
    let _ = std::fs::remove_dir_all(place);
    std::process::exit(code);
}

/// What the guardian has blocked for itself is not for those whom we start.
pub fn unblock() {
    SigSet::all().thread_unblock().expect("to unblock signals");
}

/// Reaps who has ended; the exit code of this one if it is among them.
fn reap(inside: i32) -> Option<i32> {
    let mut found = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid.as_raw() == inside => found = Some(code),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid.as_raw() == inside => found = Some(128 + signal as i32),
            Ok(WaitStatus::StillAlive) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

/// A supervisor that is told to leave might start something meanwhile: it is killed, as often as there is one.
fn end_all() {
    loop {
        let mine = process::descendants(std::process::id() as i32);
        if mine.is_empty() {
            return;
        }
        mine.into_iter().for_each(|pid| process::signal(pid, Signal::SIGKILL));
        while matches!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Ok(status) if status != WaitStatus::StillAlive) {}
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// In memory, where the state of supervisors is on a machine that is set up well (s6 asks for it, Debian links runit's into
/// /run): the journal of a disk is no supervisor's price. TMPDIR decides otherwise.
fn base() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if std::env::var_os("TMPDIR").is_none() && memory.is_dir() { memory } else { std::env::temp_dir() }
}
