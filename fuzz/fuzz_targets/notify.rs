//! The first byte says how many descriptors came with the rest. A barrier stands alone, and nothing is kept that did
//! not come.
#![no_main]

use keepup::service::notify::{Message, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, datagram)) = data.split_first() else { return };
    let descriptors = usize::from(*first % 4);
    let messages = decode(datagram, descriptors);
    let barrier = messages.contains(&Message::Barrier);
    assert!(!barrier || (messages.len() == 1 && descriptors == 1));
    assert!(descriptors > 0 || !messages.iter().any(|message| matches!(message, Message::Store { .. })));
});
