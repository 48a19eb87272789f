//! The one place where the console's state changes. Synchronous, without a terminal: an action in, effects out.

pub mod answers;
mod ask;
mod incoming;
mod keys;
mod layers;
pub mod motion;
mod navigate;
mod refusal;
mod registry;
mod replay;
mod table;

use super::action::{Action, Effect};
use super::keymap::Act;
use super::state::State;
use super::verb::Verb;
use crate::domain::Instant;
use crate::domain::job::Level;

pub use refusal::refusal;

/// Changes `state` by what happened, and says what is to be done about it.
pub fn update(state: &mut State, action: Action) -> Vec<Effect> {
    if !matches!(action, Action::Tick(_) | Action::Engine(_)) {
        state.dirty = true;
    }
    match action {
        Action::Key(key) => keys::key(state, &key),
        Action::Paste(text) => keys::paste(state, &text),
        Action::Resize(columns, rows) => {
            state.size = (columns, rows);
            Vec::new()
        }
        Action::Tick(now) => tick(state, now),
        Action::Snapshot(snapshot) => incoming::snapshot(state, *snapshot),
        Action::StoreTrouble(trouble) => {
            state.trouble = Some(trouble);
            Vec::new()
        }
        Action::Window(source, result) => table::window(state, &source, result),
        Action::Replayed(number, outcome) => replay::done(state, number, outcome),
        Action::Link(link) => incoming::link(state, link),
        Action::Engine(event) => incoming::engine(state, event),
        Action::Reply(ask, reply) => incoming::reply(state, ask, reply),
        Action::Opened(result) => {
            match result {
                Ok(text) => state.toast(Level::Info, text),
                Err(text) => state.toast(Level::Warn, text),
            }
            Vec::new()
        }
    }
}

/// Does what an operator asked for, or says why not.
pub fn perform(state: &mut State, act: Act) -> Vec<Effect> {
    if let Some(reason) = refusal(state, act) {
        state.toast(Level::Warn, reason);
        return Vec::new();
    }
    match act {
        Act::Go(screen) => navigate::go(state, screen),
        Act::Open => navigate::open(state),
        Act::Back => navigate::back(state),
        Act::NextPipeline => navigate::pipeline(state, 1),
        Act::PreviousPipeline => navigate::pipeline(state, -1),
        Act::OpenRun => navigate::related_run(state),
        Act::WholeDataset => navigate::whole_dataset(state),
        Act::Up | Act::Down | Act::PageUp | Act::PageDown | Act::Top | Act::Bottom => motion::vertical(state, act),
        Act::Left => motion::sideways(state, -1),
        Act::Right => motion::sideways(state, 1),
        Act::Focus => {
            state.second = !state.second;
            Vec::new()
        }
        Act::Filter => {
            state.typing = state.list();
            Vec::new()
        }
        Act::OnlyStage => {
            state.log.only_stage = !state.log.only_stage;
            state.log.held = None;
            Vec::new()
        }
        Act::Help => layers::commands(state, true),
        Act::Palette => layers::commands(state, false),
        Act::Check => ask::check(state),
        Act::Pause => ask::pause(state),
        Act::Rerun => ask::rerun(state),
        Act::Cancel => ask::cancel(state),
        Act::Mark => answers::mark(state),
        Act::MarkAll => answers::mark_all(state),
        Act::Fold => answers::fold(state),
        Act::FoldAll => answers::fold_all(state),
        Act::Severity => answers::severity(state),
        Act::Promote => registry::promote(state),
        Act::RollBack => registry::roll_back(state),
        Act::Redeliver => answers::redeliver(state),
        Act::TestChannel => answers::test_channel(state),
        Act::Replay => replay::begin(state),
        Act::OpenFile => navigate::related_file(state),
        Act::OpenPage => ask::page(state),
        Act::Leave => ask::leave(state),
        Act::StopEngine => ask::stop(state),
        Act::Suspend => vec![Effect::Suspend],
        Act::Redraw => vec![Effect::Redraw],
        Act::Acknowledge
        | Act::TakeBack
        | Act::Mute
        | Act::Unmute
        | Act::MarkNormal
        | Act::TrueAlarm
        | Act::FalseAlarm
        | Act::Resolve => Verb::of(act).map(|verb| answers::answer(state, verb)).unwrap_or_default(),
    }
}

/// The clock. Draws only when something on screen depends on the second: a run under way, a countdown below a minute,
/// a message that goes; or when the minute changed.
fn tick(state: &mut State, now: Instant) -> Vec<Effect> {
    let minute = now.timestamp().div_euclid(60) != state.now.timestamp().div_euclid(60);
    state.now = now;
    let toasts = state.toasts.len();
    state.toasts.retain(|toast| toast.until > now);
    let soon = |at: Instant| (0..=60).contains(&(at - now).num_seconds());
    let counting = state.overview.as_ref().is_some_and(|overview| {
        !overview.open_runs.is_empty()
            || overview.pipelines.iter().any(|card| card.row.next_check.is_some_and(soon) && !card.row.paused)
    });
    state.dirty |= minute || counting || toasts != state.toasts.len();
    // A store that could not be read may be there by now.
    if state.trouble.is_some() || state.overview.is_none() {
        return vec![Effect::Load { wish: state.wish(), soon: true }];
    }
    Vec::new()
}
