//! Where the time-ordered holdout begins.

use std::borrow::Cow;
use std::ops::Range;

use super::diagnose::take;
use super::frame::{DAY, Frame};

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
    at(time, boundary(first, last, days), delay)
}

/// As [`split`], of a frame that was [`arranged`]: where it says when outcomes became known, only rows whose outcome was
/// known when the holdout began are trained on, and `delay` does not count.
pub fn of(frame: &Frame, days: f64, delay: f64) -> Split {
    let ends = frame.time.iter().min().zip(frame.time.iter().max());
    let (false, Some((&first, &last))) = (frame.known.is_empty(), ends) else { return split(&frame.time, days, delay) };
    let (known, late) = before(frame, frame.len(), boundary(first, last, days));
    match known.len() {
        0 => Split { train: 0..frame.len(), holdout: frame.len()..frame.len() },
        train => Split { train: 0..train, holdout: train + late.len()..frame.len() },
    }
}

/// [`split`] of the rows up to `end`, which are in order of time: `days`, `delay` and the frame as for [`known_at`].
pub fn inner(frame: &Frame, end: usize, days: f64, delay: f64) -> (Cow<'_, Frame>, Split) {
    match (frame.time[..end].first(), frame.time[..end].last()) {
        (Some(&first), Some(&last)) => known_at(frame, end, boundary(first, last, days), delay),
        _ => (Cow::Borrowed(frame), Split { train: 0..0, holdout: 0..0 }),
    }
}

/// Cuts the rows up to `end`, which are in order of time, behind `boundary` (microseconds). Where the frame says when
/// outcomes became known, it is one without the rows before the cut whose outcome was not known then, and `delay` does not
/// count; otherwise it is the same and [`at`] cuts.
pub fn known_at(frame: &Frame, end: usize, boundary: i64, delay: f64) -> (Cow<'_, Frame>, Split) {
    if frame.known.is_empty() {
        return (Cow::Borrowed(frame), at(&frame.time[..end], boundary, delay));
    }
    let (mut rows, late) = before(frame, end, boundary);
    match rows.len() {
        0 => (Cow::Borrowed(frame), Split { train: 0..end, holdout: end..end }),
        train => {
            rows.extend(train + late.len()..end);
            (Cow::Owned(take(frame, &rows)), Split { train: 0..train, holdout: train..rows.len() })
        }
    }
}

/// The frame (rows in order of time) with the rows before the holdout whose outcome was not known yet when that began
/// behind the others before it; as it is where nobody says when outcomes became known.
pub fn arranged(frame: Frame, days: f64) -> Frame {
    let (Some(&first), Some(&last), false) = (frame.time.first(), frame.time.last(), frame.known.is_empty()) else {
        return frame;
    };
    let (mut rows, late) = before(&frame, frame.len(), boundary(first, last, days));
    if late.is_empty() {
        return frame;
    }
    rows.extend(late);
    rows.extend(rows.len()..frame.len());
    take(&frame, &rows)
}

/// Of the rows up to `end` those before `boundary` (microseconds): whose outcome was known then, and whose was not yet.
fn before(frame: &Frame, end: usize, boundary: i64) -> (Vec<usize>, Vec<usize>) {
    (0..end).filter(|&row| frame.time[row] <= boundary).partition(|&row| frame.known[row] <= boundary)
}

/// The rows of a frame that was [`arranged`] in order of time again. The holdout lies where it was.
pub fn in_order(frame: &Frame) -> Cow<'_, Frame> {
    if frame.time.is_sorted() {
        return Cow::Borrowed(frame);
    }
    let mut rows: Vec<usize> = (0..frame.len()).collect();
    rows.sort_by_key(|&row| (frame.time[row], frame.source[row]));
    Cow::Owned(take(frame, &rows))
}

/// The instant behind which the holdout of rows from `first` to `last` begins.
fn boundary(first: i64, last: i64, days: f64) -> i64 {
    let span = (last - first) as f64;
    let wanted = days.max(0.0) * DAY as f64;
    let length = if span < LEAST_RATIO * wanted { SHORT_SHARE * span } else { wanted };
    last - length.round() as i64
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
    use crate::learn::samples;

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

    #[test]
    fn outcomes_that_came_after_the_cut_are_not_trained_on_wherever_their_rows_lie() {
        let mut frame = samples::frame(60, 2, 1);
        // Known two days after the event, but for the rows of day 10, which became known on day 50.
        frame.known = frame.time.iter().map(|t| if t / DAY == 10 { 50 * DAY } else { t + 2 * DAY }).collect();
        let (times, late) = (frame.time.clone(), [20, 21]);
        let frame = arranged(frame, 14.0);
        let Split { train, holdout } = of(&frame, 14.0, 0.0);
        // The holdout begins behind the first row of day 45: what was known then is of days 0 to 43, and half of that.
        assert!(frame.known[train.clone()].iter().all(|known| *known <= frame.time[holdout.start]));
        assert!(frame.time[train.clone()].is_sorted() && frame.time[holdout.clone()].is_sorted());
        assert!(late.iter().all(|row| !frame.time[train.clone()].contains(&times[*row])));
        assert_eq!(
            (train.len(), holdout.len()),
            (split(&times, 14.0, 2.0).train.len() - 2, split(&times, 14.0, 2.0).holdout.len())
        );
        let whole = in_order(&frame);
        assert_eq!(whole.time, times, "no row is lost");
        assert_eq!(whole.source[holdout.clone()], frame.source[holdout.clone()]);
        let unknown = arranged(samples::frame(60, 2, 1), 14.0);
        assert_eq!(of(&unknown, 14.0, 3.0), split(&unknown.time, 14.0, 3.0));
    }

    #[test]
    fn an_inner_cut_leaves_out_what_was_not_known_when_it_was_made() {
        let mut frame = samples::frame(60, 2, 1);
        assert_eq!(inner(&frame, 90, 9.0, 3.0).1, split(&frame.time[..90], 9.0, 3.0));
        frame.known = frame.time.iter().map(|t| if t / DAY == 10 { 50 * DAY } else { t + 2 * DAY }).collect();
        let (part, Split { train, holdout }) = inner(&frame, 90, 9.0, 0.0);
        let cut = split(&frame.time[..90], 9.0, 2.0);
        assert_eq!((train.len(), holdout.len()), (cut.train.len() - 2, cut.holdout.len()));
        assert!(part.known[train.clone()].iter().all(|known| *known <= part.time[holdout.start]));
        assert_eq!(part.time[holdout], frame.time[cut.holdout]);
        assert_eq!(inner(&frame, 0, 9.0, 0.0).1, Split { train: 0..0, holdout: 0..0 });
    }

    #[test]
    fn when_no_outcome_was_known_at_the_cut_nothing_is_held_out() {
        let mut frame = samples::frame(20, 2, 1);
        frame.known = vec![30 * DAY; frame.len()];
        let frame = arranged(frame, 5.0);
        assert_eq!(of(&frame, 5.0, 0.0), Split { train: 0..40, holdout: 40..40 });
    }
}
