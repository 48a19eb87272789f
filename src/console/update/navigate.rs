//! Going from place to place.

use crate::console::action::Effect;
use crate::console::place::{List, Place, Screen, Source};
use crate::console::rows::TableView;
use crate::console::state::{LogView, Scroll, State};
use crate::domain::dataset::DatasetKind;
use crate::store::triage::View;

/// To one of the ten screens.
pub fn go(state: &mut State, screen: Screen) -> Vec<Effect> {
    let place = match screen {
        Screen::Runs | Screen::Run => Place::Runs,
        Screen::Files | Screen::File => Place::Files,
        Screen::Data | Screen::Table => Place::Data,
        Screen::Models | Screen::Model => Place::Models,
        Screen::Metrics => Place::Metrics,
        Screen::Alerts | Screen::Alert => Place::Alerts,
        Screen::Reports => Place::Reports,
        Screen::Rules | Screen::Replay | Screen::Replayed => Place::Rules,
        Screen::Deliveries => Place::Deliveries,
        Screen::Overview => Place::Overview,
        Screen::Events => Place::Events,
        Screen::Settings => Place::Settings,
        Screen::Compare => Place::Runs,
    };
    state.back.clear();
    enter(state, place)
}

/// Into `place`, keeping the way back.
pub fn into(state: &mut State, place: Place) -> Vec<Effect> {
    state.back.push(state.place.clone());
    enter(state, place)
}

fn enter(state: &mut State, place: Place) -> Vec<Effect> {
    state.typing = None;
    state.second = false;
    state.zoomed = false;
    state.whole &= state.beside.is_some();
    state.pending.clear();
    state.pages.gone = None;
    if place != state.place && matches!(place, Place::Run { .. }) {
        state.log = LogView::default();
        state.list_mut(List::Stages).selected = None;
    }
    let mut effects = Vec::new();
    if let Place::Table(source) = &place {
        let keep = state.table.as_ref().is_some_and(|table| table.source == *source);
        if !keep {
            effects = super::table::give_up(state);
            state.table = Some(TableView::new(source.clone()));
        }
    }
    if place != state.place {
        state.scroll = Scroll::default();
        state.marked.clear();
    }
    let before = std::mem::replace(&mut state.place, place);
    super::panes::part(state);
    effects.push(Effect::Load { wish: state.wish(), soon: false });
    if state.place == Place::Settings {
        effects.push(Effect::Settings);
    }
    effects.extend(super::replay::moved(state, &before));
    effects
}

/// Into what is under the cursor.
pub fn open(state: &mut State) -> Vec<Effect> {
    let target = match &state.place {
        Place::Overview if state.second && state.need().is_some_and(|need| need.alerts > 1) => return group(state),
        Place::Overview if state.second => state.alert().map(|alert| Place::Alert { alert: alert.id }),
        Place::Overview | Place::Runs => state.run().map(|run| Place::Run { run: run.id }),
        Place::Files => number(state, List::Files).map(|file| Place::File { file }),
        Place::Alerts => number(state, List::Alerts).map(|alert| Place::Alert { alert }),
        Place::Deliveries => state.delivery().and_then(|entry| entry.alert()).map(|alert| Place::Alert { alert }),
        Place::Rules => return alerts_of_rule(state),
        Place::Replay => replayed_rule(state),
        Place::Data => table_source(state, number(state, List::Parts)).map(Place::Table),
        Place::Models => model(state),
        Place::Table(_) => return super::table::record(state),
        Place::Events => state.related_run().map(|run| Place::Run { run }),
        Place::Settings => return super::own::switch(state),
        Place::Reports => return super::ask::page(state),
        Place::Run { .. } => {
            state.log.only_stage = true;
            state.log.held = None;
            state.second = true;
            return Vec::new();
        }
        _ => None,
    };
    target.map(|place| into(state, place)).unwrap_or_default()
}

/// Into the alerts of one run that need an answer.
fn group(state: &mut State) -> Vec<Effect> {
    let Some(alert) = state.need().map(|need| &need.alert) else { return Vec::new() };
    let filter = format!("{} run {}", alert.pipeline, alert.run.unwrap_or_default());
    alerts(state, View::Firing, filter)
}

/// Into every alert of the rule under the cursor.
fn alerts_of_rule(state: &mut State) -> Vec<Effect> {
    match state.selected_id(List::Rules) {
        Some(rule) => alerts(state, View::All, rule),
        None => Vec::new(),
    }
}

fn replayed_rule(state: &State) -> Option<Place> {
    let rule = state.pages.replay.rules()?.get(state.selected_index(List::Replay)?)?;
    Some(Place::Replayed { pipeline: rule.pipeline.clone(), kind: rule.kind })
}

fn alerts(state: &mut State, view: View, filter: String) -> Vec<Effect> {
    state.triage.view = view;
    state.triage.severity = None;
    let list = state.list_mut(List::Alerts);
    list.filter = filter;
    list.selected = None;
    into(state, Place::Alerts)
}

fn number(state: &State, list: List) -> Option<i64> {
    state.selected_id(list)?.parse().ok()
}

fn model(state: &State) -> Option<Place> {
    let pipeline = state.pages.models.as_ref()?.pipeline.clone();
    number(state, List::Models).map(|version| Place::Model { pipeline, version })
}

fn table_source(state: &State, part: Option<i64>) -> Option<Source> {
    let data = state.pages.data.as_ref()?;
    part?;
    Some(Source { pipeline: data.pipeline.clone(), kind: data.kind, part, file: None })
}

/// Into the rows of the landed file in view, as it lies there.
pub fn landed(state: &mut State) -> Vec<Effect> {
    let Some(file) = state.pages.file.as_ref().map(|page| &page.file) else { return Vec::new() };
    let kind = DatasetKind::Clean;
    let source = Source { pipeline: file.pipeline.clone(), kind, part: None, file: Some(file.id) };
    into(state, Place::Table(source))
}

/// Into all parts of the dataset in view.
pub fn whole_dataset(state: &mut State) -> Vec<Effect> {
    let Some(data) = state.pages.data.as_ref() else { return Vec::new() };
    let source = Source { pipeline: data.pipeline.clone(), kind: data.kind, part: None, file: None };
    into(state, Place::Table(source))
}

/// To the run that the thing in view is about.
pub fn related_run(state: &mut State) -> Vec<Effect> {
    match state.related_run() {
        Some(run) => into(state, Place::Run { run }),
        None => Vec::new(),
    }
}

/// To the file that the alert in view is about.
pub fn related_file(state: &mut State) -> Vec<Effect> {
    match state.pages.alert.as_ref().and_then(|page| page.file) {
        Some(file) => into(state, Place::File { file }),
        None => Vec::new(),
    }
}

/// Back: first out of a pane, then from a question about rows, then from the marks, then out of a filter, then to where the operator came from, then one level up, and at
/// last to the overview.
pub fn back(state: &mut State) -> Vec<Effect> {
    if state.second || state.zoomed || state.whole {
        (state.second, state.zoomed, state.whole) = (false, false, false);
        return Vec::new();
    }
    if matches!(state.place, Place::Table(_)) {
        if state.asking.question.is_some() {
            return super::query::cancel(state);
        }
        if state.table.as_ref().is_some_and(|table| !table.query.is_empty()) {
            return super::query::ask(state, crate::console::rows::Query::default());
        }
    }
    if !state.marked.is_empty() {
        state.marked.clear();
        return Vec::new();
    }
    if let Some(list) = state.list()
        && !state.list_mut(list).filter.is_empty()
    {
        state.list_mut(list).filter.clear();
        return Vec::new();
    }
    if state.place == Place::Runs && state.range.take().is_some() {
        return vec![Effect::Load { wish: state.wish(), soon: false }];
    }
    let target = state.back.pop().or_else(|| state.place.parent());
    match target {
        Some(place) => enter(state, place),
        None if state.place != Place::Overview => enter(state, Place::Overview),
        None => Vec::new(),
    }
}

/// The pipeline `by` further on, round at the ends.
pub fn pipeline(state: &mut State, by: isize) -> Vec<Effect> {
    let Some(overview) = state.overview.as_ref() else { return Vec::new() };
    let names: Vec<String> = overview.pipelines.iter().map(|card| card.row.name.clone()).collect();
    let current = state.card().and_then(|card| names.iter().position(|name| *name == card.row.name));
    let (Some(current), false) = (current, names.is_empty()) else { return Vec::new() };
    let next = (current as isize + by).rem_euclid(names.len() as isize) as usize;
    state.list_mut(List::Pipelines).selected = names.get(next).cloned();
    match state.place {
        Place::Table(_) => return enter(state, Place::Data),
        Place::Model { .. } => return enter(state, Place::Models),
        _ => {}
    }
    vec![Effect::Load { wish: state.wish(), soon: false }]
}
