//! Has a stream dropped records before they were read?

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::Verdict;
use crate::domain::format::counted;
use crate::domain::text::one_line;
use crate::engine::detect;
use crate::store::{Connection, Result, streams};

/// What the alert is about.
const OBJECT: &str = "stream";
/// How long a loss is something to answer, unless an operator resolves it sooner.
const STANDS: chrono::Duration = chrono::Duration::days(1);

/// What was lost lately; nothing to say of a landing that is no stream.
pub fn lost(connection: &Connection, pipeline: &Pipeline, now: Instant) -> Result<Option<Verdict>> {
    if pipeline.landing.stream.is_none() {
        return Ok(None);
    }
    let mut rows = streams::list(connection, Some(&pipeline.name))?;
    rows.retain(|row| row.lost_at.is_some_and(|at| now - at < STANDS));
    let named: Vec<String> = rows.iter().map(|row| one_line(&row.partition)).collect();
    let records = counted(rows.iter().map(|row| row.lost).sum(), "record");
    let message = (!rows.is_empty()).then(|| {
        format!(
            "up to {records} of partition {} had gone from the stream before they were read: look more often, or let it \
             keep them longer",
            named.join(", ")
        )
    });
    Ok(Some(detect::own(OBJECT, message)))
}
