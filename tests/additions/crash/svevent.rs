//! svevent: whatever is in the journals is told, and nothing twice but what was being told.

use super::*;
use crate::svevent::{WELL, Written, calls, scene};
use keepup::alert::Memory;
use keepup::exit::Pid;
use keepup::service::journal::{Draft, Event};
use keepup::signal::Signal;
use keepup::sys::handover::awaits;
use keepup::tai64::Label;
use std::collections::BTreeMap;
use std::process::Command;

/// What happens, and what is told by then.
const STEPS: [(&str, Happens, &str); 5] = [
    ("web", Happens::GivesUp, "web gave-up"),
    ("db", Happens::GivesUp, "db gave-up"),
    ("web", Happens::IsReady, "web recovered"),
    ("web", Happens::IsIll, "web unhealthy"),
    ("db", Happens::IsReady, "db recovered"),
];

#[derive(Clone, Copy)]
enum Happens {
    GivesUp,
    IsReady,
    IsIll,
}

/// Two services that nobody supervises, whose journals are written as far as it goes.
struct Story<'a> {
    scene: &'a Scene,
    services: BTreeMap<&'static str, Written<'a>>,
    next: usize,
}

impl<'a> Story<'a> {
    fn new(scene: &'a Scene) -> Story<'a> {
        let service = |name| {
            let _ = scene.service(&format!("scan/{name}")).file("ready", "fd 3\n");
            let mut written = Written::new(scene, name);
            written.note(&Draft::new(Event::Start));
            (name, written)
        };
        Story { scene, services: ["web", "db"].map(service).into(), next: 0 }
    }

    fn happens(&mut self, name: &str, what: Happens) {
        let service = self.services.get_mut(name).unwrap();
        match what {
            Happens::GivesUp => service.fails_and_gives_up(),
            Happens::IsReady => {
                service.note(&Draft::new(Event::Start));
                service.note(&Draft::new(Event::Ready));
            }
            Happens::IsIll => service.note(&Draft::new(Event::Unhealthy)),
        }
    }

    /// Goes on, as far as it lives. What divides what is told from history must be there before anything happens.
    fn go_on(&mut self, svevent: &mut Running) {
        let scene = self.scene;
        let begun = || Label::parse(scene.bytes("state/.since").trim_ascii()).is_some();
        until_or_dead("it has begun", svevent, begun);
        while self.next < STEPS.len() && begun() && !svevent.ended() {
            let (name, what, told) = STEPS[self.next];
            self.next += 1;
            self.happens(name, what);
            until_or_dead(told, svevent, || calls(scene).contains(&told.to_owned()));
        }
        if !svevent.ended() {
            // Nothing is under way any more.
            until_or_dead("all is told", svevent, || self.next == STEPS.len() && all_told(scene));
            let pid = Pid::new(svevent.pid()).unwrap();
            until_or_dead("signals are waited for", svevent, || awaits(pid, Signal::TERM));
            svevent.signal(libc::SIGTERM);
        }
        until("it has ended", || svevent.ended());
    }
}

fn all_told(scene: &Scene) -> bool {
    let told = calls(scene);
    STEPS.iter().all(|(_, _, call)| told.contains(&(*call).to_owned()))
}

/// What is remembered is whole, if there is anything.
fn readable(scene: &Scene) {
    for name in ["web", "db"] {
        let bytes = scene.bytes(format!("state/{name}"));
        let (memory, broken) = Memory::decode(&bytes);
        assert!(
            bytes.is_empty() || memory.is_some() && broken.is_none(),
            "{name}: {}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

fn with_arguments(mut command: Command) -> Command {
    command.args(WELL).arg("scan");
    command
}

fn attempt(call: &Call) {
    let scene = scene();
    let mut story = Story::new(&scene);
    let mut first = scene.spawn(with_arguments(scene.killed_before(call, &ours("svevent"))));
    story.go_on(&mut first);
    let killed = first.end().code;
    assert!([0, -libc::SIGKILL].contains(&killed), "{killed}: {}", first.err());
    readable(&scene);
    let mut second = scene.spawn(with_arguments(scene.command(ours("svevent"))));
    story.go_on(&mut second);
    let done = second.end();
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(all_told(&scene), "{:?}", calls(&scene));
    readable(&scene);
    let told = calls(&scene);
    let once: std::collections::BTreeSet<&String> = told.iter().collect();
    assert_eq!(once.len(), STEPS.len(), "nothing else: {told:?}");
    for name in ["web", "db"] {
        let of = |call: &&&String| call.starts_with(name);
        let (calls, kinds) =
            (told.iter().filter(|call| of(&call)).count(), once.iter().filter(|call| of(call)).count());
        assert!(calls <= kinds + 1, "no more is repeated than what was under way: {told:?}");
    }
    until("nobody is left", || scene.processes().is_empty());
}

fn all_calls(scene: &Scene) -> Vec<Call> {
    let mut story = Story::new(scene);
    let mut first = scene.spawn(with_arguments(scene.traced(&scene.path("log"), &[], &ours("svevent"))));
    story.go_on(&mut first);
    assert_eq!((first.end().code, story.next), (0, STEPS.len()));
    scene.every_call("log")
}

#[test]
fn at_some_calls_nothing_is_lost() {
    let scene = scene();
    if can_trace("svevent::at_some_calls_nothing_is_lost", &scene) {
        try_all("svevent", some(all_calls(&scene), 8), attempt);
    }
}

#[test]
#[ignore = "takes minutes: make faults"]
fn at_any_call_nothing_is_lost() {
    let scene = scene();
    if can_trace("svevent::at_any_call_nothing_is_lost", &scene) {
        try_all("svevent", all_calls(&scene), attempt);
    }
}
