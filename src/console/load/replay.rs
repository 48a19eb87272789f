//! What the rules, as the files of the configuration have them now, would have fired.

use std::path::Path;

use chrono::Duration;

use super::tidy::{Tidy, line, tidied};
use crate::alerts::replay::{self, Fired, ReplayReport, RuleReplay, Then};
use crate::config;
use crate::domain::Instant;
use crate::store;

/// Days that are replayed.
pub const DAYS: i64 = 30;

/// Replays one pipeline after another; none when `is_left` says meanwhile that nobody waits for it.
///
/// # Errors
/// One sentence: the first problem of the configuration, or why the store cannot be read.
pub fn read(
    root: &Path,
    state: &Path,
    to: Instant,
    mut is_left: impl FnMut() -> bool,
) -> Result<Option<ReplayReport>, String> {
    let workspace = config::load(root).map_err(|problems| line(&problems.headline().unwrap_or_default()))?;
    let trouble = |error: store::StoreError| line(&error.to_string());
    let connection = store::open_reader(state).map_err(trouble)?;
    let mut report = ReplayReport { from: to - Duration::days(DAYS), to, rules: Vec::new() };
    for pipeline in &workspace.pipelines {
        if is_left() {
            return Ok(None);
        }
        let of_pipeline = replay::replay(&connection, &[pipeline], report.from, to).map_err(trouble)?;
        report.rules.extend(tidied(of_pipeline.rules));
    }
    Ok(Some(report))
}

impl Tidy for RuleReplay {
    fn tidy(&mut self) {
        self.pipeline.tidy();
        self.fired.tidy();
        self.no_longer.tidy();
    }
}

impl Tidy for Fired {
    fn tidy(&mut self) {
        self.object.tidy();
        self.message.tidy();
        self.then.tidy();
    }
}

impl Tidy for Then {
    fn tidy(&mut self) {
        self.object.tidy();
        self.who.tidy();
        self.note.tidy();
    }
}
