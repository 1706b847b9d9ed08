//! What `sv new` writes: a service directory that runs a command.

use alloc::string::String;
use alloc::vec::Vec;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blueprint<'a> {
    /// As whom it shall run.
    pub user: Option<&'a [u8]>,
    /// Whether it has a logger.
    pub log: bool,
    /// The program and its arguments.
    pub command: &'a [&'a [u8]],
}

/// A file to be made, in an order in which its directory is there before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Make {
    /// A directory.
    Directory(&'static str),
    /// A program.
    Program(&'static str, Vec<u8>),
}

/// What a new service may be called, of a whole path the last part: anything that `runsvdir` takes up.
pub fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.starts_with(b".") && !name.iter().any(|byte| b"/\0".contains(byte))
}

const CHECK: &str = "\
#!/bin/sh
# Exits 0 when the service works; sv start and sv check wait for that. Without a line of its own it always says so.
# A file ready that says \"check 1s\" makes the others, which need this one, wait for it too; one health that says
# \"every 10s timeout 3s fail 3/5 then restart\" has it run again and again.
#
# exec svprobe http http://localhost:8080/
# exec svprobe tcp localhost:5432
exit 0
";

const LOG: &str = "\
#!/bin/sh
# A line for each that the service prints, with the time in UTC; sv log shows them.
exec svlogd -tt ./main
";

impl Blueprint<'_> {
    /// The files, or what is wrong.
    pub fn files(&self) -> Result<Vec<Make>, &'static str> {
        let Some(program) = self.command.first() else { return Err("there is no command to run") };
        if program.is_empty() || program.starts_with(b"-") {
            return Err("a command is no option, and not empty");
        }
        if self.user.is_some_and(|user| user.is_empty() || user.starts_with(b"-")) {
            return Err("a user has a name, which does not begin with a dash");
        }
        let mut files = Vec::from([Make::Program("run", self.run()), Make::Program("check", CHECK.into())]);
        if self.log {
            let log = Make::Program("log/run", LOG.into());
            files.extend([Make::Directory("log"), Make::Directory("log/main"), log]);
        }
        Ok(files)
    }

    fn run(&self) -> Vec<u8> {
        let mut text = Vec::from(*b"#!/bin/sh\n");
        if self.log {
            text.extend_from_slice(b"exec 2>&1\n");
        }
        text.extend_from_slice(b"exec");
        if let Some(user) = self.user {
            text.extend_from_slice(b" chpst -u ");
            text.extend(quoted(user));
        }
        for word in self.command {
            text.push(b' ');
            text.extend(quoted(word));
        }
        text.push(b'\n');
        text
    }
}

/// A word of a shell script that is exactly this.
pub fn quoted(word: &[u8]) -> Vec<u8> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(byte);
    if !word.is_empty() && word.iter().all(plain) {
        return word.to_vec();
    }
    let mut text = Vec::from([b'\'']);
    for byte in word {
        match byte {
            b'\'' => text.extend_from_slice(b"'\\''"),
            byte => text.push(*byte),
        }
    }
    text.push(b'\'');
    text
}

/// The words as text, for a message.
pub fn shown(words: &[&[u8]]) -> String {
    let quoted: Vec<Vec<u8>> = words.iter().map(|word| quoted(word)).collect();
    String::from_utf8_lossy(&quoted.join(&b' ')).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(blueprint: &Blueprint<'_>) -> String {
        match &blueprint.files().unwrap()[0] {
            Make::Program("run", text) => String::from_utf8(text.clone()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_run() {
        let plain = Blueprint { user: None, log: false, command: &[b"webd", b"--port=80"] };
        assert_eq!(run(&plain), "#!/bin/sh\nexec webd --port=80\n");
        let command: &[&[u8]] = &[b"webd", b"two words", b"it's", b"", b"$x"];
        let full = Blueprint { user: Some(b"www-data:adm"), log: true, command };
        let expected = "#!/bin/sh\nexec 2>&1\nexec chpst -u www-data:adm webd 'two words' 'it'\\''s' '' '$x'\n";
        assert_eq!(run(&full), expected);
        let names: Vec<&str> = full
            .files()
            .unwrap()
            .iter()
            .map(|make| match make {
                Make::Directory(name) | Make::Program(name, _) => *name,
            })
            .collect();
        assert_eq!(names, ["run", "check", "log", "log/main", "log/run"]);
        assert_eq!(shown(command), "webd 'two words' 'it'\\''s' '' '$x'");
    }

    #[test]
    fn what_cannot_be_run() {
        let wrong = |user, command: &[&[u8]]| Blueprint { user, log: false, command }.files().is_err();
        assert!(wrong(None, &[]) && wrong(None, &[b""]) && wrong(None, &[b"-x"]));
        assert!(wrong(Some(b""), &[b"x"]) && wrong(Some(b"-u"), &[b"x"]));
    }

    #[test]
    fn names() {
        assert!(is_name(b"web") && is_name(b"-") && is_name("ü".as_bytes()));
        assert!(!is_name(b"") && !is_name(b".web") && !is_name(b"a/b"));
    }
}
