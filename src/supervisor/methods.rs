//! The methods that clients call: their names, what they take and give, and what each is for. The help and the signatures
//! that the server tells come from here, and so does what it takes for too few arguments or too many.

use super::wrong;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What a method is.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Its type, and what it is.
    pub result: Typed,
    /// What it takes, in this order.
    pub params: &'static [Typed],
    /// How many of these, the last ones, may be left out.
    pub optional: usize,
    /// What it is for.
    pub about: &'static str,
}

/// A type as XML-RPC calls it, and a name.
pub type Typed = (&'static str, &'static str);

macro_rules! methods {
    ($($variant:ident: $($name:literal)|+ [$($param:expr),*] $optional:literal -> $result:expr, $about:literal;)*) => {
        /// A method.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Method { $(#[doc = concat!($("`", $name, "` "),+)] $variant,)* }

        impl Method {
            /// All of them, by all of their names.
            pub const NAMES: &'static [(&'static str, Method)] = &[$($(($name, Method::$variant)),+),*];

            /// What it is.
            pub fn definition(self) -> Definition {
                match self {
                    $(Method::$variant => Definition {
                        result: $result, params: &[$($param),*], optional: $optional, about: $about,
                    },)*
                }
            }
        }
    };
}

const NAME: Typed = ("string", "name");
const GROUP: Typed = ("string", "name of a group");
const WAIT: Typed = ("boolean", "wait until it is done");
const SIGNAL: Typed = ("string", "signal, by its name or its number");
const OFFSET: Typed = ("int", "offset");
const LENGTH: Typed = ("int", "length");
const YES: Typed = ("boolean", "always true, or a fault");
const STATUSES: Typed = ("array", "a struct for each process: name, group, status, description");
const TEXT: Typed = ("string", "what stands there");
const TAIL: Typed = ("array", "what stands there, the size of the file, whether more was written");

methods! {
    AddProcessGroup: "supervisor.addProcessGroup" [GROUP] 0 -> YES,
        "Adds a group of the configuration as it was read last, and starts what starts by itself.";
    ClearAllProcessLogs: "supervisor.clearAllProcessLogs" [] 0 -> STATUSES, "Empties the logs of all processes.";
    ClearLog: "supervisor.clearLog" [] 0 -> YES, "Empties the main log.";
    ClearProcessLogs: "supervisor.clearProcessLogs" | "supervisor.clearProcessLog" [NAME] 0 -> YES,
        "Empties the logs of a process.";
    GetApiVersion: "supervisor.getAPIVersion" | "supervisor.getVersion" [] 0 -> ("string", "version"),
        "The version of this interface.";
    GetAllConfigInfo: "supervisor.getAllConfigInfo" [] 0 -> ("array", "a struct for each process"),
        "What the configuration, as it was read last, says of all processes.";
    GetAllProcessInfo: "supervisor.getAllProcessInfo" [] 0 -> ("array", "a struct for each process"),
        "What all processes are doing.";
    GetIdentification: "supervisor.getIdentification" [] 0 -> ("string", "identifier"),
        "What tells this daemon from others.";
    GetPid: "supervisor.getPID" [] 0 -> ("int", "process id"), "The process id of the daemon.";
    GetProcessInfo: "supervisor.getProcessInfo" [NAME] 0 -> ("struct", "what is known of it"),
        "What a process is doing.";
    GetState: "supervisor.getState" [] 0 -> ("struct", "statecode and statename"), "What the daemon is doing.";
    GetSupervisorVersion: "supervisor.getSupervisorVersion" [] 0 -> ("string", "version"),
        "The version of Supervisor that this is like.";
    ReadLog: "supervisor.readLog" | "supervisor.readMainLog" [OFFSET, LENGTH] 0 -> TEXT, "A part of the main log.";
    ReadProcessStderrLog: "supervisor.readProcessStderrLog" [NAME, OFFSET, LENGTH] 0 -> TEXT,
        "A part of the log of what a process complains of.";
    ReadProcessStdoutLog: "supervisor.readProcessStdoutLog" | "supervisor.readProcessLog" [NAME, OFFSET, LENGTH] 0
        -> TEXT, "A part of the log of what a process says.";
    ReloadConfig: "supervisor.reloadConfig" [] 0 -> ("array", "[[added, changed, removed]], each an array of groups"),
        "Reads the configuration again. Nothing is started or stopped by that.";
    RemoveProcessGroup: "supervisor.removeProcessGroup" [GROUP] 0 -> YES, "Removes a group that is stopped.";
    Restart: "supervisor.restart" [] 0 -> YES, "Stops everything, and begins again with the configuration as it is then.";
    SendProcessStdin: "supervisor.sendProcessStdin" [NAME, ("string", "characters")] 0 -> YES,
        "Writes to the standard input of a process.";
    SendRemoteCommEvent: "supervisor.sendRemoteCommEvent" [("string", "type"), ("string", "data")] 0 -> YES,
        "Tells listeners something, as an event of the type RemoteCommunicationEvent.";
    Shutdown: "supervisor.shutdown" [] 0 -> YES, "Stops everything, and ends.";
    SignalAllProcesses: "supervisor.signalAllProcesses" [SIGNAL] 0 -> STATUSES, "Sends a signal to all processes.";
    SignalProcess: "supervisor.signalProcess" [NAME, SIGNAL] 0 -> YES, "Sends a signal to a process.";
    SignalProcessGroup: "supervisor.signalProcessGroup" [GROUP, SIGNAL] 0 -> STATUSES,
        "Sends a signal to all processes of a group.";
    StartAllProcesses: "supervisor.startAllProcesses" [WAIT] 1 -> STATUSES, "Starts all processes.";
    StartProcess: "supervisor.startProcess" [NAME, WAIT] 1 -> YES, "Starts a process.";
    StartProcessGroup: "supervisor.startProcessGroup" [GROUP, WAIT] 1 -> STATUSES, "Starts all processes of a group.";
    StopAllProcesses: "supervisor.stopAllProcesses" [WAIT] 1 -> STATUSES, "Stops all processes.";
    StopProcess: "supervisor.stopProcess" [NAME, WAIT] 1 -> YES, "Stops a process.";
    StopProcessGroup: "supervisor.stopProcessGroup" [GROUP, WAIT] 1 -> STATUSES, "Stops all processes of a group.";
    TailProcessStderrLog: "supervisor.tailProcessStderrLog" [NAME, OFFSET, LENGTH] 0 -> TAIL,
        "The end of the log of what a process complains of.";
    TailProcessStdoutLog: "supervisor.tailProcessStdoutLog" | "supervisor.tailProcessLog" [NAME, OFFSET, LENGTH] 0
        -> TAIL, "The end of the log of what a process says.";
    ListMethods: "system.listMethods" [] 0 -> ("array", "names"), "The names of all methods.";
    MethodHelp: "system.methodHelp" [("string", "name of a method")] 0 -> ("string", "text"), "What a method is for.";
    MethodSignature: "system.methodSignature" [("string", "name of a method")] 0 -> ("array", "names of types"),
        "The type that a method gives, and the types of what it takes.";
    Multicall: "system.multicall" [("array", "calls, each a struct of methodName and params")] 0
        -> ("array", "what each call gives, or a struct of faultCode and faultString"), "Calls methods one after the other.";
}

impl Method {
    /// The method of this name.
    pub fn of(name: &str) -> Option<Method> {
        Method::NAMES.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
    }

    /// The names of all methods, in the order of the alphabet.
    pub fn list() -> Vec<&'static str> {
        let mut names: Vec<&str> = Method::NAMES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names
    }

    /// Whether it is of the namespace `system`, and has nothing to do with processes.
    pub fn is_system(self) -> bool {
        matches!(self, Method::ListMethods | Method::MethodHelp | Method::MethodSignature | Method::Multicall)
    }

    /// Whether it can be called with so many arguments.
    pub fn takes(self, arguments: usize) -> bool {
        let Definition { params, optional, .. } = self.definition();
        (params.len() - optional..=params.len()).contains(&arguments)
    }

    /// A text with a line for each type.
    pub fn help(self) -> String {
        let Definition { result, params, about, .. } = self.definition();
        let mut text = format!("{about}\n\n");
        for (kind, name) in params {
            text.push_str(&format!("@param {kind} {name}\n"));
        }
        text.push_str(&format!("@return {} {}\n", result.0, result.1));
        text
    }

    /// The names of types, that of the result first.
    pub fn signature(self) -> Vec<&'static str> {
        let Definition { result, params, .. } = self.definition();
        [result].iter().chain(params).map(|(kind, _)| *kind).collect()
    }
}

/// What a client means by a name: a process, or all of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The group.
    pub group: String,
    /// The process; nothing for all of the group.
    pub process: Option<String>,
}

impl Named {
    /// `x` is the process x of the group x; `x:y` another one; `x:*` and `x:` are all of x.
    pub fn parse(text: &str) -> Named {
        match text.split_once(':') {
            None => Named { group: text.into(), process: Some(text.into()) },
            Some((group, "" | "*")) => Named { group: group.into(), process: None },
            Some((group, process)) => Named { group: group.into(), process: Some(process.into()) },
        }
    }
}

/// What clients are told of a log by its offset and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// So many bytes from there on; without a number, all.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl Part {
    /// What `offset` and `length` of a `read` mean.
    pub fn of(offset: i64, length: i64) -> super::Result<Part> {
        match (u64::try_from(offset), u64::try_from(length)) {
            (Err(_), Ok(0)) => Ok(Part::Last(offset.unsigned_abs())),
            (Ok(offset), Ok(0)) => Ok(Part::From(offset, None)),
            (Ok(offset), Ok(length)) => Ok(Part::From(offset, Some(length))),
            _ => Err(wrong!("no part of a log is {length} from {offset} on")),
        }
    }

    /// Where it begins in a file of this size, and how long it is.
    pub fn within(self, size: u64) -> (u64, u64) {
        match self {
            Part::Last(length) => (size.saturating_sub(length), length.min(size)),
            Part::From(offset, length) => {
                let rest = size.saturating_sub(offset);
                (offset, length.map_or(rest, |length| length.min(rest)))
            }
        }
    }
}

/// What a `tail` tells: where the part begins, how long it is, and whether more was written than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Where it begins.
    pub from: u64,
    /// How long it is.
    pub length: u64,
    /// Whether more was written.
    pub overflow: bool,
}

impl Tail {
    /// Of a file of this size. The part is the last `length` bytes, also those before `offset`: clients count on that.
    pub fn of(offset: i64, length: i64, size: u64) -> Tail {
        let signed = i64::try_from(size).unwrap_or(i64::MAX);
        let overflow = signed > offset.saturating_add(length);
        let wanted = if offset >= signed { 0 } else { u64::try_from(length).unwrap_or(0) };
        let length = wanted.min(size);
        Tail { from: size - length, length, overflow }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_original() {
        let names = Method::list();
        assert_eq!(names.len(), 41);
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(Method::of("supervisor.getVersion"), Some(Method::GetApiVersion));
        assert_eq!((Method::of("supervisor"), Method::of("supervisor._x"), Method::of("")), (None, None, None));
        assert_eq!(names.iter().filter(|name| Method::of(name).is_some_and(Method::is_system)).count(), 4);
        for (name, method) in Method::NAMES {
            assert_eq!(method.is_system(), name.starts_with("system."), "{name}");
            assert!(method.help().contains(&format!("@return {} ", method.signature()[0])), "{name}");
        }
    }

    #[test]
    fn how_many_arguments() {
        let takes = |method: Method| (0..5).filter(|n| method.takes(*n)).collect::<Vec<_>>();
        assert_eq!(takes(Method::GetPid), [0]);
        assert_eq!(takes(Method::StartProcess), [1, 2]);
        assert_eq!(takes(Method::StartAllProcesses), [0, 1]);
        assert_eq!(takes(Method::TailProcessStdoutLog), [3]);
        assert_eq!(Method::StartProcess.signature(), ["boolean", "string", "boolean"]);
        assert_eq!(Method::Multicall.signature(), ["array", "array"]);
    }

    #[test]
    fn names() {
        let is = |text: &str, group: &str, process: Option<&str>| {
            assert_eq!(Named::parse(text), Named { group: group.into(), process: process.map(Into::into) });
        };
        is("a", "a", Some("a"));
        is("a:b", "a", Some("b"));
        is("a:*", "a", None);
        is("a:", "a", None);
        is("", "", Some(""));
        is(":b:c", "", Some("b:c"));
    }

    #[test]
    fn parts_of_a_log() {
        let read = |offset, length| Part::of(offset, length).map(|part| part.within(10));
        assert_eq!(read(0, 0), Ok((0, 10)));
        assert_eq!(read(4, 0), Ok((4, 6)));
        assert_eq!(read(4, 2), Ok((4, 2)));
        assert_eq!(read(4, 20), Ok((4, 6)));
        assert_eq!(read(12, 2), Ok((12, 0)));
        assert_eq!(read(-3, 0), Ok((7, 3)));
        assert_eq!(read(-30, 0), Ok((0, 10)));
        assert_eq!(read(i64::MIN, 0), Ok((0, 10)));
        assert_eq!(read(i64::MAX, i64::MAX), Ok((i64::MAX as u64, 0)));
        assert!(read(-3, 2).is_err() && read(3, -1).is_err() && read(-3, -3).is_err());
    }

    #[test]
    fn ends_of_a_log() {
        let tail = |offset, length| {
            let Tail { from, length, overflow } = Tail::of(offset, length, 18);
            (from, length, overflow)
        };
        assert_eq!(tail(0, 3), (15, 3, true));
        assert_eq!(tail(0, 0), (18, 0, true));
        assert_eq!(tail(-3, 2), (16, 2, true));
        assert_eq!(tail(99, 1), (18, 0, false));
        assert_eq!(tail(2, 2), (16, 2, true));
        assert_eq!(tail(0, 100), (0, 18, false));
        assert_eq!(tail(0, -5), (18, 0, true));
        assert_eq!(tail(i64::MAX, i64::MAX), (18, 0, false));
        assert_eq!(Tail::of(0, 5, 0), Tail { from: 0, length: 0, overflow: false });
    }
}
