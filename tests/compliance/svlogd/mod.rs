//! svlogd against the original.

use crate::scene::{Done, Running, Scene, program, until};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};

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

/// A logger and the end of its pipe that we write into.
pub(crate) struct Logger {
    pub(crate) running: Running,
    pipe: Option<File>,
}

impl Logger {
    /// Starts a logger.
    pub(crate) fn start(scene: &Scene, args: &[&str]) -> Logger {
        Logger::of(scene, program("svlogd"), args)
    }

    /// Starts this logger.
    pub(crate) fn of(scene: &Scene, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Logger {
        let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).unwrap();
        let mut command = scene.command(program);
        command.args(args).stdin(read);
        Logger { running: scene.spawn(command), pipe: Some(write.into()) }
    }

    /// Writes into its pipe.
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

    /// Closes the pipe and waits for its end.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Done {
        self.pipe = None;
        self.running.end()
    }

    /// Sends it TERM and waits for its end, the pipe open.
    #[track_caller]
    pub(crate) fn term(&mut self) -> Done {
        self.running.signal(libc::SIGTERM);
        self.running.end()
    }
}

/// A directory of this name, with this configuration.
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

/// Logs this from a file, to the end.
pub(crate) fn log_file(scene: &Scene, args: &[&str], input: impl AsRef<[u8]>) -> Done {
    let path = scene.file("input", input);
    let mut command = scene.command(program("svlogd"));
    command.args(args).stdin(OwnedFd::from(File::open(path).unwrap()));
    scene.finish(command)
}

/// The old files of a directory, oldest first, by their ends and contents.
pub(crate) fn old(scene: &Scene, directory: &str) -> Vec<(String, String)> {
    let names =
        std::fs::read_dir(scene.path(directory)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with('@')).collect();
    names.sort();
    let content = |name: &String| (name[name.len() - 2..].to_owned(), scene.read(format!("{directory}/{name}")));
    names.iter().map(content).collect()
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

/// An ending with this code and nothing on either stream.
pub(crate) fn quiet(code: i32) -> Done {
    Done { code, out: String::new(), err: String::new() }
}
