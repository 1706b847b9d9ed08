//! Claims a service directory: everything that may fail for good, in runit's order and words.

use super::driver::{Runsv, Seat};
use super::hold::Hold;
use super::launch::{Launcher, LogPipe};
use super::needs::Neighbours;
use super::outfit::Outfit;
use super::report;
use super::survivors::log_pipe_of_survivors;
use crate::cli::message::Voice;
use crate::exit::Exit;
use crate::service::handover::Supervisor;
use crate::service::machine::{Machine, Role};
use crate::service::order::Loggers;
use crate::signal::Signal;
use crate::supervise::home::{self, Home};
use crate::supervise::reexec::{self, Arrival};
use crate::supervise::server::{Claim, Post, Trouble};
use crate::sys::fs::{Dir, Kind};
use crate::sys::handover::Incoming;
use crate::sys::process::{self, own_group};
use crate::sys::reactor::{Event, Reactor};
use crate::sys::{self, Errno, clock, fs, io};
use core::time::Duration;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The signals that are ours: a child has ended; leave.
pub(super) const WATCHED: &[Signal] = &[Signal::CHLD, Signal::TERM];

/// How often to look whether another supervisor has given up our logger's lock.
const LOCK_RETRY: Duration = Duration::from_secs(1);

/// A supervisor ready to run, or the code to end with: all has been said. Not inlined: what is on the stack only while
/// we start would lie below everything that runs later, a page or two for each service.
#[inline(never)]
pub(super) fn start(directory: &OsStr, voice: Voice) -> Result<Runsv, Exit> {
    let is_ours = |left: &Supervisor| left.pid.is_some() && process::own_id() == left.pid;
    match reexec::look(is_ours) {
        Arrival::None => claim(directory, voice),
        Arrival::Handed(left, incoming) => succeed(directory, voice, left, incoming),
        // We are in the service directory.
        Arrival::Lost(why) => {
            voice.remark(&[why.to_string().as_bytes()]);
            claim(fs::here().as_ref().map_or(directory, |here| here.as_os_str()), voice)
        }
    }
}

/// Goes on with what the program before us in this process has left.
#[inline(never)]
fn succeed(directory: &OsStr, voice: Voice, left: Supervisor, incoming: Incoming) -> Result<Runsv, Exit> {
    let mut runsv = Runsv::inherit(directory, voice.clone(), left, incoming).map_err(|errno| {
        voice.fatal(&[b"unable to take over what was handed over"], errno);
        Exit::FATAL
    })?;
    runsv.catch_up(clock::now());
    Ok(runsv)
}

#[inline(never)]
fn claim(directory: &OsStr, voice: Voice) -> Result<Runsv, Exit> {
    let fatal = |what: &[u8], errno| {
        voice.fatal(&[what], errno);
        Exit::FATAL
    };
    let reactor = Reactor::new(WATCHED).map_err(|errno| fatal(b"unable to create selfpipe", errno))?;
    let neighbours = Neighbours::of(directory);
    fs::enter(directory).map_err(|errno| fatal(b"unable to change to directory", errno))?;
    let here = Dir::current().map_err(|errno| fatal(b"unable to open current directory", errno))?;

    let wanted_up = here.facts("down").is_err();
    let log = |role| log_directory(&here, role, &voice);
    let log = Loggers { out: log(Role::Logger)?, err: log(Role::ErrorLogger)? };
    let logs = Loggers {
        out: log_pipe(&log.out).map_err(|errno| fatal(b"unable to create log pipe", errno))?,
        err: log_pipe(&log.err).map_err(|errno| fatal(b"unable to create errlog pipe", errno))?,
    };

    let home = home_of(Role::Service, &voice)?;
    let claim = Claim::new(&here, &home, Role::Service).map_err(|what| refused(&voice, Role::Service, &home, what))?;
    let mut reactor = reactor;
    let mut claim_logger = |role, log: Option<Dir>| {
        let Some(log) = log else { return Ok(None) };
        let home = home_of(role, &voice)?;
        Ok(Some((claim_log(&log, role, &home, &voice, &mut reactor)?, log.facts("down").is_err(), home)))
    };
    let logger = claim_logger(Role::Logger, log.out)?;
    let error_logger = claim_logger(Role::ErrorLogger, log.err)?;

    let now = clock::now();
    let seat = |claim, role, home: &Home, wanted_up| {
        let post = Post::open(claim, role).map_err(|what| refused(&voice, role, home, what))?;
        let hold = Hold::resume(now, post.directory());
        Ok(Seat::new(Machine::new(role, now, wanted_up && !hold.holds()), post, hold))
    };
    let service = seat(claim, Role::Service, &home, wanted_up)?;
    let logger_seat = |role, claimed| {
        let Some((claim, wanted_up, home)) = claimed else { return Ok(None) };
        seat(claim, role, &home, wanted_up).map(|seat| Some(Box::new(seat)))
    };
    let out = logger_seat(Role::Logger, logger)?;
    let loggers = Loggers { out, err: logger_seat(Role::ErrorLogger, error_logger)? };
    let mut logs = logs;
    for role in Role::LOGGERS {
        take_back(role, &mut logs, &service, &loggers);
    }
    let launcher = Launcher {
        directory: here,
        name: CString::new(directory.as_bytes()).unwrap_or_default(), // a C string it was, on our command line
        group: CString::new(own_group().to_string()).unwrap_or_default(),
        masks: *reactor.masks(),
        variables: Vec::new(),
        outfit: Outfit::default(),
        logs,
    };
    let mut runsv = Runsv::new(voice.clone(), reactor, launcher, service, loggers, neighbours);
    runsv.take_over();
    runsv.announce().map_err(|(role, what)| match home_of(role, &voice) {
        Ok(home) => refused(&voice, role, &home, what),
        Err(exit) => exit,
    })?;
    Ok(runsv)
}

fn refused(voice: &Voice, role: Role, home: &Home, what: Trouble) -> Exit {
    report::trouble(voice, role, home, what);
    Exit::FATAL
}

/// Where the state is kept. We are in the service directory.
fn home_of(role: Role, voice: &Voice) -> Result<Home, Exit> {
    Home::find(home::top().as_deref(), Path::new(role.directory())).map_err(|unknown| {
        report::homeless(voice, role, unknown);
        Exit::FATAL
    })
}

/// The directory of a logger, if the service has it.
fn log_directory(here: &Dir, role: Role, voice: &Voice) -> Result<Option<Dir>, Exit> {
    let name = role.directory();
    match here.facts(name) {
        Ok(facts) if facts.kind == Kind::Directory => match searchable(here, name) {
            Ok(dir) => Ok(Some(dir)),
            Err(errno) => {
                voice.fatal(&[b"unable to change directory to ./", name.as_bytes()], errno);
                Err(Exit::FATAL)
            }
        },
        Ok(_) => {
            voice.remark(&[b"./", name.as_bytes(), b": not a directory."]);
            Ok(None)
        }
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => {
            voice.warning(&[b"unable to stat() ./", name.as_bytes(), b": "], errno);
            Ok(None)
        }
    }
}

/// The pipe to a logger, if there is one.
fn log_pipe(log: &Option<Dir>) -> sys::Result<Option<LogPipe>> {
    let Some(_) = log else { return Ok(None) };
    io::pipe().map(|(reader, writer)| Some(LogPipe { reader, writer: Some(writer) }))
}

/// Where a supervisor before us has left a service or its logger running, theirs is the pipe.
fn take_back(role: Role, logs: &mut Loggers<Option<LogPipe>>, service: &Seat, loggers: &Loggers<Option<Box<Seat>>>) {
    let (Some(Some(pipe)), Some(Some(logger))) = (logs.of_mut(role), loggers.of(role)) else { return };
    if let Some((reader, writer)) = log_pipe_of_survivors(role, service.post.left(), logger.post.left()) {
        *pipe = LogPipe { reader, writer: Some(writer) };
    }
}

/// A directory in which names can be looked up; to be read it need not be.
fn searchable(here: &Dir, name: &str) -> sys::Result<Dir> {
    let dir = here.dir(name)?;
    dir.facts(".").map(|_| dir)
}

/// Another supervisor may still hold the lock of the logger's directory, when two services share it. Waits until it
/// is given up, and does as it is told meanwhile: a TERM ends the wait.
fn claim_log(log: &Dir, role: Role, home: &Home, voice: &Voice, reactor: &mut Reactor) -> Result<Claim, Exit> {
    let mut events = Vec::new();
    let mut told = false;
    loop {
        match Claim::new(log, home, role) {
            Err(Trouble::Lock(errno) | Trouble::LockOwn(errno)) => {
                if !told {
                    let place = home.shown(role);
                    voice.warning(&[b"unable to lock ", &place, b"supervise/lock, waiting for it"], errno);
                    told = true;
                }
            }
            answer => return answer.map_err(|what| refused(voice, role, home, what)),
        }
        let now = clock::moment();
        if let Err(errno) = reactor.wait(now, Some(now + LOCK_RETRY), &mut events) {
            voice.warning(&[b"unable to wait for ", role.directory().as_bytes(), b"/supervise/lock"], errno);
        }
        if events.contains(&Event::Signal(Signal::TERM)) {
            return Err(Exit::OK);
        }
    }
}
