//! Listening, and counting those who have come. A server that has no place left asks somebody who is silent to leave,
//! and takes the next one when there is a place; what is short in the system is waited for.

use super::connection;
use super::ear::Ear;
use super::options::{Setup, bare};
use super::request::Visit;
use super::world::World;
use crate::cli::message::Voice;
use crate::exit::Exit;
use crate::getent;
use crate::probe::host::Place;
use crate::supervisor::config::{Endpoint, Server};
use crate::supervisor::servers::Served;
use crate::sys::errno::errno_of;
use crate::sys::fs;
use crate::sys::listener::{self, Bound, Trouble};
use crate::sys::signals::Signals;
use crate::sys::{Errno, io};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Notify, Semaphore};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

/// How many may wait to be let in.
const BACKLOG: u32 = 128;
/// How soon to try again what the system had no room for.
const AGAIN: Duration = Duration::from_secs(1);
/// How soon to say so again.
const SAID: Duration = Duration::from_secs(60);

/// A server that listens.
struct Open {
    socket: Socket,
    /// Removed when we leave.
    bound: Bound,
    server: Server,
}

enum Socket {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// Why a server does not listen.
struct Closed {
    what: String,
    why: Trouble,
}

/// Runs all of them until a signal comes.
pub(super) async fn run(setup: Setup, voice: Voice, signals: Signals) -> Exit {
    let (world, servers) = World::new(setup);
    let world = Rc::new(world);
    let mut bound = Vec::new();
    for Served { server, .. } in servers {
        match open(server) {
            Ok(open) => bound.push(open),
            Err(Closed { what, why }) => {
                match why {
                    Trouble::Call(errno) => voice.fatal(&[b"unable to listen on ", what.as_bytes()], errno),
                    Trouble::NotASocket => voice.refuse(&[what.as_bytes(), b": there is a file, and it is no socket"]),
                }
                return Exit::FATAL;
            }
        }
    }
    let mut places = Vec::new();
    for Open { socket, bound, server } in bound {
        places.push(bound);
        let visit = (Rc::clone(&world), server.credentials);
        spawn_local(serve(socket, visit, voice.clone()));
    }
    super::tell_ready();
    match Ear::new(signals) {
        Ok(ear) => loop {
            ear.heard().await;
            if ear.inner().take().is_some() {
                return Exit::OK;
            }
        },
        Err(error) => {
            voice.fatal(&[b"unable to wait for signals"], errno_of(&error));
            Exit::FATAL
        }
    }
}

fn open(server: Server) -> Result<Open, Closed> {
    let closed = |what: &str, why: Trouble| Closed { what: what.to_owned(), why };
    match &server.at {
        Endpoint::Unix { path, mode, owner } => {
            let owner = owner.map_or((None, None), |owner| (Some(owner.uid), owner.gid));
            let made = listener::unix(path.as_bytes(), Some(*mode), owner, BACKLOG);
            let bound = made.map_err(|why| closed(path, why))?;
            let socket = descriptor(&bound).and_then(|fd| UnixListener::from_std(fd.into()).map_err(|e| errno_of(&e)));
            let socket = Socket::Unix(socket.map_err(|errno| closed(path, errno.into()))?);
            Ok(Open { socket, bound, server })
        }
        Endpoint::Inet(host, port) => {
            let what = format!("{host}:{port}");
            let address = address(host).ok_or_else(|| closed(&what, Errno::EADDRNOTAVAIL.into()))?;
            let made = listener::tcp(SocketAddr::new(address, *port), BACKLOG);
            let bound = made.map_err(|why| closed(&what, why))?;
            let socket = descriptor(&bound).and_then(|fd| TcpListener::from_std(fd.into()).map_err(|e| errno_of(&e)));
            let socket = Socket::Tcp(socket.map_err(|errno| closed(&what, errno.into()))?);
            Ok(Open { socket, bound, server })
        }
    }
}

fn descriptor(bound: &Bound) -> crate::sys::Result<std::os::fd::OwnedFd> {
    io::set_nonblocking(bound.as_fd())?;
    fs::duplicate(bound.as_fd(), 0)
}

/// The address of a host; nothing named is any of IPv4, as in the original.
fn address(host: &str) -> Option<IpAddr> {
    if host.is_empty() {
        return Some(Ipv4Addr::UNSPECIFIED.into());
    }
    if let Ok(ip) = bare(host).parse() {
        return Some(ip);
    }
    let place = Place::parse(host.as_bytes(), Some(0)).ok()?;
    let found = getent::addresses(&place.host);
    found.iter().find(|ip| ip.is_ipv4()).or(found.first()).copied()
}

async fn serve(socket: Socket, (world, credentials): (Rc<World>, Option<(String, String)>), voice: Voice) {
    let places = Arc::new(Semaphore::new(world.limits.connections));
    let crowded = Rc::new(Notify::new());
    let mut told: Option<Instant> = None;
    loop {
        if places.available_permits() == 0 {
            crowded.notify_one();
        }
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let visit = Visit { world: Rc::clone(&world), credentials: credentials.clone() };
        let crowded = Rc::clone(&crowded);
        let came = match &socket {
            Socket::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                spawn_local(async move {
                    connection::serve(stream, visit, crowded).await;
                    drop(place);
                });
            }),
            Socket::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                let _ = stream.set_nodelay(true); // it is only slower without
                spawn_local(async move {
                    connection::serve(stream, visit, crowded).await;
                    drop(place);
                });
            }),
        };
        match came.map_err(|error| errno_of(&error)) {
            Ok(()) | Err(Errno::ECONNABORTED | Errno::EINTR) => {}
            Err(errno) => {
                if told.is_none_or(|told| told.elapsed() > SAID) {
                    voice.warning(&[b"unable to take a connection, trying again"], errno);
                    told = Some(Instant::now());
                }
                sleep(AGAIN).await;
            }
        }
    }
}
