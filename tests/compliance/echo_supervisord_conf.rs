//! `echo_supervisord_conf`, as Supervisor has it: the same sections and options, in words of our own.

use crate::scene::{Scene, ours, skip, theirs};
use std::collections::BTreeSet;

/// The sections and the options in them, whether they are read or not.
fn options(sample: &str) -> BTreeSet<String> {
    let mut section = String::new();
    let mut found = BTreeSet::new();
    for line in sample.lines().map(|line| line.trim_start_matches(';')).filter(|line| !line.starts_with(' ')) {
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = header.0.to_owned();
            found.insert(section.clone());
        } else if let Some((key, _)) = line.split_once('=') {
            found.insert(format!("{section} {}", key.trim()));
        }
    }
    found
}

#[test]
fn every_option_of_the_originals_sample_is_in_ours() {
    const NAME: &str = "every_option_of_the_originals_sample_is_in_ours";
    let Some(program) = theirs("echo_supervisord_conf") else { return skip(NAME, "needs echo_supervisord_conf") };
    let scene = Scene::new();
    let printed = |program: std::path::PathBuf| {
        let done = scene.finish(scene.command(program));
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        done.out
    };
    let (theirs, ours) = (options(&printed(program)), options(&printed(ours("echo_supervisord_conf"))));
    assert!(theirs.len() > 50, "{theirs:?}");
    let missing: Vec<&String> = theirs.difference(&ours).collect();
    // An option of a program that stands in the original's other sections too is said once in ours.
    let elsewhere = |option: &&&String| {
        let (section, key) = option.split_once(' ').unwrap_or((option, ""));
        !section.contains("program:") && !section.contains("listener:")
            || !ours.contains(&format!("program:theprogramname {key}"))
    };
    assert_eq!(missing.iter().filter(elsewhere).count(), 0, "{missing:?}");
}
