//! `sv list`

use super::*;
use crate::scene::service::IDLE;

#[test]
fn it_shows_all_services_in_a_table() {
    let scene = Scene::new();
    let web = scene.service("web").run("sleep 1000 & exec sleep 1000").supervise().running();
    let _batch = scene.fake("batch", Status::down());
    scene.dir("broken");
    let done = sv(&scene, &["list"]);
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    let lines: Vec<Vec<&str>> = done.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        lines[0],
        ["NAME", "STATE", "READY", "PID", "UPTIME", "RESTARTS", "MEMORY", "CPU", "LAST", "EXIT", "NOTE"]
    );
    assert_eq!(lines[1], ["batch", "down", "-", "-", "-", "-", "-", "-", "-", "normally", "up"]);
    assert_eq!(lines[2][..2], ["broken", "?"]);
    let pid = web.pid().unwrap().to_string();
    assert_eq!(lines[3][..4], ["web", "run", "yes", &pid]);
    assert_eq!(lines[3][5], "0");
    assert!(lines[3][6].ends_with(['k', 'm']), "{}", done.out);
}

#[test]
fn what_a_service_did_last_is_shown() {
    let scene = Scene::new();
    let web = scene.service("web").file("restart", "delay 1h\n").run("exit 3").supervise();
    web.until_lines("supervise/journal", 3);
    web.until_stat("down");
    until("the next start is known", || well(sv(&scene, &["list", "web"])).contains("next start in"));
    let out = well(sv(&scene, &["list", "web"]));
    assert!(out.contains("backoff") && out.contains("exit 3"), "{out}");
    let out = well(sv(&scene, &["list", "-j", "web"]));
    let expected = r#""last_exit":{"cause":"exit","code":3,"signal":null,"core":null}"#;
    assert!(out.contains(expected) && out.contains(r#""state":"backoff""#), "{out}");
}

#[test]
fn json_has_the_same_keys_always() {
    let scene = Scene::new();
    let _web = scene.service("web").run(IDLE).supervise().running();
    let _old = scene.fake("old", Status::run(77));
    scene.dir("broken");
    let keys = |line: &str| -> Vec<String> {
        let outer = line.split_once(r#","last_exit":{"#).map_or(line.to_owned(), |(head, tail)| {
            format!(r#"{head},"last_exit":0{}"#, tail.split_once('}').unwrap().1)
        });
        let parts = outer.split('"').skip(1).step_by(2);
        parts.filter(|word| outer.contains(&format!("\"{word}\":"))).map(str::to_owned).collect()
    };
    for args in [["-j", "list"], ["list", "--json"]] {
        let done = sv(&scene, &args);
        let lines: Vec<&str> = done.out.lines().collect();
        assert_eq!((done.code, lines.len()), (1, 3));
        assert_eq!(keys(lines[0]), keys(lines[1]));
        assert_eq!(keys(lines[1]), keys(lines[2]));
        assert!(lines[0].starts_with(r#"{"name":"broken","state":null,"#), "{}", lines[0]);
        assert!(lines[1].contains(r#""state":"run","want":"up","ready":null,"pid":77,"#), "{}", lines[1]);
        assert!(lines[2].contains(r#""ready":true,"#) && lines[2].contains(r#""processes":1,"#), "{}", lines[2]);
    }
}

#[test]
fn it_is_as_wide_as_the_terminal() {
    let scene = Scene::new();
    let _web = scene.service("web").run(IDLE).supervise().running();
    for width in [12, 20, 40, 60] {
        let mut list = command(&scene, &["list"]);
        list.env("COLUMNS", width.to_string());
        let out = well(scene.finish(list));
        assert!(out.lines().all(|line| line.chars().count() <= width), "{width}: {out}");
        assert!(out.contains("web") && !out.contains('\x1b'), "{out}");
    }
}

#[test]
fn colours_are_for_terminals() {
    let scene = Scene::new();
    let _web = scene.service("web").run(IDLE).supervise().running();
    let Some(script) = theirs("script") else { return skip("colours_are_for_terminals", "no script(1)") };
    let on_terminal = |no_colour: &str| {
        let mut command = scene.command(&script);
        command.args(["-qec", &format!("{} list", ours("sv").display()), "/dev/null"]);
        command.env("SVDIR", scene.path("")).env("NO_COLOR", no_colour).env("COLUMNS", "100");
        scene.finish(command).out
    };
    assert!(on_terminal("").contains("\x1b[32mrun\x1b[0m"));
    assert!(!on_terminal("1").contains('\x1b'));
}
