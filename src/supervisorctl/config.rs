//! What is known of the server before it is asked: the command line, and `[supervisorctl]` of a configuration.

use super::options::Given;
use crate::supervisor::Wrong;
use crate::supervisor::expand::{Names, Scope, Value, expand};
use crate::supervisor::ini::Ini;
use crate::supervisor::python;
use crate::sys::fs::{self, How};
use crate::sys::io;
use std::path::Path;

/// What a session begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) serverurl: String,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) prompt: String,
    pub(super) history: Option<String>,
}

const SECTION: &str = "supervisorctl";
const NAME: &str = "supervisord.conf";

/// Puts together what the command line and the file say; the command line wins.
pub(super) fn settings(given: &Given, program: &str) -> Result<Settings, Wrong> {
    let read = match file(given, program)? {
        Some((path, text)) => Section::read(&path, &text)?,
        None => Section::default(),
    };
    let choose = |given: &Option<String>, read: Option<String>, default: &str| {
        given.clone().or(read).unwrap_or_else(|| default.to_owned())
    };
    Ok(Settings {
        serverurl: choose(&given.serverurl, read.serverurl, "http://localhost:9001"),
        username: choose(&given.username, read.username, ""),
        password: choose(&given.password, read.password, ""),
        prompt: read.prompt.unwrap_or_else(|| "supervisor".to_owned()),
        history: given.history_file.clone().or(read.history).filter(|path| !path.is_empty()).map(|path| at_home(&path)),
    })
}

/// The file that was named, or the first of those that are looked for; none of these need be there.
fn file(given: &Given, program: &str) -> Result<Option<(String, String)>, Wrong> {
    let (path, named) = match &given.configuration {
        Some(path) => (path.clone(), true),
        None => match places(program).into_iter().find(|path| Path::new(path).exists()) {
            Some(path) => (path, false),
            None => return Ok(None),
        },
    };
    if named && !Path::new(&path).exists() {
        return Err(Wrong(format!("could not find config file {path}")));
    }
    let content = fs::open(&path, How::Read).and_then(io::read_all);
    let content = content.map_err(|_| Wrong(format!("could not read config file {path}")))?;
    Ok(Some((path, String::from_utf8_lossy(&content).into_owned())))
}

/// Where a configuration may be.
fn places(program: &str) -> Vec<String> {
    let bin = match program.rsplit_once('/') {
        Some((directory, _)) => directory.to_owned(),
        None => fs::read_link("/proc/self/exe").map_or_else(|_| ".".to_owned(), |path| parent(&path.to_string_lossy())),
    };
    let mut places = vec![format!("{bin}/../etc/{NAME}"), format!("{bin}/../{NAME}")];
    places.extend(["", "etc/", "/etc/", "/etc/supervisor/"].map(|directory| format!("{directory}{NAME}")));
    places
}

fn parent(path: &str) -> String {
    path.rsplit_once('/').map_or(".", |(directory, _)| directory).to_owned()
}

#[derive(Debug, Default)]
struct Section {
    serverurl: Option<String>,
    username: Option<String>,
    password: Option<String>,
    prompt: Option<String>,
    history: Option<String>,
}

impl Section {
    fn read(path: &str, text: &str) -> Result<Section, Wrong> {
        let mut ini = Ini::default();
        ini.read(text, path, false)?;
        if !ini.has(SECTION) {
            return Err(Wrong(".ini file does not include supervisorctl section".to_owned()));
        }
        let environment = environment();
        let here = std::env::current_dir().map_or_else(|_| "/".to_owned(), |path| path.to_string_lossy().into_owned());
        let beside = python::parent(&python::absolute(path, &here)).to_owned();
        let with_here = Names::from([("here".to_owned(), Value::Text(beside))]);
        let none = Names::new();
        let option = |key: &str, own: &Names| -> Result<Option<String>, Wrong> {
            let Some(value) = ini.get(SECTION, key) else { return Ok(None) };
            expand(value, Scope { environment: &environment, own }, &format!("{SECTION}.{key}")).map(Some)
        };
        Ok(Section {
            serverurl: option("serverurl", &with_here)?.map(|url| match url.strip_prefix("unix://") {
                Some(path) => format!("unix://{}", python::absolute(&at_home(path), &here)),
                None => url,
            }),
            prompt: option("prompt", &none)?,
            username: option("username", &none)?,
            password: option("password", &none)?,
            history: option("history_file", &with_here)?,
        })
    }
}

fn environment() -> Names {
    let text = |word: std::ffi::OsString| word.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (format!("ENV_{}", text(name)), Value::Text(text(value)))).collect()
}

/// With the user's home in the place of a `~`.
fn at_home(path: &str) -> String {
    match (path.strip_prefix('~'), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            format!("{}{rest}", home.to_string_lossy())
        }
        _ => path.to_owned(),
    }
}
