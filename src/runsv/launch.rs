//! Starts what a service directory holds: `./run`, `./finish`, `control/X`.

use super::outfit::{Outfit, Pack};
use super::report;
use crate::cli::message::Voice;
use crate::exit::Pid;
use crate::service::command::Command;
use crate::service::machine::{Life, Program, Role, Start};
use crate::service::mark::What;
use crate::service::order::Loggers;
use crate::service::policy::{Policy, ReadyBy, Whom};
use crate::signal::Signal;
use crate::supervise::server::Post;
use crate::sys::fs::{Dir, How};
use crate::sys::process::{self, Failed, Given, Place, Spawn, Started, Stream};
use crate::sys::reactor::Masks;
use crate::sys::{Errno, family, io};
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd, RawFd};

/// What every start needs.
#[derive(Debug)]
pub(super) struct Launcher {
    /// The service directory, which is also where we are.
    pub(super) directory: Dir,
    /// Its name, as we were given it: for `finish`.
    pub(super) name: CString,
    /// The group of all our children: for `finish`.
    pub(super) group: CString,
    /// What the service finds in its environment besides ours, `NAME=value` each.
    pub(super) variables: Vec<CString>,
    /// What signals children start with.
    pub(super) masks: Masks,
    /// The pipes between service and loggers.
    pub(super) logs: Loggers<Option<LogPipe>>,
    /// What `run` is given beside the usual.
    pub(super) outfit: Outfit,
}

/// The pipe between service and one logger; we keep both ends, so that it outlives both.
#[derive(Debug)]
pub(super) struct LogPipe {
    /// The logger's end.
    pub(super) reader: OwnedFd,
    /// The service's end, until the service has left.
    pub(super) writer: Option<OwnedFd>,
}

/// Who belongs to the service and who does not, where one cannot tell by whose children they are.
#[derive(Debug)]
pub(super) struct Family {
    /// Our children that are no part of it.
    pub(super) helpers: Vec<Pid>,
    /// Its processes that are not our children.
    pub(super) strangers: Vec<Pid>,
}

impl Family {
    fn send(&self, signal: Signal) -> Result<Vec<Pid>, Errno> {
        family::send_all_below_us(signal, &self.helpers, &self.strangers)
    }
}

impl Launcher {
    /// Starts a program; where it says that it is ready, if the policy asks for that.
    pub(super) fn program(
        &mut self,
        voice: &Voice,
        role: Role,
        program: Program,
        policy: &Policy,
        post: &Post,
    ) -> (Start, Option<OwnedFd>) {
        let mut ready = None;
        let started = match program {
            Program::Run if role.is_logger() => self.logger(role, post),
            Program::Run => match self.outfit.pack(voice, policy, post) {
                Some(pack) => self.run(policy, &pack, post, &mut ready),
                None => return (Start::Refused, None),
            },
            Program::Finish(life) => self.finish(life, post),
        };
        let start = match started {
            Ok(Started { pid, failed: None }) => Start::Runs(pid),
            Ok(Started { pid, failed: Some(failed) }) => {
                report::not_run(voice, role, program, failed);
                Start::Unable(pid)
            }
            Err(errno) => {
                voice.warning(&[b"unable to fork, sleeping"], errno);
                Start::NoProcess
            }
        };
        (start, ready)
    }

    fn logger(&self, role: Role, post: &Post) -> Result<Started, Errno> {
        let standard = self.standard(role);
        let given = Given { mark: post.mark(What::Run), ..Given::default() };
        let directory = Some(if role == Role::ErrorLogger { c"./errlog" } else { c"./log" });
        Spawn { directory, standard, ..self.child(&[c"./run"], &[c"./run"]) }.start_given(given)
    }

    /// As under runit in our own process group, unless the ladder of signals is for more than the process.
    fn run(&self, policy: &Policy, pack: &Pack, post: &Post, ready: &mut Option<OwnedFd>) -> Result<Started, Errno> {
        let mut standard = self.standard(Role::Service);
        if let Some(stdin) = pack.stdin(&self.outfit) {
            standard[0] = Stream::Is(stdin);
        }
        let environment = self.environment(pack);
        let environment = environment.as_deref();
        let spawn = Spawn { standard, environment, ..self.child(&[c"./run"], &[c"./run"]) };
        let wide = policy.stop.ladder.iter().map(|step| step.whom).max();
        // Whoever says that another process is its main one may have let go of that before.
        if wide == Some(Whom::All) || policy.ready.by == ReadyBy::Notify {
            family::adopt_orphans()?;
        }
        let place = if wide > Some(Whom::Process) { Place::Group(None) } else { Place::Same };
        let mut also = pack.descriptors(&self.outfit);
        let mut told = None;
        if let ReadyBy::Fd(number) = policy.ready.by {
            let (reader, writer) = io::pipe()?;
            io::set_nonblocking(&reader)?;
            *ready = Some(reader);
            told = Some((writer, RawFd::try_from(number).map_err(|_| Errno::EBADF)?));
        }
        also.extend(told.as_ref().map(|(writer, number)| (writer.as_fd(), *number)));
        spawn.start_given(Given { place, also: &also, mark: post.mark(What::Run), ..pack.given() })
    }

    /// Our environment with what the service is told in it, where there is something to tell.
    fn environment<'a>(&'a self, pack: &'a Pack) -> Option<Vec<&'a CStr>> {
        let told: Vec<&CStr> = self.variables.iter().chain(pack.variables()).map(CString::as_c_str).collect();
        if told.is_empty() {
            return None;
        }
        let name = |variable: &CStr| variable.to_bytes().split(|byte| *byte == b'=').next().map(<[u8]>::to_vec);
        let names: Vec<_> = told.iter().map(|variable| name(variable)).collect();
        let mut all = process::environment();
        // Sockets that we were given ourselves are none of the service's.
        let listens = |variable: &CStr| variable.to_bytes().starts_with(b"LISTEN_");
        let sockets = !pack.variables().is_empty();
        all.retain(|variable| !(names.contains(&name(variable)) || sockets && listens(variable)));
        all.extend(told);
        Some(all)
    }

    /// Starts `./check`. What it prints is nobody's; its complaints are.
    pub(super) fn check(&self, voice: &Voice) -> Option<Pid> {
        let standard = [Stream::Same, Stream::Closed, Stream::Same];
        match (Spawn { standard, ..self.child(&[c"./check"], &[c"./check"]) }).start() {
            Ok(Started { pid, failed }) => {
                if let Some(failed) = failed {
                    voice.warning(&[b"unable to run ./check"], failed.errno());
                }
                Some(pid)
            }
            Err(errno) => {
                voice.warning(&[b"unable to fork for ./check"], errno);
                None
            }
        }
    }

    /// Sends a signal to the service. Whoever has ended meanwhile is about to be heard of.
    pub(super) fn send(&self, pid: Pid, signal: Signal, whom: Whom, family: impl FnOnce() -> Family) {
        let _ = match whom {
            Whom::Process => process::send(pid, signal),
            Whom::Group => family::send_group(pid, signal),
            Whom::All if signal == Signal::KILL && self.outfit.kill_group() => Ok(()),
            Whom::All => family().send(signal).map(drop),
        };
    }

    /// Where the ladder of signals is for everything that the service ever forked, nothing of it outlives the service.
    /// Answers with whom it has found; a control group ends its own without naming them.
    pub(super) fn sweep(&self, policy: &Policy, family: impl FnOnce() -> Family) -> Vec<Pid> {
        if !policy.stop.ladder.iter().any(|step| step.whom == Whom::All) || self.outfit.kill_group() {
            return Vec::new();
        }
        family().send(Signal::KILL).unwrap_or_default()
    }

    /// `$1` and `$2` are runit's; `$3`, the service's name, and `$4`, the process group, are s6's, and ours.
    fn finish(&self, life: Life, post: &Post) -> Result<Started, Errno> {
        let [code, status] =
            [life.ending.code_or_minus_one(), life.ending.low_byte().into()].map(|n| n.to_string().into_bytes());
        // Digits hold no NUL.
        let (code, status) = (CString::new(code).unwrap_or_default(), CString::new(status).unwrap_or_default());
        let args = [c"./finish", &code, &status, &self.name, &self.group];
        let given = Given { mark: post.mark(What::Finish), ..Given::default() };
        Spawn { standard: self.standard(Role::Service), ..self.child(&[c"./finish"], &args) }.start_given(given)
    }

    /// Whether there is more to do when a program has ended: a `finish` to run, or lines that no logger has read.
    pub(super) fn more(&self, role: Role) -> bool {
        match role {
            Role::Service => self.has_finish(),
            Role::Logger | Role::ErrorLogger => {
                let pipe = self.logs.of(role).and_then(Option::as_ref);
                pipe.is_some_and(|pipe| io::unread(&pipe.reader).is_ok_and(|bytes| bytes > 0))
            }
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
                    Some(Failed::Setup(errno) | Failed::Directory(errno) | Failed::Group(errno)) => {
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
        fn given(end: Option<&OwnedFd>) -> Stream<'_> {
            end.map_or(Stream::Same, |end| Stream::Is(end.as_fd()))
        }
        match self.logs.of(role) {
            Some(pipe) => [given(pipe.as_ref().map(|pipe| &pipe.reader)), Stream::Same, Stream::Same],
            None => {
                let [out, err] =
                    self.logs.both().map(|pipe| given(pipe.as_ref().and_then(|pipe| pipe.writer.as_ref())));
                [Stream::Same, out, err]
            }
        }
    }
}

fn script_path(command: Command) -> String {
    format!("control/{}", char::from(command.byte()))
}

const OWNER_MAY_EXECUTE: u32 = 0o100;
