//! The whole of it: a kernel, process 1, services.
#![allow(clippy::disallowed_methods)] // looks for programs

use crate::initramfs::Initramfs;
use crate::namespace::now;
use crate::scene::{CEILING, Running, Scene, ours, skip, until};
use crate::{CLOCKMAKER, LOGGER, OPERATOR, PROGRAMS, SHORT, STAGES, WEB, example, installed};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

/// What the stages and services call, all of it busybox.
const APPLETS: &[&str] = &[
    "sh",
    "cat",
    "mount",
    "umount",
    "mountpoint",
    "mkdir",
    "chmod",
    "ip",
    "hostname",
    "sleep",
    "env",
    "sort",
    "kill",
    "ls",
    "poweroff",
    "setsid",
    "swapoff",
    "printf",
    "date",
    "wc",
    "cut",
    "awk",
];

const QEMU: &str = "qemu-system-x86_64";
const BUSYBOX: &str = "/bin/busybox";

/// The newest kernel of this machine that we may read.
fn kernel() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("KEEPUP_KERNEL") {
        return Some(named.into());
    }
    let found = std::fs::read_dir("/boot").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let is_kernel =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"vmlinuz-"));
    found.filter(is_kernel).filter(|path| std::fs::File::open(path).is_ok()).max()
}

/// Why it cannot be done here.
fn missing() -> Option<String> {
    if !cfg!(target_arch = "x86_64") {
        return Some("written for x86_64".into());
    }
    let is_there = |name: &str| ["/usr/bin", "/bin"].iter().any(|dir| Path::new(dir).join(name).exists());
    if !is_there(QEMU) {
        return Some(format!("{QEMU} is not installed"));
    }
    if kernel().is_none() {
        return Some("there is no kernel in /boot, and KEEPUP_KERNEL names none".into());
    }
    if !Path::new(BUSYBOX).exists() {
        return Some("busybox is not installed".into());
    }
    PROGRAMS.iter().find(|name| installed(name).is_none()).map(|name| format!("{name} is not there yet"))
}

/// A machine in a process.
struct Machine {
    qemu: Running,
    scene: Scene,
    _alone: MutexGuard<'static, ()>,
}

/// One at a time: an emulator takes a processor for itself.
static ALONE: Mutex<()> = Mutex::new(());

/// As `until`, for as long as a kernel may take that is emulated on a busy machine.
#[track_caller]
fn patiently(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..8 {
        let (start, mut held) = (now(), false);
        until(what, || {
            held = condition();
            held || start.elapsed() > CEILING / 2
        });
        if held {
            return;
        }
    }
    panic!("waited {:?} in vain until {what}", CEILING * 4);
}

impl Machine {
    /// Boots these services.
    ///
    /// Programs with all that a debugger wants come to some 250 MiB: twice that while they are unpacked, and a file system
    /// in memory may take half of what there is.
    fn boot(services: &[(&str, &str)]) -> Machine {
        let alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let scene = Scene::new();
        scene.file("initramfs", initramfs(services));
        let mut command = scene.command(QEMU);
        command.args(["-nodefaults", "-no-user-config", "-display", "none", "-m", "2048", "-no-reboot"]);
        // Two seconds to a prompt. A kvm that is there need not work: within other virtual machines it may stand still.
        command.args(["-accel", "tcg"]);
        command.args(["-serial", "stdio", "-monitor", "unix:monitor,server=on,wait=off"]);
        command.arg("-kernel").arg(kernel().unwrap()).args(["-initrd", "initramfs"]);
        // Emulated beside other work the timer is late, and the kernel would take it for broken.
        command.args(["-append", "console=ttyS0 panic=-1 printk.time=0 no_timer_check runitdir=solo"]);
        Machine { qemu: scene.spawn(command), scene, _alone: alone }
    }

    fn console(&self) -> String {
        self.qemu.out().replace('\r', "")
    }

    #[track_caller]
    fn shows(&mut self, text: &str) {
        patiently(&format!("the console shows {text:?}"), || self.console().contains(text) || self.qemu.ended());
        let console = self.console();
        assert!(console.contains(text), "{text:?} is not on the console:\n{console}\n{}", self.qemu.err());
    }

    /// What it showed until it was off.
    #[track_caller]
    fn end(mut self) -> String {
        patiently("the machine is off", || self.qemu.ended());
        let done = self.qemu.end();
        assert_eq!(done.code, 0, "{}", done.err);
        self.console()
    }
}

fn initramfs(services: &[(&str, &str)]) -> Vec<u8> {
    let mut tree = Initramfs::default();
    tree.console();
    for dir in ["proc", "sys", "run", "tmp", "sbin", "etc/runit/runsvdir/default"] {
        tree.dir(dir);
    }
    tree.copy(&ours("runit"), "sbin/runit");
    tree.copy(&ours("runit-init"), "init"); // the kernel starts this one, and it becomes runit
    tree.link("/init", "sbin/init");
    for name in PROGRAMS {
        tree.copy(&installed(name).unwrap(), &format!("usr/bin/{name}"));
    }
    tree.copy(Path::new(BUSYBOX), "bin/busybox");
    for applet in APPLETS {
        tree.link("busybox", &format!("bin/{applet}"));
    }
    for stage in STAGES.iter().chain(&["ctrlaltdel"]) {
        tree.program(&format!("etc/runit/{stage}"), example(stage).as_bytes());
    }
    for (name, content) in [("web/run", WEB), ("web/log/run", LOGGER)].iter().chain(services) {
        tree.program(&format!("etc/runit/runsvdir/solo/{name}"), content.as_bytes());
    }
    tree.link("default", "etc/runit/runsvdir/current");
    tree.link("/etc/runit/runsvdir/current", "etc/service");
    tree.finish()
}

#[track_caller]
fn in_this_order(console: &str, lines: &[&str]) {
    let mut rest = console;
    for line in lines {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line:?} is not there, or not in this order:\n{console}"));
        rest = &rest[at..];
    }
}

#[test]
fn a_machine_boots_runs_services_and_powers_off() {
    if let Some(why) = missing() {
        return skip("a_machine_boots_runs_services_and_powers_off", &why);
    }
    let console = Machine::boot(&[("operator/run", &OPERATOR.replace("$WISH", "/sbin/init 0"))]).end();
    let booted =
        ["- runit: $Id: ", "enter stage: /etc/runit/1", "leave stage: /etc/runit/1", "enter stage: /etc/runit/2"];
    in_this_order(&console, &booted);
    // The kernel's words are variables of process 1 and its children.
    let services = ["runsvchdir: solo: now current.", "log: web: at your service", "run: web: (pid ", "down: web: "];
    in_this_order(
        &console,
        &[&["enter stage: /etc/runit/2"][..], &services, &["operator: process 1 is runit"]].concat(),
    );
    let down = ["leave stage: /etc/runit/2", "enter stage: /etc/runit/3", "Waiting for services to stop..."];
    let off =
        ["leave stage: /etc/runit/3", "sending KILL signal to all processes...", "- runit: power off...", "Power down"];
    in_this_order(&console, &[&["operator: process 1 is runit"][..], &down, &off].concat());
    for bad in ["Kernel panic", "child failed", "not found", "warning: "] {
        assert!(!console.contains(bad), "{bad:?} is on the console:\n{console}");
    }
}

#[test]
fn control_alt_delete_on_the_keyboard_reboots() {
    if let Some(why) = missing() {
        return skip("control_alt_delete_on_the_keyboard_reboots", &why);
    }
    let mut machine = Machine::boot(&[("operator/run", &OPERATOR.replace("$WISH", "echo operator: ready"))]);
    machine.shows("operator: ready");
    let mut monitor = UnixStream::connect(machine.scene.path("monitor")).unwrap();
    monitor.write_all(b"sendkey ctrl-alt-delete\n").unwrap();
    machine.shows("- runit: ctrl-alt-del request...");
    let console = machine.end();
    let asked = ["enter stage: /etc/runit/ctrlaltdel", "The machine restarts", "leave stage: /etc/runit/ctrlaltdel"];
    let down = ["enter stage: /etc/runit/3", "- runit: system reboot.", "Restarting system"];
    in_this_order(&console, &[&asked[..], &down].concat());
}

#[test]
fn a_clock_that_jumps_delays_and_hastens_nothing() {
    if let Some(why) = missing() {
        return skip("a_clock_that_jumps_delays_and_hastens_nothing", &why);
    }
    let console = Machine::boot(&[("short/run", SHORT), ("clockmaker/run", CLOCKMAKER)]).end();
    let after = |jump: &str| {
        let jump = format!("clockmaker: {jump}");
        [jump.clone(), "run: web: (pid ".into(), "ok: run: web: (pid ".into(), format!("{jump}: obeyed")]
    };
    let all: Vec<String> = after("forward").into_iter().chain(after("back")).collect();
    in_this_order(&console, &all.iter().map(String::as_str).collect::<Vec<_>>());
    // Nobody has run for less than no time.
    let (_, back) = console.split_once("clockmaker: back").unwrap();
    let line = back.lines().find(|line| line.starts_with("run: web: ")).unwrap();
    assert!(line.contains(") 0s"), "{line}");
    in_this_order(&console, &["clockmaker: all that began, began in time", "- runit: power off..."]);
    for bad in ["too soon", "warning: ", "Kernel panic", "timeout: "] {
        assert!(!console.contains(bad), "{bad:?} is on the console:\n{console}");
    }
}
