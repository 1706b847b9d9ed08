//! What is wrong with a command before anybody starts it, in the original's words and in its order.

use super::python::quoted;
use super::words;
use super::{Result, wrong};
use alloc::format;
use alloc::string::String;

/// What is found at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A directory.
    Directory,
    /// Something that nobody may execute.
    NotExecutable,
    /// Something that we may not execute.
    NotOurs,
    /// A program.
    Program,
}

/// Where programs are looked for if nobody says.
pub const PATH: &str = "/bin:/usr/bin:/usr/local/bin";

/// Whether there is a program to run. A name is looked for in `path`, and the first file of that name is it.
pub fn check(command: &str, path: &str, look: &dyn Fn(&str) -> Found) -> Result<()> {
    let words = words::command(command)?;
    let name = words.first().map_or("", String::as_str);
    let (file, found) = match name.contains('/') {
        true => (name.into(), look(name)),
        false => {
            let places = path.split(':').map(|dir| if dir.is_empty() { name.into() } else { format!("{dir}/{name}") });
            let found = places.map(|place| (look(&place), place)).find(|(found, _)| *found != Found::Nothing);
            found.map_or((name.into(), Found::Nothing), |(found, place): (Found, String)| (place, found))
        }
    };
    match found {
        Found::Program => Ok(()),
        Found::Nothing => Err(wrong!("can't find command {}", quoted(&file))),
        Found::Directory => Err(wrong!("command at {} is a directory", quoted(&file))),
        Found::NotExecutable => Err(wrong!("command at {} is not executable", quoted(&file))),
        Found::NotOurs => Err(wrong!("no permission to run command {}", quoted(&file))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn what_is_wrong_with_a_command() {
        let look = |path: &str| match path {
            "/bin/cat" | "own" => Found::Program,
            "/bin" => Found::Directory,
            "/etc/passwd" | "/one/file" => Found::NotExecutable,
            "/secret/x" => Found::NotOurs,
            _ => Found::Nothing,
        };
        let why = |command| check(command, "/one:/bin:", &look).map_or_else(|wrong| wrong.0, |()| "well".to_string());
        assert_eq!((why("/bin/cat -u"), why("cat"), why("own")), ("well".into(), "well".into(), "well".into()));
        assert_eq!(why("/no/such x"), "can't find command '/no/such'");
        assert_eq!(why("nope"), "can't find command 'nope'");
        assert_eq!(why("/bin"), "command at '/bin' is a directory");
        assert_eq!(why("/etc/passwd"), "command at '/etc/passwd' is not executable");
        assert_eq!(why("file"), "command at '/one/file' is not executable");
        assert_eq!(why("/secret/x"), "no permission to run command '/secret/x'");
        assert_eq!(why(""), "command is empty");
        assert_eq!(why("a 'b"), "can't parse command \"a 'b\": No closing quotation");
    }
}
