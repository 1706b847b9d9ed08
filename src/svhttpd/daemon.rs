//! What only a supervisord knows, asked over its socket: one connection, one line, and an answer of lines.

use crate::rpc::fault::{Fault, Kind};
use crate::sys::errno::{Reason, errno_of};
use core::time::Duration;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// A supervisord answers without waiting for any process.
const PATIENCE: Duration = Duration::from_secs(30);
/// No answer is longer: ten thousand processes with all that is known of them.
const LONGEST: usize = 32 << 20;

/// Where it answers.
#[derive(Debug)]
pub(super) struct Daemon {
    socket: PathBuf,
}

impl Daemon {
    pub(super) fn new(state: &Path) -> Daemon {
        Daemon { socket: state.join("control") }
    }

    /// Asks, and gives the lines of the answer behind the first.
    pub(super) async fn ask(&self, words: &[&str]) -> Result<Vec<String>, Fault> {
        // What could not stand in a line is the name of nothing.
        if words.iter().any(|word| word.contains(['\t', '\n'])) {
            return Err(Kind::BAD_NAME.about(&words.get(1..).unwrap_or_default().join(" ")));
        }
        let line = format!("{}\n", words.join("\t"));
        let answer = match timeout(PATIENCE, self.talk(line.as_bytes())).await {
            Ok(answer) => answer.map_err(|error| self.unreachable(errno_of(&error).reason()))?,
            Err(_) => return Err(self.unreachable("it does not answer")),
        };
        let text = String::from_utf8_lossy(&answer);
        let mut lines = text.lines();
        match lines.next() {
            Some("ok") => Ok(lines.map(str::to_owned).collect()),
            Some(first) => Err(fault(first).unwrap_or_else(|| self.unreachable("it answers with nonsense"))),
            None => Err(self.unreachable("it has left")),
        }
    }

    fn unreachable(&self, why: &str) -> Fault {
        Kind::FAILED.about(&format!("supervisord does not run, or cannot be asked: {}: {why}", self.socket.display()))
    }

    async fn talk(&self, line: &[u8]) -> Result<Vec<u8>, Error> {
        let socket = UnixStream::connect(&self.socket).await?;
        let mut unsaid = line;
        while !unsaid.is_empty() {
            socket.writable().await?;
            match socket.try_write(unsaid) {
                Ok(said) => unsaid = unsaid.get(said..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        let mut heard = Vec::new();
        let mut bytes = [0; 16384];
        loop {
            socket.readable().await?;
            match socket.try_read(&mut bytes) {
                Ok(0) => return Ok(heard),
                Ok(length) => heard.extend_from_slice(bytes.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if heard.len() > LONGEST {
                return Err(ErrorKind::FileTooLarge.into());
            }
        }
    }
}

/// `fault 10 BAD_NAME: x`
fn fault(line: &str) -> Option<Fault> {
    let (code, text) = line.strip_prefix("fault ")?.split_once(' ')?;
    Some(Fault { code: code.parse().ok()?, text: text.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_number_and_a_text() {
        let expected = Fault { code: 92, text: "CANT_REREAD: no such file".into() };
        assert_eq!(fault("fault 92 CANT_REREAD: no such file"), Some(expected));
        for line in ["fault x y", "fault 1", "faults 1 x", "", "nonsense"] {
            assert_eq!(fault(line), None, "{line}");
        }
    }
}
