//! Configurations, good and bad. Each is a file of its own; those in `SECTIONS` stand below `[supervisord]`, those in
//! `PROGRAM` below a program's `command`.

use crate::scene::Scene;

const WHOLE: &[&str] = &[
    "",
    "; nothing\n",
    "[program:a]\ncommand=x\n",
    "x=1\n[supervisord]\n",
    "\n\n  junk\n",
    "[supervisord]\njunk\n=also\nok=1\nmore junk",
    "[supervisord]\r\nidentifier = two\r\n  lines\r\n",
    "[supervisord]\nidentifier=a ; b\n",
    "[supervisord]\nidentifier=a;b#c ;d #e\n",
    "[supervisord]\nidentifier=\"quoted\"\n[supervisord]\nminfds=7\n",
    "[DEFAULT]\nstartsecs=5\nidentifier=%(here)s\n[supervisord]\n[program:a]\ncommand=x\n",
    "[supervisord]\n[ program:a ]\ncommand=x\n[program:b]x\ncommand: y : z = 1\n",
    "[supervisord]\n[include]\n",
    "[supervisord]\n[include]\nfiles=conf.d/*.conf nothing/*.ini\n[program:a]\ncommand=%(here)s/x\n",
    "[supervisord]\n[include]\nfiles=conf.d/broken.ini\n",
    "[supervisord]\n[include]\nfiles=conf.d/wrong.ini\n",
    "[supervisord]\n[include]\nfiles=%(nope)s\n",
    "[supervisord]\n[include]\nfiles=%(here)s/conf.d/b.conf\n",
    "[supervisord]\nidentifier=\u{fc}\u{a0}\n[program:\u{e9}]\ncommand=\u{1f600}\nenvironment=A=\"\u{fc}\"\n",
];

const SECTIONS: &[&str] = &[
    "",
    "logfile=%(here)s/l\nlogfile_maxbytes=1 kb\nlogfile_backups=0\nloglevel=DEBUG\npidfile=p\numask=077\nnodaemon=yes",
    "silent=1\nminfds=10\nminprocs=-1\nnocleanup=on\nchildlogdir=%(here)s\nuser=root\ndirectory=/\nstrip_ansi=TRUE",
    "environment=A=1,B=\"two, three\",C=%(ENV_KEEPUP_TEST)s",
    "environment=A=%%%%\n[program:a]\ncommand=x %(ENV_A)s",
    "environment=A=%%",
    "environment=A",
    "environment=A='",
    "logfile=/no/such/directory/l",
    "pidfile=/no/such/directory/p",
    "childlogdir=/no/such/directory",
    "directory=~/no/such",
    "logfile=~/l\nuser=no-such-user",
    "user=4711471",
    "loglevel=loud",
    "umask=9",
    "minfds=many",
    "logfile_maxbytes=1.5MB",
    "logfile_backups=1_0\nlogfile_maxbytes=-1KB",
    "nodaemon=maybe",
    "logfile=%(nope)s",
    "logfile=100%",
    "identifier=50% off",
    "identifier=%(here)d",
    "identifier=%(here",
    "[program:a]",
    "[program:a b]\ncommand=x",
    "[program:]\ncommand=x",
    "[program:a/b]\ncommand=x",
    "[group:g]\nprograms=a",
    "[group:g]",
    "[group:g:h]",
    "[program:a]\ncommand=x\n[fcgi-program:a]\ncommand=x\nsocket=tcp://a:1\n[group:g]\nprograms=a",
    "[program:b]\ncommand=%(group_name)s\npriority=1\n[program:a]\ncommand=%(group_name)s\n[group:g]\nprograms=b,a\npriority=7",
    "[program:a]\ncommand=x\n[group:g]\nprograms=a\n[group:h]\nprograms=a\npriority=1",
    "[fcgi-program:a]\ncommand=x\nsocket=tcp://a:1\n[group:g]\nprograms=a",
    "[eventlistener:l]\ncommand=x\nevents=TICK_5, process_state\nbuffer_size=3\npriority=5",
    "[eventlistener:l]\ncommand=x\nevents=EVENT\nnumprocs=2\nprocess_name=%(process_num)d",
    "[eventlistener:l]\ncommand=x",
    "[eventlistener:l]\ncommand=x\nevents=NOPE",
    "[eventlistener:l]\ncommand=x\nevents=EVENT\nbuffer_size=0",
    "[eventlistener:l]\ncommand=x\nevents=EVENT\nredirect_stderr=true",
    "[eventlistener:l]\ncommand=x\nevents=EVENT\nresult_handler=no.such.module:x",
    "[eventlistener:l m]\ncommand=x\nevents=EVENT",
    "[fcgi-program:f]\ncommand=x",
    "[fcgi-program:f]\ncommand=x\nsocket=what",
    "[fcgi-program:f]\ncommand=x\nsocket=unix://rel",
    "[fcgi-program:f]\ncommand=x\nsocket=tcp://Host:80\nsocket_backlog=9",
    "[fcgi-program:f]\ncommand=x\nsocket=tcp://h:70000",
    "[fcgi-program:f]\ncommand=x\nsocket=tcp://h:1\nsocket_mode=0777",
    "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/%(program_name)s\nsocket_mode=0777\nsocket_owner=root:root",
    "[fcgi-program:f]\ncommand=x\nsocket=unix:///tmp/../x\nuser=nobody",
    "[fcgi-program:f]\ncommand=x\nsocket=unix:///x\nsocket_owner=no-such-user",
    "[fcgi-program:f]\ncommand=x\nsocket=unix:///x\nsocket_mode=9",
    "[fcgi-program:f]\ncommand=x\nsocket=unix:///x\nsocket_backlog=0",
    "[unix_http_server]\nfile=%(here)s/s\nchmod=0770\nchown=root:root\nusername=a\npassword={SHA}b",
    "[unix_http_server]",
    "[unix_http_server]\nfile=s\nchmod=x",
    "[unix_http_server]\nfile=s\nchown=no-such-user",
    "[unix_http_server]\nfile=s\nusername=a",
    "[inet_http_server]\nport=*:9001\n[inet_http_server:two]\nport=Local:1",
    "[inet_http_server]\nport=127.0.0.1:9001\nusername=u\npassword=p\n[unix_http_server:x]\nfile=~/s",
    "[inet_http_server]",
    "[inet_http_server]\nport=x",
    "[inet_http_server]\nport=h:",
    "[inet_http_server]\nport=h:0",
    "[inet_http_server]\nport=%(here)s",
    "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
    "[rpcinterface:x]",
    "[rpcinterface:x]\nsupervisor.rpcinterface_factory=no.such.module:x",
];

const PROGRAM: &[&str] = &[
    "",
    "process_name=%(program_name)s_%(process_num)02d\nnumprocs=11\nnumprocs_start=95",
    "numprocs=2",
    "numprocs=0",
    "numprocs=-3",
    "process_name=a b",
    "process_name=%(nope)s",
    "process_name= padded ",
    "priority=%(ENV_NOPE)s",
    "priority=%(process_num)d",
    "directory=/tmp/%(process_num)d/%(numprocs)d/%(host_node_name)s",
    "autostart=no\nautorestart=TRUE\nstartsecs=0\nstartretries=-1",
    "autorestart=Unexpected\nexitcodes=0, 2,255",
    "autorestart=maybe",
    "exitcodes=",
    "exitcodes=0,",
    "exitcodes=256",
    "stopsignal=sigusr1\nstopwaitsecs=0\nstopasgroup=1",
    "stopsignal=9",
    "stopsignal=35",
    "stopsignal=NOPE",
    "stopsignal=IOT",
    "stopasgroup=true\nkillasgroup=false",
    "killasgroup=true\numask=0o27\nuser=root",
    "umask=8",
    "user=0",
    "user=no-such-user",
    "environment=A=1,B=%(process_num)d,C=\"%(here)s\"",
    "environment=A=$HOME",
    "environment=A=http://x?y=1",
    "environment=A=x#y",
    "environment=A=~/x",
    "environment=A=it's,B=\"a\\\"b\"",
    "environment=A=1 B=2",
    "environment=A=\"1\n two\",B=3",
    "environment=A=%(ENV_A)s",
    "environment=X=/x\ndirectory=%(ENV_X)s/y\nstdout_logfile=%(ENV_X)s",
    "stdout_logfile=/tmp/%%%%a\nstderr_logfile=NONE",
    "stdout_logfile=off\nstderr_logfile=/dev/stderr\nstderr_logfile_maxbytes=0",
    "stdout_logfile=syslog\nstderr_syslog=true",
    "stdout_logfile_maxbytes=0\nstderr_logfile_backups=1\nstderr_logfile_maxbytes=3gb",
    "stdout_logfile_backups=x",
    "redirect_stderr=true\nstderr_logfile=/tmp/e",
    "redirect_stderr=true",
    "stdout_logfile=/no/such/directory/l",
    "stdout_capture_maxbytes=1MB\nstderr_events_enabled=true",
    "stdout_capture_maxbytes=x",
    "serverurl=AUTO",
    "serverurl=unix:///x",
    "serverurl=",
    "startsecs=1.5",
    "command=%(program_name)s %(process_num)d %(ENV_KEEPUP_TEST)s %%",
    "command=bash -c 'a ; b'",
    "command=%(program_name)y",
    "command=a 'b",
];

/// What `echo_supervisord_conf` prints.
const SAMPLE: &str = include_str!("../../../src/echo_supervisord_conf/sample.conf");

/// The sample with every option that stands in a comment, but for those that are there as an example. Groups need
/// their programs.
fn uncommented(sample: &str) -> String {
    let is_option = |line: &str| !line.contains("(example)") && !line.starts_with("; ");
    let line = |line: &str| match line.strip_prefix(';').filter(|_| is_option(line)) {
        Some(option) if !option.starts_with("files") && option != "[include]" => option.to_owned(),
        _ => line.to_owned(),
    };
    let text = sample.lines().map(line).collect::<Vec<_>>().join("\n");
    let commands = ["program:theprogramname", "eventlistener:theeventlistenername", "fcgi-program:thefcgiprogramname"];
    let with = |text: String, section: &&str| {
        let more = "command=x\nevents=EVENT\nsocket=unix:///run/f.sock";
        text.replace(&format!("[{section}]"), &format!("[{section}]\n{more}"))
    };
    commands.iter().fold(text, with).replace("[inet_http_server]", "[inet_http_server]\nport=9001")
}

/// Every configuration, written into the scene: its path and what it says.
pub(super) fn all(scene: &Scene) -> Vec<(String, String)> {
    scene.file("conf.d/a.conf", "[program:included]\ncommand=%(here)s/y\n[supervisord]\nidentifier=a\n");
    scene.file("conf.d/b.conf", "[program:a]\nstartsecs=7\n[program:b]\ncommand=%(nope)s\n");
    scene.file("conf.d/broken.ini", "[program:b]\njunk\n");
    scene.file("conf.d/wrong.ini", "[program:b]\nstartsecs=soon\n");
    let mut texts: Vec<String> = WHOLE.iter().map(ToString::to_string).collect();
    texts.extend(SECTIONS.iter().map(|text| format!("[supervisord]\n{text}\n")));
    texts.extend([SAMPLE.to_owned(), uncommented(SAMPLE)]);
    texts.extend(PROGRAM.iter().map(|text| format!("[supervisord]\n[program:p]\ncommand=/bin/cat -u\n{text}\n")));
    let file = |(at, text): (usize, String)| {
        let path = scene.file(format!("{at:03}.conf"), &text);
        (path.to_str().unwrap().to_owned(), text)
    };
    texts.into_iter().enumerate().map(file).collect()
}
