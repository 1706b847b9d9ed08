//! Measurements against what they shall be.

use super::Verdict;
use super::amount::{Decimal, Limit, Percent, Sizes};
use super::tree::Process;
use crate::exit::{Ending, Pid};
use crate::span::{Size, Span};
use alloc::format;
use alloc::string::String;
use core::fmt::Display;
use core::time::Duration;

/// `WHAT, below LIMIT`, or `WHAT is not below LIMIT`.
fn below<T: PartialOrd + Display>(is: T, limit: T, what: &str) -> Verdict {
    let well = is < limit;
    let words = if well { format!("{is}{what}, below {limit}") } else { format!("{is}{what} is not below {limit}") };
    Verdict::when(well, words)
}

/// What a tree holds of the machine's memory.
pub fn memory(tree: &[Process], page: u64, limit: Size) -> Verdict {
    let pages = tree.iter().fold(0_u64, |sum, process| sum.saturating_add(process.pages));
    below(Size(pages.saturating_mul(page)), limit, &of(tree.len()))
}

/// What a tree has used of a processor between two looks at it.
pub fn cpu(before: &[Process], after: &[Process], span: Duration, ticks_a_second: u64, limit: Percent) -> Verdict {
    let sum = |tree: &[Process]| tree.iter().fold(0_u64, |sum, process| sum.saturating_add(process.ticks));
    let used = sum(after).saturating_sub(sum(before)).saturating_mul(1000);
    let had = u64::try_from(span.as_millis()).unwrap_or(u64::MAX).saturating_mul(ticks_a_second);
    let what = format!(" of a processor over {}{}", Span(span), of(after.len()));
    below(Percent::of(used, had), limit, &what)
}

fn of(processes: usize) -> String {
    match processes {
        1 => String::new(),
        _ => format!(" in {processes} processes"),
    }
}

/// The descriptors of a process, and how many it may have; nothing where it may have any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors {
    /// Whose.
    pub pid: Pid,
    /// How many are open.
    pub open: u64,
    /// How many may be.
    pub most: Option<u64>,
}

/// The process that is nearest to the limit decides.
pub fn descriptors(all: &[Descriptors], limit: Limit) -> Verdict {
    let part = |one: &Descriptors| one.most.map_or(Percent(Decimal(0)), |most| Percent::of(one.open, most));
    let worst = match limit {
        Limit::Count(_) => all.iter().max_by_key(|one| one.open),
        Limit::Part(_) => all.iter().max_by_key(|one| part(one)),
    };
    match (worst, limit) {
        (None, _) => Verdict::Unknown("its processes have gone".into()),
        (Some(one), Limit::Count(limit)) => below(one.open, limit, &format!(" open in process {}", one.pid)),
        (Some(one), Limit::Part(limit)) => {
            let of = one.most.map_or_else(|| "any number".into(), |most| format!("{most}"));
            below(part(one), limit, &format!(" ({} of {of}) open in process {}", one.open, one.pid))
        }
    }
}

/// The soft limit of open files in the content of `/proc/PID/limits`; inside, nothing if there is none.
pub fn most_descriptors(limits: &[u8]) -> Option<Option<u64>> {
    let text = core::str::from_utf8(limits).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_ascii_whitespace().next()? {
        "unlimited" => Some(None),
        number => number.parse().ok().map(Some),
    }
}

/// Over how long the load of a machine is an average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Minutes {
    /// One minute.
    #[default]
    One,
    /// Five.
    Five,
    /// Fifteen.
    Fifteen,
}

impl Minutes {
    /// `1m`, `5m` or `15m`.
    pub fn parse(span: Duration) -> Option<Minutes> {
        match span.as_secs() {
            60 => Some(Minutes::One),
            300 => Some(Minutes::Five),
            900 => Some(Minutes::Fifteen),
            _ => None,
        }
    }

    /// That one of the content of /proc/loadavg.
    pub fn of(self, averages: &[u8]) -> Option<Decimal> {
        let at = match self {
            Minutes::One => 0,
            Minutes::Five => 1,
            Minutes::Fifteen => 2,
        };
        Decimal::parse(averages.split(u8::is_ascii_whitespace).nth(at)?).ok()
    }
}

/// The load of the machine; `cores`: for each of so many.
pub fn load(load: Decimal, cores: Option<u64>, limit: Decimal) -> Verdict {
    match cores {
        None => below(load, limit, ""),
        Some(cores) => below(load.over(cores), limit, &format!(" for each of {cores} processors")),
    }
}

/// What a file system has, in units of its own choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes of it all.
    pub size: u64,
    /// Bytes that are free, also those for root alone.
    pub free: u64,
    /// Bytes that are free for everybody.
    pub available: u64,
    /// How many files there can be; 0 where nobody counts.
    pub files: u64,
    /// How many more.
    pub free_files: u64,
}

/// What of a file system shall be; at least one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpaceLimits {
    /// Less than this in use.
    pub below: Option<Percent>,
    /// At least this much to be had.
    pub free: Option<Size>,
    /// Fewer of its files than this.
    pub files: Option<Percent>,
}

/// The first of the limits that does not hold, or what there is.
pub fn space(space: &Space, limits: &SpaceLimits) -> Verdict {
    let taken = space.size.saturating_sub(space.free);
    // As df reckons it: what is for root alone counts neither as used nor as to be had.
    let used = Percent::of(taken, taken.saturating_add(space.available));
    let files = Percent::of(space.files.saturating_sub(space.free_files), space.files);
    let available = Size(space.available);
    let free = limits.free.map(|least| {
        let well = available >= least;
        let words = if well { format!("{available} free") } else { format!("{available} free is less than {least}") };
        Verdict::when(well, words)
    });
    let verdicts = [
        limits.below.map(|limit| below(used, limit, " used")),
        free,
        limits.files.map(|limit| below(files, limit, " of its files used")),
    ];
    worst(verdicts.into_iter().flatten())
}

/// The first that is not well, or all that are.
fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let mut all = String::new();
    for verdict in verdicts {
        match verdict {
            Verdict::Well(words) => {
                all.push_str(if all.is_empty() { "" } else { "; " });
                all.push_str(&words);
            }
            other => return other,
        }
    }
    Verdict::Well(all)
}

/// What of a file shall be. None of these: that it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileLimits {
    /// Changed less than this ago.
    pub younger: Option<Span>,
    /// Changed more than this ago.
    pub older: Option<Span>,
    /// As large as this.
    pub size: Option<Sizes>,
}

/// A file, by how long ago it was changed and its size.
pub fn file(age: Duration, size: u64, limits: &FileLimits) -> Verdict {
    // People read seconds; the comparison is exact.
    let shown = Span(Duration::from_secs(age.as_secs()));
    let younger = limits.younger.map(|limit| {
        let well = age < limit.0;
        let not = if well { "younger" } else { "not younger" };
        Verdict::when(well, format!("changed {shown} ago, {not} than {limit}"))
    });
    let older = limits.older.map(|limit| {
        let well = age > limit.0;
        let not = if well { "older" } else { "not older" };
        Verdict::when(well, format!("changed {shown} ago, {not} than {limit}"))
    });
    let size = limits.size.map(|range| {
        let well = range.has(size);
        let not = if well { "" } else { "not " };
        Verdict::when(well, format!("size {}, {not}in {range}", Size(size)))
    });
    match worst([younger, older, size].into_iter().flatten()) {
        Verdict::Well(words) if words.is_empty() => Verdict::Well("exists".into()),
        verdict => verdict,
    }
}

/// A program, by how it ended and the first line that it said.
pub fn program(ending: Ending, line: &[u8]) -> Verdict {
    let said = if line.is_empty() { String::new() } else { format!(": {}", super::text::quoted(line)) };
    match ending {
        Ending::Exited(code) => Verdict::when(code == 0, format!("exit code {code}{said}")),
        Ending::Killed { by, .. } => Verdict::Ill(format!("ended by signal {by}{said}")),
        Ending::Unknown => Verdict::Ill(format!("ended, nobody knows how{said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Signal;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    fn well(words: &str) -> Verdict {
        Verdict::Well(words.to_string())
    }

    fn ill(words: &str) -> Verdict {
        Verdict::Ill(words.to_string())
    }

    fn percent(text: &str) -> Percent {
        Percent::parse(text.as_bytes()).unwrap()
    }

    fn tree(processes: &[(u64, u64)]) -> Vec<Process> {
        let pid = Pid::new(7).unwrap();
        processes
            .iter()
            .map(|(ticks, pages)| Process { pid, parent: 1, ticks: *ticks, began: 0, pages: *pages })
            .collect()
    }

    #[test]
    fn memory_is_that_of_all() {
        let tree = tree(&[(0, 256), (0, 256)]);
        assert_eq!(memory(&tree, 4096, Size(3 << 20)), well("2m in 2 processes, below 3m"));
        assert_eq!(memory(&tree, 4096, Size(2 << 20)), ill("2m in 2 processes is not below 2m"));
        assert_eq!(memory(&tree[..1], 4096, Size(2 << 20)), well("1m, below 2m"));
    }

    #[test]
    fn processor_time_of_children_that_came_and_went_counts() {
        let second = Duration::from_secs(1);
        let (before, after) = (tree(&[(100, 0), (30, 0)]), tree(&[(180, 0)]));
        let used = |limit| cpu(&before, &after, second, 100, percent(limit));
        assert_eq!(used("51%"), well("50% of a processor over 1s, below 51%"));
        assert_eq!(used("50%"), ill("50% of a processor over 1s is not below 50%"));
        assert_eq!(
            cpu(&after, &before, second, 100, percent("1%")),
            well("0% of a processor over 1s in 2 processes, below 1%")
        );
        let both = tree(&[(300, 0)]);
        assert_eq!(
            cpu(&before, &both, second, 100, percent("170.1%")),
            well("170% of a processor over 1s, below 170.1%")
        );
    }

    #[test]
    fn the_process_nearest_to_the_limit_decides() {
        let one = |pid, open, most| Descriptors { pid: Pid::new(pid).unwrap(), open, most };
        let all = [one(2, 50, Some(100)), one(3, 70, Some(1000)), one(4, 90, None)];
        assert_eq!(descriptors(&all, Limit::Count(91)), well("90 open in process 4, below 91"));
        assert_eq!(descriptors(&all, Limit::Count(90)), ill("90 open in process 4 is not below 90"));
        let half = Limit::Part(percent("50%"));
        assert_eq!(descriptors(&all, half), ill("50% (50 of 100) open in process 2 is not below 50%"));
        assert_eq!(descriptors(&all[2..], half), well("0% (90 of any number) open in process 4, below 50%"));
        assert!(matches!(descriptors(&[], half), Verdict::Unknown(_)));
        let limits = b"Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 4096                 files     \n";
        assert_eq!(most_descriptors(limits), Some(Some(1024)));
        assert_eq!(most_descriptors(b"Max open files            unlimited            unlimited  files\n"), Some(None));
        assert_eq!(most_descriptors(b"nothing"), None);
    }

    #[test]
    fn the_load_may_be_that_of_each_processor() {
        let averages = b"0.42 1.50 3.00 1/100 4242\n";
        let of = |minutes: u64| Minutes::parse(Duration::from_secs(60 * minutes)).unwrap().of(averages).unwrap();
        assert_eq!([of(1), of(5), of(15)], [Decimal(420), Decimal(1500), Decimal(3000)]);
        assert_eq!(Minutes::parse(Duration::from_secs(61)), None);
        assert_eq!(load(of(15), None, Decimal(3000)), ill("3 is not below 3"));
        assert_eq!(load(of(15), Some(4), Decimal(1000)), well("0.75 for each of 4 processors, below 1"));
    }

    #[test]
    fn space_is_reckoned_as_df_does() {
        // 5 of 100 are for root alone.
        let disk = Space { size: 100 << 20, free: 15 << 20, available: 10 << 20, files: 1000, free_files: 100 };
        let below = |text| SpaceLimits { below: Some(percent(text)), ..SpaceLimits::default() };
        assert_eq!(space(&disk, &below("90%")), well("89.4% used, below 90%"));
        assert_eq!(space(&disk, &below("89%")), ill("89.4% used is not below 89%"));
        let free = |size| SpaceLimits { free: Some(Size(size)), ..SpaceLimits::default() };
        assert_eq!(space(&disk, &free(10 << 20)), well("10m free"));
        assert_eq!(space(&disk, &free(11 << 20)), ill("10m free is less than 11m"));
        let all = SpaceLimits { files: Some(percent("90%")), ..below("95%") };
        assert_eq!(space(&disk, &all), ill("90% of its files used is not below 90%"));
        let all = SpaceLimits { files: Some(percent("91%")), ..below("95%") };
        assert_eq!(space(&disk, &all), well("89.4% used, below 95%; 90% of its files used, below 91%"));
        assert_eq!(space(&Space::default(), &all), well("0% used, below 95%; 0% of its files used, below 91%"));
    }

    #[test]
    fn a_file_has_an_age_and_a_size() {
        let minute = Some(Span(Duration::from_secs(60)));
        let is = |age, limits: FileLimits| file(Duration::from_millis(age), 2048, &limits);
        let none = FileLimits::default();
        assert_eq!(is(0, none), well("exists"));
        assert_eq!(is(59_999, FileLimits { younger: minute, ..none }), well("changed 59s ago, younger than 1m"));
        assert_eq!(is(60_000, FileLimits { younger: minute, ..none }), ill("changed 1m ago, not younger than 1m"));
        assert_eq!(is(60_001, FileLimits { older: minute, ..none }), well("changed 1m ago, older than 1m"));
        assert_eq!(is(60_000, FileLimits { older: minute, ..none }), ill("changed 1m ago, not older than 1m"));
        let size = |text: &str| Some(Sizes::parse(text.as_bytes()).unwrap());
        assert_eq!(is(0, FileLimits { size: size("1k-"), ..none }), well("size 2k, in 1k-"));
        let both = FileLimits { younger: minute, size: size("3k-"), ..none };
        assert_eq!(is(0, both), ill("size 2k, not in 3k-"));
    }

    #[test]
    fn a_program_says_by_its_end() {
        assert_eq!(program(Ending::Exited(0), b"all is well\n"), well("exit code 0: \"all is well\""));
        assert_eq!(program(Ending::Exited(3), b""), ill("exit code 3"));
        let killed = Ending::Killed { by: Signal::TERM, core: false };
        assert_eq!(program(killed, b""), ill("ended by signal TERM"));
    }
}
