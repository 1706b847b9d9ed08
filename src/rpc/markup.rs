//! The part of XML that a call is made of: elements without attributes that mean anything, texts, references to
//! characters, and what is to be passed over. No document type: nothing that could refer to anything else.

use super::decode::Broken;
use alloc::string::String;

/// The next thing in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// `<name>`; an empty element is this and its end.
    Start(&'t str),
    /// `</name>`
    End(&'t str),
    /// Characters, with references resolved.
    Text(String),
}

/// A document that is being read.
#[derive(Debug)]
pub(super) struct Markup<'t> {
    rest: &'t str,
    /// The element that was empty: its end comes next.
    empty: Option<&'t str>,
}

impl<'t> Markup<'t> {
    pub(super) fn new(text: &'t str) -> Result<Markup<'t>, Broken> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut markup = Markup { rest: text, empty: None };
        if text.starts_with("<?xml") {
            let declaration = markup.until("?>")?;
            let encoding =
                declaration.split_once("encoding").map(|(_, rest)| rest.trim_start_matches([' ', '=', '\t']));
            let is_known = |name: &str| {
                let name = name.get(1..).unwrap_or_default().to_ascii_lowercase();
                name.starts_with("utf-8") || name.starts_with("us-ascii") || name.starts_with("utf8")
            };
            if encoding.is_some_and(|name| !is_known(name)) {
                return Err(Broken::Encoding);
            }
        }
        Ok(markup)
    }

    /// The next piece; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'t>>, Broken> {
        if let Some(name) = self.empty.take() {
            return Ok(Some(Piece::End(name)));
        }
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            if let Some(rest) = self.rest.strip_prefix("<![CDATA[") {
                self.rest = rest;
                return Ok(Some(Piece::Text(lines(self.until("]]>")?))));
            }
            if self.rest.starts_with("<!--") {
                self.until("-->")?;
            } else if self.rest.starts_with("<?") {
                self.until("?>")?;
            } else if self.rest.starts_with("<!") {
                return Err(Broken::Doctype);
            } else if let Some(rest) = self.rest.strip_prefix("</") {
                self.rest = rest;
                let name = self.until(">")?.trim_end();
                return if is_name(name) { Ok(Some(Piece::End(name))) } else { Err(Broken::Markup) };
            } else if let Some(rest) = self.rest.strip_prefix('<') {
                self.rest = rest;
                return self.start().map(Some);
            } else {
                let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
                self.rest = rest;
                return resolved(text).map(|text| Some(Piece::Text(text)));
            }
        }
    }

    /// What stands before a mark, which is passed over.
    fn until(&mut self, mark: &str) -> Result<&'t str, Broken> {
        let (before, after) = self.rest.split_once(mark).ok_or(Broken::Early)?;
        self.rest = after;
        Ok(before)
    }

    /// A name, and attributes that nobody asks for; one may have `>` in its value.
    fn start(&mut self) -> Result<Piece<'t>, Broken> {
        let mut quote = None;
        let is_end = |c: char| {
            match quote {
                Some(open) if c == open => quote = None,
                None if c == '"' || c == '\'' => quote = Some(c),
                _ => {}
            }
            quote.is_none() && c == '>'
        };
        let end = self.rest.find(is_end).ok_or(Broken::Early)?;
        let (inside, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        let (inside, empty) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let name = inside.split(is_space).next().unwrap_or_default();
        if !is_name(name) || inside.contains('<') {
            return Err(Broken::Markup);
        }
        self.empty = empty.then_some(name);
        Ok(Piece::Start(name))
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '-');
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && name.chars().all(is_part)
}

/// A line ends as XML has it, however it was written.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// A text with its references resolved.
fn resolved(text: &str) -> Result<String, Broken> {
    let mut pieces = text.split('&');
    let mut found = lines(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, after) = piece.split_once(';').ok_or(Broken::Reference)?;
        found.push(character(name).ok_or(Broken::Reference)?);
        found.push_str(&lines(after));
    }
    Ok(found)
}

fn character(name: &str) -> Option<char> {
    let number = |digits: &str, base| {
        let unsigned = digits.starts_with(|c: char| c.is_digit(base));
        u32::from_str_radix(digits, base).ok().filter(|_| unsigned).and_then(char::from_u32).filter(|c| *c != '\0')
    };
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix('#')?.strip_prefix('x') {
            Some(digits) => number(digits, 16),
            None => number(name.get(1..)?, 10),
        },
    }
}
