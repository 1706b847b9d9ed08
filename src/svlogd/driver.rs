//! Waits, and hands what happened to whom it concerns.
//!
//! Standard input is read only when all that was read before has gone where it goes: a full disk, a slow reader of
//! standard output, hold up the service behind the pipe and nothing grows here. Nothing is waited for but in `wait`.

use super::directory::{Directory, Heritage, Task, Turn};
use super::input::{BATCH, Input, LARGEST_BATCH, Read};
use super::lines::{Copy, Opening};
use super::outlet::Stream;
use super::plain::{Moved, Window};
use super::{Place, Setup};
use crate::exit::Exit;
use crate::logdir::line::{Cutter, More, Piece};
use crate::logdir::rate::Rate;
use crate::moment::{Moment, Now};
use crate::signal::Signal;
use crate::sys::fs::{self, Kind};
use crate::sys::reactor::{Direction, Event, Masks, Reactor, Token};
use crate::sys::{Errno, clock, io, process};
use core::time::Duration;

/// Signals that mean something; PIPE is only kept from ending us.
const SIGNALS: &[Signal] = &[Signal::TERM, Signal::HUP, Signal::ALRM, Signal::CHLD, Signal::PIPE];

const STDIN: Token = Token(0);
const STDOUT: Token = Token(1);
const STDERR: Token = Token(2);

/// A writer that sends many small pieces is read this much later than it could be, so that each turn finds more of
/// them: a turn costs far more than a line.
const NAP: Duration = Duration::from_micros(200);
/// A batch below this is small.
const SMALL: usize = 4096;
/// Batches that follow each other within this are many.
const BRISK: Duration = Duration::from_millis(1);
/// After a burst, memory is given back once it has been quiet for so long. One wake-up, then none.
const QUIET: Duration = Duration::from_secs(5);

/// How bytes go from standard input to the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// From a pipe to one file, within the kernel.
    Spliced,
    /// As they are.
    Raw,
    /// Line by line.
    Lines,
}

/// Whether we were asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    No,
    /// After the line in hand.
    Asked,
    /// Asked again: now.
    AtOnce,
}

struct Logger<'a> {
    setup: &'a Setup,
    reactor: Reactor,
    masks: &'a Masks,
    directories: Vec<Directory>,
    input: Input,
    mode: Mode,
    window: Window,
    opening: Opening,
    replaced: Vec<u8>,
    copy: Option<Copy>,
    stderr: Stream,
    rate: Option<Rate>,
    /// The line in hand is above the limit.
    dropping: bool,
    leaving: Leaving,
    reopen: bool,
    watched: [bool; 3],
    last_read: Moment,
    nap: Option<Moment>,
    quiet: Option<Moment>,
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

    fn turn(&self, now: Now) -> Turn<'a> {
        Turn { setup: self.setup, masks: self.masks, now }
    }

    /// Opens what can be opened; nothing at all is the end.
    fn open(&mut self, places: &[Place]) -> Result<(), Exit> {
        for place in places {
            match Directory::open(*place, self.setup) {
                Ok(directory) => self.directories.push(directory),
                Err(trouble) => self.setup.warn(&trouble),
            }
        }
        if self.directories.is_empty() && !places.is_empty() {
            self.setup.voice.refuse(&[b"no functional log directories."]);
            return Err(Exit::FATAL);
        }
        self.choose_mode();
        Ok(())
    }

    /// The shortest way for the bytes that does all that is asked for.
    fn choose_mode(&mut self) {
        let keeps = |d: &Directory| d.config.prefix.is_empty() && !d.config.needs_lines();
        let whole = self.setup.json || self.setup.stdout || self.directories.iter().any(|d| d.config.needs_lines());
        self.input.cutter.set_whole(whole);
        self.mode = match self.directories.as_mut_slice() {
            all if !self.setup.keeps_bytes() || !all.iter().all(keeps) || all.is_empty() => Mode::Lines,
            [only] if fs::facts(self.input.fd).is_ok_and(|facts| facts.kind == Kind::Fifo) => {
                only.spliced = true;
                Mode::Spliced
            }
            _ => Mode::Raw,
        };
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
                self.setup.voice.fatal(&[b"unable to wait"], errno);
                return Exit::FATAL;
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

    /// Closes all and opens all, with their configuration as it is now. Processors go on meanwhile, and what could not
    /// be written yet is written to the new file.
    fn open_again(&mut self, now: Now) -> Result<(), Exit> {
        let turn = self.turn(now);
        let mut before = core::mem::take(&mut self.directories);
        for directory in &mut before {
            directory.close(turn);
        }
        let heirs: Vec<Heritage> = before.into_iter().map(Directory::leave).collect();
        let places = self.setup.places.clone();
        let opened = self.open(&places);
        for heritage in heirs {
            match self.directories.iter_mut().find(|d| d.place == heritage.place) {
                Some(directory) => directory.inherit(heritage),
                None => heritage.is_lost(self.setup),
            }
        }
        opened?;
        if self.mode != Mode::Lines {
            self.hand_on(now);
        }
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
    fn clear(&self) -> bool {
        self.directories.iter().all(|d| d.is_idle() && d.pause.is_none())
            && self.stderr.out.is_empty()
            && self.copy.as_ref().is_none_or(|copy| copy.stream.out.is_empty())
    }

    /// Whether some log cannot be written.
    fn is_stuck(&self) -> bool {
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

    /// Takes what standard input holds.
    fn take(&mut self, now: Now) {
        let count = match self.mode {
            Mode::Spliced => self.splice(now),
            Mode::Raw | Mode::Lines => self.read(now),
        };
        if count < SMALL && now.moment.since(self.last_read) < BRISK {
            self.nap = Some(now.moment + NAP);
        }
        if count >= SMALL && self.mode != Mode::Spliced {
            self.quiet = Some(now.moment + QUIET);
        }
        self.last_read = now.moment;
    }

    fn splice(&mut self, now: Now) -> usize {
        let turn = self.turn(now);
        let Some(directory) = self.directories.first_mut() else { return 0 };
        let moved = match self.leaving {
            Leaving::No => directory.splice(self.input.fd, &mut self.window, turn),
            Leaving::Asked | Leaving::AtOnce => directory.splice_rest(self.input.fd, &mut self.window, turn),
        };
        if directory.task != Task::None {
            self.window.close();
        }
        match moved {
            Moved::Some(count) => return count,
            Moved::Nothing => self.input.ready = false,
            Moved::Unable => self.mode = Mode::Raw,
            Moved::End => self.end(now),
        }
        0
    }

    fn read(&mut self, now: Now) -> usize {
        // Asked to end in the middle of a line: not a byte of the next one, which is for whoever comes after us.
        let most = if self.leaving == Leaving::No { self.input.batch } else { 1 };
        match self.input.read(most) {
            Ok(Read::Some(count)) => {
                self.input.ready = count == most;
                match self.mode {
                    Mode::Lines => {
                        self.cut(now);
                    }
                    Mode::Raw | Mode::Spliced => self.hand_on(now),
                }
                return count;
            }
            Ok(Read::Nothing) => self.input.ready = false,
            Ok(Read::End) => self.end(now),
            Err(errno) => {
                // As in the original: an input that cannot be read is at its end; one that was never open is silent.
                if errno != Errno::EBADF {
                    self.setup.voice.warning(&[b"unable to read standard input"], errno);
                }
                self.end(now);
            }
        }
        0
    }

    /// The stream has ended. A last line without its newline gets one: the original drops it.
    fn end(&mut self, now: Now) {
        self.input.more = More::Ended;
        self.input.ready = false;
        let turn = self.turn(now);
        if self.mode == Mode::Lines {
            self.cut(now);
            return;
        }
        for directory in &mut self.directories {
            if directory.is_in_line() {
                directory.put(b"\n", turn);
            }
        }
    }

    /// Hands on all that was read, as it is.
    fn hand_on(&mut self, now: Now) {
        let turn = self.turn(now);
        for directory in &mut self.directories {
            directory.put(self.input.rest(), turn);
        }
        self.input.start = self.input.buffer.len();
    }

    /// Hands on all lines that are complete, as far as there is room for them; whether it stopped for want of room.
    fn cut(&mut self, now: Now) -> bool {
        if self.input.rest().is_empty() && !(self.input.more == More::Ended && self.input.cutter.in_line()) {
            self.note_drops(now);
            return false;
        }
        let turn = self.turn(now);
        self.opening.set(turn);
        self.note_drops(now);
        let Logger { input, directories, copy, stderr, rate, dropping, opening, replaced, .. } = self;
        let Input { buffer, start, cutter, more, .. } = input;
        let mut rest = buffer.get(*start..).unwrap_or_default();
        let mut stopped = false;
        while let Some(piece) = cutter.next(&mut rest, *more) {
            if piece.begins {
                *dropping = rate.as_mut().is_some_and(|rate| !rate.admit());
            }
            if *dropping {
                continue;
            }
            let piece = match &turn.setup.replace {
                Some(replace) => {
                    replace.apply(piece.head, replaced);
                    Piece { head: replaced, ..piece }
                }
                None => piece,
            };
            let mut selected = directories.is_empty();
            let mut full = false;
            for directory in directories.iter_mut() {
                selected |= directory.take(&piece, opening, turn, stderr);
                full |= directory.is_full();
            }
            if let Some(copy) = copy {
                copy.take(&piece, opening, selected);
                full |= copy.stream.out.bytes.len() >= BATCH;
            }
            if full || stderr.out.bytes.len() >= BATCH {
                stopped = true;
                break;
            }
        }
        let left = rest.len();
        *start = buffer.len() - left;
        self.flush(now);
        stopped
    }

    fn flush(&mut self, now: Now) {
        let turn = self.turn(now);
        for directory in &mut self.directories {
            directory.advance(turn);
        }
        self.advance_streams();
    }

    /// Whether a line of our own would not fall into another.
    fn may_note(&self) -> bool {
        !self.input.cutter.in_line() || self.dropping
    }

    /// Says in the log what was dropped, once a second and at the end.
    fn note_drops(&mut self, now: Now) {
        if !self.may_note() {
            return;
        }
        let Some(rate) = &mut self.rate else { return };
        let ended = self.input.more == More::Ended;
        let dropped = rate.turn(now.moment).or_else(|| if ended { rate.rest() } else { None });
        let Some(dropped) = dropped else { return };
        let turn = self.turn(now);
        self.opening.set(turn);
        let most = self.setup.most.map_or(0, core::num::NonZeroU64::get);
        let text = format!("svlogd: warning: {dropped} lines dropped, more than {most} in a second");
        for directory in &mut self.directories {
            directory.note(text.as_bytes(), &self.opening);
        }
        if let Some(copy) = &mut self.copy {
            let piece = Piece { begins: true, head: text.as_bytes(), rest: &[], ends: true };
            copy.take(&piece, &self.opening, true);
        }
        self.flush(now);
    }

    /// Gives memory back after a burst.
    fn rest_now(&mut self) {
        self.quiet = None;
        self.input.rest_now();
        for directory in &mut self.directories {
            directory.out.rest_now();
        }
    }

    /// Whether the line in hand is without its end.
    fn is_in_line(&self) -> bool {
        match self.mode {
            Mode::Lines => self.input.is_in_line(),
            Mode::Raw | Mode::Spliced => self.directories.iter().any(Directory::is_in_line),
        }
    }

    /// Whether this is the end, and with which code.
    fn over(&mut self, now: Now) -> Option<Exit> {
        let ended = match self.leaving {
            Leaving::No => self.input.is_over(),
            Leaving::Asked => self.is_stuck() || (self.clear() && (self.input.is_over() || !self.is_in_line())),
            Leaving::AtOnce => true,
        };
        if !ended {
            return None;
        }
        if self.leaving == Leaving::No && !self.clear() {
            return None;
        }
        self.note_rest(now);
        let lost = self.last_try(now);
        if self.leaving == Leaving::AtOnce {
            self.directories.iter().for_each(|d| d.processing.stop());
        }
        if self.directories.iter().any(|d| self.waits_for(d)) {
            return None;
        }
        let turn = self.turn(now);
        self.directories.iter_mut().for_each(|d| d.close(turn));
        Some(if lost { Exit::FATAL } else { Exit::OK })
    }

    /// Whether a processor has still to be waited for: the one that runs, and at the end of the stream those that
    /// come after it, as long as they succeed.
    fn waits_for(&self, directory: &Directory) -> bool {
        let processing = &directory.processing;
        let queue = processing.look && processing.retry.is_none() && directory.config.processor.is_some();
        processing.is_running() || (queue && self.leaving == Leaving::No)
    }

    /// What was dropped and not yet said.
    fn note_rest(&mut self, now: Now) {
        if self.rate.as_ref().is_some_and(|rate| rate.deadline().is_some()) {
            self.input.more = More::Ended;
            self.note_drops(now);
        }
    }

    /// Asked to end while something cannot be written: tries once more. Whether anything was lost.
    fn last_try(&mut self, now: Now) -> bool {
        let turn = self.turn(now);
        let unread = self.input.rest().len();
        let mut lost = false;
        for directory in &mut self.directories {
            if !directory.is_idle() {
                directory.advance_now(turn);
            }
            let count = directory.give_up() + if directory.is_idle() { 0 } else { unread };
            lost |= self.setup.lost(count, &directory.name);
        }
        lost
    }
}
