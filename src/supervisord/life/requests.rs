//! What is asked at the control socket, and what is done for it. Nobody is waited for.

use super::{Life, Mood};
use crate::supervisor::compile::directory_name;
use crate::supervisor::request::{Answer, Fault, Request};
use crate::supervisord::groups::Changes;
use crate::supervisord::read_again;
use crate::supervisord::setup::Setup;
use crate::sys::Errno;
use crate::sys::process;
use crate::sys::reactor::Token;

impl Life {
    /// Somebody asks, or listens.
    pub(super) fn serve(&mut self, token: Token) {
        let Life { desk: Some(desk), reactor, .. } = self else { return };
        let Some(request) = desk.hear(token, reactor) else { return };
        let answer = self.answer(&request);
        if let Life { desk: Some(desk), reactor, .. } = self {
            desk.answer(token, &answer, reactor);
        }
    }

    fn answer(&mut self, request: &Request) -> Answer {
        let (code, name) = self.mood.shown();
        match request {
            Request::State => Ok(vec![format!("{code}\t{name}")]),
            Request::Identification => Ok(vec![self.setup.config.daemon.identifier.clone()]),
            Request::Pid => Ok(vec![process::own_id().map_or(0, |pid| pid.get()).to_string()]),
            Request::MainLog => Ok(self.log.path().map(str::to_owned).into_iter().collect()),
            _ if !matches!(self.mood, Mood::Running) => Err(Fault::shutdown_state()),
            Request::Reload => self.reload(),
            Request::Add(group) => self.add(group),
            Request::Remove(group) => self.remove(group),
            Request::Configs => Ok(self.configs()),
            Request::ClearLog => self.clear_log(),
            Request::Shutdown => {
                self.mood = Mood::Shutdown;
                Ok(Vec::new())
            }
            Request::Restart => match self.restart() {
                Ok(()) => Ok(Vec::new()),
                Err(why) => Err(Fault::new(92, "CANT_REREAD", &why)),
            },
        }
    }

    /// Reads the configuration again. It is run when that is asked for, group by group; what it says of the daemon
    /// itself is of no effect before a restart.
    fn reload(&mut self) -> Answer {
        let read = read_again(&self.given, &self.host, &self.setup);
        let Setup { config, .. } = read.map_err(|why| Fault::new(92, "CANT_REREAD", &why))?;
        for (level, words) in &config.remarks {
            self.log.say(*level, words);
        }
        self.groups.pending = config.groups;
        let Changes { added, changed, removed } = self.groups.changes(&self.setup, &self.directory, &self.state);
        let lines =
            |kind: &'static str, names: Vec<String>| names.into_iter().map(move |name| format!("{kind}\t{name}"));
        Ok(lines("added", added).chain(lines("changed", changed)).chain(lines("removed", removed)).collect())
    }

    fn add(&mut self, name: &str) -> Answer {
        let Some(group) = self.groups.pending.iter().find(|group| group.name == name).cloned() else {
            return Err(Fault::bad_name(name));
        };
        if self.groups.get(name).is_some() {
            return Err(Fault::new(90, "ALREADY_ADDED", name));
        }
        self.name_logs(&group);
        let compiled = self.groups.compile(&self.setup, &self.directory, core::slice::from_ref(&group));
        compiled.missing.iter().for_each(|words| self.say(crate::supervisor::types::Level::Warn, words));
        compiled.services.into_iter().for_each(|service| self.put_late(service));
        self.groups.activate(&group);
        Ok(Vec::new())
    }

    fn remove(&mut self, name: &str) -> Answer {
        let Some(group) = self.groups.get(name).cloned() else { return Err(Fault::bad_name(name)) };
        // What they are doing is looked up, since whoever asks may just have stopped them.
        self.journals.told();
        let said = self.journals.look(crate::sys::clock::now(), false);
        said.iter().for_each(|(level, words)| self.say(*level, words));
        let lives = |member: &String| self.journals.get(member).is_some_and(|process| !process.state.is_stopped());
        if group.members.iter().any(lives) {
            return Err(Fault::new(91, "STILL_RUNNING", name));
        }
        for member in &group.members {
            self.journals.forget(member);
            self.take_away(member, None);
        }
        self.groups.active.retain(|group| group.name != name);
        Ok(Vec::new())
    }

    fn configs(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for group in &self.groups.pending {
            let compiled = self.groups.compile(&self.setup, &self.directory, core::slice::from_ref(group));
            let used = u8::from(self.groups.get(&group.name).is_some());
            for process in &group.processes {
                lines.push(format!("config\t{}\t{}\t{used}", group.name, process.name));
                let name = directory_name(&group.name, &process.name);
                let service = compiled.services.iter().find(|service| service.name == name);
                let sheet = service.and_then(|service| service.files.iter().find(|file| file.name == "supervisor"));
                let text = sheet.map(|file| String::from_utf8_lossy(&file.content).into_owned()).unwrap_or_default();
                lines.extend(text.lines().map(|line| format!("\t{line}")));
            }
        }
        lines
    }

    fn clear_log(&mut self) -> Answer {
        match self.log.clear() {
            Ok(()) => Ok(Vec::new()),
            Err(Errno::ENOENT) => Err(Fault::new(20, "NO_FILE", "")),
            Err(_) => Err(Fault::new(30, "FAILED", "")),
        }
    }
}
