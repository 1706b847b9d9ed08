//! Serves Supervisor's XML-RPC interface, and logs that go on, for the services of a scan directory.
//!
//! One thread, on which everything waits at once. `server` listens and counts connections; a `connection` has its
//! limits of time; `request` decides by the path who answers it: `rpc` by calling a method, `follow` with a log as it
//! grows. What a method does is in `processes` (what there is, and what it is doing), `deeds` (start, stop, signal, and
//! waiting for that), `logs` and `command`; `daemon` asks the supervisord, if there is one, what only that knows. What
//! clients are shown is decided in `crate::supervisor`.
//!
//! Nothing is remembered of services but how far their journals have been read: each request looks at the files.
#![forbid(unsafe_code)]

mod command;
mod connection;
mod content;
mod daemon;
mod deeds;
mod ear;
mod follow;
mod logs;
mod options;
mod processes;
mod request;
mod rpc;
mod server;
mod world;

use crate::cli::message::Voice;
use crate::exit::Exit;
use crate::logdir::address::Peer;
use crate::signal::Signal;
use crate::sys::door::Args;
use crate::sys::errno::errno_of;
use crate::sys::process;
use crate::sys::signals::{Signals, ignore_broken_pipes};
use crate::sys::socket::Sender;
use options::Setup;
use std::os::unix::ffi::OsStrExt;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

/// What ends us, in order.
const ENDS: &[Signal] = &[Signal::TERM, Signal::INT, Signal::HUP];

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let voice = Voice::new(&[b"svhttpd"]);
    let setup = match Setup::read(args, &voice) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    ignore_broken_pipes();
    let signals = match Signals::new(ENDS) {
        Ok(signals) => signals,
        Err(errno) => {
            voice.fatal(&[b"unable to watch signals"], errno);
            return Exit::FATAL;
        }
    };
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => LocalSet::new().block_on(&runtime, server::run(setup, voice, signals)),
        Err(error) => {
            voice.fatal(&[b"unable to wait for connections"], errno_of(&error));
            Exit::FATAL
        }
    }
}

/// Tells whoever supervises us, and asks for it, that clients are heard.
fn tell_ready() {
    let Some(address) = process::variable("NOTIFY_SOCKET") else { return };
    let sender = Sender::new(&Peer::Unix(address.as_bytes().to_vec()));
    let _ = sender.and_then(|sender| sender.send(b"READY=1")); // nobody may be there to hear it
}
