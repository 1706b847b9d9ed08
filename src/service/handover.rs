//! All that a supervisor knows, for the program that takes its place in the same process. What it keeps open is told by
//! its number.

mod words;

use super::held::Held;
use super::journal::Writer;
use super::machine::{Machine, Role};
use super::notify::{Access, Told};
use super::policy::listen;
use crate::exit::Pid;
use crate::handover::Number;
use crate::handover::pack::packed_struct;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// A supervisor, with all that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    /// Whose process it is. What is handed over is nobody else's.
    pub pid: Option<Pid>,
    /// The service.
    pub service: Seat,
    /// Its logger.
    pub logger: Option<Seat>,
    /// The logger of its standard error.
    pub error_logger: Option<Seat>,
    /// The pipe to its logger.
    pub log: Option<Pipe>,
    /// The pipe to the logger of its standard error.
    pub error_log: Option<Pipe>,
    /// The scan directory, and its name there.
    pub neighbours: Option<(Number, Vec<u8>)>,
    /// What its service is given.
    pub outfit: Outfit,
    /// Where it talks.
    pub talk: Option<Talk>,
    /// Those that are no children.
    pub strangers: Vec<(Pid, Option<Number>)>,
    /// Who was asked to hand over: there it is noted.
    pub asked: Role,
    /// Which version hands over.
    pub version: String,
}

/// One supervised program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// What it is doing.
    pub machine: Machine,
    /// Its `supervise/`.
    pub post: Post,
    /// When its main process began, where that is not the one that was started.
    pub main_began: Option<u64>,
    /// What it is held down by.
    pub held: Option<Held>,
    /// The control script that runs.
    pub script: Option<Pid>,
    /// The check that runs.
    pub check: Option<Pid>,
    /// Where it says that it is ready.
    pub ready: Option<Number>,
    /// It has been said that the journal cannot be written.
    pub journal_failed: bool,
}

/// `supervise/`, in service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The directory.
    pub directory: Number,
    /// Its lock, locked.
    pub lock: Number,
    /// Where children leave their marks.
    pub mark: Option<Number>,
    /// The lock of a supervisor without `SVSTATE`.
    pub own: Option<Number>,
    /// `control`
    pub control: Number,
    /// `ok`
    pub ok: Option<Number>,
    /// What stands before `supervise/` where its files are spoken of.
    pub shown: Vec<u8>,
    /// Where the journal is.
    pub journal: Option<Writer>,
}

/// A pipe to a logger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pipe {
    /// The logger's end.
    pub reader: Number,
    /// The service's end.
    pub writer: Option<Number>,
}

/// What a service is given beside the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outfit {
    /// The fifo for standard input.
    pub stdin: Option<Number>,
    /// Its sockets.
    pub sockets: Vec<Socket>,
    /// What it has given to be kept.
    pub store: Vec<Stored>,
    /// Its control group.
    pub group: Option<Group>,
}

/// An open socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// What was asked for.
    pub wanted: listen::Socket,
    /// What is open.
    pub file: Number,
    /// Its path, and which file that is.
    pub path: Option<(Vec<u8>, (u64, u64))>,
}

/// A descriptor that a service has given to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What it calls it.
    pub name: String,
    /// The descriptor.
    pub file: Number,
    /// Whether it is dropped when it has trouble.
    pub poll: bool,
}

/// A control group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its path.
    pub path: Vec<u8>,
    /// Its directory, locked.
    pub directory: Number,
    /// How often the kernel had killed in it before.
    pub kills: u64,
}

/// Where a service talks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The socket.
    pub mailbox: Number,
    /// What the service knows it by.
    pub address: Vec<u8>,
    /// Whether it is a file.
    pub is_file: bool,
    /// From whom messages are taken.
    pub access: Access,
    /// What the service has said.
    pub told: Told,
    /// When it was told to reload.
    pub reload: Option<Duration>,
}

packed_struct!(Supervisor {
    1 pid, 2 service, 3 logger, 4 error_logger, 5 log, 6 error_log, 7 neighbours, 8 outfit, 9 talk, 10 strangers,
    11 asked;
    may 128 version
});
packed_struct!(Seat {
    1 machine, 2 post, 3 main_began, 4 held, 5 script, 6 check, 7 ready;
    may 128 journal_failed
});
packed_struct!(Post { 1 directory, 2 lock, 3 mark, 4 own, 5 control, 6 ok, 7 shown; may 128 journal });
packed_struct!(Pipe { 1 reader, 2 writer });
packed_struct!(Outfit { 1 stdin, 2 sockets, 3 store, 4 group });
packed_struct!(Socket { 1 wanted, 2 file, 3 path });
packed_struct!(Stored { 1 name, 2 file, 3 poll });
packed_struct!(Group { 1 path, 2 directory, 3 kills });
packed_struct!(Talk { 1 mailbox, 2 address, 3 is_file, 4 access, 5 told, 6 reload });

#[cfg(test)]
mod tests;
