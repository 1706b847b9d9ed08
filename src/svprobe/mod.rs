//! One check, one exit code, one line: 0 and 1 with the reason on standard output, 2 with it on standard error, where
//! it is seen even by those who look at the exit code alone.
//!
//! `options` says what can be asked; what the answer is worth is decided in `probe`. Every check has a deadline: what
//! can be waited for is waited for in `wait`, and calls that may hang are made in a child.
#![forbid(unsafe_code)]

mod apart;
#[cfg(feature = "cert")]
mod certificate;
mod machine;
mod network;
mod options;
mod program;
mod resolve;
mod service;
mod wait;

use crate::cli::message::{Voice, printable, to_stderr};
use crate::exit::Exit;
use crate::probe::Verdict;
use crate::probe::talk::Talk;
use crate::supervise::client::{SERVICES, is_path};
use crate::sys::door::Args;
use crate::sys::{Errno, fs, io};
use options::{Check, Request, USAGE};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Why it cannot be told.
#[derive(Debug)]
struct Trouble {
    what: Vec<u8>,
    why: Option<Errno>,
}

/// What a check answers.
type Answer<T> = core::result::Result<T, Trouble>;

impl Trouble {
    fn call(what: &[&[u8]], why: Errno) -> Trouble {
        Trouble { what: what.concat(), why: Some(why) }
    }

    fn of(what: &[&[u8]]) -> Trouble {
        Trouble { what: what.concat(), why: None }
    }
}

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let request: Request = match USAGE.parse_command(args) {
        Ok(request) => request,
        Err(exit) => return exit,
    };
    if let Some(wrong) = request.wrong() {
        return USAGE.refuse(wrong.as_bytes());
    }
    let subject = subject(&request);
    if let Err(trouble) = enter(&request) {
        return tell(&subject, Err(trouble));
    }
    match request.hangs_after() {
        Some(guard) => apart::within(guard, &subject, || check(&request)),
        None => tell(&subject, check(&request)),
    }
}

fn check(request: &Request) -> Answer<Verdict> {
    let timeout = request.timeout.0;
    match &request.check {
        Check::Http(http) => network::internet(&http.url.place, &mut Talk::from(http.question()), timeout),
        Check::Tcp(tcp) => network::internet(&tcp.place, &mut Talk::from(tcp.talk()), timeout),
        Check::Unix(unix) => network::unix(&unix.path.0, &mut Talk::from(unix.talk()), timeout),
        #[cfg(feature = "cert")]
        Check::Cert(cert) => certificate::check(cert, timeout),
        Check::File(file) => machine::file(file),
        Check::Disk(disk) => machine::disk(disk),
        Check::Load(load) => machine::load(load),
        Check::Memory(memory) => service::memory(memory),
        Check::Cpu(cpu) => service::cpu(cpu),
        Check::Fds(fds) => service::descriptors(fds),
        Check::Program(program) => program::run(program, timeout),
    }
}

/// Makes the service's directory the current one: paths are meant from there, and it is the service of that directory
/// that is looked at.
fn enter(request: &Request) -> Answer<()> {
    let Some(name) = &request.service else { return Ok(()) };
    let directory = std::env::var_os("SVDIR").unwrap_or_else(|| SERVICES.into());
    let path =
        if is_path(name.0.as_bytes()) { Path::new(&name.0).to_path_buf() } else { Path::new(&directory).join(&name.0) };
    fs::enter(&path).map_err(|errno| Trouble::call(&[b"unable to enter ", path.as_os_str().as_bytes()], errno))
}

/// What was asked, for the line.
fn subject(request: &Request) -> Vec<u8> {
    let service = request.service.as_ref().map(|name| name.0.as_os_str());
    let with = |name: &str, what: Option<&OsStr>| match what {
        Some(what) => [name.as_bytes(), b" ", what.as_bytes()].concat(),
        None => name.as_bytes().to_vec(),
    };
    match &request.check {
        Check::Http(http) => format!("http {}", http.url).into_bytes(),
        Check::Tcp(tcp) => format!("tcp {}", tcp.place).into_bytes(),
        #[cfg(feature = "cert")]
        Check::Cert(cert) => format!("cert {}", cert.place).into_bytes(),
        Check::Unix(unix) => with("unix", Some(&unix.path.0)),
        Check::File(file) => with("file", Some(&file.path.0)),
        Check::Disk(disk) => with("disk", Some(&disk.path.0)),
        Check::Program(program) => with("program", program.command.first().map(|word| word.0.as_os_str())),
        Check::Load(_) => with("load", None),
        Check::Memory(_) => with("memory", service),
        Check::Cpu(_) => with("cpu", service),
        Check::Fds(_) => with("fds", service),
    }
}

/// The line, and the exit code.
fn tell(subject: &[u8], answer: Answer<Verdict>) -> Exit {
    // That nobody reads the line does not change the code.
    let line = |word: &[u8], why: String| {
        let line = one_line(&[word, b": ", subject, b": ", why.as_bytes()]);
        let _ = io::unsignalled(|| io::write_all(io::stdout(), &line));
    };
    let trouble = match answer {
        Ok(Verdict::Well(why)) => {
            line(b"ok", why);
            return Exit(0);
        }
        Ok(Verdict::Ill(why)) => {
            line(b"fail", why);
            return Exit(1);
        }
        Ok(Verdict::Unknown(why)) => Trouble::of(&[why.as_bytes()]),
        Err(trouble) => trouble,
    };
    let text = Voice::new(&[b"svprobe"]).text(b"fatal: ", &[subject, b": ", &trouble.what], trouble.why);
    to_stderr(&one_line(&[text.trim_ascii_end()]));
    USAGE.exit
}

/// A line is one, whatever a path has in it.
fn one_line(pieces: &[&[u8]]) -> Vec<u8> {
    [&printable(&pieces.concat()), &b"\n"[..]].concat()
}
