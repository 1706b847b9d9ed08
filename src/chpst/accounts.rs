//! Users and groups by name, as the host looks them up.
//!
//! The program is linked statically, because a dynamic start costs more than everything else that it does. Where the
//! files in /etc come first, they are asked first, here; whatever they do not know, and every name where they do not
//! come first, is asked of getent.

use super::Failure;
use crate::getent;
use crate::process_state::account::{self, Account, Sources, Who};
use crate::sys::Result;

/// A database of names.
#[derive(Clone, Copy)]
struct Database {
    name: &'static str,
    file: &'static str,
}

const PASSWD: Database = Database { name: "passwd", file: "/etc/passwd" };
const GROUP: Database = Database { name: "group", file: "/etc/group" };

/// The account of a user and groups; nothing if there is no such user or group.
pub(super) fn find(who: Who) -> core::result::Result<Option<Account>, Failure> {
    let (user, groups) = match who {
        Who::Numbered(account) => return Ok(Some(account)),
        Who::Named { user, groups } => (user, groups),
    };
    account(&user, &groups).map_err(|errno| Failure::call(&[b"unable to get password/group file entry"], errno))
}

fn account(user: &[u8], groups: &[Vec<u8>]) -> Result<Option<Account>> {
    let Some((uid, own)) = ask(PASSWD, user, account::find_user)? else { return Ok(None) };
    if groups.is_empty() {
        return Ok(Account::new(uid, vec![own]));
    }
    let mut numbers = Vec::new();
    for group in groups {
        let Some(gid) = ask(GROUP, group, account::find_group)? else { return Ok(None) };
        numbers.push(gid);
    }
    Ok(Account::new(uid, numbers))
}

/// Looks a name up: in the file, where that is the first to be asked, then by way of getent. That the file cannot be
/// read matters only if nobody else knows the name.
fn ask<T>(database: Database, name: &[u8], find: fn(&[u8], &[u8]) -> Option<T>) -> Result<Option<T>> {
    let sources = getent::sources(database.name).unwrap_or(Sources::FILE);
    let mut trouble = None;
    let mut others = sources.others;
    if sources.file_first {
        match getent::read(database.file) {
            Ok(content) if account::is_compound(&content) => others = true,
            Ok(content) => {
                if let Some(found) = find(&content, name) {
                    return Ok(Some(found));
                }
            }
            Err(errno) => trouble = Some(errno),
        }
    }
    let found = if others || !sources.file_first {
        getent::ask(database.name, name).and_then(|line| find(&line, name))
    } else {
        None
    };
    match (found, trouble) {
        (None, Some(errno)) => Err(errno),
        (found, _) => Ok(found),
    }
}
