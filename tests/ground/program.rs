//! Calls everything of the ground that is more than a call of the kernel, as the programs do, and compares it with what
//! the standard library says without it. Where the programs stand on the host's C library, so does this.
#![no_main]
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test
#![allow(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks, clippy::strlen_on_c_strings, missing_docs)] // of C functions, one after the other

use core::ffi::{CStr, c_char, c_int, c_void};
use core::sync::atomic::{AtomicI32, Ordering};
use keepup::exit::Exit;
use keepup::sys::door::Args;
use std::collections::HashMap;
use std::ffi::CString;
use std::fs;

keepup::door!(check);

fn check(args: Args<'_>) -> Exit {
    let part = args.get(1).and_then(|part| part.to_str()).unwrap_or_default();
    let rest = &args[2..];
    match part {
        "bytes" => unsafe { bytes() },
        "memory" => memory(),
        "large" => large(),
        "environment" => environment(),
        "paths" => paths(rest[0].to_str().unwrap()),
        "directory" => directory(rest[0].to_str().unwrap(), rest[1].to_str().unwrap().parse().unwrap()),
        "signals" => unsafe { signals() },
        "processes" => unsafe { processes() },
        "terminal" => unsafe { terminal() },
        "errors" => errors(),
        "panic" => panic!("as asked"),
        _ => return Exit(100),
    }
    Exit::OK
}

/// Numbers that are always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + 1) as u8).collect()
}

unsafe fn bytes() {
    for length in (0..80).chain([4095, 4096, 10_000]) {
        for (from, to) in [(0, 100), (100, 0), (3, 5), (5, 3), (0, 1), (1, 0), (8, 8), (0, 64), (64, 0)] {
            let mut ours = pattern(length + 200);
            let mut wanted = ours.clone();
            wanted.splice(to..to + length, ours[from..from + length].to_vec());
            let start = ours.as_mut_ptr();
            let answer = libc::memmove(start.add(to).cast(), start.add(from).cast(), length);
            assert_eq!(answer, start.add(to).cast());
            assert!(ours == wanted, "memmove of {length} from {from} to {to}");
        }
        let source = pattern(length);
        let mut target = vec![0xee; length + 2];
        libc::memcpy(target.as_mut_ptr().add(1).cast(), source.as_ptr().cast(), length);
        assert!(target[0] == 0xee && target[length + 1] == 0xee && target[1..=length] == source);
        libc::memset(target.as_mut_ptr().add(1).cast(), 0x17f, length);
        assert!(target[0] == 0xee && target[length + 1] == 0xee && target[1..=length].iter().all(|byte| *byte == 0x7f));
        for at in 0..length {
            let mut other = source.clone();
            other[at] = other[at].wrapping_add(128);
            let answer = libc::memcmp(source.as_ptr().cast(), other.as_ptr().cast(), length);
            assert_eq!(answer.signum(), if source[at] < other[at] { -1 } else { 1 }, "memcmp of {length} at {at}");
        }
        assert_eq!(libc::memcmp(source.as_ptr().cast(), source.clone().as_ptr().cast(), length), 0);
        let text = CString::new(vec![b'x'; length]).unwrap();
        assert_eq!(libc::strlen(text.as_ptr()), length);
        for wanted in [1, 8, 0xee, -1] {
            let found = libc::memchr(source.as_ptr().cast(), wanted, length);
            let at = source.iter().position(|byte| *byte == wanted as u8);
            assert_eq!((!found.is_null()).then(|| found as usize - source.as_ptr() as usize), at);
        }
    }
}

/// Blocks of every size live, grow, shrink and go; what is in them stays, and none lies in another.
fn memory() {
    let mut numbers = Numbers(1);
    let mut live: Vec<(Vec<u8>, u8)> = Vec::new();
    for round in 0..200_000 {
        let length = match numbers.below(10) {
            0 => numbers.below(300_000),
            1..4 => numbers.below(5000),
            _ => numbers.below(200),
        };
        match numbers.below(4) {
            0 | 1 if live.len() < 300 => live.push((vec![round as u8; length], round as u8)),
            2 if !live.is_empty() => {
                let at = numbers.below(live.len());
                let (block, byte) = &mut live[at];
                block.resize(length, *byte);
                block.shrink_to_fit();
            }
            _ if !live.is_empty() => {
                let at = numbers.below(live.len());
                let (block, byte) = live.swap_remove(at);
                assert!(block.iter().all(|found| *found == byte), "a block of {} bytes", block.len());
            }
            _ => {}
        }
    }
    assert!(live.iter().all(|(block, byte)| block.iter().all(|found| found == byte)));
    let zeros: Vec<Vec<u8>> = (0..2000).map(|size| vec![0; size]).collect();
    assert!(zeros.iter().flatten().all(|byte| *byte == 0), "what comes back is not zero");
    let words: HashMap<String, usize> = (0..10_000).map(|n| (format!("word {n}"), n)).collect();
    assert!((0..10_000).all(|n| words[&format!("word {n}")] == n));
    unsafe {
        for size in (0..3000).chain([65_527, 65_528, 65_529, 200_000]) {
            let block = libc::malloc(size);
            assert_eq!(block as usize % 16, 0, "of {size}");
            libc::memset(block, 1, size);
            libc::free(block);
        }
        libc::free(core::ptr::null_mut());
        assert!(libc::malloc(usize::MAX).is_null() && libc::malloc(usize::MAX - 4096).is_null());
        assert!(libc::calloc(usize::MAX / 2, 3).is_null());
    }
}

/// What is large goes back to the kernel.
fn large() {
    let pages = || -> usize {
        let text = fs::read_to_string("/proc/self/statm").unwrap();
        text.split(' ').nth(1).unwrap().parse().unwrap()
    };
    let before = pages();
    for _ in 0..100 {
        let mut block = vec![1_u8; 4 << 20];
        block.resize(16 << 20, 2);
        assert!(block[0] == 1 && block[(16 << 20) - 1] == 2 && block[(4 << 20) - 1] == 1);
    }
    assert!(pages() < before + 200, "{} pages, before {before}", pages());
}

fn environment() {
    assert_eq!(std::env::var("ONE").as_deref(), Ok("1"));
    assert_eq!(std::env::var("ONE_MORE").as_deref(), Ok("a=b"));
    assert_eq!(std::env::var("EMPTY").as_deref(), Ok(""));
    assert!(std::env::var("ON").is_err() && std::env::var("ONE_").is_err());
    assert_eq!(std::env::vars_os().count(), 3);
}

fn paths(dir: &str) {
    std::env::set_current_dir(dir).unwrap();
    assert_eq!(std::env::current_dir().unwrap().to_str(), Some(dir));
    assert_eq!(fs::canonicalize("link").unwrap().to_str(), Some(&*format!("{dir}/target")));
    assert_eq!(fs::canonicalize("./target/../link/.").unwrap().to_str(), Some(&*format!("{dir}/target")));
    let missing = fs::canonicalize("missing").unwrap_err();
    assert_eq!(missing.raw_os_error(), Some(libc::ENOENT));
    // Any number of a descriptor is spelled right.
    let held: Vec<fs::File> = (0..120).map(|_| fs::File::open("target").unwrap()).collect();
    assert_eq!(fs::canonicalize("link").unwrap().to_str(), Some(&*format!("{dir}/target")));
    drop(held);
    assert_eq!(fs::read_link("link").unwrap().to_str(), Some("target"));
    unsafe {
        let mut facts: libc::statvfs = core::mem::zeroed();
        assert_eq!(libc::statvfs(c".".as_ptr(), &mut facts), 0);
        assert!(facts.f_bsize > 0 && facts.f_blocks >= facts.f_bfree && facts.f_bfree >= facts.f_bavail);
        assert_eq!(libc::statvfs(c"missing".as_ptr(), &mut facts), -1);
        let mut small = [0 as c_char; 2];
        assert!(libc::getcwd(small.as_mut_ptr(), 2).is_null());
        assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ERANGE));
        assert_eq!(libc::fchmodat(libc::AT_FDCWD, c"target".as_ptr(), 0o700, 0), 0);
    }
}

fn directory(dir: &str, number: usize) {
    for _ in 0..3 {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names.len(), number);
        assert!(names.iter().enumerate().all(|(at, name)| *name == format!("an entry with the number {at:06}")));
    }
    assert!(fs::read_dir(format!("{dir}/missing")).is_err());
}

static HEARD: AtomicI32 = AtomicI32::new(0);

extern "C" fn hear(signal: c_int) {
    HEARD.store(signal, Ordering::Relaxed);
}

unsafe fn signals() {
    let mut set: libc::sigset_t = core::mem::zeroed();
    libc::sigfillset(&mut set);
    assert_eq!(libc::sigismember(&set, libc::SIGUSR1), 1);
    libc::sigemptyset(&mut set);
    assert_eq!(libc::sigismember(&set, libc::SIGUSR1), 0);
    assert_eq!((libc::sigaddset(&mut set, 0), libc::sigaddset(&mut set, 65)), (-1, -1));
    for signal in [libc::SIGHUP, libc::SIGUSR1, 64] {
        libc::sigaddset(&mut set, signal);
        assert_eq!(libc::sigismember(&set, signal), 1);
    }
    libc::sigdelset(&mut set, libc::SIGHUP);
    assert_eq!((libc::sigismember(&set, libc::SIGHUP), libc::sigismember(&set, 64)), (0, 1));

    let mut action: libc::sigaction = core::mem::zeroed();
    action.sa_sigaction = hear as extern "C" fn(c_int) as usize;
    assert_eq!(libc::sigaction(libc::SIGUSR1, &action, core::ptr::null_mut()), 0);
    let mut before: libc::sigset_t = core::mem::zeroed();
    assert_eq!(libc::sigprocmask(libc::SIG_BLOCK, &set, &mut before), 0);
    libc::raise(libc::SIGUSR1);
    assert_eq!(HEARD.swap(0, Ordering::Relaxed), 0, "it is blocked");
    assert_eq!(libc::sigprocmask(libc::SIG_SETMASK, &before, core::ptr::null_mut()), 0);
    assert_eq!(HEARD.swap(0, Ordering::Relaxed), libc::SIGUSR1, "its handler returned");
    libc::kill(libc::getpid(), libc::SIGUSR1);
    assert_eq!(HEARD.swap(0, Ordering::Relaxed), libc::SIGUSR1);
    let mut old: libc::sigaction = core::mem::zeroed();
    libc::sigaction(libc::SIGUSR1, core::ptr::null(), &mut old);
    assert_eq!(old.sa_sigaction, action.sa_sigaction);
    assert_eq!(libc::signal(libc::SIGUSR1, libc::SIG_IGN), action.sa_sigaction);
    assert_eq!(libc::signal(libc::SIGUSR1, libc::SIG_DFL), libc::SIG_IGN);
    assert_eq!(libc::signal(libc::SIGKILL, libc::SIG_IGN), libc::SIG_ERR);

    let time = libc::timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    assert_eq!(libc::ppoll(core::ptr::null_mut(), 0, &time, core::ptr::null()), 0);
    assert_eq!((time.tv_sec, time.tv_nsec), (0, 1_000_000), "the caller's time stays");
}

extern "C" fn child(place: *mut c_void) -> c_int {
    unsafe { *place.cast::<c_int>() += 1 };
    7
}

unsafe fn processes() {
    let mut status = 0;
    let pid = libc::fork();
    if pid == 0 {
        libc::_exit(5);
    }
    assert_eq!(libc::waitpid(pid, &mut status, 0), pid);
    assert_eq!((libc::WIFEXITED(status), libc::WEXITSTATUS(status)), (true, 5));

    let mut stack = vec![0_u8; 64 * 1024];
    let top = stack.as_mut_ptr().add(stack.len()).cast();
    for flags in [libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD, libc::SIGCHLD] {
        let mut place: c_int = 1;
        let pid = libc::clone(child, top, flags, (&raw mut place).cast());
        assert!(pid > 0);
        assert_eq!(libc::waitpid(pid, &mut status, 0), pid);
        assert_eq!(libc::WEXITSTATUS(status), 7);
        assert_eq!(place, 1 + c_int::from(flags & libc::CLONE_VM != 0));
    }
    assert_eq!(libc::clone(child, top, libc::CLONE_THREAD, core::ptr::null_mut()), -1);
    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::EINVAL));

    let pid = libc::fork();
    if pid == 0 {
        libc::abort();
    }
    libc::waitpid(pid, &mut status, 0);
    assert_eq!((libc::WIFSIGNALED(status), libc::WTERMSIG(status)), (true, libc::SIGABRT));

    let nice = libc::getpriority(libc::PRIO_PROCESS, 0);
    assert_eq!(libc::setpriority(libc::PRIO_PROCESS, 0, nice + 1), 0);
    assert_eq!(libc::getpriority(libc::PRIO_PROCESS, 0), nice + 1);
    assert!(std::thread::available_parallelism().unwrap().get() >= 1);
    assert_eq!(libc::sysconf(libc::_SC_PAGESIZE), 4096);
}

unsafe fn terminal() {
    assert_eq!(libc::isatty(0), 0);
    let (main, other) = (libc::open(c"/dev/ptmx".as_ptr(), libc::O_RDWR | libc::O_NOCTTY), {
        libc::open(c"/dev/null".as_ptr(), libc::O_RDWR)
    });
    assert_eq!((libc::isatty(main), libc::isatty(other)), (1, 0));
    let mut was: libc::termios = core::mem::zeroed();
    assert_eq!(libc::tcgetattr(main, &mut was), 0);
    assert_eq!(was.c_cc[libc::VINTR], 3);
    let mut new = was;
    new.c_lflag &= !(libc::ECHO | libc::ICANON);
    new.c_cc[libc::VMIN] = 9;
    assert_eq!(libc::tcsetattr(main, libc::TCSANOW, &new), 0);
    let mut now: libc::termios = core::mem::zeroed();
    libc::tcgetattr(main, &mut now);
    assert_eq!((now.c_lflag, now.c_cc[libc::VMIN], now.c_cflag), (new.c_lflag, 9, was.c_cflag));
    assert_eq!((libc::tcsetattr(main, 9, &new), libc::tcgetattr(other, &mut now)), (-1, -1));
}

fn errors() {
    let missing = fs::File::open("/missing").unwrap_err();
    assert_eq!(missing.raw_os_error(), Some(libc::ENOENT));
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    let text = missing.to_string();
    assert!(text.contains('2'), "{text}");
    let name = unsafe { CStr::from_ptr(c"x".as_ptr()) };
    assert_eq!(name.to_bytes(), b"x");
}
