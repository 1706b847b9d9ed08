//! Listening to a service that talks: systemd's datagram protocol.

use super::driver::Runsv;
use crate::exit::Pid;
use crate::moment::Now;
use crate::service::handover;
use crate::service::machine::{Event, Role, Says};
use crate::service::notify::{self, Access, LONGEST, Message, Told};
use crate::service::policy::ReadyBy;
use crate::service::status::Want;
use crate::signal::Signal;
use crate::sys::handover::Outgoing;
use crate::sys::mailbox::{Letter, Mailbox, Spot};
use crate::sys::reactor::{Direction, Token};
use crate::sys::{clock, process, processes};
use core::time::Duration;
use std::ffi::CString;
use std::os::fd::OwnedFd;

/// Where a service talks to.
pub(super) const MAILBOX: Token = Token(3);
/// Something that is kept for the next start has trouble.
pub(super) const STORED: Token = Token(6);
/// A main process that is not our child.
pub(super) const MAIN: Token = Token(4);

/// A service that talks.
#[derive(Debug)]
pub(super) struct Talk {
    mailbox: Mailbox,
    /// From whom messages are taken.
    access: Access,
    told: Told,
    /// `supervise/notify` does not show what was told last.
    unshown: bool,
    /// When it was told to reload, by the clock by which it tells.
    pub(super) reload: Option<Duration>,
}

/// Letters that are taken in one turn: whoever floods us is not to keep us from everything else.
const LETTERS: usize = 64;

/// As many ancestors as a process may have before it is nobody's that we know.
const DEPTH: usize = 64;

impl Talk {
    /// A mailbox of its own.
    pub(super) fn new(spot: Option<Spot>) -> crate::sys::Result<Talk> {
        // A path that is no text could not be told of in lines.
        let mailbox = Mailbox::new(spot.filter(|spot| spot.path.to_str().is_some_and(|path| !path.contains('\n'))))?;
        let socket = String::from_utf8_lossy(mailbox.address()).into_owned();
        let told = Told { socket, ..Told::default() };
        Ok(Talk { mailbox, access: Access::All, told, unshown: true, reload: None })
    }

    /// What stays open, and what is known.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> handover::Talk {
        handover::Talk {
            mailbox: outgoing.keep(&self.mailbox),
            address: self.mailbox.address().to_vec(),
            is_file: self.mailbox.is_file(),
            access: self.access,
            told: self.told.clone(),
            reload: self.reload,
        }
    }

    /// What was handed over; where the file of its mailbox is, if it is one.
    pub(super) fn inherit(talk: handover::Talk, socket: OwnedFd, spot: Option<Spot>) -> Talk {
        let mailbox = Mailbox::inherit(socket, talk.address, spot);
        Talk { mailbox, access: talk.access, told: talk.told, unshown: true, reload: talk.reload }
    }

    /// Where letters come.
    pub(super) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// What it said before its end is no more to be shown once it is started again.
    pub(super) fn anew(&mut self) {
        let socket = core::mem::take(&mut self.told.socket);
        self.told = Told { socket, ..Told::default() };
        (self.access, self.unshown, self.reload) = (Access::All, true, None);
    }

    /// What it said to another supervisor it has said to us.
    pub(super) fn recall(&mut self, told: &Told) {
        let socket = core::mem::take(&mut self.told.socket);
        self.told = Told { socket, ..told.clone() };
        self.unshown = true;
    }

    /// What `supervise/notify` is to be, if it is not.
    pub(super) fn take_unshown(&mut self) -> Option<String> {
        core::mem::take(&mut self.unshown).then(|| self.told.text())
    }

    /// It could not be shown: at the next change it is tried again.
    pub(super) fn is_unshown(&mut self) {
        self.unshown = true;
    }

    /// What the service finds in its environment.
    pub(super) fn variables(&self, watchdog: Option<Duration>, store: u16) -> Vec<CString> {
        let socket = Some(format!("NOTIFY_SOCKET={}", self.told.socket));
        let watchdog = watchdog.map(|span| format!("WATCHDOG_USEC={}", span.as_micros()));
        let store = (store > 0).then(|| format!("FDSTORE={store}"));
        let all = [socket, watchdog, store].into_iter().flatten();
        all.filter_map(|variable| CString::new(variable).ok()).collect()
    }
}

impl Runsv {
    /// Reads what the service has to say. Before anybody's end is heard of: a last word is a word.
    #[inline(never)]
    pub(super) fn letters(&mut self, now: Now) {
        let mut bytes = [0; LONGEST + 1]; // one more, so that one that is too long is seen to be
        for _ in 0..LETTERS {
            let Some(talk) = &self.talk else { return };
            // An error belongs to a letter, and the next one may be readable.
            let Ok(Some(mut letter)) = talk.mailbox.take(&mut bytes) else { return };
            let text = bytes.get(..letter.length).unwrap_or_default();
            if letter.length <= LONGEST && self.may_say(letter.sender) {
                for message in notify::decode(text, letter.descriptors.len()) {
                    self.hear(now, message, &mut letter);
                }
            }
            // Dropping the letter closes what came along, which ends a barrier.
        }
    }

    fn hear(&mut self, now: Now, message: Message, letter: &mut Letter) {
        let says = match message {
            Message::Ready => return self.step(now, Role::Service, Event::Ready),
            Message::Reloading { since } if self.is_of_earlier(since) => return,
            Message::Reloading { .. } => Says::Reloading,
            Message::Stopping => Says::Stopping,
            Message::Alive => Says::Alive,
            Message::Stuck => Says::Stuck,
            Message::WatchdogEvery(span) => Says::AliveEvery(span),
            Message::Extend(span) => Says::Extend(span),
            Message::RestartReset => Says::Forget,
            Message::MainPid { pid, inode } => return self.main_process(now, pid, inode),
            Message::MainPidFd => {
                let pid = letter.descriptors.first().and_then(process::of_handle);
                return pid.map_or((), |pid| self.main_process(now, pid, None));
            }
            Message::Store { name, poll } => return self.keep(&name, poll, letter.descriptors.drain(..)),
            Message::Remove { name } => {
                let taken = self.launcher.outfit.store().take_named(&name);
                return self.let_go(taken);
            }
            Message::Access(access) => {
                return self.talk.iter_mut().for_each(|talk| talk.access = access);
            }
            message => {
                return self.talk.iter_mut().for_each(|talk| talk.unshown |= talk.told.hear(&message));
            }
        };
        self.step(now, Role::Service, Event::Says(says));
    }

    /// Keeps descriptors for the next start, as many as the policy lets.
    fn keep(&mut self, name: &str, poll: bool, files: impl Iterator<Item = OwnedFd>) {
        let room = self.service.machine.policy().ready.store;
        for file in files {
            if let Some(file) = self.launcher.outfit.store().keep(name, file, poll, room) {
                let _ = self.reactor.watch(file, STORED, Direction::Trouble); // else it is kept until it is used
            }
        }
    }

    /// What has trouble is not kept.
    pub(super) fn broken(&mut self) {
        let taken = self.launcher.outfit.store().take_broken();
        self.let_go(taken);
    }

    /// One that is down to stay gets nothing back.
    pub(super) fn stays_down(&mut self) {
        let status = self.service.machine.status();
        if self.launcher.outfit.has_stored() && status.pid.is_none() && status.want != Want::Up {
            let taken = self.launcher.outfit.store().take_all();
            self.let_go(taken);
        }
    }

    fn let_go(&mut self, files: Vec<OwnedFd>) {
        files.iter().for_each(|file| self.reactor.forget(file));
    }

    /// Whether a reload began before we asked for the one that is meant.
    fn is_of_earlier(&self, since: Option<Duration>) -> bool {
        let asked = self.talk.as_ref().and_then(|talk| talk.reload);
        since.is_some_and(|since| asked.is_some_and(|asked| since < asked))
    }

    /// Whether a process may say something for the service. One that is gone cannot be told from a stranger.
    fn may_say(&self, sender: Option<Pid>) -> bool {
        let (Some(sender), Some(talk)) = (sender, &self.talk) else { return false };
        let main = self.service.machine.pid() == Some(sender);
        match talk.access {
            Access::None => false,
            Access::Main => main,
            Access::Exec => main || [self.service.script, self.service.check].contains(&Some(sender)),
            Access::All => main || self.is_ours(sender),
        }
    }

    /// Whether a process is below us, and no logger's.
    fn is_ours(&self, pid: Pid) -> bool {
        let us = process::own_id();
        let mut next = Some(pid);
        for _ in 0..DEPTH {
            if next.is_none() || self.loggers().any(|seat| seat.machine.pid() == next) {
                return false;
            }
            if next == us {
                return true;
            }
            next = next.and_then(processes::one).and_then(|process| Pid::new(process.parent));
        }
        false
    }

    /// Another process is the main one from now on, if it belongs to the service and is the one that is meant.
    fn main_process(&mut self, now: Now, pid: Pid, inode: Option<u64>) {
        if self.service.machine.pids().any(|known| known == pid) || !self.is_ours(pid) {
            return;
        }
        let Ok(handle) = process::handle(pid) else { return };
        let meant = inode.is_none_or(|inode| crate::sys::fs::facts(&handle).is_ok_and(|facts| facts.id.1 == inode));
        if !meant {
            return;
        }
        self.wait_for(pid, Some(handle));
        self.service.main_began = processes::one(pid).map(|process| process.began);
        self.step(now, Role::Service, Event::Says(Says::Main(pid)));
    }

    pub(super) fn show_words(&mut self) {
        let Some(talk) = &mut self.talk else { return };
        if talk.take_unshown().is_some_and(|text| self.service.post.tell(&text).is_err()) {
            talk.is_unshown();
        }
    }

    /// A service that talks finds in its environment where to.
    pub(super) fn expect_words(&mut self) {
        let ready = self.service.machine.policy().ready;
        self.launcher.variables.clear();
        if ready.by != ReadyBy::Notify {
            if let Some(talk) = self.talk.take() {
                self.reactor.forget(talk.mailbox());
                self.service.post.tell_nothing();
            }
            return;
        }
        self.open_mailbox();
        if let Some(talk) = &mut self.talk {
            talk.anew();
            self.launcher.variables = talk.variables(ready.watchdog, ready.store);
        }
        self.show_words();
    }

    /// What one that talks has said to a supervisor before us stays said.
    pub(super) fn go_on_listening(&mut self) {
        if self.service.machine.policy().ready.by == ReadyBy::Notify {
            self.open_mailbox();
            let told = Told::parse(&self.service.post.told());
            self.talk.iter_mut().for_each(|talk| talk.recall(&told));
            self.show_words();
        }
    }

    pub(super) fn open_mailbox(&mut self) {
        if self.talk.is_some() {
            return;
        }
        let made = Talk::new(self.service.post.mailbox_spot());
        match made.and_then(|talk| self.reactor.watch(talk.mailbox(), MAILBOX, Direction::Read).map(|()| talk)) {
            Ok(talk) => self.talk = Some(Box::new(talk)),
            Err(errno) => self.voice.warning(&[b"unable to make a socket for NOTIFY_SOCKET"], errno),
        }
    }

    /// From now on a reload that began before is not the one that is meant.
    pub(super) fn asks_to_reload(&mut self, signal: Signal) {
        if signal == self.service.machine.policy().reload.unwrap_or(Signal::HUP) {
            self.talk.iter_mut().for_each(|talk| talk.reload = Some(clock::monotonic()));
        }
    }
}
