//! What concerns the console itself: its switches, its messages, taking answers back.

use chrono::Duration;
use tui_input::Input;

use super::answers;
use crate::console::action::{Ask, Effect};
use crate::console::layer::{Goal, Layer, Prompt};
use crate::console::place::{List, Place};
use crate::console::settings;
use crate::console::state::{State, Undo};
use crate::console::until;
use crate::domain::Instant;
use crate::domain::job::Level;
use crate::domain::run::RunState;

/// Holds the view, or lets it go on.
pub fn hold(state: &mut State) -> Vec<Effect> {
    state.held = !state.held;
    if state.held {
        return Vec::new();
    }
    vec![Effect::Load { wish: state.wish(), soon: false }]
}

/// Takes the last answer back.
pub fn undo(state: &mut State) -> Vec<Effect> {
    match state.undo.pop() {
        Some(Undo::Answer(verb, alerts)) => {
            let now = state.now;
            answers::send(state, verb, &alerts, "", now)
        }
        Some(Undo::Command(command)) => vec![Effect::Send(Ask::Plain, command)],
        None => Vec::new(),
    }
}

/// Changes the switch under the cursor of the settings.
pub fn switch(state: &mut State) -> Vec<Effect> {
    let Some(at) = state.selected_index(List::Settings) else { return Vec::new() };
    let Some(setting) = state.effective().into_iter().nth(at) else { return Vec::new() };
    if setting.of != "console" || !settings::switch(&mut state.settings, &setting.name) {
        let from = if setting.from == "default" { "the configuration".into() } else { setting.from };
        state.toast(Level::Info, format!("{} is changed in {from}, not here", setting.name));
        return Vec::new();
    }
    state.version += 1;
    vec![Effect::Apply]
}

/// The mouse is the console's, or the terminal's.
pub fn mouse(state: &mut State) -> Vec<Effect> {
    state.settings.mouse = !state.settings.mouse;
    let whose = if state.settings.mouse {
        "the mouse is the console's"
    } else {
        "the mouse is the terminal's: it selects text"
    };
    state.toast(Level::Info, whose);
    state.version += 1;
    vec![Effect::Apply]
}

/// Shows the runs of the next state only.
pub fn run_state(state: &mut State) -> Vec<Effect> {
    const STATES: [RunState; 4] = [RunState::Failed, RunState::Running, RunState::Succeeded, RunState::Cancelled];
    let list = state.list_mut(List::Runs);
    let at = STATES.iter().position(|state| state.name() == list.filter);
    list.filter = match at {
        None => STATES[0].name().to_owned(),
        Some(at) => STATES.get(at + 1).map(|state| state.name().to_owned()).unwrap_or_default(),
    };
    list.selected = None;
    Vec::new()
}

/// Orders the runs in the next way.
pub fn run_order(state: &mut State) -> Vec<Effect> {
    let (order, name) = state.order.next();
    state.order = order;
    state.triage.folds += 1;
    state.toast(Level::Info, name);
    Vec::new()
}

/// Marks the run that another one is compared with.
pub fn mark_run(state: &mut State) -> Vec<Effect> {
    let run = state.run().map(|run| run.id);
    state.marked_run = if state.marked_run == run { None } else { run };
    Vec::new()
}

/// Shows the run under the cursor beside the marked one, or beside the one before it of its pipeline.
pub fn compare(state: &mut State) -> Vec<Effect> {
    let Some(run) = state.run().map(|run| (run.id, run.pipeline.clone())) else { return Vec::new() };
    let runs = state.pages.runs.as_deref().unwrap_or_default();
    let before = runs.iter().filter(|other| other.pipeline == run.1 && other.id < run.0).map(|other| other.id).max();
    match state.marked_run.filter(|marked| *marked != run.0).or(before) {
        Some(other) => super::navigate::into(state, Place::Compare { left: other.min(run.0), right: other.max(run.0) }),
        None => {
            state.toast(Level::Warn, "there is no other run of this pipeline to compare with; m marks one");
            Vec::new()
        }
    }
}

/// Asks for a day to go to.
pub fn date(state: &mut State) -> Vec<Effect> {
    let today = state.now.format("%Y-%m-%d").to_string();
    let prompt = Prompt::new("Go to a day".into(), vec!["The newest run of that day or before.".into()], Goal::Date);
    state.layers.push(Layer::Prompt(Prompt { input: Input::new(today), ..prompt }));
    Vec::new()
}

/// Goes to the newest run of a day or before, reading further back where the list does not reach; answers what is wrong
/// about what was typed.
pub fn to_date(state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
    let after = until::day_of(text).ok_or("write a day as 2013-03-09")? + Duration::days(1);
    let listing = state.listing(List::Runs);
    let runs = state.pages.runs.as_deref().unwrap_or_default();
    let fits = |index: &usize| runs.get(*index).is_some_and(|run| run.created < after);
    let newest = listing.shown.iter().enumerate().filter(|(_, index)| fits(index));
    let found = newest.max_by_key(|(_, index)| runs.get(**index).map(|run| run.created)).map(|(at, _)| at);
    let Some(at) = found else {
        let list = state.list_mut(List::Runs);
        (list.selected, list.index) = (None, 0);
        list.filter.clear();
        return Ok(between(state, Some((Instant::UNIX_EPOCH, after))));
    };
    let id = listing.id(at);
    let view = state.list_mut(List::Runs);
    (view.index, view.selected) = (at, id);
    Ok(Vec::new())
}

/// Asks for a span of time.
pub fn range(state: &mut State) -> Vec<Effect> {
    let said = vec!["The last 7d or 12h; 2013-03-09, a day; 2013-03-01 2013-03-09, both with them; empty: all.".into()];
    let prompt = Prompt::new("Runs of which time".into(), said, Goal::Range);
    state.layers.push(Layer::Prompt(prompt));
    Vec::new()
}

/// Lists the runs of what was typed; answers what is wrong about it.
pub fn to_range(state: &mut State, text: &str) -> Result<Vec<Effect>, String> {
    let words: Vec<&str> = text.split([' ', '…', ',']).filter(|word| !word.is_empty()).collect();
    let day = Duration::days(1);
    let range = match words[..] {
        [] => None,
        [one] => Some(match until::day_of(one) {
            Some(from) => (from, from + day),
            None => (until::since(one, state.now)?, state.now + day),
        }),
        [from, to] => {
            Some((until::since(from, state.now)?, until::day_of(to).ok_or("write the last day as 2013-03-09")? + day))
        }
        _ => return Err("write one span, one day or two days".into()),
    };
    if range.is_some_and(|(from, to)| from >= to) {
        return Err("the last day is before the first".into());
    }
    Ok(between(state, range))
}

fn between(state: &mut State, range: Option<(Instant, Instant)>) -> Vec<Effect> {
    state.range = range;
    vec![Effect::Load { wish: state.wish(), soon: false }]
}

/// Only lines of the log at least as grave as the next level.
pub fn level(state: &mut State) -> Vec<Effect> {
    state.log.level = match state.log.level {
        None => Some(Level::Warn),
        Some(Level::Warn) => Some(Level::Error),
        _ => None,
    };
    state.log.held = None;
    Vec::new()
}

/// Asks what the lines of the log are to have in them.
pub fn search(state: &mut State) -> Vec<Effect> {
    let said = vec!["Only lines with this in them are shown; empty: all.".into()];
    let prompt = Prompt::new("Search the log".into(), said, Goal::Search);
    let input = Input::new(state.log.search.clone());
    state.layers.push(Layer::Prompt(Prompt { input, ..prompt }));
    Vec::new()
}

/// Asks where to write the log.
pub fn save_log(state: &mut State) -> Vec<Effect> {
    let Some(run) = state.run().map(|run| (run.pipeline.clone(), run.id)) else { return Vec::new() };
    let said = vec!["The lines that are shown, with their instants. A file that is there is not replaced.".into()];
    let prompt = Prompt::new("Write the log to".into(), said, Goal::SaveLog);
    let input = Input::new(format!("{}-run-{}.log", run.0, run.1));
    state.layers.push(Layer::Prompt(Prompt { input, ..prompt }));
    Vec::new()
}

/// The lines of the log that are shown, as text.
pub fn log_text(state: &State) -> String {
    let lines = super::motion::log_lines(state);
    let line = |row: &crate::store::logs::LogRow| {
        format!(
            "{} {:<5} {} {}\n",
            crate::console::format::full(row.at),
            format!("{:?}", row.level).to_lowercase(),
            row.stage,
            row.text
        )
    };
    lines.into_iter().map(line).collect()
}
