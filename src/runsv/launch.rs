//! Starts what a service directory holds: `./run`, `./finish`, `control/X`.

use super::report;
use crate::cli::message::Voice;
use crate::exit::Pid;
use crate::service::command::Command;
use crate::service::machine::{Life, Program, Role};
use crate::sys::fs::{Dir, How};
use crate::sys::process::{Failed, Spawn, Started, Stream};
use crate::sys::reactor::Masks;
use crate::sys::{Errno, io};
use std::ffi::{CStr, CString};
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;

/// What every start needs.
#[derive(Debug)]
pub(super) struct Launcher {
    /// The service directory, which is also where we are.
    pub(super) directory: Dir,
    /// Its name, as we were given it: for `finish`.
    pub(super) name: CString,
    /// The group of all our children: for `finish`.
    pub(super) group: CString,
    /// What signals children start with.
    pub(super) masks: Masks,
    /// The pipe between service and logger.
    pub(super) log: Option<LogPipe>,
}

/// The pipe between service and logger; we keep both ends, so that it outlives both.
#[derive(Debug)]
pub(super) struct LogPipe {
    /// The logger's end.
    pub(super) reader: OwnedFd,
    /// The service's end, until the service has left.
    pub(super) writer: Option<OwnedFd>,
}

impl Launcher {
    /// Starts a program; nothing if the system has no process to give.
    pub(super) fn program(&self, voice: &Voice, role: Role, program: Program) -> Option<Pid> {
        let started = match program {
            Program::Run => self.run(role),
            Program::Finish(life) => self.finish(life),
        };
        match started {
            Ok(Started { pid, failed }) => {
                if let Some(failed) = failed {
                    report::not_run(voice, role, program, failed);
                }
                Some(pid)
            }
            Err(errno) => {
                voice.warning(&[b"unable to fork, sleeping"], errno);
                None
            }
        }
    }

    fn run(&self, role: Role) -> Result<Started, Errno> {
        let directory = (role == Role::Logger).then_some(c"./log");
        Spawn { directory, standard: self.standard(role), ..self.child(&[c"./run"], &[c"./run"]) }.start()
    }

    /// `$1` and `$2` are runit's; `$3`, the service's name, and `$4`, the process group, are s6's, and ours.
    fn finish(&self, life: Life) -> Result<Started, Errno> {
        let [code, status] =
            [life.ending.code_or_minus_one(), life.ending.low_byte().into()].map(|n| n.to_string().into_bytes());
        // Digits hold no NUL.
        let (code, status) = (CString::new(code).unwrap_or_default(), CString::new(status).unwrap_or_default());
        let args = [c"./finish", &code, &status, &self.name, &self.group];
        Spawn { standard: self.standard(Role::Service), ..self.child(&[c"./finish"], &args) }.start()
    }

    /// Whether there is more to do when a program has ended: a `finish` to run, or lines that no logger has read.
    pub(super) fn more(&self, role: Role) -> bool {
        match role {
            Role::Service => self.has_finish(),
            Role::Logger => self.log.as_ref().is_some_and(|pipe| io::unread(&pipe.reader).is_ok_and(|bytes| bytes > 0)),
        }
    }

    /// Whether there is a `finish` that can be opened. To leave it out because no descriptor can be had would be a
    /// life without its end: then it is enough that it is there.
    fn has_finish(&self) -> bool {
        match self.directory.file("finish", How::Read) {
            Ok(_) => true,
            Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM) => self.directory.facts("finish").is_ok(),
            Err(_) => false,
        }
    }

    /// Whether a command has a script that can be executed.
    pub(super) fn has_script(&self, voice: &Voice, command: Command) -> bool {
        let path = script_path(command);
        match self.directory.facts(&path) {
            Ok(facts) => facts.mode & OWNER_MAY_EXECUTE != 0,
            Err(Errno::ENOENT) => false,
            Err(errno) => {
                voice.warning(&[b"unable to stat ", path.as_bytes()], errno);
                false
            }
        }
    }

    /// Starts the script of a command. Runs like the service, but with our signals still blocked, as runit does it.
    pub(super) fn script(&self, voice: &Voice, command: Command) -> Option<Pid> {
        let path = CString::new(script_path(command)).ok()?;
        let mask = &self.masks.helper;
        let standard = self.standard(Role::Service);
        match (Spawn { mask, standard, ..self.child(&[&path], &[&path]) }).start() {
            Ok(Started { pid, failed }) => {
                match failed {
                    // The original's text: it never fills in the letter.
                    Some(Failed::Exec(errno)) => voice.fatal(&[b"unable to run control/?"], errno),
                    Some(Failed::Setup(errno) | Failed::Directory(errno)) => {
                        voice.warning(&[b"unable to setup stdout for ", path.to_bytes()], errno);
                    }
                    None => {}
                }
                Some(pid)
            }
            Err(errno) => {
                voice.warning(&[b"unable to fork for ", path.to_bytes()], errno);
                None
            }
        }
    }

    fn child<'a>(&'a self, program: &'a [&'a CStr], args: &'a [&'a CStr]) -> Spawn<'a> {
        Spawn {
            program,
            args,
            environment: None,
            directory: None,
            standard: [Stream::Same; 3],
            session: false,
            mask: &self.masks.service,
        }
    }

    fn standard(&self, role: Role) -> [Stream<'_>; 3] {
        let Some(pipe) = &self.log else { return [Stream::Same; 3] };
        match (role, &pipe.writer) {
            (Role::Service, Some(writer)) => [Stream::Same, Stream::Is(writer.as_fd()), Stream::Same],
            (Role::Service, None) => [Stream::Same; 3],
            (Role::Logger, _) => [Stream::Is(pipe.reader.as_fd()), Stream::Same, Stream::Same],
        }
    }
}

fn script_path(command: Command) -> String {
    format!("control/{}", char::from(command.byte()))
}

const OWNER_MAY_EXECUTE: u32 = 0o100;
