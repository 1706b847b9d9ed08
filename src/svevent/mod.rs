//! Follows the journals of all services of a scan directory, and calls programs when one is in trouble, and when it is
//! well again.
//!
//! `driver` waits; a `follower` reads the journal of one service; what is made of its lines is decided in `alert`;
//! `hooks` are the programs, of which one that runs is a `call`, by `calling`; `store` is where it is written down how
//! far all that has come.
#![forbid(unsafe_code)]

mod call;
mod calling;
mod driver;
mod follower;
mod hooks;
mod options;
mod store;

use crate::cli::message::Voice;
use crate::exit::Exit;
use crate::supervise::home;
use crate::sys::door::Args;
use crate::sys::{Errno, fs};
use options::Setup;
use std::os::unix::ffi::OsStrExt;
use store::Store;

/// Whether what failed so may go well in a while. What cannot be read then is not to be taken for what is not there.
fn may_pass(errno: Errno) -> bool {
    use Errno::{EAGAIN, EINTR, EIO, EMFILE, ENFILE, ENOMEM};
    matches!(errno, EAGAIN | EINTR | EIO | EMFILE | ENFILE | ENOMEM)
}

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let mut setup = match Setup::read(args) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    let voice = Voice::new(&[b"svevent"]);
    if home::top().is_some_and(|top| top.is_relative()) {
        voice.refuse(&[b"SVSTATE is not an absolute path"]);
        return Exit::FATAL;
    }
    // Hooks run elsewhere, and are given paths.
    match fs::here() {
        Ok(here) => setup.make_absolute(&here),
        Err(errno) => {
            voice.fatal(&[b"unable to open current directory"], errno);
            return Exit::FATAL;
        }
    }
    let store = match Store::open(&setup.state) {
        Ok(store) => store,
        Err((what, errno)) => {
            voice.fatal(&[what.as_bytes(), b" ", setup.state.as_os_str().as_bytes()], errno);
            return Exit::FATAL;
        }
    };
    driver::run(setup, voice, store)
}
