//! What goes into the machine of the stages, and what comes out.

use crate::exit::Ending;
use crate::signal::Signal;

/// What process 1 starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Child {
    /// Once at boot.
    One,
    /// For as long as the machine is up.
    Two,
    /// Once at the end.
    Three,
    /// When somebody has pressed control, alt and delete.
    CtrlAltDel,
    /// When a stage cannot be executed.
    Emergency,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The machine came up.
    Boot,
    /// A child has ended.
    Ended(Child, Ending),
    /// A child could not execute its program (this has been said).
    Unable(Child),
    /// No process could be had for a child (this has been said).
    NoProcess(Child),
    /// Somebody sent a signal.
    Signal(Signal),
    /// The kernel was told to switch the machine off, just now.
    Told,
    /// The kernel does not let us switch the machine off: it is not ours, as in most containers.
    Refused,
    /// Nothing but time has passed.
    Time,
}

/// What the files said when it happened: whether each exists and its owner may execute it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The machine shall stop.
    pub stop: bool,
    /// It shall come up again.
    pub reboot: bool,
    /// There is something to do for ctrl-alt-del.
    pub ctrl_alt_del: bool,
    /// There is something to run in place of a stage that cannot.
    pub emergency: bool,
}

/// An instruction to the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Say this on the console.
    Say(Line),
    /// Start this; tell of its end, or of why it could not be started.
    Run(Child),
    /// Send this to stage 2, the process alone.
    Tell(Signal),
    /// Kill whatever is left of stage 2's process group.
    KillGroup,
    /// Take the stop file back, so that the next CONT means nothing.
    Disarm,
    /// Kill every process but ourselves, and write all buffers to the discs.
    KillAll,
    /// Switch the machine off, in a child: the call may end the process that makes it.
    Power(Power),
    /// End: with process 1 its container ends too.
    Leave,
}

/// How a machine ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Power {
    /// It comes up again.
    Reboot,
    /// It is without power.
    Off,
    /// It stands still, for somebody to switch it off.
    Halt,
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// It is about to be started.
    Enter(Child),
    /// It is over.
    Leave(Child),
    /// It ended with another code than 0.
    Failed(Child),
    /// A signal ended it.
    Crashed(Child),
    /// Stage 1 does not want stage 2.
    SkippingTwo,
    /// Stage 2 crashed; what it left is killed.
    KillingTwo,
    /// Stage 2 is started again.
    Restarting,
    /// Stage 2 did not end when told to.
    NotTerminated,
    /// Stage 2 did not even end when killed; we go on without it.
    NotKilled,
    /// A signal came when there was nothing to do with it.
    OnlyInTwo,
    /// Ctrl-alt-del was pressed.
    Request,
    /// Every process is killed.
    KillingAll,
    /// This is how the machine ends.
    Power(Power),
}
