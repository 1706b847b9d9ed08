//! Which services the words of a command line mean.

use super::options::{Request, Services};
use super::output::Output;
use crate::service::pattern;
use crate::supervise::client::{Place, Service, Trouble};
use core::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The two places where a service may be; each is opened when it is first needed.
#[derive(Debug)]
pub(super) struct Places {
    directory: OsString,
    services: OnceCell<Place>,
    here: OnceCell<Place>,
}

/// A service, and the name under which it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Named<'p> {
    pub(super) name: Vec<u8>,
    pub(super) service: Service<'p>,
}

impl Places {
    pub(super) fn of(request: &Request) -> Places {
        Places { directory: request.directory.clone(), services: OnceCell::new(), here: OnceCell::new() }
    }

    /// The services that a request means, in its order. A directory that cannot be listed is told of.
    pub(super) fn resolve(&self, request: &Request, output: &mut Output) -> Vec<Named<'_>> {
        match &request.services {
            Services::Named(names) => names.iter().flat_map(|name| self.named(name)).collect(),
            Services::All => match self.services().names() {
                Ok(names) => self.directories(names),
                Err(errno) => {
                    output.trouble(self.directory.as_bytes(), Trouble::Directory(errno));
                    Vec::new()
                }
            },
        }
    }

    /// The service of this name, or all that it selects if it is a pattern and nothing has it for a name.
    fn named(&self, name: &OsStr) -> Vec<Named<'_>> {
        let named = self.one(name);
        if is_path(name) || !pattern::is_pattern(name.as_bytes()) || named.service.enter().is_ok() {
            return vec![named];
        }
        let selected = self.selected(name.as_bytes());
        if selected.is_empty() { vec![named] } else { selected }
    }

    fn one(&self, name: &OsStr) -> Named<'_> {
        let place = if is_path(name) { self.here.get_or_init(Place::here) } else { self.services() };
        Named { name: name.as_bytes().to_vec(), service: place.service(name) }
    }

    /// What follows a slash (`web*/log`) is no part of the pattern.
    fn selected(&self, pattern: &[u8]) -> Vec<Named<'_>> {
        let end = pattern.iter().position(|byte| *byte == b'/').unwrap_or(pattern.len());
        let (pattern, rest) = pattern.split_at(end);
        let mut names = self.services().names().unwrap_or_default();
        names.retain(|name| pattern::selects(pattern, name.as_bytes()));
        names.iter_mut().for_each(|name| name.push(OsStr::from_bytes(rest)));
        self.directories(names)
    }

    fn directories(&self, names: Vec<OsString>) -> Vec<Named<'_>> {
        let named = names.iter().map(|name| self.one(name));
        named.filter(|named| named.service.enter().is_ok()).collect()
    }

    fn services(&self) -> &Place {
        self.services.get_or_init(|| Place::new(&self.directory))
    }
}

/// Whether a name is meant from the current directory.
fn is_path(name: &OsStr) -> bool {
    matches!(name.as_bytes(), [] | [b'/' | b'.', ..] | [.., b'/'])
}
