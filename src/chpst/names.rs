//! The other names of `chpst`, those of daemontools: each with its own command line.

use super::Job;
use super::options::{self, limits};
use crate::cli::options::{Bytes, Called, Given, Parsed, Usage};
use crate::exit::Exit;
use crate::process_state::change::{Change, EnvDir, Lock, UserWord};
use crate::process_state::limit::Amount;
use crate::sys::door::Args;
use argh::{ArgsInfo, FromArgs};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What the command line asks for under this name.
pub(super) fn job(name: &[u8], args: Args<'_>) -> Result<Job, Exit> {
    match name {
        b"setuidgid" => setuidgid(args),
        b"envuidgid" => envuidgid(args),
        b"envdir" => envdir(args),
        b"pgrphack" => pgrphack(args),
        b"setlock" => setlock(args),
        b"softlimit" => softlimit(args),
        _ => options::job(args),
    }
}

const fn usage(program: &'static str, line: &'static str) -> Usage {
    Usage { program, line, called: Called::ByBaseName, exit: Exit(100) }
}

fn fail(usage: &Usage, args: Args<'_>) -> Exit {
    usage.fail(args.first().copied().unwrap_or(OsStr::new(usage.program)))
}

/// Run child as account, in the account's group and no other.
#[derive(FromArgs, ArgsInfo)]
struct Setuidgid {}

fn setuidgid(args: Args<'_>) -> Result<Job, Exit> {
    let (account, program) = word_and_program::<Setuidgid>(&usage("setuidgid", "account child"), args)?;
    Ok(Job { change: Change { user: Some(named(account)), ..Change::default() }, program, ..Job::default() })
}

/// Run child with account's numbers in the variables UID and GID.
#[derive(FromArgs, ArgsInfo)]
struct Envuidgid {}

fn envuidgid(args: Args<'_>) -> Result<Job, Exit> {
    let (account, program) = word_and_program::<Envuidgid>(&usage("envuidgid", "account child"), args)?;
    Ok(Job { change: Change { env_user: Some(named(account)), ..Change::default() }, program, ..Job::default() })
}

fn named(account: &OsStr) -> UserWord {
    UserWord { text: account.as_bytes().to_vec(), account: true }
}

/// Run child with the variables in dir, a file each.
#[derive(FromArgs, ArgsInfo)]
struct Envdir {}

fn envdir(args: Args<'_>) -> Result<Job, Exit> {
    let (path, program) = word_and_program::<Envdir>(&usage("envdir", "dir child"), args)?;
    let env_dir = Some(EnvDir { path: path.as_bytes().to_vec(), nothing_but_files: true });
    Ok(Job { change: Change { env_dir, ..Change::default() }, program, ..Job::default() })
}

/// Run child as the leader of a session of its own.
#[derive(FromArgs, ArgsInfo)]
struct Pgrphack {}

fn pgrphack(args: Args<'_>) -> Result<Job, Exit> {
    let usage = usage("pgrphack", "child");
    usage.parse_bare::<Pgrphack>(args)?;
    match args {
        [_, program @ ..] if !program.is_empty() => {
            let change = Change { session: true, ..Change::default() };
            Ok(Job { change, program: program.to_vec(), ..Job::default() })
        }
        _ => Err(fail(&usage, args)),
    }
}

/// For names that take no options: what looks like one is a word like any other.
fn word_and_program<T: FromArgs + ArgsInfo>(
    usage: &Usage,
    args: Args<'_>,
) -> Result<(&'static OsStr, Vec<&'static OsStr>), Exit> {
    usage.parse_bare::<T>(args)?;
    match args {
        [_, word, program @ ..] if !program.is_empty() => Ok((word, program.to_vec())),
        _ => Err(fail(usage, args)),
    }
}

/// Run program while holding the lock of file.
#[derive(FromArgs, ArgsInfo)]
struct Setlock {
    /// wait for whoever holds the lock
    #[argh(switch, short = 'n')]
    #[allow(dead_code)] // of two that contradict each other the later counts
    wait: bool,
    /// fail if somebody holds the lock (the default)
    #[argh(switch, short = 'N')]
    #[allow(dead_code)]
    no_wait: bool,
    /// whatever fails, say nothing and exit 0
    #[argh(switch, short = 'x')]
    #[allow(dead_code)]
    silent: bool,
    /// say what fails and exit 111 (the default)
    #[argh(switch, short = 'X')]
    #[allow(dead_code)]
    loud: bool,
}

fn setlock(args: Args<'_>) -> Result<Job, Exit> {
    let usage = usage("setlock", "[ -nNxX ] file program [ arg ... ]");
    let Parsed { mut operands, given, .. } = usage.parse::<Setlock>(args)?;
    if operands.len() < 2 {
        return Err(fail(&usage, args));
    }
    let path = operands.remove(0).as_bytes().to_vec();
    let lock = Some(Lock { path, wait: chosen(&given, "--wait", "--no-wait") });
    let silent = chosen(&given, "--silent", "--loud");
    Ok(Job { change: Change { lock, ..Change::default() }, program: operands, silent, ..Job::default() })
}

/// Which of two options came last; the second if neither did.
fn chosen(given: &[Given], this: &str, that: &str) -> bool {
    given.iter().rev().find(|option| option.name == this || option.name == that).is_some_and(|last| last.name == this)
}

/// Run child with soft limits; = is the hard limit.
#[derive(FromArgs, ArgsInfo)]
struct Softlimit {
    /// limit the address space
    #[argh(option, short = 'a', arg_name = "bytes")]
    #[allow(dead_code)] // limits are read in the order in which they came
    address_space: Vec<Bytes>,
    /// limit the size of core dumps
    #[argh(option, short = 'c', arg_name = "bytes")]
    #[allow(dead_code)]
    core: Vec<Bytes>,
    /// limit the data segment
    #[argh(option, short = 'd', arg_name = "bytes")]
    #[allow(dead_code)]
    data: Vec<Bytes>,
    /// limit the size of files
    #[argh(option, short = 'f', arg_name = "bytes")]
    #[allow(dead_code)]
    file_size: Vec<Bytes>,
    /// limit locked memory
    #[argh(option, short = 'l', arg_name = "bytes")]
    #[allow(dead_code)]
    locked_memory: Vec<Bytes>,
    /// limit data, stack, locked memory and address space, each to so many bytes
    #[argh(option, short = 'm', arg_name = "bytes")]
    #[allow(dead_code)]
    memory: Vec<Bytes>,
    /// limit the number of open files
    #[argh(option, short = 'o', arg_name = "n")]
    #[allow(dead_code)]
    open_files: Vec<Bytes>,
    /// limit the number of the user's processes
    #[argh(option, short = 'p', arg_name = "n")]
    #[allow(dead_code)]
    processes: Vec<Bytes>,
    /// limit resident memory
    #[argh(option, short = 'r', arg_name = "bytes")]
    #[allow(dead_code)]
    resident: Vec<Bytes>,
    /// limit the stack
    #[argh(option, short = 's', arg_name = "bytes")]
    #[allow(dead_code)]
    stack: Vec<Bytes>,
    /// limit the time on a processor
    #[argh(option, short = 't', arg_name = "seconds")]
    #[allow(dead_code)]
    cpu_time: Vec<Bytes>,
}

fn softlimit(args: Args<'_>) -> Result<Job, Exit> {
    let line = "[-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] \
                [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child";
    let usage = usage("softlimit", line);
    let Parsed { operands, given, .. } = usage.parse::<Softlimit>(args)?;
    // runit answers a number that it cannot read with the usage of chpst.
    let limits = limits(&given, Amount::parse_or_hard).ok_or_else(|| fail(&options::USAGE, args))?;
    if operands.is_empty() {
        return Err(fail(&usage, args));
    }
    Ok(Job { change: Change { limits, ..Change::default() }, program: operands, ..Job::default() })
}
