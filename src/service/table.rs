//! A table for people: columns as wide as they need to be, and no wider than the terminal.
//!
//! What does not fit is given up in this order: the end of the last column, the columns of least rank, the ends of names.

use alloc::string::String;
use alloc::vec::Vec;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub head: &'static str,
    /// To which side.
    pub side: Side,
    /// The lowest is given up first where there is no room; the highest never is.
    pub rank: u8,
}

/// Where the text of a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// As words do.
    Left,
    /// As numbers do.
    Right,
}

/// What a text says of how things are: its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// All is well.
    Good,
    /// It is about to become something else.
    Busy,
    /// Something is wrong.
    Bad,
    /// Of no interest.
    Faint,
}

/// One text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Without control characters.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
}

impl Cell {
    /// A text without a colour.
    pub fn plain(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), tone: Tone::Plain }
    }

    /// A text with one.
    pub fn of(tone: Tone, text: impl Into<String>) -> Cell {
        Cell { text: text.into(), tone }
    }
}

impl Tone {
    fn code(self) -> Option<&'static str> {
        match self {
            Tone::Plain => None,
            Tone::Good => Some("32"),
            Tone::Busy => Some("33"),
            Tone::Bad => Some("31"),
            Tone::Faint => Some("2"),
        }
    }
}

/// How a table is to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// How many characters there are in a line, if that is limited.
    pub width: Option<usize>,
    /// Whether there are colours.
    pub colours: bool,
}

/// Between two columns.
const GAP: usize = 2;

/// Neither a name nor the last column is cut to less.
const LEAST: usize = 8;

/// The lines of a table, each with its newline. The first column is the name, the last one may be cut.
pub fn lines(columns: &[Column], rows: &[Vec<Cell>], look: Look) -> String {
    let heads: Vec<Cell> = columns.iter().map(|column| Cell::of(Tone::Faint, column.head)).collect();
    let widths = fitted(columns, &widths(&heads, rows), look.width);
    let mut text = String::new();
    for row in core::iter::once(&heads).chain(rows) {
        line(&mut text, columns, &widths, row, look.colours);
    }
    text
}

/// What each column needs.
fn widths(heads: &[Cell], rows: &[Vec<Cell>]) -> Vec<usize> {
    let width = |at: usize, row: &[Cell]| row.get(at).map_or(0, |cell| cell.text.chars().count());
    let of = |at| core::iter::once(heads).chain(rows.iter().map(Vec::as_slice)).map(|row| width(at, row)).max();
    (0..heads.len()).map(|at| of(at).unwrap_or(0)).collect()
}

/// What each column gets; nothing for one that is left out.
fn fitted(columns: &[Column], needed: &[usize], most: Option<usize>) -> Vec<Option<usize>> {
    let mut widths: Vec<Option<usize>> = needed.iter().copied().map(Some).collect();
    let Some(most) = most else { return widths };
    let last = columns.len().saturating_sub(1);
    shrink(&mut widths, last, most);
    while total(&widths) > most {
        let left = columns.iter().enumerate().filter(|(at, _)| widths.get(*at).copied().flatten().is_some());
        let Some((at, _)) = left.filter(|(at, _)| *at > 0).min_by_key(|(_, column)| column.rank) else { break };
        if let Some(width) = widths.get_mut(at) {
            *width = None;
        }
        // With less beside it, it may need to be cut less.
        if let (Some(Some(width)), Some(needed)) = (widths.get_mut(last), needed.get(last)) {
            *width = *needed;
            shrink(&mut widths, last, most);
        }
    }
    shrink(&mut widths, 0, most);
    widths
}

fn total(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten().filter(|width| **width > 0);
    shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1)
}

fn shrink(widths: &mut [Option<usize>], at: usize, most: usize) {
    let too_much = total(widths).saturating_sub(most);
    if let Some(Some(width)) = widths.get_mut(at) {
        *width = (*width).saturating_sub(too_much).max(LEAST.min(*width));
    }
}

fn line(text: &mut String, columns: &[Column], widths: &[Option<usize>], row: &[Cell], colours: bool) {
    let start = text.len();
    let shown =
        columns.iter().zip(widths).zip(row).filter_map(|((column, width), cell)| Some((column, (*width)?, cell)));
    let shown = shown.filter(|(_, width, _)| *width > 0);
    for (number, (column, width, cell)) in shown.enumerate() {
        let cut = cut(&cell.text, width);
        let pad = width.saturating_sub(cut.chars().count());
        let (before, behind) = if column.side == Side::Right { (pad, 0) } else { (0, pad) };
        blanks(text, before + if number > 0 { GAP } else { 0 });
        match cell.tone.code().filter(|_| colours && !cut.is_empty()) {
            Some(code) => text.extend(["\x1b[", code, "m", &cut, "\x1b[0m"]),
            None => text.push_str(&cut),
        }
        blanks(text, behind);
    }
    let end = text.get(start..).map_or(0, |line| line.trim_end().len());
    text.truncate(start + end);
    text.push('\n');
}

fn blanks(text: &mut String, count: usize) {
    text.extend(core::iter::repeat_n(' ', count));
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.into();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const COLUMNS: &[Column] = &[
        Column { head: "NAME", side: Side::Left, rank: 9 },
        Column { head: "PID", side: Side::Right, rank: 1 },
        Column { head: "STATE", side: Side::Left, rank: 8 },
        Column { head: "NOTE", side: Side::Left, rank: 7 },
    ];

    fn rows() -> Vec<Vec<Cell>> {
        let row = |name: &str, pid: &str, state, note: &str| {
            vec![Cell::plain(name), Cell::plain(pid), Cell::of(Tone::Good, state), Cell::plain(note)]
        };
        vec![row("web", "7", "ready", ""), row("database", "4711", "down", "held until tomorrow")]
    }

    fn shown(width: Option<usize>) -> Vec<String> {
        let text = lines(COLUMNS, &rows(), Look { width, colours: false });
        text.lines().map(String::from).collect()
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let expected =
            ["NAME       PID  STATE  NOTE", "web          7  ready", "database  4711  down   held until tomorrow"];
        assert_eq!(shown(None), expected);
        assert_eq!(shown(Some(42)), expected);
    }

    #[test]
    fn what_does_not_fit_is_given_up_in_order() {
        assert_eq!(shown(Some(33))[2], "database  4711  down   held unti…");
        assert_eq!(shown(Some(30))[2], "database  down   held until t…", "the number first");
        assert_eq!(shown(Some(20))[2], "database  down");
        assert_eq!(shown(Some(4))[2], "database", "eight at least");
        for width in 8..60 {
            assert!(shown(Some(width)).iter().all(|line| line.chars().count() <= width), "{width}");
        }
    }

    #[test]
    fn names_are_cut_last() {
        let rows = vec![vec![Cell::plain("a-very-long-name"), Cell::plain("1"), Cell::plain("x"), Cell::plain("")]];
        assert_eq!(lines(COLUMNS, &rows, Look { width: Some(10), colours: false }), "NAME\na-very-lo…\n");
    }

    #[test]
    fn an_empty_column_takes_no_room() {
        let columns = [COLUMNS[0], Column { head: "", ..COLUMNS[1] }, COLUMNS[2]];
        let rows = vec![vec![Cell::plain("web"), Cell::plain(""), Cell::plain("up")]];
        assert_eq!(lines(&columns, &rows, Look::default()), "NAME  STATE\nweb   up\n");
    }

    #[test]
    fn colours_do_not_count() {
        let text = lines(COLUMNS, &rows(), Look { width: Some(42), colours: true });
        assert!(text.contains("\x1b[32mready\x1b[0m"), "{text:?}");
        assert!(text.starts_with("\x1b[2mNAME\x1b[0m  "), "{text:?}");
    }
}
