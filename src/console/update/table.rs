//! The table over the lake: the cursor moves at once, rows follow from the reader.

use super::motion::target;
use crate::console::action::{CellsFor, CellsRequest, Effect, WindowRequest};
use crate::console::keymap::Act;
use crate::console::layer::{Columns, Layer, Record};
use crate::console::load::data::TablePage;
use crate::console::load::window::{Cells, WIDE, Window};
use crate::console::place::Source;
use crate::console::rows::TableView;
use crate::console::state::State;
use crate::domain::job::Level;
use crate::domain::text::one_line;

/// Rows read beyond the screen, on either side, so that a page up or down is there already.
const MARGIN: u64 = 100;
/// Columns read on either side of the cursor, where there are too many to read all.
const AROUND: usize = 40;
/// Most rows that are copied at once.
const COPIED: u64 = 10_000;

/// Moves the cursor and asks for rows that are not at hand.
pub fn vertical(state: &mut State, act: Act) -> Vec<Effect> {
    let Some(table) = state.table.as_mut() else { return Vec::new() };
    let as_rows = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let to = target(act, as_rows(table.cursor), as_rows(table.total), as_rows(table.height.get()));
    table.cursor = to as u64;
    follow(table);
    ask(table).into_iter().collect()
}

/// Moves to another column.
pub fn sideways(state: &mut State, by: isize) -> Vec<Effect> {
    let Some(table) = state.table.as_mut() else { return Vec::new() };
    let last = table.shown().len().saturating_sub(1);
    table.column = table.column.saturating_add_signed(by).min(last);
    ask(table).into_iter().collect()
}

/// Moves the top row as little as it takes to have the cursor on screen.
pub fn follow(table: &mut TableView) {
    let height = table.height.get().max(1);
    table.top = table.top.clamp((table.cursor + 1).saturating_sub(height), table.cursor);
}

/// The request for the rows on screen, unless they are at hand or on their way.
pub fn ask(table: &mut TableView) -> Option<Effect> {
    table.page.as_ref()?;
    let (from, to) = (table.top, (table.top + table.height.get()).min(table.total));
    let holds = |start: u64, count: u64| start <= from && start + count >= to;
    let columns = wanted(table);
    let read = |name: &String| table.window.columns.iter().any(|head| head.name == *name);
    let held = holds(table.window.from, table.window.rows.len() as u64);
    let near = around(table, AROUND / 2);
    if (held && near.iter().all(read)) || (near.iter().all(read) && table.asked.is_some_and(|(s, n)| holds(s, n))) {
        return None;
    }
    let start = from.saturating_sub(MARGIN);
    let count = (to - start) + MARGIN;
    table.asked = Some((start, count));
    Some(Effect::Window(WindowRequest {
        source: table.source.clone(),
        parts: table.parts().to_vec(),
        from: start,
        count: count.min(table.total - start),
        columns,
        generation: table.generation,
    }))
}

/// The columns to read: all, where they are not too many.
fn wanted(table: &TableView) -> Vec<String> {
    if table.schema.len() <= WIDE { Vec::new() } else { around(table, AROUND) }
}

/// The frozen columns, and those at most `reach` from the cursor.
fn around(table: &TableView, reach: usize) -> Vec<String> {
    let near = table.column.saturating_sub(reach)..=table.column + reach;
    let shown = table.shown();
    let kept = shown.iter().enumerate().filter(|(at, _)| *at < table.frozen || near.contains(at));
    kept.map(|(_, head)| head.name.clone()).collect()
}

/// Takes what the table is made of.
pub fn page(state: &mut State, page: TablePage) -> Vec<Effect> {
    let fits = |view: &&mut TableView| view.source == page.source;
    let Some(view) = state.table.as_mut().filter(fits) else { return Vec::new() };
    let changed = view.page.as_ref().is_none_or(|old| old.parts != page.parts);
    let (cursor, top) = (view.cursor, view.top);
    view.outdated |= changed && view.found.is_some();
    let unread = page.landed.is_some() && view.found.is_none();
    view.page = Some(page);
    if unread {
        let is_asked = state.asking.question.is_some() || view.trouble.is_some();
        return if is_asked { Vec::new() } else { super::query::again(state) };
    }
    if changed && view.found.is_none() {
        view.turn();
        view.cursor = cursor.min(view.total.saturating_sub(1));
        view.top = top.min(view.cursor);
    }
    follow(view);
    ask(view).into_iter().collect()
}

/// Takes rows that were read. Rows of a table that was left meanwhile are dropped.
pub fn window(state: &mut State, source: &Source, generation: u64, result: Result<Window, String>) -> Vec<Effect> {
    let fits = |table: &&mut TableView| table.source == *source && table.generation == generation;
    let Some(table) = state.table.as_mut().filter(fits) else { return Vec::new() };
    table.asked = None;
    match result {
        Ok(window) => {
            if !window.schema.is_empty() {
                table.schema.clone_from(&window.schema);
            }
            table.column = table.column.min(table.shown().len().saturating_sub(1));
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

/// Gives the table in view up for another one: nothing is asked about it any more, and what was found for it goes.
pub fn give_up(state: &mut State) -> Vec<Effect> {
    let mut effects = super::query::cancel(state);
    effects.extend(state.table.as_mut().map(forget).unwrap_or_default());
    effects
}

/// Takes away what was found for a table.
pub fn forget(table: &mut TableView) -> Vec<Effect> {
    let found = table.found.take().unwrap_or_default();
    table.outdated = false;
    found.into_iter().map(|(path, _)| Effect::Forget(path.into())).collect()
}

/// Keeps the columns up to the one under the cursor at the left, or lets them go.
pub fn freeze(state: &mut State) -> Vec<Effect> {
    if let Some(table) = state.table.as_mut() {
        table.frozen = if table.frozen == table.column + 1 { 0 } else { table.column + 1 };
        table.left.set(0);
    }
    Vec::new()
}

/// Opens the choice of columns.
pub fn columns(state: &mut State) -> Vec<Effect> {
    state.layers.push(Layer::Columns(Columns::default()));
    Vec::new()
}

/// Opens the row under the cursor, and reads its cells whole.
pub fn record(state: &mut State) -> Vec<Effect> {
    let Some(table) = state.table.as_ref().filter(|table| table.total > 0) else { return Vec::new() };
    let columns = table.schema.iter().map(|head| head.name.clone()).collect();
    let effect = cells(table, CellsFor::Record(table.generation), table.cursor, 1, columns);
    state.layers.push(Layer::Record(Record::default()));
    vec![effect]
}

/// Copies the cell under the cursor, whole.
pub fn copy_cell(state: &mut State) -> Vec<Effect> {
    let Some(table) = state.table.as_ref().filter(|table| table.total > 0) else { return Vec::new() };
    let name = table.current().map(|head| head.name.clone());
    name.map(|name| cells(table, CellsFor::Cell, table.cursor, 1, vec![name])).into_iter().collect()
}

/// Copies `count` rows from `from` on; the shown columns, with their names.
pub fn copy_rows(state: &mut State, all: bool) -> Vec<Effect> {
    let Some(table) = state.table.as_ref().filter(|table| table.total > 0) else { return Vec::new() };
    let columns = table.shown().iter().map(|head| head.name.clone()).collect();
    let (from, count) = if all { (0, table.total.min(COPIED)) } else { (table.cursor, 1) };
    let effect = cells(table, CellsFor::Rows, from, count, columns);
    if all && table.total > COPIED {
        state.toast(Level::Warn, "only the first 10,000 rows are copied; w writes all of them to a file");
    }
    vec![effect]
}

fn cells(table: &TableView, goal: CellsFor, from: u64, count: u64, columns: Vec<String>) -> Effect {
    Effect::Cells(CellsRequest { goal, parts: table.parts().to_vec(), from, count, columns })
}

/// Takes cells that were read whole.
pub fn taken(state: &mut State, goal: CellsFor, result: Result<Cells, String>) -> Vec<Effect> {
    let cells = match result {
        Ok(cells) => cells,
        Err(trouble) => {
            state.toast(Level::Warn, trouble);
            return Vec::new();
        }
    };
    match goal {
        CellsFor::Record(generation) => {
            let here = state.table.as_ref().is_some_and(|table| table.generation == generation);
            if let (true, Some(Layer::Record(record))) = (here, state.layers.last_mut()) {
                let row = cells.rows.into_iter().next().unwrap_or_default();
                record.whole = Some(row.into_iter().map(|cell| cell.map(|text| shortened(&text))).collect());
            }
            Vec::new()
        }
        CellsFor::Cell => {
            let cell = cells.rows.into_iter().flatten().next().flatten().unwrap_or_default();
            let what = format!("{} copied", crate::console::format::bytes(cell.len() as u64));
            vec![Effect::Copy(what, cell)]
        }
        CellsFor::Rows => {
            let what = format!("{} copied", crate::console::format::counted(cells.rows.len() as u64, "row"));
            vec![Effect::Copy(what, tabbed(&cells))]
        }
    }
}

/// As much of a cell as anybody reads, safe to show.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 100_000;
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let more = text.len() - end;
    let rest = if more > 0 { format!(" … and {more} bytes more: y copies all of it") } else { String::new() };
    one_line(&text[..end]) + &rest
}

/// Rows as a spreadsheet takes them from the clipboard: a line a row, tabs between the cells.
fn tabbed(cells: &Cells) -> String {
    let plain = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    let mut out = cells.columns.iter().map(|name| plain(name)).collect::<Vec<_>>().join("\t");
    for row in &cells.rows {
        out.push('\n');
        out.push_str(
            &row.iter().map(|cell| cell.as_deref().map(plain).unwrap_or_default()).collect::<Vec<_>>().join("\t"),
        );
    }
    out
}
