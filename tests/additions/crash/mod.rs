//! Each program, killed before any system call that it makes. What is on the disk can be read, what was wanted comes to
//! be, nobody is left behind, and nothing is there twice.

use crate::scene::strace::{Call, can_trace};
use crate::scene::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

mod others;
mod runsv;
mod runsvdir;
mod svevent;
mod svlogd;

/// Tries this with each of the calls, several at a time; all must survive.
fn try_all(what: &str, calls: Vec<Call>, attempt: impl Fn(&Call) + Sync) {
    let (total, left, failed) = (calls.len(), Mutex::new(calls), Mutex::new(Vec::new()));
    let next = || left.lock().unwrap().pop();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some(call) = next() {
                    if catch_unwind(AssertUnwindSafe(|| attempt(&call))).is_err() {
                        failed.lock().unwrap().push(call.to_string());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("FAULTS {what}, killed before any call: tried {total}, survived {}", total - failed.len());
    assert!(failed.is_empty(), "killed before these, it did not survive: {failed:?}");
}

/// Some of them, others in each run.
fn some(calls: Vec<Call>, number: usize) -> Vec<Call> {
    let mut random = Random::new(std::process::id().into());
    let mut some: Vec<Call> = (0..number).map(|_| calls[random.below(calls.len())].clone()).collect();
    some.sort();
    some.dedup();
    some
}

/// Waits until it is so, or the program is dead.
#[track_caller]
fn until_or_dead(what: &str, running: &mut Running, mut condition: impl FnMut() -> bool) {
    until(what, || condition() || running.ended());
}
