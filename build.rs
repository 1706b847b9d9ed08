//! How the programs of which many copies run are linked: statically and at a fixed address, which is half the private
//! memory and two thirds of the start-up of a dynamic build. What they call of a C library comes from
//!
//! * `ground/`, where that is made for the processor: a fifth of the memory, and a tenth of the start-up;
//! * the host's static C library with `KEEPUP_LIBC=1`, or on other processors, if there is one;
//! * the host's C library with `KEEPUP_DYNAMIC=1`, and for cross builds, musl, and everywhere else: the default link.
//!
//! Why not `+crt-static` in a cargo configuration: it stops proc-macros from compiling unless a target is named, and
//! then the programs land in another directory. Rust asks the linker for `-lc` and `-lgcc_s`; linker scripts of those
//! names, found first, answer with what is said above. Nothing in the list may call the C library's user database: a
//! static glibc loads its name-service modules with dlopen and crashes on an unknown user, and the ground has none. `chpst`
//! does not: it reads the files itself and asks getent for the rest.
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
    "svevent",
    "pidproxy",
    "echo_supervisord_conf",
];

/// What answers the programs' calls.
enum Below {
    /// `ground/`, beside the compiler's own helpers.
    Ground,
    /// The archive of the host's C library.
    Library(PathBuf),
}

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=KEEPUP_DYNAMIC");
    println!("cargo:rerun-if-env-changed=KEEPUP_LIBC");
    println!("cargo:rustc-check-cfg=cfg(ground)");
    if !wanted() {
        return Ok(());
    }
    let (Some(eh), Some(gcc), Some(below)) = (archive("libgcc_eh.a"), archive("libgcc.a"), below()) else {
        return Ok(());
    };
    let helpers = format!("GROUP({} {})\n", eh.display(), gcc.display());
    let library = match &below {
        Below::Ground => "/* in ground */\n".to_owned(),
        Below::Library(c) => format!("GROUP({} {} {})\n", c.display(), eh.display(), gcc.display()),
    };
    let scripts = Path::new(&var("OUT_DIR")).join("static");
    fs::create_dir_all(&scripts)?;
    fs::write(scripts.join("libgcc_s.so"), helpers)?;
    for name in ["libc.so", "libm.so", "libutil.so", "librt.so", "libpthread.so", "libdl.so"] {
        fs::write(scripts.join(name), &library)?;
    }
    let search = format!("-L{}", scripts.display());
    let mut args = vec![search.as_str(), "-static", "-no-pie"];
    if matches!(below, Below::Ground) {
        println!("cargo:rustc-cfg=ground");
        args.extend(["-nostartfiles", "-Wl,-u,_start"]);
    }
    for arg in &args {
        println!("cargo:rustc-link-arg-examples={arg}"); // what the tests look at the ground with
    }
    for name in STATIC {
        // As link arguments of these programs only: a search path for the whole package would reach the tests.
        for arg in &args {
            println!("cargo:rustc-link-arg-bin={name}={arg}");
        }
    }
    Ok(())
}

fn below() -> Option<Below> {
    let ground = var("CARGO_CFG_TARGET_ARCH") == "x86_64" && env::var_os("KEEPUP_LIBC").is_none();
    if ground { Some(Below::Ground) } else { archive("libc.a").map(Below::Library) }
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
