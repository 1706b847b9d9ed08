//! How much a logger costs: processor time for each gigabyte and each line, and how fast it is.
//!
//!     cargo bench --bench svlogd -- [MEGABYTES [ROUNDS [DIRECTORY [MODE]]]]
//!
//! Ours, the original, s6-log, multilog and Supervisor's own logging where they are installed, `cat > file`, and two
//! bare loops (read and write; splice) as the limit. The rounds of all are interleaved, so that a noisy machine is noisy
//! for everybody; what is shown are medians. Processor time is the logger's own, user and system, as the kernel counts
//! it; of supervisord, what it takes from the first byte on, since it is started once and not for each service.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
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

const MODES: [(Mode, &str); 6] = [
    (Mode::Plain, "plain"),
    (Mode::Label, "-t"),
    (Mode::Calendar, "-tt"),
    (Mode::Patterns, "ten patterns"),
    (Mode::Rotation, "10 MB, keep 10"),
    (Mode::SmallWrites, "one-line writes"),
];

#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.first().is_some_and(|arg| arg == "--loop") {
        return bare_loop(&args[1], &args[2], args[3].parse().expect("a size"));
    }
    if args.first().is_some_and(|arg| arg == "--feed") {
        return fed_by_supervisor(&args[1], &args[2], &args[3]);
    }
    let number = |at: usize, default: usize| args.get(at).map_or(default, |arg| arg.parse().expect("a number"));
    let (bytes, rounds) = (number(0, 1024) << 20, number(1, 5));
    let place =
        args.get(2).map_or_else(std::env::temp_dir, PathBuf::from).join(format!("bench-{}", std::process::id()));
    let block = block();
    println!("{} MiB of lines of {LINE} bytes, {rounds} rounds, in {}", bytes >> 20, place.display());
    println!("{:16} {:10} {:>8} {:>8} {:>8} {:>8}", "", "", "CPU s/GB", "us/line", "MB/s", "CPU of theirs");
    for (mode, shown) in MODES.into_iter().filter(|(_, shown)| args.get(3).is_none_or(|only| only == shown)) {
        run_mode(mode, shown, bytes, rounds, &place, &block);
    }
    let _ = fs::remove_dir_all(place);
}

fn run_mode(mode: Mode, shown: &str, bytes: usize, rounds: usize, place: &Path, block: &[u8]) {
    let total = if mode == Mode::SmallWrites { LINES * LINE } else { bytes };
    let loggers: Vec<&str> = LOGGERS.iter().copied().filter(|name| command(name, mode, place).is_some()).collect();
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); loggers.len()];
    for _ in 0..rounds {
        for (name, costs) in loggers.iter().zip(&mut costs) {
            costs.push(measure(name, mode, place, block, total));
        }
    }
    let medians: Vec<Cost> =
        costs.iter().map(|costs| Cost { cpu: median(costs, |c| c.cpu), wall: median(costs, |c| c.wall) }).collect();
    let theirs = loggers.iter().position(|name| *name == "theirs").map(|at| medians[at].cpu);
    for (name, cost) in loggers.iter().zip(medians) {
        let lines = total as f64 / LINE as f64;
        let ratio = theirs.map_or(String::new(), |theirs| format!("{:8.2}", cost.cpu / theirs));
        let (per_gb, rate) = (cost.cpu / total as f64 * 1e9, total as f64 / 1e6 / cost.wall);
        println!("{shown:16} {name:10} {per_gb:8.2} {:8.3} {rate:8.0} {ratio}", cost.cpu / lines * 1e6);
    }
}

const LOGGERS: [&str; 8] = ["ours", "theirs", "s6-log", "multilog", "supervisor", "cat", "read+write", "splice"];

/// How to start a logger; nothing if it is missing or cannot do this.
fn command(name: &str, mode: Mode, place: &Path) -> Option<Command> {
    let dir = place.join("log");
    let _ = fs::create_dir_all(place);
    let installed = |name: &str| Some(Path::new("/usr/bin").join(name)).filter(|path| path.exists());
    match name {
        "ours" => Some(svlogd(Path::new(env!("CARGO_BIN_EXE_svlogd")), mode, &dir)),
        "theirs" => Some(svlogd(&installed("svlogd")?, mode, &dir)),
        "s6-log" => {
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
        "multilog" if mode != Mode::Calendar => {
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
        "supervisor" if matches!(mode, Mode::Plain | Mode::SmallWrites | Mode::Rotation) => {
            let mut command = Command::new(installed("supervisord")?);
            command.arg("-c").arg(place.join("supervisord.conf"));
            Some(command)
        }
        "supervisor" => None,
        "cat" | "splice" if !matches!(mode, Mode::Plain | Mode::SmallWrites) => None,
        "read+write" if !matches!(mode, Mode::Plain | Mode::SmallWrites | Mode::Rotation) => None,
        "cat" => {
            let mut command = Command::new("cat");
            command.stdout(fs::File::create(place.join("file")).ok()?);
            Some(command)
        }
        "read+write" | "splice" => {
            let mut command = Command::new(std::env::current_exe().ok()?);
            command.args(["--loop", name]).arg(place.join("file"));
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

fn measure(name: &str, mode: Mode, place: &Path, block: &[u8], total: usize) -> Cost {
    let _ = fs::remove_dir_all(place);
    let mut command = command(name, mode, place).expect("it was there before");
    if name == "supervisor" {
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

fn median(costs: &[Cost], of: impl Fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
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

/// What nobody can be faster than. Of the files that it fills, each to this size, it keeps ten old ones.
fn bare_loop(how: &str, file: &str, size: u64) {
    let path = Path::new(file);
    fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
    let mut file = fs::File::create(path).expect("a file");
    let mut buffer = vec![0; 1 << 16];
    let (mut filled, mut number) = (0, 0);
    loop {
        let moved = if how == "splice" {
            let flags = nix::fcntl::SpliceFFlags::empty();
            nix::fcntl::splice(std::io::stdin(), None, &file, None, 1 << 20, flags).expect("splice")
        } else {
            let most = buffer.len().min(usize::try_from(size - filled).unwrap_or(usize::MAX));
            let count = nix::unistd::read(std::io::stdin(), &mut buffer[..most]).expect("read");
            file.write_all(&buffer[..count]).expect("write");
            filled += count as u64;
            count
        };
        if moved == 0 {
            return;
        }
        if filled == size {
            (filled, number) = (0, number + 1);
            fs::rename(path, path.with_extension((number % 10).to_string())).expect("rename");
            file = fs::File::create(path).expect("a file");
        }
    }
}
