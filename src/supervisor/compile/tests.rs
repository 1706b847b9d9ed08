use super::super::fake::Fake;
use super::super::read::of_text;
use super::super::sheet::Sheet;
use super::*;
use crate::service::lint::{Directory, Finding, Grade, Thing};
use crate::service::policy::{Policy, Restart, When, combine};
use crate::service::word::Word;
use alloc::string::ToString;

fn compiled(text: &str) -> Compiled {
    let config = of_text(&format!("[supervisord]\n{text}"), "/etc/s.conf", &Fake::default());
    let config = config.unwrap_or_else(|why| panic!("{text}: {why}"));
    let auto = |name: &str, stream: Stream| format!("/tmp/{name}-{}.log", stream.name());
    let groups = |uid: u32| Vec::from([uid, 44]);
    let (chpst, svlogd) = ("/bin/chpst", "/bin/svlogd");
    services(&config, &Place { directory: "/srv", uid: 0, path: None, chpst, svlogd, groups: &groups, auto: &auto })
}

fn only(text: &str) -> Service {
    compiled(&format!("[program:p]\ncommand=/bin/cat\n{text}")).services.remove(0)
}

impl Service {
    fn file(&self, name: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.name == name)?;
        Some(String::from_utf8(file.content.clone()).unwrap())
    }
}

fn run(text: &str) -> String {
    only(text).file("run").unwrap()
}

fn policy(service: &Service) -> Policy {
    let (policy, mistakes) = combine(&mut |file| service.file(file.word()).map(String::into_bytes));
    assert_eq!(mistakes, [], "{service:?}");
    policy
}

/// The directory as `sv lint` sees it.
fn picture(service: &Service) -> Vec<(String, Thing)> {
    let thing = |file: &File| Thing::File { executable: file.mode == Mode::Program, text: Ok(file.content.clone()) };
    let mut things = Vec::new();
    for file in &service.files {
        match file.name.split_once('/') {
            None => things.push((file.name.to_string(), thing(file))),
            Some((dir, name)) => things.push((dir.into(), Thing::Directory(Vec::from([(name.into(), thing(file))])))),
        }
    }
    things
}

fn mistakes(service: &Service) -> Vec<Finding> {
    let directory = Directory { things: &picture(service), exists: &|_| true };
    directory.findings().into_iter().filter(|finding| finding.grade == Grade::Mistake).collect()
}

#[test]
fn what_is_run() {
    let chpst = "exec /bin/chpst --env-file ./environment -C /srv -P";
    assert_eq!(run(""), format!("#!/bin/sh\n{chpst} -- /bin/cat\n"));
    assert_eq!(
        run("command=sh -c 'a $b' it\\'s \"\"").lines().last(),
        Some(format!("{chpst} -- sh -c 'a $b' 'it'\\''s' ''").as_str())
    );
    assert_eq!(run("command=bin/x -y").lines().last(), Some(format!("{chpst} -- bin/x -y").as_str()));
    let full = "directory=sub\numask=27\nuser=web\nkillasgroup=true";
    let expected = "exec /bin/chpst --env-file ./environment -C /srv/sub --umask 027 -u :33:33:44 -- /bin/cat";
    assert_eq!(run(full).lines().last(), Some(expected));
    assert!(!run("user=root").contains("-u"), "that is who runs it anyway");
    let expected = "exec /bin/chpst --env-file ./environment /bin/chpst -C /srv -P -- cat";
    assert_eq!(run("command=cat\nenvironment=PATH=/opt").lines().last(), Some(expected));
}

#[test]
fn a_command_that_is_none_says_why() {
    let why = |command: &str| run(&format!("command={command}"));
    assert!(why("a 'b").ends_with(
        "printf '%s\\n' 'supervisor: can'\\''t parse command \"a '\\''b\": No closing quotation' >&2\nexit 127\n"
    ));
    assert!(why("").contains("supervisor: command is empty"));
}

#[test]
fn the_environment() {
    let text = "environment=A=\"a $b `c` \\ %(process_num)d\",SUPERVISOR_ENABLED=0\nserverurl=http://x";
    let service = compiled(&format!("environment=G=1\n[program:p]\ncommand=x\n{text}")).services.remove(0);
    let expected = "A=\"a \\$b \\`c\\` \\\\ 0\"\nG=\"1\"\nSUPERVISOR_ENABLED=\"0\"\nSUPERVISOR_GROUP_NAME=\"p\"\n\
                    SUPERVISOR_PROCESS_NAME=\"p\"\nSUPERVISOR_SERVER_URL=\"http://x\"\n";
    assert_eq!(service.file("environment").as_deref(), Some(expected));
    let mode = service.files.iter().find(|file| file.name == "environment").map(|file| file.mode.bits());
    assert_eq!(mode, Some(0o600), "it may hold a password");
    let read = crate::process_state::env_file::parse(expected.as_bytes()).unwrap();
    assert_eq!(read[0], (b"A".to_vec(), b"a $b `c` \\ 0".to_vec()), "chpst reads it as it was meant");
    let odd = compiled("[program:p]\ncommand=x\nenvironment=\"A B\"=1");
    assert_eq!(odd.missing, ["environment of p: '\"A B\"' is no variable"]);
}

#[test]
fn where_output_goes() {
    let logs = |text: &str| {
        let service = only(text);
        let run = service.file("run").unwrap();
        let redirections = run.lines().filter(|line| !line.starts_with("#!") && !line.contains("chpst"));
        let first: Vec<&str> = redirections.collect();
        let script = |name| service.file(name).map(|text| text.lines().skip(1).collect::<Vec<_>>().join("; "));
        (first.join("; "), script("log/run").unwrap_or_default(), script("errlog/run").unwrap_or_default())
    };
    let is = |text: &str, run: &str, log: &str, errlog: &str| {
        assert_eq!(logs(text), (run.to_string(), log.to_string(), errlog.to_string()), "{text}");
    };
    let auto = |stream: &str| format!("exec /bin/svlogd -o /tmp/p-{stream}.log -c s52428800 -c n10");
    is("", "", &auto("stdout"), &auto("stderr"));
    is("redirect_stderr=true", "exec 2>&1", &auto("stdout"), "");
    is("stdout_logfile=NONE\nstderr_logfile=/dev/null", "exec >/dev/null; exec 2>/dev/null", "", "");
    is("stdout_logfile=/dev/stdout\nstderr_logfile=/dev/fd/2", "", "", "");
    is(
        "stdout_logfile=/dev/stderr\nstderr_logfile=/dev/stdout",
        "",
        "exec >&2; exec /bin/svlogd -s",
        "exec /bin/svlogd -s",
    );
    let sized = "stdout_logfile=a b\nstdout_logfile_maxbytes=1KB\nstdout_logfile_backups=0\nstderr_logfile=none";
    is(sized, "exec 2>/dev/null", "exec /bin/svlogd -o '/srv/a b' -c s1024 -c n1", "");
    let syslog = "stdout_logfile=none\nstdout_syslog=true\nredirect_stderr=1";
    is(syslog, "exec 2>&1", "exec /bin/svlogd -o /dev/null -c s0 -c n10 -c 'y/dev/log user.info'", "");
}

#[test]
fn when_it_starts_again() {
    let of = |text: &str| policy(&only(text)).restart;
    let Restart { when, ok, early, give_up, .. } = of("exitcodes=0,2");
    assert_eq!((when, ok.len(), early, give_up.map(|give_up| give_up.failures)), (When::OnFailure, 2, true, Some(4)));
    assert_eq!((of("autorestart=true").when, of("autorestart=no").when), (When::Always, When::Never));
    assert_eq!(of("exitcodes=").when, When::Always, "no code is expected");
    assert_eq!(of("startretries=-5").give_up.map(|give_up| give_up.failures), Some(1));
}

#[test]
fn how_it_starts_and_stops() {
    let file = |text: &str, name: &str| only(text).file(name);
    assert_eq!(file("", "ready").as_deref(), Some("after 1s\n"));
    assert_eq!(file("startsecs=0", "ready"), None);
    assert_eq!(file("", "stop").as_deref(), Some("TERM process 10s\nKILL process\n"));
    assert_eq!(
        file("stopasgroup=1\nstopsignal=64\nstopwaitsecs=-1", "stop").as_deref(),
        Some("64 group 0s\nKILL group\n")
    );
    assert_eq!(file("killasgroup=1\nstopsignal=0", "stop").as_deref(), Some("CONT process 10s\nKILL group\n"));
    assert_eq!((file("", "down"), file("autostart=off", "down")), (None, Some(String::new())));
    assert_eq!((file("", "stdin"), file("", "listen")), (Some(String::new()), None));
}

#[test]
fn sockets() {
    let of = |text: &str| compiled(&format!("[fcgi-program:f]\ncommand=x\n{text}"));
    let unix = of("socket=unix:///run/f\nsocket_owner=web:web\nsocket_backlog=9").services.remove(0);
    assert_eq!(unix.file("listen").as_deref(), Some("unix /run/f mode 0700 owner 33:33 backlog 9 as 0\n"));
    assert_eq!((unix.file("stdin"), mistakes(&unix)), (None, Vec::new()));
    assert_eq!(of("socket=tcp://localhost:80").services[0].file("listen").as_deref(), Some("tcp 127.0.0.1:80 as 0\n"));
    for text in [
        "socket=tcp://host:80",
        "socket=unix:///a b",
        "socket=tcp://localhost:1\nnumprocs=2\nprocess_name=%(process_num)d",
    ] {
        let compiled = of(text);
        assert!(compiled.missing[0].contains(" cannot run: "), "{compiled:?}");
        assert!(compiled.services[0].file("run").unwrap().ends_with(">&2\nexit 127\n"), "{compiled:?}");
    }
}

#[test]
fn names() {
    for (group, process, name) in [
        ("a", "a", "a"),
        ("g", "a_00", "g:a_00"),
        ("a", ".b", "a:%2eb"),
        (".a", "x/y", "%2ea:x%2fy"),
        ("é", "a b:c%", "é:a%20b%3ac%25"),
        ("", "", "%"),
        ("-x", "y", "%2dx:y"),
    ] {
        assert_eq!(directory_name(group, process), name);
        assert!(crate::service::blueprint::is_name(name.as_bytes()));
    }
    let text = "[program:db]\ncommand=x\n[program:a]\ncommand=x\nprocess_name=1\n[program:b]\ncommand=x\nneeds=db,a:1";
    let compiled = compiled(text);
    let names: Vec<&str> = compiled.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["a:1", "b", "db"]);
    assert_eq!(compiled.services[1].file("needs").as_deref(), Some("a:1\ndb\n"));
}

#[test]
fn what_is_missing_is_told() {
    let text = "strip_ansi=1\n[eventlistener:l]\ncommand=x\nevents=EVENT\n[program:p]\ncommand=x\n\
                stdout_capture_maxbytes=1\nstderr_events_enabled=1";
    let expected = [
        "strip_ansi is not supported yet: output is logged as it comes",
        "No events are sent to eventlistener l yet",
        "stdout_capture_maxbytes of p is not supported yet: output is all logged",
        "stderr_events_enabled of p is not supported yet: there are no events",
    ];
    assert_eq!(compiled(text).missing, expected);
}

/// Whatever is asked for, the directory has no mistake in it, and its sheet says what was asked for.
#[test]
fn every_directory_can_be_read() {
    let texts = [
        "",
        "autostart=no\nautorestart=true\nstartsecs=99999999999999\nstopwaitsecs=99999999999999\nstartretries=99999999999999",
        "command=a 'b\nexitcodes=\nstopsignal=RTMIN\nstopasgroup=yes\nserverurl=\numask=077\nuser=web",
        "command=a\n b\n  c\\\\d\nstdout_logfile=rel\nstderr_logfile=none\nenvironment=A=\"x\n y\"",
        "redirect_stderr=yes\nstdout_logfile=syslog\npriority=-7\ndirectory=x y\nstdout_capture_maxbytes=1MB",
        "process_name=%(process_num)d\nnumprocs=2\nneeds=q",
    ];
    for text in texts {
        let all = format!(
            "[program:p]\ncommand=x\n{text}\n[program:q]\ncommand=y\n[eventlistener:l]\ncommand=x\nevents=TICK_5,EVENT\n\
             [fcgi-program:f]\ncommand=x\nsocket=unix:///run/f"
        );
        let config = of_text(&format!("[supervisord]\n{all}"), "/etc/s.conf", &Fake::default()).unwrap();
        let processes = config.groups.iter().flat_map(|group| group.processes.iter().map(move |p| (group, p)));
        for (service, (group, process)) in compiled(&all).services.iter().zip(processes) {
            assert_eq!(mistakes(service), Vec::new(), "{text}: {service:?}");
            policy(service);
            let sheet = Sheet::parse(&service.file("supervisor").unwrap()).unwrap_or_else(|| panic!("{service:?}"));
            assert_eq!((&sheet.group, sheet.group_priority, &sheet.kind), (&group.name, group.priority, &group.kind));
            let mut expected = Process { environment: Variables::new(), ..process.clone() };
            for channel in [&mut expected.stdout, &mut expected.stderr] {
                if let super::super::types::LogFile::Path(path) = &mut channel.logfile {
                    *path = if path.contains('/') { path.clone() } else { format!("./{path}") };
                }
            }
            assert_eq!(sheet.process, expected);
            assert_eq!(Sheet::parse(&sheet.text()), Some(sheet));
        }
    }
}
