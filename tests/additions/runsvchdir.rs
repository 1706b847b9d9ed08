//! What only our runsvchdir does.

use crate::namespace::{available, run_covered};
use crate::scene::{Scene, ours};

#[test]
fn the_place_can_be_elsewhere() {
    let scene = Scene::new();
    scene.dir("place/a");
    scene.dir("place/b");
    scene.link("a", "place/current");
    let mut command = scene.command(ours("runsvchdir"));
    command.arg("b").env("RUNSVDIR", scene.path("place"));
    let done = scene.finish(command);
    assert_eq!((done.code, done.out.as_str()), (0, "runsvchdir: b: now current.\n"));
    assert_eq!(std::fs::read_link(scene.path("place/current")).unwrap().to_str(), Some("b"));
}

#[test]
fn there_is_a_current_directory_at_every_moment() {
    if !available("there_is_a_current_directory_at_every_moment", &["/etc/runit"]) {
        return;
    }
    let scene = Scene::new();
    scene.dir("etc/runsvdir/a");
    scene.dir("etc/runsvdir/b");
    scene.link("a", "etc/runsvdir/current");
    let current = scene.path("etc/runsvdir/current");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut missing = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                missing += usize::from(!current.exists());
            }
            missing
        });
        for name in ["b", "a", "b", "a", "b", "a", "b", "a"] {
            let done = run_covered(&scene, &[("etc", "/etc/runit")], &ours("runsvchdir"), &[name]);
            assert_eq!(done.code, 0, "{}", done.err);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(watcher.join().unwrap(), 0);
    });
}
