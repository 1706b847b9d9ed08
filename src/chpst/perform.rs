//! The steps, one after the other, and the program at the end.

use super::{Failure, Job, user, variables, view};
use crate::process_state::change::{Lock, Step};
use crate::process_state::environment::{self, Changes};
use crate::process_state::limit::{Amount, Resource};
use crate::process_state::search;
use crate::sys::fs::{self, How, Wait};
use crate::sys::{Errno, Result, identity, io, limits, namespace, process};
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;

/// Does it all. Comes back only to say what could not be done.
pub(super) fn run(job: &Job) -> Failure {
    let mut changes = Changes::default();
    for step in job.change.steps() {
        if let Err(failure) = perform(step, job, &mut changes) {
            return failure;
        }
    }
    execute(job, &changes)
}

fn perform(step: Step<'_>, job: &Job, changes: &mut Changes) -> core::result::Result<(), Failure> {
    let unable = |what: &'static [u8]| move |errno| Failure::call(&[b"unable to ", what], errno);
    match step {
        Step::Session => {
            let _ = identity::new_session(); // whoever leads a session leads it already
            Ok(())
        }
        Step::EnvFile(path) => variables::read_file(path, changes),
        Step::EnvDir(from) => variables::read_dir(from, job.verbose, changes),
        Step::Oom(score) => set_oom(score).map_err(unable(b"set out-of-memory score")),
        Step::NoNetwork => namespace::no_network().map_err(unable(b"leave network")),
        Step::Mounts => namespace::own_mounts().map_err(unable(b"separate mounts")),
        Step::MountRoot(path) => view::mount_root(path),
        Step::Root(path) => view::root(path),
        Step::ReadOnly(path) => view::read_only(path),
        Step::PrivateTmp => view::private_tmp(),
        Step::Directory(wanted) => view::directory(wanted),
        Step::Enter(path) => view::enter(path),
        Step::EnterAgain => view::enter_again(),
        Step::Nice(change) => limits::add_nice(change).map_err(|errno| unable(b"set nice level")(as_of_nice(errno))),
        Step::Disk(access) => limits::set_disk_access(access).map_err(unable(b"set order of disk access")),
        Step::Cpus(cpus) => limits::set_cpus(&cpus).map_err(unable(b"set processors")),
        Step::EnvUser(word) => user::account(word).map(|account| variables::tell(&account, changes)),
        Step::Bound(wanted) => user::bound(wanted),
        Step::User(word) => user::become_user(word, job.change.capabilities.is_some()),
        Step::Capabilities(wanted) => user::have(wanted),
        Step::NoNewPrivileges => user::forgo_new_privileges(),
        Step::Lock(lock) => take(lock),
        Step::Close(number) => close(number),
        Step::Umask(bits) => {
            limits::set_umask(bits);
            Ok(())
        }
        Step::Limit(resource, amount) => set_limit(resource, amount),
    }
}

/// nice(2) says "permission denied" where setpriority(2) says "access denied", and people know the former.
fn as_of_nice(errno: Errno) -> Errno {
    if errno == Errno::EACCES { Errno::EPERM } else { errno }
}

fn set_oom(score: i16) -> Result<()> {
    io::write_all(fs::open("/proc/self/oom_score_adj", How::Write)?, score.to_string().as_bytes())
}

/// Takes a lock for as long as the program runs, and whatever it leaves behind with its descriptors.
fn take(lock: &Lock) -> core::result::Result<(), Failure> {
    let open = |errno| Failure::call(&[b"unable to open lock: ", &lock.path], errno);
    let file = fs::open(OsStr::from_bytes(&lock.path), How::Append).map_err(open)?;
    let wait = if lock.wait { Wait::Yes } else { Wait::No };
    let done = fs::lock(&file, wait).and_then(|()| io::hand_on(file));
    done.map_err(|errno| Failure::call(&[b"unable to lock: ", &lock.path], errno))
}

fn close(number: usize) -> core::result::Result<(), Failure> {
    let (fd, name): (_, &[u8]) = match number {
        0 => (0, b"stdin"),
        1 => (1, b"stdout"),
        _ => (2, b"stderr"),
    };
    io::close_standard(fd).map_err(|errno| Failure::call(&[b"unable to close ", name], errno))
}

fn set_limit(resource: Resource, amount: Amount) -> core::result::Result<(), Failure> {
    let (_, hard) = limits::limit(resource).map_err(|errno| Failure::call(&[b"unable to getrlimit()"], errno))?;
    let done = limits::set_limit(resource, amount.soft(hard), hard);
    done.map_err(|errno| Failure::call(&[b"unable to setrlimit()"], errno))
}

/// Becomes the program, which is looked for by our own search path, not by a changed one.
fn execute(job: &Job, changes: &Changes) -> Failure {
    let words = job.program.iter().map(|word| word.as_bytes());
    let argv = job.argv0.as_deref().into_iter().chain(words.clone().skip(usize::from(job.argv0.is_some())));
    let argv: Vec<CString> = argv.filter_map(|word| CString::new(word).ok()).collect();
    let argv: Vec<&CStr> = argv.iter().map(CString::as_c_str).collect();
    let own = process::environment();
    let places = search::candidates(words.clone().next().unwrap_or_default(), environment::value(&own, b"PATH"));
    let places: Vec<&CStr> = places.iter().map(CString::as_c_str).collect();
    let list = if changes.is_empty() { None } else { Some(changes.apply(own)) };
    let why = process::execute_in_place(&places, &argv, list.as_deref());
    Failure::call(&[b"unable to run: ", argv.first().map_or(&b""[..], |name| name.to_bytes())], why)
}
