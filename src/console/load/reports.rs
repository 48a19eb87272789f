//! Reports that were published.

use super::overview::{Overview, RunCard, run_card};
use super::tidy::{Tidy, tidied};
use crate::domain::dataset::DatasetKind;
use crate::store::alerts::AlertRow;
use crate::store::models::ModelRow;
use crate::store::parts::PartRow;
use crate::store::{self, Connection};

/// A report.
#[derive(Debug, Clone)]
pub struct ReportLine {
    /// Its pipeline.
    pub pipeline: String,
    /// The page in the lake.
    pub part: PartRow,
    /// The run it is about.
    pub run: Option<RunCard>,
    /// The model version that run made.
    pub model: Option<ModelRow>,
    /// Alerts about that run, gravest first; at most [`ALERTS`].
    pub alerts: Vec<AlertRow>,
}

/// Alerts shown of a run.
const ALERTS: usize = 6;
/// Reports of a pipeline shown.
const LIMIT: usize = 60;

/// Reads the reports of every pipeline, newest first.
pub fn load(read: &Connection, overview: &Overview) -> store::Result<Vec<ReportLine>> {
    let mut reports = Vec::new();
    for card in &overview.pipelines {
        let mut parts = store::parts::live(read, &card.row.name, DatasetKind::Report)?;
        parts.sort_by_key(|part| std::cmp::Reverse(part.id));
        parts.truncate(LIMIT);
        for part in tidied(parts) {
            let mut run = store::runs::get(read, part.run)?;
            run.tidy();
            let mut model = store::models::of_run(read, part.run)?;
            model.tidy();
            reports.push(ReportLine {
                pipeline: card.row.name.clone(),
                run: run.map(|run| run_card(read, run)).transpose()?,
                model,
                alerts: tidied(store::triage::of_run(read, part.run, ALERTS)?),
                part,
            });
        }
    }
    reports.sort_by_key(|report| std::cmp::Reverse(report.part.id));
    Ok(reports)
}
