//! The same configuration run by the original's daemon, and as the service directories that we make of it: the processes
//! find the same arguments, environment, directory, umask, user and groups, and their output is in the same files.

use super::host_of;
use crate::scene::{Scene, ours, root, skip, theirs, until};
use keepup::supervisor::compile::{Mode, Place, Stream, services};
use keepup::supervisor::facts::Facts;
use keepup::supervisor::read;
use std::fs;

/// Says all that a process can see of what it was given.
const VIEW: &str = "echo \"args $*\"
pwd; umask; id -u; id -G
read -r pid name state parent group rest < /proc/$$/stat
test $group = $$ && echo leads its group
test -p /dev/stdin && echo stdin is a pipe
env | grep -E '^(SUPERVISOR_|MINE)' | sort
echo a complaint >&2
echo end
exec sleep 1000";

const CONFIGURATION: &str = "[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
environment=MINE_ALL=\"for all\",MINE=overridden

[program:plain]
command=sh %(here)s/view.sh 'two words' \"it's\" $x \\\\ ''
stdout_logfile=%(here)s/logs/plain.out
stderr_logfile=%(here)s/logs/plain.err

[program:full]
command=./view 1 %(process_num)02d %(group_name)s
process_name=%(program_name)s_%(process_num)d
numprocs=2
directory=%(here)s/sub
umask=027
environment=MINE=\"a $b `c` \\d, %(process_num)d\",SUPERVISOR_ENABLED=2
stdout_logfile=%(here)s/logs/%(program_name)s_%(process_num)d.out
redirect_stderr=true
stopasgroup=true

[program:path]
command=tool x
environment=PATH=\"%(here)s/bin:%(ENV_PATH)s\",MINE=''
stdout_logfile=%(here)s/logs/path.out
stderr_logfile=NONE

[program:other]
command=%(here)s/view
user=nobody
directory=/
stdout_logfile=%(here)s/logs/other.out
stderr_logfile=/dev/null

[program:many]
command=sh -c 'i=0; while [ $i -lt 400 ]; do echo line number $i; i=$((i+1)); sleep 0.001; done; echo end; exec sleep 1000'
stdout_logfile=%(here)s/logs/many
stdout_logfile_maxbytes=2000
stdout_logfile_backups=2
stderr_logfile=NONE

[program:again]
command=sh -c 'echo lived; test -e again || { >again; echo first; exit 1; }; echo end; exit 7'
directory=%(here)s/sub
startsecs=0
exitcodes=7
stdout_logfile=%(here)s/logs/again.out

[program:manual]
command=sh -c 'echo never'
autostart=false
stdout_logfile=%(here)s/logs/manual.out

[group:g]
programs=path,manual
";

const COMPLETE: [&str; 7] = ["plain.out", "full_0.out", "full_1.out", "path.out", "other.out", "many", "again.out"];

fn prepare(scene: &Scene) -> String {
    scene.mode("", 0o755);
    scene.dir("logs");
    scene.dir("sub");
    scene.file("view.sh", VIEW);
    // The original looks whether it is there from where it runs itself, and then for it in the process's directory.
    scene.script("view", VIEW);
    scene.script("sub/view", VIEW);
    scene.script("bin/tool", VIEW);
    let configuration = match root() {
        true => CONFIGURATION.into(),
        false => CONFIGURATION.replace("user=nobody\n", ""),
    };
    scene.file("s.conf", configuration).to_str().unwrap().to_owned()
}

#[track_caller]
fn until_complete(scene: &Scene) {
    for name in COMPLETE {
        until(&format!("{name} has its end"), || {
            scene.lines(format!("logs/{name}")).last().is_some_and(|l| l == "end")
        });
    }
    until("the complaint is there", || scene.read("logs/plain.err") == "a complaint\n");
}

/// What all logs say, with the scene's own path left out. Where a file was cut depends on how much came at a time.
fn logs(scene: &Scene) -> Vec<(String, String)> {
    let here = scene.path("");
    let here = here.to_str().unwrap().trim_end_matches('/');
    let entries = fs::read_dir(scene.path("logs")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    let text = |name: &String| match name.starts_with("many") {
        true => String::new(),
        false => scene.read(format!("logs/{name}")).replace(here, "HERE"),
    };
    names.iter().filter(|name| *name != "manual.out").map(|name| (name.clone(), text(name))).collect()
}

/// Run by the original.
fn by_theirs() -> Option<Vec<(String, String)>> {
    let supervisord = theirs("supervisord")?;
    let scene = Scene::new();
    let file = prepare(&scene);
    let mut command = scene.command(supervisord);
    command.args(["-n", "-c", &file]).current_dir(scene.path(""));
    let daemon = scene.spawn(command);
    until_complete(&scene);
    let found = logs(&scene);
    daemon.signal(15);
    let mut daemon = daemon;
    assert_eq!(daemon.end().code, 0);
    Some(found)
}

/// Writes the service directories of a configuration into a directory, and says what it has not made.
pub(crate) fn compile(scene: &Scene, file: &str, into: &str) -> Vec<String> {
    let directory = scene.path("");
    let here = directory.to_str().unwrap().trim_end_matches('/').to_owned();
    let host = host_of(scene);
    let config = read::configuration(file, &host).unwrap();
    let groups = |uid: u32| Vec::from([host.main_group(uid).unwrap()]);
    let auto = |name: &str, stream: Stream| format!("{here}/auto/{name}-{}", stream.name());
    let (chpst, svlogd) = (ours("chpst"), ours("svlogd"));
    let place = Place {
        directory: &here,
        uid: host.uid(),
        path: None,
        chpst: chpst.to_str().unwrap(),
        svlogd: svlogd.to_str().unwrap(),
        groups: &groups,
        auto: &auto,
    };
    let compiled = services(&config, &place);
    for service in compiled.services {
        for file in service.files {
            let name = format!("{into}/{}/{}", service.name, file.name);
            let text = String::from_utf8(file.content).unwrap();
            match file.mode {
                Mode::Program => drop(scene.script(&name, text.strip_prefix("#!/bin/sh\n").unwrap())),
                Mode::Text | Mode::Private => drop(scene.file(&name, text)),
            }
            scene.mode(&name, file.mode.bits());
        }
    }
    compiled.missing
}

fn by_ours() -> Vec<(String, String)> {
    let scene = Scene::new();
    let file = prepare(&scene);
    assert_eq!(compile(&scene, &file, "sv"), [""; 0]);
    let scan = scene.path("sv");
    let mut command = scene.command(ours("runsvdir"));
    command.args(["-P", "--grace", "10", scan.to_str().unwrap()]).current_dir(scene.path(""));
    let path = ours("runsv").parent().unwrap().to_str().unwrap().to_owned();
    command.env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap())); // ours, and not runit's
    let mut daemon = scene.spawn(command);
    until_complete(&scene);
    let found = logs(&scene);
    assert_eq!(scene.read("sv/g:manual/supervise/stat"), "down\n");
    daemon.signal(15);
    assert_eq!(daemon.end().code, 0, "everything stopped");
    found
}

#[test]
fn processes_find_what_they_find_under_the_original() {
    const NAME: &str = "processes_find_what_they_find_under_the_original";
    let Some(theirs) = by_theirs() else { return skip(NAME, "needs supervisord") };
    let ours = by_ours();
    let names = |logs: &[(String, String)]| logs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&theirs), names(&ours));
    for ((name, theirs), (_, ours)) in theirs.iter().zip(&ours) {
        assert_eq!(theirs, ours, "{name}");
    }
}
