//! Options, mistakes in them and in configurations, and what the program ends with.

use super::{BOTH, HEAD, Whose, is_installed};
use crate::scene::{Done, Scene, skip};

/// What the program says, with its own name and the scene left out.
fn run(whose: Whose, args: &[&str], files: &[(&str, &str)]) -> Done {
    let scene = Scene::new();
    scene.dir("logs");
    for (name, text) in files {
        scene.file(name, text);
    }
    let program = whose.program();
    let mut command = scene.command(&program);
    command.args(args);
    let mut done = scene.finish(command);
    let here = scene.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    let beside = program.parent().unwrap().parent().unwrap().to_str().unwrap().to_owned();
    for text in [&mut done.out, &mut done.err] {
        *text = text.replace(program.to_str().unwrap(), "PROGRAM").replace(&here, "HERE").replace(&beside, "BESIDE");
        *text = without_names(text);
    }
    // Python shows where in its source it warns.
    let lines = done.err.lines().filter(|line| !line.trim_start().starts_with("self.warnings"));
    let lines = lines.map(|line| line.split_once("UserWarning: ").map_or(line, |(_, words)| words).trim_end());
    done.err = lines.collect::<Vec<_>>().join("\n");
    done
}

/// The original lists every variable of the environment among the names that could be used; we do not.
fn without_names(text: &str) -> String {
    let cut = |line: &str| match line.split_once("Available names: ") {
        None => line.to_owned(),
        Some((head, rest)) => {
            let (names, tail) = rest.split_once(" in section ").map_or((rest, ""), |(names, tail)| (names, tail));
            let names: Vec<&str> = names.split(", ").filter(|name| !name.starts_with("ENV_")).collect();
            format!("{head}Available names: {} {tail}", names.join(", "))
        }
    };
    text.split('\n').map(cut).collect::<Vec<_>>().join("\n")
}

const OPTIONS: [&[&str]; 35] = [
    &["-h"],
    &["-?"],
    &["--help", "-x"],
    &["--hel"],
    &["-v"],
    &["--vers"],
    &["-nv"],
    &["-x"],
    &["--foo"],
    &["--min", "1"],
    &["--log", "x"],
    &["-c"],
    &["--configuration"],
    &["--nodaemon=1"],
    &["-n", "-n"],
    &["-n", "--nodaemon"],
    &["-c", "a", "-c", "b"],
    &["a"],
    &["-n", "it's", "b"],
    &["--", "x"],
    &["-e", "loud"],
    &["--loglevel=loud"],
    &["-m", "9"],
    &["-a", "x"],
    &["--minprocs", ""],
    &["-d", "/no/such"],
    &["-q", "/no/such"],
    &["-l", "/no/such/file"],
    &["-j", "/no/such/file"],
    &["-y", "1.5MB"],
    &["-z", "many"],
    &["-c", "/no/such/file"],
    &["-c", "/"],
    &["-c", "missing.conf", "-n"],
    &[],
];

#[test]
fn options_are_the_originals() {
    const NAME: &str = "options_are_the_originals";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    // Where nothing is found, the original says where it has looked; a host may have one there.
    let found =
        ["/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"].iter().any(|p| std::fs::exists(p).unwrap());
    let mut differ = String::new();
    for args in OPTIONS.iter().filter(|args| !args.is_empty() || !found) {
        let [theirs, ours] = BOTH.map(|whose| run(whose, args, &[]));
        if theirs != ours {
            differ.push_str(&format!("{args:?}\n{theirs:?}\n{ours:?}\n\n"));
        }
    }
    assert!(differ.is_empty(), "{differ}");
}

/// Each with what stands before it.
const BROKEN: [&str; 25] = [
    "",
    "nonsense\n",
    "[supervisor]\n",
    "[supervisord]\nnonsense\n",
    "[supervisord]\nuser=nobody-here\n",
    "[supervisord]\nuser=4711471\n",
    "[supervisord]\nlogfile=/no/such/file\n",
    "[supervisord]\nloglevel=loud\n",
    "[supervisord]\nchildlogdir=/no/such\n",
    "[supervisord]\nminfds=many\n",
    "[supervisord]\numask=9\n",
    "[supervisord]\nnodaemon=perhaps\n",
    "[supervisord]\nidentifier=%(nope)s\n",
    "[supervisord]\nenvironment=A\n",
    "[supervisord]\n[include]\n",
    "[supervisord]\n[program:x]\n",
    "[supervisord]\n[program:x]\ncommand=x\nstartsecs=soon\n",
    "[supervisord]\n[program:x]\ncommand=x\nuser=nobody-here\n",
    "[supervisord]\n[program:x]\ncommand=x\nnumprocs=2\n",
    "[supervisord]\n[program:a b]\ncommand=x\n",
    "[supervisord]\n[group:g]\nprograms=y\n",
    "[supervisord]\n[eventlistener:l]\ncommand=x\n",
    "[supervisord]\n[fcgi-program:f]\ncommand=x\n",
    "[supervisord]\n[unix_http_server]\n",
    "[supervisord]\n[rpcinterface:x]\nsupervisor.rpcinterface_factory=no.such:thing\n",
];

#[test]
fn a_broken_configuration_gives_the_originals_message() {
    const NAME: &str = "a_broken_configuration_gives_the_originals_message";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    let mut differ = String::new();
    for text in BROKEN {
        let [theirs, ours] = BOTH.map(|whose| run(whose, &["-n", "-c", "s.conf"], &[("s.conf", text)]));
        // A file without a section ends the original with Python's own words.
        let python = theirs.err.contains("Traceback");
        let same = if python { ours.code == 2 && ours.err.starts_with("Error: ") } else { theirs == ours };
        if !same {
            differ.push_str(&format!("{text}\n{theirs:?}\n{ours:?}\n\n"));
        }
        assert!(ours.code == 2 || !same, "{text}: {ours:?}");
    }
    assert!(differ.is_empty(), "{differ}");
}

#[test]
fn limits_that_cannot_be_had_are_told() {
    const NAME: &str = "limits_that_cannot_be_had_are_told";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    // Not even root gets more than the kernel has.
    let text = format!("{HEAD}minfds=4000000000\n");
    let [theirs, ours] = BOTH.map(|whose| run(whose, &["-n", "-c", "s.conf"], &[("s.conf", &text)]));
    assert_eq!((theirs.code, ours.code), (2, 2), "{theirs:?} {ours:?}");
    let head = |done: &Done| done.err.split(" The current environment").next().map(str::to_owned);
    assert_eq!(head(&theirs), head(&ours));
    assert!(
        !ours.err.contains("open 4000000000 file"),
        "the one that there is, and not the one that is wanted: {ours:?}"
    );
}

#[test]
fn a_socket_that_somebody_answers_on_is_not_taken() {
    const NAME: &str = "a_socket_that_somebody_answers_on_is_not_taken";
    if !is_installed() {
        return skip(NAME, "needs supervisord");
    }
    // One that answers as the original's question wants it.
    let answering = Scene::new();
    let path = answering.path("sock").to_str().unwrap().to_owned();
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let thread = std::thread::spawn(move || {
        use std::io::{Read, Write};
        while let Ok((mut stream, _)) = listener.accept() {
            let mut bytes = [0; 64];
            if stream.read(&mut bytes).unwrap_or(0) > 0 {
                if bytes.starts_with(b"end") {
                    break;
                }
                let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
            }
        }
    });
    let text = format!("{HEAD}[unix_http_server]\nfile={path}\n");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let inet = format!("{HEAD}[inet_http_server]\nport={}\n", port.local_addr().unwrap());
    let none = format!("{HEAD}[unix_http_server]\nfile=/no/such/directory/sock\n");
    for text in [text, inet, none] {
        let [theirs, ours] = BOTH.map(|whose| run(whose, &["-n", "-s", "-c", "s.conf"], &[("s.conf", &text)]));
        assert_eq!(theirs, ours, "{text}");
        assert_eq!(ours.code, 2, "{ours:?}");
    }
    use std::io::Write;
    std::os::unix::net::UnixStream::connect(&path).unwrap().write_all(b"end").unwrap();
    thread.join().unwrap();
}
