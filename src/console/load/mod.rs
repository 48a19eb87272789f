//! What the screens show, gathered from the store and, for what is only there, from the lake. One read transaction a snapshot, so its parts agree.
//!
//! Everything that others wrote passes the sanitiser here ([`tidy`]), before any view can see it.

pub mod alerts;
pub mod data;
pub mod deliveries;
pub mod drift;
pub mod files;
pub mod metrics;
pub mod model;
pub mod models;
pub mod overview;
pub mod replay;
pub mod reports;
pub mod rules;
pub mod run;
pub mod tidy;
pub mod window;

use super::place::Place;
use crate::domain::Instant;
use crate::domain::alert::Severity;
use crate::domain::dataset::DatasetKind;
use crate::domain::location::Location;
use crate::store::triage::View;
use crate::store::{self, Connection};

use tidy::tidied;

/// What the console wants to see.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// The earlier instant it looks from; absent: now.
    pub past: Option<Instant>,
    /// Where it is.
    pub place: Place,
    /// Where its other pane is.
    pub beside: Option<Place>,
    /// The pipeline in view, for places that show one; the first when absent.
    pub pipeline: Option<String>,
    /// The dataset in view on [`Place::Data`].
    pub kind: DatasetKind,
    /// The figure in view on [`Place::Metrics`]; the first when absent.
    pub figure: Option<metrics::Figure>,
    /// From when to when, on [`Place::Runs`].
    pub range: Option<(Instant, Instant)>,
    /// Which alerts, on [`Place::Alerts`].
    pub view: View,
    /// How grave; all when absent.
    pub severity: Option<Severity>,
}

/// Everything on screen.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What it answers.
    pub wish: Wish,
    /// The overview; the header lives from it on every screen.
    pub overview: overview::Overview,
    /// What the place shows.
    pub page: Page,
    /// What the place of the other pane shows.
    pub beside: Option<Page>,
}

/// What one place shows.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "named after the places")]
#[allow(clippy::large_enum_variant, reason = "one page lives at a time")]
pub enum Page {
    Overview,
    Runs(Vec<store::runs::RunRow>),
    Run(run::RunDetail),
    Files(Vec<store::files::FileRow>),
    File(files::FileDetail),
    Data(data::DataPage),
    Table(data::TablePage),
    Models(models::ModelsPage),
    Model(Box<model::ModelDetail>),
    Metrics(metrics::MetricsPage),
    Alerts(Vec<store::alerts::AlertRow>),
    Alert(alerts::AlertDetail),
    Reports(Vec<reports::ReportLine>),
    Rules(Vec<rules::RuleLine>),
    Deliveries(deliveries::DeliveriesPage),
    Events(Vec<store::events::EventRow>),
    Compare(Box<[run::RunDetail; 2]>),
    /// What the place names is not in the store.
    Gone(Place),
}

/// Most rows that a list holds. The screens say so when a list is cut.
pub const LIST_LIMIT: usize = 1_000;

/// Reads what `wish` asks for. Blocks; must not be called from an asynchronous task.
///
/// # Errors
/// Those of the store.
pub fn load(connection: &Connection, lake: &Location, wish: &Wish) -> store::Result<Snapshot> {
    let read = connection.unchecked_transaction()?;
    let overview = overview::load(&read)?;
    let first = || overview.pipelines.first().map(|card| card.row.name.clone());
    let pipeline = wish.pipeline.clone().or_else(first).unwrap_or_default();
    let show = |place| page(&read, lake, wish, place, &pipeline, &overview);
    let (page, beside) = (show(&wish.place)?, wish.beside.as_ref().map(show).transpose()?);
    Ok(Snapshot { wish: wish.clone(), overview, page, beside })
}

fn page(
    read: &Connection,
    lake: &Location,
    wish: &Wish,
    place: &Place,
    pipeline: &str,
    overview: &overview::Overview,
) -> store::Result<Page> {
    let gone = || Page::Gone(place.clone());
    Ok(match place {
        // The replay has a reader of its own.
        Place::Overview | Place::Replay | Place::Replayed { .. } | Place::Settings => Page::Overview,
        Place::Events => Page::Events(tidied(store::events::list(read, None, LIST_LIMIT)?)),
        Place::Compare { left, right } => match (run::load(read, *left)?, run::load(read, *right)?) {
            (Some(left), Some(right)) => Page::Compare(Box::new([left, right])),
            _ => gone(),
        },
        Place::Runs => Page::Runs(tidied(match wish.range {
            Some((from, to)) => store::runs::between(read, from, to, LIST_LIMIT)?,
            None => store::runs::list(read, None, None, LIST_LIMIT)?,
        })),
        Place::Run { run } => run::load(read, *run)?.map_or_else(gone, Page::Run),
        Place::Files => Page::Files(tidied(store::files::list(read, None, LIST_LIMIT)?)),
        Place::File { file } => files::load(read, *file)?.map_or_else(gone, Page::File),
        Place::Data => Page::Data(data::load(read, pipeline, wish.kind)?),
        Place::Table(source) => data::table(read, source)?.map_or_else(gone, Page::Table),
        Place::Models => Page::Models(models::load(read, pipeline)?),
        Place::Model { pipeline, version } => {
            model::load(read, lake, pipeline, *version)?.map_or_else(gone, |detail| Page::Model(Box::new(detail)))
        }
        Place::Metrics => Page::Metrics(metrics::load(read, pipeline, wish.figure.as_ref())?),
        Place::Alerts => Page::Alerts(alerts::list(read, wish.view, wish.severity)?),
        Place::Alert { alert } => alerts::load(read, *alert)?.map_or_else(gone, Page::Alert),
        Place::Reports => Page::Reports(reports::load(read, overview)?),
        Place::Rules => Page::Rules(rules::load(read)?),
        Place::Deliveries => Page::Deliveries(deliveries::load(read)?),
    })
}
