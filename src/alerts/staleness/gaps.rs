//! How long a feed usually pauses.
//!
//! Threshold: max(1.5 x 95th percentile, 1.1 x 99th percentile) of the gaps that began at a comparable time: within an
//! hour and a half of the same time of day (of a feed of one file a day or fewer: at any), on a day of the same kind (a
//! weekday or not, followed by a weekday or not: the gap after Friday's last file spans the weekend). While there are
//! few of those, 1.5 x their longest, and at least the threshold of the gaps at this time of any day.

use chrono::{Datelike, Duration, NaiveDateTime, Timelike};

use crate::config::rules::Calendar;
use crate::domain::Instant;
use crate::domain::quantile::{median, quantile};

/// Gaps needed before a threshold is learned, over at least [`MIN_SPAN`].
pub const MIN_GAPS: usize = 14;
/// A burst of files in an hour says nothing of what is usual.
const MIN_SPAN: Duration = Duration::days(3);
/// Times of day that are comparable lie within so many minutes.
const NEAR: u32 = 90;
/// Of a feed whose usual gap is at least this, in seconds, the time of day does not matter.
const SLOW: f64 = 12.0 * 3600.0;

/// What is usual for the gap under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Usual {
    /// Longer than so many seconds is stale.
    pub threshold: f64,
    /// The rule, for a person.
    pub rule: String,
}

/// A time span in which nothing could be learned: upstream's outage or Landfall's own.
pub type Outage = (Instant, Instant);

/// Gaps between `arrivals` (oldest first) that count: (begin, end, seconds in which something could be expected).
pub fn gaps(arrivals: &[Instant], calendar: &Calendar<'_>, outages: &[Outage]) -> Vec<(Instant, Instant, f64)> {
    let whole = |from: Instant, to: Instant| !outages.iter().any(|(begin, end)| *begin < to && *end > from);
    arrivals
        .windows(2)
        .filter(|pair| whole(pair[0], pair[1]))
        .map(|pair| (pair[0], pair[1], calendar.open_seconds(pair[0], pair[1])))
        .collect()
}

/// What is usual for a gap that begins at `begin`, or how many gaps are known so far.
///
/// # Errors
/// The number of gaps, fewer than [`MIN_GAPS`].
pub fn usual(gaps: &[(Instant, Instant, f64)], calendar: &Calendar<'_>, begin: Instant) -> Result<Usual, usize> {
    let span = gaps.first().zip(gaps.last()).map_or(Duration::zero(), |(first, last)| last.1 - first.0);
    if gaps.len() < MIN_GAPS || span < MIN_SPAN {
        // Many gaps in a short time are still not enough.
        return Err(gaps.len().min(MIN_GAPS - 1));
    }
    let all: Vec<f64> = gaps.iter().map(|gap| gap.2).collect();
    let slow = median(&all).is_some_and(|gap| gap >= SLOW);
    let begin = calendar.local(begin);
    let like = |any_day: bool| -> Vec<f64> {
        let like = |from: Instant| is_like(calendar.local(from), begin, slow, any_day);
        gaps.iter().filter(|gap| like(gap.0)).map(|gap| gap.2).collect()
    };
    let own = like(false);
    let longest = own.iter().copied().fold(0.0, f64::max);
    let (threshold, rule) = match own.len() {
        // A first Friday evening: nobody knows yet what follows it.
        0 => return Err(MIN_GAPS - 1),
        n if n >= MIN_GAPS => {
            (limit(&own), format!("max(1.5 x 95th, 1.1 x 99th percentile) of {n} gaps of this time and kind of day"))
        }
        n => {
            let near = Some(like(true)).filter(|near| near.len() >= MIN_GAPS).unwrap_or(all);
            let rule = format!("1.5 x the longest of {n} gaps of this time and kind of day, and the usual of any day");
            ((1.5 * longest).max(limit(&near)), rule)
        }
    };
    Ok(Usual { threshold, rule: format!("learned: {rule}") })
}

/// The threshold of a sample of gaps, in its unit; 0 without any.
pub fn limit(gaps: &[f64]) -> f64 {
    let at = |q: f64| quantile(gaps, q).unwrap_or(0.0);
    (1.5 * at(0.95)).max(1.1 * at(0.99))
}

/// Whether two gaps began at comparable times.
fn is_like(one: NaiveDateTime, other: NaiveDateTime, any_time: bool, any_day: bool) -> bool {
    let kind = |at: NaiveDateTime| {
        let day = at.weekday().num_days_from_monday();
        (day >= 5, (day + 1) % 7 >= 5)
    };
    let minute = |at: NaiveDateTime| at.hour() * 60 + at.minute();
    let apart = minute(one).abs_diff(minute(other));
    (any_day || kind(one) == kind(other)) && (any_time || apart.min(24 * 60 - apart) <= NEAR)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Duration, TimeZone, Timelike, Utc};

    use super::{gaps, usual};
    use crate::config::rules::{Calendar, StalenessRule};
    use crate::domain::Instant;

    fn threshold_hours(arrivals: &[Instant], calendar: &Calendar<'_>, begin: &str) -> f64 {
        let known = gaps(arrivals, calendar, &[]);
        usual(&known, calendar, begin.parse().unwrap()).unwrap().threshold / 3600.0
    }

    #[test]
    fn the_gap_over_a_weekend_is_another_one_than_that_over_a_night_or_an_hour() {
        // On weekdays at every full hour from 8 to 18, for six weeks.
        let start = Utc.with_ymd_and_hms(2024, 1, 1, 0, 0, 0).unwrap();
        let hours = (0..42 * 24).map(|hour| start + Duration::hours(hour));
        let arrivals: Vec<Instant> =
            hours.filter(|at| at.weekday().num_days_from_monday() < 5 && (8..=18).contains(&at.hour())).collect();
        let rule = StalenessRule::default();
        let calendar = rule.calendar();
        assert_eq!(threshold_hours(&arrivals, &calendar, "2024-02-06T10:00:00Z"), 1.5);
        // After 18:00 of a Tuesday: 14 hours are usual; of a Friday: 62.
        let night = threshold_hours(&arrivals, &calendar, "2024-02-06T18:00:00Z");
        let weekend = threshold_hours(&arrivals, &calendar, "2024-02-09T18:00:00Z");
        assert!((15.0..=22.0).contains(&night) && (62.0..=140.0).contains(&weekend), "{night} {weekend}");
    }

    #[test]
    fn an_outage_is_not_learned_and_a_blackout_is_no_gap() {
        let start = Utc.with_ymd_and_hms(2024, 1, 1, 0, 0, 0).unwrap();
        let arrivals: Vec<Instant> =
            (0..400).filter(|hour| !(200..290).contains(hour)).map(|hour| start + Duration::hours(hour)).collect();
        let rule = StalenessRule::default();
        let outage = (start + Duration::hours(203), start + Duration::hours(290));
        assert_eq!(gaps(&arrivals, &rule.calendar(), &[outage]).len(), 308);
        let mut nightly = StalenessRule::default();
        nightly.blackouts.push(crate::config::rules::Blackout::Daily { from: 22 * 60, to: 6 * 60 });
        let days: Vec<Instant> =
            (0..400).map(|hour| start + Duration::hours(hour)).filter(|at| (6..22).contains(&at.hour())).collect();
        let open = gaps(&days, &nightly.calendar(), &[]);
        assert!(open.iter().all(|gap| gap.2 == 3600.0), "{open:?}");
    }
}
