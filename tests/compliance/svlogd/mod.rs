//! svlogd against the original.

use crate::scene::logger::old_names;
use crate::scene::{Done, Scene, program, until};
use std::fs::File;
use std::os::fd::OwnedFd;

mod config;
mod files;
mod lines;
mod network;
mod patterns;
mod processor;
mod rotation;
mod signals;
mod trouble;
mod usage;

/// Logs this from a file, to the end.
pub(crate) fn log_file(scene: &Scene, args: &[&str], input: impl AsRef<[u8]>) -> Done {
    let path = scene.file("input", input);
    let mut command = scene.command(program("svlogd"));
    command.args(args).stdin(OwnedFd::from(File::open(path).unwrap()));
    scene.finish(command)
}

/// The old files of a directory, oldest first, by their ends and contents.
pub(crate) fn old(scene: &Scene, directory: &str) -> Vec<(String, String)> {
    let content = |name: &String| (name[name.len() - 2..].to_owned(), scene.read(format!("{directory}/{name}")));
    old_names(scene, directory).iter().map(content).collect()
}

/// The same without ends.
pub(crate) fn old_texts(scene: &Scene, directory: &str) -> Vec<String> {
    old(scene, directory).into_iter().map(|(_, text)| text).collect()
}

/// Permission bits.
pub(crate) fn mode(scene: &Scene, name: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(scene.path(name)).unwrap().permissions().mode() & 0o7777
}

/// Waits until a file says this.
#[track_caller]
pub(crate) fn until_says(scene: &Scene, name: &str, text: &str) {
    until(&format!("{name} says {text:?}"), || scene.read(name) == text);
}
