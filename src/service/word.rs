//! Closed lists of words. A list is written once, as an enum with each variant's spelling; reading, showing and telling
//! what there is to choose from all come from that.

use alloc::string::String;

/// One of a closed list of words.
pub trait Word: Copy + PartialEq + 'static {
    /// All of them, in the order in which people are told of them.
    const ALL: &'static [Self];

    /// How it is spelled.
    fn word(self) -> &'static str;

    /// The one that is spelled so.
    fn of(text: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.word().as_bytes() == text)
    }

    /// What there is to choose from: `a | b | c`.
    fn alternatives() -> String {
        list(Self::ALL.iter().map(|word| word.word()), " | ")
    }
}

/// Words with something between each two.
pub fn list<'a>(words: impl Iterator<Item = &'a str>, between: &str) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push_str(between);
        }
        text.push_str(word);
    }
    text
}

/// An enum whose variants are words.
macro_rules! words {
    ($(#[$about:meta])* $seen:vis enum $name:ident {
        $($(#[$means:meta])* $variant:ident = $word:literal,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $seen enum $name { $($(#[$means])* #[doc = concat!("(`", $word, "`)")] $variant,)* }

        impl $crate::service::word::Word for $name {
            const ALL: &'static [$name] = &[$($name::$variant),*];

            fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str($crate::service::word::Word::word(*self))
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    words! {
        /// A list.
        enum Fruit {
            /// One.
            Apple = "apple",
            /// Another.
            Pear = "pear",
        }
    }

    #[test]
    fn a_word_reads_as_it_shows() {
        for fruit in Fruit::ALL {
            assert_eq!(Fruit::of(fruit.to_string().as_bytes()), Some(*fruit));
        }
        assert_eq!(Fruit::of(b"Apple"), None);
        assert_eq!(Fruit::of(b""), None);
        assert_eq!(Fruit::alternatives(), "apple | pear");
    }
}
