//! Who needs whom: in which order services come up and go down, and who waits for whom in a circle.
//!
//! A service comes up when all that it needs are ready, so services stand in ranks: those of a rank need only those of
//! ranks before it, and can come up together. Those that need each other in a circle are in one rank.

use super::circles;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// A service, by its number in the graph.
pub type Node = usize;

/// Services and what they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    names: Vec<Vec<u8>>,
    /// By service, what it needs, in its order.
    needs: Vec<Vec<Node>>,
    /// By service, whether it is there.
    there: Vec<bool>,
}

impl Graph {
    /// These and all that they need. `needs` is asked once for each; it answers nothing of one that is not there.
    pub fn reach(
        roots: impl IntoIterator<Item = Vec<u8>>,
        mut needs: impl FnMut(&[u8]) -> Option<Vec<Vec<u8>>>,
    ) -> Graph {
        let (mut graph, mut known) = (Graph::default(), BTreeMap::new());
        for root in roots {
            graph.node(root, &mut known);
        }
        let mut at = 0;
        while let Some(name) = graph.names.get(at) {
            let found = needs(name);
            graph.there.push(found.is_some());
            let found: Vec<Node> = found.into_iter().flatten().map(|need| graph.node(need, &mut known)).collect();
            graph.needs.push(found);
            at += 1;
        }
        graph
    }

    fn node(&mut self, name: Vec<u8>, known: &mut BTreeMap<Vec<u8>, Node>) -> Node {
        *known.entry(name.clone()).or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }

    /// How many services there are. The roots come first, in their order, each once.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// What a service is called.
    pub fn name(&self, node: Node) -> &[u8] {
        self.names.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    /// The service of this name.
    pub fn find(&self, name: &[u8]) -> Option<Node> {
        self.names.iter().position(|known| known == name)
    }

    /// Whether it is there at all.
    pub fn is_there(&self, node: Node) -> bool {
        self.there.get(node).copied().unwrap_or(false)
    }

    /// What it needs itself, in its order.
    pub fn needs(&self, node: Node) -> &[Node] {
        self.needs.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    /// Who needs it itself.
    pub fn needed_by(&self, node: Node) -> Vec<Node> {
        (0..self.len()).filter(|who| self.needs(*who).contains(&node)).collect()
    }

    /// These, and all that they need through others.
    pub fn with_needs(&self, nodes: &[Node]) -> Vec<Node> {
        spread(nodes, |node| self.needs(node).to_vec())
    }

    /// These, and all that need them through others.
    pub fn with_dependents(&self, nodes: &[Node]) -> Vec<Node> {
        let mut by = Vec::from_iter((0..self.len()).map(|_| Vec::new()));
        for (who, needs) in self.needs.iter().enumerate() {
            for need in needs {
                if let Some(by) = by.get_mut(*need) {
                    by.push(who);
                }
            }
        }
        spread(nodes, |node| by.get(node).cloned().unwrap_or_default())
    }

    /// These by rank: those of a rank come up together, and go down together in the reverse order.
    pub fn ranks(&self, nodes: &[Node]) -> Vec<Vec<Node>> {
        let mut rank_of = Vec::from_iter((0..self.len()).map(|_| 0_usize));
        let mut ranks: Vec<Vec<Node>> = Vec::new();
        for circle in circles::groups(&self.needs) {
            let below = circle.iter().flat_map(|node| self.needs(*node)).filter(|need| !circle.contains(need));
            let rank = below.filter_map(|need| rank_of.get(*need)).map(|rank| rank + 1).max().unwrap_or(0);
            for node in &circle {
                if let Some(place) = rank_of.get_mut(*node) {
                    *place = rank;
                }
            }
        }
        let mut wanted = nodes.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        for node in wanted {
            let rank = rank_of.get(node).copied().unwrap_or(0);
            while ranks.len() <= rank {
                ranks.push(Vec::new());
            }
            if let Some(members) = ranks.get_mut(rank) {
                members.push(node);
            }
        }
        ranks.retain(|rank| !rank.is_empty());
        ranks
    }

    /// Circles of needs, each told once: `a` needs `b` needs `c` needs `a`.
    pub fn circles(&self) -> Vec<Vec<Node>> {
        let mut found: Vec<Vec<Node>> = Vec::new();
        for members in circles::groups(&self.needs) {
            let first = members.iter().copied().min();
            let circle = first.and_then(|first| self.way_back(first, &members));
            found.extend(circle);
        }
        found.sort();
        found
    }

    /// The shortest way from a service to itself among these.
    fn way_back(&self, first: Node, members: &[Node]) -> Option<Vec<Node>> {
        let mut from: BTreeMap<Node, Node> = BTreeMap::new();
        let mut line = Vec::from([first]);
        let mut at = 0;
        while let Some(node) = line.get(at).copied() {
            at += 1;
            for need in self.needs(node).iter().copied().filter(|need| members.contains(need)) {
                if need == first {
                    let mut way = Vec::from([node]);
                    while let Some(before) = way.last().and_then(|last| from.get(last)) {
                        way.push(*before);
                    }
                    way.reverse();
                    return Some(way);
                }
                from.entry(need).or_insert_with(|| {
                    line.push(need);
                    node
                });
            }
        }
        None
    }
}

/// All that can be reached, each once, in the order in which it is.
fn spread(nodes: &[Node], next: impl Fn(Node) -> Vec<Node>) -> Vec<Node> {
    let mut seen = alloc::collections::BTreeSet::new();
    let mut found: Vec<Node> = nodes.iter().copied().filter(|node| seen.insert(*node)).collect();
    let mut at = 0;
    while let Some(node) = found.get(at).copied() {
        found.extend(next(node).into_iter().filter(|node| seen.insert(*node)));
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    /// `a: b c; b: c` and so on; who has no entry is not there.
    fn graph(text: &str) -> Graph {
        let entries: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = text
            .split(';')
            .filter_map(|entry| entry.split_once(':'))
            .map(|(name, needs)| {
                (name.trim().into(), needs.split_whitespace().map(|need| need.as_bytes().to_vec()).collect())
            })
            .collect();
        Graph::reach(entries.keys().cloned().collect::<Vec<_>>(), |name| entries.get(name).cloned())
    }

    fn names(graph: &Graph, nodes: &[Node]) -> String {
        let names: Vec<String> = nodes.iter().map(|node| String::from_utf8_lossy(graph.name(*node)).into()).collect();
        names.join(" ")
    }

    fn all(graph: &Graph) -> Vec<Node> {
        (0..graph.len()).collect()
    }

    fn ranks(text: &str) -> Vec<String> {
        let graph = graph(text);
        graph.ranks(&all(&graph)).iter().map(|rank| names(&graph, rank)).collect()
    }

    fn circles(text: &str) -> Vec<String> {
        let graph = graph(text);
        graph.circles().iter().map(|circle| names(&graph, circle)).collect()
    }

    #[test]
    fn what_is_needed_comes_first() {
        assert_eq!(ranks("web: db cache; db: disk; cache:; disk:"), ["cache disk", "db", "web"]);
        assert_eq!(ranks("a:; b:"), ["a b"]);
        assert_eq!(ranks(""), [""; 0]);
        assert_eq!(ranks("a: b; b: c; c: d; d:; x: a d"), ["d", "c", "b", "a", "x"]);
    }

    #[test]
    fn a_circle_is_one_rank_and_stops_nobody() {
        assert_eq!(ranks("a: b; b: a d; c: a; d:"), ["d", "a b", "c"]);
        assert_eq!(circles("a: b; b: a d; c: a; d:"), ["a b"]);
        assert_eq!(ranks("a: a"), ["a"]);
        assert_eq!(circles("a: a; b: c; c: d; d: b"), ["a", "b c d"]);
        assert_eq!(circles("a: b c; b: c; c:"), [""; 0]);
        assert_eq!(circles("a: c b; b: a; c: b"), ["a b"], "the shortest way");
    }

    #[test]
    fn one_that_is_not_there_is_known_to_be_missing() {
        let graph = graph("web: db; cache:");
        let db = graph.find(b"db").unwrap();
        assert!(!graph.is_there(db) && graph.is_there(graph.find(b"web").unwrap()));
        assert_eq!(names(&graph, &graph.needed_by(db)), "web");
    }

    #[test]
    fn what_hangs_together() {
        let graph = graph("web: app; app: db; db:; cron: db; mail:");
        let one = |name: &[u8]| [graph.find(name).unwrap()];
        assert_eq!(names(&graph, &graph.with_needs(&one(b"web"))), "web app db");
        assert_eq!(names(&graph, &graph.with_dependents(&one(b"db"))), "db app cron web");
        assert_eq!(names(&graph, &graph.with_dependents(&one(b"mail"))), "mail");
    }

    #[test]
    fn each_is_asked_for_once_and_nobody_else() {
        let mut asked = Vec::new();
        let graph = Graph::reach([b"a".to_vec(), b"a".to_vec()], |name| {
            asked.push(name.to_vec());
            Some(if name == b"a" { Vec::from([b"b".to_vec(), b"c".to_vec()]) } else { Vec::from([b"c".to_vec()]) })
        });
        assert_eq!(asked, [b"a", b"b", b"c"]);
        assert_eq!(graph.circles().len(), 1, "c needs itself");
    }

    #[test]
    fn a_long_chain_does_not_exhaust_the_stack() {
        let name = |number: u32| format!("{number}").into_bytes();
        let graph = Graph::reach([name(0)], |own| {
            let number: u32 = core::str::from_utf8(own).unwrap().parse().unwrap();
            Some(if number < 50_000 { Vec::from([name(number + 1)]) } else { Vec::new() })
        });
        assert_eq!(graph.ranks(&all(&graph)).len(), 50_001);
        assert!(graph.circles().is_empty());
    }

    #[test]
    fn no_rank_needs_a_later_one() {
        let mut source = crate::random::Random::new(7);
        for _ in 0..500 {
            let names: Vec<Vec<u8>> = (0..8_u8).map(|number| Vec::from([b'a' + number])).collect();
            let graph = Graph::reach(names.clone(), |_| {
                let count = source.number(3);
                Some((0..count).map(|_| names[source.number(8) as usize].clone()).collect())
            });
            let ranks = graph.ranks(&all(&graph));
            let rank_of = |node: Node| ranks.iter().position(|rank| rank.contains(&node)).unwrap();
            let in_circle = |a, b| graph.with_needs(&[a]).contains(&b) && graph.with_needs(&[b]).contains(&a);
            for node in all(&graph) {
                for need in graph.needs(node) {
                    assert!(rank_of(*need) < rank_of(node) || in_circle(node, *need));
                }
            }
            for circle in graph.circles() {
                let next = circle.iter().skip(1).chain(circle.first());
                assert!(circle.iter().zip(next).all(|(node, need)| graph.needs(*node).contains(need)));
            }
        }
    }
}
