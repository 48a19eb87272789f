//! The table over the lake: the cursor moves at once, rows follow from the reader.

use super::motion::target;
use crate::console::action::{Effect, WindowRequest};
use crate::console::keymap::Act;
use crate::console::load::window::Window;
use crate::console::place::Source;
use crate::console::state::{State, TableView};

/// Rows read beyond the screen, on either side, so that a page up or down is there already.
const MARGIN: u64 = 100;

/// Moves the cursor and asks for rows that are not at hand.
pub fn vertical(state: &mut State, act: Act) -> Vec<Effect> {
    let Some(table) = state.table.as_mut() else { return Vec::new() };
    let as_rows = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let to = target(act, as_rows(table.cursor), as_rows(table.total), as_rows(table.height.get()));
    table.cursor = to as u64;
    follow(table);
    ask(table).into_iter().collect()
}

/// Moves the top row as little as it takes to have the cursor on screen.
pub fn follow(table: &mut TableView) {
    let height = table.height.get().max(1);
    table.top = table.top.clamp((table.cursor + 1).saturating_sub(height), table.cursor);
}

/// The request for the rows on screen, unless they are at hand or on their way.
pub fn ask(table: &mut TableView) -> Option<Effect> {
    let page = table.page.as_ref()?;
    let (from, to) = (table.top, (table.top + table.height.get()).min(table.total));
    let holds = |start: u64, count: u64| start <= from && start + count >= to;
    if holds(table.window.from, table.window.rows.len() as u64) || table.asked.is_some_and(|(s, n)| holds(s, n)) {
        return None;
    }
    let start = from.saturating_sub(MARGIN);
    let count = (to - start) + MARGIN;
    table.asked = Some((start, count));
    Some(Effect::Window(WindowRequest {
        source: table.source.clone(),
        parts: page.parts.clone(),
        from: start,
        count: count.min(table.total - start),
    }))
}

/// Takes rows that were read. Rows of a table that was left meanwhile are dropped.
pub fn window(state: &mut State, source: &Source, result: Result<Window, String>) -> Vec<Effect> {
    let Some(table) = state.table.as_mut().filter(|table| table.source == *source) else { return Vec::new() };
    table.asked = None;
    match result {
        Ok(window) => {
            table.window = window;
            table.trouble = None;
            follow(table);
            // The operator may have moved on while these were read.
            ask(table).into_iter().collect()
        }
        Err(trouble) => {
            table.trouble = Some(trouble);
            Vec::new()
        }
    }
}
