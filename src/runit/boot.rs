//! The driver: waits for signals, children and deadlines, and does what the machine of the stages says. It decides
//! nothing and never ends on its own: with process 1 the whole machine would stop.

use super::{files, lines};
use crate::cli::message::Voice;
use crate::exit::{Ending, Exit, Pid};
use crate::signal::Signal;
use crate::stage::{Action, Child, Event, Machine, Power};
use crate::sys::fs::How;
use crate::sys::process::{Failed, Place, Spawn, Started, Stream};
use crate::sys::reactor::{self, Reactor};
use crate::sys::{Errno, Result, clock, console, init, process};
use std::collections::VecDeque;
use std::os::fd::AsFd;

/// Signals that are events. Everything else is nothing to process 1: the kernel keeps it from what it does not ask for.
const WATCHED: &[Signal] = &[Signal::CHLD, Signal::CONT, Signal::INT, Signal::PWR, Signal::ALRM];

struct Boot {
    voice: Voice,
    reactor: Reactor,
    machine: Machine,
    /// Our own children; all others are orphans that came to us.
    children: Vec<(Pid, Who)>,
    /// The stage 2 that was started last: its process group outlives it.
    group: Option<Pid>,
    /// What the machine has not been told of yet.
    news: VecDeque<Event>,
    /// The machine said that there is nothing left for us to do.
    over: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Child(Child),
    /// The one that asked the kernel for this.
    Power(Power),
}

/// Runs the machine to its end.
pub(super) fn run(voice: Voice) -> Exit {
    let _ = init::lead_session(); // we lead one already where a container's runtime has made it
    let _ = console::speak_there(); // without a console the descriptors stay as they are
    let reactor = match Reactor::new(WATCHED) {
        Ok(reactor) => reactor,
        Err(why) => {
            voice.fatal(&[b"unable to watch signals"], why);
            return Exit::FATAL;
        }
    };
    let _ = init::take_ctrl_alt_del(); // refused in a container, where the keyboard is not ours
    let news = VecDeque::from([Event::Boot]);
    let machine = Machine::new();
    let mut boot = Boot { voice, reactor, machine, children: Vec::new(), group: None, news, over: false };
    boot.speak(|voice| voice.say(&[b"$Id: keepup ", env!("CARGO_PKG_VERSION").as_bytes(), b" $: booting."]));
    let mut happened = Vec::new();
    while !boot.over {
        boot.turn();
        boot.wait(&mut happened);
    }
    Exit::OK
}

impl Boot {
    /// Tells the machine all that is new, and does what it says.
    fn turn(&mut self) {
        while let Some(event) = self.news.pop_front() {
            let now = clock::moment();
            for action in self.machine.step(now, event, files::facts()) {
                self.act(action);
            }
        }
    }

    fn wait(&mut self, happened: &mut Vec<reactor::Event>) {
        if self.over {
            return;
        }
        if self.reactor.wait(clock::moment(), self.machine.deadline(), happened).is_err() {
            happened.clear(); // the clock and the children are looked at all the same
        }
        self.reap();
        for event in happened.iter() {
            match event {
                reactor::Event::Signal(Signal::CHLD) | reactor::Event::Ready(_) => {}
                reactor::Event::Signal(signal) => self.news.push_back(Event::Signal(*signal)),
            }
        }
        self.news.push_back(Event::Time);
    }

    /// Takes every child that has ended, ours or not.
    fn reap(&mut self) {
        while let Some((pid, ending)) = process::reap() {
            let Some(at) = self.children.iter().position(|(child, _)| *child == pid) else {
                continue;
            };
            match self.children.swap_remove(at).1 {
                Who::Child(child) => self.news.push_back(Event::Ended(child, ending)),
                Who::Power(how) => self.refused(how, ending),
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Say(line) => self.speak(|voice| lines::say(voice, line)),
            Action::Run(child) => self.start(child),
            Action::Tell(signal) => drop(self.stage_two().map(|pid| process::send(pid, signal))),
            Action::KillGroup => drop(self.group.take().map(init::kill_group)),
            Action::Disarm => files::disarm(),
            Action::KillAll => {
                let _ = init::kill_all(); // nobody is left to be killed
                if files::sync_wanted() {
                    init::sync();
                }
            }
            Action::Power(how) => self.power(how),
            Action::Leave => self.over = true,
        }
    }

    fn start(&mut self, child: Child) {
        match self.spawn(child) {
            Ok(Started { pid, failed: None }) => {
                self.children.push((pid, Who::Child(child)));
                if child == Child::Two {
                    self.group = Some(pid);
                }
            }
            Ok(Started {
                failed: Some(Failed::Exec(why) | Failed::Setup(why) | Failed::Directory(why) | Failed::Group(why)),
                ..
            }) => {
                self.speak(|voice| voice.fatal(&[b"unable to start child: ", files::program(child).to_bytes()], why));
                self.news.push_back(Event::Unable(child));
            }
            Err(why) => {
                self.speak(|voice| voice.warning(&[b"unable to fork for ", files::program(child).to_bytes()], why));
                self.news.push_back(Event::NoProcess(child));
            }
        }
    }

    /// Stage 1 and the emergency program may ask questions; whatever stage 2 leaves behind must not eat what somebody
    /// types at a getty.
    fn spawn(&self, child: Child) -> Result<Started> {
        let path = files::program(child);
        let input = if let Child::One | Child::Emergency = child { How::ReadWrite } else { How::Write };
        let console = console::for_child(input).ok();
        let stream = console.as_ref().map_or(Stream::Same, |console| Stream::Is(console.as_fd()));
        let spawn = Spawn {
            program: &[path],
            args: &[path],
            environment: None,
            directory: None,
            standard: [stream; 3],
            session: !matches!(child, Child::One | Child::CtrlAltDel),
            mask: &self.reactor.masks().service,
        };
        spawn.start_in(if child == Child::Emergency { Place::Terminal } else { Place::Same })
    }

    fn stage_two(&self) -> Option<Pid> {
        self.children.iter().find(|(_, who)| *who == Who::Child(Child::Two)).map(|(pid, _)| *pid)
    }

    fn power(&mut self, how: Power) {
        match init::power(how) {
            Ok(pid) => self.children.push((pid, Who::Power(how))),
            Err(why) => self.speak(|voice| voice.warning(&[b"unable to fork for ", name(how)], why)),
        }
        self.news.push_back(Event::Told);
    }

    /// The kernel came back: it has no such power, or it is not ours.
    fn refused(&mut self, how: Power, ending: Ending) {
        let code = match ending {
            Ending::Exited(code @ 1..) => Errno::from_raw(code.into()),
            _ => return,
        };
        self.speak(|voice| voice.warning(&[b"unable to ", name(how)], code));
        if code == Errno::EPERM {
            self.news.push_back(Event::Refused);
        }
    }

    /// Says something on the console, opened anew: whoever was logged in there may have hung it up.
    fn speak(&self, what: impl FnOnce(&Voice)) {
        let _ = console::speak_there();
        what(&self.voice);
    }
}

fn name(how: Power) -> &'static [u8] {
    match how {
        Power::Reboot => b"reboot",
        Power::Off => b"power off",
        Power::Halt => b"halt",
    }
}
