//! Small tables of the report: what runs predicted, and who was tried for a model.

use crate::domain::format::{count, figure, share};
use crate::domain::model::Standing;
use crate::domain::story::Story;

/// The predictions of one run.
pub(super) struct RunRow {
    pub(super) run: i64,
    pub(super) rows: String,
    /// `judged on 83 %`
    pub(super) judged: String,
    pub(super) headline: String,
    pub(super) loss: String,
}

/// The newest runs first.
pub(super) fn runs(story: &Story) -> Vec<RunRow> {
    let text = |value: Option<f64>| value.filter(|v| v.is_finite()).map_or("–".to_owned(), figure);
    let row = |run: &crate::domain::story::StoryRun| RunRow {
        run: run.run,
        rows: count(run.rows),
        judged: share(run.labelled),
        headline: text(run.headline),
        loss: text(run.loss),
    };
    story.runs.iter().rev().map(row).collect()
}

/// One who was tried.
pub(super) struct StandingRow {
    pub(super) chosen: bool,
    pub(super) who: String,
    pub(super) loss: String,
    pub(super) rounds: String,
    pub(super) seconds: String,
}

/// In the order they are given.
pub(super) fn standings(of: &[Standing]) -> Vec<StandingRow> {
    let row = |standing: &Standing| StandingRow {
        chosen: standing.chosen,
        who: standing.who.clone(),
        loss: standing.loss.map_or("–".to_owned(), figure),
        rounds: standing.rounds.map_or(String::new(), |rounds| count(u64::from(rounds))),
        seconds: figure(standing.seconds),
    };
    of.iter().map(row).collect()
}
