//! Both loggers at once: their processes stay, and neither loses a line.

use super::*;

/// Which process a logger is.
fn logger(web: &Supervised<'_>, directory: &str) -> i32 {
    until_some("the logger is shown", || {
        let pid = web.status_of(&format!("{directory}/supervise")).pid as i32;
        (pid != 0).then_some(pid)
    })
}

#[test]
fn no_line_of_either_stream_is_lost() {
    let scene = Scene::new();
    let run = "n=0; while :; do n=$((n+1)); echo $n; echo $n >&2; [ $n -lt 10000 ] || exec sleep 1000; done";
    let service = scene.service("web").run(run).log("exec cat >> ../out");
    let mut web = supervise(&scene, service.script("errlog/run", "exec cat >> ../err")).running();
    let pids = |web: &Supervised<'_>| ["log", "errlog"].map(|directory| logger(web, directory));
    let before = pids(&web);
    for round in 0..5 {
        until("there are lines", || ["out", "err"].iter().all(|file| web.lines(file).len() > round * 1000));
        reexec(&web);
        assert_eq!(pids(&web), before);
    }
    for file in ["out", "err"] {
        until("all is written", || web.lines(file).last().is_some_and(|line| line == "10000"));
        let expected: Vec<String> = (1..=10000).map(|n| n.to_string()).collect();
        assert_eq!(web.lines(file), expected);
    }
    // Each is still a supervised program of its own.
    scene.signal(before[1], libc::SIGKILL);
    until("there is another logger of standard error", || logger(&web, "errlog") != before[1]);
    assert_eq!(logger(&web, "log"), before[0]);
    scene.send("web/errlog/supervise/control", "R");
    let noted = || web.lines("errlog/supervise/journal").iter().any(|line| line.contains(" reexec "));
    until("it is noted where it was asked for", noted);
    web.send("x");
    assert_eq!(web.end(), 0);
}

#[test]
fn both_read_to_the_end_when_the_service_has_left() {
    let scene = Scene::new();
    let run = "echo out; echo err >&2; echo up > up; exec sleep 1000";
    let reads = |file: &str| format!("read go < gate; cat > ../{file}");
    let service = scene.service("web").run(run).log(&reads("out"));
    let service = service.script("errlog/run", &reads("err"));
    let gates = ["log", "errlog"].map(|directory| scene.gate(format!("web/{directory}/gate")));
    let mut web = supervise(&scene, service).running();
    web.until_lines("up", 1);
    web.send("x");
    web.until_stat("down");
    // It leaves, and is replaced on its way: what the loggers have not read yet is still in their pipes. The service is
    // gone and takes no more commands.
    web.log_send("R");
    let noted = || web.lines("log/supervise/journal").iter().any(|line| line.contains(" reexec "));
    until("it was replaced", noted);
    gates.iter().for_each(|gate| gate.open());
    assert_eq!(web.end(), 0);
    assert_eq!((web.read("out").as_str(), web.read("err").as_str()), ("out\n", "err\n"));
}
