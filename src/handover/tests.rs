use super::pack::{packed_enum, packed_struct};
use super::*;
use crate::random::Random;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use core::fmt::Debug;
use core::time::Duration;

#[derive(Debug, Clone, PartialEq)]
struct Older {
    name: String,
    number: Option<u32>,
}
packed_struct!(Older { 1 name, 2 number });

/// What a later version may have made of it.
#[derive(Debug, Clone, PartialEq)]
struct Newer {
    name: String,
    number: Option<u32>,
    colour: u8,
}
packed_struct!(Newer { 1 name, 2 number; may 128 colour });

/// What a later version may have made of it that cannot do without.
#[derive(Debug, Clone, PartialEq)]
struct Stricter {
    name: String,
    number: Option<u32>,
    taste: u8,
}
packed_struct!(Stricter { 1 name, 2 number, 3 taste });

#[derive(Debug, Clone, PartialEq)]
enum Fruit {
    Apple,
    Pear(u8, bool),
    Plum { stone: Box<Option<Vec<u64>>> },
}
packed_enum!(Fruit { 1 Apple, 2 Pear(weight, ripe), 3 Plum { stone } });

fn comes_back<T: Packed + PartialEq + Debug>(value: &T) {
    assert_eq!(open::<T>(&seal(value)).as_ref(), Ok(value));
}

fn older() -> Older {
    Older { name: "web".into(), number: Some(7) }
}

#[test]
fn what_is_written_is_read() {
    comes_back(&older());
    comes_back(&Older { name: String::new(), number: None });
    for fruit in [Fruit::Apple, Fruit::Pear(3, true), Fruit::Plum { stone: Box::new(Some(vec![1, u64::MAX])) }] {
        comes_back(&fruit);
        comes_back(&vec![Some(fruit.clone()), None, Some(fruit)]);
    }
    comes_back(&(Number(3), Duration::new(u64::MAX, 999_999_999)));
}

#[test]
fn what_may_be_left_out_is_skipped_or_is_as_by_default() {
    let newer = Newer { name: "web".into(), number: Some(7), colour: 9 };
    assert_eq!(open::<Older>(&seal(&newer)), Ok(older()));
    assert_eq!(open::<Newer>(&seal(&older())), Ok(Newer { colour: 0, ..newer }));
}

#[test]
fn what_must_be_understood_is_refused() {
    let stricter = Stricter { name: "web".into(), number: Some(7), taste: 9 };
    assert_eq!(open::<Older>(&seal(&stricter)), Err(Refused::Content));
    assert_eq!(open::<Stricter>(&seal(&older())), Err(Refused::Content));
    assert_eq!(open::<Older>(&seal(&Fruit::Apple)), Err(Refused::Content));
    assert_eq!(open::<bool>(&seal(&2_u8)), Err(Refused::Content));
    assert_eq!(open::<Fruit>(&seal(&4_u8)), Err(Refused::Content), "a variant that is not known");
    assert_eq!(open::<Number>(&seal(&2_i32)), Err(Refused::Content), "standard descriptors are nobody's to hand over");
    assert_eq!(open::<Duration>(&seal(&(1_u64, 1_000_000_000_u32))), Err(Refused::Content));
    assert_eq!(open::<u8>(&seal(&(1_u8, 2_u8))), Err(Refused::Content), "nothing may be left");
}

#[test]
fn another_version_is_told_as_such() {
    let mut sealed = seal(&older());
    sealed[9] += 1;
    let end = sealed.len() - SUM;
    let sum = sum(&sealed[..end]).to_be_bytes();
    sealed[end..].copy_from_slice(&sum);
    assert_eq!(open::<Older>(&sealed), Err(Refused::Version(VERSION + 1)));
}

#[test]
fn everything_else_is_foreign() {
    let sealed = seal(&older());
    for length in 0..sealed.len() {
        assert_eq!(open::<Older>(&sealed[..length]), Err(Refused::Foreign), "{length}");
    }
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut torn = sealed.clone();
            torn[at] ^= 1 << bit;
            assert_eq!(open::<Older>(&torn), Err(Refused::Foreign), "{at} {bit}");
        }
    }
    assert_eq!(open::<Older>(b""), Err(Refused::Foreign));
    assert_eq!(open::<Older>(&[&sealed[..], b"understood\n"].concat()), Err(Refused::Foreign));
}

#[test]
fn garbage_is_refused_and_takes_no_more_memory_than_it_has() {
    let mut random = Random::new(11);
    for _ in 0..20_000 {
        let bytes = random.bytes(b"\0\0\0\x01\x02\x03\x80\xff", 64);
        let mut from = Bytes(&bytes);
        let read = Vec::<Option<Vec<Fruit>>>::unpack(&mut from);
        assert!(read.is_none_or(|read| read.len() <= bytes.len()));
        let _ = Newer::unpack(&mut Bytes(&bytes));
    }
}
