//! How much a logger costs: processor time for each gigabyte and each line, and how fast it is.
//!
//! Ours, the original, s6-log, multilog and Supervisor's own logging where they are installed, and a bare loop of read
//! and write as the floor. Processor time is the logger's own, user and system, as the kernel counts it; of supervisord,
//! what it takes from the first byte on, since it is started once and not for each service.
//!
//!     cargo bench --bench peers -- svlogd         # BENCH_MEGABYTES=1024 to write more than 256 in a round

use super::book::{Book, Target};
use super::figures;
use super::who::Who;
use std::fs;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The length of lines, newline included, on average.
const LINE: usize = 127;
const LINES: usize = 1_000_000;
const WORDS: [&str; 10] =
    ["debug:", "zebra", "trace=", "quux", "heartbeat", "xyzzy", "poll()", "kernel:", "noise", "verbose"];

/// What a logger is asked to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    Label,
    Calendar,
    Patterns,
    Rotation,
    SmallWrites,
}

const MODES: [Mode; 6] = [Mode::Plain, Mode::Label, Mode::Calendar, Mode::Patterns, Mode::Rotation, Mode::SmallWrites];

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Mode::Plain => "plain",
            Mode::Label => "stamps (-t)",
            Mode::Calendar => "dates (-tt)",
            Mode::Patterns => "ten patterns",
            Mode::Rotation => "files of 10 MB, ten kept",
            Mode::SmallWrites => "one-line writes",
        }
    }

    fn target(self) -> Target {
        match self {
            Mode::Plain => Target::AtMost(0.7),
            Mode::Label | Mode::Calendar => Target::AtMost(1.3),
            Mode::Patterns => Target::AtMost(2.5),
            Mode::SmallWrites => Target::AtMost(0.4),
            Mode::Rotation => Target::None,
        }
    }
}

#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

/// Parts of this program that are programs of their own; whether it was one.
pub fn helps(args: &[String]) -> bool {
    match args.first().map(String::as_str) {
        Some("--loop") => bare_loop(&args[1], args[2].parse().expect("a size")),
        Some("--feed") => fed_by_supervisor(&args[1], &args[2], &args[3]),
        _ => return false,
    }
    true
}

pub fn measure(quick: bool, place: &Path, book: &mut Book) {
    let asked = std::env::var("BENCH_MEGABYTES").ok().and_then(|number| number.parse::<usize>().ok());
    let bytes = asked.unwrap_or(if quick { 32 } else { 256 }) << 20;
    let (block, place) = (block(), place.join("logs"));
    for mode in MODES {
        println!("svlogd: {}", mode.name());
        let lines = if quick { LINES / 10 } else { LINES };
        let total = if mode == Mode::SmallWrites { lines * LINE } else { bytes };
        let loggers: Vec<Who> = LOGGERS.into_iter().filter(|who| command(*who, mode, &place).is_some()).collect();
        for _ in 0..if quick { 1 } else { 3 } {
            loggers.iter().for_each(|who| note(*who, mode, total, cost(*who, mode, &place, &block, total), book));
        }
    }
    let _ = fs::remove_dir_all(place);
}

fn note(who: Who, mode: Mode, total: usize, cost: Cost, book: &mut Book) {
    let total = total as f64;
    if mode == Mode::SmallWrites {
        let figure = figures::svlogd(mode.name(), "us a line", mode.target());
        book.note(figure, None, who, cost.cpu / total * LINE as f64 * 1e6);
    } else {
        book.note(figures::svlogd(mode.name(), "CPU s/GB", mode.target()), None, who, cost.cpu / total * 1e9);
    }
    book.note(figures::svlogd_speed(mode.name()), None, who, total / 1e6 / cost.wall);
}

const LOGGERS: [Who; 6] = [Who::Keepup, Who::Runit, Who::S6, Who::Daemontools, Who::Supervisor, Who::Floor];

/// How to start a logger; nothing if it is missing or cannot do this.
fn command(who: Who, mode: Mode, place: &Path) -> Option<Command> {
    let dir = place.join("log");
    let _ = fs::create_dir_all(place);
    let installed = |name: &str| Some(Path::new("/usr/bin").join(name)).filter(|path| path.exists());
    match who {
        Who::Keepup => Some(svlogd(Path::new(env!("CARGO_BIN_EXE_svlogd")), mode, &dir)),
        Who::Runit => Some(svlogd(&installed("svlogd")?, mode, &dir)),
        Who::S6 => {
            let mut command = Command::new(installed("s6-log")?);
            let patterns = WORDS.iter().map(|word| format!("-{}", word.replace(['(', ')'], ".")));
            if mode == Mode::Patterns {
                command.arg("+.*").args(patterns);
            }
            command.args(match mode {
                Mode::Label => &["t"][..],
                Mode::Calendar => &["T"],
                _ => &[],
            });
            command.args(["n10", if mode == Mode::Rotation { "s10485760" } else { "s268435455" }]).arg(dir);
            Some(command)
        }
        Who::Daemontools if mode != Mode::Calendar => {
            let mut command = Command::new(installed("multilog")?);
            if mode == Mode::Patterns {
                command.args(WORDS.iter().map(|word| format!("-*{word}*")));
            }
            if mode == Mode::Label {
                command.arg("t");
            }
            command.args(["n10", if mode == Mode::Rotation { "s10485760" } else { "s16777215" }]).arg(dir);
            Some(command)
        }
        // It has neither stamps nor patterns.
        Who::Supervisor if matches!(mode, Mode::Plain | Mode::SmallWrites | Mode::Rotation) => {
            let mut command = Command::new(installed("supervisord")?);
            command.arg("-c").arg(place.join("supervisord.conf"));
            Some(command)
        }
        Who::Floor if matches!(mode, Mode::Plain | Mode::SmallWrites | Mode::Rotation) => {
            let mut command = Command::new(std::env::current_exe().ok()?);
            command.arg("--loop").arg(place.join("file"));
            command.arg(if mode == Mode::Rotation { "10485760" } else { "18446744073709551615" });
            Some(command)
        }
        _ => None,
    }
}

fn svlogd(program: &Path, mode: Mode, dir: &Path) -> Command {
    let mut config = if mode == Mode::Rotation { "s10485760\nn10\n".to_owned() } else { "s0\n".to_owned() };
    if mode == Mode::Patterns {
        WORDS.iter().for_each(|word| config += &format!("-*{word}*\n"));
    }
    let _ = fs::create_dir_all(dir);
    let _ = fs::write(dir.join("config"), config);
    let mut command = Command::new(program);
    match mode {
        Mode::Label => drop(command.arg("-t")),
        Mode::Calendar => drop(command.arg("-tt")),
        _ => {}
    }
    command.arg(dir);
    command
}

fn cost(who: Who, mode: Mode, place: &Path, block: &[u8], total: usize) -> Cost {
    let _ = fs::remove_dir_all(place);
    let mut command = command(who, mode, place).expect("it was there before");
    if who == Who::Supervisor {
        return measure_supervisor(command, mode, place, total);
    }
    let start = Instant::now();
    #[allow(clippy::zombie_processes)] // waited for by its number, for its usage
    let mut child = command.stdin(Stdio::piped()).spawn().expect("starting a logger");
    let pipe = fs::File::from(OwnedFd::from(child.stdin.take().expect("its pipe")));
    feed(pipe, mode, block, total);
    let cpu = processor_time(child.id());
    Cost { cpu, wall: start.elapsed().as_secs_f64() }
}

/// Supervisor makes the pipe itself: what writes into it is a program of its configuration, which waits for our word.
fn measure_supervisor(mut command: Command, mode: Mode, place: &Path, total: usize) -> Cost {
    let (go, log) = (place.join("go"), place.join("supervisord.log"));
    nix::unistd::mkfifo(&go, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    fs::write(place.join("supervisord.conf"), supervisor_config(mode, place, total)).expect("a configuration");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("starting supervisord");
    // The fifo has a reader once the program has made its input.
    let gate =
        while_it_runs(&mut child, || fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(&go).ok());
    let (before, start) = (time_so_far(child.id()), Instant::now());
    drop(gate);
    // It reads what is left in the pipe before it says so.
    let exited = |text: String| text.contains("exited: feed").then_some(());
    while_it_runs(&mut child, || exited(fs::read_to_string(&log).unwrap_or_default()));
    let cost = Cost { cpu: time_so_far(child.id()) - before, wall: start.elapsed().as_secs_f64() };
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id() as i32), nix::sys::signal::SIGTERM)
        .expect("to end it");
    child.wait().expect("its end");
    cost
}

fn while_it_runs<T>(child: &mut Child, mut answer: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = answer() {
            return found;
        }
        assert!(child.try_wait().expect("its state").is_none(), "supervisord has ended");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sizes and numbers are Supervisor's own (50 MB, 10) where the mode does not ask for others.
fn supervisor_config(mode: Mode, place: &Path, total: usize) -> String {
    let (place, program) = (place.display(), std::env::current_exe().expect("this program"));
    let writes = if mode == Mode::SmallWrites { "lines" } else { "blocks" };
    let limits = if mode == Mode::Rotation { "stdout_logfile_maxbytes=10MB\nstdout_logfile_backups=10\n" } else { "" };
    format!(
        "[supervisord]\nnodaemon=true\nsilent=true\nlogfile={place}/supervisord.log\npidfile={place}/supervisord.pid\n\
         [program:feed]\ncommand={} --feed {writes} {total} {place}/go\nautorestart=false\nstartsecs=0\n\
         stderr_logfile=NONE\nstdout_logfile={place}/feed.log\n{limits}",
        program.display()
    )
}

/// The same input as everybody's, on standard output, once somebody says go.
fn fed_by_supervisor(writes: &str, total: &str, go: &str) {
    let (block, total) = (block(), total.parse().expect("a number"));
    let mode = if writes == "lines" { Mode::SmallWrites } else { Mode::Plain };
    let pipe = std::io::stdout().as_fd().try_clone_to_owned().expect("standard output");
    fs::read(go).expect("the fifo, opened and closed");
    feed(pipe.into(), mode, &block, total);
}

/// The processor time that a process has taken, all its threads together.
fn time_so_far(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let (_, after) = stat.rsplit_once(") ").expect("a name");
    // utime and stime are the fields 14 and 15; the first after the name is the third.
    let ticks: u64 = after.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum();
    let second = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).expect("a constant").expect("a number");
    ticks as f64 / second as f64
}

fn feed(mut pipe: fs::File, mode: Mode, block: &[u8], total: usize) {
    let mut left = total;
    while left > 0 {
        let most = &block[..block.len().min(left)];
        if mode == Mode::SmallWrites {
            most.split_inclusive(|byte| *byte == b'\n').for_each(|line| pipe.write_all(line).expect("a reader"));
        } else {
            most.chunks(1 << 16).for_each(|chunk| pipe.write_all(chunk).expect("a reader"));
        }
        left -= most.len();
    }
}

/// Waits for a child; the processor time it took.
fn processor_time(pid: u32) -> f64 {
    let mut status = 0;
    // SAFETY: plain numbers, for which all zeros are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: our child, and addresses of ours.
    let answer = unsafe { libc::wait4(pid as i32, &mut status, 0, &mut usage) };
    assert!(answer == pid as i32 && status == 0, "the logger failed: {status}");
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Eight megabytes of lines as services write them.
fn block() -> Vec<u8> {
    let mut text = String::new();
    let mut number = 1u64;
    while text.len() < 8 << 20 {
        number = number.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let (a, b) = (number >> 40, number >> 52);
        let line =
            format!("app[{}]: info: request {a} GET /api/v1/items/{b} status=200 took={}ms ref=", b % 9000, a % 900);
        let fill = LINE - 1 - line.len().min(LINE - 1);
        text += &line;
        text.extend(std::iter::repeat_n('x', fill));
        text.push('\n');
    }
    text.into_bytes()
}

/// What nobody can be much faster than. Of the files that it fills, each to this size, it keeps ten old ones.
fn bare_loop(file: &str, size: u64) {
    let path = Path::new(file);
    fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
    let mut file = fs::File::create(path).expect("a file");
    let mut buffer = vec![0; 1 << 16];
    let (mut filled, mut number) = (0, 0);
    loop {
        let most = buffer.len().min(usize::try_from(size - filled).unwrap_or(usize::MAX));
        let count = nix::unistd::read(std::io::stdin(), &mut buffer[..most]).expect("read");
        if count == 0 {
            return;
        }
        file.write_all(&buffer[..count]).expect("write");
        filled += count as u64;
        if filled == size {
            (filled, number) = (0, number + 1);
            fs::rename(path, path.with_extension((number % 10).to_string())).expect("rename");
            file = fs::File::create(path).expect("a file");
        }
    }
}
