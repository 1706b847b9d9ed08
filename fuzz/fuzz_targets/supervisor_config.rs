//! No text makes the reader of Supervisor's configuration panic, and what can be read is read the same way twice.
#![no_main]

use keepup::supervisor::facts::Facts;
use keepup::supervisor::read::of_text;
use keepup::supervisor::words::{Variables, command};
use libfuzzer_sys::fuzz_target;

/// A host on which everything is there.
struct Everything;

impl Facts for Everything {
    fn uid(&self) -> u32 {
        0
    }
    fn node(&self) -> String {
        "box".into()
    }
    fn directory(&self) -> String {
        "/".into()
    }
    fn temporary(&self) -> String {
        "/tmp".into()
    }
    fn environment(&self) -> Variables {
        [("HOME".to_string(), "/root".to_string())].into()
    }
    fn home(&self, _: Option<&str>) -> Option<String> {
        Some("/root".into())
    }
    fn is_directory(&self, _: &str) -> bool {
        true
    }
    fn user(&self, _: &str) -> Option<u32> {
        Some(1)
    }
    fn main_group(&self, _: u32) -> Option<u32> {
        Some(1)
    }
    fn group(&self, _: &str) -> Option<u32> {
        Some(1)
    }
    fn has_group(&self, _: u32) -> bool {
        true
    }
    fn matching(&self, pattern: &str) -> Vec<String> {
        vec![pattern.into()]
    }
    fn content(&self, _: &str) -> Option<String> {
        Some("[program:included]\ncommand=x\n".into())
    }
}

fuzz_target!(|text: &str| {
    // What takes long by its size alone is of no interest.
    if text.contains("numprocs") || text.len() > 4096 {
        return;
    }
    if let Ok(config) = of_text(text, "/etc/supervisord.conf", &Everything) {
        for process in config.groups.iter().flat_map(|group| &group.processes) {
            let _ = command(&process.command);
        }
        assert_eq!(of_text(text, "/etc/supervisord.conf", &Everything), Ok(config));
    }
});
