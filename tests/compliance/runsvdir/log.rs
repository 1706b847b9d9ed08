//! The log argument: the last messages, in the title of the process.

use super::*;

/// Twenty dots after the five characters that stay.
const LOG: &str = "log: ....................";

/// The log, as `ps` shows it.
fn shown(runsvdir: &Running) -> String {
    title(runsvdir.pid()).get(2).cloned().unwrap_or_default()
}

#[test]
fn the_title_shows_what_services_write_to_standard_error() {
    let scene = Scene::new();
    let _web = scene.service("scan/web").run("echo hello >&2; exec sleep 1000");
    let runsvdir = start(&scene, &["scan", LOG]);
    until("it is shown", || shown(&runsvdir).contains("hello\n"));
    assert_eq!(runsvdir.err(), "");
}

#[test]
fn the_title_keeps_its_length_and_its_beginning() {
    let scene = Scene::new();
    let _web = scene.service("scan/web").run("echo hello >&2; exec sleep 1000");
    let runsvdir = start(&scene, &["scan", LOG]);
    until("it is shown", || shown(&runsvdir).contains("hello\n"));
    let shown = shown(&runsvdir);
    assert_eq!(shown.len(), LOG.len(), "{shown:?}");
    assert!(shown.starts_with("log: ..."), "{shown:?}");
}

#[test]
fn the_title_shows_the_last_of_it() {
    let scene = Scene::new();
    let run = "i=0; while [ $i -lt 99 ]; do i=$((i+1)); echo $i; done >&2; exec sleep 1000";
    let _web = scene.service("scan/web").run(run);
    let runsvdir = start(&scene, &["scan", LOG]);
    until("the last is shown", || shown(&runsvdir).contains("98\n99\n"));
    assert!(shown(&runsvdir).starts_with("log: "));
    assert!(!shown(&runsvdir).contains("91"), "and the first have gone");
}

#[test]
fn the_title_shows_messages_of_runsv() {
    let scene = Scene::new();
    scene.file("scan/web/supervise", "");
    let log = format!("log: {}", ".".repeat(200));
    let runsvdir = start(&scene, &["scan", &log]);
    let message = "runsv web: fatal: unable to open supervise/lock: not a directory\n";
    until("it is shown", || shown(&runsvdir).contains(message));
    assert_eq!(runsvdir.err(), "");
}

#[test]
fn standard_output_is_not_logged() {
    let scene = Scene::new();
    let _web = scene.service("scan/web").run("echo out; echo error >&2; exec sleep 1000");
    let runsvdir = start(&scene, &["scan", LOG]);
    until("it is shown", || shown(&runsvdir).contains("error\n"));
    assert_eq!(runsvdir.out(), "out\n");
}

#[test]
fn seven_characters_are_enough() {
    let scene = Scene::new();
    let _web = scene.service("scan/web").run("echo ab >&2; exec sleep 1000");
    let runsvdir = start(&scene, &["scan", "log: .."]);
    until("it is shown", || shown(&runsvdir) == "log: b\n");
    assert_eq!(runsvdir.err(), "");
}

#[test]
fn six_characters_are_not() {
    let scene = Scene::new();
    let web = scene.service("scan/web").run("echo error >&2; exec sleep 1000");
    let runsvdir = start(&scene, &["scan", "log: ."]);
    web.until_stat("run");
    until("the service wrote to standard error", || runsvdir.err().ends_with("error\n"));
    let warnings = "runsvdir scan: warning: log must have at least seven characters.\n\
                    runsvdir scan: warning: log service disabled.\n";
    assert_eq!(runsvdir.err(), format!("{warnings}error\n"));
    assert_eq!(shown(&runsvdir), "log: .");
}

#[test]
fn an_empty_one_is_too_short_as_well() {
    let scene = Scene::new();
    scene.dir("scan");
    let runsvdir = start(&scene, &["scan", ""]);
    let warnings = "runsvdir scan: warning: log must have at least seven characters.\n\
                    runsvdir scan: warning: log service disabled.\n";
    until("it is reported", || runsvdir.err() == warnings);
}

#[test]
fn with_capital_p_too() {
    let scene = Scene::new();
    let _web = scene.service("scan/web").run("echo hello >&2; exec sleep 1000");
    let runsvdir = start(&scene, &["-P", "scan", LOG]);
    until("it is shown", || title(runsvdir.pid()).get(3).is_some_and(|log| log.contains("hello\n")));
}

#[test]
fn the_other_words_of_the_title_stay() {
    let scene = Scene::new();
    let _web = scene.service("scan/web").run("echo hello >&2; exec sleep 1000");
    let runsvdir = start(&scene, &["scan", LOG]);
    until("it is shown", || shown(&runsvdir).contains("hello\n"));
    assert_eq!(title(runsvdir.pid())[..2], [program("runsvdir").to_str().unwrap(), "scan"]);
}
