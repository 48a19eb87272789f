//! Small boosted models that watch over the large one.

use hessboost::prelude::{BoostedModel, DMatrix, Iterations, Objective, RegLoss, Trainer, TrainingParams, TreeMethod};

use crate::learn::LearnError;

/// Depth of a tree: interactions of three features.
const DEPTH: usize = 3;
/// Histogram bins of a feature.
const BINS: usize = 64;

/// What a small model learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learns {
    /// A probability.
    Probability,
    /// A number.
    Number,
}

/// Fits `rounds` shallow trees on `labels.len()` rows of `values`, row by row.
pub(super) fn fit(
    learns: Learns,
    values: Vec<f32>,
    labels: &[f32],
    rounds: usize,
    seed: u64,
) -> Result<BoostedModel, LearnError> {
    let failed = |e: &dyn std::fmt::Display| LearnError::internal("a small model of drift failed", e);
    let objective = match learns {
        Learns::Probability => Objective::BinaryLogistic(RegLoss::default()),
        Learns::Number => Objective::SquaredError(RegLoss::default()),
    };
    let params = TrainingParams::builder()
        .objective(objective)
        .tree_method(TreeMethod::Hist)
        .max_depth(DEPTH)
        .max_bin(BINS)
        .eta(0.2)
        .min_child_weight(5.0)
        .lambda(1.0)
        .seed(seed)
        .nthread(1)
        .build()
        .map_err(|e| failed(&e))?;
    let columns = values.len() / labels.len().max(1);
    let matrix = DMatrix::from_dense_vec(values, labels.len(), columns)
        .and_then(|matrix| matrix.with_labels(labels))
        .map_err(|e| failed(&e))?;
    Ok(Trainer::new(&params, &matrix, rounds).train().map_err(|e| failed(&e))?.model)
}

/// Its predictions for rows of `values`, row by row.
pub(super) fn predict(model: &BoostedModel, values: &[f32]) -> Result<Vec<f64>, LearnError> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let predictions = model
        .predict_rows(values, Iterations::Best)
        .map_err(|e| LearnError::Input(format!("a small model of drift cannot score the rows: {e}")))?;
    Ok(predictions.into_vec().into_iter().map(f64::from).collect())
}
