//! A configuration in the form that `theirs.py` prints.

use keepup::supervisor::config::{Channel, Config, Daemon, Endpoint, Kind, Process, Server};
use keepup::supervisor::python::quoted;
use keepup::supervisor::types::{Autorestart, Level, LogFile, Owner, Socket};
use keepup::supervisor::words::Variables;
use std::fmt::Display;

pub(super) fn config(config: &Config) -> String {
    let mut lines = vec![daemon(&config.daemon)];
    for group in &config.groups {
        lines.push(format!("group name={} priority={}", quoted(&group.name), group.priority));
        lines.extend(kind(&group.kind));
        group.processes.iter().for_each(|of| lines.extend(process(of)));
    }
    lines.extend(config.servers.iter().map(server));
    lines.push(format!("serverurl {}", optional(config.serverurl().map(|url| quoted(&url)))));
    for wanted in [Level::Warn, Level::Info] {
        let of = config.remarks.iter().filter(|(level, text)| *level == wanted && !is_ours(text));
        lines.extend(of.map(|(_, text)| format!("remark {text}")));
    }
    lines.join("\n")
}

/// What only we say.
fn is_ours(text: &str) -> bool {
    text.contains(" is not known and is ignored") || text.starts_with("There is more than one ")
}

fn optional<T: Display>(value: Option<T>) -> String {
    value.map_or("none".into(), |value| value.to_string())
}

fn variables(of: &Variables) -> String {
    of.iter().map(|(key, value)| format!("{key}={}", quoted(value))).collect::<Vec<_>>().join(" ")
}

fn daemon(of: &Daemon) -> String {
    let level = match of.loglevel {
        Level::Blather => 3,
        Level::Trace => 5,
        Level::Debug => 10,
        Level::Info => 20,
        Level::Warn => 30,
        Level::Error => 40,
        Level::Critical => 50,
    };
    format!(
        "daemon logfile={} logfile_maxbytes={} logfile_backups={} loglevel={level} pidfile={} umask={} nodaemon={} \
         silent={} minfds={} minprocs={} nocleanup={} childlogdir={} user={} directory={} strip_ansi={} environment={} \
         identifier={}",
        quoted(&of.logfile),
        of.logfile_maxbytes,
        of.logfile_backups,
        quoted(&of.pidfile),
        of.umask,
        u8::from(of.nodaemon),
        u8::from(of.silent),
        of.minfds,
        of.minprocs,
        u8::from(of.nocleanup),
        quoted(&of.childlogdir),
        optional(of.user.as_deref().map(quoted)),
        optional(of.directory.as_deref().map(quoted)),
        u8::from(of.strip_ansi),
        variables(&of.environment),
        quoted(&of.identifier),
    )
}

fn owner(of: &Owner) -> String {
    format!("{} {}", of.uid, of.gid.map_or(-1, i64::from))
}

fn kind(of: &Kind) -> Option<String> {
    match of {
        Kind::Programs => None,
        Kind::Listeners { buffer, events } => Some(format!("listeners {buffer} {}", events.len())),
        Kind::FastCgi { socket, backlog, owner: of, mode } => {
            let (of, mode) = match socket {
                Socket::Unix(_) => (optional(of.as_ref().map(owner)), optional(*mode)),
                Socket::Tcp(..) => (optional(None::<u8>), optional(None::<u8>)),
            };
            Some(format!("fcgi {socket} {} {of} {mode}", optional(*backlog)))
        }
    }
}

fn process(of: &Process) -> [String; 3] {
    let autorestart = match of.autorestart {
        Autorestart::Always => "always",
        Autorestart::Unexpected => "unexpected",
        Autorestart::Never => "0",
    };
    let exitcodes: Vec<String> = of.exitcodes.iter().map(ToString::to_string).collect();
    let process = format!(
        "process name={} command={} directory={} umask={} priority={} autostart={} startsecs={} startretries={} uid={} \
         stopsignal={} stopwaitsecs={} stopasgroup={} killasgroup={} exitcodes={} redirect_stderr={} environment={} \
         serverurl={} autorestart={autorestart}",
        quoted(&of.name),
        quoted(&of.command),
        optional(of.directory.as_deref().map(quoted)),
        optional(of.umask),
        of.priority,
        u8::from(of.autostart),
        of.startsecs,
        of.startretries,
        optional(of.uid),
        of.stopsignal,
        of.stopwaitsecs,
        u8::from(of.stopasgroup),
        u8::from(of.killasgroup),
        exitcodes.join(" "),
        u8::from(of.redirect_stderr),
        variables(&of.environment),
        optional(of.serverurl.as_deref().map(quoted)),
    );
    [process, channel("stdout", &of.stdout), channel("stderr", &of.stderr)]
}

fn channel(name: &str, of: &Channel) -> String {
    let logfile = match &of.logfile {
        LogFile::Auto => "auto".into(),
        LogFile::None | LogFile::Syslog => "none".into(),
        LogFile::Path(path) => quoted(path),
    };
    format!(
        "{name} {name}_logfile={logfile} {name}_logfile_maxbytes={} {name}_logfile_backups={} {name}_capture_maxbytes={} \
         {name}_events_enabled={} {name}_syslog={}",
        of.maxbytes,
        of.backups,
        of.capture_maxbytes,
        u8::from(of.events),
        u8::from(of.syslog),
    )
}

fn server(of: &Server) -> String {
    let at = match &of.at {
        Endpoint::Inet(host, port) => format!("{} {port}", quoted(host)),
        Endpoint::Unix { path, mode, owner: of } => {
            let owner = of.as_ref().map_or("-1 -1".into(), owner);
            format!("{} {mode} {owner}", quoted(path))
        }
    };
    let (name, password) = match &of.credentials {
        Some((name, password)) => (quoted(name), quoted(password)),
        None => ("none".into(), "none".into()),
    };
    format!("server {} {at} {name} {password}", of.section)
}
