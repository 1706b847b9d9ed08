//! runsv: one service, and its log service.

mod control;
mod files;
mod start;
