//! What is the matter with the rows themselves, before anybody is judged on them.

use std::ops::Range;

use crate::domain::format::counted;
use crate::domain::model::Check;
use crate::learn::frame::{Column, Frame, MISSING};
use crate::learn::preprocess::Preprocess;
use crate::learn::split::Split;

/// Features that are named, of those without a value.
const NAMED: usize = 5;

/// Why nothing can be learned from the rows before the holdout, or told on it, in a sentence: the target is always the
/// same there, or no feature has a value. `None` of rows that are sound, or without a feature.
pub(super) fn ailment(frame: &Frame, cut: &Split) -> Option<String> {
    let of = |rows: &Range<usize>, what: &str| {
        let said = format!("{what} ({})", counted(rows.len() as u64, "row"));
        let same = frame.target[rows.clone()].windows(2).all(|pair| pair[0] == pair[1]);
        let valued = frame.columns.is_empty() || frame.columns.iter().any(|column| has_value(column, rows));
        match (same, valued) {
            (true, _) => Some(format!("the target never varies in {said}")),
            (_, false) => Some(format!("no feature has a value in {said}")),
            _ => None,
        }
    };
    of(&cut.train, "the rows to train on").or_else(|| of(&cut.holdout, "the holdout"))
}

/// What is odd about the rows before the holdout and keeps nobody from being judged, as lines of the checklist: features
/// without any value, and more columns of linear models than rows.
pub(super) fn oddities(frame: &Frame, cut: &Split, preprocess: &Preprocess) -> Vec<Check> {
    let pairs = preprocess.features.iter().zip(&frame.columns);
    let empty: Vec<String> = pairs
        .filter(|(_, column)| !has_value(column, &cut.train))
        .map(|(feature, _)| format!("{:?}", feature.plan.name))
        .collect();
    let said = |name: &str, detail| Check { name: name.to_owned(), passed: false, detail };
    let further = empty.len().checked_sub(NAMED).filter(|more| *more > 0);
    let further = further.map(|more| format!(" and {more} more")).unwrap_or_default();
    let none = (!empty.is_empty()).then(|| {
        let names = empty[..empty.len().min(NAMED)].join(", ");
        said("every feature has a value", format!("none in the rows to train on: {names}{further}"))
    });
    let (columns, rows) = (preprocess.linear_names().len() as u64, cut.train.len() as u64);
    let wide = (columns > rows).then(|| {
        let detail = format!(
            "{} of linear models and {} to train on: it is their penalty that decides between the answers",
            counted(columns, "column"),
            counted(rows, "row")
        );
        said("more rows than columns", detail)
    });
    none.into_iter().chain(wide).collect()
}

fn has_value(column: &Column, rows: &Range<usize>) -> bool {
    match column {
        Column::Number(values) => values[rows.clone()].iter().any(|value| !value.is_nan()),
        Column::Category { codes, .. } => codes[rows.clone()].iter().any(|code| *code != MISSING),
    }
}
