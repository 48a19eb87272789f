//! What comes from the store and from the engine.

use std::collections::{BTreeSet, HashSet};

use super::{batch, navigate, table};
use crate::console::Leave;
use crate::console::action::{Ask, Effect, Link};
use crate::console::layer::Layer;
use crate::console::load::tidy::line;
use crate::console::load::{Page, Snapshot};
use crate::console::place::{List, Place};
use crate::console::rows::TableView;
use crate::console::state::{Live, State};
use crate::domain::Instant;
use crate::domain::alert::Severity;
use crate::domain::job::Level;
use crate::domain::wire::{EngineEvent, Progress, Reply};

/// Takes a snapshot.
pub fn snapshot(state: &mut State, snapshot: Snapshot) -> Vec<Effect> {
    let wish = snapshot.wish;
    if wish.past != state.goal {
        // Of an instant that was left meanwhile.
        return Vec::new();
    }
    let mut effects = Vec::new();
    if wish.past != state.past {
        effects = era(state, wish.past);
    }
    state.trouble = None;
    let open: Vec<i64> = snapshot.overview.open_runs.iter().map(|run| run.id).collect();
    state.live.retain(|(run, _), _| open.contains(run));
    state.overview = Some(snapshot.overview);
    state.pages.gone = None;
    state.version += 1;
    for page in [Some(snapshot.page), snapshot.beside].into_iter().flatten() {
        effects.extend(take(state, page));
    }
    settle(state);
    if wish.pipeline.is_some() && wish.pipeline != state.wish().pipeline {
        // Another pipeline took the place of the one in view.
        effects.push(Effect::Load { wish: state.wish(), soon: true });
    }
    state.read = Some(wish);
    effects.extend(super::keys::ahead(state));
    effects
}

/// Another instant is in view: what is known of the one before does not hold.
fn era(state: &mut State, past: Option<Instant>) -> Vec<Effect> {
    state.past = past;
    state.now = past.unwrap_or(state.clock);
    state.live.clear();
    let before = std::mem::take(&mut state.pages);
    state.pages.settings = before.settings;
    let effects = table::give_up(state);
    if let Some(table) = &mut state.table {
        *table = TableView::new(table.source.clone());
    }
    effects
}

fn take(state: &mut State, page: Page) -> Vec<Effect> {
    let pages = &mut state.pages;
    match page {
        Page::Overview => {}
        Page::Runs(runs) => pages.runs = Some(runs),
        Page::Run(run) => pages.run = Some(run),
        Page::Files(files) => {
            if state.place == Place::Files {
                only_listed(&mut state.marked, files.iter().map(|file| file.id));
            }
            pages.files = Some(files);
        }
        Page::File(file) => pages.file = Some(file),
        Page::Data(data) => pages.data = Some(data),
        Page::Models(models) => pages.models = Some(models),
        Page::Model(model) => pages.model = Some(*model),
        Page::Metrics(metrics) => pages.metrics = Some(metrics),
        Page::Alerts(alerts) => {
            if state.place == Place::Alerts {
                only_listed(&mut state.marked, alerts.iter().map(|alert| alert.id));
            }
            pages.alerts = Some(alerts);
        }
        Page::Alert(alert) => pages.alert = Some(alert),
        Page::Reports(reports) => pages.reports = Some(reports),
        Page::Rules(rules) => pages.rules = Some(rules),
        Page::Deliveries(deliveries) => pages.deliveries = Some(deliveries),
        Page::Events(events) => pages.events = Some(events),
        Page::Compare(both) => pages.compare = Some(both),
        Page::Gone(place) => pages.gone = Some(place),
        Page::Table(page) => return table::page(state, page),
    }
    Vec::new()
}

/// What is marked but no longer listed would be answered unseen.
fn only_listed(marked: &mut BTreeSet<i64>, listed: impl Iterator<Item = i64>) {
    let listed: HashSet<i64> = listed.collect();
    marked.retain(|id| listed.contains(id));
}

/// Where a selected row vanished, the row that took its place is selected.
fn settle(state: &mut State) {
    let lists: Vec<List> = state.lists.keys().copied().collect();
    for list in lists {
        let Some(selected) = state.lists.get(&list).and_then(|view| view.selected.clone()) else { continue };
        let listing = state.listing(list);
        match listing.position(&selected) {
            Some(index) => state.list_mut(list).index = index,
            None if listing.shown.is_empty() => {}
            None => {
                let view = state.list_mut(list);
                view.index = view.index.min(listing.shown.len() - 1);
                view.selected = listing.id(view.index);
            }
        }
    }
}

/// Takes a change of the link.
pub fn link(state: &mut State, link: Link) -> Vec<Effect> {
    let was_up = matches!(state.link, Link::Up { .. });
    let is_up = matches!(link, Link::Up { .. });
    state.link = link;
    if !is_up {
        state.live.clear();
    }
    // Something may have changed while nobody told.
    if is_up && !was_up { vec![Effect::Load { wish: state.wish(), soon: true }] } else { Vec::new() }
}

/// Takes what the engine said.
pub fn engine(state: &mut State, event: EngineEvent) -> Vec<Effect> {
    // What happens now is not what happened then; only a call is heard.
    if state.goal.is_some() && !matches!(event, EngineEvent::Notice { .. } | EngineEvent::Stopping) {
        return Vec::new();
    }
    match event {
        EngineEvent::Changed => vec![Effect::Load { wish: state.wish(), soon: true }],
        EngineEvent::Progress(progress) => {
            take_progress(state, progress);
            state.dirty = true;
            Vec::new()
        }
        // The line is in the store too; only who looks at this run wants it read.
        EngineEvent::Log { run, .. } if state.place == (Place::Run { run }) => {
            vec![Effect::Load { wish: state.wish(), soon: true }]
        }
        EngineEvent::Log { .. } => Vec::new(),
        EngineEvent::Notice { severity, text } => {
            let level = if severity == Severity::Info { Level::Info } else { Level::Warn };
            let text = line(&text);
            state.toast(level, text.clone());
            if state.settings.bell || state.settings.notify { vec![Effect::Ring(text)] } else { Vec::new() }
        }
        EngineEvent::Stopping => {
            state.dirty = true;
            state.link = Link::Stopping;
            Vec::new()
        }
    }
}

fn take_progress(state: &mut State, mut progress: Progress) {
    progress.note = line(&progress.note);
    progress.unit = line(&progress.unit);
    let key = (progress.run, progress.stage.clone());
    let rate = state.live.get(&key).and_then(|before| smoothed(before, &progress));
    state.live.insert(key, Live { progress, rate });
}

/// Units a second since the last word, mixed with the rate before. A count that went back is a new attempt, another
/// unit is another count: both start anew.
fn smoothed(before: &Live, next: &Progress) -> Option<f64> {
    let last = &before.progress;
    if next.unit != last.unit || next.done < last.done {
        return None;
    }
    let seconds = (next.at - last.at).num_milliseconds() as f64 / 1000.0;
    if seconds <= 0.0 {
        return before.rate;
    }
    let now = (next.done - last.done) as f64 / seconds;
    Some(before.rate.map_or(now, |rate| 0.6 * rate + 0.4 * now))
}

/// Takes an answer.
pub fn reply(state: &mut State, ask: Ask, reply: Reply) -> Vec<Effect> {
    match (ask, reply) {
        (Ask::Preview { run, from }, reply) => {
            let result = match reply {
                Reply::Preview(preview) => Ok(preview),
                Reply::Refused { message } => Err(line(&message)),
                _ => Err("the engine gave another answer than was asked for".into()),
            };
            for layer in &mut state.layers {
                if let Layer::Rerun(dialog) = layer
                    && dialog.run == run
                    && dialog.options.get(dialog.chosen) == Some(&from)
                {
                    dialog.preview = Some(result.clone());
                }
            }
            Vec::new()
        }
        (Ask::Batch, reply) => batch::next(state, &reply),
        (_, Reply::Refused { message }) => {
            state.toast(Level::Warn, line(&message));
            Vec::new()
        }
        (Ask::Stop, Reply::Done { .. }) => vec![Effect::Leave(Leave::StopEngine)],
        (Ask::Rerun, Reply::Done { message, run: Some(run) }) => {
            state.toast(Level::Info, line(&message));
            navigate::into(state, Place::Run { run })
        }
        (_, Reply::Done { message, .. }) => {
            state.toast(Level::Info, line(&message));
            vec![Effect::Load { wish: state.wish(), soon: true }]
        }
        (_, Reply::Hello { .. } | Reply::Preview(_)) => Vec::new(),
    }
}
