//! runsv: one service, and its log service.

mod children;
mod control;
mod files;
mod leaving;
mod log;
mod restart;
mod scripts;
mod start;
