//! Which entries count, and what happens when they change.

use super::*;
use std::time::Duration;

#[test]
fn a_new_entry_is_started() {
    let scene = Scene::new();
    let first = scene.service("scan/first").run(IDLE);
    let _runsvdir = start(&scene, &["scan"]);
    first.until_stat("run");
    scene.service("sv/second").run(IDLE);
    scene.link("../sv/second", "scan/second");
    until("the second is up", || scene.read("sv/second/supervise/stat") == "run\n");
}

#[test]
fn names_with_a_dot_first_do_not_count() {
    let scene = Scene::new();
    scene.service("scan/.hidden").run(IDLE);
    let web = scene.service("scan/web").run(IDLE);
    let _runsvdir = start(&scene, &["scan"]);
    web.until_stat("run");
    assert_eq!(scene.kind("scan/.hidden/supervise"), "");
}

#[test]
fn a_service_renamed_to_a_dot_name_is_stopped() {
    let scene = Scene::new();
    scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "scan/web");
    let _runsvdir = start(&scene, &["scan"]);
    let web = scene.service("sv/web");
    let runsv = runsv(&web, 0);
    scene.rename("scan/web", "scan/.web");
    until("runsv is gone", || !lives(runsv));
    assert_eq!(web.stat(), "down");
}

#[test]
fn files_do_not_count() {
    let scene = Scene::new();
    scene.file("scan/README", "");
    scene.link("README", "scan/link-to-it");
    let web = scene.service("scan/web").run(IDLE);
    let runsvdir = start(&scene, &["scan"]);
    web.until_stat("run");
    assert_eq!(runsvdir.err(), "");
}

#[test]
fn links_to_directories_count() {
    let scene = Scene::new();
    let web = scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "scan/site");
    let _runsvdir = start(&scene, &["scan"]);
    assert_eq!(title(runsv(&web, 0)), ["runsv", "site"]);
}

#[test]
fn a_dangling_link_is_reported() {
    let scene = Scene::new();
    scene.link("nowhere", "scan/dangling");
    let web = scene.service("scan/web").run(IDLE);
    let runsvdir = start(&scene, &["scan"]);
    web.until_stat("run");
    let message = "runsvdir scan: warning: unable to stat dangling: file does not exist\n";
    until("it is reported", || runsvdir.err().starts_with(message));
    assert_eq!(runsvdir.err().replace(message, ""), "");
}

#[test]
fn two_links_to_one_directory_are_one_service() {
    let scene = Scene::new();
    let web = scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "scan/one");
    scene.link("../sv/web", "scan/two");
    let runsvdir = start(&scene, &["scan"]);
    runsv(&web, 0);
    scene.service("making/last").run(IDLE);
    scene.rename("making/last", "scan/last");
    until("the last is up", || scene.read("scan/last/supervise/stat") == "run\n");
    assert_eq!(runsvdir.err(), "", "a second runsv would not have had the lock");
}

#[test]
fn one_of_two_links_may_go() {
    let scene = Scene::new();
    let web = scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "scan/one");
    scene.link("../sv/web", "scan/two");
    let _runsvdir = start(&scene, &["scan"]);
    let runsv = runsv(&web, 0);
    scene.remove(format!("scan/{}", title(runsv)[1]));
    scene.service("making/last").run(IDLE);
    scene.rename("making/last", "scan/last");
    until("the last is up", || scene.read("scan/last/supervise/stat") == "run\n");
    throughout("its runsv lives", Duration::from_millis(300), || lives(runsv));
}

#[test]
fn a_renamed_entry_runs_on() {
    let scene = Scene::new();
    scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "scan/web");
    let _runsvdir = start(&scene, &["scan"]);
    let web = scene.service("sv/web");
    let first = runsv(&web, 0);
    scene.rename("scan/web", "scan/site");
    scene.service("making/last").run(IDLE);
    scene.rename("making/last", "scan/last");
    until("the last is up", || scene.read("scan/last/supervise/stat") == "run\n");
    assert!(lives(first));
    assert_eq!(title(first), ["runsv", "web"]);
}

#[test]
fn a_renamed_entry_has_its_new_name_after_the_next_start() {
    let scene = Scene::new();
    scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "scan/web");
    let _runsvdir = start(&scene, &["scan"]);
    let web = scene.service("sv/web");
    runsv(&web, 0);
    scene.rename("scan/web", "scan/site");
    scene.service("making/last").run(IDLE);
    scene.rename("making/last", "scan/last");
    until("the last is up", || scene.read("scan/last/supervise/stat") == "run\n");
    web.send("x");
    assert_eq!(title(runsv(&web, 1)), ["runsv", "site"]);
}

#[test]
fn a_removed_entry_is_stopped() {
    let scene = Scene::new();
    scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "scan/web");
    let runsvdir = start(&scene, &["scan"]);
    let web = scene.service("sv/web");
    let runsv = runsv(&web, 0);
    scene.remove("scan/web");
    until("runsv is gone", || !lives(runsv));
    assert_eq!(web.stat(), "down");
    assert_eq!(runsvdir.err(), "");
    throughout("it is not started again", Duration::from_millis(500), || web.lines("runsv").len() == 1);
}

#[test]
fn an_entry_that_comes_back_is_started_again() {
    let scene = Scene::new();
    scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "scan/web");
    let _runsvdir = start(&scene, &["scan"]);
    let web = scene.service("sv/web");
    let first = runsv(&web, 0);
    scene.remove("scan/web");
    until("runsv is gone", || !lives(first));
    scene.link("../sv/web", "scan/web");
    assert_ne!(runsv(&web, 1), first);
}

#[test]
fn several_removed_entries_are_all_stopped() {
    let scene = Scene::new();
    let names: Vec<String> = (1..=6).map(|number| format!("web{number}")).collect();
    for name in &names {
        scene.service(&format!("sv/{name}")).run(NOTED);
        scene.link(format!("../sv/{name}"), format!("scan/{name}"));
    }
    let _runsvdir = start(&scene, &["scan"]);
    let services: Vec<_> = names.iter().map(|name| scene.service(&format!("sv/{name}"))).collect();
    let all: Vec<i32> = services.iter().map(|service| runsv(service, 0)).collect();
    names.iter().for_each(|name| scene.remove(format!("scan/{name}")));
    until("all are gone", || all.iter().all(|runsv| !lives(*runsv)));
}

#[test]
fn a_link_that_leads_elsewhere_is_another_service() {
    let scene = Scene::new();
    scene.service("sv/old").run(NOTED);
    scene.service("sv/new").run(NOTED);
    scene.link("../sv/old", "scan/web");
    let _runsvdir = start(&scene, &["scan"]);
    let old = runsv(&scene.service("sv/old"), 0);
    scene.link("../sv/new", "scan/.web");
    scene.rename("scan/.web", "scan/web");
    let new = runsv(&scene.service("sv/new"), 0);
    until("the old one is gone", || !lives(old));
    assert_eq!(title(new), ["runsv", "web"]);
}

#[test]
fn the_directory_may_be_a_link_that_is_led_elsewhere() {
    let scene = Scene::new();
    scene.service("one/web").run(NOTED);
    scene.service("two/mail").run(NOTED);
    scene.link("one", "scan");
    let _runsvdir = start(&scene, &["scan"]);
    let web = runsv(&scene.service("one/web"), 0);
    scene.link("two", "scan.new");
    scene.rename("scan.new", "scan");
    runsv(&scene.service("two/mail"), 0);
    until("the old one is gone", || !lives(web));
}

#[test]
fn a_service_in_both_directories_runs_on() {
    let scene = Scene::new();
    scene.service("sv/web").run(NOTED);
    scene.link("../sv/web", "one/web");
    scene.link("../sv/web", "two/web");
    scene.service("two/mail").run(NOTED);
    scene.link("one", "scan");
    let _runsvdir = start(&scene, &["scan"]);
    let web = runsv(&scene.service("sv/web"), 0);
    scene.link("two", "scan.new");
    scene.rename("scan.new", "scan");
    runsv(&scene.service("two/mail"), 0);
    throughout("it lives", Duration::from_millis(300), || lives(web));
    assert_eq!(scene.service("sv/web").lines("runsv").len(), 1);
}
