//! `make install` into a directory of its own: what arrives, twice, and that `make uninstall` leaves what is not ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // also outside of the test functions

mod scene;

use scene::{Done, Scene, ours, skip};
use std::fs;
use std::path::Path;

/// What a package of one program, chpst and its manual would build, without a compiler.
struct Tree {
    scene: Scene,
}

impl Tree {
    fn new() -> Option<Tree> {
        let scene = Scene::new();
        let there = scene.command("make").arg("--version").output();
        if let Err(why) = there {
            skip("install", &format!("make: {why}"));
            return None;
        }
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::copy(source.join("Makefile"), scene.path("Makefile")).unwrap();
        for name in ["bin/chpst.rs", "bin/sv.rs", "man/chpst.8", "completions/bash/sv", "completions/zsh/_sv"] {
            scene.file(name, name);
        }
        for program in ["chpst", "sv"] {
            scene.dir("built");
            fs::copy(ours("runsv"), scene.path("built").join(program)).unwrap();
        }
        scene.file("built/.built", "");
        Some(Tree { scene })
    }

    fn make(&self, words: &[&str]) -> Done {
        let mut make = self.scene.command("make");
        make.args(["RELEASE=built", "DESTDIR=root", "PREFIX=/usr", "SOURCES="]).args(words);
        // A make that runs this test hands on its own settings.
        make.env_remove("MAKEFLAGS").env_remove("MAKEOVERRIDES").env_remove("MFLAGS");
        self.scene.finish(make)
    }

    fn installed(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.scene.path("root")];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).into_iter().flatten() {
                let entry = entry.unwrap();
                match entry.file_type().unwrap().is_dir() {
                    true => open.push(entry.path()),
                    false => {
                        found.push(entry.path().strip_prefix(self.scene.path("root")).unwrap().display().to_string())
                    }
                }
            }
        }
        found.sort();
        found
    }
}

#[test]
fn everything_arrives_and_a_second_time_changes_nothing() {
    let Some(tree) = Tree::new() else { return };
    for _ in 0..2 {
        let done = tree.make(&["install"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(
            tree.installed(),
            [
                "usr/bin/chpst",
                "usr/bin/envdir",
                "usr/bin/envuidgid",
                "usr/bin/pgrphack",
                "usr/bin/setlock",
                "usr/bin/setuidgid",
                "usr/bin/softlimit",
                "usr/bin/sv",
                "usr/share/bash-completion/completions/sv",
                "usr/share/man/man8/chpst.8",
                "usr/share/man/man8/envdir.8",
                "usr/share/man/man8/envuidgid.8",
                "usr/share/man/man8/pgrphack.8",
                "usr/share/man/man8/setlock.8",
                "usr/share/man/man8/setuidgid.8",
                "usr/share/man/man8/softlimit.8",
                "usr/share/zsh/site-functions/_sv",
            ]
        );
    }
    assert_eq!(fs::read_link(tree.scene.path("root/usr/bin/setlock")).unwrap(), Path::new("chpst"));
}

#[test]
fn each_link_to_chpst_is_a_program_of_its_own() {
    if !ours("chpst").exists() {
        return skip("each_link_to_chpst_is_a_program_of_its_own", "no chpst");
    }
    let scene = Scene::new();
    let makefile = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Makefile")).unwrap();
    let names = makefile.lines().find_map(|line| line.strip_prefix("CHPST_NAMES := ")).unwrap();
    for name in names.split(' ') {
        let done = scene.finish(scene.command(scene.link(ours("chpst"), name)));
        assert!(done.err.starts_with(&format!("usage: {name} ")), "{name}: {}", done.err);
        assert!(!done.err.contains("[-vVP012]"), "{name} is not known to chpst");
    }
}

#[test]
fn names_of_daemontools_and_s6_can_be_left_alone() {
    let Some(tree) = Tree::new() else { return };
    tree.scene.file("root/usr/bin/setlock", "somebody else's");
    assert_eq!(tree.make(&["install", "CHPST_LINKS=no"]).code, 0);
    assert!(!tree.scene.path("root/usr/bin/envdir").exists());
    assert!(!tree.scene.path("root/usr/share/man/man8/envdir.8").exists());
    assert_eq!(tree.make(&["uninstall"]).code, 0);
    assert_eq!(tree.installed(), ["usr/bin/setlock"]);
    assert_eq!(tree.scene.read("root/usr/bin/setlock"), "somebody else's");
}

#[test]
fn uninstall_takes_back_what_install_brought() {
    let Some(tree) = Tree::new() else { return };
    assert_eq!(tree.make(&["install"]).code, 0);
    for _ in 0..2 {
        let done = tree.make(&["uninstall"]);
        assert_eq!((done.code, tree.installed()), (0, vec![]), "{}", done.err);
    }
}

#[test]
fn an_init_script_is_a_link_to_sv_and_never_replaces_one_that_is_not() {
    let Some(tree) = Tree::new() else { return };
    assert_eq!(tree.make(&["install-initd"]).code, 2, "a service must be named");
    for _ in 0..2 {
        assert_eq!(tree.make(&["install-initd", "SERVICE=web"]).code, 0);
    }
    assert_eq!(fs::read_link(tree.scene.path("root/etc/init.d/web")).unwrap(), Path::new("/usr/bin/sv"));
    tree.scene.file("root/etc/init.d/cron", "a script");
    assert_eq!(tree.make(&["install-initd", "SERVICE=cron"]).code, 2);
    assert_eq!(tree.scene.read("root/etc/init.d/cron"), "a script");
}
