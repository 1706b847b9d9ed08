//! Which of those that need each other do so in a circle, directly or through others. Walked twice, without recursion:
//! a chain may have ten thousand members.

use alloc::vec;
use alloc::vec::Vec;

/// A step of a walk.
enum Step {
    Enter(usize),
    Leave(usize),
}

/// All in groups, by number: those that reach each other by their needs are in one, all others are alone. Whatever a
/// group needs is in a group before it.
pub fn groups(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let needed_by = turned_round(needs);
    let mut seen = vec![false; needs.len()];
    let mut order = Vec::with_capacity(needs.len());
    for root in 0..needs.len() {
        order.extend(walk(root, needs, &mut seen));
    }
    // Whoever is left last reaches all that it can before it; from there back come only those of its circle.
    let mut seen = vec![false; needs.len()];
    let walks = order.into_iter().rev().map(|root| walk(root, &needed_by, &mut seen));
    let mut groups: Vec<Vec<usize>> = walks.filter(|group| !group.is_empty()).collect();
    groups.reverse();
    groups
}

/// All that can be reached from here and were not seen before, each after those that it reaches.
fn walk(root: usize, edges: &[Vec<usize>], seen: &mut [bool]) -> Vec<usize> {
    let mut left = Vec::new();
    let mut open = Vec::from([Step::Enter(root)]);
    while let Some(step) = open.pop() {
        match step {
            Step::Leave(member) => left.push(member),
            Step::Enter(member) => {
                if seen.get_mut(member).is_some_and(|seen| !core::mem::replace(seen, true)) {
                    open.push(Step::Leave(member));
                    open.extend(edges.get(member).into_iter().flatten().copied().map(Step::Enter));
                }
            }
        }
    }
    left
}

fn turned_round(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut round = vec![Vec::new(); edges.len()];
    for (from, to) in edges.iter().enumerate().flat_map(|(from, all)| all.iter().map(move |to| (from, *to))) {
        if let Some(back) = round.get_mut(to) {
            back.push(from);
        }
    }
    round
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reaches_each_other_is_one() {
        // 0 -> 1 <-> 2 -> 3, 4 -> 4, 5 -> 6 -> 7 -> 5 -> 0
        let needs = [vec![1], vec![2], vec![1, 3], vec![], vec![4], vec![6, 0], vec![7], vec![5]];
        let mut groups = groups(&needs);
        let place = |groups: &[Vec<usize>], member| groups.iter().position(|group| group.contains(&member)).unwrap();
        for (member, needs) in needs.iter().enumerate() {
            assert!(needs.iter().all(|need| place(&groups, *need) <= place(&groups, member)), "{groups:?}");
        }
        groups.iter_mut().for_each(|group| group.sort_unstable());
        groups.sort();
        assert_eq!(groups, [vec![0], vec![1, 2], vec![3], vec![4], vec![5, 6, 7]]);
    }
}
