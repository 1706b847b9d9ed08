//! Where clients ask.

use super::{At, Reading};
use crate::supervisor::config::{Endpoint, Server};
use crate::supervisor::expand::Names;
use crate::supervisor::python::{absolute, trim};
use crate::supervisor::{Result, facts, types, wrong};
use alloc::string::String;
use alloc::vec::Vec;

impl Reading<'_> {
    pub(super) fn servers(&self) -> Result<Vec<Server>> {
        let mut servers = Vec::new();
        for section in self.ini.sections().filter(|section| section.starts_with("inet_http_server")) {
            servers.push(self.inet(section)?);
        }
        for section in self.ini.sections().filter(|section| section.starts_with("unix_http_server")) {
            servers.push(self.unix(section)?);
        }
        Ok(servers)
    }

    fn inet(&self, section: &str) -> Result<Server> {
        let credentials = self.credentials(section)?;
        let port = self.get(section, "port", &Names::new())?;
        let (host, port) = types::address(&port.ok_or_else(|| wrong!("section [{section}] has no port value"))?)?;
        Ok(Server { section: section.into(), at: Endpoint::Inet(host, port), credentials })
    }

    /// The sections that say `unprotected`.
    pub(super) fn unprotected(&self, servers: &[Server]) -> Result<Vec<String>> {
        let none = Names::new();
        let mut found = Vec::new();
        for server in servers.iter().filter(|server| matches!(server.at, Endpoint::Inet(..))) {
            let at = At { section: &server.section, names: &none };
            found.extend(self.typed(at, "unprotected", false, types::boolean)?.then(|| server.section.clone()));
        }
        Ok(found)
    }

    fn unix(&self, section: &str) -> Result<Server> {
        let file = self.get(section, "file", &self.names(&[]))?;
        let file = file.ok_or_else(|| wrong!("section [{section}] has no file value"))?;
        let path = absolute(&facts::at_home(trim(&file), self.facts), &self.facts.directory());
        let credentials = self.credentials(section)?;
        let none = Names::new();
        let at = At { section, names: &none };
        let owner = |text: &str| match types::owner(text, self.facts) {
            Some(owner) => Ok(Some(owner)),
            None => Err(wrong!("Invalid sockchown value {text}")),
        };
        let owner = self.typed(at, "chown", None, owner)?;
        let mode = |text: &str| types::mode(text).map_err(|_| wrong!("Invalid chmod value {text}"));
        let mode = self.typed(at, "chmod", 0o700, mode)?;
        Ok(Server { section: section.into(), at: Endpoint::Unix { path, mode, owner }, credentials })
    }

    fn credentials(&self, section: &str) -> Result<Option<(String, String)>> {
        let none = Names::new();
        match (self.get(section, "username", &none)?, self.get(section, "password", &none)?) {
            (None, None) => Ok(None),
            (Some(name), Some(password)) => Ok(Some((name, password))),
            _ => Err(wrong!(
                "Section [{section}] contains incomplete authentication: If a username or a password is specified, \
                 both the username and password must be specified"
            )),
        }
    }
}
