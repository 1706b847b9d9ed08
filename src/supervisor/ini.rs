//! The grammar of the file: sections, options, continued values, comments. It is that of Python's RawConfigParser as
//! Supervisor sets it up, with what nobody would have chosen: a comment may begin behind any blank, quoted or not.

use super::python::{is_space, quoted, trim};
use super::{Result, Wrong, wrong};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The section whose options are in all others.
const DEFAULT: &str = "DEFAULT";
/// What begins a comment.
const COMMENT: [char; 2] = [';', '#'];
/// What the directory of a file is called in it.
const HERE: &str = "%(here)s";

/// All that was read, of one file or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini {
    sections: Vec<Section>,
    defaults: Options,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    name: String,
    options: Options,
    /// The included file in which it stood first.
    file: Option<String>,
}

/// In the order of their first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Options(Vec<(String, String)>);

impl Options {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    fn set(&mut self, key: &str, value: String) {
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.into(), value)),
        }
    }
}

impl Ini {
    /// Adds what a file says: what it says again replaces what was said before. A wrong line spoils all of it.
    pub fn read(&mut self, text: &str, file: &str, included: bool) -> Result<()> {
        let mut reader = Reader { ini: self, file, included, place: Place::Nowhere, open: None, indent: 0 };
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut errors = String::new();
        for (at, line) in text.split_inclusive('\n').enumerate() {
            if !reader.line(at + 1, line)? {
                errors.push_str(&format!("\n\t[line {:2}]: {}", at + 1, quoted(line)));
            }
        }
        reader.close();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(wrong!("Source contains parsing errors: {}{errors}", quoted(file))),
        }
    }

    /// The names of all sections but the default one, in their order.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|section| section.name.as_str())
    }

    /// Whether there is such a section.
    pub fn has(&self, section: &str) -> bool {
        self.section(section).is_some()
    }

    /// What an option of a section says.
    pub fn get(&self, section: &str, key: &str) -> Option<&str> {
        self.section(section)?.options.get(key).or_else(|| self.defaults.get(key))
    }

    /// The options that stand in a section itself.
    pub fn keys(&self, section: &str) -> impl Iterator<Item = &str> {
        self.section(section).into_iter().flat_map(|section| &section.options.0).map(|(key, _)| key.as_str())
    }

    /// The included file in which a section stood first.
    pub fn file_of(&self, section: &str) -> Option<&str> {
        self.section(section)?.file.as_deref()
    }

    /// Puts a directory in the place of `%(here)s`, in all that was read so far.
    pub fn put_here(&mut self, here: &str) {
        for section in &mut self.sections {
            for (key, value) in &self.defaults.0 {
                if value.contains(HERE) && section.options.get(key).is_none() {
                    section.options.set(key, value.clone());
                }
            }
            for (_, value) in section.options.0.iter_mut().filter(|(_, value)| value.contains(HERE)) {
                *value = value.replace(HERE, here);
            }
        }
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }
}

/// Where the next option goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// There was no section yet.
    Nowhere,
    Defaults,
    Section(usize),
}

/// In the middle of a file.
struct Reader<'a> {
    ini: &'a mut Ini,
    file: &'a str,
    included: bool,
    place: Place,
    /// The option that a deeper line continues, and its lines so far.
    open: Option<(String, Vec<String>)>,
    /// How deep that option stands.
    indent: usize,
}

impl Reader<'_> {
    /// Whether the line can be understood; an error is one that ends it all.
    fn line(&mut self, number: usize, line: &str) -> Result<bool> {
        let comment = comment(line);
        let value = trim(line.get(..comment.unwrap_or(line.len())).unwrap_or_default());
        if value.is_empty() {
            if let (None, Some((_, lines))) = (comment, &mut self.open) {
                lines.push(String::new());
            }
            return Ok(true);
        }
        let indent = line.chars().take_while(|c| is_space(*c)).count();
        if let Some((_, lines)) = self.open.as_mut().filter(|_| indent > self.indent) {
            lines.push(value.into());
            return Ok(true);
        }
        self.indent = indent;
        if let Some(name) = header(value) {
            self.enter(name);
            return Ok(true);
        }
        if self.place == Place::Nowhere {
            return Err(self.no_section(number, line));
        }
        Ok(self.option(value))
    }

    fn no_section(&self, number: usize, line: &str) -> Wrong {
        let file = quoted(self.file);
        wrong!("File contains no section headers.\nfile: {file}, line: {number}\n{}", quoted(line))
    }

    fn enter(&mut self, name: &str) {
        self.close();
        if name == DEFAULT {
            self.place = Place::Defaults;
            return;
        }
        let known = self.ini.sections.iter().position(|section| section.name == name);
        let at = known.unwrap_or_else(|| {
            let file = self.included.then(|| self.file.to_string());
            self.ini.sections.push(Section { name: name.into(), options: Options::default(), file });
            self.ini.sections.len() - 1
        });
        self.place = Place::Section(at);
    }

    fn option(&mut self, line: &str) -> bool {
        let Some((key, value)) = line.split_once(['=', ':']) else { return false };
        let key = trim(key).to_lowercase();
        self.close();
        if key.is_empty() {
            return false;
        }
        self.open = Some((key, Vec::from([trim(value).to_string()])));
        true
    }

    /// No line continues the option any more.
    fn close(&mut self) {
        let Some((key, lines)) = self.open.take() else { return };
        let value = lines.join("\n").trim_end_matches(is_space).to_string();
        match self.place {
            Place::Nowhere => {}
            Place::Defaults => self.ini.defaults.set(&key, value),
            Place::Section(at) => {
                if let Some(section) = self.ini.sections.get_mut(at) {
                    section.options.set(&key, value);
                }
            }
        }
    }
}

/// Where a comment begins. Python looks for the first of each mark, then for the second of each, and stops at the first
/// round in which one stands behind a blank: so a mark that begins a comment may come after one that would have.
fn comment(line: &str) -> Option<usize> {
    if trim(line).starts_with(COMMENT) {
        return Some(0);
    }
    let marks = COMMENT.map(|mark| line.match_indices(mark).map(|(at, _)| at).collect::<Vec<_>>());
    let rounds = marks.iter().map(Vec::len).max().unwrap_or(0);
    let begins = |at: &usize| line.get(..*at).is_some_and(|before| before.chars().next_back().is_none_or(is_space));
    (0..rounds).find_map(|round| marks.iter().filter_map(|of| of.get(round).copied()).filter(begins).min())
}

/// The name of a section, up to the last bracket.
fn header(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.rsplit_once(']')?.0;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(text: &str) -> Ini {
        let mut ini = Ini::default();
        ini.read(text, "f", false).unwrap();
        ini
    }

    fn value(text: &str) -> String {
        good(&format!("[s]\n{text}")).get("s", "k").unwrap_or("(none)").to_string()
    }

    fn bad(text: &str) -> String {
        Ini::default().read(text, "f", false).unwrap_err().0
    }

    #[test]
    fn options() {
        for (text, expected) in [
            ("k=v", "v"),
            ("K : v ", "v"),
            ("k =", ""),
            ("k==v", "=v"),
            ("k:=v", "=v"),
            ("k=v\nk=w", "w"),
            ("k=a\n b\n  c", "a\nb\nc"),
            ("k=a\n\n b\n\n", "a\n\nb"),
            ("k=a\n ; no\n b", "a\nb"),
            ("k=a\n b=c", "a\nb=c"),
            ("k=a\n [s]", "a\n[s]"),
            ("  k=a\n  j=b\n    c", "a"),
            ("k=\"v\"", "\"v\""),
            ("k=a;b#c", "a;b#c"),
            ("k=a ;b", "a"),
            ("k=a\t#b", "a"),
            ("k=bash -c 'foo ; bar'", "bash -c 'foo"),
            ("k=a;b ;c #d", "a;b ;c"),
            ("k=;b", ";b"),
            ("k= ;b", ""),
            ("j=k=v", "(none)"),
            ("two words=x\nk=v\r\n\r\n", "v"),
        ] {
            assert_eq!(value(text), expected, "{text:?}");
        }
        assert_eq!(good("[s]\ntwo  words = x").keys("s").collect::<Vec<_>>(), ["two  words"]);
    }

    #[test]
    fn sections() {
        let ini = good("[b]\nx=1\n[a]\n[b]\ny=2\n[ c ]x\n[[d]]\n[DEFAULT]\nz=3");
        assert_eq!(ini.sections().collect::<Vec<_>>(), ["b", "a", " c ", "[d]"]);
        assert_eq!((ini.get("b", "x"), ini.get("b", "y"), ini.get("a", "z")), (Some("1"), Some("2"), Some("3")));
        assert!(ini.has("a") && !ini.has("DEFAULT") && ini.get("nobody", "z").is_none());
    }

    #[test]
    fn several_files() {
        let mut ini = good("[a]\nx=%(here)s/1\ny=2\n[DEFAULT]\nd=%(here)s");
        ini.put_here("/main");
        ini.read("[a]\ny=%(here)s\n[c]\nz=%(here)s%(here)s", "g", true).unwrap();
        ini.put_here("/more");
        assert_eq!((ini.get("a", "x"), ini.get("a", "y")), (Some("/main/1"), Some("/more")));
        assert_eq!((ini.get("a", "d"), ini.get("c", "d")), (Some("/main"), Some("/more")));
        assert_eq!(ini.get("c", "z"), Some("/more/more"));
        assert_eq!((ini.file_of("a"), ini.file_of("c")), (None, Some("g")));
    }

    #[test]
    fn what_is_wrong() {
        assert_eq!(bad("x=1\n"), "File contains no section headers.\nfile: 'f', line: 1\n'x=1\\n'");
        assert_eq!(
            bad("[s]\nnothing\n=x\nk=v\n y\nz"),
            "Source contains parsing errors: 'f'\n\t[line  2]: 'nothing\\n'\n\t[line  3]: '=x\\n'\n\t[line  6]: 'z'"
        );
        assert_eq!(bad("\n[]\n"), "File contains no section headers.\nfile: 'f', line: 2\n'[]\\n'");
    }
}
