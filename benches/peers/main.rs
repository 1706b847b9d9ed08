//! What services cost under keepup and under its peers, on this machine, now.
//!
//!     make bench                                          # all of it, 20 minutes at most; writes benches/RESULTS.md
//!     cargo bench --bench peers -- [quick|full] [SCENARIO...] [SERVICES...]
//!
//! The scenarios: boot, memory, loggers, restart, control, status, pickup, idle, farewell, growth, chpst, svlogd.
//! Everybody is measured in turns, a b c a b c, so that a noisy machine is noisy for all; medians are shown. Beside the
//! peers that are installed stands the floor: the least that the kernel lets the same thing cost (`floor.c`).
//!
//! `quick` takes fewer rounds and smaller numbers, and writes no file; so do chosen scenarios and
//! numbers of services. With `BENCH_RESULTS=DIR`
//! results go there.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // processes and times
#![allow(unreachable_pub, missing_docs)]

mod book;
mod chpst;
mod events;
mod figures;
mod fleet;
mod guardian;
mod machine;
mod plan;
mod plot;
mod process;
mod steps;
mod svlogd;
mod who;

use book::Book;
use plan::Plan;
use std::path::PathBuf;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    // cargo hands on what it was given; `cargo test --benches` must not measure.
    if args.iter().any(|arg| arg == "--test") || svlogd::helps(&args) {
        return;
    }
    let plan = Plan::of(&args);
    match std::env::var_os(guardian::INSIDE) {
        None => guardian::guard(&args),
        Some(place) => measure(&plan, &PathBuf::from(place)),
    }
}

fn measure(plan: &Plan, place: &std::path::Path) {
    guardian::unblock();
    let began = process::now();
    let mut book = Book::default();
    machine::prepare(place);
    let present = who::present();
    plan.sessions().into_iter().for_each(|session| session.hold(&present, place, &mut book));
    if plan.wants("chpst") {
        chpst::measure(plan.quick, place, &mut book);
    }
    if plan.wants("svlogd") {
        svlogd::measure(plan.quick, place, &mut book);
    }
    println!("measured in {} s", (process::now() - began) / 1_000_000_000);
    let report = format!("{}\n{}", machine::description(place, plan), book.tables());
    println!("\n{report}");
    if let Some(directory) = plan.results() {
        let plots = plot::write_all(&book, &directory);
        let text = format!("{report}\n{plots}");
        std::fs::write(directory.join("RESULTS.md"), text).expect("writing RESULTS.md");
    }
}
