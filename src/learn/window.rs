//! Which rows are trained on.

use std::ops::Range;

use super::frame::{DAY, Frame};
use super::random::Random;
use crate::domain::plan::Window;

/// Those of `rows` (in order of time) that a window keeps. Ages count from `now` (microseconds); what is not older than
/// that is kept by every window but one of so many rows.
///
/// Exponential weights are kept by thinning: a row whose weight is 1/4 stays with a probability of 1/4. Then every
/// learner takes them, and its loss has the weighted loss as its expectation. Whether a row stays depends on where it
/// came from alone (its file and line), so the same history always gives the same rows.
pub fn kept(window: Window, frame: &Frame, rows: Range<usize>, now: i64) -> Vec<usize> {
    let time = &frame.time;
    let days = |days: f64| (days * DAY as f64) as i64;
    match window {
        Window::All => rows.collect(),
        Window::Days(most) => rows.filter(|&row| time[row] >= now.saturating_sub(days(most))).collect(),
        Window::Rows(most) => {
            let start = rows.end.saturating_sub(most as usize).max(rows.start);
            // Rows of one event time stay together.
            let first = time.get(start).map_or(rows.end, |&t| time.partition_point(|&other| other < t));
            (first.max(rows.start)..rows.end).collect()
        }
        Window::HalfLife(half) => rows
            .filter(|&row| {
                let age = now.saturating_sub(time[row]).max(0) as f64 / DAY as f64;
                chance(frame.source[row]) < (-age / half.max(f64::MIN_POSITIVE)).exp2()
            })
            .collect(),
    }
}

/// A number in [0, 1) that belongs to a row.
fn chance((file, line): (i64, i64)) -> f64 {
    let seed = Random::seeded(file.cast_unsigned()).next_u64();
    Random::seeded(seed ^ line.cast_unsigned()).unit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::samples;

    #[test]
    fn days_and_rows_count_from_the_end() {
        let frame = samples::frame(30, 40, 1);
        let last = frame.time[frame.len() - 1];
        let of = |window| kept(window, &frame, 0..1_200, last);
        assert_eq!(of(Window::All).len(), 1_200);
        assert_eq!(of(Window::Days(10.0)), (799..1_200).collect::<Vec<_>>());
        assert_eq!(of(Window::Rows(100)), (1_100..1_200).collect::<Vec<_>>());
        assert_eq!(of(Window::Rows(5_000)).len(), 1_200);
        assert_eq!(kept(Window::Rows(5), &frame, 3..3, last), Vec::<usize>::new());
    }

    #[test]
    fn rows_of_one_time_stay_together() {
        let mut frame = samples::frame(2, 40, 1);
        frame.time[40..].fill(samples::frame(2, 40, 1).time[40]);
        assert_eq!(kept(Window::Rows(3), &frame, 0..80, 0).len(), 40);
    }

    #[test]
    fn a_half_life_keeps_half_of_the_rows_of_that_age_and_the_same_ones_every_time() {
        let frame = samples::frame(40, 1_000, 1);
        let now = frame.time[frame.len() - 1];
        let rows = kept(Window::HalfLife(10.0), &frame, 0..frame.len(), now);
        let of_day = |day: i64| rows.iter().filter(|&&row| frame.time[row] / DAY == day).count();
        for (day, share) in [(39, 1.0), (29, 0.5), (19, 0.25), (9, 0.125)] {
            let expected = 1_000.0 * share;
            assert!((of_day(day) as f64 - expected).abs() < 4.0 * (expected * (1.0 - share)).sqrt() + 5.0, "day {day}");
        }
        assert_eq!(rows, kept(Window::HalfLife(10.0), &frame, 0..frame.len(), now));
        let all_now = kept(Window::HalfLife(10.0), &frame, 0..frame.len(), frame.time[0]);
        assert_eq!(all_now.len(), frame.len(), "what is not older than now is kept");
    }
}
