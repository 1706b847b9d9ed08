//! Logs a line out of utmp and wtmp, for the `finish` of a getty.
#![forbid(unsafe_code)]

use crate::cli::message::Voice;
use crate::cli::options::{Called, Parsed, Usage};
use crate::exit::Exit;
use crate::sys::door::Args;
use crate::sys::fs::{Dir, How, Wait};
use crate::sys::{Errno, Result, clock, fs, io};
use crate::utmp::{Record, SIZE};
use argh::{ArgsInfo, FromArgs};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

/// Say in the user accounting database that nobody is logged in on a line any more.
#[derive(FromArgs, ArgsInfo)]
struct Options {
    /// write an empty record for the line to wtmp as well
    #[argh(switch, short = 'w')]
    wtmp: bool,
}

const USAGE: Usage = Usage { program: "utmpset", line: "[-w] line", called: Called::AsGiven, exit: Exit(1) };

const UTMP: &str = "/var/run/utmp";
const WTMP: &str = "/var/log/wtmp";

/// The program.
pub fn main(args: Args<'_>) -> Exit {
    let Parsed { options, operands, .. } = match USAGE.parse::<Options>(args) {
        Ok(parsed) => parsed,
        Err(exit) => return exit,
    };
    let Some(line) = operands.first().map(|line| line.as_bytes()) else {
        return USAGE.fail(args.first().copied().unwrap_or_default());
    };
    let voice = Voice::new(&[b"utmpset"]);
    let seconds = clock::label().unix;
    match log_out(&voice, line, seconds) {
        Err(exit) => exit,
        Ok(()) if options.wtmp => remember(&voice, line, seconds).err().unwrap_or(Exit::OK),
        Ok(()) => Exit::OK,
    }
}

/// Takes the line's user out of utmp.
fn log_out(voice: &Voice, line: &[u8], seconds: i64) -> core::result::Result<(), Exit> {
    let file = locked(voice, UTMP, How::ReadWrite)?;
    match log_out_of(&file, line, seconds) {
        Ok(true) => return Ok(()),
        Ok(false) => voice.remark(&[b"unable to logout line ", line, b" in utmp: no such entry"]),
        Err(why) => voice.warning(&[b"unable to logout line ", line, b" in utmp"], why),
    }
    Err(Exit::FATAL)
}

/// Whether there was such a line in use.
fn log_out_of(file: &OwnedFd, line: &[u8], seconds: i64) -> Result<bool> {
    let mut record = Record([0; SIZE]);
    let mut offset = 0;
    while io::read_at(file, &mut record.0, offset)? == SIZE {
        if record.is_in_use(line) {
            record.log_out(seconds);
            return whole(io::write_at(file, &record.0, offset)?).map(|()| true);
        }
        offset += SIZE as i64;
    }
    Ok(false)
}

/// Appends the end of the session to wtmp: a whole record or nothing.
fn remember(voice: &Voice, line: &[u8], seconds: i64) -> core::result::Result<(), Exit> {
    let file = locked(voice, WTMP, How::Append)?;
    let record = Record::dead(line, seconds);
    let size = fs::facts(&file).map(|facts| facts.size);
    let written = size.and_then(|_| whole(io::write(&file, &record.0)?));
    written.map_err(|why| {
        let _ = size.and_then(|size| fs::cut(&file, size));
        voice.warning(&[b"unable to logout line ", line, b" in wtmp"], why);
        Exit::FATAL
    })
}

fn whole(written: usize) -> Result<()> {
    if written == SIZE { Ok(()) } else { Err(Errno::EIO) }
}

fn locked(voice: &Voice, path: &str, how: How) -> core::result::Result<OwnedFd, Exit> {
    let failed = |verb: &[u8]| {
        let what = [b"unable to ", verb, b" ", path.as_bytes()].concat();
        move |why| {
            voice.fatal(&[&what], why);
            Exit::FATAL
        }
    };
    let file = Dir::current().and_then(|dir| dir.file(path, how)).map_err(failed(b"open"))?;
    fs::lock(&file, Wait::Yes).map_err(failed(b"lock"))?;
    Ok(file)
}
