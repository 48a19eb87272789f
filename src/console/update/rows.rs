//! Keys of the overlays over a table: a whole row, the choice of columns, a summary, groups.

use crossterm::event::{KeyCode, KeyEvent};

use super::{keys, layers::step, query, table};
use crate::console::action::Effect;
use crate::console::layer::{Columns, Layer, Record};
use crate::console::query::Groups;
use crate::console::state::State;

/// A key while a whole row is shown: it scrolls, leads to the next row, or copies.
pub fn in_record(state: &mut State, mut record: Record, key: &KeyEvent) -> Vec<Effect> {
    if matches!(key.code, KeyCode::Enter | KeyCode::Char('q')) {
        return Vec::new();
    }
    let by = match key.code {
        KeyCode::Right | KeyCode::Char('l' | 'n') => Some(crate::console::keymap::Act::Down),
        KeyCode::Left | KeyCode::Char('h' | 'p') => Some(crate::console::keymap::Act::Up),
        _ => None,
    };
    if let Some(act) = by {
        let mut effects = table::vertical(state, act);
        effects.extend(table::record(state));
        return effects;
    }
    let lines = record.lines.get();
    record.top = step(key, record.top.min(lines), lines, true).unwrap_or(record.top);
    state.layers.push(Layer::Record(record));
    match key.code {
        KeyCode::Char('y' | 'Y') => table::copy_rows(state, false),
        _ => Vec::new(),
    }
}

/// A key while columns are chosen: what is typed filters them, space shows or hides, ctrl-a shows all.
pub fn in_columns(state: &mut State, mut layer: Columns, key: &KeyEvent) -> Vec<Effect> {
    let Some(view) = state.table.as_mut() else { return Vec::new() };
    let names = layer.fitting(view);
    match key.code {
        KeyCode::Enter => {
            // The cursor goes to the column that was looked for.
            if let Some(at) =
                names.get(layer.selected).and_then(|name| view.shown().iter().position(|h| h.name == *name))
            {
                view.column = at;
            }
            return table::ask(view).into_iter().collect();
        }
        KeyCode::Char(' ') | KeyCode::Tab => {
            if let Some(name) = names.get(layer.selected)
                && !view.hidden.remove(name)
                && view.shown().len() > 1
            {
                view.hidden.insert(name.clone());
            }
            view.column = view.column.min(view.shown().len().saturating_sub(1));
        }
        KeyCode::Char('a') if key.modifiers.contains(crossterm::event::KeyModifiers::CONTROL) => view.hidden.clear(),
        _ => match step(key, layer.selected, names.len(), false) {
            Some(to) => layer.selected = to,
            None if keys::edit(&mut layer.input, key) => layer.selected = 0,
            None => {}
        },
    }
    let effect = table::ask(view);
    state.layers.push(Layer::Columns(layer));
    effect.into_iter().collect()
}

/// A key while groups are shown: it scrolls, or takes the mean of the next column that holds numbers.
pub fn in_groups(state: &mut State, groups: Groups, top: usize, key: &KeyEvent) -> Vec<Effect> {
    if matches!(key.code, KeyCode::Enter | KeyCode::Char('q')) {
        return Vec::new();
    }
    let turn: isize = match key.code {
        KeyCode::Right | KeyCode::Char('l') => 1,
        KeyCode::Left | KeyCode::Char('h') => -1,
        _ => 0,
    };
    let to = step(key, top, groups.groups.len(), true).unwrap_or(top);
    let (by, mean) = (groups.by.clone(), groups.mean.clone());
    state.layers.push(Layer::Groups(groups, to));
    if turn == 0 {
        return Vec::new();
    }
    let Some(view) = &state.table else { return Vec::new() };
    // No mean, that of the first column of numbers, of the second, …
    let mut choices: Vec<Option<String>> = vec![None];
    choices
        .extend(view.schema.iter().filter(|head| head.numeric && head.name != by).map(|head| Some(head.name.clone())));
    let at = choices.iter().position(|choice| *choice == mean).unwrap_or(0) as isize;
    let next = (at + turn).rem_euclid(choices.len() as isize) as usize;
    query::grouped(state, by, choices.swap_remove(next))
}
