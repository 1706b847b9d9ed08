//! Where a logger writes, as its command line tells.

use alloc::vec::Vec;

/// A place to which a logger writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlet {
    /// A log directory.
    Directory(Vec<u8>),
    /// A plain file, beside which there are numbered ones.
    File(Vec<u8>),
}

impl Outlet {
    /// Its path.
    pub fn path(&self) -> &[u8] {
        match self {
            Outlet::Directory(path) | Outlet::File(path) => path,
        }
    }
}

/// Options of `svlogd` that take a value; the first is the one that names a file.
const VALUED: [(u8, &[u8]); 8] = [
    (b'o', b"--output"),
    (b'r', b"--replace"),
    (b'R', b"--replace-also"),
    (b'l', b"--line"),
    (b'b', b"--buffer"),
    (b'c', b"--config"),
    (b'n', b"--name"),
    (b'm', b"--most"),
];

/// The places that a command line names; nothing if it is not that of a logger that is known here.
pub fn outlets(words: &[Vec<u8>]) -> Option<Vec<Outlet>> {
    let (program, words) = words.split_first()?;
    match program.rsplit(|byte| *byte == b'/').next()? {
        b"svlogd" => Some(of_svlogd(words)),
        b"s6-log" | b"multilog" => Some(of_script(words)),
        _ => None,
    }
}

/// Every word of a logging script that begins like a path is a directory.
fn of_script(words: &[Vec<u8>]) -> Vec<Outlet> {
    let paths = words.iter().filter(|word| matches!(word.first(), Some(b'/' | b'.')));
    paths.cloned().map(Outlet::Directory).collect()
}

fn of_svlogd(words: &[Vec<u8>]) -> Vec<Outlet> {
    let mut found = Vec::new();
    let mut words = words.iter();
    let mut add = |option: u8, value: Option<&[u8]>| {
        if let (b'o', Some(value)) = (option, value) {
            found.push(Outlet::File(value.to_vec()));
        }
    };
    let mut operands = Vec::new();
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"--" => break,
            [b'-', b'-', ..] => {
                let mut halves = word.splitn(2, |byte| *byte == b'=');
                let name = halves.next().unwrap_or_default();
                if let Some((letter, _)) = VALUED.iter().find(|(_, long)| *long == name) {
                    add(*letter, halves.next().or_else(|| words.next().map(Vec::as_slice)));
                }
            }
            [b'-', cluster @ ..] if !cluster.is_empty() => {
                let valued = |letter: &u8| VALUED.iter().any(|(known, _)| known == letter);
                let Some(at) = cluster.iter().position(valued) else { continue };
                let glued = cluster.get(at + 1..).filter(|glued| !glued.is_empty());
                let letter = cluster.get(at).copied().unwrap_or_default();
                add(letter, glued.or_else(|| words.next().map(Vec::as_slice)));
            }
            _ => {
                operands.push(word);
                break;
            }
        }
    }
    operands.extend(words);
    found.extend(operands.into_iter().cloned().map(Outlet::Directory));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Vec<Outlet>> {
        let words: Vec<Vec<u8>> = line.split(' ').map(|word| word.into()).collect();
        outlets(&words)
    }

    fn directories(line: &str) -> Vec<Outlet> {
        line.split_whitespace().map(|path| Outlet::Directory(path.into())).collect()
    }

    #[test]
    fn the_operands_of_svlogd_are_directories() {
        for (line, expected) in [
            ("svlogd -tt /var/log/web", "/var/log/web"),
            ("/usr/bin/svlogd -ttv -r _ -l 500 main ./errors", "main ./errors"),
            ("svlogd -tr_ -R ab -b2000 -- -x", "-x"),
            ("svlogd -j --name web -c s100 --line=5 main -t", "main -t"),
            ("svlogd", ""),
        ] {
            assert_eq!(read(line), Some(directories(expected)), "{line}");
        }
    }

    #[test]
    fn a_plain_file_is_told_from_a_directory() {
        let file = |path: &str| Outlet::File(path.into());
        assert_eq!(read("svlogd -to /log/web"), Some(alloc::vec![file("/log/web")]));
        let both = read("svlogd --output=a -ob main").unwrap();
        assert_eq!(both, [file("a"), file("b"), Outlet::Directory(b"main".to_vec())]);
    }

    #[test]
    fn scripts_name_directories_as_paths() {
        assert_eq!(read("s6-log -b n20 s1000000 T !gzip -.*x /var/log/web"), Some(directories("/var/log/web")));
        assert_eq!(read("multilog t s99 ./main +* ./all"), Some(directories("./main ./all")));
    }

    #[test]
    fn others_are_not_known() {
        assert_eq!(read("sh ./run"), None);
        assert_eq!(outlets(&[]), None);
    }
}
