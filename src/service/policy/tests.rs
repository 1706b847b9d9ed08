use super::*;
use crate::random::Random;
use crate::service::word::Word;
use alloc::collections::BTreeSet;
use alloc::format;

fn policy(files: &[(File, &str)]) -> (Policy, Vec<String>) {
    let text = |file| files.iter().find(|(name, _)| *name == file).map(|(_, text)| text.as_bytes().to_vec());
    let (policy, mistakes) = combine(&mut { text });
    (policy, mistakes.iter().map(|(file, mistake)| format!("{file}: {mistake}")).collect())
}

fn good(files: &[(File, &str)]) -> Policy {
    let (policy, mistakes) = policy(files);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    policy
}

fn ladder(files: &[(File, &str)]) -> Vec<(Signal, Option<u64>)> {
    let steps = good(files).stop.ladder;
    steps.iter().map(|step| (step.signal, step.wait.map(|wait| wait.as_millis() as u64))).collect()
}

#[test]
fn without_files_it_is_runits_way() {
    assert_eq!(good(&[]), Policy::default());
    let empty: Vec<(File, &str)> = File::ALL.iter().map(|file| (*file, "#\n")).collect();
    let (policy, mistakes) = policy(&empty);
    assert_eq!(policy, Policy::default());
    assert_eq!(mistakes.len(), 6, "s6's know no comments, and a health that never asks is none: {mistakes:?}");
}

#[test]
fn s6s_files_say_what_they_say_there() {
    assert_eq!(good(&[(File::NotificationFd, "3\n")]).ready.by, ReadyBy::Fd(3));
    assert_eq!(good(&[(File::ReloadSignal, "USR1\n")]).reload, Some(Signal::USR1));
    assert_eq!(good(&[(File::TimeoutFinish, "5000\n")]).finish_timeout, Some(Duration::from_secs(5)));
    assert_eq!(good(&[(File::TimeoutFinish, "0\n")]).finish_timeout, None);
    assert_eq!(ladder(&[(File::DownSignal, "INT\n")]), [(Signal::INT, None)]);
    assert_eq!(ladder(&[(File::TimeoutKill, "1500")]), [(Signal::TERM, Some(1500)), (Signal::KILL, None)]);
    assert_eq!(ladder(&[(File::TimeoutKill, "0")]), [(Signal::TERM, None)]);
}

#[test]
fn keepups_files_win() {
    let s6 = [(File::DownSignal, "INT"), (File::TimeoutKill, "9"), (File::NotificationFd, "3")];
    let ours = [(File::Stop, "QUIT"), (File::Ready, "notify")];
    let both = good(&[&s6[..], &ours].concat());
    assert_eq!(both.stop, good(&[(File::Stop, "QUIT")]).stop);
    assert_eq!(both.ready.by, ReadyBy::Notify);
    let timeout = good(&[(File::Ready, "timeout 5s"), (File::NotificationFd, "3")]).ready;
    assert_eq!(
        timeout,
        Ready { by: ReadyBy::Fd(3), timeout: Some(Duration::from_secs(5)), ..Ready::default() },
        "what ours does not say"
    );
}

#[test]
fn mistakes_come_with_their_file() {
    let (read, mistakes) = policy(&[(File::Ready, "timeout 5s"), (File::TimeoutKill, "soon"), (File::Restart, "\nx")]);
    assert_eq!(read.stop, Stop::default());
    let expected = [
        "restart: line 2: x: expected when | ok | delay | max | jitter | healthy | give-up | then | early",
        "ready: line 1: a word is missing: expected fd, notify, check or after beside timeout",
        "timeout-kill: line 1: soon: expected a number from 0 to 4294967295",
    ];
    assert_eq!(mistakes, expected);
}

#[test]
fn a_lock_is_not_on_the_descriptor_for_readiness() {
    let mut open = |file| (file == File::LockFd).then(|| b"4\n".to_vec());
    let mut reader = Reader::new(&mut open);
    assert_eq!(reader.lock_fd(Ready::default()), Some(4));
    assert_eq!(reader.lock_fd(Ready { by: ReadyBy::Fd(4), ..Ready::default() }), None);
    assert_eq!(reader.mistakes.len(), 1);
}

#[test]
fn every_keyword_of_a_table_is_read_by_its_parser() {
    for file in File::ALL {
        let entries = file.entries();
        assert!(!entries.is_empty(), "{file}");
        for entry in &entries {
            assert!(!entry.says.is_empty(), "{file} {}", entry.word);
            // Alone it may be wrong, but never for being unknown.
            let unknown = format!("line 1: {}: expected {}", entry.word, word_list(&entries));
            let told: Vec<String> = file.lint(entry.word.as_bytes()).iter().map(|m| format!("{m}")).collect();
            assert!(!told.contains(&unknown), "{file}: {told:?}");
        }
    }
}

fn word_list(entries: &[Entry]) -> String {
    crate::service::word::list(entries.iter().map(|entry| entry.word), " | ")
}

#[test]
fn words_are_all_different() {
    let names: BTreeSet<&str> = File::ALL.iter().map(|file| file.word()).collect();
    assert_eq!(names.len(), File::ALL.len());
    for file in File::ALL {
        let words: BTreeSet<&str> = file.entries().iter().map(|entry| entry.word).collect();
        assert_eq!(words.len(), file.entries().len(), "{file}");
    }
}

/// Lines of words that the files know and of words that they do not.
fn arbitrary(source: &mut Random, vocabulary: &[&str]) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..source.below(12) {
        match source.below(10) {
            0 => text.extend(source.bytes(b"0123456789 \t\r\n#/:.xms%+\xff\0", 12)),
            1 => text.push(b'\n'),
            _ => text.extend(vocabulary[source.below(vocabulary.len())].as_bytes()),
        }
        text.push(if source.below(4) == 0 { b'\n' } else { b' ' });
    }
    text
}

#[test]
fn arbitrary_files_never_panic_and_every_mistake_has_a_line() {
    let mut vocabulary: Vec<&str> = File::ALL.iter().flat_map(|file| file.entries()).map(|entry| entry.word).collect();
    vocabulary.extend("1s 0 10m 3/5 x2 +1s TERM KILL all group in 60s retry stay never restart 20%".split(' '));
    vocabulary.extend(["127.0.0.1:80", "[::1]:53", "/run/x", "0660", "www:data", "on-failure", "database"]);
    let mut source = Random::new(5);
    for _ in 0..4_000 {
        let text = arbitrary(&mut source, &vocabulary);
        let lines = text.split(|byte| *byte == b'\n').count();
        for file in File::ALL {
            for mistake in file.lint(&text) {
                assert!((1..=lines).contains(&mistake.line), "{file} {mistake:?} in {text:?}");
                assert!(!mistake.expected.is_empty());
                assert!(!format!("{mistake}").chars().any(char::is_control), "{mistake:?}");
            }
        }
        let (policy, _) = combine(&mut |_| Some(text.clone()));
        assert!(!policy.stop.ladder.is_empty());
        assert!(policy.restart.jitter <= 100);
        assert!(policy.health.is_none_or(|health| health.fail >= 1 && health.fail <= health.of && health.of <= 64));
    }
}
