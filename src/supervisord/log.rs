//! The daemon's log: a file that is put aside when it has grown, or syslog; in the foreground standard output besides.
//! What cannot be written is lost and counted, and nothing ends because of it.

use super::setup::SYSLOG;
use crate::logdir::address::Peer;
use crate::logdir::syslog::{Format, Origin, Priority, Target};
use crate::supervisor::config::Daemon;
use crate::supervisor::types::Level;
use crate::sys::errno::Reason;
use crate::sys::fs::{self, How, Kind};
use crate::sys::socket::Sender;
use crate::sys::{Errno, Result, clock, io};
use crate::tai64::Label;
use std::os::fd::OwnedFd;

/// Where words go.
#[derive(Debug)]
pub(super) struct Log {
    level: Level,
    shown: bool,
    target: Place,
    /// How many lines could not be written, and why the last one could not.
    lost: Option<(u64, Errno)>,
}

#[derive(Debug)]
enum Place {
    File(File),
    Syslog,
}

#[derive(Debug)]
struct File {
    path: String,
    /// Nothing where it could not be opened again; the next line tries.
    open: Option<OwnedFd>,
    maxbytes: u64,
    backups: i64,
}

/// Where syslog listens.
const SYSLOG_SOCKET: &[u8] = b"/dev/log";
/// `user.info`
const USER_INFO: Priority = Priority(8 + 6);

impl Log {
    /// The log of a configuration.
    pub(super) fn open(daemon: &Daemon) -> Result<Log> {
        let target = match daemon.logfile.as_str() {
            SYSLOG => Place::Syslog,
            path => {
                let maxbytes = u64::try_from(daemon.logfile_maxbytes).unwrap_or(0);
                let mut file = File { path: path.into(), open: None, maxbytes, backups: daemon.logfile_backups };
                file.reopen(How::Shared)?;
                Place::File(file)
            }
        };
        Ok(Log { level: daemon.loglevel, shown: daemon.nodaemon && !daemon.silent, target, lost: None })
    }

    /// Whether words of this level are written at all.
    pub(super) fn is_heard(&self, level: Level) -> bool {
        level >= self.level
    }

    /// Writes a line.
    pub(super) fn say(&mut self, level: Level, words: &str) {
        if !self.is_heard(level) {
            return;
        }
        let line = line(clock::label(), level, words);
        if self.shown {
            let _ = io::unsignalled(|| io::write_all(io::stdout(), line.as_bytes())); // nobody may read it any more
        }
        if let Some((lost, errno)) = self.lost {
            let words = format!("{lost} lines of the log could not be written: {}", errno.reason());
            if self.put(&self::line(clock::label(), Level::Warn, &words)).is_ok() {
                self.lost = None;
            }
        }
        if let Err(errno) = self.put(&line) {
            self.lost = Some((self.lost.map_or(1, |(lost, _)| lost + 1), errno));
        }
    }

    fn put(&mut self, line: &str) -> Result<()> {
        match &mut self.target {
            Place::File(file) => file.write(line),
            Place::Syslog => to_syslog(line),
        }
    }

    /// The file, if it is one.
    pub(super) fn path(&self) -> Option<&str> {
        match &self.target {
            Place::File(file) => Some(&file.path),
            Place::Syslog => None,
        }
    }

    /// Somebody has put the file aside: goes on in a new one.
    pub(super) fn reopen(&mut self) {
        if let Place::File(file) = &mut self.target {
            if let Err(errno) = file.reopen(How::Shared) {
                self.lost = self.lost.or(Some((0, errno)));
            }
        }
    }

    /// Removes the file and begins a new one.
    pub(super) fn clear(&mut self) -> Result<()> {
        let Some(path) = self.path().map(str::to_owned) else { return Err(Errno::ENOENT) };
        // The original would remove a device as well.
        match fs::facts_of_link(&path)?.kind {
            Kind::File => fs::remove(&path)?,
            _ => return Err(Errno::EPERM),
        }
        self.say(Level::Info, "reopening log file");
        self.reopen();
        Ok(())
    }
}

impl File {
    fn reopen(&mut self, how: How) -> Result<()> {
        self.open = None;
        self.open = Some(fs::open(&self.path, how)?);
        Ok(())
    }

    fn write(&mut self, line: &str) -> Result<()> {
        if self.open.is_none() {
            self.reopen(How::Shared)?;
        }
        let Some(file) = &self.open else { return Err(Errno::EBADF) };
        io::unsignalled(|| io::write_all(file, line.as_bytes()))?;
        if self.maxbytes == 0 {
            return Ok(());
        }
        // What is no file, such as a pipe, has no size, and there is nothing to put aside.
        let facts = fs::facts(file)?;
        if facts.kind == Kind::File && facts.size >= self.maxbytes {
            self.put_aside()?;
        }
        Ok(())
    }

    fn put_aside(&mut self) -> Result<()> {
        for number in (1..self.backups).rev() {
            let _ = fs::rename(format!("{}.{number}", self.path), format!("{}.{}", self.path, number + 1)); // mostly there is none
        }
        if self.backups > 0 {
            let _ = fs::rename(&self.path, format!("{}.1", self.path));
        }
        self.reopen(How::Fresh)?;
        // It may be emptied by others, so it is always written at its end.
        self.reopen(How::Shared)
    }
}

/// `2026-11-21 18:00:00,123 INFO words`
fn line(label: Label, level: Level, words: &str) -> String {
    let at = clock::calendar(label);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02},{:03} {} {words}\n",
        at.year,
        at.month,
        at.day,
        at.hour,
        at.minute,
        at.second,
        at.micros / 1000,
        level.code()
    )
}

/// As the C library sends it; the whole line, as the original does, with the time in it twice.
fn to_syslog(line: &str) -> Result<()> {
    let target = Target { peer: Peer::Unix(SYSLOG_SOCKET.to_vec()), format: Format::Old, priority: USER_INFO };
    let sender = Sender::new(&target.peer)?;
    let mut message = Vec::new();
    let origin = Origin { host: b"", service: b"supervisord", pid: None };
    target.write(&mut message, clock::label(), origin, line.trim_end_matches('\n').as_bytes());
    sender.send(&message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("keepup-mainlog-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        place
    }

    fn log(place: &std::path::Path, maxbytes: u64, backups: i64) -> Log {
        let path = place.join("log").to_str().unwrap().to_owned();
        let file = File { path, open: None, maxbytes, backups };
        Log { level: Level::Info, shown: false, target: Place::File(file), lost: None }
    }

    fn read(place: &std::path::Path, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(place.join(name)).unwrap_or_default();
        text.lines().map(|line| line[24..].to_owned()).collect()
    }

    #[test]
    fn a_line_is_the_originals() {
        let label = Label { unix: 1_795_178_438, nanos: 83_491_500 };
        let line = line(label, Level::Warn, "words");
        assert!(line.ends_with(":38,083 WARN words\n") && line.starts_with("2026-11-2"), "{line}");
    }

    #[test]
    fn files_are_put_aside() {
        let place = place("aside");
        let mut log = log(&place, 40, 2);
        log.say(Level::Debug, "not heard");
        for number in 0..9 {
            log.say(Level::Info, &format!("line {number}"));
        }
        let lines = |name| read(&place, name);
        assert_eq!(lines("log"), ["INFO line 8"]);
        assert_eq!(lines("log.1"), ["INFO line 6", "INFO line 7"]);
        assert_eq!(lines("log.2"), ["INFO line 4", "INFO line 5"]);
        assert!(!place.join("log.3").exists());
        std::fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn without_a_place_for_old_ones_it_is_emptied() {
        let place = place("emptied");
        let mut log = log(&place, 40, 0);
        (0..3).for_each(|number| log.say(Level::Info, &format!("line {number}")));
        assert_eq!(read(&place, "log"), ["INFO line 2"]);
        assert!(!place.join("log.1").exists());
        std::fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    fn what_was_lost_is_told_when_that_is_possible() {
        let place = place("lost");
        std::fs::create_dir(place.join("log")).unwrap();
        let mut log = log(&place, 0, 0);
        log.say(Level::Info, "one");
        log.say(Level::Info, "two");
        std::fs::remove_dir(place.join("log")).unwrap();
        log.say(Level::Info, "three");
        assert_eq!(read(&place, "log"), ["WARN 2 lines of the log could not be written: is a directory", "INFO three"]);
        log.clear().unwrap();
        log.say(Level::Info, "four");
        assert_eq!(read(&place, "log"), ["INFO four"]);
        std::fs::remove_dir_all(&place).unwrap();
    }
}
