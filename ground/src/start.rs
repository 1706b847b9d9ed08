//! From the kernel to `main`: the arguments, the environment, and the one thread's own storage.

use crate::call::raw;
use core::arch::global_asm;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

// The kernel leaves the stack pointer at the number of arguments, and nothing in any other place.
global_asm!(
    ".globl _start",
    ".type _start, @function",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {begin}",
    "ud2",
    begin = sym begin,
);

unsafe extern "C" {
    fn main(argc: c_int, argv: *const *const c_char) -> c_int;
}

/// The environment, under the name by which everybody knows it.
#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
static environ: AtomicPtr<*const c_char> = AtomicPtr::new(ptr::null_mut());

/// The variables.
pub(crate) fn variables() -> *const *const c_char {
    environ.load(Ordering::Relaxed)
}

/// What the kernel says of the program: pairs, the last of which is zero.
const PROGRAM_HEADERS: usize = 3;
const HOW_MANY: usize = 5;

/// The thread's own storage: as much as the programs have, and the block behind it that starts with its own address.
const ROOM: usize = 1024;
const BLOCK: usize = 64;

#[repr(C, align(64))]
struct Storage(UnsafeCell<[u8; ROOM + BLOCK]>);

// SAFETY: there is one thread, and it is the one whose storage this is.
unsafe impl Sync for Storage {}

static STORAGE: Storage = Storage(UnsafeCell::new([0; ROOM + BLOCK]));

const ARCH_SET_FS: usize = 0x1002;

unsafe extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: `stack` is what the kernel left: the number of arguments, they, null, the variables, null, the pairs.
    unsafe {
        let argc = *stack;
        let argv = stack.add(1).cast::<*const c_char>();
        let variables = argv.add(argc + 1);
        environ.store(variables.cast_mut(), Ordering::Relaxed);
        let mut pair = variables;
        while !(*pair).is_null() {
            pair = pair.add(1);
        }
        own_storage(pair.add(1).cast::<[usize; 2]>());
        let code = main(argc as c_int, argv);
        leave(code)
    }
}

/// Ends the process.
pub(crate) fn leave(code: c_int) -> ! {
    loop {
        // SAFETY: it ends.
        unsafe { raw(libc::SYS_exit_group, [code as usize, 0, 0, 0, 0, 0]) };
    }
}

/// # Safety
///
/// `pairs` are the kernel's.
unsafe fn own_storage(mut pairs: *const [usize; 2]) {
    let (mut headers, mut count) = (ptr::null::<libc::Elf64_Phdr>(), 0);
    // SAFETY: the pairs end with a zero; the headers are where the kernel says, and what they describe is mapped.
    unsafe {
        while (*pairs)[0] != 0 {
            match *pairs {
                [PROGRAM_HEADERS, at] => headers = ptr::with_exposed_provenance(at),
                [HOW_MANY, number] => count = number,
                _ => {}
            }
            pairs = pairs.add(1);
        }
        let end = STORAGE.0.get().cast::<u8>().add(ROOM);
        for at in 0..count {
            let header = &*headers.add(at);
            if header.p_type == libc::PT_TLS {
                let align = (header.p_align as usize).max(1);
                let size = (header.p_memsz as usize).next_multiple_of(align);
                if size > ROOM || align > BLOCK {
                    leave(111); // only another build of the program can do something about it
                }
                let image: *const u8 = ptr::with_exposed_provenance(header.p_vaddr as usize);
                ptr::copy_nonoverlapping(image, end.sub(size), header.p_filesz as usize);
            }
        }
        end.cast::<usize>().write(end.expose_provenance());
        raw(libc::SYS_arch_prctl, [ARCH_SET_FS, end.expose_provenance(), 0, 0, 0, 0]);
    }
}
