//! All that a supervisor of supervisors knows, for the program that takes its place in the same process. What can be
//! seen again it looks at again.

use super::essential::Essential;
use super::farewell::Farewell;
use super::plan::{Id, Plan};
use crate::exit::{Exit, Pid};
use crate::handover::Number;
use crate::handover::pack::{packed_enum, packed_struct};
use crate::moment::Moment;
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// A supervisor of supervisors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Whose process it is. What is handed over is nobody else's.
    pub pid: Option<Pid>,
    /// Who runs for which directory.
    pub plan: Plan,
    /// Those that it has adopted.
    pub adopted: Vec<Adopted>,
    /// The scan directory, locked as long as there are any.
    pub lock: Option<(Id, Number)>,
    /// The essential services.
    pub essentials: Vec<Known>,
    /// The stop that has begun.
    pub stop: Option<Stop>,
    /// What is shown in the process title.
    pub log: Option<Log>,
    /// Which version hands over.
    pub version: String,
}

/// One that was adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// Which process.
    pub pid: Pid,
    /// When it began, in ticks.
    pub began: u64,
    /// What tells its end.
    pub handle: Option<Number>,
}

/// An essential service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which entry.
    pub id: Id,
    /// Its name.
    pub name: CString,
    /// Its directory.
    pub directory: Number,
    /// What has been seen of it.
    pub seen: Essential,
    /// The status of a supervisor before ours.
    pub left: Option<Vec<u8>>,
}

/// A stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Who is told when.
    pub farewell: Farewell,
    /// How far it is.
    pub stage: Stage,
    /// What it ends with.
    pub exit: Exit,
    /// Whether it is that of process 1.
    pub first: bool,
}

/// How far a stop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Supervisors are told.
    Telling,
    /// They were told; until then, out of so long.
    Services(Moment, Duration),
    /// Everybody else was.
    Others(Moment, Duration),
    /// Everybody was killed.
    Killed(Moment),
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The text.
    pub text: Vec<u8>,
    /// Where it comes from.
    pub pipe: Number,
    /// When it expires.
    pub expiry: Option<Moment>,
}

packed_struct!(Tree { 1 pid, 2 plan, 3 adopted, 4 lock, 5 essentials, 6 stop, 7 log; may 128 version });
packed_struct!(Adopted { 1 pid, 2 began, 3 handle });
packed_struct!(Known { 1 id, 2 name, 3 directory, 4 seen, 5 left });
packed_struct!(Stop { 1 farewell, 2 stage, 3 exit, 4 first });
packed_enum!(Stage { 1 Telling, 2 Services(until, whole), 3 Others(until, whole), 4 Killed(until) });
packed_struct!(Log { 1 text, 2 pipe, 3 expiry });

#[cfg(test)]
mod tests;
