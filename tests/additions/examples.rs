//! The examples beyond service directories: as the tools that read them read them, and run where they can be run here.

use crate::namespace::available;
use crate::scene::{Scene, ours, root, skip, theirs, until};
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn text(name: &str) -> String {
    read_to_string(example(name)).unwrap()
}

/// Whether a tool is there.
fn has(tool: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(tool).exists()))
}

#[test]
fn systemd_understands_its_unit() {
    if !has("systemd-analyze") {
        return skip("systemd_understands_its_unit", "systemd-analyze is not installed");
    }
    let scene = Scene::new();
    let unit = text("under/keepup.service");
    assert!(unit.contains("ExecStart=/usr/local/bin/runsvdir "));
    // It wants the program to be there; here it is elsewhere.
    let unit = unit.replace("/usr/local/bin/runsvdir", &ours("runsvdir").display().to_string());
    let path = scene.file("keepup.service", unit);
    let mut command = scene.command("systemd-analyze");
    command.args(["verify", "--man=no"]).arg(path);
    let done = scene.finish(command);
    let complaints: Vec<&str> = done.err.lines().filter(|line| line.contains("keepup")).collect();
    assert_eq!((done.code, complaints), (0, vec![]), "{}", done.err);
}

#[test]
fn the_line_for_sysvinit_has_its_four_fields() {
    let table = text("under/inittab");
    let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
    let [line] = lines[..] else { panic!("one line: {table}") };
    let fields: Vec<&str> = line.splitn(4, ':').collect();
    let [id, levels, action, process] = fields[..] else { panic!("four fields: {line}") };
    assert!((1..=4).contains(&id.len()), "an id is at most four characters: {id}");
    assert!(levels.chars().all(|level| level.is_ascii_digit()));
    assert_eq!(action, "respawn");
    assert!(process.len() <= 127, "sysvinit takes no longer one");
    assert!(example("under").join(Path::new(process).file_name().unwrap()).exists(), "{process} is an example too");
}

#[test]
fn every_init_gives_the_stop_more_time_than_runsvdir_takes() {
    let after = |text: &str, mark: &str| -> u32 {
        let rest = text.split(mark).nth(1).unwrap_or_else(|| panic!("no {mark} in {text}"));
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    for (file, mark) in
        [("keepup.service", "TimeoutStopSec="), ("keepup.openrc", "TERM/"), ("keepup.conf", "kill timeout ")]
    {
        let text = text(&format!("under/{file}"));
        assert!(after(&text, mark) > after(&text, "--grace "), "{file}");
    }
    assert!(after(&text("under/runsvdir-start"), "--grace ") < 5, "sysvinit waits five seconds");
    let pod = text("container/kubernetes.yaml");
    assert!(after(&pod, "terminationGracePeriodSeconds: ") > 8);
}

#[test]
fn the_command_lines_are_ones_that_our_runsvdir_takes() {
    for file in ["keepup.service", "keepup.openrc", "keepup.conf", "runsvdir-start"] {
        let text = text(&format!("under/{file}"));
        let at = text.find("-P --grace").unwrap_or_else(|| panic!("{file}"));
        let scene = Scene::new();
        scene.dir("service");
        let grace = text[at..].split(' ').nth(2).unwrap();
        let mut runsvdir = scene.start("runsvdir", &["-P", "--grace", grace, "service"]);
        // A stop that is not orderly would end with runit's code for TERM as well: it is the taking that is tested.
        until("it runs or has refused", || runsvdir.ended() || !scene.processes().is_empty());
        runsvdir.signal(libc::SIGTERM);
        let done = runsvdir.end();
        assert_ne!(done.code, 1, "{file}: {}", done.err);
    }
}

#[test]
fn the_files_for_containers_are_yaml() {
    let tried = |code: &str| {
        let scene = Scene::new();
        let mut command = scene.command("python3");
        command.args(["-c", code]);
        scene.finish(command).code
    };
    if !has("python3") || tried("import yaml") != 0 {
        return skip("the_files_for_containers_are_yaml", "there is no python3 with yaml");
    }
    for (file, kinds) in [("compose.yaml", "[None]"), ("kubernetes.yaml", "['Deployment', 'Service']")] {
        let path = example("container").join(file).display().to_string();
        let code = format!(
            "import sys, yaml\nall = list(yaml.safe_load_all(open('{path}')))\n\
             sys.exit([part.get('kind') for part in all] != {kinds})"
        );
        assert_eq!(tried(&code), 0, "{file}");
    }
}

#[test]
fn an_init_script_is_sv_by_another_name() {
    let test = "an_init_script_is_sv_by_another_name";
    if ["chpst", "sv", "runsvdir", "runsv"].iter().any(|name| !ours(name).exists()) {
        return skip(test, "not all programs are here");
    }
    let scene = Scene::new();
    scene.script("sv/web/run", "exec sleep 1000000");
    scene.dir("service");
    scene.link(scene.path("sv/web"), "service/web");
    // The script has its own path for programs and services; they are elsewhere here.
    let script = text("init.d/web").split_once('\n').unwrap().1.to_owned();
    let bin = ours("sv").parent().unwrap().display().to_string();
    let script = script.replace("PATH=/usr/local/bin", &format!("PATH={bin}"));
    let script = script.replace("SVDIR=/etc/service", &format!("SVDIR={}", scene.path("service").display()));
    scene.script("init.d/web", script);
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let mut runsvdir = scene.command(ours("runsvdir"));
    runsvdir.arg("service").env("PATH", path);
    let _runsvdir = scene.spawn(runsvdir);
    let web = |word: &str| {
        let mut command = scene.command(scene.path("init.d/web"));
        command.arg(word);
        scene.finish(command)
    };
    until("the service is up", || web("status").code == 0);
    assert!(web("restart").out.starts_with("ok: run: web: (pid "));
    assert!(web("stop").out.starts_with("ok: down: web: "));
    assert_eq!(web("status").code, 3, "not running, in the words of LSB");
}

#[test]
fn services_of_a_login_user_have_their_groups_and_environment_and_a_log() {
    let test = "services_of_a_login_user_have_their_groups_and_environment_and_a_log";
    if !root() {
        return skip(test, "takes root");
    }
    let installed = |name: &str| Some(ours(name)).filter(|path| path.exists()).or_else(|| theirs(name));
    let scene = Scene::new();
    let home = scene.dir("home");
    scene.dir("home/bin");
    for name in ["runsv", "runsvdir", "chpst", "svlogd", "sv"] {
        let Some(program) = installed(name) else { return skip(test, &format!("{name} is not there yet")) };
        scene.link(program, format!("home/bin/{name}"));
    }
    for part in ["run", "control/t", "log/run"] {
        let script = text(&format!("sv/user-services/{part}")).split_once('\n').unwrap().1.to_owned();
        // Its processes stay marked as this scene's.
        scene.script(format!("trees/{part}"), script.replace("env - ", "env - KEEPUP_SCENE=\"$KEEPUP_SCENE\" "));
    }
    scene.file("trees/conf", format!("user=nobody\nhome={}\n", home.display()));
    scene.script(
        "home/service/who/run",
        "id > ../../who; env >> ../../who; echo $$ > ../../pid; echo hello >&2; exec sleep 1000000",
    );
    let mut chown = scene.command("chown");
    chown.args(["-R", "nobody"]).arg(&home);
    assert_eq!(scene.finish(chown).code, 0);
    let mut runsv = scene.command(scene.path("home/bin/runsv"));
    runsv.arg("trees").env("PATH", format!("{}/bin:/usr/bin:/bin:/usr/sbin:/sbin", home.display()));
    let mut runsv = scene.spawn(runsv);
    until("the user's service has written who it is", || scene.read("home/who").contains("USER="));
    let who = scene.read("home/who");
    assert!(who.contains("uid=65534(nobody)") && !who.contains("(root)"), "{who}");
    for variable in ["USER=nobody", "LOGNAME=nobody", &format!("HOME={}", home.display()), "SVDIR="] {
        assert!(who.contains(variable), "{variable} is not in {who}");
    }
    until("what it said is in the log", || scene.read("trees/log/main/current").contains("hello"));
    runsv.signal(libc::SIGTERM);
    runsv.end();
    let service = Path::new("/proc").join(scene.read("home/pid").trim());
    until("the user's service is down", || !service.exists());
    until("and so is the tree", || scene.processes().is_empty());
}

#[test]
fn the_container_runs_with_a_read_only_root_and_any_user() {
    let test = "the_container_runs_with_a_read_only_root_and_any_user";
    if !available(test, &["/etc/runit/runsvdir", "/run"]) || !has("setpriv") {
        return skip(test, "takes namespaces, and setpriv");
    }
    let scene = Scene::new();
    for name in ["runsv", "runsvdir", "sv"] {
        // A copy, since not everybody can look into whose directory this is.
        scene.file(format!("bin/{name}"), std::fs::read(ours(name)).unwrap());
        scene.mode(format!("bin/{name}"), 0o755);
    }
    for name in ["run", "check"] {
        scene.script(format!("tree/web/{name}"), text(&format!("container/web/{name}")).split_once('\n').unwrap().1);
    }
    let line = text("container/Dockerfile").lines().find_map(|line| line.strip_prefix("ENV ").map(str::to_owned));
    let state = line.expect("the image says where the state is");
    // Process 1 is runsvdir; what the probes ask is asked beside it, and then what `docker stop` does is done.
    let script = "mount -t tmpfs -o mode=1777 none /run
        mount --bind tree /etc/runit/runsvdir; mount -o remount,ro,bind /etc/runit/runsvdir
        PATH=$PWD/bin:$PATH; SVDIR=/etc/runit/runsvdir; export PATH SVDIR \"$1\"
        user='setpriv --reuid 10001 --regid 10001 --clear-groups'
        (until $user sv -w 30 check web > /dev/null 2>&1; do sleep .1; done; $user sv check web; echo check $?; $user sv status web; echo status $?; kill -TERM 1) &
        exec $user --bounding-set -all runsvdir -P /etc/runit/runsvdir";
    let mut command = scene.command("unshare");
    command.args(["-pfm", "--mount-proc", "--kill-child", "sh", "-ec", script, "sh", &state]);
    let done = scene.finish(command);
    for line in ["web: ready", "check 0", "status 0"] {
        assert!(done.out.lines().any(|said| said == line), "{line:?} is not in {}\n{}", done.out, done.err);
    }
    assert_eq!(done.code, 0, "{}", done.err);
}
