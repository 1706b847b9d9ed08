//! `%(name)s` in a value: Python's formatting with named values.

use super::python::quoted;
use super::{Result, Wrong, wrong};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A number, which `%(name)02d` can show.
    Number(i64),
}

/// Names and what they stand for.
pub type Names = BTreeMap<String, Value>;

/// The names that can be used at some place: those of the environment, and the place's own, which win.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// `ENV_...`
    pub environment: &'a Names,
    /// The others.
    pub own: &'a Names,
}

/// No field is wider than this: what Python would fill memory with is a slip of the pen.
const WIDEST: usize = 65536;

/// The value with all names replaced; `what` is what the value is called in a message.
pub fn expand(value: &str, scope: Scope<'_>, what: &str) -> Result<String> {
    replaced(value, scope).map_err(|trouble| match trouble {
        Trouble::Unknown(name) => unknown(value, what, &name, scope),
        Trouble::Format(why) => {
            wrong!("Format string {} for {} is badly formatted: {why}", quoted(value), quoted(what))
        }
    })
}

/// Unlike the original, names of the environment are not listed: it printed all there were, and what they are is often
/// nobody's business.
fn unknown(value: &str, what: &str, name: &str, scope: Scope<'_>) -> Wrong {
    let mut known: Vec<&str> = scope.own.keys().map(String::as_str).filter(|name| !name.starts_with("ENV_")).collect();
    known.push("ENV_*");
    known.sort_unstable();
    wrong!(
        "Format string {} for {} contains names ({}) which cannot be expanded. Available names: {}",
        quoted(value),
        quoted(what),
        quoted(name),
        known.join(", ")
    )
}

/// Why it cannot be replaced.
enum Trouble {
    Unknown(String),
    Format(String),
}

fn format_trouble<T>(why: impl Into<String>) -> core::result::Result<T, Trouble> {
    Err(Trouble::Format(why.into()))
}

fn replaced(value: &str, scope: Scope<'_>) -> core::result::Result<String, Trouble> {
    let mut text = String::new();
    let mut rest = Rest { chars: value.chars().collect(), at: 0 };
    while let Some(c) = rest.next() {
        match c {
            '%' => text.push_str(&field(&mut rest, scope)?),
            c => text.push(c),
        }
    }
    Ok(text)
}

/// What is left of the text.
struct Rest {
    chars: Vec<char>,
    at: usize,
}

impl Rest {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            taken.push(c);
            self.at += 1;
        }
        taken
    }
}

/// How a value is to be shown.
#[derive(Default)]
struct Shape {
    flags: String,
    width: usize,
    precision: Option<usize>,
}

/// Behind a percent sign.
fn field(rest: &mut Rest, scope: Scope<'_>) -> core::result::Result<String, Trouble> {
    let value = match rest.peek() {
        Some('(') => Some(named(&name(rest)?, scope)?),
        _ => None,
    };
    let mut shape = Shape { flags: rest.take(|c| "#0- +".contains(c)), ..Shape::default() };
    shape.width = measure(rest)?;
    if rest.peek() == Some('.') {
        rest.next();
        shape.precision = Some(measure(rest)?);
    }
    if rest.peek().is_some_and(|c| "hlL".contains(c)) {
        rest.next();
    }
    let index = rest.at;
    match (rest.next(), value) {
        (None, _) => format_trouble("incomplete format"),
        (Some('%'), _) => Ok("%".into()),
        (Some(kind), Some(value)) => shape.show(&value, kind, index),
        (Some(kind), None) => unnamed(kind, index),
    }
}

/// The name in parentheses, which may hold others.
fn name(rest: &mut Rest) -> core::result::Result<String, Trouble> {
    let (mut name, mut depth) = (String::new(), 0_usize);
    while let Some(c) = rest.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match (depth, c) {
            (0, _) => return Ok(name.chars().skip(1).collect()),
            (_, c) => name.push(c),
        }
    }
    format_trouble("incomplete format key")
}

fn named(name: &str, scope: Scope<'_>) -> core::result::Result<Value, Trouble> {
    let found = scope.own.get(name).or_else(|| scope.environment.get(name));
    found.cloned().ok_or_else(|| Trouble::Unknown(name.into()))
}

fn measure(rest: &mut Rest) -> core::result::Result<usize, Trouble> {
    if rest.peek() == Some('*') {
        return format_trouble("* wants int");
    }
    let digits = rest.take(|c| c.is_ascii_digit());
    match digits.parse() {
        _ if digits.is_empty() => Ok(0),
        Ok(width) if width <= WIDEST => Ok(width),
        _ => format_trouble("width too big"),
    }
}

/// A field without a name. Python would show all names and values there are in the place of one that takes a text.
fn unnamed(kind: char, index: usize) -> core::result::Result<String, Trouble> {
    match kind {
        's' | 'r' | 'a' => format_trouble("not enough arguments for format string"),
        'c' => format_trouble("%c requires int or char"),
        kind => not_a_number(kind, index, "dict"),
    }
}

fn not_a_number(kind: char, index: usize, given: &str) -> core::result::Result<String, Trouble> {
    match kind {
        'd' | 'i' | 'u' => format_trouble(format!("%{kind} format: a real number is required, not {given}")),
        'o' | 'x' | 'X' => format_trouble(format!("%{kind} format: an integer is required, not {given}")),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => format_trouble(format!("must be real number, not {given}")),
        kind => {
            let code = u32::from(kind);
            let shown = if kind.is_ascii_graphic() || kind == ' ' { kind } else { '?' };
            format_trouble(format!("unsupported format character '{shown}' (0x{code:x}) at index {index}"))
        }
    }
}

impl Shape {
    fn show(&self, value: &Value, kind: char, index: usize) -> core::result::Result<String, Trouble> {
        match (kind, value) {
            ('s', Value::Text(text)) => Ok(self.text(text)),
            ('r' | 'a', Value::Text(text)) => Ok(self.text(&quoted(text))),
            ('s' | 'r' | 'a', Value::Number(number)) => Ok(self.text(&number.to_string())),
            ('c', Value::Text(text)) if text.chars().count() == 1 => Ok(self.text(text)),
            ('c', Value::Text(_)) => format_trouble("%c requires int or char"),
            ('c', Value::Number(number)) => match u32::try_from(*number).ok().and_then(char::from_u32) {
                Some(c) => Ok(self.text(c.encode_utf8(&mut [0; 4]))),
                None => format_trouble("%c arg not in range(0x110000)"),
            },
            ('d' | 'i' | 'u', Value::Number(number)) => Ok(self.number(*number, "", |n| n.to_string())),
            ('o', Value::Number(number)) => Ok(self.number(*number, "0o", |n| format!("{n:o}"))),
            ('x', Value::Number(number)) => Ok(self.number(*number, "0x", |n| format!("{n:x}"))),
            ('X', Value::Number(number)) => Ok(self.number(*number, "0X", |n| format!("{n:X}"))),
            (kind, Value::Text(_)) => not_a_number(kind, index, "str"),
            (kind, Value::Number(_)) => not_a_number(kind, index, "int"),
        }
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn text(&self, text: &str) -> String {
        let cut: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        self.padded("", &cut, false)
    }

    fn number(&self, number: i64, prefix: &str, digits: impl Fn(u64) -> String) -> String {
        let bare = digits(number.unsigned_abs());
        let missing = self.precision.unwrap_or(0).saturating_sub(bare.len());
        let digits = format!("{}{bare}", "0".repeat(missing));
        let sign = match number < 0 {
            true => "-",
            false if self.has('+') => "+",
            false if self.has(' ') => " ",
            false => "",
        };
        let prefix = if self.has('#') { prefix } else { "" };
        self.padded(&format!("{sign}{prefix}"), &digits, true)
    }

    /// Filled up to the width; only a number is filled with zeros.
    fn padded(&self, head: &str, body: &str, zeros: bool) -> String {
        let missing = self.width.saturating_sub(head.chars().count() + body.chars().count());
        match () {
            () if self.has('-') => format!("{head}{body}{}", " ".repeat(missing)),
            () if zeros && self.has('0') => format!("{head}{}{body}", "0".repeat(missing)),
            () => format!("{}{head}{body}", " ".repeat(missing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[(&str, Value)]) -> Names {
        list.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
    }

    fn expanded(text: &str) -> core::result::Result<String, String> {
        let environment = names(&[("ENV_X", Value::Text("x".into())), ("here", Value::Text("not me".into()))]);
        let own = names(&[("here", Value::Text("/h".into())), ("n", Value::Number(7)), ("a(b)", Value::Number(0))]);
        expand(text, Scope { environment: &environment, own: &own }, "s.k").map_err(|wrong| wrong.0)
    }

    #[test]
    fn what_is_replaced() {
        for (text, expected) in [
            ("", ""),
            ("%%", "%"),
            ("%5%", "%"),
            ("%(here)s/a", "/h/a"),
            ("%(ENV_X)s%(here)s", "x/h"),
            ("%(n)d", "7"),
            ("%(n)02d", "07"),
            ("%(n)s", "7"),
            ("%(n)3d", "  7"),
            ("%(n)-3d|", "7  |"),
            ("%(n)+d", "+7"),
            ("%(n) d", " 7"),
            ("%(n).3d", "007"),
            ("%(n)#x", "0x7"),
            ("%(n)ld", "7"),
            ("%(here)4s", "  /h"),
            ("%(here)-4s|", "/h  |"),
            ("%(here).1s", "/"),
            ("%(here)r", "'/h'"),
            ("%(a(b))d", "0"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_badly_formatted() {
        for (text, why) in [
            ("100%", "incomplete format"),
            ("%(here", "incomplete format key"),
            ("%(here)", "incomplete format"),
            ("%(here)d", "%d format: a real number is required, not str"),
            ("%(here)x", "%x format: an integer is required, not str"),
            ("ab%(here)y", "unsupported format character 'y' (0x79) at index 9"),
            ("%d", "%d format: a real number is required, not dict"),
            ("%s", "not enough arguments for format string"),
            ("%*d", "* wants int"),
            ("50% off", "%o format: an integer is required, not dict"),
            ("%(n)99999999s", "width too big"),
        ] {
            let expected = format!("Format string '{text}' for 's.k' is badly formatted: {why}");
            assert_eq!(expanded(text), Err(expected));
        }
    }

    #[test]
    fn an_unknown_name() {
        let expected = "Format string '%(there)s' for 's.k' contains names ('there') which cannot be expanded. \
                        Available names: ENV_*, a(b), here, n";
        assert_eq!(expanded("%(there)s"), Err(expected.into()));
    }
}
