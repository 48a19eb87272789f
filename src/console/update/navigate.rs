//! Going from place to place.

use crate::console::action::Effect;
use crate::console::keymap::Act;
use crate::console::load::window::Window;
use crate::console::place::{List, Place, Screen, Source};
use crate::console::state::{LogView, State, TableView};

/// To one of the eight screens.
pub fn go(state: &mut State, screen: Screen) -> Vec<Effect> {
    let place = match screen {
        Screen::Runs | Screen::Run => Place::Runs,
        Screen::Files | Screen::File => Place::Files,
        Screen::Data | Screen::Table => Place::Data,
        Screen::Models | Screen::Model => Place::Models,
        Screen::Metrics => Place::Metrics,
        Screen::Alerts | Screen::Alert => Place::Alerts,
        Screen::Reports => Place::Reports,
        Screen::Overview => Place::Overview,
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
    state.pending = None;
    state.pages.gone = None;
    if place != state.place && matches!(place, Place::Run { .. }) {
        state.log = LogView::default();
        state.list_mut(List::Stages).selected = None;
    }
    if let Place::Table(source) = &place {
        let keep = state.table.as_ref().is_some_and(|table| table.source == *source);
        if !keep {
            state.table = Some(TableView::new(source.clone()));
        }
    }
    state.place = place;
    vec![Effect::Load { wish: state.wish(), soon: false }]
}

/// Into what is under the cursor.
pub fn open(state: &mut State) -> Vec<Effect> {
    if state.unread() {
        state.pending = Some(Act::Open);
        return Vec::new();
    }
    let target = match &state.place {
        Place::Overview if state.second => state.alert().map(|alert| Place::Alert { alert: alert.id }),
        Place::Overview | Place::Runs => state.run().map(|run| Place::Run { run: run.id }),
        Place::Files => number(state, List::Files).map(|file| Place::File { file }),
        Place::Alerts => number(state, List::Alerts).map(|alert| Place::Alert { alert }),
        Place::Data => table_source(state, number(state, List::Parts)).map(Place::Table),
        Place::Models => model(state),
        Place::Table(_) => return super::layers::record(state),
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
    Some(Source { pipeline: data.pipeline.clone(), kind: data.kind, part })
}

/// Into all parts of the dataset in view.
pub fn whole_dataset(state: &mut State) -> Vec<Effect> {
    let Some(data) = state.pages.data.as_ref() else { return Vec::new() };
    let source = Source { pipeline: data.pipeline.clone(), kind: data.kind, part: None };
    into(state, Place::Table(source))
}

/// To the run that the thing in view is about.
pub fn related_run(state: &mut State) -> Vec<Effect> {
    match state.related_run() {
        Some(run) => into(state, Place::Run { run }),
        None => Vec::new(),
    }
}

/// Back: first out of a pane, then out of a filter, then to where the operator came from, then one level up, and at
/// last to the overview.
pub fn back(state: &mut State) -> Vec<Effect> {
    if state.second {
        state.second = false;
        return Vec::new();
    }
    if let Some(list) = state.list()
        && !state.list_mut(list).filter.is_empty()
    {
        state.list_mut(list).filter.clear();
        return Vec::new();
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

impl TableView {
    /// A table before anything of it was read.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            page: None,
            total: 0,
            cursor: 0,
            top: 0,
            column: 0,
            window: Window::default(),
            asked: None,
            trouble: None,
            height: std::cell::Cell::new(20),
        }
    }
}
