//! Children: starting them, telling them, hearing of their end.

use super::reactor::Mask;
use super::{Errno, Result, fs, io};
use crate::exit::{Ending, Exit, Pid};
use crate::service::mark::{self, What, World};
use crate::signal::Signal;
use core::ffi::{c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;
use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;

/// A child to be started. What is not said here it inherits.
#[derive(Clone, Copy, Debug)]
pub struct Spawn<'a> {
    /// Where the program may be, in the order in which to try; one path for a program that is named by its path.
    pub program: &'a [&'a CStr],
    /// Its arguments, its own name first.
    pub args: &'a [&'a CStr],
    /// `NAME=value` strings in place of our own environment.
    pub environment: Option<&'a [&'a CStr]>,
    /// Directory to start in.
    pub directory: Option<&'a CStr>,
    /// What to put on descriptors 0, 1, 2.
    pub standard: [Stream<'a>; 3],
    /// Whether it leads a session of its own.
    pub session: bool,
    /// Which signals it starts with blocked.
    pub mask: &'a Mask,
}

/// What a standard descriptor of a child is.
#[derive(Clone, Copy, Debug)]
pub enum Stream<'a> {
    /// Ours.
    Same,
    /// This one.
    Is(BorrowedFd<'a>),
    /// None at all.
    Closed,
}

/// What became of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// The child. One that could not execute its program is a child all the same: it has ended with code 111 and
    /// is reaped like any other.
    pub pid: Pid,
    /// Why the program is not running.
    pub failed: Option<Failed>,
}

/// The step at which a child could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Its descriptors.
    Setup(Errno),
    /// Its directory.
    Directory(Errno),
    /// Its control group.
    Group(Errno),
    /// Its program.
    Exec(Errno),
}

impl Failed {
    /// Why, whichever step it was.
    pub fn errno(self) -> Errno {
        match self {
            Failed::Group(errno) | Failed::Setup(errno) | Failed::Directory(errno) | Failed::Exec(errno) => errno,
        }
    }
}

/// What a child that could not execute its program exits with.
const UNABLE: c_int = 111;

/// The child shares our memory until it executes its program, on a piece of our stack; unoptimised code wants more.
/// Optimised, it takes some six hundred bytes.
const STACK: usize = if cfg!(debug_assertions) { 64 * 1024 } else { 2 * 1024 };

#[repr(align(16))]
#[allow(dead_code)] // only its address is used
struct Stack(MaybeUninit<[u8; STACK]>);

/// Everything the child needs, made before it exists: it must not allocate.
struct Plan<'a> {
    program: &'a [&'a CStr],
    args: &'a [*const c_char],
    environment: *const *const c_char,
    directory: *const c_char,
    standard: [Slot; 3],
    also: &'a [(RawFd, RawFd)],
    session: bool,
    place: Place<'a>,
    group: Option<RawFd>,
    lock: Option<RawFd>,
    own_id: *mut u8,
    mark: Option<(RawFd, u8)>,
    mask: libc::sigset_t,
    defaults: &'a [Signal],
    failed: Option<Failed>,
}

/// What a child is given beside the usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// Its place.
    pub place: Place<'a>,
    /// Descriptors above 2, each under the number it is to have.
    pub also: &'a [(BorrowedFd<'a>, RawFd)],
    /// A variable that is to hold its process id.
    pub own_id: Option<&'a CStr>,
    /// The file in which it leaves a mark before it runs anything, and as what.
    pub mark: Option<(BorrowedFd<'a>, What)>,
    /// The file through which it becomes a member of a control group, before it runs anything.
    pub group: Option<BorrowedFd<'a>>,
    /// Which of the numbers in `also` is a lock that it waits for. It is then a copy of us for as long as it waits, and
    /// what becomes of it afterwards is told by its end only.
    pub lock: Option<RawFd>,
}

/// A child's place among process groups and terminals.
#[derive(Clone, Copy, Debug, Default)]
pub enum Place<'a> {
    /// Ours, or that of its session.
    #[default]
    Same,
    /// A process group that it leads; on this terminal, if there is one, the group in front.
    Group(Option<BorrowedFd<'a>>),
    /// The terminal on its standard input controls its session, if it can: control-C reaches it, and a shell has job
    /// control.
    Terminal,
}

#[derive(Clone, Copy)]
enum Slot {
    Same,
    Is(RawFd),
    Closed,
}

impl Spawn<'_> {
    /// Starts the child: no copy of our page tables is made, and we go on once it runs its program or has failed to.
    pub fn start(&self) -> Result<Started> {
        self.start_in(Place::Same)
    }

    /// Starts the child in a place of its own.
    pub fn start_in(&self, place: Place<'_>) -> Result<Started> {
        self.start_as(place, &[])
    }

    /// Starts the child with descriptors above 2, each under the number it is to have.
    pub fn start_with(&self, also: &[(BorrowedFd<'_>, RawFd)]) -> Result<Started> {
        self.start_as(Place::Same, also)
    }

    /// Both: in a place of its own, with more descriptors.
    pub fn start_as(&self, place: Place<'_>, also: &[(BorrowedFd<'_>, RawFd)]) -> Result<Started> {
        self.start_given(Given { place, also, ..Given::default() })
    }

    /// Starts the child with all of that.
    pub fn start_given(&self, given: Given<'_>) -> Result<Started> {
        let args = pointers(self.args);
        let lifted = lifted(given.also)?;
        let also: Vec<_> = given
            .also
            .iter()
            .zip(&lifted)
            .map(|((fd, number), lifted)| (lifted.as_ref().map_or(fd.as_raw_fd(), AsRawFd::as_raw_fd), *number))
            .collect();
        let mut own_id = given.own_id.map(|name| [name.to_bytes(), b"=", &[0; DIGITS]].concat());
        let mut environment = match (self.environment, given.own_id) {
            (Some(list), _) => Some(pointers(list)),
            (None, Some(_)) => Some(pointers(&environment())),
            (None, None) => None,
        };
        if let (Some(list), Some(entry)) = (&mut environment, &mut own_id) {
            list.insert(0, entry.as_mut_ptr().cast_const().cast());
        }
        let blank = own_id.as_mut().and_then(|entry| entry.last_chunk_mut::<DIGITS>());
        let mut plan = Plan {
            program: self.program,
            args: &args,
            environment: match &environment {
                Some(list) => list.as_ptr(),
                // SAFETY: read between two changes: nothing of ours ever changes the environment.
                None => unsafe { environ },
            },
            directory: self.directory.map_or(ptr::null(), CStr::as_ptr),
            standard: self.standard.map(|stream| match stream {
                Stream::Same => Slot::Same,
                Stream::Is(fd) => Slot::Is(fd.as_raw_fd()),
                Stream::Closed => Slot::Closed,
            }),
            also: &also,
            session: self.session,
            place: given.place,
            group: given.group.map(|file| file.as_raw_fd()),
            lock: given.lock,
            mark: given.mark.map(|(file, what)| (file.as_raw_fd(), what.byte())),
            own_id: blank.map_or(ptr::null_mut(), |digits| digits.as_mut_ptr()),
            mask: self.mask.set,
            defaults: self.mask.defaults,
            failed: None,
        };
        let mut stack = Stack(MaybeUninit::uninit());
        // Who may wait for long waits in a copy of our memory.
        let shared = if given.lock.is_none() { libc::CLONE_VM | libc::CLONE_VFORK } else { 0 };
        // SAFETY: with CLONE_VFORK we are suspended until the child has left our memory, so `plan` and `stack` outlive
        // its use of them and nobody else touches them; without it they are its own copies. Every signal is blocked in between, so that no handler runs
        // in the child on our data. The child calls only what is allowed after vfork and returns nowhere.
        let answer = unsafe {
            let mut all: libc::sigset_t = core::mem::zeroed();
            let mut before: libc::sigset_t = core::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::sigprocmask(libc::SIG_SETMASK, &all, &mut before);
            let top = (&raw mut stack).cast::<c_void>().byte_add(STACK);
            let flags = shared | libc::SIGCHLD;
            let pid = libc::clone(child, top, flags, (&raw mut plan).cast());
            let answer = Errno::result(pid);
            libc::sigprocmask(libc::SIG_SETMASK, &before, ptr::null_mut());
            answer
        };
        let pid = Pid::new(answer?).ok_or(Errno::ECHILD)?;
        // SAFETY: plain data that the child may have written through the pointer it was given.
        let failed = unsafe { ptr::read_volatile(&plan.failed) };
        Ok(Started { pid, failed })
    }
}

unsafe extern "C" {
    static environ: *const *const c_char;
}

fn pointers(strings: &[&CStr]) -> Vec<*const c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([ptr::null()]).collect()
}

/// Room for a process id and the zero byte behind it.
const DIGITS: usize = 12;

/// The descriptors that lie on a number which another one is to have, moved out of the way.
fn lifted(also: &[(BorrowedFd<'_>, RawFd)]) -> Result<Vec<Option<OwnedFd>>> {
    let most = also.iter().map(|(_, number)| *number).max().unwrap_or_default();
    let lies_in_the_way = |fd: RawFd| also.iter().any(|(_, number)| *number == fd);
    also.iter()
        .map(|(fd, _)| lies_in_the_way(fd.as_raw_fd()).then(|| fs::duplicate(fd, most + 1)).transpose())
        .collect()
}

/// Runs in the child, in our memory. No allocation, no panic, no return.
extern "C" fn child(plan: *mut c_void) -> c_int {
    // SAFETY: `start` passes its plan and waits.
    let plan = unsafe { &mut *plan.cast::<Plan<'_>>() };
    let failed = match prepare(plan) {
        Ok(()) => Failed::Exec(execute(plan)),
        Err(failed) => failed,
    };
    // SAFETY: the parent reads it after we are gone. `_exit` runs none of its exit handlers.
    unsafe {
        ptr::write_volatile(&mut plan.failed, Some(failed));
        libc::_exit(UNABLE)
    }
}

fn prepare(plan: &Plan<'_>) -> core::result::Result<(), Failed> {
    if let Some((file, what)) = plan.mark {
        leave_mark(file, what);
    }
    if let Some(file) = plan.group {
        // SAFETY: one byte of ours. 0 is who writes.
        Errno::result(unsafe { libc::write(file, c"0".as_ptr().cast(), 1) }).map_err(Failed::Group)?;
    }
    arrange(&plan.standard).map_err(Failed::Setup)?;
    // SAFETY: calls on numbers and strings that the plan keeps alive.
    unsafe {
        if !plan.own_id.is_null() {
            write_number(plan.own_id, libc::getpid());
        }
        if plan.session {
            libc::setsid();
        }
        match plan.place {
            Place::Same => {}
            Place::Terminal => drop(libc::ioctl(0, libc::TIOCSCTTY, 0)),
            Place::Group(terminal) => {
                libc::setpgid(0, 0);
                if let Some(terminal) = terminal {
                    // Not yet in front, it would be stopped for this; every signal is blocked here, so it is not.
                    libc::tcsetpgrp(terminal.as_raw_fd(), libc::getpgrp());
                }
            }
        }
        for (fd, number) in plan.also {
            Errno::result(libc::dup2(*fd, *number)).map_err(Failed::Setup)?;
        }
        if !plan.directory.is_null() {
            Errno::result(libc::chdir(plan.directory)).map_err(Failed::Directory)?;
        }
        for signal in plan.defaults {
            libc::signal(signal.number().into(), libc::SIG_DFL);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &plan.mask, ptr::null_mut());
        if let Some(lock) = plan.lock {
            wait_for_lock(lock, plan.also).map_err(Failed::Setup)?;
        }
    }
    Ok(())
}

/// Writes down that we are here. Where that cannot be, for want of room on the disk perhaps, the service shall run all
/// the same.
fn leave_mark(file: RawFd, what: u8) {
    // SAFETY: an array of ours; a time that is zero if the clock cannot be read.
    unsafe {
        let mut time: libc::timespec = core::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut time);
        let at = core::time::Duration::new(time.tv_sec as u64, time.tv_nsec as u32);
        let bytes = mark::child(what, libc::getpid(), at);
        libc::pwrite(file, bytes.as_ptr().cast(), bytes.len(), mark::OWN as libc::off_t);
    }
}

/// What is ours is given up first: nobody shall take a child that waits for its supervisor.
///
/// # Safety
///
/// Only for a child that has its own copy of everything.
unsafe fn wait_for_lock(lock: RawFd, also: &[(RawFd, RawFd)]) -> Result<()> {
    const OURS: RawFd = 256; // far more than a supervisor has
    // SAFETY: calls on numbers; these descriptors are the child's own copies.
    unsafe {
        for number in 3..OURS {
            if !also.iter().any(|(_, kept)| *kept == number) {
                libc::close(number);
            }
        }
    }
    loop {
        // SAFETY: a number.
        match Errno::result(unsafe { libc::flock(lock, libc::LOCK_EX) }) {
            Err(Errno::EINTR) => {}
            answer => return answer.map(drop),
        }
    }
}

/// Writes a number in digits: without the library, which may allocate.
///
/// # Safety
///
/// There must be room for `DIGITS` bytes, the last of which are zeroes.
unsafe fn write_number(to: *mut u8, number: i32) {
    let (mut unit, mut left, mut at) = (1, number.unsigned_abs(), to);
    while left / unit >= 10 {
        unit *= 10;
    }
    while unit > 0 {
        // SAFETY: no number of 32 bits has more than ten digits.
        unsafe {
            at.write(b'0' + (left / unit) as u8);
            at = at.add(1);
        }
        left %= unit;
        unit /= 10;
    }
}

fn arrange(standard: &[Slot; 3]) -> Result<()> {
    for (number, slot) in (0..).zip(standard) {
        // SAFETY: calls on numbers; these descriptors are the child's own copies.
        unsafe {
            match *slot {
                Slot::Same => {}
                // dup2 of a number onto itself would leave it closed on exec.
                Slot::Is(fd) if fd == number => drop(Errno::result(libc::fcntl(fd, libc::F_SETFD, 0))?),
                Slot::Is(fd) => drop(Errno::result(libc::dup2(fd, number))?),
                Slot::Closed => drop(libc::close(number)),
            }
        }
    }
    Ok(())
}

/// Tries each place; what went wrong at one that exists is worth more than that others do not.
fn execute(plan: &Plan<'_>) -> Errno {
    let mut worst = Errno::ENOENT;
    for program in plan.program {
        // SAFETY: null-terminated lists of strings that the plan keeps alive.
        unsafe { libc::execve(program.as_ptr(), plan.args.as_ptr(), plan.environment) };
        match Errno::last() {
            Errno::ENOENT => {}
            errno @ (Errno::EACCES | Errno::EPERM | Errno::EISDIR) => worst = errno,
            errno => return errno,
        }
    }
    worst
}

/// Does some work in a child, which is a copy of us and ends with what the work says: for calls that may hang without
/// any way to wait for them. Only for a process that has no other threads.
pub fn apart(work: impl FnOnce() -> Exit) -> Result<Pid> {
    // SAFETY: no other thread can hold a lock that the child would need.
    match Errno::result(unsafe { libc::fork() })? {
        0 => {
            let Exit(code) = work();
            // SAFETY: none of our exit handlers is meant for a copy of us.
            unsafe { libc::_exit(code.into()) }
        }
        pid => Pid::new(pid).ok_or(Errno::ECHILD),
    }
}

/// Goes on as a child that leads a session of its own, so that no terminal reaches it; the process that was started ends
/// with 0 as soon as the descriptor that is answered is closed. Only for a process that has no other threads.
pub fn go_to_background() -> Result<OwnedFd> {
    let (reading, writing) = io::pipe()?;
    // SAFETY: no other thread can hold a lock that the child would need; none of our exit handlers is meant for the
    // process that ends here.
    unsafe {
        if Errno::result(libc::fork())? != 0 {
            drop(writing);
            let _ = io::read(reading, &mut [0]); // its end is what is waited for
            libc::_exit(0);
        }
    }
    super::identity::new_session()?;
    Ok(writing)
}

/// Takes one ended child, if there is one.
pub fn reap() -> Option<(Pid, Ending)> {
    loop {
        let mut status = 0;
        // SAFETY: an address of ours.
        let pid = io::again(|| Errno::result(unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG) })).ok()?;
        let pid = Pid::new(pid)?;
        if let Some(ending) = Ending::from_wait(status) {
            return Some((pid, ending));
        }
    }
}

/// Waits for this child to end. For programs that have nothing else to do meanwhile.
pub fn wait_for(pid: Pid) -> Result<Ending> {
    loop {
        let mut status = 0;
        // SAFETY: an address of ours.
        io::again(|| Errno::result(unsafe { libc::waitpid(pid.get(), &mut status, 0) }))?;
        if let Some(ending) = Ending::from_wait(status) {
            return Ok(ending);
        }
    }
}

/// A descriptor that can be read once this process, whoever's child it is, has ended. It stands for no other process
/// that may get its number later.
pub fn handle(pid: Pid) -> Result<OwnedFd> {
    // SAFETY: numbers only; what comes back is a new descriptor of ours, closed on exec.
    unsafe {
        let number = Errno::result(libc::syscall(libc::SYS_pidfd_open, pid.get(), 0))?;
        Ok(OwnedFd::from_raw_fd(RawFd::try_from(number).map_err(|_| Errno::EBADF)?))
    }
}

/// Of which process such a descriptor is, where /proc tells.
pub fn of_handle(handle: impl AsFd) -> Option<Pid> {
    let path = format!("/proc/self/fdinfo/{}", handle.as_fd().as_raw_fd());
    let text = std::fs::read_to_string(path).ok()?;
    let pid = text.lines().find_map(|line| line.strip_prefix("Pid:"))?;
    Pid::new(pid.trim().parse().ok()?)
}

/// Sends a signal to one process if it is the one that is meant: it is held meanwhile, so that its number cannot become
/// another's between the question and the signal. Whether it was.
pub fn send_if(pid: Pid, signal: Signal, is_meant: impl FnOnce() -> bool) -> Result<bool> {
    let held = match handle(pid) {
        Ok(held) => Some(held),
        Err(Errno::ENOSYS | Errno::EPERM) => None, // an old kernel, or a sandbox that does not know the call
        Err(errno) => return Err(errno),
    };
    if !is_meant() {
        return Ok(false);
    }
    let Some(held) = held else { return send(pid, signal).map(|()| true) };
    let number = libc::c_int::from(signal.number());
    let nothing = ptr::null::<libc::siginfo_t>();
    // SAFETY: an open descriptor, a number, and no information.
    Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, held.as_raw_fd(), number, nothing, 0) })?;
    Ok(true)
}

/// Sends a signal to one process.
pub fn send(pid: Pid, signal: Signal) -> Result<()> {
    // SAFETY: numbers only.
    Errno::result(unsafe { libc::kill(pid.get(), signal.number().into()) }).map(drop)
}

/// Where process ids mean what they mean to us, where /proc tells.
pub fn world() -> Option<World> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    let bytes: Vec<u8> =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)).collect();
    let space = super::fs::facts_of("/proc/self/ns/pid").ok()?.id.1;
    Some(World { boot: bytes.try_into().ok()?, space })
}

/// Our own process id.
pub fn own_id() -> Option<Pid> {
    Pid::new(nix::unistd::getpid().as_raw())
}

/// Who is our parent now; nothing if it is in another space of process ids.
pub fn parent_id() -> Option<Pid> {
    Pid::new(nix::unistd::getppid().as_raw())
}

/// The process group that we and, unless they change it, our children are in.
pub fn own_group() -> i32 {
    nix::unistd::getpgrp().as_raw()
}

/// Our own environment, as `NAME=value` strings.
pub fn environment() -> Vec<&'static CStr> {
    let mut list = Vec::new();
    // SAFETY: a list that ends with a null pointer, of strings that live as long as the process: nothing of ours
    // changes the environment but `take_variable`, which leaves them where they are.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            list.push(CStr::from_ptr(*entry));
            entry = entry.add(1);
        }
    }
    list
}

/// A variable of our own environment. Not by way of the standard library, whose lock would cost a page of memory.
pub fn variable(name: &str) -> Option<&'static OsStr> {
    // SAFETY: as in `environment`.
    unsafe {
        let mut entry = environ;
        while !entry.is_null() && !(*entry).is_null() {
            let bytes: &'static [u8] = CStr::from_ptr(*entry).to_bytes();
            if let Some([b'=', value @ ..]) = bytes.strip_prefix(name.as_bytes()) {
                return Some(OsStr::from_bytes(value));
            }
            entry = entry.add(1);
        }
    }
    None
}

/// Takes a variable out of our environment, so that no child inherits it.
pub fn take_variable(name: &str) -> Option<&'static OsStr> {
    let value = variable(name)?;
    // SAFETY: the list is ours, nobody else looks at it now, and it only becomes shorter. The strings stay where they are.
    unsafe {
        let mut from = environ.cast_mut();
        let mut to = from;
        while !(*from).is_null() {
            let bytes = CStr::from_ptr(*from).to_bytes();
            if !bytes.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"=")) {
                *to = *from;
                to = to.add(1);
            }
            from = from.add(1);
        }
        *to = ptr::null();
    }
    Some(value)
}

/// Becomes another program: tries each place, and returns only to say why none would do.
pub fn execute_in_place(program: &[&CStr], args: &[&CStr], environment: Option<&[&CStr]>) -> Errno {
    let args = pointers(args);
    let environment = environment.map(pointers);
    let plan = Plan {
        program,
        args: &args,
        // SAFETY: as in `start`.
        environment: environment.as_ref().map_or_else(|| unsafe { environ }, |list| list.as_ptr()),
        directory: ptr::null(),
        standard: [Slot::Same; 3],
        also: &[],
        session: false,
        place: Place::Same,
        group: None,
        lock: None,
        own_id: ptr::null_mut(),
        mark: None,
        // SAFETY: not looked at by `execute`.
        mask: unsafe { core::mem::zeroed() },
        defaults: &[],
        failed: None,
    };
    execute(&plan)
}

/// Puts something on each of the descriptors 0, 1, 2 that we were started without, so that no file of ours gets such
/// a number and is written to as if it were standard error. What is put there answers "file descriptor not open" to
/// reads and writes, and is gone in whatever we execute.
pub fn keep_standard_numbers_free() {
    let mut standard = [0, 1, 2].map(|fd| libc::pollfd { fd, events: 0, revents: 0 });
    // SAFETY: an array of ours. With no time to wait it answers at once which numbers are not open.
    let found = unsafe { libc::poll(standard.as_mut_ptr(), 3, 0) };
    if found <= 0 {
        return;
    }
    for _ in standard.iter().filter(|slot| slot.revents & libc::POLLNVAL != 0) {
        // SAFETY: takes the lowest free number, which is one of the three, and is meant to stay open for good.
        unsafe { libc::open(c"/".as_ptr(), libc::O_PATH | libc::O_CLOEXEC) };
    }
}
