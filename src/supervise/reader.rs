//! The reader's end of `supervise/journal`: what is new, also after the file was renamed, and after the reader was away.
//! Whoever wants to know what happens to a service reads at a cursor, takes what is new, and waits for the alarm; the
//! cursor can be written down, so that the next reader goes on from there.

use super::{JOURNAL, JOURNAL_BEFORE};
use crate::service::journal::{BOUND, Cursor, Taken};
use crate::sys::fs::{Dir, How, Kind, facts, tells_changes};
use crate::sys::inotify::{Interest, Watcher};
use crate::sys::{Errno, Result, io};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// How far a journal was read. The cursor alone says it; the place spares reading again what was read. No file stays
/// open.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// Where the line is that was read last. The file there may be another by now that was given the same number.
    place: Option<(Id, u64)>,
}

/// Which file something is: device and inode.
type Id = (u64, u64);

/// A part of a file, to its end.
struct Piece {
    of: Id,
    from: u64,
    bytes: Vec<u8>,
}

/// No journal is so large; of a file that is, the end is read.
const MOST: u64 = 16 * BOUND;

impl Reader {
    /// Takes what is new in the journal of this `supervise/`; nothing where there is none. A cursor that is kept
    /// elsewhere is best written down after the lines have been dealt with: whoever dies in between sees them twice,
    /// not never.
    pub fn read(&mut self, supervise: &Path, cursor: &mut Cursor) -> Result<Taken> {
        let dir = match Dir::reach(supervise) {
            Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(Taken { lines: Vec::new(), missed: 0 }),
            answer => answer?,
        };
        let rest = match self.place {
            Some((id, from)) => Piece::read(&dir, JOURNAL, from)?.filter(|it| it.of == id && cursor.begins(&it.bytes)),
            None => None,
        };
        let piece = match rest {
            None => Piece::read(&dir, JOURNAL, 0)?,
            rest => rest,
        };
        let current = piece.as_ref().map_or(&[][..], |piece| &piece.bytes);
        // Read after it, not before: a file that is renamed in between is then seen twice, not never.
        let previous = match cursor.needs_previous(current) {
            true => Piece::read(&dir, JOURNAL_BEFORE, 0)?.map(|piece| piece.bytes).unwrap_or_default(),
            false => Vec::new(),
        };
        let taken = cursor.take(&previous, current);
        self.place = piece.map(|piece| (piece.of, piece.last_line()));
        Ok(taken)
    }
}

impl Piece {
    /// A file from there on; nothing if there is none.
    fn read(dir: &Dir, name: &str, from: u64) -> Result<Option<Piece>> {
        let file = match dir.file(name, How::Read) {
            Err(Errno::ENOENT) => return Ok(None),
            answer => answer?,
        };
        let facts = facts(&file)?;
        if facts.kind != Kind::File {
            return Err(Errno::EINVAL);
        }
        let from = from.max(facts.size.saturating_sub(MOST));
        let mut bytes = vec![0; usize::try_from(facts.size.saturating_sub(from)).unwrap_or(0)];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = i64::try_from(from + filled as u64).unwrap_or(i64::MAX);
            match io::read_at(&file, rest, at)? {
                0 => break,
                length => filled += length,
            }
        }
        bytes.truncate(filled);
        Ok(Some(Piece { of: facts.id, from, bytes }))
    }

    /// Where its last whole line begins.
    fn last_line(&self) -> u64 {
        let newline = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n');
        let ended = newline(&self.bytes).and_then(|end| self.bytes.get(..end)).unwrap_or_default();
        self.from + newline(ended).map_or(0, |at| at as u64 + 1)
    }
}

/// Tells when there may be something new in journals; one for any number of them.
#[derive(Debug)]
pub struct Alarm(Watcher);

impl Alarm {
    /// An alarm for none yet. There may be none to be had: then one looks now and then.
    pub fn new() -> Result<Alarm> {
        Watcher::new().map(Alarm)
    }

    /// From now on for the journal of this `supervise/` too; whether it can be relied on.
    pub fn add(&self, supervise: &Path) -> bool {
        Dir::reach(supervise).is_ok_and(|dir| tells_changes(&dir)) && self.0.add(supervise, Interest::Written).is_ok()
    }

    /// Silences it until something is new; what is readable stays so otherwise.
    pub fn silence(&self) {
        let _ = self.0.drain(|_, _| ());
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::journal::{Draft, Event, Writer};
    use crate::tai64::Label;
    use std::path::PathBuf;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("keepup-reader-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        place
    }

    struct Files {
        dir: Dir,
        writer: Writer,
    }

    impl Files {
        fn note(&mut self) {
            let mut text = Vec::new();
            let label = Label { unix: self.writer.last() as i64, nanos: 0 };
            self.writer.write(label, &Draft::new(Event::Start), &mut text);
            let file = self.dir.file(JOURNAL, How::Append).unwrap();
            io::write_all(file, &text).unwrap();
        }

        fn rotate(&mut self) {
            self.dir.rename(JOURNAL, JOURNAL_BEFORE).unwrap();
            self.writer.was_rotated();
        }
    }

    fn numbers(reader: &mut Reader, path: &Path, cursor: &mut Cursor) -> (Vec<u64>, u64) {
        let taken = reader.read(path, cursor).unwrap();
        (taken.lines.iter().map(|line| line.sequence).collect(), taken.missed)
    }

    #[test]
    fn each_line_is_read_once_whatever_becomes_of_the_file() {
        let path = place("once");
        let (mut reader, mut cursor) = (Reader::default(), Cursor::START);
        assert_eq!(numbers(&mut reader, &path.join("none"), &mut cursor), (vec![], 0));
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![], 0));
        let mut files = Files { dir: Dir::open(&path).unwrap(), writer: Writer::resume(b"", b"") };
        files.note();
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![1], 0));
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![], 0));
        files.note();
        files.note();
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![2, 3], 0), "from its place on");
        files.note();
        files.rotate();
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![4], 0), "there is no new file yet");
        files.note();
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![5], 0));
        files.note();
        files.rotate();
        files.note();
        let mut reader = Reader::default();
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![6, 7], 0), "by a reader that knows no place");
        files.note();
        files.rotate();
        files.note();
        files.rotate();
        files.note();
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![9, 10], 1), "too late for one");
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_line_that_is_not_written_to_its_end_is_read_when_it_is() {
        let path = place("torn");
        let (mut reader, mut cursor) = (Reader::default(), Cursor::START);
        let mut text = Vec::new();
        let mut writer = Writer::resume(b"", b"");
        (1..=2).for_each(|unix| writer.write(Label { unix, nanos: 0 }, &Draft::new(Event::Start), &mut text));
        let half = text.len() - 9;
        let dir = Dir::open(&path).unwrap();
        io::write_all(dir.file(JOURNAL, How::Append).unwrap(), &text[..half]).unwrap();
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![1], 0));
        io::write_all(dir.file(JOURNAL, How::Append).unwrap(), &text[half..]).unwrap();
        assert_eq!(numbers(&mut reader, &path, &mut cursor), (vec![2], 0));
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_fifo_is_no_journal() {
        let path = place("fifo");
        Dir::open(&path).unwrap().make_fifo(JOURNAL, 0o600).unwrap();
        assert_eq!(Reader::default().read(&path, &mut { Cursor::START }), Err(Errno::EINVAL));
        std::fs::remove_dir_all(&path).unwrap();
    }
}
