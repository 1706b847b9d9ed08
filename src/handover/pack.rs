//! Values as bytes.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;

/// What can be handed over.
pub trait Packed: Sized {
    /// Writes it behind what is there.
    fn pack(&self, into: &mut Vec<u8>);

    /// Reads it from the front; nothing if that is none.
    fn unpack(from: &mut Bytes<'_>) -> Option<Self>;
}

/// Bytes that are being read.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub(super) &'a [u8]);

/// A descriptor that stays open, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number(pub i32);

impl<'a> Bytes<'a> {
    /// The first byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn piece(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::unpack(self)?).ok()?;
        let (piece, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(piece)
    }
}

/// Writes a piece with its length before it.
fn piece(into: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let at = into.len();
    into.extend([0; 4]);
    fill(into);
    let length = u32::try_from(into.len() - at - 4).unwrap_or(u32::MAX);
    if let Some(place) = into.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// A structure being written: its fields follow.
pub fn structure(into: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    piece(into, fill);
}

/// A field of it.
pub fn field(into: &mut Vec<u8>, tag: u8, value: &impl Packed) {
    into.push(tag);
    piece(into, |into| value.pack(into));
}

/// Tags from here on may be left out, and are skipped by those that do not know them.
pub const MAY_BE_LEFT_OUT: u8 = 128;

/// A structure being read.
#[derive(Debug)]
pub struct Fields<'a>(Vec<(u8, &'a [u8])>);

impl<'a> Fields<'a> {
    /// Its fields, in whatever order.
    pub fn read(from: &mut Bytes<'a>) -> Option<Fields<'a>> {
        let mut rest = Bytes(from.piece()?);
        let mut fields = Vec::new();
        while let Some(tag) = rest.byte() {
            fields.push((tag, rest.piece()?));
        }
        Some(Fields(fields))
    }

    /// One that must be there.
    pub fn need<T: Packed>(&mut self, tag: u8) -> Option<T> {
        whole(self.take(tag)?)
    }

    /// One that may be left out.
    pub fn may<T: Packed + Default>(&mut self, tag: u8) -> Option<T> {
        self.take(tag).map_or_else(|| Some(T::default()), whole)
    }

    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let at = self.0.iter().position(|(known, _)| *known == tag)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Whether nothing is left that must be understood.
    pub fn end(self) -> bool {
        self.0.iter().all(|(tag, _)| *tag >= MAY_BE_LEFT_OUT)
    }
}

fn whole<T: Packed>(piece: &[u8]) -> Option<T> {
    let mut bytes = Bytes(piece);
    T::unpack(&mut bytes).filter(|_| bytes.0.is_empty())
}

/// A structure: a tag for each field. What stands behind `may` may be left out.
macro_rules! packed_struct {
    ($name:ident { $($tag:literal $field:ident),* $(,)? $(; may $($may:literal $left_out:ident),*)? }) => {
        impl $crate::handover::Packed for $name {
            fn pack(&self, into: &mut alloc::vec::Vec<u8>) {
                const { $(assert!($tag < $crate::handover::pack::MAY_BE_LEFT_OUT);)* }
                const { $($(assert!($may >= $crate::handover::pack::MAY_BE_LEFT_OUT);)*)? }
                $crate::handover::pack::structure(into, |into| {
                    $($crate::handover::pack::field(into, $tag, &self.$field);)*
                    $($($crate::handover::pack::field(into, $may, &self.$left_out);)*)?
                });
            }

            fn unpack(from: &mut $crate::handover::pack::Bytes<'_>) -> Option<$name> {
                let mut fields = $crate::handover::pack::Fields::read(from)?;
                let it = $name {
                    $($field: fields.need($tag)?,)*
                    $($($left_out: fields.may($may)?,)*)?
                };
                fields.end().then_some(it)
            }
        }
    };
}
pub(crate) use packed_struct;

/// An enum: a byte for each variant, and what it carries.
macro_rules! packed_enum {
    ($name:ident { $($byte:literal $variant:ident $(($($part:ident),*))? $({ $($field:ident),* })?),* $(,)? }) => {
        impl $crate::handover::Packed for $name {
            fn pack(&self, into: &mut alloc::vec::Vec<u8>) {
                match self {
                    $($name::$variant $(($($part),*))? $({ $($field),* })? => {
                        into.push($byte);
                        $($($crate::handover::Packed::pack($part, into);)*)?
                        $($($crate::handover::Packed::pack($field, into);)*)?
                    })*
                }
            }

            fn unpack(from: &mut $crate::handover::pack::Bytes<'_>) -> Option<$name> {
                match from.byte()? {
                    $($byte => {
                        $($(let $part = $crate::handover::Packed::unpack(from)?;)*)?
                        $($(let $field = $crate::handover::Packed::unpack(from)?;)*)?
                        Some($name::$variant $(($($part),*))? $({ $($field),* })?)
                    })*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use packed_enum;

macro_rules! packed_numbers {
    ($($name:ident)*) => {
        $(impl Packed for $name {
            fn pack(&self, into: &mut Vec<u8>) {
                into.extend(self.to_be_bytes());
            }

            fn unpack(from: &mut Bytes<'_>) -> Option<$name> {
                from.take().map($name::from_be_bytes)
            }
        })*
    };
}

packed_numbers! { u8 u16 u32 u64 i32 i64 }

impl Packed for bool {
    fn pack(&self, into: &mut Vec<u8>) {
        into.push((*self).into());
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<bool> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Packed for Number {
    fn pack(&self, into: &mut Vec<u8>) {
        self.0.pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Number> {
        i32::unpack(from).filter(|number| *number > 2).map(Number)
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, into: &mut Vec<u8>) {
        self.is_some().pack(into);
        self.iter().for_each(|value| value.pack(into));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Option<T>> {
        match bool::unpack(from)? {
            true => T::unpack(from).map(Some),
            false => Some(None),
        }
    }
}

impl<T: Packed> Packed for Box<T> {
    fn pack(&self, into: &mut Vec<u8>) {
        T::pack(self, into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Box<T>> {
        T::unpack(from).map(Box::new)
    }
}

/// A piece, filled by its items: how many there are is not believed before they have been read.
impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, into: &mut Vec<u8>) {
        piece(into, |into| self.iter().for_each(|item| item.pack(into)));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Vec<T>> {
        let mut rest = Bytes(from.piece()?);
        let mut items = Vec::new();
        while !rest.0.is_empty() {
            items.push(T::unpack(&mut rest)?);
        }
        Some(items)
    }
}

impl<T: Packed> Packed for VecDeque<T> {
    fn pack(&self, into: &mut Vec<u8>) {
        piece(into, |into| self.iter().for_each(|item| item.pack(into)));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<VecDeque<T>> {
        Vec::unpack(from).map(VecDeque::from)
    }
}

impl<T: Packed + Ord> Packed for BTreeSet<T> {
    fn pack(&self, into: &mut Vec<u8>) {
        piece(into, |into| self.iter().for_each(|item| item.pack(into)));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<BTreeSet<T>> {
        Vec::unpack(from).map(|items| items.into_iter().collect())
    }
}

impl<K: Packed + Ord, V: Packed> Packed for BTreeMap<K, V> {
    fn pack(&self, into: &mut Vec<u8>) {
        let pair = |into: &mut Vec<u8>, key: &K, value: &V| {
            key.pack(into);
            value.pack(into);
        };
        piece(into, |into| self.iter().for_each(|(key, value)| pair(into, key, value)));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<BTreeMap<K, V>> {
        Vec::<(K, V)>::unpack(from).map(|items| items.into_iter().collect())
    }
}

impl Packed for CString {
    fn pack(&self, into: &mut Vec<u8>) {
        piece(into, |into| into.extend(self.to_bytes()));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<CString> {
        CString::new(from.piece()?).ok()
    }
}

impl Packed for usize {
    fn pack(&self, into: &mut Vec<u8>) {
        u64::try_from(*self).unwrap_or(u64::MAX).pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<usize> {
        u64::unpack(from).and_then(|number| usize::try_from(number).ok())
    }
}

impl Packed for String {
    fn pack(&self, into: &mut Vec<u8>) {
        piece(into, |into| into.extend(self.as_bytes()));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<String> {
        core::str::from_utf8(from.piece()?).ok().map(String::from)
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, into: &mut Vec<u8>) {
        self.0.pack(into);
        self.1.pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<(A, B)> {
        Some((A::unpack(from)?, B::unpack(from)?))
    }
}
