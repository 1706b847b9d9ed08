//! What a supervisor hands to the program that takes its place in the same process: all that it knows, as bytes. Both
//! ends of the format.
//!
//! ```text
//! magic (8) | version (2) | length (4) | content | checksum (4)
//! ```
//!
//! The content is made of what `pack` describes: a structure is a row of fields, each with a tag and a length. A reader
//! that does not know a tag refuses all of it, unless the tag is one of those that may be left out (128 and above): those
//! it skips. A field that is not there is refused too, unless it may be left out: then it is what it is by default. So an
//! older and a newer program understand each other, or they know that they do not. The version is raised only where the
//! same bytes come to mean something else.
//!
//! Numbers are big-endian. The checksum is for what no tag can tell: that these are not the bytes that were written.
#![forbid(unsafe_code)]

extern crate alloc;

pub mod pack;
mod words;

pub use pack::{Number, Packed};

use alloc::vec::Vec;
use core::fmt;
use pack::Bytes;

const MAGIC: [u8; 8] = *b"keepupH\n";

/// Of this layout.
pub const VERSION: u16 = 1;

/// What a program that understands writes behind it, when it is asked whether it does.
pub const UNDERSTOOD: &[u8] = b"understood\n";

/// What stands before the content.
const HEAD: usize = 8 + 2 + 4;

/// What stands behind it.
const SUM: usize = 4;

/// Nothing that is handed over is longer: what says so is no handover.
pub const LONGEST: usize = 64 * 1024 * 1024;

/// Why something is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is nothing of ours, or not all of it.
    Foreign,
    /// Its version is another.
    Version(u16),
    /// It says something that is not known here.
    Content,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Foreign => f.write_str("what is handed over is nothing that is known"),
            Refused::Version(version) => write!(f, "what is handed over is of version {version}"),
            Refused::Content => f.write_str("what is handed over says something that is not known"),
        }
    }
}

/// All of it, to be written.
pub fn seal(content: &impl Packed) -> Vec<u8> {
    let mut packed = Vec::new();
    content.pack(&mut packed);
    let length = u32::try_from(packed.len()).unwrap_or(u32::MAX);
    let mut all = Vec::with_capacity(HEAD + packed.len() + SUM);
    all.extend(MAGIC);
    all.extend(VERSION.to_be_bytes());
    all.extend(length.to_be_bytes());
    all.append(&mut packed);
    all.extend(sum(&all).to_be_bytes());
    all
}

/// What was written.
pub fn open<T: Packed>(all: &[u8]) -> Result<T, Refused> {
    let mut bytes = Bytes(envelope(all)?);
    let content = T::unpack(&mut bytes).ok_or(Refused::Content)?;
    if bytes.0.is_empty() { Ok(content) } else { Err(Refused::Content) }
}

/// What was written, without what is around it.
#[cfg(test)]
pub(crate) fn read_content<T: Packed>(content: &[u8]) -> Option<T> {
    let mut bytes = Bytes(content);
    T::unpack(&mut bytes).filter(|_| bytes.0.is_empty())
}

fn envelope(all: &[u8]) -> Result<&[u8], Refused> {
    let (checked, behind) = all.split_at_checked(all.len().wrapping_sub(SUM)).ok_or(Refused::Foreign)?;
    let (magic, rest) = checked.split_first_chunk::<8>().ok_or(Refused::Foreign)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(Refused::Foreign)?;
    let (length, content) = rest.split_first_chunk::<4>().ok_or(Refused::Foreign)?;
    if *magic != MAGIC || behind != sum(checked).to_be_bytes() {
        return Err(Refused::Foreign);
    }
    match u16::from_be_bytes(*version) {
        VERSION if u32::from_be_bytes(*length) as usize == content.len() => Ok(content),
        VERSION => Err(Refused::Foreign),
        other => Err(Refused::Version(other)),
    }
}

/// FNV-1a.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests;
