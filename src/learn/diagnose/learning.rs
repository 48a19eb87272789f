//! How much more rows would help: the recipe fitted again on fewer of the newest rows.

use std::ops::{ControlFlow, Range};

use super::Look;
use crate::domain::diagnosis::Learning;
use crate::domain::plan::Algorithm;
use crate::learn::judge::{Measure, judge};
use crate::learn::learner::{Effort, Fitted, Sample, Settings, admitted, learner};
use crate::learn::preprocess::Preprocess;

/// Fits beside the model's own, at most.
const FITS: usize = 4;
/// Rows of the largest of them: together they cost no more than one fit on twice as many.
const ROWS: usize = 20_000;

/// The mean loss on `holdout` of `algorithm` fitted on the newest half of `train`, the newest quarter and so on: the four
/// largest of these that have at most 20,000 rows and enough to be admitted; then that of the twin itself, which was fitted
/// on all of them. By growing rows; nothing where the twin has no loss or is a naive one. No probabilities are corrected,
/// the twin's neither, so that all points are alike. A fit that fails is left out.
pub fn learning(look: Look, (train, holdout): (Range<usize>, Range<usize>), algorithm: Algorithm) -> Vec<Learning> {
    let Look { plan, twin, frame, seed } = look;
    let settings = Settings::of(plan, seed);
    let loss = |learned: &dyn Fitted, preprocess: &Preprocess| {
        let predictions = learned.predict(preprocess, frame, holdout.clone()).ok()?;
        judge(Measure::of(plan), frame, holdout.clone(), &predictions).loss.filter(|loss| loss.is_finite())
    };
    let Some(whole) = loss(&*twin.model, &twin.preprocess).filter(|_| !algorithm.is_naive()) else { return Vec::new() };
    let mut points = vec![Learning { rows: train.len() as u64, loss: whole }];
    let halves = std::iter::successors(Some(train.len() / 2), |rows| Some(rows / 2)).skip_while(|rows| *rows > ROWS);
    for rows in halves.take(FITS) {
        let newest = train.end - rows..train.end;
        if admitted(algorithm, rows, &frame.counts(settings.task, newest.clone())).is_err() {
            break;
        }
        let preprocess = Preprocess::fit(&plan.features, frame, newest.clone());
        let sample = Sample { preprocess: &preprocess, frame, rows: newest };
        let learned = learner(algorithm, &settings).fit(&sample, Effort::Search, &mut |_| ControlFlow::Continue(()));
        let less = learned.ok().and_then(|learned| loss(&*learned.model, &preprocess));
        points.extend(less.map(|loss| Learning { rows: rows as u64, loss }));
    }
    points.reverse();
    points
}
