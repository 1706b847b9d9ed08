//! Runs a command that leaves a daemon behind, or beside it, and hands on signals to the process in a pid file.
#![forbid(unsafe_code)]

use crate::cli::message::{Voice, printable};
use crate::cli::options::{Called, Usage};
use crate::exit::{Ending, Exit, Pid};
use crate::signal::Signal;
use crate::sys::door::Args;
use crate::sys::fs::{self, How};
use crate::sys::process::{self, Spawn, Started, Stream};
use crate::sys::reactor::{Event, Mask, Reactor};
use crate::sys::{Errno, Result, clock, io};
use argh::{ArgsInfo, FromArgs};
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// Run a command, and hand on signals to the process whose id is in a file.
#[derive(FromArgs, ArgsInfo)]
struct Options {}

const USAGE: Usage =
    Usage { program: "pidproxy", line: "pidfile command [argument ...]", called: Called::AsGiven, exit: Exit(1) };

/// What is handed on, and how we hear of ends.
const WATCHED: &[Signal] =
    &[Signal::CHLD, Signal::TERM, Signal::HUP, Signal::INT, Signal::USR1, Signal::USR2, Signal::QUIT];

/// What shells exit with for a program that is not there, and for one that cannot be executed.
const NOT_FOUND: Exit = Exit(127);
const NOT_EXECUTABLE: Exit = Exit(126);

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    if let Err(exit) = USAGE.parse_bare::<Options>(args) {
        return exit;
    }
    let name = args.first().copied().unwrap_or_default();
    let (Some(pidfile), Some(command)) = (args.get(1), args.get(2..).filter(|command| !command.is_empty())) else {
        return USAGE.fail(name);
    };
    let voice = Voice::new(&[b"pidproxy"]);
    let mut reactor = match Reactor::new(WATCHED) {
        Ok(reactor) => reactor,
        Err(errno) => {
            voice.fatal(&[b"unable to watch signals"], errno);
            return Exit::FATAL;
        }
    };
    match start(command, &reactor.masks().service) {
        Ok(Started { pid, failed: None }) => Proxy { voice, pidfile, command: pid }.attend(&mut reactor),
        Ok(Started { failed: Some(failed), .. }) => {
            let errno = failed.errno();
            voice.fatal(
                &[b"unable to start ", &printable(command.first().copied().unwrap_or_default().as_bytes())],
                errno,
            );
            if errno == Errno::ENOENT { NOT_FOUND } else { NOT_EXECUTABLE }
        }
        Err(errno) => {
            voice.fatal(&[b"unable to fork"], errno);
            Exit::FATAL
        }
    }
}

/// Starts the command. As in the original it is a path, and not looked for.
fn start(command: &[&OsStr], mask: &Mask) -> Result<Started> {
    let text = |word: &OsStr| CString::new(word.as_bytes()).map_err(|_| Errno::EINVAL);
    let args = command.iter().map(|word| text(word)).collect::<Result<Vec<CString>>>()?;
    let args: Vec<&CStr> = args.iter().map(CString::as_c_str).collect();
    let first = command.first().copied().unwrap_or_default();
    let path = match first.as_bytes().contains(&b'/') {
        true => text(first)?,
        false => CString::new([b"./", first.as_bytes()].concat()).map_err(|_| Errno::EINVAL)?,
    };
    let program = [path.as_c_str()];
    let standard = [Stream::Same; 3];
    Spawn { program: &program, args: &args, environment: None, directory: None, standard, session: false, mask }.start()
}

/// A command that runs.
struct Proxy<'a> {
    voice: Voice,
    pidfile: &'a OsStr,
    command: Pid,
}

impl Proxy<'_> {
    /// Until the command has ended. One that is told to end is waited for, so that whoever has told us does not start
    /// another beside it.
    fn attend(&self, reactor: &mut Reactor) -> Exit {
        let mut events = Vec::new();
        loop {
            for event in &events {
                match event {
                    Event::Signal(Signal::CHLD) => {
                        if let Some(ending) = self.reap() {
                            return exit_of(ending);
                        }
                    }
                    Event::Signal(signal) => self.hand_on(*signal),
                    Event::Ready(_) => {}
                }
            }
            if let Err(errno) = reactor.wait(clock::moment(), None, &mut events) {
                self.voice.warning(&[b"unable to wait for signals"], errno);
            }
        }
    }

    fn reap(&self) -> Option<Ending> {
        let mut ours = None;
        while let Some((pid, ending)) = process::reap() {
            if pid == self.command {
                ours = Some(ending);
            }
        }
        ours
    }

    /// To the process in the file, or to the command as long as there is none.
    fn hand_on(&self, signal: Signal) {
        let pid = self.named().unwrap_or_else(|| {
            self.voice.say(&[b"Can't read child pidfile ", &printable(self.pidfile.as_bytes()), b"!"]);
            self.command
        });
        if let Err(errno) = process::send(pid, signal) {
            let what = format!("unable to send {signal} to process {}", pid.get());
            self.voice.warning(&[what.as_bytes()], errno);
        }
    }

    fn named(&self) -> Option<Pid> {
        let file = fs::open(self.pidfile, How::Read).ok()?;
        let text = io::read_all(file).ok()?;
        let pid = core::str::from_utf8(&text).ok()?.trim().parse().ok()?;
        Pid::new(pid)
    }
}

/// The exit code as shells have it.
fn exit_of(ending: Ending) -> Exit {
    match ending {
        Ending::Exited(code) => Exit(code),
        Ending::Killed { by, .. } => Exit(128_u8.saturating_add(by.number())),
        Ending::Unknown => Exit::FATAL,
    }
}
