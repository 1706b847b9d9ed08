//! A record that can be unpacked says the same when it is packed again. Its checksum is put right, or nothing would
//! ever get past it.
#![no_main]

use keepup::service::record::{Record, SIZE};
use keepup::service::status::{self, Status};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (_, _) = (Status::unpack(data), Record::unpack(data));
    let mut file = data.to_vec();
    if let Some(record) = file.get_mut(status::SIZE..status::SIZE + SIZE) {
        let (checked, sum) = record.split_at_mut(SIZE - 2);
        let (low, high) = checked.iter().fold((1_u16, 0_u16), |(low, high), byte| {
            let low = (low + u16::from(*byte)) % 255;
            (low, (high + low) % 255)
        });
        sum.copy_from_slice(&[high as u8, low as u8]);
    }
    if let Some(record) = Record::unpack(&file) {
        let again = [&file[..status::SIZE], &record.pack()].concat();
        assert_eq!(Record::unpack(&again), Some(record));
    }
});
