//! A service directory, and the `runsv` that looks after it.

use super::status::Status;
use super::{Running, Scene, program, until};
use std::ops::Deref;
use std::path::Path;
use std::process::Command;

/// A script that notes each signal in `sent`, after the word `up`, and ends with the code that it reads from `hold`.
pub const CATCHER: &str = r#"
for s in HUP INT QUIT ALRM TERM CONT USR1 USR2; do trap "echo $s >> sent" $s; done
[ -p hold ] || mkfifo hold
exec 3<> hold
echo up >> sent
while :; do read -r code <&3 && [ "$code" != look ] && exit $code; done
"#;

/// A process that does nothing until a signal ends it.
pub const IDLE: &str = "exec sleep 1000";

/// A service directory in the making. Each step adds one file.
pub struct Service<'a> {
    scene: &'a Scene,
    name: String,
}

impl Scene {
    /// An empty service directory.
    pub fn service(&self, name: &str) -> Service<'_> {
        self.dir(name);
        Service { scene: self, name: name.to_owned() }
    }
}

impl<'a> Service<'a> {
    /// One that is there already.
    pub fn of(scene: &'a Scene, name: &str) -> Service<'a> {
        Service { scene, name: name.to_owned() }
    }

    /// Its path, seen from the scene.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of something in it, seen from the scene.
    pub fn at(&self, name: impl AsRef<Path>) -> String {
        format!("{}/{}", self.name, name.as_ref().display())
    }

    /// A script of any name in it.
    pub fn script(self, name: &str, body: &str) -> Self {
        self.scene.script(self.at(name), body);
        self
    }

    /// Any file in it.
    pub fn file(self, name: &str, content: &str) -> Self {
        self.scene.file(self.at(name), content);
        self
    }

    /// What it runs.
    pub fn run(self, body: &str) -> Self {
        self.script("run", body)
    }

    /// What runs after each end.
    pub fn finish(self, body: &str) -> Self {
        self.script("finish", body)
    }

    /// Its log service.
    pub fn log(self, body: &str) -> Self {
        self.script("log/run", body)
    }

    /// What is run in the place of a signal.
    pub fn control(self, letter: char, body: &str) -> Self {
        self.script(&format!("control/{letter}"), body)
    }

    /// It is not to be started.
    pub fn down(self) -> Self {
        self.file("down", "")
    }

    /// Starts `runsv` and waits until it can be commanded.
    pub fn supervise(self) -> Supervised<'a> {
        let runsv = self.start();
        let supervised = Supervised { service: self, runsv };
        supervised.until_supervised();
        supervised
    }

    /// Starts `runsv`, and waits for nothing.
    pub fn start(&self) -> Running {
        self.scene.start("runsv", &[&self.name])
    }

    /// Starts `runsv` by a command made for it.
    pub fn supervise_by(self, command: Command) -> Supervised<'a> {
        let runsv = self.scene.spawn(command);
        let supervised = Supervised { service: self, runsv };
        supervised.until_supervised();
        supervised
    }

    /// The command that starts `runsv` here.
    pub fn command(&self) -> Command {
        let mut command = self.scene.command(program("runsv"));
        command.arg(&self.name);
        command
    }

    /// What a file in it says; nothing if it is not there.
    pub fn read(&self, name: &str) -> String {
        self.scene.read(self.at(name))
    }

    /// The bytes of a file in it; nothing if it is not there.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        self.scene.bytes(self.at(name))
    }

    /// Its lines.
    pub fn lines(&self, name: &str) -> Vec<String> {
        self.scene.lines(self.at(name))
    }

    /// What `supervise/stat` says, without its newline.
    pub fn stat(&self) -> String {
        self.read("supervise/stat").trim_end().to_owned()
    }

    /// What `log/supervise/stat` says, without its newline.
    pub fn log_stat(&self) -> String {
        self.read("log/supervise/stat").trim_end().to_owned()
    }

    /// What `supervise/status` says.
    pub fn status(&self) -> Status {
        self.status_of("supervise")
    }

    /// What the status in another `supervise` directory of this service says.
    pub fn status_of(&self, supervise: &str) -> Status {
        let bytes = self.scene.bytes(self.at(format!("{supervise}/status")));
        Status::unpack(&bytes).unwrap_or_else(|| panic!("{supervise}/status has {} bytes", bytes.len()))
    }

    /// Waits until `supervise/status` says something. It is written last, after `pid` and `stat`.
    #[track_caller]
    pub fn until_status(&self, what: &str, condition: impl Fn(Status) -> bool) {
        until(&format!("{} says {what}", self.at("supervise/status")), || condition(self.status()));
    }

    /// The number in `supervise/pid`.
    pub fn pid(&self) -> Option<i32> {
        self.read("supervise/pid").trim_end().parse().ok()
    }

    /// Waits until `supervise/stat` says this.
    #[track_caller]
    pub fn until_stat(&self, wanted: &str) {
        self.until_line("supervise/stat", wanted);
    }

    /// Waits until `log/supervise/stat` says this.
    #[track_caller]
    pub fn until_log_stat(&self, wanted: &str) {
        self.until_line("log/supervise/stat", wanted);
    }

    /// Waits until a file says this and nothing else.
    #[track_caller]
    pub fn until_line(&self, name: &str, wanted: &str) {
        until(&format!("{} says {wanted:?}", self.at(name)), || self.read(name).trim_end() == wanted);
    }

    /// Waits until a file has at least this number of lines.
    #[track_caller]
    pub fn until_lines(&self, name: &str, number: usize) {
        until(&format!("{} has {number} lines", self.at(name)), || self.lines(name).len() >= number);
    }

    /// Writes into `supervise/control`.
    #[track_caller]
    pub fn send(&self, bytes: &str) {
        self.scene.send(self.at("supervise/control"), bytes);
    }

    /// Writes into a fifo of it as soon as somebody reads that.
    #[track_caller]
    pub fn tell(&self, name: &str, text: &str) {
        until(&format!("{name} is a fifo"), || self.scene.kind(self.at(name)).starts_with("fifo"));
        self.scene.send(self.at(name), text);
    }

    /// Writes into `log/supervise/control`.
    #[track_caller]
    pub fn log_send(&self, bytes: &str) {
        self.scene.send(self.at("log/supervise/control"), bytes);
    }

    /// Which signals a `CATCHER` has seen, sorted (how two at once arrive is the shell's affair), since its last start.
    pub fn sent(&self) -> Vec<String> {
        let lines = self.lines("sent");
        let mut signals: Vec<_> = lines.rsplit(|line| line == "up").next().unwrap_or_default().to_vec();
        signals.sort();
        signals
    }

    /// Waits until a `CATCHER` has seen these, given in alphabetical order.
    #[track_caller]
    pub fn until_sent(&self, wanted: &[&str]) {
        // A signal that comes just before the shell waits for input is noted only when input has come.
        until(&format!("{} holds {wanted:?}", self.at("sent")), || {
            self.scene.try_to_send(self.at("hold"), "look\n");
            self.sent() == wanted
        });
    }

    /// Makes a `CATCHER` end with this code.
    #[track_caller]
    pub fn release(&self, code: u8) {
        self.scene.send(self.at("hold"), format!("{code}\n"));
    }
}

/// A service that a `runsv` of its own looks after. It is killed when this is dropped.
pub struct Supervised<'a> {
    service: Service<'a>,
    pub runsv: Running,
}

impl<'a> Deref for Supervised<'a> {
    type Target = Service<'a>;

    fn deref(&self) -> &Service<'a> {
        &self.service
    }
}

impl Supervised<'_> {
    /// Waits until `runsv` listens.
    #[track_caller]
    pub fn until_supervised(&self) {
        until("runsv listens", || self.scene.has_reader(self.at("supervise/ok")));
    }

    /// The same, once a `CATCHER` is ready for signals.
    #[track_caller]
    pub fn caught(self) -> Self {
        until("the script is ready for signals", || self.lines("sent").iter().any(|line| line == "up"));
        self.until_status("something that runs", |status| status.pid != 0);
        self
    }

    /// The same, once `run` is running.
    #[track_caller]
    pub fn running(self) -> Self {
        self.until_status("run", |status| status.state == 1);
        self
    }

    /// Waits for the end of `runsv`, and answers with its exit code.
    #[track_caller]
    pub fn end(&mut self) -> i32 {
        self.runsv.end().code
    }
}
