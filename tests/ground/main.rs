//! What the programs stand on (`ground/`): a program that stands on it too calls all of it (`program.rs`).
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // processes

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Beside the programs: cargo builds examples where it builds those.
fn program() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_sv")).parent().unwrap().join("examples/ground")
}

fn run(args: &[&str]) -> Output {
    let program = program();
    assert!(program.exists(), "cargo builds it with all tests, or with --example ground");
    let mut command = Command::new(program);
    command.args(args).env_clear().envs([("ONE_MORE", "a=b"), ("ONE", "1"), ("EMPTY", "")]).stdin(Stdio::null());
    command.output().unwrap()
}

fn passes(args: &[&str]) {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {:?}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
}

/// A directory that goes with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ground-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Place(path.canonicalize().unwrap())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // the next build's concern
    }
}

#[test]
fn bytes_and_texts() {
    passes(&["bytes"]);
}

#[test]
fn memory_is_nobody_elses() {
    passes(&["memory"]);
}

#[test]
fn what_is_large_goes_back() {
    passes(&["large"]);
}

#[test]
fn variables() {
    passes(&["environment"]);
}

#[test]
fn names_of_files() {
    let place = Place::new("paths");
    fs::create_dir(place.0.join("target")).unwrap();
    symlink("target", place.0.join("link")).unwrap();
    passes(&["paths", place.0.to_str().unwrap()]);
}

#[test]
fn directories_of_any_size() {
    for number in [0, 1, 2000] {
        let place = Place::new(&format!("directory-{number}"));
        for at in 0..number {
            fs::write(place.0.join(format!("an entry with the number {at:06}")), "").unwrap();
        }
        passes(&["directory", place.0.to_str().unwrap(), &number.to_string()]);
    }
}

#[test]
fn signals() {
    passes(&["signals"]);
}

#[test]
fn processes() {
    passes(&["processes"]);
}

#[test]
fn terminals() {
    passes(&["terminal"]);
}

#[test]
fn errors() {
    passes(&["errors"]);
}

#[test]
fn a_panic_says_where_and_ends_it() {
    let output = run(&["panic"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("tests/ground/program.rs") && said.contains("as asked"), "{said}");
    assert_eq!(output.status.signal(), Some(libc_abort()));
}

fn libc_abort() -> i32 {
    6
}

/// The suite is not what it says if its programs stand elsewhere.
#[test]
fn the_programs_stand_on_it() {
    if !cfg!(ground) {
        println!("SKIPPED ground: these programs are linked to a C library");
        return;
    }
    let bytes = fs::read(env!("CARGO_BIN_EXE_runsv")).unwrap();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(has(b"keepup_ground") && !has(b"GNU C Library"));
}
