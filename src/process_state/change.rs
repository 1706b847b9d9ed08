//! What is to be changed of a process, as a value, and in which order.
//!
//! The order is runit's where runit has an opinion: the session, what is read as the caller (in the caller's root), the
//! root, the nice level, the user, the lock (as the new user, so that the lock file must be the user's to open), the
//! closed descriptors, the limits (last, so that none of them hinders the rest). What needs privilege stands before
//! the user. A step that fails ends the program before it executes anything, so that nothing ever runs with part of
//! what was asked for.

use super::account::{Account, Who};
use super::capability::Capabilities;
use super::cpus::Cpus;
use super::directory::Wanted;
use super::limit::{Amount, Resource};
use super::priority::DiskAccess;
use alloc::vec::Vec;

/// What is to be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Lead a session of its own.
    pub session: bool,
    /// Files with variables.
    pub env_files: Vec<Vec<u8>>,
    /// A directory of variables.
    pub env_dir: Option<EnvDir>,
    /// A user and group to be told of in variables.
    pub env_user: Option<UserWord>,
    /// Another root directory.
    pub root: Option<Vec<u8>>,
    /// Another current directory.
    pub directory: Option<Vec<u8>>,
    /// Paths that cannot be written to.
    pub read_only: Vec<Vec<u8>>,
    /// Temporary directories of its own.
    pub private_tmp: bool,
    /// No network but a loopback of its own.
    pub no_network: bool,
    /// Directories that shall be there.
    pub directories: Vec<Wanted>,
    /// Added to the nice level.
    pub nice: Option<i32>,
    /// The order of disk access.
    pub disk: Option<DiskAccess>,
    /// Where it may run.
    pub cpus: Option<Cpus>,
    /// How gladly it is ended when memory is out.
    pub oom: Option<i16>,
    /// The user.
    pub user: Option<UserWord>,
    /// The capabilities that the program has in the end, and can ever have.
    pub capabilities: Option<Capabilities>,
    /// Nothing that it executes gives it more.
    pub no_new_privileges: bool,
    /// A lock to be held while it runs.
    pub lock: Option<Lock>,
    /// Standard descriptors to be closed.
    pub close: [bool; 3],
    /// Permission bits that its new files do not get.
    pub umask: Option<u32>,
    /// Resource limits, in the order in which they were asked for.
    pub limits: Vec<(Resource, Amount)>,
}

/// A user as it was written, to be read when it is its turn: what is wrong with it is told then, as in runit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserWord {
    /// What was written.
    pub text: Vec<u8>,
    /// Whether it is the name of an account and nothing else, as `setuidgid` has it.
    pub account: bool,
}

impl UserWord {
    /// Whom it means.
    pub fn who(&self) -> Result<Who, &[u8]> {
        if self.account { Ok(Who::user(&self.text)) } else { Who::parse(&self.text) }
    }
}

/// A directory of variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvDir {
    /// Where.
    pub path: Vec<u8>,
    /// Whether a directory in it is an error, as for `envdir`, or is passed over.
    pub nothing_but_files: bool,
}

/// A lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Where.
    pub path: Vec<u8>,
    /// Whether to wait for whoever holds it.
    pub wait: bool,
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Leave the session.
    Session,
    /// Read variables.
    EnvFile(&'a [u8]),
    /// Read variables.
    EnvDir(&'a EnvDir),
    /// Say when to be ended; by a file in /proc, which a new root need not have.
    Oom(i16),
    /// Leave the network.
    NoNetwork,
    /// See mounts of its own from here on.
    Mounts,
    /// Make the new root a mount, so that what is mounted over it holds.
    MountRoot(&'a [u8]),
    /// Change the root.
    Root(&'a [u8]),
    /// Make a path read-only.
    ReadOnly(&'a [u8]),
    /// Put a temporary directory of its own over the common ones.
    PrivateTmp,
    /// Make a directory.
    Directory(&'a Wanted),
    /// Change the current directory.
    Enter(&'a [u8]),
    /// Enter the current directory again: it still is the one under what has been mounted.
    EnterAgain,
    /// Change the nice level.
    Nice(i32),
    /// Change the order of disk access.
    Disk(DiskAccess),
    /// Change where to run.
    Cpus(Cpus),
    /// Tell of a user.
    EnvUser(&'a UserWord),
    /// Give up for good what is not in the set.
    Bound(Capabilities),
    /// Become a user.
    User(&'a UserWord),
    /// Have these capabilities, as who we are by now.
    Capabilities(Capabilities),
    /// Never get more.
    NoNewPrivileges,
    /// Take the lock.
    Lock(&'a Lock),
    /// Close a standard descriptor.
    Close(usize),
    /// Set the umask.
    Umask(u32),
    /// Set a limit.
    Limit(Resource, Amount),
}

impl Change {
    /// All that is to be done, in order.
    pub fn steps(&self) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        self.as_the_caller(&mut steps);
        self.of_the_view(&mut steps);
        self.of_the_process(&mut steps);
        self.of_the_user(&mut steps);
        self.as_the_user(&mut steps);
        steps
    }

    fn as_the_caller<'a>(&'a self, steps: &mut Vec<Step<'a>>) {
        steps.extend(self.session.then_some(Step::Session));
        steps.extend(self.env_files.iter().map(|path| Step::EnvFile(path)));
        steps.extend(self.env_dir.as_ref().map(Step::EnvDir));
    }

    fn of_the_view<'a>(&'a self, steps: &mut Vec<Step<'a>>) {
        let mounts = self.private_tmp || !self.read_only.is_empty();
        let root = self.root.as_deref();
        steps.extend(self.oom.map(Step::Oom));
        steps.extend(self.no_network.then_some(Step::NoNetwork));
        steps.extend(mounts.then_some(Step::Mounts));
        steps.extend(root.filter(|_| mounts).map(Step::MountRoot));
        steps.extend(root.map(Step::Root));
        steps.extend(self.read_only.iter().map(|path| Step::ReadOnly(path)));
        steps.extend(self.private_tmp.then_some(Step::PrivateTmp));
        steps.extend(self.directories.iter().map(Step::Directory));
        let elsewhere = self.directory.as_ref().is_some_and(|path| path.starts_with(b"/"));
        steps.extend((mounts && !elsewhere).then_some(Step::EnterAgain));
        steps.extend(self.directory.as_deref().map(Step::Enter));
    }

    fn of_the_process<'a>(&'a self, steps: &mut Vec<Step<'a>>) {
        steps.extend(self.nice.map(Step::Nice));
        steps.extend(self.disk.map(Step::Disk));
        steps.extend(self.cpus.map(Step::Cpus));
    }

    fn of_the_user<'a>(&'a self, steps: &mut Vec<Step<'a>>) {
        steps.extend(self.env_user.as_ref().map(Step::EnvUser));
        steps.extend(self.capabilities.map(Step::Bound));
        steps.extend(self.user.as_ref().map(Step::User));
        steps.extend(self.capabilities.map(Step::Capabilities));
        steps.extend(self.no_new_privileges.then_some(Step::NoNewPrivileges));
    }

    fn as_the_user<'a>(&'a self, steps: &mut Vec<Step<'a>>) {
        steps.extend(self.lock.as_ref().map(Step::Lock));
        steps.extend((0..).zip(self.close).filter(|(_, close)| *close).map(|(number, _)| Step::Close(number)));
        steps.extend(self.umask.map(Step::Umask));
        steps.extend(self.limits.iter().map(|(resource, amount)| Step::Limit(*resource, *amount)));
    }
}

/// One call on the way to being a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    /// Have these groups.
    Groups(&'a [u32]),
    /// Have this group.
    Group(u32),
    /// Let what is permitted outlive the next call: some of it is wanted after it.
    Keep,
    /// Be this user.
    User(u32),
    /// Give up what a user who is not root may still hold.
    Nothing,
    /// Ask the kernel who we are, and believe only that.
    Check(&'a Account),
}

/// The way to being a user: the groups while we still may change them, the user last, and then a look at the result.
pub fn way(account: &Account, keep: bool) -> Vec<Call<'_>> {
    let mut way = Vec::from([Call::Groups(&account.groups), Call::Group(account.gid)]);
    way.extend(keep.then_some(Call::Keep));
    way.push(Call::User(account.uid));
    way.extend((!keep && account.uid != 0).then_some(Call::Nothing));
    way.push(Call::Check(account));
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Change {
        Change {
            session: true,
            env_files: [b"f".to_vec()].into(),
            env_dir: Some(EnvDir { path: b"e".to_vec(), nothing_but_files: false }),
            env_user: Some(UserWord { text: b"a".to_vec(), account: false }),
            root: Some(b"/r".to_vec()),
            directory: Some(b"d".to_vec()),
            read_only: [b"/ro".to_vec()].into(),
            private_tmp: true,
            no_network: true,
            directories: Wanted::parse(b"/x:755:root").into_iter().collect(),
            nice: Some(1),
            disk: DiskAccess::parse("idle"),
            cpus: Cpus::parse("0"),
            oom: Some(5),
            user: Some(UserWord { text: b"b".to_vec(), account: false }),
            capabilities: Some(Capabilities(1)),
            no_new_privileges: true,
            lock: Some(Lock { path: b"l".to_vec(), wait: true }),
            close: [true; 3],
            umask: Some(0o22),
            limits: [(Resource::Core, Amount::Upto(0))].into(),
        }
    }

    fn place(change: &Change, wanted: impl Fn(&Step<'_>) -> bool) -> usize {
        change.steps().iter().position(wanted).unwrap()
    }

    #[test]
    fn nothing_asked_for_is_nothing_to_do() {
        assert_eq!(Change::default().steps(), []);
    }

    #[test]
    fn each_field_has_its_step() {
        assert_eq!(full().steps().len(), 27);
    }

    #[test]
    fn what_needs_privilege_comes_before_the_user_and_the_rest_after() {
        let change = full();
        let user = place(&change, |step| matches!(step, Step::User(_)));
        for (at, step) in change.steps().into_iter().enumerate() {
            let after = matches!(
                step,
                Step::Capabilities(_)
                    | Step::NoNewPrivileges
                    | Step::Lock(_)
                    | Step::Close(_)
                    | Step::Umask(_)
                    | Step::Limit(..)
            );
            assert!(at == user || after == (at > user), "{step:?}");
        }
    }

    #[test]
    fn the_environment_is_read_in_the_old_root_and_users_in_the_new() {
        let change = full();
        let root = place(&change, |step| matches!(step, Step::Root(_)));
        assert!(place(&change, |step| matches!(step, Step::EnvDir(_))) < root);
        assert!(place(&change, |step| matches!(step, Step::EnvFile(_))) < root);
        assert!(place(&change, |step| matches!(step, Step::Oom(_))) < root);
        assert!(place(&change, |step| matches!(step, Step::EnvUser(_))) > root);
        assert!(place(&change, |step| matches!(step, Step::Directory(_))) > root);
    }

    #[test]
    fn mounts_are_private_before_there_is_one_and_the_directory_is_entered_after() {
        let change = full();
        let mounts = place(&change, |step| matches!(step, Step::Mounts));
        let read_only = place(&change, |step| matches!(step, Step::ReadOnly(_)));
        let tmp = place(&change, |step| matches!(step, Step::PrivateTmp));
        assert!(mounts < read_only && read_only < tmp);
        assert!(tmp < place(&change, |step| matches!(step, Step::Directory(_))));
        assert!(tmp < place(&change, |step| matches!(step, Step::EnterAgain)));
        let plain = Change { private_tmp: false, read_only: Vec::new(), ..full() };
        assert!(!plain.steps().iter().any(|step| matches!(step, Step::Mounts | Step::MountRoot(_) | Step::EnterAgain)));
    }

    #[test]
    fn limits_come_last() {
        assert!(matches!(full().steps().last(), Some(Step::Limit(..))));
    }

    #[test]
    fn groups_then_group_then_user_then_a_look() {
        let account = Account::new(7, [5, 6].into()).unwrap();
        let calls = [Call::Groups(&[5, 6]), Call::Group(5), Call::User(7), Call::Nothing, Call::Check(&account)];
        assert_eq!(way(&account, false), calls);
        let calls = [Call::Groups(&[5, 6]), Call::Group(5), Call::Keep, Call::User(7), Call::Check(&account)];
        assert_eq!(way(&account, true), calls);
    }
}
