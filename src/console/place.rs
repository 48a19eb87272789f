//! Where the operator is. A place carries the ids of what it shows, so an impossible drill-down cannot be written.

use crate::domain::alert::AlertKind;
use crate::domain::dataset::DatasetKind;

/// What a table shows: one part of a dataset, or all of its live parts one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The pipeline.
    pub pipeline: String,
    /// The dataset.
    pub kind: DatasetKind,
    /// Id of the part; all when absent.
    pub part: Option<i64>,
    /// Id of the landed file that is shown instead of a dataset, as it lies there.
    pub file: Option<i64>,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Every pipeline at a glance.
    Overview,
    /// The history of runs.
    Runs,
    /// One run.
    Run {
        /// Its id.
        run: i64,
    },
    /// The ledger.
    Files,
    /// One file version.
    File {
        /// Its ledger id.
        file: i64,
    },
    /// The datasets of a pipeline.
    Data,
    /// Rows of a dataset.
    Table(Source),
    /// The model versions of a pipeline.
    Models,
    /// One model version.
    Model {
        /// Its pipeline.
        pipeline: String,
        /// Its number.
        version: i64,
    },
    /// Metrics over days or runs.
    Metrics,
    /// Alerts.
    Alerts,
    /// One alert.
    Alert {
        /// Its id.
        alert: i64,
    },
    /// Reports.
    Reports,
    /// What every rule says of what it watches.
    Rules,
    /// What the rules, as the configuration stands, would have fired.
    Replay,
    /// What one of them would have fired.
    Replayed {
        /// Its pipeline.
        pipeline: String,
        /// Its kind.
        kind: AlertKind,
    },
    /// What was told to whom.
    Deliveries,
    /// What happened, and what operators did.
    Events,
    /// What is in effect.
    Settings,
    /// Two runs side by side.
    Compare {
        /// The one at the left.
        left: i64,
        /// The one at the right.
        right: i64,
    },
}

/// The kind of a place, without its ids: what keys and screens go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of `Place`")]
pub enum Screen {
    Overview,
    Runs,
    Run,
    Files,
    File,
    Data,
    Table,
    Models,
    Model,
    Metrics,
    Alerts,
    Alert,
    Reports,
    Rules,
    Replay,
    Replayed,
    Deliveries,
    Events,
    Settings,
    Compare,
}

impl Screen {
    /// Every screen.
    #[cfg(test)]
    pub const ALL: [Self; 20] = [
        Self::Overview,
        Self::Runs,
        Self::Run,
        Self::Files,
        Self::File,
        Self::Data,
        Self::Table,
        Self::Models,
        Self::Model,
        Self::Metrics,
        Self::Alerts,
        Self::Alert,
        Self::Reports,
        Self::Rules,
        Self::Replay,
        Self::Replayed,
        Self::Deliveries,
        Self::Events,
        Self::Settings,
        Self::Compare,
    ];

    /// The place at the top of a screen of this name, where there is one.
    pub fn root(name: &str) -> Option<Place> {
        let roots = [
            Place::Overview,
            Place::Runs,
            Place::Files,
            Place::Data,
            Place::Models,
            Place::Metrics,
            Place::Alerts,
            Place::Reports,
            Place::Rules,
            Place::Deliveries,
            Place::Events,
            Place::Settings,
        ];
        roots.into_iter().find(|place| place.screen().name() == name)
    }

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Runs => "runs",
            Self::Run => "run",
            Self::Files => "files",
            Self::File => "file",
            Self::Data => "data",
            Self::Table => "rows",
            Self::Models => "models",
            Self::Model => "model",
            Self::Metrics => "metrics",
            Self::Alerts => "alerts",
            Self::Alert => "alert",
            Self::Reports => "reports",
            Self::Rules => "rules",
            Self::Replay => "replay",
            Self::Replayed => "replayed rule",
            Self::Deliveries => "deliveries",
            Self::Events => "events",
            Self::Settings => "settings",
            Self::Compare => "two runs",
        }
    }
}

/// A side from which a model version is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// How it was judged, and its figures.
    #[default]
    Verdict,
    /// How classes are told apart, or how far numbers are off.
    Fit,
    /// How each of several classes is told from the rest, as curves.
    Curves,
    /// What it goes by.
    Features,
    /// Where it is worst.
    Segments,
    /// Predicted against actual, day by day.
    Days,
    /// How the rows it scores differ from those it was trained on.
    Drift,
}

impl Side {
    /// Every side, in the order of their tabs.
    pub const ALL: [Self; 7] =
        [Self::Verdict, Self::Fit, Self::Curves, Self::Features, Self::Segments, Self::Days, Self::Drift];

    /// The side `by` further on, round at the ends. `several`: whether the model tells several classes apart.
    pub fn turned(self, by: isize, several: bool) -> Self {
        let sides: Vec<Self> = Self::all(several).collect();
        let at = sides.iter().position(|side| *side == self).unwrap_or(1) as isize;
        sides[(at + by).rem_euclid(sides.len() as isize) as usize]
    }

    /// The sides of a model that tells several classes apart, or of another one.
    pub fn all(several: bool) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |side| several || *side != Self::Curves)
    }
}

/// The list that keys move through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named after what they list")]
pub enum List {
    Pipelines,
    Needs,
    Runs,
    Stages,
    Files,
    Parts,
    Models,
    Features,
    Segments,
    Moved,
    Metrics,
    Alerts,
    Reports,
    Rules,
    Replay,
    Deliveries,
    Events,
    Settings,
}

impl Place {
    /// Its kind.
    pub fn screen(&self) -> Screen {
        match self {
            Self::Overview => Screen::Overview,
            Self::Runs => Screen::Runs,
            Self::Run { .. } => Screen::Run,
            Self::Files => Screen::Files,
            Self::File { .. } => Screen::File,
            Self::Data => Screen::Data,
            Self::Table(_) => Screen::Table,
            Self::Models => Screen::Models,
            Self::Model { .. } => Screen::Model,
            Self::Metrics => Screen::Metrics,
            Self::Alerts => Screen::Alerts,
            Self::Alert { .. } => Screen::Alert,
            Self::Reports => Screen::Reports,
            Self::Rules => Screen::Rules,
            Self::Replay => Screen::Replay,
            Self::Replayed { .. } => Screen::Replayed,
            Self::Deliveries => Screen::Deliveries,
            Self::Events => Screen::Events,
            Self::Settings => Screen::Settings,
            Self::Compare { .. } => Screen::Compare,
        }
    }

    /// The screen one level up; none above the ten roots.
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Run { .. } | Self::Compare { .. } => Some(Self::Runs),
            Self::File { .. } => Some(Self::Files),
            Self::Table(Source { file: Some(file), .. }) => Some(Self::File { file: *file }),
            Self::Table(_) => Some(Self::Data),
            Self::Model { .. } => Some(Self::Models),
            Self::Alert { .. } => Some(Self::Alerts),
            Self::Replay => Some(Self::Rules),
            Self::Replayed { .. } => Some(Self::Replay),
            _ => None,
        }
    }

    /// The trail of names that leads here.
    pub fn crumbs(&self) -> Vec<String> {
        let mut crumbs = self.parent().map(|parent| parent.crumbs()).unwrap_or_default();
        crumbs.push(match self {
            Self::Run { run } => format!("run {run}"),
            Self::File { file } => format!("file {file}"),
            Self::Compare { left, right } => format!("runs {left} and {right}"),
            Self::Alert { alert } => format!("alert {alert}"),
            Self::Model { version, .. } => format!("version {version}"),
            Self::Replayed { pipeline, kind } => format!("{kind} of {pipeline}"),
            Self::Table(source) if source.file.is_some() => "rows".to_owned(),
            Self::Table(source) => source.kind.name().to_owned(),
            other => other.screen().name().to_owned(),
        });
        crumbs
    }

    /// Whether it shows a replay of the rules.
    pub fn is_replay(&self) -> bool {
        matches!(self, Self::Replay | Self::Replayed { .. })
    }

    /// Whether what it shows is about the one pipeline in view, which `[` and `]` change.
    pub fn of_one_pipeline(&self) -> bool {
        matches!(self, Self::Data | Self::Table(_) | Self::Models | Self::Model { .. } | Self::Metrics)
    }
}
