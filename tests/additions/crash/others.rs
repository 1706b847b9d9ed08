//! Programs that people and scripts call. Killed at any call, they leave what they are about as it was or as it was to
//! be; called again, they do it.

use super::*;

fn sv(scene: &Scene, call: Option<&Call>) -> std::process::Command {
    match call {
        Some(call) => scene.killed_before(call, &ours("sv")),
        None => scene.traced(&scene.path("log"), &[], &ours("sv")),
    }
}

/// `sv disable`, `sv enable`, `sv down --for`: files that are made, removed and replaced.
fn attempt(words: &[&str], call: &Call) {
    let scene = Scene::new();
    let mut web = scene.service("scan/web").run(IDLE).supervise().running();
    let mut command = sv(&scene, Some(call));
    command.args(words).env("SVDIR", scene.path("scan"));
    let killed = scene.finish(command).code;
    assert!([0, -libc::SIGKILL].contains(&killed), "{killed}");
    let held = scene.bytes("scan/web/supervise/held");
    assert!(held.is_empty() || keepup::service::held::Held::parse(&held).is_some(), "{held:?}");
    let again = |words: &[&str]| {
        let mut command = scene.command(ours("sv"));
        command.args(words).env("SVDIR", scene.path("scan"));
        let done = scene.finish(command);
        assert_eq!(done.code, 0, "{words:?}: {}{}", done.out, done.err);
    };
    again(words);
    web.until_stat("down");
    again(&["enable", "web"]);
    again(&["up", "web"]);
    web.until_stat("run");
    web.send("x");
    assert_eq!(web.end(), 0);
    until("nobody is left", || scene.processes().is_empty());
}

#[test]
fn sv_killed_at_any_call_can_be_called_again() {
    for words in [&["disable", "web"][..], &["down", "--for", "1h", "web"]] {
        let scene = Scene::new();
        if !can_trace("sv_killed_at_any_call_can_be_called_again", &scene) {
            return;
        }
        let web = scene.service("scan/web").run(IDLE).supervise().running();
        let mut command = sv(&scene, None);
        command.args(words).env("SVDIR", scene.path("scan"));
        assert_eq!(scene.finish(command).code, 0);
        try_all(&format!("sv {}", words[0]), some(scene.every_call("log"), 20), |call| attempt(words, call));
        drop(web);
    }
}

/// It becomes the program wholly or not at all.
#[test]
fn chpst_killed_at_any_call_runs_nothing_half_done() {
    let scene = Scene::new();
    if !can_trace("chpst_killed_at_any_call_runs_nothing_half_done", &scene) {
        return;
    }
    let args = ["-e", "env", "-l", "lock", "-n", "5", "sh", "-c", "echo $A; nice"];
    let build = |scene: &Scene| scene.file("env/A", "value\n");
    build(&scene);
    let mut command = scene.traced(&scene.path("log"), &["-b", "execve"], &ours("chpst"));
    command.args(args);
    assert_eq!(scene.finish(command).out, "value\n5\n");
    let calls: Vec<Call> = {
        let text = scene.lines("log");
        let mut counts = std::collections::BTreeMap::new();
        let names = text.iter().filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_owned());
        for name in names.filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')) {
            *counts.entry(name).or_insert(0) += 1;
        }
        let all = counts.into_iter().filter(|(name, _)| name != "execve");
        all.flat_map(|(name, number)| (1..=number).map(move |number| Call { name: name.clone(), number })).collect()
    };
    try_all("chpst", some(calls, 25), |call| {
        let scene = Scene::new();
        build(&scene);
        let mut command = scene.killed_before(call, &ours("chpst"));
        command.args(args);
        let done = scene.finish(command);
        let whole = done.out == "value\n5\n" || done.out.is_empty() || done.out == "value\n";
        assert!(whole, "{done:?}");
        let again = scene.run("chpst", &args);
        assert_eq!(again.out, "value\n5\n", "{}", again.err);
    });
}
