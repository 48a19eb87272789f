//! Figures in f64 by scikit-learn's definitions, checked against stored scikit-learn values to 1e-9.
//!
//! A figure that is not defined (the AUC of one class, the mean of nothing) is `None`, never a number that looks
//! like one. Sums are compensated, so a figure does not depend on how large the numbers are or on the number of
//! threads. Truth and prediction are slices of equal length; of unequal ones the common beginning counts.

mod binary;
mod calibration;
mod multiclass;
#[cfg(test)]
mod multiclass_tests;
mod ranking;
mod regression;
mod summary;
mod sums;

#[cfg(test)]
mod tests;

pub use binary::{Confusion, accuracy, brier, log_loss, row_log_loss};
pub use calibration::{Bin, calibration, expected_calibration_error};
pub use multiclass::{
    Matrix, OneClass, class_aucs, class_brier, class_log_loss, micro_auc, ovo_auc, ovr_auc, row_class_loss, top_k,
};
pub use ranking::{auc, average_precision, precision_recall, roc, top};
pub use regression::{
    bias, explained_variance, mae, mape, max_error, median_absolute_error, mse, msle, quantile, r2, rmse, row_deviance,
    row_pinball, row_pseudo_huber, row_squared_error, seasonal_scale, wape,
};
pub use summary::{
    Figure, binary as binary_summary, binary_further, multiclass as multiclass_summary, multiclass_further,
    regression as regression_summary, regression_further,
};
pub use sums::{Sum, mean, sum};

/// `1 - loss / baseline's loss`: 1 is perfect, 0 no better than the baseline, negative worse. `None` when the
/// baseline makes no error at all or either loss is not finite.
pub fn skill(loss: f64, baseline: f64) -> Option<f64> {
    let skill = 1.0 - loss / baseline;
    (baseline > 0.0 && skill.is_finite()).then_some(skill)
}
