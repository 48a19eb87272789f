//! The instants that a schedule names.

use std::str::FromStr;

use chrono_tz::Tz;
use croner::Cron;

use super::pipeline::Schedule;
use crate::domain::Instant;

impl Schedule {
    /// The first slot strictly after `at`.
    ///
    /// Intervals are aligned to the Unix epoch (an hourly check asks on the hour), so that a restart does not move
    /// them. Cron expressions follow the wall clock of their time zone: a slot that a change of the clock skips comes
    /// once right after it, one that it repeats comes once. `None` when there never is one (30 February).
    pub fn next_after(&self, at: Instant) -> Option<Instant> {
        match self {
            Self::Every { interval } => {
                let step = i64::try_from(interval.as_millis()).ok().filter(|step| *step > 0)?;
                let next = (at.timestamp_millis().div_euclid(step) + 1).checked_mul(step)?;
                Instant::from_timestamp_millis(next)
            }
            Self::Cron { expression, time_zone } => {
                let zone: Tz = time_zone.parse().ok()?;
                let cron = Cron::from_str(expression).ok()?;
                let next = cron.find_next_occurrence(&at.with_timezone(&zone), false).ok()?;
                Some(next.to_utc())
            }
        }
    }

    /// The slots after `from` up to and with `to`, oldest first, at most `most`.
    pub fn between(&self, from: Instant, to: Instant, most: usize) -> Vec<Instant> {
        let next = |at: &Instant| self.next_after(*at).filter(|next| *next > *at && *next <= to);
        std::iter::successors(next(&from), next).take(most).collect()
    }

    /// Whether `at` is one of its slots.
    pub fn has(&self, at: Instant) -> bool {
        self.next_after(at - chrono::Duration::milliseconds(1)) == Some(at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::Schedule;
    use crate::domain::Instant;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn cron(expression: &str, time_zone: &str) -> Schedule {
        Schedule::Cron { expression: expression.into(), time_zone: time_zone.into() }
    }

    #[test]
    fn an_interval_is_aligned_to_the_clock() {
        let hourly = Schedule::Every { interval: Duration::from_secs(3600) };
        assert_eq!(hourly.next_after(at("2013-03-01T10:20:00Z")), Some(at("2013-03-01T11:00:00Z")));
        assert_eq!(hourly.next_after(at("2013-03-01T11:00:00Z")), Some(at("2013-03-01T12:00:00Z")));
        assert!(hourly.has(at("2013-03-01T11:00:00Z")) && !hourly.has(at("2013-03-01T11:00:01Z")));
    }

    #[test]
    fn cron_follows_its_time_zone_through_both_clock_changes() {
        let daily = cron("30 2 * * *", "America/New_York");
        // 2013-03-10 has no 02:30 in New York: once, right after the gap.
        assert_eq!(daily.next_after(at("2013-03-09T12:00:00Z")), Some(at("2013-03-10T07:00:00Z")));
        let hour = cron("30 1 * * *", "America/New_York");
        // 2013-11-03 has 01:30 twice: once.
        assert_eq!(hour.next_after(at("2013-11-03T00:00:00Z")), Some(at("2013-11-03T05:30:00Z")));
        assert_eq!(hour.next_after(at("2013-11-03T05:30:00Z")), Some(at("2013-11-04T06:30:00Z")));
        // A week with a change of the clock has as many working days as any other.
        let (from, to) = (at("2026-03-26T12:00:00Z"), at("2026-04-02T12:00:00Z"));
        let slots = cron("0 6 * * 1-5", "Europe/Berlin").between(from, to, 99);
        let expected = ["03-27T05", "03-30T04", "03-31T04", "04-01T04", "04-02T04"];
        assert_eq!(slots, expected.map(|slot| at(&format!("2026-{slot}:00:00Z"))));
    }

    #[test]
    fn a_date_that_never_comes_is_none() {
        let never = cron("0 0 30 2 *", "UTC");
        assert_eq!(never.next_after(at("2013-03-09T12:00:00Z")), None);
        assert!(never.between(at("2013-03-09T12:00:00Z"), at("2014-03-09T12:00:00Z"), 9).is_empty());
    }

    proptest! {
        /// However a span of time is cut, its pieces hold every slot once and no other; also across clock changes.
        #[test]
        fn every_slot_comes_exactly_once(
            schedule in prop::sample::select(vec![
                cron("0 6 * * *", "Europe/Berlin"), cron("30 2 * * *", "America/New_York"),
                cron("15 1 * * 1-5", "Europe/London"), cron("*/20 * * * *", "Australia/Lord_Howe"),
                Schedule::Every { interval: Duration::from_secs(5400) },
            ]),
            start in 1_740_000_000_i64..1_790_000_000,
            cuts in prop::collection::vec(0_i64..12 * 86_400, 0..6),
        ) {
            let instant = |seconds: i64| Instant::from_timestamp(start + seconds, 0).unwrap();
            let mut edges: Vec<i64> = cuts.into_iter().chain([0, 12 * 86_400]).collect();
            edges.sort_unstable();
            let whole = schedule.between(instant(0), instant(12 * 86_400), 10_000);
            let pieces: Vec<Instant> = edges
                .windows(2)
                .flat_map(|edge| schedule.between(instant(edge[0]), instant(edge[1]), 10_000))
                .collect();
            prop_assert_eq!(&pieces, &whole);
            prop_assert!(whole.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(whole.iter().all(|slot| schedule.has(*slot)));
        }
    }
}
