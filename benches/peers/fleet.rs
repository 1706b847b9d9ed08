//! So many services under one supervisor: made, started, told, and ended.

use super::events::{Event, Events, wait};
use super::process::{self, now};
use super::who::{Order, Who};
use nix::sys::signal::Signal;
use std::fmt::Write as _;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub const MILLISECOND: u64 = 1_000_000;
pub const SECOND: u64 = 1_000 * MILLISECOND;

/// After so long a life everybody starts a service again at once.
const LONG_LIFE: u64 = SECOND + 100 * MILLISECOND;

/// The longest that anything may take.
const PATIENCE: u64 = 120 * SECOND;

pub struct Fleet {
    pub who: Who,
    pub size: usize,
    loggers: bool,
    pub place: PathBuf,
    /// How long it took until the last of them ran.
    pub booted: u64,
    floor: PathBuf,
    master: Child,
    events: Events,
    lives: Vec<Event>,
}

/// When the effect of an order was there, and when the command was over; nanoseconds after its start.
pub struct Done {
    pub state: u64,
    pub over: u64,
}

impl Fleet {
    /// Makes and starts it, and waits until all its services run.
    pub fn start(who: Who, size: usize, loggers: bool, top: &Path) -> Fleet {
        let (place, floor) = (top.join(format!("fleet-{who:?}")), top.join("floor"));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(place.join("scan")).expect("a directory");
        (0..size).for_each(|i| add(who, &place, &floor, i, loggers));
        (0..size).for_each(|i| link(&place, i));
        if who == Who::Supervisor {
            fs::write(place.join("supervisord.conf"), supervisor_config(&place, size)).expect("a configuration");
        }
        let events = Events::new(&place.join("events"));
        let errors = fs::File::create(place.join("errors")).expect("a file");
        let mut command = who.scanner(&place, &floor, size);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).current_dir(&place);
        let began = now();
        let master = command.spawn().expect("to start");
        let nobody = Event { at: 0, pid: 0, service: 0 };
        let mut fleet =
            Fleet { who, size, loggers, place, booted: 0, floor, master, events, lives: vec![nobody; size] };
        (0..size).for_each(|_| fleet.hear("a start"));
        let last = fleet.lives.iter().map(|life| life.at).max().unwrap_or(began);
        fleet.booted = last - began;
        fleet
    }

    fn next(&mut self, what: &str) -> Event {
        let Some(event) = self.events.next(now() + PATIENCE) else { self.fail(what) };
        self.note(event)
    }

    fn hear(&mut self, what: &str) {
        let _ = self.next(what);
    }

    fn note(&mut self, event: Event) -> Event {
        if event.service >= self.lives.len() {
            self.lives.resize(event.service + 1, event);
        }
        self.lives[event.service] = event;
        event
    }

    fn fail(&self, what: &str) -> ! {
        let errors = fs::read_to_string(self.place.join("errors")).unwrap_or_default();
        let last: String = errors.lines().rev().take(5).collect::<Vec<_>>().join("\n");
        panic!("{}, {} services: waited in vain for {what}; it said:\n{last}", self.who.name(), self.size)
    }

    /// The process of a service.
    pub fn pid(&self, service: usize) -> i32 {
        self.lives[service].pid
    }

    /// Waits until this service counts as one that has come up.
    pub fn rest(&self, service: usize) {
        let until = self.lives[service].at + LONG_LIFE;
        std::thread::sleep(std::time::Duration::from_nanos(until.saturating_sub(now())));
    }

    pub fn rest_all(&self) {
        (0..self.size).for_each(|service| self.rest(service));
    }

    /// Kills a service; how long until its next process runs.
    pub fn crash(&mut self, service: usize) -> u64 {
        self.rest(service);
        let began = now();
        process::signal(self.pid(service), Signal::SIGKILL);
        self.next("a restart").at - began
    }

    /// Every service ends twice: by a signal, and by the letter that all but the floor understand.
    pub fn wear(&mut self) {
        self.rest_all();
        (0..self.size).for_each(|service| process::signal(self.pid(service), Signal::SIGKILL));
        (0..self.size).for_each(|_| self.hear("a restart"));
        self.rest_all();
        for service in 0..self.size {
            let control = self.place.join(format!("sv/{service}/supervise/control"));
            if control.exists() {
                fs::OpenOptions::new()
                    .write(true)
                    .open(&control)
                    .and_then(|fifo| io_write(fifo, b"t"))
                    .expect("a fifo");
            } else {
                process::signal(self.pid(service), Signal::SIGTERM);
            }
        }
        (0..self.size).for_each(|_| self.hear("a restart"));
        self.rest_all();
    }

    /// Gives an order by the command for it, and waits for its effect and for the command.
    pub fn order(&mut self, order: Order, service: usize) -> Option<Done> {
        let command = self.who.order(order, &service.to_string(), &self.place)?;
        let old = if order == Order::Stop { process::descriptor(self.pid(service)) } else { None };
        let (began, mut child) = self.run(command);
        let ended = process::descriptor(child.id() as i32).expect("a descriptor");
        let (mut state, mut over) = (None, None);
        while state.is_none() || over.is_none() {
            if now() > began + PATIENCE {
                self.fail("an order");
            }
            let mut watched = vec![self.events.as_fd()];
            watched.extend(over.is_none().then(|| ended.as_fd()));
            watched.extend(if state.is_none() { old.as_ref().map(AsFd::as_fd) } else { None });
            let told = wait(&watched, began + PATIENCE);
            let at = now();
            if over.is_none() && told[1] {
                over = Some(at);
            }
            if let Some(event) = self.events.ready() {
                state = Some(self.note(event).at);
            } else if old.is_some() && state.is_none() && told[told.len() - 1] && (told.len() > 2 || told[1]) {
                state = old.as_ref().filter(|old| wait(&[old.as_fd()], 0)[0]).map(|_| at);
            }
        }
        child.wait().expect("its end");
        Some(Done { state: state? - began, over: over? - began })
    }

    fn run(&self, mut command: Command) -> (u64, Child) {
        command.current_dir(self.place.join("scan"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        (now(), command.spawn().expect("to start"))
    }

    /// How long it takes to show the state of so many.
    pub fn status(&self, count: usize) -> u64 {
        let names: Vec<String> = (0..count).map(|i| i.to_string()).collect();
        let commands = self.who.status(&names, &self.place, &self.floor);
        let began = now();
        commands.into_iter().for_each(|command| drop(self.run(command).1.wait()));
        now() - began
    }

    /// How long after the making of a link its service runs.
    pub fn pick_up(&mut self, service: usize) -> u64 {
        add(self.who, &self.place, &self.floor, service, false);
        let began = now();
        link(&self.place, service);
        self.rescan();
        self.next("a new service").at - began
    }

    /// How long after the end of a link its service is gone.
    pub fn remove(&mut self, service: usize) -> u64 {
        let process = process::descriptor(self.pid(service)).expect("it runs");
        let began = now();
        fs::remove_file(self.place.join("scan").join(service.to_string())).expect("its link");
        self.rescan();
        while !wait(&[process.as_fd()], began + PATIENCE)[0] {
            if now() > began + PATIENCE {
                self.fail("the end of a service");
            }
        }
        now() - began
    }

    fn rescan(&self) {
        if let Some(command) = self.who.rescan(&self.place) {
            let _ = self.run(command).1.wait();
        }
    }

    /// The scanner and all that supervise; no services, no loggers.
    pub fn supervisors(&self) -> Vec<i32> {
        let services: std::collections::BTreeSet<i32> = self.lives.iter().map(|life| life.pid).collect();
        let mut all = vec![self.master.id() as i32];
        all.extend(process::descendants(all[0]).into_iter().filter(|pid| !services.contains(pid)));
        all
    }

    /// Tells all to end in order; how long until there is none, neither service nor supervisor.
    pub fn farewell(mut self) -> u64 {
        let all = self.supervisors();
        let began = now();
        let master = all[0];
        match self.who {
            Who::Keepup | Who::Musl | Who::Runit => process::signal(master, Signal::SIGHUP),
            Who::Daemontools => {
                process::signal(master, Signal::SIGTERM);
                let mut command = self.who.command("svc");
                command.arg("-dx").args((0..self.size).map(|i| format!("./{i}")));
                if self.loggers {
                    command.args((0..self.size).map(|i| format!("./{i}/log")));
                }
                let _ = self.run(command).1.wait();
            }
            _ => process::signal(master, Signal::SIGTERM),
        }
        if !self.events.until_silent(began + PATIENCE) {
            self.fail("the end of all services");
        }
        let _ = self.master.wait();
        for pid in all {
            while process::exists(pid) {
                if now() > began + PATIENCE {
                    self.fail("the end of all supervisors");
                }
                std::thread::sleep(std::time::Duration::from_micros(500));
            }
        }
        let took = now() - began;
        let _ = fs::remove_dir_all(&self.place);
        took
    }
}

fn io_write(mut file: fs::File, bytes: &[u8]) -> std::io::Result<()> {
    std::io::Write::write_all(&mut file, bytes)
}

fn add(who: Who, place: &Path, floor: &Path, service: usize, logger: bool) {
    let dir = place.join("sv").join(service.to_string());
    fs::create_dir_all(&dir).expect("a directory");
    fs::hard_link(floor, dir.join("run")).expect("a program");
    if who == Who::Floor {
        fs::create_dir(dir.join("supervise")).expect("a directory");
        fs::write(dir.join("supervise/status"), [0; 20]).expect("something to read");
    }
    if logger {
        fs::create_dir_all(dir.join("log/main")).expect("a directory");
        let run = dir.join("log/run");
        fs::write(&run, format!("#!/bin/sh\nexec {}\n", who.logger())).expect("a program");
        fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).expect("its mode");
        // What tells daemontools that there is a logger.
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o1755)).expect("its mode");
    }
}

fn link(place: &Path, service: usize) {
    let name = service.to_string();
    symlink(place.join("sv").join(&name), place.join("scan").join(&name)).expect("a link");
}

fn supervisor_config(place: &Path, size: usize) -> String {
    let place = place.display();
    let mut config = format!(
        "[supervisord]\nnodaemon=true\nsilent=true\nminfds=20000\nlogfile={place}/supervisord.log\n\
         pidfile={place}/supervisord.pid\n[unix_http_server]\nfile={place}/supervisor.sock\n\
         [supervisorctl]\nserverurl=unix://{place}/supervisor.sock\n[rpcinterface:supervisor]\n\
         supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
    );
    for i in 0..size {
        let _ = write!(
            config,
            "[program:{i}]\ncommand={place}/sv/{i}/run\ndirectory={place}/sv/{i}\nautorestart=true\nstartsecs=0\n\
             stdout_logfile=NONE\nstderr_logfile=NONE\n"
        );
    }
    config
}
