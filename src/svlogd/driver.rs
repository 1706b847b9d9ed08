//! Waits, and hands what happened to whom it concerns.
//!
//! Standard input is read only when all that was read before has gone where it goes: a full disk, a slow reader of
//! standard output, hold up the service behind the pipe and nothing grows here. Nothing is waited for but in `wait`.

use super::Setup;
use super::directory::{Directory, Turn};
use super::input::{BATCH, Input, LARGEST_BATCH};
use super::leaving::Leaving;
use super::lines::{Copy, Opening};
use super::outlet::Stream;
use super::places::Mode;
use super::plain::Window;
use crate::exit::Exit;
use crate::logdir::line::{Cutter, More};
use crate::logdir::rate::Rate;
use crate::moment::{Moment, Now};
use crate::signal::Signal;
use crate::sys::reactor::{Direction, Event, Masks, Reactor, Token};
use crate::sys::{Errno, clock, io, process};

/// Signals that mean something; PIPE is only kept from ending us.
const SIGNALS: &[Signal] = &[Signal::TERM, Signal::HUP, Signal::ALRM, Signal::CHLD, Signal::PIPE];

const STDIN: Token = Token(0);
const STDOUT: Token = Token(1);
const STDERR: Token = Token(2);

/// All that is open, and what is under way.
pub(super) struct Logger<'a> {
    pub(super) setup: &'a Setup,
    reactor: Reactor,
    masks: &'a Masks,
    pub(super) directories: Vec<Directory>,
    pub(super) input: Input,
    pub(super) mode: Mode,
    pub(super) window: Window,
    pub(super) opening: Opening,
    pub(super) replaced: Vec<u8>,
    pub(super) copy: Option<Copy>,
    pub(super) stderr: Stream,
    pub(super) rate: Option<Rate>,
    /// The line in hand is above the limit.
    pub(super) dropping: bool,
    pub(super) leaving: Leaving,
    reopen: bool,
    watched: [bool; 3],
    pub(super) last_read: Moment,
    pub(super) nap: Option<Moment>,
    pub(super) quiet: Option<Moment>,
}

/// The program, once its command line has been understood.
pub(super) fn run(setup: Setup) -> Exit {
    let reactor = match Reactor::new(SIGNALS) {
        Ok(reactor) => reactor,
        Err(errno) => {
            setup.voice.fatal(&[b"unable to watch signals"], errno);
            return Exit::FATAL;
        }
    };
    let masks = *reactor.masks();
    let mut logger = Logger::new(&setup, &masks, reactor);
    let places = setup.places.clone();
    if let Err(exit) = logger.open(&places) {
        return exit;
    }
    logger.run()
}

impl<'a> Logger<'a> {
    fn new(setup: &'a Setup, masks: &'a Masks, reactor: Reactor) -> Logger<'a> {
        let turn = Turn { setup, masks, now: clock::now() };
        let _ = io::set_nonblocking(io::stdin());
        Logger {
            opening: Opening::new(turn),
            input: Input::new(io::stdin(), Cutter::new(setup.line, false), setup.buffer.clamp(BATCH, LARGEST_BATCH)),
            copy: setup.stdout.then(|| Copy::new(Stream::new(io::stdout()), setup.json)),
            rate: setup.most.map(Rate::new),
            setup,
            reactor,
            masks,
            directories: Vec::new(),
            mode: Mode::Lines,
            window: Window::default(),
            replaced: Vec::new(),
            stderr: Stream::new(io::stderr()),
            dropping: false,
            leaving: Leaving::No,
            reopen: false,
            watched: [false; 3],
            last_read: Moment::default(),
            nap: None,
            quiet: None,
        }
    }

    pub(super) fn turn(&self, now: Now) -> Turn<'a> {
        Turn { setup: self.setup, masks: self.masks, now }
    }

    fn run(&mut self) -> Exit {
        let mut events = Vec::new();
        loop {
            let now = clock::now();
            if let Err(exit) = self.advance(now) {
                return exit;
            }
            if let Some(exit) = self.over(now) {
                return exit;
            }
            let reading = self.may_read(now.moment);
            self.watch(reading);
            let deadline = if reading && self.input.ready { Some(now.moment) } else { self.deadline(reading) };
            if let Err(errno) = self.reactor.wait(now.moment, deadline, &mut events) {
                self.setup.voice.warning(&[b"unable to wait for input"], errno);
                continue; // a wait that failed has taken its time
            }
            let now = clock::now();
            for event in &events {
                self.happened(*event, now);
            }
            if self.may_read(now.moment) && self.input.ready {
                self.take(now);
            }
        }
    }

    /// Everything that waits goes on as far as it can.
    fn advance(&mut self, now: Now) -> Result<(), Exit> {
        let turn = self.turn(now);
        if self.reopen {
            self.reopen = false;
            self.open_again(now)?;
        }
        for directory in &mut self.directories {
            directory.advance(turn);
        }
        self.advance_streams();
        self.let_go();
        if self.nap.is_some_and(|until| until <= now.moment) {
            self.nap = None;
        }
        if self.quiet.is_some_and(|when| when <= now.moment) {
            self.rest_now();
        }
        // All of it: nobody wakes us for what has been read already.
        while self.mode == Mode::Lines && self.clear() && self.cut(now) {}
        Ok(())
    }

    fn advance_streams(&mut self) {
        let setup = self.setup;
        let tell = |name: &[u8], answer: Result<(), Errno>| {
            if let Err(errno) = answer {
                setup.voice.warning(&[b"unable to write to ", name], errno);
            }
        };
        tell(b"standard error", self.stderr.advance());
        if let Some(copy) = &mut self.copy {
            tell(b"standard output", copy.stream.advance());
        }
    }

    /// Whether nothing waits to be written.
    pub(super) fn clear(&self) -> bool {
        self.directories.iter().all(|d| d.is_idle() && d.pause.is_none())
            && self.stderr.out.is_empty()
            && self.copy.as_ref().is_none_or(|copy| copy.stream.out.is_empty())
    }

    /// Whether some log cannot be written.
    pub(super) fn is_stuck(&self) -> bool {
        self.directories.iter().any(|d| d.pause.is_some())
    }

    fn may_read(&self, now: Moment) -> bool {
        self.input.more == More::Comes
            && !self.reopen
            && self.clear()
            && match self.leaving {
                Leaving::No => self.nap.is_none_or(|until| until <= now),
                Leaving::Asked => self.is_in_line(),
                Leaving::AtOnce => false,
            }
    }

    fn deadline(&self, reading: bool) -> Option<Moment> {
        let nap = self.nap.filter(|_| !reading);
        let rate = self.rate.as_ref().filter(|_| self.may_note()).and_then(Rate::deadline);
        let own = [nap, self.quiet, rate].into_iter().flatten();
        self.directories.iter().filter_map(Directory::deadline).chain(own).min()
    }

    /// Listens to what matters now, and to nothing that does not: it would wake us for nothing.
    fn watch(&mut self, reading: bool) {
        let stdout = self.copy.as_ref().is_some_and(|copy| !copy.stream.out.is_empty());
        let wanted = [reading, stdout, !self.stderr.out.is_empty()];
        let fds = [self.input.fd, io::stdout(), self.stderr.fd()];
        let directions = [Direction::Read, Direction::Write, Direction::Write];
        let slots = self.watched.iter_mut().zip(wanted).zip(fds).zip(directions).zip([STDIN, STDOUT, STDERR]);
        for ((((watched, wanted), fd), direction), token) in slots {
            if *watched == wanted {
                continue;
            }
            *watched = wanted;
            if !wanted {
                self.reactor.forget(fd);
            } else if self.reactor.watch(fd, token, direction).is_err() && token == STDIN {
                self.input.ready = true; // a plain file, which some reactors refuse: it never makes anybody wait
                *watched = false;
            }
        }
    }

    fn happened(&mut self, event: Event, now: Now) {
        let turn = self.turn(now);
        match event {
            Event::Ready(STDIN) => self.input.ready = true,
            Event::Ready(_) => {}
            Event::Signal(Signal::TERM) => {
                self.setup.info(&[b"sigterm received."]);
                self.leaving = if self.leaving == Leaving::No { Leaving::Asked } else { Leaving::AtOnce };
            }
            Event::Signal(Signal::HUP) => {
                self.setup.info(&[b"sighangup received."]);
                self.reopen = true;
            }
            Event::Signal(Signal::ALRM) => {
                self.setup.info(&[b"sigalarm received."]);
                for directory in &mut self.directories {
                    directory.rotate_soon(turn);
                }
            }
            Event::Signal(Signal::CHLD) => {
                self.setup.info(&[b"sigchild received."]);
                while let Some((pid, ending)) = process::reap() {
                    let _ = self.directories.iter_mut().any(|d| d.ended(pid, ending, turn));
                }
            }
            Event::Signal(_) => {}
        }
    }

    pub(super) fn flush(&mut self, now: Now) {
        let turn = self.turn(now);
        for directory in &mut self.directories {
            directory.advance(turn);
        }
        self.advance_streams();
    }

    /// Gives memory back after a burst.
    fn rest_now(&mut self) {
        self.quiet = None;
        self.input.rest_now();
        if self.window.handed_on == 0 {
            self.window.close();
        }
        for directory in &mut self.directories {
            directory.out.rest_now();
        }
    }
}
