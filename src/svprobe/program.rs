//! A program whose exit code says it.

use super::options::Program;
use super::wait::Wait;
use super::{Answer, Trouble};
use crate::exit::{Ending, Pid};
use crate::probe::{Verdict, judge};
use crate::process_state::{environment, search};
use crate::signal::Signal;
use crate::sys::fs::{self, How};
use crate::sys::process::{self, Spawn, Started, Stream};
use crate::sys::reactor::{Direction, Event};
use crate::sys::{Errno, family, io};
use core::time::Duration;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

const WATCHED: &[Signal] = &[Signal::CHLD, Signal::TERM, Signal::INT, Signal::HUP];

/// How long those are waited for that have been killed. One that hangs in the kernel is left behind.
const GRACE: Duration = Duration::from_secs(1);

/// How much of what it says is kept.
const LINE: usize = 1024;

/// A program that runs.
struct Run {
    pid: Pid,
    output: Option<OwnedFd>,
    line: Vec<u8>,
}

/// Why it does not run any more.
enum Over {
    Ended(Ending),
    Late,
    Told(Signal),
}

/// Runs it to its end. Too late, or when we are told to end, it ends with all that it has started.
pub(super) fn run(program: &Program, timeout: Duration) -> Answer<Verdict> {
    let mut wait = Wait::new(timeout, WATCHED)?;
    let _ = family::adopt_orphans(); // where it cannot be had, only its session is killed
    let mut run = start(program, &wait)?;
    let over = run.follow(&mut wait)?;
    if let Over::Ended(ending) = over {
        run.listen();
        return Ok(judge::program(ending, run.first_line()));
    }
    kill(run.pid, &mut wait)?;
    match over {
        Over::Told(signal) => Err(Trouble::of(&[b"ended by signal ", signal.to_string().as_bytes()])),
        _ => Ok(Verdict::Ill(wait.late())),
    }
}

fn start(program: &Program, wait: &Wait) -> Answer<Run> {
    let unable = |errno| Trouble::call(&[b"unable to run"], errno);
    let words: Vec<CString> = program.command.iter().flat_map(|word| CString::new(word.0.as_bytes())).collect();
    let args: Vec<&CStr> = words.iter().map(CString::as_c_str).collect();
    let name = args.first().map(|name| name.to_bytes()).unwrap_or_default();
    let places = search::candidates(name, environment::value(&process::environment(), b"PATH"));
    let places: Vec<&CStr> = places.iter().map(CString::as_c_str).collect();
    let nothing = fs::open("/dev/null", How::Read).map_err(unable)?;
    let (output, into) = io::pipe().map_err(unable)?;
    io::set_nonblocking(&output).map_err(unable)?;
    let spawn = Spawn {
        program: &places,
        args: &args,
        environment: None,
        directory: None,
        standard: [Stream::Is(nothing.as_fd()), Stream::Is(into.as_fd()), Stream::Same],
        session: true,
        mask: wait.mask(),
    };
    match spawn.start().map_err(unable)? {
        Started { pid, failed: None } => Ok(Run { pid, output: Some(output), line: Vec::new() }),
        Started { failed: Some(failed), .. } => Err(unable(failed.errno())),
    }
}

impl Run {
    fn follow(&mut self, wait: &mut Wait) -> Answer<Over> {
        loop {
            while let Some((pid, ending)) = process::reap() {
                if pid == self.pid {
                    return Ok(Over::Ended(ending));
                }
            }
            let output = self.output.as_ref().map(|output| (output.as_fd(), Direction::Read));
            let events = wait.next(output, wait.deadline())?;
            if events.is_empty() {
                return Ok(Over::Late);
            }
            for event in events {
                match event {
                    Event::Signal(Signal::CHLD) => {}
                    Event::Signal(signal) => return Ok(Over::Told(signal)),
                    Event::Ready(_) => self.listen(),
                }
            }
        }
    }

    /// Takes what it says, so that it never waits for us, and keeps the beginning.
    fn listen(&mut self) {
        let mut bytes = [0; 4096];
        while let Some(output) = &self.output {
            match io::read(output, &mut bytes) {
                Ok(length @ 1..) => {
                    let left = LINE.saturating_sub(self.line.len());
                    self.line.extend(bytes.iter().take(length.min(left)));
                }
                Err(Errno::EAGAIN) => return,
                _ => self.output = None,
            }
        }
    }

    fn first_line(&self) -> &[u8] {
        self.line.split(|byte| *byte == b'\n').next().unwrap_or_default()
    }
}

/// Ends the program's session, and whoever has left it: without a parent they become our children.
fn kill(leader: Pid, wait: &mut Wait) -> Answer<()> {
    let _ = family::send_group(leader, Signal::KILL); // it may have ended just now
    wait.anew(GRACE);
    loop {
        for child in family::children().unwrap_or_default() {
            let _ = process::send(child, Signal::KILL); // ours until it is reaped below
        }
        while process::reap().is_some() {}
        if !family::has_children() || wait.next(None, wait.deadline())?.is_empty() {
            return Ok(());
        }
    }
}
