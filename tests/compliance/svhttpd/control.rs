//! A supervisord as far as the server sees it: one that answers on a socket.

use keepup::supervisor::config::Config;
use keepup::supervisor::sheet::Sheet;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// What it knows.
#[derive(Clone)]
pub(super) struct Control {
    pub(super) config: Config,
    pub(super) sheets: Vec<Sheet>,
    pub(super) log: PathBuf,
}

impl Control {
    /// Answers for ever, in a thread of its own.
    pub(super) fn serve(self, socket: &Path) {
        let listener = UnixListener::bind(socket).unwrap();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(mut client) = client else { return };
                let mut line = String::new();
                if BufReader::new(&client).read_line(&mut line).is_ok() {
                    let words: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
                    let _ = client.write_all(self.answer(&words).as_bytes());
                }
            }
        });
    }

    fn answer(&self, words: &[&str]) -> String {
        let has = |group: &str| self.config.groups.iter().any(|known| known.name == group);
        match words {
            ["state"] => "ok\n1\tRUNNING\n".into(),
            ["pid"] => format!("ok\n{}\n", std::process::id()),
            ["identification"] => format!("ok\n{}\n", self.config.daemon.identifier),
            ["mainlog"] => format!("ok\n{}\n", self.log.display()),
            ["reload" | "clearlog"] => "ok\n".into(),
            ["add", group] if has(group) => format!("fault 90 ALREADY_ADDED: {group}\n"),
            ["remove", group] if has(group) => format!("fault 91 STILL_RUNNING: {group}\n"),
            ["add" | "remove", group] => format!("fault 10 BAD_NAME: {group}\n"),
            ["configs"] => self.sheets.iter().fold(String::from("ok\n"), |text, sheet| text + &config(sheet)),
            _ => format!("fault 30 FAILED: {words:?}\n"),
        }
    }
}

fn config(sheet: &Sheet) -> String {
    let lines = sheet.text().lines().map(|line| format!("\t{line}\n")).collect::<String>();
    format!("config\t{}\t{}\t1\n{lines}", sheet.group, sheet.process.name)
}
