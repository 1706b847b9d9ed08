//! What a call can fail with, by number and by name.

use alloc::format;
use alloc::string::{String, ToString};

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its number.
    pub code: i64,
    /// `NAME`, or `NAME: detail`.
    pub text: String,
}

/// The failures that Supervisor knows, and the status of a process in the answer to a call for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its number.
    pub code: i64,
    /// Its name.
    pub name: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $code:literal),* $(,)?) => {
        impl Kind {
            $(#[doc = stringify!($name)] pub const $name: Kind = Kind { code: $code, name: stringify!($name) };)*

            /// All of them.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];
        }
    };
}

kinds! {
    UNKNOWN_METHOD = 1, INCORRECT_PARAMETERS = 2, BAD_ARGUMENTS = 3, SIGNATURE_UNSUPPORTED = 4, SHUTDOWN_STATE = 6,
    BAD_NAME = 10, BAD_SIGNAL = 11, NO_FILE = 20, NOT_EXECUTABLE = 21, FAILED = 30, ABNORMAL_TERMINATION = 40,
    SPAWN_ERROR = 50, ALREADY_STARTED = 60, NOT_RUNNING = 70, SUCCESS = 80, ALREADY_ADDED = 90, STILL_RUNNING = 91,
    CANT_REREAD = 92,
}

impl Kind {
    /// A failure of this kind.
    pub fn fault(self) -> Fault {
        Fault { code: self.code, text: self.name.to_string() }
    }

    /// A failure of this kind, and what it is about.
    pub fn about(self, detail: &str) -> Fault {
        Fault { code: self.code, text: format!("{}: {detail}", self.name) }
    }
}

impl Fault {
    /// Whether it is of this kind; the text does not count.
    pub fn is(&self, kind: Kind) -> bool {
        self.code == kind.code
    }
}
