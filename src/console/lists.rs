//! Lists: which rows a filter leaves, and which one is under the cursor.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::action::Link;
use super::fuzzy;
use super::load::Wish;
use super::load::alerts::group;
use super::load::deliveries::Entry;
use super::load::metrics::Figure;
use super::load::overview::PipelineCard;
use super::place::{List, Place, Side};
use super::settings::{self, Setting};
use super::state::{ListState, State};
use crate::store::alerts::AlertRow;
use crate::store::runs::RunRow;
use crate::store::triage::Need;

/// The rows of a list, worked out once until something changes them: a frame asks for them many times.
#[derive(Debug, Default)]
pub struct Listing {
    /// Id of every row before the filter.
    pub ids: Arc<Vec<String>>,
    /// Indices of the rows that the filter leaves, in the list's order.
    pub shown: Vec<usize>,
}

/// By list: its rows as they were last worked out.
pub type Listings = HashMap<List, Known>;

/// What is known of a list.
#[derive(Debug)]
pub struct Known {
    version: u64,
    /// In lower case.
    texts: Vec<String>,
    filter: String,
    folds: u64,
    listing: Arc<Listing>,
}

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
            Place::Model { .. } if self.side == Side::Drift => Some(List::Moved),
            Place::Metrics => Some(List::Metrics),
            Place::Alerts => Some(List::Alerts),
            Place::Reports => Some(List::Reports),
            Place::Rules => Some(List::Rules),
            Place::Replay => Some(List::Replay),
            Place::Deliveries => Some(List::Deliveries),
            Place::Events => Some(List::Events),
            Place::Settings => Some(List::Settings),
            Place::Run { .. } | Place::File { .. } | Place::Table(_) | Place::Model { .. } => None,
            Place::Alert { .. } | Place::Replayed { .. } | Place::Compare { .. } => None,
        }
    }

    /// Whether nobody is there to carry on what is under way.
    pub fn is_abandoned(&self) -> bool {
        matches!(self.link, Link::Down(_)) && self.past.is_none()
    }

    /// Whether the list or table that keys move through here was not read yet, or another one was.
    pub fn unread(&self) -> bool {
        let (pages, triage) = (&self.pages, &self.triage);
        let of_another = |pipeline: &str| self.card().is_some_and(|card| card.row.name != pipeline);
        let asked_otherwise = |same: &dyn Fn(&Wish) -> bool| self.read.as_ref().is_some_and(|read| !same(read));
        match self.place {
            Place::Overview => self.overview.is_none(),
            Place::Runs => pages.runs.is_none() || asked_otherwise(&|read| read.range == self.range),
            Place::Run { run } => pages.gone.is_none() && pages.run.as_ref().is_none_or(|page| page.card.run.id != run),
            Place::Files => pages.files.is_none(),
            Place::Data => pages.data.as_ref().is_none_or(|page| page.kind != self.kind || of_another(&page.pipeline)),
            Place::Alerts => {
                pages.alerts.is_none()
                    || asked_otherwise(&|read| (read.view, read.severity) == (triage.view, triage.severity))
            }
            Place::Models => pages.models.as_ref().is_none_or(|page| of_another(&page.pipeline)),
            Place::Metrics => pages.metrics.is_none(),
            Place::Reports => pages.reports.is_none(),
            Place::Rules => pages.rules.is_none(),
            Place::Replay => pages.replay.outcome.is_none(),
            Place::Deliveries => pages.deliveries.is_none(),
            Place::Events => pages.events.is_none(),
            Place::Table(_) => pages.gone.is_none() && self.table.as_ref().is_some_and(|table| table.page.is_none()),
            _ => false,
        }
    }

    /// Every row of a list before the filter: (id, text that a filter looks at).
    fn entries(&self, list: List) -> Vec<(String, String)> {
        let pages = &self.pages;
        match list {
            List::Pipelines => rows(self.overview.as_ref().map(|o| &o.pipelines), |card| {
                let state = card.run.as_ref().map_or("idle", |run| run.run.state.name());
                (card.row.name.clone(), format!("{} {} {state}", card.row.name, card.row.title))
            }),
            List::Needs => rows(self.overview.as_ref().map(|o| &o.needs), |need| alert_entry(&need.alert)),
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
            List::Moved => {
                let account = pages.model.as_ref().and_then(|model| Some(&model.drift.as_ref().ok()?.account));
                let moved = account.into_iter().flat_map(|of| of.features.iter().chain(&of.score));
                moved.map(|one| (one.name.clone(), one.name.clone())).collect()
            }
            List::Metrics => rows(pages.metrics.as_ref().map(|metrics| &metrics.figures), |figure| {
                (figure.id(), format!("{} {}", figure.name.replace('_', " "), figure.split.name()))
            }),
            List::Reports => rows(pages.reports.as_ref(), |report| {
                (report.part.id.to_string(), format!("{} run {}", report.pipeline, report.part.run))
            }),
            List::Rules => rows(pages.rules.as_ref(), |rule| {
                let verdict = rule.chief().map_or("", |standing| standing.verdict.as_str()).replace('_', " ");
                let name = format!("{} {}", rule.pipeline, rule.kind);
                (name.clone(), format!("{name} {verdict}"))
            }),
            List::Replay => rows(pages.replay.rules(), |rule| {
                let name = format!("{} {}", rule.pipeline, rule.kind);
                (name.clone(), name)
            }),
            List::Events => rows(pages.events.as_ref(), |event| {
                let run = event.run.map(|run| format!("run {run}")).unwrap_or_default();
                let pipeline = event.pipeline.as_deref().unwrap_or_default();
                let text = format!("{:?} {} {pipeline} {run} {}", event.level, event.subject, event.text);
                (event.id.to_string(), text)
            }),
            List::Settings => self
                .effective()
                .iter()
                .enumerate()
                .map(|(n, one)| {
                    (format!("{n} {}", one.name), format!("{} {} {} {}", one.of, one.name, one.value, one.from))
                })
                .collect(),
            List::Deliveries => pages.deliveries.iter().flat_map(|page| page.entries()).map(delivery_entry).collect(),
        }
    }

    /// The rows of a list.
    pub fn listing(&self, list: List) -> Arc<Listing> {
        let filter = self.lists.get(&list).map_or("", |state| state.filter.as_str());
        let mut listings = self.listings.borrow_mut();
        let known = listings.remove(&list).filter(|known| known.version == self.version);
        let known = match known {
            Some(known) if known.filter == filter && known.folds == self.triage.folds => known,
            // The same rows: while one types or folds, only which of them are shown is worked out.
            Some(known) => self.filtered(list, known.listing.ids.clone(), known.texts, filter),
            None => {
                let entries = self.entries(list).into_iter();
                let (ids, texts) = entries.map(|(id, text)| (id, text.to_lowercase())).unzip();
                self.filtered(list, Arc::new(ids), texts, filter)
            }
        };
        let listing = known.listing.clone();
        listings.insert(list, known);
        listing
    }

    fn filtered(&self, list: List, ids: Arc<Vec<String>>, texts: Vec<String>, filter: &str) -> Known {
        let mut shown: Vec<usize> = (0..texts.len()).collect();
        if !filter.is_empty() {
            shown.retain(|index| fuzzy::fits(filter, &texts[*index]));
        }
        if list == List::Alerts {
            self.fold(&mut shown);
        }
        if let (List::Runs, Some(runs)) = (list, &self.pages.runs) {
            self.order.sort(&mut shown, runs, self.now);
        }
        let listing = Arc::new(Listing { ids, shown });
        Known { version: self.version, texts, filter: filter.to_owned(), folds: self.triage.folds, listing }
    }

    /// Leaves the first alert of every folded group.
    fn fold(&self, shown: &mut Vec<usize>) {
        let (folded, Some(alerts)) = (&self.triage.folded, &self.pages.alerts) else { return };
        if folded.is_empty() {
            return;
        }
        let mut seen = HashSet::new();
        shown.retain(|index| {
            alerts.get(*index).map(group).is_some_and(|group| !folded.contains(&group) || seen.insert(group))
        });
    }

    /// Place of the cursor among the rows shown.
    pub fn cursor(&self, list: List) -> Option<usize> {
        let listing = self.listing(list);
        let state = self.lists.get(&list);
        let wanted = state.and_then(|state| state.selected.as_ref());
        match wanted {
            _ if listing.shown.is_empty() => None,
            None => Some(0),
            Some(id) => {
                listing.position(id).or_else(|| Some(state.map_or(0, |state| state.index).min(listing.shown.len() - 1)))
            }
        }
    }

    /// Id of the row under the cursor.
    pub fn selected_id(&self, list: List) -> Option<String> {
        let index = self.selected_index(list)?;
        self.listing(list).ids.get(index).cloned()
    }

    /// Index, before the filter, of the row under the cursor.
    pub fn selected_index(&self, list: List) -> Option<usize> {
        let at = self.cursor(list)?;
        self.listing(list).shown.get(at).copied()
    }

    /// A list's state, to change it.
    pub fn list_mut(&mut self, list: List) -> &mut ListState {
        self.lists.entry(list).or_default()
    }

    /// Everything that is in effect: the console's own settings, then the workspace's.
    pub fn effective(&self) -> Vec<Setting> {
        let mut all = settings::own(self);
        all.extend(self.pages.settings.iter().flatten().flatten().cloned());
        all
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
            Place::Overview => self.need().filter(|need| need.alerts == 1).map(|need| &need.alert),
            Place::Alerts => self.pages.alerts.as_ref()?.get(self.selected_index(List::Alerts)?),
            Place::Alert { alert } => self.pages.alert.as_ref().map(|page| &page.alert).filter(|row| row.id == *alert),
            _ => None,
        }
    }

    /// What needs an answer and is under the cursor.
    pub fn need(&self) -> Option<&Need> {
        self.overview.as_ref()?.needs.get(self.selected_index(List::Needs)?)
    }

    /// The alerts that an answer goes to: the marked ones, all of a folded group, or the one under the cursor.
    pub fn targets(&self) -> Vec<&AlertRow> {
        let triage = &self.triage;
        let alerts = self.pages.alerts.as_deref().unwrap_or_default();
        if self.place == Place::Alerts && !self.marked.is_empty() {
            return alerts.iter().filter(|alert| self.marked.contains(&alert.id)).collect();
        }
        let Some(alert) = self.alert() else { return Vec::new() };
        if self.place == Place::Alerts && !triage.folded.is_empty() && triage.folded.contains(&group(alert)) {
            return self.group_of(alert);
        }
        vec![alert]
    }

    /// The alerts of the list that are of one group with this one.
    pub fn group_of(&self, alert: &AlertRow) -> Vec<&AlertRow> {
        let alerts = self.pages.alerts.as_deref().unwrap_or_default();
        let same = |other: &&AlertRow| {
            other.run == alert.run && other.pipeline == alert.pipeline && other.state.is_open() == alert.state.is_open()
        };
        alerts.iter().filter(same).collect()
    }

    /// The line of the delivery log under the cursor.
    pub fn delivery(&self) -> Option<Entry<'_>> {
        self.pages.deliveries.as_ref()?.entry(self.selected_index(List::Deliveries)?)
    }

    /// The run that the thing in view is about.
    pub fn related_run(&self) -> Option<i64> {
        match &self.place {
            Place::Alert { .. } | Place::Alerts => self.alert()?.run,
            Place::File { .. } => self.pages.file.as_ref()?.file.run,
            Place::Model { .. } => self.pages.model.as_ref()?.page.models.first().map(|model| model.run),
            Place::Events => self.pages.events.as_ref()?.get(self.selected_index(List::Events)?)?.run,
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
            past: self.goal,
            place: self.place.clone(),
            beside: self.beside.as_ref().map(|beside| beside.place.clone()),
            pipeline: self.card().map(|card| card.row.name.clone()),
            kind: self.kind,
            figure,
            range: self.range,
            view: self.triage.view,
            severity: self.triage.severity,
        }
    }
}

fn rows<T>(rows: Option<&Vec<T>>, entry: impl Fn(&T) -> (String, String)) -> Vec<(String, String)> {
    rows.map(|rows| rows.iter().map(entry).collect()).unwrap_or_default()
}

fn alert_entry(alert: &AlertRow) -> (String, String) {
    let finding = &alert.finding;
    let run = alert.run.map(|run| format!("run {run}")).unwrap_or_default();
    let text = format!(
        "{} {} {} {run} {} {} {}",
        finding.severity, alert.state, alert.pipeline, finding.kind, finding.object, finding.message
    );
    (alert.id.to_string(), text)
}

fn delivery_entry(entry: Entry<'_>) -> (String, String) {
    match entry {
        Entry::Notice(n) => {
            (format!("notice {}", n.id), format!("{} {} {} {}", n.channel, n.occasion, n.grouping, n.state))
        }
        Entry::Attempt(a) => (
            format!("attempt {}", a.id),
            format!("{} {} {} {} {}", a.channel, a.occasion, a.grouping, a.outcome, a.detail),
        ),
    }
}

impl Listing {
    /// Place of a row among those shown.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.shown.iter().position(|index| self.ids.get(*index).is_some_and(|other| other == id))
    }

    /// Id of the row at a place among those shown.
    pub fn id(&self, place: usize) -> Option<String> {
        self.ids.get(*self.shown.get(place)?).cloned()
    }
}
