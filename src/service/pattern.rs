//! Patterns that select services by name: `*` any text, `?` one character, `[a-f]` and `[!a-f]` one of these or none
//! of these. Everything else is itself.

/// Whether a name is a pattern.
pub fn is_pattern(name: &[u8]) -> bool {
    name.iter().any(|byte| b"*?[".contains(byte))
}

/// Whether a pattern selects this name, all of it.
pub fn selects(pattern: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    // What is left of both behind the last star, should it have to take one character more.
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', rest @ ..] = pattern {
            again = Some((rest, name));
            pattern = rest;
        } else if pattern.is_empty() && name.is_empty() {
            return true;
        } else if let Some((rest_of_pattern, rest_of_name)) = one(pattern, name) {
            (pattern, name) = (rest_of_pattern, rest_of_name);
        } else {
            let Some((rest, from)) = again else { return false };
            let Some((_, from)) = character(from) else { return false };
            again = Some((rest, from));
            (pattern, name) = (rest, from);
        }
    }
}

/// What is left of both when the first of the pattern, which is no star, has taken the first character of the name.
fn one<'a>(pattern: &'a [u8], name: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (first, rest_of_name) = character(name)?;
    match pattern {
        [b'?', rest @ ..] => Some((rest, rest_of_name)),
        [b'[', rest @ ..] => match set(rest) {
            Some((set, rest)) => is_in(set, first).then_some((rest, rest_of_name)),
            None => (first == b"[").then_some((rest, rest_of_name)), // never closed: a bracket like any character
        },
        _ => {
            let (wanted, rest) = character(pattern)?;
            (wanted == first).then_some((rest, rest_of_name))
        }
    }
}

/// What is between brackets, and what follows. A closing bracket that comes first is in the set.
fn set(pattern: &[u8]) -> Option<(&[u8], &[u8])> {
    let least = if let [b'!' | b'^', ..] = pattern { 2 } else { 1 };
    let end = least + pattern.get(least..)?.iter().position(|byte| *byte == b']')?;
    Some((pattern.get(..end)?, pattern.get(end + 1..)?))
}

fn is_in(set: &[u8], wanted: &[u8]) -> bool {
    let (mut set, negated) = match set {
        [b'!' | b'^', rest @ ..] => (rest, true),
        _ => (set, false),
    };
    let mut found = false;
    while let Some((low, rest)) = character(set) {
        let range = rest.strip_prefix(b"-").and_then(character);
        let (high, rest) = range.unwrap_or((low, rest));
        // The bytes of UTF-8 sort as its characters do.
        found |= low <= wanted && wanted <= high;
        set = rest;
    }
    found != negated
}

/// The first character and what follows; a byte that is no part of UTF-8 text is one of its own.
fn character(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = text.split_first()?;
    let more = if *first >= 0xc0 { rest.iter().take_while(|byte| **byte & 0xc0 == 0x80).count() } else { 0 };
    text.split_at_checked(1 + more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str, yes: &[&str], no: &[&str]) {
        for name in yes {
            assert!(selects(pattern.as_bytes(), name.as_bytes()), "{pattern} selects {name}");
        }
        for name in no {
            assert!(!selects(pattern.as_bytes(), name.as_bytes()), "{pattern} does not select {name}");
        }
    }

    #[test]
    fn a_star_is_any_text() {
        all("web*", &["web", "web1", "web*"], &["we", "aweb"]);
        all("*b*b", &["bb", "abab", "bxbxb"], &["b", "ba", "bba"]);
        all("*", &["", "x"], &[]);
    }

    #[test]
    fn a_question_mark_is_one_character() {
        all("web?", &["web1", "webé"], &["web", "web12"]);
    }

    #[test]
    fn brackets_are_one_of_these() {
        all("[a-cx]1", &["a1", "b1", "x1"], &["d1", "1", "a"]);
        all("[!a-c]1", &["d1", "é1"], &["a1", "1"]);
        all("[]a]", &["]", "a"], &["b"]);
        all("[a-]", &["a", "-"], &["b"]);
        all("[à-ü]", &["é"], &["e"]);
        all("[ab", &["[ab"], &["a"]);
    }

    #[test]
    fn other_bytes_are_themselves() {
        all("a.b", &["a.b"], &["axb"]);
        assert!(selects(b"\xff?", b"\xff\xfe"));
        assert!(is_pattern(b"web?") && !is_pattern(b"web.1"));
    }

    #[test]
    fn many_stars_take_no_time() {
        let name = [b'a'; 200];
        assert!(!selects(b"*a*a*a*a*a*a*a*a*a*a*a*b", &name));
    }
}
