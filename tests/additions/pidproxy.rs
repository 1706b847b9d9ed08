//! What only our pidproxy does.

use crate::scene::{Scene, until};

#[test]
fn its_exit_code_is_that_of_the_command() {
    let scene = Scene::new();
    scene.script("fails", "exit 7");
    scene.script("dies", "kill -KILL $$");
    scene.file("no-program", "text");
    let code = |command: &str| scene.run("pidproxy", &["pid", command]).code;
    assert_eq!((code("fails"), code("./dies"), code("/nothing"), code("no-program")), (7, 137, 127, 126));
    let done = scene.run("pidproxy", &["pid", "/nothing"]);
    assert_eq!(done.err, "pidproxy: fatal: unable to start /nothing: file does not exist\n");
}

#[test]
fn it_stays_until_a_command_that_is_told_to_end_has_ended() {
    let scene = Scene::new();
    scene.script(
        "command",
        "echo $$ > pid; trap 'echo told > told' TERM; while test ! -e over; do sleep 0.02; done; exit 3",
    );
    let mut proxy = scene.start("pidproxy", &["pid", "command"]);
    until("it runs", || !scene.read("pid").is_empty());
    proxy.signal(15);
    until("it was told", || !scene.read("told").is_empty());
    assert!(!proxy.ended());
    scene.file("over", "");
    assert_eq!(proxy.end().code, 3);
}

#[test]
fn without_a_process_id_a_signal_goes_to_the_command() {
    for text in [None, Some(""), Some("many\n"), Some("0\n"), Some("-1\n")] {
        let scene = Scene::new();
        if let Some(text) = text {
            scene.file("pid", text);
        }
        scene.script("command", "trap 'exit 5' HUP; > there; while :; do sleep 0.02; done");
        let mut proxy = scene.start("pidproxy", &["pid", "command"]);
        until("it runs", || scene.path("there").exists());
        proxy.signal(1);
        let done = proxy.end();
        assert_eq!((done.code, done.err.as_str()), (5, "pidproxy: Can't read child pidfile pid!\n"), "{text:?}");
    }
}
