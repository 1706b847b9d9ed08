//! Stories, one for each rule. Time is a number, processes are numbers, scripts are answers.

use super::*;

/// A machine whose starts succeed, with what it has asked for.
pub(super) struct Story {
    pub(super) machine: Machine,
    pub(super) millis: u64,
    pids: i32,
    scripts: bool,
    finish: bool,
    pub(super) told: Vec<Action>,
}

impl Story {
    fn of(role: Role) -> Story {
        Story::new(role, true).after(0)
    }

    /// A service that nobody wants yet.
    pub(super) fn down() -> Story {
        Story::new(Role::Service, false)
    }

    fn new(role: Role, wanted_up: bool) -> Story {
        Story {
            machine: Machine::new(role, at(0), wanted_up),
            millis: 0,
            pids: 100,
            scripts: false,
            finish: false,
            told: Vec::new(),
        }
    }

    fn service() -> Story {
        Story::of(Role::Service)
    }

    /// There is more to do after each end.
    fn with_finish(mut self) -> Story {
        self.finish = true;
        self
    }

    fn with_scripts(mut self) -> Story {
        self.scripts = true;
        self
    }

    pub(super) fn after(mut self, millis: u64) -> Story {
        self.millis += millis;
        self.feed(Event::Tick);
        self
    }

    pub(super) fn told(mut self, letters: &str) -> Story {
        self.told.clear();
        for command in letters.bytes().filter_map(Command::from_byte) {
            self.feed(Event::Command(command));
        }
        self
    }

    pub(super) fn event(mut self, event: Event) -> Story {
        self.told.clear();
        self.feed(event);
        self
    }

    pub(super) fn dies(self, ending: Ending) -> Story {
        let (pid, more) = (self.machine.pid().unwrap(), self.finish);
        self.event(Event::Ended { pid, ending, more })
    }

    pub(super) fn exits(self, code: u8) -> Story {
        self.dies(Ending::Exited(code))
    }

    fn feed(&mut self, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let mut actions = Vec::new();
            self.machine.step(at(self.millis), event, &mut actions);
            for action in actions {
                self.told.push(action);
                next = match action {
                    Action::Start(_) => {
                        self.pids += 1;
                        Some(Event::Started(Pid::new(self.pids).map_or(Start::NoProcess, Start::Runs)))
                    }
                    Action::Ask(_) if !self.scripts => Some(Event::Answered { handled: false }),
                    _ => None,
                };
            }
        }
    }

    pub(super) fn signals(&self) -> Vec<Signal> {
        self.told
            .iter()
            .filter_map(|a| if let Action::Signal(_, signal, _) = a { Some(*signal) } else { None })
            .collect()
    }

    pub(super) fn asked(&self) -> Vec<char> {
        let ask = |a: &Action| if let Action::Ask(command) = a { Some(char::from(command.byte())) } else { None };
        self.told.iter().filter_map(ask).collect()
    }

    fn stat(&self) -> String {
        self.machine.status().words().trim_end().into()
    }

    pub(super) fn started(&self) -> bool {
        self.told.contains(&Action::Start(Program::Run))
    }
}

pub(super) fn at(millis: u64) -> Now {
    let moment = Moment(Duration::from_millis(millis));
    Now { moment, label: Label { unix: (millis / 1000) as i64, nanos: 0 } }
}

use alloc::string::String;

#[test]
fn it_starts_and_starts_again() {
    let story = Story::service().after(1000).exits(0);
    assert!(story.started(), "after a life of a second at once");
    assert_eq!(story.stat(), "run");
}

#[test]
fn a_short_life_is_followed_by_a_pause_from_its_end() {
    let story = Story::service().after(700).exits(0);
    assert_eq!(story.stat(), "down");
    assert_eq!(story.machine.deadline(), Some(at(1700).moment));
    let story = story.after(999);
    assert_eq!(story.stat(), "down");
    assert_eq!(story.after(1).stat(), "run");
}

#[test]
fn finish_is_part_of_the_life() {
    let story = Story::service().with_finish().exits(3);
    assert_eq!(story.stat(), "finish");
    let story = story.after(1000).exits(0);
    assert_eq!(story.stat(), "run", "run and finish together lasted a second");
}

#[test]
fn down_in_the_pause_is_obeyed_at_once_and_exit_leaves_at_once() {
    let paused = || Story::service().after(10).exits(0);
    assert_eq!(paused().told("d").machine.deadline(), None);
    assert!(paused().told("x").machine.is_gone());
    assert!(paused().event(Event::Dismissed).machine.is_gone());
}

#[test]
fn a_start_in_the_pause_waits_for_its_end() {
    let story = Story::service().after(10).exits(0).told("do");
    assert!(!story.started());
    let story = story.after(1000);
    assert_eq!(story.stat(), "run, want down");
}

#[test]
fn down_is_term_and_cont() {
    let story = Story::service().told("d");
    assert_eq!(story.signals(), [Signal::TERM, Signal::CONT]);
    assert_eq!(story.stat(), "run, got TERM, want down");
    assert_eq!(story.exits(0).after(5000).stat(), "down");
}

#[test]
fn term_to_a_wanted_service_is_term_alone() {
    let story = Story::service().told("t");
    assert_eq!(story.signals(), [Signal::TERM]);
    let story = Story::service().told("ot");
    assert_eq!(story.signals(), [Signal::TERM, Signal::CONT], "and to one that is not wanted it is down");
}

#[test]
fn up_takes_a_down_back() {
    let story = Story::service().after(1000).told("du").exits(0);
    assert_eq!(story.stat(), "run");
}

#[test]
fn once_is_one_life() {
    let story = Story::service().told("d").exits(0).told("o").after(1000);
    assert_eq!(story.stat(), "run, want down");
    assert_eq!(story.after(2000).exits(0).after(5000).stat(), "down");
    assert_eq!(Story::service().told("o").signals(), [], "what runs already is let run");
}

#[test]
fn kill_never_makes_a_second_copy() {
    let story = Story::service().after(5000).told("kuou");
    assert_eq!(story.signals(), [Signal::KILL]);
    assert!(!story.started(), "the killed process still lives");
    let story = story.dies(Ending::Killed { by: Signal::KILL, core: false });
    assert!(story.started());
}

#[test]
fn exit_waits_for_finish_also_after_kill() {
    let story = Story::service().with_finish().told("xk").dies(Ending::Killed { by: Signal::KILL, core: false });
    assert_eq!(story.stat(), "finish, want exit");
    assert!(story.exits(0).machine.is_gone());
}

#[test]
fn kill_ends_a_finish_that_hangs() {
    let story = Story::service().with_finish().exits(0).told("t");
    assert_eq!(story.signals(), [], "nothing else does");
    assert_eq!(story.told("k").signals(), [Signal::KILL]);
}

#[test]
fn pause_is_kept_until_the_next_start() {
    let story = Story::service().told("p");
    assert_eq!((story.stat().as_str(), story.signals()), ("run, paused", vec![Signal::STOP]));
    let story = story.told("d").exits(0);
    assert_eq!(story.stat(), "down, paused");
    assert_eq!(story.told("c").stat(), "down");
}

#[test]
fn finish_that_says_125_keeps_it_down() {
    let story = Story::service().with_finish().after(2000).exits(1).exits(125).after(9000);
    assert_eq!(story.stat(), "down");
    assert_eq!(story.told("u").after(0).stat(), "run", "until it is wanted up again");
}

#[test]
fn scripts_are_asked_in_order() {
    let mut story = Story::service().with_scripts().event(Event::Answered { handled: false }).told("d");
    assert_eq!(story.asked(), ['t']);
    story = story.event(Event::Answered { handled: true });
    assert_eq!((story.signals(), story.asked()), (vec![Signal::CONT], vec!['d']), "handled: no TERM, but CONT");
    assert_eq!(story.stat(), "run, want down");
}

#[test]
fn commands_wait_for_a_script_in_their_order() {
    let story = Story::service().with_scripts().event(Event::Answered { handled: false }).told("tih");
    assert_eq!(story.asked(), ['t']);
    let story = story.event(Event::Answered { handled: false });
    assert_eq!((story.signals(), story.asked()), (vec![Signal::TERM], vec!['i']));
    let story = story.event(Event::Answered { handled: true });
    assert_eq!((story.signals(), story.asked()), (vec![], vec!['h']));
}

#[test]
fn a_death_is_not_held_up_by_a_script_but_the_next_start_is() {
    let story = Story::service().with_scripts().event(Event::Answered { handled: false }).after(3000).told("t");
    let story = story.exits(0);
    assert_eq!(story.stat(), "down");
    assert!(!story.started());
    let story = story.event(Event::Answered { handled: false });
    assert_eq!(story.signals(), [], "there is nothing left to signal");
    assert_eq!(story.asked(), ['u'], "and the next start asks its own script");
}

#[test]
fn kill_does_not_wait_for_a_script() {
    let story = Story::service().with_scripts().event(Event::Answered { handled: false }).told("dk");
    assert!(story.told.contains(&Action::KillScript));
    let story = story.event(Event::Answered { handled: true });
    assert_eq!(story.asked(), ['k']);
    assert_eq!(story.event(Event::Answered { handled: false }).signals(), [Signal::KILL]);
}

#[test]
fn no_process_to_be_had_is_tried_again() {
    let mut story = Story::service().told("d").exits(0).after(1000);
    story.told.clear();
    let mut actions = Vec::new();
    story.machine.step(at(9000), Event::Command(Command::Up), &mut actions);
    story.machine.step(at(9000), Event::Answered { handled: false }, &mut actions);
    story.machine.step(at(9000), Event::Started(Start::NoProcess), &mut actions);
    assert_eq!(story.machine.deadline(), Some(at(9000).moment + NO_PROCESS));
    assert_eq!(story.stat(), "down");
}

#[test]
fn a_logger_leaves_by_the_end_of_its_input() {
    let story = Story::of(Role::Logger).told("x");
    assert_eq!((story.stat().as_str(), story.signals()), ("run", vec![]), "not because it was told so");
    let story = story.event(Event::ServiceLeft { unread: true });
    assert_eq!((story.stat().as_str(), story.signals()), ("run, want exit", vec![]));
    let story = story.told("u");
    assert_eq!(story.stat(), "run, want exit", "and nothing calls it back");
    assert!(story.exits(0).machine.is_gone());
}

#[test]
fn a_logger_that_hangs_can_be_told_to_go() {
    let story = Story::of(Role::Logger).event(Event::ServiceLeft { unread: false }).told("d");
    assert_eq!(story.signals(), [Signal::TERM, Signal::CONT]);
}

#[test]
fn a_logger_between_two_lives_comes_back_for_what_is_left() {
    let story = Story::of(Role::Logger).exits(1).event(Event::ServiceLeft { unread: true });
    assert!(!story.machine.is_gone());
    let story = story.after(1000);
    assert_eq!(story.stat(), "run, want exit");
    assert!(story.exits(1).machine.is_gone(), "once");
    assert!(Story::of(Role::Logger).exits(1).event(Event::ServiceLeft { unread: false }).machine.is_gone());
}

#[test]
fn a_logger_that_dies_before_the_end_of_its_input_comes_back_for_the_rest() {
    let story = Story::of(Role::Logger).with_finish().event(Event::ServiceLeft { unread: true }).exits(1);
    assert!(!story.machine.is_gone());
    assert!(story.after(1000).exits(1).machine.is_gone(), "once");
}

#[test]
fn only_so_many_commands_wait() {
    let mut story = Story::service().with_scripts().event(Event::Answered { handled: false });
    story = story.told(&"t".repeat(QUEUE + 1));
    assert_eq!(story.machine.room(), 0);
    assert_eq!(story.event(Event::Answered { handled: true }).machine.room(), 1);
}

/// As Supervisor has it: an end before a second is over is tried again whatever its code, so many times, and any other
/// follows its own rule and is forgotten.
#[test]
fn early_ends_are_what_counts_where_that_is_said() {
    let mut story = Story::down();
    let restart = b"when never\nearly retry\ndelay 1s +1s\ngive-up 3".to_vec();
    let (policy, mistakes) = crate::service::policy::combine(&mut |file| match file {
        crate::service::policy::File::Restart => Some(restart.clone()),
        crate::service::policy::File::Ready => Some(b"after 1s".to_vec()),
        _ => None,
    });
    assert_eq!(mistakes, []);
    story.machine.adopt(policy);
    let pauses = |story: Story, pause: u64| {
        let story = story.after(pause - 1);
        assert_eq!(story.machine.pid(), None, "not before {pause} ms are over");
        let story = story.after(1);
        assert!(story.machine.pid().is_some(), "after {pause} ms");
        story
    };
    let story = pauses(story.told("u").after(500).exits(0), 1000);
    let story = pauses(story.after(500).exits(0), 2000);
    let story = story.after(1500).exits(1).after(60_000);
    assert_eq!(story.machine.pid(), None, "it was ready, so `never` holds");
    let story = pauses(story.told("u").exits(7), 1000);
    let story = pauses(story.exits(7), 2000);
    let story = story.exits(7);
    assert!(story.machine.gave_up && story.after(60_000).machine.pid().is_none(), "three early ends in a row");
}
