//! A file system for the kernel to unpack into memory: a cpio archive of the "newc" kind, written here, because not
//! every machine has cpio and nothing else has device nodes without being root.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // reads programs, asks which libraries they need

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The archive, and what is in it already.
#[derive(Default)]
pub(crate) struct Initramfs {
    bytes: Vec<u8>,
    names: BTreeSet<String>,
}

const DIRECTORY: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const LINK: u32 = 0o120_777;
const CONSOLE: u32 = 0o020_600;

impl Initramfs {
    /// A directory, and those above it.
    pub(crate) fn dir(&mut self, path: &str) {
        let path = path.trim_matches('/');
        if path.is_empty() || self.names.contains(path) {
            return;
        }
        self.parent(path);
        self.entry(path, DIRECTORY, (0, 0), b"");
    }

    /// A program, by content.
    pub(crate) fn program(&mut self, path: &str, content: &[u8]) {
        self.parent(path);
        self.entry(path, PROGRAM, (0, 0), content);
    }

    /// A program of this machine, with the libraries that it needs.
    pub(crate) fn copy(&mut self, from: &Path, to: &str) {
        self.program(to, &fs::read(from).unwrap());
        let listed = Command::new("ldd").arg(from).output().unwrap();
        for library in String::from_utf8_lossy(&listed.stdout).split_whitespace().filter(|word| word.starts_with('/')) {
            if !self.names.contains(library.trim_matches('/')) {
                self.program(library, &fs::read(library).unwrap());
            }
        }
    }

    /// A symbolic link.
    pub(crate) fn link(&mut self, target: &str, path: &str) {
        self.parent(path);
        self.entry(path, LINK, (0, 0), target.as_bytes());
    }

    /// The console, which the kernel opens for process 1 before anything else.
    pub(crate) fn console(&mut self) {
        self.parent("dev/console");
        self.entry("dev/console", CONSOLE, (5, 1), b"");
    }

    /// The whole archive.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, (0, 0), b"");
        self.bytes
    }

    fn parent(&mut self, path: &str) {
        if let Some((parent, _)) = path.trim_matches('/').rsplit_once('/') {
            self.dir(parent);
        }
    }

    fn entry(&mut self, path: &str, mode: u32, device: (u32, u32), content: &[u8]) {
        let path = path.trim_matches('/');
        assert!(self.names.insert(path.to_owned()), "{path} twice");
        let (inode, links) = (self.names.len() as u32, if mode == DIRECTORY { 2 } else { 1 });
        let (size, length) = (content.len() as u32, path.len() as u32 + 1);
        // Inode, mode, owner, group, links, time, size, its device, the device that it is, length of the name, sum.
        let fields = [inode, mode, 0, 0, links, 0, size, 0, 0, device.0, device.1, length, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(path.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}
