//! Waits, tells the machines what happened, and does what they say.

use super::hold::Hold;
use super::launch::{Family, Launcher};
use super::needs::{NEEDS, Neighbours, Waiting};
use super::report;
use super::succession::Succession;
use super::survivors::Strangers;
use super::talk::{MAILBOX, MAIN, STORED, Talk};
use super::wishes::Wishes;
use crate::cli::message::Voice;
use crate::exit::{Ending, Exit, Pid};
use crate::moment::{Moment, Now};
use crate::service::command::{Command, REEXEC};
use crate::service::journal::{Draft, Key, Told};
use crate::service::machine::{Action, Event, Machine, Note, Program, Role, Start};
use crate::service::order::{self, Loggers, Next};
use crate::service::policy::File;
use crate::service::record::Record;
use crate::service::word::Word;
use crate::signal::Signal;
use crate::supervise::server::{NotShown, Post, Trouble};
use crate::sys::reactor::{self, Direction, Reactor, Token};
use crate::sys::{clock, io, process};
use core::time::Duration;
use std::os::fd::OwnedFd;

/// When to try again to show a state that could not be shown.
const SHOW_AGAIN: Duration = Duration::from_secs(3);

/// Reads from a fifo in one turn.
const READS: usize = 8;

/// A supervisor at work.
#[derive(Debug)]
pub(super) struct Runsv {
    pub(super) voice: Voice,
    pub(super) reactor: Reactor,
    pub(super) launcher: Launcher,
    wishes: Wishes,
    pub(super) service: Seat,
    pub(super) loggers: Loggers<Option<Box<Seat>>>,
    /// Where the services are that must be ready first.
    pub(super) neighbours: Option<Neighbours>,
    /// A start of the service waits for others.
    pub(super) waiting: Option<Box<Waiting>>,
    /// The service talks.
    pub(super) talk: Option<Box<Talk>>,
    pub(super) strangers: Strangers,
    /// The program in our place is to be replaced.
    pub(super) succession: Option<Box<Succession>>,
    /// What the life that has just ended left behind, and was ended too.
    left: Vec<Pid>,
    /// An end that a supervisor before us has told, while we make of it what is to be made.
    pub(super) told: Option<Told>,
}

/// One supervised program: what it is doing, where that is shown, and the script that was asked.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) machine: Machine,
    pub(super) post: Post,
    /// When its main process began, where that is not the one that we have started.
    pub(super) main_began: Option<u64>,
    pub(super) hold: Hold,
    pub(super) script: Option<Pid>,
    pub(super) check: Option<Pid>,
    /// Where the service says that it is ready.
    pub(super) ready: Option<OwnedFd>,
    /// Whether the last line of the journal could be written.
    pub(super) noting: bool,
    /// The state is not shown yet.
    unshown: bool,
    /// Whether its fifo is being waited for.
    listening: bool,
    /// It could not be shown: when to try again, and what has been said of it.
    show_again: Option<(Moment, NotShown)>,
}

impl Seat {
    /// A program that has not been started yet.
    pub(super) fn new(machine: Machine, post: Post, hold: Hold) -> Seat {
        Seat {
            machine,
            post,
            main_began: None,
            hold,
            script: None,
            check: None,
            ready: None,
            noting: true,
            unshown: true,
            listening: false,
            show_again: None,
        }
    }
}

impl Runsv {
    /// Nothing has happened yet.
    pub(super) fn new(
        voice: Voice,
        reactor: Reactor,
        launcher: Launcher,
        service: Seat,
        loggers: Loggers<Option<Box<Seat>>>,
        neighbours: Option<Neighbours>,
    ) -> Runsv {
        let wishes = Wishes::default();
        Runsv {
            voice,
            reactor,
            launcher,
            wishes,
            service,
            loggers,
            neighbours,
            waiting: None,
            talk: None,
            strangers: Strangers::default(),
            succession: None,
            left: Vec::new(),
            told: None,
        }
    }

    /// Shows the first state, then says that a supervisor lives here.
    pub(super) fn announce(&mut self) -> Result<(), (Role, Trouble)> {
        let now = clock::now();
        for role in order::SHOWN {
            self.show(now, role);
        }
        for role in order::SHOWN {
            if let Some(seat) = self.seat(role) {
                seat.post.announce().map_err(|trouble| (role, trouble))?;
            }
        }
        Ok(())
    }

    /// Supervises until told to leave.
    #[inline(never)]
    pub(super) fn run(&mut self) -> Exit {
        let mut events = Vec::new();
        let mut now = clock::now();
        if self.launcher.directory.facts(File::Needs.word()).is_ok() {
            self.consult(now, false); // it matters before the start, at which everything is read
        }
        for role in order::STARTS {
            self.step(now, role, Event::Tick);
        }
        loop {
            for role in order::STARTS {
                self.show(now, role);
                self.listen(role);
            }
            self.rest();
            match order::next(&self.service.machine, self.loggers().map(|seat| &seat.machine), self.logs_closed()) {
                Next::GoOn => {}
                Next::CloseLogs => {
                    self.close_logs(now);
                    continue;
                }
                Next::Leave => return self.leave(),
            }
            if self.is_to_be_replaced() {
                self.hand_over(now);
                continue;
            }
            if let Err(errno) = self.reactor.wait(now.moment, self.deadline(now.moment), &mut events) {
                self.voice.warning(&[b"unable to wait for commands, waiting for signals"], errno);
            }
            now = clock::now();
            self.turn(now, &events);
        }
    }

    fn leave(&self) -> Exit {
        self.service.post.leave();
        self.loggers().for_each(|seat| seat.post.leave());
        Exit::OK
    }

    /// One turn: deaths first, then commands, then whatever has become due.
    fn turn(&mut self, now: Now, events: &[reactor::Event]) {
        for event in events {
            match event {
                reactor::Event::Signal(Signal::CHLD) => self.reap(now),
                reactor::Event::Signal(_) => {
                    self.consult(now, false);
                    self.step(now, Role::Service, Event::Dismissed);
                }
                reactor::Event::Ready(READY) => self.readiness(now),
                reactor::Event::Ready(MAILBOX) => self.letters(now),
                reactor::Event::Ready(STORED) => self.broken(),
                reactor::Event::Ready(MAIN) => self.look_at_strangers(now),
                reactor::Event::Ready(NEEDS) => self.look_again(now),
                reactor::Event::Ready(token) => self.commands(now, role_of(*token)),
            }
        }
        if let Some(succession) = &mut self.succession {
            succession.tick(now.moment);
        }
        if self.strangers.due(now.moment).is_some() {
            self.look_at_strangers(now);
        }
        if self.waiting.as_ref().and_then(|waiting| waiting.due).is_some_and(|due| due <= now.moment) {
            self.look_again(now);
        }
        for role in order::STARTS {
            if self.seat(role).is_some_and(|seat| seat.hold.is_over(now)) {
                self.obey(now, role, Command::Up);
            }
            if self.seat(role).is_some_and(|seat| seat.machine.deadline().is_some_and(|due| due <= now.moment)) {
                self.step(now, role, Event::Tick);
            }
        }
    }

    pub(super) fn seat(&mut self, role: Role) -> Option<&mut Seat> {
        pick(&mut self.service, &mut self.loggers, role)
    }

    fn deadline(&self, now: Moment) -> Option<Moment> {
        core::iter::once(&self.service)
            .chain(self.loggers())
            .flat_map(|seat| [seat.machine.deadline(), seat.hold.deadline(), seat.show_again.map(|(due, _)| due)])
            .chain([self.waiting.as_ref().and_then(|waiting| waiting.due), self.strangers.due(now)])
            .chain([self.succession.as_ref().and_then(|succession| succession.deadline())])
            .flatten()
            .min()
    }

    /// Does what a machine says to something that asks for no answer.
    pub(super) fn act_all(&mut self, now: Now, role: Role, what: impl FnOnce(&mut Machine, &mut Vec<Action>)) {
        let mut actions = Vec::new();
        let Some(seat) = self.seat(role) else { return };
        what(&mut seat.machine, &mut actions);
        for action in actions {
            self.act(now, role, action);
        }
    }

    /// Tells a machine what happened, and does what it says until it asks for nothing more.
    pub(super) fn step(&mut self, mut now: Now, role: Role, event: Event) {
        let mut actions = Vec::new();
        let mut next = Some(event);
        while let Some(event) = next.take() {
            // What was seen of others may be younger than this turn, and what follows it is younger still.
            if let Event::Needs(_) = event {
                now = clock::now();
            }
            let Some(seat) = self.seat(role) else { return };
            seat.machine.step(now, event, &mut actions);
            for action in &actions {
                next = self.act(now, role, *action);
            }
            actions.clear();
        }
    }

    /// Does one thing. The answer to a question, if it is known at once, is the next event.
    fn act(&mut self, now: Now, role: Role, action: Action) -> Option<Event> {
        match action {
            Action::Publish => self.seat(role)?.unshown = true,
            Action::Note(note) => self.note(now, role, note),
            Action::Signal(pid, signal, whom) => {
                self.asks_to_reload(signal);
                self.launcher.send(pid, signal, whom, || self.family());
            }
            Action::Check => return self.check(now),
            Action::KillCheck => {
                let check = self.seat(role)?.check?;
                let _ = process::send(check, Signal::KILL);
            }
            Action::Look => return Some(Event::Needs(self.look(now))),
            Action::Ask(command) => return self.ask(now, command),
            Action::KillScript => {
                let script = self.seat(role)?.script?;
                let _ = process::send(script, Signal::KILL);
            }
            Action::Start(program) => return Some(self.start(now, role, program)),
        }
        None
    }

    /// Writes a line into the journal. That it cannot be is said once, until it can again.
    fn note(&mut self, now: Now, role: Role, note: Note) {
        if self.told.is_some_and(|told| told.has(&note)) {
            return;
        }
        let mut draft = Draft::from(note);
        if note == Note::Waiting {
            let missing = self.waiting.iter().flat_map(|waiting| &waiting.missing);
            draft = missing.fold(draft, |draft, name| draft.with_bytes(Key::Need, name));
        }
        if let (Note::Exit(..), Role::Service, false) = (note, role, self.left.is_empty()) {
            let left: Vec<_> = core::mem::take(&mut self.left).iter().map(ToString::to_string).collect();
            draft = draft.with(Key::Left, left.join(","));
        }
        self.write(now, role, &draft);
    }

    pub(super) fn write(&mut self, now: Now, role: Role, draft: &Draft) {
        let Runsv { voice, service, loggers, .. } = self;
        let Some(seat) = pick(service, loggers, role) else { return };
        let written = seat.post.note(now.label, draft);
        if let (true, Err(errno)) = (seat.noting, written) {
            report::not_noted(voice, seat.post.shown(), errno);
        }
        seat.noting = written.is_ok();
    }

    fn family(&self) -> Family {
        let loggers: Vec<Pid> = self.loggers().filter_map(|seat| seat.machine.pid()).collect();
        let strangers = self.strangers.pids().filter(|pid| !loggers.contains(pid)).collect();
        let tried = self.succession.as_ref().and_then(|succession| succession.tried());
        let helpers = loggers.into_iter().chain(self.service.script).chain(self.service.check).chain(tried).collect();
        Family { helpers, strangers }
    }

    /// Reads what the optional files ask for. Whether a start may go on.
    pub(super) fn consult(&mut self, now: Now, aloud: bool) -> bool {
        let Some(wanted) = self.wishes.read(now, &self.launcher.directory) else { return true };
        if aloud {
            wanted.report(&self.voice);
        }
        let good = !wanted.fails_start();
        if good {
            self.service.machine.adopt(wanted.policy);
            self.launcher.outfit.want(wanted.extras);
        }
        good
    }

    fn check(&mut self, now: Now) -> Option<Event> {
        self.service.check = self.launcher.check(&self.voice);
        self.show(now, Role::Service);
        self.service.check.is_none().then_some(Event::Checked { well: false })
    }

    /// A newline says that it is ready; whatever comes after that, or its end, says nothing more.
    fn readiness(&mut self, now: Now) {
        let Some(pipe) = &self.service.ready else { return };
        let mut bytes = [0; 64];
        let told = match io::read(pipe, &mut bytes) {
            Ok(0) => None,
            Ok(length) => Some(bytes[..length].contains(&b'\n')),
            Err(_) => Some(false),
        };
        if told != Some(false) {
            self.reactor.forget(pipe);
            self.service.ready = None;
        }
        if told == Some(true) {
            self.step(now, Role::Service, Event::Ready);
        }
    }

    /// Readers see the state that a script or a `finish` was started in. A `run` is started first and shown after: its
    /// being down in between is nothing that anybody could act upon.
    fn start(&mut self, now: Now, role: Role, program: Program) -> Event {
        match program {
            Program::Finish(_) => self.show(now, role),
            Program::Run if role == Role::Service => {
                if !self.consult(now, true) {
                    return Event::Started(Start::Refused);
                }
                self.expect_readiness();
                if self.service.machine.is_held(now.moment) {
                    return Event::Started(Start::Unready);
                }
                self.expect_words();
            }
            Program::Run => {}
        }
        let Runsv { voice, launcher, service, loggers, .. } = self;
        let Some(seat) = pick(service, loggers, role) else { return Event::Started(Start::Refused) };
        let (start, ready) = launcher.program(voice, role, program, seat.machine.policy(), &seat.post);
        if let Some(pipe) = ready {
            if self.reactor.watch(&pipe, READY, Direction::Read).is_ok() {
                self.service.ready = Some(pipe);
            }
        }
        Event::Started(start)
    }

    /// What an earlier process may still have to say is nobody's.
    fn expect_readiness(&mut self) {
        if let Some(before) = self.service.ready.take() {
            self.reactor.forget(&before);
        }
    }

    fn ask(&mut self, now: Now, command: Command) -> Option<Event> {
        if self.launcher.has_script(&self.voice, command) {
            self.show(now, Role::Service);
            self.service.script = self.launcher.script(&self.voice, command);
        }
        self.service.script.is_none().then_some(Event::Answered { handled: false })
    }

    /// Shows a state that has changed. When that fails it is tried again a little later, and once more at each change.
    /// What is wrong is said once for each state that it keeps from being shown.
    fn show(&mut self, now: Now, role: Role) {
        let Runsv { voice, service, loggers, .. } = self;
        let Some(seat) = pick(service, loggers, role) else { return };
        if !seat.unshown && seat.show_again.is_none_or(|(due, _)| due > now.moment) {
            return;
        }
        let record = Record { start_time: seat.main_began, ..seat.machine.record(now) };
        match seat.post.publish(&seat.machine.status(), &record) {
            Ok(()) => seat.show_again = None,
            Err(what) => {
                if seat.unshown || seat.show_again.is_none_or(|(_, said)| said != what) {
                    report::not_shown(voice, seat.post.shown(), what);
                }
                seat.show_again = Some((now.moment + SHOW_AGAIN, what));
            }
        }
        seat.unshown = false;
    }

    /// Waits for commands while there is room for one. Whoever floods the fifo while a script runs is kept waiting by
    /// the fifo itself.
    fn listen(&mut self, role: Role) {
        let Runsv { reactor, service, loggers, .. } = self;
        let Some(seat) = pick(service, loggers, role) else { return };
        let wanted = seat.machine.room() > 0 && !seat.machine.is_gone();
        if wanted && !seat.listening {
            seat.listening = reactor.watch(seat.post.control(), token_of(role), Direction::Read).is_ok();
        } else if !wanted && seat.listening {
            reactor.forget(seat.post.control());
            seat.listening = false;
        }
    }

    /// Takes the bytes that have come, as far as there is room. A flood is left off after a few reads, for the sake of
    /// everything else, and taken up again in the next turn.
    fn commands(&mut self, now: Now, role: Role) {
        for _ in 0..READS {
            let mut bytes = [0; 64];
            let Some(seat) = self.seat(role) else { return };
            let room = seat.machine.room().min(bytes.len());
            let length = seat.post.take(&mut bytes[..room]).unwrap_or(0);
            if role == Role::Service && bytes[..length].iter().any(|byte| b"dxtuo".contains(byte)) {
                self.consult(now, false);
            }
            for command in bytes[..length].iter().filter_map(|byte| Command::from_byte(*byte)) {
                self.obey(now, role, command);
            }
            if bytes[..length].contains(&REEXEC) {
                self.try_successor(now, role);
            }
            if length < room || room == 0 {
                return;
            }
        }
        let Runsv { reactor, service, loggers, .. } = self;
        if let Some(seat) = pick(service, loggers, role) {
            reactor.forget(seat.post.control());
            seat.listening = false;
        }
    }

    /// Tells a machine of a command. One that brings it up ends its being held; one that takes it down may begin that.
    fn obey(&mut self, now: Now, role: Role, command: Command) {
        let Some(Seat { hold, post, .. }) = self.seat(role) else { return };
        match command {
            Command::Up | Command::Once => hold.end(post.directory()),
            Command::Down => {
                if let Some(held) = hold.told(now, post.directory()) {
                    let draft = held.into();
                    self.write(now, role, &draft);
                }
            }
            _ => {}
        }
        self.step(now, role, Event::Command(command));
    }

    /// Hears of every child that has ended, also of those that were here before us.
    pub(super) fn reap(&mut self, now: Now) {
        if self.talk.is_some() {
            self.letters(now); // only then: its stack is a page and more
        }
        while let Some((pid, ending)) = process::reap() {
            self.ended(now, pid, ending);
        }
    }

    pub(super) fn ended(&mut self, now: Now, pid: Pid, ending: Ending) {
        self.forget_stranger(pid);
        if self.succession.as_ref().is_some_and(|succession| succession.tried() == Some(pid)) {
            return self.successor_answered(now, ending);
        }
        if self.service.script == Some(pid) {
            self.service.script = None;
            return self.step(now, Role::Service, Event::Answered { handled: ending.is_yes() });
        }
        if self.service.check == Some(pid) {
            self.service.check = None;
            return self.step(now, Role::Service, Event::Checked { well: ending == Ending::Exited(0) });
        }
        for role in order::STARTS {
            if self.seat(role).is_some_and(|seat| seat.machine.pids().any(|known| known == pid)) {
                if role == Role::Service && self.service.machine.pids().count() == 1 {
                    self.service.main_began = None;
                    self.consult(now, false);
                    self.left = self.launcher.sweep(self.service.machine.policy(), || self.family());
                    if self.launcher.outfit.was_short_of_memory(ending) {
                        self.service.machine.was_short_of_memory();
                    }
                }
                let more = self.launcher.more(role);
                return self.step(now, role, Event::Ended { pid, ending, more });
            }
        }
    }

    /// Who waits for nobody any more need not be told of anybody; what the service says of itself is shown.
    fn rest(&mut self) {
        if self.waiting.is_some() && !self.service.machine.waits() {
            if let Some(watcher) = self.waiting.take().as_ref().and_then(|waiting| waiting.watcher()) {
                self.reactor.forget(watcher);
            }
        }
        self.show_words();
        self.stays_down();
    }

    pub(super) fn loggers(&self) -> impl Iterator<Item = &Seat> {
        self.loggers.both().into_iter().filter_map(Option::as_deref)
    }

    fn logs_closed(&self) -> bool {
        self.launcher.logs.both().into_iter().flatten().all(|pipe| pipe.writer.is_none())
    }

    /// The loggers read to the end and leave.
    fn close_logs(&mut self, now: Now) {
        for role in order::STARTS {
            let Some(pipe) = self.launcher.logs.of_mut(role).and_then(Option::as_mut) else { continue };
            pipe.writer = None;
            let unread = self.launcher.more(role);
            self.step(now, role, Event::ServiceLeft { unread });
        }
    }
}

fn pick<'a>(service: &'a mut Seat, loggers: &'a mut Loggers<Option<Box<Seat>>>, role: Role) -> Option<&'a mut Seat> {
    match role {
        Role::Service => Some(service),
        _ => loggers.of_mut(role)?.as_deref_mut(),
    }
}

/// The descriptor on which the service says that it is ready.
pub(super) const READY: Token = Token(2);
/// Commands for the logger of standard error.
const ERROR_LOGGER: Token = Token(7);

fn token_of(role: Role) -> Token {
    match role {
        Role::Service => Token(0),
        Role::Logger => Token(1),
        Role::ErrorLogger => ERROR_LOGGER,
    }
}

fn role_of(token: Token) -> Role {
    match token {
        Token(0) => Role::Service,
        ERROR_LOGGER => Role::ErrorLogger,
        _ => Role::Logger,
    }
}
