//! Calls that nothing can wait for, such as those on a file of a server that is gone: they are made in a child, which
//! may hang as long as it likes.

use super::wait::Wait;
use super::{Answer, Trouble, tell};
use crate::exit::{Ending, Exit, Pid};
use crate::probe::Verdict;
use crate::signal::Signal;
use crate::sys::process;
use core::time::Duration;

/// How long a child is waited for that has been killed. One that hangs in the kernel is left behind.
const GRACE: Duration = Duration::from_millis(200);

/// Does the work and tells what it says, or that it took too long.
pub(super) fn within(timeout: Duration, subject: &[u8], work: impl FnOnce() -> Answer<Verdict>) -> Exit {
    let started = Wait::new(timeout, &[Signal::CHLD]).and_then(|wait| {
        let pid = process::apart(|| tell(subject, work()));
        Ok((wait, pid.map_err(|errno| Trouble::call(&[b"unable to fork"], errno))?))
    });
    let answer = started.and_then(|(wait, pid)| follow(wait, pid));
    match answer {
        Ok(Ok(told)) => told,
        Ok(Err(verdict)) => tell(subject, Ok(verdict)),
        Err(trouble) => tell(subject, Err(trouble)),
    }
}

/// The code of the child, which has told already, or a verdict that is still to be told.
fn follow(mut wait: Wait, child: Pid) -> Answer<Result<Exit, Verdict>> {
    let mut killed = false;
    loop {
        match process::reap().filter(|(pid, _)| *pid == child) {
            Some((_, Ending::Exited(code))) => return Ok(Ok(Exit(code))),
            Some((_, Ending::Killed { .. })) if killed => return Ok(Err(Verdict::Ill(wait.late()))),
            Some((_, Ending::Unknown)) => return Err(Trouble::of(&[b"ended, nobody knows how"])),
            Some((_, Ending::Killed { by, .. })) => {
                return Err(Trouble::of(&[b"ended by signal ", by.to_string().as_bytes()]));
            }
            None => {}
        }
        let happened = wait.next(None, wait.deadline())?;
        if happened.is_empty() && killed {
            return Ok(Err(Verdict::Ill(wait.late())));
        }
        if happened.is_empty() {
            killed = true;
            let _ = process::send(child, Signal::KILL); // it may have ended just now; it has not been reaped
            wait.anew(GRACE);
        }
    }
}
