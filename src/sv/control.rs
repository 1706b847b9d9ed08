//! Every verb but `status`: send commands, then wait for their effect.

use super::holding::NotHeld;
use super::names::Places;
use super::needs;
use super::options::Request;
use super::output::Output;
use super::wait::{self, Task};
use crate::cli::message::printable;
use crate::service::goal::{Before, Life, is_needed};
use crate::service::status::Status;
use crate::service::verb::Verb;
use crate::supervise::client::{Answer, Service, Trouble};
use crate::sys::clock;

/// Does what is asked for: all services are told before the first is waited for.
pub(super) fn run(request: &Request, output: &mut Output) {
    let started = clock::now();
    let places = Places::new(&request.directory);
    let mut told = Vec::new();
    let mut services = places.resolve(&request.services, output);
    let deadline = request.wait.map(|span| started.moment + span);
    if let Some(hold) = &request.hold {
        services.retain(|service| hold.place(service).map_err(|why| not_held(service, why, output)).is_ok());
    }
    if let (Verb::Start, Some(deadline)) = (request.verb, deadline) {
        services = needs::bring_up(&places, services, deadline, output);
    }
    if let (true, Some(deadline)) = (request.dependents, deadline) {
        return needs::bring_down(&places, &services, request.hold.is_some(), deadline, output);
    }
    for service in services {
        match tell(request.verb, &service, request.hold.is_some()) {
            Ok(status) => {
                told.push((service, Before { life: Life::of(&status), second: started.label.unix }));
            }
            Err(trouble) => cannot(request.verb.ends_supervision(), &service, trouble, output),
        }
    }
    if let Some(deadline) = deadline {
        wait::until_done(Task::of(request.verb), deadline, told, output);
    }
}

fn not_held(service: &Service<'_>, why: NotHeld, output: &mut Output) {
    match why {
        NotHeld::Trouble(trouble) => cannot(false, service, trouble, output),
        NotHeld::Unable => {
            output.count_failure();
            let what = b": not told: its runsv cannot hold it down for a time\n";
            output.say(&[b"fail: ", &*printable(service.name()), what].concat());
        }
    }
}

/// Sends what there is need to send, or all of it. The status is that of before.
pub(super) fn tell(verb: Verb, service: &Service<'_>, all: bool) -> Answer<Status> {
    let sends = verb.definition().sends;
    let status = service.status()?;
    if all || is_needed(sends, &status, false) || is_needed(sends, &status, true) && service.has_unread() {
        let bytes: Vec<u8> = sends.iter().map(|command| command.byte()).collect();
        service.send(&bytes)?;
    }
    Ok(status)
}

/// Tells why a service is not told or waited for. Where the end of its supervisor is what was asked for, that there is
/// none is no failure.
pub(super) fn cannot(ends: bool, service: &Service<'_>, trouble: Trouble, output: &mut Output) {
    if trouble == Trouble::NoSupervisor && ends {
        output.say(&[b"ok: ", &*printable(service.name()), b": runsv not running\n"].concat());
    } else {
        output.trouble(service.name(), trouble);
    }
}
