//! The stages in a pid namespace.

use crate::namespace::{End, Hardware, MACHINE, available};
use crate::scene::skip;
use crate::{LOGGER, OPERATOR, PROGRAMS, STAGES, WEB, example, installed};

/// The programs on the stages' path; where they are not installed at all, they cannot be covered either.
const PLACE: &str = "/usr/local/bin";

#[test]
fn the_stages_bring_services_up_and_down_in_a_container() {
    let test = "the_stages_bring_services_up_and_down_in_a_container";
    let places = [MACHINE, &[PLACE]].concat();
    if !available(test, &places) {
        return;
    }
    let mut hardware = Hardware::new().cover("bin", PLACE);
    let services = "/etc/runit/runsvdir/current";
    // As a manager of containers says that it is one; the stages leave hardware and discs alone.
    hardware = hardware.before(&format!("env container=test SVDIR={services}"));
    for name in PROGRAMS {
        let Some(program) = installed(name) else {
            return skip(test, &format!("{name} is not there yet"));
        };
        hardware.scene().dir("bin");
        hardware.scene().link(program, format!("bin/{name}"));
    }
    for stage in STAGES {
        hardware = hardware.file(stage, &example(stage));
    }
    let operator =
        OPERATOR.replace("$WISH", "\"$INIT\" 0").replace("exec > ", &format!("export SVDIR={services}\nexec > "));
    for (name, content) in [("web/run", WEB), ("web/log/run", LOGGER), ("operator/run", &operator)] {
        // runsvdir gives its services no environment but the path: what is needed is written into them.
        let init = crate::namespace::runit_init().display().to_string();
        hardware = hardware.file(&format!("runsvdir/default/{name}"), &content.replace("$INIT", &init));
    }
    hardware.scene().link("default", "etc/runsvdir/current");
    let (end, console) = hardware.boot().end();
    assert_eq!(end, End::Off, "{console:#?}");
    let shown = console.join("\n");
    for line in [
        "runsvchdir: default: current.",
        "log: web: at your service",
        "run: web: (pid ",
        "down: web: ",
        "operator: process 1 is runit",
        "Waiting for services to stop...",
        "- runit: leave stage: /etc/runit/3",
        "- runit: power off...",
    ] {
        assert!(shown.contains(line), "{line:?} is not on the console:\n{shown}");
    }
    assert!(!shown.contains("child failed"), "{shown}");
}
