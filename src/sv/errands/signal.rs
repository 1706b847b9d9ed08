//! `sv signal`: any signal. One that has a command goes that way, so that `control/` and `reload-signal` are asked as
//! ever; any other is sent to the process itself, once it is sure that it is the one that the status speaks of.

use super::behind::{self, usage};
use crate::exit::{Exit, Pid};
use crate::service::command::Command;
use crate::service::record::Report;
use crate::service::status::Phase;
use crate::signal::Signal;
use crate::supervise::client::Service;
use crate::sv::names::Places;
use crate::sv::options::{Call, Services};
use crate::sv::output::{Output, sentence, shown_name};
use crate::sys::errno::{Errno, Reason};
use crate::sys::{clock, limits, process, processes};
use argh::{ArgsInfo, FromArgs};

/// Send a signal to services: by its name, with or without SIG, or by its number.
#[derive(FromArgs, ArgsInfo)]
struct Options {}

/// How far apart the start of a process and the label of its status may be, in milliseconds: they are read one after the
/// other, the first in ticks, and somebody may have set the clock a little meanwhile.
const APART: u128 = 2000;

pub(super) fn run(call: &Call, output: &mut Output) -> Result<(), Exit> {
    let usage = usage("signal name service ...");
    let (Options {}, named) = behind::read(&usage, call)?;
    let signal = named.first().and_then(|word| Signal::parse(word.to_str()?));
    let (Some(signal), Some(services @ [_, ..])) = (signal, named.get(1..)) else {
        return Err(usage.fail(call.called));
    };
    let places = Places::new(&call.directory);
    for service in places.resolve(&Services::Named(services.to_vec()), output) {
        if let Err(why) = send(&service, signal) {
            output.count_failure();
            output.say(format!("fail: {}: {why}\n", shown_name(service.name())).as_bytes());
        }
    }
    Ok(())
}

fn send(service: &Service<'_>, signal: Signal) -> Result<(), String> {
    let report = service.report().map_err(sentence)?;
    if let Some(command) = Command::of_signal(signal) {
        return service.send(&[command.byte()]).map_err(sentence);
    }
    let pid = report.status.pid.filter(|_| report.status.phase == Phase::Run).ok_or("it is not running")?;
    match process::send_if(pid, signal, || is_its(pid, &report)) {
        Ok(true) => Ok(()),
        Ok(false) | Err(Errno::ESRCH) => Err(format!("process {pid} is not its own any more")),
        Err(errno) => Err(format!("unable to signal process {pid}: {}", errno.reason())),
    }
}

/// Whether this process is the one that was started when the status says.
fn is_its(pid: Pid, report: &Report) -> bool {
    let Some(found) = processes::one(pid) else { return false };
    if let Some(began) = report.record.and_then(|record| record.start_time) {
        return began == found.began;
    }
    let now = clock::now();
    let ticks = u128::from(limits::ticks_a_second());
    let lived = now.moment.0.as_millis().saturating_sub(u128::from(found.began) * 1000 / ticks);
    let millis = |label: crate::tai64::Label| i128::from(label.unix) * 1000 + i128::from(label.nanos / 1_000_000);
    let shown = u128::try_from(millis(now.label) - millis(report.status.since)).unwrap_or(0);
    lived.abs_diff(shown) <= APART
}
