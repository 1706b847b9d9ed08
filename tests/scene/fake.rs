//! A `supervise` directory without a `runsv`: the test holds the fifos and writes the status by hand, so that every
//! state that `sv` may meet can be shown to it, and every byte that it sends is seen.

use super::Scene;
use super::status::Status;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

pub struct Fake {
    dir: PathBuf,
    control: File,
    ok: Option<File>,
}

impl Scene {
    /// A service directory with all that `runsv` would have made in it.
    pub fn fake(&self, name: &str, status: Status) -> Fake {
        let dir = self.dir(format!("{name}/supervise"));
        let fifo = |file: &str| {
            let path = dir.join(file);
            nix::unistd::mkfifo(&path, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
            OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).unwrap()
        };
        let fake = Fake { control: fifo("control"), ok: Some(fifo("ok")), dir: dir.clone() };
        fake.says(status);
        fake
    }
}

impl Fake {
    /// Replaces the status.
    pub fn says(&self, status: Status) {
        self.says_bytes(&status.pack());
    }

    /// Replaces the status by any bytes.
    pub fn says_bytes(&self, bytes: &[u8]) {
        let fresh = self.dir.join("status.new");
        fs::write(&fresh, bytes).unwrap();
        fs::rename(fresh, self.dir.join("status")).unwrap();
    }

    /// The commands that have arrived since the last call.
    pub fn got(&mut self) -> String {
        let mut bytes = Vec::new();
        let mut buffer = [0; 64];
        while let Ok(number @ 1..) = self.control.read(&mut buffer) {
            bytes.extend(&buffer[..number]);
        }
        String::from_utf8(bytes).unwrap()
    }

    /// Waits until just these commands have arrived.
    #[track_caller]
    pub fn until_got(&mut self, wanted: &str) {
        let mut all = String::new();
        super::until(&format!("the bytes {wanted:?} arrive"), || {
            all.push_str(&self.got());
            all == wanted
        });
    }

    /// No runsv is here any more.
    pub fn leave(&mut self) {
        self.ok = None;
        // A child that another test is just starting may have a copy of it for a moment.
        let write = || OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(self.dir.join("ok"));
        super::until("nobody reads ok", || write().is_err());
    }
}
