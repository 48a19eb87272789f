//! What is usual: a robust centre and spread of a series with a daily or weekly rhythm.
//!
//! Each point is compared with the median of its own bucket (the weekday for a daily feed, hour and weekday or weekend
//! for a denser one), leaving out the point itself; the spread is that of the residuals of all buckets pooled, so that
//! a month of history is enough where a bucket alone would need half a year.

use std::collections::HashMap;

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, Timelike};

use crate::domain::quantile::{median, robust_sd};

/// One past observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The time it is about: the date in a file's name, an event day, or the instant of its arrival.
    pub at: NaiveDateTime,
    /// The observation, in its own unit.
    pub value: f64,
    /// Whether it raised an alert that nobody called normal; such points do not shape what is usual.
    pub alerted: bool,
}

/// What is usual at one instant, on the scale the values were given in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// The median of comparable points.
    pub centre: f64,
    /// Robust standard deviation around the centre.
    pub spread: f64,
    /// Residuals behind the spread.
    pub n: usize,
    /// Whether comparable points are those of the same bucket; false while the rhythm is not known yet.
    pub rhythm: bool,
    /// How heavy the tails of the residuals are (3.3: normal), where there are enough to tell.
    pub tails: Option<f64>,
}

/// So many points of a bucket make it comparable.
const MIN_BUCKET: usize = 3;
/// From so many on a point hardly moves the median of its bucket.
const FULL_BUCKET: usize = 8;
/// So many alerted points in a row are the new usual, so that a change that stays does not alarm for ever.
pub const NEW_USUAL: usize = 5;
/// Residuals needed to tell how heavy their tails are.
const MIN_TAILS: usize = 100;

/// The points that may shape what is usual, oldest first, on the scale of `transform`; points whose transformed value
/// is not finite are left out.
pub fn usable(history: &[Point], transform: impl Fn(f64) -> f64) -> Vec<(NaiveDateTime, f64)> {
    let mut points: Vec<&Point> = history.iter().filter(|p| transform(p.value).is_finite()).collect();
    points.sort_by_key(|p| p.at);
    let streak = points.iter().rev().take_while(|p| p.alerted).count();
    let chosen: Vec<&Point> = if streak >= NEW_USUAL {
        points.split_off(points.len() - streak)
    } else {
        points.into_iter().filter(|p| !p.alerted).collect()
    };
    chosen.into_iter().map(|p| (p.at, transform(p.value))).collect()
}

/// What is usual at `at`, judged by `points` (oldest first, without the observation itself). `None` without points.
/// The window is the 28 days before `at`, 56 for a feed of one point a day or fewer; a feed too slow to have 28 points
/// in it is judged by its last 28.
pub fn baseline(points: &[(NaiveDateTime, f64)], at: NaiveDateTime) -> Option<Baseline> {
    let dense = is_dense(points);
    let window = window(points, at, if dense { 28 } else { 56 });
    let bucket_of = |t: NaiveDateTime| if dense { hour_bucket(t) } else { t.weekday().num_days_from_monday() };
    let mut buckets: HashMap<u32, Vec<f64>> = HashMap::new();
    for (t, y) in window {
        buckets.entry(bucket_of(*t)).or_default().push(*y);
    }
    let own = buckets.get(&bucket_of(at)).filter(|b| b.len() >= MIN_BUCKET);
    let residuals = |b: &Vec<f64>| if dense && b.len() >= FULL_BUCKET { around(b) } else { left_out(b) };
    let pooled: Vec<f64> = buckets.values().filter(|b| b.len() > MIN_BUCKET).flat_map(residuals).collect();
    match (own, pooled.len() >= 4 * MIN_BUCKET) {
        (Some(own), true) => {
            let (spread, tails) = (robust_sd(&pooled)?, tails(&pooled));
            Some(Baseline { centre: median(own)?, spread, n: pooled.len(), rhythm: true, tails })
        }
        // The bucket is still too young: what is usual must span the whole rhythm.
        _ => {
            let all: Vec<f64> = window.iter().map(|(_, y)| *y).collect();
            let centre = median(&all)?;
            let residuals: Vec<f64> = all.iter().map(|y| y - centre).collect();
            Some(Baseline { centre, spread: robust_sd(&residuals)?, n: all.len(), rhythm: false, tails: None })
        }
    }
}

/// The residual of each value against the median of all.
fn around(values: &[f64]) -> Vec<f64> {
    let middle = median(values).unwrap_or(0.0);
    values.iter().map(|value| value - middle).collect()
}

/// The residual of each value against the median of the others.
fn left_out(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let others = sorted.len().saturating_sub(1);
    // The place of the others' n-th value, when the i-th of all is left out.
    let place = |n: usize, i: usize| if n < i { n } else { n + 1 };
    (0..sorted.len())
        .filter(|_| others > 0)
        .map(|i| sorted[i] - (sorted[place((others - 1) / 2, i)] + sorted[place(others / 2, i)]) / 2.0)
        .collect()
}

/// How heavy the tails of residuals are: the span of the middle 95 % over that of the middle half (Crow and Siddiqui
/// 1967), about 3.3 for normal ones, 4.0 for Student's t with five degrees of freedom. Single outliers do not move it, as they
/// would move the fourth moment. `None` with too few to tell.
fn tails(residuals: &[f64]) -> Option<f64> {
    if residuals.len() < MIN_TAILS {
        return None;
    }
    let mut sorted = residuals.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |q: f64| sorted[((sorted.len() - 1) as f64 * q).round() as usize];
    let half = at(0.75) - at(0.25);
    (half > 0.0).then(|| (at(0.975) - at(0.025)) / half)
}

fn window(points: &[(NaiveDateTime, f64)], at: NaiveDateTime, days: i64) -> &[(NaiveDateTime, f64)] {
    let start = points.partition_point(|(t, _)| *t < at - Duration::days(days));
    let slow = points.len().saturating_sub(28);
    &points[start.min(slow)..]
}

/// More than one point a day, judged by the middle gap between points of different instants.
fn is_dense(points: &[(NaiveDateTime, f64)]) -> bool {
    let gaps: Vec<f64> =
        points.windows(2).map(|w| (w[1].0 - w[0].0).num_seconds() as f64).filter(|gap| *gap > 0.0).collect();
    median(&gaps).is_some_and(|gap| gap < 12.0 * 3600.0)
}

fn hour_bucket(t: NaiveDateTime) -> u32 {
    t.hour() * 2 + u32::from(t.weekday().num_days_from_monday() >= 5)
}

/// The date written in a file's name (`flights_2013-03-09.csv`, `flights_20130309.csv`), else nothing.
pub fn date_in_name(name: &str) -> Option<NaiveDate> {
    let characters: Vec<char> = name.chars().collect();
    let digit_at = |i: usize| characters.get(i).is_some_and(char::is_ascii_digit);
    for start in 0..characters.len() {
        // Every form begins with a digit: the rest need not be parsed to be refused.
        if !digit_at(start) || (start > 0 && digit_at(start - 1)) {
            continue;
        }
        for (length, format) in [(10, "%Y-%m-%d"), (10, "%Y_%m_%d"), (8, "%Y%m%d")] {
            let Some(piece) = characters.get(start..start + length).filter(|_| !digit_at(start + length)) else {
                continue;
            };
            let piece: String = piece.iter().collect();
            if let Ok(date) = NaiveDate::parse_from_str(&piece, format)
                && (1900..2200).contains(&date.year())
            {
                return Some(date);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, NaiveDate, NaiveDateTime};

    use super::{Point, baseline, date_in_name, usable};

    fn day(n: i64) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2013, 1, 7).unwrap().and_hms_opt(0, 0, 0).unwrap() + Duration::days(n)
    }

    fn point(n: i64, value: f64, alerted: bool) -> Point {
        Point { at: day(n), value, alerted }
    }

    #[test]
    fn each_weekday_has_its_own_centre_and_all_share_one_spread() {
        let points: Vec<_> =
            (0..42).map(|i| (day(i), if i % 7 >= 5 { 10.0 } else { 100.0 } + (i / 7 % 3) as f64)).collect();
        let saturday = baseline(&points, day(47)).unwrap();
        let monday = baseline(&points, day(42)).unwrap();
        assert_eq!((saturday.centre, monday.centre), (11.0, 101.0));
        assert_eq!(saturday.spread, monday.spread);
        assert_eq!(saturday.n, 42);
        assert!(saturday.spread < 2.0, "{saturday:?}");
    }

    #[test]
    fn a_weekday_seen_too_rarely_is_judged_by_the_spread_of_all() {
        let points: Vec<_> = (0..33).filter(|i| i % 7 < 5).map(|i| (day(i), 100.0 + 20.0 * (i % 7) as f64)).collect();
        let saturday = baseline(&points, day(33)).unwrap();
        assert_eq!(saturday.centre, 140.0);
        assert!(saturday.spread > 20.0, "{saturday:?}");
    }

    #[test]
    fn residuals_are_against_the_median_of_the_others() {
        let values = [4.0, 1.0, 9.0, 2.0, 7.0];
        let mut expected: Vec<f64> = (0..5)
            .map(|i| {
                let others: Vec<f64> = (0..5).filter(|j| *j != i).map(|j| values[j]).collect();
                values[i] - crate::domain::quantile::median(&others).unwrap()
            })
            .collect();
        expected.sort_by(f64::total_cmp);
        let mut found = super::left_out(&values);
        found.sort_by(f64::total_cmp);
        assert_eq!(found, expected);
        assert_eq!(super::left_out(&values[..4]), [1.0 - 4.0, 2.0 - 4.0, 4.0 - 2.0, 9.0 - 2.0]);
        assert!(super::left_out(&[1.0]).is_empty());
    }

    #[test]
    fn what_alerted_does_not_shape_the_usual_until_it_stays() {
        let mut history: Vec<Point> = (0..20).map(|i| point(i, 1.0, false)).collect();
        history.extend((20..24).map(|i| point(i, 9.0, true)));
        assert!(usable(&history, |v| v).iter().all(|(_, y)| *y == 1.0));
        history.push(point(24, 9.0, true));
        assert_eq!(usable(&history, |v| v).len(), 5);
        assert!(usable(&history, |v| v).iter().all(|(_, y)| *y == 9.0));
        assert!(usable(&[point(0, 0.0, false)], f64::ln).is_empty());
        assert!(baseline(&[], day(0)).is_none());
    }

    #[test]
    fn dates_are_found_in_names() {
        let march = NaiveDate::from_ymd_opt(2013, 3, 9);
        assert_eq!(date_in_name("flights_2013-03-09.csv"), march);
        assert_eq!(date_in_name("a/20130309T12.csv"), march);
        assert_eq!(date_in_name("dump_2013_03_09"), march);
        assert_eq!(date_in_name("flüge-2013-13-40.csv"), None);
        assert_eq!(date_in_name("1620130309123.csv"), None);
        assert_eq!(date_in_name("part-00001.csv"), None);
    }
}
