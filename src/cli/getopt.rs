//! A command line as Python's getopt reads it, for the programs that stand in for some of Python: long options may be
//! cut short and have an underscore for a dash, letters may stand behind one dash, and each mistake has its words.
//!
//! The options are those that argh knows of. `usage` is the one that stands for the original's help, under `-h`, `-?` and
//! `--help`; argh's own is that of `--help` where it is the only word, which is for the program to see to.

use argh::{FlagInfo, FlagInfoKind};

/// An option as it was spelled, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelled {
    /// Its long name, as argh has it.
    pub long: String,
    /// How a message names it.
    pub spelled: String,
    /// What it was given.
    pub value: Option<String>,
}

/// The options that a command line is cut by.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// As argh describes them.
    pub flags: &'a [FlagInfo<'a>],
    /// Those that the original does not have: they are known by their whole names only, so that every name that was
    /// cut short means what it always meant.
    pub whole: &'a [&'a str],
}

/// The name under which a program is asked for the original's help.
const USAGE: &str = "usage";

impl Known<'_> {
    /// The options, and what follows them; or what is wrong.
    pub fn cut(&self, words: &[String]) -> Result<(Vec<Spelled>, Vec<String>), String> {
        let mut found = Vec::new();
        let mut words = words.iter();
        let mut rest = Vec::new();
        while let Some(word) = words.next() {
            if word == "--" {
                break;
            } else if let Some(long) = word.strip_prefix("--") {
                found.push(self.long(long, &mut words)?);
            } else if word.len() > 1 && word.starts_with('-') {
                self.cluster(word.get(1..).unwrap_or_default(), &mut words, &mut found)?;
            } else {
                rest.push(word.clone());
                break;
            }
        }
        rest.extend(words.cloned());
        Ok((found, rest))
    }

    fn long<'w>(&self, text: &str, words: &mut impl Iterator<Item = &'w String>) -> Result<Spelled, String> {
        let (name, glued) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let (long, takes) = self.named(name)?;
        let shown = long.replace('-', "_");
        let value = match (takes, glued) {
            (false, Some(_)) => return Err(format!("option --{shown} must not have an argument")),
            (false, None) => None,
            (true, glued) => match glued.map(str::to_owned).or_else(|| words.next().cloned()) {
                None => return Err(format!("option --{shown} requires argument")),
                value => value,
            },
        };
        Ok(Spelled { long, spelled: format!("--{shown}"), value })
    }

    /// The option that a name is, or is the beginning of.
    fn named(&self, name: &str) -> Result<(String, bool), String> {
        let plain = name.replace('_', "-");
        let flags = self.flags.iter().map(|flag| (flag.long.trim_start_matches('-'), takes_value(flag)));
        let known = flags.filter(|(long, _)| *long != "help" && (*long != USAGE || plain == USAGE));
        let known = known.chain([("help", false)]).filter(|(long, _)| *long == plain || !self.whole.contains(long));
        let fits: Vec<(&str, bool)> = known.filter(|(long, _)| long.starts_with(&plain)).collect();
        let exact = fits.iter().find(|(long, _)| *long == plain);
        match (exact, fits.as_slice()) {
            (Some((long, takes)), _) | (None, [(long, takes)]) => Ok(((*long).to_owned(), *takes)),
            (None, []) => Err(format!("option --{name} not recognized")),
            _ => Err(format!("option --{name} not a unique prefix")),
        }
    }

    /// The letters behind one dash.
    fn cluster<'w>(
        &self,
        letters: &str,
        words: &mut impl Iterator<Item = &'w String>,
        into: &mut Vec<Spelled>,
    ) -> Result<(), String> {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            let spelled = format!("-{letter}");
            let flag = self.flags.iter().find(|flag| flag.short == Some(if letter == '?' { 'h' } else { letter }));
            let Some(flag) = flag else { return Err(format!("option {spelled} not recognized")) };
            let long = flag.long.trim_start_matches('-').to_owned();
            if !takes_value(flag) {
                into.push(Spelled { long, spelled, value: None });
                continue;
            }
            let glued = Some(rest.as_str().to_owned()).filter(|glued| !glued.is_empty());
            let Some(value) = glued.or_else(|| words.next().cloned()) else {
                return Err(format!("option {spelled} requires argument"));
            };
            into.push(Spelled { long, spelled, value: Some(value) });
            break;
        }
        Ok(())
    }
}

fn takes_value(flag: &FlagInfo<'_>) -> bool {
    flag.kind != FlagInfoKind::Switch
}
