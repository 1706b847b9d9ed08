//! What every request is answered from.

use super::daemon::Daemon;
use super::options::{Limits, Setup};
use super::processes::Processes;
use crate::supervisor::servers::Served;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::rc::Rc;
use tokio::sync::Mutex;

/// All of it; one, for as long as the program runs.
#[derive(Debug)]
pub(super) struct World {
    pub(super) processes: Processes,
    /// The supervisord, where there is one.
    pub(super) daemon: Option<Daemon>,
    /// What is said of ourselves where there is none.
    pub(super) identifier: String,
    pub(super) limits: Limits,
    /// Who is writing to the standard input of a process: the pieces of two are not mixed.
    typing: RefCell<HashMap<OsString, Rc<Mutex<()>>>>,
}

impl World {
    pub(super) fn new(setup: Setup) -> (World, Vec<Served>) {
        let Setup { scan, state, servers, identifier, limits } = setup;
        let world = World {
            processes: Processes::new(&scan, state.is_none()),
            daemon: state.as_deref().map(Daemon::new),
            identifier,
            limits,
            typing: RefCell::default(),
        };
        (world, servers)
    }

    /// The turn of whoever writes to the standard input of this process.
    pub(super) fn turn(&self, file: &OsString) -> Rc<Mutex<()>> {
        let mut typing = self.typing.borrow_mut();
        typing.retain(|_, turn| Rc::strong_count(turn) > 1);
        Rc::clone(typing.entry(file.clone()).or_default())
    }
}
