//! What services need, as their files `needs` say: `start` brings it up first, `stop --dependents` stops first who needs
//! what is to be stopped.

use super::control::{cannot, tell};
use super::names::Places;
use super::output::Output;
use super::wait::{Task, until_done};
use crate::cli::message::printable;
use crate::moment::Moment;
use crate::service::goal::{Before, Being, Life};
use crate::service::needs_graph::{Graph, Node};
use crate::service::policy::needs;
use crate::service::verb::Verb;
use crate::supervise::client::{Place, Service, is_path};
use crate::sys::{Errno, clock};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The name of a service that stands beside this one.
fn beside(name: &[u8], other: &[u8]) -> Vec<u8> {
    let mut own = name;
    while let [rest @ .., b'/'] = own {
        own = rest;
    }
    let (directory, base) = own.split_at(own.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1));
    match base {
        b"." | b".." => [own, b"/../", other].concat(),
        _ if directory.is_empty() && is_path(name) => [b"./", other].concat(),
        _ => [directory, other].concat(),
    }
}

/// What a service needs itself, by the names that lead there; nothing if it is not there.
fn needs_of(places: &Places, name: &[u8]) -> Option<Vec<Vec<u8>>> {
    let service = places.service(name.to_vec());
    match service.read("needs") {
        Ok(text) => Some(needs::parse(&text).value.0.iter().map(|need| beside(name, need)).collect()),
        Err(Errno::ENOENT) => service.enter().is_ok().then(Vec::new),
        Err(_) => Some(Vec::new()),
    }
}

/// These services and all that they need.
pub(super) fn graph(places: &Places, services: &[Service<'_>]) -> Graph {
    Graph::reach(services.iter().map(|service| service.name().to_vec()), |name| needs_of(places, name))
}

/// These services, those beside them, and all that these need.
pub(super) fn neighbours(places: &Places, services: &[Service<'_>]) -> Graph {
    let mut names: Vec<Vec<u8>> = services.iter().map(|service| service.name().to_vec()).collect();
    let mut listed: Vec<Vec<u8>> = Vec::new();
    for service in services {
        let directory = beside(service.name(), b"");
        if !listed.contains(&directory) {
            let here = Place::new(OsStr::from_bytes(&directory));
            let place = if directory.is_empty() { places.services() } else { &here };
            let found = place.names().unwrap_or_default().into_iter().map(OsString::into_vec);
            names.extend(found.map(|other| beside(service.name(), &other)));
            listed.push(directory);
        }
    }
    Graph::reach(names, |name| needs_of(places, name))
}

/// Brings up what these services need, rank by rank, each ready before the next is told. What is left of them is told by
/// the caller: those that nobody else here needs.
pub(super) fn bring_up<'p>(
    places: &'p Places,
    mut services: Vec<Service<'p>>,
    deadline: Moment,
    output: &mut Output,
) -> Vec<Service<'p>> {
    if !services.iter().any(|service| service.has("needs") == Ok(true)) {
        return services;
    }
    let graph = graph(places, &services);
    let named = nodes(&graph, &services);
    let all = graph.with_needs(&named);
    let needed: Vec<Node> = all.iter().flat_map(|node| graph.needs(*node)).copied().collect();
    for rank in graph.ranks(&needed) {
        let rank = rank.into_iter().map(|node| (named.contains(&node), places.service(graph.name(node).to_vec())));
        let told = rank.filter_map(|(named, service)| raise(service, named, output)).collect();
        until_done(Task::until(Being::Ready), deadline, told, output);
    }
    services.retain(|service| graph.find(service.name()).is_none_or(|node| !needed.contains(&node)));
    services
}

/// Tells a service to come up; nothing if it need not be waited for. One that is ready already is spoken of only if it was
/// asked for.
fn raise<'p>(service: Service<'p>, named: bool, output: &mut Output) -> Option<(Service<'p>, Before)> {
    if !named && let_be(&service, output) {
        return None;
    }
    let ready = |service: &Service<'_>| service.report().is_ok_and(|report| Being::Ready.is_so(&report));
    if !named && ready(&service) {
        return None;
    }
    told(Verb::Start, service, false, output)
}

/// Whether somebody holds it down: then it is not for us to bring it up.
fn let_be(service: &Service<'_>, output: &mut Output) -> bool {
    let now = clock::label();
    let Some(held) = service.held().filter(|held| !held.is_over(now)) else { return false };
    output.count_failure();
    let words = held.words(now);
    output.say(&[b"fail: ", &*printable(service.name()), b": ", words.as_bytes(), b"\n"].concat());
    true
}

/// Stops who needs these services, the last in the chain first, and then them; each is down before the next is told.
pub(super) fn bring_down(places: &Places, services: &[Service<'_>], hold: bool, deadline: Moment, output: &mut Output) {
    let graph = neighbours(places, services);
    let named = nodes(&graph, services);
    let mut ranks = graph.ranks(&graph.with_dependents(&named));
    while let Some(rank) = ranks.pop() {
        let failures = output.failures();
        let mut waited = Vec::new();
        for node in &rank {
            let service = places.service(graph.name(*node).to_vec());
            let own = named.contains(node);
            if own || service.report().is_ok_and(|report| !Being::Down.is_so(&report)) {
                waited.extend(told(Verb::Stop, service, own && hold, output));
            }
        }
        until_done(Task::of(Verb::Stop), deadline, waited, output);
        if output.failures() > failures {
            return ranks
                .iter()
                .flatten()
                .filter(|node| named.contains(node))
                .for_each(|node| spared(&graph, *node, output));
        }
    }
}

/// Says that a service was left running.
fn spared(graph: &Graph, node: Node, output: &mut Output) {
    output.count_failure();
    let name = printable(graph.name(node));
    output.say(&[b"fail: ", &*name, b": not stopped: services that need it still run\n"].concat());
}

fn told<'p>(verb: Verb, service: Service<'p>, all: bool, output: &mut Output) -> Option<(Service<'p>, Before)> {
    match tell(verb, &service, all) {
        Ok(status) => Some((service, Before { life: Life::of(&status), second: status.since.unix })),
        Err(trouble) => {
            cannot(false, &service, trouble, output);
            None
        }
    }
}

fn nodes(graph: &Graph, services: &[Service<'_>]) -> Vec<Node> {
    services.iter().filter_map(|service| graph.find(service.name())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_is_in_the_same_directory() {
        let name = |name: &str| String::from_utf8(beside(name.as_bytes(), b"db")).unwrap();
        assert_eq!(name("web"), "db");
        assert_eq!(name("/etc/sv/web"), "/etc/sv/db");
        assert_eq!(name("./web"), "./db");
        assert_eq!(name("web/"), "./db");
        assert_eq!(name("."), "./../db");
        assert_eq!(name("../"), "../../db");
        assert_eq!(name(".web"), "./db");
        assert_eq!(name("/web"), "/db");
    }
}
