//! The layers of ARCHITECTURE.md, held by reading the sources and, for layer 0, by the compiler. Which module is in
//! which layer is said in one place, the comments of `src/lib.rs`; this reads them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

mod scene;

use scene::{Scene, skip};
use std::fs;
use std::path::{Path, PathBuf};

/// A module of the library's root.
#[derive(Debug, Clone)]
struct Module {
    name: String,
    layer: u8,
    root: PathBuf,
}

/// What only `sys` may name.
const SYSTEM_CRATES: &[&str] = &["libc", "mio", "nix", "signal_hook"];
/// Lines of code in a door; attributes and comments are not counted.
const DOOR: usize = 6;

fn tree() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The modules as `src/lib.rs` lists them: each belongs to the nearest `// Layer N:` above it.
fn modules() -> Vec<Module> {
    let text = fs::read_to_string(tree().join("src/lib.rs")).unwrap();
    let mut layer = None;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("// Layer ") {
            layer = rest.split(':').next().and_then(|number| number.parse().ok());
        }
        if let Some(name) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
            let layer = layer.unwrap_or_else(|| panic!("src/lib.rs: {name} stands above the first layer"));
            found.push(Module { name: name.to_owned(), layer, root: root_of(name) });
        }
    }
    found
}

fn root_of(name: &str) -> PathBuf {
    let src = tree().join("src");
    let (file, folder) = (src.join(format!("{name}.rs")), src.join(name).join("mod.rs"));
    if file.exists() { file } else { folder }
}

/// All sources of a module.
fn sources(module: &Module) -> Vec<PathBuf> {
    match module.root.file_name().is_some_and(|name| name == "mod.rs") {
        true => rust_files(module.root.parent().unwrap()),
        false => vec![module.root.clone()],
    }
}

/// The Rust files below a directory.
fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The words and marks of a source, without its comments and its texts.
fn words(path: &Path) -> Vec<String> {
    cut(&fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// The same without the unit tests, which may compare our words with the system's own.
fn shipped(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    cut(text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default())
}

fn cut(source: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            '"' => quoted(rest, '"'),
            'r' if raw(rest).is_some() => raw(rest).unwrap(),
            '\'' => character(rest).unwrap_or(1),
            c if c.is_alphanumeric() || c == '_' => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                words.push(rest[..length].to_owned());
                length
            }
            _ if rest.starts_with("::") => {
                words.push("::".to_owned());
                2
            }
            c => {
                words.extend((!c.is_whitespace()).then(|| c.to_string()));
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    words
}

/// The length of a text in quotes.
fn quoted(from: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in from.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    from.len()
}

/// The length of a raw text, if one begins here.
fn raw(from: &str) -> Option<usize> {
    let hashes = from[1..].chars().take_while(|c| *c == '#').count();
    let body = from[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(body.find(&end).map_or(from.len(), |at| from.len() - body.len() + at + end.len()))
}

/// The length of a character in quotes; nothing for a lifetime.
fn character(from: &str) -> Option<usize> {
    let mut inner = from.chars().skip(1);
    match (inner.next()?, inner.next()?) {
        ('\\', _) => Some(quoted(from, '\'')),
        (c, '\'') => Some(2 + c.len_utf8()),
        _ => None,
    }
}

/// The modules of our own crate that a source names: `crate::X` and `crate::{X, Y}`.
fn imports(words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        if pair[0] != "crate" || pair[1] != "::" {
            continue;
        }
        let after = &words[at + 2..];
        match after.first().map(String::as_str) {
            Some("{") => found.extend(group(&after[1..])),
            Some(name) => found.push(name.to_owned()),
            None => {}
        }
    }
    found
}

/// The first word of each member of a group in braces.
fn group(words: &[String]) -> Vec<String> {
    let (mut depth, mut fresh, mut found) = (0, true, Vec::new());
    for word in words {
        match word.as_str() {
            "{" => depth += 1,
            "}" if depth == 0 => break,
            "}" => depth -= 1,
            "," => fresh = depth == 0,
            _ if fresh && depth == 0 => {
                found.push(word.clone());
                fresh = false;
            }
            _ => {}
        }
    }
    found
}

/// Whether a module of this layer may name one of that layer.
fn may_import(from: &Module, to: &Module) -> bool {
    match (from.layer, to.layer) {
        _ if from.name == to.name => true,
        (0 | 1, to) => to == 0,
        (2..=4, to) => to < from.layer,
        _ => false,
    }
}

#[test]
fn the_cutter_leaves_out_comments_and_texts() {
    let source = "use std /* a::b */ ::fs; // c::d\nlet x = 'a'; f::<'y>(\"g\\\"::h\", r#\"i\"j\"#, '\\'', '\"'); k";
    let expected = "use std :: fs ; let x = ; f :: < y > ( , , , ) ; k";
    assert_eq!(cut(source).join(" "), expected);
    assert_eq!(imports(&cut("use crate::{a::{b, c}, d}; crate::e::f()")), ["a", "d", "e"]);
}

#[test]
fn the_map_lists_every_source() {
    let modules = modules();
    let mut listed: Vec<PathBuf> = modules.iter().flat_map(sources).collect();
    listed.push(tree().join("src/lib.rs"));
    let mut there = rust_files(&tree().join("src"));
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
    assert!(modules.windows(2).all(|pair| pair[0].layer <= pair[1].layer), "out of order: {modules:?}");
}

#[test]
fn a_module_names_only_what_its_layer_may() {
    let modules = modules();
    let mut wrong = Vec::new();
    for from in &modules {
        for path in sources(from) {
            for name in imports(&words(&path)) {
                let known = modules.iter().find(|to| to.name == name);
                if known.is_some_and(|to| !may_import(from, to)) {
                    wrong.push(format!("{} (layer {}) names crate::{name}", path.display(), from.layer));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_system_has_one_address() {
    let mut wrong = Vec::new();
    let elsewhere = modules().into_iter().filter(|module| module.name != "sys");
    for path in elsewhere.flat_map(|module| sources(&module)) {
        let shipped = shipped(&path);
        let named = shipped.windows(2).filter(|pair| pair[1] == "::" && SYSTEM_CRATES.contains(&pair[0].as_str()));
        wrong.extend(named.map(|pair| format!("{} names {}", path.display(), pair[0])));
        let words = words(&path);
        let keyword = words.iter().any(|word| word == "unsafe");
        wrong.extend(keyword.then(|| format!("{} says unsafe", path.display())));
        let allowed = words.iter().any(|word| word == "disallowed_methods");
        wrong.extend(allowed.then(|| format!("{} allows what clippy.toml forbids", path.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_root_but_sys_forbids_unsafe_code() {
    for module in modules() {
        let text = fs::read_to_string(&module.root).unwrap();
        let forbids = text.lines().any(|line| line == "#![forbid(unsafe_code)]");
        assert_eq!(forbids, module.name != "sys", "{}", module.root.display());
    }
}

#[test]
fn a_binary_is_a_door() {
    let doors = rust_files(&tree().join("bin"));
    assert!(!doors.is_empty());
    for path in doors {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//"));
        let code: Vec<&str> = code.filter(|line| !line.starts_with("#!")).collect();
        assert!(code.len() <= DOOR, "{}: {} lines of code", path.display(), code.len());
        assert!(code.iter().any(|line| line.contains("keepup::door!")), "{}", path.display());
        assert!(!words(&path).iter().any(|word| word == "unsafe"), "{}", path.display());
    }
}

#[test]
fn layer_0_compiles_without_the_standard_library() {
    let scene = Scene::new();
    let mut root = String::from("#![no_std]\nextern crate alloc;\n");
    for module in modules().iter().filter(|module| module.layer == 0) {
        root.push_str(&format!("#[path = {:?}]\npub mod {};\n", module.root, module.name));
    }
    let root = scene.file("words.rs", root);
    let compiler = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let mut compile = scene.command(compiler);
    compile.args(["--crate-type=lib", "--edition=2024", "--emit=metadata", "--cap-lints=allow", "-o", "words.rmeta"]);
    compile.arg(root);
    match compile.output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(why) => skip("layer_0_compiles_without_the_standard_library", &format!("no compiler: {why}")),
    }
}
