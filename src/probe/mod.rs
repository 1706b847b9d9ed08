//! What `svprobe` is asked, and what it makes of an answer: addresses, conversations, measurements, verdicts. Nothing
//! here connects, reads or waits.
#![forbid(unsafe_code)]

pub mod amount;
pub mod certificate;
pub mod host;
pub mod http;
pub mod judge;
pub mod talk;
pub mod text;
pub mod tree;

use alloc::string::String;

/// What a probe found, and why in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Well(String),
    /// It is not.
    Ill(String),
    /// It could not be found out.
    Unknown(String),
}

impl Verdict {
    /// Well or not, with the same words.
    pub fn when(well: bool, words: String) -> Verdict {
        if well { Verdict::Well(words) } else { Verdict::Ill(words) }
    }
}
