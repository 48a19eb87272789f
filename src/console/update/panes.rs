//! Two places at once: opening a pane beside, going over to it, its size, layouts with a name.

use crate::console::action::Effect;
use crate::console::keymap::Act;
use crate::console::layout::Beside;
use crate::console::place::{Place, Screen};
use crate::console::state::State;
use crate::domain::job::Level;

/// Thousandths that a key moves the divider by.
const STEP: i16 = 50;

/// Opens a pane beside this one, or closes it.
pub fn split(state: &mut State) -> Vec<Effect> {
    state.whole = false;
    if state.beside.take().is_some() {
        state.layout.beside.clear();
        state.swapped = false;
        return vec![Effect::Remember];
    }
    let screen = if state.place == Place::Alerts { Screen::Runs } else { Screen::Alerts };
    screen.name().clone_into(&mut state.layout.beside);
    show(state)
}

/// The next layout with a name.
pub fn preset(state: &mut State) -> Vec<Effect> {
    let (layout, name) = state.layout.next();
    (state.layout, state.beside, state.whole, state.swapped) = (layout, None, false, false);
    state.toasts.retain(|toast| !toast.text.starts_with("layout: "));
    state.toast(Level::Info, format!("layout: {name}"));
    show(state)
}

/// Shows the pane that the layout names.
pub fn show(state: &mut State) -> Vec<Effect> {
    state.beside = Screen::root(&state.layout.beside).map(Beside::new);
    vec![Effect::Remember, Effect::Load { wish: state.wish(), soon: false }]
}

/// The other pane has the keys now.
pub fn switch(state: &mut State) -> Vec<Effect> {
    let Some(beside) = &mut state.beside else { return Vec::new() };
    std::mem::swap(&mut state.place, &mut beside.place);
    std::mem::swap(&mut state.back, &mut beside.back);
    std::mem::swap(&mut state.scroll, &mut beside.scroll);
    state.swapped = !state.swapped;
    (state.second, state.typing) = (false, None);
    state.pending.clear();
    state.marked.clear();
    vec![Effect::Load { wish: state.wish(), soon: false }]
}

/// Whether an answer of the store can show both: of what there is one of at a time, the other pane goes one level up.
pub fn part(state: &mut State) {
    let place = state.place.clone();
    if let Some(beside) = &mut state.beside
        && beside.place.screen() == place.screen()
        && beside.place != place
        && let Some(parent) = beside.place.parent()
    {
        *beside = Beside::new(parent);
    }
}

/// Moves the divider of the panes, or that of the screen where there is only one.
pub fn resize(state: &mut State, act: Act) -> Vec<Effect> {
    let sign = if act == Act::Grow { 1 } else { -1 };
    if state.beside.is_some() {
        state.layout.widen(if state.swapped { -sign * STEP } else { sign * STEP });
    } else {
        state.layout.lower(state.place.screen(), if state.second { -sign } else { sign });
    }
    vec![Effect::Remember]
}
