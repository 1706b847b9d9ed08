use super::*;
use crate::random::Random;
use crate::service::word::Word;
use crate::tai64::Label;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn at(unix: i64) -> Label {
    Label { unix, nanos: 0 }
}

fn written(writer: &mut Writer, unix: i64, draft: &Draft) -> Vec<u8> {
    let mut text = Vec::new();
    writer.write(at(unix), draft, &mut text);
    text
}

#[test]
fn a_line_reads_as_it_was_written() {
    let draft = Draft::new(Event::Exit)
        .with(Key::Pid, 4711)
        .with(Key::Cause, Cause::StopTimeout)
        .with(Key::Status, "läuft = gut\n\\x41")
        .with_bytes(Key::Need, b"\xff");
    let text = written(&mut Writer::resume(b"", b""), 1_795_178_438, &draft);
    let shown = "@400000006b003fd000000000 1 exit pid=4711 cause=stop-timeout status=l\\xc3\\xa4uft\\x20\\x3d\\x20gut\\x0a\\x5cx41 need=\\xff\n";
    assert_eq!(String::from_utf8(text.clone()).unwrap(), shown);
    let line = Line::parse(text.trim_ascii_end()).unwrap();
    assert_eq!((line.label, line.sequence, line.event), (at(1_795_178_438), 1, Some(Event::Exit)));
    assert_eq!(line.read(Key::Pid), Some(4711));
    assert_eq!(line.cause(), Some(Cause::StopTimeout));
    assert_eq!(line.fact(Key::Status), Some("läuft = gut\n\\x41".as_bytes()));
    assert_eq!(line.fact(Key::Need), Some(&b"\xff"[..]));
    assert_eq!(line.fact(Key::Note), None);
}

#[test]
fn what_is_not_known_is_ignored() {
    let line = |rest: &str| Line::parse(alloc::format!("@400000006b003fd000000000 7 {rest}").as_bytes());
    let exit = line("exit colour=red pid=5 = x pid").unwrap();
    assert_eq!((exit.event, exit.facts.len(), exit.read(Key::Pid)), (Some(Event::Exit), 1, Some(5)));
    assert_eq!(line("danced").unwrap().event, None);
    assert_eq!(line("exit note=\\x4 ").unwrap().fact(Key::Note), Some(&b"\\x4"[..]), "not ours, so as it is");
}

#[test]
fn what_is_no_line_is_none() {
    let label = "@400000006b003fd000000000";
    for rest in ["", " ", " 7", " 7 ", " seven exit", " +7 exit", " 99999999999999999999 exit", "7 exit"] {
        assert_eq!(Line::parse(alloc::format!("{label}{rest}").as_bytes()), None, "{rest:?}");
    }
    assert_eq!(Line::parse(b"\0\0\0\0"), None);
}

#[test]
fn numbers_go_on_where_the_files_end() {
    let mut writer = Writer::resume(b"", b"");
    let previous = written(&mut writer, 1, &Draft::new(Event::Start));
    let current = written(&mut writer, 2, &Draft::new(Event::Ready));
    let last = |previous: &[u8], current: &[u8]| Writer::resume(previous, current).last();
    assert_eq!(last(&previous, &current), 2);
    assert_eq!(last(&previous, b""), 1, "renamed, and nothing written since");
    assert_eq!(last(b"", &current), 2);
    assert_eq!(last(&previous, &current[..current.len() - 1]), 1, "a line that does not end was seen by nobody");
    let tail = [&current[7..], &current].concat();
    assert_eq!(last(b"", &tail), 2, "a tail may begin within a line");
    assert_eq!(last(&previous, &[0; 100]), 1, "what a crash of the machine leaves");
}

#[test]
fn a_torn_line_costs_no_other() {
    let mut writer = Writer::resume(b"", b"");
    let mut file = written(&mut writer, 1, &Draft::new(Event::Start));
    file.extend(b"@40000000");
    let mut writer = Writer::resume(b"", &file);
    file.extend(written(&mut writer, 2, &Draft::new(Event::Ready)));
    writer.was_torn();
    file.extend(written(&mut writer, 3, &Draft::new(Event::Exit)));
    let taken = { Cursor::START }.take(b"", &file);
    let events: Vec<_> = taken.lines.iter().map(|line| (line.sequence, line.event)).collect();
    assert_eq!(events, [(1, Some(Event::Start)), (2, Some(Event::Ready)), (3, Some(Event::Exit))]);
    assert_eq!(taken.missed, 0);
}

#[test]
fn a_line_has_an_end() {
    let mut draft = Draft::new(Event::GaveUp);
    for key in Key::ALL {
        draft = draft.with_bytes(*key, &[0xff; 5000]);
    }
    let mut writer = Writer::resume(b"", b"@400000006b003fd000000000 18446744073709551614 start\n@4");
    let text = written(&mut writer, i64::MAX, &draft);
    assert!(text.len() <= LINE, "{}", text.len());
    assert_eq!(Writer::resume(b"", &text).last(), u64::MAX);
    assert!(text.ends_with(b"\\xff\n"), "no fact is cut");
}

#[test]
fn a_cursor_can_be_written_down() {
    let mut cursor = Cursor::START;
    assert_eq!(cursor.to_string().parse(), Ok(cursor));
    cursor.take(b"", &written(&mut Writer::resume(b"", b""), 77, &Draft::new(Event::Start)));
    assert_ne!(cursor, Cursor::START);
    assert_eq!(alloc::format!("{cursor}\n").parse(), Ok(cursor));
    for text in ["", "5", "x @400000006b003fd000000000", "5 @4"] {
        assert_eq!(text.parse::<Cursor>(), Err(()), "{text}");
    }
}

#[test]
fn who_comes_too_late_is_told_how_much_is_gone() {
    let mut writer = Writer::resume(b"", b"");
    let lines: Vec<Vec<u8>> = (1..=9).map(|unix| written(&mut writer, unix, &Draft::new(Event::Start))).collect();
    let mut cursor = Cursor::START;
    assert_eq!(cursor.take(b"", &lines[1]).missed, 0, "what was before its start is not missed");
    let taken = cursor.take(&lines[5], &lines[7..9].concat());
    assert_eq!(taken.lines.iter().map(|line| line.sequence).collect::<Vec<_>>(), [6, 8, 9]);
    assert_eq!(taken.missed, 4, "3 4 5 and 7");
    assert_eq!(cursor.take(&lines[5], &lines[7..9].concat()), Taken { lines: Vec::new(), missed: 0 });
}

#[test]
fn numbers_that_begin_again_are_noticed() {
    let write = |from: i64, count: i64| {
        let mut writer = Writer::resume(b"", b"");
        (from..from + count).flat_map(|unix| written(&mut writer, unix, &Draft::new(Event::Start))).collect::<Vec<u8>>()
    };
    for count in [2, 5, 9] {
        let mut cursor = Cursor::START;
        cursor.take(b"", &write(100, 5));
        let taken = cursor.take(b"", &write(200, count));
        assert_eq!((taken.lines.len() as i64, taken.missed), (count, 0), "{count}");
    }
}

/// Both files, as a supervisor keeps them.
struct Files {
    previous: Vec<u8>,
    current: Vec<u8>,
    writer: Writer,
}

impl Files {
    /// How many bytes that were.
    fn append(&mut self, bound: usize) -> usize {
        if self.current.len() > bound {
            self.previous = core::mem::take(&mut self.current);
            self.writer.was_rotated();
        }
        let next = self.writer.last() as i64 + 1;
        let line = written(&mut self.writer, next, &Draft::new(Event::Start).with(Key::Pid, next));
        self.current.extend(&line);
        line.len()
    }
}

#[test]
fn every_line_is_seen_once_or_counted_as_missed() {
    let mut source = Random::new(9);
    let mut files = Files { previous: Vec::new(), current: Vec::new(), writer: Writer::resume(b"", b"") };
    let (mut cursor, mut seen, mut missed, mut behind) = (Cursor::START, 0, 0, 0);
    for _ in 0..10_000 {
        match source.below(20) {
            0 => files.writer = Writer::resume(&files.previous, &files.current), // a new supervisor
            1 => cursor = cursor.to_string().parse().unwrap(),                   // a new reader
            2..5 => {
                let current = files.current.clone();
                // The supervisor goes on between the two looks.
                (0..source.below(3)).for_each(|_| behind += files.append(1000));
                let previous = if cursor.needs_previous(&current) { files.previous.clone() } else { Vec::new() };
                let taken = cursor.take(&previous, &current);
                let last = taken.lines.last().map_or(seen, |line| line.sequence);
                assert_eq!(last - seen, taken.lines.len() as u64 + taken.missed);
                assert!(taken.lines.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
                assert!(
                    taken.lines.iter().all(|line| line.sequence > seen && line.read(Key::Pid) == Some(line.sequence))
                );
                // Only who is a whole file behind can come too late.
                assert!(taken.missed == 0 || behind > 1000, "{} {behind}", taken.missed);
                (seen, missed, behind) = (last, missed + taken.missed, 0);
            }
            _ => behind += files.append(1000),
        }
    }
    assert!(seen > 5_000 && missed > 0 && missed < seen / 20, "{missed} of {seen}");
}

#[test]
fn arbitrary_files_never_panic() {
    let mut source = Random::new(3);
    let mut writer = Writer::resume(b"", b"");
    for _ in 0..20_000 {
        let mut text =
            written(&mut writer, 5, &Draft::new(Event::Exit).with_bytes(Key::Note, &source.bytes(b"a =\\x", 30)));
        for _ in 0..source.below(4) {
            let place = source.below(text.len());
            text[place] = b"\n @0x\\=\xff"[source.below(8)];
        }
        let other = source.bytes(b"@40000006b3fd 17exit=\\x\n", 200);
        let mut cursor = Cursor::START;
        let (_, _) = (cursor.take(&other, &text), cursor.take(&text, &other));
        assert!(Writer::resume(&text, &other).last() == Writer::resume(&other, &text).last());
    }
}

#[test]
fn every_value_survives() {
    let mut source = Random::new(1);
    for _ in 0..5_000 {
        let value = source.bytes(b"abc \\x41=\n", 60);
        let text = written(&mut Writer::resume(b"", b""), 5, &Draft::new(Event::Exit).with_bytes(Key::Note, &value));
        assert!(text.is_ascii());
        assert_eq!(Line::parse(text.trim_ascii_end()).unwrap().fact(Key::Note), Some(&value[..]));
    }
}

#[test]
fn a_full_file_is_renamed() {
    assert!(!is_full(BOUND));
    assert!(is_full(BOUND + 1));
}
