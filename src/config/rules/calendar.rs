//! When nothing is expected: holidays and blackouts, by the wall clock of a time zone.

use chrono::{Datelike, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Instant;

/// Minutes of a day.
pub const DAY: u32 = 24 * 60;

/// A span of the day or the week in which nothing is expected, in minutes since its beginning (midnight, or Monday
/// 00:00). One that ends at or before its begin goes on into the next day or week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Blackout {
    Daily { from: u32, to: u32 },
    Weekly { from: u32, to: u32 },
}

/// Holidays and blackouts of a rule, in its time zone.
#[derive(Debug, Clone)]
pub struct Calendar<'a> {
    /// The zone whose wall clock counts.
    pub zone: Tz,
    /// Whole days.
    pub holidays: &'a [NaiveDate],
    /// Spans that come again.
    pub blackouts: &'a [Blackout],
}

impl Calendar<'_> {
    /// The calendar day of an instant.
    pub fn day(&self, at: Instant) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The wall clock at an instant.
    pub fn local(&self, at: Instant) -> NaiveDateTime {
        at.with_timezone(&self.zone).naive_local()
    }

    /// Why nothing is expected at this instant, if nothing is.
    pub fn excuse(&self, at: Instant) -> Option<&'static str> {
        let day = self.day(at);
        if self.holidays.contains(&day) {
            return Some("holiday");
        }
        self.spans(day, day).iter().any(|(from, to)| (*from..*to).contains(&at)).then_some("blackout")
    }

    /// The first instant from `at` on at which something may be expected again.
    pub fn open_again(&self, at: Instant) -> Instant {
        let mut open = at;
        // Spans may touch and overlap; a rule that excuses everything for ever ends the search.
        for _ in 0..1000 {
            let day = self.day(open);
            let Some(end) =
                self.spans(day, day).into_iter().filter(|(from, to)| (*from..*to).contains(&open)).map(|s| s.1).max()
            else {
                break;
            };
            open = end;
        }
        open
    }

    /// Seconds from `from` to `to` in which something could be expected.
    pub fn open_seconds(&self, from: Instant, to: Instant) -> f64 {
        let all = (to - from).num_milliseconds() as f64 / 1000.0;
        if all <= 0.0 || (self.holidays.is_empty() && self.blackouts.is_empty()) {
            return all;
        }
        let mut spans = self.spans(self.day(from), self.day(to));
        spans.sort_unstable();
        let (mut excused, mut reached) = (0.0, from);
        for (begin, end) in spans {
            let (begin, end) = (begin.max(reached), end.min(to));
            if end > begin {
                excused += (end - begin).num_milliseconds() as f64 / 1000.0;
                reached = end;
            }
        }
        all - excused
    }

    /// Spans without expectation that touch the days `first` to `last`, as instants.
    fn spans(&self, first: NaiveDate, last: NaiveDate) -> Vec<(Instant, Instant)> {
        let mut spans = Vec::new();
        for holiday in self.holidays.iter().filter(|day| (first..=last).contains(*day)) {
            let midnight = holiday.and_time(NaiveTime::MIN);
            spans.push((self.instant(midnight), self.instant(midnight + Duration::days(1))));
        }
        // A span that began the day before, or in the week before, may reach into the first day.
        let begins = |days: u64| first.checked_sub_days(Days::new(days)).unwrap_or(first);
        for blackout in self.blackouts {
            let (from, to, step) = match *blackout {
                Blackout::Daily { from, to } => (from, to, DAY),
                Blackout::Weekly { from, to } => (from, to, 7 * DAY),
            };
            let mut day = match step {
                DAY => begins(1),
                _ => begins(7 + u64::from(first.weekday().num_days_from_monday())),
            };
            let length = if to > from { to - from } else { to + step - from };
            while day <= last {
                let begin = day.and_time(NaiveTime::MIN) + Duration::minutes(i64::from(from));
                spans.push((self.instant(begin), self.instant(begin + Duration::minutes(i64::from(length)))));
                day = day + Days::new(u64::from(step / DAY));
            }
        }
        spans
    }

    /// The instant of a wall-clock time: the first of two, and the next full quarter of an hour for one that a change
    /// of the clock skips.
    fn instant(&self, local: NaiveDateTime) -> Instant {
        let quarters = (0..13).map(|n| local + Duration::minutes(15 * n));
        let found = quarters.filter_map(|time| self.zone.from_local_datetime(&time).earliest()).next();
        found.map_or_else(|| local.and_utc(), |time| time.to_utc())
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use chrono_tz::Tz;

    use super::{Blackout, Calendar, DAY};
    use crate::domain::Instant;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    const NIGHT: Blackout = Blackout::Daily { from: 22 * 60, to: 4 * 60 };
    /// Saturday 22:00 to Sunday 06:00.
    const WEEKEND: Blackout = Blackout::Weekly { from: 5 * DAY + 22 * 60, to: 6 * DAY + 6 * 60 };

    fn calendar<'a>(zone: Tz, holidays: &'a [NaiveDate], blackouts: &'a [Blackout]) -> Calendar<'a> {
        Calendar { zone, holidays, blackouts }
    }

    #[test]
    fn a_night_that_passes_midnight_and_a_weekend_are_excused_by_the_local_clock() {
        let berlin = calendar(chrono_tz::Europe::Berlin, &[], &[NIGHT, WEEKEND]);
        // 22:30 in Berlin in summer and in winter.
        assert_eq!(berlin.excuse(at("2026-07-01T20:30:00Z")), Some("blackout"));
        assert_eq!(berlin.excuse(at("2026-01-14T21:30:00Z")), Some("blackout"));
        assert_eq!(berlin.excuse(at("2026-01-14T20:30:00Z")), None);
        assert_eq!(berlin.excuse(at("2026-01-15T02:59:00Z")), Some("blackout"));
        assert_eq!(berlin.excuse(at("2026-01-15T03:00:00Z")), None);
        // Sunday 05:30: the night is over, the weekend's span is not.
        assert_eq!(berlin.excuse(at("2026-01-18T04:30:00Z")), Some("blackout"));
        assert_eq!(berlin.open_again(at("2026-01-17T22:00:00Z")), at("2026-01-18T05:00:00Z"));
    }

    #[test]
    fn a_holiday_is_a_day_of_the_zone_and_not_of_utc() {
        let holidays = [NaiveDate::from_ymd_opt(2026, 12, 25).unwrap()];
        let tokyo = calendar(chrono_tz::Asia::Tokyo, &holidays, &[]);
        assert_eq!(tokyo.excuse(at("2026-12-24T15:00:00Z")), Some("holiday"));
        assert_eq!(tokyo.excuse(at("2026-12-25T15:00:00Z")), None);
        assert_eq!(tokyo.open_seconds(at("2026-12-24T12:00:00Z"), at("2026-12-25T18:00:00Z")), 6.0 * 3600.0);
    }

    #[test]
    fn spans_that_overlap_are_excused_once_also_through_a_change_of_the_clock() {
        let spring = [NaiveDate::from_ymd_opt(2026, 3, 29).unwrap()];
        let berlin = calendar(chrono_tz::Europe::Berlin, &spring, &[NIGHT]);
        // From Saturday 12:00 to Monday 12:00 (46 + 1 hours, one is skipped): nights of 2 + 4 hours lie around and in a
        // day of 23 hours.
        let open = berlin.open_seconds(at("2026-03-28T11:00:00Z"), at("2026-03-30T10:00:00Z"));
        assert_eq!(open / 3600.0, 10.0 + 8.0);
        let always = calendar(Tz::UTC, &[], &[Blackout::Daily { from: 0, to: 0 }]);
        assert_eq!(always.open_seconds(at("2026-03-28T11:00:00Z"), at("2026-03-30T10:00:00Z")), 0.0);
    }
}
