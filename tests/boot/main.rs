//! A machine that boots our programs and nothing else: `examples/runit`, a few services, and busybox for a shell. In
//! qemu with a kernel of Debian's, where both can be had (`KEEPUP_KERNEL` names another), and the same stages in a pid
//! namespace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

mod initramfs;
#[path = "../namespace/mod.rs"]
mod namespace;
#[path = "../scene/mod.rs"]
#[allow(unused_imports)] // it is for all suites
mod scene;

mod qemu;
mod stages;

use scene::{ours, theirs};
use std::path::PathBuf;

/// The stages under test.
const STAGES: [&str; 3] = ["1", "2", "3"];

/// A file of the examples.
fn example(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/runit").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// A supervisor's program: ours, or the original while ours is not built.
fn installed(name: &str) -> Option<PathBuf> {
    Some(ours(name)).filter(|path| path.exists()).or_else(|| theirs(name))
}

/// What supervises.
const PROGRAMS: [&str; 5] = ["runsv", "runsvdir", "runsvchdir", "sv", "svlogd"];

/// A service that says that it is there, and waits.
const WEB: &str = "#!/bin/sh\nexec 2>&1\necho 'web: at your service'\nexec sleep 1000000\n";

/// Its logger: to the console, so that it is seen.
const LOGGER: &str = "#!/bin/sh\nwhile read -r line; do echo \"log: $line\" > /dev/console; : > /run/logged; done\n";

/// A service that does once what a person would do, and then switches off.
const OPERATOR: &str = "#!/bin/sh
exec > /dev/console 2>&1
sv -w 30 start web
sv -v status web
until [ -e /run/logged ]; do sleep 1; done
sv -w 30 down web
sv status web
echo \"operator: process 1 is $(cat /proc/1/comm)\"
$WISH
exec sv down .
";

/// A service that ends at once, and writes down by the clock that nobody sets when it began.
const SHORT: &str = "#!/bin/sh\ncut -d' ' -f1 /proc/uptime >> /run/lives\n";

/// A service that sets the clock, to the year 2096 and to 1970, and looks what becomes of the others.
const CLOCKMAKER: &str = "#!/bin/sh
exec > /dev/console 2>&1
sv -w 60 start web
lives() { wc -l < /run/lives; }
jump() {
    date -s \"@$2\" > /dev/null && echo \"clockmaker: $1\"
    wanted=$(($(lives) + 3))
    sv status web
    until [ $(lives) -ge $wanted ]; do sleep 1; done
    sv -w 60 restart web && sv status short
    sv -w 60 down short && sv -w 60 once short && echo \"clockmaker: $1: obeyed\"
    sv up short
}
jump forward 4000000000
jump back 1000000
sv -w 60 down short
awk 'NR > 1 && $1 - last < 0.98 { print \"clockmaker: too soon after\", last } { last = $1 }' /run/lives
echo \"clockmaker: all that began, began in time\"
/sbin/init 0
exec sv down .
";
