//! Files whose data is older than what is known already.

use chrono::Duration;

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::text::one_line;
use crate::store::{Result, Transaction, events, files, ledger};

/// Says which files of a run that commits are late, and what to do about what was published without them. Their rows go
/// to the partitions of their own time, and the newest data is no newer for them.
pub fn late(tx: &Transaction<'_>, pipeline: &Pipeline, run: i64, now: Instant) -> Result<()> {
    let Some(newest) = ledger::watermark(tx, &pipeline.name, run)? else { return Ok(()) };
    let allowed = Duration::from_std(pipeline.landing.allowed_lateness).unwrap_or(Duration::MAX);
    for row in files::of_run(tx, run)?.iter().filter(|row| row.state == FileState::Claimed) {
        let Some(last) = row.data_to.filter(|last| newest - *last > allowed) else { continue };
        let (key, day) = (one_line(&row.key), |at: Instant| at.format("%Y-%m-%d").to_string());
        let from = day(row.data_from.unwrap_or(last));
        let said = format!(
            "{key} is late: its data ends {}, and data up to {} was known; what looks back over those days was made without \
             it: `landfall backfill {} --from {from} --to {}` runs their files again (a prediction once made stands)",
            day(last),
            day(newest),
            pipeline.name,
            day(last),
        );
        events::add(tx, Level::Warn, Some(&pipeline.name), Some(run), "file", &said, now)?;
    }
    Ok(())
}
