//! Becoming another user, and giving up what root could do.

use super::{Failure, accounts};
use crate::process_state::account::Account;
use crate::process_state::capability::Capabilities;
use crate::process_state::change::{Call, UserWord, way};
use crate::sys::identity::{self, Held};

/// The account that was written after `-u` or `-U`, or alone.
pub(super) fn account(word: &UserWord) -> Result<Account, Failure> {
    let who = word.who().map_err(|text| Failure::refused(&[b"invalid uid/gids: ", text]))?;
    let unknown: &[u8] = if word.account { b"unknown account: " } else { b"unknown user/group: " };
    accounts::find(who)?.ok_or_else(|| Failure::refused(&[unknown, &word.text]))
}

/// Becomes a user, all the way or not at all. `keep`: some capabilities are wanted afterwards.
pub(super) fn become_user(word: &UserWord, keep: bool) -> Result<(), Failure> {
    let account = account(word)?;
    way(&account, keep).into_iter().try_for_each(perform)
}

fn perform(call: Call<'_>) -> Result<(), Failure> {
    let (done, what): (_, &[u8]) = match call {
        Call::Groups(groups) => (identity::set_groups(groups), b"unable to setgroups"),
        Call::Group(gid) => (identity::set_group(gid), b"unable to setgid"),
        Call::Keep => (identity::keep_over_user_change(), b"unable to keep capabilities"),
        Call::User(uid) => (identity::set_user(uid), b"unable to setuid"),
        Call::Nothing => return give_up_all(),
        Call::Check(account) => return check(account),
    };
    done.map_err(|errno| Failure::call(&[what], errno))
}

/// Only a change from root empties the sets by itself: whoever was another user with capabilities keeps them.
fn give_up_all() -> Result<(), Failure> {
    let unable = |errno| Failure::call(&[b"unable to drop capabilities"], errno);
    let nothing = Held::default();
    if identity::held().map_err(unable)? != nothing {
        identity::hold(nothing).map_err(unable)?;
    }
    Ok(())
}

fn check(account: &Account) -> Result<(), Failure> {
    let found = identity::identity().map_err(|errno| Failure::call(&[b"unable to read back uid/gids"], errno))?;
    let mut groups = account.groups.clone();
    groups.sort_unstable();
    let same = found.users == [account.uid; 3] && found.groups == [account.gid; 3] && found.supplementary == groups;
    if same { Ok(()) } else { Err(Failure::refused(&[b"unable to change uid/gids: the system kept others"])) }
}

/// Takes from whatever is executed the means to gain what is not in the set.
pub(super) fn bound(wanted: Capabilities) -> Result<(), Failure> {
    let all = (0..u64::BITS).map_while(|number| Some((number, identity::is_in_bounds(number)?)));
    for (number, _) in all.filter(|(number, within)| *within && !wanted.contains(*number)) {
        let done = identity::put_out_of_bounds(number);
        done.map_err(|errno| Failure::call(&[b"unable to bound capabilities"], errno))?;
    }
    Ok(())
}

/// Holds these capabilities and hands them on to the program.
pub(super) fn have(wanted: Capabilities) -> Result<(), Failure> {
    let unable = |errno| Failure::call(&[b"unable to keep capabilities"], errno);
    let Capabilities(bits) = wanted;
    let all = Held { effective: bits, permitted: bits, inheritable: bits };
    identity::hold(all).map_err(unable)?;
    for number in wanted.numbers() {
        identity::make_ambient(number).map_err(unable)?;
        if !identity::is_ambient(number).map_err(unable)? {
            return Err(kept_others());
        }
    }
    if identity::held().map_err(unable)? == all { Ok(()) } else { Err(kept_others()) }
}

fn kept_others() -> Failure {
    Failure::refused(&[b"unable to keep capabilities: the system kept others"])
}

/// Gets no more privileges from here on.
pub(super) fn forgo_new_privileges() -> Result<(), Failure> {
    let done = identity::no_new_privileges().and_then(|()| identity::has_no_new_privileges());
    match done {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::refused(&[b"unable to forgo new privileges: the system goes on giving them"])),
        Err(errno) => Err(Failure::call(&[b"unable to forgo new privileges"], errno)),
    }
}
