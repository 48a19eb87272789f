//! Bounds between which a share of the outcomes is to lie: conformalised quantile regression (Romano, Patterson and
//! Candès 2019). Two boosted models predict a low and a high quantile; the rows that were set aside to find their number
//! of rounds tell by how much both miss, and the bounds are moved by as much.

use std::ops::{ControlFlow, Range};

use serde::{Deserialize, Serialize};

use super::LearnError;
use super::diagnose::take;
use super::frame::Frame;
use super::learner::{self, Effort, Fitted, Learned, Sample, Settings, Watch, admitted, learner, set_aside};
use super::metrics::mean;
use super::preprocess::Preprocess;
use crate::domain::plan::{Algorithm, Loss};

/// What is fitted, and by how much it is moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Margin {
    /// Share of the outcomes that is to lie between the bounds.
    pub level: f64,
    /// By how much both bounds are moved outward (inward when negative), in the target's unit.
    pub margin: f64,
    /// Rows that told so.
    pub rows: u64,
}

/// A model of both bounds.
pub struct Interval {
    /// See [`Margin`].
    pub margin: Margin,
    lower: Learned,
    upper: Learned,
}

impl Interval {
    /// Fits both quantiles on `sample`, and finds the margin on the part of it that only told when to stop.
    ///
    /// # Errors
    /// [`LearnError::Input`] when there is too little of it; those of boosting.
    pub fn fit(sample: &Sample, settings: &Settings, level: f64, watch: &mut Watch) -> Result<Self, LearnError> {
        admitted(Algorithm::Boosting, sample.rows.len(), &[]).map_err(LearnError::Input)?;
        if sample.preprocess.features.is_empty() {
            return Err(LearnError::Input("there is no feature".to_owned()));
        }
        let (_, aside) = set_aside(&sample.frame.time, sample.rows.clone());
        // The rank of Romano et al.; with fewer rows no finite margin holds what it promises.
        let rank = ((aside.len() + 1) as f64 * level).ceil() as usize;
        if rank > aside.len() || aside.len() < LEAST_ASIDE {
            return Err(LearnError::Input(format!("{} rows are too few to set aside for them", aside.len())));
        }
        let (lower, upper) = quantiles(sample, settings, level, [Effort::Search; 2], watch)?;
        let margin = Margin { level, margin: 0.0, rows: aside.len() as u64 };
        let mut interval = Self { margin, lower, upper };
        let aside = take(sample.frame, &aside);
        let raw = interval.raw(sample.preprocess, &aside, 0..aside.len())?;
        let off = |(y, (low, high)): (&f64, (f64, f64))| (low - y).max(y - high);
        let mut scores: Vec<f64> = aside.target.iter().zip(raw).map(off).collect();
        scores.sort_unstable_by(f64::total_cmp);
        interval.margin.margin = scores[rank - 1];
        Ok(interval)
    }

    /// The same recipe fitted once more on `sample`, whose margin stays the one that rows not fitted on have told.
    ///
    /// # Errors
    /// Those of boosting.
    pub fn again(&self, sample: &Sample, settings: &Settings, watch: &mut Watch) -> Result<Self, LearnError> {
        let efforts = [&self.lower, &self.upper].map(|learned| learned.again(sample.rows.len()));
        let (lower, upper) = quantiles(sample, settings, self.margin.level, efforts, watch)?;
        Ok(Self { margin: self.margin, lower, upper })
    }

    /// Both bounds for each of `rows`, whose `predictions` always lie between them: lower first, never crossing.
    ///
    /// # Errors
    /// Those of boosting.
    pub fn bounds(
        &self,
        preprocess: &Preprocess,
        frame: &Frame,
        rows: Range<usize>,
        predictions: &[f64],
    ) -> Result<Vec<(f64, f64)>, LearnError> {
        let moved =
            |((low, high), &p): ((f64, f64), &f64)| (p.min(low - self.margin.margin), p.max(high + self.margin.margin));
        Ok(self.raw(preprocess, frame, rows)?.into_iter().zip(predictions).map(moved).collect())
    }

    fn raw(&self, preprocess: &Preprocess, frame: &Frame, rows: Range<usize>) -> Result<Vec<(f64, f64)>, LearnError> {
        let of = |learned: &Learned| learned.model.predict(preprocess, frame, rows.clone());
        // Two models may cross where there are few rows.
        Ok(of(&self.lower)?.into_iter().zip(of(&self.upper)?).map(|(a, b)| (a.min(b), a.max(b))).collect())
    }

    /// The bytes of both models, the lower first.
    ///
    /// # Errors
    /// [`LearnError::Internal`] when they cannot be written.
    pub fn to_bytes(&self) -> Result<[Vec<u8>; 2], LearnError> {
        Ok([self.lower.model.to_bytes()?, self.upper.model.to_bytes()?])
    }

    /// From what [`Self::to_bytes`] gave.
    ///
    /// # Errors
    /// [`LearnError::Input`] when these are not such bytes.
    pub fn load(margin: Margin, lower: &[u8], upper: &[u8]) -> Result<Self, LearnError> {
        let one = |bytes: &[u8]| -> Result<Learned, LearnError> {
            let model: Box<dyn Fitted> = learner::load(Algorithm::Boosting, bytes)?;
            Ok(Learned { model, rows: 0 })
        };
        Ok(Self { margin, lower: one(lower)?, upper: one(upper)? })
    }
}

/// With fewer rows set aside boosting does not look at them, and has been fitted on them instead.
const LEAST_ASIDE: usize = 100;

/// Both quantiles, side by side: no fit uses a second core well by itself.
fn quantiles(
    sample: &Sample,
    settings: &Settings,
    level: f64,
    efforts: [Effort; 2],
    watch: &mut Watch,
) -> Result<(Learned, Learned), LearnError> {
    let fit = |quantile: f64, effort: Effort, watch: &mut Watch| {
        let mut own = settings.clone();
        (own.boosting.loss, own.boosting.quantile) = (Loss::Quantile, quantile);
        // Constraints hold for a quantile as for the mean.
        learner(Algorithm::Boosting, &own).fit(sample, effort, watch)
    };
    std::thread::scope(|scope| {
        let fit = &fit;
        let beside = scope.spawn(move || fit((1.0 - level) / 2.0, efforts[0], &mut |_| ControlFlow::Continue(())));
        let upper = fit((1.0 + level) / 2.0, efforts[1], watch);
        let lower = beside.join().map_err(|_| LearnError::Internal("a learner panicked".to_owned()))?;
        Ok((lower?, upper?))
    })
}

/// Share of the outcomes `truth` that lie between their `bounds`, ends included, and the mean distance of these; `None`
/// of no rows.
pub fn coverage(truth: &[f64], bounds: &[(f64, f64)]) -> Option<(f64, f64)> {
    let within = |(y, (low, high)): (&f64, &(f64, f64))| f64::from(u8::from(low <= y && y <= high));
    mean(truth.iter().zip(bounds).map(within)).zip(mean(bounds.iter().map(|(low, high)| high - low)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::{ModelPlan, Task};
    use crate::learn::random::Random;
    use crate::learn::samples;

    /// A number with a spread that grows with `x`.
    fn spreading(seed: u64) -> (Frame, ModelPlan) {
        let (mut frame, mut plan) = (samples::frame(60, 40, seed), samples::plan());
        let mut random = Random::seeded(seed ^ 9);
        let crate::learn::frame::Column::Number(x) = &frame.columns[0] else { unreachable!() };
        frame.target = x.iter().map(|&x| f64::from(x) + (0.1 + 2.0 * f64::from(x)) * (random.unit() - 0.5)).collect();
        plan.task = Task::Regression;
        (frame, plan)
    }

    fn fitted(
        frame: &Frame,
        plan: &ModelPlan,
        rows: Range<usize>,
        level: f64,
    ) -> (Preprocess, Result<Interval, String>) {
        let preprocess = Preprocess::fit(&plan.features, frame, rows.clone());
        let sample = Sample { preprocess: &preprocess, frame, rows };
        let interval = Interval::fit(&sample, &Settings::of(plan, 7), level, &mut |_| ControlFlow::Continue(()));
        (preprocess, interval.map_err(|error| error.to_string()))
    }

    #[test]
    fn bounds_hold_the_share_they_promise_on_rows_not_seen_and_are_wide_where_outcomes_spread() {
        let (frame, plan) = spreading(5);
        let rows = 1_600..2_400;
        for level in [0.5, 0.8, 0.9] {
            let (preprocess, interval) = fitted(&frame, &plan, 0..1_600, level);
            let middle = vec![0.5; rows.len()];
            let bounds = interval.unwrap().bounds(&preprocess, &frame, rows.clone(), &middle).unwrap();
            assert!(bounds.iter().all(|(low, high)| low <= &0.5 && &0.5 <= high));
            let (covered, _) = coverage(&frame.target[rows.clone()], &bounds).unwrap();
            assert!(covered > level - 0.05, "{covered} of {level}");
        }
        let (preprocess, interval) = fitted(&frame, &plan, 0..1_600, 0.9);
        let raw = interval.unwrap().raw(&preprocess, &frame, rows.clone()).unwrap();
        let crate::learn::frame::Column::Number(x) = &frame.columns[0] else { unreachable!() };
        let width = |keep: &dyn Fn(f32) -> bool| {
            let wide = rows.clone().filter(|&row| keep(x[row])).map(|row| raw[row - rows.start]);
            mean(wide.map(|(low, high)| high - low)).unwrap()
        };
        assert!(width(&|x| x > 0.8) > 2.0 * width(&|x| x < 0.2));
    }

    #[test]
    fn the_margin_is_the_order_statistic_that_covers_the_rows_set_aside() {
        let (frame, plan) = spreading(3);
        let (preprocess, interval) = fitted(&frame, &plan, 0..2_400, 0.9);
        let interval = interval.unwrap();
        let (_, aside) = set_aside(&frame.time, 0..2_400);
        let all = interval.raw(&preprocess, &frame, 0..2_400).unwrap();
        let margin = interval.margin.margin;
        let within = |&&row: &&usize| {
            let (y, (low, high)) = (frame.target[row], all[row]);
            low - margin <= y && y <= high + margin
        };
        let covered = aside.iter().filter(within).count();
        assert_eq!(covered, ((aside.len() + 1) as f64 * 0.9).ceil() as usize);
    }

    #[test]
    fn too_few_rows_give_no_bounds_but_a_reason() {
        let (frame, plan) = spreading(3);
        let reason = |rows| fitted(&frame, &plan, rows, 0.9).1.err().unwrap();
        assert!(reason(0..200).contains("boosting needs 300"));
        assert!(reason(0..310).contains("too few to set aside"));
    }

    #[test]
    fn coverage_counts_the_ends_and_nothing_of_nothing() {
        let bounds = [(0.0, 1.0), (0.0, 2.0), (3.0, 4.0)];
        assert_eq!(coverage(&[1.0, 3.0, 3.0], &bounds), Some((2.0 / 3.0, 4.0 / 3.0)));
        assert_eq!(coverage(&[], &[]), None);
    }
}
