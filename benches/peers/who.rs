//! Those who are compared, and the words that each of them understands.

use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Keepup,
    /// The same, linked to musl (`make musl`).
    Musl,
    Runit,
    S6,
    Daemontools,
    Supervisor,
    /// What is bound to be spent.
    Floor,
}

/// What a service is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Restart,
    Stop,
    Start,
}

pub const ALL: [Who; 7] = [Who::Keepup, Who::Musl, Who::Runit, Who::S6, Who::Daemontools, Who::Supervisor, Who::Floor];

/// Who of them is installed; the others are named.
pub fn present() -> Vec<Who> {
    let (present, missing): (Vec<Who>, Vec<Who>) = ALL.into_iter().partition(|who| who.missing().is_none());
    missing.iter().for_each(|who| println!("not compared: {}: no {}", who.name(), who.missing().unwrap_or_default()));
    present
}

impl Who {
    pub fn name(self) -> &'static str {
        match self {
            Who::Keepup => "keepup",
            Who::Musl => "keepup (musl)",
            Who::Runit => "runit",
            Who::S6 => "s6",
            Who::Daemontools => "daemontools",
            Who::Supervisor => "supervisor",
            Who::Floor => "floor",
        }
    }

    pub fn is_peer(self) -> bool {
        matches!(self, Who::Runit | Who::S6 | Who::Daemontools | Who::Supervisor)
    }

    /// Where its programs are.
    fn home(self) -> PathBuf {
        let ours = Path::new(env!("CARGO_BIN_EXE_runsv")).parent().expect("a directory");
        match self {
            Who::Keepup => ours.to_owned(),
            Who::Musl => {
                let target = ours.parent().expect("a directory");
                target.join(format!("{}-unknown-linux-musl/release", std::env::consts::ARCH))
            }
            _ => PathBuf::from("/usr/bin"),
        }
    }

    fn missing(self) -> Option<String> {
        let program = match self {
            Who::Keepup | Who::Musl | Who::Runit => "runsvdir",
            Who::S6 => "s6-svscan",
            Who::Daemontools => "svscan",
            Who::Supervisor => "supervisord",
            Who::Floor => return None, // built by ourselves
        };
        let path = self.home().join(program);
        (!path.exists()).then(|| path.display().to_string())
    }

    pub fn command(self, program: &str) -> Command {
        let mut command = Command::new(self.home().join(program));
        command.env_clear().env("PATH", format!("{}:/usr/bin:/bin", self.home().display()));
        command
    }

    /// What starts all services in `place/scan`.
    pub fn scanner(self, place: &Path, floor: &Path, size: usize) -> Command {
        let scan = place.join("scan");
        let mut command = match self {
            Who::Keepup | Who::Musl | Who::Runit => self.command("runsvdir"),
            Who::S6 => self.command("s6-svscan"),
            Who::Daemontools => self.command("svscan"),
            Who::Supervisor => self.command("supervisord"),
            Who::Floor => Command::new(floor),
        };
        match self {
            Who::S6 => command.args(["-c", &(2 * size + 100).to_string()]).arg(scan),
            Who::Supervisor => command.arg("-c").arg(place.join("supervisord.conf")),
            Who::Floor => command.arg("-scan").arg(scan).arg(size.to_string()),
            _ => command.arg(scan),
        };
        command
    }

    /// The command that gives an order, and waits for its effect where it can. It is run in the scan directory.
    pub fn order(self, order: Order, name: &str, place: &Path) -> Option<Command> {
        let words = match (self, order) {
            (Who::Keepup | Who::Musl | Who::Runit, Order::Restart) => ["sv", "restart"],
            (Who::Keepup | Who::Musl | Who::Runit, Order::Stop) => ["sv", "stop"],
            (Who::Keepup | Who::Musl | Who::Runit, Order::Start) => ["sv", "start"],
            (Who::S6, Order::Restart) => ["s6-svc", "-rwr"],
            (Who::S6, Order::Stop) => ["s6-svc", "-dwd"],
            (Who::S6, Order::Start) => ["s6-svc", "-uwu"],
            (Who::Daemontools, Order::Restart) => ["svc", "-t"],
            (Who::Daemontools, Order::Stop) => ["svc", "-d"],
            (Who::Daemontools, Order::Start) => ["svc", "-u"],
            (Who::Supervisor, Order::Restart) => ["supervisorctl", "restart"],
            (Who::Supervisor, Order::Stop) => ["supervisorctl", "stop"],
            (Who::Supervisor, Order::Start) => ["supervisorctl", "start"],
            (Who::Floor, _) => return None,
        };
        let mut command = self.command(words[0]);
        if self == Who::Supervisor {
            command.arg("-c").arg(place.join("supervisord.conf")).args([words[1], name]);
        } else {
            command.arg(words[1]).arg(format!("./{name}"));
        }
        Some(command)
    }

    pub fn waits(self) -> bool {
        self != Who::Daemontools
    }

    /// The commands that show the state of services: one of them, or one for each.
    pub fn status(self, names: &[String], place: &Path, floor: &Path) -> Vec<Command> {
        let program = match self {
            Who::Keepup | Who::Musl | Who::Runit => "sv",
            Who::S6 => {
                let one = |name: &String| {
                    let mut command = self.command("s6-svstat");
                    command.arg(format!("./{name}"));
                    command
                };
                return names.iter().map(one).collect();
            }
            Who::Daemontools => "svstat",
            Who::Supervisor => "supervisorctl",
            Who::Floor => {
                let mut command = Command::new(floor);
                command.arg("-read").arg(place.join("scan")).arg(names.len().to_string());
                return vec![command];
            }
        };
        let mut command = self.command(program);
        match self {
            Who::Supervisor => command.arg("-c").arg(place.join("supervisord.conf")).arg("status").args(names),
            Who::Daemontools => command.args(names.iter().map(|name| format!("./{name}"))),
            _ => command.arg("status").args(names.iter().map(|name| format!("./{name}"))),
        };
        vec![command]
    }

    /// What has to be run when the scan directory has changed.
    pub fn rescan(self, place: &Path) -> Option<Command> {
        let mut command = self.command("s6-svscanctl");
        command.arg("-an").arg(place.join("scan"));
        (self == Who::S6).then_some(command)
    }

    /// Whether it looks at the directory only every few seconds.
    pub fn polls(self) -> bool {
        matches!(self, Who::Runit | Who::Daemontools)
    }

    /// Whether it waits for a second before it starts what was killed: more samples would tell nothing new.
    pub fn pauses(self) -> bool {
        matches!(self, Who::S6 | Who::Supervisor)
    }

    /// The words of a `log/run` that logs into `./main`.
    pub fn logger(self) -> &'static str {
        match self {
            Who::S6 => "s6-log t ./main",
            Who::Daemontools => "multilog t ./main",
            _ => "svlogd -tt ./main",
        }
    }
}
