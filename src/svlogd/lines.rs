//! What becomes of each line: where it goes, and what it looks like there.

use super::directory::{Directory, Turn};
use super::forward::Message;
use super::outlet::Stream;
use crate::logdir::line::Piece;
use crate::logdir::pattern::{Choice, choose};
use crate::logdir::style::{Fields, Style};
use crate::logdir::syslog::Origin;
use crate::sys::socket::host_name;
use crate::tai64::Label;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What stands before the lines of one batch.
#[derive(Debug, Default)]
pub(super) struct Opening {
    label: Option<Label>,
    /// Time and name.
    stamp: Vec<u8>,
    /// The same, or all fields of a JSON object before the text.
    before: Vec<u8>,
    host: Vec<u8>,
    fields: Fields,
}

impl Opening {
    /// Finds out whose log this is.
    pub(super) fn new(turn: Turn<'_>) -> Opening {
        let (service, stream) = whose();
        let service = turn.setup.name.clone().unwrap_or(service);
        let fields = Fields { service, stream, pid: None };
        Opening { host: host_name(), fields, ..Opening::default() }
    }

    /// Tells what time it is. One time for a batch: its lines came together.
    pub(super) fn set(&mut self, turn: Turn<'_>) {
        let (label, setup) = (turn.now.label, turn.setup);
        if self.label.is_none_or(|before| before.unix != label.unix) {
            self.fields.pid = service_pid();
        }
        self.label = Some(label);
        self.stamp = setup.stamp.text(label);
        if let Some(name) = &setup.name {
            self.stamp.extend_from_slice(name);
            self.stamp.extend_from_slice(b": ");
        }
        if setup.json {
            self.before = self.fields.head(label);
        } else {
            self.before.clone_from(&self.stamp);
        }
    }

    fn origin(&self) -> Origin<'_> {
        Origin { host: &self.host, service: &self.fields.service, pid: self.fields.pid }
    }
}

/// The service and its stream, by where a logger runs: in `SERVICE/log` or `SERVICE/errlog`.
fn whose() -> (Vec<u8>, &'static str) {
    let here = std::env::current_dir().unwrap_or_default();
    let name = here.file_name().unwrap_or_default();
    let parent = here.parent().and_then(|parent| parent.file_name()).unwrap_or_default();
    match name.as_bytes() {
        b"log" => (parent.as_bytes().to_vec(), "stdout"),
        b"errlog" => (parent.as_bytes().to_vec(), "stderr"),
        other => (other.to_vec(), "stdout"),
    }
}

/// The service's process, where its supervisor lets us see it.
fn service_pid() -> Option<i32> {
    use crate::sys::fs::{Dir, How};
    let file = Dir::open("../supervise").ok()?.file(OsStr::new("pid"), How::Read).ok()?;
    let mut text = Vec::new();
    crate::sys::io::read_onto(&file, &mut text, 32).ok()?;
    core::str::from_utf8(&text).ok()?.trim().parse().ok().filter(|pid| *pid > 0)
}

impl Directory {
    /// Takes a piece of a line. Whether the line is selected here.
    #[inline]
    pub(super) fn take(&mut self, piece: &Piece<'_>, opening: &Opening, turn: Turn<'_>, stderr: &mut Stream) -> bool {
        if piece.begins && (!self.config.rules.is_empty() || !self.forward.is_empty()) {
            self.decide(piece, opening, turn, stderr);
        }
        if self.choice.log && !self.config.udp_only {
            self.style.write(&mut self.out.bytes, piece, &opening.before, &self.config.prefix);
        }
        self.choice.log
    }

    /// Where a line goes, and there at once where only its head goes.
    fn decide(&mut self, piece: &Piece<'_>, opening: &Opening, turn: Turn<'_>, stderr: &mut Stream) {
        self.choice = choose(&self.config.rules, piece.head);
        let message = Message {
            label: turn.now.label,
            stamp: &opening.stamp,
            prefix: &self.config.prefix,
            head: piece.head,
            cut: piece.head.len() >= turn.setup.line,
        };
        if self.choice.stderr {
            message.write(&mut stderr.out.bytes);
        }
        if self.choice.log && !self.forward.is_empty() {
            self.forward.send(&message, opening.origin(), turn.setup, &mut self.out.bytes);
        }
    }

    /// A line of our own.
    pub(super) fn note(&mut self, text: &[u8], opening: &Opening) {
        let piece = Piece { begins: true, head: text, rest: &[], ends: true };
        self.style.write(&mut self.out.bytes, &piece, &opening.before, &self.config.prefix);
        self.choice = Choice::DEFAULT;
    }
}

/// Lines for standard output.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) stream: Stream,
    style: Style,
    taken: bool,
}

impl Copy {
    pub(super) fn new(stream: Stream, json: bool) -> Copy {
        Copy { stream, style: Style::new(json), taken: false }
    }

    /// Takes a piece of a line that some log has selected, or that there is no log for.
    pub(super) fn take(&mut self, piece: &Piece<'_>, opening: &Opening, selected: bool) {
        if piece.begins {
            self.taken = selected;
        }
        if self.taken {
            self.style.write(&mut self.stream.out.bytes, piece, &opening.before, b"");
        }
    }
}
