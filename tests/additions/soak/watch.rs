//! The journal of one service, read as it grows, and what its status says.

use keepup::service::journal::{Cursor, Replay};
use keepup::service::policy::Restart;
use keepup::service::record::Report;
use keepup::supervise::reader::Reader;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

pub(super) struct Watch {
    name: String,
    supervise: PathBuf,
    reader: Reader,
    cursor: Cursor,
    replay: Replay,
    lines: u64,
}

impl Watch {
    pub(super) fn new(name: String, supervise: PathBuf) -> Watch {
        let replay = Replay::new(Restart::default());
        Watch { name, supervise, reader: Reader::default(), cursor: Cursor::START, replay, lines: 0 }
    }

    /// Takes what is new.
    pub(super) fn read(&mut self) {
        let taken = self.reader.read(&self.supervise, &mut self.cursor).unwrap();
        assert_eq!(taken.missed, 0, "{}: lines were lost", self.name);
        self.lines += taken.lines.len() as u64;
        taken.lines.iter().for_each(|line| self.replay.take(line));
    }

    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    fn report(&self) -> Report {
        Report::unpack(&fs::read(self.supervise.join("status")).unwrap()).unwrap()
    }

    /// What was read, and what is still there, both say what the status says.
    pub(super) fn agrees(&self) {
        let file = |name: &str| fs::read(self.supervise.join(name)).unwrap_or_default();
        let (before, current) = (file("journal.1"), file("journal"));
        let left = Replay::of(Restart::default(), &Cursor::START.clone().take(&before, &current).lines);
        let report = self.report();
        for replay in [&self.replay, &left] {
            let wrong = (replay.senseless(), replay.differences(&report));
            let end = String::from_utf8_lossy(&current[current.len().saturating_sub(1500)..]).into_owned();
            assert_eq!(wrong, (&[][..], vec![]), "{}: {report:#?}\n{end}", self.name);
        }
    }
}

/// What services are doing, for a person.
pub(super) fn phases(watches: &[Watch]) -> String {
    let mut counts = BTreeMap::new();
    for watch in watches {
        let phase = watch.report().record.map_or_else(|| "unknown".to_owned(), |record| record.phase.to_string());
        *counts.entry(phase).or_insert(0) += 1;
    }
    counts.into_iter().map(|(phase, count)| format!("{count} {phase}")).collect::<Vec<_>>().join(", ")
}
