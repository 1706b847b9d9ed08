use super::*;
use crate::moment::{Moment, Now};
use crate::random::Random;
use crate::service::command::Command;
use crate::service::journal::{Draft, Writer};
use crate::service::machine::{self, Action, Machine, Needs, Role, Says, Start};
use crate::service::policy::{File, Policy, combine};
use crate::signal::Signal;
use core::time::Duration;

fn lines(text: &str) -> Vec<Line> {
    let line = |(number, facts): (usize, &str)| {
        Line::parse(format!("@40000000000000{:02x}00000000 {} {facts}", 10 + number, number + 1).as_bytes())
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate().filter_map(line).collect()
}

fn replay(text: &str) -> Replay {
    let replay = Replay::of(Restart::default(), &lines(text));
    assert_eq!(replay.senseless(), [""; 0]);
    replay
}

#[test]
fn a_life_and_what_comes_after() {
    let replay = replay(
        "start pid=5 starts=1
        ready pid=5
        exit pid=5 cause=signal signal=SEGV core=yes lasted=90s
        finish pid=6 code=0
        backoff delay=3s failures=1
        start pid=7 starts=2
        unhealthy pid=7",
    );
    let Stand::Runs(runs) = &replay.stand else { panic!("{replay:?}") };
    assert_eq!((runs.pid, runs.ready, runs.unhealthy), (Pid::new(7), Said::Nothing, true));
    assert_eq!((replay.starts, replay.failures), (Some(2), Some(Vec::from([1, 0]))));
    let last = replay.last_exit.flatten().map(|last| (last.cause, last.ending));
    let segv = Signal::parse("SEGV").unwrap();
    assert_eq!(last, Some((Cause::Signal, Ending::Killed { by: segv, core: true })));
}

#[test]
fn failures_are_counted_where_no_line_tells_them() {
    let counts = |text: &str| replay(text).failures;
    let first = "start pid=5 starts=1\nexit pid=5 cause=exit code=1 lasted=1s\n";
    assert_eq!(counts(first), Some(Vec::from([1])));
    let told = |cause: &str| format!("{first}start pid=6 starts=2\nexit pid=6 {cause} lasted=1s");
    assert_eq!(counts(&told("cause=asked signal=TERM")), Some(Vec::from([0])));
    assert_eq!(counts(&told("cause=exit code=0")), Some(Vec::from([0])));
    assert_eq!(counts(&told("cause=exit code=1")), Some(Vec::from([2, 1])), "somebody may have wanted it up");
    assert_eq!(counts(&told("cause=exec-failed code=111")), Some(Vec::from([2, 1])));
    assert_eq!(counts(&format!("{first}gave-up failures=1")), Some(Vec::from([0])));
    assert_eq!(counts(&format!("{first}finish pid=6 code=125\ngave-up failures=1")), Some(Vec::from([1])));
    assert_eq!(counts("exit pid=5 cause=exit code=1 lasted=9s"), None, "of what was lost nobody knows");
    assert_eq!(counts("exit pid=5 cause=exit code=1 lasted=10s"), Some(Vec::from([1])));
}

#[test]
fn what_makes_no_sense_is_told() {
    let wrong = |text: &str| Replay::of(Restart::default(), &lines(text)).senseless().to_vec();
    let start = "start pid=5 starts=1\n";
    assert_eq!(wrong(&format!("{start}start pid=6 starts=2")), ["line 2 is a second start"]);
    assert_eq!(wrong(&format!("{start}exit pid=6 cause=exit code=0")), ["line 2 is the end of another process"]);
    assert_eq!(wrong(&format!("{start}ready pid=6")), ["line 2 tells of another process"]);
    assert_eq!(wrong(&format!("{start}waiting need=db")), ["line 2 waits while it runs"]);
    assert_eq!(wrong(&format!("{start}exit pid=5 code=0")), ["line 2 has no cause"]);
    let end = "exit pid=5 cause=exit code=0\n";
    assert_eq!(wrong(&format!("{start}{end}{end}")), ["line 3 is an end without a start"]);
    assert_eq!(wrong(&format!("{start}{end}ready pid=5")), ["line 3 tells of what does not run"]);
    assert_eq!(wrong(&format!("{start}{end}start pid=6 starts=3")), ["line 3 is not the next start"]);
    assert_eq!(wrong(&format!("{start}{end}backoff delay=1s failures=2")), ["line 3 counts other failures"]);
    let mut gap = lines(&format!("{start}{end}"));
    gap[1].sequence = 5;
    assert_eq!(Replay::of(Restart::default(), &gap).senseless(), ["line 5 is not the next"]);
}

/// A machine, the journal that it writes, and what that says.
struct Walk {
    machine: Machine,
    now: Now,
    pids: i32,
    writer: Writer,
    replay: Replay,
    told: Vec<String>,
}

impl Walk {
    fn new(policy: Policy) -> Walk {
        let now = Now { moment: Moment(Duration::from_secs(100)), label: Label { unix: 100, nanos: 0 } };
        let replay = Replay::new(policy.restart.clone());
        let mut machine = Machine::new(Role::Service, now, true);
        machine.adopt(policy);
        Walk { machine, now, pids: 100, writer: Writer::resume(b"", b""), replay, told: Vec::new() }
    }

    fn pass(&mut self, millis: usize) {
        let span = Duration::from_millis(millis as u64);
        self.now = Now { moment: self.now.moment + span, label: self.now.label.after(span) };
    }

    fn event(&mut self, random: &mut Random) -> machine::Event {
        let endings = [Ending::Exited(0), Ending::Exited(3), Ending::Exited(125)];
        let killed = Ending::Killed { by: Signal::TERM, core: false };
        match (random.below(10), self.machine.pid()) {
            (0 | 1, Some(pid)) => {
                let ending = endings.get(random.below(5)).copied().unwrap_or(killed);
                machine::Event::Ended { pid, ending, more: random.below(2) == 0 }
            }
            (2, _) => machine::Event::Checked { well: random.below(2) == 0 },
            (3, _) => machine::Event::Needs(if random.below(3) == 0 { Needs::Missing } else { Needs::Ready }),
            (4, _) => machine::Event::Ready,
            (5, _) => machine::Event::Says(if random.below(2) == 0 { Says::Reloading } else { Says::Stopping }),
            (6 | 7, _) => {
                let letters = b"uudotkphac12";
                let letter = letters[random.below(letters.len())];
                machine::Event::Command(Command::from_byte(letter).unwrap())
            }
            _ => machine::Event::Tick,
        }
    }

    fn step(&mut self, random: &mut Random, event: machine::Event) {
        let (mut actions, mut next) = (Vec::new(), Some(event));
        while let Some(event) = next.take() {
            self.machine.step(self.now, event, &mut actions);
            for action in core::mem::take(&mut actions) {
                next = self.act(random, action);
            }
        }
    }

    fn act(&mut self, random: &mut Random, action: Action) -> Option<machine::Event> {
        match action {
            Action::Note(note) => {
                let mut text = Vec::new();
                self.writer.write(self.now.label, &Draft::from(note), &mut text);
                let line = Line::parse(text.trim_ascii_end()).unwrap();
                self.replay.take(&line);
                self.told.push(String::from_utf8_lossy(&text).into_owned());
                None
            }
            Action::Look => Some(machine::Event::Needs([Needs::Missing, Needs::Ready, Needs::Circle][random.below(3)])),
            Action::Ask(_) => Some(machine::Event::Answered { handled: false }),
            Action::Start(_) => {
                self.pids += 1;
                let pid = Pid::new(self.pids)?;
                let able = random.below(8) > 0;
                Some(machine::Event::Started(if able { Start::Runs(pid) } else { Start::Unable(pid) }))
            }
            _ => None,
        }
    }

    fn check(&self) {
        let report = Report { status: self.machine.status(), record: Some(self.machine.record(self.now)) };
        let (differences, senseless) = (self.replay.differences(&report), self.replay.senseless());
        let last = || self.told[self.told.len().saturating_sub(8)..].concat();
        assert!(differences.is_empty() && senseless.is_empty(), "{differences:?} {senseless:?}\n{}", last());
    }
}

fn policy(random: &mut Random) -> Policy {
    let mut choose = |texts: &[&str]| texts.get(random.below(texts.len() + 1)).map(|text| text.as_bytes().to_vec());
    let (policy, mistakes) = combine(&mut |file| match file {
        File::Restart => choose(&[
            "delay 3s x2\nhealthy 5s\ngive-up 4\nthen retry 20s",
            "when never\nok 0 3",
            "when on-failure\ndelay 500ms +1s\nmax 4s\njitter 20%",
            "give-up 3 in 20s",
            "when never\nearly retry\ndelay 1s +1s\ngive-up 3",
            "when on-failure\nearly retry\ndelay 1s\nhealthy 1s",
        ]),
        File::Needs => choose(&["database"]),
        File::Ready => choose(&["after 2s", "check 1s\ntimeout 4s", "notify\ntimeout 3s\nwatchdog 5s"]),
        File::Stop => choose(&["TERM 2s\nKILL all", "INT process 1s\nTERM 1s"]),
        File::Health => choose(&["every 1s fail 2/3 then restart", "every 2s fail 1 then alert"]),
        _ => None,
    });
    assert_eq!(mistakes, []);
    policy
}

/// Whatever happens to a service, its journal replays to what it shows.
#[test]
fn every_walk_of_the_machine_replays_to_what_it_shows() {
    let mut random = Random::new(5);
    let mut lines = 0;
    for _ in 0..600 {
        let mut walk = Walk::new(policy(&mut random));
        walk.step(&mut random, machine::Event::Tick);
        for _ in 0..200 {
            walk.check();
            walk.pass([0, 10, 700, 3000, 12_000][random.below(5)]);
            let event = walk.event(&mut random);
            walk.step(&mut random, event);
        }
        lines += walk.told.len();
    }
    assert!(lines > 20_000, "only {lines} lines: the walks lead nowhere");
}

#[test]
fn what_is_shown_otherwise_is_found() {
    let mut random = Random::new(6);
    let mut walk = Walk::new(Policy::default());
    walk.step(&mut random, machine::Event::Tick);
    let report = Report { status: walk.machine.status(), record: Some(walk.machine.record(walk.now)) };
    let differs = |change: &dyn Fn(&mut Report)| {
        let mut report = report;
        change(&mut report);
        !walk.replay.differences(&report).is_empty()
    };
    assert!(!differs(&|_| {}));
    assert!(differs(&|report| report.status.pid = None));
    assert!(differs(&|report| report.status.since = Label { unix: 1, nanos: 1 }));
    assert!(differs(&|report| report.status.phase = status::Phase::Down));
    assert!(differs(&|report| report.record = None));
    let record = |change: &dyn Fn(&mut Record)| differs(&|report| report.record.iter_mut().for_each(change));
    assert!(record(&|record| record.phase = Phase::Waiting));
    assert!(record(&|record| record.starts += 1));
    assert!(record(&|record| record.failures += 1));
    assert!(record(&|record| record.ready_since = Some(Label { unix: 1, nanos: 1 })));
    assert!(record(&|record| record.last_exit = Some(LastExit { ending: Ending::Unknown, cause: Cause::Exit })));
}
