//! What a life of the daemon goes by: the configuration, and what the command line says over it.

use super::options::Given;
use crate::supervisor::Wrong;
use crate::supervisor::config::Config;
use crate::supervisor::facts::{Facts, at_home};
use crate::supervisor::python::{absolute, parent};
use crate::supervisor::read;
use crate::supervisor::servers::Served;
use crate::sys::fs;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setup {
    /// The configuration's path, as it was given or found.
    pub(super) file: String,
    /// Seen from the root.
    pub(super) absolute: String,
    pub(super) config: Config,
    /// As whom everything is to run.
    pub(super) uid: Option<u32>,
}

/// The log that is none.
pub(super) const SYSLOG: &str = "syslog";

/// Where the configuration is looked for if nobody says.
pub(super) fn places(program: &str) -> Vec<String> {
    let called = match program.contains('/') {
        true => program.to_owned(),
        // Python is told by which path its program was found.
        false => {
            fs::read_link("/proc/self/exe").map_or_else(|_| String::new(), |path| path.to_string_lossy().into_owned())
        }
    };
    let above = parent(parent(&called)).to_owned();
    let below = |rest: &str| match above.as_str() {
        "" => rest.to_owned(),
        above if above.ends_with('/') => format!("{above}{rest}"),
        above => format!("{above}/{rest}"),
    };
    let elsewhere =
        ["supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"];
    [below("etc/supervisord.conf"), below("supervisord.conf")].into_iter().chain(elsewhere.map(str::to_owned)).collect()
}

/// The first of them that is there.
pub(super) fn find(program: &str) -> Result<String, Wrong> {
    let places = places(program);
    let found = places.iter().find(|place| fs::facts_of(place).is_ok());
    found.cloned().ok_or_else(|| {
        Wrong(format!(
            "No config file found at default paths ({}); use the -c option to specify a config file at a different path",
            places.join(", ")
        ))
    })
}

impl Setup {
    /// Reads the configuration.
    pub(super) fn read(file: &str, given: &Given, facts: &dyn Facts) -> Result<Setup, Wrong> {
        let here = facts.directory();
        let absolute_file = absolute(file, &here);
        if fs::facts_of(&absolute_file).is_err() {
            return Err(Wrong(format!("could not find config file {file}")));
        }
        let mut config = read::configuration(file, facts)?;
        given.over(&mut config.daemon);
        let uid = config.uid(facts)?;
        let daemon = &mut config.daemon;
        let whole = |path: &str| absolute(&at_home(path, facts), &here);
        if daemon.logfile != SYSLOG {
            daemon.logfile = whole(&daemon.logfile);
        }
        daemon.pidfile = whole(&daemon.pidfile);
        daemon.childlogdir = whole(&daemon.childlogdir);
        daemon.statedir = daemon.statedir.as_deref().map(whole);
        daemon.directory = daemon.directory.as_deref().map(whole);
        Ok(Setup { file: file.to_owned(), absolute: absolute_file, config, uid })
    }

    /// Where clients may ask.
    pub(super) fn served(&self) -> Vec<Served> {
        let Config { servers, unprotected, .. } = &self.config;
        let one = |server: &crate::supervisor::config::Server| Served {
            unprotected: unprotected.contains(&server.section),
            server: server.clone(),
        };
        servers.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_around_the_program() {
        assert_eq!(places("/usr/bin/supervisord")[..2], ["/usr/etc/supervisord.conf", "/usr/supervisord.conf"]);
        assert_eq!(places("bin/supervisord")[..2], ["etc/supervisord.conf", "supervisord.conf"]);
        assert_eq!(places("/supervisord")[..2], ["/etc/supervisord.conf", "/supervisord.conf"]);
    }
}
