//! What our svlogd does that the original does not, or does better.

use crate::scene::{Done, Running, Scene, ours};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

mod forwarding;
mod kill;
mod loss;
mod memory;
mod outputs;
mod plain_file;
mod processors;
mod stream;

/// A logger of ours and the end of its pipe that we write into.
pub(crate) struct Logger {
    pub(crate) running: Running,
    pipe: Option<File>,
}

/// A pipe that no child inherits by accident.
pub(crate) fn pipe() -> (OwnedFd, OwnedFd) {
    nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap()
}

impl Logger {
    pub(crate) fn start(scene: &Scene, args: &[&str]) -> Logger {
        let mut command = scene.command(ours("svlogd"));
        command.args(args);
        Logger::of(scene, command)
    }

    /// Starts this command with a pipe of ours.
    pub(crate) fn of(scene: &Scene, mut command: std::process::Command) -> Logger {
        let (read, write) = pipe();
        command.stdin(read);
        Logger { running: scene.spawn(command), pipe: Some(write.into()) }
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.pipe.as_mut().unwrap().write_all(bytes.as_ref()).unwrap();
    }

    /// How many bytes wait in its pipe.
    pub(crate) fn unread(&self) -> i32 {
        let mut count = 0;
        // SAFETY: an open descriptor, and an address of ours.
        let answer = unsafe { libc::ioctl(self.pipe.as_ref().unwrap().as_raw_fd(), libc::FIONREAD, &mut count) };
        assert_eq!(answer, 0);
        count
    }

    #[track_caller]
    pub(crate) fn end(&mut self) -> Done {
        self.pipe = None;
        self.running.end()
    }

    #[track_caller]
    pub(crate) fn term(&mut self) -> Done {
        self.running.signal(libc::SIGTERM);
        self.running.end()
    }
}

pub(crate) fn directory(scene: &Scene, name: &str, config: &str) {
    scene.dir(name);
    if !config.is_empty() {
        scene.file(format!("{name}/config"), config);
    }
}

/// Logs this through a pipe, to the end.
pub(crate) fn log(scene: &Scene, args: &[&str], input: impl AsRef<[u8]>) -> Done {
    let mut logger = Logger::start(scene, args);
    logger.write(input);
    logger.end()
}

/// The old files of a directory by name, oldest first.
pub(crate) fn old_names(scene: &Scene, directory: &str) -> Vec<String> {
    let names =
        std::fs::read_dir(scene.path(directory)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with('@')).collect();
    names.sort();
    names
}

/// All that a directory holds, in the order in which it was written.
pub(crate) fn all_bytes(scene: &Scene, directory: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in old_names(scene, directory) {
        bytes.extend(scene.bytes(format!("{directory}/{name}")));
    }
    bytes.extend(scene.bytes(format!("{directory}/current")));
    bytes
}

pub(crate) fn quiet(code: i32) -> Done {
    Done { code, out: String::new(), err: String::new() }
}

/// Numbers that are the same in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }
}
