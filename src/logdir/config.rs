//! The file `config` of a log directory: one setting a line, the first character says which, no blank after it, later
//! lines win. What is not known is ignored, as in the original; what is known and wrong is a complaint.

use super::address::{self, Wrong};
use super::pattern::{Pattern, Rule, Verdict};
use super::syslog::{Format, Priority, Target};
use alloc::vec::Vec;
use core::net::SocketAddr;

/// Rotate at so many bytes unless told otherwise.
const SIZE: u64 = 1_000_000;
/// Keep so many old files unless told otherwise.
const KEEP: u64 = 10;
/// What `z` runs when it names nothing.
const COMPRESSOR: &[u8] = b"gzip";

/// How a log directory is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `s`: rotate at so many bytes; 0 never.
    pub size: u64,
    /// `n`: keep so many old files; 0 all.
    pub keep: u64,
    /// `N`: keep so many when the disk is full; of use only below `keep`.
    pub keep_when_full: u64,
    /// `t`: rotate after so many seconds; 0 never.
    pub age: u64,
    /// `S`: hold at most so many bytes in all; 0 for no limit.
    pub cap: u64,
    /// `!` and `z`: what old files go through.
    pub processor: Option<Processor>,
    /// `u` and `U`: who else is sent each line as it is.
    pub udp: Option<SocketAddr>,
    /// `U`: nobody but `udp` gets the lines.
    pub udp_only: bool,
    /// `y` and `Y`: who else is sent each line as a syslog message.
    pub syslog: Vec<Target>,
    /// `p`: what stands before each line, after its time.
    pub prefix: Vec<u8>,
    /// `+ - e E`: which lines go where.
    pub rules: Vec<Rule>,
}

/// What old files go through before they are done with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Processor {
    /// `!`: a line for the shell.
    Shell(Vec<u8>),
    /// `z`: a program and its arguments, without a shell.
    Program(Vec<Vec<u8>>),
}

/// What is wrong with a line; runit's words for it are the driver's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// No IP address: this.
    Ip(Vec<u8>),
    /// No port: this.
    Port(Vec<u8>),
    /// No facility and severity: this.
    Priority(Vec<u8>),
}

impl Default for Config {
    fn default() -> Config {
        Config {
            size: SIZE,
            keep: KEEP,
            keep_when_full: KEEP,
            age: 0,
            cap: 0,
            processor: None,
            udp: None,
            udp_only: false,
            syslog: Vec::new(),
            prefix: Vec::new(),
            rules: Vec::new(),
        }
    }
}

impl Config {
    /// Reads a whole file.
    pub fn read(&mut self, text: &[u8], complain: &mut dyn FnMut(Complaint)) {
        for line in text.split(|byte| *byte == b'\n') {
            if let Err(complaint) = self.set(line) {
                complain(complaint);
            }
        }
    }

    /// Takes one setting.
    pub fn set(&mut self, line: &[u8]) -> Result<(), Complaint> {
        let Some((first, value)) = line.split_first() else { return Ok(()) };
        match first {
            b's' => self.size = scaled(value, &BYTES),
            b'S' => self.cap = scaled(value, &BYTES),
            b't' => self.age = scaled(value, &SECONDS),
            b'n' => self.keep = scaled(value, &[]),
            b'N' => self.keep_when_full = scaled(value, &[]),
            b'p' => self.prefix = value.to_vec(),
            b'!' => self.processor = (!value.is_empty()).then(|| Processor::Shell(value.to_vec())),
            b'z' => self.processor = Some(Processor::Program(words(value))),
            b'+' => self.rule(Verdict::Log, value),
            b'-' => self.rule(Verdict::NoLog, value),
            b'e' => self.rule(Verdict::Stderr, value),
            b'E' => self.rule(Verdict::NoStderr, value),
            b'u' => (self.udp, self.udp_only) = (Some(self.udp(value)?), false),
            b'U' => (self.udp, self.udp_only) = (Some(self.udp(value)?), true),
            b'y' => self.syslog.push(target(Format::Old, value)?),
            b'Y' => self.syslog.push(target(Format::New, value)?),
            _ => {}
        }
        Ok(())
    }

    fn rule(&mut self, verdict: Verdict, pattern: &[u8]) {
        self.rules.push(Rule { verdict, pattern: Pattern(pattern.to_vec()) });
    }

    fn udp(&self, value: &[u8]) -> Result<SocketAddr, Complaint> {
        address::udp(value).map_err(|wrong| complaint(wrong, value))
    }

    /// Whether old files may be thrown away beyond `keep` to make room on a full disk.
    pub fn may_make_room(&self) -> bool {
        self.keep_when_full < self.keep
    }

    /// Whether lines must be looked at whole before it is known where they go.
    pub fn needs_lines(&self) -> bool {
        !self.rules.is_empty() || self.udp.is_some() || !self.syslog.is_empty()
    }
}

fn complaint(wrong: Wrong, value: &[u8]) -> Complaint {
    match wrong {
        Wrong::Ip => Complaint::Ip(value.split(|byte| *byte == b':').next().unwrap_or_default().to_vec()),
        Wrong::Port => Complaint::Port(value.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default().to_vec()),
    }
}

/// `ADDRESS [FACILITY.SEVERITY]`.
fn target(format: Format, value: &[u8]) -> Result<Target, Complaint> {
    let mut words = words(value).into_iter();
    let address = words.next().unwrap_or_default();
    let peer = address::peer(&address).map_err(|_| Complaint::Ip(address))?;
    let priority = match words.next() {
        Some(word) => Priority::parse(&word).ok_or(Complaint::Priority(word))?,
        None => Priority::DEFAULT,
    };
    Ok(Target { peer, format, priority })
}

/// What follows a number and by how much it multiplies.
type Suffixes = [(u8, u64)];
const BYTES: [(u8, u64); 3] = [(b'k', 1 << 10), (b'm', 1 << 20), (b'g', 1 << 30)];
const SECONDS: [(u8, u64); 3] = [(b'm', 60), (b'h', 3600), (b'd', 86400)];

/// Leading digits and a suffix. Other suffixes are ignored, and no digits are 0.
fn scaled(text: &[u8], suffixes: &Suffixes) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits).unwrap_or_default();
    let number = digits.iter().fold(0u64, |n, digit| n.saturating_mul(10).saturating_add((digit - b'0').into()));
    let suffix = rest.first().and_then(|letter| suffixes.iter().find(|(known, _)| known == letter));
    number.saturating_mul(suffix.map_or(1, |(_, factor)| *factor))
}

/// What blanks part; the compressor where there is nothing.
fn words(text: &[u8]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> =
        text.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect();
    if words.is_empty() {
        words.push(COMPRESSOR.to_vec());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use alloc::vec;

    fn read(text: &str) -> (Config, Vec<Complaint>) {
        let (mut config, mut complaints) = (Config::default(), Vec::new());
        config.read(text.as_bytes(), &mut |complaint| complaints.push(complaint));
        (config, complaints)
    }

    #[test]
    fn nothing_said_is_the_default() {
        for text in ["", "\n\n", "# s5\n", "x9\nfoo\n", " s5\n"] {
            assert_eq!(read(text), (Config::default(), vec![]), "{text:?}");
        }
    }

    #[test]
    fn numbers_are_the_originals() {
        let size = |text: &str| read(text).0.size;
        assert_eq!(size("s100"), 100, "a missing newline is fine");
        assert_eq!(size("s100\ns200\n"), 200, "later lines win");
        assert_eq!(size("s 100\n"), 0, "no blank");
        assert_eq!((size("s2k"), size("s2m"), size("s2g")), (2048, 2 << 20, 2 << 30));
        assert_eq!(size("s1K\n"), 1, "other suffixes are ignored");
        assert_eq!(size("s99999999999999999999g"), u64::MAX);
        let age = |text: &str| read(text).0.age;
        assert_eq!((age("t5"), age("t5m"), age("t5h"), age("t1d")), (5, 300, 18000, 86400));
        let config = read("n3\nN1\nS5m").0;
        assert_eq!((config.keep, config.keep_when_full, config.cap), (3, 1, 5 << 20));
        assert!(config.may_make_room());
    }

    #[test]
    fn the_rest_is_taken_as_it_is() {
        let config = read("p a b \n!cat | x\n-*\n+a*\n").0;
        assert_eq!(config.prefix, b" a b ");
        assert_eq!(config.processor, Some(Processor::Shell(b"cat | x".to_vec())));
        let rules: Vec<_> = config.rules.iter().map(|r| (r.verdict, r.pattern.0.as_slice())).collect();
        assert_eq!(rules, [(Verdict::NoLog, &b"*"[..]), (Verdict::Log, b"a*")]);
        assert_eq!(read("z").0.processor, Some(Processor::Program(vec![b"gzip".to_vec()])));
        assert_eq!(read("zxz -9").0.processor, Some(Processor::Program(vec![b"xz".to_vec(), b"-9".to_vec()])));
    }

    #[test]
    fn addresses_that_are_none_are_told() {
        assert_eq!(read("uX\n").1, [Complaint::Ip(b"X".to_vec())]);
        assert_eq!(read("U1.2.3:4\n").1, [Complaint::Ip(b"1.2.3".to_vec())]);
        assert_eq!(read("u1.2.3.4:x\n").1, [Complaint::Port(b"x".to_vec())]);
        let (config, complaints) = read("U1.2.3.4:x\n");
        assert!(!config.udp_only, "lines that cannot be sent stay in the log");
        assert_eq!(complaints.len(), 1);
        assert!(read("U1.2.3.4\n").0.udp_only);
    }

    #[test]
    fn syslog_lines() {
        let (config, complaints) = read("y/dev/log\nY127.0.0.1:99 local3.err\nyx\ny/dev/log nope.info\n");
        let shown: Vec<_> = config.syslog.iter().map(|t| (t.format, t.priority.0)).collect();
        assert_eq!(shown, [(Format::Old, 30), (Format::New, 19 * 8 + 3)]);
        assert_eq!(complaints, [Complaint::Ip(b"x".to_vec()), Complaint::Priority(b"nope.info".to_vec())]);
    }

    #[test]
    fn no_text_makes_it_fall_over() {
        let mut random = Random::new(11);
        let letters = b"snNtSuUpyYz!+-eE#0123456789kmghd.:/ \n\n\xff\0*a";
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..random.below(40)).map(|_| letters[random.below(letters.len())]).collect();
            let mut config = Config::default();
            config.read(&text, &mut drop);
        }
    }
}
