//! Records of utmp and wtmp: who is logged in where, and who was. Only what logging a line out takes.
#![forbid(unsafe_code)]

/// Bytes of one record.
pub const SIZE: usize = if WIDE { 400 } else { 384 };

/// Longest name of a line; one that fills its field has no zero byte after it.
pub const LINE: usize = 32;

/// The C library keeps times of 32 bits where programs of 32 bits share its files, and of 64 bits elsewhere.
const WIDE: bool = cfg!(not(any(
    target_arch = "x86",
    target_arch = "x86_64",
    target_arch = "arm",
    target_arch = "powerpc",
    target_arch = "powerpc64",
    target_arch = "s390x",
))) || cfg!(target_env = "musl");

const KIND: core::ops::Range<usize> = 0..2;
const LINE_AT: core::ops::Range<usize> = 8..8 + LINE;
const USER_AT: core::ops::Range<usize> = 44..76;
const HOST_AT: core::ops::Range<usize> = 76..332;
const TIME_AT: core::ops::Range<usize> = if WIDE { 344..360 } else { 340..348 };

/// The kind of a record whose session is over.
const DEAD_PROCESS: i16 = 8;

/// A record, as it is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(pub [u8; SIZE]);

impl Record {
    /// One that says no more than that this line is dead.
    pub fn dead(line: &[u8], seconds: i64) -> Record {
        let mut record = Record([0; SIZE]);
        for (to, from) in record.0[LINE_AT].iter_mut().zip(line) {
            *to = *from;
        }
        record.log_out(seconds);
        record
    }

    /// Whether somebody (or the login prompt) is on this line.
    pub fn is_in_use(&self, line: &[u8]) -> bool {
        let user = self.0[USER_AT].first().is_some_and(|byte| *byte != 0);
        let field = &self.0[LINE_AT];
        let name = field.split(|byte| *byte == 0).next().unwrap_or(field);
        user && name == line
    }

    /// Takes the user away. Which process and which line it was stays.
    pub fn log_out(&mut self, seconds: i64) {
        self.0[KIND].copy_from_slice(&DEAD_PROCESS.to_ne_bytes());
        self.0[USER_AT].fill(0);
        self.0[HOST_AT].fill(0);
        let time = &mut self.0[TIME_AT];
        time.fill(0);
        if WIDE {
            time[..8].copy_from_slice(&seconds.to_ne_bytes());
        } else {
            time[..4].copy_from_slice(&(seconds as u32).to_ne_bytes()); // what the field holds, until 2106
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::offset_of;

    #[test]
    fn the_fields_are_where_the_c_library_has_them() {
        assert_eq!(SIZE, size_of::<libc::utmpx>());
        assert_eq!(LINE_AT.start, offset_of!(libc::utmpx, ut_line));
        assert_eq!(USER_AT.start, offset_of!(libc::utmpx, ut_user));
        assert_eq!(HOST_AT.start, offset_of!(libc::utmpx, ut_host));
        assert_eq!(TIME_AT.start, offset_of!(libc::utmpx, ut_tv));
        assert_eq!(DEAD_PROCESS, libc::DEAD_PROCESS);
    }

    fn somebody(line: &[u8]) -> Record {
        let mut record = Record([7; SIZE]);
        record.0[LINE_AT].fill(0);
        record.0[LINE_AT][..line.len()].copy_from_slice(line);
        record
    }

    #[test]
    fn a_line_is_matched_whole() {
        assert!(somebody(b"tty1").is_in_use(b"tty1"));
        assert!(somebody(&[b'x'; LINE]).is_in_use(&[b'x'; LINE]));
        for other in [&b"tty"[..], b"tty10", b"", &[b'x'; LINE + 1]] {
            assert!(!somebody(b"tty1").is_in_use(other), "{other:?}");
        }
    }

    #[test]
    fn logged_out_is_without_user_and_host_and_in_nobodys_use() {
        let before = somebody(b"tty1");
        let mut record = before.clone();
        record.log_out(0x0102_0304);
        assert!(!record.is_in_use(b"tty1"));
        assert_eq!(record.0[2..44], before.0[2..44], "process, line and id stay");
        assert!(record.0[USER_AT.start..HOST_AT.end].iter().all(|byte| *byte == 0));
        assert_eq!(record.0[TIME_AT][..4], 0x0102_0304_u32.to_ne_bytes());
        assert_eq!(record.0[TIME_AT.end..], before.0[TIME_AT.end..]);
    }
}
