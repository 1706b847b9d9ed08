//! Drawings of how figures change with the number of services: logarithmic both ways, a line for each contestant.

use super::book::{Book, Figure, Row, shown};
use super::who::{self, Who};
use std::fmt::Write as _;
use std::path::Path;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 44.0;

/// Writes one for each figure that has several sizes; the Markdown that shows them.
pub fn write_all(book: &Book, directory: &Path) -> String {
    let mut text = String::new();
    for (figure, rows) in book.growing() {
        let name = format!("{}-{}.svg", figure.scenario, figure.name.replace(' ', "-"));
        std::fs::write(directory.join(&name), drawing(figure, &rows)).expect("writing a drawing");
        let _ = writeln!(text, "![{}: {}]({name})\n", figure.scenario, figure.name);
    }
    text
}

/// From a value to a place on the paper.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Axis {
        let low = values.clone().fold(f64::MAX, f64::min);
        let high = values.fold(f64::MIN_POSITIVE, f64::max);
        // Whole steps of 1, 2, 5, so that there is a mark at both ends.
        let low = steps().filter(|step| *step <= low * 1.001).last().unwrap_or(low);
        let high = steps().find(|step| *step >= high * 0.999).unwrap_or(high);
        Axis { low, high: high.max(low * 2.0), from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let part = (value / self.low).ln() / (self.high / self.low).ln();
        self.from + part * (self.to - self.from)
    }

    fn marks(&self) -> Vec<f64> {
        steps().filter(|step| *step >= self.low * 0.999 && *step <= self.high * 1.001).collect()
    }
}

/// 1, 2, 5, 10, ..., from a thousandth to a million.
fn steps() -> impl Iterator<Item = f64> {
    (-3..6).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)))
}

fn color(who: Who) -> &'static str {
    match who {
        Who::Keepup => "#c2410c",
        Who::Musl => "#f59e0b",
        Who::Runit => "#1d4ed8",
        Who::S6 => "#15803d",
        Who::Daemontools => "#7e22ce",
        Who::Supervisor => "#be185d",
        Who::Floor => "#6b7280",
    }
}

fn drawing(figure: Figure, rows: &[&Row]) -> String {
    let sizes: Vec<f64> = rows.iter().filter_map(|row| row.size).map(|size| size as f64).collect();
    let values: Vec<f64> = who::ALL.iter().flat_map(|who| rows.iter().filter_map(|row| row.value(*who))).collect();
    let across = Axis::over(sizes.iter().copied(), LEFT, WIDTH - RIGHT);
    let up = Axis::over(values.iter().copied().filter(|value| *value > 0.0), HEIGHT - BOTTOM, TOP);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"14\">{}: {}, {}</text>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">services</text>\n",
        figure.scenario,
        figure.name,
        figure.unit,
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 8.0
    );
    for mark in up.marks() {
        let (y, label) = (up.place(mark), mark_text(mark));
        let _ = writeln!(
            text,
            "<path d=\"M{LEFT} {y:.1}H{}\" stroke=\"#e5e7eb\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 4.0
        );
    }
    for size in &sizes {
        let x = across.place(*size);
        let _ =
            writeln!(text, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{size}</text>", HEIGHT - BOTTOM + 18.0);
    }
    let mut names = Vec::new();
    for who in who::ALL {
        let points =
            rows.iter().filter_map(|row| Some((row.size? as f64, row.value(who).filter(|value| *value > 0.0)?)));
        let points: Vec<(f64, f64)> = points.map(|(size, value)| (across.place(size), up.place(value))).collect();
        let Some((_, end)) = points.last() else { continue };
        names.push((*end, who));
        let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let width = if who == Who::Keepup { 2.5 } else { 1.5 };
        let _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\"/>",
            line.join(" "),
            color(who)
        );
        for (x, y) in points {
            let _ = writeln!(text, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{}\"/>", color(who));
        }
    }
    text + &labels(names, rows) + "</svg>\n"
}

/// Names at the ends of their lines, none over another.
fn labels(mut names: Vec<(f64, Who)>, rows: &[&Row]) -> String {
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut text, mut free) = (String::new(), TOP);
    for (end, who) in names {
        let y = end.max(free);
        free = y + 15.0;
        let last = rows.iter().rev().find_map(|row| row.value(who));
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{:.1}\" fill=\"{}\">{} {}</text>",
            WIDTH - RIGHT + 8.0,
            y + 4.0,
            color(who),
            who.name(),
            shown(last)
        );
    }
    text
}

fn mark_text(mark: f64) -> String {
    let digits = if mark < 0.0095 {
        3
    } else if mark < 0.095 {
        2
    } else {
        usize::from(mark < 0.95)
    };
    format!("{mark:.digits$}")
}
