//! What was measured: samples by figure, by number of services, and by whose they are. Tables are made of it.

use super::who::{self, Who};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Something that is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub scenario: &'static str,
    pub name: &'static str,
    pub unit: &'static str,
    pub of: Of,
    pub target: Target,
    /// Whether it is looked at how it changes with the number of services.
    pub grows: bool,
    /// Whether more is better.
    pub more: bool,
}

/// What is made of many samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Of {
    Median,
    Percentile99,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    None,
    /// Of the best peer's.
    Ratio(f64),
    AtMost(f64),
}

/// A line of a table; `size` is nothing where the number of services does not matter.
#[derive(Debug)]
pub struct Row {
    pub figure: Figure,
    pub size: Option<usize>,
    samples: BTreeMap<Who, Vec<f64>>,
}

#[derive(Debug, Default)]
pub struct Book {
    pub rows: Vec<Row>,
}

/// More than so much away from what it is with a hundred services is not the same any more.
const SAME: f64 = 0.15;
const COMPARED: usize = 100;

impl Book {
    pub fn note(&mut self, figure: Figure, size: Option<usize>, who: Who, value: f64) {
        let known = self.rows.iter().position(|row| row.figure == figure && row.size == size);
        let at = known.unwrap_or_else(|| {
            self.rows.push(Row { figure, size, samples: BTreeMap::new() });
            self.rows.len() - 1
        });
        self.rows[at].samples.entry(who).or_default().push(value);
    }

    pub fn tables(&self) -> String {
        let mut scenarios: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !scenarios.contains(&row.figure.scenario) {
                scenarios.push(row.figure.scenario);
            }
        }
        let mut text: String = scenarios.into_iter().map(|scenario| self.table(scenario)).collect();
        text += &self.growth();
        text
    }

    fn table(&self, scenario: &str) -> String {
        let rows: Vec<&Row> = self.rows.iter().filter(|row| row.figure.scenario == scenario).collect();
        let who: Vec<Who> =
            who::ALL.into_iter().filter(|who| rows.iter().any(|row| row.value(*who).is_some())).collect();
        let mut text = format!("## {scenario}\n\n| | services | unit |");
        who.iter().for_each(|who| text += &format!(" {} |", who.name()));
        text += " ratio to the best peer | target | |\n|---|---|---|";
        text += &"---|".repeat(who.len() + 3);
        text.push('\n');
        for row in rows {
            let of = if row.figure.of == Of::Percentile99 { ", 99th of 100" } else { "" };
            let size = row.size.map_or(String::new(), |size| size.to_string());
            let _ = write!(text, "| {}{of} | {size} | {} |", row.figure.name, row.figure.unit);
            who.iter().for_each(|who| text += &format!(" {} |", shown(row.value(*who))));
            let ratio = row.ratio().map_or(String::new(), |ratio| format!("{ratio:.2}"));
            let _ = writeln!(text, " {ratio} | {} | {} |", row.target(), row.verdict());
        }
        text.push('\n');
        text
    }

    /// By number of services, the sizes ascending.
    pub fn growing(&self) -> Vec<(Figure, Vec<&Row>)> {
        let mut growing: Vec<(Figure, Vec<&Row>)> = Vec::new();
        for row in self.rows.iter().filter(|row| row.figure.grows && row.size.is_some()) {
            match growing.iter_mut().find(|(figure, _)| *figure == row.figure) {
                Some((_, rows)) => rows.push(row),
                None => growing.push((row.figure, vec![row])),
            }
        }
        growing.iter_mut().for_each(|(_, rows)| rows.sort_by_key(|row| row.size));
        growing.retain(|(_, rows)| rows.len() > 1);
        growing
    }

    fn growth(&self) -> String {
        let growing = self.growing();
        let sizes: std::collections::BTreeSet<usize> =
            growing.iter().flat_map(|(_, rows)| rows.iter().filter_map(|row| row.size)).collect();
        if sizes.is_empty() {
            return String::new();
        }
        let mut text =
            "## growth\n\nkeepup alone; more than 15 percent above its figure for 100 is a miss.\n\n| | unit |"
                .to_owned();
        sizes.iter().for_each(|size| text += &format!(" {size} |"));
        text += &format!(" worst to {COMPARED} | |\n|---|---|{}---|---|\n", "---|".repeat(sizes.len()));
        for (figure, rows) in growing {
            let at = |size: usize| rows.iter().find(|row| row.size == Some(size))?.value(Who::Keepup);
            let _ = write!(text, "| {}: {} | {} |", figure.scenario, figure.name, figure.unit);
            sizes.iter().for_each(|size| text += &format!(" {} |", shown(at(*size))));
            let Some(usual) = at(COMPARED) else {
                text += " | |\n";
                continue;
            };
            let larger = sizes.iter().filter(|size| **size > COMPARED).filter_map(|size| at(*size));
            let worst = larger.fold(0.0, |worst: f64, value| worst.max(value / usual));
            let verdict = if worst == 0.0 { "" } else { met(worst <= 1.0 + SAME) };
            let _ = writeln!(text, " {worst:.2} | {verdict} |");
        }
        text
    }
}

impl Row {
    pub fn value(&self, who: Who) -> Option<f64> {
        let mut samples = self.samples.get(&who)?.clone();
        samples.sort_by(f64::total_cmp);
        let at = match self.figure.of {
            Of::Median => samples.len() / 2,
            Of::Percentile99 => (samples.len() * 99).div_ceil(100).saturating_sub(1),
        };
        samples.get(at).copied()
    }

    fn ratio(&self) -> Option<f64> {
        let peers = who::ALL.into_iter().filter(|who| who.is_peer()).filter_map(|who| self.value(who));
        let best = if self.figure.more { peers.reduce(f64::max) } else { peers.reduce(f64::min) };
        Some(self.value(Who::Keepup)? / best.filter(|best| *best > 0.0)?)
    }

    fn target(&self) -> String {
        match self.figure.target {
            Target::None => String::new(),
            Target::Ratio(most) if self.figure.more => format!(">= {most:.2}"),
            Target::Ratio(most) => format!("<= {most:.2}"),
            Target::AtMost(most) => format!("<= {most} {}", self.figure.unit),
        }
    }

    fn verdict(&self) -> &'static str {
        let good = match self.figure.target {
            Target::None => None,
            Target::Ratio(most) => {
                self.ratio().map(|ratio| if self.figure.more { ratio >= most } else { ratio <= most })
            }
            Target::AtMost(most) => self.value(Who::Keepup).map(|value| value <= most),
        };
        good.map_or("", met)
    }
}

fn met(good: bool) -> &'static str {
    if good { "met" } else { "**missed**" }
}

/// Three digits that say something.
pub fn shown(value: Option<f64>) -> String {
    match value {
        None => String::new(),
        Some(value) if value >= 99.95 => format!("{value:.0}"),
        Some(value) if value >= 9.995 => format!("{value:.1}"),
        Some(value) if value >= 0.9995 || value == 0.0 => format!("{value:.2}"),
        Some(value) => format!("{value:.3}"),
    }
}
