//! Whole configurations.

use super::config::{Endpoint, Kind, Process};
use super::fake::Fake;
use super::read::{configuration, of_text};
use super::types::{Autorestart, Level, LogFile};
use super::{Result, config::Config};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn read(text: &str) -> Result<Config> {
    of_text(text, "/etc/s.conf", &Fake::default())
}

fn good(text: &str) -> Config {
    match read(&format!("[supervisord]\n{text}")) {
        Ok(config) => config,
        Err(why) => panic!("{text}: {why}"),
    }
}

fn bad(text: &str) -> String {
    match read(&format!("[supervisord]\n{text}")) {
        Ok(config) => panic!("{text}: {config:?}"),
        Err(why) => why.0,
    }
}

fn first(text: &str) -> Process {
    good(text).groups.remove(0).processes.remove(0)
}

fn names(config: &Config) -> Vec<String> {
    config.groups.iter().flat_map(|group| group.processes.iter().map(|process| process.called(&group.name))).collect()
}

#[test]
fn nothing_said_is_the_originals_default() {
    let config = good("");
    let daemon = &config.daemon;
    assert_eq!((daemon.logfile.as_str(), daemon.pidfile.as_str()), ("supervisord.log", "supervisord.pid"));
    assert_eq!((daemon.logfile_maxbytes, daemon.logfile_backups), (50 << 20, 10));
    assert_eq!((daemon.loglevel, daemon.umask, daemon.minfds, daemon.minprocs), (Level::Info, 0o22, 1024, 200));
    assert_eq!((daemon.childlogdir.as_str(), daemon.identifier.as_str()), ("/tmp", "supervisor"));
    assert!(!daemon.nodaemon && !daemon.silent && !daemon.nocleanup && !daemon.strip_ansi && !config.rpc);
    assert_eq!((config.groups.len(), config.servers.len(), config.serverurl()), (0, 0, None));
    let process = first("[program:a]\ncommand=/bin/cat");
    assert_eq!((process.name.as_str(), process.priority, process.startsecs, process.startretries), ("a", 999, 1, 3));
    assert_eq!((process.autostart, process.autorestart), (true, Autorestart::Unexpected));
    assert_eq!((process.stopsignal, process.stopwaitsecs, process.exitcodes), (15, 10, Vec::from([0])));
    assert_eq!((process.stdout.logfile, process.stdout.maxbytes), (LogFile::Auto, 50 << 20));
}

#[test]
fn one_program_becomes_many_processes() {
    let text = "[program:a]\ncommand=x %(process_num)d of %(numprocs)d\nnumprocs=3\nnumprocs_start=9\n\
                process_name=%(program_name)s_%(process_num)02d\nenvironment=N=%(process_num)s\n\
                directory=%(ENV_N)s\npriority=5";
    let config = good(text);
    assert_eq!(names(&config), ["a:a_09", "a:a_10", "a:a_11"]);
    let last = &config.groups[0].processes[2];
    assert_eq!((last.command.as_str(), last.directory.as_deref()), ("x 11 of 3", Some("11")));
    assert_eq!(good("[program:a]\ncommand=x\nnumprocs=0").groups[0].processes, []);
}

#[test]
fn groups_and_their_order() {
    let text = "[program:z]\ncommand=x\npriority=1\n[program:b]\ncommand=x\n[program:a]\ncommand=x\npriority=2000\n\
                [group:g]\nprograms=a, b\npriority=1\n[eventlistener:l]\ncommand=x\nevents=tick_5,PROCESS_STATE";
    let config = good(text);
    assert_eq!(names(&config), ["l", "g:a", "g:b", "z"]);
    let Kind::Listeners { buffer, events } = &config.groups[0].kind else { panic!("{config:?}") };
    assert_eq!((*buffer, events.join(" ").as_str()), (10, "PROCESS_STATE TICK_5"));
    assert_eq!(names(&good("[program:a]\ncommand=x\n[group:g]\nprograms=a\n[group:h]\nprograms=a")), ["g:a", "h:a"]);
}

#[test]
fn what_is_there_twice_is_told() {
    let text = "[program:a]\ncommand=one\nnumprocs=1\n[eventlistener:a]\ncommand=two\nevents=EVENT\npriority=1";
    let config = good(text);
    assert_eq!((config.groups.len(), config.groups[0].processes[0].command.as_str()), (1, "two"));
    assert_eq!(config.remarks[0].1, "There is more than one group a: the others are ignored");
    let config =
        good("[program:a]\ncommand=1\nautorstart=no\n[program:b]\ncommand=2\nprocess_name=a\n[group:g]\nprograms=a,b");
    assert_eq!((names(&config).join(" "), config.groups[0].processes[0].command.as_str()), ("g:a".into(), "2"));
    let told: Vec<&str> = config.remarks.iter().map(|(_, text)| text.as_str()).collect();
    let expected = [
        "There is more than one process g:a: the last one counts",
        "For [program:a], autorstart is not known and is ignored",
    ];
    assert_eq!(told, expected);
}

#[test]
fn environments_are_added_up() {
    let text = "environment=A=\"%(here)s\",B=1,H=%(host_node_name)s\n[program:a]\ncommand=%(ENV_B)s%(ENV_C)s%(ENV_PATH)s\n\
                environment=B=2,C=3\n[program:b]\ncommand=%(ENV_B)s";
    let config = good(text);
    let shown = |at: usize| {
        let process = &config.groups[at].processes[0];
        let all: Vec<String> = process.environment.iter().map(|(key, value)| format!("{key}={value}")).collect();
        (process.command.clone(), all.join(" "))
    };
    assert_eq!(shown(0), ("23/bin".into(), "A=/etc B=2 C=3 H=box".into()));
    assert_eq!(shown(1), ("1".into(), "A=/etc B=1 H=box".into()));
}

#[test]
fn logs() {
    let logs = |text: &str| {
        let config = good(&format!("[program:a]\ncommand=x\n{text}"));
        let process = config.groups[0].processes[0].clone();
        let told: Vec<String> = config.remarks.into_iter().map(|(_, text)| text).collect();
        (process.stdout.logfile, process.stderr.logfile, process.stdout.syslog, told)
    };
    let path = |path: &str| LogFile::Path(path.into());
    assert_eq!(logs("stdout_logfile=/tmp/%%%%a").0, path("/tmp/%a"), "replaced twice");
    assert_eq!(logs("stdout_logfile=NONE\nstderr_logfile=off").1, LogFile::None);
    let (stdout, _, syslog, told) = logs("stdout_logfile=syslog");
    assert_eq!((stdout, syslog), (LogFile::None, true));
    assert!(told[0].starts_with("For [program:a], stdout_logfile=syslog but this is deprecated"), "{told:?}");
    let (_, stderr, _, told) = logs("redirect_stderr=true\nstderr_logfile=/tmp/e");
    assert_eq!(stderr, LogFile::None);
    assert!(told[0].starts_with("For [program:a], redirect_stderr=true but stderr_logfile has"), "{told:?}");
    let told = logs("stderr_logfile_maxbytes=0").3;
    assert!(told[0].starts_with("For [program:a], AUTO logging used for stderr_logfile without rollover"), "{told:?}");
}

#[test]
fn files_that_are_included() {
    let main = "[supervisord]\nlogfile=%(here)s/l\n[include]\nfiles = conf.d/*.conf none/*.conf\n[program:a]\ncommand=%(here)s/x";
    let facts = Fake::with(&[
        ("/etc/s.conf", main),
        ("/etc/conf.d/2.conf", "[program:b]\ncommand=%(here)s/y\n[program:a]\nstartsecs=7"),
        ("/etc/conf.d/1.conf", "[program:a]\nstartsecs=5\n[supervisord]\nidentifier=x"),
    ]);
    let config = configuration("/etc/s.conf", &facts).unwrap();
    assert_eq!((config.daemon.identifier.as_str(), config.daemon.logfile.as_str()), ("x", "/etc/l"));
    let commands: Vec<(&str, i64)> =
        config.groups.iter().map(|g| (g.processes[0].command.as_str(), g.processes[0].startsecs)).collect();
    assert_eq!(commands, [("/etc/x", 7), ("/etc/conf.d/y", 1)]);
    let told: Vec<&str> = config.remarks.iter().map(|(_, text)| text.as_str()).collect();
    let expected = [
        "Included extra file \"/etc/conf.d/1.conf\" during parsing",
        "Included extra file \"/etc/conf.d/2.conf\" during parsing",
        "No file matches via include \"/etc/none/*.conf\"",
    ];
    assert_eq!(told, expected);
    let facts =
        Fake::with(&[("/etc/s.conf", "[supervisord]\n[include]\nfiles=c.conf"), ("/etc/c.conf", "[program:x]\n")]);
    let expected = "program section program:x does not specify a command in section 'program:x' (file: '/etc/c.conf')";
    assert_eq!(configuration("/etc/s.conf", &facts).unwrap_err().0, expected);
    assert_eq!(configuration("/nope", &facts).unwrap_err().0, "could not read config file /nope");
}

#[test]
fn servers() {
    let text = "[inet_http_server]\nport=*:9001\n[unix_http_server:x]\nfile=%(here)s/../run/s.sock \nchmod=0770\n\
                chown=web:web\nusername=a\npassword=b";
    let config = good(text);
    assert_eq!(config.serverurl().as_deref(), Some("unix:///run/s.sock"));
    assert_eq!(config.servers[0].at, Endpoint::Inet(String::new(), 9001));
    let Endpoint::Unix { mode, owner, .. } = &config.servers[1].at else { panic!("{config:?}") };
    assert_eq!((*mode, owner.and_then(|owner| owner.gid)), (0o770, Some(33)));
    assert_eq!(config.servers[1].credentials, Some(("a".into(), "b".into())));
    assert_eq!(good("[inet_http_server]\nport=Host:1").serverurl().as_deref(), Some("http://host:1"));
    assert_eq!(good("[inet_http_server]\nport=1").serverurl().as_deref(), Some("http://localhost:1"));
}

#[test]
fn sockets_of_fast_cgi() {
    let kind = |text: &str| good(&format!("[fcgi-program:f]\ncommand=x\n{text}")).groups[0].kind.clone();
    let Kind::FastCgi { socket, owner, mode, .. } = kind("socket=unix:///run/%(program_name)s\nuser=web") else {
        panic!("no socket")
    };
    assert_eq!(
        (socket.to_string().as_str(), owner.map(|o| (o.uid, o.gid)), mode),
        ("unix:///run/f", Some((33, Some(33))), Some(0o700))
    );
    let Kind::FastCgi { backlog, mode, .. } = kind("socket=tcp://a:1\nsocket_backlog=5") else { panic!("no socket") };
    assert_eq!((backlog, mode), (Some(5), None));
}

#[test]
fn what_a_process_needs() {
    let text = "[program:db]\ncommand=x\nnumprocs=2\nprocess_name=%(process_num)d\n[program:c]\ncommand=x\n[program:web]\n\
                command=x\nneeds = db, c";
    let config = good(text);
    assert_eq!(config.groups[2].processes[0].needs, ["c:c", "db:0", "db:1"]);
    let wrong = bad("[program:a]\ncommand=x\nneeds=b");
    assert_eq!(wrong, "needs names unknown process b in section 'program:a' (file: '/etc/s.conf')");
    assert_eq!(good(&text.replace("db, c", "db:1")).groups[2].processes[0].needs, ["db:1"]);
}

#[test]
fn what_is_wrong() {
    assert_eq!(read("").unwrap_err().0, ".ini file does not include supervisord section");
    let program = |text: &str| bad(&format!("[program:a]\n{text}"));
    let within = |text: &str, why: &str| {
        assert_eq!(program(text), format!("{why} in section 'program:a' (file: '/etc/s.conf')"), "{text}");
    };
    within("x=1", "program section program:a does not specify a command");
    within("command=x\nnumprocs=2", "%(process_num) must be present within process_name when numprocs > 1");
    within("command=x\nstopasgroup=yes\nkillasgroup=no", "Cannot set stopasgroup=true and killasgroup=false");
    within("command=x\nprocess_name=a b", "Invalid name: 'a b' because of character: ' '");
    within("command=x\nuser=nope", "Invalid user name nope");
    within("command=x\nenvironment=A", "Unexpected end of key/value pairs in value 'A'");
    within("command=x\nstdout_logfile=/nope/x", "The directory named as part of the path /nope/x does not exist");
    within("command=100%", "Format string '100%' for 'program:a.command' is badly formatted: incomplete format");
    within("command=x\nnumprocs=99999\nprocess_name=%(process_num)d", "numprocs=99999 is more than 65536");
    assert_eq!(bad("[program:a b]\ncommand=x"), "Invalid name: 'a b' because of character: ' '");
    for (text, why) in [
        ("loglevel=x", "bad logging level name 'x'"),
        ("childlogdir=/nope", "/nope is not an existing directory"),
        ("minfds=x", "invalid literal for int() with base 10: 'x'"),
        ("[include]", ".ini file has [include] section, but no files setting"),
        ("[group:g]\nprograms=a", "[group:g] names unknown program or fcgi-program a"),
        (
            "[program:a]\n[fcgi-program:a]\n[group:g]\nprograms=a",
            "[group:g] name a is ambiguous (exists as program and fcgi-program)",
        ),
        ("[eventlistener:l]\ncommand=x", "[eventlistener:l] section requires an \"events\" line"),
        ("[eventlistener:l]\nevents=x", "Unknown event type X in [eventlistener:l] events"),
        ("[eventlistener:l]\nbuffer_size=0", "[eventlistener:l] section sets invalid buffer_size (0)"),
        ("[eventlistener:l]\nresult_handler=a:b", "a:b cannot be resolved within [eventlistener:l]"),
        ("[fcgi-program:f]\ncommand=x", "[fcgi-program:f] section requires a \"socket\" line"),
        ("[fcgi-program:f]\nsocket=x", "('Bad socket format %s', 'x') in [fcgi-program:f] socket"),
        ("[fcgi-program:f]\nsocket_backlog=0", "Invalid socket_backlog value 0"),
        (
            "[fcgi-program:f]\nsocket=tcp://a:1\nsocket_mode=0700",
            "socket_owner and socket_mode params should only be used with a Unix domain socket in [fcgi-program:f] socket",
        ),
        ("[unix_http_server]", "section [unix_http_server] has no file value"),
        ("[unix_http_server]\nfile=x\nchmod=9", "Invalid chmod value 9"),
        ("[unix_http_server]\nfile=x\nchown=nope", "Invalid sockchown value nope"),
        ("[inet_http_server]", "section [inet_http_server] has no port value"),
        ("[rpcinterface:x]", "section [rpcinterface:x] does not specify a supervisor.rpcinterface_factory"),
        ("[rpcinterface:x]\nsupervisor.rpcinterface_factory=a:b", "a:b cannot be resolved within [rpcinterface:x]"),
    ] {
        assert_eq!(bad(text), why, "{text}");
    }
}
