//! `landfall file` and `landfall backfill`: what an operator does with landed files.

use std::process::ExitCode;

use chrono::{Days, NaiveTime};

use super::arguments::{Backfill, FileWhat, Files, Listing, Named};
use super::{Place, files, operate};
use crate::domain::file::FileVerb;
use crate::domain::wire::Command;

/// `landfall file`.
///
/// # Errors
/// When no such file was ever seen, it is refused, or no engine can be had.
pub async fn file(place: &Place, what: FileWhat) -> anyhow::Result<ExitCode> {
    let (verb, Named { name, pipeline, reason }) = match what {
        FileWhat::Explain(Named { name, pipeline, .. }) => {
            return files::files(
                place,
                &Files { name: Some(name), streams: false, listing: Listing { pipeline, limit: 1 } },
            );
        }
        FileWhat::Release(named) => (FileVerb::Release, named),
        FileWhat::Retry(named) => (FileVerb::Retry, named),
        FileWhat::Drop(named) => (FileVerb::Drop, named),
        FileWhat::Hold(named) => (FileVerb::Hold, named),
    };
    operate::once(place, Command::File { key: name, pipeline, verb, reason }).await
}

/// `landfall backfill`.
///
/// # Errors
/// When it is refused, or no engine can be had.
pub async fn backfill(place: &Place, options: Backfill) -> anyhow::Result<ExitCode> {
    let Backfill { pipeline, from, to, preview } = options;
    let to = to.checked_add_days(Days::new(1)).unwrap_or(to);
    let begin = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    operate::once(place, Command::Backfill { pipeline, from: begin(from), to: begin(to), preview }).await
}
