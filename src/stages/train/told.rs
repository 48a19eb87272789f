//! What the log is told of the rows and of the search.

use std::collections::BTreeSet;

use super::super::Events;
use crate::domain::format::counted;
use crate::domain::plan::{ModelPlan, OTHER, Task};
use crate::learn::classes::LEAST_ROWS;
use crate::learn::contest::Outcome;
use crate::learn::frame::{Frame, Open};

/// A whole number with so few values may be a class.
const FEW_VALUES: usize = 10;

/// Says what was searched and corrected.
pub(super) fn searched(outcome: &Outcome, events: &Events) {
    let (standings, left) = &outcome.searched;
    for chosen in standings.iter().filter(|standing| standing.chosen) {
        events.info(format!("of {} trials before the holdout the best: {}", standings.len(), chosen.who));
    }
    if *left > 0 {
        events.warn(format!(
            "the search ended after its budget with {left} trials left; a rerun may find other settings"
        ));
    }
    if let Some(calibration) = &outcome.calibration {
        events.info(format!("probabilities are corrected: {}", calibration.told()));
    }
}

/// Says when a number to be predicted looks like a class.
pub(super) fn hint(frame: &Frame, plan: &ModelPlan, events: &Events) {
    if plan.task != Task::Regression || frame.target.iter().any(|y| y.fract() != 0.0) {
        return;
    }
    let values: BTreeSet<i64> = frame.target.iter().map(|&y| y as i64).take(100_000).collect();
    if (2..=FEW_VALUES).contains(&values.len()) {
        let (target, n) = (&plan.target, values.len());
        events.info(format!(
            "{target:?} is predicted as a number, though it has {n} values only: if these are classes, say `task = \
             \"multiclass\"` (or \"binary\" for 0 and 1)"
        ));
    }
}

/// Names the features with numbers that cannot be calculated with.
pub(super) fn infinite(plan: &ModelPlan, open: &Open, events: &Events) {
    for (feature, rows) in plan.features.iter().zip(&open.infinite).filter(|(_, rows)| **rows > 0) {
        let (name, rows) = (&feature.name, counted(*rows, "row"));
        events.warn(format!("{name:?} is infinite or too large in {rows}, where it counts as missing"));
    }
}

/// Takes rare classes together and says which classes there are.
pub(super) fn classes(frame: &mut Frame, task: Task, events: &Events) {
    if task != Task::Multiclass {
        return;
    }
    let rare = frame.merge_rare_classes();
    if !rare.is_empty() {
        let (least, names) = (LEAST_ROWS, rare.join(", "));
        events.info(format!("classes of fewer than {least} rows are learned together as `{OTHER}`: {names}"));
    }
    events.info(format!("{} classes: {}", frame.classes.len(), frame.classes.join(", ")));
}
