//! How a line is shown: its time in UTC as `svlogd -tt` has it, its service's name where there are several, its text.

use crate::cli::message::printable;
use crate::logdir::json::Text;
use crate::logdir::stamp::Stamp;
use crate::tai64::Label;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its time: that of its stamp, or of what stands before it.
    pub(super) label: Label,
    pub(super) stamp: Option<Stamp>,
    /// All of it, without the newline.
    pub(super) bytes: Vec<u8>,
}

/// How lines are to look.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// The services' names.
    pub(super) names: Vec<Vec<u8>>,
    pub(super) json: bool,
    pub(super) colours: bool,
}

/// Green, yellow, blue, magenta, cyan, red: neighbours are told apart, and black and white may be the background.
const COLOURS: [u8; 6] = [32, 33, 34, 35, 36, 31];

impl Look {
    /// Appends a line of this service, without a newline.
    pub(super) fn write(&self, out: &mut Vec<u8>, number: usize, line: &Line) {
        let text = line.stamp.map_or(line.bytes.as_slice(), |stamp| stamp.text(&line.bytes));
        match (self.json, line.stamp) {
            (true, Some(Stamp::Within(_))) => out.extend_from_slice(text), // it is one already
            (true, _) => self.object(out, number, line, text),
            (false, _) => self.plain(out, number, line, text),
        }
    }

    fn plain(&self, out: &mut Vec<u8>, number: usize, line: &Line, text: &[u8]) {
        if let Some(Stamp::Before(label, _)) = line.stamp {
            out.extend_from_slice(&label.civil().runit(b'_'));
            out.push(b' ');
        }
        if self.names.len() > 1 {
            self.name(out, number);
        }
        out.extend_from_slice(text);
    }

    fn name(&self, out: &mut Vec<u8>, number: usize) {
        let name = printable(self.name_of(number));
        if self.colours {
            let colour = COLOURS.get(number % COLOURS.len()).copied().unwrap_or_default();
            out.extend_from_slice(format!("\x1b[{colour}m").as_bytes());
            out.extend_from_slice(&name);
            out.extend_from_slice(b":\x1b[0m ");
        } else {
            out.extend_from_slice(&name);
            out.extend_from_slice(b": ");
        }
    }

    fn object(&self, out: &mut Vec<u8>, number: usize, line: &Line, text: &[u8]) {
        match line.stamp {
            Some(stamp) => {
                out.extend_from_slice(b"{\"time\":\"");
                out.extend_from_slice(&stamp.label().civil().rfc3339());
                out.push(b'"');
            }
            None => out.extend_from_slice(b"{\"time\":null"),
        }
        out.extend_from_slice(b",\"service\":\"");
        string(out, self.name_of(number));
        out.extend_from_slice(b"\",\"line\":\"");
        string(out, text);
        out.extend_from_slice(b"\"}");
    }

    fn name_of(&self, number: usize) -> &[u8] {
        self.names.get(number).map(Vec::as_slice).unwrap_or_default()
    }
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut text = Text::default();
    text.write(out, bytes);
    text.end(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(look: &Look, number: usize, line: &str) -> String {
        let stamp = Stamp::of(line.as_bytes());
        let label = stamp.map_or(Label { unix: 0, nanos: 0 }, Stamp::label);
        let mut out = Vec::new();
        look.write(&mut out, number, &Line { label, stamp, bytes: line.into() });
        String::from_utf8(out).unwrap()
    }

    const LABELLED: &str = "@400000006b003fd03a9ee3ac say \"hi\"";
    const OBJECT: &str = r#"{"time":"2026-11-20T12:40:38.983491Z","service":"w","stream":"stdout","line":"x"}"#;

    #[test]
    fn one_service_needs_no_name() {
        let look = Look { names: vec![b"web".to_vec()], ..Look::default() };
        assert_eq!(shown(&look, 0, LABELLED), "2026-11-20_12:40:38.98349 say \"hi\"");
        assert_eq!(shown(&look, 0, "2026-11-20T12:40:38.98349 x"), "2026-11-20_12:40:38.98349 x");
        assert_eq!(shown(&look, 0, "no stamp"), "no stamp");
        assert_eq!(shown(&look, 0, OBJECT), OBJECT);
    }

    #[test]
    fn of_several_each_has_its_name_and_colour() {
        let mut look = Look { names: vec![b"web".to_vec(), b"d\x1bb".to_vec()], ..Look::default() };
        assert_eq!(shown(&look, 0, LABELLED), "2026-11-20_12:40:38.98349 web: say \"hi\"");
        assert_eq!(shown(&look, 1, "x"), "d\\x1bb: x");
        look.colours = true;
        assert_eq!(shown(&look, 0, "x"), "\x1b[32mweb:\x1b[0m x");
        assert_eq!(shown(&look, 1, "x"), "\x1b[33md\\x1bb:\x1b[0m x");
    }

    #[test]
    fn objects_have_the_same_keys_always() {
        let look = Look { names: vec![b"we\"b".to_vec()], json: true, colours: true };
        let expected = r#"{"time":"2026-11-20T12:40:38.983491Z","service":"we\"b","line":"say \"hi\""}"#;
        assert_eq!(shown(&look, 0, LABELLED), expected);
        assert_eq!(shown(&look, 0, "x"), r#"{"time":null,"service":"we\"b","line":"x"}"#);
        assert_eq!(shown(&look, 0, OBJECT), OBJECT);
    }
}
