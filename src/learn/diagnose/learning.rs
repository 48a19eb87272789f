//! How much more rows would help: the recipe fitted again on fewer of the newest rows.

use std::ops::Range;

use super::Look;
use crate::domain::diagnosis::Learning;
use crate::domain::plan::Algorithm;
use crate::learn::LearnError;
use crate::learn::judge::{Measure, judge};
use crate::learn::learner::{Effort, Sample, Settings, Watch, admitted, learner};
use crate::learn::preprocess::Preprocess;

/// Fits beside the model's own, at most.
const FITS: usize = 4;
/// Rows of the largest of them: together they cost no more than one fit on twice as many.
const ROWS: usize = 20_000;

/// The mean loss on `holdout` of `algorithm` fitted on the newest half of `train`, the newest quarter and so on: the four
/// largest of these that have at most 20,000 rows and enough to be admitted; then that of the model itself, `loss`, which
/// was fitted on all of them. By growing rows; nothing where there is no loss or the model is a naive one. Probabilities
/// are not corrected for the smaller fits.
///
/// # Errors
/// [`LearnError::Interrupted`] when `watch` said so. A fit that fails is left out.
pub fn learning(
    look: Look,
    (train, holdout): (Range<usize>, Range<usize>),
    (algorithm, loss): (Algorithm, Option<f64>),
    watch: &mut Watch,
) -> Result<Vec<Learning>, LearnError> {
    let Look { plan, frame, seed, .. } = look;
    let settings = Settings::of(plan, seed);
    let Some(loss) = loss.filter(|_| !algorithm.is_naive()) else { return Ok(Vec::new()) };
    let mut points = vec![Learning { rows: train.len() as u64, loss }];
    let halves = std::iter::successors(Some(train.len() / 2), |rows| Some(rows / 2)).skip_while(|rows| *rows > ROWS);
    for rows in halves.take(FITS) {
        let newest = train.end - rows..train.end;
        if admitted(algorithm, rows, &frame.counts(settings.task, newest.clone())).is_err() {
            break;
        }
        let preprocess = Preprocess::fit(&plan.features, frame, newest.clone());
        let sample = Sample { preprocess: &preprocess, frame, rows: newest };
        let predicted = learner(algorithm, &settings)
            .fit(&sample, Effort::Search, watch)
            .and_then(|learned| learned.model.predict(&preprocess, frame, holdout.clone()));
        match predicted {
            Ok(predictions) => {
                let loss = judge(Measure::of(plan), frame, holdout.clone(), &predictions).loss;
                points.extend(loss.filter(|l| l.is_finite()).map(|loss| Learning { rows: rows as u64, loss }));
            }
            Err(LearnError::Interrupted) => return Err(LearnError::Interrupted),
            Err(_) => {}
        }
    }
    points.reverse();
    Ok(points)
}
