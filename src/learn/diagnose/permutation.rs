//! What is lost when a feature's values are shuffled (Breiman 2001; scikit-learn's `permutation_importance`).

use super::{Look, rows};
use crate::domain::diagnosis::Permutation;
use crate::learn::LearnError;
use crate::learn::judge::{Measure, losses};
use crate::learn::metrics::mean;
use crate::learn::random::Random;

/// Shuffles of each feature.
const SHUFFLES: usize = 5;
/// Predictions made in all: a fraction of a second even with hundreds of trees.
const PREDICTIONS: usize = 200_000;

/// Rows to look at with so many features.
pub(super) fn sample_size(features: usize) -> usize {
    (PREDICTIONS / (SHUFFLES * features.max(1))).clamp(500, 10_000)
}

/// The relative growth of the mean loss for each feature, most first, equal ones in the features' order.
pub(super) fn importance(look: Look, sample: &[usize]) -> Result<Vec<Permutation>, LearnError> {
    let mut frame = rows::take(look.frame, sample);
    let loss = |frame: &_| -> Result<f64, LearnError> {
        let predictions = look.twin.predict_rows(frame, 0..sample.len())?;
        Ok(mean(losses(Measure::of(look.plan), &frame.target, &predictions)).unwrap_or(0.0))
    };
    let whole = loss(&frame)?;
    let mut found = Vec::new();
    for (at, feature) in look.plan.features.iter().enumerate() {
        let mut random = Random::seeded(look.seed ^ (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let own = frame.columns[at].clone();
        let mut growth = [0.0; SHUFFLES];
        for growth in &mut growth {
            let mut order: Vec<usize> = (0..sample.len()).collect();
            for last in (1..order.len()).rev() {
                order.swap(last, random.below(last + 1));
            }
            frame.columns[at] = rows::values(&own, &order);
            let shuffled = loss(&frame)?;
            *growth = if whole > 0.0 { shuffled / whole - 1.0 } else { 0.0 };
        }
        frame.columns[at] = own;
        let mean = growth.iter().sum::<f64>() / SHUFFLES as f64;
        let variance = growth.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / SHUFFLES as f64;
        found.push(Permutation { feature: feature.name.clone(), mean, deviation: variance.sqrt() });
    }
    found.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(found)
}
