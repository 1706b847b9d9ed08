//! Calls, each done by what it is about, and several in one.

use super::deeds::{self, Outcome};
use super::logs;
use super::processes::{Process, Processes};
use super::world::World;
use crate::rpc::fault::{Fault, Kind};
use crate::rpc::{Answer, Call, Value};
use crate::supervisor::compile::Stream;
use crate::supervisor::info;
use crate::supervisor::methods::{Method, Named};
use crate::supervisor::sheet::Sheet;
use crate::supervisor::types;
use crate::sys::asynchronous::waited_for;
use crate::sys::fs::{self, How};
use crate::sys::{Errno, io, process};
use core::time::Duration;
use std::io::ErrorKind;
use tokio::io::Interest;
use tokio::time::timeout;

/// How long a daemon may take to say whether it is about to leave.
const PATIENCE: Duration = Duration::from_secs(2);
/// The version of the interface.
const API: &str = "3.0";
/// Which Supervisor this is like. Clients decide by it what they may ask for.
pub(super) const SUPERVISOR: &str = "4.2.5";
/// What a daemon is doing that is up.
const RUNNING: (i64, &str) = (1, "RUNNING");

/// Does a call, or several.
pub(super) async fn call(world: &World, call: Call) -> Answer {
    let Call { method, params } = call;
    match Method::of(&method) {
        Some(Method::Multicall) => several(world, &params).await,
        found => perform(world, found, &params).await,
    }
}

/// One after the other; each may wait.
async fn several(world: &World, params: &[Value]) -> Answer {
    let [calls] = params else { return Err(Kind::INCORRECT_PARAMETERS.fault()) };
    let calls = calls.as_list().ok_or_else(|| Kind::INCORRECT_PARAMETERS.fault())?;
    let mut answers = Vec::with_capacity(calls.len());
    for one in calls {
        let answer = within(world, one).await;
        answers.push(answer.unwrap_or_else(|fault| info::fault(&fault)));
    }
    Ok(Value::List(answers))
}

async fn within(world: &World, call: &Value) -> Answer {
    let missing = || Kind::INCORRECT_PARAMETERS.about("No methodName");
    let name = call.get("methodName").filter(|name| **name != Value::Nil).ok_or_else(missing)?;
    let name = name.as_text().ok_or_else(|| Kind::INCORRECT_PARAMETERS.fault())?;
    let params = match call.get("params") {
        None => &[][..],
        Some(params) => params.as_list().ok_or_else(|| Kind::INCORRECT_PARAMETERS.fault())?,
    };
    match Method::of(name) {
        Some(Method::Multicall) => Err(Kind::INCORRECT_PARAMETERS.about("Recursive system.multicall forbidden")),
        found => perform(world, found, params).await,
    }
}

async fn perform(world: &World, method: Option<Method>, params: &[Value]) -> Answer {
    let method = method.ok_or_else(|| Kind::UNKNOWN_METHOD.fault())?;
    if !method.takes(params.len()) {
        return Err(Kind::INCORRECT_PARAMETERS.fault());
    }
    if !method.is_system() && method != Method::SendRemoteCommEvent {
        world.must_be_up(method).await?;
    }
    let given = Given { world, params };
    match method {
        Method::ListMethods => Ok(Value::List(Method::list().into_iter().map(Value::text).collect())),
        Method::MethodHelp => given.method().map(|method| Value::text(method.help())),
        Method::MethodSignature => {
            given.method().map(|method| Value::List(method.signature().into_iter().map(Value::text).collect()))
        }
        Method::Multicall => Err(Kind::INCORRECT_PARAMETERS.fault()),
        Method::GetApiVersion => Ok(Value::text(API)),
        Method::GetSupervisorVersion => Ok(Value::text(SUPERVISOR)),
        Method::GetState | Method::GetPid | Method::GetIdentification | Method::GetAllConfigInfo => {
            world.about_daemon(method).await
        }
        Method::ReloadConfig | Method::Shutdown | Method::Restart | Method::ClearLog => world.tell_daemon(method).await,
        Method::AddProcessGroup => world.change_groups("add", given.text(0)?).await,
        Method::RemoveProcessGroup => world.change_groups("remove", given.text(0)?).await,
        Method::ReadLog => {
            let path = world.main_log().await?;
            logs::read(path.as_deref(), given.number(0)?, given.number(1)?)
        }
        Method::GetAllProcessInfo => {
            let all = world.processes.all()?;
            world.processes.forget(&all);
            Ok(Value::List(all.iter().map(|process| world.processes.info(process)).collect()))
        }
        Method::GetProcessInfo => given.process().map(|process| world.processes.info(&process)),
        Method::ReadProcessStdoutLog => given.read(Stream::Stdout),
        Method::ReadProcessStderrLog => given.read(Stream::Stderr),
        Method::TailProcessStdoutLog => given.tail(Stream::Stdout),
        Method::TailProcessStderrLog => given.tail(Stream::Stderr),
        Method::ClearProcessLogs => {
            given.process().and_then(|process| clear(world, &process)).map(|()| Value::Bool(true))
        }
        Method::ClearAllProcessLogs => clear_all(world).map(statuses),
        Method::SendProcessStdin => given.type_in().await,
        // An event that nobody has subscribed to: there are no listeners to tell.
        Method::SendRemoteCommEvent => Ok(Value::Bool(true)),
        Method::StartProcess => given.one_or_group(Deed::Start).await,
        Method::StopProcess => given.one_or_group(Deed::Stop).await,
        Method::StartProcessGroup => given.group(Deed::Start).await,
        Method::StopProcessGroup => given.group(Deed::Stop).await,
        Method::StartAllProcesses => {
            Ok(statuses(given.many(world.processes.in_order()?, Deed::Start, given.waits(0)).await))
        }
        Method::StopAllProcesses => {
            Ok(statuses(given.many(world.processes.in_order()?, Deed::Stop, given.waits(0)).await))
        }
        Method::SignalProcess => given.signal_one_or_group(),
        Method::SignalProcessGroup => given.signal_group(given.text(0)?),
        Method::SignalAllProcesses => Ok(statuses(given.signal_many(world.processes.in_order()?, 0))),
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Start,
    Stop,
}

/// What a call was given.
struct Given<'a> {
    world: &'a World,
    params: &'a [Value],
}

impl Given<'_> {
    fn text(&self, at: usize) -> Result<&str, Fault> {
        let text = self.params.get(at).and_then(Value::as_text);
        text.ok_or_else(|| Kind::INCORRECT_PARAMETERS.fault())
    }

    fn number(&self, at: usize) -> Result<i64, Fault> {
        match self.params.get(at) {
            Some(Value::Int(number)) => Ok(*number),
            Some(Value::Bool(yes)) => Ok((*yes).into()),
            Some(Value::Double(number)) => Ok(*number as i64),
            _ => Err(Kind::INCORRECT_PARAMETERS.fault()),
        }
    }

    /// Whether the client waits, which it does unless it says otherwise.
    fn waits(&self, at: usize) -> bool {
        self.params.get(at).is_none_or(Value::is_true)
    }

    fn method(&self) -> Result<Method, Fault> {
        let name = self.params.first().and_then(Value::as_text);
        name.and_then(Method::of).ok_or_else(|| Kind::SIGNATURE_UNSUPPORTED.fault())
    }

    /// The one process of this name.
    fn process(&self) -> Result<Process, Fault> {
        let called = self.text(0)?;
        self.world.processes.find(&Named::parse(called))?.ok_or_else(|| Kind::BAD_NAME.about(called))
    }

    /// The processes of a group, in their order.
    fn members(&self, group: &str, called: &str) -> Result<Vec<Process>, Fault> {
        let members = self.world.processes.of_group(group)?;
        if members.is_empty() { Err(Kind::BAD_NAME.about(called)) } else { Ok(members) }
    }

    async fn one_or_group(&self, deed: Deed) -> Answer {
        let called = self.text(0)?;
        let named = Named::parse(called);
        if named.process.is_none() {
            let members = self.members(&named.group, called)?;
            return Ok(statuses(self.many(members, deed, self.waits(1)).await));
        }
        let one = vec![(self.process()?, called.to_owned())];
        let processes = &self.world.processes;
        let outcome = match deed {
            Deed::Start => deeds::start(processes, one, self.waits(1)).await,
            Deed::Stop => deeds::stop(processes, one, self.waits(1)).await,
        };
        outcome.into_iter().next().map_or(Ok(()), |(_, answer)| answer).map(|()| Value::Bool(true))
    }

    async fn group(&self, deed: Deed) -> Answer {
        let group = self.text(0)?;
        Ok(statuses(self.many(self.members(group, group)?, deed, self.waits(1)).await))
    }

    /// Those of them to which it applies.
    async fn many(&self, mut which: Vec<Process>, deed: Deed, wait: bool) -> Vec<Outcome> {
        let processes = &self.world.processes;
        which.retain(|process| processes.look(process).state.is_running() == (deed == Deed::Stop));
        let which = which.into_iter().map(|process| (process.clone(), process.called())).collect();
        match deed {
            Deed::Start => deeds::start(processes, which, wait).await,
            Deed::Stop => deeds::stop(processes, which, wait).await,
        }
    }

    fn signal_one_or_group(&self) -> Answer {
        let called = self.text(0)?;
        let named = Named::parse(called);
        if named.process.is_none() {
            return Ok(statuses(self.signal_many(self.members(&named.group, called)?, 1)));
        }
        let process = self.process()?;
        deeds::signal(&self.world.processes, &process, called, self.signal(1)?).map(|()| Value::Bool(true))
    }

    fn signal_group(&self, group: &str) -> Answer {
        Ok(statuses(self.signal_many(self.members(group, group)?, 1)))
    }

    /// The signal stands at this place of what was given.
    fn signal_many(&self, which: Vec<Process>, at: usize) -> Vec<Outcome> {
        let processes = &self.world.processes;
        let signallable = which.into_iter().filter(|process| processes.look(process).state.is_signallable());
        let send = |process: Process| {
            let answer =
                self.signal(at).and_then(|signal| deeds::signal(processes, &process, &process.called(), signal));
            (process, answer)
        };
        signallable.map(send).collect()
    }

    fn signal(&self, at: usize) -> Result<u8, Fault> {
        let spelled = match self.params.get(at) {
            Some(Value::Text(text)) => text.clone(),
            _ => self.number(at)?.to_string(),
        };
        types::signal(&spelled).map_err(|_| Kind::BAD_SIGNAL.about(&spelled))
    }

    fn file(&self, process: &Process, stream: Stream) -> Option<String> {
        file(&self.world.processes, process, stream)
    }

    fn read(&self, stream: Stream) -> Answer {
        let process = self.process()?;
        logs::read(self.file(&process, stream).as_deref(), self.number(1)?, self.number(2)?)
    }

    fn tail(&self, stream: Stream) -> Answer {
        let process = self.process()?;
        Ok(logs::tail(self.file(&process, stream).as_deref(), self.number(1)?, self.number(2)?))
    }

    /// Writes to the standard input of a process, as fast as that takes it.
    async fn type_in(&self) -> Answer {
        let Some(Value::Text(text)) = self.params.get(1) else {
            return Err(Kind::INCORRECT_PARAMETERS.about(&shown(self.params.get(1))));
        };
        let (called, process) = (self.text(0)?, self.process()?);
        if self.world.processes.look(&process).pid.is_none() {
            return Err(Kind::NOT_RUNNING.about(called));
        }
        let path = deeds::stdin(&self.world.processes, &process);
        let fifo = fs::open(&path, How::Write).map_err(|errno| match errno {
            Errno::ENOENT | Errno::ENXIO => Kind::NO_FILE.about(called),
            errno => logs::unable("write to", &path.to_string_lossy(), errno),
        })?;
        let trouble = |error: std::io::Error| Kind::FAILED.about(&error.to_string());
        let turn = self.world.turn(&process.file);
        let _ours = turn.lock().await;
        let fifo = waited_for(fifo, Interest::WRITABLE).map_err(trouble)?;
        let mut unsaid = text.as_bytes();
        while !unsaid.is_empty() {
            let mut ready = fifo.writable().await.map_err(trouble)?;
            match ready.try_io(|fifo| io::write(fifo.get_ref(), unsaid).map_err(std::io::Error::from)) {
                Ok(Ok(said)) => unsaid = unsaid.get(said..).unwrap_or_default(),
                Ok(Err(error)) if error.kind() == ErrorKind::BrokenPipe => return Err(Kind::NO_FILE.about(called)),
                Ok(Err(error)) => return Err(trouble(error)),
                Err(_) => {} // it would have waited after all
            }
        }
        Ok(Value::Bool(true))
    }
}

/// A value in a complaint.
fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Double(number)) => number.to_string(),
        Some(Value::Bool(true)) => "True".into(),
        Some(Value::Bool(false)) => "False".into(),
        _ => "it is no text".into(),
    }
}

/// The log of a process.
pub(super) fn file(processes: &Processes, process: &Process, stream: Stream) -> Option<String> {
    match stream {
        _ if process.is_plain => processes.log(process, stream),
        Stream::Stdout => process.sheet.stdout_file.clone(),
        Stream::Stderr => process.sheet.stderr_file.clone(),
    }
}

fn statuses(outcomes: Vec<Outcome>) -> Value {
    let status = |(process, answer): &Outcome| info::status(process.group(), process.name(), answer);
    Value::List(outcomes.iter().map(status).collect())
}

fn clear(world: &World, process: &Process) -> Result<(), Fault> {
    let files = [Stream::Stdout, Stream::Stderr].map(|stream| file(&world.processes, process, stream));
    for path in files.into_iter().flatten() {
        if process.is_plain {
            return Err(Kind::FAILED.about(&format!("{path} is for its logger alone: see svlogd(8)")));
        }
        logs::empty(&path).map_err(|errno| logs::unable("empty", &path, errno))?;
    }
    Ok(())
}

fn clear_all(world: &World) -> Result<Vec<Outcome>, Fault> {
    let all = world.processes.in_order()?;
    Ok(all.into_iter().map(|process| (process.clone(), clear(world, &process))).collect())
}

impl World {
    /// Nothing is done any more for a daemon that is about to leave. One that cannot be asked does not leave.
    async fn must_be_up(&self, method: Method) -> Result<(), Fault> {
        if matches!(method, Method::GetState) {
            return Ok(());
        }
        let Some(daemon) = &self.daemon else { return Ok(()) };
        // One that has been stopped keeps nobody from what can be done without it.
        let state = timeout(PATIENCE, daemon.ask(&["state"])).await.ok().and_then(Result::ok).unwrap_or_default();
        let code: Option<i64> = state.first().and_then(|line| line.split('\t').next()?.parse().ok());
        match code {
            Some(code) if code < RUNNING.0 => Err(Kind::SHUTDOWN_STATE.fault()),
            _ => Ok(()),
        }
    }

    async fn about_daemon(&self, method: Method) -> Answer {
        let Some(daemon) = &self.daemon else { return self.about_ourselves(method) };
        let first = |lines: Vec<String>| lines.into_iter().next().unwrap_or_default();
        match method {
            Method::GetState => {
                let line = first(daemon.ask(&["state"]).await?);
                let (code, name) = line.split_once('\t').unwrap_or_default();
                Ok(info::state(code.parse().unwrap_or_default(), name))
            }
            Method::GetPid => Ok(Value::Int(first(daemon.ask(&["pid"]).await?).parse().unwrap_or_default())),
            Method::GetIdentification => Ok(Value::Text(first(daemon.ask(&["identification"]).await?))),
            _ => {
                let mut configs = configs(&daemon.ask(&["configs"]).await?);
                configs.sort_by(|(one, _), (other, _)| one.process.name.cmp(&other.process.name));
                Ok(Value::List(configs.iter().map(|(sheet, in_use)| info::config(sheet, *in_use)).collect()))
            }
        }
    }

    fn about_ourselves(&self, method: Method) -> Answer {
        Ok(match method {
            Method::GetState => info::state(RUNNING.0, RUNNING.1),
            Method::GetPid => Value::Int(process::own_id().map_or(0, |pid| pid.get().into())),
            Method::GetIdentification => Value::text(&self.identifier),
            _ => {
                let mut all = self.processes.all()?;
                all.sort_by(|one, other| one.name().cmp(other.name()));
                Value::List(all.iter().map(|process| info::config(&process.sheet, true)).collect())
            }
        })
    }

    async fn tell_daemon(&self, method: Method) -> Answer {
        let Some(daemon) = &self.daemon else { return self.tell_ourselves(method) };
        let word = match method {
            Method::Shutdown => "shutdown",
            Method::Restart => "restart",
            Method::ClearLog => "clearlog",
            _ => "reload",
        };
        let lines = daemon.ask(&[word]).await?;
        if method != Method::ReloadConfig {
            return Ok(Value::Bool(true));
        }
        let named = |what: &str| {
            let names = lines.iter().filter_map(|line| line.strip_prefix(what)?.strip_prefix('\t'));
            Value::List(names.map(Value::text).collect())
        };
        let changes = ["added", "changed", "removed"].map(named);
        Ok(Value::List(vec![Value::List(changes.into())]))
    }

    /// Where there is no supervisord there is no configuration that could have changed.
    fn tell_ourselves(&self, method: Method) -> Answer {
        match method {
            Method::ReloadConfig => Ok(Value::List(vec![Value::List(vec![Value::List(Vec::new()); 3])])),
            Method::ClearLog => Err(Kind::NO_FILE.about("there is no main log")),
            _ => Err(Kind::FAILED.about("there is no supervisord here: use sv(8) and runsvdir(8)")),
        }
    }

    async fn change_groups(&self, word: &str, group: &str) -> Answer {
        if let Some(daemon) = &self.daemon {
            return daemon.ask(&[word, group]).await.map(|_| Value::Bool(true));
        }
        match (word, self.processes.of_group(group)?.is_empty()) {
            (_, true) => Err(Kind::BAD_NAME.about(group)),
            ("add", false) => Err(Kind::ALREADY_ADDED.about(group)),
            _ => Err(Kind::FAILED.about("there is no supervisord here: remove the service directory")),
        }
    }

    /// Where the main log is, if there is one.
    pub(super) async fn main_log(&self) -> Result<Option<String>, Fault> {
        match &self.daemon {
            Some(daemon) => Ok(daemon.ask(&["mainlog"]).await?.into_iter().next()),
            None => Ok(None),
        }
    }
}

/// The sheets in the answer about the configuration, and whether each is in use.
fn configs(lines: &[String]) -> Vec<(Sheet, bool)> {
    let mut found: Vec<(bool, String)> = Vec::new();
    for line in lines {
        match (line.strip_prefix("config\t"), line.strip_prefix('\t'), found.last_mut()) {
            (Some(head), _, _) => found.push((head.ends_with("\t1"), String::new())),
            (None, Some(rest), Some((_, text))) => text.extend([rest, "\n"]),
            _ => {}
        }
    }
    found.into_iter().filter_map(|(in_use, text)| Some((Sheet::parse(&text)?, in_use))).collect()
}
