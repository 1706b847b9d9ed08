//! The machine as bytes, for the program that takes its supervisor's place.

use super::{Checked, Finish, Goal, Life, Machine, Needed, Program, Role, State, Work};
use crate::handover::pack::{packed_enum, packed_struct};

packed_struct!(Machine {
    1 role, 2 state, 3 goal, 4 paused, 5 gave_up, 6 needed, 7 work, 8 queue, 9 check, 10 policy, 11 history, 12 starts,
    13 last
});
packed_struct!(Life { 1 pid, 2 started, 3 ending, 4 cause, 5 failed; may 128 early });
packed_enum!(Role { 1 Service, 2 Logger, 3 ErrorLogger });
packed_enum!(State {
    1 Down { since, not_before }, 2 Run(running), 3 Finish { process, ended }, 4 Gone { since },
});
packed_enum!(Finish { 1 Due(not_before), 2 Runs(pid, until) });
packed_enum!(Goal { 1 Up, 2 Once, 3 Down, 4 Follow, 5 Drain, 6 Exit });
packed_enum!(Work {
    1 Signal { pid, signal }, 2 Stop { pid }, 3 Last, 4 BeforeStart, 5 Look, 6 Start(program), 7 Dropped,
});
packed_enum!(Program { 1 Run, 2 Finish(life) });
packed_enum!(Needed { 1 Unknown, 2 Missing(until), 3 Ready });
packed_enum!(Checked { 1 This, 2 Earlier });
