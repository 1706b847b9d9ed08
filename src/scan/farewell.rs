//! Who is told to stop when, once everything stops: a service after all those that need it, the others together.
//! Needs that go round in a circle bind nobody: when nobody else is left, all of them are told.

use crate::exit::Pid;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::ffi::CString;
use alloc::vec::Vec;

/// A supervisor that lives when the farewell begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its process.
    pub pid: Pid,
    /// What it is called by those who need it.
    pub name: CString,
    /// Whom its service needs.
    pub needs: Vec<CString>,
    /// Whether it has been told already.
    pub told: bool,
}

/// The members that have not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    left: BTreeMap<Pid, Left>,
    /// How many of them were told.
    told: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Left {
    needs: BTreeSet<Pid>,
    /// How many of those left need it.
    needed_by: usize,
    told: bool,
}

impl Farewell {
    /// A farewell of these, nobody told yet.
    pub fn new(members: &[Member]) -> Farewell {
        let by_name: BTreeMap<&CString, Pid> = members.iter().map(|member| (&member.name, member.pid)).collect();
        let mut left = BTreeMap::new();
        for member in members {
            let needs = member.needs.iter().filter_map(|name| by_name.get(name)).copied();
            let needs = needs.filter(|pid| *pid != member.pid).collect();
            left.insert(member.pid, Left { needs, needed_by: 0, told: member.told });
        }
        let needed: Vec<Pid> = left.values().flat_map(|member| member.needs.iter().copied()).collect();
        for pid in needed {
            if let Some(member) = left.get_mut(&pid) {
                member.needed_by += 1;
            }
        }
        let told = left.values().filter(|member| member.told).count();
        Farewell { left, told }
    }

    /// Those to be told now: whom nobody needs any more.
    pub fn who_is_next(&mut self) -> Vec<Pid> {
        let stuck = self.told == 0 && self.left.values().all(|member| member.needed_by > 0);
        let mut next = Vec::new();
        for (pid, member) in &mut self.left {
            if !member.told && (stuck || member.needed_by == 0) {
                member.told = true;
                next.push(*pid);
            }
        }
        self.told += next.len();
        next
    }

    /// One has ended; returns whether somebody may be next.
    pub fn ended(&mut self, pid: Pid) -> bool {
        let Some(member) = self.left.remove(&pid) else {
            return false;
        };
        self.told -= usize::from(member.told);
        let mut freed = false;
        for needed in &member.needs {
            if let Some(needed) = self.left.get_mut(needed) {
                needed.needed_by -= 1;
                freed |= needed.needed_by == 0;
            }
        }
        freed || self.told == 0
    }

    /// Those who have not ended.
    pub fn left(&self) -> impl Iterator<Item = Pid> + '_ {
        self.left.keys().copied()
    }

    /// Whether all have ended.
    pub fn is_over(&self) -> bool {
        self.left.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pid(number: i32) -> Pid {
        Pid::new(number).unwrap()
    }

    fn member(number: i32, name: &str, needs: &[&str]) -> Member {
        let name_of = |text: &str| CString::new(text).unwrap();
        Member { pid: pid(number), name: name_of(name), needs: needs.iter().map(|n| name_of(n)).collect(), told: false }
    }

    /// Ends each as soon as it was told and returns the rounds.
    fn rounds(members: &[Member]) -> Vec<Vec<i32>> {
        let mut farewell = Farewell::new(members);
        let mut rounds = Vec::new();
        while !farewell.is_over() {
            let next = farewell.who_is_next();
            assert!(!next.is_empty() || members.iter().any(|member| member.told), "somebody is always told");
            for pid in &next {
                farewell.ended(*pid);
            }
            rounds.push(next.into_iter().map(Pid::get).collect());
        }
        rounds
    }

    #[test]
    fn without_needs_all_at_once() {
        assert_eq!(rounds(&[member(1, "a", &[]), member(2, "b", &[])]), [[1, 2]]);
    }

    #[test]
    fn a_service_after_those_who_need_it() {
        let members = [
            member(1, "db", &[]),
            member(2, "app", &["db", "cache"]),
            member(3, "cache", &[]),
            member(4, "web", &["app"]),
        ];
        assert_eq!(rounds(&members), [vec![4], vec![2], vec![1, 3]]);
    }

    #[test]
    fn a_circle_binds_nobody_for_ever() {
        let members =
            [member(1, "a", &["b"]), member(2, "b", &["a"]), member(3, "c", &["a"]), member(4, "d", &["d", "nobody"])];
        assert_eq!(rounds(&members), [vec![3, 4], vec![1, 2]]);
    }

    #[test]
    fn who_was_told_before_is_not_told_again_but_waited_for() {
        let leaving = Member { told: true, ..member(1, "a", &["b"]) };
        let mut farewell = Farewell::new(&[leaving, member(2, "b", &[])]);
        assert_eq!(farewell.who_is_next(), []);
        assert!(farewell.ended(pid(1)));
        assert_eq!(farewell.who_is_next(), [pid(2)]);
        assert!(!farewell.is_over());
        farewell.ended(pid(2));
        assert!(farewell.is_over());
    }
}
