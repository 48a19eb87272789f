//! `[stages.<name>]`: one stage, its place in the graph and its own settings.

use std::ops::Range;
use std::time::Duration;

use super::clean::{self, CleanSettings};
use super::command;
use super::train::{self, TrainSettings};
use crate::config::field::Field;
use crate::config::nearest::nearest;
use crate::config::pipeline::{StageConfig, StageSettings};
use crate::config::section::Section;
use crate::config::source::WHOLE;
use crate::domain::run::{StageKind, When};

/// The stages of a pipeline that names none, in order.
const STANDARD: [StageKind; 5] =
    [StageKind::Clean, StageKind::Score, StageKind::Train, StageKind::Publish, StageKind::Report];

const WHEN: [(&str, When); 3] = [("success", When::Success), ("failure", When::Failure), ("always", When::Always)];

/// A stage as it was written.
pub(super) struct StageDraft {
    /// The stage; its `needs` are filled in by the graph.
    pub(super) config: StageConfig,
    /// Where its name is.
    pub(super) at: Range<usize>,
    /// The needs that were written, each with its place; the stage before when they were not.
    pub(super) needs: Option<Vec<(String, Range<usize>)>>,
    /// Settings that go into the plans.
    pub(super) own: Own,
}

/// Settings that go into the pipeline's plans.
pub(super) enum Own {
    Clean(CleanSettings),
    Train(Box<TrainSettings>),
    Nothing,
}

/// The five standard stages with their defaults.
pub(super) fn standard() -> Vec<StageDraft> {
    let draft = |kind: StageKind| {
        let (settings, own) = match kind {
            StageKind::Clean => (StageSettings::Clean, Own::Clean(CleanSettings::default())),
            StageKind::Train => (StageSettings::Train, Own::Train(Box::default())),
            StageKind::Score => (StageSettings::Score, Own::Nothing),
            StageKind::Publish => (StageSettings::Publish { csv: true }, Own::Nothing),
            StageKind::Report | StageKind::Command => (StageSettings::Report, Own::Nothing),
        };
        StageDraft { config: defaults(kind.name(), kind, settings), at: WHOLE, needs: None, own }
    };
    STANDARD.into_iter().map(draft).collect()
}

/// Reads `[stages]`; `None` when no stage could be read, which is recorded.
pub(super) fn read(field: &Field<'_>) -> Option<Vec<StageDraft>> {
    let section = field.section("[stages]")?;
    let fields = section.fields();
    if fields.is_empty() {
        field.error("[stages] is empty", "expected [stages.clean] and further ones, or no [stages] at all");
        return None;
    }
    let drafts: Vec<Option<StageDraft>> = fields.iter().map(stage).collect();
    drafts.into_iter().collect()
}

fn defaults(name: &str, kind: StageKind, settings: StageSettings) -> StageConfig {
    StageConfig {
        name: name.to_owned(),
        kind,
        needs: Vec::new(),
        when: When::Success,
        retries: 0,
        retry_interval: Duration::from_secs(30),
        timeout: Duration::from_secs(3600),
        memory: None,
        slow_after: None,
        settings,
    }
}

fn stage(field: &Field<'_>) -> Option<StageDraft> {
    let name = field.key;
    check_name(field);
    let section = field.section(format!("[stages.{name}]"))?;
    let Some(kind) = kind(field, &section) else {
        // Which keys are known depends on the kind.
        return None;
    };
    let needs = section.maybe("needs", needs);
    let mut own = Own::Nothing;
    let mut config = defaults(name, kind, StageSettings::Report);
    config.when = section.or("when", config.when, |f| f.choice(&WHEN));
    config.retries = section.or("retries", config.retries, |f| f.integer(0, 100));
    config.retry_interval = section.or("retry_interval", config.retry_interval, |f| f.duration(Duration::ZERO));
    config.timeout = section.or("timeout", config.timeout, |f| f.duration(Duration::from_secs(1)));
    config.memory = section.maybe("memory", Field::size);
    config.slow_after = section.maybe("slow_after", |f| f.duration(Duration::from_secs(1)));
    config.settings = match kind {
        StageKind::Clean => {
            own = Own::Clean(clean::read(&section));
            StageSettings::Clean
        }
        StageKind::Train => {
            own = Own::Train(Box::new(train::read(&section)));
            StageSettings::Train
        }
        StageKind::Score => StageSettings::Score,
        StageKind::Publish => StageSettings::Publish { csv: section.or("csv", true, Field::boolean) },
        StageKind::Report => StageSettings::Report,
        StageKind::Command => command::read(&section),
    };
    section.finish();
    Some(StageDraft { config, at: field.key_at.clone(), needs, own })
}

/// A stage's name is part of folder names in the lake.
fn check_name(field: &Field<'_>) {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if field.key.is_empty() || !field.key.chars().all(fits) {
        let message = format!("a stage cannot be called `{}`", field.key);
        field.source.error(field.key_at.clone(), message, "expected letters, digits, `_` and `-`");
    }
}

fn kind(field: &Field<'_>, section: &Section<'_>) -> Option<StageKind> {
    let kinds: Vec<(&'static str, StageKind)> = StageKind::ALL.iter().map(|kind| (kind.name(), *kind)).collect();
    if let Some(kind) = section.get("kind") {
        return kind.choice(&kinds);
    }
    let named = STANDARD.into_iter().find(|kind| kind.name() == field.key);
    if named.is_none() {
        let near = nearest(field.key, STANDARD.iter().map(|kind| kind.name()));
        let help = match near {
            Some(near) => format!("did you mean [stages.{near}]?"),
            None => "say `kind = \"command\"` and the `program` to run".to_owned(),
        };
        let message = format!("[stages.{}] has no `kind`, and its name is none", field.key);
        field.source.error_with_help(field.key_at.clone(), message, "", Some(help));
    }
    named
}

fn needs(field: &Field<'_>) -> Option<Vec<(String, Range<usize>)>> {
    let elements = field.elements("a list of stage names, as in [\"clean\"]")?;
    Some(elements.iter().filter_map(|e| e.text().map(|name| (name.to_owned(), e.at.clone()))).collect())
}
