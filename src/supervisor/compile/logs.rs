//! Where output goes.

use super::{One, Stream};
use crate::service::blueprint::quoted;
use crate::supervisor::config::Channel;
use crate::supervisor::python::absolute;
use crate::supervisor::types::LogFile;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What becomes of a stream.
enum Sink {
    /// It is the daemon's own stream of the same name.
    Own,
    /// It goes where standard output goes.
    Joined,
    /// Nobody reads it.
    Nowhere,
    /// A logger reads it.
    Logger,
}

/// Names of the daemon's own streams, which a file's name may be.
const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
const STDERR: [&str; 3] = ["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"];

/// The daemon's own stream that a path means.
fn own(path: &str) -> Option<Stream> {
    match path {
        path if STDOUT.contains(&path) => Some(Stream::Stdout),
        path if STDERR.contains(&path) => Some(Stream::Stderr),
        _ => None,
    }
}

impl One<'_> {
    fn channel(&self, stream: Stream) -> &Channel {
        match stream {
            Stream::Stdout => &self.process.stdout,
            Stream::Stderr => &self.process.stderr,
        }
    }

    fn sink(&self, stream: Stream) -> Sink {
        let channel = self.channel(stream);
        match &channel.logfile {
            _ if stream == Stream::Stderr && self.process.redirect_stderr => Sink::Joined,
            _ if channel.syslog => Sink::Logger,
            LogFile::None | LogFile::Syslog => Sink::Nowhere,
            LogFile::Path(path) if path == "/dev/null" => Sink::Nowhere,
            LogFile::Path(path) if own(path) == Some(stream) => Sink::Own,
            LogFile::Path(_) | LogFile::Auto => Sink::Logger,
        }
    }

    /// The lines of `run` for a stream.
    pub(super) fn redirection(&self, stream: Stream) -> &'static str {
        match (self.sink(stream), stream) {
            (Sink::Joined, _) => "exec 2>&1\n",
            (Sink::Nowhere, Stream::Stdout) => "exec >/dev/null\n",
            (Sink::Nowhere, Stream::Stderr) => "exec 2>/dev/null\n",
            (Sink::Own | Sink::Logger, _) => "",
        }
    }

    /// The file that a stream goes to, if it goes to one that can be read again.
    pub(super) fn file(&self, stream: Stream) -> Option<String> {
        match &self.channel(stream).logfile {
            _ if stream == Stream::Stderr && self.process.redirect_stderr => None,
            LogFile::None | LogFile::Syslog => None,
            LogFile::Auto => Some((self.place.auto)(&self.name, stream)),
            LogFile::Path(path) => Some(absolute(path, self.place.directory)),
        }
    }

    /// The script of the logger.
    pub(super) fn logger(&self, stream: Stream) -> Option<Vec<u8>> {
        let Sink::Logger = self.sink(stream) else { return None };
        let channel = self.channel(stream);
        let (target, streams) = match self.file(stream) {
            Some(path) => (own(&path), path),
            None => (None, String::new()),
        };
        let mut text = Vec::from(*b"#!/bin/sh\n");
        if target == Some(Stream::Stderr) {
            text.extend_from_slice(b"exec >&2\n");
        }
        text.extend_from_slice(b"exec ");
        text.extend(quoted(self.place.svlogd.as_bytes()));
        if target.is_some() {
            text.extend_from_slice(b" -s");
        } else {
            text.extend_from_slice(b" -o ");
            text.extend(quoted(if streams.is_empty() { b"/dev/null" } else { streams.as_bytes() }));
            text.extend_from_slice(rotation(channel, streams.is_empty()).as_bytes());
        }
        if channel.syslog {
            text.extend_from_slice(b" -c 'y/dev/log user.info'");
        }
        text.push(b'\n');
        Some(text)
    }
}

/// When the file is put aside, and how many are kept. One is kept at least: the original empties the file in the place of
/// that, and what it said last is lost.
fn rotation(channel: &Channel, nowhere: bool) -> String {
    let size = if nowhere { 0 } else { channel.maxbytes.max(0) };
    format!(" -c s{size} -c n{}", channel.backups.max(1))
}
