//! Lists: which rows a filter leaves, and which one is under the cursor.

use super::fuzzy;
use super::load::Wish;
use super::load::metrics::Figure;
use super::load::overview::PipelineCard;
use super::place::{List, Place, Side};
use super::state::{ListState, State};
use crate::store::alerts::AlertRow;
use crate::store::runs::RunRow;

impl State {
    /// The list that keys move through here.
    pub fn list(&self) -> Option<List> {
        match self.place {
            Place::Overview if self.second => Some(List::Needs),
            Place::Overview => Some(List::Pipelines),
            Place::Runs => Some(List::Runs),
            Place::Run { .. } if !self.second => Some(List::Stages),
            Place::Files => Some(List::Files),
            Place::Data => Some(List::Parts),
            Place::Models => Some(List::Models),
            Place::Model { .. } if self.side == Side::Features => Some(List::Features),
            Place::Model { .. } if self.side == Side::Segments => Some(List::Segments),
            Place::Metrics => Some(List::Metrics),
            Place::Alerts => Some(List::Alerts),
            Place::Reports => Some(List::Reports),
            Place::Run { .. } | Place::File { .. } | Place::Table(_) | Place::Model { .. } | Place::Alert { .. } => {
                None
            }
        }
    }

    /// Whether the list that keys move through here was not read yet.
    pub fn unread(&self) -> bool {
        let pages = &self.pages;
        match self.place {
            Place::Overview => self.overview.is_none(),
            Place::Runs => pages.runs.is_none(),
            Place::Files => pages.files.is_none(),
            Place::Data => pages.data.is_none(),
            Place::Alerts => pages.alerts.is_none(),
            Place::Models => pages.models.is_none(),
            Place::Reports => pages.reports.is_none(),
            _ => false,
        }
    }

    /// Every row of a list before the filter: (id, text that a filter looks at).
    pub fn entries(&self, list: List) -> Vec<(String, String)> {
        let pages = &self.pages;
        match list {
            List::Pipelines => rows(self.overview.as_ref().map(|o| &o.pipelines), |card| {
                let state = card.run.as_ref().map_or("idle", |run| run.run.state.name());
                (card.row.name.clone(), format!("{} {} {state}", card.row.name, card.row.title))
            }),
            List::Needs => rows(self.overview.as_ref().map(|o| &o.alerts), alert_entry),
            List::Alerts => rows(pages.alerts.as_ref(), alert_entry),
            List::Runs => rows(pages.runs.as_ref(), |run| {
                let error = run.error.as_deref().unwrap_or_default();
                let text = format!("{} {} {} {} {} {error}", run.id, run.pipeline, run.state, run.cause, run.reason);
                (run.id.to_string(), text)
            }),
            List::Stages => rows(pages.run.as_ref().map(|run| &run.card.stages), |stage| {
                (stage.name.clone(), format!("{} {}", stage.name, stage.state))
            }),
            List::Files => rows(pages.files.as_ref(), |file| {
                let run = file.run.map(|run| format!("run {run}")).unwrap_or_default();
                (file.id.to_string(), format!("{} {} {} {run} {}", file.key, file.pipeline, file.state, file.reason))
            }),
            List::Parts => rows(pages.data.as_ref().map(|data| &data.parts), |part| {
                (part.id.to_string(), format!("{} run {}", part.part.partition, part.run))
            }),
            List::Models => rows(pages.models.as_ref().map(|models| &models.models), |model| {
                let card = &model.card;
                let text = format!("{} {} {}", card.version, card.algorithm, card.decision.verdict);
                (card.version.to_string(), text)
            }),
            List::Features => rows(pages.model.as_ref().map(|model| &model.features), |feature| {
                (feature.name.clone(), feature.name.clone())
            }),
            List::Segments => {
                let segments = pages.model.as_ref().and_then(|model| Some(&model.diagnosis.as_ref().ok()?.segments));
                rows(segments, |segment| (segment.what.clone(), segment.what.clone()))
            }
            List::Metrics => rows(pages.metrics.as_ref().map(|metrics| &metrics.figures), |figure| {
                (figure.id(), format!("{} {}", figure.name.replace('_', " "), figure.split.name()))
            }),
            List::Reports => rows(pages.reports.as_ref(), |report| {
                (report.part.id.to_string(), format!("{} run {}", report.pipeline, report.part.run))
            }),
        }
    }

    /// Indices of the rows that the filter leaves, in the list's order.
    pub fn shown(&self, list: List) -> Vec<usize> {
        let filter = self.lists.get(&list).map_or("", |state| state.filter.as_str());
        let entries = self.entries(list);
        let fits = |(index, (_, text)): (usize, &(String, String))| fuzzy::score(filter, text).map(|_| index);
        entries.iter().enumerate().filter_map(fits).collect()
    }

    /// Place of the cursor among the rows shown.
    pub fn cursor(&self, list: List) -> Option<usize> {
        let ids = self.shown_ids(list);
        let state = self.lists.get(&list);
        let wanted = state.and_then(|state| state.selected.as_ref());
        match wanted {
            _ if ids.is_empty() => None,
            None => Some(0),
            Some(id) => ids
                .iter()
                .position(|other| other == id)
                .or_else(|| Some(state.map_or(0, |state| state.index).min(ids.len() - 1))),
        }
    }

    /// Id of the row under the cursor.
    pub fn selected_id(&self, list: List) -> Option<String> {
        self.shown_ids(list).into_iter().nth(self.cursor(list)?)
    }

    /// Index, before the filter, of the row under the cursor.
    pub fn selected_index(&self, list: List) -> Option<usize> {
        self.shown(list).get(self.cursor(list)?).copied()
    }

    /// Ids of the rows that the filter leaves.
    pub fn shown_ids(&self, list: List) -> Vec<String> {
        let mut entries = self.entries(list);
        self.shown(list).into_iter().map(|index| std::mem::take(&mut entries[index].0)).collect()
    }

    /// A list's state, to change it.
    pub fn list_mut(&mut self, list: List) -> &mut ListState {
        self.lists.entry(list).or_default()
    }

    /// The pipeline in view: the one under the overview's cursor.
    pub fn card(&self) -> Option<&PipelineCard> {
        let cards = &self.overview.as_ref()?.pipelines;
        let wanted = self.lists.get(&List::Pipelines).and_then(|state| state.selected.as_ref());
        let found = wanted.and_then(|name| cards.iter().find(|card| card.row.name == *name));
        found.or_else(|| cards.first())
    }

    /// The run that keys are about here.
    pub fn run(&self) -> Option<&RunRow> {
        match &self.place {
            Place::Overview => self.card()?.run.as_ref().map(|card| &card.run),
            Place::Runs => self.pages.runs.as_ref()?.get(self.selected_index(List::Runs)?),
            Place::Run { run } => self.pages.run.as_ref().map(|page| &page.card.run).filter(|row| row.id == *run),
            _ => None,
        }
    }

    /// The alert that keys are about here.
    pub fn alert(&self) -> Option<&AlertRow> {
        match &self.place {
            Place::Overview => self.overview.as_ref()?.alerts.get(self.selected_index(List::Needs)?),
            Place::Alerts => self.pages.alerts.as_ref()?.get(self.selected_index(List::Alerts)?),
            Place::Alert { alert } => self.pages.alert.as_ref().map(|page| &page.alert).filter(|row| row.id == *alert),
            _ => None,
        }
    }

    /// The run that the thing in view is about.
    pub fn related_run(&self) -> Option<i64> {
        match &self.place {
            Place::Alert { .. } => self.alert()?.run,
            Place::File { .. } => self.pages.file.as_ref()?.file.run,
            Place::Model { .. } => self.pages.model.as_ref()?.page.models.first().map(|model| model.run),
            Place::Models => Some(self.pages.models.as_ref()?.models.get(self.selected_index(List::Models)?)?.run),
            Place::Reports => Some(self.pages.reports.as_ref()?.get(self.selected_index(List::Reports)?)?.part.run),
            _ => None,
        }
    }

    /// What is to be read for what is on screen.
    pub fn wish(&self) -> Wish {
        let chosen = self.lists.get(&List::Metrics).and_then(|state| state.selected.clone());
        let figures = self.pages.metrics.as_ref().map(|page| page.figures.as_slice()).unwrap_or_default();
        let figure = chosen.and_then(|id| figures.iter().find(|figure: &&Figure| figure.id() == id).cloned());
        Wish {
            place: self.place.clone(),
            pipeline: self.card().map(|card| card.row.name.clone()),
            kind: self.kind,
            figure,
        }
    }
}

fn rows<T>(rows: Option<&Vec<T>>, entry: impl Fn(&T) -> (String, String)) -> Vec<(String, String)> {
    rows.map(|rows| rows.iter().map(entry).collect()).unwrap_or_default()
}

fn alert_entry(alert: &AlertRow) -> (String, String) {
    let finding = &alert.finding;
    let text = format!(
        "{} {} {} {} {} {}",
        finding.severity, alert.state, alert.pipeline, finding.kind, finding.object, finding.message
    );
    (alert.id.to_string(), text)
}
