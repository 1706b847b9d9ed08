//! Lines over the network, beside the log or in its place.

use super::Setup;
use crate::logdir::address::Peer;
use crate::logdir::config::Config;
use crate::logdir::syslog::{Origin, Target};
use crate::sys::Result as Answer;
use crate::sys::socket::Sender;
use crate::tai64::Label;

/// Who is sent each line of a log.
#[derive(Debug, Default)]
pub(super) struct Forward {
    raw: Option<Answer<Sender>>,
    syslog: Vec<(Target, Answer<Sender>, Health)>,
    message: Vec<u8>,
}

/// Whether a receiver took the last line; its trouble is told once, not with each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Well,
    Ill,
}

/// A line to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) label: Label,
    pub(super) stamp: &'a [u8],
    pub(super) prefix: &'a [u8],
    pub(super) head: &'a [u8],
    /// Whether more of the line follows that is not sent.
    pub(super) cut: bool,
}

impl Message<'_> {
    /// Stamp, prefix, line, and what shows that it was cut: as for standard error.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.stamp);
        out.extend_from_slice(self.prefix);
        out.extend_from_slice(self.head);
        if self.cut {
            out.extend_from_slice(b"...");
        }
        out.push(b'\n');
    }
}

impl Forward {
    pub(super) fn new(config: &Config) -> Forward {
        let raw = config.udp.map(|address| Sender::new(&Peer::Internet(address)));
        let syslog = config.syslog.iter().map(|target| (target.clone(), Sender::new(&target.peer), Health::Well));
        Forward { raw, syslog: syslog.collect(), message: Vec::new() }
    }

    /// Whether there is nobody to send to.
    pub(super) fn is_empty(&self) -> bool {
        self.raw.is_none() && self.syslog.is_empty()
    }

    /// Sends a line to all. What could not be sent as it is is noted in the log, with the line.
    pub(super) fn send(&mut self, message: &Message<'_>, origin: Origin<'_>, setup: &Setup, log: &mut Vec<u8>) {
        let bytes = &mut self.message;
        if let Some(sender) = &self.raw {
            bytes.clear();
            message.write(bytes);
            let sent = match sender {
                Ok(sender) => sender.send(bytes).map_err(|_| &b"warning: failure sending through udp: "[..]),
                Err(_) => Err(&b"warning: no udp socket available: "[..]),
            };
            if let Err(note) = sent {
                log.extend_from_slice(note);
                log.extend_from_slice(bytes);
            }
        }
        for (target, sender, health) in &mut self.syslog {
            bytes.clear();
            target.write(bytes, message.label, origin, message.head);
            let sent = match sender {
                Ok(sender) => sender.send(bytes),
                Err(errno) => Err(*errno),
            };
            *health = told(sent, *health, target, setup);
        }
    }
}

fn told(sent: Answer<()>, before: Health, target: &Target, setup: &Setup) -> Health {
    match (sent, before) {
        (Ok(()), Health::Well) => Health::Well,
        (Ok(()), Health::Ill) => {
            setup.voice.remark(&[b"sending again to syslog: ", name(target).as_bytes()]);
            Health::Well
        }
        (Err(errno), Health::Well) => {
            setup.voice.warning(&[b"unable to send to syslog: ", name(target).as_bytes()], errno);
            Health::Ill
        }
        (Err(_), Health::Ill) => Health::Ill,
    }
}

fn name(target: &Target) -> String {
    match &target.peer {
        Peer::Internet(address) => address.to_string(),
        Peer::Unix(path) => String::from_utf8_lossy(path).into_owned(),
    }
}
