//! One question and its answer in HTTP/1.1, on a connection of its own; or an answer that goes on.

use super::server::{Address, address};
use super::trouble::{Kind, Result, Trouble};
use super::wait::Wait;
use crate::getent;
use crate::logdir::address::Peer;
use crate::probe::http::response::Response;
use crate::rpc::encode::basic;
use crate::sys::reactor::Direction;
use crate::sys::{Errno, io, socket};
use core::net::SocketAddr;
use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// How long an answer may be: a whole log may be in it.
pub(super) const LONGEST: usize = 256 * 1024 * 1024;
/// How long to wait for a place in the queue of a unix socket.
const QUEUE: Duration = Duration::from_secs(60);

/// Who asks, and where.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) url: String,
    pub(super) username: String,
    pub(super) password: String,
}

/// An answer that may not have ended.
#[derive(Debug)]
pub(super) struct Stream {
    connection: OwnedFd,
    response: Response,
}

impl Server {
    /// Asks for something by POST, and waits for the whole answer.
    pub(super) fn post(&self, wait: &mut Wait, path: &str, body: &str) -> Result<Vec<u8>> {
        let length = format!("Connection: close\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n", body.len());
        let mut stream = self.ask(wait, &format!("POST {path}"), &length, body)?;
        while !stream.more(wait)? {}
        match stream.response.status() {
            Some(200) => Ok(stream.response.take()),
            status => Err(Trouble::new(Kind::Status(status.unwrap_or(0), stream.reason()))),
        }
    }

    /// Asks for something by GET, and waits for nothing: of a log that is empty not even the status comes. The
    /// connection is not said to be closed afterwards: Supervisor would gather 64 KiB before it sends any.
    pub(super) fn get(&self, wait: &mut Wait, path: &str) -> Result<Stream> {
        self.ask(wait, &format!("GET {path}"), "", "")
    }

    fn ask(&self, wait: &mut Wait, what: &str, headers: &str, body: &str) -> Result<Stream> {
        let address = address(&self.url)?;
        let mut head =
            format!("{what} HTTP/1.1\r\nHost: {}\r\nUser-Agent: supervisorctl\r\nAccept: */*\r\n", address.host());
        if !self.username.is_empty() {
            head.push_str(&format!("Authorization: {}\r\n", basic(&self.username, &self.password)));
        }
        let text = format!("{head}{headers}\r\n{body}");
        let connection = connect(wait, &address)?;
        say(wait, &connection, text.as_bytes())?;
        Ok(Stream { connection, response: Response::up_to(LONGEST) })
    }
}

impl Stream {
    /// Another status than that of success, once one is known.
    pub(super) fn refusal(&self) -> Option<u16> {
        self.response.status().filter(|status| *status != 200)
    }

    fn reason(&self) -> String {
        String::from_utf8_lossy(self.response.reason()).into_owned()
    }

    /// What has come since the last time.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.response.take()
    }

    /// Waits for more; whether that was all.
    pub(super) fn more(&mut self, wait: &mut Wait) -> Result<bool> {
        wait.one(self.connection.as_fd(), Direction::Read)?;
        self.read()
    }

    /// Reads what is there, for whoever has waited; whether that was all.
    pub(super) fn read(&mut self) -> Result<bool> {
        let mut bytes = [0; 65536];
        let heard = match io::read(&self.connection, &mut bytes) {
            Ok(heard) => heard,
            Err(Errno::EAGAIN) => return Ok(self.response.is_complete()),
            Err(errno) => return Err(Trouble::call(errno)),
        };
        let broken = |broken: crate::probe::http::response::Broken| Trouble::new(Kind::Http(broken.to_string()));
        match bytes.get(..heard) {
            Some([]) | None => self.response.end().map(|()| true).map_err(broken),
            Some(heard) => self.response.feed(heard).map(|()| self.response.is_complete()).map_err(broken),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}

/// The server may answer before it has heard all, and close.
fn say(wait: &mut Wait, connection: &OwnedFd, text: &[u8]) -> Result<()> {
    let mut unsaid = text;
    while !unsaid.is_empty() {
        match io::unsignalled(|| io::write(connection, unsaid)) {
            Ok(said) => unsaid = unsaid.get(said..).unwrap_or_default(),
            Err(Errno::EAGAIN) => wait.one(connection.as_fd(), Direction::Write)?,
            Err(Errno::EPIPE | Errno::ECONNRESET) => return Ok(()),
            Err(errno) => return Err(Trouble::call(errno)),
        }
    }
    Ok(())
}

/// To the first of its addresses where somebody answers.
fn connect(wait: &mut Wait, address: &Address) -> Result<OwnedFd> {
    let peers = match address {
        Address::Unix(path) => vec![Peer::Unix(path.as_bytes().to_vec())],
        Address::Tcp(place) => {
            let found = address.name().map(getent::addresses).unwrap_or_default();
            found.into_iter().map(|ip| Peer::Internet(SocketAddr::new(ip, place.port))).collect()
        }
    };
    let mut trouble = Trouble::new(Kind::UnknownHost);
    for peer in &peers {
        match connect_to(wait, peer) {
            Ok(connection) => return Ok(connection),
            Err(Trouble { kind: Kind::Interrupt, .. }) => return Err(Trouble::new(Kind::Interrupt)),
            Err(other) => trouble = other,
        }
    }
    Err(trouble)
}

fn connect_to(wait: &mut Wait, peer: &Peer) -> Result<OwnedFd> {
    let connection = socket::connect(peer, QUEUE).map_err(Trouble::call)?;
    wait.one(connection.as_fd(), Direction::Write)?;
    socket::outcome(&connection).map_err(Trouble::call)?;
    Ok(connection)
}
