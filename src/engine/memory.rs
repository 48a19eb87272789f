//! Resident memory of a process group.

/// Resident memory in bytes of every process in the group, or `None` when the system does not tell.
#[cfg(target_os = "linux")]
pub fn group_memory(group: u32) -> Option<u64> {
    let page = rustix::param::page_size() as u64;
    let mut total = None;
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        let is_process = entry.file_name().to_str().is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
        if !is_process {
            continue;
        }
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name in parentheses may hold anything; the fields after it are numbers: state ppid pgrp … rss is the 22nd.
        let Some((_, fields)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        if fields.get(2).and_then(|text| text.parse::<u32>().ok()) == Some(group) {
            let pages: u64 = fields.get(21).and_then(|text| text.parse().ok()).unwrap_or(0);
            total = Some(total.unwrap_or(0) + pages * page);
        }
    }
    total
}

/// Resident memory in bytes of every process in the group, or `None` when the system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn group_memory(group: u32) -> Option<u64> {
    let output = std::process::Command::new("ps").args(["-A", "-o", "pgid=,rss="]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kilobytes = text
        .lines()
        .filter_map(|line| {
            let (pgid, rss) = line.trim().split_once(char::is_whitespace)?;
            (pgid.parse::<u32>().ok()? == group).then(|| rss.trim().parse::<u64>().ok())?
        })
        .reduce(|a, b| a + b)?;
    Some(kilobytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::group_memory;

    #[test]
    fn this_group_has_memory_and_an_unknown_one_has_none() {
        let own = u32::try_from(nix::unistd::getpgrp().as_raw()).unwrap();
        assert!(group_memory(own).unwrap() > 100_000);
        assert_eq!(group_memory(u32::MAX - 1), None);
    }
}
