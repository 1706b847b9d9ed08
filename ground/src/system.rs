//! Calls that the kernel answers as their callers want it. An argument that is smaller than a register is cut by the
//! kernel itself. Nothing here is a place where a thread may be cancelled: there are none.

use crate::call::syscall;

/// `name(arguments) = number;` each is a function of the C library.
macro_rules! plain {
    ($($name:ident($($arg:ident),*) = $number:ident;)*) => {
        $(
            /// # Safety
            ///
            /// As C's.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name($($arg: usize),*) -> isize {
                // SAFETY: the caller's promise.
                unsafe { syscall!($number $(, $arg)*) }
            }
        )*
    };
}

plain! {
    // Files
    open(path, flags, mode) = SYS_open;
    open64(path, flags, mode) = SYS_open;
    openat(dir, path, flags, mode) = SYS_openat;
    openat64(dir, path, flags, mode) = SYS_openat;
    close(fd) = SYS_close;
    read(fd, buffer, size) = SYS_read;
    write(fd, bytes, size) = SYS_write;
    readv(fd, pieces, number) = SYS_readv;
    writev(fd, pieces, number) = SYS_writev;
    pread(fd, buffer, size, at) = SYS_pread64;
    pread64(fd, buffer, size, at) = SYS_pread64;
    pwrite(fd, bytes, size, at) = SYS_pwrite64;
    pwrite64(fd, bytes, size, at) = SYS_pwrite64;
    lseek(fd, to, whence) = SYS_lseek;
    lseek64(fd, to, whence) = SYS_lseek;
    stat(path, answer) = SYS_stat;
    stat64(path, answer) = SYS_stat;
    lstat(path, answer) = SYS_lstat;
    lstat64(path, answer) = SYS_lstat;
    fstat(fd, answer) = SYS_fstat;
    fstat64(fd, answer) = SYS_fstat;
    fstatat(dir, path, answer, flags) = SYS_newfstatat;
    fstatat64(dir, path, answer, flags) = SYS_newfstatat;
    fstatfs(fd, answer) = SYS_fstatfs;
    fstatfs64(fd, answer) = SYS_fstatfs;
    statx(dir, path, flags, mask, answer) = SYS_statx;
    fsync(fd) = SYS_fsync;
    fdatasync(fd) = SYS_fdatasync;
    ftruncate(fd, size) = SYS_ftruncate;
    ftruncate64(fd, size) = SYS_ftruncate;
    fchmod(fd, mode) = SYS_fchmod;
    chmod(path, mode) = SYS_chmod;
    fchown(fd, user, group) = SYS_fchown;
    fchownat(dir, path, user, group, flags) = SYS_fchownat;
    chown(path, user, group) = SYS_chown;
    mkdir(path, mode) = SYS_mkdir;
    mkdirat(dir, path, mode) = SYS_mkdirat;
    mknodat(dir, path, mode, device) = SYS_mknodat;
    unlink(path) = SYS_unlink;
    unlinkat(dir, path, flags) = SYS_unlinkat;
    rmdir(path) = SYS_rmdir;
    rename(from, to) = SYS_rename;
    renameat(from, name, to, other) = SYS_renameat;
    link(from, to) = SYS_link;
    linkat(from, name, to, other, flags) = SYS_linkat;
    symlink(target, path) = SYS_symlink;
    symlinkat(target, dir, path) = SYS_symlinkat;
    readlink(path, buffer, size) = SYS_readlink;
    readlinkat(dir, path, buffer, size) = SYS_readlinkat;
    access(path, mode) = SYS_access;
    umask(mode) = SYS_umask;
    chdir(path) = SYS_chdir;
    fchdir(fd) = SYS_fchdir;
    chroot(path) = SYS_chroot;
    flock(fd, operation) = SYS_flock;
    fcntl(fd, command, arg) = SYS_fcntl;
    fcntl64(fd, command, arg) = SYS_fcntl;
    ioctl(fd, request, arg) = SYS_ioctl;
    dup(fd) = SYS_dup;
    dup2(fd, to) = SYS_dup2;
    dup3(fd, to, flags) = SYS_dup3;
    pipe(pair) = SYS_pipe;
    pipe2(pair, flags) = SYS_pipe2;
    tee(from, to, size, flags) = SYS_tee;
    splice(from, at, to, other, size, flags) = SYS_splice;
    copy_file_range(from, at, to, other, size, flags) = SYS_copy_file_range;
    sendfile(to, from, at, size) = SYS_sendfile;
    sendfile64(to, from, at, size) = SYS_sendfile;
    memfd_create(name, flags) = SYS_memfd_create;
    mount(source, target, kind, flags, data) = SYS_mount;
    umount2(target, flags) = SYS_umount2;
    sync() = SYS_sync;

    // What happens
    poll(fds, number, timeout) = SYS_poll;
    inotify_init1(flags) = SYS_inotify_init1;
    inotify_add_watch(fd, path, mask) = SYS_inotify_add_watch;
    inotify_rm_watch(fd, watch) = SYS_inotify_rm_watch;
    eventfd(count, flags) = SYS_eventfd2;
    epoll_create1(flags) = SYS_epoll_create1;
    epoll_ctl(fd, operation, other, event) = SYS_epoll_ctl;
    epoll_wait(fd, events, number, timeout) = SYS_epoll_wait;
    timerfd_create(clock, flags) = SYS_timerfd_create;
    timerfd_settime(fd, flags, new, old) = SYS_timerfd_settime;
    clock_gettime(clock, answer) = SYS_clock_gettime;
    clock_settime(clock, time) = SYS_clock_settime;
    nanosleep(time, left) = SYS_nanosleep;

    // Sockets
    socket(family, kind, protocol) = SYS_socket;
    socketpair(family, kind, protocol, pair) = SYS_socketpair;
    bind(fd, address, size) = SYS_bind;
    listen(fd, number) = SYS_listen;
    connect(fd, address, size) = SYS_connect;
    accept(fd, address, size) = SYS_accept;
    accept4(fd, address, size, flags) = SYS_accept4;
    shutdown(fd, how) = SYS_shutdown;
    getsockopt(fd, level, name, value, size) = SYS_getsockopt;
    setsockopt(fd, level, name, value, size) = SYS_setsockopt;
    getsockname(fd, address, size) = SYS_getsockname;
    getpeername(fd, address, size) = SYS_getpeername;
    recvmsg(fd, message, flags) = SYS_recvmsg;
    sendmsg(fd, message, flags) = SYS_sendmsg;
    recvfrom(fd, buffer, size, flags, address, length) = SYS_recvfrom;
    sendto(fd, bytes, size, flags, address, length) = SYS_sendto;

    // Processes
    getpid() = SYS_getpid;
    getppid() = SYS_getppid;
    getpgid(pid) = SYS_getpgid;
    getpgrp() = SYS_getpgrp;
    setpgid(pid, group) = SYS_setpgid;
    getsid(pid) = SYS_getsid;
    setsid() = SYS_setsid;
    kill(pid, signal) = SYS_kill;
    execve(path, args, variables) = SYS_execve;
    waitid(kind, id, info, options) = SYS_waitid;
    getuid() = SYS_getuid;
    geteuid() = SYS_geteuid;
    getgid() = SYS_getgid;
    getegid() = SYS_getegid;
    getresuid(real, effective, saved) = SYS_getresuid;
    getresgid(real, effective, saved) = SYS_getresgid;
    setresuid(real, effective, saved) = SYS_setresuid;
    setresgid(real, effective, saved) = SYS_setresgid;
    getgroups(number, list) = SYS_getgroups;
    setgroups(number, list) = SYS_setgroups;
    getrlimit(resource, limit) = SYS_getrlimit;
    getrlimit64(resource, limit) = SYS_getrlimit;
    setrlimit(resource, limit) = SYS_setrlimit;
    setrlimit64(resource, limit) = SYS_setrlimit;
    getrusage(who, answer) = SYS_getrusage;
    setpriority(kind, who, priority) = SYS_setpriority;
    sched_setaffinity(pid, size, set) = SYS_sched_setaffinity;
    prctl(option, a, b, c, d) = SYS_prctl;
    unshare(flags) = SYS_unshare;
    alarm(seconds) = SYS_alarm;
    uname(answer) = SYS_uname;
    sysinfo(answer) = SYS_sysinfo;
    sched_yield() = SYS_sched_yield;

    // Memory
    mmap(at, size, protection, flags, fd, offset) = SYS_mmap;
    mmap64(at, size, protection, flags, fd, offset) = SYS_mmap;
    munmap(at, size) = SYS_munmap;
    mprotect(at, size, protection) = SYS_mprotect;
    madvise(at, size, advice) = SYS_madvise;
    getrandom(buffer, size, flags) = SYS_getrandom;
}

/// What the C library has no name for.
///
/// # Safety
///
/// As the call's.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: libc::c_long,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> isize {
    // SAFETY: the caller's promise.
    unsafe { crate::call::call(number, [a, b, c, d, e, f]) }
}
