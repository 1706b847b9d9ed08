//! What only process 1 does: to all processes, and to the machine.

use super::{Errno, Result};
use crate::exit::Pid;
use crate::signal::Signal;
use crate::stage::Power;

/// From now on ctrl-alt-del is SIGINT to process 1 instead of a reboot without warning.
pub fn take_ctrl_alt_del() -> Result<()> {
    // SAFETY: changes a switch of the kernel.
    Errno::result(unsafe { libc::reboot(libc::LINUX_REBOOT_CMD_CAD_OFF) }).map(drop)
}

/// Leaves whatever session and terminal this process was started in.
pub fn lead_session() -> Result<()> {
    nix::unistd::setsid().map(drop)
}

/// Kills every process but this one that we may kill.
pub fn kill_all() -> Result<()> {
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::kill(-1, Signal::KILL.number().into()) }).map(drop)
}

/// Kills the processes of the group that this process led.
pub fn kill_group(leader: Pid) -> Result<()> {
    // SAFETY: numbers only; a pid is never 0 or negative.
    Errno::result(unsafe { libc::kill(-leader.get(), Signal::KILL.number().into()) }).map(drop)
}

/// Writes all buffers to the discs, and waits for it.
pub fn sync() {
    nix::unistd::sync();
}

/// Switches the machine off, in a child of its own: the kernel ends the process that asks for it. The child's exit
/// code is the error number where the kernel refused.
pub fn power(how: Power) -> Result<Pid> {
    let command = match how {
        Power::Reboot => libc::LINUX_REBOOT_CMD_RESTART,
        Power::Off => libc::LINUX_REBOOT_CMD_POWER_OFF,
        Power::Halt => libc::LINUX_REBOOT_CMD_HALT,
    };
    // SAFETY: this process has one thread. The child makes two system calls and no other.
    let pid = unsafe {
        match libc::fork() {
            0 => {
                let code = if libc::reboot(command) == 0 { 0 } else { *libc::__errno_location() };
                libc::_exit(code)
            }
            pid => pid,
        }
    };
    Pid::new(Errno::result(pid)?).ok_or(Errno::ECHILD)
}
