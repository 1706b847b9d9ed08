//! Two files, with a 0xff between them: a line that is understood says the same when it is written again, and a cursor
//! never takes a line twice. A 0x01 stands for a label and a blank, which would take the fuzzer long to find.
#![no_main]

use keepup::service::journal::{Cursor, Draft, Line, Replay, Writer};
use keepup::service::policy::Restart;
use libfuzzer_sys::fuzz_target;

const LABEL: &[u8] = b"@400000006b003fd000000000 ";

fuzz_target!(|data: &[u8]| {
    let data: Vec<u8> = data.iter().flat_map(|byte| if *byte == 1 { LABEL.to_vec() } else { vec![*byte] }).collect();
    let mut files = data.splitn(2, |byte| *byte == 0xff);
    let (previous, current) = (files.next().unwrap_or_default(), files.next().unwrap_or_default());
    let mut cursor = Cursor::START;
    let taken = cursor.take(previous, current);
    assert!(taken.lines.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    assert!(cursor.take(previous, current).lines.is_empty());
    assert_eq!(cursor.to_string().parse(), Ok(cursor));

    Replay::of(Restart::default(), &taken.lines);

    let mut writer = Writer::resume(previous, current);
    for line in &taken.lines {
        assert!(line.sequence <= writer.last());
        again(line, &mut writer);
    }
});

fn again(line: &Line, writer: &mut Writer) {
    let Some(event) = line.event else { return };
    // Longer values and lines are cut, which no reader can undo.
    let short = line.facts.iter().all(|(_, value)| value.len() <= 256);
    if !short || line.facts.len() > 3 {
        return;
    }
    let draft = line.facts.iter().fold(Draft::new(event), |draft, (key, value)| draft.with_bytes(*key, value));
    let mut text = Vec::new();
    writer.write(line.label, &draft, &mut text);
    let read = Line::parse(text.trim_ascii()).expect("a line");
    assert_eq!((read.label, read.event, &read.facts), (line.label, line.event, &line.facts));
}
