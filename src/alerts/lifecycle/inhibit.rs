//! Which alert another one explains: the one that is explained is recorded and shown, but not told.

use std::collections::BTreeMap;

use crate::domain::alert::{AlertKind, AlertState, WORKSPACE};
use crate::store::alerts::AlertRow;

/// Object of [`AlertKind::Landfall`]: the landing cannot be looked at.
pub const LANDING: &str = "landing";
/// Object of [`AlertKind::Staleness`]: no output, while input may have come.
pub const OUTPUT: &str = "output";

/// For each open alert that another open one explains: that other one's number (the first that was raised).
pub fn explanations(open: &[AlertRow]) -> BTreeMap<i64, i64> {
    let causes: Vec<&AlertRow> = open.iter().filter(|row| may_explain(row)).collect();
    let cause = |alert: &AlertRow| causes.iter().filter(|cause| explains(cause, alert)).map(|cause| cause.id).min();
    open.iter().filter_map(|alert| Some((alert.id, cause(alert)?))).collect()
}

fn may_explain(row: &AlertRow) -> bool {
    use AlertKind::{Landfall, RunFailed, SchemaChange, Silence, Staleness};
    let kind = row.finding.kind;
    row.state.is_open()
        && row.state != AlertState::Pending
        && matches!(kind, Landfall | RunFailed | SchemaChange | Silence | Staleness)
}

/// Whether `cause` explains `alert`. No circle is possible: unreachable, silent ⊃ stale input, failed ⊃ what is missing
/// or odd behind it.
fn explains(cause: &AlertRow, alert: &AlertRow) -> bool {
    use AlertKind::{
        DataDrift, Landfall, LongRun, NullRate, PublishFailed, ResultsDrift, RunFailed, SchemaChange, Silence,
        Staleness,
    };
    let (what, object) = (cause.finding.kind, cause.finding.object.as_str());
    let late_output = alert.finding.kind == Staleness && alert.finding.object == OUTPUT;
    // What is Landfall's own (its silence) belongs to no pipeline and concerns all.
    if cause.id == alert.id || !(cause.pipeline == alert.pipeline || cause.pipeline == WORKSPACE) {
        return false;
    }
    match (what, alert.finding.kind) {
        (Landfall, Staleness) => object == LANDING,
        (Silence, Staleness) => true,
        (Staleness, ResultsDrift) => object != OUTPUT,
        (Staleness, Staleness) => object != OUTPUT && late_output,
        (RunFailed, Staleness) => late_output,
        (RunFailed, LongRun | PublishFailed) => cause.run.is_none() || alert.run.is_none() || cause.run == alert.run,
        (SchemaChange, NullRate | ResultsDrift | DataDrift) => shares_a_column(cause, alert),
        _ => false,
    }
}

fn shares_a_column(cause: &AlertRow, alert: &AlertRow) -> bool {
    let changed = &cause.finding.evidence.columns;
    changed.contains(&alert.finding.object) || alert.finding.evidence.columns.iter().any(|c| changed.contains(c))
}
