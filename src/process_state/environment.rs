//! Changes of the environment, in runit's order: what is changed goes to the end, and the last entry takes the place
//! of one that is taken out. Programs that print their environment show the order, so it is kept.

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;

/// Changes, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(Vec<CString>);

impl Changes {
    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a variable. A value cannot hold a zero byte; what is behind it is lost.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        self.push(&[name, b"=", value].concat());
    }

    /// Removes a variable.
    pub fn remove(&mut self, name: &[u8]) {
        self.push(name);
    }

    fn push(&mut self, entry: &[u8]) {
        let text = entry.split(|byte| *byte == 0).next().unwrap_or_default();
        if let Ok(entry) = CString::new(text) {
            self.0.push(entry);
        }
    }

    /// The environment after the changes.
    pub fn apply<'a>(&'a self, before: Vec<&'a CStr>) -> Vec<&'a CStr> {
        let mut list = before;
        for entry in &self.0 {
            // All of them: a second one of this name would be found in place of the new one.
            while let Some(at) = list.iter().position(|old| name(old.to_bytes()) == name(entry.to_bytes())) {
                list.swap_remove(at);
            }
            if entry.to_bytes().contains(&b'=') {
                list.push(entry);
            }
        }
        list
    }
}

/// The value of a variable.
pub fn value<'a>(list: &[&'a CStr], wanted: &[u8]) -> Option<&'a [u8]> {
    list.iter().find_map(|entry| entry.to_bytes().strip_prefix(wanted)?.strip_prefix(b"="))
}

fn name(entry: &[u8]) -> &[u8] {
    entry.split(|byte| *byte == b'=').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn what_is_changed_goes_to_the_end() {
        let mut changes = Changes::default();
        changes.set(b"A", b"new");
        changes.remove(b"B");
        changes.remove(b"NONE");
        changes.set(b"E", b"");
        let before = vec![c"A=1", c"B=2", c"C=3", c"D=4"];
        assert_eq!(changes.apply(before), [c"D=4", c"A=new", c"C=3", c"E="]);
    }

    #[test]
    fn no_second_one_of_the_name_is_left() {
        let mut changes = Changes::default();
        changes.set(b"A", b"new");
        changes.remove(b"B");
        assert_eq!(changes.apply(vec![c"A=1", c"B=2", c"A=3", c"B=4"]), [c"A=new"]);
    }

    #[test]
    fn a_name_with_an_equals_sign_is_not_checked() {
        let mut changes = Changes::default();
        changes.set(b"A=B", b"v");
        assert_eq!(changes.apply(vec![c"A=x", c"Z=1"]), [c"Z=1", c"A=B=v"]);
    }

    #[test]
    fn values_are_found_by_the_whole_name() {
        let list = [c"PATHX=1", c"PATH=/bin:"];
        assert_eq!(value(&list, b"PATH"), Some(&b"/bin:"[..]));
        assert_eq!(value(&list, b"PAT"), None);
    }
}
