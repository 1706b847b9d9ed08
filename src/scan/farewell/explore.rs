//! Every graph of four services, and every order in which they may end, asked or by themselves.

use super::*;
use alloc::format;

const SERVICES: usize = 4;

/// Whom each needs, and whom it reaches by needs; by brute force, for comparison.
#[derive(Clone, Copy, Debug, Default)]
struct Graph {
    needs: [[bool; SERVICES]; SERVICES],
    reaches: [[bool; SERVICES]; SERVICES],
}

impl Graph {
    /// A bit for each pair of two.
    fn of(bits: usize) -> Graph {
        let mut graph = Graph::default();
        let pairs = (0..SERVICES).flat_map(|from| (0..SERVICES).map(move |to| (from, to)));
        for (bit, (from, to)) in pairs.clone().filter(|(from, to)| from != to).enumerate() {
            graph.needs[from][to] = bits >> bit & 1 == 1;
        }
        graph.reaches = graph.needs;
        for over in 0..SERVICES {
            for (from, to) in pairs.clone() {
                graph.reaches[from][to] |= graph.reaches[from][over] && graph.reaches[over][to];
            }
        }
        graph
    }

    /// Whether one of those left keeps this one from being told.
    fn is_kept(&self, which: usize, left: &[usize]) -> bool {
        let in_circle = |other: usize| other == which || self.reaches[which][other] && self.reaches[other][which];
        let needs_circle = |user: usize| (0..SERVICES).any(|one| in_circle(one) && self.needs[user][one]);
        left.iter().any(|user| !in_circle(*user) && needs_circle(*user))
    }

    fn members(&self) -> Vec<Member> {
        let name = |number: usize| format!("{number}").into_bytes();
        let needs = |from: usize| (0..SERVICES).filter(|to| self.needs[from][*to]).map(name).collect();
        let member = |number| Member { pid: pid(number), name: name(number), needs: needs(number), told: false };
        (0..SERVICES).map(member).collect()
    }
}

fn pid(number: usize) -> Pid {
    Pid::new(number as i32 + 1).unwrap()
}

#[derive(Clone)]
struct World {
    farewell: Farewell,
    left: Vec<usize>,
    told: Vec<usize>,
}

impl World {
    /// Tells whoever is to be told, and sees that it is exactly those.
    fn tell(&mut self, graph: &Graph) {
        for pid in self.farewell.who_is_next() {
            let number = pid.get() as usize - 1;
            assert!(self.left.contains(&number), "{number} has ended: {graph:?}");
            assert!(!self.told.contains(&number), "{number} is told twice: {graph:?}");
            self.told.push(number);
        }
        for number in &self.left {
            let is_told = self.told.contains(number);
            assert!(is_told || graph.is_kept(*number, &self.left), "{number} is not told: {graph:?}");
        }
        let bound = self.left.iter().any(|number| !self.told.contains(number));
        assert_eq!(self.farewell.is_anybody_bound(), bound, "{graph:?}");
    }

    fn ends(&self, number: usize, graph: &Graph) {
        let mut next = self.clone();
        next.farewell.ended(pid(number));
        next.left.retain(|other| *other != number);
        let before = next.told.len();
        next.tell(graph);
        let fresh = &next.told[before..];
        assert!(fresh.iter().all(|one| !graph.is_kept(*one, &next.left)), "too early: {fresh:?} of {graph:?}");
        next.go_on(graph);
    }

    fn go_on(&self, graph: &Graph) {
        assert_eq!(self.farewell.is_over(), self.left.is_empty());
        assert!(self.left.is_empty() || self.left.iter().any(|number| self.told.contains(number)), "stuck: {graph:?}");
        let mut all = self.clone();
        let rest: Vec<Pid> = self.left.iter().filter(|number| !self.told.contains(number)).map(|n| pid(*n)).collect();
        assert_eq!(all.farewell.everybody(), rest, "{graph:?}");
        assert_eq!((all.farewell.who_is_next(), all.farewell.is_anybody_bound()), (Vec::new(), false));
        self.left.iter().for_each(|number| self.ends(*number, graph));
    }
}

#[test]
fn every_graph_keeps_the_promises() {
    for graph in (0..1 << (SERVICES * (SERVICES - 1))).map(Graph::of) {
        let mut world =
            World { farewell: Farewell::new(&graph.members()), left: (0..SERVICES).collect(), told: Vec::new() };
        world.tell(&graph);
        assert!(world.told.iter().all(|one| !graph.is_kept(*one, &world.left)), "too early: {graph:?}");
        world.go_on(&graph);
    }
}
