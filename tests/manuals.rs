//! Programs, their `--help`, their manual pages and their completions tell the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

mod scene;

use keepup::service::journal::{Cause, Event, Key};
use keepup::service::policy::File;
use keepup::service::record::Phase;
use keepup::service::word::Word;
use scene::{Scene, ours, skip};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The headings of a page, in this order; those of a program must all be there but for the ones in `IF_NEEDED`.
const HEADINGS: &[&str] = &[
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "ENVIRONMENT",
    "FILES",
    "SIGNALS",
    "EXIT STATUS",
    "EXAMPLES",
    "SEE ALSO",
    "DIFFERENCES",
];
const IF_NEEDED: &[&str] = &["ENVIRONMENT", "FILES", "SIGNALS"];

fn tree() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names in Cargo.toml's `[[bin]]` sections.
fn programs() -> Vec<String> {
    let cargo = fs::read_to_string(tree().join("Cargo.toml")).unwrap();
    // Those with a feature are there with that.
    let is_built = |section: &&str| cfg!(feature = "http") || !section.contains("required-features = [\"http\"]");
    let sections = cargo.split("\n[").filter(|section| section.starts_with("[bin]]")).filter(is_built);
    let name = |section: &str| section.lines().find_map(|line| line.strip_prefix("name = ")).map(unquoted);
    let found: Vec<String> = sections.map(|section| name(section).unwrap()).collect();
    assert!(!found.is_empty());
    found
}

fn unquoted(text: &str) -> String {
    text.trim_matches('"').to_owned()
}

fn page_of(program: &str) -> PathBuf {
    let pages = (1..=8).map(|section| tree().join(format!("man/{program}.{section}")));
    pages.into_iter().find(|path| path.exists()).unwrap_or_else(|| panic!("{program} has no page in man/"))
}

fn help(program: &str) -> String {
    help_of(program, &[])
}

fn help_of(program: &str, command: &[&str]) -> String {
    let scene = Scene::new();
    let mut asked = scene.command(ours(program));
    asked.args(command).arg("--help");
    let done = scene.finish(asked);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{program} {command:?} --help");
    done.out
}

/// Programs whose commands have options of their own, which the commands' own help tells.
const WITH_OPTIONS_OF_COMMANDS: &[&str] = &["svprobe"];

/// Each command of such a program, with its options.
fn commands_with_options() -> Vec<(&'static str, String, BTreeSet<String>)> {
    let mut found = Vec::new();
    for program in WITH_OPTIONS_OF_COMMANDS {
        for command in commands_of_help(&help(program)) {
            let mut options = options_of_help(&help_of(program, &[&command]));
            assert!(options.remove("--help"), "{program} {command}");
            found.push((*program, command, options));
        }
    }
    found
}

/// The options that `--help` lists: `  -t, --times   how often`.
fn options_of_help(text: &str) -> BTreeSet<String> {
    let listed = text.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with('-'));
    let spelled = listed.flat_map(|line| {
        let words = line.split([' ', ',']).filter(|word| !word.is_empty());
        words.take_while(|word| word.starts_with('-')).map(str::to_owned).collect::<Vec<_>>()
    });
    spelled.collect()
}

/// The commands that `--help` lists, if it does: `  start   start it`.
fn commands_of_help(text: &str) -> BTreeSet<String> {
    let after = text.split_once("\nCommands:\n").map_or("", |(_, after)| after);
    let listed = after.lines().map_while(|line| line.strip_prefix("  "));
    listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// The lines of one section of a page.
fn section<'p>(page: &'p str, heading: &str) -> Vec<&'p str> {
    let from = page.lines().skip_while(|line| *line != format!(".Sh {heading}")).skip(1);
    from.take_while(|line| !line.starts_with(".Sh ")).collect()
}

/// The options that a page explains: the flags in the items of its list.
fn options_of_page(page: &str) -> BTreeSet<String> {
    let items = section(page, "OPTIONS").into_iter().filter(|line| line.starts_with(".It "));
    // runit's -V names a version and then fails as a wrong call does; a page may tell of it.
    items.flat_map(flags).filter(|flag| flag != "-V").collect()
}

/// The arguments of every `Fl` in a line, with their dash.
fn flags(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut within = false;
    for word in line.split_whitespace() {
        match word {
            "Fl" => within = true,
            "," | "|" => {}
            macro_name if macro_name.len() == 2 && macro_name.starts_with(|c: char| c.is_ascii_uppercase()) => {
                within = false;
            }
            flag if within => found.push(format!("-{}", flag.replace("\\-", "-").replace('\\', ""))),
            _ => {}
        }
    }
    found
}

fn pages() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(tree().join("man")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn every_page_has_the_same_headings_in_the_same_order() {
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let found: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix(".Sh ")).collect();
        let known: Vec<&str> = HEADINGS.iter().copied().filter(|heading| found.contains(heading)).collect();
        if path.extension().is_some_and(|section| section == "8" || section == "1") {
            assert_eq!(found, known, "{}", path.display());
            let missing = HEADINGS.iter().filter(|heading| !found.contains(heading) && !IF_NEEDED.contains(heading));
            assert_eq!(missing.count(), 0, "{}: {found:?}", path.display());
        } else {
            let agreed: Vec<&str> = found.iter().copied().filter(|heading| HEADINGS.contains(heading)).collect();
            assert_eq!(agreed, known, "{}", path.display());
            assert_eq!(found.first(), Some(&"NAME"), "{}", path.display());
        }
    }
}

#[test]
fn every_option_is_on_its_page_and_the_other_way_round() {
    for program in programs() {
        let page = fs::read_to_string(page_of(&program)).unwrap();
        assert_eq!(options_of_page(&page), options_of_help(&help(&program)), "{program}: the page, and --help");
    }
}

#[test]
fn every_command_is_on_its_page() {
    for program in programs() {
        let page = fs::read_to_string(page_of(&program)).unwrap();
        let explained: BTreeSet<&str> =
            page.lines().filter(|line| line.starts_with(".It Cm ")).flat_map(|line| line.split_whitespace()).collect();
        for command in commands_of_help(&help(&program)) {
            assert!(explained.contains(command.as_str()), "{program} {command} is not on its page");
        }
    }
}

#[test]
fn every_option_of_a_command_is_on_its_page_and_the_other_way_round() {
    for (program, command, options) in commands_with_options() {
        let page = fs::read_to_string(page_of(program)).unwrap();
        let begin = format!(".It Cm {command} ");
        let item = page.lines().find(|line| line.starts_with(&begin)).unwrap_or_else(|| panic!("{program} {command}"));
        assert_eq!(BTreeSet::from_iter(flags(item)), options, "{program} {command}: the page, and --help");
    }
}

#[test]
fn every_page_is_clean() {
    let scene = Scene::new();
    let mut mandoc = scene.command("mandoc");
    mandoc.args(["-T", "lint", "-W", "warning"]).args(pages());
    match mandoc.output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(why) => skip("every_page_is_clean", &format!("mandoc: {why}")),
    }
}

/// What a completion offers, asked of bash itself.
fn bash_offers(program: &str, typed: &[&str]) -> Option<BTreeSet<String>> {
    const ASK: &str = r#"source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        function_name=$(complete -p "$1"); function_name=${function_name#*-F }; ${function_name%% *} "$1" "${!#}" "${*: -2:1}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let scene = Scene::new();
    scene.dir("services/web/supervise");
    scene.dir("services/worker/log");
    let mut bash = scene.command("bash");
    bash.args(["--norc", "-c", ASK, "bash"]).arg(tree().join("completions/bash").join(program));
    bash.arg(program).args(typed).env("SVDIR", scene.path("services"));
    // Some ask the program.
    let mut path = ours(program).parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    bash.env("PATH", path);
    let output = bash.output().ok()?;
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split_whitespace().map(str::to_owned).collect())
}

#[test]
fn bash_completes_every_option_and_command() {
    for program in programs() {
        let help = help(&program);
        let Some(offered) = bash_offers(&program, &["-"]) else {
            return skip("bash_completes_every_option_and_command", "no bash");
        };
        assert_eq!(offered, options_of_help(&help), "{program} -");
        let commands = commands_of_help(&help);
        if !commands.is_empty() {
            assert_eq!(bash_offers(&program, &[""]).unwrap(), commands, "{program}");
        }
    }
}

#[test]
fn completions_know_the_options_of_commands() {
    for (program, command, options) in commands_with_options() {
        let path = tree().join("completions/zsh").join(format!("_{program}"));
        let zsh = fs::read_to_string(&path).unwrap();
        // The arm of the command, up to the next one.
        let arm = zsh.split_once(&format!("\n    {command}) ")).and_then(|(_, rest)| rest.split(";;").next());
        let arm: Vec<&str> = arm.unwrap_or_else(|| panic!("zsh: {program} {command}")).split(between_words).collect();
        let known = arm.into_iter().filter(|word| word.starts_with("--")).map(str::to_owned);
        assert_eq!(known.collect::<BTreeSet<_>>(), options, "zsh: {program} {command}");
        if command == "program" {
            continue; // whatever follows belongs to what is run
        }
        let Some(mut offered) = bash_offers(program, &[&command, "-"]) else {
            return skip("completions_know_the_options_of_commands", "no bash");
        };
        for common in options_of_help(&help(program)) {
            offered.remove(&common);
        }
        assert_eq!(offered, options, "bash: {program} {command} -");
    }
}

#[test]
fn bash_completes_services() {
    if !tree().join("completions/bash/sv").exists() {
        return skip("bash_completes_services", "no completion of sv");
    }
    let Some(offered) = bash_offers("sv", &["-w", "5", "status", "w"]) else {
        return skip("bash_completes_services", "no bash");
    };
    assert_eq!(offered, BTreeSet::from(["web".to_owned(), "worker".to_owned()]));
    assert_eq!(bash_offers("sv", &["status", "worker/"]).unwrap(), BTreeSet::from(["worker/log".to_owned()]));
    assert_eq!(bash_offers("sv", &["-w", ""]).unwrap(), BTreeSet::new(), "a number of seconds is not a command");
}

/// `sv log` has options behind the word; they are explained where it is.
#[test]
fn the_options_of_a_command_are_told_everywhere_too() {
    let scene = Scene::new();
    let mut command = scene.command(ours("sv"));
    command.args(["log", "--help"]);
    let options = options_of_help(&scene.finish(command).out);
    assert!(options.contains("--since"), "{options:?}");
    let page = fs::read_to_string(page_of("sv")).unwrap();
    let explained = page.lines().skip_while(|line| *line != ".Ss Logs").take_while(|line| !line.starts_with(".Sh "));
    let explained: BTreeSet<String> = explained.filter(|line| line.starts_with(".It ")).flat_map(flags).collect();
    assert_eq!(explained, options, "the page, and sv log --help");
    let zsh = fs::read_to_string(tree().join("completions/zsh/_sv")).unwrap();
    let table = zsh.split_once("\n    _arguments").unwrap().1.split_once("\n}").unwrap().0;
    let words: BTreeSet<&str> = table.split(between_words).collect();
    assert!(options.iter().all(|option| words.contains(option.as_str())), "{words:?}");
    match bash_offers("sv", &["log", "-"]) {
        Some(offered) => assert_eq!(offered, options, "sv log -"),
        None => skip("the_options_of_a_command_are_told_everywhere_too", "no bash"),
    }
}

/// The words of `sv` that runit's does not have; all have options behind them.
fn errands() -> Vec<String> {
    const LAST_VERB: &str = "  force-shutdown ";
    let help = help("sv");
    let lines = help.lines().skip_while(|line| !line.starts_with(LAST_VERB)).skip(1);
    let found: Vec<String> = lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(found.contains(&"list".to_owned()), "{found:?}");
    found
}

#[test]
fn the_options_of_errands_are_told_everywhere_too() {
    let page = fs::read_to_string(page_of("sv")).unwrap();
    let zsh = fs::read_to_string(tree().join("completions/zsh/_sv")).unwrap();
    for word in errands().into_iter().chain(["stop", "down"].map(str::to_owned)) {
        let help = help_of("sv", &[&word]);
        let options = options_of_help(&help);
        // A page names an option as the help does first.
        let lines = help.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with('-'));
        let named = lines.filter_map(|line| line.split([' ', ',']).next()).map(str::to_owned);
        let named: BTreeSet<String> = named.filter(|name| name != "--help" && name != "--version").collect();
        let begin = format!(".It Cm {word}");
        let items = page.lines().filter(|line| line.strip_prefix(&begin).is_some_and(|rest| !rest.starts_with('-')));
        let explained: BTreeSet<String> = items.flat_map(flags).collect();
        assert_eq!(explained, named, "the page, and sv {word} --help");
        let function = zsh.split_once(&format!("\n_sv_{word}() {{")).unwrap_or_else(|| panic!("zsh: {word}")).1;
        let words: BTreeSet<&str> = function.split_once("\n}").unwrap().0.split(between_words).collect();
        assert!(options.iter().all(|option| words.contains(option.as_str())), "zsh: {word}: {words:?}");
        match bash_offers("sv", &[&word, "-"]) {
            Some(offered) => assert_eq!(offered, options, "sv {word} -"),
            None => skip("the_options_of_errands_are_told_everywhere_too", "no bash"),
        }
    }
}

/// zsh's completions are read, not run: each option stands in its file as `'-x[` or `{-x,--long}`.
#[test]
fn zsh_completes_every_option_and_command() {
    for program in programs() {
        let path = tree().join("completions/zsh").join(format!("_{program}"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(text.starts_with(&format!("#compdef {program}\n")), "{}", path.display());
        let text = text.replace("_files -/", ""); // chpst has an option of that name
        let words: BTreeSet<&str> = text.split(between_words).filter(|word| !word.is_empty()).collect();
        let help = help(&program);
        let options = options_of_help(&help);
        for expected in options.iter().chain(&commands_of_help(&help)) {
            assert!(words.contains(expected.as_str()), "{}: {expected}", path.display());
        }
        // What stands before `_arguments` is zsh's own.
        let table = text.split_once("\n_arguments").unwrap().1.split_once("\n").unwrap().1;
        let table = table.split('\n').filter_map(|line| line.split_once('[')).map(|(option, _)| option);
        for word in
            table.flat_map(|line| line.split(between_words)).filter(|word| word.starts_with('-') && word.len() > 1)
        {
            assert!(options.contains(word), "{}: {word} is no option", path.display());
        }
    }
}

fn between_words(c: char) -> bool {
    !(c.is_alphanumeric() || c == '-' || c == '/')
}

#[test]
fn zsh_can_read_its_completions() {
    let scene = Scene::new();
    for entry in fs::read_dir(tree().join("completions/zsh")).unwrap() {
        let path = entry.unwrap().path();
        match scene.command("zsh").arg("-n").arg(&path).output() {
            Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
            Err(why) => return skip("zsh_can_read_its_completions", &format!("zsh: {why}")),
        }
    }
}

/// The page of the service directory, which no program has a help for.
fn service_page() -> String {
    fs::read_to_string(tree().join("man/service.5")).unwrap()
}

/// The lines below a subheading.
fn subsection<'p>(page: &'p str, heading: &str) -> Vec<&'p str> {
    let from = page.lines().skip_while(|line| *line != format!(".Ss {heading}")).skip(1);
    from.take_while(|line| !line.starts_with(".Ss ") && !line.starts_with(".Sh ")).collect()
}

/// Lines as they are shown, without macros, quotes and capitals.
fn shown(lines: &[&str]) -> String {
    let is_macro = |word: &&str| {
        let mut letters = word.trim_start_matches('.').chars();
        word.trim_start_matches('.').len() == 2
            && letters.next().is_some_and(|letter| letter.is_ascii_uppercase())
            && letters.all(|letter| letter.is_ascii_lowercase())
    };
    let words = lines.iter().flat_map(|line| {
        let within = line.starts_with('.');
        line.split_whitespace().filter(move |word| !within || !is_macro(word))
    });
    let mut text = String::new();
    for word in words {
        let joins = text.is_empty() || [",", ".", ";", ")"].contains(&word);
        text.push_str(if joins { "" } else { " " });
        text.push_str(&word.to_lowercase());
    }
    text
}

/// The items of a list: the words of each head, and what is below it.
fn items<'p>(lines: &[&'p str]) -> Vec<(Vec<&'p str>, String)> {
    let heads: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with(".It ")).collect();
    let item = |at: usize| {
        let below = lines[at + 1..].iter().take_while(|line| !line.starts_with(".It ") && **line != ".El");
        (lines[at].split_whitespace().skip(1).collect(), shown(&below.copied().collect::<Vec<_>>()))
    };
    heads.into_iter().map(item).collect()
}

/// Each keyword of each file is on the page, with what may follow it, what it says, and what applies without the file.
#[test]
fn the_page_of_the_service_directory_tells_all_that_its_files_may_say() {
    let page = service_page();
    let of_s6 = subsection(&page, "Files of s6");
    for file in File::ALL {
        let name = file.word();
        let mut lines = subsection(&page, name);
        let absent = format!("absent: {}", file.absent().to_lowercase());
        let found = if lines.is_empty() {
            lines.clone_from(&of_s6);
            items(&of_s6).into_iter().filter(|(head, _)| head.starts_with(&["Pa", name])).collect()
        } else {
            assert!(shown(&lines).contains(&absent), "{name}: {absent}");
            items(&lines)
        };
        for entry in file.entries() {
            let item = found
                .iter()
                .find(|(head, text)| head.contains(&entry.word) && text.contains(&entry.says.to_lowercase()));
            let (head, text) =
                item.unwrap_or_else(|| panic!("{name}: {}: {} is not on the page", entry.word, entry.says));
            let takes = (entry.takes)();
            let words = takes.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            for word in words {
                let told = head.iter().any(|told| told.split(|c: char| !c.is_alphanumeric()).any(|part| part == word));
                assert!(told, "{name}: {} takes {takes}: {head:?}", entry.word);
            }
            assert!(of_s6 != lines || text.contains(&absent), "{name}: {absent}");
        }
    }
}

#[test]
fn the_page_of_the_service_directory_tells_every_word_of_the_journal() {
    fn words<W: Word>() -> BTreeSet<&'static str> {
        W::ALL.iter().map(|word| word.word()).collect()
    }
    let page = service_page();
    let lines = subsection(&page, "The journal");
    let mut lists = lines.split(|line| *line == ".El");
    for expected in [words::<Event>(), words::<Cause>(), words::<Key>()] {
        let told = items(lists.next().unwrap()).into_iter().map(|(head, text)| {
            assert!(!text.is_empty(), "{head:?}");
            head[1]
        });
        assert_eq!(told.collect::<BTreeSet<_>>(), expected);
    }
    let status = items(&subsection(&page, "supervise/")).into_iter().find(|(head, _)| head[..] == ["Pa", "status"]);
    let status = status.unwrap().1;
    for phase in Phase::ALL {
        assert!(status.contains(phase.word()), "{phase}");
    }
}

#[test]
fn text_is_read_as_mandoc_shows_it() {
    assert_eq!(shown(&["As", ".Ql 1s x2 .", ".Po", ".Pa check ,", "or", ".Ar X", ".Pc"]), "as 1s x2. check, or x");
    let list = [".Bl -tag", ".It Cm a Ar B", "Is", ".Pa ./a .", ".It Cm c", "d", ".El", "no"];
    assert_eq!(items(&list), [(vec!["Cm", "a", "Ar", "B"], "is ./a.".into()), (vec!["Cm", "c"], "d".into())]);
}

#[test]
fn flags_are_read_as_mandoc_reads_them() {
    assert_eq!(flags(".It Fl w Ar seconds , Fl -wait Ar seconds"), ["-w", "--wait"]);
    assert_eq!(flags(".It Fl -json , j"), ["--json", "-j"]);
    assert_eq!(options_of_help("Options:\n  -t, --times       how -often\n  --help, help      x\n"), {
        BTreeSet::from(["-t".to_owned(), "--times".to_owned(), "--help".to_owned()])
    });
}
