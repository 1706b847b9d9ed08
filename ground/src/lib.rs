//! The ground that the supervisors stand on: what their code, nix and Rust's standard library call of a C library, as
//! the kernel's own calls, and nothing else. A C library prepares each process for what it might do: for threads, for
//! locales, for the processor's best way to copy a page. For a program that waits for a child, and of which there are
//! thousands, that is most of its memory and most of the time of its start.
//!
//! It holds because these programs have one thread, look up no users, and never unwind. What is not here is not there: a
//! program that needs more does not link, and is linked to the C library instead (`build.rs`).
//!
//! | module | what |
//! | --- | --- |
//! | `start` | from the kernel to `main` |
//! | `call` | a system call, and `errno` |
//! | `system` | functions that are system calls |
//! | `files`, `process`, `signals` | functions that are nearly so |
//! | `memory` | `malloc` and its family |
//! | `text` | bytes, texts, the environment |
//! | `runtime` | what the standard library asks for |
//!
//! The functions have the names, the arguments and the answers that their manuals in section 2 and 3 tell of. Numbers and
//! layouts are those of x86-64, where C's and the kernel's are the same but where a module says so.
#![no_std]
#![no_builtins]
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod call;
mod files;
mod memory;
mod process;
mod runtime;
mod signals;
mod start;
mod system;
mod text;
