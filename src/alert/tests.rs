use super::*;
use crate::moment::Moment;
use crate::random::Random;
use crate::service::journal::{Cause, Cursor, Draft, Event, Key, Line, Writer};
use crate::service::policy::Restart;
use alloc::collections::BTreeSet;
use alloc::{format, vec};
use core::time::Duration;

const START: i64 = 1_795_178_438;

fn at(seconds: i64) -> Label {
    Label { unix: START + seconds, nanos: 0 }
}

fn rules() -> Rules {
    let flaps = Flaps { number: 3, within: Duration::from_secs(60) };
    Rules { flaps, well: Duration::from_secs(10), tells_ready: false, restart: Restart::default() }
}

fn telling() -> Rules {
    Rules { tells_ready: true, ..rules() }
}

/// A journal in the making, and all that was told of it.
struct Story {
    writer: Writer,
    judge: Judge,
    rules: Rules,
}

impl Story {
    fn new(rules: Rules) -> Story {
        Story { writer: Writer::resume(b"", b""), judge: Judge::default(), rules }
    }

    fn line(&mut self, seconds: i64, draft: Draft) -> Line {
        let mut text = Vec::new();
        self.writer.write(at(seconds), &draft, &mut text);
        Line::parse(text.trim_ascii_end()).unwrap()
    }

    /// What is told of an event: the kinds.
    fn on(&mut self, seconds: i64, draft: Draft) -> Vec<Kind> {
        let line = self.line(seconds, draft);
        self.judge.step(&line, &self.rules).iter().map(|alert| alert.kind).collect()
    }

    fn by(&mut self, seconds: i64) -> Vec<Kind> {
        self.judge.lapse(at(seconds), &self.rules).iter().map(|alert| alert.kind).collect()
    }
}

fn start() -> Draft {
    Draft::new(Event::Start).with(Key::Pid, 7)
}

fn ends(cause: Cause, code: u8) -> Draft {
    Draft::new(Event::Exit).with(Key::Pid, 7).with(Key::Cause, cause).with(Key::Code, code)
}

fn fails() -> Draft {
    ends(Cause::Exit, 1)
}

fn gives_up() -> Draft {
    Draft::new(Event::GaveUp).with(Key::Failures, 3)
}

#[test]
fn a_service_that_gives_up_is_told_once_and_its_recovery_once() {
    let mut story = Story::new(rules());
    assert_eq!(story.on(0, start()), []);
    assert_eq!(story.on(1, fails()), []);
    assert_eq!(story.on(1, gives_up()), [Kind::GaveUp]);
    assert_eq!(story.by(1000), []);
    assert_eq!(story.on(1000, start()), []);
    assert_eq!(story.by(1009), [], "it may fail yet");
    assert_eq!(story.by(1010), [Kind::Recovered]);
    assert_eq!(story.by(2000), []);
}

#[test]
fn a_second_attempt_that_fails_too_is_the_same_trouble() {
    let mut story = Story::new(rules());
    story.on(0, start());
    story.on(1, fails());
    assert_eq!(story.on(1, gives_up().with(Key::Delay, "30m")), [Kind::GaveUp]);
    story.on(1801, start());
    assert_eq!(story.on(1802, fails()), []);
    assert_eq!(story.on(1802, gives_up()), []);
}

#[test]
fn who_tells_of_readiness_is_well_when_it_does_and_not_before() {
    let mut story = Story::new(telling());
    story.on(0, start());
    story.on(1, fails());
    story.on(1, gives_up());
    story.on(5, start());
    assert_eq!(story.by(500), []);
    assert_eq!(story.on(501, Draft::new(Event::Ready)), [Kind::Recovered]);
}

#[test]
fn checks_that_fail_and_succeed_again() {
    let mut story = Story::new(rules());
    story.on(0, start());
    assert_eq!(story.on(50, Draft::new(Event::Unhealthy).with(Key::Pid, 7)), [Kind::Unhealthy]);
    assert_eq!(story.by(5000), [], "it runs, and is not well");
    assert_eq!(story.on(5001, Draft::new(Event::Healthy)), [Kind::Recovered]);
    assert_eq!(story.on(6000, Draft::new(Event::Unhealthy)), [Kind::Unhealthy], "another time");
    story.on(6001, ends(Cause::Unhealthy, 0));
    story.on(6002, start());
    assert_eq!(story.by(6012), [Kind::Recovered], "the restart has helped");
}

#[test]
fn flapping_is_over_when_it_has_stopped() {
    let mut story = Story::new(telling());
    for seconds in [0, 20] {
        story.on(seconds, start());
        story.on(seconds + 1, Draft::new(Event::Ready));
        assert_eq!(story.on(seconds + 2, fails()), []);
    }
    story.on(40, start());
    assert_eq!(story.on(41, fails()), [Kind::Flapping]);
    story.on(50, start());
    assert_eq!(story.on(51, Draft::new(Event::Ready)), [], "it was ready before, and failed");
    assert_eq!(story.on(60, fails()), [], "still the same");
    story.on(61, start());
    story.on(62, Draft::new(Event::Ready));
    assert_eq!(story.by(119), []);
    assert_eq!(story.by(120), [Kind::Recovered], "a minute after the last failure");
}

#[test]
fn failures_that_are_far_apart_are_no_flapping() {
    let mut story = Story::new(rules());
    for seconds in (0..1000).step_by(31) {
        story.on(seconds, start());
        assert_eq!(story.on(seconds + 30, fails()), []);
    }
}

#[test]
fn what_was_asked_for_is_no_failure() {
    for draft in [
        ends(Cause::Asked, 1),
        ends(Cause::StopTimeout, 9),
        ends(Cause::Needs, 1),
        ends(Cause::Exit, 0),
        ends(Cause::Exit, 7),
        Draft::new(Event::Exit).with(Key::Cause, Cause::Signal).with(Key::Signal, "TERM"),
    ] {
        let mut restart = Restart::default();
        restart.ok.push(crate::service::policy::Verdict::Code(7));
        restart.ok.push(crate::service::policy::Verdict::Signal(crate::signal::Signal::TERM));
        let mut story = Story::new(Rules { restart, ..rules() });
        for seconds in 0..20 {
            story.on(seconds, start());
            assert_eq!(story.on(seconds, draft.clone()), [], "{draft:?}");
        }
    }
    let mut story = Story::new(rules());
    let told: Vec<Kind> = (0..3).flat_map(|seconds| story.on(seconds, ends(Cause::Watchdog, 0))).collect();
    assert_eq!(told, [Kind::Flapping]);
}

#[test]
fn several_troubles_are_over_together() {
    let mut story = Story::new(rules());
    let mut told = Vec::new();
    for seconds in 0..3 {
        story.on(seconds, start());
        told.extend(story.on(seconds, fails()));
    }
    told.extend(story.on(3, gives_up()));
    assert_eq!(told, [Kind::Flapping, Kind::GaveUp]);
    story.on(100, start());
    let over = story.judge.lapse(at(110), &story.rules).unwrap();
    assert_eq!(over.fact(Fact::After), Some(&b"flapping gave-up"[..]));
    assert_eq!(over.fact(Fact::Since), Some(&at(0).text()[..]));
    assert_eq!((over.sequence, over.label), (8, at(110)), "the line of the start, and when it had lived long enough");
}

#[test]
fn the_facts_are_those_of_the_end_that_led_to_it() {
    let mut story = Story::new(rules());
    story.on(0, start());
    let killed = Draft::new(Event::Exit).with(Key::Pid, 7).with(Key::Cause, Cause::Core).with(Key::Signal, "SEGV");
    story.on(1, killed.with(Key::Core, "yes"));
    let line = story.line(1, gives_up().with(Key::Delay, "30m"));
    let [alert] = &story.judge.step(&line, &rules())[..] else { panic!() };
    let facts: Vec<String> = alert.facts.iter().map(|(f, v)| format!("{f}={}", String::from_utf8_lossy(v))).collect();
    let since = format!("since={}", core::str::from_utf8(&at(1).text()).unwrap());
    assert_eq!(facts, ["cause=core", "signal=SEGV", "core=yes", "pid=7", "failures=3", &since, "retry=30m"]);
    assert_eq!(alert.sentence(), "has given up after 3 failures: signal SEGV (core), next try in 30m");
}

#[test]
fn sentences() {
    let alert = |kind, facts: &[(Fact, &[u8])]| Alert {
        kind,
        sequence: 1,
        label: at(0),
        facts: facts.iter().map(|(fact, value)| (*fact, value.to_vec())).collect(),
    };
    let said = |kind, facts: &[(Fact, &[u8])]| alert(kind, facts).sentence();
    assert_eq!(said(Kind::GaveUp, &[]), "has given up");
    assert_eq!(said(Kind::GaveUp, &[(Fact::Failures, b"1")]), "has given up after 1 failure");
    assert_eq!(said(Kind::Flapping, &[(Fact::Failures, b"5"), (Fact::Code, b"1"), (Fact::Cause, b"exit")]), {
        "is flapping with 5 failures: exit code 1"
    });
    assert_eq!(said(Kind::Unhealthy, &[(Fact::Pid, b"7")]), "is unhealthy");
    assert_eq!(said(Kind::Recovered, &[(Fact::After, b"flapping gave-up")]), "has recovered (flapping, gave-up)");
}

#[test]
fn history_is_not_told_but_for_what_stands() {
    let mut story = Story::new(rules());
    let mut lines = Vec::new();
    for seconds in [0, 100] {
        lines.push(story.line(seconds, start()));
        lines.push(story.line(seconds, fails()));
        lines.push(story.line(seconds, gives_up()));
    }
    let told = |lines: &[Line], from, now| {
        let mut memory = Memory::default();
        let _ = memory.read(lines, at(from), at(now), &rules());
        memory.outbox.calls.iter().map(|call| (call.alert.kind, call.alert.sequence)).collect::<Vec<_>>()
    };
    assert_eq!(told(&lines, 0, 200), [(Kind::GaveUp, 3)], "nothing is history");
    assert_eq!(told(&lines, 150, 200), [(Kind::GaveUp, 3)], "it stands");
    lines.push(story.line(160, start()));
    assert_eq!(told(&lines, 165, 180), [], "and is over");
    assert_eq!(told(&lines, 165, 166), [(Kind::GaveUp, 3)], "or perhaps not yet");
}

#[test]
fn what_flapping_is_can_be_said() {
    let of = |number, seconds| Ok(Flaps { number, within: Duration::from_secs(seconds) });
    assert_eq!(Flaps::parse(b"5/60s"), of(5, 60));
    assert_eq!(Flaps::parse(b"1/2m"), of(1, 120));
    for text in
        ["", "5", "/", "5/", "/60s", "0/60s", "5/0", "+5/1s", "x/1s", "5/x", "99999999999999999999/1", "1001/1s"]
    {
        assert!(Flaps::parse(text.as_bytes()).is_err(), "{text}");
    }
}

const PATIENCE: Patience = Patience { tries: 4, first: Duration::from_secs(1), longest: Duration::from_secs(3) };

fn moment(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

fn alert(sequence: u64) -> Alert {
    Alert { kind: Kind::GaveUp, sequence, label: at(0), facts: Vec::new() }
}

fn hooks(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}

/// Whom to tell of what.
fn next(outbox: &mut Outbox, seconds: u64, names: &[&str]) -> Option<(u64, String, u32)> {
    match outbox.next(moment(seconds), &hooks(names)) {
        Next::Tell { alert, hook, attempt } => Some((alert.sequence, String::from_utf8(hook).unwrap(), attempt)),
        _ => None,
    }
}

#[test]
fn each_hook_is_told_of_everything_in_order() {
    let mut outbox = Outbox::default();
    (1..=2).for_each(|sequence| assert_eq!(outbox.push(alert(sequence)), None));
    let mut told = Vec::new();
    while let Some((sequence, hook, _)) = next(&mut outbox, 0, &["a", "b"]) {
        assert_eq!(outbox.told(moment(0), alert(sequence).id(), hook.as_bytes(), true, PATIENCE), Outcome::Told);
        told.push((sequence, hook));
    }
    let expected = [(1, "a"), (1, "b"), (2, "a"), (2, "b")].map(|(sequence, hook)| (sequence, hook.to_owned()));
    assert_eq!(told, expected);
    assert!(outbox.is_empty());
}

#[test]
fn one_that_fails_is_asked_again_and_keeps_nobody_waiting() {
    let mut outbox = Outbox::default();
    (1..=2).for_each(|sequence| drop(outbox.push(alert(sequence))));
    let both = &["bad", "good"];
    let fails = |outbox: &mut Outbox, seconds| outbox.told(moment(seconds), alert(1).id(), b"bad", false, PATIENCE);
    assert_eq!(next(&mut outbox, 0, both), Some((1, "bad".into(), 1)));
    assert_eq!(fails(&mut outbox, 0), Outcome::Again(Duration::from_secs(1)));
    for sequence in [1, 2] {
        assert_eq!(next(&mut outbox, 0, both), Some((sequence, "good".into(), 1)));
        outbox.told(moment(0), alert(sequence).id(), b"good", true, PATIENCE);
    }
    assert_eq!(outbox.next(moment(0), &hooks(both)), Next::Wait(moment(1)));
    assert_eq!(next(&mut outbox, 1, both), Some((1, "bad".into(), 2)));
    assert_eq!(fails(&mut outbox, 1), Outcome::Again(Duration::from_secs(2)));
    assert_eq!(fails(&mut outbox, 3), Outcome::Again(Duration::from_secs(3)), "and no longer");
    assert_eq!(fails(&mut outbox, 6), Outcome::Dropped);
    assert_eq!(next(&mut outbox, 6, both), Some((2, "bad".into(), 1)), "what follows begins anew");
    outbox.told(moment(6), alert(2).id(), b"bad", false, PATIENCE);
    assert_eq!(next(&mut outbox, 6, &["good"]), None, "a hook that is gone is waited for no longer");
    assert!(outbox.is_empty());
}

#[test]
fn nobody_to_tell_is_nothing_to_do_and_too_much_is_dropped() {
    let mut outbox = Outbox::default();
    let dropped: Vec<u64> =
        (1..=66).filter_map(|sequence| outbox.push(alert(sequence))).map(|old| old.sequence).collect();
    assert_eq!(dropped, [1, 2]);
    assert_eq!(outbox.next(moment(0), &[]), Next::Nothing);
    assert!(outbox.is_empty());
}

#[test]
fn a_pause_never_overflows() {
    let patience = Patience { tries: u32::MAX, first: Duration::MAX, longest: Duration::MAX };
    let mut outbox = Outbox::default();
    outbox.push(alert(1));
    for _ in 0..70 {
        assert_eq!(
            outbox.told(Moment(Duration::MAX), alert(1).id(), b"x", false, patience),
            Outcome::Again(Duration::MAX)
        );
    }
}

#[test]
fn a_broken_memory_says_where() {
    let line = "call gave-up 17 @400000006b003fd03a9ee3ac cause=exit\n";
    let (memory, broken) = Memory::decode(format!("svevent 1\ncursor 17 @400000006b003fd03a9ee3ac\n{line}").as_bytes());
    assert_eq!(broken, None);
    assert_eq!(memory.unwrap().outbox.calls.len(), 1);
    let wrong = |text: &str| {
        let (memory, broken) = Memory::decode(text.as_bytes());
        (memory.is_some(), broken.map(|broken| (broken.line, String::from_utf8(broken.word).unwrap())))
    };
    assert_eq!(wrong(""), (false, Some((1, String::new()))));
    assert_eq!(wrong("svevent 2\n"), (false, Some((1, "svevent 2".into()))));
    assert_eq!(wrong("svevent 1\n"), (false, Some((1, String::new()))));
    assert_eq!(wrong("svevent 1\ncursor 17\n"), (false, Some((2, "cursor".into()))));
    let cursor = "svevent 1\ncursor 17 @400000006b003fd03a9ee3ac\n";
    assert_eq!(wrong(&format!("{cursor}trouble x\nhello\n")), (true, Some((3, "trouble".into()))));
    assert_eq!(wrong(&format!("{cursor}done x\n")), (true, Some((3, "done".into()))));
}

#[test]
fn arbitrary_files_never_panic() {
    let mut source = Random::new(5);
    for _ in 0..20_000 {
        let mut text = b"svevent 1\ncursor 17 @400000006b003fd03a9ee3ac\n".to_vec();
        text.extend(b"up 3 @400000006b003fd03a9ee3ac\ncall gave-up 17 @400000006b003fd03a9ee3ac code=1\ndone a\n");
        for _ in 0..source.number(6) {
            let place = source.number(text.len() as u64) as usize;
            text[place] = b"\n @0x\\=\xff"[source.number(8) as usize];
        }
        if let (Some(memory), _) = Memory::decode(&text) {
            assert_eq!(Memory::decode(&memory.encode()), (Some(memory), None));
        }
    }
}

/// A service that does anything in any order, also what no supervisor writes.
fn random(source: &mut Random) -> Draft {
    match source.number(14) {
        0..4 => start(),
        4 | 5 => Draft::new(Event::Ready),
        6 => Draft::new(Event::Unhealthy).with(Key::Pid, 7),
        7 => Draft::new(Event::Healthy),
        8 | 9 => fails(),
        10 => ends(Cause::Asked, 0),
        11 => gives_up().with_bytes(Key::Failures, &source.bytes(b"12 =\n\\", 4)),
        12 => Draft::new(Event::Unready),
        _ => Draft::new(Event::Adopted),
    }
}

/// Whoever is killed at any moment and goes on with what was written down tells the same, in the same order; and what
/// is told makes sense.
#[test]
fn a_crash_anywhere_changes_nothing() {
    let mut source = Random::new(11);
    let (mut alerts, mut recoveries) = (0, 0);
    for round in 0..300 {
        let rules = if round % 2 == 0 { rules() } else { telling() };
        let mut story = Story::new(rules.clone());
        let mut now = 0;
        let lines: Vec<Line> = (0..200)
            .map(|_| {
                now += source.number(30) as i64;
                let draft = random(&mut source);
                story.line(now, draft)
            })
            .collect();
        let whole: Vec<Alert> = lines.iter().flat_map(|line| story.judge.step(line, &rules)).collect();

        let (mut kept, mut seen, mut told) = (Memory::default(), 0, Vec::new());
        while seen < lines.len() {
            let mut memory = Memory::decode(&kept.encode()).0.unwrap();
            let end = (seen + 1 + source.number(20) as usize).min(lines.len());
            memory.read(&lines[seen..end], at(-1), at(now), &rules);
            if source.number(3) == 0 {
                continue; // killed before it was written down
            }
            told.extend(memory.outbox.calls.drain(..).map(|call| call.alert));
            (kept, seen) = (memory, end);
        }
        assert_eq!(told, whole);

        let mut standing = BTreeSet::new();
        for alert in &whole {
            match alert.kind {
                Kind::Recovered => {
                    let after = alert.fact(Fact::After).unwrap().split(|byte| *byte == b' ');
                    assert_eq!(after.collect::<BTreeSet<_>>(), standing);
                    assert!(!standing.is_empty());
                    standing.clear();
                    recoveries += 1;
                }
                kind => {
                    assert!(standing.insert(kind.word().as_bytes()), "{kind} stands already");
                    alerts += 1;
                }
            }
        }
        let ids: BTreeSet<Id> = whole.iter().map(Alert::id).collect();
        assert_eq!(ids.len(), whole.len(), "each has a number of its own");
    }
    assert!(alerts > 1000 && recoveries > 500, "{alerts} {recoveries}");
}

#[test]
fn a_memory_reads_as_it_was_written() {
    let mut source = Random::new(2);
    let mut memory = Memory::default();
    let mut writer = Writer::resume(b"", b"");
    for seconds in 0..2000 {
        let mut text = Vec::new();
        writer.write(at(seconds), &random(&mut source), &mut text);
        let taken = memory.cursor.take(b"", &text);
        memory.read(&taken.lines, at(-1), at(seconds), &rules());
        let hooks = vec![source.bytes(b"ab \n=\\", 5), b"x".to_vec()];
        if let Next::Tell { alert, hook, .. } = memory.outbox.next(moment(0), &hooks) {
            memory.outbox.told(moment(0), alert.id(), &hook, true, PATIENCE);
        }
        assert_eq!(Memory::decode(&memory.encode()), (Some(memory.clone()), None), "{seconds}");
    }
    assert_ne!(memory.cursor, Cursor::START);
}
