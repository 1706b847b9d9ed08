//! The reader's end of `supervise/journal`: what is new, also after the file was renamed, and after the reader was away.

use super::{JOURNAL, JOURNAL_BEFORE};
use crate::service::journal::{BOUND, Cursor, Taken};
use crate::sys::fs::{Dir, How, Kind, facts};
use crate::sys::{Errno, Result, io};
use std::path::Path;

/// How far a journal was read. The cursor alone says it; the place spares reading again what was read.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// Which file, and up to where.
    place: Option<((u64, u64), u64)>,
}

/// No journal is so large; of a file that is, the end is read.
const MOST: u64 = 16 * BOUND;

impl Reader {
    /// Takes what is new in the journal of this `supervise/`; nothing where there is none.
    pub fn read(&mut self, supervise: &Path, cursor: &mut Cursor) -> Result<Taken> {
        let dir = match Dir::reach(supervise) {
            Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(Taken { lines: Vec::new(), missed: 0 }),
            answer => answer?,
        };
        let (id, from, current) = self.piece(&dir)?;
        let whole = from == 0;
        let previous = match whole && cursor.needs_previous(&current) {
            true => piece_of(&dir, JOURNAL_BEFORE, 0)?.map(|(_, bytes)| bytes).unwrap_or_default(),
            false => Vec::new(),
        };
        let ends = current.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
        self.place = id.map(|id| (id, from + ends));
        Ok(cursor.take(&previous, &current))
    }

    /// The part of the journal that was not read yet, and where it begins; the whole of a file that is another.
    fn piece(&self, dir: &Dir) -> Result<(Option<(u64, u64)>, u64, Vec<u8>)> {
        if let Some((id, from)) = self.place {
            match dir.facts(JOURNAL) {
                Ok(facts) if facts.id == id && facts.size == from => return Ok((Some(id), from, Vec::new())),
                Ok(facts) if facts.id == id && facts.size > from => {
                    // It may have been renamed since; then it is another.
                    if let Some((found, bytes)) = piece_of(dir, JOURNAL, from)?.filter(|(found, _)| *found == id) {
                        return Ok((Some(found), from, bytes));
                    }
                }
                _ => {}
            }
        }
        match piece_of(dir, JOURNAL, 0)? {
            Some((id, bytes)) => Ok((Some(id), 0, bytes)),
            None => Ok((None, 0, Vec::new())),
        }
    }
}

/// A file from there on, and which file it is; nothing if there is none.
fn piece_of(dir: &Dir, name: &str, from: u64) -> Result<Option<((u64, u64), Vec<u8>)>> {
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
        match io::read_at(&file, rest, i64::try_from(from).unwrap_or(i64::MAX).saturating_add(filled as i64))? {
            0 => break,
            length => filled += length,
        }
    }
    bytes.truncate(filled);
    Ok(Some((facts.id, bytes)))
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
