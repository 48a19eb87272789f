//! Moving the cursor.

use super::table;
use crate::console::action::Effect;
use crate::console::keymap::Act;
use crate::console::load::data::TABLES;
use crate::console::load::model::ModelDetail;
use crate::console::place::{List, Place};
use crate::console::state::State;
use crate::domain::run::StageState;
use crate::store::logs::LogRow;

/// Up and down in whatever has the keys.
pub fn vertical(state: &mut State, act: Act) -> Vec<Effect> {
    match state.place {
        Place::Table(_) => table::vertical(state, act),
        Place::Run { .. } if state.second => log(state, act),
        Place::Alert { .. } | Place::Replayed { .. } | Place::Compare { .. } => {
            page(state, act);
            Vec::new()
        }
        _ => match state.list() {
            Some(list) => cursor(state, list, act),
            None => Vec::new(),
        },
    }
}

/// Where a motion leads from `at` among `count` rows with `page` of them on screen.
pub fn target(act: Act, at: usize, count: usize, page: usize) -> usize {
    let last = count.saturating_sub(1);
    let page = page.saturating_sub(1).max(1);
    match act {
        Act::Up => at.saturating_sub(1),
        Act::Down => (at + 1).min(last),
        Act::PageUp => at.saturating_sub(page),
        Act::PageDown => (at + page).min(last),
        Act::Top => 0,
        Act::Bottom => last,
        _ => at,
    }
}

fn cursor(state: &mut State, list: List, act: Act) -> Vec<Effect> {
    let listing = state.listing(list);
    let Some(at) = state.cursor(list) else { return Vec::new() };
    let view = state.list_mut(list);
    let to = target(act, at, listing.shown.len(), view.page.get());
    view.index = to;
    view.selected = listing.id(to);
    chosen(state, list)
}

/// What follows from another row being under the cursor.
pub fn chosen(state: &mut State, list: List) -> Vec<Effect> {
    match list {
        List::Stages => {
            state.log.held = None;
            Vec::new()
        }
        // What is beside these lists is about the row under the cursor.
        List::Metrics => vec![Effect::Load { wish: state.wish(), soon: false }],
        _ => Vec::new(),
    }
}

/// Moves a page that is longer than the screen; its last line stays at the bottom.
fn page(state: &mut State, act: Act) {
    let scroll = &mut state.scroll;
    let (lines, page) = (scroll.lines.get(), scroll.page.get());
    let lowest = lines.saturating_sub(page);
    scroll.top = target(act, scroll.top.min(lowest), lowest + 1, page);
}

/// Left and right.
pub fn sideways(state: &mut State, by: isize) -> Vec<Effect> {
    match state.place {
        Place::Table(_) => table::sideways(state, by),
        Place::Model { .. } => {
            let several = state.pages.model.as_ref().is_some_and(ModelDetail::is_of_several);
            state.side = state.side.turned(by, several);
            Vec::new()
        }
        Place::Data => {
            let at = TABLES.iter().position(|kind| *kind == state.kind).unwrap_or(0);
            let to = at.saturating_add_signed(by).min(TABLES.len() - 1);
            state.kind = TABLES[to];
            state.list_mut(List::Parts).selected = None;
            vec![Effect::Load { wish: state.wish(), soon: false }]
        }
        Place::Alerts => super::answers::view(state, by),
        _ => Vec::new(),
    }
}

/// Moves through the log. Going up holds it where it is, however much is added below; reaching its end follows it.
fn log(state: &mut State, act: Act) -> Vec<Effect> {
    let ids: Vec<i64> = log_lines(state).iter().map(|line| line.id).collect();
    let Some(newest) = ids.len().checked_sub(1) else { return Vec::new() };
    let at = match state.log.held {
        Some(held) => ids.iter().position(|id| *id >= held).unwrap_or(newest),
        None => newest,
    };
    let page = state.log.page.get().max(1);
    // The first page is as far up as it goes.
    let to = target(act, at, ids.len(), page).max((page - 1).min(newest));
    state.log.held = if to >= newest { None } else { ids.get(to).copied() };
    Vec::new()
}

/// Lines of the log in view: all, or those of the selected stage.
pub fn log_lines(state: &State) -> Vec<&LogRow> {
    let Some(run) = &state.pages.run else { return Vec::new() };
    let chosen = if state.log.only_stage { stage_in_view(state) } else { None };
    let (least, wanted) = (state.log.level, state.log.search.to_lowercase());
    let fits = |line: &&LogRow| {
        chosen.as_ref().is_none_or(|stage| line.stage == *stage)
            && least.is_none_or(|least| line.level >= least)
            && (wanted.is_empty() || line.text.to_lowercase().contains(&wanted))
    };
    run.log.iter().filter(fits).collect()
}

/// The stage under the cursor; before the operator chose one, the one under way.
pub fn stage_in_view(state: &State) -> Option<String> {
    let chosen = state.lists.get(&List::Stages).and_then(|list| list.selected.clone());
    let stages = &state.pages.run.as_ref()?.card.stages;
    let live = stages.iter().find(|stage| matches!(stage.state, StageState::Running | StageState::Retrying));
    chosen.or_else(|| live.or(stages.first()).map(|stage| stage.name.clone()))
}
