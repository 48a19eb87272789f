//! Resident memory and processor time of a process group.

/// What the processes of a group hold and have used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Resident memory in bytes.
    pub memory: u64,
    /// Processor time, user and system, in a unit of the system's own: it grows while they work.
    pub processor: u64,
}

/// Sum over every process in the group, or `None` when there is none or the system does not tell.
#[cfg(target_os = "linux")]
pub fn group_usage(group: u32) -> Option<Usage> {
    let page = rustix::param::page_size() as u64;
    let mut total: Option<Usage> = None;
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        let is_process = entry.file_name().to_str().is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
        if !is_process {
            continue;
        }
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name in parentheses may hold anything; the fields after it are numbers: state ppid pgrp …, utime and stime
        // are the 12th and 13th, rss is the 22nd.
        let Some((_, fields)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let number = |i: usize| fields.get(i).and_then(|text| text.parse::<u64>().ok());
        if number(2) == Some(u64::from(group)) {
            let total = total.get_or_insert_default();
            total.memory += number(21).unwrap_or(0) * page;
            total.processor += number(11).unwrap_or(0) + number(12).unwrap_or(0);
        }
    }
    total
}

/// Sum over every process in the group, or `None` when there is none or the system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn group_usage(group: u32) -> Option<Usage> {
    let output = std::process::Command::new("ps").args(["-A", "-o", "pgid=,rss=,time="]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut total: Option<Usage> = None;
    for line in text.lines() {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [pgid, rss, time] = fields.as_slice() else { continue };
        if pgid.parse::<u32>().ok() == Some(group) {
            let total = total.get_or_insert_default();
            total.memory += rss.parse::<u64>().unwrap_or(0) * 1024;
            // 1:02.34 grows as 10234 does.
            total.processor += time.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
        }
    }
    total
}

/// Memory of this machine in bytes, or of the control group that this process is in, where that has less; `None` when the
/// system does not tell.
pub fn of_machine() -> Option<u64> {
    let machine = machine()?;
    // Version 2 of control groups, as seen from inside a container.
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    Some(group.unwrap_or(machine).min(machine))
}

#[cfg(target_os = "linux")]
fn machine() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(not(target_os = "linux"))]
fn machine() -> Option<u64> {
    let output = std::process::Command::new("sysctl").args(["-n", "hw.memsize"]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{group_usage, of_machine};

    #[test]
    fn this_machine_has_more_memory_than_this_process() {
        let own = u32::try_from(nix::unistd::getpgrp().as_raw()).unwrap();
        assert!(of_machine().unwrap() > group_usage(own).unwrap().memory);
    }

    #[test]
    fn this_group_has_memory_and_works_and_an_unknown_one_does_not() {
        let own = u32::try_from(nix::unistd::getpgrp().as_raw()).unwrap();
        let before = group_usage(own).unwrap();
        assert!(before.memory > 100_000);
        // The system counts in hundredths of a second: work until it shows.
        while group_usage(own).unwrap().processor <= before.processor {
            std::hint::black_box((0..1_000_000_u64).sum::<u64>());
        }
        assert_eq!(group_usage(u32::MAX - 1), None);
    }
}
