//! Links the programs of which many copies run statically and at a fixed address where the C toolchain can: half the
//! private memory and two thirds of the start-up of a dynamic build. Everywhere else (no libc.a, cross builds, musl,
//! `KEEPUP_DYNAMIC=1`) the default link stays.
//!
//! Why not `+crt-static` in a cargo configuration: it stops proc-macros from compiling unless a target is named, and
//! then the programs land in another directory. Rust asks the linker for `-lc` and `-lgcc_s`; linker scripts of those
//! names, found first, answer with the static archives. Nothing in the list may call the C library's user database: a
//! static glibc loads its name-service modules with dlopen and crashes on an unknown user. `chpst` does not: it reads
//! the files itself and asks getent for the rest.
#![allow(clippy::disallowed_methods)] // a build script runs the compiler and writes into OUT_DIR

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

#[rustfmt::skip] // one a line: programs come and go
const STATIC: &[&str] = &[
    "runsvdir",
    "runsv",
    "sv",
    "svlogd",
    "chpst",
    "runsvchdir",
    "utmpset",
    "runit",
    "runit-init",
    "svprobe",
    "supervisord",
    "svevent",
    "pidproxy",
    "echo_supervisord_conf",
];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=KEEPUP_DYNAMIC");
    if !wanted() {
        return Ok(());
    }
    let (Some(c), Some(eh), Some(gcc)) = (archive("libc.a"), archive("libgcc_eh.a"), archive("libgcc.a")) else {
        return Ok(());
    };
    let scripts = Path::new(&var("OUT_DIR")).join("static");
    fs::create_dir_all(&scripts)?;
    for name in ["libgcc_s.so", "libc.so"] {
        let group = format!("GROUP({} {} {})\n", c.display(), eh.display(), gcc.display());
        fs::write(scripts.join(name), group)?;
    }
    for name in ["libm.so", "libutil.so", "librt.so", "libpthread.so", "libdl.so"] {
        fs::write(scripts.join(name), "/* in libc.a */\n")?;
    }
    for name in STATIC {
        // As link arguments of these programs only: a search path for the whole package would reach the tests.
        for arg in [&format!("-L{}", scripts.display()), "-static", "-no-pie"] {
            println!("cargo:rustc-link-arg-bin={name}={arg}");
        }
    }
    Ok(())
}

fn wanted() -> bool {
    var("CARGO_CFG_TARGET_OS") == "linux"
        && var("CARGO_CFG_TARGET_ENV") == "gnu"
        && var("HOST") == var("TARGET")
        && !var("CARGO_CFG_TARGET_FEATURE").contains("crt-static")
        && env::var_os("KEEPUP_DYNAMIC").is_none()
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn archive(name: &str) -> Option<PathBuf> {
    let answer = Command::new("cc").arg(format!("-print-file-name={name}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    path.is_absolute().then_some(path)
}
