//! A logger that reads what the test writes, and what it leaves in its directories.

use super::{Done, Running, Scene, program};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::Command;

/// A logger and the end of its pipe that we write into.
pub struct Logger {
    pub running: Running,
    pipe: Option<File>,
}

/// A pipe that no child inherits by accident.
pub fn pipe() -> (OwnedFd, OwnedFd) {
    nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap()
}

impl Logger {
    /// Starts the logger under test.
    pub fn start(scene: &Scene, args: &[&str]) -> Logger {
        let mut command = scene.command(program("svlogd"));
        command.args(args);
        Logger::of(scene, command)
    }

    /// Starts this command with a pipe of ours.
    pub fn of(scene: &Scene, mut command: Command) -> Logger {
        let (read, write) = pipe();
        command.stdin(read);
        Logger { running: scene.spawn(command), pipe: Some(write.into()) }
    }

    /// Writes into its pipe.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.pipe.as_mut().unwrap().write_all(bytes.as_ref()).unwrap();
    }

    /// How many bytes wait in its pipe.
    pub fn unread(&self) -> i32 {
        let mut count = 0;
        // SAFETY: an open descriptor, and an address of ours.
        let answer = unsafe { libc::ioctl(self.pipe.as_ref().unwrap().as_raw_fd(), libc::FIONREAD, &mut count) };
        assert_eq!(answer, 0);
        count
    }

    /// Closes the pipe and waits for its end.
    #[track_caller]
    pub fn end(&mut self) -> Done {
        self.pipe = None;
        self.running.end()
    }

    /// Sends it TERM and waits for its end, the pipe open.
    #[track_caller]
    pub fn term(&mut self) -> Done {
        self.running.signal(libc::SIGTERM);
        self.running.end()
    }
}

/// A directory of this name, with this configuration.
pub fn directory(scene: &Scene, name: &str, config: &str) {
    scene.dir(name);
    if !config.is_empty() {
        scene.file(format!("{name}/config"), config);
    }
}

/// Logs this through a pipe, to the end.
pub fn log(scene: &Scene, args: &[&str], input: impl AsRef<[u8]>) -> Done {
    let mut logger = Logger::start(scene, args);
    logger.write(input);
    logger.end()
}

/// The old files of a directory by name, oldest first.
pub fn old_names(scene: &Scene, directory: &str) -> Vec<String> {
    let names =
        std::fs::read_dir(scene.path(directory)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with('@')).collect();
    names.sort();
    names
}

/// All that a directory holds, in the order in which it was written.
pub fn all_bytes(scene: &Scene, directory: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in old_names(scene, directory) {
        bytes.extend(scene.bytes(format!("{directory}/{name}")));
    }
    bytes.extend(scene.bytes(format!("{directory}/current")));
    bytes
}

/// An ending with this code and nothing on either stream.
pub fn quiet(code: i32) -> Done {
    Done { code, out: String::new(), err: String::new() }
}
