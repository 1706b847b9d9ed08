//! What our svlogd does that the original does not, or does better.

mod forwarding;
mod kill;
mod loss;
mod memory;
mod outputs;
mod plain_file;
mod processors;
mod stream;
