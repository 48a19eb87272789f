//! The same request for many things: one after the other, counted, and told in one sentence.

use std::collections::VecDeque;

use crate::console::action::{Ask, Effect};
use crate::console::format;
use crate::console::load::tidy::line;
use crate::console::state::{Batch, State};
use crate::domain::job::Level;
use crate::domain::wire::{Command, Reply};

/// Sends what `name` asks: at once when it is for one, one after the other when it is for many of what `of` names.
pub fn send(state: &mut State, name: &'static str, of: &'static str, mut commands: VecDeque<Command>) -> Vec<Effect> {
    state.marked.clear();
    let Some(first) = commands.pop_front() else { return Vec::new() };
    if commands.is_empty() {
        return vec![Effect::Send(Ask::Plain, first)];
    }
    if let Some(batch) = &mut state.batch {
        // The answers before are not all given yet; these follow.
        batch.left.push_back(first);
        batch.left.append(&mut commands);
        return Vec::new();
    }
    state.batch = Some(Batch { name, of, left: commands, done: 0, refused: 0, reason: String::new() });
    vec![Effect::Send(Ask::Batch, first)]
}

/// Takes the engine's word on one of many, and sends the next.
pub fn next(state: &mut State, reply: &Reply) -> Vec<Effect> {
    let Some(batch) = &mut state.batch else { return Vec::new() };
    match reply {
        Reply::Refused { message } => {
            batch.refused += 1;
            batch.reason = line(message);
        }
        _ => batch.done += 1,
    }
    if let Some(command) = batch.left.pop_front() {
        return vec![Effect::Send(Ask::Batch, command)];
    }
    let Some(batch) = state.batch.take() else { return Vec::new() };
    let done = format!("{}: {}", batch.name, format::counted(batch.done, batch.of));
    match batch.refused {
        0 => state.toast(Level::Info, done),
        n => state.toast(Level::Warn, format!("{done}; {} refused: {}", format::count(n), batch.reason)),
    }
    vec![Effect::Load { wish: state.wish(), soon: true }]
}
