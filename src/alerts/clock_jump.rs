//! The machine's clock was set, or the machine slept: what was due meanwhile was not looked at.

use std::time::Duration;

use crate::config::rules::ClockRule;
use crate::domain::alert::{AlertKind, Finding, Severity, Verdict};
use crate::domain::{Instant, format};

/// The alert's object.
pub const OBJECT: &str = "clock";

/// Two clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The wall clock.
    pub wall: Instant,
    /// A clock that only ever goes forward, from any start.
    pub steady: Duration,
}

/// Compares two readings, `before` taken first. `None` when the clocks agree.
pub fn judge(before: Reading, now: Reading, rule: &ClockRule) -> Option<Verdict> {
    let passed = now.steady.saturating_sub(before.steady).as_secs_f64();
    let moved = (now.wall - before.wall).num_milliseconds() as f64 / 1000.0;
    let jump = moved - passed;
    if jump.abs() <= rule.by.as_secs_f64() {
        return None;
    }
    let stamp = |at: Instant| at.format("%Y-%m-%d %H:%M:%S UTC");
    let (direction, why) = match jump > 0.0 {
        true => ("ahead", "it was set, or the machine slept: checks that were due meanwhile come late"),
        false => ("back", "it was set: ages and schedules repeat that time"),
    };
    let (length, from, to) = (format::duration(jump.abs()), stamp(before.wall), stamp(now.wall));
    let message = format!("the clock jumped {length} {direction}, from {from} to {to}; {why}");
    let rule =
        format!("the wall clock and a steady clock differ by more than {}", format::duration(rule.by.as_secs_f64()));
    Some(Verdict::Bad(Finding {
        observed: Some(jump),
        expected: Some((0.0, 0.0)),
        unit: "s".to_owned(),
        ..Finding::new(AlertKind::ClockJump, OBJECT, Severity::Warning, message, &rule)
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{TimeDelta, TimeZone, Utc};
    use proptest::prelude::*;

    use super::{Reading, judge};
    use crate::config::rules::ClockRule;
    use crate::domain::alert::Verdict;

    fn readings(wall_ms: i64, steady_ms: u64) -> (Reading, Reading) {
        let wall = Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap();
        let before = Reading { wall, steady: Duration::from_secs(5) };
        let now = Reading {
            wall: wall + TimeDelta::milliseconds(wall_ms),
            steady: before.steady + Duration::from_millis(steady_ms),
        };
        (before, now)
    }

    #[test]
    fn a_jump_is_told_with_its_length_and_direction() {
        let (before, now) = readings(8 * 3_600_000 + 500, 500);
        let Some(Verdict::Bad(finding)) = judge(before, now, &ClockRule::default()) else { panic!("nothing seen") };
        let start = "the clock jumped 8h ahead, from 2024-05-01 06:00:00 UTC to 2024-05-01 14:00:00 UTC; ";
        assert!(finding.message.starts_with(start), "{}", finding.message);
        let (before, now) = readings(-3_600_000, 500);
        let Some(Verdict::Bad(finding)) = judge(before, now, &ClockRule::default()) else { panic!("nothing seen") };
        assert!(finding.message.starts_with("the clock jumped 1h back"), "{}", finding.message);
    }

    proptest! {
        /// However long a tick took, clocks that agree to a minute are fine, and others are not.
        #[test]
        fn only_the_difference_counts(passed in 0_u64..10_000_000, off in -10_000_000_i64..10_000_000) {
            let (before, now) = readings(passed as i64 + off, passed);
            prop_assert_eq!(judge(before, now, &ClockRule::default()).is_some(), off.abs() > 60_000);
        }
    }
}
