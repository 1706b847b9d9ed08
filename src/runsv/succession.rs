//! Becoming the program that is there now, in the same process: first it is tried, then it is handed all that we have.

use super::driver::{READY, Runsv, Seat};
use super::hold::Hold;
use super::launch::{Launcher, LogPipe};
use super::needs::Neighbours;
use super::outfit::Outfit;
use super::talk::{MAILBOX, STORED, Talk};
use crate::cli::message::Voice;
use crate::exit::{Ending, Pid};
use crate::handover::seal;
use crate::moment::{Moment, Now};
use crate::service::handover::{self, Pipe, Supervisor};
use crate::service::journal::note::{not_reexec, reexec};
use crate::service::machine::{Event, Role};
use crate::service::order::Loggers;
use crate::supervise::reexec::{Program, Trial, Words};
use crate::supervise::server::Post;
use crate::sys::fs::Dir;
use crate::sys::handover::{Incoming, Outgoing};
use crate::sys::process::own_group;
use crate::sys::reactor::{Direction, Reactor};
use crate::sys::{Result, clock, process};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// Somebody asked for it.
#[derive(Debug)]
pub(super) struct Succession {
    program: Program,
    /// Where that was.
    asked: Role,
    /// Its trial; without, it is over, and the program understands.
    trial: Option<Trial>,
}

impl Succession {
    /// The child that tries it.
    pub(super) fn tried(&self) -> Option<Pid> {
        self.trial.as_ref().map(Trial::pid)
    }

    /// When the trial takes too long.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.trial.as_ref().and_then(Trial::deadline)
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Moment) {
        self.trial.iter_mut().for_each(|trial| trial.tick(now));
    }
}

impl Runsv {
    /// Somebody asks for it. While it is being tried it need not be asked for again.
    pub(super) fn try_successor(&mut self, now: Now, asked: Role) {
        if self.succession.is_some() {
            return;
        }
        let program = Program::ours(Words::Runsv);
        let state = seal(&self.packed(asked, &mut Outgoing::default()));
        match program.try_on(now.moment, &state, &self.launcher.masks.service) {
            Ok(trial) => self.succession = Some(Box::new(Succession { program, asked, trial: Some(trial) })),
            Err(why) => self.goes_on(now, asked, &why),
        }
    }

    /// The trial is over.
    pub(super) fn successor_answered(&mut self, now: Now, ending: Ending) {
        let Some(succession) = &mut self.succession else { return };
        let Some(trial) = succession.trial.take() else { return };
        if let Err(why) = trial.verdict(&succession.program, ending) {
            let asked = succession.asked;
            self.goes_on(now, asked, &why);
        }
    }

    /// Whether there is nothing left to do before.
    pub(super) fn is_to_be_replaced(&self) -> bool {
        self.succession.as_ref().is_some_and(|succession| succession.trial.is_none())
    }

    /// Hands over. If it comes back, it could not be, and we go on.
    pub(super) fn hand_over(&mut self, now: Now) {
        let Some(succession) = self.succession.take() else { return };
        let mut outgoing = Outgoing::default();
        let state = seal(&self.packed(succession.asked, &mut outgoing));
        let why = succession.program.become_it(&state, outgoing);
        self.goes_on(now, succession.asked, &why);
    }

    fn goes_on(&mut self, now: Now, asked: Role, why: &str) {
        self.succession = None;
        self.voice.remark(&[b"not replaced: ", why.as_bytes()]);
        self.write(now, asked, &not_reexec(why));
    }

    fn packed(&self, asked: Role, outgoing: &mut Outgoing) -> Supervisor {
        let Loggers { out, err } = &self.loggers;
        let mut seat = |seat: &Seat| seat.hand_over(outgoing);
        let service = seat(&self.service);
        let (logger, error_logger) = (out.as_deref().map(&mut seat), err.as_deref().map(&mut seat));
        let Loggers { out, err } = &self.launcher.logs;
        let mut pipe = |pipe: &LogPipe| Pipe {
            reader: outgoing.keep(&pipe.reader),
            writer: pipe.writer.as_ref().map(|writer| outgoing.keep(writer)),
        };
        let (log, error_log) = (out.as_ref().map(&mut pipe), err.as_ref().map(&mut pipe));
        Supervisor {
            pid: process::own_id(),
            service,
            logger,
            error_logger,
            log,
            error_log,
            neighbours: self.neighbours.as_ref().map(|neighbours| neighbours.hand_over(outgoing)),
            outfit: self.launcher.outfit.hand_over(outgoing),
            talk: self.talk.as_ref().map(|talk| talk.hand_over(outgoing)),
            strangers: self.strangers.hand_over(outgoing),
            asked,
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// Takes over what was handed over. What goes wrong here went wrong after the trial, and is the end.
    pub(super) fn inherit(directory: &OsStr, voice: Voice, left: Supervisor, mut incoming: Incoming) -> Result<Runsv> {
        let now = clock::now();
        let mut seat = |seat: handover::Seat, role| Seat::inherit(now, seat, role, &mut incoming);
        let service = seat(left.service, Role::Service)?;
        let mut boxed =
            |left: Option<handover::Seat>, role| left.map(|left| seat(left, role).map(Box::new)).transpose();
        let out = boxed(left.logger, Role::Logger)?;
        let loggers = Loggers { out, err: boxed(left.error_logger, Role::ErrorLogger)? };
        let mut pipe = |pipe: Option<Pipe>| pipe.map(|pipe| LogPipe::inherit(pipe, &mut incoming)).transpose();
        let logs = Loggers { out: pipe(left.log)?, err: pipe(left.error_log)? };
        let neighbours = left.neighbours.map(|place| Neighbours::inherit(place, &mut incoming)).transpose()?;
        let outfit = Outfit::inherit(left.outfit, &mut incoming)?;
        let is_file = left.talk.as_ref().is_some_and(|talk| talk.is_file);
        let (talk, mailbox) = match left.talk {
            Some(talk) => {
                let socket = incoming.take(talk.mailbox)?;
                (Some(talk), Some(socket))
            }
            None => (None, None),
        };
        let mut handle =
            |(pid, handle): (Pid, Option<_>)| Ok((pid, handle.map(|handle| incoming.take(handle)).transpose()?));
        let strangers: Vec<_> = left.strangers.into_iter().map(&mut handle).collect::<Result<_>>()?;
        // Only now is anything else opened: no number of those that were handed over is free.
        let reactor = Reactor::new(super::start::WATCHED)?;
        let launcher = Launcher {
            directory: Dir::current()?,
            name: CString::new(directory.as_bytes()).unwrap_or_default(),
            group: CString::new(own_group().to_string()).unwrap_or_default(),
            masks: *reactor.masks(),
            variables: Vec::new(),
            outfit,
            logs,
        };
        let spot = service.post.mailbox_spot().filter(|_| is_file);
        let mut runsv = Runsv::new(voice, reactor, launcher, service, loggers, neighbours);
        runsv.talk = talk.zip(mailbox).map(|(talk, socket)| Box::new(Talk::inherit(talk, socket, spot)));
        strangers.into_iter().for_each(|(pid, handle)| runsv.wait_for(pid, handle));
        runsv.listen_again();
        runsv.write(now, left.asked, &reexec(env!("CARGO_PKG_VERSION")));
        Ok(runsv)
    }

    fn listen_again(&mut self) {
        let Runsv { reactor, service, talk, launcher, .. } = self;
        if let Some(ready) = &service.ready {
            let _ = reactor.watch(ready, READY, Direction::Read);
        }
        if let Some(talk) = talk {
            let _ = reactor.watch(talk.mailbox(), MAILBOX, Direction::Read);
        }
        if launcher.outfit.has_stored() {
            for file in launcher.outfit.store().watched() {
                let _ = reactor.watch(file, STORED, Direction::Trouble);
            }
        }
    }

    /// What happened while nobody was there: children have ended, and that they have was told to nobody; those that the
    /// service needs are looked at by nobody.
    pub(super) fn catch_up(&mut self, now: Now) {
        self.look_at_strangers(now);
        if self.service.machine.waits() {
            let needs = self.look(now);
            self.step(now, Role::Service, Event::Needs(needs));
        }
    }
}

impl Seat {
    fn hand_over(&self, outgoing: &mut Outgoing) -> handover::Seat {
        handover::Seat {
            machine: self.machine.clone(),
            post: self.post.hand_over(outgoing),
            main_began: self.main_began,
            held: self.hold.hand_over(),
            script: self.script,
            check: self.check,
            ready: self.ready.as_ref().map(|ready| outgoing.keep(ready)),
            journal_failed: !self.noting,
        }
    }

    fn inherit(now: Now, left: handover::Seat, role: Role, incoming: &mut Incoming) -> Result<Seat> {
        let ready = left.ready.map(|ready| incoming.take(ready)).transpose()?;
        let post = Post::inherit(left.post, role, incoming)?;
        let mut seat = Seat::new(left.machine, post, Hold::inherit(now, left.held));
        (seat.main_began, seat.script, seat.check) = (left.main_began, left.script, left.check);
        (seat.ready, seat.noting) = (ready, !left.journal_failed);
        Ok(seat)
    }
}

impl LogPipe {
    fn inherit(pipe: Pipe, incoming: &mut Incoming) -> Result<LogPipe> {
        let reader = incoming.take(pipe.reader)?;
        Ok(LogPipe { reader, writer: pipe.writer.map(|writer| incoming.take(writer)).transpose()? })
    }
}
