//! svhttpd: who may ask, what that may cost, and the services of any directory. That it answers as Supervisor does is shown
//! in the compliance suite.

mod limits;
mod services;
mod who;

use crate::scene::{Running, Scene, ours, until};
use keepup::rpc::{Answer, Value, decode, encode};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// No answer is longer.
const MOST: usize = 1 << 26;

/// A server of a scan directory.
struct Server<'a> {
    scene: &'a Scene,
    running: Running,
    socket: PathBuf,
}

impl<'a> Server<'a> {
    /// With these options, until it answers.
    fn start(scene: &'a Scene, options: &[&str]) -> Server<'a> {
        scene.dir("scan");
        let mut command = scene.command(ours("svhttpd"));
        command.args(options).arg(scene.path("scan")).current_dir(scene.path("")).env("TZ", "UTC");
        let server = Server { scene, running: scene.spawn(command), socket: scene.path("scan/.svhttpd.sock") };
        server.until_there()
    }

    /// The same on a socket of this name.
    fn on(scene: &'a Scene, socket: &str, options: &[&str]) -> Server<'a> {
        scene.dir("scan");
        let path = scene.path(socket);
        let mut command = scene.command(ours("svhttpd"));
        command.arg("-u").arg(&path).args(options).arg(scene.path("scan")).current_dir(scene.path(""));
        Server { scene, running: scene.spawn(command), socket: path }.until_there()
    }

    fn until_there(self) -> Server<'a> {
        until("the server answers", || UnixStream::connect(&self.socket).is_ok());
        self
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Says this, and hears all until the end.
    fn raw(&self, text: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        let _ = stream.write_all(text.as_ref()); // it may close before it has heard all
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        String::from_utf8_lossy(&heard).into_owned()
    }

    fn call(&self, method: &str, params: &[Value]) -> Answer {
        let reply = self.raw(request(method, params, ""));
        let (_, body) = reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{reply}"));
        decode::answer(body.as_bytes(), MOST).unwrap_or_else(|why| panic!("{why}: {reply}"))
    }

    fn end(mut self) {
        self.running.signal(15);
        assert_eq!(self.running.end().code, 0);
        assert!(!self.socket.exists(), "the socket is gone");
    }
}

/// A call as a request, after which the connection is closed.
fn request(method: &str, params: &[Value], head: &str) -> String {
    let body = encode::call(method, params);
    let length = body.len();
    format!("POST /RPC2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{head}\r\n{body}")
}

const VERSION: &str = "supervisor.getVersion";

/// The first line of an answer.
fn status(reply: &str) -> &str {
    reply.split("\r\n").next().unwrap_or_default()
}
