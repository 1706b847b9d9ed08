//! Supervisor's configurations, read by the original's own parser and by ours: the same values, or the same complaint.
//! Needs Python with the package `supervisor`, version 4.2.

mod corpus;
pub(crate) mod running;
mod shown;

use crate::scene::{Scene, skip};
use keepup::supervisor::read;
use keepup::supervisord::host::Host;
use std::collections::BTreeMap;
use std::process::Command;

const NAME: &str = "configurations_mean_what_they_mean_to_the_original";
/// What Debian's package is for; another Python of the host may not see it.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// The original's answers by file, or why there are none.
#[allow(clippy::disallowed_methods)] // a test starts processes
fn theirs(scene: &Scene, files: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut why = String::from("no python3");
    for python in PYTHONS {
        let mut command = Command::new(python);
        command.args(["-c", include_str!("theirs.py")]).args(files).current_dir(scene.path(""));
        let Ok(output) = command.env("KEEPUP_TEST", "some value").output() else { continue };
        let text = String::from_utf8(output.stdout).unwrap();
        match text.strip_prefix("SKIPPED ") {
            Some(reason) => why = reason.trim().into(),
            None => {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                return Ok(answers(&text));
            }
        }
    }
    Err(why)
}

fn answers(text: &str) -> BTreeMap<String, String> {
    let parts = text.strip_prefix("== ").unwrap_or_default().split("\n== ");
    let cut = |part: &str| part.split_once('\n').map(|(file, answer)| (file.to_owned(), without_environment(answer)));
    parts.filter_map(cut).collect()
}

/// The original lists every variable of the environment among the names that could be used; we do not.
fn without_environment(answer: &str) -> String {
    let Some((head, names)) = answer.split_once("Available names: ") else { return answer.trim_end().into() };
    let (names, tail) = names
        .split_once(" in section ")
        .map_or((names, String::new()), |(names, tail)| (names, format!(" in section {tail}")));
    let kept: Vec<&str> = names.trim_end().split(", ").filter(|name| !name.starts_with("ENV_")).collect();
    format!("{head}Available names: {}{tail}", kept.join(", ")).trim_end().into()
}

/// The host as the daemon sees it, from where the scene is.
pub(crate) fn host_of(scene: &Scene) -> Host {
    let variables = [("KEEPUP_TEST".to_owned(), "some value".to_owned())].into();
    let directory = scene.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    Host { directory: Some(directory), variables }
}

#[test]
fn configurations_mean_what_they_mean_to_the_original() {
    let scene = Scene::new();
    let files: Vec<(String, String)> = corpus::all(&scene);
    assert!(files.len() >= 60, "{}", files.len());
    let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
    let theirs = match theirs(&scene, &paths) {
        Ok(theirs) => theirs,
        Err(why) => return skip(NAME, &why),
    };
    let host = host_of(&scene);
    let mut differ = String::new();
    for (path, text) in &files {
        let ours = without_environment(&match read::configuration(path, &host)
            .and_then(|config| config.uid(&host).map(|_| config))
        {
            Ok(config) => shown::config(&config),
            Err(why) => format!("error {why}"),
        });
        let theirs = theirs.get(path).unwrap_or_else(|| panic!("no answer about {path}"));
        if *theirs != ours {
            differ.push_str(&format!("--- {path}\n{text}\n--- theirs\n{theirs}\n--- ours\n{ours}\n\n"));
        }
    }
    assert!(differ.is_empty(), "{differ}");
}
