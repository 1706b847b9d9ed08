//! Which members need each other, directly or through others. Walked twice, without recursion: a chain may have ten
//! thousand members.

use alloc::vec;
use alloc::vec::Vec;

/// A step of a walk.
enum Step {
    Enter(usize),
    Leave(usize),
}

/// For each member the number of its circle, below the number of members. Those that reach each other by their needs
/// have the same, all others one of their own.
pub(super) fn find(needs: &[Vec<usize>]) -> Vec<usize> {
    let needed_by = turned_round(needs);
    let mut seen = vec![false; needs.len()];
    let mut order = Vec::with_capacity(needs.len());
    for root in 0..needs.len() {
        order.extend(walk(root, needs, &mut seen));
    }
    // Whoever is left last reaches all that it can before it; from there back come only those of its circle.
    let mut circles = vec![0; needs.len()];
    let mut seen = vec![false; needs.len()];
    for root in order.into_iter().rev() {
        for member in walk(root, &needed_by, &mut seen) {
            if let Some(circle) = circles.get_mut(member) {
                *circle = root;
            }
        }
    }
    circles
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
        let circles = find(&needs);
        assert_eq!(circles[1], circles[2]);
        assert_eq!(circles[5], circles[6]);
        assert_eq!(circles[6], circles[7]);
        let mut different = [circles[0], circles[1], circles[3], circles[4], circles[5]].to_vec();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 5, "{circles:?}");
    }
}
