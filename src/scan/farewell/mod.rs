//! Who is told to stop when, once everything stops: a service when all those that need it have left, and so at once
//! where nobody does. Services that need each other in a circle are told together, when all others that need one of
//! them have left.
//!
//! Everything here is as cheap for ten thousand services as their number of needs: an end looks at those whom it frees,
//! and at nobody else.

use crate::exit::Pid;
use crate::handover::pack::packed_struct;
use crate::service::circles;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

/// A supervisor that lives when the farewell begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its process.
    pub pid: Pid,
    /// What it is called by those who need it.
    pub name: Vec<u8>,
    /// Whom its service needs.
    pub needs: Vec<Vec<u8>>,
    /// Whether it has been told already.
    pub told: bool,
}

/// The members that have not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    left: BTreeMap<Pid, Left>,
    circles: Vec<Circle>,
    /// Those whom nobody needs any more and who have not been told.
    next: Vec<Pid>,
    /// How many have not been told, and are not next either.
    bound: usize,
}

/// A member that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Left {
    circle: usize,
    /// The circles of those whom it needs, but its own; each once.
    needs: Vec<usize>,
    told: bool,
}

/// Members that need each other; usually one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Circle {
    members: Vec<Pid>,
    /// How many of those left outside it need one of it.
    needed_by: usize,
}

packed_struct!(Farewell { 1 left, 2 circles, 3 next, 4 bound });
packed_struct!(Left { 1 circle, 2 needs, 3 told });
packed_struct!(Circle { 1 members, 2 needed_by });

impl Farewell {
    /// A farewell of these. A need of a name that none of them has binds nobody.
    pub fn new(members: &[Member]) -> Farewell {
        let needs = by_number(members);
        let circles_of = circles_of(&needs);
        let circle_of = |number: usize| circles_of.get(number).copied().unwrap_or_default();
        let mut farewell = Farewell { left: BTreeMap::new(), circles: Vec::new(), next: Vec::new(), bound: 0 };
        farewell.circles.resize_with(members.len(), Circle::default);
        for (number, (member, needs)) in members.iter().zip(&needs).enumerate() {
            let circle = circle_of(number);
            let mut needs: Vec<usize> = needs.iter().map(|need| circle_of(*need)).collect();
            needs.retain(|need| *need != circle);
            needs.sort_unstable();
            needs.dedup();
            farewell.join(member, circle, needs);
        }
        let free = |circle: usize| farewell.circles.get(circle).is_none_or(|circle| circle.needed_by == 0);
        let untold = members.iter().enumerate().filter(|(_, member)| !member.told);
        let (next, bound): (Vec<_>, Vec<_>) = untold.partition(|(number, _)| free(circle_of(*number)));
        farewell.bound = bound.len();
        farewell.next = next.into_iter().map(|(_, member)| member.pid).collect();
        farewell
    }

    fn join(&mut self, member: &Member, circle: usize, needs: Vec<usize>) {
        for need in &needs {
            if let Some(needed) = self.circles.get_mut(*need) {
                needed.needed_by += 1;
            }
        }
        if let Some(circle) = self.circles.get_mut(circle) {
            circle.members.push(member.pid);
        }
        self.left.insert(member.pid, Left { circle, needs, told: member.told });
    }

    /// Those to be told now.
    pub fn who_is_next(&mut self) -> Vec<Pid> {
        let next = core::mem::take(&mut self.next);
        next.into_iter().filter(|pid| self.tell(*pid)).collect()
    }

    /// From now on nobody waits for anybody: those to be told now, who are all that were not.
    pub fn everybody(&mut self) -> Vec<Pid> {
        self.next.clear();
        self.bound = 0;
        let all: Vec<Pid> = self.left.keys().copied().collect();
        all.into_iter().filter(|pid| self.tell(*pid)).collect()
    }

    /// Whether it is to be told: it is here, and was not told.
    fn tell(&mut self, pid: Pid) -> bool {
        self.left.get_mut(&pid).is_some_and(|member| !core::mem::replace(&mut member.told, true))
    }

    /// One has ended, told or not.
    pub fn ended(&mut self, pid: Pid) {
        let Some(ended) = self.left.remove(&pid) else { return };
        let is_bound = self.circles.get(ended.circle).is_some_and(|circle| circle.needed_by > 0);
        self.bound = self.bound.saturating_sub(usize::from(is_bound && !ended.told));
        for need in ended.needs {
            let Some(needed) = self.circles.get_mut(need) else { continue };
            needed.needed_by = needed.needed_by.saturating_sub(1);
            if needed.needed_by == 0 {
                let freed = needed.members.iter().filter(|pid| self.left.get(pid).is_some_and(|member| !member.told));
                let before = self.next.len();
                self.next.extend(freed);
                self.bound = self.bound.saturating_sub(self.next.len() - before);
            }
        }
    }

    /// Whether somebody waits to be told until others have left.
    pub fn is_anybody_bound(&self) -> bool {
        self.bound > 0
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

/// Whom each needs, as numbers of members. Two may have one name: one that leaves, and its successor.
fn by_number(members: &[Member]) -> Vec<Vec<usize>> {
    let mut numbers: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (number, member) in members.iter().enumerate() {
        numbers.entry(&member.name).or_default().push(number);
    }
    let numbers_of = |name: &Vec<u8>| numbers.get(name.as_slice()).into_iter().flatten().copied();
    members.iter().map(|member| member.needs.iter().flat_map(numbers_of).collect()).collect()
}

/// The circle of each, by number; there are no more circles than members.
fn circles_of(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut circles = vec![0; needs.len()];
    for (circle, members) in circles::groups(needs).into_iter().enumerate() {
        for member in members {
            if let Some(of_member) = circles.get_mut(member) {
                *of_member = circle;
            }
        }
    }
    circles
}

#[cfg(test)]
mod explore;
#[cfg(test)]
mod tests;
