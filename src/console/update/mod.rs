//! The one place where the console's state changes. Synchronous, without a terminal: an action in, effects out.

pub mod answers;
mod ask;
mod batch;
mod files;
mod incoming;
mod keys;
mod layers;
mod marks;
pub mod motion;
mod mouse;
mod navigate;
mod own;
mod panes;
mod past;
mod query;
mod refusal;
mod registry;
mod replay;
mod rows;
mod table;
mod why;

use super::action::{Action, Effect};
use super::keymap::Act;
use super::layer::Layer;
use super::ledger;
use super::state::State;
use super::verb::Verb;
use crate::config::console::ConsoleSettings;
use crate::domain::Instant;
use crate::domain::job::Level;

pub use mouse::matters;
pub use refusal::refusal;

/// Changes `state` by what happened, and says what is to be done about it.
pub fn update(state: &mut State, action: Action) -> Vec<Effect> {
    if state.held && matches!(action, Action::Tick(_) | Action::Engine(_)) {
        return Vec::new();
    }
    if !matches!(action, Action::Tick(_) | Action::Engine(_)) {
        state.dirty = true;
    }
    match action {
        Action::Key(key) => keys::key(state, &key),
        Action::Paste(text) => keys::paste(state, &text),
        Action::Mouse(event) => mouse::mouse(state, event),
        Action::Settings(settings) => {
            state.pages.settings = Some(settings);
            state.version += 1;
            Vec::new()
        }
        Action::Written(result) => {
            if result.is_ok() {
                state.written = ConsoleSettings { keys: state.written.keys.clone(), ..state.settings.clone() };
                state.version += 1;
            }
            update(state, Action::Opened(result))
        }
        Action::Resize(columns, rows) => {
            state.size = (columns, rows);
            // A terminal that was made smaller and larger again has lost what was cut off.
            vec![Effect::Redraw]
        }
        Action::Stepped(back, found) => past::stepped(state, back, found),
        Action::Tick(now) => tick(state, now),
        Action::Snapshot(snapshot) => incoming::snapshot(state, *snapshot),
        Action::StoreTrouble(trouble) => {
            state.trouble = Some(trouble);
            Vec::new()
        }
        Action::Window(source, generation, result) => table::window(state, &source, generation, result),
        Action::Cells(goal, result) => table::taken(state, goal, result),
        Action::Queried(number, result) => query::answered(state, number, result),
        Action::Copied(what) => {
            state.toast(Level::Info, what);
            Vec::new()
        }
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
        Act::Landed => navigate::landed(state),
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
        Act::Hold => own::hold(state),
        Act::Said => {
            state.layers.push(Layer::Said(0));
            Vec::new()
        }
        Act::Undo => own::undo(state),
        Act::Picture => vec![Effect::Picture],
        Act::Mouse => own::mouse(state),
        Act::Switch => own::switch(state),
        Act::WriteSettings => vec![Effect::WriteSettings(Box::new(state.settings.clone()))],
        Act::Compare => own::compare(state),
        Act::MarkRun => own::mark_run(state),
        Act::RunState => own::run_state(state),
        Act::RunOrder => own::run_order(state),
        Act::Date => own::date(state),
        Act::Range => own::range(state),
        Act::Level => own::level(state),
        Act::Search => own::search(state),
        Act::SaveLog => own::save_log(state),
        Act::Wrap => flip(state, |state| &mut state.log.wrap),
        Act::Stamps => flip(state, |state| &mut state.log.timeless),
        Act::Zoom => flip(state, |state| &mut state.zoomed),
        Act::Split => panes::split(state),
        Act::Layout => panes::preset(state),
        Act::OtherPane => panes::switch(state),
        Act::Whole => flip(state, |state| &mut state.whole),
        Act::Grow | Act::Shrink => panes::resize(state, act),
        Act::AsOf => past::prompt(state),
        Act::Earlier => past::step(state, true),
        Act::Later => past::step(state, false),
        Act::HourEarlier => past::shift(state, -1),
        Act::HourLater => past::shift(state, 1),
        Act::Now => past::to(state, None),
        Act::Freeze => table::freeze(state),
        Act::Columns => table::columns(state),
        Act::CopyCell => table::copy_cell(state),
        Act::CopyRow => table::copy_rows(state, false),
        Act::CopyTable => table::copy_rows(state, true),
        Act::Conditions => query::conditions(state),
        Act::Select => query::select(state),
        Act::Export => query::export(state),
        Act::Sort => query::sort(state, false),
        Act::SortAlso => query::sort(state, true),
        Act::Again => query::again(state),
        Act::Summary => query::summary(state),
        Act::Groups => query::groups(state),
        Act::Why => why::ask(state),
        Act::Check => ask::check(state),
        Act::Pause => ask::pause(state),
        Act::Rerun => ask::rerun(state),
        Act::Cancel => ask::cancel(state),
        Act::Mark => marks::mark(state),
        Act::MarkAll => marks::mark_all(state),
        Act::Fold => answers::fold(state),
        Act::FoldAll => answers::fold_all(state),
        Act::Severity => answers::severity(state),
        Act::HoldFile | Act::ReleaseFile | Act::RetryFile | Act::DropFile => {
            ledger::verb(act).map(|verb| files::operate(state, verb)).unwrap_or_default()
        }
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

fn flip(state: &mut State, of: impl Fn(&mut State) -> &mut bool) -> Vec<Effect> {
    let on = of(state);
    *on = !*on;
    Vec::new()
}

/// The clock. Draws only when something on screen depends on the second: a run under way, a countdown below a minute,
/// a message that goes; or when the minute changed.
fn tick(state: &mut State, now: Instant) -> Vec<Effect> {
    let minute = now.timestamp().div_euclid(60) != state.clock.timestamp().div_euclid(60);
    state.clock = now;
    if state.past.is_none() {
        state.now = now;
    }
    let toasts = state.toasts.len();
    state.toasts.retain(|toast| toast.until > now);
    let soon = |at: Instant| (0..=60).contains(&(at - now).num_seconds());
    let counting = state.overview.as_ref().filter(|_| state.past.is_none()).is_some_and(|overview| {
        !overview.open_runs.is_empty()
            || overview.pipelines.iter().any(|card| card.row.next_check.is_some_and(soon) && !card.row.paused)
    });
    let counting = counting || state.asking.question.is_some();
    state.dirty |= minute || counting || toasts != state.toasts.len();
    // A store that could not be read may be there by now.
    if state.trouble.is_some() || state.overview.is_none() {
        return vec![Effect::Load { wish: state.wish(), soon: true }];
    }
    Vec::new()
}
