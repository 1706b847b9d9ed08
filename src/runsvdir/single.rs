//! One command, without any directory: its exit code is ours, every signal that we get is its, and whoever loses its
//! parent below it is reaped. It is not started again.

use super::essentials::exit_of;
use crate::cli::message::Voice;
use crate::exit::{Ending, Exit, Pid};
use crate::moment::Moment;
use crate::process_state::search::candidates;
use crate::signal::Signal;
use crate::sys::process::{Place, Spawn, Started, Stream};
use crate::sys::reactor::{Event, Mask, Reactor};
use crate::sys::{Errno, Result, clock, family, io, process};
use core::time::Duration;
use std::env;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// Not handed on: they are about ourselves, or cannot be caught. The C library keeps 32 and 33 for its threads.
const OURS: &[Signal] = &[
    Signal::ILL,
    Signal::TRAP,
    Signal::ABRT,
    Signal::BUS,
    Signal::FPE,
    Signal::KILL,
    Signal::SEGV,
    Signal::STOP,
    Signal::SYS,
];
const THREADS: core::ops::RangeInclusive<u8> = 32..=33;

/// What shells exit with for a program that is not there, and for one that cannot be executed.
const NOT_FOUND: Exit = Exit(127);
const NOT_EXECUTABLE: Exit = Exit(126);

/// Runs it.
pub(super) fn run(words: &[&OsStr], sessions: bool, grace: Option<Duration>) -> Exit {
    let voice = Voice::new(&[b"runsvdir"]);
    if process::own_id().map(Pid::get) != Some(1) {
        if let Err(errno) = family::adopt_orphans() {
            voice.warning(&[b"unable to adopt orphans"], errno);
        }
    }
    let mut reactor = match Reactor::new(watched()) {
        Ok(reactor) => reactor,
        Err(errno) => {
            voice.fatal(&[b"unable to watch signals"], errno);
            return Exit::FATAL;
        }
    };
    let command = words.first().copied().unwrap_or_default();
    match start(words, sessions, &reactor.masks().service) {
        Ok(Started { pid, failed: None }) => attend(&voice, &mut reactor, pid, grace),
        Ok(Started { failed: Some(failed), .. }) => {
            let errno = failed.errno();
            voice.fatal(&[b"unable to start ", command.as_bytes()], errno);
            if errno == Errno::ENOENT { NOT_FOUND } else { NOT_EXECUTABLE }
        }
        Err(errno) => {
            voice.fatal(&[b"unable to fork for ", command.as_bytes()], errno);
            Exit::FATAL
        }
    }
}

/// Every signal that can be handed on. One that is ignored is ignored by the command too, and stays so. The list lives
/// as long as the process, which has one.
fn watched() -> &'static [Signal] {
    let all = (1..=u8::MAX).filter(|number| !THREADS.contains(number)).map_while(Signal::new);
    let wanted = |signal: &Signal| !OURS.contains(signal) && (*signal == Signal::CHLD || !family::ignores(*signal));
    Vec::leak(all.filter(wanted).collect())
}

/// Starts it in a process group of its own, which is in front if we are: what is typed reaches it, and not us as well.
fn start(words: &[&OsStr], sessions: bool, mask: &Mask) -> Result<Started> {
    let args: Vec<CString> = words.iter().filter_map(|word| CString::new(word.as_bytes()).ok()).collect();
    let args: Vec<&CStr> = args.iter().map(CString::as_c_str).collect();
    let name = words.first().copied().unwrap_or_default().as_bytes();
    let places = candidates(name, env::var_os("PATH").as_deref().map(OsStr::as_bytes));
    let places: Vec<&CStr> = places.iter().map(CString::as_c_str).collect();
    let spawn = Spawn {
        program: &places,
        args: &args,
        environment: None,
        directory: None,
        standard: [Stream::Same; 3],
        session: sessions,
        mask,
    };
    match sessions {
        true => spawn.start(),
        false => spawn.start_in(Place::Group(family::is_in_front(io::stdin()).then(io::stdin))),
    }
}

/// Waits for its end.
fn attend(voice: &Voice, reactor: &mut Reactor, command: Pid, grace: Option<Duration>) -> Exit {
    let mut events = Vec::new();
    let mut kill_at: Option<Moment> = None;
    loop {
        let now = clock::moment();
        for event in &events {
            match event {
                Event::Signal(Signal::CHLD) => {
                    if let Some(ending) = reap(command) {
                        return exit_of(ending);
                    }
                }
                Event::Signal(signal) => {
                    let _ = process::send(command, *signal); // it may have ended; that it has is about to be heard
                    if matches!(*signal, Signal::TERM | Signal::INT) {
                        kill_at = kill_at.or(grace.map(|grace| now + grace));
                    }
                }
                Event::Ready(_) => {}
            }
        }
        if kill_at.is_some_and(|due| due <= now) {
            let _ = process::send(command, Signal::KILL);
            kill_at = None;
        }
        if let Err(errno) = reactor.wait(now, kill_at, &mut events) {
            voice.warning(&[b"unable to wait for signals"], errno);
        }
    }
}

/// Takes every child that has ended; how the command did, if it is among them.
fn reap(command: Pid) -> Option<Ending> {
    let mut ours = None;
    while let Some((pid, ending)) = process::reap() {
        if pid == command {
            ours = Some(ending);
        }
    }
    ours
}
