//! Becoming the program that is there now, in the same process: first it is tried, then it is handed all that we have.

use super::adopted::Adopted;
use super::essentials::Essentials;
use super::log::Log;
use super::stop::Stop;
use super::tree::{ADOPTED, Tree};
use crate::cli::message::Voice;
use crate::exit::{Ending, Exit, Pid};
use crate::handover::{Number, seal};
use crate::moment::Moment;
use crate::scan::handover;
use crate::scan::plan::Id;
use crate::supervise::reexec::{self, Arrival, Program, Trial, Words};
use crate::sys::fs::Dir;
use crate::sys::handover::{Incoming, Outgoing};
use crate::sys::{Result, clock, process};
use std::os::fd::OwnedFd;

/// Somebody asked for it.
#[derive(Debug)]
pub(super) struct Succession {
    program: Program,
    /// Its trial; without, it is over, and the program understands.
    trial: Option<Trial>,
}

/// What the program before us in this process has left. All of its descriptors are taken before any other is opened.
#[derive(Debug, Default)]
pub(super) struct Heritage {
    pub(super) left: Option<handover::Tree>,
    pub(super) log: Option<(handover::Log, OwnedFd)>,
    pub(super) files: Files,
}

/// The descriptors of a tree.
#[derive(Debug, Default)]
pub(super) struct Files {
    lock: Option<(Id, OwnedFd)>,
    adopted: Vec<(handover::Adopted, Option<OwnedFd>)>,
    essentials: Vec<(handover::Known, Dir)>,
}

impl Succession {
    /// When the trial takes too long.
    pub(super) fn deadline(&self) -> Option<Moment> {
        self.trial.as_ref().and_then(Trial::deadline)
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Moment) {
        self.trial.iter_mut().for_each(|trial| trial.tick(now));
    }
}

impl Heritage {
    /// Looks whether there is any.
    pub(super) fn find(log: &mut Log) -> Heritage {
        let is_ours = |left: &handover::Tree| left.pid.is_some() && process::own_id() == left.pid;
        match reexec::look(is_ours) {
            Arrival::None => Heritage::default(),
            Arrival::Handed(left, mut incoming) => Heritage::take(left, &mut incoming).unwrap_or_else(|errno| {
                log.warning(&[b"unable to take over what was handed over"], errno);
                Heritage::default()
            }),
            Arrival::Lost(why) => {
                log.remark(&[why.to_string().as_bytes()]);
                Heritage::default()
            }
        }
    }

    fn take(mut left: handover::Tree, incoming: &mut Incoming) -> Result<Heritage> {
        let mut file = |number: Number| incoming.take(number);
        let log = left.log.take().map(|log| file(log.pipe).map(|pipe| (log, pipe))).transpose()?;
        let lock = left.lock.take().map(|(id, lock)| file(lock).map(|lock| (id, lock))).transpose()?;
        let mut adopted = Vec::new();
        for one in core::mem::take(&mut left.adopted) {
            adopted.push((one, one.handle.map(&mut file).transpose()?));
        }
        let mut essentials = Vec::new();
        for known in core::mem::take(&mut left.essentials) {
            let dir = Dir::from(file(known.directory)?);
            essentials.push((known, dir));
        }
        Ok(Heritage { left: Some(left), log, files: Files { lock, adopted, essentials } })
    }
}

impl Tree {
    /// Goes on with that.
    pub(super) fn inherit(&mut self, left: handover::Tree, files: &mut Files) {
        let now = clock::moment();
        let Files { lock, adopted, essentials } = core::mem::take(files);
        (self.plan, self.doubtful_until) = (left.plan, None);
        self.stop = left.stop.map(Stop::inherit);
        self.essentials = Essentials::inherit(essentials);
        self.adopted = Adopted::inherit(now, adopted, lock, &mut self.reactor, ADOPTED);
        // That children have ended was told to nobody meanwhile.
        self.look_at_adopted(now);
        self.log.say(&[b"is version ", env!("CARGO_PKG_VERSION").as_bytes(), b" now."]);
    }

    /// Somebody asks for it. While it is being tried it need not be asked for again.
    pub(super) fn try_successor(&mut self, now: Moment) {
        if self.succession.is_some() {
            return;
        }
        let program = Program::ours(Words::Runsvdir);
        let state = seal(&self.packed(&mut Outgoing::default()));
        match program.try_on(now, &state, &self.reactor.masks().service) {
            Ok(trial) => self.succession = Some(Succession { program, trial: Some(trial) }),
            Err(why) => self.goes_on(&why),
        }
    }

    /// A child has ended: the trial is over if it was that one.
    pub(super) fn tried(&mut self, pid: Pid, ending: Ending) {
        let Some(succession) = &mut self.succession else { return };
        let Some(trial) = succession.trial.take_if(|trial| trial.pid() == pid) else { return };
        if let Err(why) = trial.verdict(&succession.program, ending) {
            self.goes_on(&why);
        }
    }

    /// Whether there is nothing left to do before.
    pub(super) fn is_to_be_replaced(&self) -> bool {
        self.succession.as_ref().is_some_and(|succession| succession.trial.is_none())
    }

    /// Hands over. If it comes back, it could not be, and we go on.
    pub(super) fn hand_over(&mut self) {
        let Some(succession) = self.succession.take() else { return };
        let mut outgoing = Outgoing::default();
        let state = seal(&self.packed(&mut outgoing));
        let why = succession.program.become_it(&state, outgoing);
        self.goes_on(&why);
    }

    fn goes_on(&mut self, why: &str) {
        self.succession = None;
        self.log.remark(&[b"not replaced: ", why.as_bytes()]);
    }

    fn packed(&self, outgoing: &mut Outgoing) -> handover::Tree {
        let (adopted, lock) = self.adopted.hand_over(outgoing);
        handover::Tree {
            pid: process::own_id(),
            plan: self.plan.clone(),
            adopted,
            lock,
            essentials: self.essentials.hand_over(outgoing),
            stop: self.stop.as_ref().map(Stop::hand_over),
            log: self.log.hand_over(outgoing),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

/// We are being tried.
pub(super) fn answer_trial() -> Exit {
    let voice = Voice::new(&[b"runsvdir"]);
    reexec::answer::<handover::Tree>().map_or_else(
        |why| {
            voice.refuse(&[why.as_bytes()]);
            Exit(1)
        },
        |()| Exit::OK,
    )
}
