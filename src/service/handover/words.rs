//! The words of a service as bytes. A number that was given once is never given to another word.

use crate::handover::pack::{Bytes, Packed, packed_enum, packed_struct};
use crate::service::command::Command;
use crate::service::held::Held;
use crate::service::journal::Cause;
use crate::service::notify::{Access, Told};
use crate::service::policy::listen::{Address, Socket, Unix};
use crate::service::policy::{
    Delay, GiveUp, Growth, Health, Needs, Policy, Ready, ReadyBy, Remedy, Restart, Step, Stop, Then, Verdict, When,
    Whom,
};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

packed_struct!(Policy { 1 restart, 2 needs, 3 ready, 4 stop, 5 health, 6 reload, 7 finish_timeout });
packed_struct!(Restart { 1 when, 2 ok, 3 delay, 4 max, 5 jitter, 6 healthy, 7 give_up, 8 then; may 128 early });
packed_enum!(When { 1 Always, 2 OnFailure, 3 Never });
packed_enum!(Verdict { 1 Code(code), 2 Signal(signal) });
packed_struct!(Delay { 1 first, 2 growth });
packed_enum!(Growth { 1 None, 2 Step(span), 3 Factor(hundredths) });
packed_struct!(GiveUp { 1 failures, 2 within });
packed_enum!(Then { 1 Stay, 2 Retry(span) });
packed_struct!(Ready { 1 by, 2 timeout, 3 watchdog, 4 store });
packed_enum!(ReadyBy { 1 Up, 2 Fd(number), 3 Notify, 4 Check(every), 5 After(span) });
packed_struct!(Stop { 1 ladder });
packed_struct!(Step { 1 signal, 2 whom, 3 wait });
packed_enum!(Whom { 1 Process, 2 Group, 3 All });
packed_struct!(Health { 1 every, 2 timeout, 3 fail, 4 of, 5 then });
packed_enum!(Remedy { 1 Restart, 2 Alert });
packed_struct!(Held { 1 until, 2 note });
packed_enum!(Cause {
    1 Asked, 2 Exit, 3 Signal, 4 Core, 5 Oom, 6 StopTimeout, 7 Watchdog, 8 Unhealthy, 9 StartTimeout, 10 Needs,
    11 ExecFailed,
});
packed_enum!(Access { 1 None, 2 Main, 3 Exec, 4 All });
packed_struct!(Told { 1 socket, 2 status, 3 trouble });
packed_struct!(Socket { 1 address, 2 name, 3 backlog, 4 as_stdin });
packed_enum!(Address { 1 Tcp(to), 2 Udp(to), 3 Unix(at) });
packed_struct!(Unix { 1 path, 2 mode, 3 user, 4 group });

impl Packed for Needs {
    fn pack(&self, into: &mut Vec<u8>) {
        self.0.pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Needs> {
        Vec::unpack(from).map(Needs)
    }
}

/// By its byte, which is the same for everybody.
impl Packed for Command {
    fn pack(&self, into: &mut Vec<u8>) {
        self.byte().pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Command> {
        Command::from_byte(from.byte()?)
    }
}

/// As people write it.
impl Packed for SocketAddr {
    fn pack(&self, into: &mut Vec<u8>) {
        self.to_string().pack(into);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<SocketAddr> {
        String::unpack(from)?.parse().ok()
    }
}
