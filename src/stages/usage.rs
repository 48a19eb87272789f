//! What an attempt took.

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::domain::job::WorkerEvent;

/// Peak memory and processor time of this process and its ended children so far.
///
/// The peaks of the two are added: a program runs while its worker waits for it.
pub(super) fn measure() -> WorkerEvent {
    let (own, children) = (getrusage(UsageWho::RUSAGE_SELF).ok(), getrusage(UsageWho::RUSAGE_CHILDREN).ok());
    let peak = own_peak().or_else(|| own.as_ref().map(peak)).unwrap_or(0) + children.as_ref().map_or(0, peak);
    let cpu_ms = own.as_ref().map_or(0, cpu_ms) + children.as_ref().map_or(0, cpu_ms);
    WorkerEvent::Usage { peak_memory: peak, cpu_ms }
}

/// `VmHWM`, where there is one: `ru_maxrss` survives exec, so a worker would report the engine's peak as its own.
fn own_peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

fn peak(usage: &Usage) -> u64 {
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    u64::try_from(usage.max_rss()).unwrap_or(0) * unit
}

fn cpu_ms(usage: &Usage) -> u64 {
    u64::try_from((usage.user_time() + usage.system_time()).num_milliseconds()).unwrap_or(0)
}
