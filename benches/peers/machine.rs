//! The machine: what it is, whether it is large enough, and what is built on it.

use super::plan::Plan;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What two processes for each service may take of memory at most, in KiB.
const MEMORY: u64 = 600;

/// Builds the smallest service, and has nothing left to write to the disk: pages of a new program count as dirty.
pub fn prepare(place: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/floor.c");
    let options = ["-O2", "-static", "-nostdlib", "-fno-stack-protector", "-o"];
    let built = Command::new("cc").args(options).arg(place.join("floor")).arg(source).status();
    assert!(built.is_ok_and(|status| status.success()), "the service needs a C compiler (cc)");
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    nix::unistd::sync();
}

/// Why so many services are too many here.
pub fn too_small(services: usize) -> Option<String> {
    let needed = 2 * services as u64 + 500;
    let (processes, _) = getrlimit(Resource::RLIMIT_NPROC).ok()?;
    let pids = number("/proc/sys/kernel/pid_max").min(number("/proc/sys/kernel/threads-max")).min(processes);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:")?.split_whitespace().next()?.parse::<u64>().ok());
    if needed > pids {
        return Some(format!("they need {needed} processes, and there can be {pids}"));
    }
    let needed = services as u64 * MEMORY;
    available
        .filter(|available| *available < needed)
        .map(|available| format!("they might need {needed} KiB of memory, and there are {available}"))
}

fn number(path: &str) -> u64 {
    fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX)
}

pub fn description(place: &Path, plan: &Plan) -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let files = output("stat", &["-f", "-c", "%T", &place.display().to_string()]);
    let versions =
        output("dpkg-query", &["-W", "-f", "${Package} ${Version}, ", "runit", "s6", "daemontools", "supervisor"]);
    format!(
        "# What services cost\n\n{} on {}, {cores} cores, {}; files on {files}; {}. keepup {}, {}{}.\n\n\
         Medians; less is better unless the unit is MB/s. The ratio is that of keepup to the best peer of the same run. `floor`: a supervisor that \
         only forks, executes and waits (`benches/peers/floor.c`), or the same work done by bare system calls.\n",
        if plan.quick { "A quick run" } else { "A full run" },
        model.unwrap_or(std::env::consts::ARCH),
        output("uname", &["-sr"]),
        output("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        env!("CARGO_PKG_VERSION"),
        versions,
        output("rustc", &["-V"]),
    )
}

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or(String::new(), |output| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
