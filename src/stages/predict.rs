//! Predicting a file that belongs to no run: the rows are cleaned as those of a batch are, and the model's own
//! preprocessing prepares them, so that what comes out is what the score stage would have predicted.

mod columns;

pub use columns::columns;

use polars::prelude::{Column, DataFrame, NamedFrom, PolarsResult, Series};

use super::StageError;
use super::clean::{self, Single};
use crate::domain::format::figure;
use crate::domain::plan::{CleanPlan, ColumnType, Evolution, FeaturePlan, LOWER, Task, UPPER, probability_of};
use crate::domain::text::one_line;
use crate::learn::bundle::Bundle;
use crate::learn::classes::called;
use crate::learn::derive::Beyond;
use crate::learn::frame::{Wanted, from_table};

/// Name of the column of predictions: a probability (binary), a number, or the probability of the class called.
pub const PREDICTION: &str = "prediction";
/// Binary only: whether the probability reaches the model's threshold.
pub const POSITIVE: &str = "positive";
/// Several classes only: the class called.
pub const CLASS: &str = "predicted_class";
/// Why: what the features add, in log-odds (binary) or the target's unit, the largest first.
pub const WHY: &str = "why";

/// What came out.
#[derive(Debug)]
pub struct Predicted {
    /// What identifies a row and its time as far as the file has them, then the predictions.
    pub table: DataFrame,
    /// Records that could not be used.
    pub rejected: u64,
    /// Values that could not be read as their column's type, or are not valid, and were taken as missing.
    pub nulled: u64,
    /// Columns of the file that nothing here reads.
    pub unread: Vec<String>,
    /// Why, the most frequent reasons first.
    pub reasons: Vec<String>,
    /// What each feature adds to each row, `rows x (features + 1)`, the base last; empty unless reasons were asked for.
    pub parts: Vec<f64>,
    /// How probabilities were corrected after what the parts come to, where parts cannot be corrected alike.
    pub corrected: Option<&'static str>,
}

/// Predicts the rows in `bytes`, the content of a file called `name`. `why`: how many reasons to give for each row.
/// Features that look back look at the committed history in `beyond`, not at other rows of the file.
///
/// # Errors
/// [`StageError::Input`] when the bytes cannot be read by the plan, or lack what the model needs.
pub fn predict(
    bundle: &Bundle,
    plan: &CleanPlan,
    bytes: Vec<u8>,
    name: &str,
    why: usize,
    beyond: &Beyond,
) -> Result<Predicted, StageError> {
    let (content, serving) = (&bundle.manifest.content, &bundle.serving);
    let features = serving.preprocess.plan();
    let inputs: Vec<&str> = features.iter().flat_map(FeaturePlan::inputs).collect();
    // A column more is no reason to predict nothing; it is told.
    let plan = CleanPlan { evolution: Evolution::default(), ..plan.to_predict(&inputs) };
    let Single { rows, rejected, nulled, unread, reasons } = clean::single(bytes, name, &plan)?;
    fits(&rows, &inputs, name)?;
    let wanted = Wanted { beyond, ..Wanted::unlabelled(&features, &content.time) };
    let frame = from_table(&rows, wanted)?;
    let predictions = serving.predict(&frame)?;
    let key = plan.columns.iter().filter(|c| plan.key().contains(&c.name.as_str()) || c.name == content.time);
    let mut columns: Vec<Column> = key.filter_map(|c| rows.column(&c.name).ok().cloned()).collect();
    let predictions = match content.task {
        Task::Multiclass => {
            let called = called(&predictions, content.classes.len());
            let names: Vec<&str> = called.iter().map(|(class, _)| content.classes[*class].as_str()).collect();
            columns.push(Series::new(CLASS.into(), names).into());
            for (at, name) in content.classes.iter().enumerate() {
                let own: Vec<f64> = predictions.iter().skip(at).step_by(content.classes.len()).copied().collect();
                columns.push(Series::new(probability_of(name).into(), own).into());
            }
            called.into_iter().map(|(_, p)| p).collect()
        }
        _ => predictions,
    };
    if content.task == Task::Binary {
        let positive: Vec<bool> = predictions.iter().map(|p| *p >= content.threshold).collect();
        columns.push(Series::new(POSITIVE.into(), positive).into());
    }
    let parts = if why > 0 { serving.contributions(&frame)? } else { Vec::new() };
    let told = (why > 0).then(|| reasons_of(&parts, &frame, &features, why));
    let bounds = serving.bounds(&frame, 0..frame.len(), &predictions)?;
    columns.push(Series::new(PREDICTION.into(), predictions).into());
    if serving.interval.is_some() {
        let (lower, upper): (Vec<f64>, Vec<f64>) = bounds.into_iter().unzip();
        columns.extend([Series::new(LOWER.into(), lower).into(), Series::new(UPPER.into(), upper).into()]);
    }
    columns.extend(told.map(|told| Series::new(WHY.into(), told).into()));
    let table = together(rows.height(), columns).map_err(broken)?;
    let corrected = serving.corrected_after().filter(|_| why > 0);
    Ok(Predicted { table, rejected, nulled, unread, reasons, parts, corrected })
}

fn together(height: usize, columns: Vec<Column>) -> PolarsResult<DataFrame> {
    DataFrame::new(height, columns)
}

fn broken(error: polars::prelude::PolarsError) -> StageError {
    StageError::Internal(anyhow::Error::new(error).context("the table of predictions"))
}

/// The pipeline's columns may have changed since the model was trained.
fn fits(rows: &DataFrame, inputs: &[&str], name: &str) -> Result<(), StageError> {
    match inputs.iter().find(|input| rows.column(input).is_err()) {
        None => Ok(()),
        Some(missing) => Err(StageError::Input(format!(
            "{name}: the model goes by `{missing}`, which the pipeline's columns no longer have; train a new version"
        ))),
    }
}

/// The largest contributions of each row: `departure = 1,020 +0.41, carrier = EV +0.22`.
fn reasons_of(parts: &[f64], frame: &crate::learn::frame::Frame, features: &[FeaturePlan], most: usize) -> Vec<String> {
    let told = parts.chunks_exact(features.len() + 1).enumerate().map(|(row, parts)| {
        let mut order: Vec<usize> = (0..features.len()).filter(|&at| parts[at] != 0.0).collect();
        order.sort_by(|&a, &b| parts[b].abs().total_cmp(&parts[a].abs()));
        let one = |&at: &usize| {
            let feature = &features[at];
            let value = value(frame, at, row, feature.ty);
            format!("{} = {value} {}{}", one_line(&feature.name), sign(parts[at]), figure(parts[at].abs()))
        };
        order.iter().take(most).map(one).collect::<Vec<_>>().join(", ")
    });
    told.collect()
}

fn sign(part: f64) -> char {
    if part < 0.0 { '-' } else { '+' }
}

fn value(frame: &crate::learn::frame::Frame, feature: usize, row: usize, ty: ColumnType) -> String {
    frame.columns[feature].shown(row, ty).map_or_else(|| "missing".to_owned(), |text| one_line(&text))
}
