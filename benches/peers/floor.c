/* What nobody can be faster than, and what is supervised: a program without a C library.
 *
 *   floor                  the service: says when it began, and where; then it sleeps
 *   floor -scan DIR N      starts a supervisor for each of DIR/0, DIR/1, ... and waits; TERM ends them all
 *   floor -supervise DIR   runs DIR/run, again when it ends; TERM ends both
 *   floor -read DIR N      reads each DIR/i/supervise/status and writes a line for each
 *   floor -true            does nothing
 *
 * Built by the benchmark: cc -O2 -static -nostdlib -fno-stack-protector. */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#if defined(__x86_64__)
__asm__(".globl _start\n_start: mov %rsp,%rdi\n and $-16,%rsp\n call begin\n");
#define CALL(n) register long r10 __asm__("r10") = d, r8 __asm__("r8") = e; long answer = (n); \
    __asm__ volatile("syscall" : "+a"(answer) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory"); \
    return answer
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x0,sp\n bl begin\n");
#define CALL(n) register long x8 __asm__("x8") = (n), x0 __asm__("x0") = a, x1 __asm__("x1") = b; \
    register long x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e; \
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory"); return x0
#else
#error "no system calls for this processor"
#endif

static inline __attribute__((always_inline)) long call(long n, long a, long b, long c, long d, long e) { CALL(n); }

/* As `peers/events.rs` reads it. */
struct event { uint64_t at; int32_t pid; int32_t unused; char where[112]; };

static char *const nothing[] = {NULL};

void *memset(void *at, int byte, size_t length) {
    volatile char *to = at;
    while (length--) *to++ = byte;
    return at;
}

static void quit(int code) { for (;;) call(SYS_exit_group, code, 0, 0, 0, 0); }

static long number(const char *text) {
    long value = 0;
    while (*text) value = value * 10 + *text++ - '0';
    return value;
}

/* DIR/i and what follows. */
static void path(char *to, const char *dir, long i, const char *rest) {
    char digits[20];
    int length = 0;
    while (*dir) *to++ = *dir++;
    *to++ = '/';
    do digits[length++] = '0' + i % 10; while (i /= 10);
    while (length) *to++ = digits[--length];
    while ((*to++ = *rest++)) {}
}

static void serve(void) {
    struct event event;
    struct timespec now;
    call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0);
    memset(&event, 0, sizeof event);
    event.at = now.tv_sec * 1000000000ull + now.tv_nsec;
    event.pid = call(SYS_getpid, 0, 0, 0, 0, 0);
    call(SYS_getcwd, (long)event.where, sizeof event.where, 0, 0, 0);
    long to = call(SYS_openat, AT_FDCWD, (long)"../../events", O_WRONLY | O_NONBLOCK, 0, 0);
    long flags = call(SYS_fcntl, to, F_GETFL, 0, 0, 0);
    call(SYS_fcntl, to, F_SETFL, flags & ~O_NONBLOCK, 0, 0);
    call(SYS_write, to, (long)&event, sizeof event, 0, 0);
    for (;;) call(SYS_ppoll, 0, 0, 0, 0, 8);
}

static uint64_t waited_for = 1ull << (SIGCHLD - 1) | 1ull << (SIGTERM - 1);

/* The child shares our memory until it is another program. */
static inline __attribute__((always_inline)) long start(const char *program, char *const *arguments) {
    long pid = call(SYS_clone, 0x4100 | SIGCHLD, 0, 0, 0, 0); /* CLONE_VM | CLONE_VFORK */
    if (pid == 0) {
        call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&waited_for, 0, 8, 0);
        call(SYS_execve, (long)program, (long)arguments, (long)nothing, 0, 0);
        quit(111);
    }
    return pid;
}

static long next_signal(void) { return call(SYS_rt_sigtimedwait, (long)&waited_for, 0, 0, 8, 0); }

static void block(void) { call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&waited_for, 0, 8, 0); }

static void supervise(const char *dir) {
    char *run[] = {"./run", NULL};
    int status, leaving = 0;
    block();
    if (call(SYS_chdir, (long)dir, 0, 0, 0, 0)) quit(1);
    long pid = start(run[0], run);
    for (;;) {
        if (next_signal() == SIGTERM) {
            leaving = 1;
            call(SYS_kill, pid, SIGTERM, 0, 0, 0);
        }
        while (call(SYS_wait4, -1, (long)&status, 1, 0, 0) > 0) {
            if (leaving) quit(0);
            pid = start(run[0], run);
        }
    }
}

static long children[100000];

static void scan(char *self, const char *dir, long count) {
    char at[4096];
    char *arguments[] = {self, "-supervise", at, NULL};
    int status;
    long left = count;
    block();
    for (long i = 0; i < count; i++) {
        path(at, dir, i, "");
        children[i] = start(self, arguments);
    }
    while (left) {
        if (next_signal() == SIGTERM)
            for (long i = 0; i < count; i++) call(SYS_kill, children[i], SIGTERM, 0, 0, 0);
        while (call(SYS_wait4, -1, (long)&status, 1, 0, 0) > 0) left--;
    }
    quit(0);
}

static void read_all(const char *dir, long count) {
    char at[4096], status[128];
    for (long i = 0; i < count; i++) {
        path(at, dir, i, "/supervise/status");
        long file = call(SYS_openat, AT_FDCWD, (long)at, O_RDONLY, 0, 0);
        long length = call(SYS_read, file, (long)status, sizeof status, 0, 0);
        call(SYS_close, file, 0, 0, 0, 0);
        call(SYS_write, 1, (long)status, length > 0 ? length : 0, 0, 0);
    }
    quit(0);
}

__attribute__((used)) void begin(long *stack) {
    long words = stack[0];
    char **word = (char **)(stack + 1);
    if (words < 2 || word[1][0] != '-') serve();
    if (word[1][1] == 's' && word[1][2] == 'c' && words > 3) scan(word[0], word[2], number(word[3]));
    if (word[1][1] == 's' && words > 2) supervise(word[2]);
    if (word[1][1] == 'r' && words > 3) read_all(word[2], number(word[3]));
    quit(0);
}
