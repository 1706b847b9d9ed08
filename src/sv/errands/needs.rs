//! `sv needs`: who needs whom.

use super::behind::{self, usage};
use crate::exit::Exit;
use crate::service::needs_graph::{Graph, Node};
use crate::service::overview::Sight;
use crate::sv::json::{field, quoted, string};
use crate::sv::names::Places;
use crate::sv::needs::neighbours;
use crate::sv::options::{Call, Services};
use crate::sv::output::{Output, shown_name};
use argh::{ArgsInfo, FromArgs};

/// Show what services need, and who needs them; without names those of all.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// all that each needs through others, as a tree with states
    #[argh(switch)]
    tree: bool,
    /// a JSON object a line for each service
    #[argh(switch, short = 'j')]
    json: bool,
}

pub(super) fn run(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let (options, named) = behind::read::<Options>(&usage("needs [--tree] [-j] [service ...]"), call)?;
    let services = behind::services(named);
    let all = matches!(services, Services::All);
    let places = Places::new(&call.directory);
    let found = places.resolve(&services, output);
    let graph = neighbours(&places, &found);
    let picture = Picture { circles: graph.circles(), graph: &graph, places: &places };
    let nodes: Vec<Node> = found.iter().filter_map(|service| graph.find(service.name())).collect();
    // In the order in which they come up.
    let ordered = if all { graph.ranks(&nodes).concat() } else { nodes };
    for node in ordered {
        if options.json || call.json {
            output.say(picture.object(node).as_bytes());
        } else if options.tree {
            let is_top =
                graph.needed_by(node).is_empty() || picture.circles.iter().any(|circle| circle.contains(&node));
            if !all || is_top {
                picture.tree(node, output);
            }
        } else {
            output.say(picture.line(node).as_bytes());
        }
    }
    Ok(())
}

struct Picture<'a> {
    graph: &'a Graph,
    circles: Vec<Vec<Node>>,
    places: &'a Places,
}

impl Picture<'_> {
    fn name(&self, node: Node) -> String {
        let missing = if self.graph.is_there(node) { "" } else { " (missing)" };
        format!("{}{missing}", shown_name(self.graph.name(node)))
    }

    fn names(&self, nodes: &[Node]) -> String {
        nodes.iter().map(|node| self.name(*node)).collect::<Vec<_>>().join(", ")
    }

    /// `web: needs db, cache; needed by proxy`
    fn line(&self, node: Node) -> String {
        let (needs, by) = (self.graph.needs(node), self.graph.needed_by(node));
        let mut parts = Vec::new();
        match needs {
            [] => parts.push("needs nothing".to_owned()),
            needs => parts.push(format!("needs {}", self.names(needs))),
        }
        if !by.is_empty() {
            parts.push(format!("needed by {}", self.names(&by)));
        }
        parts.extend(self.circles.iter().filter(|circle| circle.contains(&node)).map(|circle| self.circle(circle)));
        format!("{}: {}\n", shown_name(self.graph.name(node)), parts.join("; "))
    }

    /// `in a circle: a, b, a`
    fn circle(&self, circle: &[Node]) -> String {
        let all: Vec<Node> = circle.iter().chain(circle.first()).copied().collect();
        format!("in a circle: {}", self.names(&all))
    }

    fn state(&self, node: Node) -> String {
        if !self.graph.is_there(node) {
            return "missing".into();
        }
        let service = self.places.service(self.graph.name(node).to_vec());
        match service.report() {
            Err(trouble) => trouble.words().0.into(),
            Ok(report) => {
                let sight = Sight::of(String::new(), report);
                let ready = match sight.ready() {
                    Some(false) if report.status.pid.is_some() => ", not ready",
                    _ => "",
                };
                format!("{}{ready}", sight.state().0)
            }
        }
    }

    /// A line for each, deeper for each step; what was shown above is not followed again.
    fn tree(&self, root: Node, output: &mut Output) {
        let (mut shown, mut left) = (Vec::new(), vec![(root, 0)]);
        while let Some((node, depth)) = left.pop() {
            let again = shown.contains(&node);
            let dots = if again && !self.graph.needs(node).is_empty() { " ..." } else { "" };
            let name = shown_name(self.graph.name(node));
            output.say(format!("{:indent$}{name}: {}{dots}\n", "", self.state(node), indent = 2 * depth).as_bytes());
            if !again {
                shown.push(node);
                left.extend(self.graph.needs(node).iter().rev().map(|need| (*need, depth + 1)));
            }
        }
    }

    fn object(&self, node: Node) -> String {
        let mut text = String::from("{\"name\":");
        string(&mut text, &String::from_utf8_lossy(self.graph.name(node)));
        field(&mut text, "state", Some(quoted(self.state(node))));
        field(&mut text, "needs", Some(self.list(self.graph.needs(node))));
        field(&mut text, "needed_by", Some(self.list(&self.graph.needed_by(node))));
        let missing = self.graph.needs(node).iter().copied().filter(|need| !self.graph.is_there(*need));
        field(&mut text, "missing", Some(self.list(&missing.collect::<Vec<_>>())));
        let circle = self.circles.iter().find(|circle| circle.contains(&node));
        field(&mut text, "circle", circle.map(|circle| self.list(circle)));
        text.push_str("}\n");
        text
    }

    fn list(&self, nodes: &[Node]) -> String {
        let mut text = String::from("[");
        for (at, node) in nodes.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            string(&mut text, &String::from_utf8_lossy(self.graph.name(*node)));
        }
        text.push(']');
        text
    }
}
