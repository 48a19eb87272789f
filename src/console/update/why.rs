//! Why a row was predicted as it was: a worker is asked, for models are read there.

use super::query;
use crate::console::action::Effect;
use crate::console::load::tidy::line;
use crate::console::query::Want;
use crate::console::state::State;
use crate::domain::dataset::DatasetKind;
use crate::domain::job::{Job, WhyJob, Work};

/// Columns by which a prediction is found again, beside those that identify its row.
const NEEDED: [&str; 4] = ["prediction", "model_version", "_file", "_line"];

/// Why nothing can be said of the row under the cursor.
pub fn refusal(state: &State) -> Option<String> {
    let table = state.table.as_ref()?;
    let page = table.page.as_ref()?;
    if page.landed.is_some() || table.source.kind != DatasetKind::Predictions {
        return Some("only predictions have a reason: the rows here are none".into());
    }
    if table.total == 0 {
        return Some("there is no row here".into());
    }
    let has = |name: &&str| table.schema.iter().any(|head| head.name == **name);
    match NEEDED.iter().find(|name| !table.schema.is_empty() && !has(name)) {
        Some(name) => Some(format!("the rows in view lack `{name}`: esc shows the predictions as they were published")),
        None => page.history.is_empty().then(|| "the rows that were predicted are no longer in the history".into()),
    }
}

/// Asks why the row under the cursor was predicted as it was.
pub fn ask(state: &mut State) -> Vec<Effect> {
    let Some(table) = &state.table else { return Vec::new() };
    let Some(page) = &table.page else { return Vec::new() };
    let mut row = table.cursor;
    let part = table.parts().iter().find(|(_, rows)| {
        let here = row < *rows;
        row -= if here { 0 } else { *rows };
        here
    });
    let Some((path, _)) = part else { return Vec::new() };
    let work =
        WhyJob { table: path.clone(), row, history: page.history.clone(), workspace: state.root.display().to_string() };
    let job = Job {
        run: 0,
        pipeline: table.source.pipeline.clone(),
        stage: "why".into(),
        attempt: 1,
        now: state.now,
        seed: 0,
        lake: state.lake.clone(),
        staging: String::new(),
        work: Work::Why(work),
    };
    let what = format!("asking why row {} of {} was predicted so", table.cursor + 1, line(&page.title));
    query::question(state, what, None, Want::Why(Box::new(job)))
}
