//! Where the time-ordered holdout begins.

use std::ops::Range;

use super::frame::DAY;

/// A history with less than this many times the holdout's length is cut at [`SHORT_SHARE`] of its time instead.
const LEAST_RATIO: f64 = 3.0;

/// Share of the time of a short history that is held out.
const SHORT_SHARE: f64 = 0.2;

/// Labelled rows cut in two by time. Rows of one event time are never parted. Rows between the two belong to neither:
/// their outcomes were not known yet when the holdout began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Rows to train on.
    pub train: Range<usize>,
    /// Rows to judge on; empty when all rows have one event time.
    pub holdout: Range<usize>,
}

/// Cuts rows with these event times (ascending, microseconds): the holdout is the last `days` days, or the last fifth
/// of the time when the history is shorter than three such holdouts. An outcome is known `delay` days after its event,
/// so only rows that old at the cut are trained on; when there is none, nothing is held out.
pub fn split(time: &[i64], days: f64, delay: f64) -> Split {
    let (Some(&first), Some(&last)) = (time.first(), time.last()) else {
        return Split { train: 0..0, holdout: 0..0 };
    };
    let span = (last - first) as f64;
    let wanted = days.max(0.0) * DAY as f64;
    let length = if span < LEAST_RATIO * wanted { SHORT_SHARE * span } else { wanted };
    at(time, last - length.round() as i64, delay)
}

/// Cuts behind `boundary` (microseconds); see [`split`].
pub fn at(time: &[i64], boundary: i64, delay: f64) -> Split {
    let known = boundary.saturating_sub((delay.max(0.0) * DAY as f64) as i64);
    match (time.partition_point(|&t| t <= known), time.partition_point(|&t| t <= boundary)) {
        (0, _) => Split { train: 0..time.len(), holdout: time.len()..time.len() },
        (train, cut) => Split { train: 0..train, holdout: cut..time.len() },
    }
}

/// First row of the newest `share` (0 to 1) of `rows`, moved forward so that rows of one event time stay together.
pub fn tail(time: &[i64], rows: Range<usize>, share: f64) -> usize {
    let keep = (rows.len() as f64 * (1.0 - share)).round() as usize;
    match time.get(rows.start + keep.saturating_sub(1)) {
        Some(&last) if keep > 0 && keep < rows.len() => rows.start + time[rows].partition_point(|&t| t <= last),
        _ => rows.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(numbers: &[i64]) -> Vec<i64> {
        numbers.iter().map(|n| n * DAY).collect()
    }

    #[test]
    fn a_long_history_holds_out_its_last_days() {
        let time = days(&(0..60).collect::<Vec<_>>());
        assert_eq!(split(&time, 14.0, 0.0), Split { train: 0..46, holdout: 46..60 });
    }

    #[test]
    fn a_short_history_holds_out_its_last_fifth() {
        let time = days(&(0..11).collect::<Vec<_>>());
        assert_eq!(split(&time, 14.0, 0.0), Split { train: 0..9, holdout: 9..11 });
    }

    #[test]
    fn rows_of_one_time_stay_together() {
        let time = days(&[0, 0, 1, 1, 1, 10, 10, 10]);
        let Split { train, holdout } = split(&time, 1.0, 0.0);
        assert_eq!((train, holdout), (0..5, 5..8));
        assert_eq!(tail(&time, 0..8, 0.5), 5);
    }

    #[test]
    fn one_moment_or_none_cannot_be_cut() {
        assert_eq!(split(&[], 14.0, 0.0), Split { train: 0..0, holdout: 0..0 });
        assert_eq!(split(&[5], 14.0, 0.0), Split { train: 0..1, holdout: 1..1 });
        assert_eq!(split(&[5, 5, 5], 14.0, 0.0), Split { train: 0..3, holdout: 3..3 });
        assert_eq!(tail(&[5, 5, 5], 0..3, 0.5), 3);
        assert_eq!(tail(&[], 0..0, 0.15), 0);
    }

    #[test]
    fn rows_whose_outcome_was_not_known_at_the_cut_are_in_neither_part() {
        let time = days(&(0..60).collect::<Vec<_>>());
        assert_eq!(split(&time, 14.0, 3.0), Split { train: 0..43, holdout: 46..60 });
        assert_eq!(split(&time, 14.0, 3.5), Split { train: 0..42, holdout: 46..60 });
        assert_eq!(split(&time, 14.0, 45.0), Split { train: 0..1, holdout: 46..60 });
        assert_eq!(split(&time, 14.0, 46.0), Split { train: 0..60, holdout: 60..60 });
    }
}
