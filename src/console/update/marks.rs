//! Marks on the rows of a list: what is asked next is for all of them.

use std::collections::BTreeSet;

use super::motion;
use crate::console::action::Effect;
use crate::console::keymap::Act;
use crate::console::load::alerts::group;
use crate::console::place::List;
use crate::console::state::State;

/// Marks the line under the cursor, or takes the mark away; the cursor goes on.
pub fn mark(state: &mut State) -> Vec<Effect> {
    let Some(list) = state.list() else { return Vec::new() };
    let ids = state.selected_index(list).map(|index| line(state, list, index)).unwrap_or_default();
    if ids.iter().all(|id| state.marked.contains(id)) {
        state.marked.retain(|id| !ids.contains(id));
    } else {
        state.marked.extend(ids);
    }
    motion::vertical(state, Act::Down)
}

/// Marks every line that the list shows; or none when all are.
pub fn mark_all(state: &mut State) -> Vec<Effect> {
    let Some(list) = state.list() else { return Vec::new() };
    let listing = state.listing(list);
    let ids: BTreeSet<i64> = listing.shown.iter().flat_map(|index| line(state, list, *index)).collect();
    state.marked = if ids == state.marked { BTreeSet::new() } else { ids };
    Vec::new()
}

/// What a line of a list stands for: a folded group for all of its alerts.
fn line(state: &State, list: List, index: usize) -> Vec<i64> {
    if list == List::Files {
        let files = state.pages.files.as_deref().unwrap_or_default();
        return files.get(index).map(|file| file.id).into_iter().collect();
    }
    match state.pages.alerts.as_deref().unwrap_or_default().get(index) {
        Some(alert) if state.triage.folded.contains(&group(alert)) => {
            state.group_of(alert).iter().map(|alert| alert.id).collect()
        }
        alert => alert.map(|alert| alert.id).into_iter().collect(),
    }
}
