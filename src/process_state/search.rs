//! Where a program may be, by runit's rules.

use alloc::ffi::CString;
use alloc::vec::Vec;

/// Where programs are if nobody says.
pub const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// The places of a program, in the order in which to try them: a name with a slash is a place by itself, any other is
/// looked for in each element of the search path, an empty element being the current directory.
pub fn candidates(program: &[u8], path: Option<&[u8]>) -> Vec<CString> {
    if program.contains(&b'/') {
        return CString::new(program).into_iter().collect();
    }
    let elements = path.unwrap_or(DEFAULT_PATH).split(|byte| *byte == b':');
    let places = elements.map(|element| {
        let directory = if element.is_empty() { &b"."[..] } else { element };
        CString::new([directory, b"/", program].concat())
    });
    places.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(program: &str, path: Option<&str>) -> Vec<CString> {
        candidates(program.as_bytes(), path.map(str::as_bytes))
    }

    #[test]
    fn a_slash_ends_the_search() {
        assert_eq!(of("./x", Some("/a:/b")), [c"./x"].map(CString::from));
        assert_eq!(of("x", Some("/a::/b:")), [c"/a/x", c"./x", c"/b/x", c"./x"].map(CString::from));
        assert_eq!(of("x", Some("")), [c"./x"].map(CString::from));
        assert_eq!(of("x", None), [c"/bin/x", c"/usr/bin/x"].map(CString::from));
        assert_eq!(of("", Some("/a")), [c"/a/"].map(CString::from));
    }
}
