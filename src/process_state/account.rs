//! Users and groups: the words after `-u`, and the lines of passwd and group files.

use alloc::vec::Vec;

/// The most groups that one `-u` can name. More numbers are an error; more names are left out, as in runit.
pub const MOST_GROUPS: usize = 60;

/// Whom a program shall run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// `user[:group...]`, still to be looked up.
    Named {
        /// The user.
        user: Vec<u8>,
        /// The groups; none means the user's own.
        groups: Vec<Vec<u8>>,
    },
    /// `:uid:gid[:gid...]`.
    Numbered(Account),
}

/// A user and groups by number: all that the kernel knows of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// All groups, that one first.
    pub groups: Vec<u32>,
}

impl Account {
    /// A user with these groups, the first being the main one.
    pub fn new(uid: u32, groups: Vec<u32>) -> Option<Account> {
        let gid = *groups.first()?;
        Some(Account { uid, gid, groups })
    }
}

impl Who {
    /// The words after `-u`. Nothing else can be wrong with them than a number; then the answer is what follows the
    /// first colon.
    pub fn parse(word: &[u8]) -> Result<Who, &[u8]> {
        if let [b':', numbers @ ..] = word {
            return numbered(numbers).map(Who::Numbered).ok_or(numbers);
        }
        let mut words = word.split(|byte| *byte == b':').map(<[u8]>::to_vec);
        let user = words.next().unwrap_or_default();
        Ok(Who::Named { user, groups: words.take(MOST_GROUPS).collect() })
    }

    /// A user by name alone, whatever the name looks like.
    pub fn user(name: &[u8]) -> Who {
        Who::Named { user: name.to_vec(), groups: Vec::new() }
    }
}

fn numbered(text: &[u8]) -> Option<Account> {
    let mut numbers = text.split(|byte| *byte == b':').map(id);
    let uid = numbers.next()??;
    let groups: Vec<u32> = numbers.collect::<Option<_>>()?;
    if groups.len() > MOST_GROUPS { None } else { Account::new(uid, groups) }
}

/// A user or group number; as in runit, no digits are a zero. The largest of 32 bits means "unchanged" to the kernel,
/// so it is nobody's.
fn id(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() { Some(0) } else { number(digits) }
}

fn number(digits: &[u8]) -> Option<u32> {
    let digits = core::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse().ok().filter(|id| *id != u32::MAX)
}

/// A user's number and main group, from the content of a passwd file or an answer of getent.
pub fn find_user(content: &[u8], name: &[u8]) -> Option<(u32, u32)> {
    entries(content, name).find_map(|mut fields| {
        let (uid, gid) = (fields.nth(2)?, fields.next()?);
        Some((number(uid)?, number(gid)?))
    })
}

/// A group's number, from the content of a group file or an answer of getent.
pub fn find_group(content: &[u8], name: &[u8]) -> Option<u32> {
    entries(content, name).find_map(|mut fields| number(fields.nth(2)?))
}

/// The lines of this name, as their fields. Nobody has an empty name, even where a damaged file has such a line.
fn entries<'a>(content: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = impl Iterator<Item = &'a [u8]>> {
    let lines = content.split(|byte| *byte == b'\n').filter(move |_| !name.is_empty());
    lines.map(|line| line.split(|byte| *byte == b':')).filter(move |fields| fields.clone().next() == Some(name))
}

/// Whether a passwd or group file pulls in other sources by lines that begin with `+` or `-`.
pub fn is_compound(content: &[u8]) -> bool {
    content.split(|byte| *byte == b'\n').any(|line| matches!(line, [b'+' | b'-', ..]))
}

/// Where the host looks names up, as /etc/nsswitch.conf has it for one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The file in /etc is asked first, and what it says is the answer.
    pub file_first: bool,
    /// There are others.
    pub others: bool,
}

impl Sources {
    /// A host that does not say: the file alone.
    pub const FILE: Sources = Sources { file_first: true, others: false };

    /// The sources of a database (`passwd`, `group`) from the content of nsswitch.conf.
    pub fn parse(content: &[u8], database: &[u8]) -> Sources {
        let found = content.split(|byte| *byte == b'\n').find_map(|line| {
            let line = line.split(|byte| *byte == b'#').next()?.trim_ascii();
            line.strip_prefix(database)?.trim_ascii_start().strip_prefix(b":")
        });
        found.map_or(Sources::FILE, Sources::of_line)
    }

    fn of_line(line: &[u8]) -> Sources {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).peekable();
        let first = words.next();
        let others = words.peek().is_some();
        let mut actions = words.take_while(|word| is_action(word));
        let known = matches!(first, None | Some(b"files" | b"compat"));
        Sources { file_first: known && actions.all(keeps_what_was_found), others }
    }
}

/// What to do with an answer, as `[NOTFOUND=return]`, perhaps in several words.
fn is_action(word: &[u8]) -> bool {
    word.contains(&b'[') || word.contains(&b']') || word.contains(&b'=')
}

/// Whether a number that the file has is the last word. Merging adds members to a group, which do not matter here.
fn keeps_what_was_found(action: &[u8]) -> bool {
    let words = action.to_ascii_lowercase();
    let about_finding = words.windows(8).position(|part| part == b"success=");
    let rest = about_finding.and_then(|at| words.get(at + 8..));
    let kept = rest.is_none_or(|rest| rest.starts_with(b"return") || rest.starts_with(b"merge"));
    kept && !words.contains(&b'!')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::format;
    use alloc::vec;

    #[test]
    fn names_are_taken_apart_at_colons() {
        let named = |user: &str, groups: &[&str]| {
            Ok(Who::Named { user: user.into(), groups: groups.iter().map(|g| g.as_bytes().to_vec()).collect() })
        };
        assert_eq!(Who::parse(b"web"), named("web", &[]));
        assert_eq!(Who::parse(b"web:a:b"), named("web", &["a", "b"]));
        assert_eq!(Who::parse(b"web:"), named("web", &[""]));
        assert_eq!(Who::parse(b""), named("", &[]));
        let many = format!("web{}", ":g".repeat(70));
        assert!(matches!(Who::parse(many.as_bytes()), Ok(Who::Named { groups, .. }) if groups.len() == MOST_GROUPS));
    }

    #[test]
    fn numbers_need_a_group() {
        let numbered = |uid, groups: &[u32]| Ok(Who::Numbered(Account::new(uid, groups.to_vec()).unwrap()));
        assert_eq!(Who::parse(b":1000:5:6"), numbered(1000, &[5, 6]));
        assert_eq!(Who::parse(b":7:"), numbered(7, &[0]), "as in runit");
        assert_eq!(Who::parse(b"::1"), numbered(0, &[1]), "as in runit");
        for word in [":", ":7", ":x:1", ":1x:2", ":-1:2", ":1: 2", ":+1:2"] {
            assert_eq!(Who::parse(word.as_bytes()), Err(&word.as_bytes()[1..]), "{word}");
        }
    }

    #[test]
    fn a_number_that_would_wrap_to_root_is_refused() {
        for word in [":4294967296:1", ":4294967295:1", ":1:4294967296", ":18446744073709551617:1"] {
            assert!(Who::parse(word.as_bytes()).is_err(), "{word}");
        }
    }

    #[test]
    fn sixty_groups_and_no_more() {
        assert!(Who::parse(format!(":0{}", ":1".repeat(60)).as_bytes()).is_ok());
        assert!(Who::parse(format!(":0{}", ":1".repeat(61)).as_bytes()).is_err());
    }

    const PASSWD: &[u8] =
        b"# a comment\nroot:x:0:0:root:/root:/bin/sh\nbad:x::0::\nbad:x:7:8::\n:x:0:0::\nweb:x:33:34::";

    #[test]
    fn users_are_found_by_their_whole_name() {
        assert_eq!(find_user(PASSWD, b"root"), Some((0, 0)));
        assert_eq!(find_user(PASSWD, b"web"), Some((33, 34)));
        assert_eq!(find_user(PASSWD, b"bad"), Some((7, 8)), "a damaged line is passed over");
        for name in ["", "roo", "root:x", "# a comment", "we", "0"] {
            assert_eq!(find_user(PASSWD, name.as_bytes()), None, "{name:?}");
        }
    }

    #[test]
    fn groups_are_found_by_their_whole_name() {
        let groups = b"root:x:0:\nadm:x:4:web,db\n:x:0:\n";
        assert_eq!(find_group(groups, b"adm"), Some(4));
        assert_eq!(find_group(groups, b"web"), None);
        assert_eq!(find_group(groups, b""), None);
    }

    #[test]
    fn the_file_answers_only_where_the_host_asks_it_first() {
        let of = |text: &str| Sources::parse(text.as_bytes(), b"passwd");
        assert_eq!(of(""), Sources::FILE);
        assert_eq!(of("group: ldap\n"), Sources::FILE);
        assert_eq!(of("passwd: files\n"), Sources::FILE);
        assert_eq!(of("#passwd: ldap\n passwd :\tfiles systemd # sss"), Sources { file_first: true, others: true });
        assert_eq!(of("passwd: sss files"), Sources { file_first: false, others: true });
        for last in ["[SUCCESS=merge]", "[success=return]", "[NOTFOUND=return]", "[ NOTFOUND=return UNAVAIL=continue ]"]
        {
            assert_eq!(of(&format!("passwd: files {last} sss")), Sources { file_first: true, others: true }, "{last}");
        }
        for open in ["[SUCCESS=continue]", "[!NOTFOUND=continue]", "[ NOTFOUND=return success=continue ]"] {
            assert_eq!(of(&format!("passwd: files {open} sss")), Sources { file_first: false, others: true }, "{open}");
        }
        assert_eq!(of("passwd_x: ldap\npasswd: compat"), Sources::FILE);
    }

    #[test]
    fn a_file_that_includes_others_says_so() {
        assert!(is_compound(b"root:x:0:0\n+::::\n"));
        assert!(!is_compound(PASSWD));
    }

    #[test]
    fn arbitrary_words_never_panic_and_round_trip() {
        let mut source = Random::new(7);
        for _ in 0..20_000 {
            let word = source.bytes(b":0123456789ab", 24);
            if let Ok(Who::Numbered(account)) = Who::parse(&word) {
                let groups: Vec<_> = account.groups.iter().map(|gid| format!(":{gid}")).collect();
                let text = format!(":{}{}", account.uid, groups.concat());
                assert_eq!(Who::parse(text.as_bytes()), Ok(Who::Numbered(account)));
            }
            let content = source.bytes(b":\n0123456789a+#", 60);
            let _ = (find_user(&content, &word), find_group(&content, b"a"), Sources::parse(&content, b"a"));
            let line = format!("u:x:{}:{}::", source.number(1 << 32), source.number(1 << 32));
            let fields: vec::Vec<u64> = line.split(':').filter_map(|f| f.parse().ok()).collect();
            let found = find_user(line.as_bytes(), b"u").map(|(uid, gid)| vec![uid.into(), gid.into()]);
            assert!(found == Some(fields.clone()) || fields.contains(&u32::MAX.into()));
        }
    }
}
