//! A stream cut anywhere makes the same lines, and none of its bytes is lost or made up.
#![no_main]

use keepup::logdir::line::{Cutter, More};
use libfuzzer_sys::fuzz_target;

/// All lines put together again, from pieces of these lengths.
fn cut(limit: usize, whole: bool, stream: &[u8], lengths: &[u8]) -> Vec<u8> {
    let mut cutter = Cutter::new(limit, whole);
    let (mut out, mut kept, mut rest) = (Vec::new(), Vec::new(), stream);
    let mut lengths = lengths.iter().cycle();
    loop {
        let more = if rest.is_empty() { More::Ended } else { More::Comes };
        let length = lengths.next().map_or(1, |length| usize::from(*length) + 1).min(rest.len());
        let (piece, later) = rest.split_at(length);
        rest = later;
        kept.extend_from_slice(piece);
        let mut bytes = &kept[..];
        while let Some(piece) = cutter.next(&mut bytes, more) {
            out.extend_from_slice(piece.head);
            out.extend_from_slice(piece.rest);
            if piece.ends {
                out.push(b'\n');
            }
        }
        kept = bytes.to_vec();
        assert!(kept.len() <= limit.max(256), "what waits is bounded");
        if more == More::Ended {
            assert!(kept.is_empty());
            return out;
        }
    }
}

fuzz_target!(|input: (u8, bool, &[u8], &[u8])| {
    let (limit, whole, lengths, stream) = input;
    let mut wanted = stream.to_vec();
    if wanted.last().is_some_and(|last| *last != b'\n') {
        wanted.push(b'\n');
    }
    assert_eq!(cut(limit.into(), whole, stream, lengths), wanted);
});
