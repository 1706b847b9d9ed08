//! One log, read in its order: old files, then the one that is written, and on to the next whenever that has become
//! an old one.
//!
//! What is read is an open file, and where in the order it stands is asked of the system, by the name that it has now:
//! so none is left out and none is read twice, however often the logger goes on to another file meanwhile. A file that
//! has been moved away is read to its end once more before the next is opened, since its logger may have written to it
//! after we last looked.

use super::line::Line;
use crate::cli::message::base_name;
use crate::logdir::logger::Outlet;
use crate::logdir::search::find;
use crate::logdir::series::{Last, Place, Series, after, before};
use crate::logdir::stamp::Stamp;
use crate::sys::fs::{self, Dir, How};
use crate::sys::{Errno, Result, io};
use crate::tai64::Label;
use core::cmp::Reverse;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// How far to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// To where the log ends now.
    UpToNow,
    /// Whatever comes.
    Endless,
}

/// One log.
#[derive(Debug)]
pub(super) struct Stream {
    path: OsString,
    dir: Dir,
    series: Series,
    file: OwnedFd,
    /// Up to where `file` has been read.
    offset: u64,
    /// Whether it was known that nobody writes to `file` any more when it was last read to its end.
    left: bool,
    /// What has been read and not been taken, from `taken` on; up to `searched` there is no newline.
    buffer: Vec<u8>,
    taken: usize,
    searched: usize,
    /// The next line, when it is known.
    next: Option<Line>,
    /// The time of the last line that has one.
    last: Option<Label>,
    /// Whether there is nothing more to be had now.
    empty: bool,
    /// Which file ends it, and where in it.
    end: Option<((u64, u64), u64)>,
    /// An old file that we cannot read.
    compressed: Option<Vec<u8>>,
    told: bool,
}

/// What is read at once.
const BLOCK: usize = 64 * 1024;

/// How often to try again where the logger goes on to another file while we look.
const TRIES: usize = 100;

/// What compressed files begin with: gzip, zstd, xz, bzip2, lz4.
const MAGIC: [&[u8]; 5] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh", b"\x04\x22\x4d\x18"];

impl Stream {
    /// Opens a log, at its end.
    pub(super) fn open(outlet: &Outlet, extent: Extent) -> Result<Stream> {
        let (path, series) = split(outlet);
        let dir = Dir::open(&path)?;
        let file = dir.file(OsStr::from_bytes(series.current()), How::Read)?;
        let facts = fs::facts(&file)?;
        Ok(Stream {
            path,
            dir,
            series,
            file,
            offset: facts.size,
            left: false,
            buffer: Vec::new(),
            taken: 0,
            searched: 0,
            next: None,
            last: None,
            empty: false,
            end: (extent == Extent::UpToNow).then_some((facts.id, facts.size)),
            compressed: None,
            told: false,
        })
    }

    /// The directory, by path.
    pub(super) fn directory(&self) -> &OsStr {
        &self.path
    }

    /// The directory.
    pub(super) fn dir(&self) -> &Dir {
        &self.dir
    }

    /// An old file that was left out because it is compressed; told once.
    pub(super) fn take_compressed(&mut self) -> Option<Vec<u8>> {
        let name = self.compressed.take()?;
        let first = !core::mem::replace(&mut self.told, true);
        first.then(|| [self.path.as_bytes(), b"/", &name].concat())
    }

    /// Goes to the begin of the oldest file.
    pub(super) fn go_to_begin(&mut self) {
        while self.step_back() {}
        self.offset = 0;
    }

    /// Goes to where the last lines begin.
    pub(super) fn go_to_last(&mut self, lines: u64) {
        if lines == 0 {
            return;
        }
        let mut last = Last::new(lines);
        loop {
            let size = self.offset;
            if let Some(offset) = self.find_back(&mut last) {
                self.offset = offset;
                return;
            }
            if !self.step_back() {
                last.whole(true);
                // What cannot be read does not matter where there are lines enough without it.
                self.compressed.take_if(|_| last.left() == 0);
                self.offset = 0;
                return;
            }
            if size > 0 {
                let newline = self.offset == 0 || self.byte_before(self.offset) == Some(b'\n');
                last.whole(newline);
            }
        }
    }

    /// Goes to a file that begins before this time.
    pub(super) fn go_to_time(&mut self, since: Label) {
        while self.first_label().is_none_or(|label| label >= since) && self.step_back() {}
        self.offset = 0;
    }

    /// The time of the first line of a file that has one; without, that of the file.
    fn first_label(&self) -> Option<Label> {
        let mut block = vec![0; BLOCK];
        let length = io::read_at(&self.file, &mut block, 0).unwrap_or(0);
        let block = block.get(..length).unwrap_or_default();
        let stamped = block.split(|byte| *byte == b'\n').find_map(Stamp::of).map(Stamp::label);
        stamped.or_else(|| self.file_label())
    }

    /// When a file was left, or last written.
    fn file_label(&self) -> Option<Label> {
        if let Some(label) = self.place().and_then(Place::label) {
            return Some(label);
        }
        let (unix, nanos) = fs::facts(&self.file).ok()?.modified;
        Some(Label { unix, nanos: u32::try_from(nanos).unwrap_or(0) })
    }

    /// Where before `offset` the wanted lines begin.
    fn find_back(&self, last: &mut Last) -> Option<u64> {
        let mut end = self.offset;
        let mut block = vec![0; BLOCK];
        loop {
            let from = end.saturating_sub(BLOCK as u64);
            let wanted = block.get_mut(..(end - from) as usize)?;
            let length = read_whole(&self.file, wanted, from)?;
            if let Some(within) = last.block(wanted.get(..length)?) {
                return Some(from + within as u64);
            }
            if from == 0 {
                return None;
            }
            end = from;
        }
    }

    fn byte_before(&self, offset: u64) -> Option<u8> {
        let mut byte = [0];
        read_whole(&self.file, &mut byte, offset.checked_sub(1)?)?;
        byte.first().copied()
    }

    /// The end of the file before this one.
    fn step_back(&mut self) -> bool {
        for _ in 0..TRIES {
            let Some(place) = self.place() else { return false };
            let files = self.files();
            let Some((_, name)) = before(&files, place) else { return false };
            let Ok(file) = self.dir.file(OsStr::from_bytes(name), How::Read) else { continue };
            if self.place() != Some(place) {
                continue;
            }
            if is_compressed(&file) {
                self.compressed = Some(name.clone());
                return false;
            }
            let Ok(facts) = fs::facts(&file) else { return false };
            (self.file, self.offset) = (file, facts.size);
            return true;
        }
        false
    }

    /// All files in their order.
    fn files(&self) -> Vec<(Place, Vec<u8>)> {
        self.series.order(self.dir.names().unwrap_or_default().into_iter().map(OsString::into_vec))
    }

    /// What `file` is now; nothing if it was removed while it was written.
    fn place(&self) -> Option<Place> {
        let Some(path) = own_path(&self.file) else { return self.place_by_identity() };
        let name = base_name(&path).as_bytes();
        let (name, gone) = name.strip_suffix(b" (deleted)").map_or((name, false), |name| (name, true));
        match self.series.place(name)? {
            Place::Current if gone => None,
            Place::Number(_) if gone => Some(Place::Number(Reverse(u64::MAX))),
            place => Some(place),
        }
    }

    /// The same where there is no /proc.
    fn place_by_identity(&self) -> Option<Place> {
        let own = fs::facts(&self.file).ok()?.id;
        let is_own = |name: &[u8]| self.dir.facts(OsStr::from_bytes(name)).is_ok_and(|facts| facts.id == own);
        self.files().into_iter().find(|(_, name)| is_own(name)).map(|(place, _)| place)
    }

    /// There may be more than there was.
    pub(super) fn look_again(&mut self) {
        self.empty = false;
    }

    /// The time of the next line, if there is one now.
    pub(super) fn next(&mut self) -> Option<Label> {
        if self.next.is_none() {
            self.next = self.bytes().map(|bytes| self.line(bytes));
        }
        self.next.as_ref().map(|line| line.label)
    }

    /// The next line.
    pub(super) fn take(&mut self) -> Option<Line> {
        self.next.take()
    }

    fn line(&mut self, bytes: Vec<u8>) -> Line {
        let stamp = Stamp::of(&bytes);
        self.last = stamp.map(Stamp::label).or(self.last);
        let label = self.last.or_else(|| self.file_label()).unwrap_or(Label { unix: 0, nanos: 0 });
        Line { label, stamp, bytes }
    }

    /// The bytes of the next line, without the newline. One that has not ended yet is none, unless this is all.
    fn bytes(&mut self) -> Option<Vec<u8>> {
        loop {
            let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
            if let Some(at) = find(b'\n', unsearched) {
                let end = self.searched + at;
                let line = self.buffer.get(self.taken..end).unwrap_or_default().to_vec();
                (self.taken, self.searched) = (end + 1, end + 1);
                return Some(line);
            }
            self.searched = self.buffer.len();
            if self.empty {
                return None;
            }
            if !self.read() {
                self.empty = true;
                return self.rest();
            }
        }
    }

    /// What stands behind the last newline, where nothing more will come.
    fn rest(&mut self) -> Option<Vec<u8>> {
        self.end?;
        let rest = self.buffer.get(self.taken..).filter(|rest| !rest.is_empty())?.to_vec();
        self.buffer.clear();
        (self.taken, self.searched) = (0, 0);
        Some(rest)
    }

    /// Reads on, in the next file if need be; whether there was anything.
    fn read(&mut self) -> bool {
        self.buffer.drain(..self.taken);
        self.searched -= self.taken;
        self.taken = 0;
        loop {
            let filled = self.buffer.len();
            let most = self.most();
            self.buffer.resize(filled + most, 0);
            let into = self.buffer.get_mut(filled..).unwrap_or_default();
            let length = io::read_at(&self.file, into, self.offset as i64).unwrap_or(0);
            self.buffer.truncate(filled + length);
            self.offset += length as u64;
            if length > 0 {
                return true;
            }
            if !self.go_on() {
                return false;
            }
        }
    }

    /// How much of this file is wanted.
    fn most(&self) -> usize {
        match self.end {
            Some((id, size)) if self.is(id) => {
                usize::try_from(size.saturating_sub(self.offset)).unwrap_or(BLOCK).min(BLOCK)
            }
            _ => BLOCK,
        }
    }

    fn is(&self, id: (u64, u64)) -> bool {
        fs::facts(&self.file).is_ok_and(|facts| facts.id == id)
    }

    /// At the end of a file: whether there is more to read, here or in the next.
    fn go_on(&mut self) -> bool {
        if self.end.is_some_and(|(id, _)| self.is(id)) {
            return false;
        }
        if self.place() == Some(Place::Current) {
            let emptied = fs::facts(&self.file).is_ok_and(|facts| facts.size < self.offset);
            if emptied {
                self.offset = 0;
            }
            return emptied;
        }
        if !self.left {
            self.left = true;
            return true;
        }
        self.step_on()
    }

    /// The begin of the file after this one.
    fn step_on(&mut self) -> bool {
        for _ in 0..TRIES {
            let place = self.place();
            let files = self.files();
            // One that was removed while it was written is followed by the one that is written now.
            let next = |files: &[(Place, Vec<u8>)]| match place {
                Some(place) => after(files, place).cloned(),
                None => files.last().filter(|file| file.0 == Place::Current).cloned(),
            };
            let Some((found, name)) = next(&files) else { return false };
            let Ok(file) = self.dir.file(OsStr::from_bytes(&name), How::Read) else { continue };
            let still = self.place() == place && next(&self.files()).is_some_and(|file| file.0 == found);
            if !still || found == Place::Current && !self.names_current(&file) {
                continue;
            }
            self.offset = 0;
            if is_compressed(&file) {
                self.offset = fs::facts(&file).map_or(0, |facts| facts.size);
                self.compressed = Some(name);
            }
            (self.file, self.left) = (file, false);
            return true;
        }
        false
    }

    fn names_current(&self, file: &OwnedFd) -> bool {
        let named = self.dir.facts(OsStr::from_bytes(self.series.current())).map(|facts| facts.id);
        named.is_ok() && named == fs::facts(file).map(|facts| facts.id)
    }
}

/// The directory of a place, and how the files in it are named.
fn split(outlet: &Outlet) -> (OsString, Series) {
    match outlet {
        Outlet::Directory(path) => (OsString::from_vec(path.clone()), Series::Labels),
        Outlet::File(path) => {
            let base = base_name(OsStr::from_bytes(path)).as_bytes().to_vec();
            let directory = path.get(..path.len() - base.len()).filter(|path| !path.is_empty()).unwrap_or(b"./");
            (OsString::from_vec(directory.to_vec()), Series::Numbers(base))
        }
    }
}

/// The path that an open file has now.
fn own_path(file: &OwnedFd) -> Option<OsString> {
    Dir::reach("/proc/self/fd").and_then(|open| open.read_link(file.as_raw_fd().to_string())).ok()
}

fn is_compressed(file: &OwnedFd) -> bool {
    let mut begin = [0; 6];
    let length = io::read_at(file, &mut begin, 0).unwrap_or(0);
    MAGIC.iter().any(|magic| begin.get(..length).is_some_and(|begin| begin.starts_with(magic)))
}

/// Reads up to the end of the file.
fn read_whole(file: &OwnedFd, into: &mut [u8], from: u64) -> Option<usize> {
    let mut filled = 0;
    while filled < into.len() {
        let at = i64::try_from(from + filled as u64).ok()?;
        match io::read_at(file, into.get_mut(filled..)?, at) {
            Ok(0) | Err(Errno::EINVAL) => break,
            Ok(length) => filled += length,
            Err(_) => return None,
        }
    }
    Some(filled)
}
