//! What is done with a fleet while it lives, one scenario a function.

use super::book::Book;
use super::figures as f;
use super::fleet::Fleet;
use super::process;
use super::who::{Order, Who};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Boot,
    /// Of supervisors that have done nothing yet but start.
    Memory,
    /// Of supervisors that have seen their service end twice.
    Worn,
    Loggers,
    Restart,
    Control,
    Status,
    Pickup,
    Idle,
    Farewell,
}

impl Step {
    pub fn scenario(self) -> &'static str {
        match self {
            Step::Boot => "boot",
            Step::Memory => "growth",
            Step::Worn => "memory",
            Step::Loggers => "loggers",
            Step::Restart => "restart",
            Step::Control => "control",
            Step::Status => "status",
            Step::Pickup => "pickup",
            Step::Idle => "idle",
            Step::Farewell => "farewell",
        }
    }

    pub fn grows(self) -> bool {
        matches!(self, Step::Boot | Step::Memory | Step::Restart | Step::Status | Step::Farewell)
    }
}

/// Services that are killed in a round.
const CRASHES: usize = 50;
/// Orders of each kind in a round. runit's command needs half a second for one.
const ORDERS: usize = 5;
const MILLI: f64 = 1e6;

pub fn take(step: Step, fleet: &mut Fleet, book: &mut Book) {
    match step {
        Step::Boot => boot(fleet, book),
        Step::Memory | Step::Worn | Step::Loggers => memory(step, fleet, book),
        Step::Restart => restart(fleet, book),
        Step::Control => control(fleet, book),
        Step::Status => status(fleet, book),
        Step::Pickup => pickup(fleet, book),
        Step::Idle => idle(fleet, book),
        Step::Farewell => {} // its end is measured by who ends it
    }
}

fn boot(fleet: &Fleet, book: &mut Book) {
    let (who, size, services) = (fleet.who, Some(fleet.size), fleet.size as f64);
    book.note(f::BOOT, size, who, fleet.booted as f64 / MILLI / services);
    // The last of them have still to write down what they did.
    fleet.rest_all();
    let processor: f64 = fleet.supervisors().into_iter().map(process::processor).sum();
    book.note(f::BOOT_PROCESSOR, size, who, processor / services);
}

fn memory(step: Step, fleet: &mut Fleet, book: &mut Book) {
    if fleet.who == Who::Supervisor {
        return; // there is one process for all
    }
    if step == Step::Worn || step == Step::Loggers {
        fleet.wear();
    }
    let (own, share) = if step == Step::Loggers { (f::OWN_LOGGED, f::SHARE_LOGGED) } else { (f::OWN, f::SHARE) };
    let supervisors: Vec<i32> = fleet.supervisors().into_iter().skip(1).collect();
    let sum = |of: fn(i32) -> f64| supervisors.iter().map(|pid| of(*pid)).sum::<f64>() / fleet.size as f64;
    book.note(own, Some(fleet.size), fleet.who, sum(process::own_memory));
    book.note(share, Some(fleet.size), fleet.who, sum(process::proportional_memory));
}

fn restart(fleet: &mut Fleet, book: &mut Book) {
    fleet.rest_all();
    for service in 0..fleet.size.min(if fleet.who.pauses() { 3 } else { CRASHES }) {
        let took = fleet.crash(service) as f64 / MILLI;
        book.note(f::RESTART, Some(fleet.size), fleet.who, took);
        if fleet.who != Who::Supervisor {
            book.note(f::RESTART_LATE, Some(fleet.size), fleet.who, took);
        }
    }
}

fn control(fleet: &mut Fleet, book: &mut Book) {
    fleet.rest_all();
    for (order, [state, over]) in [Order::Restart, Order::Stop, Order::Start].into_iter().zip(f::CONTROL) {
        for service in 0..fleet.size.min(ORDERS) {
            fleet.rest(service);
            let Some(done) = fleet.order(order, service) else { return };
            book.note(state, None, fleet.who, done.state as f64 / MILLI);
            if fleet.who.waits() {
                book.note(over, None, fleet.who, done.over.saturating_sub(done.state) as f64 / MILLI);
            }
        }
    }
}

fn status(fleet: &mut Fleet, book: &mut Book) {
    let (slow, size) = (fleet.who == Who::Supervisor, fleet.size);
    for _ in 0..if slow { 2 } else { 20 } {
        book.note(f::STATUS, Some(size), fleet.who, fleet.status(1) as f64 / MILLI);
    }
    for _ in 0..if slow || fleet.who == Who::S6 { 1 } else { 3 } {
        book.note(f::STATUS_ALL, Some(size), fleet.who, fleet.status(size) as f64 / size as f64 / 1e3);
    }
}

fn pickup(fleet: &mut Fleet, book: &mut Book) {
    if matches!(fleet.who, Who::Supervisor | Who::Floor) {
        return; // its configuration names all services; there is none
    }
    let new = fleet.size..fleet.size + if fleet.who.polls() { 1 } else { 5 };
    for service in new.clone() {
        book.note(f::PICKUP, None, fleet.who, fleet.pick_up(service) as f64 / MILLI);
    }
    if fleet.who == Who::Daemontools {
        fleet.size = new.end; // it never looks for what is no more
        return;
    }
    for service in new {
        fleet.rest(service);
        book.note(f::REMOVAL, None, fleet.who, fleet.remove(service) as f64 / MILLI);
    }
}

/// Ours are watched for a minute, others for a quarter of it, each after the rest that a start takes.
fn idle(fleet: &mut Fleet, book: &mut Book) {
    fleet.rest_all();
    let long = matches!(fleet.who, Who::Keepup | Who::Musl) && fleet.size >= 1000;
    let span = Duration::from_secs(if long { 60 } else { 15 });
    let all = fleet.supervisors();
    let sum = |of: fn(i32) -> f64| all.iter().map(|pid| of(*pid)).sum::<f64>();
    let (waits, processor) = (sum(process::waits), sum(process::processor));
    std::thread::sleep(span);
    let minute = 60.0 / span.as_secs_f64();
    book.note(f::WAKEUPS, Some(fleet.size), fleet.who, (sum(process::waits) - waits) * minute);
    book.note(f::IDLE_PROCESSOR, Some(fleet.size), fleet.who, (sum(process::processor) - processor) * minute);
}

pub fn note_farewell(who: Who, size: usize, took: u64, book: &mut Book) {
    book.note(f::FAREWELL, Some(size), who, took as f64 / MILLI / size as f64);
}
