//! Memory to be given out. Every block has its size before it. Small ones are of sixteen bytes more each, then each size
//! is twice the one before; what comes back waits in the list of its size. The largest are the kernel's own and go back
//! to it at once. The heap grows by a page: a supervisor that needs two dirties two.

use crate::call::{fail, raw};
use core::cell::UnsafeCell;
use core::ffi::c_int;
use core::ptr;

/// Before each block: its size with this, in such a place that the block itself is aligned.
const HEAD: usize = 8;
const ALIGN: usize = 16;

/// Sizes up to this, with the head, differ by `ALIGN`.
const SMALL: usize = 1024;

/// From this on a block is a mapping of its own.
const MAPPED: usize = 64 * 1024;

/// Of a mapping, before the head.
const BEFORE: usize = ALIGN - HEAD;

/// 16, 32, ... 1024, then 2048, ... 64 Ki.
const SIZES: usize = SMALL / ALIGN + 6;

const PAGE: usize = 4096;

struct Heap {
    /// What came back, a list a size; the first word of a block is the next.
    back: [*mut u8; SIZES],
    /// What was never given out.
    fresh: usize,
    end: usize,
}

struct Only(UnsafeCell<Heap>);

// SAFETY: there is one thread.
unsafe impl Sync for Only {}

static HEAP: Only = Only(UnsafeCell::new(Heap { back: [ptr::null_mut(); SIZES], fresh: 0, end: 0 }));

/// How much is taken for a block of `size`, and in which list that is; nothing if it is a mapping.
fn rounded(size: usize) -> (usize, Option<usize>) {
    let needed = size.saturating_add(HEAD);
    if needed <= SMALL {
        let taken = needed.next_multiple_of(ALIGN);
        return (taken, Some(taken / ALIGN - 1));
    }
    if needed <= MAPPED {
        let taken = needed.next_power_of_two();
        let list = SMALL / ALIGN + (taken / SMALL).trailing_zeros() as usize - 1;
        return (taken, Some(list));
    }
    (needed.saturating_add(BEFORE).checked_next_multiple_of(PAGE).unwrap_or(usize::MAX), None)
}

impl Heap {
    fn take(&mut self, taken: usize, list: usize) -> *mut u8 {
        if let Some(first) = self.back.get_mut(list).filter(|first| !first.is_null()) {
            let block = *first;
            // SAFETY: blocks in a list are nobody's, and hold the next.
            *first = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        if self.end.saturating_sub(self.fresh) < taken && !self.grow(taken) {
            return ptr::null_mut();
        }
        let block: *mut u8 = ptr::with_exposed_provenance_mut(self.fresh + HEAD);
        self.fresh += taken;
        // SAFETY: this is before the block, and ours.
        unsafe { block.sub(HEAD).cast::<usize>().write(taken) };
        block
    }

    fn grow(&mut self, taken: usize) -> bool {
        // SAFETY: asks where the heap ends, then moves that.
        unsafe {
            if self.end == 0 {
                let start = raw(libc::SYS_brk, [0; 6]) as usize;
                // Blocks are aligned when the head's place is the second half of sixteen bytes.
                self.fresh = start.next_multiple_of(ALIGN) + BEFORE;
                self.end = start;
            }
            let end = (self.fresh + taken).next_multiple_of(PAGE);
            if raw(libc::SYS_brk, [end, 0, 0, 0, 0, 0]) as usize != end {
                return false;
            }
            self.end = end;
        }
        true
    }
}

/// # Safety
///
/// The block is one of the heap's lists.
unsafe fn size_of(block: *mut u8) -> usize {
    // SAFETY: each block has it before it.
    unsafe { block.sub(HEAD).cast::<usize>().read() }
}

fn none() -> *mut u8 {
    fail(libc::ENOMEM);
    ptr::null_mut()
}

fn mapping(taken: usize) -> *mut u8 {
    let args = [
        0,
        taken,
        (libc::PROT_READ | libc::PROT_WRITE) as usize,
        (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as usize,
        usize::MAX,
        0,
    ];
    // SAFETY: maps new memory.
    let at = unsafe { raw(libc::SYS_mmap, args) };
    if (-4095..0).contains(&at) {
        return none();
    }
    let block: *mut u8 = ptr::with_exposed_provenance_mut(at as usize + ALIGN);
    // SAFETY: this is before the block, and ours.
    unsafe { block.sub(HEAD).cast::<usize>().write(taken) };
    block
}

#[unsafe(no_mangle)]
extern "C" fn malloc(size: usize) -> *mut u8 {
    match rounded(size) {
        (taken, None) => mapping(taken),
        (taken, Some(list)) => {
            // SAFETY: there is one thread.
            let block = unsafe { (*HEAP.0.get()).take(taken, list) };
            if block.is_null() { none() } else { block }
        }
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: *mut u8) {
    if block.is_null() {
        return;
    }
    // SAFETY: the block is one of ours, and nobody's from now on.
    unsafe {
        let taken = size_of(block);
        if taken > MAPPED {
            raw(libc::SYS_munmap, [block.sub(ALIGN).expose_provenance(), taken, 0, 0, 0, 0]);
        } else if let (_, Some(list)) = rounded(taken - HEAD) {
            let heap = &mut *HEAP.0.get();
            if let Some(first) = heap.back.get_mut(list) {
                block.cast::<*mut u8>().write(*first);
                *first = block;
            }
        }
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(number: usize, each: usize) -> *mut u8 {
    let Some(size) = number.checked_mul(each) else { return none() };
    let block = malloc(size);
    // SAFETY: it has that size; a mapping is zero as it comes.
    unsafe {
        if !block.is_null() && size_of(block) <= MAPPED {
            block.write_bytes(0, size);
        }
    }
    block
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        return malloc(size);
    }
    // SAFETY: the block is one of ours; what is copied fits into both.
    unsafe {
        let had = size_of(block);
        let (taken, _) = rounded(size);
        if taken == had {
            return block;
        }
        if had > MAPPED && taken > MAPPED {
            return remapped(block, had, taken);
        }
        let new = malloc(size);
        if !new.is_null() {
            ptr::copy_nonoverlapping(block, new, size.min(had - HEAD));
            free(block);
        }
        new
    }
}

/// # Safety
///
/// The block is a mapping of `had` bytes.
unsafe fn remapped(block: *mut u8, had: usize, taken: usize) -> *mut u8 {
    // SAFETY: whoever has the block gives it up for what is returned.
    unsafe {
        let args = [block.sub(ALIGN).expose_provenance(), had, taken, libc::MREMAP_MAYMOVE as usize, 0, 0];
        let at = raw(libc::SYS_mremap, args);
        if (-4095..0).contains(&at) {
            return none();
        }
        let block: *mut u8 = ptr::with_exposed_provenance_mut(at as usize + ALIGN);
        block.sub(HEAD).cast::<usize>().write(taken);
        block
    }
}

/// # Safety
///
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(place: *mut *mut u8, align: usize, size: usize) -> c_int {
    // Nothing of ours asks for more than this.
    if align > ALIGN {
        return libc::EINVAL;
    }
    let block = malloc(size);
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller's place.
    unsafe { place.write(block) };
    0
}

/// What is free stays in its list: a supervisor has little, and the largest went back already.
#[unsafe(no_mangle)]
extern "C" fn malloc_trim(_: usize) -> c_int {
    0
}
