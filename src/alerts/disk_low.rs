//! The file system of the lake or of the state is nearly full.

use crate::config::rules::DiskRule;
use crate::domain::alert::{AlertKind, Finding, Severity, Verdict};
use crate::domain::format;

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// What lies on it: `lake`, `state`, or `lake and state`. The alert's object.
    pub holds: String,
    /// Bytes free to this user.
    pub free: u64,
    /// Bytes in all.
    pub total: u64,
    /// Bytes of the largest recent run's output, if that goes here.
    pub run: Option<u64>,
}

/// Judges it.
pub fn judge(disk: &Disk, rule: &DiskRule) -> Verdict {
    let object = format!("disk of {}", disk.holds);
    let share = disk.free as f64 / disk.total.max(1) as f64;
    let room = disk.run.filter(|run| *run > 0).map(|run| disk.free / run);
    let by_share = |limit: f64| share < limit && disk.free < rule.enough;
    let by_runs = |runs: u64| room.is_some_and(|room| room < runs);
    let critical = by_share(rule.critical_share) || by_runs(rule.runs.min(1));
    let low = critical || by_share(rule.free_share) || by_runs(rule.runs);
    // Whole per cent: a sentence that changed with every byte would be written every minute.
    let free = format!("{} free, {:.0} % of {}", format::bytes(disk.free), share * 100.0, format::bytes(disk.total));
    if !low {
        return Verdict::Fine { kind: AlertKind::DiskLow, object, reason: free };
    }
    let runs = match room.filter(|room| *room < rule.runs) {
        Some(0) => "; not enough for another run's output".to_owned(),
        Some(room) => format!("; room for the output of {}", format::counted(room, "run")),
        None => String::new(),
    };
    let message = format!("the {object} is nearly full: {free}{runs}; make room, or give it another disk");
    let severity = if critical { Severity::Critical } else { Severity::Warning };
    let limits = format!(
        "less than {:.0} % (critical {:.0} %) and {} free, or room for fewer than {}",
        rule.free_share * 100.0,
        rule.critical_share * 100.0,
        format::bytes(rule.enough),
        format::counted(rule.runs, "run")
    );
    Verdict::Bad(Finding {
        observed: Some(share),
        expected: Some((rule.free_share, 1.0)),
        unit: "share".to_owned(),
        ..Finding::new(AlertKind::DiskLow, &object, severity, message, &limits)
    })
}

#[cfg(test)]
mod tests {
    use super::{Disk, judge};
    use crate::config::rules::DiskRule;
    use crate::domain::alert::{Severity, Verdict};

    const GB: u64 = 1_000_000_000;

    fn severity(free: u64, total: u64, run: Option<u64>) -> Option<Severity> {
        let disk = Disk { holds: "lake".to_owned(), free, total, run };
        match judge(&disk, &DiskRule::default()) {
            Verdict::Bad(finding) => Some(finding.severity),
            Verdict::Fine { .. } => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn shares_count_on_a_small_disk_and_room_for_runs_on_every_one() {
        use Severity::{Critical, Warning};
        for (free, total, run, expected) in [
            (10 * GB, 100 * GB, None, None),
            (9 * GB, 100 * GB, None, Some(Warning)),
            (GB, 100 * GB, None, Some(Critical)),
            // A twentieth of 4 TB is plenty.
            (200 * GB, 4_000 * GB, None, None),
            (200 * GB, 4_000 * GB, Some(100 * GB), Some(Warning)),
            (200 * GB, 4_000 * GB, Some(201 * GB), Some(Critical)),
            (50 * GB, 100 * GB, Some(16 * GB), None),
            (50 * GB, 100 * GB, Some(17 * GB), Some(Warning)),
            (50 * GB, 100 * GB, Some(0), None),
            (0, 100 * GB, None, Some(Critical)),
        ] {
            assert_eq!(severity(free, total, run), expected, "{free} of {total}, {run:?} a run");
        }
    }

    #[test]
    fn it_says_how_much_is_left() {
        let disk = Disk { holds: "lake and state".to_owned(), free: 9 * GB, total: 100 * GB, run: Some(4 * GB) };
        let Verdict::Bad(finding) = judge(&disk, &DiskRule::default()) else { panic!("fine") };
        let sentence = "the disk of lake and state is nearly full: 9.0 GB free, 9 % of 100 GB; room for the output of \
                        2 runs; make room, or give it another disk";
        assert_eq!(finding.message, sentence);
    }
}
