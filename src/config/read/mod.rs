//! From the tables of a pipeline's file to its resolved form, one file a table.

mod alerts;
mod channels;
mod clean;
mod column;
mod columns;
mod command;
mod console;
mod features;
mod form;
mod graph;
mod heartbeat;
mod landing;
mod learning;
mod life;
mod lineage;
mod message;
mod policy;
mod prepare;
mod roles;
mod routes;
mod schedule;
mod stage;
pub(super) mod stores;
mod stream;
mod train;
pub(super) mod workspace;

use std::path::Path;

use toml_edit::Document;

use super::field::Field;
use super::hash::config_hash;
use super::pipeline::{Overlap, Pipeline};
use super::rules::AlertRules;
use super::section::Section;
use super::source::{Source, WHOLE};
use crate::domain::plan::{CleanPlan, Evolution, FeaturePlan};
use column::Draft;
use stage::StageDraft;

/// What a pipeline takes from its workspace.
pub(super) struct Surroundings<'w> {
    /// Absolute folder of the workspace.
    pub(super) root: &'w Path,
    /// IANA time zone of schedules that name none.
    pub(super) time_zone: &'w str,
    /// How object stores are reached.
    pub(super) stores: &'w [stores::Store],
}

/// Parses a file's TOML; a syntax error is recorded.
pub(super) fn parse(source: &Source) -> Option<Document<&str>> {
    Document::parse(source.text())
        .map_err(|e| {
            let end = source.text().len();
            source.error(e.span().unwrap_or(end..end), one_line(e.message()), "");
        })
        .ok()
}

/// A parser's message may have several lines; here it gets one.
fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join(", ")
}

/// Reads the file of the pipeline called `name`; `None` when something is wrong with it, which is recorded.
pub(super) fn pipeline(source: &Source, name: &str, surroundings: &Surroundings<'_>) -> Option<Pipeline> {
    let document = parse(source)?;
    let root = Section::new(source, WHOLE, "the pipeline", document.as_table());
    let title = root.or("title", name.to_owned(), |f| f.text().map(str::to_owned));
    let seed = root.or("seed", 42, |f| f.integer(0, i64::MAX));
    let overlap =
        root.or("overlap", Overlap::Queue, |f| f.choice(&[("queue", Overlap::Queue), ("skip", Overlap::Skip)]));
    let landing = root
        .require("landing", "a table [landing] with the `path` of the folder that files land in")
        .and_then(|f| f.section("[landing]"))
        .and_then(|section| landing::read(section, name, surroundings));
    let columns = root
        .require("columns", "a table [columns] with a type for every column, as in `distance = \"float\"`")
        .and_then(|f| columns::read(&f));
    let zone = surroundings.time_zone;
    let drafts = columns.as_deref().unwrap_or_default();
    let features = features::read(source, root.get("features").as_ref(), drafts, zone);
    let stages = stages(source, root.get("stages").as_ref(), drafts, &features);
    let alerts = root.maybe("alerts", |f| f.section("[alerts]")).map(|section| alerts::read(section, zone));
    root.finish();
    let (landing, form) = landing?;
    let (columns, (stages, clean, train)) = (columns?, stages?);
    if source.has_errors() {
        return None;
    }
    let landing::Form { format, budget, evolution } = form;
    let rescued = (evolution == Evolution::Rescue).then(column::rescued);
    let clean = CleanPlan {
        format,
        columns: columns.into_iter().map(|draft| draft.plan).chain(rescued).collect(),
        max_reject_ratio: clean.max_reject_ratio,
        warn_reject_ratio: clean.warn_reject_ratio,
        partition: clean.partition,
        budget,
        evolution,
    };
    let model = match train {
        Some(train) => Some(train.plan(&clean, features)?),
        None => None,
    };
    let alerts = alerts.unwrap_or_else(|| AlertRules::in_zone(zone));
    let name = name.to_owned();
    let unhashed =
        Pipeline { name, title, seed, landing, clean, model, stages, alerts, overlap, config_hash: String::new() };
    Some(Pipeline { config_hash: config_hash(&unhashed), ..unhashed })
}

type Stages = (Vec<super::pipeline::StageConfig>, clean::CleanSettings, Option<train::TrainSettings>);

/// The stages in the order of their graph, with the settings of those that go into the plans.
fn stages(source: &Source, field: Option<&Field<'_>>, columns: &[Draft], features: &[FeaturePlan]) -> Option<Stages> {
    let drafts = match field {
        Some(field) => stage::read(field)?,
        None => stage::standard(),
    };
    let stages = graph::arrange(source, field.map_or(WHOLE, |f| f.key_at.clone()), &drafts);
    let mut clean = None;
    let mut train = None;
    for StageDraft { own, at, .. } in drafts {
        match own {
            stage::Own::Clean(settings) => clean = Some(settings),
            stage::Own::Train(settings) => {
                settings.check(source, &at, columns, features);
                train = Some(*settings);
            }
            stage::Own::Nothing => {}
        }
    }
    Some((stages?, clean.unwrap_or_default(), train))
}
