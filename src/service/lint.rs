//! `sv lint`: what in service directories would not be read as it was meant. Nothing here reads a file: a directory comes
//! as a picture of what is in it.

use super::command::Command;
use super::machine::Role;
use super::needs_graph::Graph;
use super::policy::{File, Reader, ReadyBy};
use super::word::Word;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where, from the service directory on.
    pub file: String,
    /// In which line, counted from 1, if it is in one.
    pub line: Option<usize>,
    /// What.
    pub what: String,
    /// Whether it may well be meant so.
    pub grade: Grade,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It is worth knowing.
    Note,
    /// It would be misread.
    Mistake,
}

/// What a name in a directory stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A file: whether its owner may execute it, and what it says, or why that is not known.
    File {
        /// Whether it can be executed.
        executable: bool,
        /// What it says, as far as it was read.
        text: Result<Vec<u8>, String>,
    },
    /// A directory, with what is in it if that matters.
    Directory(Vec<(String, Thing)>),
    /// A link that leads nowhere.
    Dangling,
    /// A fifo, a device, a socket.
    Other,
}

/// Files that are executed.
const SCRIPTS: [&str; 3] = ["run", "finish", "check"];

/// What else is known to stand in a service directory.
const OTHERS: [&str; 10] =
    ["down", "log", "control", "supervise", "env", "conf", "cgroup", "errlog", "stdin", "essential"];

/// What a service directory may have: those that are read.
pub fn is_read(name: &str) -> bool {
    SCRIPTS.contains(&name)
        || matches!(name, "down" | "log" | "errlog" | "control")
        || File::of(name.as_bytes()).is_some()
}

impl Finding {
    fn new(file: impl Into<String>, what: impl Into<String>) -> Finding {
        Finding { file: file.into(), line: None, what: what.into(), grade: Grade::Mistake }
    }

    fn at(self, line: usize) -> Finding {
        Finding { line: Some(line), ..self }
    }

    fn note(self) -> Finding {
        Finding { grade: Grade::Note, ..self }
    }
}

impl core::fmt::Display for Finding {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        let note = if self.grade == Grade::Note { "note: " } else { "" };
        write!(f, ": {note}{}", self.what)
    }
}

/// A service directory, and how the world around it is asked.
pub struct Directory<'a> {
    /// What is in it.
    pub things: &'a [(String, Thing)],
    /// Whether there is a program of this path.
    pub exists: &'a dyn Fn(&[u8]) -> bool,
}

impl core::fmt::Debug for Directory<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Directory").field("things", &self.things).finish_non_exhaustive()
    }
}

impl Directory<'_> {
    /// All that is wrong in it, by file.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        self.programs(&mut found);
        self.policies(&mut found);
        self.down("down", self.get("down"), &mut found);
        self.names(&mut found);
        for log in Role::LOGGERS.map(Role::directory) {
            match self.get(log) {
                None => {}
                Some(Thing::Directory(things)) => self.logger(log, things, &mut found),
                Some(Thing::Dangling) => found.push(Finding::new(log, "leads nowhere: there will be no logger")),
                Some(_) => found.push(Finding::new(log, "not a directory: there will be no logger")),
            }
        }
        if let Some(Thing::Directory(things)) = self.get("control") {
            self.controls(things, &mut found);
        }
        found.sort();
        found.dedup();
        found
    }

    fn get(&self, name: &str) -> Option<&Thing> {
        get(self.things, name)
    }

    fn programs(&self, found: &mut Vec<Finding>) {
        if self.get("run").is_none() {
            found.push(Finding::new("run", "missing: there is nothing to run"));
        }
        for name in SCRIPTS {
            self.program(name, self.get(name), found);
        }
    }

    fn logger(&self, log: &str, things: &[(String, Thing)], found: &mut Vec<Finding>) {
        if get(things, "run").is_none() {
            found.push(Finding::new(
                format!("{log}/run"),
                "missing: what the service says is read by nobody, until it has to wait",
            ));
        }
        for name in ["run", "check"] {
            self.program(&format!("{log}/{name}"), get(things, name), found);
        }
        self.down(&format!("{log}/down"), get(things, "down"), found);
        let unread = things.iter().map(|(name, _)| name.as_str());
        for name in unread.filter(|name| ["finish", "control"].contains(name) || File::of(name.as_bytes()).is_some()) {
            found.push(Finding::new(format!("{log}/{name}"), "not read: a logger has none"));
        }
    }

    /// What `control/` has: a script for each command, by its letter.
    fn controls(&self, things: &[(String, Thing)], found: &mut Vec<Finding>) {
        for (name, thing) in things {
            let file = format!("control/{name}");
            let command = match name.as_bytes() {
                [byte] => Command::from_byte(*byte).filter(|command| *command != Command::Once),
                _ => None,
            };
            match (command, thing) {
                (None, _) => {
                    found.push(Finding::new(file, "never run: it is not the letter of a command that asks a script"))
                }
                (Some(_), thing) => self.program(&file, Some(thing), found),
            }
        }
    }

    fn program(&self, file: &str, thing: Option<&Thing>, found: &mut Vec<Finding>) {
        let (executable, text) = match thing {
            None => return,
            Some(Thing::File { executable, text }) => (*executable, text),
            Some(Thing::Dangling) => return found.push(Finding::new(file, "leads nowhere")),
            Some(_) => return found.push(Finding::new(file, "not a file")),
        };
        if !executable {
            found.push(Finding::new(file, "not executable"));
        }
        match text {
            Err(why) => found.push(Finding::new(file, why.clone())),
            Ok(text) => self.script(file, text, found),
        }
    }

    fn script(&self, file: &str, text: &[u8], found: &mut Vec<Finding>) {
        if text.starts_with(b"\x7fELF") {
            return;
        }
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let Some(line) = first.strip_prefix(b"#!") else {
            let what = if text.is_empty() {
                "empty"
            } else if text.starts_with(b"\xef\xbb\xbf") {
                "begins with a byte order mark, not with #!"
            } else {
                "does not begin with #!"
            };
            return found.push(Finding::new(file, what).at(1));
        };
        let interpreter = line.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if interpreter.is_empty() {
            found.push(Finding::new(file, "no interpreter behind #!").at(1));
        } else if !(self.exists)(interpreter) {
            let shown = String::from_utf8_lossy(interpreter).escape_debug().to_string();
            found.push(Finding::new(file, format!("{shown}: there is no such interpreter")).at(1));
        }
        let lines = text.split(|byte| *byte == b'\n').position(|line| line.ends_with(b"\r"));
        if let Some(at) = lines {
            found.push(Finding::new(file, "ends in a carriage return (a line of DOS)").at(at + 1));
        }
    }

    fn down(&self, file: &str, thing: Option<&Thing>, found: &mut Vec<Finding>) {
        match thing {
            None => {}
            Some(Thing::Dangling) => found.push(Finding::new(file, "leads nowhere, and so does not keep it down")),
            Some(_) => found.push(Finding::new(file, "it is not started by itself").note()),
        }
    }

    fn policies(&self, found: &mut Vec<Finding>) {
        let text = |file: File| match self.get(file.word()) {
            Some(Thing::File { text: Ok(text), .. }) => Some(text.clone()),
            _ => None,
        };
        for file in File::ALL {
            match self.get(file.word()) {
                None | Some(Thing::File { text: Ok(_), .. }) => {}
                Some(Thing::File { text: Err(why), .. }) => found.push(Finding::new(file.word(), why.clone())),
                Some(Thing::Dangling) => found.push(Finding::new(file.word(), "leads nowhere")),
                Some(_) => found.push(Finding::new(file.word(), "not a file")),
            }
            let mistakes = text(*file).map(|text| file.lint(&text)).unwrap_or_default();
            found.extend(mistakes.iter().map(|mistake| wrong(*file, mistake)));
        }
        let mut open = text;
        let mut reader = Reader::new(&mut open);
        let policy = reader.policy();
        reader.lock_fd(policy.ready);
        // What is wrong with files only together.
        let together: Vec<Finding> = reader.mistakes.iter().map(|(file, mistake)| wrong(*file, mistake)).collect();
        found.extend(together);
        let has_check = self.get("check").is_some();
        if matches!(policy.ready.by, ReadyBy::Check(_)) && !has_check {
            found.push(Finding::new("ready", "check: there is no ./check, so it is never ready"));
        }
        if policy.health.is_some() && !has_check {
            found.push(Finding::new("health", "there is no ./check to run"));
        }
        for (ours, theirs) in [(File::Stop, File::DownSignal), (File::Stop, File::TimeoutKill)] {
            if text(ours).is_some() && text(theirs).is_some() {
                found.push(Finding::new(theirs.word(), format!("not read: there is a file {ours}")));
            }
        }
        if policy.ready.by != ReadyBy::Up && text(File::NotificationFd).is_some() && text(File::Ready).is_some() {
            let own = super::policy::ready::parse(&text(File::Ready).unwrap_or_default()).value;
            if own.by != ReadyBy::Up {
                found.push(Finding::new(File::NotificationFd.word(), "not read: there is a file ready"));
            }
        }
    }

    /// Names that are nearly those of files that are read.
    fn names(&self, found: &mut Vec<Finding>) {
        for (name, _) in self.things {
            let stem = name.split('.').next().unwrap_or_default().to_lowercase();
            let known = is_read(&stem) || OTHERS.contains(&stem.as_str());
            if stem != *name && known && self.get(&stem).is_none() {
                found.push(Finding::new(name.clone(), format!("not read: is it meant to be {stem}?")));
            }
        }
    }
}

fn wrong(file: File, mistake: &super::policy::Mistake) -> Finding {
    let word = if mistake.word.is_empty() { "a word is missing" } else { &mistake.word };
    Finding::new(file.word(), format!("{word}: expected {}", mistake.expected)).at(mistake.line)
}

fn get<'t>(things: &'t [(String, Thing)], name: &str) -> Option<&'t Thing> {
    things.iter().find(|(known, _)| known == name).map(|(_, thing)| thing)
}

/// What is wrong with the needs of services: the name of the service is the first part of each file. `text` answers with
/// what a file `needs` says.
pub fn needs(graph: &Graph, text: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<Finding> {
    let mut found = Vec::new();
    let file = |node| format!("{}/needs", String::from_utf8_lossy(graph.name(node)));
    for node in 0..graph.len() {
        for need in graph.needs(node).iter().copied().filter(|need| !graph.is_there(*need)) {
            let shown = String::from_utf8_lossy(graph.name(need));
            let line = text(graph.name(node)).and_then(|text| line_of(&text, base(graph.name(need))));
            let finding = Finding::new(file(node), format!("{shown}: there is no such service"));
            found.push(Finding { line, ..finding });
        }
    }
    for circle in graph.circles() {
        let Some(first) = circle.first().copied() else { continue };
        let all: Vec<_> =
            circle.iter().chain([&first]).map(|node| String::from_utf8_lossy(graph.name(*node))).collect();
        found.push(Finding::new(file(first), format!("a circle: {}", all.join(" needs "))));
    }
    found
}

fn base(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

fn line_of(text: &[u8], word: &[u8]) -> Option<usize> {
    text.split(|byte| *byte == b'\n').position(|line| line.trim_ascii() == word).map(|at| at + 1)
}

/// What a name in a directory of services is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A directory, by what the system knows it.
    Directory {
        /// Which one: a link may lead to the same as another.
        id: (u64, u64),
        /// Whether it has a `run`.
        has_run: bool,
    },
    /// A link that leads nowhere.
    Dangling,
    /// Anything else.
    Other,
}

/// What is wrong with the names in a directory of services.
pub fn entries(entries: &[(String, Entry)]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, (name, entry)) in entries.iter().enumerate() {
        let hidden = name.starts_with('.');
        match entry {
            Entry::Directory { has_run: true, .. } if hidden => {
                found.push(Finding::new(name.clone(), "ignored by runsvdir: it begins with a dot"));
            }
            _ if hidden => {}
            Entry::Dangling => found.push(Finding::new(name.clone(), "ignored by runsvdir: it leads nowhere")),
            Entry::Other => found.push(Finding::new(name.clone(), "ignored by runsvdir: not a directory")),
            Entry::Directory { id, .. } => {
                let same =
                    |(_, other): &&(String, Entry)| matches!(other, Entry::Directory { id: other, .. } if other == id);
                let visible = entries.iter().take(at).filter(|(name, _)| !name.starts_with('.'));
                if let Some((other, _)) = visible.clone().find(same) {
                    found.push(Finding::new(
                        name.clone(),
                        format!("the same directory as {other}: one service for both"),
                    ));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Thing {
        Thing::File { executable: false, text: Ok(text.into()) }
    }

    fn program(text: &str) -> Thing {
        Thing::File { executable: true, text: Ok(text.into()) }
    }

    fn findings(things: &[(&str, Thing)]) -> Vec<String> {
        let things: Vec<(String, Thing)> = things.iter().map(|(name, thing)| ((*name).into(), thing.clone())).collect();
        let directory = Directory { things: &things, exists: &|path| path == b"/bin/sh" };
        directory.findings().iter().map(ToString::to_string).collect()
    }

    /// What is said of one more file in a service that is well.
    fn with(name: &str, thing: Thing) -> Vec<String> {
        findings(&[("run", program("#!/bin/sh\nexec x\n")), (name, thing)])
    }

    fn nothing() -> [&'static str; 0] {
        []
    }

    #[test]
    fn one_that_is_well() {
        assert_eq!(findings(&[("run", program("#!/bin/sh\nexec x\n"))]), nothing());
        assert_eq!(findings(&[("run", program("\x7fELF..\r\n"))]), nothing());
        assert_eq!(with("restart", file("when never\n")), nothing());
        assert_eq!(with("README", file("")), nothing());
    }

    #[test]
    fn programs() {
        let run = |thing| findings(&[("run", thing)]);
        assert_eq!(findings(&[]), ["run: missing: there is nothing to run"]);
        assert_eq!(run(file("#!/bin/sh\n")), ["run: not executable"]);
        assert_eq!(run(program("exec x\n")), ["run:1: does not begin with #!"]);
        assert_eq!(run(program("")), ["run:1: empty"]);
        assert_eq!(run(program("\u{feff}#!/bin/sh\n")), ["run:1: begins with a byte order mark, not with #!"]);
        assert_eq!(run(program("#! /bin/sh -e\nx\r\ny\n")), ["run:2: ends in a carriage return (a line of DOS)"]);
        assert_eq!(run(program("#!/bin/bush\n")), ["run:1: /bin/bush: there is no such interpreter"]);
        assert_eq!(run(program("#!\n")), ["run:1: no interpreter behind #!"]);
        assert_eq!(run(Thing::Dangling), ["run: leads nowhere"]);
        assert_eq!(run(Thing::Directory(Vec::new())), ["run: not a file"]);
        assert_eq!(with("finish", file("#!/bin/sh\n")), ["finish: not executable"]);
        let unreadable = Thing::File { executable: true, text: Err("unable to read: permission denied".into()) };
        assert_eq!(run(unreadable), ["run: unable to read: permission denied"]);
    }

    #[test]
    fn policy_files() {
        assert_eq!(
            with("restart", file("# x\nwehn never\n")),
            ["restart:2: wehn: expected when | ok | delay | max | jitter | healthy | give-up | then | early"]
        );
        assert_eq!(with("stop", file("TREM\n")), ["stop:1: TREM: expected a signal such as TERM"]);
        assert_eq!(
            with("timeout-kill", file("10s\n")),
            ["timeout-kill:1: 10s: expected a number from 0 to 4294967295"]
        );
        assert_eq!(with("ready", file("check 1s\n")), ["ready: check: there is no ./check, so it is never ready"]);
        assert_eq!(with("ready", Thing::Directory(Vec::new())), ["ready: not a file"]);
        assert_eq!(with("ready", file("timeout 5s\n")).len(), 1);
        assert_eq!(with("health", file("every 10s\n")), ["health: there is no ./check to run"]);
        let run = ("run", program("#!/bin/sh\n"));
        let both = findings(&[run.clone(), ("stop", file("TERM\n")), ("down-signal", file("INT\n"))]);
        assert_eq!(both, ["down-signal: not read: there is a file stop"]);
        let both = findings(&[run, ("ready", file("fd 3\n")), ("notification-fd", file("4\n"))]);
        assert_eq!(both, ["notification-fd: not read: there is a file ready"]);
    }

    #[test]
    fn loggers_and_controls() {
        let log = |things: &[(&str, Thing)]| {
            with("log", Thing::Directory(things.iter().map(|(name, thing)| ((*name).into(), thing.clone())).collect()))
        };
        let run = ("run", program("#!/bin/sh\n"));
        assert_eq!(log(core::slice::from_ref(&run)), nothing());
        assert_eq!(log(&[]), ["log/run: missing: what the service says is read by nobody, until it has to wait"]);
        assert_eq!(log(&[run.clone(), ("finish", program(""))]), ["log/finish: not read: a logger has none"]);
        assert_eq!(log(&[run, ("restart", file(""))]), ["log/restart: not read: a logger has none"]);
        assert_eq!(with("log", file("")), ["log: not a directory: there will be no logger"]);
        assert_eq!(with("errlog", file("")), ["errlog: not a directory: there will be no logger"]);
        let things = Vec::from([("run".into(), file("#!/bin/sh\n")), ("finish".into(), program(""))]);
        let both = with("errlog", Thing::Directory(things));
        assert_eq!(both, ["errlog/finish: not read: a logger has none", "errlog/run: not executable"]);
        let control = |name: &str, thing| with("control", Thing::Directory(Vec::from([(name.into(), thing)])));
        assert_eq!(control("t", program("#!/bin/sh\n")), nothing());
        assert_eq!(control("t", file("#!/bin/sh\n")), ["control/t: not executable"]);
        for name in ["term", "o", "z"] {
            let expected = "never run: it is not the letter of a command that asks a script";
            assert_eq!(control(name, program("#!/bin/sh\n")), [format!("control/{name}: {expected}")]);
        }
    }

    #[test]
    fn names_and_down() {
        assert_eq!(with("down", file("")), ["down: note: it is not started by itself"]);
        assert_eq!(with("down", Thing::Dangling), ["down: leads nowhere, and so does not keep it down"]);
        assert_eq!(with("Needs", file("")), ["Needs: not read: is it meant to be needs?"]);
        assert_eq!(with("finish.sh", file("")), ["finish.sh: not read: is it meant to be finish?"]);
        assert_eq!(with("run.old", file("")), nothing());
    }

    #[test]
    fn needs_of_a_tree() {
        let needs_of = |name: &[u8]| -> Option<Vec<u8>> {
            match name {
                b"a" => Some(b"# x\nb\n".to_vec()),
                b"b" => Some(b"a\nnobody\n".to_vec()),
                _ => None,
            }
        };
        let graph = Graph::reach([b"a".to_vec(), b"b".to_vec()], |name| {
            needs_of(name).map(|text| super::super::policy::needs::parse(&text).value.0)
        });
        let found: Vec<String> = needs(&graph, needs_of).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["b/needs:2: nobody: there is no such service", "a/needs: a circle: a needs b needs a"]);
    }

    #[test]
    fn names_in_a_directory_of_services() {
        let directory = |id, has_run| Entry::Directory { id: (1, id), has_run };
        let all = [
            (".git".into(), directory(1, false)),
            (".web".into(), directory(2, true)),
            ("a".into(), directory(3, true)),
            ("b".into(), directory(3, true)),
            ("c".into(), Entry::Dangling),
            ("d".into(), Entry::Other),
        ];
        let found: Vec<String> = entries(&all).iter().map(ToString::to_string).collect();
        let expected = [
            ".web: ignored by runsvdir: it begins with a dot",
            "b: the same directory as a: one service for both",
            "c: ignored by runsvdir: it leads nowhere",
            "d: ignored by runsvdir: not a directory",
        ];
        assert_eq!(found, expected);
    }
}
