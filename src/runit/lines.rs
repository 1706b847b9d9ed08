//! What process 1 says, in runit's words.

use super::files::program;
use crate::cli::message::Voice;
use crate::stage::{Line, Power};

/// Says a line.
pub(super) fn say(voice: &Voice, line: Line) {
    match line {
        Line::Enter(child) => voice.say(&[b"enter stage: ", program(child).to_bytes()]),
        Line::Leave(child) => voice.say(&[b"leave stage: ", program(child).to_bytes()]),
        Line::Failed(child) => voice.remark(&[b"child failed: ", program(child).to_bytes()]),
        Line::Crashed(child) => voice.remark(&[b"child crashed: ", program(child).to_bytes()]),
        Line::SkippingTwo => voice.remark(&[b"skipping stage 2..."]),
        Line::KillingTwo => voice.remark(&[b"killing all processes in stage 2..."]),
        Line::Restarting => voice.remark(&[b"restarting."]),
        Line::NotTerminated => voice.remark(&[b"stage 2 not terminated, sending sigkill..."]),
        Line::NotKilled => voice.remark(&[b"stage 2 still there, going on without it."]),
        Line::OnlyInTwo => voice.remark(&[b"signals only work in stage 2."]),
        Line::Request => voice.say(&[b"ctrl-alt-del request..."]),
        Line::KillingAll => voice.say(&[b"sending KILL signal to all processes..."]),
        Line::Power(Power::Reboot) => voice.say(&[b"system reboot."]),
        Line::Power(Power::Off) => voice.say(&[b"power off..."]),
        Line::Power(Power::Halt) => voice.say(&[b"system halt."]),
    }
}
