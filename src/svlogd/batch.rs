//! The lines of a batch, and what we have to say ourselves, to where they go.

use super::driver::Logger;
use super::input::{BATCH, Input};
use crate::logdir::line::{More, Piece};
use crate::moment::Now;

impl Logger<'_> {
    /// Hands on all lines that are complete, as far as there is room for them; whether it stopped for want of room.
    pub(super) fn cut(&mut self, now: Now) -> bool {
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

    /// Whether a line of our own would not fall into another.
    pub(super) fn may_note(&self) -> bool {
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

    /// What was dropped and not yet said.
    pub(super) fn note_rest(&mut self, now: Now) {
        if self.rate.as_ref().is_some_and(|rate| rate.deadline().is_some()) {
            self.input.more = More::Ended;
            self.note_drops(now);
        }
    }
}
