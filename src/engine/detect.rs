//! What is said of a run that has ended, and of Landfall itself.

use crate::config::Pipeline;
use crate::domain::alert::{AlertKind, Finding, Severity, Verdict};
use crate::store::{Connection, Result, runs};

use super::watch;

/// How a run ended, whether its files were of their usual size, and whether its results are far from the past.
pub fn ended(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    let Some(row) = runs::get(connection, run)? else { return Ok(verdicts) };
    verdicts.extend(watch::runs::failed(connection, pipeline, run)?);
    verdicts.extend(watch::sizes::sizes(connection, pipeline, run)?);
    if row.state.is_committed() {
        verdicts.extend(watch::results::watched(connection, pipeline, run)?);
        verdicts.extend(watch::inputs::watched(connection, pipeline, run)?);
        verdicts.extend(watch::model::watched(connection, pipeline, &row)?);
        verdicts.extend(watch::quality::watched(connection, pipeline, run)?);
    }
    Ok(verdicts)
}

/// Something of Landfall's own that is not as it should be, or (without a message) is again.
pub fn own(object: &str, message: Option<String>) -> Verdict {
    match message {
        None => Verdict::Fine { kind: AlertKind::Landfall, object: object.into(), reason: "it works again".into() },
        Some(message) => {
            let rule = "Landfall watches what it needs itself";
            Verdict::Bad(Finding::new(AlertKind::Landfall, object, Severity::Critical, message, rule))
        }
    }
}
