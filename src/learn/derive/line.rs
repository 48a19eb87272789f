//! The values of one key in order of time, and what a stretch of them tells.

use std::ops::Range;

use crate::domain::feature::{Aggregate, Window};
use crate::learn::metrics::Sum;

/// Values whose smallest and largest are kept together.
const BLOCK: usize = 128;

/// Values in order of (time, value), with what makes every stretch of them cheap to sum up. Sums run from the beginning,
/// so what a row is told depends on what lies before it and on nothing after.
#[derive(Debug, Clone)]
pub(super) struct Line {
    time: Vec<i64>,
    value: Vec<f64>,
    /// Of the values before each, less the first value: spreads stay exact far from 0.
    sums: Vec<Sum>,
    squares: Vec<Sum>,
    /// Smallest and largest of every whole block.
    extremes: Vec<(f64, f64)>,
}

impl Line {
    /// Of values with their times, in any order.
    pub fn new(mut entries: Vec<(i64, f64)>) -> Self {
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (time, value): (Vec<i64>, Vec<f64>) = entries.into_iter().unzip();
        let origin = value.first().copied().unwrap_or(0.0);
        let (mut sum, mut square) = (Sum::default(), Sum::default());
        let (mut sums, mut squares) = (vec![sum], vec![square]);
        for value in &value {
            sum.add(value - origin);
            square.add((value - origin).powi(2));
            sums.push(sum);
            squares.push(square);
        }
        let extremes = value.chunks_exact(BLOCK).map(extremes).collect();
        Self { time, value, sums, squares, extremes }
    }

    /// What the values known strictly before `instant` (less the delay, which the caller takes off) tell.
    pub fn told(&self, instant: i64, what: Aggregate, window: Window) -> Option<f64> {
        let end = self.time.partition_point(|&time| time < instant);
        let start = match window {
            Window::Rows(rows) => end.saturating_sub(rows as usize),
            Window::Time(length) => self.time.partition_point(|&time| time < instant.saturating_sub(length)),
        };
        self.of(start..end.max(start), what, window)
    }

    fn of(&self, stretch: Range<usize>, what: Aggregate, window: Window) -> Option<f64> {
        let n = stretch.len() as f64;
        let origin = self.value.first().copied().unwrap_or(0.0);
        let mean = || self.sums[stretch.end].since(self.sums[stretch.start]) / n;
        match what {
            Aggregate::Count => Some(n),
            _ if stretch.is_empty() => None,
            Aggregate::Lag => (window == Window::Rows(stretch.len() as u32)).then(|| self.value[stretch.start]),
            Aggregate::Mean => Some(origin + mean()),
            Aggregate::Sum => Some((origin + mean()) * n),
            Aggregate::Min => Some(self.extremes(stretch).0),
            Aggregate::Max => Some(self.extremes(stretch).1),
            Aggregate::Std if stretch.len() < 2 => None,
            Aggregate::Std => {
                let squares = self.squares[stretch.end].since(self.squares[stretch.start]);
                Some(((squares - n * mean().powi(2)).max(0.0) / (n - 1.0)).sqrt())
            }
        }
    }

    fn extremes(&self, stretch: Range<usize>) -> (f64, f64) {
        let (first, last) = (stretch.start.div_ceil(BLOCK), stretch.end / BLOCK);
        if first >= last {
            return extremes(&self.value[stretch]);
        }
        let edges =
            [extremes(&self.value[stretch.start..first * BLOCK]), extremes(&self.value[last * BLOCK..stretch.end])];
        edges.iter().chain(&self.extremes[first..last]).fold(NONE, |a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

const NONE: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);

fn extremes(values: &[f64]) -> (f64, f64) {
    values.iter().fold(NONE, |(low, high), &value| (low.min(value), high.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Window = Window::Rows(u32::MAX);

    #[test]
    fn a_stretch_is_summed_up_as_if_value_by_value() {
        let values: Vec<f64> = (0..1_000).map(|i| f64::from(i * 7919 % 1009) + 1e6).collect();
        let line = Line::new(values.iter().zip(0..).map(|(&v, t)| (t, v)).collect());
        for (start, end) in [(0, 1_000), (3, 5), (100, 700), (127, 129), (128, 256), (999, 1_000)] {
            let told = |what| line.of(start..end, what, ALL);
            let stretch = &values[start..end];
            let n = stretch.len() as f64;
            let mean = stretch.iter().sum::<f64>() / n;
            let close = |a: Option<f64>, b: f64| assert!((a.unwrap() - b).abs() < 1e-9 * b.abs().max(1.0), "{a:?} {b}");
            close(told(Aggregate::Mean), mean);
            close(told(Aggregate::Sum), mean * n);
            assert_eq!(told(Aggregate::Min), stretch.iter().copied().reduce(f64::min));
            assert_eq!(told(Aggregate::Max), stretch.iter().copied().reduce(f64::max));
            if stretch.len() > 1 {
                let spread = stretch.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
                close(told(Aggregate::Std), spread.sqrt());
            }
        }
    }

    #[test]
    fn of_nothing_only_the_count_is_known() {
        let line = Line::new(vec![(10, 1.0), (20, 3.0)]);
        let hour = Window::Time(5);
        assert_eq!(line.told(10, Aggregate::Count, ALL), Some(0.0));
        assert_eq!(line.told(10, Aggregate::Mean, ALL), None);
        assert_eq!(line.told(20, Aggregate::Mean, ALL), Some(1.0), "the row's own instant does not count");
        assert_eq!(line.told(20, Aggregate::Mean, hour), None);
        assert_eq!(line.told(25, Aggregate::Mean, hour), Some(3.0), "the window's far end counts");
        assert_eq!(line.told(21, Aggregate::Std, Window::Rows(1)), None);
        assert_eq!(line.told(21, Aggregate::Lag, Window::Rows(2)), Some(1.0));
        assert_eq!(line.told(21, Aggregate::Lag, Window::Rows(3)), None);
    }
}
