//! Going on with what is logged from now on. Until somebody interrupts it: no signal is handled.

use super::Logs;
use crate::sv::output::Output;
use crate::sys::clock;
use crate::sys::fs::tells_changes;
use crate::sys::inotify::{Interest, Watcher};
use crate::sys::reactor::{Direction, Reactor, Token};
use core::time::Duration;

/// How often to look where nobody tells of changes.
const LOOK: Duration = Duration::from_millis(250);

/// How often to look although changes are told of: some kernels do not tell of what is spliced into a file.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);

/// Shows lines as they come.
pub(super) fn follow(logs: &mut Logs, output: &mut Output) {
    let Ok(mut reactor) = Reactor::new(&[]) else { return };
    let watcher = watch(logs, &mut reactor);
    let pause = if watcher.is_some() { LOOK_ANYWAY } else { LOOK };
    let mut events = Vec::new();
    loop {
        // After the watches have been made, so that what came before them is not missed.
        logs.show(output);
        output.flush();
        let now = clock::moment();
        let _ = reactor.wait(now, Some(now + pause), &mut events);
        if let Some(watcher) = &watcher {
            let _ = watcher.drain(|_, _| ());
        }
    }
}

/// Watches the directories of all logs, or, where that is not possible for each, none.
fn watch(logs: &Logs, reactor: &mut Reactor) -> Option<Watcher> {
    let watcher = Watcher::new().ok()?;
    for (_, stream) in &logs.streams {
        let told = tells_changes(stream.dir()) && watcher.add(stream.directory(), Interest::Written).is_ok();
        if !told {
            return None;
        }
    }
    reactor.watch(&watcher, Token(0), Direction::Read).ok()?;
    Some(watcher)
}
