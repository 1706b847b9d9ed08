//! Stories of a service that needs others, and of one that talks.

use super::tests::{Story, at};
use super::*;
use crate::service::policy::{Needs as Names, Ready, ReadyBy};
use crate::service::record;

fn needing() -> Story {
    let mut story = Story::down();
    story.machine.adopt(Policy { needs: Names(Vec::from([b"database".to_vec()])), ..Policy::default() });
    story.told("u")
}

fn talking() -> Story {
    let mut story = Story::down();
    let ms = |ms| Some(Duration::from_millis(ms));
    let ready = Ready { by: ReadyBy::Notify, timeout: ms(5000), watchdog: ms(1000), store: 0 };
    story.machine.adopt(Policy { ready, ..Policy::default() });
    story.told("u")
}

fn phase(story: &Story) -> record::Phase {
    story.machine.record(at(story.millis)).phase
}

fn says(story: Story, says: Says) -> Story {
    story.event(Event::Says(says))
}

#[test]
fn a_start_waits_for_what_it_needs() {
    let story = needing();
    assert_eq!(story.told.last(), Some(&Action::Look));
    let story = story.event(Event::Needs(Needs::Missing));
    assert_eq!(phase(&story), record::Phase::Waiting);
    assert_eq!(story.machine.deadline(), None, "until it is told, however long that takes");
    let story = story.event(Event::Needs(Needs::Missing));
    assert!(!story.told.contains(&Action::Note(Note::Waiting)), "noted once");
    let story = story.event(Event::Needs(Needs::Ready));
    assert!(story.started());
    assert_eq!(story.asked(), ['u'], "the script comes after the wait");
}

#[test]
fn each_start_looks_again() {
    let story = needing().event(Event::Needs(Needs::Ready)).after(5000).exits(1);
    assert_eq!(story.told.last(), Some(&Action::Look));
    assert!(!story.started());
}

#[test]
fn down_ends_the_wait() {
    let story = needing().event(Event::Needs(Needs::Missing)).told("d");
    assert_eq!(phase(&story), record::Phase::Down);
    assert!(!story.machine.waits());
    assert!(!story.event(Event::Needs(Needs::Ready)).started());
}

#[test]
fn a_circle_is_started_after_a_grace() {
    let story = needing().event(Event::Needs(Needs::Circle)).after(9999);
    assert!(!story.event(Event::Needs(Needs::Circle)).started(), "told again is not a new grace");
    assert!(needing().event(Event::Needs(Needs::Circle)).after(10_000).started());
}

#[test]
fn needs_that_were_written_meanwhile_are_looked_for() {
    let mut story = Story::down();
    story.machine.step(at(0), Event::Command(Command::Up), &mut Vec::new());
    story.machine.step(at(0), Event::Answered { handled: false }, &mut Vec::new());
    story.machine.adopt(needing().machine.policy().clone());
    let story = story.event(Event::Started(Start::Unready));
    assert_eq!(story.told.last(), Some(&Action::Look));
}

#[test]
fn one_that_reloads_does_not_work_until_it_says_so() {
    let story = talking().event(Event::Ready);
    assert_eq!(phase(&story), record::Phase::Ready);
    let story = says(story, Says::Reloading);
    assert_eq!(phase(&story), record::Phase::Starting);
    assert!(story.told.iter().any(|action| matches!(action, Action::Note(Note::Unready(_)))));
    assert_eq!(story.signals(), []);
    assert_eq!(phase(&story.event(Event::Ready)), record::Phase::Ready);
}

#[test]
fn one_that_is_silent_for_too_long_is_ended_by_abrt() {
    let story = talking().after(4000);
    assert_eq!(story.signals(), [], "nothing is expected of it before it works");
    let story = says(story.event(Event::Ready).after(999), Says::Alive).after(999);
    assert_eq!(story.signals(), []);
    let story = story.after(1);
    assert_eq!(story.signals(), [Signal::ABRT]);
    let story = story.dies(Ending::Killed { by: Signal::ABRT, core: true });
    assert_eq!(story.machine.record(at(story.millis)).last_exit.map(|exit| exit.cause), Some(Cause::Watchdog));
    assert!(story.started(), "and started again");
}

#[test]
fn it_may_change_how_often_it_says_that_it_is_alive() {
    let story = says(talking().event(Event::Ready), Says::AliveEvery(Duration::ZERO)).after(100_000);
    assert_eq!(story.signals(), [], "not at all any more");
    let story = says(story, Says::AliveEvery(Duration::from_secs(3))).after(2999);
    assert_eq!(story.signals(), []);
    assert_eq!(story.after(1).signals(), [Signal::ABRT]);
}

#[test]
fn one_that_says_that_it_is_stuck_is_believed() {
    assert_eq!(says(talking(), Says::Stuck).signals(), [Signal::ABRT]);
}

#[test]
fn time_that_it_asks_for_is_given_while_it_goes_on_asking() {
    let story = says(talking().after(4000), Says::Extend(Duration::from_secs(3))).after(2999);
    assert_eq!(story.signals(), []);
    let story = says(story, Says::Extend(Duration::from_secs(1))).after(999);
    assert_eq!(story.signals(), []);
    assert_eq!(story.after(1).signals(), [Signal::TERM]);
    let shorter = says(talking(), Says::Extend(Duration::from_secs(1))).after(4999);
    assert_eq!(shorter.signals(), [], "never less than the limit");
}

#[test]
fn another_main_process_is_signalled_and_the_life_lasts_as_long_as_both() {
    let main = Pid::new(7).unwrap();
    let story = says(talking(), Says::Main(main));
    let first = story.machine.pids().last().unwrap();
    assert_eq!(story.machine.pid(), Some(main));
    let ends = |pid, code| Event::Ended { pid, ending: Ending::Exited(code), more: false };
    let forked = says(talking(), Says::Main(main)).event(ends(first, 0));
    assert_eq!(forked.machine.pid(), Some(main), "the one that has forked may leave");
    assert!(forked.after(5000).event(ends(main, 3)).started());
    let story = story.event(ends(main, 3));
    assert_eq!(story.machine.pid(), Some(first));
    assert!(!story.started(), "no second copy while the first process lives");
    let story = story.after(5000).event(ends(first, 0));
    assert!(story.started());
    let exit = story.machine.record(at(story.millis)).last_exit.unwrap();
    assert_eq!(exit.ending, Ending::Exited(3), "it ended as its main process did");
}
