//! Which services the words of a command line mean.

use super::options::Services;
use super::output::Output;
use crate::service::pattern;
use crate::supervise::client::{Place, Service, Trouble, is_path};
use core::cell::OnceCell;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The two places where a service may be; each is opened when it is first needed.
#[derive(Debug)]
pub(super) struct Places {
    directory: OsString,
    services: OnceCell<Place>,
    here: OnceCell<Place>,
}

impl Places {
    /// With this as the directory of services.
    pub(super) fn new(directory: &OsStr) -> Places {
        Places { directory: directory.to_owned(), services: OnceCell::new(), here: OnceCell::new() }
    }

    /// The services that are meant, in their order. A directory that cannot be listed is told of.
    pub(super) fn resolve(&self, services: &Services, output: &mut Output) -> Vec<Service<'_>> {
        match services {
            Services::Named(names) => {
                let mut found = Vec::with_capacity(names.len());
                names.iter().for_each(|name| self.add(name.as_bytes(), &mut found));
                found
            }
            Services::All => {
                self.listed(output).into_iter().flatten().filter(|service| service.enter().is_ok()).collect()
            }
        }
    }

    /// All in the directory of services, be they services or not.
    pub(super) fn listed(&self, output: &mut Output) -> Option<Vec<Service<'_>>> {
        match self.services().names() {
            Ok(names) => Some(self.called(names).collect()),
            Err(errno) => {
                output.trouble(self.directory.as_bytes(), Trouble::Directory(errno));
                None
            }
        }
    }

    /// The service of this name, or all that it selects if it is a pattern and nothing has it for a name.
    fn add<'p>(&'p self, name: &'static [u8], found: &mut Vec<Service<'p>>) {
        let service = self.service(name);
        if !is_path(name) && pattern::is_pattern(name) && service.enter().is_err() {
            let before = found.len();
            found.extend(self.called(self.selected(name)).filter(|service| service.enter().is_ok()));
            if found.len() > before {
                return;
            }
        }
        found.push(service);
    }

    /// What follows a slash (`web*/log`) is no part of the pattern.
    fn selected(&self, pattern: &[u8]) -> Vec<OsString> {
        let end = pattern.iter().position(|byte| *byte == b'/').unwrap_or(pattern.len());
        let (pattern, rest) = pattern.split_at(end);
        let mut names = self.services().names().unwrap_or_default();
        names.retain(|name| pattern::selects(pattern, name.as_bytes()));
        names.iter_mut().for_each(|name| name.push(OsStr::from_bytes(rest)));
        names
    }

    fn called(&self, names: Vec<OsString>) -> impl Iterator<Item = Service<'_>> {
        names.into_iter().map(|name| self.services().service(name.into_vec()))
    }

    /// The service of this name, which is no pattern.
    pub(super) fn service(&self, name: impl Into<Cow<'static, [u8]>>) -> Service<'_> {
        let name = name.into();
        let place = if is_path(&name) { self.here.get_or_init(Place::here) } else { self.services() };
        place.service(name)
    }

    /// The directory of services.
    pub(super) fn services(&self) -> &Place {
        self.services.get_or_init(|| Place::new(&self.directory))
    }
}
