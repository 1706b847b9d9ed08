//! How a line is written: its time, who it is from, what is replaced in it, or all that as JSON.

use super::json::Text;
use super::line::Piece;
use crate::tai64::Label;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The time before each line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamp {
    /// None.
    #[default]
    None,
    /// `@` and 24 digits.
    Tai64n,
    /// `2026-11-20_12:40:38.99689`.
    Calendar,
    /// `2026-11-20T12:40:38.99689`.
    CalendarT,
}

impl Stamp {
    /// So many `-t`.
    pub fn from_count(count: usize) -> Stamp {
        match count {
            0 => Stamp::None,
            1 => Stamp::Tai64n,
            2 => Stamp::Calendar,
            _ => Stamp::CalendarT,
        }
    }

    /// The time and the blank after it.
    pub fn text(self, label: Label) -> Vec<u8> {
        let mut text = match self {
            Stamp::None => return Vec::new(),
            Stamp::Tai64n => label.text(),
            Stamp::Calendar => label.civil().runit(b'_'),
            Stamp::CalendarT => label.civil().runit(b'T'),
        }
        .to_vec();
        text.push(b' ');
        text
    }
}

/// Which byte each byte becomes.
#[derive(Clone, PartialEq, Eq)]
pub struct Replace(Box<[u8; 256]>);

impl core::fmt::Debug for Replace {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Replace").finish_non_exhaustive()
    }
}

impl Replace {
    /// What is not printable ASCII, and `also`, become `by`.
    pub fn new(by: u8, also: &[u8]) -> Replace {
        let mut table = Box::new([by; 256]);
        for byte in 0x20..=0x7eu8 {
            if let Some(entry) = table.get_mut(usize::from(byte)) {
                *entry = if also.contains(&byte) { by } else { byte };
            }
        }
        Replace(table)
    }

    /// Puts the bytes as they shall be in place of what `out` held.
    pub fn apply(&self, bytes: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.extend(bytes.iter().map(|byte| self.0.get(usize::from(*byte)).copied().unwrap_or(*byte)));
    }
}

/// What a JSON line says beside its text; each is written as a field where it is known.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// The service.
    pub service: Vec<u8>,
    /// `stdout` or `stderr`.
    pub stream: &'static str,
    /// The service's process.
    pub pid: Option<i32>,
}

impl Fields {
    /// All that stands before the text of a line at this time.
    pub fn head(&self, label: Label) -> Vec<u8> {
        let mut out = b"{\"time\":\"".to_vec();
        out.extend_from_slice(&label.civil().rfc3339());
        out.extend_from_slice(b"\",\"service\":\"");
        string(&mut out, &self.service);
        out.extend_from_slice(b"\",\"stream\":\"");
        out.extend_from_slice(self.stream.as_bytes());
        out.push(b'"');
        if let Some(pid) = self.pid {
            out.extend_from_slice(alloc::format!(",\"pid\":{pid}").as_bytes());
        }
        out.extend_from_slice(b",\"line\":\"");
        out
    }
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut text = Text::default();
    text.write(out, bytes);
    text.end(out);
}

/// Writes lines in one way; remembers what a line in pieces needs.
#[derive(Clone, Debug, Default)]
pub struct Style {
    json: Option<Text>,
}

impl Style {
    /// Plain lines, or JSON objects.
    pub fn new(json: bool) -> Style {
        Style { json: json.then(Text::default) }
    }

    /// Appends a piece of a line. `opening` is what stands before the line: stamp, name or all fields of an object.
    #[inline]
    pub fn write(&mut self, out: &mut Vec<u8>, piece: &Piece<'_>, opening: &[u8], prefix: &[u8]) {
        if piece.begins {
            out.extend_from_slice(opening);
        }
        let Some(text) = &mut self.json else {
            if piece.begins {
                out.extend_from_slice(prefix);
            }
            out.extend_from_slice(piece.head);
            out.extend_from_slice(piece.rest);
            if piece.ends {
                out.push(b'\n');
            }
            return;
        };
        if piece.begins {
            text.write(out, prefix);
        }
        text.write(out, piece.head);
        text.write(out, piece.rest);
        if piece.ends {
            text.end(out);
            out.extend_from_slice(b"\"}\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    const LABEL: Label = Label { unix: 1_795_178_438, nanos: 996_891_500 };

    fn stamp(count: usize) -> String {
        String::from_utf8(Stamp::from_count(count).text(LABEL)).unwrap()
    }

    #[test]
    fn stamps_are_runits() {
        assert_eq!(stamp(0), "");
        assert_eq!(stamp(1), "@400000006b003fd03b6b5b6c ");
        assert_eq!(stamp(2), "2026-11-20_12:40:38.99689 ");
        assert_eq!(stamp(3), "2026-11-20T12:40:38.99689 ");
        assert_eq!(stamp(4), stamp(3));
    }

    #[test]
    fn what_is_not_printable_is_replaced_and_what_is_asked_for() {
        let replaced = |by, also: &[u8], text: &[u8]| {
            let mut out = Vec::new();
            Replace::new(by, also).apply(text, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(replaced(b'.', b"", b"a\x01b\xff\t~\x7f"), "a.b..~.");
        assert_eq!(replaced(b':', b"fb", b"foo bar baz"), ":oo :ar :az");
    }

    #[test]
    fn a_line_in_pieces_is_one_line() {
        let first = Piece { begins: true, head: b"a\"", rest: b"\xc3", ends: false };
        let last = Piece { begins: false, head: b"", rest: b"\xbc\x80", ends: true };
        let write = |json: bool, opening: &[u8]| {
            let (mut style, mut out) = (Style::new(json), Vec::new());
            style.write(&mut out, &first, opening, b"p: ");
            style.write(&mut out, &last, opening, b"p: ");
            out
        };
        assert_eq!(write(false, b"T "), b"T p: a\"\xc3\xbc\x80\n");
        let fields = Fields { service: b"we\"b".to_vec(), stream: "stdout", pid: Some(7) };
        let object = String::from_utf8(write(true, &fields.head(LABEL))).unwrap();
        assert_eq!(
            object,
            "{\"time\":\"2026-11-20T12:40:38.996891Z\",\"service\":\"we\\\"b\",\"stream\":\"stdout\",\"pid\":7,\
             \"line\":\"p: a\\\"\u{fc}\u{fffd}\"}\n"
        );
    }
}
