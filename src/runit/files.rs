//! The files that tell process 1 what to do, by whether their owner may execute them: the one thing that can be said
//! of a file without opening it for writing on a machine that is going down.

use crate::stage::{Child, Facts};
use crate::sys::{Result, fs};
use std::ffi::CStr;

/// What each child is.
pub(super) fn program(child: Child) -> &'static CStr {
    match child {
        Child::One => c"/etc/runit/1",
        Child::Two => c"/etc/runit/2",
        Child::Three => c"/etc/runit/3",
        Child::CtrlAltDel => c"/etc/runit/ctrlaltdel",
        Child::Emergency => c"/etc/runit/emergency",
    }
}

/// Where it exists, the machine is switched off without writing the buffers first.
const NO_SYNC: &str = "/etc/runit/nosync";

/// The file that says that the machine shall stop, and the one that says that it shall come up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Switches {
    /// Stop.
    pub(super) stop: &'static str,
    /// And come up again.
    pub(super) reboot: &'static str,
}

/// Debian's: below a directory that is writable and empty at every boot.
const VOLATILE: Switches = Switches { stop: "/run/runit.stopit", reboot: "/run/runit.reboot" };

/// runit's own. They may be links into /run, dangling until a stage makes what they name.
const CLASSIC: Switches = Switches { stop: "/etc/runit/stopit", reboot: "/etc/runit/reboot" };

/// The files of this machine: runit's own where the name of the stop file is there, else Debian's. Process 1 and
/// runit-init ask at the same moment, each time anew, and so mean the same.
pub(super) fn switches() -> Switches {
    if fs::facts_of_link(CLASSIC.stop).is_ok() { CLASSIC } else { VOLATILE }
}

/// What the files say now. This takes no descriptor: a machine that has run out of them can still be stopped.
pub(super) fn facts() -> Facts {
    let set = |path: &str| fs::facts_of(path).is_ok_and(|facts| facts.mode & OWNER_EXECUTES != 0);
    let is_program = |child| set(program(child).to_str().unwrap_or_default());
    let switches = switches();
    Facts {
        stop: set(switches.stop),
        reboot: set(switches.reboot),
        ctrl_alt_del: is_program(Child::CtrlAltDel),
        emergency: is_program(Child::Emergency),
    }
}

const OWNER_EXECUTES: u32 = 0o100;

/// Takes the stop file back.
pub(super) fn disarm() {
    // Where it is not there, or cannot be changed, nothing more can be done: the machine is going down already.
    let _ = fs::set_mode_of(switches().stop, 0);
}

/// Whether the buffers are to be written before the machine is switched off.
pub(super) fn sync_wanted() -> bool {
    fs::facts_of(NO_SYNC).is_err()
}

/// Makes one of the files say yes.
pub(super) fn arm(path: &str) -> Result<()> {
    let file = fs::Dir::current()?.file(path, fs::How::Truncate)?;
    fs::set_mode(&file, OWNER_EXECUTES)
}
