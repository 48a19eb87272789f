//! How the mean prediction follows one feature while all others are as they are (Friedman 2001).

use super::{Look, rows};
use crate::domain::diagnosis::{Dependence, Permutation};
use crate::domain::plan::{ColumnType, Task};
use crate::learn::LearnError;
use crate::learn::classes::called;
use crate::learn::frame::{Column, Frame, MISSING, shown};
use crate::learn::metrics::{mean, quantile};

/// Features looked at: the most important ones.
const FEATURES: usize = 6;
/// Values of each feature.
const VALUES: usize = 12;
/// Rows averaged over.
const ROWS: usize = 500;

/// Partial dependence on the most important features, most important first.
pub(super) fn of(look: Look, sample: &[usize], ranked: &[Permutation]) -> Result<Vec<Dependence>, LearnError> {
    let few: Vec<usize> = rows::spread(0..sample.len(), ROWS).into_iter().map(|at| sample[at]).collect();
    let mut frame = rows::take(look.frame, &few);
    let mut all = Vec::new();
    for Permutation { feature, .. } in ranked.iter().take(FEATURES) {
        let Some(at) = look.plan.features.iter().position(|plan| plan.name == *feature) else { continue };
        let own = frame.columns[at].clone();
        let mut points = Vec::new();
        for value in grid(&rows::values(&look.frame.columns[at], sample)) {
            frame.columns[at] = value.everywhere(&own);
            points.push((value.label(look.plan.features[at].ty), value.number(), average(look, &frame)?));
        }
        frame.columns[at] = own;
        all.push(Dependence { feature: feature.clone(), points });
    }
    Ok(all)
}

fn average(look: Look, frame: &Frame) -> Result<f64, LearnError> {
    let predictions = look.twin.model.predict(&look.twin.preprocess, frame, 0..frame.len())?;
    // Of several classes: how sure the model is of the class it calls.
    let predictions = match look.plan.task {
        Task::Multiclass => called(&predictions, frame.classes.len()).into_iter().map(|(_, p)| p).collect(),
        _ => predictions,
    };
    Ok(mean(predictions).unwrap_or(f64::NAN))
}

/// A value that a feature can have.
enum Value {
    Number(f32),
    Level(u32, String),
}

impl Value {
    /// A column like `own` with this value in every row.
    fn everywhere(&self, own: &Column) -> Column {
        match (self, own) {
            (Self::Number(value), Column::Number(values)) => Column::Number(vec![*value; values.len()]),
            (Self::Level(code, _), Column::Category { codes, levels }) => {
                Column::Category { codes: vec![*code; codes.len()], levels: levels.clone() }
            }
            (_, other) => other.clone(),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(f64::from(*value)),
            Self::Level(..) => None,
        }
    }

    fn label(&self, ty: ColumnType) -> String {
        match self {
            Self::Number(value) => shown(f64::from(*value), ty),
            Self::Level(_, name) => crate::domain::text::one_line(name),
        }
    }
}

/// Values to try: for numbers evenly spaced quantiles, each once, ascending; for texts the most frequent ones.
fn grid(column: &Column) -> Vec<Value> {
    match column {
        Column::Number(values) => {
            let present: Vec<f64> = values.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v)).collect();
            let mut chosen: Vec<f32> = (0..VALUES)
                .filter_map(|i| quantile(&present, 0.02 + 0.96 * i as f64 / (VALUES - 1) as f64))
                .map(|v| v as f32)
                .collect();
            // A feature of few values is shown at those it has.
            let mut distinct: Vec<f32> = present.iter().map(|&v| v as f32).collect();
            distinct.sort_unstable_by(f32::total_cmp);
            distinct.dedup();
            if distinct.len() <= VALUES {
                chosen = distinct;
            }
            chosen.dedup();
            chosen.into_iter().map(Value::Number).collect()
        }
        Column::Category { codes, levels } => {
            let mut counts = vec![0_u64; levels.len()];
            for &code in codes.iter().filter(|&&code| code != MISSING) {
                counts[code as usize] += 1;
            }
            let mut order: Vec<usize> = (0..levels.len()).filter(|&code| counts[code] > 0).collect();
            order.sort_by_key(|&code| (std::cmp::Reverse(counts[code]), &levels[code]));
            order.into_iter().take(VALUES).map(|code| Value::Level(code as u32, levels[code].clone())).collect()
        }
    }
}
