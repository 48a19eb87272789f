//! Where one model is surely worse than another, although it may be better over all.

use std::ops::Range;

use super::bins::bin;
use super::frame::Frame;
use super::metrics::{mean, sum};
use crate::domain::plan::FeaturePlan;
use crate::domain::text::one_line;

/// Smaller segments are not looked at.
pub const LEAST_ROWS: usize = 100;

/// A segment in which the first model's loss is larger than the second's.
#[derive(Debug, Clone, PartialEq)]
pub struct Worse {
    /// `carrier = EV`.
    pub what: String,
    /// Its rows.
    pub rows: usize,
    /// By how much, as a share of the second's loss.
    pub increase: f64,
}

/// The segment in which the first model is worse by the largest share of the second's loss, among those of one feature
/// with at least [`LEAST_ROWS`] rows where chance does not explain it: the mean of the rows' loss differences is more
/// standard errors above 0 than the largest of so many segments would be by chance (Bonferroni over the segments at
/// 5 %). `first` and `second` are losses of `rows` of `frame`, whose columns are those of `features`.
pub fn worst(
    features: &[FeaturePlan],
    frame: &Frame,
    rows: Range<usize>,
    first: &[f64],
    second: &[f64],
) -> Option<Worse> {
    let mut candidates = Vec::new();
    for (plan, column) in features.iter().zip(&frame.columns) {
        let binned = bin(plan, column, rows.clone(), LEAST_ROWS);
        let mut members = vec![Vec::new(); binned.bins.len()];
        for (row, bin) in binned.of_row.iter().enumerate() {
            if let Some(bin) = bin {
                members[usize::from(*bin)].push(row);
            }
        }
        for (name, members) in binned.bins.iter().zip(members).filter(|(_, members)| members.len() >= LEAST_ROWS) {
            candidates.push((format!("{} {name}", one_line(&plan.name)), members));
        }
    }
    let sure = one_sided(0.05 / candidates.len().max(1) as f64);
    let judged = candidates.into_iter().filter_map(|(what, members)| {
        let difference = |&row: &usize| first[row] - second[row];
        let n = members.len() as f64;
        let average = mean(members.iter().map(difference))?;
        let variance = mean(members.iter().map(|row| (difference(row) - average).powi(2)))?;
        let theirs = sum(members.iter().map(|&row| second[row]));
        let increase = average * n / theirs;
        let surely = average > sure * (variance / (n - 1.0)).sqrt();
        (surely && increase.is_finite()).then_some(Worse { what, rows: members.len(), increase })
    });
    judged.max_by(|a, b| a.increase.total_cmp(&b.increase))
}

/// The standard normal value that is exceeded with this probability (0 to 0.5), by Abramowitz and Stegun 26.2.23
/// (error below 4.5e-4).
fn one_sided(probability: f64) -> f64 {
    let t = (-2.0 * probability.max(f64::MIN_POSITIVE).ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    t - above / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::random::Random;
    use crate::learn::samples;

    #[test]
    fn the_segment_where_a_model_is_worse_is_found_although_it_is_better_over_all() {
        let (frame, plan) = (samples::frame(30, 40, 1), samples::plan());
        let mut random = Random::seeded(5);
        let second: Vec<f64> = (0..frame.len()).map(|_| 0.4 + 0.2 * random.unit()).collect();
        let crate::learn::frame::Column::Category { codes, .. } = &frame.columns[2] else { panic!("a text") };
        let factor = |row: usize| if codes[row] == 1 { 1.25 } else { 0.7 };
        let first: Vec<f64> = (0..frame.len()).map(|row| second[row] * factor(row)).collect();
        assert!(first.iter().sum::<f64>() < second.iter().sum::<f64>());
        let found = worst(&plan.features, &frame, 0..frame.len(), &first, &second).unwrap();
        assert_eq!((found.what.as_str(), format!("{:.2}", found.increase)), ("colour = red", "0.25".to_owned()));
    }

    #[test]
    fn noise_is_no_segment() {
        let (frame, plan) = (samples::frame(30, 40, 1), samples::plan());
        for seed in 0..20 {
            let mut random = Random::seeded(seed);
            let mut noise = || (0..frame.len()).map(|_| random.unit()).collect::<Vec<_>>();
            let (first, second) = (noise(), noise());
            let found = worst(&plan.features, &frame, 0..frame.len(), &first, &second);
            assert!(found.is_none_or(|found| seed == 0 && found.increase < 0.2), "seed {seed}");
        }
    }

    #[test]
    fn the_normal_tail_is_that_of_the_tables() {
        for (probability, value) in [(0.05, 1.6449), (0.025, 1.96), (0.001, 3.0902)] {
            assert!((one_sided(probability) - value).abs() < 1e-3, "{probability}");
        }
    }
}
