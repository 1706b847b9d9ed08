//! What a configuration says, with every value in its type and every default in its place.

use super::Result;
use super::facts::Facts;
use super::types::{self, Autorestart, Level, LogFile, Owner, Socket};
use super::words::Variables;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `[supervisord]`
    pub daemon: Daemon,
    /// In the order in which they start.
    pub groups: Vec<Group>,
    /// `[inet_http_server]`, then `[unix_http_server]`
    pub servers: Vec<Server>,
    /// What is to be said in the log.
    pub remarks: Vec<(Level, String)>,
    /// Whether `[rpcinterface:supervisor]` is there, without which no client can say anything.
    pub rpc: bool,
    /// Ours: sections of servers that may be asked from elsewhere without a password.
    pub unprotected: Vec<String>,
}

/// What `[supervisord]` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// A path, or `syslog`.
    pub logfile: String,
    /// 0 is no rotation.
    pub logfile_maxbytes: i64,
    /// How many old files are kept.
    pub logfile_backups: i64,
    /// What is left out.
    pub loglevel: Level,
    /// A path.
    pub pidfile: String,
    /// Of the daemon.
    pub umask: u32,
    /// Stay in the foreground.
    pub nodaemon: bool,
    /// And say nothing there.
    pub silent: bool,
    /// The least number of open files.
    pub minfds: i64,
    /// The least number of processes.
    pub minprocs: i64,
    /// Keep the old logs that were named automatically.
    pub nocleanup: bool,
    /// Where those are.
    pub childlogdir: String,
    /// As whom everything runs, to be looked up.
    pub user: Option<String>,
    /// Where the daemon runs.
    pub directory: Option<String>,
    /// Without colours.
    pub strip_ansi: bool,
    /// Of all processes.
    pub environment: Variables,
    /// What the daemon is called.
    pub identifier: String,
    /// Ours: where it keeps what it knows.
    pub statedir: Option<String>,
}

/// Processes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The lowest starts first.
    pub priority: i64,
    /// What it is.
    pub kind: Kind,
    /// In the order in which they start.
    pub processes: Vec<Process>,
}

/// What a group is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `[program:x]` or `[group:x]`
    Programs,
    /// `[eventlistener:x]`
    Listeners {
        /// How many events wait.
        buffer: i64,
        /// Which.
        events: Vec<String>,
    },
    /// `[fcgi-program:x]`
    FastCgi {
        /// Where they are asked.
        socket: Socket,
        /// How many may wait.
        backlog: Option<i64>,
        /// Whose it is.
        owner: Option<Owner>,
        /// Who may ask; nothing for a socket that is no file.
        mode: Option<u32>,
    },
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its name within its group.
    pub name: String,
    /// To be split when it starts.
    pub command: String,
    /// Where it runs.
    pub directory: Option<String>,
    /// Its own.
    pub umask: Option<u32>,
    /// The lowest starts first.
    pub priority: i64,
    /// Whether it starts with the daemon.
    pub autostart: bool,
    /// Whether it starts again.
    pub autorestart: Autorestart,
    /// How long it must have been up to be running.
    pub startsecs: i64,
    /// How often it is tried again until it is.
    pub startretries: i64,
    /// As whom it runs.
    pub uid: Option<u32>,
    /// Its standard output.
    pub stdout: Channel,
    /// Its standard error.
    pub stderr: Channel,
    /// What stops it.
    pub stopsignal: u8,
    /// How long that may take.
    pub stopwaitsecs: i64,
    /// Whether that is for its process group.
    pub stopasgroup: bool,
    /// Whether KILL is.
    pub killasgroup: bool,
    /// Those that are expected.
    pub exitcodes: Vec<u8>,
    /// Standard error goes where standard output does.
    pub redirect_stderr: bool,
    /// Besides that of the daemon.
    pub environment: Variables,
    /// What it is told of the server, an empty text for nothing; without one it is told of the daemon's.
    pub serverurl: Option<String>,
    /// Ours: names of what must be ready before.
    pub needs: Vec<String>,
    /// The section that it comes from.
    pub section: String,
}

/// What a process writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Where it goes.
    pub logfile: LogFile,
    /// 0 is no rotation.
    pub maxbytes: i64,
    /// How many old files are kept.
    pub backups: i64,
    /// How much is taken out between marks; 0 is nothing.
    pub capture_maxbytes: i64,
    /// Whether each piece is an event.
    pub events: bool,
    /// To syslog too.
    pub syslog: bool,
}

/// Where clients ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// `[inet_http_server:x]`
    pub section: String,
    /// Where it listens.
    pub at: Endpoint,
    /// Who may ask: a name and a password, which may be the SHA-1 of one.
    pub credentials: Option<(String, String)>,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An empty host is every address.
    Inet(String, u16),
    /// A socket file.
    Unix {
        /// Its path.
        path: String,
        /// Who may use it.
        mode: u32,
        /// Whose it is.
        owner: Option<Owner>,
    },
}

impl Config {
    /// As whom everything runs. It is asked for apart from reading, since a command line may name somebody else.
    pub fn uid(&self, facts: &dyn Facts) -> Result<Option<u32>> {
        self.daemon.user.as_deref().map(|user| types::user(user, facts)).transpose()
    }

    /// What processes are told of the server: the first with a socket file, or else the last.
    pub fn serverurl(&self) -> Option<String> {
        let unix = self.servers.iter().find(|server| matches!(server.at, Endpoint::Unix { .. }));
        unix.or(self.servers.last()).map(|server| match &server.at {
            Endpoint::Unix { path, .. } => format!("unix://{path}"),
            Endpoint::Inet(host, port) if host.is_empty() => format!("http://localhost:{port}"),
            Endpoint::Inet(host, port) => format!("http://{host}:{port}"),
        })
    }
}

impl Process {
    /// What people call it: both names, unless they are the same.
    pub fn called(&self, group: &str) -> String {
        if self.name == group { group.into() } else { format!("{group}:{}", self.name) }
    }
}
