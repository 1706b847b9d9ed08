//! The options of `chpst` itself.

use super::Job;
use crate::cli::options::{Bytes, Called, Given, Parsed, Usage};
use crate::exit::Exit;
use crate::process_state::capability::Capabilities;
use crate::process_state::change::{Change, EnvDir, Lock, UserWord};
use crate::process_state::cpus::Cpus;
use crate::process_state::directory::{self, Wanted};
use crate::process_state::limit::{Amount, MEMORY, Resource};
use crate::process_state::priority::{self, DiskAccess};
use crate::sys::door::Args;
use argh::{ArgsInfo, FromArgs};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStringExt;

/// Change the state of the process, then execute prog.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// run as this user, in this group and these only; or `:uid:gid[:gid...]`
    #[argh(option, short = 'u', arg_name = "user[:group...]")]
    user: Vec<Bytes>,
    /// tell of a user in the variables UID and GID
    #[argh(option, short = 'U', arg_name = "user[:group]")]
    env_user: Vec<Bytes>,
    /// tell prog that this is its name
    #[argh(option, short = 'b', arg_name = "argv0")]
    argv0: Vec<Bytes>,
    /// set the variables in this directory, a file each
    #[argh(option, short = 'e', arg_name = "dir")]
    env_dir: Vec<Bytes>,
    /// set the variables in this file of NAME=value lines; with a - before it the file may be missing
    #[argh(option, arg_name = "file")]
    env_file: Vec<Bytes>,
    /// make this the root directory
    #[argh(option, short = '/', arg_name = "root")]
    root: Vec<Bytes>,
    /// make this the current directory, in the new root
    #[argh(option, short = 'C', arg_name = "dir")]
    directory: Vec<Bytes>,
    /// add this to the nice level
    #[argh(option, short = 'n', arg_name = "[+-]n")]
    nice: Vec<Bytes>,
    /// hold the lock of this file, waiting for it
    #[argh(option, short = 'l', arg_name = "file")]
    lock: Vec<Bytes>,
    /// hold the lock of this file, failing if somebody has it
    #[argh(option, short = 'L', arg_name = "file")]
    try_lock: Vec<Bytes>,
    /// limit data, stack, locked memory and address space, each to so many bytes
    #[argh(option, short = 'm', arg_name = "bytes")]
    #[allow(dead_code)] // limits are read in the order in which they came
    memory: Vec<Bytes>,
    /// limit the data segment
    #[argh(option, short = 'd', arg_name = "bytes")]
    #[allow(dead_code)]
    data: Vec<Bytes>,
    /// limit the number of open files
    #[argh(option, short = 'o', arg_name = "n")]
    #[allow(dead_code)]
    open_files: Vec<Bytes>,
    /// limit the number of the user's processes
    #[argh(option, short = 'p', arg_name = "n")]
    #[allow(dead_code)]
    processes: Vec<Bytes>,
    /// limit the size of files
    #[argh(option, short = 'f', arg_name = "bytes")]
    #[allow(dead_code)]
    file_size: Vec<Bytes>,
    /// limit the size of core dumps
    #[argh(option, short = 'c', arg_name = "bytes")]
    #[allow(dead_code)]
    core: Vec<Bytes>,
    /// limit resident memory
    #[argh(option, short = 'r', arg_name = "bytes")]
    #[allow(dead_code)]
    resident: Vec<Bytes>,
    /// limit the time on a processor
    #[argh(option, short = 't', arg_name = "seconds")]
    #[allow(dead_code)]
    cpu_time: Vec<Bytes>,
    /// lead a session of its own
    #[argh(switch, short = 'P')]
    session: bool,
    /// close standard input
    #[argh(switch, short = '0')]
    close_stdin: bool,
    /// close standard output
    #[argh(switch, short = '1')]
    close_stdout: bool,
    /// close standard error
    #[argh(switch, short = '2')]
    close_stderr: bool,
    /// say what is passed over
    #[argh(switch, short = 'v')]
    verbose: bool,
    /// get no privileges from set-user-id programs or files with capabilities
    #[argh(switch)]
    no_new_privs: bool,
    /// have these capabilities and never any other: net_bind_service,sys_nice
    #[argh(option, from_str_fn(capabilities), arg_name = "list")]
    keep_caps: Option<Capabilities>,
    /// order of disk access: realtime, best-effort (both with :0 to :7), idle, none
    #[argh(option, from_str_fn(disk), arg_name = "class[:n]")]
    ionice: Option<DiskAccess>,
    /// run on these processors: 0-3,8
    #[argh(option, from_str_fn(cpus), arg_name = "list")]
    cpus: Option<Cpus>,
    /// be ended when memory is out: -1000 (never) to 1000 (first)
    #[argh(option, from_str_fn(oom), arg_name = "n")]
    oom: Option<i16>,
    /// permission bits that new files do not get, in octal
    #[argh(option, from_str_fn(umask), arg_name = "mode")]
    umask: Option<u32>,
    /// make a directory, or give it this mode and owner (may be repeated)
    #[argh(option, from_str_fn(wanted), arg_name = "dir:mode:owner")]
    mkdir: Vec<Wanted>,
    /// see an empty /tmp and /var/tmp of its own
    #[argh(switch)]
    private_tmp: bool,
    /// see this path read-only (may be repeated)
    #[argh(option, arg_name = "path")]
    ro: Vec<Bytes>,
    /// see no network but a loopback of its own: none
    #[argh(option, from_str_fn(net), arg_name = "none")]
    net: Option<NoNetwork>,
}

struct NoNetwork;

fn capabilities(text: &str) -> Result<Capabilities, String> {
    Capabilities::parse(text).map_err(|word| format!("no such capability: {word}"))
}

fn disk(text: &str) -> Result<DiskAccess, String> {
    DiskAccess::parse(text).ok_or_else(|| "not realtime[:n], best-effort[:n], idle or none".to_owned())
}

fn cpus(text: &str) -> Result<Cpus, String> {
    Cpus::parse(text).ok_or_else(|| "not a list of processors".to_owned())
}

fn oom(text: &str) -> Result<i16, String> {
    priority::oom(text).ok_or_else(|| "not a number from -1000 to 1000".to_owned())
}

fn umask(text: &str) -> Result<u32, String> {
    directory::umask(text).ok_or_else(|| "not an octal number up to 777".to_owned())
}

fn wanted(text: &str) -> Result<Wanted, String> {
    let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
    Wanted::parse(&bytes).ok_or_else(|| "not dir:mode:owner".to_owned())
}

fn net(text: &str) -> Result<NoNetwork, String> {
    if text == "none" { Ok(NoNetwork) } else { Err("not none".to_owned()) }
}

/// How to call `chpst`, also where it is called `softlimit` and a number is wrong.
pub(super) const USAGE: Usage = Usage {
    program: "chpst",
    line: "[-vVP012] [-u user[:group]] [-U user[:group]] [-b argv0] [-e dir] [-/ root] [-C pwd] [-n nice] [-l|-L lock] \
           [-m n] [-d n] [-o n] [-p n] [-f n] [-c n] [-t n] prog",
    called: Called::ByBaseName,
    exit: Exit(100),
};

/// What a command line of `chpst` asks for.
pub(super) fn job(args: Args<'_>) -> Result<Job, Exit> {
    let Parsed { options, operands, given } = USAGE.parse::<Options>(args)?;
    let usage = || USAGE.fail(args.first().copied().unwrap_or(OsStr::new("chpst")));
    if operands.is_empty() {
        return Err(usage());
    }
    let verbose = options.verbose;
    let argv0 = last(&options.argv0);
    let change = options.change(&given).ok_or_else(usage)?;
    Ok(Job { change, program: operands, argv0, verbose, silent: false })
}

impl Options {
    /// What to change; nothing if that makes no sense.
    fn change(self, given: &[Given]) -> Option<Change> {
        let nice = match last(&self.nice) {
            Some(text) => Some(priority::nice(&text)?),
            None => None,
        };
        Some(Change {
            session: self.session,
            env_files: self.env_file.into_iter().map(bytes).collect(),
            env_dir: last(&self.env_dir).map(|path| EnvDir { path, nothing_but_files: false }),
            env_user: last(&self.env_user).map(|text| UserWord { text, account: false }),
            root: last(&self.root),
            directory: last(&self.directory),
            read_only: self.ro.into_iter().map(bytes).collect(),
            private_tmp: self.private_tmp,
            no_network: self.net.is_some(),
            directories: self.mkdir,
            nice,
            disk: self.ionice,
            cpus: self.cpus,
            oom: self.oom,
            user: last(&self.user).map(|text| UserWord { text, account: false }),
            capabilities: self.keep_caps,
            no_new_privileges: self.no_new_privs,
            lock: lock(&self.lock, &self.try_lock)?,
            close: [self.close_stdin, self.close_stdout, self.close_stderr],
            umask: self.umask,
            limits: limits(given, Amount::parse)?,
        })
    }
}

/// One lock at most can be asked for.
fn lock(waiting: &[Bytes], trying: &[Bytes]) -> Option<Option<Lock>> {
    let lock = |path: &Bytes, wait| Some(Lock { path: path.0.clone().into_vec(), wait });
    match (waiting, trying) {
        ([], []) => Some(None),
        ([path], []) => Some(lock(path, true)),
        ([], [path]) => Some(lock(path, false)),
        _ => None,
    }
}

/// The limits in the order in which they came: of two for the same thing the later counts, whether it was asked for
/// by its own option or by `-m`.
pub(super) fn limits(given: &[Given], amount: fn(&[u8]) -> Option<Amount>) -> Option<Vec<(Resource, Amount)>> {
    let mut limits = Vec::new();
    for option in given {
        let resources = resources(&option.name);
        if resources.is_empty() {
            continue;
        }
        let amount = amount(&option.value()?)?;
        limits.retain(|(resource, _)| !resources.contains(resource));
        limits.extend(resources.iter().map(|resource| (*resource, amount)));
    }
    Some(limits)
}

/// What an option limits.
fn resources(name: &str) -> &'static [Resource] {
    match name {
        "--memory" => &MEMORY,
        "--address-space" => &[Resource::AddressSpace],
        "--core" => &[Resource::Core],
        "--cpu-time" => &[Resource::CpuTime],
        "--data" => &[Resource::Data],
        "--file-size" => &[Resource::FileSize],
        "--locked-memory" => &[Resource::LockedMemory],
        "--open-files" => &[Resource::OpenFiles],
        "--processes" => &[Resource::Processes],
        "--resident" => &[Resource::Resident],
        "--stack" => &[Resource::Stack],
        _ => &[],
    }
}

/// Of an option that was given several times, the last counts.
fn last(given: &[Bytes]) -> Option<Vec<u8>> {
    given.last().map(|value| value.0.clone().into_vec())
}

fn bytes(value: Bytes) -> Vec<u8> {
    value.0.into_vec()
}
