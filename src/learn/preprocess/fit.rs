//! Fitting on the training rows.

use std::ops::Range;

use rayon::prelude::*;

use super::folds::{self, Folds, Tally};
use super::number::number;
use super::{Coding, Feature, Form, Level, Means, Preprocess};
use crate::domain::expr::Literal;
use crate::domain::feature::Encoding;
use crate::domain::plan::{FeaturePlan, Impute};
use crate::learn::frame::{Column, Frame, MISSING};
use crate::learn::metrics::Sum;

/// Linear models get a column for each level of at most so many.
const FEW_LEVELS: usize = 10;

/// A level of fewer training rows has no column of its own.
pub(super) const LEAST_ROWS: u64 = 10;

impl Preprocess {
    /// Fits `features` (the plan `frame` was read with) on `rows` of `frame`, whose targets are known.
    pub fn fit(features: &[FeaturePlan], frame: &Frame, rows: Range<usize>) -> Self {
        let classes = if frame.classes.len() > 2 { frame.classes.len() } else { 0 };
        let mut folds = Folds::of(&frame.time[rows.clone()]);
        let of: Vec<usize> = frame.time[rows.clone()].iter().map(|&time| folds.at(time)).collect();
        let target = &frame.target[rows.clone()];
        let fit = |(plan, column): (&FeaturePlan, &Column)| match column {
            Column::Number(values) => (number(plan, &values[rows.clone()]), Vec::new()),
            Column::Category { codes, levels } => {
                let rows = Rows { codes: &codes[rows.clone()], folds: &of, target, classes };
                category(plan, &rows, levels)
            }
        };
        let (fitted, shown) = features.par_iter().zip(&frame.columns).map(fit).unzip();
        folds.shown = shown;
        Self { rows: target.len() as u64, features: fitted, folds }
    }
}

/// Rows of one category.
struct Rows<'a> {
    codes: &'a [u32],
    folds: &'a [usize],
    target: &'a [f64],
    classes: usize,
}

fn category(plan: &FeaturePlan, rows: &Rows, names: &[String]) -> (Feature, Vec<folds::Shown>) {
    let mut all = Tally::new(rows.classes);
    let mut tallies = vec![Tally::new(rows.classes); names.len()];
    let mut missing = 0;
    for ((&code, &fold), &y) in rows.codes.iter().zip(rows.folds).zip(rows.target) {
        all.add(fold, y);
        match tallies.get_mut(code as usize) {
            Some(tally) => tally.add(fold, y),
            None => missing += 1,
        }
    }
    let overall = all.means(None, None);
    let mut seen: Vec<(&String, Tally)> = names.iter().zip(tallies).filter(|(_, tally)| tally.rows(None) > 0).collect();
    seen.sort_unstable_by(|a, b| b.1.rows(None).cmp(&a.1.rows(None)).then_with(|| a.0.cmp(b.0)));
    let level = |(name, tally): &(&String, Tally)| Level {
        name: (*name).clone(),
        rows: tally.rows(None),
        effect: tally.means(None, Some(&overall)),
    };
    let levels: Vec<Level> = seen.iter().map(level).collect();
    let fill = match &plan.impute {
        Impute::Mode => (!levels.is_empty()).then_some(0),
        Impute::Constant(Literal::Text(text)) => {
            levels.iter().position(|level| level.name == *text).map(|at| at as u32)
        }
        _ => None,
    };
    let linear = match plan.encoding {
        Encoding::OneHot => Form::OneHot,
        Encoding::Ordinal => Form::Rank,
        Encoding::Auto if levels.len() <= FEW_LEVELS && levels.iter().all(|level| level.rows >= LEAST_ROWS) => {
            Form::OneHot
        }
        Encoding::Auto | Encoding::Target => Form::Target,
    };
    // Trees take one column a feature, and several classes have no single mean target.
    let by_target = plan.encoding == Encoding::Target && rows.classes == 0;
    let trees = if by_target { Form::Target } else { Form::Rank };
    let shows = linear == Form::Target || trees == Form::Target;
    let tallies: Vec<Tally> = seen.into_iter().map(|(_, tally)| tally).collect();
    let shown = if shows { folds::shown(&tallies, &all) } else { Vec::new() };
    let (mean, deviation) = spread(&levels, fill, &overall, missing, linear, 0);
    let coding = Coding::Category { levels, fill, overall, linear, trees };
    (Feature { plan: plan.clone(), missing, bounds: None, coding, mean, deviation }, shown)
}

/// Mean and standard deviation over the training rows of what linear models see of a category, of one class if there are
/// several.
pub(super) fn spread(
    levels: &[Level],
    fill: Option<u32>,
    overall: &Means,
    missing: u64,
    form: Form,
    class: usize,
) -> (f64, f64) {
    let value = |at: usize| match form {
        Form::Rank => at as f64,
        _ => levels[at].effect.as_slice().get(class).copied().unwrap_or(0.0),
    };
    let instead = match fill {
        Some(at) => value(at as usize),
        None => absent(form, levels.len(), overall, class),
    };
    moments((0..levels.len()).map(|at| (value(at), levels[at].rows)).chain([(instead, missing)]))
}

/// What linear models see of a level that is missing or unknown: behind the rarest one, or the overall mean target.
pub(super) fn absent(form: Form, levels: usize, overall: &Means, class: usize) -> f64 {
    match form {
        Form::Rank => levels as f64,
        _ => overall.as_slice().get(class).copied().unwrap_or(0.0),
    }
}

/// Mean and standard deviation (divisor n) of values with their counts; a spread that is only rounding is 0.
pub(super) fn moments(values: impl Iterator<Item = (f64, u64)> + Clone) -> (f64, f64) {
    let (mut sum, mut rows) = (Sum::default(), 0_u64);
    for (value, n) in values.clone() {
        sum.add(value * n as f64);
        rows += n;
    }
    if rows == 0 {
        return (0.0, 0.0);
    }
    let mean = sum.value() / rows as f64;
    let mut squares = Sum::default();
    for (value, n) in values {
        squares.add((value - mean).powi(2) * n as f64);
    }
    let deviation = (squares.value() / rows as f64).sqrt();
    (mean, if deviation > 1e-9 * mean.abs().max(1e-300) { deviation } else { 0.0 })
}

/// The code of row `row` in `codes`, if it has one.
pub(super) fn present(codes: &[u32], row: usize) -> Option<usize> {
    codes.get(row).filter(|&&code| code != MISSING).map(|&code| code as usize)
}
