//! What a configuration is read against: the host, and the files beside it.

use super::words::Variables;
use alloc::string::String;
use alloc::vec::Vec;

/// What somebody who may look knows.
pub trait Facts {
    /// Our own user.
    fn uid(&self) -> u32;
    /// What the machine is called.
    fn node(&self) -> String;
    /// The current directory.
    fn directory(&self) -> String;
    /// Where temporary files go.
    fn temporary(&self) -> String;
    /// Our own environment.
    fn environment(&self) -> Variables;
    /// The home of a user, or of whoever asks.
    fn home(&self, user: Option<&str>) -> Option<String>;
    /// Whether this is a directory.
    fn is_directory(&self, path: &str) -> bool;
    /// The user of this name.
    fn user(&self, name: &str) -> Option<u32>;
    /// The main group of the user of this number; nothing if there is none.
    fn main_group(&self, uid: u32) -> Option<u32>;
    /// The group of this name.
    fn group(&self, name: &str) -> Option<u32>;
    /// Whether there is a group of this number.
    fn has_group(&self, gid: u32) -> bool;
    /// The paths that match a pattern with `*`, `?` and `[...]`, in no order.
    fn matching(&self, pattern: &str) -> Vec<String>;
    /// What a file says; nothing if it cannot be read.
    fn content(&self, path: &str) -> Option<String>;
}

/// The path with `~` and `~user` replaced where they begin it, if there is such a home.
pub fn at_home(path: &str, facts: &dyn Facts) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.into() };
    let (user, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let home = facts.home(Some(user).filter(|user| !user.is_empty()));
    match home {
        Some(home) => {
            let whole = alloc::format!("{}{below}", home.trim_end_matches('/'));
            if whole.is_empty() { "/".into() } else { whole }
        }
        None => path.into(),
    }
}
