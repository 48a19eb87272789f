//! Where a key goes: to the front layer, to a filter that is being typed, or to the key table.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::{layers, motion, perform};
use crate::console::action::Effect;
use crate::console::keymap::{self, Act};
use crate::console::place::List;
use crate::console::state::State;
use crate::domain::text::one_line;

/// Keys that are kept until what they are about was read.
const AHEAD: usize = 64;

/// One key press.
pub fn key(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    if !state.layers.is_empty() {
        return layers::key(state, key);
    }
    if let Some(list) = state.typing {
        return filter(state, list, key);
    }
    let act = keymap::act(state.place.screen(), key);
    if state.unread() && state.trouble.is_none() && waits(state, act) {
        if state.pending.len() < AHEAD {
            state.pending.push(*key);
        }
        return Vec::new();
    }
    act.map(|act| perform(state, act)).unwrap_or_default()
}

/// Whether a key waits for rows that were not read yet: it is about them, or comes after one that waits and may open what
/// this one is meant for. Whoever goes elsewhere does not mean the rows any more.
fn waits(state: &State, act: Option<Act>) -> bool {
    let moves = |key| keymap::act(state.place.screen(), key).is_some_and(keymap::moves);
    match act {
        Some(Act::Back) => false,
        Some(Act::Go(_) | Act::Leave | Act::StopEngine) => !state.pending.iter().all(moves),
        act => !state.pending.is_empty() || act.is_some_and(keymap::needs_rows),
    }
}

/// Takes the keys that came before what they are about, in their order; one may lead to where the next has to wait again.
pub fn ahead(state: &mut State) -> Vec<Effect> {
    if state.unread() {
        return Vec::new();
    }
    let keys = std::mem::take(&mut state.pending);
    if !state.layers.is_empty() || state.typing.is_some() {
        // Something was opened with the mouse meanwhile, and they were not meant for that.
        return Vec::new();
    }
    keys.iter().flat_map(|press| key(state, press)).collect()
}

/// Pasted text goes where text is being typed; elsewhere it would be a burst of commands and is dropped.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    // Nothing that is typed here is longer than a note.
    let text = one_line(&text.chars().take(500).collect::<String>());
    if !state.layers.is_empty() {
        layers::paste(state, &text);
    } else if let Some(list) = state.typing {
        state.list_mut(list).filter.push_str(&text);
    }
    Vec::new()
}

fn filter(state: &mut State, list: List, key: &KeyEvent) -> Vec<Effect> {
    match key.code {
        KeyCode::Esc => {
            state.list_mut(list).filter.clear();
            state.typing = None;
        }
        KeyCode::Enter => state.typing = None,
        KeyCode::Up => return motion::vertical(state, Act::Up),
        KeyCode::Down => return motion::vertical(state, Act::Down),
        _ => {
            let mut input = Input::new(state.list_mut(list).filter.clone());
            edit(&mut input, key);
            let view = state.list_mut(list);
            view.filter = input.value().to_owned();
            // The best place for the cursor while typing is the first row that fits.
            view.selected = None;
            view.index = 0;
        }
    }
    Vec::new()
}

/// Edits a line of text. Answers whether the key was one for editing.
pub fn edit(input: &mut Input, key: &KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let request = match key.code {
        KeyCode::Char('a') if control => InputRequest::GoToStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
        KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => InputRequest::InsertChar(c),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return false,
    };
    input.handle(request);
    true
}
