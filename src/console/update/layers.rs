//! Keys of the overlays. The front layer gets every key; Esc always closes it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::{answers, ask, files, keys, navigate, own, past, perform, query, registry, rows};
use crate::console::Leave;
use crate::console::action::{Ask, Effect};
use crate::console::layer::{Choice, Commands, Goal, Layer, Mute, Outcome, Prompt, Rerun, Target};
use crate::console::place::{List, Screen};
use crate::console::state::State;
use crate::console::verb::Verb;
use crate::domain::wire::Command;

/// Opens help or the palette.
pub fn commands(state: &mut State, help: bool) -> Vec<Effect> {
    state.layers.push(Layer::Commands(Commands { help, input: Input::default(), selected: 0 }));
    Vec::new()
}

/// A key while a layer is open.
pub fn key(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if key.code == KeyCode::Esc || (control && key.code == KeyCode::Char('c')) {
        state.layers.pop();
        return Vec::new();
    }
    match state.layers.pop() {
        Some(Layer::Commands(layer)) => in_commands(state, layer, key),
        Some(Layer::Choice(layer)) => in_choice(state, layer, key),
        Some(Layer::Prompt(layer)) => in_prompt(state, layer, key),
        Some(Layer::Mute(layer)) => in_mute(state, layer, key),
        Some(Layer::Rerun(layer)) => in_rerun(state, layer, key),
        Some(Layer::Record(layer)) => rows::in_record(state, layer, key),
        Some(Layer::Columns(layer)) => rows::in_columns(state, layer, key),
        Some(Layer::Groups(groups, top)) => rows::in_groups(state, groups, top, key),
        Some(Layer::Why(why, top)) => {
            if let Some(to) = step(key, top, why.parts.len(), true) {
                state.layers.push(Layer::Why(why, to));
            }
            Vec::new()
        }
        Some(Layer::Said(top)) => {
            if let Some(to) = step(key, top, state.said.len(), true) {
                state.layers.push(Layer::Said(to));
            }
            Vec::new()
        }
        // There is nothing to do but to read it.
        Some(Layer::Summary(_)) => Vec::new(),
        None => Vec::new(),
    }
}

/// Text pasted while a layer is open.
pub fn paste(state: &mut State, text: &str) {
    let input = match state.layers.last_mut() {
        Some(Layer::Commands(layer)) => &mut layer.input,
        Some(Layer::Prompt(layer)) => &mut layer.input,
        Some(Layer::Columns(layer)) => &mut layer.input,
        Some(Layer::Mute(layer)) if layer.in_own => &mut layer.own,
        Some(Layer::Mute(layer)) => &mut layer.reason,
        _ => return,
    };
    for c in text.chars() {
        input.handle(InputRequest::InsertChar(c));
    }
}

/// Where a vertical key leads in a short list.
pub fn step(key: &KeyEvent, at: usize, count: usize, letters: bool) -> Option<usize> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let last = count.saturating_sub(1);
    match key.code {
        KeyCode::Up => Some(at.saturating_sub(1)),
        KeyCode::Down => Some((at + 1).min(last)),
        KeyCode::Char('p') if control => Some(at.saturating_sub(1)),
        KeyCode::Char('n') if control => Some((at + 1).min(last)),
        KeyCode::Char('k') if letters => Some(at.saturating_sub(1)),
        KeyCode::Char('j') if letters => Some((at + 1).min(last)),
        KeyCode::PageUp => Some(at.saturating_sub(10)),
        KeyCode::PageDown => Some((at + 10).min(last)),
        _ => None,
    }
}

fn in_commands(state: &mut State, mut layer: Commands, key: &KeyEvent) -> Vec<Effect> {
    let entries = layer.entries(state);
    if key.code == KeyCode::Enter {
        let chosen = entries.into_iter().nth(layer.selected).map(|entry| entry.target);
        return chosen.map(|target| go(state, target)).unwrap_or_default();
    }
    if let Some(to) = step(key, layer.selected, entries.len(), false) {
        layer.selected = to;
    } else if keys::edit(&mut layer.input, key) {
        layer.selected = 0;
    }
    state.layers.push(Layer::Commands(layer));
    Vec::new()
}

/// Does what an entry stands for.
fn go(state: &mut State, target: Target) -> Vec<Effect> {
    match target {
        Target::Act(act) => perform(state, act),
        Target::Place(place) => navigate::into(state, place),
        Target::Pipeline(name) => {
            state.list_mut(List::Pipelines).selected = Some(name);
            navigate::go(state, Screen::Overview)
        }
        Target::Dataset(name, kind) => {
            state.list_mut(List::Pipelines).selected = Some(name);
            state.kind = kind;
            navigate::go(state, Screen::Data)
        }
    }
}

fn in_choice(state: &mut State, mut layer: Choice, key: &KeyEvent) -> Vec<Effect> {
    if key.code == KeyCode::Enter {
        let outcome = layer.answers.get(layer.selected).map(|answer| answer.outcome.clone());
        return outcome.map(|outcome| done(state, outcome)).unwrap_or_default();
    }
    let tab = matches!(key.code, KeyCode::Tab | KeyCode::Right).then(|| layer.selected + 1);
    let back = matches!(key.code, KeyCode::BackTab | KeyCode::Left).then(|| layer.selected.saturating_sub(1));
    let to = step(key, layer.selected, layer.answers.len(), true).or(tab).or(back);
    layer.selected = to.unwrap_or(layer.selected).min(layer.answers.len().saturating_sub(1));
    state.layers.push(Layer::Choice(layer));
    Vec::new()
}

/// Does what an answer stands for.
fn done(state: &mut State, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Leave(leave) => vec![Effect::Leave(leave)],
        Outcome::Send(ask, command) => vec![Effect::Send(ask, command)],
        Outcome::Answer(verb, alerts) => {
            let now = state.now;
            answers::send(state, verb, &alerts, "", now)
        }
        Outcome::Files(verb, ids) => files::send(state, verb, &ids, ""),
        Outcome::Write(path) => query::write(state, &path, true),
        Outcome::Typed(word, outcome) => {
            let said = vec![format!("This cannot be taken back. Type {word} to do it.")];
            state.layers.push(Layer::Prompt(Prompt::new("Are you sure?".into(), said, Goal::Word(word, outcome))));
            Vec::new()
        }
        Outcome::Close => Vec::new(),
    }
}

fn in_prompt(state: &mut State, mut layer: Prompt, key: &KeyEvent) -> Vec<Effect> {
    if key.code == KeyCode::Enter {
        let text = layer.input.value().trim();
        return match &layer.goal {
            Goal::Word(word, outcome) if text == *word => done(state, (**outcome).clone()),
            Goal::Word(word, _) => {
                layer.problem = format!("that is not {word}: esc leaves it");
                state.layers.push(Layer::Prompt(layer));
                Vec::new()
            }
            Goal::Date | Goal::Instant | Goal::Range => {
                let went = match layer.goal {
                    Goal::Date => own::to_date(state, text),
                    Goal::Instant => past::typed(state, text),
                    _ => own::to_range(state, text),
                };
                went.unwrap_or_else(|problem| {
                    layer.problem = problem;
                    state.layers.push(Layer::Prompt(layer));
                    Vec::new()
                })
            }
            Goal::Search => {
                state.log.search = text.to_owned();
                state.log.held = None;
                Vec::new()
            }
            Goal::SaveLog if text.is_empty() => Vec::new(),
            Goal::SaveLog => vec![Effect::Save(text.into(), own::log_text(state))],
            Goal::Conditions | Goal::Select | Goal::Export => query::typed(state, &layer.goal, text),
            Goal::Answer(verb, alerts) => {
                let now = state.now;
                answers::send(state, *verb, alerts, text, now)
            }
            Goal::Files(verb, ids) => files::send(state, *verb, ids, text),
            Goal::TestChannel if text.is_empty() => Vec::new(),
            Goal::Promote { .. } | Goal::Rollback { .. } if text.is_empty() => {
                // Who decides against the rule says why.
                state.layers.push(Layer::Prompt(layer));
                Vec::new()
            }
            goal @ (Goal::Promote { .. } | Goal::Rollback { .. }) => registry::send(goal, text),
            Goal::TestChannel => {
                vec![Effect::Send(Ask::Plain, Command::TestChannel { channel: text.to_owned() })]
            }
        };
    }
    let history = match layer.goal {
        Goal::Conditions => state.asking.conditions.as_slice(),
        Goal::Select => state.asking.selects.as_slice(),
        _ => &[],
    };
    let back = match key.code {
        KeyCode::Up => layer.back.map_or(1, |back| back + 1),
        KeyCode::Down => layer.back.map_or(0, |back| back.saturating_sub(1)),
        _ => 0,
    };
    if let Some(text) = history.len().checked_sub(back).and_then(|at| history.get(at)) {
        layer.input = Input::new(text.clone());
        layer.back = Some(back);
    }
    keys::edit(&mut layer.input, key);
    state.layers.push(Layer::Prompt(layer));
    Vec::new()
}

fn in_mute(state: &mut State, mut layer: Mute, key: &KeyEvent) -> Vec<Effect> {
    let last = answers::SPANS.len() - 1;
    if key.code == KeyCode::Enter {
        let reason = layer.reason.value().trim().to_owned();
        match answers::ends(&layer, state.now) {
            Ok(until) if !reason.is_empty() => {
                return answers::send(state, Verb::Mute, &layer.alerts, &reason, until);
            }
            Ok(_) => {
                layer.in_own = false;
                layer.problem = "a mute needs a reason: who looks next must know why nobody was told".into();
            }
            Err(problem) => {
                layer.in_own = layer.chosen == last;
                layer.problem = problem;
            }
        }
        state.layers.push(Layer::Mute(layer));
        return Vec::new();
    }
    if let Some(to) = step(key, layer.chosen, answers::SPANS.len(), false) {
        layer.chosen = to;
        layer.in_own = to == last;
    } else if matches!(key.code, KeyCode::Tab | KeyCode::BackTab) {
        layer.in_own = layer.chosen == last && !layer.in_own;
    } else {
        let input = if layer.in_own { &mut layer.own } else { &mut layer.reason };
        keys::edit(input, key);
    }
    layer.problem.clear();
    state.layers.push(Layer::Mute(layer));
    Vec::new()
}

fn in_rerun(state: &mut State, mut layer: Rerun, key: &KeyEvent) -> Vec<Effect> {
    if key.code == KeyCode::Enter {
        let from = layer.options.get(layer.chosen).cloned();
        let Some(from) = from.filter(|_| layer.go) else { return Vec::new() };
        if matches!(layer.preview, Some(Ok(_))) {
            return vec![Effect::Send(Ask::Rerun, Command::Rerun { run: layer.run, from, reason: None })];
        }
        // What it would do is not known yet, or it was refused: nothing starts unseen.
        state.layers.push(Layer::Rerun(layer));
        return Vec::new();
    }
    let mut effects = Vec::new();
    if let Some(to) = step(key, layer.chosen, layer.options.len(), true) {
        if to != layer.chosen {
            layer.chosen = to;
            layer.preview = None;
            layer.go = false;
            effects.extend(ask::preview(&layer));
        }
    } else if matches!(key.code, KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right) {
        layer.go = !layer.go;
    }
    state.layers.push(Layer::Rerun(layer));
    effects
}

/// The answer that the first position of the quit dialog stands for.
pub const LEAVE: Outcome = Outcome::Leave(Leave::Detach);
