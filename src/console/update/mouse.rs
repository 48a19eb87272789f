//! The mouse: a click selects, a second one opens, a heading sorts, a hint of the footer does what it says, the wheel
//! moves.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{layers, motion, panes, perform, query, table};
use crate::console::action::Effect;
use crate::console::keymap::Act;
use crate::console::place::List;
use crate::console::state::{Hit, State};

/// Rows that one notch of the wheel moves.
const NOTCH: usize = 3;

/// Whether anything can follow from this event: moving the mouse, of which there may be a thousand a second, is nothing.
pub fn matters(event: &MouseEvent) -> bool {
    use MouseEventKind::{Down, Drag, ScrollDown, ScrollUp, Up};
    matches!(event.kind, Down(_) | Drag(MouseButton::Left) | Up(MouseButton::Left) | ScrollDown | ScrollUp)
}

/// One event of the mouse.
pub fn mouse(state: &mut State, event: MouseEvent) -> Vec<Effect> {
    match event.kind {
        MouseEventKind::ScrollDown => wheel(state, Act::Down),
        MouseEventKind::ScrollUp => wheel(state, Act::Up),
        MouseEventKind::Down(MouseButton::Left) if state.layers.is_empty() => {
            let at = Position::new(event.column, event.row);
            let mut effects = if state.other.get().contains(at) { panes::switch(state) } else { Vec::new() };
            let hit = state.hits.borrow().iter().rev().find(|(area, _)| area.contains(at)).map(|(_, hit)| *hit);
            effects.extend(hit.map(|hit| click(state, hit)).unwrap_or_default());
            effects
        }
        MouseEventKind::Drag(MouseButton::Left) => {
            if let Some(divider) = state.drag {
                state.layout.drag(divider, event.column, event.row);
            }
            Vec::new()
        }
        MouseEventKind::Up(MouseButton::Left) => state.drag.take().map(|_| Effect::Remember).into_iter().collect(),
        MouseEventKind::Down(MouseButton::Right) => perform(state, Act::Back),
        _ => Vec::new(),
    }
}

fn wheel(state: &mut State, act: Act) -> Vec<Effect> {
    let code = if act == Act::Up { KeyCode::Up } else { KeyCode::Down };
    let mut effects = Vec::new();
    for _ in 0..NOTCH {
        effects.extend(if state.layers.is_empty() {
            motion::vertical(state, act)
        } else {
            layers::key(state, &code.into())
        });
    }
    // Of several requests for what is on screen only the last one counts.
    effects.drain(..effects.len().saturating_sub(1));
    effects
}

fn click(state: &mut State, hit: Hit) -> Vec<Effect> {
    match hit {
        Hit::Act(act) => perform(state, act),
        Hit::Divider(divider) => {
            state.drag = Some(divider);
            Vec::new()
        }
        Hit::Row(list, at) => {
            // The overview and a run have two lists; the one that was clicked gets the keys.
            state.second = matches!(list, List::Needs);
            if state.cursor(list) == Some(at) && state.lists.get(&list).is_some_and(|view| view.selected.is_some()) {
                return perform(state, Act::Open);
            }
            let id = state.listing(list).id(at);
            let view = state.list_mut(list);
            (view.selected, view.index) = (id, at);
            motion::chosen(state, list)
        }
        Hit::Line(row) => {
            let Some(view) = state.table.as_mut() else { return Vec::new() };
            if view.cursor == row {
                return table::record(state);
            }
            view.cursor = row.min(view.total.saturating_sub(1));
            table::follow(view);
            table::ask(view).into_iter().collect()
        }
        Hit::Head(column) => {
            let Some(view) = state.table.as_mut() else { return Vec::new() };
            view.column = column;
            query::sort(state, false)
        }
    }
}
