//! When a schedule asks next.

use std::str::FromStr;

use chrono_tz::Tz;
use croner::Cron;

use crate::config::Schedule;
use crate::domain::Instant;

/// The first check strictly after `now`.
///
/// Intervals are aligned to the Unix epoch (an hourly check asks on the hour), so that a restart does not move them.
/// Cron expressions follow the wall clock of their time zone: a slot that a change of the clock skips runs once right
/// after it, one that it repeats runs once. `None` when there never is one (a cron expression for 30 February).
pub fn next_check(schedule: &Schedule, now: Instant) -> Option<Instant> {
    match schedule {
        Schedule::Every { interval } => {
            let step = i64::try_from(interval.as_millis()).ok().filter(|step| *step > 0)?;
            let next = (now.timestamp_millis().div_euclid(step) + 1) * step;
            Instant::from_timestamp_millis(next)
        }
        Schedule::Cron { expression, time_zone } => {
            let zone: Tz = time_zone.parse().ok()?;
            let cron = Cron::from_str(expression).ok()?;
            let next = cron.find_next_occurrence(&now.with_timezone(&zone), false).ok()?;
            Some(next.to_utc())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::next_check;
    use crate::config::Schedule;
    use crate::domain::Instant;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn an_interval_is_aligned_to_the_clock() {
        let hourly = Schedule::Every { interval: Duration::from_secs(3600) };
        assert_eq!(next_check(&hourly, at("2013-03-01T10:20:00Z")), Some(at("2013-03-01T11:00:00Z")));
        assert_eq!(next_check(&hourly, at("2013-03-01T11:00:00Z")), Some(at("2013-03-01T12:00:00Z")));
    }

    #[test]
    fn cron_follows_its_time_zone_through_both_clock_changes() {
        let daily = Schedule::Cron { expression: "30 2 * * *".into(), time_zone: "America/New_York".into() };
        // 2013-03-10 has no 02:30 in New York: asked once, right after the gap.
        assert_eq!(next_check(&daily, at("2013-03-09T12:00:00Z")), Some(at("2013-03-10T07:00:00Z")));
        let hour = Schedule::Cron { expression: "30 1 * * *".into(), time_zone: "America/New_York".into() };
        // 2013-11-03 has 01:30 twice: asked once.
        assert_eq!(next_check(&hour, at("2013-11-03T00:00:00Z")), Some(at("2013-11-03T05:30:00Z")));
        assert_eq!(next_check(&hour, at("2013-11-03T05:30:00Z")), Some(at("2013-11-04T06:30:00Z")));
    }

    #[test]
    fn a_date_that_never_comes_is_none() {
        let never = Schedule::Cron { expression: "0 0 30 2 *".into(), time_zone: "UTC".into() };
        assert_eq!(next_check(&never, at("2013-03-09T12:00:00Z")), None);
    }
}
